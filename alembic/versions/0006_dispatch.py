"""Dispatch: teams, absences, documents and proofs, tracks, travel times and directions; and what a day can demand."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.policies import SERVER, protect

revision = "0006"
down_revision = "0005"

TENANT_TABLES = (
    "teams",
    "documents",
    "travel_times",
    "absences",
    "track_points",
    "directions",
    "tracking_links",
    "proofs",
)

COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("drivers", sa.Column("team_id", sa.Uuid(), nullable=True)),
    ("drivers", sa.Column("skills", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)),
    ("drivers", sa.Column("licence_number", sa.Text(), nullable=True)),
    ("drivers", sa.Column("licence_expires_on", sa.Date(), nullable=True)),
    ("planning_runs", sa.Column("fewest_vehicles", sa.Boolean(), server_default="false", nullable=False)),
    ("planning_runs", sa.Column("balanced", sa.Boolean(), server_default="false", nullable=False)),
    ("planning_runs", sa.Column("elapsed_s", sa.Integer(), nullable=True)),
    ("planning_runs", sa.Column("best_objective", sa.BigInteger(), nullable=True)),
    ("planning_runs", sa.Column("estimated", sa.Boolean(), server_default="false", nullable=False)),
    (
        "routes",
        sa.Column("breaks", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    ),
    ("routes", sa.Column("estimated", sa.Boolean(), server_default="false", nullable=False)),
    ("routes", sa.Column("forced_reason", sa.Text(), nullable=True)),
    (
        "shifts",
        sa.Column("breaks", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    ),
    ("shifts", sa.Column("duration_s_max", sa.Integer(), nullable=True)),
    ("shifts", sa.Column("driving_s_max", sa.Integer(), nullable=True)),
    ("shifts", sa.Column("cost_per_hour_minor", sa.BigInteger(), nullable=True)),
    ("shifts", sa.Column("cost_per_km_minor", sa.BigInteger(), nullable=True)),
    ("stops", sa.Column("suggested_at", sa.DateTime(timezone=True), nullable=True)),
    ("stops", sa.Column("late_since", sa.DateTime(timezone=True), nullable=True)),
    (
        "stops",
        sa.Column(
            "failure_reason",
            sa.Enum(
                "NOBODY_THERE",
                "REFUSED",
                "WRONG_ADDRESS",
                "NO_ACCESS",
                "NOT_READY",
                "DAMAGED",
                "VEHICLE",
                "OTHER",
                name="stopfailurereason",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
    ),
    ("stops", sa.Column("notes", sa.Text(), nullable=True)),
    ("transports", sa.Column("pickup_windows", postgresql.TSTZMULTIRANGE(), nullable=True)),
    ("transports", sa.Column("dropoff_windows", postgresql.TSTZMULTIRANGE(), nullable=True)),
    (
        "transports",
        sa.Column("required_equipment", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    ),
    (
        "transports",
        sa.Column("required_skills", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    ),
    ("transports", sa.Column("ride_s_max", sa.Integer(), nullable=True)),
    ("transports", sa.Column("load_class", sa.Text(), nullable=True)),
    (
        "transports",
        sa.Column("apart_from", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    ),
    ("transports", sa.Column("outbound_id", sa.Uuid(), nullable=True)),
    ("transports", sa.Column("pinned_driver_id", sa.Uuid(), nullable=True)),
    ("transports", sa.Column("pinned_route_id", sa.Uuid(), nullable=True)),
    ("transports", sa.Column("contact_name", sa.Text(), nullable=True)),
    ("transports", sa.Column("contact_phone", sa.Text(), nullable=True)),
    (
        "transports",
        sa.Column("proof_required", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    ),
    ("transports", sa.Column("code", sa.Text(), nullable=True)),
    ("vehicles", sa.Column("capacity", postgresql.JSONB(astext_type=sa.Text()), nullable=True)),
    ("vehicles", sa.Column("equipment", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)),
    ("vehicles", sa.Column("odometer_m", sa.BigInteger(), server_default="0", nullable=False)),
    ("vehicles", sa.Column("maintenance_due_on", sa.Date(), nullable=True)),
    ("vehicles", sa.Column("maintenance_due_odometer_m", sa.BigInteger(), nullable=True)),
)

REFERENCES = (
    ("drivers", "team_id", "teams"),
    ("transports", "outbound_id", "transports"),
    ("transports", "pinned_driver_id", "drivers"),
    ("transports", "pinned_route_id", "routes"),
)

CHECKS = {
    ("vehicles", "capacity"): "jsonb_typeof(capacity) = 'object'",
    ("vehicles", "odometer"): "odometer_m >= 0 AND maintenance_due_odometer_m >= 0",
    ("shifts", "breaks"): "jsonb_typeof(breaks) = 'array'",
    ("shifts", "limits"): "duration_s_max > 0 AND driving_s_max > 0",
    ("shifts", "costs"): "cost_per_hour_minor >= 0 AND cost_per_km_minor >= 0",
    ("stops", "failed"): "(status = 'FAILED') = (failure_reason IS NOT NULL)",
    ("stops", "failure_reason"): "failure_reason IN ('NOBODY_THERE', 'REFUSED', 'WRONG_ADDRESS', 'NO_ACCESS', "
    "'NOT_READY', 'DAMAGED', 'VEHICLE', 'OTHER')",
    ("transports", "pickup_windows"): "lower(pickup_windows) = pickup_from AND upper(pickup_windows) = pickup_until",
    ("transports", "dropoff_windows"): "lower(dropoff_windows) = dropoff_from "
    "AND upper(dropoff_windows) = dropoff_until",
    ("transports", "ride_s_max"): "ride_s_max > 0",
    ("transports", "contact_phone"): "contact_phone ~ '^\\+[1-9][0-9]{6,14}$'",
    ("transports", "proof_required"): "proof_required <@ ARRAY['SIGNATURE', 'PHOTO', 'BARCODE', 'CODE']",
}

# Words that were added to lists which a CHECK closes: (table, column): (those of old, the new ones).
UNASSIGNED = (
    ("NO_VEHICLE", "CAPACITY", "WINDOW_UNREACHABLE", "SHIFT_TOO_SHORT", "NOT_ENOUGH_ROOM"),
    ("NOT_ALLOWED", "EQUIPMENT", "RIDE_TIME", "NOT_ENOUGH_TIME"),
)
WORK_KINDS = (
    "END_WAITING",
    "EXPIRE_HOLD",
    "EXTEND_SCHEDULE",
    "EXTEND_SERIES",
    "MAIL_BOOKING_CONFIRMED",
    "MAIL_WAITLIST_OFFER",
    "OFFER_PLACES",
    "PLAN_ROUTES",
)
NEW_WORK_KINDS = (
    "WARN_OF_LICENCE",
    "WARN_OF_MAINTENANCE",
    "FETCH_DIRECTIONS",
    "PROCESS_DOCUMENT",
    "EXPIRE_UPLOAD",
    "MAIL_LICENCE_EXPIRING",
    "MAIL_MAINTENANCE_DUE",
)
EVENT_TYPES = (
    "BOOKING_CANCELLED",
    "BOOKING_CHARGED",
    "BOOKING_CHECKED_IN",
    "BOOKING_COMPLETED",
    "BOOKING_CONFIRMED",
    "BOOKING_CREATED",
    "BOOKING_DECLINED",
    "BOOKING_EXPIRED",
    "BOOKING_GROUP_CREATED",
    "BOOKING_HELD",
    "BOOKING_NO_SHOW",
    "BOOKING_RESCHEDULED",
    "CALENDAR_FEED_CREATED",
    "CALENDAR_FEED_REVOKED",
    "CUSTOMER_CREATED",
    "CUSTOMER_UPDATED",
    "DRIVER_CREATED",
    "DRIVER_STATUS_CHANGED",
    "DRIVER_UPDATED",
    "ORGANIZATION_CREATED",
    "PLACE_CREATED",
    "PLACE_UPDATED",
    "PLANNING_CANCELLED",
    "PLANNING_FAILED",
    "PLANNING_REQUESTED",
    "PLANNING_STARTED",
    "PLANNING_SUCCEEDED",
    "RESOURCE_CREATED",
    "RESOURCE_POOL_CREATED",
    "RESOURCE_POOL_UPDATED",
    "RESOURCE_UPDATED",
    "ROUTE_CANCELLED",
    "ROUTE_COMPLETED",
    "ROUTE_OPTIMIZED",
    "ROUTE_PUBLISHED",
    "ROUTE_STARTED",
    "SCHEDULE_CREATED",
    "SCHEDULE_EXCEPTION_CREATED",
    "SCHEDULE_EXCEPTION_REMOVED",
    "SCHEDULE_PLANNED",
    "SCHEDULE_UPDATED",
    "SERIES_CREATED",
    "SERIES_ENDED",
    "SERIES_EXTENDED",
    "SERIES_PAUSED",
    "SERIES_RESUMED",
    "SERIES_UPDATED",
    "SERVICE_CREATED",
    "SERVICE_UPDATED",
    "SHIFT_CREATED",
    "SHIFT_UPDATED",
    "SLOT_CREATED",
    "SLOT_UPDATED",
    "STOP_ARRIVED",
    "STOP_CANCELLED",
    "STOP_COMPLETED",
    "SUBJECT_CREATED",
    "SUBJECT_UPDATED",
    "TRANSPORT_ASSIGNED",
    "TRANSPORT_CANCELLED",
    "TRANSPORT_CREATED",
    "TRANSPORT_DELIVERED",
    "TRANSPORT_EN_ROUTE",
    "TRANSPORT_PICKED_UP",
    "TRANSPORT_SCHEDULED",
    "TRANSPORT_UNASSIGNED",
    "VEHICLE_CREATED",
    "VEHICLE_TYPE_CREATED",
    "VEHICLE_TYPE_UPDATED",
    "VEHICLE_UPDATED",
    "WAITLIST_ACCEPTED",
    "WAITLIST_EXPIRED",
    "WAITLIST_JOINED",
    "WAITLIST_LEFT",
    "WAITLIST_OFFERED",
)
NEW_EVENT_TYPES = (
    "TEAM_CREATED",
    "TEAM_UPDATED",
    "MAINTENANCE_DUE",
    "LICENCE_EXPIRING",
    "ABSENCE_CREATED",
    "ABSENCE_REMOVED",
    "SHIFT_REMOVED",
    "TRANSPORT_UPDATED",
    "TRANSPORT_FAILED",
    "TRANSPORT_RETURNED",
    "TRANSPORT_LATE",
    "TRACKING_LINK_CREATED",
    "TRACKING_LINK_REVOKED",
    "ROUTE_CHANGED",
    "ROUTE_DRIVER_CHANGED",
    "STOP_SKIPPED",
    "STOP_FAILED",
    "STOP_ARRIVAL_SUGGESTED",
    "TRANSPORT_CODE_REFUSED",
    "ROUTE_ETAS_CHANGED",
    "DOCUMENT_CREATED",
    "DOCUMENT_READY",
    "DOCUMENT_REJECTED",
)
WORDS = {
    ("transports", "unassigned_reason"): UNASSIGNED,
    ("unassigned_transports", "reason"): UNASSIGNED,
    ("stops", "kind"): (("PICKUP", "DROPOFF"), ("RETURN",)),
    ("due_work", "kind"): (WORK_KINDS, NEW_WORK_KINDS),
    ("events", "type"): (EVENT_TYPES, NEW_EVENT_TYPES),
}

# The server owns nothing, so it asks for partitions: those of some days are made, those of days gone by thrown away.
KEEP_TRACKS = """
    CREATE FUNCTION keep_tracks(first date, last date, oldest date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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
    END $$"""


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_teams_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_teams")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_teams_name")),
    )
    op.create_table(
        "documents",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "status",
            sa.Enum("AWAITED", "RECEIVED", "READY", "REJECTED", name="documentstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("byte_size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("has_thumbnail", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("rejected_reason", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status <> 'READY' OR (content_type IS NOT NULL AND sha256 IS NOT NULL)", name=op.f("ck_documents_ready")
        ),
        sa.CheckConstraint("status IN ('AWAITED', 'RECEIVED', 'READY', 'REJECTED')", name=op.f("ck_documents_status")),
        sa.CheckConstraint("byte_size >= 0", name=op.f("ck_documents_byte_size")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_documents_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_documents_driver_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_documents_organization_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_documents_uploaded_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_documents")),
    )
    op.create_table(
        "travel_times",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("band", sa.SmallInteger(), nullable=False),
        sa.Column("origin_lat_e5", sa.Integer(), nullable=False),
        sa.Column("origin_lng_e5", sa.Integer(), nullable=False),
        sa.Column("target_lat_e5", sa.Integer(), nullable=False),
        sa.Column("target_lng_e5", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("duration_s >= 0 AND distance_m >= 0", name=op.f("ck_travel_times_amounts")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_travel_times_organization_id")
        ),
        sa.PrimaryKeyConstraint(
            "organization_id",
            "provider",
            "band",
            "origin_lat_e5",
            "origin_lng_e5",
            "target_lat_e5",
            "target_lng_e5",
            name=op.f("pk_travel_times"),
        ),
    )
    op.create_table(
        "absences",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(driver_id, vehicle_id) = 1", name=op.f("ck_absences_who")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_absences_times")),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_absences_driver_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "vehicle_id"],
            ["vehicles.organization_id", "vehicles.id"],
            name=op.f("fk_absences_vehicle_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_absences_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_absences")),
    )
    op.create_table(
        "track_points",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("speed_mps", sa.Double(), nullable=True),
        sa.CheckConstraint("heading_deg >= 0 AND heading_deg < 360", name=op.f("ck_track_points_heading")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_track_points_latitude")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_track_points_longitude")),
        sa.CheckConstraint("speed_mps >= 0", name=op.f("ck_track_points_speed")),
        sa.PrimaryKeyConstraint("organization_id", "driver_id", "recorded_at", name=op.f("pk_track_points")),
        postgresql_partition_by="RANGE (recorded_at)",
    )
    op.create_table(
        "directions",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("polyline", sa.Text(), nullable=False),
        sa.Column("legs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(legs) = 'array'", name=op.f("ck_directions_legs")),
        sa.ForeignKeyConstraint(
            ["organization_id", "route_id"],
            ["routes.organization_id", "routes.id"],
            name=op.f("fk_directions_route_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_directions_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_directions")),
        sa.UniqueConstraint("organization_id", "route_id", name=op.f("uq_directions_route_id")),
    )
    op.create_table(
        "tracking_links",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("transport_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_tracking_links_created_by")),
        sa.ForeignKeyConstraint(
            ["organization_id", "transport_id"],
            ["transports.organization_id", "transports.id"],
            name=op.f("fk_tracking_links_transport_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tracking_links_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_tracking_links")),
    )
    op.create_table(
        "proofs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("stop_id", sa.Uuid(), nullable=False),
        sa.Column("transport_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("SIGNATURE", "PHOTO", "BARCODE", "CODE", name="proofkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'BARCODE') = (barcode IS NOT NULL)", name=op.f("ck_proofs_barcode")),
        sa.CheckConstraint(
            "(kind IN ('SIGNATURE', 'PHOTO')) = (document_id IS NOT NULL)", name=op.f("ck_proofs_document")
        ),
        sa.CheckConstraint("kind IN ('SIGNATURE', 'PHOTO', 'BARCODE', 'CODE')", name=op.f("ck_proofs_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_proofs_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "stop_id"], ["stops.organization_id", "stops.id"], name=op.f("fk_proofs_stop_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "transport_id"],
            ["transports.organization_id", "transports.id"],
            name=op.f("fk_proofs_transport_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_proofs_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_proofs")),
        sa.UniqueConstraint("organization_id", "document_id", name=op.f("uq_proofs_document_id")),
    )
    op.create_index(op.f("ix_travel_times_fetched_at"), "travel_times", ["organization_id", "fetched_at"], unique=False)
    op.create_index(
        op.f("ix_absences_driver_id_starts_at"), "absences", ["organization_id", "driver_id", "starts_at"], unique=False
    )
    op.create_index(op.f("ix_absences_starts_at_id"), "absences", ["organization_id", "starts_at", "id"], unique=False)
    op.create_index(
        op.f("ix_absences_vehicle_id_starts_at"),
        "absences",
        ["organization_id", "vehicle_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_documents_created_at_id"), "documents", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_documents_customer_id_created_at"),
        "documents",
        ["organization_id", "customer_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_documents_driver_id_created_at"),
        "documents",
        ["organization_id", "driver_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tracking_links_transport_id_created_at"),
        "tracking_links",
        ["organization_id", "transport_id", "created_at"],
        unique=False,
    )
    op.create_index(op.f("ix_proofs_stop_id"), "proofs", ["organization_id", "stop_id"], unique=False)
    op.create_index(op.f("ix_proofs_transport_id"), "proofs", ["organization_id", "transport_id"], unique=False)
    for table, added in COLUMNS:
        op.add_column(table, added)
    for table, column, target in REFERENCES:
        op.create_foreign_key(
            op.f(f"fk_{table}_{column}"), table, target, ["organization_id", column], ["organization_id", "id"]
        )
    op.alter_column("shifts", "end_place_id", existing_type=sa.UUID(), nullable=True)
    _one_shift_at_once("DEFERRABLE INITIALLY IMMEDIATE")
    for (table, name), condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    for (table, column), (old, new) in WORDS.items():
        _close(table, column, old + new)
    for table in TENANT_TABLES:
        for statement in protect(table):
            op.execute(statement)
    op.execute(KEEP_TRACKS)
    op.execute("REVOKE ALL ON FUNCTION keep_tracks(date, date, date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION keep_tracks(date, date, date) TO {SERVER}")


def downgrade() -> None:
    """What the older release has no word for goes with its tables."""
    op.execute("DROP FUNCTION keep_tracks(date, date, date)")
    _forget()
    for (table, column), (old, _) in WORDS.items():
        _close(table, column, old)
    for table, name in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    _one_shift_at_once("NOT DEFERRABLE")
    op.alter_column("shifts", "end_place_id", existing_type=sa.UUID(), nullable=False)
    for table, column, _ in REFERENCES:
        op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    for table, added in COLUMNS:
        op.drop_column(table, added.name)
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)


def _one_shift_at_once(checked: str) -> None:
    """At the end of a statement, so that one statement can swap two drivers."""
    op.execute("ALTER TABLE shifts DROP CONSTRAINT ex_shifts_driver")
    op.execute(
        "ALTER TABLE shifts ADD CONSTRAINT ex_shifts_driver EXCLUDE USING gist (organization_id WITH =, "
        f"driver_id WITH =, tstzrange(starts_at, ends_at) WITH &&) {checked}"
    )


def _forget() -> None:
    new = {column: _listed(words) for column, (_, words) in WORDS.items()}
    _unbound(
        ("events", "proofs", "shifts", "stops", "transports", "unassigned_transports"),
        [
            f"DELETE FROM due_work WHERE kind IN ({new['due_work', 'kind']})",
            f"DELETE FROM events WHERE type IN ({new['events', 'type']})",
            f"UPDATE unassigned_transports SET reason = 'NOT_ENOUGH_ROOM' WHERE reason IN ({_listed(UNASSIGNED[1])})",
            "UPDATE transports SET unassigned_reason = 'NOT_ENOUGH_ROOM' "
            f"WHERE unassigned_reason IN ({_listed(UNASSIGNED[1])})",
            "DELETE FROM proofs",
            f"DELETE FROM stops WHERE kind IN ({new['stops', 'kind']})",
            "UPDATE shifts SET end_place_id = start_place_id WHERE end_place_id IS NULL",
        ],
    )


def _unbound(tables: tuple[str, ...], statements: list[str]) -> None:
    """The owner is bound by row-level security, too, unless it says otherwise."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _close(table: str, column: str, words: tuple[str, ...]) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({_listed(words)})) NOT VALID"
    )
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{column}")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
