"""Webhooks: endpoints, and what was delivered to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.closing import listing, reword, unbound
from app.models.policies import protect

revision = "0011"
down_revision = "0010"

TENANT_TABLES = ("webhook_endpoints", "webhook_deliveries", "webhook_attempts", "webhook_replays")
HEAD_COLUMNS = ("listening", "woken")
EVENT_TYPES = (
    "WEBHOOK_ENDPOINT_CREATED",
    "WEBHOOK_ENDPOINT_UPDATED",
    "WEBHOOK_ENDPOINT_ENABLED",
    "WEBHOOK_ENDPOINT_DISABLED",
    "WEBHOOK_ENDPOINT_REMOVED",
    "WEBHOOK_SECRET_ROTATED",
    "WEBHOOK_TESTED",
    "WEBHOOKS_REPLAYED",
    "WEBHOOK_DELIVERY_RETRIED",
)
WORK_KINDS = (
    "FEED_WEBHOOKS",
    "DELIVER_WEBHOOKS",
    "REPLAY_WEBHOOKS",
    "TIDY_WEBHOOKS",
    "NOTIFY_WEBHOOK_FAILING",
    "NOTIFY_WEBHOOK_DISABLED",
)
MESSAGES = ("WEBHOOK_FAILING", "WEBHOOK_DISABLED")
SPOKEN = ("message_templates", "reminder_rules", "notifications")
"""Tables with kinds of message."""


def upgrade() -> None:
    _endpoints()
    _deliveries()
    _attempts()
    _replays()
    for column in HEAD_COLUMNS:
        op.add_column("event_heads", sa.Column(column, sa.Boolean(), server_default="false", nullable=False))
    reword("events", "type", add=EVENT_TYPES)
    reword("due_work", "kind", add=WORK_KINDS)
    for table in SPOKEN:
        reword(table, "kind", add=MESSAGES)
    for table in TENANT_TABLES:
        for statement in protect(table):
            op.execute(statement)


def downgrade() -> None:
    """What the older release has no word for goes with its tables."""
    op.execute(f"DELETE FROM due_work WHERE kind IN ({listing(WORK_KINDS)})")
    sending = (
        "DELETE FROM due_work WHERE kind IN ('SEND_NOTIFICATION', 'CHECK_RECEIPT') AND EXISTS ("
        f"SELECT FROM notifications n WHERE n.id = due_work.ref_id AND n.kind IN ({listing(MESSAGES)}))"
    )
    spoken = [f"DELETE FROM {table} WHERE kind IN ({listing(MESSAGES)})" for table in reversed(SPOKEN)]
    unbound(
        ("events", *SPOKEN, "notification_attempts"),
        [f"DELETE FROM events WHERE type IN ({listing(EVENT_TYPES)})", sending, *spoken],
    )
    for table in SPOKEN:
        reword(table, "kind", remove=MESSAGES)
    reword("due_work", "kind", remove=WORK_KINDS)
    reword("events", "type", remove=EVENT_TYPES)
    for column in HEAD_COLUMNS:
        op.drop_column("event_heads", column)
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=40)


def _key() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
    )


def _rest(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f(f"fk_{table}_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f(f"pk_{table}")),
    )


def _of_endpoint(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", "endpoint_id"],
        ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
        name=op.f(f"fk_{table}_endpoint_id"),
    )


def _endpoints() -> None:
    table = "webhook_endpoints"
    op.create_table(
        table,
        *_key(),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("event_types", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("ordered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", _words("webhookstatus", "ACTIVE", "DISABLED", "REMOVED"), nullable=False),
        sa.Column("disabled_reason", _words("webhookdisabledreason", "BY_HAND", "GONE", "FAILING"), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_seq", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slow", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *_rest(table),
        sa.CheckConstraint("url ~ '^https?://'", name=op.f(f"ck_{table}_url")),
        sa.CheckConstraint(
            "(status = 'DISABLED') = (disabled_reason IS NOT NULL)", name=op.f(f"ck_{table}_why_disabled")
        ),
        sa.CheckConstraint("(status = 'REMOVED') = (secret IS NULL)", name=op.f(f"ck_{table}_removed")),
        sa.CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name=op.f(f"ck_{table}_old_secret")),
        sa.CheckConstraint("status IN ('ACTIVE', 'DISABLED', 'REMOVED')", name=op.f(f"ck_{table}_status")),
        sa.CheckConstraint(
            "disabled_reason IN ('BY_HAND', 'GONE', 'FAILING')", name=op.f(f"ck_{table}_disabled_reason")
        ),
    )
    op.create_index(op.f(f"ix_{table}_created_at_id"), table, ["organization_id", "created_at", "id"])


def _deliveries() -> None:
    table, states = "webhook_deliveries", ("PENDING", "DELIVERED", "FAILED", "CANCELLED")
    op.create_table(
        table,
        *_key(),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", _words("webhookdeliverystatus", *states), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        *_rest(table),
        sa.CheckConstraint("seq >= 0", name=op.f(f"ck_{table}_seq")),
        sa.CheckConstraint(f"status IN ({listing(states)})", name=op.f(f"ck_{table}_status")),
        _of_endpoint(table),
    )
    pending = sa.text("status = 'PENDING'")
    op.create_index(
        f"uq_{table}_endpoint_id_seq",
        table,
        ["organization_id", "endpoint_id", "seq"],
        unique=True,
        postgresql_where=sa.text("seq > 0"),
    )
    op.create_index(
        f"ix_{table}_due", table, ["organization_id", "endpoint_id", "next_at", "seq"], postgresql_where=pending
    )
    op.create_index(f"ix_{table}_in_order", table, ["organization_id", "endpoint_id", "seq"], postgresql_where=pending)
    op.create_index(
        op.f(f"ix_{table}_endpoint_id_created_at_id"), table, ["organization_id", "endpoint_id", "created_at", "id"]
    )
    op.create_index(
        op.f(f"ix_{table}_endpoint_id_status_created_at_id"),
        table,
        ["organization_id", "endpoint_id", "status", "created_at", "id"],
    )


def _attempts() -> None:
    table = "webhook_attempts"
    op.create_table(
        table,
        *_key(),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("request_headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("response_body", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        *_rest(table),
        sa.CheckConstraint("(response_status IS NULL) = (error IS NOT NULL)", name=op.f(f"ck_{table}_outcome")),
        sa.CheckConstraint("jsonb_typeof(request_headers) = 'object'", name=op.f(f"ck_{table}_request_headers")),
        sa.ForeignKeyConstraint(
            ["organization_id", "delivery_id"],
            ["webhook_deliveries.organization_id", "webhook_deliveries.id"],
            name=op.f(f"fk_{table}_delivery_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        op.f(f"ix_{table}_delivery_id_created_at_id"), table, ["organization_id", "delivery_id", "created_at", "id"]
    )


def _replays() -> None:
    table, states = "webhook_replays", ("RUNNING", "SUCCEEDED", "CANCELLED")
    op.create_table(
        table,
        *_key(),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("status", _words("webhookreplaystatus", *states), nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("until_seq", sa.BigInteger(), nullable=False),
        sa.Column("done_seq", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("events_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *_rest(table),
        sa.CheckConstraint(f"status IN ({listing(states)})", name=op.f(f"ck_{table}_status")),
        _of_endpoint(table),
    )
    op.create_index(
        op.f(f"ix_{table}_endpoint_id_created_at_id"), table, ["organization_id", "endpoint_id", "created_at", "id"]
    )
    op.create_index(
        f"uq_{table}_running",
        table,
        ["organization_id", "endpoint_id"],
        unique=True,
        postgresql_where=sa.text("status = 'RUNNING'"),
    )
