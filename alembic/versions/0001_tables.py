"""The tables of the spine."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_organizations_country")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_organizations_currency")),
        sa.CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'", name=op.f("ck_organizations_slug")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "customers",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_customers_phone_e164")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_customers_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_customers_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_customers")),
        sa.UniqueConstraint("organization_id", "external_id", name=op.f("uq_customers_external_id")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_customers_user_id")),
    )
    op.create_index(
        op.f("ix_customers_created_at_id"), "customers", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_customers_name_id"), "customers", ["organization_id", "name", "id"], unique=False)
    op.create_table(
        "drivers",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "OFF_DUTY", "AVAILABLE", "ON_ROUTE", "SUSPENDED", name="driverstatus", native_enum=False, length=40
            ),
            server_default="OFF_DUTY",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_drivers_phone_e164")),
        sa.CheckConstraint(
            "status IN ('OFF_DUTY', 'AVAILABLE', 'ON_ROUTE', 'SUSPENDED')", name=op.f("ck_drivers_status")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_drivers_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_drivers_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_drivers")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_drivers_user_id")),
    )
    op.create_index(
        op.f("ix_drivers_display_name_id"), "drivers", ["organization_id", "display_name", "id"], unique=False
    )
    op.create_table(
        "due_work",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "EXPIRE_HOLD", "PLAN_ROUTES", "MAIL_BOOKING_CONFIRMED", name="workkind", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("ref_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('EXPIRE_HOLD', 'PLAN_ROUTES', 'MAIL_BOOKING_CONFIRMED')", name=op.f("ck_due_work_kind")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_due_work_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_work")),
    )
    op.create_index(op.f("ix_due_work_kind_ref_id"), "due_work", ["organization_id", "kind", "ref_id"], unique=False)
    op.create_index(
        op.f("ix_due_work_run_at_id"),
        "due_work",
        ["run_at", "id"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NULL"),
    )
    op.create_table(
        "event_details",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_event_details_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "seq", name=op.f("pk_event_details")),
    )
    op.create_table(
        "event_heads",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("erased_through", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_event_heads_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_event_heads")),
    )
    op.create_table(
        "events",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "ORGANIZATION_CREATED",
                "CUSTOMER_CREATED",
                "CUSTOMER_UPDATED",
                "PLACE_CREATED",
                "PLACE_UPDATED",
                "SUBJECT_CREATED",
                "SUBJECT_UPDATED",
                "SERVICE_CREATED",
                "SERVICE_UPDATED",
                "SLOT_CREATED",
                "SLOT_UPDATED",
                "BOOKING_HELD",
                "BOOKING_CREATED",
                "BOOKING_CONFIRMED",
                "BOOKING_DECLINED",
                "BOOKING_CANCELLED",
                "BOOKING_CHECKED_IN",
                "BOOKING_COMPLETED",
                "BOOKING_NO_SHOW",
                "BOOKING_EXPIRED",
                "VEHICLE_TYPE_CREATED",
                "VEHICLE_TYPE_UPDATED",
                "VEHICLE_CREATED",
                "VEHICLE_UPDATED",
                "DRIVER_CREATED",
                "DRIVER_UPDATED",
                "DRIVER_STATUS_CHANGED",
                "SHIFT_CREATED",
                "SHIFT_UPDATED",
                "TRANSPORT_CREATED",
                "TRANSPORT_ASSIGNED",
                "TRANSPORT_SCHEDULED",
                "TRANSPORT_UNASSIGNED",
                "TRANSPORT_EN_ROUTE",
                "TRANSPORT_PICKED_UP",
                "TRANSPORT_DELIVERED",
                "TRANSPORT_CANCELLED",
                "PLANNING_REQUESTED",
                "PLANNING_STARTED",
                "PLANNING_SUCCEEDED",
                "PLANNING_FAILED",
                "PLANNING_CANCELLED",
                "ROUTE_OPTIMIZED",
                "ROUTE_PUBLISHED",
                "ROUTE_STARTED",
                "ROUTE_COMPLETED",
                "ROUTE_CANCELLED",
                "STOP_ARRIVED",
                "STOP_COMPLETED",
                "STOP_CANCELLED",
                name="eventtype",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node_type", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("actor_user_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("former_driver_id", sa.Uuid(), nullable=True),
        sa.Column("route_id", sa.Uuid(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("transport_id", sa.Uuid(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "type IN ('ORGANIZATION_CREATED', 'CUSTOMER_CREATED', 'CUSTOMER_UPDATED', 'PLACE_CREATED', 'PLACE_UPDATED', 'SUBJECT_CREATED', 'SUBJECT_UPDATED', 'SERVICE_CREATED', 'SERVICE_UPDATED', 'SLOT_CREATED', 'SLOT_UPDATED', 'BOOKING_HELD', 'BOOKING_CREATED', 'BOOKING_CONFIRMED', 'BOOKING_DECLINED', 'BOOKING_CANCELLED', 'BOOKING_CHECKED_IN', 'BOOKING_COMPLETED', 'BOOKING_NO_SHOW', 'BOOKING_EXPIRED', 'VEHICLE_TYPE_CREATED', 'VEHICLE_TYPE_UPDATED', 'VEHICLE_CREATED', 'VEHICLE_UPDATED', 'DRIVER_CREATED', 'DRIVER_UPDATED', 'DRIVER_STATUS_CHANGED', 'SHIFT_CREATED', 'SHIFT_UPDATED', 'TRANSPORT_CREATED', 'TRANSPORT_ASSIGNED', 'TRANSPORT_SCHEDULED', 'TRANSPORT_UNASSIGNED', 'TRANSPORT_EN_ROUTE', 'TRANSPORT_PICKED_UP', 'TRANSPORT_DELIVERED', 'TRANSPORT_CANCELLED', 'PLANNING_REQUESTED', 'PLANNING_STARTED', 'PLANNING_SUCCEEDED', 'PLANNING_FAILED', 'PLANNING_CANCELLED', 'ROUTE_OPTIMIZED', 'ROUTE_PUBLISHED', 'ROUTE_STARTED', 'ROUTE_COMPLETED', 'ROUTE_CANCELLED', 'STOP_ARRIVED', 'STOP_COMPLETED', 'STOP_CANCELLED')",
            name=op.f("ck_events_type"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_events_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "seq", name=op.f("pk_events")),
    )
    op.create_index(
        op.f("ix_events_booking_id_seq"),
        "events",
        ["organization_id", "booking_id", "seq"],
        unique=False,
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_events_customer_id_seq"),
        "events",
        ["organization_id", "customer_id", "seq"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_events_driver_id_seq"),
        "events",
        ["organization_id", "driver_id", "seq"],
        unique=False,
        postgresql_where=sa.text("driver_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_events_former_driver_id_seq"),
        "events",
        ["organization_id", "former_driver_id", "seq"],
        unique=False,
        postgresql_where=sa.text("former_driver_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_events_node_id_seq"), "events", ["organization_id", "node_id", "seq"], unique=False)
    op.create_index(
        op.f("ix_events_route_id_seq"),
        "events",
        ["organization_id", "route_id", "seq"],
        unique=False,
        postgresql_where=sa.text("route_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_events_transport_id_seq"),
        "events",
        ["organization_id", "transport_id", "seq"],
        unique=False,
        postgresql_where=sa.text("transport_id IS NOT NULL"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_idempotency_keys_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "user_id", "key", "path", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "OWNER", "ADMIN", "DISPATCHER", "STAFF", "DRIVER", "CUSTOMER", name="role", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('OWNER', 'ADMIN', 'DISPATCHER', 'STAFF', 'DRIVER', 'CUSTOMER')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_memberships_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_memberships_user_id")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "planning_runs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "QUEUED",
                "RUNNING",
                "SUCCEEDED",
                "FAILED",
                "CANCELLED",
                name="planningstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("time_limit_s", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("route_count", sa.Integer(), nullable=True),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("assigned_count", sa.Integer(), nullable=True),
        sa.Column("unassigned_count", sa.Integer(), nullable=True),
        sa.Column("baseline_distance_m", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')", name=op.f("ck_planning_runs_status")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_planning_runs_progress")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_planning_runs_organization_id")
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_planning_runs_requested_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_planning_runs")),
    )
    op.create_index(
        op.f("ix_planning_runs_created_at_id"), "planning_runs", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "uq_planning_runs_active",
        "planning_runs",
        ["organization_id", "date"],
        unique=True,
        postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sessions_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["sessions.id"], name=op.f("fk_sessions_previous_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_family_id"), "sessions", ["family_id"], unique=False)
    op.create_index(op.f("ix_sessions_previous_id"), "sessions", ["previous_id"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "vehicle_types",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("capacity", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("equipment", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("jsonb_typeof(capacity) = 'object'", name=op.f("ck_vehicle_types_capacity")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_vehicle_types_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_vehicle_types")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_vehicle_types_name")),
    )
    op.create_table(
        "places",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_places_latitude")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_places_longitude")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_places_customer_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_places_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_places")),
    )
    op.create_index(
        op.f("ix_places_customer_id_label_id"),
        "places",
        ["organization_id", "customer_id", "label", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_places_label_id"), "places", ["organization_id", "label", "id"], unique=False)
    op.create_table(
        "positions",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("speed_mps", sa.Double(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("heading_deg >= 0 AND heading_deg < 360", name=op.f("ck_positions_heading")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_positions_latitude")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_positions_longitude")),
        sa.CheckConstraint("speed_mps >= 0", name=op.f("ck_positions_speed")),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_positions_driver_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_positions_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_positions")),
        sa.UniqueConstraint("organization_id", "driver_id", name=op.f("uq_positions_driver_id")),
    )
    op.create_table(
        "subjects",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind", sa.Enum("PET", "PATIENT", "CAR", name="subjectkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('PET', 'PATIENT', 'CAR')", name=op.f("ck_subjects_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_subjects_customer_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_subjects_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("organization_id", "external_id", name=op.f("uq_subjects_external_id")),
        sa.UniqueConstraint("organization_id", "id", "kind", name=op.f("uq_subjects_id_kind")),
    )
    op.create_index(
        op.f("ix_subjects_customer_id_name_id"),
        "subjects",
        ["organization_id", "customer_id", "name", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_subjects_name_id"), "subjects", ["organization_id", "name", "id"], unique=False)
    op.create_table(
        "vehicles",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("license_plate", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "type_id"],
            ["vehicle_types.organization_id", "vehicle_types.id"],
            name=op.f("fk_vehicles_type_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_vehicles_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("organization_id", "license_plate", name=op.f("uq_vehicles_license_plate")),
    )
    op.create_index(op.f("ix_vehicles_type_id"), "vehicles", ["organization_id", "type_id"], unique=False)
    op.create_table(
        "cars",
        sa.Column("license_plate", sa.Text(), nullable=False),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("mileage_km", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("PET", "PATIENT", "CAR", name="subjectkind", native_enum=False, length=40), nullable=False
        ),
        sa.CheckConstraint("kind = 'CAR'", name=op.f("ck_cars_kind")),
        sa.CheckConstraint("mileage_km >= 0", name=op.f("ck_cars_mileage")),
        sa.ForeignKeyConstraint(
            ["organization_id", "id", "kind"],
            ["subjects.organization_id", "subjects.id", "subjects.kind"],
            name=op.f("fk_cars_id_kind"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", "kind", name=op.f("pk_cars")),
        sa.UniqueConstraint("organization_id", "license_plate", name=op.f("uq_cars_license_plate")),
    )
    op.create_table(
        "patients",
        sa.Column(
            "mobility",
            sa.Enum("WALKING", "WHEELCHAIR", "STRETCHER", name="mobility", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("oxygen", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("PET", "PATIENT", "CAR", name="subjectkind", native_enum=False, length=40), nullable=False
        ),
        sa.CheckConstraint("kind = 'PATIENT'", name=op.f("ck_patients_kind")),
        sa.CheckConstraint("mobility IN ('WALKING', 'WHEELCHAIR', 'STRETCHER')", name=op.f("ck_patients_mobility")),
        sa.ForeignKeyConstraint(
            ["organization_id", "id", "kind"],
            ["subjects.organization_id", "subjects.id", "subjects.kind"],
            name=op.f("fk_patients_id_kind"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", "kind", name=op.f("pk_patients")),
    )
    op.create_table(
        "pets",
        sa.Column(
            "species",
            sa.Enum("DOG", "CAT", "RABBIT", "BIRD", "OTHER", name="species", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("breed", sa.Text(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("chip_number", sa.Text(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("PET", "PATIENT", "CAR", name="subjectkind", native_enum=False, length=40), nullable=False
        ),
        sa.CheckConstraint("kind = 'PET'", name=op.f("ck_pets_kind")),
        sa.CheckConstraint("species IN ('DOG', 'CAT', 'RABBIT', 'BIRD', 'OTHER')", name=op.f("ck_pets_species")),
        sa.CheckConstraint("weight_g > 0", name=op.f("ck_pets_weight")),
        sa.ForeignKeyConstraint(
            ["organization_id", "id", "kind"],
            ["subjects.organization_id", "subjects.id", "subjects.kind"],
            name=op.f("fk_pets_id_kind"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", "kind", name=op.f("pk_pets")),
        sa.UniqueConstraint("organization_id", "chip_number", name=op.f("uq_pets_chip_number")),
    )
    op.create_table(
        "services",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cancellation_notice_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("cancellation_notice_s >= 0", name=op.f("ck_services_cancellation_notice")),
        sa.CheckConstraint("duration_s > 0", name=op.f("ck_services_duration")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_services_price")),
        sa.ForeignKeyConstraint(
            ["organization_id", "place_id"], ["places.organization_id", "places.id"], name=op.f("fk_services_place_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_services_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_services")),
    )
    op.create_index(op.f("ix_services_name_id"), "services", ["organization_id", "name", "id"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_place_id", sa.Uuid(), nullable=False),
        sa.Column("end_place_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("organization_id"), "="),
            (sa.column("driver_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist",
            name="ex_shifts_driver",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("organization_id"), "="),
            (sa.column("vehicle_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist",
            name="ex_shifts_vehicle",
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shifts_times")),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_shifts_driver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "end_place_id"],
            ["places.organization_id", "places.id"],
            name=op.f("fk_shifts_end_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "start_place_id"],
            ["places.organization_id", "places.id"],
            name=op.f("fk_shifts_start_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "vehicle_id"],
            ["vehicles.organization_id", "vehicles.id"],
            name=op.f("fk_shifts_vehicle_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_shifts_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_starts_at_id"), "shifts", ["organization_id", "starts_at", "id"], unique=False)
    op.create_table(
        "routes",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "OPTIMIZED",
                "PUBLISHED",
                "IN_PROGRESS",
                "COMPLETED",
                "CANCELLED",
                name="routestatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("driver_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("planning_run_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'OPTIMIZED', 'PUBLISHED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED')",
            name=op.f("ck_routes_status"),
        ),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_routes_times")),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_routes_driver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "planning_run_id"],
            ["planning_runs.organization_id", "planning_runs.id"],
            name=op.f("fk_routes_planning_run_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "shift_id"], ["shifts.organization_id", "shifts.id"], name=op.f("fk_routes_shift_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "vehicle_id"],
            ["vehicles.organization_id", "vehicles.id"],
            name=op.f("fk_routes_vehicle_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_routes_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_routes")),
    )
    op.create_index(
        op.f("ix_routes_date_starts_at_id"), "routes", ["organization_id", "date", "starts_at", "id"], unique=False
    )
    op.create_index(op.f("ix_routes_driver_id_date"), "routes", ["organization_id", "driver_id", "date"], unique=False)
    op.create_index(
        "uq_routes_shift",
        "routes",
        ["organization_id", "shift_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'CANCELLED'"),
    )
    op.create_table(
        "slots",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "status",
            sa.Enum("OPEN", "CLOSED", name="slotstatus", native_enum=False, length=40),
            server_default="OPEN",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'CLOSED')", name=op.f("ck_slots_status")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_slots_capacity")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_slots_times")),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name=op.f("ck_slots_taken")),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_id"],
            ["services.organization_id", "services.id"],
            name=op.f("fk_slots_service_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_slots_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_slots")),
    )
    op.create_index(
        op.f("ix_slots_service_id_starts_at_id"),
        "slots",
        ["organization_id", "service_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_slots_starts_at_id"), "slots", ["organization_id", "starts_at", "id"], unique=False)
    op.create_table(
        "bookings",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "HELD",
                "PENDING",
                "CONFIRMED",
                "CHECKED_IN",
                "COMPLETED",
                "DECLINED",
                "CANCELLED",
                "NO_SHOW",
                "EXPIRED",
                name="bookingstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(status = 'HELD') <= (held_until IS NOT NULL)", name=op.f("ck_bookings_held_until")),
        sa.CheckConstraint(
            "status IN ('HELD', 'PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'DECLINED', 'CANCELLED', 'NO_SHOW', 'EXPIRED')",
            name=op.f("ck_bookings_status"),
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_bookings_price")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_bookings_times")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_bookings_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_id"],
            ["services.organization_id", "services.id"],
            name=op.f("fk_bookings_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "slot_id"], ["slots.organization_id", "slots.id"], name=op.f("fk_bookings_slot_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_bookings_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_bookings_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_bookings_number")),
    )
    op.create_index(
        op.f("ix_bookings_created_at_id"), "bookings", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_bookings_customer_id_starts_at_id"),
        "bookings",
        ["organization_id", "customer_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bookings_service_id_starts_at_id"),
        "bookings",
        ["organization_id", "service_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_bookings_slot_id"), "bookings", ["organization_id", "slot_id"], unique=False)
    op.create_index(op.f("ix_bookings_starts_at_id"), "bookings", ["organization_id", "starts_at", "id"], unique=False)
    op.create_index(
        op.f("ix_bookings_status_starts_at_id"),
        "bookings",
        ["organization_id", "status", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bookings_subject_id_starts_at_id"),
        "bookings",
        ["organization_id", "subject_id", "starts_at", "id"],
        unique=False,
    )
    op.create_table(
        "allocations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_allocations_quantity")),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_allocations_booking_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "slot_id"], ["slots.organization_id", "slots.id"], name=op.f("fk_allocations_slot_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_allocations_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_allocations")),
        sa.UniqueConstraint("organization_id", "booking_id", "slot_id", name=op.f("uq_allocations_booking_id_slot_id")),
    )
    op.create_index(op.f("ix_allocations_slot_id"), "allocations", ["organization_id", "slot_id"], unique=False)
    op.create_table(
        "transports",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("TO_SITE", "FROM_SITE", "POINT_TO_POINT", name="transportkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "ASSIGNED",
                "EN_ROUTE",
                "PICKED_UP",
                "DELIVERED",
                "FAILED",
                "RETURNED",
                "CANCELLED",
                name="transportstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority",
            sa.Enum("LOW", "NORMAL", "HIGH", "EMERGENCY", name="priority", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("pickup_place_id", sa.Uuid(), nullable=False),
        sa.Column("dropoff_place_id", sa.Uuid(), nullable=False),
        sa.Column("pickup_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pickup_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropoff_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropoff_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pickup_service_s", sa.Integer(), nullable=False),
        sa.Column("dropoff_service_s", sa.Integer(), nullable=False),
        sa.Column("demand", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("cod_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("route_id", sa.Uuid(), nullable=True),
        sa.Column(
            "unassigned_reason",
            sa.Enum(
                "NO_VEHICLE",
                "CAPACITY",
                "WINDOW_UNREACHABLE",
                "SHIFT_TOO_SHORT",
                "NOT_ENOUGH_ROOM",
                name="unassignedreason",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(status IN ('PENDING', 'CANCELLED')) OR (driver_id IS NOT NULL AND route_id IS NOT NULL)",
            name=op.f("ck_transports_assigned"),
        ),
        sa.CheckConstraint("jsonb_typeof(demand) = 'object'", name=op.f("ck_transports_demand")),
        sa.CheckConstraint("kind IN ('TO_SITE', 'FROM_SITE', 'POINT_TO_POINT')", name=op.f("ck_transports_kind")),
        sa.CheckConstraint("priority IN ('LOW', 'NORMAL', 'HIGH', 'EMERGENCY')", name=op.f("ck_transports_priority")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'ASSIGNED', 'EN_ROUTE', 'PICKED_UP', 'DELIVERED', 'FAILED', 'RETURNED', 'CANCELLED')",
            name=op.f("ck_transports_status"),
        ),
        sa.CheckConstraint(
            "unassigned_reason IN ('NO_VEHICLE', 'CAPACITY', 'WINDOW_UNREACHABLE', 'SHIFT_TOO_SHORT', 'NOT_ENOUGH_ROOM')",
            name=op.f("ck_transports_unassigned_reason"),
        ),
        sa.CheckConstraint("(cod_minor IS NULL) = (currency IS NULL)", name=op.f("ck_transports_cod_currency")),
        sa.CheckConstraint("cod_minor > 0", name=op.f("ck_transports_cod")),
        sa.CheckConstraint("dropoff_from < dropoff_until", name=op.f("ck_transports_dropoff_window")),
        sa.CheckConstraint("pickup_from < dropoff_until", name=op.f("ck_transports_windows")),
        sa.CheckConstraint("pickup_from < pickup_until", name=op.f("ck_transports_pickup_window")),
        sa.CheckConstraint("pickup_place_id <> dropoff_place_id", name=op.f("ck_transports_places")),
        sa.CheckConstraint(
            "pickup_service_s >= 0 AND dropoff_service_s >= 0", name=op.f("ck_transports_service_times")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_transports_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_transports_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_transports_driver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "dropoff_place_id"],
            ["places.organization_id", "places.id"],
            name=op.f("fk_transports_dropoff_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "pickup_place_id"],
            ["places.organization_id", "places.id"],
            name=op.f("fk_transports_pickup_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "route_id"],
            ["routes.organization_id", "routes.id"],
            name=op.f("fk_transports_route_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_transports_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_transports_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_transports")),
    )
    op.create_index(op.f("ix_transports_booking_id"), "transports", ["organization_id", "booking_id"], unique=False)
    op.create_index(
        op.f("ix_transports_created_at_id"), "transports", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_transports_customer_id_pickup_from_id"),
        "transports",
        ["organization_id", "customer_id", "pickup_from", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_transports_driver_id_status"), "transports", ["organization_id", "driver_id", "status"], unique=False
    )
    op.create_index(
        op.f("ix_transports_pickup_from_id"), "transports", ["organization_id", "pickup_from", "id"], unique=False
    )
    op.create_index(op.f("ix_transports_route_id"), "transports", ["organization_id", "route_id"], unique=False)
    op.create_index(op.f("ix_transports_subject_id"), "transports", ["organization_id", "subject_id"], unique=False)
    op.create_index(
        "uq_transports_leg",
        "transports",
        ["organization_id", "booking_id", "kind"],
        unique=True,
        postgresql_where=sa.text("booking_id IS NOT NULL AND status NOT IN ('CANCELLED', 'FAILED', 'RETURNED')"),
    )
    op.create_table(
        "stops",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("transport_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("PICKUP", "DROPOFF", name="stopkind", native_enum=False, length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PLANNED",
                "ARRIVED",
                "DONE",
                "SKIPPED",
                "FAILED",
                "CANCELLED",
                name="stopstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('PICKUP', 'DROPOFF')", name=op.f("ck_stops_kind")),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'ARRIVED', 'DONE', 'SKIPPED', 'FAILED', 'CANCELLED')", name=op.f("ck_stops_status")
        ),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_stops_sequence")),
        sa.ForeignKeyConstraint(
            ["organization_id", "place_id"], ["places.organization_id", "places.id"], name=op.f("fk_stops_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "route_id"],
            ["routes.organization_id", "routes.id"],
            name=op.f("fk_stops_route_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "transport_id"],
            ["transports.organization_id", "transports.id"],
            name=op.f("fk_stops_transport_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_stops_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_stops")),
        sa.UniqueConstraint("organization_id", "route_id", "sequence", name=op.f("uq_stops_route_id_sequence")),
    )
    op.create_index(
        "uq_stops_transport",
        "stops",
        ["organization_id", "transport_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status IN ('PLANNED', 'ARRIVED', 'DONE')"),
    )
    op.create_table(
        "unassigned_transports",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("planning_run_id", sa.Uuid(), nullable=False),
        sa.Column("transport_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "NO_VEHICLE",
                "CAPACITY",
                "WINDOW_UNREACHABLE",
                "SHIFT_TOO_SHORT",
                "NOT_ENOUGH_ROOM",
                name="unassignedreason",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "reason IN ('NO_VEHICLE', 'CAPACITY', 'WINDOW_UNREACHABLE', 'SHIFT_TOO_SHORT', 'NOT_ENOUGH_ROOM')",
            name=op.f("ck_unassigned_transports_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "planning_run_id"],
            ["planning_runs.organization_id", "planning_runs.id"],
            name=op.f("fk_unassigned_transports_planning_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "transport_id"],
            ["transports.organization_id", "transports.id"],
            name=op.f("fk_unassigned_transports_transport_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_unassigned_transports_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_unassigned_transports")),
        sa.UniqueConstraint(
            "organization_id",
            "planning_run_id",
            "transport_id",
            name=op.f("uq_unassigned_transports_planning_run_id_transport_id"),
        ),
    )
    op.create_index(
        op.f("ix_unassigned_transports_transport_id"),
        "unassigned_transports",
        ["organization_id", "transport_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_unassigned_transports_transport_id"), table_name="unassigned_transports")
    op.drop_table("unassigned_transports")
    op.drop_index(
        "uq_stops_transport", table_name="stops", postgresql_where=sa.text("status IN ('PLANNED', 'ARRIVED', 'DONE')")
    )
    op.drop_table("stops")
    op.drop_index(
        "uq_transports_leg",
        table_name="transports",
        postgresql_where=sa.text("booking_id IS NOT NULL AND status NOT IN ('CANCELLED', 'FAILED', 'RETURNED')"),
    )
    op.drop_index(op.f("ix_transports_subject_id"), table_name="transports")
    op.drop_index(op.f("ix_transports_route_id"), table_name="transports")
    op.drop_index(op.f("ix_transports_pickup_from_id"), table_name="transports")
    op.drop_index(op.f("ix_transports_driver_id_status"), table_name="transports")
    op.drop_index(op.f("ix_transports_customer_id_pickup_from_id"), table_name="transports")
    op.drop_index(op.f("ix_transports_created_at_id"), table_name="transports")
    op.drop_index(op.f("ix_transports_booking_id"), table_name="transports")
    op.drop_table("transports")
    op.drop_index(op.f("ix_allocations_slot_id"), table_name="allocations")
    op.drop_table("allocations")
    op.drop_index(op.f("ix_bookings_subject_id_starts_at_id"), table_name="bookings")
    op.drop_index(op.f("ix_bookings_status_starts_at_id"), table_name="bookings")
    op.drop_index(op.f("ix_bookings_starts_at_id"), table_name="bookings")
    op.drop_index(op.f("ix_bookings_slot_id"), table_name="bookings")
    op.drop_index(op.f("ix_bookings_service_id_starts_at_id"), table_name="bookings")
    op.drop_index(op.f("ix_bookings_customer_id_starts_at_id"), table_name="bookings")
    op.drop_index(op.f("ix_bookings_created_at_id"), table_name="bookings")
    op.drop_table("bookings")
    op.drop_index(op.f("ix_slots_starts_at_id"), table_name="slots")
    op.drop_index(op.f("ix_slots_service_id_starts_at_id"), table_name="slots")
    op.drop_table("slots")
    op.drop_index("uq_routes_shift", table_name="routes", postgresql_where=sa.text("status <> 'CANCELLED'"))
    op.drop_index(op.f("ix_routes_driver_id_date"), table_name="routes")
    op.drop_index(op.f("ix_routes_date_starts_at_id"), table_name="routes")
    op.drop_table("routes")
    op.drop_index(op.f("ix_shifts_starts_at_id"), table_name="shifts")
    op.drop_table("shifts")
    op.drop_index(op.f("ix_services_name_id"), table_name="services")
    op.drop_table("services")
    op.drop_table("pets")
    op.drop_table("patients")
    op.drop_table("cars")
    op.drop_index(op.f("ix_vehicles_type_id"), table_name="vehicles")
    op.drop_table("vehicles")
    op.drop_index(op.f("ix_subjects_name_id"), table_name="subjects")
    op.drop_index(op.f("ix_subjects_customer_id_name_id"), table_name="subjects")
    op.drop_table("subjects")
    op.drop_table("positions")
    op.drop_index(op.f("ix_places_label_id"), table_name="places")
    op.drop_index(op.f("ix_places_customer_id_label_id"), table_name="places")
    op.drop_table("places")
    op.drop_table("vehicle_types")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_previous_id"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_family_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(
        "uq_planning_runs_active",
        table_name="planning_runs",
        postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')"),
    )
    op.drop_index(op.f("ix_planning_runs_created_at_id"), table_name="planning_runs")
    op.drop_table("planning_runs")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("idempotency_keys")
    op.drop_index(
        op.f("ix_events_transport_id_seq"), table_name="events", postgresql_where=sa.text("transport_id IS NOT NULL")
    )
    op.drop_index(op.f("ix_events_route_id_seq"), table_name="events", postgresql_where=sa.text("route_id IS NOT NULL"))
    op.drop_index(op.f("ix_events_node_id_seq"), table_name="events")
    op.drop_index(
        op.f("ix_events_former_driver_id_seq"),
        table_name="events",
        postgresql_where=sa.text("former_driver_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_events_driver_id_seq"), table_name="events", postgresql_where=sa.text("driver_id IS NOT NULL")
    )
    op.drop_index(
        op.f("ix_events_customer_id_seq"), table_name="events", postgresql_where=sa.text("customer_id IS NOT NULL")
    )
    op.drop_index(
        op.f("ix_events_booking_id_seq"), table_name="events", postgresql_where=sa.text("booking_id IS NOT NULL")
    )
    op.drop_table("events")
    op.drop_table("event_heads")
    op.drop_table("event_details")
    op.drop_index(op.f("ix_due_work_run_at_id"), table_name="due_work", postgresql_where=sa.text("failed_at IS NULL"))
    op.drop_index(op.f("ix_due_work_kind_ref_id"), table_name="due_work")
    op.drop_table("due_work")
    op.drop_index(op.f("ix_drivers_display_name_id"), table_name="drivers")
    op.drop_table("drivers")
    op.drop_index(op.f("ix_customers_name_id"), table_name="customers")
    op.drop_index(op.f("ix_customers_created_at_id"), table_name="customers")
    op.drop_table("customers")
    op.drop_table("users")
    op.drop_table("organizations")
