"""Care, tags, partners, messages, news, and files of what is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.closing import listing, reword, unbound
from app.models.policies import AUTH, CURRENT_ORG, SERVER, protect

revision = "0008"
down_revision = "0007"

TENANT_TABLES = (
    "care_protocols",
    "dead_addresses",
    "message_templates",
    "partners",
    "posts",
    "contact_preferences",
    "device_tokens",
    "partner_connections",
    "post_reads",
    "reminder_rules",
    "notifications",
    "sync_runs",
    "sync_states",
    "tags",
    "care_requirements",
    "exports",
    "notification_attempts",
    "sync_issues",
    "care_records",
    "tag_scans",
    "care_dues",
    "care_record_documents",
    "review_items",
)

COLUMNS = (
    ("bookings", "care_waived_reason", sa.Text()),
    ("customers", "erased_at", sa.DateTime(timezone=True)),
    ("pets", "preferred_vet_id", sa.Uuid()),
    ("pets", "preferred_food_brand_id", sa.Uuid()),
    ("subjects", "archived_at", sa.DateTime(timezone=True)),
)
PREFERENCES = ("preferred_vet_id", "preferred_food_brand_id")

PERSONAL = "ip, user_agent, changes"
"""What can be erased of an event."""

EVENT_TYPES = (
    "DOCUMENT_REMOVED",
    "SUBJECT_ARCHIVED",
    "SUBJECT_RESTORED",
    "CARE_PROTOCOL_CREATED",
    "CARE_PROTOCOL_UPDATED",
    "CARE_RECORDED",
    "CARE_RECORD_UPDATED",
    "CARE_RECORD_VOIDED",
    "CARE_RECORD_READ",
    "CARE_WAIVED",
    "TAG_REGISTERED",
    "TAG_RETIRED",
    "TAG_SCANNED",
    "PARTNER_CREATED",
    "PARTNER_UPDATED",
    "PARTNER_CONNECTED",
    "PARTNER_CONNECTION_UPDATED",
    "PARTNER_CONNECTION_REMOVED",
    "PARTNER_UNREACHABLE",
    "SYNC_REQUESTED",
    "SYNC_STARTED",
    "SYNC_SUCCEEDED",
    "SYNC_FAILED",
    "SYNC_CANCELLED",
    "REVIEW_ACCEPTED",
    "REVIEW_REJECTED",
    "NOTIFICATION_FAILED",
    "NOTIFICATION_RESENT",
    "ADDRESS_RETIRED",
    "ADDRESS_REVIVED",
    "DEVICE_REGISTERED",
    "DEVICE_RETIRED",
    "CONTACT_PREFERENCE_UPDATED",
    "REMINDER_RULE_CREATED",
    "REMINDER_RULE_UPDATED",
    "REMINDER_RULE_REMOVED",
    "MESSAGE_TEMPLATE_CREATED",
    "MESSAGE_TEMPLATE_UPDATED",
    "MESSAGE_TEMPLATE_REMOVED",
    "POST_CREATED",
    "POST_UPDATED",
    "POST_PUBLISHED",
    "POST_WITHDRAWN",
    "EXPORT_REQUESTED",
    "EXPORT_SUCCEEDED",
    "EXPORT_FAILED",
    "EXPORT_CANCELLED",
    "PERSON_ERASED",
)
WORK_KINDS = (
    "NOTIFY_BOOKING_DECLINED",
    "NOTIFY_BOOKING_CANCELLED",
    "NOTIFY_DRIVER_UNDER_WAY",
    "NOTIFY_POST_PUBLISHED",
    "SEND_NOTIFICATION",
    "CHECK_RECEIPT",
    "RUN_REMINDER",
    "REFRESH_CARE",
    "START_SYNC",
    "RUN_SYNC",
    "PUBLISH_POST",
    "WRITE_EXPORT",
    "ERASE_DOCUMENT",
)
RENAMED_WORK = {
    "MAIL_BOOKING_CONFIRMED": "NOTIFY_BOOKING_CONFIRMED",
    "MAIL_WAITLIST_OFFER": "NOTIFY_WAITLIST_OFFER",
    "MAIL_LICENCE_EXPIRING": "NOTIFY_LICENCE_EXPIRING",
    "MAIL_MAINTENANCE_DUE": "NOTIFY_MAINTENANCE_DUE",
}

PERSONS = (
    "bookings",
    "calendar_feeds",
    "care_records",
    "contact_preferences",
    "device_tokens",
    "documents",
    "places",
    "series",
    "subjects",
    "tags",
    "transports",
    "waitlist_entries",
)
"""Where nothing is added for a customer who was erased."""
REFUSE_ERASED = """
    CREATE FUNCTION customers_refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END $$"""
FORGET_USER = f"""
    CREATE FUNCTION forget_user(org uuid, usr uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        DELETE FROM public.sessions s
        WHERE s.organization_id = org AND s.organization_id = {CURRENT_ORG} AND s.user_id = usr
          AND NOT EXISTS (SELECT FROM public.memberships m WHERE m.organization_id = org AND m.user_id = usr);
        UPDATE public.users u
        SET email = 'erased-' || u.id || '@erased.invalid', full_name = 'Erased', password_hash = '',
            updated_at = now()
        WHERE u.id = usr AND NOT EXISTS (SELECT FROM public.memberships m WHERE m.user_id = usr);
    END"""
"""Ends the sessions of somebody who belongs to the organization no more, and erases who belongs nowhere."""
FORGETS = {"sessions": "DELETE", "users": "UPDATE (email, full_name, password_hash, updated_at)"}


def upgrade() -> None:
    op.create_table(
        "partner_directory",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "VET",
                "FOOD_BRAND",
                "GROOMER",
                "SHOP",
                "HOSPITAL",
                "VENDOR",
                name="partnertype",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=True),
        sa.Column("licence_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_partner_directory_country")),
        sa.CheckConstraint(
            "type IN ('VET', 'FOOD_BRAND', 'GROOMER', 'SHOP', 'HOSPITAL', 'VENDOR')",
            name=op.f("ck_partner_directory_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_directory")),
    )
    op.create_index(
        op.f("ix_partner_directory_type_country_name_id"),
        "partner_directory",
        ["type", "country", "name", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_partner_directory_name_id"), "partner_directory", ["name", "id"], unique=False)
    op.create_table(
        "care_protocols",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "VACCINATION",
                "CHECK_UP",
                "TREATMENT",
                "SURGERY",
                "ALLERGY",
                "MEDICATION",
                "SERVICE",
                "INSPECTION",
                "REPAIR",
                name="carekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "subject_kind",
            sa.Enum("PET", "PATIENT", "CAR", name="subjectkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "species",
            sa.Enum("DOG", "CAT", "RABBIT", "BIRD", "OTHER", name="species", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("interval_days", sa.Integer(), nullable=True),
        sa.Column("first_due_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("required", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("warning_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9_.-]{0,39}$'", name=op.f("ck_care_protocols_code")),
        sa.CheckConstraint(
            "kind IN ('VACCINATION', 'CHECK_UP', 'TREATMENT', 'SURGERY', 'ALLERGY', 'MEDICATION', 'SERVICE', 'INSPECTION', 'REPAIR')",
            name=op.f("ck_care_protocols_kind"),
        ),
        sa.CheckConstraint(
            "species IN ('DOG', 'CAT', 'RABBIT', 'BIRD', 'OTHER')", name=op.f("ck_care_protocols_species")
        ),
        sa.CheckConstraint("species IS NULL OR subject_kind = 'PET'", name=op.f("ck_care_protocols_species_of_pets")),
        sa.CheckConstraint("subject_kind IN ('PET', 'PATIENT', 'CAR')", name=op.f("ck_care_protocols_subject_kind")),
        sa.CheckConstraint("first_due_days BETWEEN 0 AND 36525", name=op.f("ck_care_protocols_first_due")),
        sa.CheckConstraint("interval_days BETWEEN 1 AND 36525", name=op.f("ck_care_protocols_interval")),
        sa.CheckConstraint("warning_days BETWEEN 0 AND 365", name=op.f("ck_care_protocols_warning")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_care_protocols_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_care_protocols")),
        sa.UniqueConstraint("organization_id", "code", name=op.f("uq_care_protocols_code")),
    )
    op.create_index(
        op.f("ix_care_protocols_name_id"), "care_protocols", ["organization_id", "name", "id"], unique=False
    )
    op.create_table(
        "dead_addresses",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "channel", sa.Enum("EMAIL", "SMS", "PUSH", name="channel", native_enum=False, length=40), nullable=False
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channel IN ('EMAIL', 'SMS', 'PUSH')", name=op.f("ck_dead_addresses_channel")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_dead_addresses_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_dead_addresses")),
        sa.UniqueConstraint("organization_id", "channel", "address", name=op.f("uq_dead_addresses_channel_address")),
    )
    op.create_index(
        op.f("ix_dead_addresses_created_at_id"), "dead_addresses", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "message_templates",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "BOOKING_CONFIRMED",
                "BOOKING_DECLINED",
                "BOOKING_CANCELLED",
                "BOOKING_TOMORROW",
                "WAITLIST_OFFER",
                "DRIVER_UNDER_WAY",
                "AFTER_VISIT",
                "CARE_DUE",
                "CARE_OVERDUE",
                "LICENCE_EXPIRING",
                "MAINTENANCE_DUE",
                "POST_PUBLISHED",
                name="notificationkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel", sa.Enum("EMAIL", "SMS", "PUSH", name="channel", native_enum=False, length=40), nullable=False
        ),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("channel IN ('EMAIL', 'SMS', 'PUSH')", name=op.f("ck_message_templates_channel")),
        sa.CheckConstraint(
            "kind IN ('BOOKING_CONFIRMED', 'BOOKING_DECLINED', 'BOOKING_CANCELLED', 'BOOKING_TOMORROW', 'WAITLIST_OFFER', 'DRIVER_UNDER_WAY', 'AFTER_VISIT', 'CARE_DUE', 'CARE_OVERDUE', 'LICENCE_EXPIRING', 'MAINTENANCE_DUE', 'POST_PUBLISHED')",
            name=op.f("ck_message_templates_kind"),
        ),
        sa.CheckConstraint("locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'", name=op.f("ck_message_templates_locale")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_message_templates_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_message_templates")),
        sa.UniqueConstraint(
            "organization_id", "kind", "channel", "locale", name=op.f("uq_message_templates_kind_channel_locale")
        ),
    )
    op.create_index(
        op.f("ix_message_templates_created_at_id"),
        "message_templates",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "partners",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "VET",
                "FOOD_BRAND",
                "GROOMER",
                "SHOP",
                "HOSPITAL",
                "VENDOR",
                name="partnertype",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("directory_entry_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=True),
        sa.Column("licence_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_partners_phone_e164")),
        sa.CheckConstraint(
            "type = 'VET' OR (clinic IS NULL AND licence_number IS NULL)", name=op.f("ck_partners_vets")
        ),
        sa.CheckConstraint(
            "type IN ('VET', 'FOOD_BRAND', 'GROOMER', 'SHOP', 'HOSPITAL', 'VENDOR')", name=op.f("ck_partners_type")
        ),
        sa.ForeignKeyConstraint(
            ["directory_entry_id"], ["partner_directory.id"], name=op.f("fk_partners_directory_entry_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_partners_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_partners")),
        sa.UniqueConstraint("organization_id", "directory_entry_id", name=op.f("uq_partners_directory_entry_id")),
        sa.UniqueConstraint("organization_id", "external_id", name=op.f("uq_partners_external_id")),
    )
    op.create_index(
        op.f("ix_partners_created_at_id"), "partners", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_partners_name_id"), "partners", ["organization_id", "name", "id"], unique=False)
    op.create_table(
        "posts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "status",
            sa.Enum("DRAFT", "SCHEDULED", "PUBLISHED", "WITHDRAWN", name="poststatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column(
            "priority",
            sa.Enum("NORMAL", "IMPORTANT", "URGENT", name="postpriority", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "audience",
            sa.Enum("EVERYONE", "HOUSE", "DRIVERS", "CUSTOMERS", name="audience", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("audience IN ('EVERYONE', 'HOUSE', 'DRIVERS', 'CUSTOMERS')", name=op.f("ck_posts_audience")),
        sa.CheckConstraint("priority IN ('NORMAL', 'IMPORTANT', 'URGENT')", name=op.f("ck_posts_priority")),
        sa.CheckConstraint("status IN ('DRAFT', 'SCHEDULED', 'PUBLISHED', 'WITHDRAWN')", name=op.f("ck_posts_status")),
        sa.CheckConstraint(
            "status NOT IN ('SCHEDULED', 'PUBLISHED') OR publish_at IS NOT NULL", name=op.f("ck_posts_published")
        ),
        sa.CheckConstraint("expires_at > publish_at", name=op.f("ck_posts_expires")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_posts_organization_id")),
        sa.ForeignKeyConstraint(["written_by"], ["users.id"], name=op.f("fk_posts_written_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_publish_at_id"), "posts", ["organization_id", "publish_at", "id"], unique=False)
    op.create_index(
        op.f("ix_posts_status_publish_at_id"), "posts", ["organization_id", "status", "publish_at", "id"], unique=False
    )
    op.create_table(
        "contact_preferences",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("muted", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'", name=op.f("ck_contact_preferences_locale")),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_contact_preferences_quiet")),
        sa.CheckConstraint("num_nonnulls(customer_id, user_id) = 1", name=op.f("ck_contact_preferences_person")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_contact_preferences_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_contact_preferences_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_contact_preferences_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_contact_preferences")),
        sa.UniqueConstraint("organization_id", "customer_id", name=op.f("uq_contact_preferences_customer_id")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_contact_preferences_user_id")),
    )
    op.create_table(
        "device_tokens",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column(
            "platform", sa.Enum("IOS", "ANDROID", name="deviceplatform", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "provider", sa.Enum("EXPO", "FCM", name="pushprovider", native_enum=False, length=40), nullable=False
        ),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("platform IN ('IOS', 'ANDROID')", name=op.f("ck_device_tokens_platform")),
        sa.CheckConstraint("provider IN ('EXPO', 'FCM')", name=op.f("ck_device_tokens_provider")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_device_tokens_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_device_tokens_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_device_tokens_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_device_tokens")),
        sa.UniqueConstraint("organization_id", "token", name=op.f("uq_device_tokens_token")),
    )
    op.create_index(
        op.f("ix_device_tokens_user_id_created_at_id"),
        "device_tokens",
        ["organization_id", "user_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_device_tokens_customer_id"),
        "device_tokens",
        ["organization_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_table(
        "partner_connections",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("ACTIVE", "PAUSED", "REMOVED", name="connectionstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "mode", sa.Enum("AUTOMATIC", "REVIEW", name="importmode", native_enum=False, length=40), nullable=False
        ),
        sa.Column("every_hours", sa.Integer(), nullable=True),
        sa.Column(
            "protocol_codes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "cardinality(kinds) > 0 AND kinds <@ '{VACCINATIONS,REPORTS}'::text[]",
            name=op.f("ck_partner_connections_kinds"),
        ),
        sa.CheckConstraint("endpoint ~ '^https?://'", name=op.f("ck_partner_connections_endpoint")),
        sa.CheckConstraint(
            "jsonb_typeof(protocol_codes) = 'object'", name=op.f("ck_partner_connections_protocol_codes")
        ),
        sa.CheckConstraint("mode IN ('AUTOMATIC', 'REVIEW')", name=op.f("ck_partner_connections_mode")),
        sa.CheckConstraint("status <> 'REMOVED' OR credentials IS NULL", name=op.f("ck_partner_connections_removed")),
        sa.CheckConstraint("status IN ('ACTIVE', 'PAUSED', 'REMOVED')", name=op.f("ck_partner_connections_status")),
        sa.CheckConstraint("every_hours BETWEEN 1 AND 720", name=op.f("ck_partner_connections_every")),
        sa.ForeignKeyConstraint(
            ["organization_id", "partner_id"],
            ["partners.organization_id", "partners.id"],
            name=op.f("fk_partner_connections_partner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_partner_connections_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_partner_connections")),
    )
    op.create_index(
        op.f("ix_partner_connections_created_at_id"),
        "partner_connections",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_partner_connections_partner_id_id"),
        "partner_connections",
        ["organization_id", "partner_id", "id"],
        unique=False,
    )
    op.create_table(
        "post_reads",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "post_id"], ["posts.organization_id", "posts.id"], name=op.f("fk_post_reads_post_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_post_reads_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_post_reads_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_post_reads")),
        sa.UniqueConstraint("organization_id", "post_id", "user_id", name=op.f("uq_post_reads_post_id_user_id")),
    )
    op.create_index(
        op.f("ix_post_reads_user_id_post_id"), "post_reads", ["organization_id", "user_id", "post_id"], unique=False
    )
    op.create_table(
        "reminder_rules",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "BOOKING_CONFIRMED",
                "BOOKING_DECLINED",
                "BOOKING_CANCELLED",
                "BOOKING_TOMORROW",
                "WAITLIST_OFFER",
                "DRIVER_UNDER_WAY",
                "AFTER_VISIT",
                "CARE_DUE",
                "CARE_OVERDUE",
                "LICENCE_EXPIRING",
                "MAINTENANCE_DUE",
                "POST_PUBLISHED",
                name="notificationkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=True),
        sa.Column("days_after", sa.Integer(), nullable=True),
        sa.Column("at", sa.Time(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("protocol_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("run_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "cardinality(channels) > 0 AND channels <@ '{EMAIL,SMS,PUSH}'::text[]",
            name=op.f("ck_reminder_rules_channels"),
        ),
        sa.CheckConstraint(
            "kind IN ('BOOKING_CONFIRMED', 'BOOKING_DECLINED', 'BOOKING_CANCELLED', 'BOOKING_TOMORROW', 'WAITLIST_OFFER', 'DRIVER_UNDER_WAY', 'AFTER_VISIT', 'CARE_DUE', 'CARE_OVERDUE', 'LICENCE_EXPIRING', 'MAINTENANCE_DUE', 'POST_PUBLISHED')",
            name=op.f("ck_reminder_rules_kind"),
        ),
        sa.CheckConstraint("days_after BETWEEN 0 AND 365", name=op.f("ck_reminder_rules_days_after")),
        sa.CheckConstraint("days_before BETWEEN 0 AND 365", name=op.f("ck_reminder_rules_days_before")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_reminder_rules_weekday")),
        sa.ForeignKeyConstraint(
            ["organization_id", "protocol_id"],
            ["care_protocols.organization_id", "care_protocols.id"],
            name=op.f("fk_reminder_rules_protocol_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_reminder_rules_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_reminder_rules")),
    )
    op.create_index(
        op.f("ix_reminder_rules_created_at_id"), "reminder_rules", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "uq_reminder_rules_kind",
        "reminder_rules",
        ["organization_id", "kind", "days_before", "days_after", "protocol_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "notifications",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "BOOKING_CONFIRMED",
                "BOOKING_DECLINED",
                "BOOKING_CANCELLED",
                "BOOKING_TOMORROW",
                "WAITLIST_OFFER",
                "DRIVER_UNDER_WAY",
                "AFTER_VISIT",
                "CARE_DUE",
                "CARE_OVERDUE",
                "LICENCE_EXPIRING",
                "MAINTENANCE_DUE",
                "POST_PUBLISHED",
                name="notificationkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel", sa.Enum("EMAIL", "SMS", "PUSH", name="channel", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum("QUEUED", "SENT", "FAILED", "SUPPRESSED", name="notificationstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "suppressed",
            sa.Enum(
                "UNWANTED",
                "NO_ADDRESS",
                "DEAD_ADDRESS",
                "CHANNEL_OFF",
                "OUTDATED",
                "ERASED",
                name="suppression",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Uuid(), nullable=True),
        sa.Column("about_type", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(channel = 'PUSH') = (device_id IS NOT NULL)", name=op.f("ck_notifications_device")),
        sa.CheckConstraint(
            "(status = 'SUPPRESSED') = (suppressed IS NOT NULL)", name=op.f("ck_notifications_why_suppressed")
        ),
        sa.CheckConstraint("channel IN ('EMAIL', 'SMS', 'PUSH')", name=op.f("ck_notifications_channel")),
        sa.CheckConstraint(
            "kind IN ('BOOKING_CONFIRMED', 'BOOKING_DECLINED', 'BOOKING_CANCELLED', 'BOOKING_TOMORROW', 'WAITLIST_OFFER', 'DRIVER_UNDER_WAY', 'AFTER_VISIT', 'CARE_DUE', 'CARE_OVERDUE', 'LICENCE_EXPIRING', 'MAINTENANCE_DUE', 'POST_PUBLISHED')",
            name=op.f("ck_notifications_kind"),
        ),
        sa.CheckConstraint("status <> 'SENT' OR sent_at IS NOT NULL", name=op.f("ck_notifications_sent")),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'SENT', 'FAILED', 'SUPPRESSED')", name=op.f("ck_notifications_status")
        ),
        sa.CheckConstraint(
            "suppressed IN ('UNWANTED', 'NO_ADDRESS', 'DEAD_ADDRESS', 'CHANNEL_OFF', 'OUTDATED', 'ERASED')",
            name=op.f("ck_notifications_suppressed"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_notifications_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["device_tokens.organization_id", "device_tokens.id"],
            name=op.f("fk_notifications_device_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_notifications_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "organization_id", "cause", "channel", "recipient", name=op.f("uq_notifications_cause_channel_recipient")
        ),
    )
    op.create_index(
        op.f("ix_notifications_about_created_at_id"),
        "notifications",
        ["organization_id", "about", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notifications_created_at_id"), "notifications", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_notifications_customer_id_created_at_id"),
        "notifications",
        ["organization_id", "customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notifications_user_id_created_at_id"),
        "notifications",
        ["organization_id", "user_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "sync_runs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", name="syncstatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("subjects", sa.Integer(), server_default="0", nullable=False),
        sa.Column("subjects_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("queued", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')", name=op.f("ck_sync_runs_status")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["partner_connections.organization_id", "partner_connections.id"],
            name=op.f("fk_sync_runs_connection_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_sync_runs_organization_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_sync_runs_requested_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_sync_runs")),
    )
    op.create_index(
        op.f("ix_sync_runs_connection_id_created_at_id"),
        "sync_runs",
        ["organization_id", "connection_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sync_runs_created_at_id"), "sync_runs", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "uq_sync_runs_live",
        "sync_runs",
        ["organization_id", "connection_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "sync_states",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("VACCINATIONS", "REPORTS", name="synckind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("chip_number", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('VACCINATIONS', 'REPORTS')", name=op.f("ck_sync_states_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["partner_connections.organization_id", "partner_connections.id"],
            name=op.f("fk_sync_states_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_sync_states_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_sync_states_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_sync_states")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "kind",
            "subject_id",
            name=op.f("uq_sync_states_connection_id_kind_subject_id"),
        ),
    )
    op.create_table(
        "tags",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Enum("NFC", "QR", name="tagkind", native_enum=False, length=40), nullable=False),
        sa.Column(
            "status", sa.Enum("ACTIVE", "RETIRED", name="tagstatus", native_enum=False, length=40), nullable=False
        ),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("replaced_by_id", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('NFC', 'QR')", name=op.f("ck_tags_kind")),
        sa.CheckConstraint("status IN ('ACTIVE', 'RETIRED')", name=op.f("ck_tags_status")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_tags_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "replaced_by_id"],
            ["tags.organization_id", "tags.id"],
            name=op.f("fk_tags_replaced_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_tags_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_tags_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_tags")),
        sa.UniqueConstraint("organization_id", "uid", name=op.f("uq_tags_uid")),
    )
    op.create_index(op.f("ix_tags_created_at_id"), "tags", ["organization_id", "created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_tags_subject_id_created_at_id"),
        "tags",
        ["organization_id", "subject_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tags_customer_id_created_at_id"),
        "tags",
        ["organization_id", "customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "care_requirements",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("protocol_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "protocol_id"],
            ["care_protocols.organization_id", "care_protocols.id"],
            name=op.f("fk_care_requirements_protocol_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_id"],
            ["services.organization_id", "services.id"],
            name=op.f("fk_care_requirements_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_care_requirements_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_care_requirements")),
        sa.UniqueConstraint(
            "organization_id", "service_id", "protocol_id", name=op.f("uq_care_requirements_service_id_protocol_id")
        ),
    )
    op.create_table(
        "exports",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind", sa.Enum("AUDIT_LOG", "PERSON", name="exportkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "format", sa.Enum("CSV", "JSONL", "ZIP", name="exportformat", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "QUEUED",
                "RUNNING",
                "SUCCEEDED",
                "FAILED",
                "CANCELLED",
                name="exportstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'PERSON') = (customer_id IS NOT NULL)", name=op.f("ck_exports_person")),
        sa.CheckConstraint("(kind = 'PERSON') = (format = 'ZIP')", name=op.f("ck_exports_format_of_kind")),
        sa.CheckConstraint("format IN ('CSV', 'JSONL', 'ZIP')", name=op.f("ck_exports_format")),
        sa.CheckConstraint("jsonb_typeof(filter) = 'object'", name=op.f("ck_exports_filter")),
        sa.CheckConstraint("kind IN ('AUDIT_LOG', 'PERSON')", name=op.f("ck_exports_kind")),
        sa.CheckConstraint("status <> 'SUCCEEDED' OR document_id IS NOT NULL", name=op.f("ck_exports_succeeded")),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')", name=op.f("ck_exports_status")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_exports_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_exports_document_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_exports_organization_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_exports_requested_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_created_at_id"), "exports", ["organization_id", "created_at", "id"], unique=False)
    op.create_table(
        "notification_attempts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "ACCEPTED", "RETRY", "REFUSED", "DEAD_ADDRESS", name="attemptoutcome", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('ACCEPTED', 'RETRY', 'REFUSED', 'DEAD_ADDRESS')", name=op.f("ck_notification_attempts_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "notification_id"],
            ["notifications.organization_id", "notifications.id"],
            name=op.f("fk_notification_attempts_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_notification_attempts_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_notification_attempts")),
    )
    op.create_index(
        op.f("ix_notification_attempts_notification_id_id"),
        "notification_attempts",
        ["organization_id", "notification_id", "id"],
        unique=False,
    )
    op.create_table(
        "sync_issues",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column(
            "problem",
            sa.Enum(
                "MALFORMED",
                "OTHER_SUBJECT",
                "IMPLAUSIBLE",
                "CONFLICT",
                "UNREADABLE",
                "UNREACHABLE",
                name="syncproblem",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "problem IN ('MALFORMED', 'OTHER_SUBJECT', 'IMPLAUSIBLE', 'CONFLICT', 'UNREADABLE', 'UNREACHABLE')",
            name=op.f("ck_sync_issues_problem"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "run_id"],
            ["sync_runs.organization_id", "sync_runs.id"],
            name=op.f("fk_sync_issues_run_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_sync_issues_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_sync_issues_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_sync_issues")),
    )
    op.create_index(op.f("ix_sync_issues_run_id_id"), "sync_issues", ["organization_id", "run_id", "id"], unique=False)
    op.create_table(
        "care_records",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "VACCINATION",
                "CHECK_UP",
                "TREATMENT",
                "SURGERY",
                "ALLERGY",
                "MEDICATION",
                "SERVICE",
                "INSPECTION",
                "REPAIR",
                name="carekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("protocol_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("performed_on", sa.Date(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("batch_number", sa.Text(), nullable=True),
        sa.Column("diagnosis", sa.Text(), nullable=True),
        sa.Column("treatment", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind IN ('VACCINATION', 'CHECK_UP', 'TREATMENT', 'SURGERY', 'ALLERGY', 'MEDICATION', 'SERVICE', 'INSPECTION', 'REPAIR')",
            name=op.f("ck_care_records_kind"),
        ),
        sa.CheckConstraint("(connection_id IS NULL) OR (external_id IS NOT NULL)", name=op.f("ck_care_records_origin")),
        sa.CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name=op.f("ck_care_records_voided")),
        sa.CheckConstraint("next_due_on > performed_on", name=op.f("ck_care_records_next_due")),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_care_records_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["partner_connections.organization_id", "partner_connections.id"],
            name=op.f("fk_care_records_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_care_records_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "partner_id"],
            ["partners.organization_id", "partners.id"],
            name=op.f("fk_care_records_partner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "protocol_id"],
            ["care_protocols.organization_id", "care_protocols.id"],
            name=op.f("fk_care_records_protocol_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_care_records_subject_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_care_records_organization_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_care_records_recorded_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_care_records")),
        sa.UniqueConstraint(
            "organization_id", "connection_id", "external_id", name=op.f("uq_care_records_connection_id_external_id")
        ),
    )
    op.create_index(
        op.f("ix_care_records_customer_id_performed_on_id"),
        "care_records",
        ["organization_id", "customer_id", "performed_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_care_records_performed_on_id"), "care_records", ["organization_id", "performed_on", "id"], unique=False
    )
    op.create_index(
        op.f("ix_care_records_subject_id_performed_on_id"),
        "care_records",
        ["organization_id", "subject_id", "performed_on", "id"],
        unique=False,
    )
    op.create_table(
        "tag_scans",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("CHECK_IN", "CHECK_OUT", "SIGHTING", name="scankind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("scanned_by", sa.Uuid(), nullable=True),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("organization_id"), "="),
            (sa.column("tag_id"), "="),
            (sa.column("kind"), "="),
            (sa.column("counted"), "&&"),
            using="gist",
            name="ex_tag_scans_counted",
        ),
        sa.CheckConstraint("kind IN ('CHECK_IN', 'CHECK_OUT', 'SIGHTING')", name=op.f("ck_tag_scans_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_tag_scans_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_tag_scans_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_tag_scans_driver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "place_id"], ["places.organization_id", "places.id"], name=op.f("fk_tag_scans_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_tag_scans_subject_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "tag_id"], ["tags.organization_id", "tags.id"], name=op.f("fk_tag_scans_tag_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_tag_scans_organization_id")),
        sa.ForeignKeyConstraint(["scanned_by"], ["users.id"], name=op.f("fk_tag_scans_scanned_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_tag_scans")),
    )
    op.create_index(
        op.f("ix_tag_scans_scanned_at_id"), "tag_scans", ["organization_id", "scanned_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_tag_scans_subject_id_scanned_at_id"),
        "tag_scans",
        ["organization_id", "subject_id", "scanned_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tag_scans_tag_id_scanned_at_id"),
        "tag_scans",
        ["organization_id", "tag_id", "scanned_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tag_scans_customer_id_scanned_at_id"),
        "tag_scans",
        ["organization_id", "customer_id", "scanned_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tag_scans_driver_id_scanned_at_id"),
        "tag_scans",
        ["organization_id", "driver_id", "scanned_at", "id"],
        unique=False,
    )
    op.create_table(
        "care_dues",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("protocol_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "VACCINATION",
                "CHECK_UP",
                "TREATMENT",
                "SURGERY",
                "ALLERGY",
                "MEDICATION",
                "SERVICE",
                "INSPECTION",
                "REPAIR",
                name="carekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('VACCINATION', 'CHECK_UP', 'TREATMENT', 'SURGERY', 'ALLERGY', 'MEDICATION', 'SERVICE', 'INSPECTION', 'REPAIR')",
            name=op.f("ck_care_dues_kind"),
        ),
        sa.CheckConstraint("protocol_id IS NOT NULL OR record_id IS NOT NULL", name=op.f("ck_care_dues_origin")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_care_dues_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "protocol_id"],
            ["care_protocols.organization_id", "care_protocols.id"],
            name=op.f("fk_care_dues_protocol_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "record_id"],
            ["care_records.organization_id", "care_records.id"],
            name=op.f("fk_care_dues_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_care_dues_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_care_dues_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_care_dues")),
    )
    op.create_index(
        op.f("ix_care_dues_customer_id_due_on_id"),
        "care_dues",
        ["organization_id", "customer_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_care_dues_due_on_id"), "care_dues", ["organization_id", "due_on", "id"], unique=False)
    op.create_index(op.f("ix_care_dues_protocol_id"), "care_dues", ["organization_id", "protocol_id"], unique=False)
    op.create_index(
        op.f("ix_care_dues_subject_id_due_on_id"),
        "care_dues",
        ["organization_id", "subject_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        "uq_care_dues_protocol",
        "care_dues",
        ["organization_id", "subject_id", "protocol_id"],
        unique=True,
        postgresql_where=sa.text("protocol_id IS NOT NULL"),
    )
    op.create_index(
        "uq_care_dues_record",
        "care_dues",
        ["organization_id", "record_id"],
        unique=True,
        postgresql_where=sa.text("protocol_id IS NULL"),
    )
    op.create_table(
        "care_record_documents",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_care_record_documents_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "record_id"],
            ["care_records.organization_id", "care_records.id"],
            name=op.f("fk_care_record_documents_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_care_record_documents_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_care_record_documents")),
        sa.UniqueConstraint(
            "organization_id", "record_id", "document_id", name=op.f("uq_care_record_documents_record_id_document_id")
        ),
    )
    op.create_index(
        op.f("ix_care_record_documents_document_id"),
        "care_record_documents",
        ["organization_id", "document_id"],
        unique=False,
    )
    op.create_table(
        "review_items",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("PENDING", "ACCEPTED", "REJECTED", name="reviewstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(values) = 'object'", name=op.f("ck_review_items_values")),
        sa.CheckConstraint("status <> 'ACCEPTED' OR record_id IS NOT NULL", name=op.f("ck_review_items_accepted")),
        sa.CheckConstraint("status IN ('PENDING', 'ACCEPTED', 'REJECTED')", name=op.f("ck_review_items_status")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_review_items_decided_by")),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["partner_connections.organization_id", "partner_connections.id"],
            name=op.f("fk_review_items_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "record_id"],
            ["care_records.organization_id", "care_records.id"],
            name=op.f("fk_review_items_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_review_items_subject_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_review_items_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_review_items")),
        sa.UniqueConstraint(
            "organization_id", "connection_id", "external_id", name=op.f("uq_review_items_connection_id_external_id")
        ),
    )
    op.create_index(
        op.f("ix_review_items_created_at_id"), "review_items", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_review_items_status_created_at_id"),
        "review_items",
        ["organization_id", "status", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_items_subject_id_created_at_id"),
        "review_items",
        ["organization_id", "subject_id", "created_at", "id"],
        unique=False,
    )
    for table, column, kind in COLUMNS:
        op.add_column(table, sa.Column(column, kind, nullable=True))
    for column in PREFERENCES:
        op.create_foreign_key(
            op.f(f"fk_pets_{column}"), "pets", "partners", ["organization_id", column], ["organization_id", "id"]
        )
    for column in ("duration_s", "distance_m"):
        op.alter_column("travel_times", column, existing_type=sa.Integer(), nullable=True)
    op.create_check_constraint(
        op.f("ck_travel_times_no_way"), "travel_times", "(duration_s IS NULL) = (distance_m IS NULL)"
    )
    reword("documents", "status", add=("REMOVED",))
    reword("occurrences", "outcome", add=("CARE_MISSING",))
    reword("events", "type", add=EVENT_TYPES)
    reword("due_work", "kind", add=(*WORK_KINDS, *RENAMED_WORK.values()))
    for old, new in RENAMED_WORK.items():
        op.execute(f"UPDATE due_work SET kind = '{new}' WHERE kind = '{old}'")
    reword("due_work", "kind", remove=tuple(RENAMED_WORK))
    op.execute(REFUSE_ERASED)
    for table in PERSONS:
        op.execute(
            f"CREATE TRIGGER refuse_erased BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL) "
            "EXECUTE FUNCTION customers_refuse_erased()"
        )
    for table, grant in FORGETS.items():
        op.execute(f"GRANT {grant} ON {table} TO {AUTH}")
    op.execute(FORGET_USER)
    op.execute("REVOKE ALL ON FUNCTION forget_user(uuid, uuid) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_user(uuid, uuid) TO {SERVER}")
    op.execute(f"GRANT CREATE ON SCHEMA public TO {AUTH}")
    op.execute(f"ALTER FUNCTION forget_user(uuid, uuid) OWNER TO {AUTH}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {AUTH}")
    op.execute(f"GRANT SELECT ON partner_directory TO {SERVER}")
    op.execute(f"GRANT UPDATE ({PERSONAL}) ON event_details TO {SERVER}")
    for table in TENANT_TABLES:
        for statement in protect(table):
            op.execute(statement)


def downgrade() -> None:
    """What the older release has no word for goes with its tables."""
    op.execute(f"SET LOCAL ROLE {AUTH}")
    op.execute("DROP FUNCTION forget_user(uuid, uuid)")
    op.execute("RESET ROLE")
    for table, grant in FORGETS.items():
        op.execute(f"REVOKE {grant} ON {table} FROM {AUTH}")
    for table in PERSONS:
        op.execute(f"DROP TRIGGER refuse_erased ON {table}")
    op.execute("DROP FUNCTION customers_refuse_erased()")
    op.execute(f"REVOKE UPDATE ({PERSONAL}) ON event_details FROM {SERVER}")
    op.execute(f"DELETE FROM due_work WHERE kind IN ({listing(WORK_KINDS)})")
    reword("due_work", "kind", add=tuple(RENAMED_WORK), remove=WORK_KINDS)
    for old, new in RENAMED_WORK.items():
        op.execute(f"UPDATE due_work SET kind = '{old}' WHERE kind = '{new}'")
    reword("due_work", "kind", remove=tuple(RENAMED_WORK.values()))
    unbound(
        ("events", "documents"),
        [
            f"DELETE FROM events WHERE type IN ({listing(EVENT_TYPES)})",
            "UPDATE documents SET status = 'REJECTED' WHERE status = 'REMOVED'",
        ],
    )
    reword("events", "type", remove=EVENT_TYPES)
    reword("documents", "status", remove=("REMOVED",))
    unbound(("occurrences",), ["DELETE FROM occurrences WHERE outcome = 'CARE_MISSING'"])
    reword("occurrences", "outcome", remove=("CARE_MISSING",))
    unbound(("travel_times",), ["DELETE FROM travel_times WHERE duration_s IS NULL"])
    op.drop_constraint(op.f("ck_travel_times_no_way"), "travel_times")
    for column in ("duration_s", "distance_m"):
        op.alter_column("travel_times", column, existing_type=sa.Integer(), nullable=False)
    for column in PREFERENCES:
        op.drop_constraint(op.f(f"fk_pets_{column}"), "pets", type_="foreignkey")
    for table, column, _ in COLUMNS:
        op.drop_column(table, column)
    for table in (*reversed(TENANT_TABLES), "partner_directory"):
        op.drop_table(table)
