"""Row-level security, the functions that read before a tenant is known, and the trigger that counts taken places."""

from alembic import op

from app.models.policies import AUTH, CURRENT_ORG, CURRENT_USER, SERVER, force, protect

revision = "0002"
down_revision = "0001"

TENANT_TABLES = (
    "memberships",
    "customers",
    "places",
    "subjects",
    "pets",
    "patients",
    "cars",
    "services",
    "slots",
    "bookings",
    "allocations",
    "vehicle_types",
    "vehicles",
    "drivers",
    "shifts",
    "positions",
    "transports",
    "planning_runs",
    "unassigned_transports",
    "routes",
    "stops",
    "idempotency_keys",
)

LOG_TABLES = {"events": "SELECT, INSERT", "event_details": "SELECT, INSERT", "event_heads": "SELECT, INSERT, UPDATE"}

# What a signed-in person may see of the tables that have no tenant.
GLOBAL_POLICIES = [
    *force("organizations"),
    f"""CREATE POLICY member ON organizations FOR SELECT USING (
        id = {CURRENT_ORG}
        OR EXISTS (SELECT FROM memberships m
                   WHERE m.organization_id = organizations.id AND m.user_id = {CURRENT_USER}))""",
    f"GRANT SELECT ON organizations TO {SERVER}",
    *force("users"),
    f"""CREATE POLICY colleague ON users FOR SELECT USING (
        id = {CURRENT_USER}
        OR EXISTS (SELECT FROM memberships m WHERE m.organization_id = {CURRENT_ORG} AND m.user_id = users.id))""",
    f"GRANT SELECT (id, email, full_name, created_at, updated_at) ON users TO {SERVER}",
    *force("sessions"),
    f"CREATE POLICY own ON sessions USING (user_id = {CURRENT_USER})",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO {SERVER}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON due_work TO {SERVER}",
    f"CREATE POLICY own ON memberships FOR SELECT USING (user_id = {CURRENT_USER})",
]

FUNCTIONS = {
    "credentials(text)": """
        CREATE FUNCTION credentials(wanted_email text) RETURNS TABLE (user_id uuid, password_hash text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        BEGIN ATOMIC
            SELECT u.id, u.password_hash FROM public.users u WHERE u.email = wanted_email;
        END""",
    "session_user_id(bytea)": """
        CREATE FUNCTION session_user_id(wanted_hash bytea) RETURNS uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        BEGIN ATOMIC
            SELECT s.user_id FROM public.sessions s WHERE s.token_hash = wanted_hash;
        END""",
    "session_lives(uuid, uuid, text, uuid, uuid, uuid)": """
        CREATE FUNCTION session_lives(org uuid, usr uuid, role_then text, family uuid, customer uuid, driver uuid)
        RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        BEGIN ATOMIC
            SELECT EXISTS (SELECT FROM public.memberships m
                           WHERE m.organization_id = org AND m.user_id = usr AND m.role = role_then)
               AND EXISTS (SELECT FROM public.sessions s
                           WHERE s.family_id = family AND s.user_id = usr AND s.organization_id = org
                             AND s.revoked_at IS NULL)
               AND customer IS NOT DISTINCT FROM
                   (SELECT c.id FROM public.customers c WHERE c.organization_id = org AND c.user_id = usr)
               AND driver IS NOT DISTINCT FROM
                   (SELECT d.id FROM public.drivers d WHERE d.organization_id = org AND d.user_id = usr);
        END""",
}

COUNT_TAKEN = """
    CREATE FUNCTION allocations_count() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- slots are locked in the order of their ids, as everywhere
        PERFORM FROM slots WHERE (organization_id, id) IN (SELECT organization_id, slot_id FROM changed)
            ORDER BY organization_id, id FOR UPDATE;
        UPDATE slots SET taken = slots.taken + moved.quantity
        FROM (SELECT organization_id, slot_id, sum(quantity) * TG_ARGV[0]::int AS quantity
              FROM changed GROUP BY organization_id, slot_id) AS moved
        WHERE slots.organization_id = moved.organization_id AND slots.id = moved.slot_id;
        RETURN NULL;
    END $$"""

REFUSE_CHANGE = """
    CREATE FUNCTION allocations_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'an allocation is never changed: delete it and insert another';
    END $$"""

TRIGGERS = [
    """CREATE TRIGGER taken_on_insert AFTER INSERT ON allocations REFERENCING NEW TABLE AS changed
       FOR EACH STATEMENT EXECUTE FUNCTION allocations_count('1')""",
    """CREATE TRIGGER taken_on_delete AFTER DELETE ON allocations REFERENCING OLD TABLE AS changed
       FOR EACH STATEMENT EXECUTE FUNCTION allocations_count('-1')""",
    """CREATE TRIGGER never_changed BEFORE UPDATE ON allocations
       FOR EACH ROW EXECUTE FUNCTION allocations_refuse_change()""",
]


def upgrade() -> None:
    op.execute(f"GRANT USAGE ON SCHEMA public TO {SERVER}, {AUTH}")
    for table in TENANT_TABLES:
        _run(protect(table))
    for table, grants in LOG_TABLES.items():
        _run(protect(table, grants))
    _run(GLOBAL_POLICIES)
    op.execute(f"GRANT SELECT ON users, sessions, memberships, customers, drivers TO {AUTH}")
    op.execute(f"GRANT CREATE ON SCHEMA public TO {AUTH}")
    for signature, definition in FUNCTIONS.items():
        op.execute(definition)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {SERVER}")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO {AUTH}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {AUTH}")
    _run([COUNT_TAKEN, REFUSE_CHANGE, *TRIGGERS])


def downgrade() -> None:
    for trigger in ("taken_on_insert", "taken_on_delete", "never_changed"):
        op.execute(f"DROP TRIGGER {trigger} ON allocations")
    op.execute("DROP FUNCTION allocations_count(), allocations_refuse_change()")
    for signature in FUNCTIONS:
        # the owner may act as the functions' owner, but does not have its rights unasked
        op.execute(f"SET LOCAL ROLE {AUTH}")
        op.execute(f"DROP FUNCTION {signature}")
        op.execute("RESET ROLE")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {AUTH}, {SERVER}")
    op.execute("DROP POLICY own ON memberships")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {SERVER}, {AUTH}")
    for table, policy in {"organizations": "member", "users": "colleague", "sessions": "own"}.items():
        _unprotect(table, policy)
    for table in (*TENANT_TABLES, *LOG_TABLES):
        _unprotect(table, "tenant")


def _unprotect(table: str, policy: str) -> None:
    op.execute(f"DROP POLICY {policy} ON {table}")
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)
