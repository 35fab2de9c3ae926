CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE TABLE public.users (
    id uuid DEFAULT uuidv7() NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    full_name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    email_confirmed_at timestamp with time zone,
    CONSTRAINT ck_users_email_lower CHECK ((email = lower(email)))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.add_user(new_email text, new_hash text, new_name text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 INSERT INTO public.users (email, password_hash, full_name, email_confirmed_at)
   VALUES (add_user.new_email, add_user.new_hash, add_user.new_name, now()) ON CONFLICT(email) DO NOTHING
   RETURNING users.id;
END;

CREATE FUNCTION public.allocations_count() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        -- slots are locked in the order of their ids, as everywhere
        PERFORM FROM slots WHERE (organization_id, id) IN (SELECT organization_id, slot_id FROM changed)
            ORDER BY organization_id, id FOR UPDATE;
        UPDATE slots SET taken = slots.taken + moved.quantity
        FROM (SELECT organization_id, slot_id, sum(quantity) * TG_ARGV[0]::int AS quantity
              FROM changed GROUP BY organization_id, slot_id) AS moved
        WHERE slots.organization_id = moved.organization_id AND slots.id = moved.slot_id;
        RETURN NULL;
    END $$;

CREATE FUNCTION public.allocations_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'an allocation is never changed: delete it and insert another';
    END $$;

CREATE TABLE public.api_keys (
    id uuid DEFAULT uuidv7() NOT NULL,
    organization_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    previous_id uuid,
    name text NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_by uuid,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_api_keys_prefix CHECK ((prefix ~ '^[a-z2-7]{12}$'::text)),
    CONSTRAINT ck_api_keys_scopes CHECK (((cardinality(scopes) > 0) AND (scopes <@ '{CATALOGUE_READ,CARE_READ,CARE_WRITE,PARTNERS_READ}'::text[]))),
    CONSTRAINT ck_api_keys_secret_hash CHECK ((octet_length(secret_hash) = 32))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.partners (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    type character varying(40) NOT NULL,
    directory_entry_id uuid,
    name text NOT NULL,
    clinic text,
    licence_number text,
    phone text,
    email text,
    website text,
    address text,
    notes text,
    external_id text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_partners_phone_e164 CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT ck_partners_type CHECK (((type)::text = ANY ((ARRAY['VET'::character varying, 'FOOD_BRAND'::character varying, 'GROOMER'::character varying, 'SHOP'::character varying, 'HOSPITAL'::character varying, 'VENDOR'::character varying])::text[]))),
    CONSTRAINT ck_partners_vets CHECK ((((type)::text = 'VET'::text) OR ((clinic IS NULL) AND (licence_number IS NULL))))
);

ALTER TABLE ONLY public.partners FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.api_key(wanted_prefix text) RETURNS TABLE(id uuid, organization_id uuid, partner_id uuid, secret_hash bytea, scopes text[], expires_at timestamp with time zone, last_used_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT k.id,
     k.organization_id,
     k.partner_id,
     k.secret_hash,
     k.scopes,
     k.expires_at,
     k.last_used_at
    FROM public.api_keys k
   WHERE ((k.prefix = api_key.wanted_prefix) AND (k.revoked_at IS NULL) AND (EXISTS ( SELECT
            FROM public.partners p
           WHERE ((p.organization_id = k.organization_id) AND (p.id = k.partner_id) AND p.active))));
END;

CREATE FUNCTION public.api_key_lives(org uuid, key uuid, partner uuid, scopes_then text[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT ((EXISTS ( SELECT
            FROM public.api_keys k
           WHERE ((k.organization_id = api_key_lives.org) AND (k.id = api_key_lives.key) AND (k.partner_id = api_key_lives.partner) AND (k.revoked_at IS NULL) AND ((k.expires_at IS NULL) OR (k.expires_at > now())) AND (k.scopes @> api_key_lives.scopes_then) AND (k.scopes <@ api_key_lives.scopes_then)))) AND (EXISTS ( SELECT
            FROM public.partners p
           WHERE ((p.organization_id = api_key_lives.org) AND (p.id = api_key_lives.partner) AND p.active))));
END;

CREATE FUNCTION public.credentials(wanted_email text) RETURNS TABLE(user_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT u.id,
     u.password_hash
    FROM public.users u
   WHERE (u.email = credentials.wanted_email);
END;

CREATE FUNCTION public.customers_refuse_erased() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    DECLARE
        erased timestamptz;
    BEGIN
        -- the lock that the foreign key takes anyway: whoever erases the customer meanwhile is waited for
        SELECT erased_at INTO erased FROM customers
        WHERE organization_id = NEW.organization_id AND id = NEW.customer_id FOR KEY SHARE;
        IF erased IS NOT NULL THEN
            RAISE EXCEPTION 'this customer was erased'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_customers_erased';
        END IF;
        RETURN NEW;
    END $$;

CREATE TABLE public.sessions (
    id uuid DEFAULT uuidv7() NOT NULL,
    family_id uuid NOT NULL,
    previous_id uuid,
    user_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ip text,
    user_agent text
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.end_sessions(usr uuid) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT s.id
    FROM public.sessions s
   WHERE ((s.organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid) AND (s.user_id = end_sessions.usr))
   ORDER BY s.id
  FOR UPDATE OF s;
 WITH ended AS (
          UPDATE public.sessions s SET revoked_at = now(), updated_at = now()
           WHERE ((s.organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid) AND (s.user_id = end_sessions.usr) AND (s.revoked_at IS NULL))
           RETURNING s.family_id,
             s.used_at,
             s.expires_at
         )
  SELECT DISTINCT e.family_id
    FROM ended e
   WHERE ((e.used_at IS NULL) AND (e.expires_at > now()));
END;

CREATE TABLE public.idempotency_keys (
    organization_id uuid NOT NULL,
    caller_id uuid CONSTRAINT idempotency_keys_user_id_not_null NOT NULL,
    key text NOT NULL,
    path text NOT NULL,
    request_hash bytea NOT NULL,
    outcome jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.forget_idempotency_keys(before timestamp with time zone, many integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 WITH old AS (
          SELECT idempotency_keys.organization_id,
             idempotency_keys.caller_id,
             idempotency_keys.key,
             idempotency_keys.path
            FROM public.idempotency_keys
           WHERE (idempotency_keys.created_at < forget_idempotency_keys.before)
          LIMIT forget_idempotency_keys.many
         ), gone AS (
          DELETE FROM public.idempotency_keys k
            USING old
           WHERE ((k.organization_id = old.organization_id) AND (k.caller_id = old.caller_id) AND (k.key = old.key) AND (k.path = old.path) AND (k.created_at < forget_idempotency_keys.before))
           RETURNING 1 AS "?column?"
         )
  SELECT count(*) AS count
    FROM gone;
END;

CREATE TABLE public.memberships (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    role character varying(40) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_memberships_role CHECK (((role)::text = ANY ((ARRAY['OWNER'::character varying, 'ADMIN'::character varying, 'DISPATCHER'::character varying, 'STAFF'::character varying, 'DRIVER'::character varying, 'CUSTOMER'::character varying])::text[])))
);

ALTER TABLE ONLY public.memberships FORCE ROW LEVEL SECURITY;

CREATE TABLE public.second_factors (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    secret bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint,
    recovery_hashes bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.second_factors FORCE ROW LEVEL SECURITY;

CREATE TABLE public.user_identities (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.user_identities FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.forget_user(org uuid, usr uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 DELETE FROM public.sessions s
   WHERE ((s.organization_id = forget_user.org) AND (s.organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid) AND (s.user_id = forget_user.usr) AND (NOT (EXISTS ( SELECT
            FROM public.memberships m
           WHERE ((m.organization_id = forget_user.org) AND (m.user_id = forget_user.usr))))));
 DELETE FROM public.user_identities t
   WHERE ((t.user_id = forget_user.usr) AND (NOT (EXISTS ( SELECT
            FROM public.memberships m
           WHERE (m.user_id = forget_user.usr)))));
 DELETE FROM public.second_factors t
   WHERE ((t.user_id = forget_user.usr) AND (NOT (EXISTS ( SELECT
            FROM public.memberships m
           WHERE (m.user_id = forget_user.usr)))));
 UPDATE public.users u SET email = (('erased-'::text || u.id) || '@erased.invalid'::text), full_name = 'Erased'::text, password_hash = ''::text, email_confirmed_at = NULL::timestamp with time zone, updated_at = now()
   WHERE ((u.id = forget_user.usr) AND (NOT (EXISTS ( SELECT
            FROM public.memberships m
           WHERE (m.user_id = forget_user.usr)))));
END;

CREATE TABLE public.allocations (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    booking_id uuid NOT NULL,
    slot_id uuid,
    during tstzrange NOT NULL,
    quantity integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    unit_id uuid,
    starts_at timestamp with time zone GENERATED ALWAYS AS (lower(during)) STORED NOT NULL,
    ends_at timestamp with time zone GENERATED ALWAYS AS (upper(during)) STORED NOT NULL,
    CONSTRAINT ck_allocations_quantity CHECK ((quantity > 0)),
    CONSTRAINT ck_allocations_target CHECK ((num_nonnulls(slot_id, unit_id) = 1))
);

ALTER TABLE ONLY public.allocations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.openings (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    resource_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_openings_times CHECK ((starts_at < ends_at))
);

ALTER TABLE ONLY public.openings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.resource_units (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    resource_id uuid NOT NULL,
    number integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_resource_units_number CHECK ((number > 0))
);

ALTER TABLE ONLY public.resource_units FORCE ROW LEVEL SECURITY;

CREATE TABLE public.resources (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    name text NOT NULL,
    place_id uuid,
    user_id uuid,
    capacity integer DEFAULT 1 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_resources_capacity CHECK (((capacity >= 1) AND (capacity <= 1000))),
    CONSTRAINT ck_resources_kind CHECK (((kind)::text = ANY ((ARRAY['STAFF'::character varying, 'BAY'::character varying, 'KENNEL'::character varying, 'ROOM'::character varying, 'VEHICLE'::character varying])::text[]))),
    CONSTRAINT ck_resources_user CHECK (((user_id IS NULL) OR ((kind)::text = 'STAFF'::text)))
);

ALTER TABLE ONLY public.resources FORCE ROW LEVEL SECURITY;

CREATE TABLE public.schedules (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    service_id uuid,
    resource_id uuid,
    rule text NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    opens_at time without time zone NOT NULL,
    closes_at time without time zone NOT NULL,
    slot_every_s integer,
    capacity integer DEFAULT 1 NOT NULL,
    horizon_days integer DEFAULT 90 NOT NULL,
    planned_until date,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_schedules_capacity CHECK ((capacity > 0)),
    CONSTRAINT ck_schedules_days CHECK ((starts_on <= ends_on)),
    CONSTRAINT ck_schedules_horizon CHECK (((horizon_days >= 1) AND (horizon_days <= 366))),
    CONSTRAINT ck_schedules_owner CHECK ((num_nonnulls(service_id, resource_id) > 0)),
    CONSTRAINT ck_schedules_slot_every CHECK ((slot_every_s > 0))
);

ALTER TABLE ONLY public.schedules FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.free_units(org uuid, candidates uuid[], begins timestamp with time zone, ends timestamp with time zone, busy_from timestamp with time zone, busy_until timestamp with time zone) RETURNS TABLE(unit_id uuid, resource_id uuid, number integer)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT u.id,
     u.resource_id,
     u.number
    FROM (public.resources r
      JOIN public.resource_units u ON (((u.organization_id = r.organization_id) AND (u.resource_id = r.id))))
   WHERE ((r.organization_id = free_units.org) AND (r.id = ANY (free_units.candidates)) AND r.active AND (u.number <= r.capacity) AND COALESCE((( SELECT a.starts_at
            FROM public.allocations a
           WHERE ((a.organization_id = free_units.org) AND (a.unit_id = u.id) AND (a.ends_at > free_units.busy_from))
           ORDER BY a.ends_at
          LIMIT 1) >= free_units.busy_until), true) AND ((NOT (EXISTS ( SELECT
            FROM public.schedules h
           WHERE ((h.organization_id = free_units.org) AND (h.resource_id = r.id) AND (h.service_id IS NULL) AND h.active)))) OR COALESCE((( SELECT o.starts_at
            FROM public.openings o
           WHERE ((o.organization_id = free_units.org) AND (o.resource_id = r.id) AND (o.ends_at >= free_units.ends))
           ORDER BY o.ends_at
          LIMIT 1) <= free_units.begins), false)));
END;

CREATE FUNCTION public.identity_user_id(wanted_issuer text, wanted_subject text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT i.user_id
    FROM public.user_identities i
   WHERE ((i.issuer = identity_user_id.wanted_issuer) AND (i.subject = identity_user_id.wanted_subject));
END;

CREATE FUNCTION public.keep_tracks(first date, last date, oldest date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    DECLARE
        day date;
        part text;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('keep_tracks'));
        FOR day IN SELECT generate_series(first, least(last, first + 31), interval '1 day')::date LOOP
            part := 'track_points_' || to_char(day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.track_points FOR VALUES FROM (%L) TO (%L)',
                           part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
            EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
        END LOOP;
        FOR part IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'public.track_points'::regclass
              AND to_date(right(c.relname, 8), 'YYYYMMDD') < least(oldest, current_date - 1)
        LOOP
            EXECUTE format('DROP TABLE public.%I', part);
        END LOOP;
    END $$;

CREATE FUNCTION public.memberships_keep_an_owner() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        -- one after the other: the second sees what the first has done
        PERFORM pg_advisory_xact_lock(hashtextextended('owners of ' || OLD.organization_id, 0));
        IF NOT EXISTS (SELECT FROM memberships WHERE organization_id = OLD.organization_id AND role = 'OWNER') THEN
            RAISE EXCEPTION 'the last owner of an organization stays'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_last_owner';
        END IF;
        RETURN NULL;
    END $$;

CREATE TABLE public.organizations (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    time_zone text NOT NULL,
    currency character varying(3) NOT NULL,
    country character varying(2) NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_organizations_country CHECK (((country)::text ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT ck_organizations_currency CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT ck_organizations_slug CHECK ((slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

ALTER TABLE ONLY public.organizations FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.organization_named(wanted_slug text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT o.id
    FROM public.organizations o
   WHERE (o.slug = organization_named.wanted_slug);
END;

CREATE TABLE public.requirements (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    service_id uuid NOT NULL,
    "position" integer NOT NULL,
    pool_id uuid,
    resource_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_requirements_target CHECK ((num_nonnulls(pool_id, resource_id) = 1))
);

ALTER TABLE ONLY public.requirements FORCE ROW LEVEL SECURITY;

CREATE TABLE public.resource_pool_members (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    pool_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.resource_pool_members FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.resource_needs(org uuid, service uuid, named uuid) RETURNS TABLE(need integer, candidates uuid[])
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH needs AS (
          SELECT q."position",
                 CASE
                     WHEN (q.resource_id IS NOT NULL) THEN ARRAY[q.resource_id]
                     ELSE ARRAY( SELECT m.resource_id
                        FROM public.resource_pool_members m
                       WHERE ((m.organization_id = resource_needs.org) AND (m.pool_id = q.pool_id))
                       ORDER BY m.resource_id)
                 END AS candidates
            FROM public.requirements q
           WHERE ((q.organization_id = resource_needs.org) AND (q.service_id = resource_needs.service))
         ), met AS (
          SELECT ( SELECT n."position"
                    FROM needs n
                   WHERE (resource_needs.named = ANY (n.candidates))
                   ORDER BY (cardinality(n.candidates)), n."position"
                  LIMIT 1) AS "position"
         )
  SELECT n."position",
         CASE
             WHEN (n."position" = met."position") THEN ARRAY[resource_needs.named]
             ELSE n.candidates
         END AS candidates
    FROM needs n,
     met
 UNION ALL
  SELECT 0,
     ARRAY[resource_needs.named] AS "array"
    FROM met
   WHERE ((resource_needs.named IS NOT NULL) AND (met."position" IS NULL))
  ORDER BY 1;
END;

CREATE TABLE public.services (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    description text,
    place_id uuid NOT NULL,
    duration_s integer NOT NULL,
    price_minor bigint NOT NULL,
    currency character varying(3) NOT NULL,
    cancellation_notice_s integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    kind character varying(40) DEFAULT 'APPOINTMENT'::character varying NOT NULL,
    buffer_before_s integer DEFAULT 0 NOT NULL,
    buffer_after_s integer DEFAULT 0 NOT NULL,
    opens_before_s integer,
    notice_s integer DEFAULT 0 NOT NULL,
    bookable_from timestamp with time zone,
    bookable_until timestamp with time zone,
    free_cancellation_notice_s integer DEFAULT 0 NOT NULL,
    cancellation_fee_minor bigint,
    cancellation_fee_percent integer,
    no_show_fee_minor bigint,
    no_show_fee_percent integer,
    confirmation character varying(40) DEFAULT 'BY_STAFF'::character varying NOT NULL,
    customer_places_max integer,
    waitlist_max integer DEFAULT 50 NOT NULL,
    waitlist_offer_s integer DEFAULT 3600 NOT NULL,
    CONSTRAINT ck_services_bookable CHECK ((bookable_from < bookable_until)),
    CONSTRAINT ck_services_buffers CHECK (((buffer_before_s >= 0) AND (buffer_after_s >= 0))),
    CONSTRAINT ck_services_cancellation_fee CHECK ((num_nonnulls(cancellation_fee_minor, cancellation_fee_percent) < 2)),
    CONSTRAINT ck_services_cancellation_fee_minor CHECK ((cancellation_fee_minor >= 0)),
    CONSTRAINT ck_services_cancellation_fee_percent CHECK (((cancellation_fee_percent >= 0) AND (cancellation_fee_percent <= 100))),
    CONSTRAINT ck_services_cancellation_notice CHECK ((cancellation_notice_s >= 0)),
    CONSTRAINT ck_services_confirmation CHECK (((confirmation)::text = ANY ((ARRAY['BY_STAFF'::character varying, 'AUTOMATIC'::character varying])::text[]))),
    CONSTRAINT ck_services_customer_places_max CHECK ((customer_places_max > 0)),
    CONSTRAINT ck_services_duration CHECK ((duration_s > 0)),
    CONSTRAINT ck_services_free_cancellation_notice CHECK ((free_cancellation_notice_s >= 0)),
    CONSTRAINT ck_services_kind CHECK (((kind)::text = ANY ((ARRAY['APPOINTMENT'::character varying, 'STAY'::character varying])::text[]))),
    CONSTRAINT ck_services_no_show_fee CHECK ((num_nonnulls(no_show_fee_minor, no_show_fee_percent) < 2)),
    CONSTRAINT ck_services_no_show_fee_minor CHECK ((no_show_fee_minor >= 0)),
    CONSTRAINT ck_services_no_show_fee_percent CHECK (((no_show_fee_percent >= 0) AND (no_show_fee_percent <= 100))),
    CONSTRAINT ck_services_notice CHECK (((opens_before_s > notice_s) AND (notice_s >= 0))),
    CONSTRAINT ck_services_price CHECK ((price_minor >= 0)),
    CONSTRAINT ck_services_waitlist CHECK (((waitlist_max >= 0) AND (waitlist_offer_s > 0)))
);

ALTER TABLE ONLY public.services FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.resources_shared(org uuid, service uuid, named uuid, begins timestamp with time zone, ends timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH RECURSIVE needs AS (
          SELECT (1 << (row_number() OVER (ORDER BY n.candidates))::integer) AS "bit",
             n.candidates,
             count(*) AS needed
            FROM public.resource_needs(resources_shared.org, resources_shared.service, resources_shared.named) n(need, candidates)
           GROUP BY n.candidates
         ), free AS (
          SELECT f.resource_id,
             count(*) AS units
            FROM public.services s_1,
             LATERAL public.free_units(resources_shared.org, ARRAY( SELECT unnest(n.candidates) AS unnest
                    FROM needs n), resources_shared.begins, resources_shared.ends, (resources_shared.begins - make_interval(secs => (s_1.buffer_before_s)::double precision)), (resources_shared.ends + make_interval(secs => (s_1.buffer_after_s)::double precision))) f(unit_id, resource_id, number)
           WHERE ((s_1.organization_id = resources_shared.org) AND (s_1.id = resources_shared.service))
           GROUP BY f.resource_id
         ), alike AS (
          SELECT r.serves,
             sum(r.units) AS units
            FROM ( SELECT f.units,
                     ( SELECT bit_or(n."bit") AS bit_or
                            FROM needs n
                           WHERE (f.resource_id = ANY (n.candidates))) AS serves
                    FROM free f) r
           GROUP BY r.serves
         ), sets AS (
          SELECT needs."bit" AS members
            FROM needs
         UNION
          SELECT (s_1.members | n."bit")
            FROM ((sets s_1
              JOIN alike a ON (((a.serves & s_1.members) <> 0)))
              JOIN needs n ON ((((n."bit" & a.serves) <> 0) AND ((n."bit" & s_1.members) = 0))))
         )
  SELECT (min(((COALESCE(( SELECT sum(a.units) AS sum
            FROM alike a
           WHERE ((a.serves & s.members) <> 0)), (0)::numeric))::bigint / (( SELECT sum(n.needed) AS sum
            FROM needs n
           WHERE ((n."bit" & s.members) <> 0)))::bigint)))::integer AS min
    FROM sets s;
END;

CREATE FUNCTION public.resources_allow(org uuid, service uuid, named uuid, begins timestamp with time zone, ends timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH needs AS (
          SELECT n.candidates,
             count(*) AS needed
            FROM public.resource_needs(resources_allow.org, resources_allow.service, resources_allow.named) n(need, candidates)
           GROUP BY n.candidates
         )
  SELECT
         CASE ( SELECT count(*) AS count
                FROM needs)
             WHEN 0 THEN NULL::integer
             WHEN 1 THEN (( SELECT (( SELECT count(*) AS count
                        FROM public.free_units(resources_allow.org, n.candidates, resources_allow.begins, resources_allow.ends, (resources_allow.begins - make_interval(secs => (s.buffer_before_s)::double precision)), (resources_allow.ends + make_interval(secs => (s.buffer_after_s)::double precision))) free_units(unit_id, resource_id, number)) / n.needed)
                FROM needs n,
                 public.services s
               WHERE ((s.organization_id = resources_allow.org) AND (s.id = resources_allow.service))))::integer
             ELSE public.resources_shared(org, service, named, begins, ends)
         END AS resources_shared;
END;

CREATE TABLE public.customers (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid,
    name text NOT NULL,
    email text,
    phone text,
    notes text,
    external_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT ck_customers_phone_e164 CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text))
);

ALTER TABLE ONLY public.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.drivers (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid,
    display_name text NOT NULL,
    phone text,
    status character varying(40) DEFAULT 'OFF_DUTY'::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    team_id uuid,
    skills text[] DEFAULT '{}'::text[] NOT NULL,
    licence_number text,
    licence_expires_on date,
    CONSTRAINT ck_drivers_phone_e164 CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT ck_drivers_status CHECK (((status)::text = ANY ((ARRAY['OFF_DUTY'::character varying, 'AVAILABLE'::character varying, 'ON_ROUTE'::character varying, 'SUSPENDED'::character varying])::text[])))
);

ALTER TABLE ONLY public.drivers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.role_policies (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    role character varying(40) NOT NULL,
    permissions text[],
    second_factor_required boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_role_policies_role CHECK (((role)::text = ANY ((ARRAY['OWNER'::character varying, 'ADMIN'::character varying, 'DISPATCHER'::character varying, 'STAFF'::character varying, 'DRIVER'::character varying, 'CUSTOMER'::character varying])::text[])))
);

ALTER TABLE ONLY public.role_policies FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.session_lives(org uuid, usr uuid, role_then text, family uuid, customer uuid, driver uuid, policy_then integer) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT ((EXISTS ( SELECT
            FROM public.memberships m
           WHERE ((m.organization_id = session_lives.org) AND (m.user_id = session_lives.usr) AND ((m.role)::text = session_lives.role_then)))) AND (EXISTS ( SELECT
            FROM public.sessions s
           WHERE ((s.family_id = session_lives.family) AND (s.user_id = session_lives.usr) AND (s.organization_id = session_lives.org) AND (s.revoked_at IS NULL)))) AND (NOT (customer IS DISTINCT FROM ( SELECT c.id
            FROM public.customers c
           WHERE ((c.organization_id = session_lives.org) AND (c.user_id = session_lives.usr))))) AND (NOT (driver IS DISTINCT FROM ( SELECT d.id
            FROM public.drivers d
           WHERE ((d.organization_id = session_lives.org) AND (d.user_id = session_lives.usr))))) AND (NOT (policy_then IS DISTINCT FROM ( SELECT p.version
            FROM public.role_policies p
           WHERE ((p.organization_id = session_lives.org) AND ((p.role)::text = session_lives.role_then))))));
END;

CREATE FUNCTION public.session_user_id(wanted_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT s.user_id
    FROM public.sessions s
   WHERE (s.token_hash = session_user_id.wanted_hash);
END;

CREATE FUNCTION public.set_email(email_then text, confirmed_then timestamp with time zone, new_email text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 UPDATE public.users u SET email = set_email.new_email, email_confirmed_at = clock_timestamp(), updated_at = now()
   WHERE ((u.id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid) AND (u.email = set_email.email_then) AND (NOT (u.email_confirmed_at IS DISTINCT FROM set_email.confirmed_then)))
   RETURNING true;
END;

CREATE FUNCTION public.set_password(hash_then text, new_hash text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    BEGIN ATOMIC
 UPDATE public.users u SET password_hash = set_password.new_hash, updated_at = now()
   WHERE ((u.id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid) AND (u.password_hash = set_password.hash_then))
   RETURNING true;
END;

CREATE TABLE public.absences (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    driver_id uuid,
    vehicle_id uuid,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_absences_times CHECK ((starts_at < ends_at)),
    CONSTRAINT ck_absences_who CHECK ((num_nonnulls(driver_id, vehicle_id) = 1))
);

ALTER TABLE ONLY public.absences FORCE ROW LEVEL SECURITY;

CREATE TABLE public.account_mails (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    address text NOT NULL,
    user_id uuid,
    invitation_id uuid,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_account_mails_about CHECK (((user_id IS NULL) <> (invitation_id IS NULL))),
    CONSTRAINT ck_account_mails_kind CHECK (((kind)::text = ANY ((ARRAY['PASSWORD_RESET'::character varying, 'PASSWORD_CHANGED'::character varying, 'EMAIL_CONFIRMATION'::character varying, 'EMAIL_CHANGE'::character varying, 'EMAIL_CHANGED'::character varying, 'SECOND_FACTOR_ADDED'::character varying, 'SECOND_FACTOR_REMOVED'::character varying, 'RECOVERY_CODE_USED'::character varying, 'INVITATION'::character varying])::text[])))
);

ALTER TABLE ONLY public.account_mails FORCE ROW LEVEL SECURITY;

CREATE TABLE public.booking_charges (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    booking_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    amount_minor bigint NOT NULL,
    currency character varying(3) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_booking_charges_amount CHECK ((amount_minor > 0)),
    CONSTRAINT ck_booking_charges_kind CHECK (((kind)::text = ANY ((ARRAY['CANCELLATION'::character varying, 'NO_SHOW'::character varying])::text[])))
);

ALTER TABLE ONLY public.booking_charges FORCE ROW LEVEL SECURITY;

CREATE TABLE public.booking_groups (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    customer_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.booking_groups FORCE ROW LEVEL SECURITY;

CREATE TABLE public.bookings (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    number text NOT NULL,
    status character varying(40) NOT NULL,
    customer_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    service_id uuid NOT NULL,
    slot_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    held_until timestamp with time zone,
    price_minor bigint NOT NULL,
    currency character varying(3) NOT NULL,
    notes text,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    group_id uuid,
    series_id uuid,
    nights integer,
    cancel_before timestamp with time zone NOT NULL,
    cancel_free_before timestamp with time zone NOT NULL,
    cancellation_fee_minor bigint DEFAULT '0'::bigint NOT NULL,
    no_show_fee_minor bigint DEFAULT '0'::bigint NOT NULL,
    care_waived_reason text,
    CONSTRAINT ck_bookings_fees CHECK (((cancellation_fee_minor >= 0) AND (no_show_fee_minor >= 0))),
    CONSTRAINT ck_bookings_held_until CHECK ((((status)::text = 'HELD'::text) <= (held_until IS NOT NULL))),
    CONSTRAINT ck_bookings_nights CHECK ((nights > 0)),
    CONSTRAINT ck_bookings_price CHECK ((price_minor >= 0)),
    CONSTRAINT ck_bookings_status CHECK (((status)::text = ANY ((ARRAY['HELD'::character varying, 'PENDING'::character varying, 'CONFIRMED'::character varying, 'CHECKED_IN'::character varying, 'COMPLETED'::character varying, 'DECLINED'::character varying, 'CANCELLED'::character varying, 'NO_SHOW'::character varying, 'EXPIRED'::character varying])::text[]))),
    CONSTRAINT ck_bookings_times CHECK ((starts_at < ends_at))
);

ALTER TABLE ONLY public.bookings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.calendar_feeds (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    customer_id uuid,
    driver_id uuid,
    resource_id uuid,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_calendar_feeds_owner CHECK ((num_nonnulls(customer_id, driver_id, resource_id) = 1))
);

ALTER TABLE ONLY public.calendar_feeds FORCE ROW LEVEL SECURITY;

CREATE TABLE public.care_dues (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    subject_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    protocol_id uuid,
    record_id uuid,
    kind character varying(40) NOT NULL,
    title text NOT NULL,
    due_on date NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_care_dues_kind CHECK (((kind)::text = ANY ((ARRAY['VACCINATION'::character varying, 'CHECK_UP'::character varying, 'TREATMENT'::character varying, 'SURGERY'::character varying, 'ALLERGY'::character varying, 'MEDICATION'::character varying, 'SERVICE'::character varying, 'INSPECTION'::character varying, 'REPAIR'::character varying])::text[]))),
    CONSTRAINT ck_care_dues_origin CHECK (((protocol_id IS NOT NULL) OR (record_id IS NOT NULL)))
);

ALTER TABLE ONLY public.care_dues FORCE ROW LEVEL SECURITY;

CREATE TABLE public.care_protocols (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind character varying(40) NOT NULL,
    subject_kind character varying(40) NOT NULL,
    species character varying(40),
    interval_days integer,
    first_due_days integer DEFAULT 0 NOT NULL,
    required boolean DEFAULT false NOT NULL,
    warning_days integer DEFAULT 30 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    description text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_care_protocols_code CHECK ((code ~ '^[A-Z0-9][A-Z0-9_.-]{0,39}$'::text)),
    CONSTRAINT ck_care_protocols_first_due CHECK (((first_due_days >= 0) AND (first_due_days <= 36525))),
    CONSTRAINT ck_care_protocols_interval CHECK (((interval_days >= 1) AND (interval_days <= 36525))),
    CONSTRAINT ck_care_protocols_kind CHECK (((kind)::text = ANY ((ARRAY['VACCINATION'::character varying, 'CHECK_UP'::character varying, 'TREATMENT'::character varying, 'SURGERY'::character varying, 'ALLERGY'::character varying, 'MEDICATION'::character varying, 'SERVICE'::character varying, 'INSPECTION'::character varying, 'REPAIR'::character varying])::text[]))),
    CONSTRAINT ck_care_protocols_species CHECK (((species)::text = ANY ((ARRAY['DOG'::character varying, 'CAT'::character varying, 'RABBIT'::character varying, 'BIRD'::character varying, 'OTHER'::character varying])::text[]))),
    CONSTRAINT ck_care_protocols_species_of_pets CHECK (((species IS NULL) OR ((subject_kind)::text = 'PET'::text))),
    CONSTRAINT ck_care_protocols_subject_kind CHECK (((subject_kind)::text = ANY ((ARRAY['PET'::character varying, 'PATIENT'::character varying, 'CAR'::character varying])::text[]))),
    CONSTRAINT ck_care_protocols_warning CHECK (((warning_days >= 0) AND (warning_days <= 365)))
);

ALTER TABLE ONLY public.care_protocols FORCE ROW LEVEL SECURITY;

CREATE TABLE public.care_record_documents (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    record_id uuid NOT NULL,
    document_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.care_record_documents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.care_records (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    subject_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    protocol_id uuid,
    title text NOT NULL,
    performed_on date NOT NULL,
    next_due_on date,
    partner_id uuid,
    booking_id uuid,
    batch_number text,
    diagnosis text,
    treatment text,
    notes text,
    connection_id uuid,
    external_id text,
    recorded_by uuid,
    voided_at timestamp with time zone,
    void_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_care_records_kind CHECK (((kind)::text = ANY ((ARRAY['VACCINATION'::character varying, 'CHECK_UP'::character varying, 'TREATMENT'::character varying, 'SURGERY'::character varying, 'ALLERGY'::character varying, 'MEDICATION'::character varying, 'SERVICE'::character varying, 'INSPECTION'::character varying, 'REPAIR'::character varying])::text[]))),
    CONSTRAINT ck_care_records_next_due CHECK ((next_due_on > performed_on)),
    CONSTRAINT ck_care_records_origin CHECK (((connection_id IS NULL) OR (external_id IS NOT NULL))),
    CONSTRAINT ck_care_records_voided CHECK (((voided_at IS NULL) = (void_reason IS NULL)))
);

ALTER TABLE ONLY public.care_records FORCE ROW LEVEL SECURITY;

CREATE TABLE public.care_requirements (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    service_id uuid NOT NULL,
    protocol_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.care_requirements FORCE ROW LEVEL SECURITY;

CREATE TABLE public.cars (
    license_plate text NOT NULL,
    make text,
    model text,
    vin text,
    mileage_km integer,
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    CONSTRAINT ck_cars_kind CHECK (((kind)::text = 'CAR'::text)),
    CONSTRAINT ck_cars_mileage CHECK ((mileage_km >= 0))
);

ALTER TABLE ONLY public.cars FORCE ROW LEVEL SECURITY;

CREATE TABLE public.client_documents (
    id uuid DEFAULT uuidv7() NOT NULL,
    client text NOT NULL,
    document_id text NOT NULL,
    hash text NOT NULL,
    body text NOT NULL,
    operations jsonb NOT NULL,
    first_version integer NOT NULL,
    last_version integer NOT NULL,
    withdrawn_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_client_documents_client CHECK ((client ~ '^[a-z][a-z0-9-]{0,39}$'::text)),
    CONSTRAINT ck_client_documents_hash CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT ck_client_documents_named_by_hash CHECK (((document_id !~~ 'sha256:%'::text) OR (document_id = ('sha256:'::text || hash)))),
    CONSTRAINT ck_client_documents_operations CHECK ((jsonb_typeof(operations) = 'array'::text)),
    CONSTRAINT ck_client_documents_versions CHECK (((first_version >= 1) AND (first_version <= last_version)))
);

CREATE TABLE public.contact_preferences (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    customer_id uuid,
    user_id uuid,
    locale text,
    muted text[] DEFAULT '{}'::text[] NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_contact_preferences_locale CHECK ((locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'::text)),
    CONSTRAINT ck_contact_preferences_person CHECK ((num_nonnulls(customer_id, user_id) = 1)),
    CONSTRAINT ck_contact_preferences_quiet CHECK (((quiet_from IS NULL) = (quiet_until IS NULL)))
);

ALTER TABLE ONLY public.contact_preferences FORCE ROW LEVEL SECURITY;

CREATE TABLE public.dead_addresses (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    channel character varying(40) NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_dead_addresses_channel CHECK (((channel)::text = ANY ((ARRAY['EMAIL'::character varying, 'SMS'::character varying, 'PUSH'::character varying])::text[])))
);

ALTER TABLE ONLY public.dead_addresses FORCE ROW LEVEL SECURITY;

CREATE TABLE public.device_tokens (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    customer_id uuid,
    token text NOT NULL,
    platform character varying(40) NOT NULL,
    provider character varying(40) NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_device_tokens_platform CHECK (((platform)::text = ANY ((ARRAY['IOS'::character varying, 'ANDROID'::character varying])::text[]))),
    CONSTRAINT ck_device_tokens_provider CHECK (((provider)::text = ANY ((ARRAY['EXPO'::character varying, 'FCM'::character varying])::text[])))
);

ALTER TABLE ONLY public.device_tokens FORCE ROW LEVEL SECURITY;

CREATE TABLE public.directions (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    route_id uuid NOT NULL,
    fingerprint text NOT NULL,
    provider text NOT NULL,
    polyline text NOT NULL,
    legs jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_directions_legs CHECK ((jsonb_typeof(legs) = 'array'::text))
);

ALTER TABLE ONLY public.directions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.documents (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    status character varying(40) NOT NULL,
    name text NOT NULL,
    content_type text,
    byte_size bigint,
    sha256 text,
    width integer,
    height integer,
    has_thumbnail boolean DEFAULT false NOT NULL,
    uploaded_by uuid,
    customer_id uuid,
    driver_id uuid,
    rejected_reason text,
    received_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_documents_byte_size CHECK ((byte_size >= 0)),
    CONSTRAINT ck_documents_ready CHECK ((((status)::text <> 'READY'::text) OR ((content_type IS NOT NULL) AND (sha256 IS NOT NULL)))),
    CONSTRAINT ck_documents_status CHECK (((status)::text = ANY ((ARRAY['AWAITED'::character varying, 'RECEIVED'::character varying, 'READY'::character varying, 'REJECTED'::character varying, 'REMOVED'::character varying])::text[])))
);

ALTER TABLE ONLY public.documents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.due_work (
    id uuid DEFAULT uuidv7() NOT NULL,
    run_at timestamp with time zone NOT NULL,
    organization_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    ref_id uuid NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    failed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_due_work_kind CHECK (((kind)::text = ANY ((ARRAY['END_WAITING'::character varying, 'EXPIRE_HOLD'::character varying, 'EXTEND_SCHEDULE'::character varying, 'EXTEND_SERIES'::character varying, 'OFFER_PLACES'::character varying, 'PLAN_ROUTES'::character varying, 'WARN_OF_LICENCE'::character varying, 'WARN_OF_MAINTENANCE'::character varying, 'FETCH_DIRECTIONS'::character varying, 'PROCESS_DOCUMENT'::character varying, 'EXPIRE_UPLOAD'::character varying, 'NOTIFY_BOOKING_DECLINED'::character varying, 'NOTIFY_BOOKING_CANCELLED'::character varying, 'NOTIFY_DRIVER_UNDER_WAY'::character varying, 'NOTIFY_POST_PUBLISHED'::character varying, 'SEND_NOTIFICATION'::character varying, 'CHECK_RECEIPT'::character varying, 'RUN_REMINDER'::character varying, 'REFRESH_CARE'::character varying, 'START_SYNC'::character varying, 'RUN_SYNC'::character varying, 'PUBLISH_POST'::character varying, 'WRITE_EXPORT'::character varying, 'ERASE_DOCUMENT'::character varying, 'NOTIFY_BOOKING_CONFIRMED'::character varying, 'NOTIFY_WAITLIST_OFFER'::character varying, 'NOTIFY_LICENCE_EXPIRING'::character varying, 'NOTIFY_MAINTENANCE_DUE'::character varying, 'SEND_ACCOUNT_MAIL'::character varying, 'FEED_WEBHOOKS'::character varying, 'DELIVER_WEBHOOKS'::character varying, 'REPLAY_WEBHOOKS'::character varying, 'TIDY_WEBHOOKS'::character varying, 'NOTIFY_WEBHOOK_FAILING'::character varying, 'NOTIFY_WEBHOOK_DISABLED'::character varying])::text[])))
);

CREATE TABLE public.event_details (
    organization_id uuid NOT NULL,
    seq bigint NOT NULL,
    ip text,
    user_agent text,
    changes jsonb
);

ALTER TABLE ONLY public.event_details FORCE ROW LEVEL SECURITY;

CREATE TABLE public.event_heads (
    organization_id uuid NOT NULL,
    seq bigint DEFAULT '0'::bigint NOT NULL,
    erased_through bigint DEFAULT '0'::bigint NOT NULL,
    listening boolean DEFAULT false NOT NULL,
    woken boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY public.event_heads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.events (
    organization_id uuid NOT NULL,
    seq bigint NOT NULL,
    type character varying(40) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    node_type text NOT NULL,
    node_id uuid NOT NULL,
    actor_user_id uuid,
    customer_id uuid,
    driver_id uuid,
    former_driver_id uuid,
    route_id uuid,
    booking_id uuid,
    transport_id uuid,
    payload jsonb NOT NULL,
    actor_partner_id uuid,
    actor_api_key_id uuid,
    CONSTRAINT ck_events_type CHECK (((type)::text = ANY ((ARRAY['BOOKING_CANCELLED'::character varying, 'BOOKING_CHARGED'::character varying, 'BOOKING_CHECKED_IN'::character varying, 'BOOKING_COMPLETED'::character varying, 'BOOKING_CONFIRMED'::character varying, 'BOOKING_CREATED'::character varying, 'BOOKING_DECLINED'::character varying, 'BOOKING_EXPIRED'::character varying, 'BOOKING_GROUP_CREATED'::character varying, 'BOOKING_HELD'::character varying, 'BOOKING_NO_SHOW'::character varying, 'BOOKING_RESCHEDULED'::character varying, 'CALENDAR_FEED_CREATED'::character varying, 'CALENDAR_FEED_REVOKED'::character varying, 'CUSTOMER_CREATED'::character varying, 'CUSTOMER_UPDATED'::character varying, 'DRIVER_CREATED'::character varying, 'DRIVER_STATUS_CHANGED'::character varying, 'DRIVER_UPDATED'::character varying, 'ORGANIZATION_CREATED'::character varying, 'PLACE_CREATED'::character varying, 'PLACE_UPDATED'::character varying, 'PLANNING_CANCELLED'::character varying, 'PLANNING_FAILED'::character varying, 'PLANNING_REQUESTED'::character varying, 'PLANNING_STARTED'::character varying, 'PLANNING_SUCCEEDED'::character varying, 'RESOURCE_CREATED'::character varying, 'RESOURCE_POOL_CREATED'::character varying, 'RESOURCE_POOL_UPDATED'::character varying, 'RESOURCE_UPDATED'::character varying, 'ROUTE_CANCELLED'::character varying, 'ROUTE_COMPLETED'::character varying, 'ROUTE_OPTIMIZED'::character varying, 'ROUTE_PUBLISHED'::character varying, 'ROUTE_STARTED'::character varying, 'SCHEDULE_CREATED'::character varying, 'SCHEDULE_EXCEPTION_CREATED'::character varying, 'SCHEDULE_EXCEPTION_REMOVED'::character varying, 'SCHEDULE_PLANNED'::character varying, 'SCHEDULE_UPDATED'::character varying, 'SERIES_CREATED'::character varying, 'SERIES_ENDED'::character varying, 'SERIES_EXTENDED'::character varying, 'SERIES_PAUSED'::character varying, 'SERIES_RESUMED'::character varying, 'SERIES_UPDATED'::character varying, 'SERVICE_CREATED'::character varying, 'SERVICE_UPDATED'::character varying, 'SHIFT_CREATED'::character varying, 'SHIFT_UPDATED'::character varying, 'SLOT_CREATED'::character varying, 'SLOT_UPDATED'::character varying, 'STOP_ARRIVED'::character varying, 'STOP_CANCELLED'::character varying, 'STOP_COMPLETED'::character varying, 'SUBJECT_CREATED'::character varying, 'SUBJECT_UPDATED'::character varying, 'TRANSPORT_ASSIGNED'::character varying, 'TRANSPORT_CANCELLED'::character varying, 'TRANSPORT_CREATED'::character varying, 'TRANSPORT_DELIVERED'::character varying, 'TRANSPORT_EN_ROUTE'::character varying, 'TRANSPORT_PICKED_UP'::character varying, 'TRANSPORT_SCHEDULED'::character varying, 'TRANSPORT_UNASSIGNED'::character varying, 'VEHICLE_CREATED'::character varying, 'VEHICLE_TYPE_CREATED'::character varying, 'VEHICLE_TYPE_UPDATED'::character varying, 'VEHICLE_UPDATED'::character varying, 'WAITLIST_ACCEPTED'::character varying, 'WAITLIST_EXPIRED'::character varying, 'WAITLIST_JOINED'::character varying, 'WAITLIST_LEFT'::character varying, 'WAITLIST_OFFERED'::character varying, 'TEAM_CREATED'::character varying, 'TEAM_UPDATED'::character varying, 'MAINTENANCE_DUE'::character varying, 'LICENCE_EXPIRING'::character varying, 'ABSENCE_CREATED'::character varying, 'ABSENCE_REMOVED'::character varying, 'SHIFT_REMOVED'::character varying, 'TRANSPORT_UPDATED'::character varying, 'TRANSPORT_FAILED'::character varying, 'TRANSPORT_RETURNED'::character varying, 'TRANSPORT_LATE'::character varying, 'TRACKING_LINK_CREATED'::character varying, 'TRACKING_LINK_REVOKED'::character varying, 'ROUTE_CHANGED'::character varying, 'ROUTE_DRIVER_CHANGED'::character varying, 'STOP_SKIPPED'::character varying, 'STOP_FAILED'::character varying, 'STOP_ARRIVAL_SUGGESTED'::character varying, 'TRANSPORT_CODE_REFUSED'::character varying, 'ROUTE_ETAS_CHANGED'::character varying, 'DOCUMENT_CREATED'::character varying, 'DOCUMENT_READY'::character varying, 'DOCUMENT_REJECTED'::character varying, 'DOCUMENT_REMOVED'::character varying, 'SUBJECT_ARCHIVED'::character varying, 'SUBJECT_RESTORED'::character varying, 'CARE_PROTOCOL_CREATED'::character varying, 'CARE_PROTOCOL_UPDATED'::character varying, 'CARE_RECORDED'::character varying, 'CARE_RECORD_UPDATED'::character varying, 'CARE_RECORD_VOIDED'::character varying, 'CARE_RECORD_READ'::character varying, 'CARE_WAIVED'::character varying, 'TAG_REGISTERED'::character varying, 'TAG_RETIRED'::character varying, 'TAG_SCANNED'::character varying, 'PARTNER_CREATED'::character varying, 'PARTNER_UPDATED'::character varying, 'PARTNER_CONNECTED'::character varying, 'PARTNER_CONNECTION_UPDATED'::character varying, 'PARTNER_CONNECTION_REMOVED'::character varying, 'PARTNER_UNREACHABLE'::character varying, 'SYNC_REQUESTED'::character varying, 'SYNC_STARTED'::character varying, 'SYNC_SUCCEEDED'::character varying, 'SYNC_FAILED'::character varying, 'SYNC_CANCELLED'::character varying, 'REVIEW_ACCEPTED'::character varying, 'REVIEW_REJECTED'::character varying, 'NOTIFICATION_FAILED'::character varying, 'NOTIFICATION_RESENT'::character varying, 'ADDRESS_RETIRED'::character varying, 'ADDRESS_REVIVED'::character varying, 'DEVICE_REGISTERED'::character varying, 'DEVICE_RETIRED'::character varying, 'CONTACT_PREFERENCE_UPDATED'::character varying, 'REMINDER_RULE_CREATED'::character varying, 'REMINDER_RULE_UPDATED'::character varying, 'REMINDER_RULE_REMOVED'::character varying, 'MESSAGE_TEMPLATE_CREATED'::character varying, 'MESSAGE_TEMPLATE_UPDATED'::character varying, 'MESSAGE_TEMPLATE_REMOVED'::character varying, 'POST_CREATED'::character varying, 'POST_UPDATED'::character varying, 'POST_PUBLISHED'::character varying, 'POST_WITHDRAWN'::character varying, 'EXPORT_REQUESTED'::character varying, 'EXPORT_SUCCEEDED'::character varying, 'EXPORT_FAILED'::character varying, 'EXPORT_CANCELLED'::character varying, 'PERSON_ERASED'::character varying, 'PASSWORD_CHANGED'::character varying, 'EMAIL_CONFIRMED'::character varying, 'EMAIL_CHANGED'::character varying, 'SESSION_REVOKED'::character varying, 'SECOND_FACTOR_ADDED'::character varying, 'SECOND_FACTOR_REMOVED'::character varying, 'RECOVERY_CODE_USED'::character varying, 'SECOND_FACTOR_REQUIRED'::character varying, 'IDENTITY_LINKED'::character varying, 'MEMBER_INVITED'::character varying, 'INVITATION_RESENT'::character varying, 'INVITATION_REVOKED'::character varying, 'MEMBER_JOINED'::character varying, 'MEMBER_ROLE_CHANGED'::character varying, 'MEMBER_REMOVED'::character varying, 'ROLE_PERMISSIONS_CHANGED'::character varying, 'API_KEY_CREATED'::character varying, 'API_KEY_UPDATED'::character varying, 'API_KEY_ROTATED'::character varying, 'API_KEY_REVOKED'::character varying, 'DOCUMENTS_REGISTERED'::character varying, 'DOCUMENTS_WITHDRAWN'::character varying, 'WEBHOOK_ENDPOINT_CREATED'::character varying, 'WEBHOOK_ENDPOINT_UPDATED'::character varying, 'WEBHOOK_ENDPOINT_ENABLED'::character varying, 'WEBHOOK_ENDPOINT_DISABLED'::character varying, 'WEBHOOK_ENDPOINT_REMOVED'::character varying, 'WEBHOOK_SECRET_ROTATED'::character varying, 'WEBHOOK_TESTED'::character varying, 'WEBHOOKS_REPLAYED'::character varying, 'WEBHOOK_DELIVERY_RETRIED'::character varying])::text[])))
);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;

CREATE TABLE public.exports (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    format character varying(40) NOT NULL,
    status character varying(40) NOT NULL,
    requested_by uuid,
    customer_id uuid,
    filter jsonb DEFAULT '{}'::jsonb NOT NULL,
    rows integer,
    rows_done integer DEFAULT 0 NOT NULL,
    document_id uuid,
    error text,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    connection text,
    request jsonb,
    CONSTRAINT ck_exports_connection CHECK ((((kind)::text = 'CONNECTION'::text) = (connection IS NOT NULL))),
    CONSTRAINT ck_exports_filter CHECK ((jsonb_typeof(filter) = 'object'::text)),
    CONSTRAINT ck_exports_format CHECK (((format)::text = ANY ((ARRAY['CSV'::character varying, 'JSONL'::character varying, 'ZIP'::character varying])::text[]))),
    CONSTRAINT ck_exports_format_of_kind CHECK ((((kind)::text = 'PERSON'::text) = ((format)::text = 'ZIP'::text))),
    CONSTRAINT ck_exports_kind CHECK (((kind)::text = ANY ((ARRAY['AUDIT_LOG'::character varying, 'PERSON'::character varying, 'CONNECTION'::character varying])::text[]))),
    CONSTRAINT ck_exports_person CHECK ((((kind)::text = 'PERSON'::text) = (customer_id IS NOT NULL))),
    CONSTRAINT ck_exports_request CHECK (((request IS NULL) OR ((kind)::text = 'CONNECTION'::text))),
    CONSTRAINT ck_exports_status CHECK (((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying, 'SUCCEEDED'::character varying, 'FAILED'::character varying, 'CANCELLED'::character varying])::text[]))),
    CONSTRAINT ck_exports_succeeded CHECK ((((status)::text <> 'SUCCEEDED'::text) OR (document_id IS NOT NULL)))
);

ALTER TABLE ONLY public.exports FORCE ROW LEVEL SECURITY;

CREATE TABLE public.invitations (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    email text NOT NULL,
    role character varying(40) NOT NULL,
    status character varying(40) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    invited_by uuid NOT NULL,
    accepted_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_invitations_accepted CHECK ((((status)::text = 'ACCEPTED'::text) = (accepted_by IS NOT NULL))),
    CONSTRAINT ck_invitations_email_lower CHECK ((email = lower(email))),
    CONSTRAINT ck_invitations_role CHECK (((role)::text = ANY ((ARRAY['OWNER'::character varying, 'ADMIN'::character varying, 'DISPATCHER'::character varying, 'STAFF'::character varying, 'DRIVER'::character varying, 'CUSTOMER'::character varying])::text[]))),
    CONSTRAINT ck_invitations_status CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'ACCEPTED'::character varying, 'REVOKED'::character varying, 'EXPIRED'::character varying])::text[])))
);

ALTER TABLE ONLY public.invitations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.message_templates (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    channel character varying(40) NOT NULL,
    locale text NOT NULL,
    subject text,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_message_templates_channel CHECK (((channel)::text = ANY ((ARRAY['EMAIL'::character varying, 'SMS'::character varying, 'PUSH'::character varying])::text[]))),
    CONSTRAINT ck_message_templates_kind CHECK (((kind)::text = ANY ((ARRAY['BOOKING_CONFIRMED'::character varying, 'BOOKING_DECLINED'::character varying, 'BOOKING_CANCELLED'::character varying, 'BOOKING_TOMORROW'::character varying, 'WAITLIST_OFFER'::character varying, 'DRIVER_UNDER_WAY'::character varying, 'AFTER_VISIT'::character varying, 'CARE_DUE'::character varying, 'CARE_OVERDUE'::character varying, 'LICENCE_EXPIRING'::character varying, 'MAINTENANCE_DUE'::character varying, 'POST_PUBLISHED'::character varying, 'WEBHOOK_FAILING'::character varying, 'WEBHOOK_DISABLED'::character varying])::text[]))),
    CONSTRAINT ck_message_templates_locale CHECK ((locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'::text))
);

ALTER TABLE ONLY public.message_templates FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notification_attempts (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    notification_id uuid NOT NULL,
    outcome character varying(40) NOT NULL,
    detail text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_notification_attempts_outcome CHECK (((outcome)::text = ANY ((ARRAY['ACCEPTED'::character varying, 'RETRY'::character varying, 'REFUSED'::character varying, 'DEAD_ADDRESS'::character varying])::text[])))
);

ALTER TABLE ONLY public.notification_attempts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notifications (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    channel character varying(40) NOT NULL,
    status character varying(40) NOT NULL,
    suppressed character varying(40),
    cause text NOT NULL,
    recipient text NOT NULL,
    customer_id uuid,
    user_id uuid,
    device_id uuid,
    rule uuid,
    about_type text NOT NULL,
    about uuid NOT NULL,
    locale text NOT NULL,
    address text,
    subject text,
    body text,
    attempts integer DEFAULT 0 NOT NULL,
    send_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    provider_reference text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_notifications_channel CHECK (((channel)::text = ANY ((ARRAY['EMAIL'::character varying, 'SMS'::character varying, 'PUSH'::character varying])::text[]))),
    CONSTRAINT ck_notifications_device CHECK ((((channel)::text = 'PUSH'::text) = (device_id IS NOT NULL))),
    CONSTRAINT ck_notifications_kind CHECK (((kind)::text = ANY ((ARRAY['BOOKING_CONFIRMED'::character varying, 'BOOKING_DECLINED'::character varying, 'BOOKING_CANCELLED'::character varying, 'BOOKING_TOMORROW'::character varying, 'WAITLIST_OFFER'::character varying, 'DRIVER_UNDER_WAY'::character varying, 'AFTER_VISIT'::character varying, 'CARE_DUE'::character varying, 'CARE_OVERDUE'::character varying, 'LICENCE_EXPIRING'::character varying, 'MAINTENANCE_DUE'::character varying, 'POST_PUBLISHED'::character varying, 'WEBHOOK_FAILING'::character varying, 'WEBHOOK_DISABLED'::character varying])::text[]))),
    CONSTRAINT ck_notifications_sent CHECK ((((status)::text <> 'SENT'::text) OR (sent_at IS NOT NULL))),
    CONSTRAINT ck_notifications_status CHECK (((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'SENT'::character varying, 'FAILED'::character varying, 'SUPPRESSED'::character varying])::text[]))),
    CONSTRAINT ck_notifications_suppressed CHECK (((suppressed)::text = ANY ((ARRAY['UNWANTED'::character varying, 'NO_ADDRESS'::character varying, 'DEAD_ADDRESS'::character varying, 'CHANNEL_OFF'::character varying, 'OUTDATED'::character varying, 'ERASED'::character varying])::text[]))),
    CONSTRAINT ck_notifications_why_suppressed CHECK ((((status)::text = 'SUPPRESSED'::text) = (suppressed IS NOT NULL)))
);

ALTER TABLE ONLY public.notifications FORCE ROW LEVEL SECURITY;

CREATE TABLE public.occurrences (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    series_id uuid NOT NULL,
    local_at timestamp without time zone NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    outcome character varying(40) NOT NULL,
    booking_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_occurrences_booking CHECK ((((outcome)::text = 'BOOKED'::text) = (booking_id IS NOT NULL))),
    CONSTRAINT ck_occurrences_outcome CHECK (((outcome)::text = ANY ((ARRAY['BOOKED'::character varying, 'SLOT_FULL'::character varying, 'NO_SLOT'::character varying, 'NO_RESOURCE'::character varying, 'NOT_ALLOWED'::character varying, 'CARE_MISSING'::character varying])::text[])))
);

ALTER TABLE ONLY public.occurrences FORCE ROW LEVEL SECURITY;

CREATE TABLE public.partner_connections (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    partner_id uuid NOT NULL,
    status character varying(40) NOT NULL,
    endpoint text NOT NULL,
    credentials bytea,
    kinds text[] NOT NULL,
    mode character varying(40) NOT NULL,
    every_hours integer,
    protocol_codes jsonb DEFAULT '{}'::jsonb NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    closed_until timestamp with time zone,
    last_synced_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_partner_connections_endpoint CHECK ((endpoint ~ '^https?://'::text)),
    CONSTRAINT ck_partner_connections_every CHECK (((every_hours >= 1) AND (every_hours <= 720))),
    CONSTRAINT ck_partner_connections_kinds CHECK (((cardinality(kinds) > 0) AND (kinds <@ '{VACCINATIONS,REPORTS}'::text[]))),
    CONSTRAINT ck_partner_connections_mode CHECK (((mode)::text = ANY ((ARRAY['AUTOMATIC'::character varying, 'REVIEW'::character varying])::text[]))),
    CONSTRAINT ck_partner_connections_protocol_codes CHECK ((jsonb_typeof(protocol_codes) = 'object'::text)),
    CONSTRAINT ck_partner_connections_removed CHECK ((((status)::text <> 'REMOVED'::text) OR (credentials IS NULL))),
    CONSTRAINT ck_partner_connections_status CHECK (((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'PAUSED'::character varying, 'REMOVED'::character varying])::text[])))
);

ALTER TABLE ONLY public.partner_connections FORCE ROW LEVEL SECURITY;

CREATE TABLE public.partner_directory (
    id uuid DEFAULT uuidv7() NOT NULL,
    type character varying(40) NOT NULL,
    country text NOT NULL,
    name text NOT NULL,
    clinic text,
    licence_number text,
    phone text,
    email text,
    website text,
    address text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_partner_directory_country CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT ck_partner_directory_type CHECK (((type)::text = ANY ((ARRAY['VET'::character varying, 'FOOD_BRAND'::character varying, 'GROOMER'::character varying, 'SHOP'::character varying, 'HOSPITAL'::character varying, 'VENDOR'::character varying])::text[])))
);

CREATE TABLE public.patients (
    mobility character varying(40) NOT NULL,
    birth_date date,
    oxygen boolean DEFAULT false NOT NULL,
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    CONSTRAINT ck_patients_kind CHECK (((kind)::text = 'PATIENT'::text)),
    CONSTRAINT ck_patients_mobility CHECK (((mobility)::text = ANY ((ARRAY['WALKING'::character varying, 'WHEELCHAIR'::character varying, 'STRETCHER'::character varying])::text[])))
);

ALTER TABLE ONLY public.patients FORCE ROW LEVEL SECURITY;

CREATE TABLE public.pets (
    species character varying(40) NOT NULL,
    breed text,
    born_on date,
    weight_g integer,
    chip_number text,
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    preferred_vet_id uuid,
    preferred_food_brand_id uuid,
    CONSTRAINT ck_pets_kind CHECK (((kind)::text = 'PET'::text)),
    CONSTRAINT ck_pets_species CHECK (((species)::text = ANY ((ARRAY['DOG'::character varying, 'CAT'::character varying, 'RABBIT'::character varying, 'BIRD'::character varying, 'OTHER'::character varying])::text[]))),
    CONSTRAINT ck_pets_weight CHECK ((weight_g > 0))
);

ALTER TABLE ONLY public.pets FORCE ROW LEVEL SECURITY;

CREATE TABLE public.places (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    customer_id uuid,
    label text NOT NULL,
    address text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    access_notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_places_latitude CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT ck_places_longitude CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))
);

ALTER TABLE ONLY public.places FORCE ROW LEVEL SECURITY;

CREATE TABLE public.planning_runs (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    date date NOT NULL,
    status character varying(40) NOT NULL,
    progress integer NOT NULL,
    time_limit_s integer NOT NULL,
    label text,
    requested_by uuid,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    route_count integer,
    distance_m integer,
    duration_s integer,
    assigned_count integer,
    unassigned_count integer,
    baseline_distance_m integer,
    error_code text,
    error_message text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    fewest_vehicles boolean DEFAULT false NOT NULL,
    balanced boolean DEFAULT false NOT NULL,
    elapsed_s integer,
    best_objective bigint,
    estimated boolean DEFAULT false NOT NULL,
    CONSTRAINT ck_planning_runs_progress CHECK (((progress >= 0) AND (progress <= 100))),
    CONSTRAINT ck_planning_runs_status CHECK (((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying, 'SUCCEEDED'::character varying, 'FAILED'::character varying, 'CANCELLED'::character varying])::text[])))
);

ALTER TABLE ONLY public.planning_runs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.positions (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    driver_id uuid NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    heading_deg double precision,
    speed_mps double precision,
    recorded_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_positions_heading CHECK (((heading_deg >= (0)::double precision) AND (heading_deg < (360)::double precision))),
    CONSTRAINT ck_positions_latitude CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT ck_positions_longitude CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT ck_positions_speed CHECK ((speed_mps >= (0)::double precision))
);

ALTER TABLE ONLY public.positions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.post_reads (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    post_id uuid NOT NULL,
    user_id uuid NOT NULL,
    read_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.post_reads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.posts (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    status character varying(40) NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    category text,
    priority character varying(40) NOT NULL,
    audience character varying(40) NOT NULL,
    publish_at timestamp with time zone,
    expires_at timestamp with time zone,
    written_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_posts_audience CHECK (((audience)::text = ANY ((ARRAY['EVERYONE'::character varying, 'HOUSE'::character varying, 'DRIVERS'::character varying, 'CUSTOMERS'::character varying])::text[]))),
    CONSTRAINT ck_posts_expires CHECK ((expires_at > publish_at)),
    CONSTRAINT ck_posts_priority CHECK (((priority)::text = ANY ((ARRAY['NORMAL'::character varying, 'IMPORTANT'::character varying, 'URGENT'::character varying])::text[]))),
    CONSTRAINT ck_posts_published CHECK ((((status)::text <> ALL ((ARRAY['SCHEDULED'::character varying, 'PUBLISHED'::character varying])::text[])) OR (publish_at IS NOT NULL))),
    CONSTRAINT ck_posts_status CHECK (((status)::text = ANY ((ARRAY['DRAFT'::character varying, 'SCHEDULED'::character varying, 'PUBLISHED'::character varying, 'WITHDRAWN'::character varying])::text[])))
);

ALTER TABLE ONLY public.posts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.proofs (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    stop_id uuid NOT NULL,
    transport_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    document_id uuid,
    barcode text,
    signed_by text,
    given_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_proofs_barcode CHECK ((((kind)::text = 'BARCODE'::text) = (barcode IS NOT NULL))),
    CONSTRAINT ck_proofs_document CHECK ((((kind)::text = ANY ((ARRAY['SIGNATURE'::character varying, 'PHOTO'::character varying])::text[])) = (document_id IS NOT NULL))),
    CONSTRAINT ck_proofs_kind CHECK (((kind)::text = ANY ((ARRAY['SIGNATURE'::character varying, 'PHOTO'::character varying, 'BARCODE'::character varying, 'CODE'::character varying])::text[])))
);

ALTER TABLE ONLY public.proofs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.registered_documents (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    partner_id uuid NOT NULL,
    registered_by uuid,
    document_id text NOT NULL,
    hash text NOT NULL,
    body text NOT NULL,
    operations jsonb NOT NULL,
    first_version integer NOT NULL,
    last_version integer NOT NULL,
    withdrawn_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_registered_documents_hash CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT ck_registered_documents_named_by_hash CHECK (((document_id !~~ 'sha256:%'::text) OR (document_id = ('sha256:'::text || hash)))),
    CONSTRAINT ck_registered_documents_operations CHECK ((jsonb_typeof(operations) = 'array'::text)),
    CONSTRAINT ck_registered_documents_versions CHECK (((first_version >= 1) AND (first_version <= last_version)))
);

ALTER TABLE ONLY public.registered_documents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.reminder_rules (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    channels text[] NOT NULL,
    days_before integer,
    days_after integer,
    at time without time zone,
    weekday integer,
    protocol_id uuid,
    active boolean DEFAULT true NOT NULL,
    run_on date,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_reminder_rules_channels CHECK (((cardinality(channels) > 0) AND (channels <@ '{EMAIL,SMS,PUSH}'::text[]))),
    CONSTRAINT ck_reminder_rules_days_after CHECK (((days_after >= 0) AND (days_after <= 365))),
    CONSTRAINT ck_reminder_rules_days_before CHECK (((days_before >= 0) AND (days_before <= 365))),
    CONSTRAINT ck_reminder_rules_kind CHECK (((kind)::text = ANY ((ARRAY['BOOKING_CONFIRMED'::character varying, 'BOOKING_DECLINED'::character varying, 'BOOKING_CANCELLED'::character varying, 'BOOKING_TOMORROW'::character varying, 'WAITLIST_OFFER'::character varying, 'DRIVER_UNDER_WAY'::character varying, 'AFTER_VISIT'::character varying, 'CARE_DUE'::character varying, 'CARE_OVERDUE'::character varying, 'LICENCE_EXPIRING'::character varying, 'MAINTENANCE_DUE'::character varying, 'POST_PUBLISHED'::character varying, 'WEBHOOK_FAILING'::character varying, 'WEBHOOK_DISABLED'::character varying])::text[]))),
    CONSTRAINT ck_reminder_rules_weekday CHECK (((weekday >= 0) AND (weekday <= 6)))
);

ALTER TABLE ONLY public.reminder_rules FORCE ROW LEVEL SECURITY;

CREATE TABLE public.resource_pools (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY public.resource_pools FORCE ROW LEVEL SECURITY;

CREATE TABLE public.review_items (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    connection_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    external_id text NOT NULL,
    status character varying(40) NOT NULL,
    "values" jsonb NOT NULL,
    record_id uuid,
    decided_by uuid,
    decided_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_review_items_accepted CHECK ((((status)::text <> 'ACCEPTED'::text) OR (record_id IS NOT NULL))),
    CONSTRAINT ck_review_items_status CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'ACCEPTED'::character varying, 'REJECTED'::character varying])::text[]))),
    CONSTRAINT ck_review_items_values CHECK ((jsonb_typeof("values") = 'object'::text))
);

ALTER TABLE ONLY public.review_items FORCE ROW LEVEL SECURITY;

CREATE TABLE public.routes (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    date date NOT NULL,
    status character varying(40) NOT NULL,
    driver_id uuid NOT NULL,
    vehicle_id uuid NOT NULL,
    shift_id uuid NOT NULL,
    planning_run_id uuid,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    distance_m integer NOT NULL,
    duration_s integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    breaks jsonb DEFAULT '[]'::jsonb NOT NULL,
    estimated boolean DEFAULT false NOT NULL,
    forced_reason text,
    CONSTRAINT ck_routes_status CHECK (((status)::text = ANY ((ARRAY['DRAFT'::character varying, 'OPTIMIZED'::character varying, 'PUBLISHED'::character varying, 'IN_PROGRESS'::character varying, 'COMPLETED'::character varying, 'CANCELLED'::character varying])::text[]))),
    CONSTRAINT ck_routes_times CHECK ((starts_at <= ends_at))
);

ALTER TABLE ONLY public.routes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.schedule_exceptions (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    schedule_id uuid,
    kind character varying(40) NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    opens_at time without time zone,
    closes_at time without time zone,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_schedule_exceptions_days CHECK (((starts_on <= ends_on) AND (ends_on < (starts_on + 366)))),
    CONSTRAINT ck_schedule_exceptions_extra CHECK ((((kind)::text = 'CLOSED'::text) OR (schedule_id IS NOT NULL))),
    CONSTRAINT ck_schedule_exceptions_hours CHECK ((num_nonnulls(opens_at, closes_at) <> 1)),
    CONSTRAINT ck_schedule_exceptions_kind CHECK (((kind)::text = ANY ((ARRAY['CLOSED'::character varying, 'EXTRA'::character varying])::text[])))
);

ALTER TABLE ONLY public.schedule_exceptions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.series (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    customer_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    service_id uuid NOT NULL,
    resource_id uuid,
    status character varying(40) DEFAULT 'ACTIVE'::character varying NOT NULL,
    rule text NOT NULL,
    time_zone text NOT NULL,
    starts_at_local timestamp without time zone NOT NULL,
    ends_before_local timestamp without time zone,
    except_local timestamp without time zone[] DEFAULT '{}'::timestamp without time zone[] NOT NULL,
    extra_local timestamp without time zone[] DEFAULT '{}'::timestamp without time zone[] NOT NULL,
    paused_from date,
    paused_until date,
    booked_until date,
    notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_series_pause CHECK ((paused_from <= paused_until)),
    CONSTRAINT ck_series_paused CHECK ((((status)::text = 'PAUSED'::text) = (paused_from IS NOT NULL))),
    CONSTRAINT ck_series_status CHECK (((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'PAUSED'::character varying, 'ENDED'::character varying])::text[])))
);

ALTER TABLE ONLY public.series FORCE ROW LEVEL SECURITY;

CREATE TABLE public.shifts (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    driver_id uuid NOT NULL,
    vehicle_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    start_place_id uuid NOT NULL,
    end_place_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    breaks jsonb DEFAULT '[]'::jsonb NOT NULL,
    duration_s_max integer,
    driving_s_max integer,
    cost_per_hour_minor bigint,
    cost_per_km_minor bigint,
    CONSTRAINT ck_shifts_breaks CHECK ((jsonb_typeof(breaks) = 'array'::text)),
    CONSTRAINT ck_shifts_costs CHECK (((cost_per_hour_minor >= 0) AND (cost_per_km_minor >= 0))),
    CONSTRAINT ck_shifts_limits CHECK (((duration_s_max > 0) AND (driving_s_max > 0))),
    CONSTRAINT ck_shifts_times CHECK ((starts_at < ends_at))
);

ALTER TABLE ONLY public.shifts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.slots (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    service_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    capacity integer NOT NULL,
    taken integer DEFAULT 0 NOT NULL,
    status character varying(40) DEFAULT 'OPEN'::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    schedule_id uuid,
    resource_id uuid,
    capacity_pinned boolean DEFAULT false NOT NULL,
    CONSTRAINT ck_slots_capacity CHECK ((capacity >= 0)),
    CONSTRAINT ck_slots_status CHECK (((status)::text = ANY ((ARRAY['OPEN'::character varying, 'CLOSED'::character varying, 'WITHDRAWN'::character varying])::text[]))),
    CONSTRAINT ck_slots_taken CHECK (((taken >= 0) AND (taken <= capacity))),
    CONSTRAINT ck_slots_times CHECK ((starts_at < ends_at))
);

ALTER TABLE ONLY public.slots FORCE ROW LEVEL SECURITY;

CREATE TABLE public.stops (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    route_id uuid NOT NULL,
    transport_id uuid NOT NULL,
    place_id uuid NOT NULL,
    sequence integer NOT NULL,
    kind character varying(40) NOT NULL,
    status character varying(40) NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    eta timestamp with time zone,
    arrived_at timestamp with time zone,
    done_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    suggested_at timestamp with time zone,
    late_since timestamp with time zone,
    failure_reason character varying(40),
    notes text,
    CONSTRAINT ck_stops_failed CHECK ((((status)::text = 'FAILED'::text) = (failure_reason IS NOT NULL))),
    CONSTRAINT ck_stops_failure_reason CHECK (((failure_reason)::text = ANY ((ARRAY['NOBODY_THERE'::character varying, 'REFUSED'::character varying, 'WRONG_ADDRESS'::character varying, 'NO_ACCESS'::character varying, 'NOT_READY'::character varying, 'DAMAGED'::character varying, 'VEHICLE'::character varying, 'OTHER'::character varying])::text[]))),
    CONSTRAINT ck_stops_kind CHECK (((kind)::text = ANY ((ARRAY['PICKUP'::character varying, 'DROPOFF'::character varying, 'RETURN'::character varying])::text[]))),
    CONSTRAINT ck_stops_sequence CHECK ((sequence > 0)),
    CONSTRAINT ck_stops_status CHECK (((status)::text = ANY ((ARRAY['PLANNED'::character varying, 'ARRIVED'::character varying, 'DONE'::character varying, 'SKIPPED'::character varying, 'FAILED'::character varying, 'CANCELLED'::character varying])::text[])))
);

ALTER TABLE ONLY public.stops FORCE ROW LEVEL SECURITY;

CREATE TABLE public.subjects (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    customer_id uuid NOT NULL,
    name text NOT NULL,
    notes text,
    external_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    archived_at timestamp with time zone,
    CONSTRAINT ck_subjects_kind CHECK (((kind)::text = ANY ((ARRAY['PET'::character varying, 'PATIENT'::character varying, 'CAR'::character varying])::text[])))
);

ALTER TABLE ONLY public.subjects FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sync_issues (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    run_id uuid NOT NULL,
    subject_id uuid,
    external_id text,
    problem character varying(40) NOT NULL,
    detail text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_sync_issues_problem CHECK (((problem)::text = ANY ((ARRAY['MALFORMED'::character varying, 'OTHER_SUBJECT'::character varying, 'IMPLAUSIBLE'::character varying, 'CONFLICT'::character varying, 'UNREADABLE'::character varying, 'UNREACHABLE'::character varying])::text[])))
);

ALTER TABLE ONLY public.sync_issues FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sync_runs (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    connection_id uuid NOT NULL,
    status character varying(40) NOT NULL,
    requested_by uuid,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    error text,
    cursor uuid,
    subjects integer DEFAULT 0 NOT NULL,
    subjects_done integer DEFAULT 0 NOT NULL,
    created integer DEFAULT 0 NOT NULL,
    updated integer DEFAULT 0 NOT NULL,
    skipped integer DEFAULT 0 NOT NULL,
    refused integer DEFAULT 0 NOT NULL,
    queued integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_sync_runs_status CHECK (((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying, 'SUCCEEDED'::character varying, 'FAILED'::character varying, 'CANCELLED'::character varying])::text[])))
);

ALTER TABLE ONLY public.sync_runs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sync_states (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    connection_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    chip_number text NOT NULL,
    etag text,
    last_modified text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_sync_states_kind CHECK (((kind)::text = ANY ((ARRAY['VACCINATIONS'::character varying, 'REPORTS'::character varying])::text[])))
);

ALTER TABLE ONLY public.sync_states FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tag_scans (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    tag_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    booking_id uuid,
    kind character varying(40) NOT NULL,
    scanned_at timestamp with time zone NOT NULL,
    counted tstzrange NOT NULL,
    scanned_by uuid,
    driver_id uuid,
    place_id uuid,
    location text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_tag_scans_kind CHECK (((kind)::text = ANY ((ARRAY['CHECK_IN'::character varying, 'CHECK_OUT'::character varying, 'SIGHTING'::character varying])::text[])))
);

ALTER TABLE ONLY public.tag_scans FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tags (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    status character varying(40) NOT NULL,
    uid text NOT NULL,
    label text,
    subject_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    replaced_by_id uuid,
    retired_at timestamp with time zone,
    last_scanned_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_tags_kind CHECK (((kind)::text = ANY ((ARRAY['NFC'::character varying, 'QR'::character varying])::text[]))),
    CONSTRAINT ck_tags_status CHECK (((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'RETIRED'::character varying])::text[])))
);

ALTER TABLE ONLY public.tags FORCE ROW LEVEL SECURITY;

CREATE TABLE public.teams (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY public.teams FORCE ROW LEVEL SECURITY;

CREATE TABLE public.track_points (
    organization_id uuid NOT NULL,
    driver_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    heading_deg double precision,
    speed_mps double precision,
    CONSTRAINT ck_track_points_heading CHECK (((heading_deg >= (0)::double precision) AND (heading_deg < (360)::double precision))),
    CONSTRAINT ck_track_points_latitude CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT ck_track_points_longitude CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT ck_track_points_speed CHECK ((speed_mps >= (0)::double precision))
)
PARTITION BY RANGE (recorded_at);

ALTER TABLE ONLY public.track_points FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tracking_links (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    transport_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.tracking_links FORCE ROW LEVEL SECURITY;

CREATE TABLE public.transports (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind character varying(40) NOT NULL,
    status character varying(40) NOT NULL,
    priority character varying(40) NOT NULL,
    booking_id uuid,
    customer_id uuid NOT NULL,
    subject_id uuid,
    pickup_place_id uuid NOT NULL,
    dropoff_place_id uuid NOT NULL,
    pickup_from timestamp with time zone NOT NULL,
    pickup_until timestamp with time zone NOT NULL,
    dropoff_from timestamp with time zone NOT NULL,
    dropoff_until timestamp with time zone NOT NULL,
    pickup_service_s integer NOT NULL,
    dropoff_service_s integer NOT NULL,
    demand jsonb NOT NULL,
    notes text,
    cod_minor bigint,
    currency character varying(3),
    driver_id uuid,
    route_id uuid,
    unassigned_reason character varying(40),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    pickup_windows tstzmultirange,
    dropoff_windows tstzmultirange,
    required_equipment text[] DEFAULT '{}'::text[] NOT NULL,
    required_skills text[] DEFAULT '{}'::text[] NOT NULL,
    ride_s_max integer,
    load_class text,
    apart_from text[] DEFAULT '{}'::text[] NOT NULL,
    outbound_id uuid,
    pinned_driver_id uuid,
    pinned_route_id uuid,
    contact_name text,
    contact_phone text,
    proof_required text[] DEFAULT '{}'::text[] NOT NULL,
    code text,
    CONSTRAINT ck_transports_assigned CHECK ((((status)::text = ANY ((ARRAY['PENDING'::character varying, 'CANCELLED'::character varying])::text[])) OR ((driver_id IS NOT NULL) AND (route_id IS NOT NULL)))),
    CONSTRAINT ck_transports_cod CHECK ((cod_minor > 0)),
    CONSTRAINT ck_transports_cod_currency CHECK (((cod_minor IS NULL) = (currency IS NULL))),
    CONSTRAINT ck_transports_contact_phone CHECK ((contact_phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT ck_transports_demand CHECK ((jsonb_typeof(demand) = 'object'::text)),
    CONSTRAINT ck_transports_dropoff_window CHECK ((dropoff_from < dropoff_until)),
    CONSTRAINT ck_transports_dropoff_windows CHECK (((lower(dropoff_windows) = dropoff_from) AND (upper(dropoff_windows) = dropoff_until))),
    CONSTRAINT ck_transports_kind CHECK (((kind)::text = ANY ((ARRAY['TO_SITE'::character varying, 'FROM_SITE'::character varying, 'POINT_TO_POINT'::character varying])::text[]))),
    CONSTRAINT ck_transports_pickup_window CHECK ((pickup_from < pickup_until)),
    CONSTRAINT ck_transports_pickup_windows CHECK (((lower(pickup_windows) = pickup_from) AND (upper(pickup_windows) = pickup_until))),
    CONSTRAINT ck_transports_places CHECK ((pickup_place_id <> dropoff_place_id)),
    CONSTRAINT ck_transports_priority CHECK (((priority)::text = ANY ((ARRAY['LOW'::character varying, 'NORMAL'::character varying, 'HIGH'::character varying, 'EMERGENCY'::character varying])::text[]))),
    CONSTRAINT ck_transports_proof_required CHECK ((proof_required <@ ARRAY['SIGNATURE'::text, 'PHOTO'::text, 'BARCODE'::text, 'CODE'::text])),
    CONSTRAINT ck_transports_ride_s_max CHECK ((ride_s_max > 0)),
    CONSTRAINT ck_transports_service_times CHECK (((pickup_service_s >= 0) AND (dropoff_service_s >= 0))),
    CONSTRAINT ck_transports_status CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'ASSIGNED'::character varying, 'EN_ROUTE'::character varying, 'PICKED_UP'::character varying, 'DELIVERED'::character varying, 'FAILED'::character varying, 'RETURNED'::character varying, 'CANCELLED'::character varying])::text[]))),
    CONSTRAINT ck_transports_unassigned_reason CHECK (((unassigned_reason)::text = ANY ((ARRAY['NO_VEHICLE'::character varying, 'CAPACITY'::character varying, 'WINDOW_UNREACHABLE'::character varying, 'SHIFT_TOO_SHORT'::character varying, 'NOT_ENOUGH_ROOM'::character varying, 'NOT_ALLOWED'::character varying, 'EQUIPMENT'::character varying, 'RIDE_TIME'::character varying, 'NOT_ENOUGH_TIME'::character varying])::text[]))),
    CONSTRAINT ck_transports_windows CHECK ((pickup_from < dropoff_until))
);

ALTER TABLE ONLY public.transports FORCE ROW LEVEL SECURITY;

CREATE TABLE public.travel_times (
    organization_id uuid NOT NULL,
    provider text NOT NULL,
    band smallint NOT NULL,
    origin_lat_e5 integer NOT NULL,
    origin_lng_e5 integer NOT NULL,
    target_lat_e5 integer NOT NULL,
    target_lng_e5 integer NOT NULL,
    duration_s integer,
    distance_m integer,
    fetched_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_travel_times_amounts CHECK (((duration_s >= 0) AND (distance_m >= 0))),
    CONSTRAINT ck_travel_times_no_way CHECK (((duration_s IS NULL) = (distance_m IS NULL)))
);

ALTER TABLE ONLY public.travel_times FORCE ROW LEVEL SECURITY;

CREATE TABLE public.unassigned_transports (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    planning_run_id uuid NOT NULL,
    transport_id uuid NOT NULL,
    reason character varying(40) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_unassigned_transports_reason CHECK (((reason)::text = ANY ((ARRAY['NO_VEHICLE'::character varying, 'CAPACITY'::character varying, 'WINDOW_UNREACHABLE'::character varying, 'SHIFT_TOO_SHORT'::character varying, 'NOT_ENOUGH_ROOM'::character varying, 'NOT_ALLOWED'::character varying, 'EQUIPMENT'::character varying, 'RIDE_TIME'::character varying, 'NOT_ENOUGH_TIME'::character varying])::text[])))
);

ALTER TABLE ONLY public.unassigned_transports FORCE ROW LEVEL SECURITY;

CREATE TABLE public.vehicle_types (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    capacity jsonb NOT NULL,
    equipment text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_vehicle_types_capacity CHECK ((jsonb_typeof(capacity) = 'object'::text))
);

ALTER TABLE ONLY public.vehicle_types FORCE ROW LEVEL SECURITY;

CREATE TABLE public.vehicles (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    type_id uuid NOT NULL,
    license_plate text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    capacity jsonb,
    equipment text[] DEFAULT '{}'::text[] NOT NULL,
    odometer_m bigint DEFAULT '0'::bigint NOT NULL,
    maintenance_due_on date,
    maintenance_due_odometer_m bigint,
    CONSTRAINT ck_vehicles_capacity CHECK ((jsonb_typeof(capacity) = 'object'::text)),
    CONSTRAINT ck_vehicles_odometer CHECK (((odometer_m >= 0) AND (maintenance_due_odometer_m >= 0)))
);

ALTER TABLE ONLY public.vehicles FORCE ROW LEVEL SECURITY;

CREATE TABLE public.waitlist_entries (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    slot_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    number integer NOT NULL,
    status character varying(40) DEFAULT 'WAITING'::character varying NOT NULL,
    booking_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_waitlist_entries_number CHECK ((number > 0)),
    CONSTRAINT ck_waitlist_entries_offer CHECK ((((status)::text <> 'OFFERED'::text) OR (booking_id IS NOT NULL))),
    CONSTRAINT ck_waitlist_entries_status CHECK (((status)::text = ANY ((ARRAY['WAITING'::character varying, 'OFFERED'::character varying, 'ACCEPTED'::character varying, 'EXPIRED'::character varying, 'LEFT'::character varying])::text[])))
);

ALTER TABLE ONLY public.waitlist_entries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_attempts (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    delivery_id uuid NOT NULL,
    url text NOT NULL,
    request_headers jsonb NOT NULL,
    response_status integer,
    response_body text,
    duration_ms integer NOT NULL,
    error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_webhook_attempts_outcome CHECK (((response_status IS NULL) = (error IS NOT NULL))),
    CONSTRAINT ck_webhook_attempts_request_headers CHECK ((jsonb_typeof(request_headers) = 'object'::text))
);

ALTER TABLE ONLY public.webhook_attempts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_deliveries (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    endpoint_id uuid NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    status character varying(40) NOT NULL,
    body text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_webhook_deliveries_seq CHECK ((seq >= 0)),
    CONSTRAINT ck_webhook_deliveries_status CHECK (((status)::text = ANY ((ARRAY['PENDING'::character varying, 'DELIVERED'::character varying, 'FAILED'::character varying, 'CANCELLED'::character varying])::text[])))
);

ALTER TABLE ONLY public.webhook_deliveries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_endpoints (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    url text NOT NULL,
    description text,
    event_types text[] DEFAULT '{}'::text[] NOT NULL,
    ordered boolean DEFAULT false NOT NULL,
    status character varying(40) NOT NULL,
    disabled_reason character varying(40),
    disabled_at timestamp with time zone,
    secret bytea,
    old_secret bytea,
    old_secret_until timestamp with time zone,
    sent_seq bigint NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    rests_until timestamp with time zone,
    slow boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_webhook_endpoints_disabled_reason CHECK (((disabled_reason)::text = ANY ((ARRAY['BY_HAND'::character varying, 'GONE'::character varying, 'FAILING'::character varying])::text[]))),
    CONSTRAINT ck_webhook_endpoints_old_secret CHECK (((old_secret IS NULL) = (old_secret_until IS NULL))),
    CONSTRAINT ck_webhook_endpoints_removed CHECK ((((status)::text = 'REMOVED'::text) = (secret IS NULL))),
    CONSTRAINT ck_webhook_endpoints_status CHECK (((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'DISABLED'::character varying, 'REMOVED'::character varying])::text[]))),
    CONSTRAINT ck_webhook_endpoints_url CHECK ((url ~ '^https?://'::text)),
    CONSTRAINT ck_webhook_endpoints_why_disabled CHECK ((((status)::text = 'DISABLED'::text) = (disabled_reason IS NOT NULL)))
);

ALTER TABLE ONLY public.webhook_endpoints FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_replays (
    organization_id uuid NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    endpoint_id uuid NOT NULL,
    status character varying(40) NOT NULL,
    after_seq bigint NOT NULL,
    until_seq bigint NOT NULL,
    done_seq bigint NOT NULL,
    events integer NOT NULL,
    events_done integer DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_webhook_replays_status CHECK (((status)::text = ANY ((ARRAY['RUNNING'::character varying, 'SUCCEEDED'::character varying, 'CANCELLED'::character varying])::text[])))
);

ALTER TABLE ONLY public.webhook_replays FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT ex_allocations_unit EXCLUDE USING gist (organization_id WITH =, unit_id WITH =, during WITH &&) WHERE ((unit_id IS NOT NULL));

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT ex_shifts_driver EXCLUDE USING gist (organization_id WITH =, driver_id WITH =, tstzrange(starts_at, ends_at) WITH &&) DEFERRABLE;

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT ex_shifts_vehicle EXCLUDE USING gist (organization_id WITH =, vehicle_id WITH =, tstzrange(starts_at, ends_at) WITH &&);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT ex_tag_scans_counted EXCLUDE USING gist (organization_id WITH =, tag_id WITH =, kind WITH =, counted WITH &&);

ALTER TABLE ONLY public.absences
    ADD CONSTRAINT pk_absences PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.account_mails
    ADD CONSTRAINT pk_account_mails PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT pk_allocations PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT pk_api_keys PRIMARY KEY (id);

ALTER TABLE ONLY public.booking_charges
    ADD CONSTRAINT pk_booking_charges PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.booking_groups
    ADD CONSTRAINT pk_booking_groups PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT pk_bookings PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT pk_calendar_feeds PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.care_dues
    ADD CONSTRAINT pk_care_dues PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.care_protocols
    ADD CONSTRAINT pk_care_protocols PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.care_record_documents
    ADD CONSTRAINT pk_care_record_documents PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT pk_care_records PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.care_requirements
    ADD CONSTRAINT pk_care_requirements PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.cars
    ADD CONSTRAINT pk_cars PRIMARY KEY (organization_id, id, kind);

ALTER TABLE ONLY public.client_documents
    ADD CONSTRAINT pk_client_documents PRIMARY KEY (id);

ALTER TABLE ONLY public.contact_preferences
    ADD CONSTRAINT pk_contact_preferences PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT pk_customers PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.dead_addresses
    ADD CONSTRAINT pk_dead_addresses PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.device_tokens
    ADD CONSTRAINT pk_device_tokens PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.directions
    ADD CONSTRAINT pk_directions PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT pk_documents PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.drivers
    ADD CONSTRAINT pk_drivers PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.due_work
    ADD CONSTRAINT pk_due_work PRIMARY KEY (id);

ALTER TABLE ONLY public.event_details
    ADD CONSTRAINT pk_event_details PRIMARY KEY (organization_id, seq);

ALTER TABLE ONLY public.event_heads
    ADD CONSTRAINT pk_event_heads PRIMARY KEY (organization_id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT pk_events PRIMARY KEY (organization_id, seq);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT pk_exports PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT pk_idempotency_keys PRIMARY KEY (organization_id, caller_id, key, path);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT pk_invitations PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT pk_memberships PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT pk_message_templates PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.notification_attempts
    ADD CONSTRAINT pk_notification_attempts PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT pk_notifications PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT pk_occurrences PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.openings
    ADD CONSTRAINT pk_openings PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT pk_organizations PRIMARY KEY (id);

ALTER TABLE ONLY public.partner_connections
    ADD CONSTRAINT pk_partner_connections PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.partner_directory
    ADD CONSTRAINT pk_partner_directory PRIMARY KEY (id);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT pk_partners PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT pk_patients PRIMARY KEY (organization_id, id, kind);

ALTER TABLE ONLY public.pets
    ADD CONSTRAINT pk_pets PRIMARY KEY (organization_id, id, kind);

ALTER TABLE ONLY public.places
    ADD CONSTRAINT pk_places PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.planning_runs
    ADD CONSTRAINT pk_planning_runs PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT pk_positions PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.post_reads
    ADD CONSTRAINT pk_post_reads PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT pk_posts PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.proofs
    ADD CONSTRAINT pk_proofs PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.registered_documents
    ADD CONSTRAINT pk_registered_documents PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.reminder_rules
    ADD CONSTRAINT pk_reminder_rules PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT pk_requirements PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.resource_pool_members
    ADD CONSTRAINT pk_resource_pool_members PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.resource_pools
    ADD CONSTRAINT pk_resource_pools PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.resource_units
    ADD CONSTRAINT pk_resource_units PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT pk_resources PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT pk_review_items PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.role_policies
    ADD CONSTRAINT pk_role_policies PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.routes
    ADD CONSTRAINT pk_routes PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.schedule_exceptions
    ADD CONSTRAINT pk_schedule_exceptions PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT pk_schedules PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.second_factors
    ADD CONSTRAINT pk_second_factors PRIMARY KEY (id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT pk_series PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT pk_services PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (id);

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT pk_shifts PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT pk_slots PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT pk_stops PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT pk_subjects PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.sync_issues
    ADD CONSTRAINT pk_sync_issues PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.sync_runs
    ADD CONSTRAINT pk_sync_runs PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.sync_states
    ADD CONSTRAINT pk_sync_states PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT pk_tag_scans PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT pk_tags PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT pk_teams PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.track_points
    ADD CONSTRAINT pk_track_points PRIMARY KEY (organization_id, driver_id, recorded_at);

ALTER TABLE ONLY public.tracking_links
    ADD CONSTRAINT pk_tracking_links PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT pk_transports PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.travel_times
    ADD CONSTRAINT pk_travel_times PRIMARY KEY (organization_id, provider, band, origin_lat_e5, origin_lng_e5, target_lat_e5, target_lng_e5);

ALTER TABLE ONLY public.unassigned_transports
    ADD CONSTRAINT pk_unassigned_transports PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.user_identities
    ADD CONSTRAINT pk_user_identities PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);

ALTER TABLE ONLY public.vehicle_types
    ADD CONSTRAINT pk_vehicle_types PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT pk_vehicles PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT pk_waitlist_entries PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT pk_webhook_attempts PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT pk_webhook_deliveries PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT pk_webhook_endpoints PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.webhook_replays
    ADD CONSTRAINT pk_webhook_replays PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT uq_allocations_booking_id_slot_id UNIQUE (organization_id, booking_id, slot_id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT uq_api_keys_id UNIQUE (organization_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT uq_api_keys_prefix UNIQUE (prefix);

ALTER TABLE ONLY public.booking_charges
    ADD CONSTRAINT uq_booking_charges_booking_id_kind UNIQUE (organization_id, booking_id, kind);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT uq_bookings_number UNIQUE (organization_id, number);

ALTER TABLE ONLY public.care_protocols
    ADD CONSTRAINT uq_care_protocols_code UNIQUE (organization_id, code);

ALTER TABLE ONLY public.care_record_documents
    ADD CONSTRAINT uq_care_record_documents_record_id_document_id UNIQUE (organization_id, record_id, document_id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT uq_care_records_connection_id_external_id UNIQUE (organization_id, connection_id, external_id);

ALTER TABLE ONLY public.care_requirements
    ADD CONSTRAINT uq_care_requirements_service_id_protocol_id UNIQUE (organization_id, service_id, protocol_id);

ALTER TABLE ONLY public.cars
    ADD CONSTRAINT uq_cars_license_plate UNIQUE (organization_id, license_plate);

ALTER TABLE ONLY public.client_documents
    ADD CONSTRAINT uq_client_documents_client_document_id UNIQUE (client, document_id);

ALTER TABLE ONLY public.contact_preferences
    ADD CONSTRAINT uq_contact_preferences_customer_id UNIQUE (organization_id, customer_id);

ALTER TABLE ONLY public.contact_preferences
    ADD CONSTRAINT uq_contact_preferences_user_id UNIQUE (organization_id, user_id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT uq_customers_external_id UNIQUE (organization_id, external_id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT uq_customers_user_id UNIQUE (organization_id, user_id);

ALTER TABLE ONLY public.dead_addresses
    ADD CONSTRAINT uq_dead_addresses_channel_address UNIQUE (organization_id, channel, address);

ALTER TABLE ONLY public.device_tokens
    ADD CONSTRAINT uq_device_tokens_token UNIQUE (organization_id, token);

ALTER TABLE ONLY public.directions
    ADD CONSTRAINT uq_directions_route_id UNIQUE (organization_id, route_id);

ALTER TABLE ONLY public.drivers
    ADD CONSTRAINT uq_drivers_user_id UNIQUE (organization_id, user_id);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT uq_memberships_user_id UNIQUE (organization_id, user_id);

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT uq_message_templates_kind_channel_locale UNIQUE (organization_id, kind, channel, locale);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT uq_notifications_cause_channel_recipient UNIQUE (organization_id, cause, channel, recipient);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT uq_occurrences_booking_id UNIQUE (organization_id, booking_id);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT uq_occurrences_series_id_local_at UNIQUE (organization_id, series_id, local_at);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT uq_organizations_slug UNIQUE (slug);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT uq_partners_directory_entry_id UNIQUE (organization_id, directory_entry_id);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT uq_partners_external_id UNIQUE (organization_id, external_id);

ALTER TABLE ONLY public.pets
    ADD CONSTRAINT uq_pets_chip_number UNIQUE (organization_id, chip_number);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT uq_positions_driver_id UNIQUE (organization_id, driver_id);

ALTER TABLE ONLY public.post_reads
    ADD CONSTRAINT uq_post_reads_post_id_user_id UNIQUE (organization_id, post_id, user_id);

ALTER TABLE ONLY public.proofs
    ADD CONSTRAINT uq_proofs_document_id UNIQUE (organization_id, document_id);

ALTER TABLE ONLY public.registered_documents
    ADD CONSTRAINT uq_registered_documents_partner_id_document_id UNIQUE (organization_id, partner_id, document_id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT uq_requirements_service_id_position UNIQUE (organization_id, service_id, "position");

ALTER TABLE ONLY public.resource_pool_members
    ADD CONSTRAINT uq_resource_pool_members_pool_id_resource_id UNIQUE (organization_id, pool_id, resource_id);

ALTER TABLE ONLY public.resource_pools
    ADD CONSTRAINT uq_resource_pools_name UNIQUE (organization_id, name);

ALTER TABLE ONLY public.resource_units
    ADD CONSTRAINT uq_resource_units_resource_id_number UNIQUE (organization_id, resource_id, number);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT uq_resources_name UNIQUE (organization_id, name);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT uq_resources_user_id UNIQUE (organization_id, user_id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT uq_review_items_connection_id_external_id UNIQUE (organization_id, connection_id, external_id);

ALTER TABLE ONLY public.role_policies
    ADD CONSTRAINT uq_role_policies_role UNIQUE (organization_id, role);

ALTER TABLE ONLY public.second_factors
    ADD CONSTRAINT uq_second_factors_user_id UNIQUE (user_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash);

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT uq_stops_route_id_sequence UNIQUE (organization_id, route_id, sequence) DEFERRABLE;

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT uq_subjects_external_id UNIQUE (organization_id, external_id);

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT uq_subjects_id_kind UNIQUE (organization_id, id, kind);

ALTER TABLE ONLY public.sync_states
    ADD CONSTRAINT uq_sync_states_connection_id_kind_subject_id UNIQUE (organization_id, connection_id, kind, subject_id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT uq_tags_uid UNIQUE (organization_id, uid);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT uq_teams_name UNIQUE (organization_id, name);

ALTER TABLE ONLY public.unassigned_transports
    ADD CONSTRAINT uq_unassigned_transports_planning_run_id_transport_id UNIQUE (organization_id, planning_run_id, transport_id);

ALTER TABLE ONLY public.user_identities
    ADD CONSTRAINT uq_user_identities_issuer_subject UNIQUE (issuer, subject);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT uq_users_email UNIQUE (email);

ALTER TABLE ONLY public.vehicle_types
    ADD CONSTRAINT uq_vehicle_types_name UNIQUE (organization_id, name);

ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT uq_vehicles_license_plate UNIQUE (organization_id, license_plate);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT uq_waitlist_entries_slot_id_number UNIQUE (organization_id, slot_id, number);

CREATE INDEX ix_absences_driver_id_starts_at ON public.absences USING btree (organization_id, driver_id, starts_at);

CREATE INDEX ix_absences_starts_at_id ON public.absences USING btree (organization_id, starts_at, id);

CREATE INDEX ix_absences_vehicle_id_starts_at ON public.absences USING btree (organization_id, vehicle_id, starts_at);

CREATE INDEX ix_allocations_slot_id ON public.allocations USING btree (organization_id, slot_id);

CREATE INDEX ix_allocations_unit_id_ends_at ON public.allocations USING btree (organization_id, unit_id, ends_at) WHERE (unit_id IS NOT NULL);

CREATE INDEX ix_api_keys_partner_id_created_at_id ON public.api_keys USING btree (organization_id, partner_id, created_at, id);

CREATE INDEX ix_booking_charges_created_at_id ON public.booking_charges USING btree (organization_id, created_at, id);

CREATE INDEX ix_booking_charges_customer_id ON public.booking_charges USING btree (organization_id, customer_id);

CREATE INDEX ix_booking_groups_customer_id ON public.booking_groups USING btree (organization_id, customer_id);

CREATE INDEX ix_bookings_created_at_id ON public.bookings USING btree (organization_id, created_at, id);

CREATE INDEX ix_bookings_customer_id_starts_at_id ON public.bookings USING btree (organization_id, customer_id, starts_at, id);

CREATE INDEX ix_bookings_group_id ON public.bookings USING btree (organization_id, group_id) WHERE (group_id IS NOT NULL);

CREATE INDEX ix_bookings_series_id_starts_at ON public.bookings USING btree (organization_id, series_id, starts_at) WHERE (series_id IS NOT NULL);

CREATE INDEX ix_bookings_service_id_starts_at_id ON public.bookings USING btree (organization_id, service_id, starts_at, id);

CREATE INDEX ix_bookings_slot_id ON public.bookings USING btree (organization_id, slot_id);

CREATE INDEX ix_bookings_starts_at_id ON public.bookings USING btree (organization_id, starts_at, id);

CREATE INDEX ix_bookings_status_starts_at_id ON public.bookings USING btree (organization_id, status, starts_at, id);

CREATE INDEX ix_bookings_subject_id_starts_at_id ON public.bookings USING btree (organization_id, subject_id, starts_at, id);

CREATE INDEX ix_calendar_feeds_created_at_id ON public.calendar_feeds USING btree (organization_id, created_at, id);

CREATE INDEX ix_calendar_feeds_customer_id_created_at ON public.calendar_feeds USING btree (organization_id, customer_id, created_at);

CREATE INDEX ix_calendar_feeds_driver_id_created_at ON public.calendar_feeds USING btree (organization_id, driver_id, created_at);

CREATE INDEX ix_calendar_feeds_resource_id_created_at ON public.calendar_feeds USING btree (organization_id, resource_id, created_at);

CREATE INDEX ix_care_dues_customer_id_due_on_id ON public.care_dues USING btree (organization_id, customer_id, due_on, id);

CREATE INDEX ix_care_dues_due_on_id ON public.care_dues USING btree (organization_id, due_on, id);

CREATE INDEX ix_care_dues_protocol_id ON public.care_dues USING btree (organization_id, protocol_id);

CREATE INDEX ix_care_dues_subject_id_due_on_id ON public.care_dues USING btree (organization_id, subject_id, due_on, id);

CREATE INDEX ix_care_protocols_name_id ON public.care_protocols USING btree (organization_id, name, id);

CREATE INDEX ix_care_record_documents_document_id ON public.care_record_documents USING btree (organization_id, document_id);

CREATE INDEX ix_care_records_customer_id_performed_on_id ON public.care_records USING btree (organization_id, customer_id, performed_on, id);

CREATE INDEX ix_care_records_performed_on_id ON public.care_records USING btree (organization_id, performed_on, id);

CREATE INDEX ix_care_records_subject_id_performed_on_id ON public.care_records USING btree (organization_id, subject_id, performed_on, id);

CREATE INDEX ix_client_documents_document_id ON public.client_documents USING btree (document_id);

CREATE INDEX ix_client_documents_hash ON public.client_documents USING btree (hash);

CREATE INDEX ix_customers_created_at_id ON public.customers USING btree (organization_id, created_at, id);

CREATE INDEX ix_customers_name_id ON public.customers USING btree (organization_id, name, id);

CREATE INDEX ix_dead_addresses_created_at_id ON public.dead_addresses USING btree (organization_id, created_at, id);

CREATE INDEX ix_device_tokens_customer_id ON public.device_tokens USING btree (organization_id, customer_id) WHERE (customer_id IS NOT NULL);

CREATE INDEX ix_device_tokens_user_id_created_at_id ON public.device_tokens USING btree (organization_id, user_id, created_at, id);

CREATE INDEX ix_documents_created_at_id ON public.documents USING btree (organization_id, created_at, id);

CREATE INDEX ix_documents_customer_id_created_at ON public.documents USING btree (organization_id, customer_id, created_at);

CREATE INDEX ix_documents_driver_id_created_at ON public.documents USING btree (organization_id, driver_id, created_at);

CREATE INDEX ix_drivers_display_name_id ON public.drivers USING btree (organization_id, display_name, id);

CREATE INDEX ix_drivers_team_id ON public.drivers USING btree (organization_id, team_id);

CREATE INDEX ix_due_work_kind_ref_id ON public.due_work USING btree (organization_id, kind, ref_id);

CREATE INDEX ix_due_work_run_at_id ON public.due_work USING btree (run_at, id) WHERE (failed_at IS NULL);

CREATE INDEX ix_events_booking_id_seq ON public.events USING btree (organization_id, booking_id, seq) WHERE (booking_id IS NOT NULL);

CREATE INDEX ix_events_customer_id_seq ON public.events USING btree (organization_id, customer_id, seq) WHERE (customer_id IS NOT NULL);

CREATE INDEX ix_events_driver_id_seq ON public.events USING btree (organization_id, driver_id, seq) WHERE (driver_id IS NOT NULL);

CREATE INDEX ix_events_former_driver_id_seq ON public.events USING btree (organization_id, former_driver_id, seq) WHERE (former_driver_id IS NOT NULL);

CREATE INDEX ix_events_node_id_seq ON public.events USING btree (organization_id, node_id, seq);

CREATE INDEX ix_events_route_id_seq ON public.events USING btree (organization_id, route_id, seq) WHERE (route_id IS NOT NULL);

CREATE INDEX ix_events_transport_id_seq ON public.events USING btree (organization_id, transport_id, seq) WHERE (transport_id IS NOT NULL);

CREATE INDEX ix_exports_created_at_id ON public.exports USING btree (organization_id, created_at, id);

CREATE INDEX ix_idempotency_keys_created_at ON public.idempotency_keys USING btree (organization_id, created_at);

CREATE INDEX ix_invitations_created_at_id ON public.invitations USING btree (organization_id, created_at, id);

CREATE INDEX ix_memberships_user_id ON public.memberships USING btree (user_id);

CREATE INDEX ix_message_templates_created_at_id ON public.message_templates USING btree (organization_id, created_at, id);

CREATE INDEX ix_notification_attempts_notification_id_id ON public.notification_attempts USING btree (organization_id, notification_id, id);

CREATE INDEX ix_notifications_about_created_at_id ON public.notifications USING btree (organization_id, about, created_at, id);

CREATE INDEX ix_notifications_created_at_id ON public.notifications USING btree (organization_id, created_at, id);

CREATE INDEX ix_notifications_customer_id_created_at_id ON public.notifications USING btree (organization_id, customer_id, created_at, id);

CREATE INDEX ix_notifications_user_id_created_at_id ON public.notifications USING btree (organization_id, user_id, created_at, id);

CREATE INDEX ix_occurrences_series_id_starts_at_id ON public.occurrences USING btree (organization_id, series_id, starts_at, id);

CREATE INDEX ix_openings_resource_id_ends_at ON public.openings USING btree (organization_id, resource_id, ends_at);

CREATE INDEX ix_partner_connections_created_at_id ON public.partner_connections USING btree (organization_id, created_at, id);

CREATE INDEX ix_partner_connections_partner_id_id ON public.partner_connections USING btree (organization_id, partner_id, id);

CREATE INDEX ix_partner_directory_name_id ON public.partner_directory USING btree (name, id);

CREATE INDEX ix_partner_directory_type_country_name_id ON public.partner_directory USING btree (type, country, name, id);

CREATE INDEX ix_partners_created_at_id ON public.partners USING btree (organization_id, created_at, id);

CREATE INDEX ix_partners_name_id ON public.partners USING btree (organization_id, name, id);

CREATE INDEX ix_places_customer_id_label_id ON public.places USING btree (organization_id, customer_id, label, id);

CREATE INDEX ix_places_label_id ON public.places USING btree (organization_id, label, id);

CREATE INDEX ix_planning_runs_created_at_id ON public.planning_runs USING btree (organization_id, created_at, id);

CREATE INDEX ix_post_reads_user_id_post_id ON public.post_reads USING btree (organization_id, user_id, post_id);

CREATE INDEX ix_posts_publish_at_id ON public.posts USING btree (organization_id, publish_at, id);

CREATE INDEX ix_posts_status_publish_at_id ON public.posts USING btree (organization_id, status, publish_at, id);

CREATE INDEX ix_proofs_stop_id ON public.proofs USING btree (organization_id, stop_id);

CREATE INDEX ix_proofs_transport_id ON public.proofs USING btree (organization_id, transport_id);

CREATE INDEX ix_registered_documents_partner_id_created_at_id ON public.registered_documents USING btree (organization_id, partner_id, created_at, id);

CREATE INDEX ix_registered_documents_partner_id_hash ON public.registered_documents USING btree (organization_id, partner_id, hash);

CREATE INDEX ix_reminder_rules_created_at_id ON public.reminder_rules USING btree (organization_id, created_at, id);

CREATE INDEX ix_requirements_pool_id ON public.requirements USING btree (organization_id, pool_id);

CREATE INDEX ix_requirements_resource_id ON public.requirements USING btree (organization_id, resource_id);

CREATE INDEX ix_resource_pool_members_resource_id ON public.resource_pool_members USING btree (organization_id, resource_id);

CREATE INDEX ix_review_items_created_at_id ON public.review_items USING btree (organization_id, created_at, id);

CREATE INDEX ix_review_items_status_created_at_id ON public.review_items USING btree (organization_id, status, created_at, id);

CREATE INDEX ix_review_items_subject_id_created_at_id ON public.review_items USING btree (organization_id, subject_id, created_at, id);

CREATE INDEX ix_routes_date_starts_at_id ON public.routes USING btree (organization_id, date, starts_at, id);

CREATE INDEX ix_routes_driver_id_date ON public.routes USING btree (organization_id, driver_id, date);

CREATE INDEX ix_schedule_exceptions_schedule_id_starts_on ON public.schedule_exceptions USING btree (organization_id, schedule_id, starts_on);

CREATE INDEX ix_schedule_exceptions_starts_on_id ON public.schedule_exceptions USING btree (organization_id, starts_on, id);

CREATE INDEX ix_schedules_name_id ON public.schedules USING btree (organization_id, name, id);

CREATE INDEX ix_schedules_resource_id ON public.schedules USING btree (organization_id, resource_id);

CREATE INDEX ix_schedules_service_id ON public.schedules USING btree (organization_id, service_id);

CREATE INDEX ix_series_created_at_id ON public.series USING btree (organization_id, created_at, id);

CREATE INDEX ix_series_customer_id_created_at_id ON public.series USING btree (organization_id, customer_id, created_at, id);

CREATE INDEX ix_series_service_id ON public.series USING btree (organization_id, service_id);

CREATE INDEX ix_series_subject_id ON public.series USING btree (organization_id, subject_id);

CREATE INDEX ix_services_name_id ON public.services USING btree (organization_id, name, id);

CREATE INDEX ix_sessions_family_id ON public.sessions USING btree (family_id);

CREATE INDEX ix_sessions_previous_id ON public.sessions USING btree (previous_id);

CREATE INDEX ix_sessions_user_id ON public.sessions USING btree (user_id);

CREATE INDEX ix_shifts_starts_at_id ON public.shifts USING btree (organization_id, starts_at, id);

CREATE INDEX ix_slots_places ON public.slots USING btree (organization_id, starts_at, id) INCLUDE (service_id, capacity, taken, status);

CREATE INDEX ix_slots_resource_id_starts_at ON public.slots USING btree (organization_id, resource_id, starts_at) WHERE (resource_id IS NOT NULL);

CREATE UNIQUE INDEX ix_slots_schedule_id_starts_at ON public.slots USING btree (organization_id, schedule_id, starts_at) WHERE (schedule_id IS NOT NULL);

CREATE INDEX ix_slots_service_id_starts_at_id ON public.slots USING btree (organization_id, service_id, starts_at, id);

CREATE INDEX ix_slots_withdrawn ON public.slots USING btree (organization_id, starts_at) WHERE ((status)::text = 'WITHDRAWN'::text);

CREATE INDEX ix_subjects_customer_id_name_id ON public.subjects USING btree (organization_id, customer_id, name, id);

CREATE INDEX ix_subjects_name_id ON public.subjects USING btree (organization_id, name, id);

CREATE INDEX ix_sync_issues_run_id_id ON public.sync_issues USING btree (organization_id, run_id, id);

CREATE INDEX ix_sync_runs_connection_id_created_at_id ON public.sync_runs USING btree (organization_id, connection_id, created_at, id);

CREATE INDEX ix_sync_runs_created_at_id ON public.sync_runs USING btree (organization_id, created_at, id);

CREATE INDEX ix_tag_scans_customer_id_scanned_at_id ON public.tag_scans USING btree (organization_id, customer_id, scanned_at, id);

CREATE INDEX ix_tag_scans_driver_id_scanned_at_id ON public.tag_scans USING btree (organization_id, driver_id, scanned_at, id);

CREATE INDEX ix_tag_scans_scanned_at_id ON public.tag_scans USING btree (organization_id, scanned_at, id);

CREATE INDEX ix_tag_scans_subject_id_scanned_at_id ON public.tag_scans USING btree (organization_id, subject_id, scanned_at, id);

CREATE INDEX ix_tag_scans_tag_id_scanned_at_id ON public.tag_scans USING btree (organization_id, tag_id, scanned_at, id);

CREATE INDEX ix_tags_created_at_id ON public.tags USING btree (organization_id, created_at, id);

CREATE INDEX ix_tags_customer_id_created_at_id ON public.tags USING btree (organization_id, customer_id, created_at, id);

CREATE INDEX ix_tags_subject_id_created_at_id ON public.tags USING btree (organization_id, subject_id, created_at, id);

CREATE INDEX ix_tracking_links_transport_id_created_at ON public.tracking_links USING btree (organization_id, transport_id, created_at);

CREATE INDEX ix_transports_booking_id ON public.transports USING btree (organization_id, booking_id);

CREATE INDEX ix_transports_created_at_id ON public.transports USING btree (organization_id, created_at, id);

CREATE INDEX ix_transports_customer_id_pickup_from_id ON public.transports USING btree (organization_id, customer_id, pickup_from, id);

CREATE INDEX ix_transports_driver_id_status ON public.transports USING btree (organization_id, driver_id, status);

CREATE INDEX ix_transports_outbound_id ON public.transports USING btree (organization_id, outbound_id);

CREATE INDEX ix_transports_pickup_from_id ON public.transports USING btree (organization_id, pickup_from, id);

CREATE INDEX ix_transports_route_id ON public.transports USING btree (organization_id, route_id);

CREATE INDEX ix_transports_subject_id ON public.transports USING btree (organization_id, subject_id);

CREATE INDEX ix_travel_times_fetched_at ON public.travel_times USING btree (organization_id, fetched_at);

CREATE INDEX ix_unassigned_transports_transport_id ON public.unassigned_transports USING btree (organization_id, transport_id);

CREATE INDEX ix_user_identities_user_id ON public.user_identities USING btree (user_id);

CREATE INDEX ix_vehicles_type_id ON public.vehicles USING btree (organization_id, type_id);

CREATE INDEX ix_waitlist_entries_booking_id ON public.waitlist_entries USING btree (organization_id, booking_id) WHERE (booking_id IS NOT NULL);

CREATE INDEX ix_waitlist_entries_created_at_id ON public.waitlist_entries USING btree (organization_id, created_at, id);

CREATE INDEX ix_waitlist_entries_customer_id_created_at_id ON public.waitlist_entries USING btree (organization_id, customer_id, created_at, id);

CREATE INDEX ix_waitlist_entries_waiting ON public.waitlist_entries USING btree (organization_id, slot_id, number) WHERE ((status)::text = 'WAITING'::text);

CREATE INDEX ix_webhook_attempts_delivery_id_created_at_id ON public.webhook_attempts USING btree (organization_id, delivery_id, created_at, id);

CREATE INDEX ix_webhook_deliveries_due ON public.webhook_deliveries USING btree (organization_id, endpoint_id, next_at, seq) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX ix_webhook_deliveries_endpoint_id_created_at_id ON public.webhook_deliveries USING btree (organization_id, endpoint_id, created_at, id);

CREATE INDEX ix_webhook_deliveries_endpoint_id_status_created_at_id ON public.webhook_deliveries USING btree (organization_id, endpoint_id, status, created_at, id);

CREATE INDEX ix_webhook_deliveries_in_order ON public.webhook_deliveries USING btree (organization_id, endpoint_id, seq) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX ix_webhook_endpoints_created_at_id ON public.webhook_endpoints USING btree (organization_id, created_at, id);

CREATE INDEX ix_webhook_replays_endpoint_id_created_at_id ON public.webhook_replays USING btree (organization_id, endpoint_id, created_at, id);

CREATE UNIQUE INDEX uq_care_dues_protocol ON public.care_dues USING btree (organization_id, subject_id, protocol_id) WHERE (protocol_id IS NOT NULL);

CREATE UNIQUE INDEX uq_care_dues_record ON public.care_dues USING btree (organization_id, record_id) WHERE (protocol_id IS NULL);

CREATE UNIQUE INDEX uq_invitations_pending ON public.invitations USING btree (organization_id, email) WHERE ((status)::text = 'PENDING'::text);

CREATE UNIQUE INDEX uq_planning_runs_active ON public.planning_runs USING btree (organization_id, date) WHERE ((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying])::text[]));

CREATE UNIQUE INDEX uq_reminder_rules_kind ON public.reminder_rules USING btree (organization_id, kind, days_before, days_after, protocol_id) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX uq_routes_shift ON public.routes USING btree (organization_id, shift_id) WHERE ((status)::text <> 'CANCELLED'::text);

CREATE UNIQUE INDEX uq_stops_transport ON public.stops USING btree (organization_id, transport_id, kind) WHERE ((status)::text = ANY ((ARRAY['PLANNED'::character varying, 'ARRIVED'::character varying, 'DONE'::character varying])::text[]));

CREATE UNIQUE INDEX uq_sync_runs_live ON public.sync_runs USING btree (organization_id, connection_id) WHERE ((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying])::text[]));

CREATE UNIQUE INDEX uq_transports_leg ON public.transports USING btree (organization_id, booking_id, kind) WHERE ((booking_id IS NOT NULL) AND ((status)::text <> ALL ((ARRAY['CANCELLED'::character varying, 'FAILED'::character varying, 'RETURNED'::character varying])::text[])));

CREATE UNIQUE INDEX uq_waitlist_entries_subject_id ON public.waitlist_entries USING btree (organization_id, slot_id, subject_id) WHERE ((status)::text = ANY ((ARRAY['WAITING'::character varying, 'OFFERED'::character varying])::text[]));

CREATE UNIQUE INDEX uq_webhook_deliveries_endpoint_id_seq ON public.webhook_deliveries USING btree (organization_id, endpoint_id, seq) WHERE (seq > 0);

CREATE UNIQUE INDEX uq_webhook_replays_running ON public.webhook_replays USING btree (organization_id, endpoint_id) WHERE ((status)::text = 'RUNNING'::text);

CREATE TRIGGER keep_an_owner AFTER DELETE OR UPDATE OF role ON public.memberships FOR EACH ROW WHEN (((old.role)::text = 'OWNER'::text)) EXECUTE FUNCTION public.memberships_keep_an_owner();

CREATE TRIGGER never_changed BEFORE UPDATE ON public.allocations FOR EACH ROW EXECUTE FUNCTION public.allocations_refuse_change();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.bookings FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.calendar_feeds FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.care_records FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.contact_preferences FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.device_tokens FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.documents FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.places FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.series FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.subjects FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.tags FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.transports FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER refuse_erased BEFORE INSERT ON public.waitlist_entries FOR EACH ROW WHEN ((new.customer_id IS NOT NULL)) EXECUTE FUNCTION public.customers_refuse_erased();

CREATE TRIGGER taken_on_delete AFTER DELETE ON public.allocations REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.allocations_count('-1');

CREATE TRIGGER taken_on_insert AFTER INSERT ON public.allocations REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.allocations_count('1');

ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.absences
    ADD CONSTRAINT fk_absences_vehicle_id FOREIGN KEY (organization_id, vehicle_id) REFERENCES public.vehicles(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_mails
    ADD CONSTRAINT fk_account_mails_invitation_id FOREIGN KEY (organization_id, invitation_id) REFERENCES public.invitations(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_mails
    ADD CONSTRAINT fk_account_mails_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.account_mails
    ADD CONSTRAINT fk_account_mails_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT fk_allocations_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT fk_allocations_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT fk_allocations_slot_id FOREIGN KEY (organization_id, slot_id) REFERENCES public.slots(organization_id, id);

ALTER TABLE ONLY public.allocations
    ADD CONSTRAINT fk_allocations_unit_id FOREIGN KEY (organization_id, unit_id) REFERENCES public.resource_units(organization_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT fk_api_keys_created_by FOREIGN KEY (created_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT fk_api_keys_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT fk_api_keys_partner_id FOREIGN KEY (organization_id, partner_id) REFERENCES public.partners(organization_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT fk_api_keys_previous_id FOREIGN KEY (organization_id, previous_id) REFERENCES public.api_keys(organization_id, id);

ALTER TABLE ONLY public.booking_charges
    ADD CONSTRAINT fk_booking_charges_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id);

ALTER TABLE ONLY public.booking_charges
    ADD CONSTRAINT fk_booking_charges_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.booking_charges
    ADD CONSTRAINT fk_booking_charges_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.booking_groups
    ADD CONSTRAINT fk_booking_groups_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.booking_groups
    ADD CONSTRAINT fk_booking_groups_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_group_id FOREIGN KEY (organization_id, group_id) REFERENCES public.booking_groups(organization_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_series_id FOREIGN KEY (organization_id, series_id) REFERENCES public.series(organization_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_service_id FOREIGN KEY (organization_id, service_id) REFERENCES public.services(organization_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_slot_id FOREIGN KEY (organization_id, slot_id) REFERENCES public.slots(organization_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT fk_bookings_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT fk_calendar_feeds_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT fk_calendar_feeds_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT fk_calendar_feeds_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT fk_calendar_feeds_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.care_dues
    ADD CONSTRAINT fk_care_dues_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.care_dues
    ADD CONSTRAINT fk_care_dues_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.care_dues
    ADD CONSTRAINT fk_care_dues_protocol_id FOREIGN KEY (organization_id, protocol_id) REFERENCES public.care_protocols(organization_id, id);

ALTER TABLE ONLY public.care_dues
    ADD CONSTRAINT fk_care_dues_record_id FOREIGN KEY (organization_id, record_id) REFERENCES public.care_records(organization_id, id);

ALTER TABLE ONLY public.care_dues
    ADD CONSTRAINT fk_care_dues_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.care_protocols
    ADD CONSTRAINT fk_care_protocols_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.care_record_documents
    ADD CONSTRAINT fk_care_record_documents_document_id FOREIGN KEY (organization_id, document_id) REFERENCES public.documents(organization_id, id);

ALTER TABLE ONLY public.care_record_documents
    ADD CONSTRAINT fk_care_record_documents_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.care_record_documents
    ADD CONSTRAINT fk_care_record_documents_record_id FOREIGN KEY (organization_id, record_id) REFERENCES public.care_records(organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_connection_id FOREIGN KEY (organization_id, connection_id) REFERENCES public.partner_connections(organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_partner_id FOREIGN KEY (organization_id, partner_id) REFERENCES public.partners(organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_protocol_id FOREIGN KEY (organization_id, protocol_id) REFERENCES public.care_protocols(organization_id, id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_recorded_by FOREIGN KEY (recorded_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.care_records
    ADD CONSTRAINT fk_care_records_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.care_requirements
    ADD CONSTRAINT fk_care_requirements_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.care_requirements
    ADD CONSTRAINT fk_care_requirements_protocol_id FOREIGN KEY (organization_id, protocol_id) REFERENCES public.care_protocols(organization_id, id);

ALTER TABLE ONLY public.care_requirements
    ADD CONSTRAINT fk_care_requirements_service_id FOREIGN KEY (organization_id, service_id) REFERENCES public.services(organization_id, id);

ALTER TABLE ONLY public.cars
    ADD CONSTRAINT fk_cars_id_kind FOREIGN KEY (organization_id, id, kind) REFERENCES public.subjects(organization_id, id, kind) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_preferences
    ADD CONSTRAINT fk_contact_preferences_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.contact_preferences
    ADD CONSTRAINT fk_contact_preferences_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.contact_preferences
    ADD CONSTRAINT fk_contact_preferences_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT fk_customers_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT fk_customers_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.dead_addresses
    ADD CONSTRAINT fk_dead_addresses_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.device_tokens
    ADD CONSTRAINT fk_device_tokens_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.device_tokens
    ADD CONSTRAINT fk_device_tokens_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.device_tokens
    ADD CONSTRAINT fk_device_tokens_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.directions
    ADD CONSTRAINT fk_directions_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.directions
    ADD CONSTRAINT fk_directions_route_id FOREIGN KEY (organization_id, route_id) REFERENCES public.routes(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_uploaded_by FOREIGN KEY (uploaded_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.drivers
    ADD CONSTRAINT fk_drivers_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.drivers
    ADD CONSTRAINT fk_drivers_team_id FOREIGN KEY (organization_id, team_id) REFERENCES public.teams(organization_id, id);

ALTER TABLE ONLY public.drivers
    ADD CONSTRAINT fk_drivers_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.due_work
    ADD CONSTRAINT fk_due_work_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.event_details
    ADD CONSTRAINT fk_event_details_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.event_heads
    ADD CONSTRAINT fk_event_heads_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT fk_events_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT fk_exports_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT fk_exports_document_id FOREIGN KEY (organization_id, document_id) REFERENCES public.documents(organization_id, id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT fk_exports_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT fk_exports_requested_by FOREIGN KEY (requested_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT fk_idempotency_keys_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT fk_invitations_accepted_by FOREIGN KEY (accepted_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT fk_invitations_invited_by FOREIGN KEY (invited_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT fk_invitations_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT fk_memberships_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT fk_memberships_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.message_templates
    ADD CONSTRAINT fk_message_templates_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.notification_attempts
    ADD CONSTRAINT fk_notification_attempts_notification_id FOREIGN KEY (organization_id, notification_id) REFERENCES public.notifications(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notification_attempts
    ADD CONSTRAINT fk_notification_attempts_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT fk_notifications_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT fk_notifications_device_id FOREIGN KEY (organization_id, device_id) REFERENCES public.device_tokens(organization_id, id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT fk_notifications_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT fk_notifications_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT fk_occurrences_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT fk_occurrences_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT fk_occurrences_series_id FOREIGN KEY (organization_id, series_id) REFERENCES public.series(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.openings
    ADD CONSTRAINT fk_openings_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.openings
    ADD CONSTRAINT fk_openings_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.partner_connections
    ADD CONSTRAINT fk_partner_connections_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.partner_connections
    ADD CONSTRAINT fk_partner_connections_partner_id FOREIGN KEY (organization_id, partner_id) REFERENCES public.partners(organization_id, id);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT fk_partners_directory_entry_id FOREIGN KEY (directory_entry_id) REFERENCES public.partner_directory(id);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT fk_partners_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT fk_patients_id_kind FOREIGN KEY (organization_id, id, kind) REFERENCES public.subjects(organization_id, id, kind) ON DELETE CASCADE;

ALTER TABLE ONLY public.pets
    ADD CONSTRAINT fk_pets_id_kind FOREIGN KEY (organization_id, id, kind) REFERENCES public.subjects(organization_id, id, kind) ON DELETE CASCADE;

ALTER TABLE ONLY public.pets
    ADD CONSTRAINT fk_pets_preferred_food_brand_id FOREIGN KEY (organization_id, preferred_food_brand_id) REFERENCES public.partners(organization_id, id);

ALTER TABLE ONLY public.pets
    ADD CONSTRAINT fk_pets_preferred_vet_id FOREIGN KEY (organization_id, preferred_vet_id) REFERENCES public.partners(organization_id, id);

ALTER TABLE ONLY public.places
    ADD CONSTRAINT fk_places_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.places
    ADD CONSTRAINT fk_places_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.planning_runs
    ADD CONSTRAINT fk_planning_runs_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.planning_runs
    ADD CONSTRAINT fk_planning_runs_requested_by FOREIGN KEY (requested_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT fk_positions_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT fk_positions_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.post_reads
    ADD CONSTRAINT fk_post_reads_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.post_reads
    ADD CONSTRAINT fk_post_reads_post_id FOREIGN KEY (organization_id, post_id) REFERENCES public.posts(organization_id, id);

ALTER TABLE ONLY public.post_reads
    ADD CONSTRAINT fk_post_reads_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT fk_posts_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT fk_posts_written_by FOREIGN KEY (written_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.proofs
    ADD CONSTRAINT fk_proofs_document_id FOREIGN KEY (organization_id, document_id) REFERENCES public.documents(organization_id, id);

ALTER TABLE ONLY public.proofs
    ADD CONSTRAINT fk_proofs_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.proofs
    ADD CONSTRAINT fk_proofs_stop_id FOREIGN KEY (organization_id, stop_id) REFERENCES public.stops(organization_id, id);

ALTER TABLE ONLY public.proofs
    ADD CONSTRAINT fk_proofs_transport_id FOREIGN KEY (organization_id, transport_id) REFERENCES public.transports(organization_id, id);

ALTER TABLE ONLY public.registered_documents
    ADD CONSTRAINT fk_registered_documents_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.registered_documents
    ADD CONSTRAINT fk_registered_documents_partner_id FOREIGN KEY (organization_id, partner_id) REFERENCES public.partners(organization_id, id);

ALTER TABLE ONLY public.registered_documents
    ADD CONSTRAINT fk_registered_documents_registered_by FOREIGN KEY (registered_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.reminder_rules
    ADD CONSTRAINT fk_reminder_rules_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.reminder_rules
    ADD CONSTRAINT fk_reminder_rules_protocol_id FOREIGN KEY (organization_id, protocol_id) REFERENCES public.care_protocols(organization_id, id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT fk_requirements_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT fk_requirements_pool_id FOREIGN KEY (organization_id, pool_id) REFERENCES public.resource_pools(organization_id, id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT fk_requirements_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT fk_requirements_service_id FOREIGN KEY (organization_id, service_id) REFERENCES public.services(organization_id, id);

ALTER TABLE ONLY public.resource_pool_members
    ADD CONSTRAINT fk_resource_pool_members_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.resource_pool_members
    ADD CONSTRAINT fk_resource_pool_members_pool_id FOREIGN KEY (organization_id, pool_id) REFERENCES public.resource_pools(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.resource_pool_members
    ADD CONSTRAINT fk_resource_pool_members_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.resource_pools
    ADD CONSTRAINT fk_resource_pools_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.resource_units
    ADD CONSTRAINT fk_resource_units_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.resource_units
    ADD CONSTRAINT fk_resource_units_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT fk_resources_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT fk_resources_place_id FOREIGN KEY (organization_id, place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT fk_resources_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT fk_review_items_connection_id FOREIGN KEY (organization_id, connection_id) REFERENCES public.partner_connections(organization_id, id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT fk_review_items_decided_by FOREIGN KEY (decided_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT fk_review_items_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT fk_review_items_record_id FOREIGN KEY (organization_id, record_id) REFERENCES public.care_records(organization_id, id);

ALTER TABLE ONLY public.review_items
    ADD CONSTRAINT fk_review_items_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.role_policies
    ADD CONSTRAINT fk_role_policies_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.routes
    ADD CONSTRAINT fk_routes_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.routes
    ADD CONSTRAINT fk_routes_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.routes
    ADD CONSTRAINT fk_routes_planning_run_id FOREIGN KEY (organization_id, planning_run_id) REFERENCES public.planning_runs(organization_id, id);

ALTER TABLE ONLY public.routes
    ADD CONSTRAINT fk_routes_shift_id FOREIGN KEY (organization_id, shift_id) REFERENCES public.shifts(organization_id, id);

ALTER TABLE ONLY public.routes
    ADD CONSTRAINT fk_routes_vehicle_id FOREIGN KEY (organization_id, vehicle_id) REFERENCES public.vehicles(organization_id, id);

ALTER TABLE ONLY public.schedule_exceptions
    ADD CONSTRAINT fk_schedule_exceptions_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.schedule_exceptions
    ADD CONSTRAINT fk_schedule_exceptions_schedule_id FOREIGN KEY (organization_id, schedule_id) REFERENCES public.schedules(organization_id, id);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT fk_schedules_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT fk_schedules_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT fk_schedules_service_id FOREIGN KEY (organization_id, service_id) REFERENCES public.services(organization_id, id);

ALTER TABLE ONLY public.second_factors
    ADD CONSTRAINT fk_second_factors_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.series
    ADD CONSTRAINT fk_series_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT fk_series_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT fk_series_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT fk_series_service_id FOREIGN KEY (organization_id, service_id) REFERENCES public.services(organization_id, id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT fk_series_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT fk_services_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT fk_services_place_id FOREIGN KEY (organization_id, place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_previous_id FOREIGN KEY (previous_id) REFERENCES public.sessions(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT fk_shifts_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT fk_shifts_end_place_id FOREIGN KEY (organization_id, end_place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT fk_shifts_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT fk_shifts_start_place_id FOREIGN KEY (organization_id, start_place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.shifts
    ADD CONSTRAINT fk_shifts_vehicle_id FOREIGN KEY (organization_id, vehicle_id) REFERENCES public.vehicles(organization_id, id);

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT fk_slots_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT fk_slots_resource_id FOREIGN KEY (organization_id, resource_id) REFERENCES public.resources(organization_id, id);

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT fk_slots_schedule_id FOREIGN KEY (organization_id, schedule_id) REFERENCES public.schedules(organization_id, id);

ALTER TABLE ONLY public.slots
    ADD CONSTRAINT fk_slots_service_id FOREIGN KEY (organization_id, service_id) REFERENCES public.services(organization_id, id);

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT fk_stops_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT fk_stops_place_id FOREIGN KEY (organization_id, place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT fk_stops_route_id FOREIGN KEY (organization_id, route_id) REFERENCES public.routes(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stops
    ADD CONSTRAINT fk_stops_transport_id FOREIGN KEY (organization_id, transport_id) REFERENCES public.transports(organization_id, id);

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT fk_subjects_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT fk_subjects_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.sync_issues
    ADD CONSTRAINT fk_sync_issues_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.sync_issues
    ADD CONSTRAINT fk_sync_issues_run_id FOREIGN KEY (organization_id, run_id) REFERENCES public.sync_runs(organization_id, id);

ALTER TABLE ONLY public.sync_issues
    ADD CONSTRAINT fk_sync_issues_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.sync_runs
    ADD CONSTRAINT fk_sync_runs_connection_id FOREIGN KEY (organization_id, connection_id) REFERENCES public.partner_connections(organization_id, id);

ALTER TABLE ONLY public.sync_runs
    ADD CONSTRAINT fk_sync_runs_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.sync_runs
    ADD CONSTRAINT fk_sync_runs_requested_by FOREIGN KEY (requested_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.sync_states
    ADD CONSTRAINT fk_sync_states_connection_id FOREIGN KEY (organization_id, connection_id) REFERENCES public.partner_connections(organization_id, id);

ALTER TABLE ONLY public.sync_states
    ADD CONSTRAINT fk_sync_states_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.sync_states
    ADD CONSTRAINT fk_sync_states_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_place_id FOREIGN KEY (organization_id, place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_scanned_by FOREIGN KEY (scanned_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT fk_tag_scans_tag_id FOREIGN KEY (organization_id, tag_id) REFERENCES public.tags(organization_id, id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT fk_tags_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT fk_tags_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT fk_tags_replaced_by_id FOREIGN KEY (organization_id, replaced_by_id) REFERENCES public.tags(organization_id, id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT fk_tags_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT fk_teams_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.tracking_links
    ADD CONSTRAINT fk_tracking_links_created_by FOREIGN KEY (created_by) REFERENCES public.users(id);

ALTER TABLE ONLY public.tracking_links
    ADD CONSTRAINT fk_tracking_links_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.tracking_links
    ADD CONSTRAINT fk_tracking_links_transport_id FOREIGN KEY (organization_id, transport_id) REFERENCES public.transports(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_driver_id FOREIGN KEY (organization_id, driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_dropoff_place_id FOREIGN KEY (organization_id, dropoff_place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_outbound_id FOREIGN KEY (organization_id, outbound_id) REFERENCES public.transports(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_pickup_place_id FOREIGN KEY (organization_id, pickup_place_id) REFERENCES public.places(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_pinned_driver_id FOREIGN KEY (organization_id, pinned_driver_id) REFERENCES public.drivers(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_pinned_route_id FOREIGN KEY (organization_id, pinned_route_id) REFERENCES public.routes(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_route_id FOREIGN KEY (organization_id, route_id) REFERENCES public.routes(organization_id, id);

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT fk_transports_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.travel_times
    ADD CONSTRAINT fk_travel_times_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.unassigned_transports
    ADD CONSTRAINT fk_unassigned_transports_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.unassigned_transports
    ADD CONSTRAINT fk_unassigned_transports_planning_run_id FOREIGN KEY (organization_id, planning_run_id) REFERENCES public.planning_runs(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.unassigned_transports
    ADD CONSTRAINT fk_unassigned_transports_transport_id FOREIGN KEY (organization_id, transport_id) REFERENCES public.transports(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_identities
    ADD CONSTRAINT fk_user_identities_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.vehicle_types
    ADD CONSTRAINT fk_vehicle_types_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT fk_vehicles_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT fk_vehicles_type_id FOREIGN KEY (organization_id, type_id) REFERENCES public.vehicle_types(organization_id, id);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT fk_waitlist_entries_booking_id FOREIGN KEY (organization_id, booking_id) REFERENCES public.bookings(organization_id, id);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT fk_waitlist_entries_customer_id FOREIGN KEY (organization_id, customer_id) REFERENCES public.customers(organization_id, id);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT fk_waitlist_entries_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT fk_waitlist_entries_slot_id FOREIGN KEY (organization_id, slot_id) REFERENCES public.slots(organization_id, id);

ALTER TABLE ONLY public.waitlist_entries
    ADD CONSTRAINT fk_waitlist_entries_subject_id FOREIGN KEY (organization_id, subject_id) REFERENCES public.subjects(organization_id, id);

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT fk_webhook_attempts_delivery_id FOREIGN KEY (organization_id, delivery_id) REFERENCES public.webhook_deliveries(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT fk_webhook_attempts_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT fk_webhook_deliveries_endpoint_id FOREIGN KEY (organization_id, endpoint_id) REFERENCES public.webhook_endpoints(organization_id, id);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT fk_webhook_deliveries_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT fk_webhook_endpoints_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.webhook_replays
    ADD CONSTRAINT fk_webhook_replays_endpoint_id FOREIGN KEY (organization_id, endpoint_id) REFERENCES public.webhook_endpoints(organization_id, id);

ALTER TABLE ONLY public.webhook_replays
    ADD CONSTRAINT fk_webhook_replays_organization_id FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE public.absences ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.account_mails ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.allocations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.booking_charges ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.booking_groups ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.bookings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.care_dues ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.care_protocols ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.care_record_documents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.care_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.care_requirements ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.cars ENABLE ROW LEVEL SECURITY;

CREATE POLICY colleague ON public.users FOR SELECT USING (((id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid) OR (EXISTS ( SELECT
   FROM public.memberships m
  WHERE ((m.organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid) AND (m.user_id = users.id))))));

ALTER TABLE public.contact_preferences ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dead_addresses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.device_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.directions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.drivers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event_details ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event_heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.exports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.invitations ENABLE ROW LEVEL SECURITY;

CREATE POLICY member ON public.organizations FOR SELECT USING (((id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid) OR (EXISTS ( SELECT
   FROM public.memberships m
  WHERE ((m.organization_id = organizations.id) AND (m.user_id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid))))));

ALTER TABLE public.memberships ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.message_templates ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notification_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.occurrences ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.openings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON public.memberships FOR SELECT USING ((user_id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid));

CREATE POLICY own ON public.second_factors USING ((user_id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid));

CREATE POLICY own ON public.sessions USING ((user_id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid));

CREATE POLICY own ON public.user_identities USING ((user_id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid));

ALTER TABLE public.partner_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.partners ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.patients ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.pets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.places ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.planning_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.positions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.post_reads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.proofs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.registered_documents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.reminder_rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.requirements ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.resource_pool_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.resource_pools ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.resource_units ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.resources ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.review_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.role_policies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.routes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.schedule_exceptions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.schedules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.second_factors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.series ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.services ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.shifts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.slots ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stops ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.subjects ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_issues ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_states ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tag_scans ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tags ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.teams ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.absences USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.account_mails USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.allocations USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.api_keys USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.booking_charges USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.booking_groups USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.bookings USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.calendar_feeds USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.care_dues USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.care_protocols USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.care_record_documents USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.care_records USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.care_requirements USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.cars USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.contact_preferences USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.customers USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.dead_addresses USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.device_tokens USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.directions USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.documents USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.drivers USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.event_details USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.event_heads USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.events USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.exports USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.idempotency_keys USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.invitations USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.memberships USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.message_templates USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.notification_attempts USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.notifications USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.occurrences USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.openings USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.partner_connections USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.partners USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.patients USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.pets USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.places USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.planning_runs USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.positions USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.post_reads USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.posts USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.proofs USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.registered_documents USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.reminder_rules USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.requirements USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.resource_pool_members USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.resource_pools USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.resource_units USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.resources USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.review_items USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.role_policies USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.routes USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.schedule_exceptions USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.schedules USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.series USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.services USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.shifts USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.slots USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.stops USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.subjects USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.sync_issues USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.sync_runs USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.sync_states USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.tag_scans USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.tags USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.teams USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.track_points USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.tracking_links USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.transports USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.travel_times USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.unassigned_transports USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.vehicle_types USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.vehicles USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.waitlist_entries USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.webhook_attempts USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.webhook_deliveries USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.webhook_endpoints USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON public.webhook_replays USING ((organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid));

ALTER TABLE public.track_points ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tracking_links ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.transports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.travel_times ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.unassigned_transports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.user_identities ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.vehicle_types ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.vehicles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.waitlist_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_deliveries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_endpoints ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_replays ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA public TO waypost_server;
GRANT USAGE ON SCHEMA public TO waypost_auth;

GRANT SELECT ON TABLE public.users TO waypost_auth;

GRANT SELECT(id) ON TABLE public.users TO waypost_server;

GRANT SELECT(email) ON TABLE public.users TO waypost_server;
GRANT INSERT(email),UPDATE(email) ON TABLE public.users TO waypost_auth;

GRANT INSERT(password_hash),UPDATE(password_hash) ON TABLE public.users TO waypost_auth;

GRANT SELECT(full_name) ON TABLE public.users TO waypost_server;
GRANT INSERT(full_name),UPDATE(full_name) ON TABLE public.users TO waypost_auth;

GRANT SELECT(created_at) ON TABLE public.users TO waypost_server;

GRANT SELECT(updated_at) ON TABLE public.users TO waypost_server;
GRANT UPDATE(updated_at) ON TABLE public.users TO waypost_auth;

GRANT SELECT(email_confirmed_at) ON TABLE public.users TO waypost_server;
GRANT INSERT(email_confirmed_at),UPDATE(email_confirmed_at) ON TABLE public.users TO waypost_auth;

REVOKE ALL ON FUNCTION public.add_user(new_email text, new_hash text, new_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_user(new_email text, new_hash text, new_name text) TO waypost_server;

GRANT SELECT,INSERT,UPDATE ON TABLE public.api_keys TO waypost_server;
GRANT SELECT ON TABLE public.api_keys TO waypost_auth;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners TO waypost_server;
GRANT SELECT ON TABLE public.partners TO waypost_auth;

REVOKE ALL ON FUNCTION public.api_key(wanted_prefix text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.api_key(wanted_prefix text) TO waypost_server;

REVOKE ALL ON FUNCTION public.api_key_lives(org uuid, key uuid, partner uuid, scopes_then text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.api_key_lives(org uuid, key uuid, partner uuid, scopes_then text[]) TO waypost_server;

REVOKE ALL ON FUNCTION public.credentials(wanted_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.credentials(wanted_email text) TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO waypost_server;
GRANT SELECT,DELETE ON TABLE public.sessions TO waypost_auth;

GRANT UPDATE(revoked_at) ON TABLE public.sessions TO waypost_auth;

GRANT UPDATE(updated_at) ON TABLE public.sessions TO waypost_auth;

REVOKE ALL ON FUNCTION public.end_sessions(usr uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_sessions(usr uuid) TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO waypost_server;
GRANT SELECT,DELETE ON TABLE public.idempotency_keys TO waypost_auth;

REVOKE ALL ON FUNCTION public.forget_idempotency_keys(before timestamp with time zone, many integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_idempotency_keys(before timestamp with time zone, many integer) TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memberships TO waypost_server;
GRANT SELECT ON TABLE public.memberships TO waypost_auth;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.second_factors TO waypost_server;
GRANT SELECT,DELETE ON TABLE public.second_factors TO waypost_auth;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_identities TO waypost_server;
GRANT SELECT,DELETE ON TABLE public.user_identities TO waypost_auth;

REVOKE ALL ON FUNCTION public.forget_user(org uuid, usr uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_user(org uuid, usr uuid) TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.allocations TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.openings TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_units TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resources TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.schedules TO waypost_server;

REVOKE ALL ON FUNCTION public.identity_user_id(wanted_issuer text, wanted_subject text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.identity_user_id(wanted_issuer text, wanted_subject text) TO waypost_server;

REVOKE ALL ON FUNCTION public.keep_tracks(first date, last date, oldest date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_tracks(first date, last date, oldest date) TO waypost_server;

GRANT SELECT ON TABLE public.organizations TO waypost_server;
GRANT SELECT ON TABLE public.organizations TO waypost_auth;

REVOKE ALL ON FUNCTION public.organization_named(wanted_slug text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.organization_named(wanted_slug text) TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.requirements TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_pool_members TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.services TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customers TO waypost_server;
GRANT SELECT ON TABLE public.customers TO waypost_auth;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.drivers TO waypost_server;
GRANT SELECT ON TABLE public.drivers TO waypost_auth;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.role_policies TO waypost_server;
GRANT SELECT ON TABLE public.role_policies TO waypost_auth;

REVOKE ALL ON FUNCTION public.session_lives(org uuid, usr uuid, role_then text, family uuid, customer uuid, driver uuid, policy_then integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_lives(org uuid, usr uuid, role_then text, family uuid, customer uuid, driver uuid, policy_then integer) TO waypost_server;

REVOKE ALL ON FUNCTION public.session_user_id(wanted_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_user_id(wanted_hash bytea) TO waypost_server;

REVOKE ALL ON FUNCTION public.set_email(email_then text, confirmed_then timestamp with time zone, new_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_email(email_then text, confirmed_then timestamp with time zone, new_email text) TO waypost_server;

REVOKE ALL ON FUNCTION public.set_password(hash_then text, new_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_password(hash_then text, new_hash text) TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.absences TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_mails TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.booking_charges TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.booking_groups TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bookings TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_feeds TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.care_dues TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.care_protocols TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.care_record_documents TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.care_records TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.care_requirements TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.cars TO waypost_server;

GRANT SELECT ON TABLE public.client_documents TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.contact_preferences TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_addresses TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.device_tokens TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.directions TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.documents TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.due_work TO waypost_server;

GRANT SELECT,INSERT ON TABLE public.event_details TO waypost_server;

GRANT UPDATE(ip) ON TABLE public.event_details TO waypost_server;

GRANT UPDATE(user_agent) ON TABLE public.event_details TO waypost_server;

GRANT UPDATE(changes) ON TABLE public.event_details TO waypost_server;

GRANT SELECT,INSERT,UPDATE ON TABLE public.event_heads TO waypost_server;

GRANT SELECT,INSERT ON TABLE public.events TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.exports TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitations TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message_templates TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notification_attempts TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notifications TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.occurrences TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partner_connections TO waypost_server;

GRANT SELECT ON TABLE public.partner_directory TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.patients TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pets TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.places TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.planning_runs TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.positions TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.post_reads TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.posts TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.proofs TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.registered_documents TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reminder_rules TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_pools TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.review_items TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.routes TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.schedule_exceptions TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.series TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.shifts TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.slots TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stops TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subjects TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_issues TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_runs TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_states TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tag_scans TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tags TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.teams TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.track_points TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tracking_links TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.transports TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.travel_times TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.unassigned_transports TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.vehicle_types TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.vehicles TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.waitlist_entries TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_attempts TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_deliveries TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_endpoints TO waypost_server;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_replays TO waypost_server;
