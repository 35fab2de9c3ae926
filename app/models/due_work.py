"""Work for later, as rows: what a lost Redis cannot lose."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Global, Vocabulary, one_of, words


class WorkKind(Vocabulary):
    EXPIRE_HOLD = "EXPIRE_HOLD", "Let a held booking run out."
    EXTEND_SCHEDULE = "EXTEND_SCHEDULE", "Make the slots of one more day of a schedule."
    EXTEND_SERIES = "EXTEND_SERIES", "Book a standing booking further ahead."
    OFFER_PLACES = "OFFER_PLACES", "Offer the places that a slot has to those who wait for it."
    END_WAITING = "END_WAITING", "Let those who wait for a slot know that it began without them."
    WARN_OF_LICENCE = "WARN_OF_LICENCE", "Warn that a driver's licence runs out."
    WARN_OF_MAINTENANCE = "WARN_OF_MAINTENANCE", "Warn that a vehicle's maintenance is due."
    FETCH_DIRECTIONS = "FETCH_DIRECTIONS", "Ask how to drive a route, turn by turn."
    PROCESS_DOCUMENT = "PROCESS_DOCUMENT", "Look at an uploaded file and make it ready."
    EXPIRE_UPLOAD = "EXPIRE_UPLOAD", "Give up a direct upload that never came."
    PLAN_ROUTES = "PLAN_ROUTES", "Search for a day's routes."
    NOTIFY_BOOKING_CONFIRMED = "NOTIFY_BOOKING_CONFIRMED", "Tell a customer that a booking is confirmed."
    NOTIFY_BOOKING_DECLINED = "NOTIFY_BOOKING_DECLINED", "Tell a customer that a booking was refused."
    NOTIFY_BOOKING_CANCELLED = "NOTIFY_BOOKING_CANCELLED", "Tell a customer that a booking was called off."
    NOTIFY_WAITLIST_OFFER = "NOTIFY_WAITLIST_OFFER", "Tell a customer that a place is held for them."
    NOTIFY_DRIVER_UNDER_WAY = "NOTIFY_DRIVER_UNDER_WAY", "Tell a customer that the driver is on the way."
    NOTIFY_LICENCE_EXPIRING = "NOTIFY_LICENCE_EXPIRING", "Tell the house and the driver that a licence runs out."
    NOTIFY_MAINTENANCE_DUE = "NOTIFY_MAINTENANCE_DUE", "Tell the house that a vehicle must go to the workshop."
    NOTIFY_POST_PUBLISHED = "NOTIFY_POST_PUBLISHED", "Tell its readers that there is news."
    SEND_NOTIFICATION = "SEND_NOTIFICATION", "Hand a message to its provider."
    CHECK_RECEIPT = "CHECK_RECEIPT", "Ask what became of a message that a provider took."
    RUN_REMINDER = "RUN_REMINDER", "Say what a reminder's rule asks for today."
    REFRESH_CARE = "REFRESH_CARE", "Work out anew who needs what, after a protocol was changed."
    START_SYNC = "START_SYNC", "Ask a partner's system again, as often as was agreed."
    RUN_SYNC = "RUN_SYNC", "Ask a partner's system."
    PUBLISH_POST = "PUBLISH_POST", "Let news appear."
    WRITE_EXPORT = "WRITE_EXPORT", "Write a file of what is known."
    SEND_ACCOUNT_MAIL = "SEND_ACCOUNT_MAIL", "Send a mail about somebody's account."
    ERASE_DOCUMENT = "ERASE_DOCUMENT", "Throw the bytes of a document away."
    FEED_WEBHOOKS = "FEED_WEBHOOKS", "Queue what happened for those who are told of it."
    DELIVER_WEBHOOKS = "DELIVER_WEBHOOKS", "Tell an endpoint what is queued for it."
    REPLAY_WEBHOOKS = "REPLAY_WEBHOOKS", "Queue past events for an endpoint again."
    TIDY_WEBHOOKS = "TIDY_WEBHOOKS", "Throw away what was told long ago."
    NOTIFY_WEBHOOK_FAILING = "NOTIFY_WEBHOOK_FAILING", "Tell the admins that an endpoint fails."
    NOTIFY_WEBHOOK_DISABLED = "NOTIFY_WEBHOOK_DISABLED", "Tell the admins that an endpoint is told of nothing more."


class DueWork(Global, Base):
    """One thing to do at `run_at`, for one row of one organization. Holds no personal data.

    A worker takes it by a lease; `failed_at` sets it aside after too many attempts, for people to look at.
    """

    __tablename__ = "due_work"
    __table_args__ = (
        Index(None, "run_at", "id", postgresql_where=text("failed_at IS NULL")),
        Index(None, "organization_id", "kind", "ref_id"),
        one_of("kind", WorkKind),
    )

    run_at: Mapped[datetime]
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[WorkKind] = mapped_column(words(WorkKind))
    ref_id: Mapped[UUID]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    lease_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
