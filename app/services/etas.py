"""When the driver is expected at each stop ahead, as things are now, and who is told when that is too late.

The driver is where the phone said last or, if that is old, where something was last dealt with. From there the stops
ahead come in their order: travel, the planned rests, waiting for a window, service.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select, text
from sqlalchemy.orm.attributes import set_committed_value

from app.models import (
    Event,
    EventType,
    Organization,
    Place,
    Position,
    Route,
    RouteStatus,
    Shift,
    Stop,
    StopKind,
    StopStatus,
    Transport,
)
from app.models.base import among
from app.services import travel
from app.services.routing.matrix import Departure
from app.services.routing.problem import Location
from app.services.transports.windows import windows
from app.settings import Settings
from app.uow import UnitOfWork

LOOKS = 3
"""The hour at which a way begins says how long it takes, and so when the next one begins: it is looked at again if the
hour is another than was thought."""
LATE = timedelta(minutes=1)
"""Less than this behind a window is no news."""

WRITE = text(
    """
    UPDATE stops SET eta = e.eta, late_since = e.late_since, updated_at = :now
    FROM unnest(cast(:ids AS uuid[]), cast(:etas AS timestamptz[]), cast(:late AS timestamptz[]))
         AS e(id, eta, late_since)
    WHERE stops.organization_id = :org AND stops.id = e.id
    """
)


@dataclass(frozen=True)
class Visit:
    """A stop, for whom it is, and where."""

    stop: Stop
    transport: Transport
    location: Location

    @property
    def service(self) -> timedelta:
        ride = self.transport
        return timedelta(seconds=ride.pickup_service_s if self.stop.kind is StopKind.PICKUP else ride.dropoff_service_s)

    @property
    def spans(self) -> Sequence[tuple[datetime, datetime]]:
        """When the driver may come; what goes back may come whenever it does."""
        if self.stop.kind is StopKind.RETURN:
            return []
        return windows(self.transport, "pickup" if self.stop.kind is StopKind.PICKUP else "dropoff")

    def begins(self, arrival: datetime) -> datetime:
        """Whoever is early waits for the window; whoever is late for the last one is served at once."""
        return next((max(arrival, opens) for opens, closes in self.spans if arrival <= closes), arrival)


@dataclass(frozen=True)
class Expected:
    """When a visit is expected to begin."""

    visit: Visit
    eta: datetime
    now: datetime

    @property
    def late_by(self) -> timedelta:
        """How far behind the last window."""
        spans = self.visit.spans
        return max(self.eta - spans[-1][1], timedelta()) if spans else timedelta()

    @property
    def late_since(self) -> datetime | None:
        return self.visit.stop.late_since or self.now if self.late_by >= LATE else None

    def is_news(self, moved: timedelta) -> bool:
        """Whether it is expected at quite another time, or late all of a sudden, or no more."""
        before = self.visit.stop
        return before.eta is None or abs(self.eta - before.eta) >= moved or self.late_since != before.late_since


class Leaving(NamedTuple):
    """Where the driver sets out for the next stop, and when."""

    where: Location
    at: datetime


class Rest(NamedTuple):
    """As planned."""

    begins: datetime
    ends: datetime

    def over(self, from_: datetime, now: datetime) -> datetime:
        """When it is, if the driver can take it from this instant on; one whose time has come is being taken."""
        if self.begins <= now:
            return max(from_, self.ends)
        return max(from_, self.begins) + (self.ends - self.begins)


async def follow(uow: UnitOfWork, settings: Settings, route: Route) -> bool:
    """Expect the stops ahead of a route anew, and say whether anything was written. The route is locked.

    Nothing is written for a few seconds more or less. Whoever is late for a window for the first time is told; what
    else follows (the event of what was done, the version) is the caller's.
    """
    # what a service has changed so far counts
    await uow.flush()
    visits = await _visits(uow, route)
    ahead = [visit for visit in visits if visit.stop.status is StopStatus.PLANNED and not _is_put_off(visit, visits)]
    if not ahead:
        return False
    leaving, zone = await _leaving(uow, settings, route, visits)
    places = [leaving.where, *(visit.location for visit in ahead)]
    leaves = [leaving.at, *(visit.stop.eta or visit.stop.planned_at for visit in ahead)]
    known: list[Departure] = []
    for _ in range(LOOKS):
        departures = [Departure.at(where, at.astimezone(zone)) for where, at in zip(places, leaves, strict=True)]
        if departures == known:
            break
        known = departures
        legs = await travel.legs(uow, settings, departures)
        expected = list(_expected(ahead, legs.durations_s, leaving.at, _rests(route, uow.now), uow.now))
        leaves = [leaving.at, *(each.eta for each in expected)]
    return await _write(uow, expected, timedelta(seconds=settings.eta_moved_s))


async def _visits(uow: UnitOfWork, route: Route) -> list[Visit]:
    found = await uow.session.execute(
        select(Stop, Transport, Place.latitude, Place.longitude)
        .join(Transport, and_(Transport.organization_id == Stop.organization_id, Transport.id == Stop.transport_id))
        .join(Place, and_(Place.organization_id == Stop.organization_id, Place.id == Stop.place_id))
        .where(Stop.organization_id == route.organization_id, Stop.route_id == route.id)
        .order_by(Stop.sequence)
        .execution_options(populate_existing=True)
    )
    return [Visit(stop, transport, Location(*point)) for stop, transport, *point in found]


def _is_put_off(visit: Visit, visits: Sequence[Visit]) -> bool:
    """A dropoff waits for its pickup, if that was skipped."""
    return visit.stop.kind is not StopKind.PICKUP and any(
        other.stop.status is StopStatus.SKIPPED
        and other.stop.kind is StopKind.PICKUP
        and other.transport is visit.transport
        for other in visits
    )


async def _leaving(
    uow: UnitOfWork, settings: Settings, route: Route, visits: Sequence[Visit]
) -> tuple[Leaving, ZoneInfo]:
    """Where and when the driver sets out for the next stop, and the organization's zone."""
    start, position, zone = await _whereabouts(uow, route)
    here = [visit for visit in visits if visit.stop.status is StopStatus.ARRIVED]
    if here:
        begun = max(visit.begins(visit.stop.arrived_at or uow.now) for visit in here)
        done_at = begun + sum((visit.service for visit in here), timedelta())
        return Leaving(here[-1].location, max(done_at, uow.now)), zone
    if route.status is not RouteStatus.IN_PROGRESS:
        return Leaving(start, max(route.starts_at, uow.now)), zone
    seen = [Leaving(visit.location, at) for visit in visits if (at := _left_at(visit.stop)) is not None]
    if position and position.at >= uow.now - timedelta(seconds=settings.position_fresh_s):
        # a phone's clock may be fast
        seen.append(Leaving(position.where, min(position.at, uow.now)))
    return max(seen, key=lambda leaving: leaving.at, default=Leaving(start, uow.now)), zone


def _left_at(stop: Stop) -> datetime | None:
    """When the driver was last there; a stop that was never reached says nothing."""
    return stop.done_at or stop.arrived_at


async def _whereabouts(uow: UnitOfWork, route: Route) -> tuple[Location, Leaving | None, ZoneInfo]:
    """Where the shift begins, where the driver was seen last, and the organization's zone."""
    found = await uow.session.execute(
        select(
            Place.latitude,
            Place.longitude,
            Position.latitude,
            Position.longitude,
            Position.recorded_at,
            Organization.time_zone,
        )
        .select_from(Shift)
        .join(Place, and_(Place.organization_id == Shift.organization_id, Place.id == Shift.start_place_id))
        .join(Organization, Organization.id == Shift.organization_id)
        .outerjoin(
            Position, and_(Position.organization_id == Shift.organization_id, Position.driver_id == route.driver_id)
        )
        .where(Shift.organization_id == route.organization_id, Shift.id == route.shift_id)
    )
    *place, latitude, longitude, seen_at, zone = found.one()
    position = Leaving(Location(latitude, longitude), seen_at) if seen_at else None
    return Location(*place), position, ZoneInfo(zone)


def _rests(route: Route, now: datetime) -> list[Rest]:
    """Those that are not over."""
    planned = (Rest(*map(datetime.fromisoformat, (rest["from"], rest["until"]))) for rest in route.breaks)
    return sorted(rest for rest in planned if rest.ends > now)


def _expected(
    ahead: Sequence[Visit], legs_s: Sequence[int], leaves_at: datetime, rests: list[Rest], now: datetime
) -> Iterator[Expected]:
    for visit, leg_s in zip(ahead, legs_s, strict=True):
        leg = timedelta(seconds=leg_s)
        # a rest is taken before the way on which it would fall
        while rests and rests[0].begins <= leaves_at + leg:
            leaves_at = rests.pop(0).over(leaves_at, now)
        eta = visit.begins(max(leaves_at + leg, now))
        yield Expected(visit, eta, now)
        leaves_at = eta + visit.service


async def _write(uow: UnitOfWork, expected: Sequence[Expected], moved: timedelta) -> bool:
    if not any(each.is_news(moved) for each in expected):
        return False
    await _tell_of_lateness(uow, [each for each in expected if each.late_since and not each.visit.stop.late_since])
    await uow.session.execute(
        WRITE,
        {
            "org": uow.viewer.organization_id,
            "now": uow.now,
            "ids": [each.visit.stop.id for each in expected],
            "etas": [each.eta for each in expected],
            "late": [each.late_since for each in expected],
        },
    )
    for each in expected:
        set_committed_value(each.visit.stop, "eta", each.eta)
        set_committed_value(each.visit.stop, "late_since", each.late_since)
    return True


async def _tell_of_lateness(uow: UnitOfWork, late: Sequence[Expected]) -> None:
    """Once per stop: who was late, in time again, and is late once more knows already, as the log tells."""
    if not late:
        return
    told = await uow.scalars(
        select(Event.payload["stopId"].astext).where(
            Event.organization_id == uow.viewer.organization_id,
            among(Event.transport_id, [each.visit.transport.id for each in late]),
            Event.type == EventType.TRANSPORT_LATE,
        )
    )
    for each in late:
        stop = each.visit.stop
        if str(stop.id) not in told:
            minutes = int(each.late_by.total_seconds() // 60)
            payload = {"stopId": str(stop.id), "stopKind": stop.kind, "minutes": minutes}
            uow.emit(EventType.TRANSPORT_LATE, each.visit.transport, payload=payload)
