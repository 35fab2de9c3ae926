"""What is said to people: when, by which way, in which words, and what became of it."""

from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words


class Channel(Vocabulary):
    EMAIL = "EMAIL", "A mail."
    SMS = "SMS", "A text message."
    PUSH = "PUSH", "A message on the phone's screen, by the app."


class NotificationKind(Vocabulary):
    BOOKING_CONFIRMED = "BOOKING_CONFIRMED", "A booking is confirmed."
    BOOKING_DECLINED = "BOOKING_DECLINED", "A booking was refused."
    BOOKING_CANCELLED = "BOOKING_CANCELLED", "A booking was called off."
    BOOKING_TOMORROW = "BOOKING_TOMORROW", "A booking comes soon."
    WAITLIST_OFFER = "WAITLIST_OFFER", "A place is held for whoever waited."
    DRIVER_UNDER_WAY = "DRIVER_UNDER_WAY", "The driver is on the way."
    AFTER_VISIT = "AFTER_VISIT", "How was it, after a visit."
    CARE_DUE = "CARE_DUE", "Care falls due soon."
    CARE_OVERDUE = "CARE_OVERDUE", "Care is overdue."
    LICENCE_EXPIRING = "LICENCE_EXPIRING", "A driver's licence runs out."
    MAINTENANCE_DUE = "MAINTENANCE_DUE", "A vehicle must go to the workshop."
    POST_PUBLISHED = "POST_PUBLISHED", "There is news."
    WEBHOOK_FAILING = "WEBHOOK_FAILING", "A webhook endpoint fails."
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED", "A webhook endpoint is told of nothing more."


class NotificationStatus(Vocabulary):
    QUEUED = "QUEUED", "Waits for its time, or for another try."
    SENT = "SENT", "The provider took it."
    FAILED = "FAILED", "Given up after too many tries, or the provider refused it for good."
    SUPPRESSED = "SUPPRESSED", "Not sent: the person does not want it, cannot be reached, or it is no longer true."


class Suppression(Vocabulary):
    UNWANTED = "UNWANTED", "The person has switched it off."
    NO_ADDRESS = "NO_ADDRESS", "There was no address for it any more when its time came."
    DEAD_ADDRESS = "DEAD_ADDRESS", "Nothing arrives at the address any more."
    CHANNEL_OFF = "CHANNEL_OFF", "This server does not send by this way."
    OUTDATED = "OUTDATED", "It was no longer true when its time came."
    ERASED = "ERASED", "The person was erased."


class AttemptOutcome(Vocabulary):
    ACCEPTED = "ACCEPTED", "The provider took it."
    RETRY = "RETRY", "The provider could not take it now; it is tried again."
    REFUSED = "REFUSED", "The provider will not take it."
    DEAD_ADDRESS = "DEAD_ADDRESS", "The address or device is gone."


class DevicePlatform(Vocabulary):
    IOS = "IOS", "An iPhone or iPad."
    ANDROID = "ANDROID", "An Android phone."


class PushProvider(Vocabulary):
    EXPO = "EXPO", "Expo's push service."
    FCM = "FCM", "Firebase Cloud Messaging."


N = NotificationStatus
NOTIFICATION_MACHINE = Machine(
    "notification",
    {
        N.QUEUED: {N.SENT, N.FAILED, N.SUPPRESSED},
        # a push provider may say later that nothing arrived
        N.SENT: {N.FAILED},
        N.FAILED: {N.QUEUED},
        N.SUPPRESSED: set(),
    },
)


class Notification(Tenant, Base):
    """One message to one person by one way. One per cause: `cause` says what it is sent for, `recipient` to whom.

    customer_id, user_id: whom it is for. address: where it goes; erased with the person. subject, body: what was sent.
    about_type, about: the node it is about, and its id. rule: the reminder that asked for it, which may be gone.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("device_id", "device_tokens"),
        UniqueConstraint("organization_id", "cause", "channel", "recipient"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "customer_id", "created_at", "id"),
        Index(None, "organization_id", "user_id", "created_at", "id"),
        Index(None, "organization_id", "about", "created_at", "id"),
        CheckConstraint("status <> 'SENT' OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("(status = 'SUPPRESSED') = (suppressed IS NOT NULL)", name="why_suppressed"),
        CheckConstraint("(channel = 'PUSH') = (device_id IS NOT NULL)", name="device"),
        one_of("kind", NotificationKind),
        one_of("channel", Channel),
        one_of("status", NotificationStatus),
        one_of("suppressed", Suppression),
    )
    machine: ClassVar = NOTIFICATION_MACHINE

    kind: Mapped[NotificationKind] = mapped_column(words(NotificationKind))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    status: Mapped[NotificationStatus] = mapped_column(words(NotificationStatus))
    suppressed: Mapped[Suppression | None] = mapped_column(words(Suppression))
    cause: Mapped[str]
    recipient: Mapped[str]
    customer_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    device_id: Mapped[UUID | None]
    rule: Mapped[UUID | None]
    about_type: Mapped[str]
    about: Mapped[UUID]
    locale: Mapped[str]
    address: Mapped[str | None]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    send_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    provider_reference: Mapped[str | None]


class NotificationAttempt(Tenant, Base):
    """One try to hand a message to a provider."""

    __tablename__ = "notification_attempts"
    __table_args__ = (
        refers("notification_id", "notifications", ondelete="CASCADE"),
        Index(None, "organization_id", "notification_id", "id"),
        one_of("outcome", AttemptOutcome),
    )

    notification_id: Mapped[UUID]
    outcome: Mapped[AttemptOutcome] = mapped_column(words(AttemptOutcome))
    detail: Mapped[str | None]


class ReminderRule(Tenant, Versioned, Base):
    """What the organization says by itself: of what, when and by which ways.

    days_before: how many days ahead of the cause (CARE_DUE, BOOKING_TOMORROW); days_after: behind it (AFTER_VISIT).
    at: the local time of day, for kinds that follow the calendar. weekday: 0 is Monday (CARE_OVERDUE, once a week).
    run_on: the first local day that is not done, which is the one it runs next; its piece of due work has the instant.
    """

    __tablename__ = "reminder_rules"
    __table_args__ = (
        refers("protocol_id", "care_protocols"),
        Index(
            "uq_reminder_rules_kind",
            "organization_id",
            "kind",
            "days_before",
            "days_after",
            "protocol_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("days_before BETWEEN 0 AND 365", name="days_before"),
        CheckConstraint("days_after BETWEEN 0 AND 365", name="days_after"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("cardinality(channels) > 0 AND channels <@ '{EMAIL,SMS,PUSH}'::text[]", name="channels"),
        one_of("kind", NotificationKind),
    )

    kind: Mapped[NotificationKind] = mapped_column(words(NotificationKind))
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    days_before: Mapped[int | None]
    days_after: Mapped[int | None]
    at: Mapped[time | None]
    weekday: Mapped[int | None]
    protocol_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    run_on: Mapped[date | None]


class MessageTemplate(Tenant, Versioned, Base):
    """The organization's own words for a message, in one language; without one, Waypost's own words are used."""

    __tablename__ = "message_templates"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "channel", "locale"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'", name="locale"),
        one_of("kind", NotificationKind),
        one_of("channel", Channel),
    )

    kind: Mapped[NotificationKind] = mapped_column(words(NotificationKind))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    locale: Mapped[str]
    subject: Mapped[str | None]
    body: Mapped[str]


class ContactPreference(Tenant, Versioned, Base):
    """How one person wants to be spoken to: a customer, or a user who is none.

    muted: what they do not want, as `KIND:CHANNEL`. From quiet_from to quiet_until, by the organization's clock, only
    what cannot wait is said.
    """

    __tablename__ = "contact_preferences"
    __table_args__ = (
        refers("customer_id", "customers"),
        UniqueConstraint("organization_id", "customer_id"),
        UniqueConstraint("organization_id", "user_id"),
        CheckConstraint("num_nonnulls(customer_id, user_id) = 1", name="person"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        CheckConstraint("locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'", name="locale"),
    )

    customer_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    locale: Mapped[str | None]
    muted: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]


class DeviceToken(Tenant, Base):
    """A phone that can be sent messages, as the push provider knows it."""

    __tablename__ = "device_tokens"
    __table_args__ = (
        refers("customer_id", "customers"),
        UniqueConstraint("organization_id", "token"),
        Index(None, "organization_id", "user_id", "created_at", "id"),
        # whoever is told something is asked for their phones
        Index(None, "organization_id", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
        one_of("platform", DevicePlatform),
        one_of("provider", PushProvider),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    customer_id: Mapped[UUID | None]
    token: Mapped[str]
    platform: Mapped[DevicePlatform] = mapped_column(words(DevicePlatform))
    provider: Mapped[PushProvider] = mapped_column(words(PushProvider))
    last_seen_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class DeadAddress(Tenant, Base):
    """A mail address or number at which nothing arrives any more."""

    __tablename__ = "dead_addresses"
    __table_args__ = (
        UniqueConstraint("organization_id", "channel", "address"),
        Index(None, "organization_id", "created_at", "id"),
        one_of("channel", Channel),
    )

    channel: Mapped[Channel] = mapped_column(words(Channel))
    address: Mapped[str]
    reason: Mapped[str]
