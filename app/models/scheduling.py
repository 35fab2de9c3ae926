"""What can be booked, when, and under which terms."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, Integer, and_, case, exists, func, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CurrencyCode, Minor, Tenant, Versioned, Vocabulary, one_of, refers, words
from app.models.resources import Requirement


class ServiceKind(Vocabulary):
    APPOINTMENT = "APPOINTMENT", "Takes one slot."
    STAY = "STAY", "Takes nights in a row; each of its slots is one night."


class Confirmation(Vocabulary):
    BY_STAFF = "BY_STAFF", "A booking waits until staff accept it."
    AUTOMATIC = "AUTOMATIC", "A booking is confirmed as soon as it is made."


class SlotStatus(Vocabulary):
    OPEN = "OPEN", "Can be booked while places are free."
    CLOSED = "CLOSED", "Takes no further booking."
    WITHDRAWN = "WITHDRAWN", "Its schedule offers it no more; what was booked stands, and nothing more is."


class Service(Tenant, Versioned, Base):
    """Something that customers book: a night in the hotel, a grooming, a dialysis ride, an oil change.

    The columns below `currency` are its booking policy. They bind customers; staff may book and cancel at any time.
    """

    __tablename__ = "services"
    __table_args__ = (
        refers("place_id", "places"),
        Index(None, "organization_id", "name", "id"),
        CheckConstraint("duration_s > 0", name="duration"),
        CheckConstraint("buffer_before_s >= 0 AND buffer_after_s >= 0", name="buffers"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("opens_before_s > notice_s AND notice_s >= 0", name="notice"),
        CheckConstraint("bookable_from < bookable_until", name="bookable"),
        CheckConstraint("cancellation_notice_s >= 0", name="cancellation_notice"),
        CheckConstraint("free_cancellation_notice_s >= 0", name="free_cancellation_notice"),
        CheckConstraint("cancellation_fee_minor >= 0", name="cancellation_fee_minor"),
        CheckConstraint("cancellation_fee_percent BETWEEN 0 AND 100", name="cancellation_fee_percent"),
        CheckConstraint("num_nonnulls(cancellation_fee_minor, cancellation_fee_percent) < 2", name="cancellation_fee"),
        CheckConstraint("no_show_fee_minor >= 0", name="no_show_fee_minor"),
        CheckConstraint("no_show_fee_percent BETWEEN 0 AND 100", name="no_show_fee_percent"),
        CheckConstraint("num_nonnulls(no_show_fee_minor, no_show_fee_percent) < 2", name="no_show_fee"),
        CheckConstraint("customer_places_max > 0", name="customer_places_max"),
        CheckConstraint("waitlist_max >= 0 AND waitlist_offer_s > 0", name="waitlist"),
        one_of("kind", ServiceKind),
        one_of("confirmation", Confirmation),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    kind: Mapped[ServiceKind] = mapped_column(
        words(ServiceKind), default=ServiceKind.APPOINTMENT, server_default="APPOINTMENT"
    )
    place_id: Mapped[UUID]
    duration_s: Mapped[int]
    buffer_before_s: Mapped[int] = mapped_column(default=0, server_default="0")
    buffer_after_s: Mapped[int] = mapped_column(default=0, server_default="0")
    price_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(CurrencyCode)

    opens_before_s: Mapped[int | None]
    notice_s: Mapped[int] = mapped_column(default=0, server_default="0")
    bookable_from: Mapped[datetime | None]
    bookable_until: Mapped[datetime | None]
    cancellation_notice_s: Mapped[int] = mapped_column(default=0, server_default="0")
    free_cancellation_notice_s: Mapped[int] = mapped_column(default=0, server_default="0")
    cancellation_fee_minor: Mapped[int | None] = mapped_column(Minor)
    cancellation_fee_percent: Mapped[int | None]
    no_show_fee_minor: Mapped[int | None] = mapped_column(Minor)
    no_show_fee_percent: Mapped[int | None]
    confirmation: Mapped[Confirmation] = mapped_column(
        words(Confirmation), default=Confirmation.BY_STAFF, server_default="BY_STAFF"
    )
    customer_places_max: Mapped[int | None]
    waitlist_max: Mapped[int] = mapped_column(default=50, server_default="50")
    waitlist_offer_s: Mapped[int] = mapped_column(default=3600, server_default="3600")

    active: Mapped[bool] = mapped_column(default=True, server_default="true")

    @property
    def buffers(self) -> tuple[timedelta, timedelta]:
        """For how long its resources are kept before and after."""
        return timedelta(seconds=self.buffer_before_s), timedelta(seconds=self.buffer_after_s)


class Slot(Tenant, Versioned, Base):
    """A time at which a service takes up to `capacity` bookings; with a resource, by that one.

    One that a schedule made follows it, but for a capacity that people have set.
    `taken` is kept by a trigger on allocations and by nothing else; the CHECK on it makes overselling impossible.
    """

    __tablename__ = "slots"
    __table_args__ = (
        refers("service_id", "services"),
        refers("schedule_id", "schedules"),
        refers("resource_id", "resources"),
        Index(None, "organization_id", "service_id", "starts_at", "id"),
        # holds all that is added up of slots: availability and occupancy read no rows. That `taken` is in it costs some
        # microseconds whenever a place is taken: every index of slots then gets an entry.
        Index(
            "ix_slots_places",
            "organization_id",
            "starts_at",
            "id",
            postgresql_include=["service_id", "capacity", "taken", "status"],
        ),
        Index(
            None,
            "organization_id",
            "schedule_id",
            "starts_at",
            unique=True,
            postgresql_where=text("schedule_id IS NOT NULL"),
        ),
        Index(None, "organization_id", "resource_id", "starts_at", postgresql_where=text("resource_id IS NOT NULL")),
        Index("ix_slots_withdrawn", "organization_id", "starts_at", postgresql_where=text("status = 'WITHDRAWN'")),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
        one_of("status", SlotStatus),
    )

    service_id: Mapped[UUID]
    schedule_id: Mapped[UUID | None]
    resource_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    capacity_pinned: Mapped[bool] = mapped_column(default=False, server_default="false")
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    status: Mapped[SlotStatus] = mapped_column(words(SlotStatus), default=SlotStatus.OPEN, server_default="OPEN")

    @property
    def places_left(self) -> int:
        return self.capacity - self.taken if self.status is SlotStatus.OPEN else 0


def resources_allow() -> ColumnElement[int]:
    """How many bookings of a slot its resources allow; null if it needs none, for which the function is not called."""
    needs = exists().where(
        Requirement.organization_id == Slot.organization_id, Requirement.service_id == Slot.service_id
    )
    allowed = func.resources_allow(
        Slot.organization_id, Slot.service_id, Slot.resource_id, Slot.starts_at, Slot.ends_at, type_=Integer
    )
    return case((or_(Slot.resource_id.is_not(None), needs.correlate(Slot)), allowed))


def bookable(now: datetime) -> ColumnElement[bool]:
    """Whether a slot has a place, and its service's resources are free then."""
    return and_(
        Slot.taken < Slot.capacity,
        Slot.status == SlotStatus.OPEN,
        Slot.starts_at > now,
        func.coalesce(resources_allow(), 1) > 0,
    )
