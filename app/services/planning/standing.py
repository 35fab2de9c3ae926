"""The rows that a plan is made of: shifts and their crews, routes with their stops, and transports.

Whoever means to write locks them: shifts, then routes, then transports, each by id. Stops need no lock of their own,
for whoever touches one has locked its route.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.models import (
    Driver,
    Place,
    Position,
    Route,
    RouteStatus,
    Shift,
    Stop,
    StopKind,
    StopStatus,
    Transport,
    TransportStatus,
    Vehicle,
    VehicleType,
)
from app.models.base import among
from app.models.identity import local_day
from app.services import values
from app.services.fleet.availability import plannable
from app.services.routing.problem import Location
from app.uow import UnitOfWork

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])

UNSEEN = (RouteStatus.DRAFT, RouteStatus.OPTIMIZED)
SEEN = (RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)
AHEAD = (StopStatus.PLANNED, StopStatus.ARRIVED, StopStatus.SKIPPED)
ON_THE_WAY = (TransportStatus.ASSIGNED, TransportStatus.EN_ROUTE, TransportStatus.PICKED_UP)


@dataclass(frozen=True)
class Crew:
    """Who drives a shift in what; `plannable`: whether both may on that day."""

    driver: Driver
    vehicle: Vehicle
    vehicle_type: VehicleType
    plannable: bool


@dataclass(frozen=True)
class Standing:
    """How things stand on a day.

    shifts: those that can have a route, or have one that is open. routes: the open one of each shift; stray: open
    routes of the day whose shift is not there any more. stops: of each open route, in order.
    """

    date: date
    zone: ZoneInfo
    now: datetime
    shifts: Mapping[UUID, Shift]
    crews: Mapping[UUID, Crew]
    routes: Mapping[UUID, Route]
    stray: Sequence[Route]
    stops: Mapping[UUID, Sequence[Stop]]
    transports: Mapping[UUID, Transport]
    places: Mapping[UUID, Location]
    positions: Mapping[UUID, Position]

    @property
    def epoch(self) -> datetime:
        """Seconds are counted from local midnight as an instant, so that a clock change moves nothing."""
        return datetime.combine(self.date, time.min, self.zone).astimezone(ZoneInfo("UTC"))

    @property
    def open_routes(self) -> list[Route]:
        return [*self.routes.values(), *self.stray]

    def only(self, shift_id: UUID, transport_id: UUID) -> "Standing":
        """One shift with its route, and one transport besides what is on it."""
        route = self.routes[shift_id]
        here = {stop.transport_id for stop in self.ahead(route)} | {transport_id}
        return replace(
            self,
            shifts={shift_id: self.shifts[shift_id]},
            crews={shift_id: self.crews[shift_id]},
            routes={shift_id: route},
            stray=[],
            stops={route.id: self.stops[route.id]},
            transports={id: ride for id, ride in self.transports.items() if id in here},
        )

    def ahead(self, route: Route) -> list[Stop]:
        return [stop for stop in self.stops.get(route.id, ()) if stop.status in AHEAD]


def waiting(uow: UnitOfWork, date: date) -> ColumnElement[bool]:
    """Transports of a day that are on no route."""
    return and_(
        Transport.organization_id == uow.viewer.organization_id,
        local_day(Transport.pickup_from, date),
        Transport.status == TransportStatus.PENDING,
    )


def on_open_routes(uow: UnitOfWork, date: date) -> ColumnElement[bool]:
    """Transports that a day's open routes still have to do with."""
    open_ = select(Route.id).where(
        Route.organization_id == uow.viewer.organization_id,
        Route.date == date,
        Route.status.in_((*UNSEEN, *SEEN)),
        Route.forced_reason.is_(None),
    )
    return and_(
        Transport.organization_id == uow.viewer.organization_id,
        Transport.route_id.in_(open_),
        Transport.status.in_(ON_THE_WAY),
    )


async def of_day(uow: UnitOfWork, date: date, *, lock: bool = False) -> Standing:
    """All that a planning run deals with: the day's shifts and their open routes, what is on them, and what waits.

    A route that was forced is the dispatcher's: it and its shift are left alone, as is a route that is completed.
    """
    shifts, crews = await _shifts(uow, date, local_day(Shift.starts_at, date), lock)
    standing = or_(
        among(Route.shift_id, shifts) & (Route.status != RouteStatus.CANCELLED),
        (Route.date == date) & Route.status.in_((*UNSEEN, *SEEN)),
    )
    rows = await _routes(uow, standing, lock)
    left_alone = {route.shift_id for route in rows if route.forced_reason or route.status is RouteStatus.COMPLETED}
    routes = [route for route in rows if route.shift_id not in left_alone]
    under_way = {route.shift_id for route in routes if route.status is RouteStatus.IN_PROGRESS}
    taking_part = [
        shift for id, shift in shifts.items() if id not in left_alone and (crews[id].plannable or id in under_way)
    ]
    return await _standing(uow, date, taking_part, crews, routes, waiting(uow, date), lock)


async def of_routes(
    uow: UnitOfWork,
    date: date,
    route_ids: Collection[UUID],
    transport_ids: Collection[UUID] = (),
    *,
    lock: bool = True,
) -> Standing:
    """Some routes and some transports besides what is on them."""
    on_them = select(Route.shift_id).where(
        Route.organization_id == uow.viewer.organization_id, among(Route.id, route_ids)
    )
    shifts, crews = await _shifts(uow, date, Shift.id.in_(on_them), lock)
    routes = await _routes(uow, among(Route.id, route_ids), lock)
    wanted = among(Transport.id, transport_ids)
    return await _standing(uow, date, shifts.values(), crews, routes, wanted, lock)


async def _shifts(
    uow: UnitOfWork, date: date, condition: ColumnElement[bool], lock: bool
) -> tuple[dict[UUID, Shift], dict[UUID, Crew]]:
    statement = (
        select(Shift, Driver, Vehicle, VehicleType, and_(*plannable(date)))
        .join(Vehicle, (Vehicle.organization_id == Shift.organization_id) & (Vehicle.id == Shift.vehicle_id))
        .join(
            VehicleType, (VehicleType.organization_id == Vehicle.organization_id) & (VehicleType.id == Vehicle.type_id)
        )
        .join(Driver, (Driver.organization_id == Shift.organization_id) & (Driver.id == Shift.driver_id))
        .where(Shift.organization_id == uow.viewer.organization_id, condition)
        .order_by(Shift.id)
    )
    if lock:
        statement = statement.with_for_update(read=True, of=Shift)
    rows = (await uow.session.execute(_afresh(statement))).all()
    shifts = {shift.id: shift for shift, *_ in rows}
    return shifts, {shift.id: Crew(driver, vehicle, type_, fit) for shift, driver, vehicle, type_, fit in rows}


async def _routes(uow: UnitOfWork, condition: ColumnElement[bool], lock: bool) -> Sequence[Route]:
    statement = select(Route).where(Route.organization_id == uow.viewer.organization_id, condition).order_by(Route.id)
    return await uow.scalars(_afresh(statement.with_for_update() if lock else statement))


async def _standing(
    uow: UnitOfWork,
    date: date,
    shifts: Iterable[Shift],
    crews: Mapping[UUID, Crew],
    routes: Sequence[Route],
    wanted: ColumnElement[bool],
    lock: bool,
) -> Standing:
    here = {shift.id: shift for shift in shifts}
    stops = await _stops(uow, routes)
    transports = await _transports(uow, routes, stops, wanted, lock)
    stops = {id: [stop for stop in found if not _was_just_made(stop, transports)] for id, found in stops.items()}
    return Standing(
        date=date,
        zone=ZoneInfo((await values.organization(uow)).time_zone),
        now=uow.now,
        shifts=here,
        crews={id: crews[id] for id in here},
        routes={route.shift_id: route for route in routes if route.shift_id in here},
        stray=[route for route in routes if route.shift_id not in here],
        stops=stops,
        transports=transports,
        places=await _places(uow, here.values(), transports.values(), stops),
        positions=await _positions(uow, here.values()),
    )


def _was_just_made(stop: Stop, transports: Mapping[UUID, Transport]) -> bool:
    """A pickup that was made between the reading of stops and of transports, where nothing is locked."""
    ride = transports.get(stop.transport_id)
    is_ahead = stop.kind is StopKind.PICKUP and stop.status in AHEAD
    return is_ahead and ride is not None and ride.status is TransportStatus.PICKED_UP


async def _stops(uow: UnitOfWork, routes: Sequence[Route]) -> dict[UUID, list[Stop]]:
    rows = await uow.scalars(
        _afresh(
            select(Stop)
            .where(
                Stop.organization_id == uow.viewer.organization_id,
                among(Stop.route_id, [route.id for route in routes]),
            )
            .order_by(Stop.route_id, Stop.sequence)
        )
    )
    found: dict[UUID, list[Stop]] = {route.id: [] for route in routes}
    for stop in rows:
        found[stop.route_id].append(stop)
    return found


async def _transports(
    uow: UnitOfWork,
    routes: Sequence[Route],
    stops: Mapping[UUID, Sequence[Stop]],
    wanted: ColumnElement[bool],
    lock: bool,
) -> dict[UUID, Transport]:
    """What is wanted, what is on the routes, and what failed and is being brought back."""
    returning = {
        stop.transport_id
        for found in stops.values()
        for stop in found
        if stop.kind is StopKind.RETURN and stop.status in AHEAD
    }
    on_routes = among(Transport.route_id, [route.id for route in routes]) & Transport.status.in_(ON_THE_WAY)
    statement = (
        select(Transport)
        .where(
            Transport.organization_id == uow.viewer.organization_id,
            or_(wanted, on_routes, among(Transport.id, returning)),
        )
        .order_by(Transport.id)
    )
    rows = await uow.scalars(_afresh(statement.with_for_update() if lock else statement))
    return {ride.id: ride for ride in rows}


async def _places(
    uow: UnitOfWork,
    shifts: Iterable[Shift],
    transports: Iterable[Transport],
    stops: Mapping[UUID, Sequence[Stop]],
) -> dict[UUID, Location]:
    ids = {id for ride in transports for id in (ride.pickup_place_id, ride.dropoff_place_id)}
    ids |= {id for shift in shifts for id in (shift.start_place_id, shift.end_place_id) if id is not None}
    ids |= {stop.place_id for found in stops.values() for stop in found}
    found = await uow.session.execute(
        select(Place.id, Place.latitude, Place.longitude).where(
            Place.organization_id == uow.viewer.organization_id, among(Place.id, ids)
        )
    )
    return {id: Location(latitude, longitude) for id, latitude, longitude in found}


async def _positions(uow: UnitOfWork, shifts: Iterable[Shift]) -> dict[UUID, Position]:
    rows = await uow.scalars(
        select(Position).where(
            Position.organization_id == uow.viewer.organization_id,
            among(Position.driver_id, {shift.driver_id for shift in shifts}),
        )
    )
    return {position.driver_id: position for position in rows}


def _afresh(statement: AnySelect) -> AnySelect:
    """Rows as they are now, even where this transaction has seen them before."""
    return statement.execution_options(populate_existing=True)
