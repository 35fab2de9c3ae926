"""Planning runs: asked for, read into a problem, and the plan written back.

The search lies between `load` and `store`, in a process of its own and outside any transaction. So `store` looks
again: what was cancelled meanwhile is left out, and a route that was published meanwhile is not touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from app.errors import DayTooLarge, InvalidTransition, PlanningRunActive
from app.models import (
    Driver,
    DriverStatus,
    EventType,
    Place,
    PlanningRun,
    PlanningStatus,
    Priority,
    Route,
    RouteStatus,
    Shift,
    Stop,
    StopKind,
    Transport,
    TransportStatus,
    UnassignedReason,
    UnassignedTransport,
    Vehicle,
    VehicleType,
    WorkKind,
)
from app.models.identity import local_day
from app.services import values
from app.services.routing import problem as routing
from app.services.routing.matrix import TravelTimes
from app.uow import UnitOfWork

PRIORITIES = list(Priority)
UNPUBLISHED = (RouteStatus.DRAFT, RouteStatus.OPTIMIZED)


async def optimize_routes(
    uow: UnitOfWork, date: date, time_limit_s: int, label: str | None, *, limit_max: int, transports_max: int
) -> PlanningRun:
    """Ask a worker for a plan of a day; one at a time for each day."""
    values.between(time_limit_s, 1, limit_max, "timeLimit")
    count = await uow.first(select(func.count()).select_from(_transports_of(uow, date).subquery()))
    if (count or 0) > transports_max:
        raise DayTooLarge(count or 0, transports_max)
    created = await uow.session.execute(
        insert(PlanningRun)
        .values(
            organization_id=uow.viewer.organization_id,
            date=date,
            status=PlanningStatus.QUEUED,
            progress=0,
            time_limit_s=time_limit_s,
            label=values.text(label, "label"),
            requested_by=uow.viewer.user_id,
            created_at=uow.now,
            updated_at=uow.now,
        )
        .on_conflict_do_nothing(
            index_elements=["organization_id", "date"], index_where=text("status IN ('QUEUED', 'RUNNING')")
        )
        .returning(PlanningRun)
    )
    run = created.scalars().first()
    if run is None:
        raise PlanningRunActive(await _active(uow, date))
    uow.emit(EventType.PLANNING_REQUESTED, run)
    await uow.later(WorkKind.PLAN_ROUTES, run.id)
    return run


async def _active(uow: UnitOfWork, date: date) -> UUID:
    """The run that stood in the way, even if it has ended since: the day's latest."""
    runs = select(PlanningRun.id).where(
        PlanningRun.organization_id == uow.viewer.organization_id, PlanningRun.date == date
    )
    return (await uow.scalars(runs.order_by(PlanningRun.created_at.desc()).limit(1)))[0]


async def cancel_planning_run(uow: UnitOfWork, planning_run_id: UUID) -> PlanningRun:
    """Call a run off; a worker that is at it finds out and stops."""
    run = await uow.get(PlanningRun, planning_run_id)
    await uow.transition(run, PlanningStatus.CANCELLED, finished_at=uow.now)
    uow.emit(EventType.PLANNING_CANCELLED, run)
    return run


def _transports_of(uow: UnitOfWork, date: date) -> Select[Transport]:
    """What a run may plan: not yet planned, or planned onto a route that no driver has seen."""
    unseen = select(Route.id).where(Route.status.in_(UNPUBLISHED))
    return select(Transport).where(
        Transport.organization_id == uow.viewer.organization_id,
        local_day(Transport.pickup_from, date),
        or_(
            Transport.status == TransportStatus.PENDING,
            (Transport.status == TransportStatus.ASSIGNED) & Transport.route_id.in_(unseen),
        ),
    )


@dataclass
class Day:
    """A day to plan: its problem, and the rows behind the problem's keys."""

    epoch: datetime
    problem: routing.Problem
    shifts: Mapping[UUID, Shift]

    def instant(self, seconds: int) -> datetime:
        return self.epoch + timedelta(seconds=seconds)


async def load(uow: UnitOfWork, run: PlanningRun, travel: TravelTimes) -> Day:
    """Read a day's transports and free shifts into a problem."""
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    # seconds are counted from local midnight as an instant, so that a clock change moves nothing
    epoch = datetime.combine(run.date, time.min, zone).astimezone(ZoneInfo("UTC"))
    transports = await uow.scalars(_transports_of(uow, run.date).order_by(Transport.pickup_from, Transport.id))
    shifts = await _free_shifts(uow, run.date)
    builder = _Builder(epoch, await _places(uow, transports, shifts), transports, await _capacities(uow, shifts))
    vehicles = tuple(builder.vehicle(shift) for shift in shifts)
    requests = tuple(builder.request(transport) for transport in transports)
    locations = tuple(builder.locations)
    problem = routing.Problem(locations, await travel.matrix(locations), requests, vehicles)
    return Day(epoch, problem, {shift.id: shift for shift in shifts})


async def _free_shifts(uow: UnitOfWork, date: date) -> Sequence[Shift]:
    """The day's shifts whose route no driver has seen, with a vehicle in use and a driver who may drive."""
    seen = select(Route.shift_id).where(Route.status.not_in((*UNPUBLISHED, RouteStatus.CANCELLED)))
    return await uow.scalars(
        select(Shift)
        .join(Vehicle, (Vehicle.organization_id == Shift.organization_id) & (Vehicle.id == Shift.vehicle_id))
        .join(Driver, (Driver.organization_id == Shift.organization_id) & (Driver.id == Shift.driver_id))
        .where(
            Shift.organization_id == uow.viewer.organization_id,
            local_day(Shift.starts_at, date),
            Shift.id.not_in(seen),
            Vehicle.active,
            Driver.status != DriverStatus.SUSPENDED,
        )
        .order_by(Shift.starts_at, Shift.id)
    )


async def _places(
    uow: UnitOfWork, transports: Sequence[Transport], shifts: Sequence[Shift]
) -> Mapping[UUID, routing.Location]:
    ids = {id for ride in transports for id in (ride.pickup_place_id, ride.dropoff_place_id)}
    ids |= {id for shift in shifts for id in (shift.start_place_id, shift.end_place_id)}
    rows = await uow.scalars(select(Place).where(Place.id.in_(ids)))
    return {place.id: routing.Location(place.latitude, place.longitude) for place in rows}


async def _capacities(uow: UnitOfWork, shifts: Sequence[Shift]) -> Mapping[UUID, dict[str, int]]:
    found = await uow.session.execute(
        select(Vehicle.id, VehicleType.capacity)
        .join(VehicleType, VehicleType.id == Vehicle.type_id)
        .where(Vehicle.id.in_({shift.vehicle_id for shift in shifts}))
    )
    return dict(found.all())


@dataclass
class _Builder:
    """Numbers the places and the dimensions that occur, and writes rows down as seconds and indices."""

    epoch: datetime
    places: Mapping[UUID, routing.Location]
    transports: Sequence[Transport]
    capacities: Mapping[UUID, dict[str, int]]
    indices: dict[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dimensions = sorted({name for transport in self.transports for name in transport.demand})

    @property
    def locations(self) -> list[routing.Location]:
        return [self.places[id] for id in self.indices]

    def place(self, id: UUID) -> int:
        return self.indices.setdefault(id, len(self.indices))

    def window(self, earliest: datetime, latest: datetime) -> routing.Window:
        return routing.Window(self._seconds(earliest), self._seconds(latest))

    def _seconds(self, instant: datetime) -> int:
        return int((instant - self.epoch).total_seconds())

    def _vector(self, amounts: Mapping[str, int]) -> tuple[int, ...]:
        return tuple(amounts.get(name, 0) for name in self.dimensions)

    def vehicle(self, shift: Shift) -> routing.Vehicle:
        return routing.Vehicle(
            key=shift.id,
            start=self.place(shift.start_place_id),
            end=self.place(shift.end_place_id),
            shift=self.window(shift.starts_at, shift.ends_at),
            capacity=self._vector(self.capacities[shift.vehicle_id]),
        )

    def request(self, ride: Transport) -> routing.Request:
        pickup = self.window(ride.pickup_from, ride.pickup_until)
        dropoff = self.window(ride.dropoff_from, ride.dropoff_until)
        return routing.Request(
            key=ride.id,
            pickup=routing.Visit(self.place(ride.pickup_place_id), pickup, ride.pickup_service_s),
            dropoff=routing.Visit(self.place(ride.dropoff_place_id), dropoff, ride.dropoff_service_s),
            demand=self._vector(ride.demand),
            priority=PRIORITIES.index(ride.priority),
        )


async def start(uow: UnitOfWork, planning_run_id: UUID) -> PlanningRun | None:
    """Take a run up; one that a killed worker left behind is taken up again. None if there is nothing left to do."""
    run = await uow.get(PlanningRun, planning_run_id, lock=True)
    if run.status is PlanningStatus.RUNNING:
        return run
    if run.status is not PlanningStatus.QUEUED:
        return None
    await uow.transition(run, PlanningStatus.RUNNING, started_at=uow.now)
    uow.emit(EventType.PLANNING_STARTED, run)
    return run


async def fail(uow: UnitOfWork, planning_run_id: UUID, code: str, message: str) -> None:
    run = await uow.get(PlanningRun, planning_run_id, lock=True)
    if run.status in (PlanningStatus.QUEUED, PlanningStatus.RUNNING):
        await uow.transition(run, PlanningStatus.FAILED, finished_at=uow.now, error_code=code, error_message=message)
        uow.emit(EventType.PLANNING_FAILED, run, payload={"code": code})


async def store(uow: UnitOfWork, planning_run_id: UUID, day: Day, plan: routing.Plan, baseline_m: int) -> None:
    """Replace the day's unpublished routes by the plan, in one transaction."""
    run = await uow.get(PlanningRun, planning_run_id, lock=True)
    if run.status is not PlanningStatus.RUNNING:
        raise InvalidTransition("planning run", run.status, PlanningStatus.SUCCEEDED)
    writer = _Writer(uow, run, day)
    await writer.lock()
    for planned in plan.routes:
        await writer.lay(planned)
    await writer.leave_out({item.request: UnassignedReason(item.reason.value) for item in plan.unassigned})
    await writer.finish(baseline_m)


class _Writer:
    """Writes one plan. Everything it may touch is locked first: routes, then transports, each by id."""

    def __init__(self, uow: UnitOfWork, run: PlanningRun, day: Day) -> None:
        self.uow = uow
        self.run = run
        self.day = day
        self.laid: list[Route] = []
        self.assigned: set[UUID] = set()

    async def lock(self) -> None:
        """The routes of the day's shifts, and those whose shift is not among them any more: it moved, or was lost."""
        organization_id = self.uow.viewer.organization_id
        stale = (Route.date == self.run.date) & Route.status.in_(UNPUBLISHED)
        rows = await self.uow.scalars(
            select(Route)
            .where(
                Route.organization_id == organization_id,
                Route.status != RouteStatus.CANCELLED,
                Route.shift_id.in_(list(self.day.shifts)) | stale,
            )
            .order_by(Route.id)
            .with_for_update()
        )
        self.routes = {route.shift_id: route for route in rows}
        self.closed = {route.shift_id for route in rows if route.status not in UNPUBLISHED}
        replaced = [route.id for route in rows if route.shift_id not in self.closed]
        on_them = select(Transport).where(
            Transport.organization_id == organization_id,
            Transport.id.in_(_transports_of(self.uow, self.run.date).with_only_columns(Transport.id))
            | (Transport.route_id.in_(replaced) & (Transport.status == TransportStatus.ASSIGNED)),
        )
        rides = await self.uow.scalars(on_them.order_by(Transport.id).with_for_update())
        self.transports = {ride.id: ride for ride in rides}
        await self.uow.session.execute(
            delete(Stop).where(Stop.organization_id == organization_id, Stop.route_id.in_(replaced))
        )

    async def lay(self, planned: routing.PlannedRoute) -> None:
        shift = self.day.shifts[UUID(str(planned.vehicle))]
        stops = [stop for stop in planned.stops if stop.request in self.transports]
        if shift.id in self.closed or not stops:
            return
        route = await self._route(shift, planned)
        for stop in stops:
            if stop.kind is routing.StopKind.PICKUP:
                self._assign(self.transports[UUID(str(stop.request))], route)
        await self.uow.add_all(self._stop(route, number, stop) for number, stop in enumerate(stops, 1))
        self.uow.emit(EventType.ROUTE_OPTIMIZED, route)
        self.laid.append(route)

    async def _route(self, shift: Shift, planned: routing.PlannedRoute) -> Route:
        laid = {
            "planning_run_id": self.run.id,
            "starts_at": self.day.instant(planned.start_s),
            "ends_at": self.day.instant(planned.end_s),
            "distance_m": planned.distance_m,
            "duration_s": planned.duration_s,
        }
        route = self.routes.pop(shift.id, None)
        if route is None:
            return await self.uow.add(
                Route(
                    date=self.run.date,
                    status=RouteStatus.OPTIMIZED,
                    driver_id=shift.driver_id,
                    vehicle_id=shift.vehicle_id,
                    shift_id=shift.id,
                    **laid,
                )
            )
        for name, value in laid.items():
            setattr(route, name, value)
        route.date, route.status = self.run.date, RouteStatus.OPTIMIZED
        route.driver_id, route.vehicle_id = shift.driver_id, shift.vehicle_id
        route.version += 1
        return route

    def _assign(self, ride: Transport, route: Route) -> None:
        former = ride.driver_id if ride.driver_id != route.driver_id else None
        moved = ride.route_id != route.id
        ride.status, ride.unassigned_reason = TransportStatus.ASSIGNED, None
        ride.route_id, ride.driver_id = route.id, route.driver_id
        ride.version += 1
        self.assigned.add(ride.id)
        if moved:
            self.uow.emit(EventType.TRANSPORT_ASSIGNED, ride, former_driver_id=former)

    def _stop(self, route: Route, sequence: int, stop: routing.PlannedStop) -> Stop:
        ride = self.transports[UUID(str(stop.request))]
        pickup = stop.kind is routing.StopKind.PICKUP
        planned_at = self.day.instant(stop.start_s)
        return Stop(
            route_id=route.id,
            transport_id=ride.id,
            place_id=ride.pickup_place_id if pickup else ride.dropoff_place_id,
            sequence=sequence,
            kind=StopKind.PICKUP if pickup else StopKind.DROPOFF,
            planned_at=planned_at,
            eta=planned_at,
        )

    async def leave_out(self, reasons: Mapping[routing.Key, UnassignedReason]) -> None:
        """Whatever the plan does not serve waits: with the reason, if the search knew of it, else for the next run."""
        known = {request.key for request in self.day.problem.requests}
        left = [ride for id, ride in self.transports.items() if id not in self.assigned]
        for ride in left:
            if ride.id in known:
                ride.unassigned_reason = reasons.get(ride.id, UnassignedReason.NOT_ENOUGH_ROOM)
            if ride.status is TransportStatus.ASSIGNED:
                self.uow.emit(EventType.TRANSPORT_UNASSIGNED, ride)
                ride.status, ride.driver_id, ride.route_id = (TransportStatus.PENDING, None, None)
                ride.version += 1
        await self.uow.add_all(
            UnassignedTransport(planning_run_id=self.run.id, transport_id=ride.id, reason=ride.unassigned_reason)
            for ride in left
            if ride.id in known
        )
        self.left_out = sum(ride.id in known for ride in left)

    async def finish(self, baseline_m: int) -> None:
        for shift_id, route in self.routes.items():
            if shift_id not in self.closed:
                await self.uow.transition(route, RouteStatus.CANCELLED)
                self.uow.emit(EventType.ROUTE_CANCELLED, route)
        await self.uow.transition(
            self.run,
            PlanningStatus.SUCCEEDED,
            progress=100,
            finished_at=self.uow.now,
            route_count=len(self.laid),
            distance_m=sum(route.distance_m for route in self.laid),
            duration_s=sum(route.duration_s for route in self.laid),
            assigned_count=len(self.assigned),
            unassigned_count=self.left_out,
            baseline_distance_m=baseline_m,
        )
        self.uow.emit(EventType.PLANNING_SUCCEEDED, self.run)
