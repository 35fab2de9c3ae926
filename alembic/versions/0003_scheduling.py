"""Scheduling in depth: resources, schedules, series, waitlist, groups, charges, calendars; and their policies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.policies import protect

revision = "0003"
down_revision = "0002"

TENANT_TABLES = (
    "resources",
    "resource_units",
    "resource_pools",
    "resource_pool_members",
    "requirements",
    "schedules",
    "schedule_exceptions",
    "openings",
    "series",
    "occurrences",
    "booking_groups",
    "booking_charges",
    "waitlist_entries",
    "calendar_feeds",
)

CHECKS = {
    ("services", "buffers"): "buffer_before_s >= 0 AND buffer_after_s >= 0",
    ("services", "notice"): "opens_before_s > notice_s AND notice_s >= 0",
    ("services", "bookable"): "bookable_from < bookable_until",
    ("services", "free_cancellation_notice"): "free_cancellation_notice_s >= 0",
    ("services", "cancellation_fee_minor"): "cancellation_fee_minor >= 0",
    ("services", "cancellation_fee_percent"): "cancellation_fee_percent BETWEEN 0 AND 100",
    ("services", "cancellation_fee"): "num_nonnulls(cancellation_fee_minor, cancellation_fee_percent) < 2",
    ("services", "no_show_fee_minor"): "no_show_fee_minor >= 0",
    ("services", "no_show_fee_percent"): "no_show_fee_percent BETWEEN 0 AND 100",
    ("services", "no_show_fee"): "num_nonnulls(no_show_fee_minor, no_show_fee_percent) < 2",
    ("services", "customer_places_max"): "customer_places_max > 0",
    ("services", "waitlist"): "waitlist_max >= 0 AND waitlist_offer_s > 0",
    ("services", "kind"): "kind IN ('APPOINTMENT', 'STAY')",
    ("services", "confirmation"): "confirmation IN ('BY_STAFF', 'AUTOMATIC')",
    ("bookings", "nights"): "nights > 0",
    ("bookings", "fees"): "cancellation_fee_minor >= 0 AND no_show_fee_minor >= 0",
    ("allocations", "target"): "num_nonnulls(slot_id, unit_id) = 1",
}

# Words that were added to lists which a CHECK closes.
SLOT_STATUSES = ("OPEN", "CLOSED")
NEW_SLOT_STATUSES = ("WITHDRAWN",)
WORK_KINDS = ("EXPIRE_HOLD", "PLAN_ROUTES", "MAIL_BOOKING_CONFIRMED")
NEW_WORK_KINDS = ("EXTEND_SCHEDULE", "EXTEND_SERIES", "OFFER_PLACES", "END_WAITING", "MAIL_WAITLIST_OFFER")
EVENT_TYPES = (
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
)
NEW_EVENT_TYPES = (
    "SCHEDULE_CREATED",
    "SCHEDULE_UPDATED",
    "SCHEDULE_PLANNED",
    "SCHEDULE_EXCEPTION_CREATED",
    "SCHEDULE_EXCEPTION_REMOVED",
    "RESOURCE_CREATED",
    "RESOURCE_UPDATED",
    "RESOURCE_POOL_CREATED",
    "RESOURCE_POOL_UPDATED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CHARGED",
    "BOOKING_GROUP_CREATED",
    "WAITLIST_JOINED",
    "WAITLIST_OFFERED",
    "WAITLIST_ACCEPTED",
    "WAITLIST_EXPIRED",
    "WAITLIST_LEFT",
    "SERIES_CREATED",
    "SERIES_UPDATED",
    "SERIES_PAUSED",
    "SERIES_RESUMED",
    "SERIES_ENDED",
    "SERIES_EXTENDED",
    "CALENDAR_FEED_CREATED",
    "CALENDAR_FEED_REVOKED",
)

# The terms under which bookings that stand were made.
AGREED = """
    UPDATE bookings b
    SET cancel_before = b.starts_at - make_interval(secs => s.cancellation_notice_s),
        cancel_free_before = b.starts_at - make_interval(secs => s.cancellation_notice_s)
    FROM services s WHERE (s.organization_id, s.id) = (b.organization_id, b.service_id)"""

# Units that nobody has between `busy_from` and `busy_until`, of resources that are open from `begins` to `ends`.
# Uses of one unit do not overlap, so the first that ends after `busy_from` is the only one that could be in the way;
# and so are openings of one resource.
FREE_UNITS = """
    CREATE FUNCTION free_units(org uuid, candidates uuid[], begins timestamptz, ends timestamptz,
                               busy_from timestamptz, busy_until timestamptz)
    RETURNS TABLE (unit_id uuid, resource_id uuid, number integer)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT u.id, u.resource_id, u.number
        FROM resources r JOIN resource_units u ON u.organization_id = r.organization_id AND u.resource_id = r.id
        WHERE r.organization_id = org AND r.id = ANY (candidates) AND r.active AND u.number <= r.capacity
          AND coalesce((SELECT a.starts_at FROM allocations a
                        WHERE a.organization_id = org AND a.unit_id = u.id AND a.ends_at > busy_from
                        ORDER BY a.ends_at LIMIT 1) >= busy_until, true)
          AND (NOT EXISTS (SELECT FROM schedules h WHERE h.organization_id = org AND h.resource_id = r.id
                           AND h.service_id IS NULL AND h.active)
               OR coalesce((SELECT o.starts_at FROM openings o
                            WHERE o.organization_id = org AND o.resource_id = r.id AND o.ends_at >= ends
                            ORDER BY o.ends_at LIMIT 1) <= begins, false));
    END"""

# What one booking of a service uses: for each need, the resources of which one must be free. A slot may name the
# resource: it then stands in for the need with the least choice that it can meet, or is a need of its own.
RESOURCE_NEEDS = """
    CREATE FUNCTION resource_needs(org uuid, service uuid, named uuid)
    RETURNS TABLE (need integer, candidates uuid[])
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH needs AS (
            SELECT q.position,
                   CASE WHEN q.resource_id IS NOT NULL THEN ARRAY[q.resource_id]
                        ELSE ARRAY(SELECT m.resource_id FROM resource_pool_members m
                                   WHERE m.organization_id = org AND m.pool_id = q.pool_id
                                   ORDER BY m.resource_id) END AS candidates
            FROM requirements q WHERE q.organization_id = org AND q.service_id = service
        ), met AS (
            SELECT (SELECT n.position FROM needs n WHERE named = ANY (n.candidates)
                    ORDER BY cardinality(n.candidates), n.position LIMIT 1) AS position
        )
        SELECT n.position, CASE WHEN n.position = met.position THEN ARRAY[named] ELSE n.candidates END
        FROM needs n, met
        UNION ALL
        SELECT 0, ARRAY[named] FROM met WHERE named IS NOT NULL AND met.position IS NULL
        ORDER BY 1;
    END"""

# How many bookings of a service its resources allow at a time, if it has needs that are not alike. They may share
# resources, so it is Hall's theorem that tells: of each set of needs, the free units that any of them could use, by what
# they need together. Sets whose needs have nothing free in common are left out: a part of them allows no more than the
# whole. A need is a bit, so that many sets are gone through quickly.
RESOURCES_SHARED = """
    CREATE FUNCTION resources_shared(org uuid, service uuid, named uuid, begins timestamptz, ends timestamptz)
    RETURNS integer
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH RECURSIVE needs AS (
            SELECT 1 << row_number() OVER (ORDER BY n.candidates)::integer AS bit, n.candidates, count(*) AS needed
            FROM resource_needs(org, service, named) n GROUP BY n.candidates
        ), free AS (
            SELECT f.resource_id, count(*) AS units
            FROM services s,
                 free_units(org, ARRAY(SELECT unnest(n.candidates) FROM needs n), begins, ends,
                            begins - make_interval(secs => s.buffer_before_s),
                            ends + make_interval(secs => s.buffer_after_s)) f
            WHERE s.organization_id = org AND s.id = service
            GROUP BY f.resource_id
        ), alike AS (
            SELECT r.serves, sum(r.units) AS units
            FROM (SELECT f.units, (SELECT bit_or(n.bit) FROM needs n WHERE f.resource_id = ANY (n.candidates)) AS serves
                  FROM free f) r
            GROUP BY r.serves
        ), sets AS (
            SELECT bit AS members FROM needs
            UNION
            SELECT s.members | n.bit
            FROM sets s
            JOIN alike a ON a.serves & s.members <> 0
            JOIN needs n ON n.bit & a.serves <> 0 AND n.bit & s.members = 0
        )
        SELECT min(coalesce((SELECT sum(a.units) FROM alike a WHERE a.serves & s.members <> 0), 0)::bigint
                   / (SELECT sum(n.needed) FROM needs n WHERE n.bit & s.members <> 0)::bigint)::integer
        FROM sets s;
    END"""

# How many bookings of a service its resources allow at a time; null if it needs none.
RESOURCES_ALLOW = """
    CREATE FUNCTION resources_allow(org uuid, service uuid, named uuid, begins timestamptz, ends timestamptz)
    RETURNS integer
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH needs AS (
            SELECT n.candidates, count(*) AS needed FROM resource_needs(org, service, named) n GROUP BY n.candidates
        )
        SELECT CASE (SELECT count(*) FROM needs)
               WHEN 0 THEN NULL
               WHEN 1 THEN (
                   SELECT (SELECT count(*) FROM free_units(org, n.candidates, begins, ends,
                               begins - make_interval(secs => s.buffer_before_s),
                               ends + make_interval(secs => s.buffer_after_s))) / n.needed
                   FROM needs n, services s WHERE s.organization_id = org AND s.id = service)::integer
               ELSE resources_shared(org, service, named, begins, ends) END;
    END"""

FUNCTIONS = {
    "free_units(uuid, uuid[], timestamptz, timestamptz, timestamptz, timestamptz)": FREE_UNITS,
    "resource_needs(uuid, uuid, uuid)": RESOURCE_NEEDS,
    "resources_shared(uuid, uuid, uuid, timestamptz, timestamptz)": RESOURCES_SHARED,
    "resources_allow(uuid, uuid, uuid, timestamptz, timestamptz)": RESOURCES_ALLOW,
}


def upgrade() -> None:
    op.create_table(
        "resource_pools",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_resource_pools_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_resource_pools")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_resource_pools_name")),
    )
    op.create_table(
        "booking_groups",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_booking_groups_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_booking_groups_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_booking_groups")),
    )
    op.create_index(
        op.f("ix_booking_groups_customer_id"), "booking_groups", ["organization_id", "customer_id"], unique=False
    )
    op.create_table(
        "resources",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("STAFF", "BAY", "KENNEL", "ROOM", "VEHICLE", name="resourcekind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("capacity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('STAFF', 'BAY', 'KENNEL', 'ROOM', 'VEHICLE')", name=op.f("ck_resources_kind")),
        sa.CheckConstraint("user_id IS NULL OR kind = 'STAFF'", name=op.f("ck_resources_user")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name=op.f("ck_resources_capacity")),
        sa.ForeignKeyConstraint(
            ["organization_id", "place_id"], ["places.organization_id", "places.id"], name=op.f("fk_resources_place_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_resources_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_resources_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_resources")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_resources_name")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_resources_user_id")),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(customer_id, driver_id, resource_id) = 1", name=op.f("ck_calendar_feeds_owner")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_calendar_feeds_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "driver_id"],
            ["drivers.organization_id", "drivers.id"],
            name=op.f("fk_calendar_feeds_driver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_calendar_feeds_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_calendar_feeds_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_calendar_feeds")),
    )
    op.create_index(
        op.f("ix_calendar_feeds_created_at_id"), "calendar_feeds", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_calendar_feeds_customer_id_created_at"),
        "calendar_feeds",
        ["organization_id", "customer_id", "created_at"],
        unique=False,
    )
    for owner in ("driver_id", "resource_id"):
        op.create_index(
            op.f(f"ix_calendar_feeds_{owner}_created_at"), "calendar_feeds", ["organization_id", owner, "created_at"]
        )
    op.create_table(
        "openings",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_openings_times")),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_openings_resource_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_openings_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_openings")),
    )
    op.create_index(
        op.f("ix_openings_resource_id_ends_at"), "openings", ["organization_id", "resource_id", "ends_at"], unique=False
    )
    op.create_table(
        "requirements",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(pool_id, resource_id) = 1", name=op.f("ck_requirements_target")),
        sa.ForeignKeyConstraint(
            ["organization_id", "pool_id"],
            ["resource_pools.organization_id", "resource_pools.id"],
            name=op.f("fk_requirements_pool_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_requirements_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_id"],
            ["services.organization_id", "services.id"],
            name=op.f("fk_requirements_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_requirements_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_requirements")),
        sa.UniqueConstraint(
            "organization_id", "service_id", "position", name=op.f("uq_requirements_service_id_position")
        ),
    )
    op.create_index(op.f("ix_requirements_pool_id"), "requirements", ["organization_id", "pool_id"], unique=False)
    op.create_index(
        op.f("ix_requirements_resource_id"), "requirements", ["organization_id", "resource_id"], unique=False
    )
    op.create_table(
        "resource_pool_members",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "pool_id"],
            ["resource_pools.organization_id", "resource_pools.id"],
            name=op.f("fk_resource_pool_members_pool_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_resource_pool_members_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_resource_pool_members_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_resource_pool_members")),
        sa.UniqueConstraint(
            "organization_id", "pool_id", "resource_id", name=op.f("uq_resource_pool_members_pool_id_resource_id")
        ),
    )
    op.create_index(
        op.f("ix_resource_pool_members_resource_id"),
        "resource_pool_members",
        ["organization_id", "resource_id"],
        unique=False,
    )
    op.create_table(
        "resource_units",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_resource_units_number")),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_resource_units_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_resource_units_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_resource_units")),
        sa.UniqueConstraint(
            "organization_id", "resource_id", "number", name=op.f("uq_resource_units_resource_id_number")
        ),
    )
    op.create_table(
        "schedules",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("closes_at", sa.Time(), nullable=False),
        sa.Column("slot_every_s", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("horizon_days", sa.Integer(), server_default="90", nullable=False),
        sa.Column("planned_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_schedules_capacity")),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 366", name=op.f("ck_schedules_horizon")),
        sa.CheckConstraint("num_nonnulls(service_id, resource_id) > 0", name=op.f("ck_schedules_owner")),
        sa.CheckConstraint("slot_every_s > 0", name=op.f("ck_schedules_slot_every")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_schedules_days")),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_schedules_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_id"],
            ["services.organization_id", "services.id"],
            name=op.f("fk_schedules_service_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_schedules_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_name_id"), "schedules", ["organization_id", "name", "id"], unique=False)
    op.create_index(op.f("ix_schedules_resource_id"), "schedules", ["organization_id", "resource_id"], unique=False)
    op.create_index(op.f("ix_schedules_service_id"), "schedules", ["organization_id", "service_id"], unique=False)
    op.create_table(
        "series",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum("ACTIVE", "PAUSED", "ENDED", name="seriesstatus", native_enum=False, length=40),
            server_default="ACTIVE",
            nullable=False,
        ),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("starts_at_local", sa.DateTime(), nullable=False),
        sa.Column("ends_before_local", sa.DateTime(), nullable=True),
        sa.Column("except_local", postgresql.ARRAY(sa.DateTime()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("extra_local", postgresql.ARRAY(sa.DateTime()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("booked_until", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(status = 'PAUSED') = (paused_from IS NOT NULL)", name=op.f("ck_series_paused")),
        sa.CheckConstraint("status IN ('ACTIVE', 'PAUSED', 'ENDED')", name=op.f("ck_series_status")),
        sa.CheckConstraint("paused_from <= paused_until", name=op.f("ck_series_pause")),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_series_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "resource_id"],
            ["resources.organization_id", "resources.id"],
            name=op.f("fk_series_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_id"],
            ["services.organization_id", "services.id"],
            name=op.f("fk_series_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_series_subject_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_series_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_series")),
    )
    op.create_index(
        op.f("ix_series_customer_id_created_at_id"),
        "series",
        ["organization_id", "customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_series_service_id"), "series", ["organization_id", "service_id"], unique=False)
    op.create_index(op.f("ix_series_created_at_id"), "series", ["organization_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_series_subject_id"), "series", ["organization_id", "subject_id"], unique=False)
    op.create_table(
        "schedule_exceptions",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("CLOSED", "EXTRA", name="scheduleexceptionkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=True),
        sa.Column("closes_at", sa.Time(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind = 'CLOSED' OR schedule_id IS NOT NULL", name=op.f("ck_schedule_exceptions_extra")),
        sa.CheckConstraint("kind IN ('CLOSED', 'EXTRA')", name=op.f("ck_schedule_exceptions_kind")),
        sa.CheckConstraint("num_nonnulls(opens_at, closes_at) <> 1", name=op.f("ck_schedule_exceptions_hours")),
        sa.CheckConstraint(
            "starts_on <= ends_on AND ends_on < starts_on + 366", name=op.f("ck_schedule_exceptions_days")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "schedule_id"],
            ["schedules.organization_id", "schedules.id"],
            name=op.f("fk_schedule_exceptions_schedule_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_schedule_exceptions_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_schedule_exceptions")),
    )
    op.create_index(
        op.f("ix_schedule_exceptions_schedule_id_starts_on"),
        "schedule_exceptions",
        ["organization_id", "schedule_id", "starts_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_schedule_exceptions_starts_on_id"),
        "schedule_exceptions",
        ["organization_id", "starts_on", "id"],
        unique=False,
    )
    op.create_table(
        "booking_charges",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("CANCELLATION", "NO_SHOW", name="chargekind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('CANCELLATION', 'NO_SHOW')", name=op.f("ck_booking_charges_kind")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_booking_charges_amount")),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_booking_charges_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_booking_charges_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_booking_charges_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_booking_charges")),
        sa.UniqueConstraint("organization_id", "booking_id", "kind", name=op.f("uq_booking_charges_booking_id_kind")),
    )
    op.create_index(
        op.f("ix_booking_charges_created_at_id"),
        "booking_charges",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_booking_charges_customer_id"), "booking_charges", ["organization_id", "customer_id"], unique=False
    )
    op.create_table(
        "occurrences",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("local_at", sa.DateTime(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "BOOKED",
                "SLOT_FULL",
                "NO_SLOT",
                "NO_RESOURCE",
                "NOT_ALLOWED",
                name="occurrenceoutcome",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(outcome = 'BOOKED') = (booking_id IS NOT NULL)", name=op.f("ck_occurrences_booking")),
        sa.CheckConstraint(
            "outcome IN ('BOOKED', 'SLOT_FULL', 'NO_SLOT', 'NO_RESOURCE', 'NOT_ALLOWED')",
            name=op.f("ck_occurrences_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_occurrences_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "series_id"],
            ["series.organization_id", "series.id"],
            name=op.f("fk_occurrences_series_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_occurrences_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_occurrences")),
        sa.UniqueConstraint("organization_id", "booking_id", name=op.f("uq_occurrences_booking_id")),
        sa.UniqueConstraint("organization_id", "series_id", "local_at", name=op.f("uq_occurrences_series_id_local_at")),
    )
    op.create_index(
        op.f("ix_occurrences_series_id_starts_at_id"),
        "occurrences",
        ["organization_id", "series_id", "starts_at", "id"],
        unique=False,
    )
    op.create_table(
        "waitlist_entries",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "WAITING", "OFFERED", "ACCEPTED", "EXPIRED", "LEFT", name="waitliststatus", native_enum=False, length=40
            ),
            server_default="WAITING",
            nullable=False,
        ),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status <> 'OFFERED' OR booking_id IS NOT NULL", name=op.f("ck_waitlist_entries_offer")),
        sa.CheckConstraint(
            "status IN ('WAITING', 'OFFERED', 'ACCEPTED', 'EXPIRED', 'LEFT')", name=op.f("ck_waitlist_entries_status")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_waitlist_entries_number")),
        sa.ForeignKeyConstraint(
            ["organization_id", "booking_id"],
            ["bookings.organization_id", "bookings.id"],
            name=op.f("fk_waitlist_entries_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["customers.organization_id", "customers.id"],
            name=op.f("fk_waitlist_entries_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "slot_id"],
            ["slots.organization_id", "slots.id"],
            name=op.f("fk_waitlist_entries_slot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subject_id"],
            ["subjects.organization_id", "subjects.id"],
            name=op.f("fk_waitlist_entries_subject_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_waitlist_entries_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_waitlist_entries")),
        sa.UniqueConstraint("organization_id", "slot_id", "number", name=op.f("uq_waitlist_entries_slot_id_number")),
    )
    op.create_index(
        op.f("ix_waitlist_entries_booking_id"),
        "waitlist_entries",
        ["organization_id", "booking_id"],
        unique=False,
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_waitlist_entries_created_at_id"),
        "waitlist_entries",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_waitlist_entries_customer_id_created_at_id"),
        "waitlist_entries",
        ["organization_id", "customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_waitlist_entries_waiting",
        "waitlist_entries",
        ["organization_id", "slot_id", "number"],
        unique=False,
        postgresql_where=sa.text("status = 'WAITING'"),
    )
    op.create_index(
        "uq_waitlist_entries_subject_id",
        "waitlist_entries",
        ["organization_id", "slot_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('WAITING', 'OFFERED')"),
    )
    op.add_column("allocations", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.add_column(
        "allocations",
        sa.Column(
            "starts_at", sa.DateTime(timezone=True), sa.Computed("lower(during)", persisted=True), nullable=False
        ),
    )
    op.add_column(
        "allocations",
        sa.Column("ends_at", sa.DateTime(timezone=True), sa.Computed("upper(during)", persisted=True), nullable=False),
    )
    op.alter_column("allocations", "slot_id", existing_type=sa.UUID(), nullable=True)
    op.create_foreign_key(
        op.f("fk_allocations_unit_id"),
        "allocations",
        "resource_units",
        ["organization_id", "unit_id"],
        ["organization_id", "id"],
    )
    op.add_column("bookings", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column("bookings", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.add_column("bookings", sa.Column("nights", sa.Integer(), nullable=True))
    op.add_column("bookings", sa.Column("cancel_before", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("cancel_free_before", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("cancellation_fee_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("bookings", sa.Column("no_show_fee_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.create_foreign_key(
        op.f("fk_bookings_series_id"), "bookings", "series", ["organization_id", "series_id"], ["organization_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_bookings_group_id"),
        "bookings",
        "booking_groups",
        ["organization_id", "group_id"],
        ["organization_id", "id"],
    )
    op.add_column(
        "services",
        sa.Column(
            "kind",
            sa.Enum("APPOINTMENT", "STAY", name="servicekind", native_enum=False, length=40),
            server_default="APPOINTMENT",
            nullable=False,
        ),
    )
    op.add_column("services", sa.Column("buffer_before_s", sa.Integer(), server_default="0", nullable=False))
    op.add_column("services", sa.Column("buffer_after_s", sa.Integer(), server_default="0", nullable=False))
    op.add_column("services", sa.Column("opens_before_s", sa.Integer(), nullable=True))
    op.add_column("services", sa.Column("notice_s", sa.Integer(), server_default="0", nullable=False))
    op.add_column("services", sa.Column("bookable_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("services", sa.Column("bookable_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("services", sa.Column("free_cancellation_notice_s", sa.Integer(), server_default="0", nullable=False))
    op.add_column("services", sa.Column("cancellation_fee_minor", sa.BigInteger(), nullable=True))
    op.add_column("services", sa.Column("cancellation_fee_percent", sa.Integer(), nullable=True))
    op.add_column("services", sa.Column("no_show_fee_minor", sa.BigInteger(), nullable=True))
    op.add_column("services", sa.Column("no_show_fee_percent", sa.Integer(), nullable=True))
    op.add_column(
        "services",
        sa.Column(
            "confirmation",
            sa.Enum("BY_STAFF", "AUTOMATIC", name="confirmation", native_enum=False, length=40),
            server_default="BY_STAFF",
            nullable=False,
        ),
    )
    op.add_column("services", sa.Column("customer_places_max", sa.Integer(), nullable=True))
    op.add_column("services", sa.Column("waitlist_max", sa.Integer(), server_default="50", nullable=False))
    op.add_column("services", sa.Column("waitlist_offer_s", sa.Integer(), server_default="3600", nullable=False))
    op.add_column("slots", sa.Column("schedule_id", sa.Uuid(), nullable=True))
    op.add_column("slots", sa.Column("resource_id", sa.Uuid(), nullable=True))
    op.add_column("slots", sa.Column("capacity_pinned", sa.Boolean(), server_default="false", nullable=False))
    op.create_foreign_key(
        op.f("fk_slots_resource_id"),
        "slots",
        "resources",
        ["organization_id", "resource_id"],
        ["organization_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_slots_schedule_id"),
        "slots",
        "schedules",
        ["organization_id", "schedule_id"],
        ["organization_id", "id"],
    )
    _unbound(("bookings", "services"), [AGREED])
    op.execute("ALTER TABLE bookings ALTER cancel_before SET NOT NULL, ALTER cancel_free_before SET NOT NULL")
    for (table, name), condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.create_exclude_constraint(
        "ex_allocations_unit",
        "allocations",
        ("organization_id", "="),
        ("unit_id", "="),
        ("during", "&&"),
        where=sa.text("unit_id IS NOT NULL"),
        using="gist",
    )
    _close_lists(NEW_SLOT_STATUSES, NEW_WORK_KINDS, NEW_EVENT_TYPES)
    for table in TENANT_TABLES:
        for statement in protect(table):
            op.execute(statement)
    for definition in FUNCTIONS.values():
        op.execute(definition)


def _close_lists(slot_statuses: tuple[str, ...], work_kinds: tuple[str, ...], event_types: tuple[str, ...]) -> None:
    _close("slots", "status", SLOT_STATUSES + slot_statuses)
    _close("due_work", "kind", WORK_KINDS + work_kinds)
    _close("events", "type", EVENT_TYPES + event_types)


def _close(table: str, column: str, words: tuple[str, ...]) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({_listed(words)})) NOT VALID"
    )
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{column}")


def downgrade() -> None:
    """What the older release has no word for goes with its tables."""
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
    _forget()
    _close_lists((), (), ())
    op.drop_constraint("ex_allocations_unit", "allocations")
    for table, name in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.drop_constraint(op.f("fk_slots_schedule_id"), "slots", type_="foreignkey")
    op.drop_constraint(op.f("fk_slots_resource_id"), "slots", type_="foreignkey")
    op.drop_column("slots", "capacity_pinned")
    op.drop_column("slots", "resource_id")
    op.drop_column("slots", "schedule_id")
    op.drop_column("services", "waitlist_offer_s")
    op.drop_column("services", "waitlist_max")
    op.drop_column("services", "customer_places_max")
    op.drop_column("services", "confirmation")
    op.drop_column("services", "no_show_fee_percent")
    op.drop_column("services", "no_show_fee_minor")
    op.drop_column("services", "cancellation_fee_percent")
    op.drop_column("services", "cancellation_fee_minor")
    op.drop_column("services", "free_cancellation_notice_s")
    op.drop_column("services", "bookable_until")
    op.drop_column("services", "bookable_from")
    op.drop_column("services", "notice_s")
    op.drop_column("services", "opens_before_s")
    op.drop_column("services", "buffer_after_s")
    op.drop_column("services", "buffer_before_s")
    op.drop_column("services", "kind")
    op.drop_constraint(op.f("fk_bookings_group_id"), "bookings", type_="foreignkey")
    op.drop_constraint(op.f("fk_bookings_series_id"), "bookings", type_="foreignkey")
    op.drop_column("bookings", "no_show_fee_minor")
    op.drop_column("bookings", "cancellation_fee_minor")
    op.drop_column("bookings", "cancel_free_before")
    op.drop_column("bookings", "cancel_before")
    op.drop_column("bookings", "nights")
    op.drop_column("bookings", "series_id")
    op.drop_column("bookings", "group_id")
    op.drop_constraint(op.f("fk_allocations_unit_id"), "allocations", type_="foreignkey")
    op.alter_column("allocations", "slot_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("allocations", "ends_at")
    op.drop_column("allocations", "starts_at")
    op.drop_column("allocations", "unit_id")
    op.drop_index(
        "uq_waitlist_entries_subject_id",
        table_name="waitlist_entries",
        postgresql_where=sa.text("status IN ('WAITING', 'OFFERED')"),
    )
    op.drop_index(op.f("ix_waitlist_entries_customer_id_created_at_id"), table_name="waitlist_entries")
    op.drop_index(op.f("ix_waitlist_entries_created_at_id"), table_name="waitlist_entries")
    op.drop_index(
        op.f("ix_waitlist_entries_booking_id"),
        table_name="waitlist_entries",
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.drop_table("waitlist_entries")
    op.drop_index(op.f("ix_occurrences_series_id_starts_at_id"), table_name="occurrences")
    op.drop_table("occurrences")
    op.drop_index(op.f("ix_booking_charges_customer_id"), table_name="booking_charges")
    op.drop_index(op.f("ix_booking_charges_created_at_id"), table_name="booking_charges")
    op.drop_table("booking_charges")
    op.drop_index(op.f("ix_schedule_exceptions_starts_on_id"), table_name="schedule_exceptions")
    op.drop_index(op.f("ix_schedule_exceptions_schedule_id_starts_on"), table_name="schedule_exceptions")
    op.drop_table("schedule_exceptions")
    op.drop_index(op.f("ix_series_subject_id"), table_name="series")
    op.drop_index(op.f("ix_series_created_at_id"), table_name="series")
    op.drop_index(op.f("ix_series_service_id"), table_name="series")
    op.drop_index(op.f("ix_series_customer_id_created_at_id"), table_name="series")
    op.drop_table("series")
    op.drop_index(op.f("ix_schedules_service_id"), table_name="schedules")
    op.drop_index(op.f("ix_schedules_resource_id"), table_name="schedules")
    op.drop_index(op.f("ix_schedules_name_id"), table_name="schedules")
    op.drop_table("schedules")
    op.drop_table("resource_units")
    op.drop_index(op.f("ix_resource_pool_members_resource_id"), table_name="resource_pool_members")
    op.drop_table("resource_pool_members")
    op.drop_index(op.f("ix_requirements_resource_id"), table_name="requirements")
    op.drop_index(op.f("ix_requirements_pool_id"), table_name="requirements")
    op.drop_table("requirements")
    op.drop_index(op.f("ix_openings_resource_id_ends_at"), table_name="openings")
    op.drop_table("openings")
    op.drop_index(op.f("ix_calendar_feeds_driver_id_created_at"), table_name="calendar_feeds")
    op.drop_index(op.f("ix_calendar_feeds_customer_id_created_at"), table_name="calendar_feeds")
    op.drop_index(op.f("ix_calendar_feeds_created_at_id"), table_name="calendar_feeds")
    op.drop_table("calendar_feeds")
    op.drop_table("resources")
    op.drop_index(op.f("ix_booking_groups_customer_id"), table_name="booking_groups")
    op.drop_table("booking_groups")
    op.drop_table("resource_pools")


def _forget() -> None:
    _unbound(
        ("allocations", "events", "slots"),
        [
            "DELETE FROM allocations WHERE unit_id IS NOT NULL",
            f"DELETE FROM due_work WHERE kind IN ({_listed(NEW_WORK_KINDS)})",
            f"DELETE FROM events WHERE type IN ({_listed(NEW_EVENT_TYPES)})",
            "UPDATE slots SET status = 'CLOSED' WHERE status = 'WITHDRAWN'",
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


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
