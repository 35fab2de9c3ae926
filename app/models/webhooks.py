"""Who is told of events over HTTP, and what was told."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words


class WebhookStatus(Vocabulary):
    ACTIVE = "ACTIVE", "Is told of events."
    DISABLED = "DISABLED", "Is told of nothing until somebody enables it."
    REMOVED = "REMOVED", "Is gone for good, and so are its secrets."


class WebhookDisabledReason(Vocabulary):
    BY_HAND = "BY_HAND", "Somebody disabled it."
    GONE = "GONE", "It answered 410 Gone."
    FAILING = "FAILING", "It failed for days."


class WebhookDeliveryStatus(Vocabulary):
    PENDING = "PENDING", "Waits for its first attempt, or for another."
    DELIVERED = "DELIVERED", "The endpoint took it."
    FAILED = "FAILED", "Given up after the last attempt of the schedule."
    CANCELLED = "CANCELLED", "The endpoint was removed before it took it."


class WebhookReplayStatus(Vocabulary):
    RUNNING = "RUNNING", "Under way."
    SUCCEEDED = "SUCCEEDED", "Every event is queued again."
    CANCELLED = "CANCELLED", "The endpoint was disabled or removed meanwhile."


S, D, R = WebhookStatus, WebhookDeliveryStatus, WebhookReplayStatus
ENDPOINT_MACHINE = Machine(
    "webhook endpoint", {S.ACTIVE: {S.DISABLED, S.REMOVED}, S.DISABLED: {S.ACTIVE, S.REMOVED}, S.REMOVED: set()}
)
DELIVERY_MACHINE = Machine(
    "webhook delivery",
    {
        D.PENDING: {D.DELIVERED, D.FAILED, D.CANCELLED},
        D.DELIVERED: {D.PENDING},
        D.FAILED: {D.PENDING},
        D.CANCELLED: set(),
    },
)
REPLAY_MACHINE = Machine(
    "webhook replay", {R.RUNNING: {R.SUCCEEDED, R.CANCELLED}, R.SUCCEEDED: set(), R.CANCELLED: set()}
)


class WebhookEndpoint(Tenant, Versioned, Base):
    """A URL that is told of events. secret, old_secret: encrypted; the old one signs besides until `old_secret_until`.

    event_types: of what it is told; empty for everything. ordered: an event waits until the one before is over.
    sent_seq: events up to this one have become deliveries. failures: attempts in a row that failed, since
    `failing_since`. rests_until: nothing is sent before, as the endpoint asked for or because it fails again and again.
    slow: whether the last attempts took long, so that it must not hold places that others need.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("url ~ '^https?://'", name="url"),
        CheckConstraint("(status = 'DISABLED') = (disabled_reason IS NOT NULL)", name="why_disabled"),
        CheckConstraint("(status = 'REMOVED') = (secret IS NULL)", name="removed"),
        CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret"),
        one_of("status", WebhookStatus),
        one_of("disabled_reason", WebhookDisabledReason),
    )
    machine: ClassVar = ENDPOINT_MACHINE

    url: Mapped[str]
    description: Mapped[str | None]
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    ordered: Mapped[bool] = mapped_column(default=False, server_default="false")
    status: Mapped[WebhookStatus] = mapped_column(words(WebhookStatus))
    disabled_reason: Mapped[WebhookDisabledReason | None] = mapped_column(words(WebhookDisabledReason))
    disabled_at: Mapped[datetime | None]
    secret: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    old_secret_until: Mapped[datetime | None]
    sent_seq: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failing_since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    slow: Mapped[bool] = mapped_column(default=False, server_default="false")


class WebhookDelivery(Tenant, Base):
    """One event on its way to one endpoint. Its id is the `webhook-id`, the same for ever; seq 0 is a test.

    body: what is sent, byte for byte. attempts: of the schedule, begun anew by a replay. next_at: when the next one is.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        refers("endpoint_id", "webhook_endpoints"),
        Index(
            "uq_webhook_deliveries_endpoint_id_seq",
            "organization_id",
            "endpoint_id",
            "seq",
            unique=True,
            postgresql_where=text("seq > 0"),
        ),
        Index(
            "ix_webhook_deliveries_due",
            "organization_id",
            "endpoint_id",
            "next_at",
            "seq",
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index(
            "ix_webhook_deliveries_in_order",
            "organization_id",
            "endpoint_id",
            "seq",
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index(None, "organization_id", "endpoint_id", "created_at", "id"),
        Index(None, "organization_id", "endpoint_id", "status", "created_at", "id"),
        CheckConstraint("seq >= 0", name="seq"),
        one_of("status", WebhookDeliveryStatus),
    )
    machine: ClassVar = DELIVERY_MACHINE

    endpoint_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    status: Mapped[WebhookDeliveryStatus] = mapped_column(words(WebhookDeliveryStatus))
    body: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class WebhookAttempt(Tenant, Base):
    """One try to deliver: what was sent, without the signature, and what came back. `error`: why there is no answer."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        refers("delivery_id", "webhook_deliveries", ondelete="CASCADE"),
        Index(None, "organization_id", "delivery_id", "created_at", "id"),
        CheckConstraint("(response_status IS NULL) = (error IS NOT NULL)", name="outcome"),
        CheckConstraint("jsonb_typeof(request_headers) = 'object'", name="request_headers"),
    )

    delivery_id: Mapped[UUID]
    url: Mapped[str]
    request_headers: Mapped[dict[str, Any]]
    response_status: Mapped[int | None]
    response_body: Mapped[str | None]
    duration_ms: Mapped[int]
    error: Mapped[str | None]


class WebhookReplay(Tenant, Base):
    """Events behind `after_seq`, up to `until_seq`, that go to an endpoint again.

    done_seq: up to here they are queued, `events_done` of `events`.
    """

    __tablename__ = "webhook_replays"
    __table_args__ = (
        refers("endpoint_id", "webhook_endpoints"),
        Index(None, "organization_id", "endpoint_id", "created_at", "id"),
        Index(
            "uq_webhook_replays_running",
            "organization_id",
            "endpoint_id",
            unique=True,
            postgresql_where=text("status = 'RUNNING'"),
        ),
        one_of("status", WebhookReplayStatus),
    )
    machine: ClassVar = REPLAY_MACHINE

    endpoint_id: Mapped[UUID]
    status: Mapped[WebhookReplayStatus] = mapped_column(words(WebhookReplayStatus))
    after_seq: Mapped[int] = mapped_column(BigInteger)
    until_seq: Mapped[int] = mapped_column(BigInteger)
    done_seq: Mapped[int] = mapped_column(BigInteger)
    events: Mapped[int]
    events_done: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
