"""Relations of calendar feeds, and what stands in a calendar."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Row, Select, exists, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.loaders.base import Listing, ToOne
from app.models import (
    Allocation,
    Booking,
    BookingStatus,
    CalendarFeed,
    Customer,
    Driver,
    Organization,
    Place,
    Resource,
    ResourceUnit,
    Route,
    RouteStatus,
    Service,
    Shift,
    Stop,
    Subject,
    Transport,
    Vehicle,
)
from app.uow import ReadUnit

CALENDAR_FEEDS = Listing(
    CalendarFeed,
    "-created_at",
    filters={
        "customer_id": lambda id: CalendarFeed.customer_id == id,
        "driver_id": lambda id: CalendarFeed.driver_id == id,
        "resource_id": lambda id: CalendarFeed.resource_id == id,
        "revoked": lambda revoked: CalendarFeed.revoked_at.is_not(None) == revoked,
    },
    referents={"customer_id": Customer, "driver_id": Driver, "resource_id": Resource},
)
FEED_CUSTOMER = ToOne(Customer, "customer_id")
FEED_DRIVER = ToOne(Driver, "driver_id")
FEED_RESOURCE = ToOne(Resource, "resource_id")

BACK = timedelta(days=90)
AHEAD = timedelta(days=366)
ENTRIES_MAX = 2_000
ON_THE_WAY = (RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)

# of a subject no more is wanted than what it is called: its kinds' tables stay out of it
SUBJECTS: Final = Subject.__table__

Instant = InstrumentedAttribute[datetime]
Rows = Sequence[Row[*tuple[Any, ...]]]


async def standing_feed(reads: ReadUnit, feed_id: UUID) -> Row[CalendarFeed, Organization] | None:
    """A feed that is not revoked, and whose it is."""
    found = await reads.execute(
        select(CalendarFeed, Organization)
        .join(Organization, Organization.id == CalendarFeed.organization_id)
        .where(
            CalendarFeed.organization_id == reads.viewer.organization_id,
            CalendarFeed.id == feed_id,
            CalendarFeed.revoked_at.is_(None),
        )
    )
    return found.first()


async def bookings(reads: ReadUnit, feed: CalendarFeed) -> Rows:
    """A customer's or a resource's, with service, place, the subject's name, and when any of it last changed."""
    whose = _uses(feed.resource_id) if feed.customer_id is None else Booking.customer_id == feed.customer_id
    changed_at = func.greatest(Booking.updated_at, Service.updated_at, Place.updated_at, SUBJECTS.c.updated_at)
    statement = (
        select(Booking, Service, Place, SUBJECTS.c.name, changed_at)
        .join(Service, (Service.organization_id == Booking.organization_id) & (Service.id == Booking.service_id))
        .join(Place, (Place.organization_id == Service.organization_id) & (Place.id == Service.place_id))
        .join(SUBJECTS, (SUBJECTS.c.organization_id == Booking.organization_id) & (SUBJECTS.c.id == Booking.subject_id))
        .where(
            Booking.organization_id == reads.viewer.organization_id,
            # a hold that ran out was never a booking
            Booking.status != BookingStatus.EXPIRED,
            whose,
        )
    )
    return (await reads.execute(_within(statement, Booking.starts_at, Booking.ends_at))).all()


def _uses(resource_id: UUID | None) -> ColumnElement[bool]:
    """Whether a booking has a unit of a resource."""
    return exists().where(
        Allocation.organization_id == Booking.organization_id,
        Allocation.booking_id == Booking.id,
        Allocation.unit_id == ResourceUnit.id,
        # it lasts as long as its booking, or longer
        Allocation.ends_at >= clock.now() - BACK,
        ResourceUnit.organization_id == Booking.organization_id,
        ResourceUnit.resource_id == resource_id,
    )


async def shifts(reads: ReadUnit, driver_id: UUID) -> Rows:
    """A driver's, with where they start, the vehicle's plate, and when any of it last changed."""
    changed_at = func.greatest(Shift.updated_at, Place.updated_at, Vehicle.updated_at)
    statement = (
        select(Shift, Place, Vehicle.license_plate, changed_at)
        .join(Place, (Place.organization_id == Shift.organization_id) & (Place.id == Shift.start_place_id))
        .join(Vehicle, (Vehicle.organization_id == Shift.organization_id) & (Vehicle.id == Shift.vehicle_id))
        .where(Shift.organization_id == reads.viewer.organization_id, Shift.driver_id == driver_id)
    )
    return (await reads.execute(_within(statement, Shift.starts_at, Shift.ends_at))).all()


async def stops(reads: ReadUnit, driver_id: UUID, limit: int) -> Rows:
    """Of routes that the driver sees and has yet to finish; with all that `of_stop` tells."""
    changed_at = func.greatest(
        Stop.updated_at, Route.updated_at, Transport.updated_at, Place.updated_at, SUBJECTS.c.updated_at
    )
    statement = (
        select(Stop, Route, Transport, Place, SUBJECTS.c.name, changed_at)
        .join(Route, (Route.organization_id == Stop.organization_id) & (Route.id == Stop.route_id))
        .join(Transport, (Transport.organization_id == Stop.organization_id) & (Transport.id == Stop.transport_id))
        .join(Place, (Place.organization_id == Stop.organization_id) & (Place.id == Stop.place_id))
        .outerjoin(
            SUBJECTS,
            (SUBJECTS.c.organization_id == Transport.organization_id) & (SUBJECTS.c.id == Transport.subject_id),
        )
        .where(
            Stop.organization_id == reads.viewer.organization_id,
            Route.driver_id == driver_id,
            Route.status.in_(ON_THE_WAY),
        )
    )
    return (await reads.execute(_within(statement, Stop.planned_at, Stop.planned_at, limit))).all()


def _within(statement: Select[Any], begin: Instant, end: Instant, limit: int = ENTRIES_MAX) -> Select[Any]:
    """What lies in the calendar's window; if that is too much, what is nearest to now."""
    now = clock.now()
    return (
        statement.where(end >= now - BACK, begin < now + AHEAD)
        .order_by(func.abs(func.extract("epoch", begin - _literal(now))))
        .limit(limit)
    )


def _literal(instant: datetime) -> ColumnElement[datetime]:
    return literal(instant, DateTime(timezone=True))
