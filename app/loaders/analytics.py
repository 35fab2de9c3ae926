"""Figures over many slots and bookings, added up by the database.

Days are those of the organization's zone. Where one begins is worked out in the statement, so to the planner it is any
instant: it takes the range from an index, however much of the table the period holds.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    case,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)

from app import clock
from app.access import Viewer, conditions
from app.errors import BadUserInput
from app.loaders.base import ToOne
from app.models import Booking, BookingCharge, BookingStatus, Organization, Service, Slot, SlotStatus
from app.models.base import among
from app.uow import ReadUnit

SERVICE_DAYS_MAX = 10_000
"""Most figures of one service on one day that one answer lists."""

EARNING = (BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN, BookingStatus.COMPLETED)
EXPECTED = (BookingStatus.NO_SHOW, BookingStatus.COMPLETED, BookingStatus.CHECKED_IN)
"""States of bookings of which it is known whether somebody came."""

FIGURES_SERVICE = ToOne(Service, "service_id")


@dataclass(frozen=True)
class Scope:
    """Days of the organization's calendar, the first and the last included, and services; None: all of them."""

    first: date
    last: date
    services: tuple[UUID, ...] | None = None

    @classmethod
    def of(cls, first: date, last: date, days_max: int) -> Self:
        if last < first:
            raise BadUserInput("A period does not end before it begins.", "to")
        if (last - first).days >= days_max:
            raise BadUserInput(f"A period has at most {days_max} days.", "to")
        return cls(first, last)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def holds(self, viewer: Viewer, entity: type[Slot] | type[Booking]) -> list[ColumnElement[bool]]:
        """What a row of `entity` must fulfil to be counted."""
        begins, ends = _midnight(viewer, _start(self.first)), _midnight(viewer, _start(self.last) + timedelta(days=1))
        return [*self._chosen(viewer, entity), entity.starts_at >= begins, entity.starts_at < ends]

    def _chosen(self, viewer: Viewer, entity: type[Slot] | type[Booking]) -> list[ColumnElement[bool]]:
        wanted = [] if self.services is None else [among(entity.service_id, self.services)]
        return [*conditions(viewer, entity), *wanted]

    def offered(self, viewer: Viewer, day: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
        """What a slot must fulfil to be open for booking on a day."""
        active = select(Service.id).where(*conditions(viewer, Service), Service.active)
        return [
            *self._chosen(viewer, Slot),
            Slot.status == SlotStatus.OPEN,
            Slot.service_id.in_(active),
            Slot.starts_at > clock.now(),
            Slot.starts_at >= _midnight(viewer, day),
            Slot.starts_at < _midnight(viewer, day + timedelta(days=1)),
        ]


def _start(day: date) -> ColumnElement[datetime]:
    """Midnight of a day, wherever."""
    return literal(datetime.combine(day, time()), DateTime(timezone=False))


def _midnight(viewer: Viewer, day: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """Midnight where the organization is."""
    return func.timezone(_own(viewer, Organization.time_zone), day)


def _own(viewer: Viewer, column: Any) -> Any:
    """A column of the viewer's organization."""
    return select(column).where(Organization.id == viewer.organization_id).scalar_subquery()


# availability


@dataclass(frozen=True)
class ServicePlaces:
    """What one service offers on one day."""

    service_id: UUID
    slots: int
    capacity: int
    available: int


@dataclass
class DayPlaces:
    """What is offered on one day."""

    date: date
    slots: int = 0
    capacity: int = 0
    available: int = 0
    services: list[ServicePlaces] = field(default_factory=list)


async def availability(reads: ReadUnit, scope: Scope, *, by_service: bool) -> list[DayPlaces]:
    """The places of each day; in `by_service`, also those of each service."""
    found = {day: DayPlaces(day) for day in scope.days}
    rows = (await reads.execute(availability_statement(reads.viewer, scope, by_service=by_service))).all()
    if len(rows) > SERVICE_DAYS_MAX:
        raise BadUserInput("These are too many services and days at once: ask for fewer of them.", "serviceIds")
    for row in rows:
        of = found[row.day]
        of.slots += row.slots
        of.capacity += row.capacity
        of.available += row.available
        if by_service:
            of.services.append(ServicePlaces(row.service_id, row.slots, row.capacity, row.available))
    return list(found.values())


def availability_statement(viewer: Viewer, scope: Scope, *, by_service: bool) -> Select[Any]:
    """Each day is a range of an index that holds all that is counted: no instant is turned into a day."""
    days = func.generate_series(_start(scope.first), _start(scope.last), timedelta(days=1))
    day: ColumnElement[datetime] = days.column_valued("day")
    counted = select(
        (Slot.service_id if by_service else null()).label("service_id"),
        func.count().label("slots"),
        func.coalesce(func.sum(Slot.capacity), 0).label("capacity"),
        func.coalesce(func.sum(Slot.capacity - Slot.taken), 0).label("available"),
    ).where(*scope.offered(viewer, day))
    places = (counted.group_by(Slot.service_id) if by_service else counted).lateral("places")
    statement = select(func.date(day).label("day"), places).join(places, true())
    return statement.order_by("day", places.c.service_id).limit(SERVICE_DAYS_MAX + 1)


# bookings


@dataclass(frozen=True)
class StatusCount:
    status: BookingStatus
    count: int


@dataclass(frozen=True)
class Earned:
    """Bookings, and the price of those that stand."""

    count: int
    revenue_minor: int
    currency: str


@dataclass(frozen=True)
class ServiceEarned(Earned):
    service_id: UUID


@dataclass(frozen=True)
class DayEarned(Earned):
    date: date


@dataclass(frozen=True)
class Figures:
    """What is known of the bookings of a period."""

    scope: Scope
    whole: Earned
    by_status: list[StatusCount]
    by_service: list[ServiceEarned]
    by_day: list[DayEarned]

    @property
    def no_show_rate(self) -> float | None:
        counts = {of.status: of.count for of in self.by_status}
        expected = sum(counts.get(status, 0) for status in EXPECTED)
        return counts.get(BookingStatus.NO_SHOW, 0) / expected if expected else None


async def booking_figures(reads: ReadUnit, scope: Scope) -> Figures:
    """One pass over the bookings, added up in four ways."""
    rows = (await reads.execute(figures_statement(reads.viewer, scope))).all()
    (whole,) = (Earned(row.bookings, int(row.revenue), row.currency) for row in rows if row.of_whole)
    counts = {row.status: row.bookings for row in rows if row.of_status}
    services = [
        ServiceEarned(row.bookings, int(row.revenue), row.currency, row.service_id) for row in rows if row.of_service
    ]
    days = {row.day: DayEarned(row.bookings, int(row.revenue), row.currency, row.day) for row in rows if row.of_day}
    return Figures(
        scope,
        whole,
        [StatusCount(status, counts[status]) for status in BookingStatus if status in counts],
        sorted(services, key=lambda of: (-of.count, of.service_id)),
        [days.get(day) or DayEarned(0, 0, whole.currency, day) for day in scope.days],
    )


def figures_statement(viewer: Viewer, scope: Scope) -> Select[Any]:
    currency = _own(viewer, Organization.currency)
    zone = _own(viewer, Organization.time_zone)
    earning = Booking.status.in_(EARNING) & (Booking.currency == currency)
    of = (
        select(
            Booking.status,
            Booking.service_id,
            func.date(func.timezone(zone, Booking.starts_at)).label("day"),
            case((earning, Booking.price_minor), else_=0).label("earned"),
        )
        .where(*scope.holds(viewer, Booking))
        .subquery()
        .c
    )
    grouped = func.grouping(of.status, of.service_id, of.day)
    return select(
        of.status,
        of.service_id,
        of.day,
        func.count().label("bookings"),
        func.coalesce(func.sum(of.earned), 0).label("revenue"),
        currency.label("currency"),
        # a bit for each column that a row is not grouped by
        (grouped == 0b011).label("of_status"),
        (grouped == 0b101).label("of_service"),
        (grouped == 0b110).label("of_day"),
        (grouped == 0b111).label("of_whole"),
    ).group_by(func.grouping_sets(tuple_(of.status), tuple_(of.service_id), tuple_(of.day), tuple_()))


async def occupancy(reads: ReadUnit, scope: Scope) -> float | None:
    """Which part of the places is taken; those that are free and cannot be booked are none."""
    taken, places = (await reads.execute(occupancy_statement(reads.viewer, scope))).one()
    return taken / places if places else None


def occupancy_statement(viewer: Viewer, scope: Scope) -> Select[int, Any]:
    places = case((Slot.status == SlotStatus.OPEN, Slot.capacity), else_=Slot.taken)
    return select(func.sum(Slot.taken), func.sum(places)).where(*scope.holds(viewer, Slot))


async def fees(reads: ReadUnit, scope: Scope) -> int:
    """What calling off and not coming has cost the customers of the period's bookings."""
    return int((await reads.execute(fees_statement(reads.viewer, scope))).scalar_one())


def fees_statement(viewer: Viewer, scope: Scope) -> Select[int]:
    of_booking = (Booking.organization_id == BookingCharge.organization_id) & (Booking.id == BookingCharge.booking_id)
    return (
        select(func.coalesce(func.sum(BookingCharge.amount_minor), 0))
        .join(Booking, of_booking)
        .where(
            *scope.holds(viewer, Booking),
            *conditions(viewer, BookingCharge),
            BookingCharge.currency == _own(viewer, Organization.currency),
        )
    )
