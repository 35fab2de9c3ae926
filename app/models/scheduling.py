"""What can be booked, and when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CurrencyCode, Minor, Tenant, Versioned, Vocabulary, one_of, refers, words


class SlotStatus(Vocabulary):
    OPEN = "OPEN", "Can be booked while places are free."
    CLOSED = "CLOSED", "Takes no further booking."


class Service(Tenant, Versioned, Base):
    """Something that customers book: a night in the hotel, a grooming, a dialysis ride, an oil change."""

    __tablename__ = "services"
    __table_args__ = (
        refers("place_id", "places"),
        Index(None, "organization_id", "name", "id"),
        CheckConstraint("duration_s > 0", name="duration"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("cancellation_notice_s >= 0", name="cancellation_notice"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    place_id: Mapped[UUID]
    duration_s: Mapped[int]
    price_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    cancellation_notice_s: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class Slot(Tenant, Versioned, Base):
    """A time at which a service takes up to `capacity` bookings.

    `taken` is kept by a trigger on allocations and by nothing else; the CHECK on it makes overselling impossible.
    """

    __tablename__ = "slots"
    __table_args__ = (
        refers("service_id", "services"),
        Index(None, "organization_id", "service_id", "starts_at", "id"),
        Index(None, "organization_id", "starts_at", "id"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
        one_of("status", SlotStatus),
    )

    service_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    status: Mapped[SlotStatus] = mapped_column(words(SlotStatus), default=SlotStatus.OPEN, server_default="OPEN")

    @property
    def available(self) -> int:
        return self.capacity - self.taken if self.status is SlotStatus.OPEN else 0
