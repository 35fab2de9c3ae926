"""A customer's claim on capacity for one subject."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CurrencyCode, Machine, Minor, Tenant, Versioned, Vocabulary, one_of, refers, words


class BookingStatus(Vocabulary):
    HELD = "HELD", "Kept for a customer who is deciding, until `heldUntil`."
    PENDING = "PENDING", "Booked, and waiting for staff to confirm."
    CONFIRMED = "CONFIRMED", "Accepted by staff."
    CHECKED_IN = "CHECKED_IN", "The subject is here."
    COMPLETED = "COMPLETED", "The service is done."
    DECLINED = "DECLINED", "Refused by staff."
    CANCELLED = "CANCELLED", "Called off before it began."
    NO_SHOW = "NO_SHOW", "Nobody came."
    EXPIRED = "EXPIRED", "Held, but not booked in time."


S = BookingStatus
BOOKING_MACHINE = Machine(
    "booking",
    {
        S.HELD: {S.PENDING, S.CANCELLED, S.EXPIRED},
        S.PENDING: {S.CONFIRMED, S.DECLINED, S.CANCELLED},
        S.CONFIRMED: {S.CHECKED_IN, S.CANCELLED, S.NO_SHOW},
        S.CHECKED_IN: {S.COMPLETED},
    },
)


class Booking(Tenant, Versioned, Base):
    """Times and price are those agreed when it was made, whatever happens to the service later."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        refers("customer_id", "customers"),
        refers("subject_id", "subjects"),
        refers("service_id", "services"),
        refers("slot_id", "slots"),
        Index(None, "organization_id", "starts_at", "id"),
        Index(None, "organization_id", "status", "starts_at", "id"),
        Index(None, "organization_id", "customer_id", "starts_at", "id"),
        Index(None, "organization_id", "subject_id", "starts_at", "id"),
        Index(None, "organization_id", "slot_id"),
        Index(None, "organization_id", "service_id", "starts_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("(status = 'HELD') <= (held_until IS NOT NULL)", name="held_until"),
        one_of("status", BookingStatus),
    )
    machine: ClassVar = BOOKING_MACHINE

    number: Mapped[str]
    status: Mapped[BookingStatus] = mapped_column(words(BookingStatus))
    customer_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    service_id: Mapped[UUID]
    slot_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    price_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    notes: Mapped[str | None]
    reason: Mapped[str | None]


class Allocation(Tenant, Base):
    """Capacity that a booking consumes. The row is the consumption: it goes when the booking ends unserved."""

    __tablename__ = "allocations"
    __table_args__ = (
        UniqueConstraint("organization_id", "booking_id", "slot_id"),
        refers("booking_id", "bookings", ondelete="CASCADE"),
        refers("slot_id", "slots"),
        Index(None, "organization_id", "slot_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    booking_id: Mapped[UUID]
    slot_id: Mapped[UUID]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    quantity: Mapped[int] = mapped_column(default=1, server_default="1")
