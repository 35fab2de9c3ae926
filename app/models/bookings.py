"""A customer's claim on capacity for one subject."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
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


class BookingGroup(Tenant, Base):
    """Bookings of one customer that were made together, all or none."""

    __tablename__ = "booking_groups"
    __table_args__ = (
        refers("customer_id", "customers"),
        Index(None, "organization_id", "customer_id"),
    )

    customer_id: Mapped[UUID]


class Booking(Tenant, Versioned, Base):
    """Times, price and terms are those agreed when it was made, whatever happens to the service later."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        refers("customer_id", "customers"),
        refers("subject_id", "subjects"),
        refers("service_id", "services"),
        refers("slot_id", "slots"),
        refers("group_id", "booking_groups"),
        refers("series_id", "series"),
        Index(None, "organization_id", "starts_at", "id"),
        Index(None, "organization_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
        Index(None, "organization_id", "series_id", "starts_at", postgresql_where=text("series_id IS NOT NULL")),
        Index(None, "organization_id", "status", "starts_at", "id"),
        Index(None, "organization_id", "customer_id", "starts_at", "id"),
        Index(None, "organization_id", "subject_id", "starts_at", "id"),
        Index(None, "organization_id", "slot_id"),
        Index(None, "organization_id", "service_id", "starts_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("nights > 0", name="nights"),
        CheckConstraint("cancellation_fee_minor >= 0 AND no_show_fee_minor >= 0", name="fees"),
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
    group_id: Mapped[UUID | None]
    series_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    nights: Mapped[int | None]
    held_until: Mapped[datetime | None]
    price_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    cancel_before: Mapped[datetime]
    cancel_free_before: Mapped[datetime]
    cancellation_fee_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    no_show_fee_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    notes: Mapped[str | None]
    reason: Mapped[str | None]
    care_waived_reason: Mapped[str | None]


class Allocation(Tenant, Base):
    """Capacity that a booking consumes: a place of a slot, or a unit of a resource, which nobody else has meanwhile.

    The row is the consumption: it goes when the booking ends unserved.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        UniqueConstraint("organization_id", "booking_id", "slot_id"),
        refers("booking_id", "bookings", ondelete="CASCADE"),
        refers("slot_id", "slots"),
        refers("unit_id", "resource_units"),
        Index(None, "organization_id", "slot_id"),
        Index(None, "organization_id", "unit_id", "ends_at", postgresql_where=text("unit_id IS NOT NULL")),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("num_nonnulls(slot_id, unit_id) = 1", name="target"),
        ExcludeConstraint(
            ("organization_id", "="),
            ("unit_id", "="),
            ("during", "&&"),
            where=text("unit_id IS NOT NULL"),
            name="ex_allocations_unit",
            using="gist",
        ),
    )

    booking_id: Mapped[UUID]
    slot_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    # the ends of `during` again: under row-level security an index serves comparisons of columns, not of ranges
    starts_at: Mapped[datetime] = mapped_column(Computed("lower(during)", persisted=True))
    ends_at: Mapped[datetime] = mapped_column(Computed("upper(during)", persisted=True))
    quantity: Mapped[int] = mapped_column(default=1, server_default="1")


class ChargeKind(Vocabulary):
    CANCELLATION = "CANCELLATION", "Called off when that was not free any more."
    NO_SHOW = "NO_SHOW", "Nobody came."


class BookingCharge(Tenant, Base):
    """A fee that a booking cost its customer; once for each cause."""

    __tablename__ = "booking_charges"
    __table_args__ = (
        UniqueConstraint("organization_id", "booking_id", "kind"),
        refers("booking_id", "bookings"),
        refers("customer_id", "customers"),
        Index(None, "organization_id", "customer_id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        one_of("kind", ChargeKind),
    )

    booking_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[ChargeKind] = mapped_column(words(ChargeKind))
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(CurrencyCode)

    @property
    def amount(self) -> int:
        return self.amount_minor
