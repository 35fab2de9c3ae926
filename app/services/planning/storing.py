"""A plan written back. The search knew the day as it was when it began; what has happened since comes first.

A route that has gone on is led on from where it is by now, if the plan still holds from there. If it does not, or if a
dispatcher has changed the route by hand meanwhile, the route keeps what it has and takes nothing new.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from app.errors import InvalidTransition
from app.models import (
    EventType,
    PlanningRun,
    PlanningStatus,
    Route,
    RouteStatus,
    TransportStatus,
    UnassignedReason,
    UnassignedTransport,
)
from app.services.planning.day import Day
from app.services.planning.fixed import uuid_of
from app.services.planning.laying import Laid, Layer
from app.services.planning.standing import of_day
from app.services.routing import problem as routing
from app.services.routing.checker import route_violations
from app.services.routing.insertion import fits
from app.services.routing.schedule import driven
from app.settings import Settings
from app.uow import UnitOfWork


@dataclass(frozen=True)
class Found:
    """A plan, and the problem that it solves. estimated: travel times were a guess in part."""

    problem: routing.Problem
    plan: routing.Plan
    estimated: bool
    baseline_m: int
    elapsed_s: int


async def store(uow: UnitOfWork, settings: Settings, planning_run_id: UUID, day: Day, found: Found) -> None:
    """Replace what is ahead of the day's routes by the plan, in one transaction."""
    run = await uow.get(PlanningRun, planning_run_id, lock=True)
    if run.status is not PlanningStatus.RUNNING:
        raise InvalidTransition("planning run", run.status, PlanningStatus.SUCCEEDED)
    # drivers have moved on since, to where no travel times are known from
    standing = replace(await of_day(uow, run.date, lock=True), positions=day.standing.positions)
    now = Day(standing, day.goals, dict(day.numbers), known_only=True)
    adapted = Adapted(day, now, found)
    layer = Layer(uow, now, run)
    laid = [adapted.laid(id, planned) for id, planned in adapted.routes.items()]
    empty = [route for route in standing.open_routes if route.shift_id in adapted.emptied]
    reasons = {item.request: UnassignedReason(item.reason.value) for item in found.plan.unassigned}
    # what leaves a route is free before another takes it
    waiting = adapted.waiting
    for id in waiting:
        layer.release(standing.transports[id], reasons.get(id))
    routes = await layer.lay(laid, empty)
    await layer.call_off([route for route in empty if adapted.is_over(route)])
    await layer.follow(settings, [*routes, *empty])
    known = [id for id in waiting if id in day.standing.transports]
    await uow.add_all(
        UnassignedTransport(
            planning_run_id=run.id, transport_id=id, reason=reasons.get(id, UnassignedReason.NOT_ENOUGH_ROOM)
        )
        for id in known
    )
    await _finish(uow, run, found, routes, len(layer.assigned), len(known))


async def _finish(
    uow: UnitOfWork, run: PlanningRun, found: Found, routes: list[Route], assigned: int, unassigned: int
) -> None:
    await uow.transition(
        run,
        PlanningStatus.SUCCEEDED,
        progress=100,
        finished_at=uow.now,
        route_count=len(routes),
        distance_m=sum(route.distance_m for route in routes),
        duration_s=sum(route.duration_s for route in routes),
        assigned_count=assigned,
        unassigned_count=unassigned,
        baseline_distance_m=found.baseline_m,
        best_objective=found.plan.objective,
        elapsed_s=found.elapsed_s,
        estimated=found.estimated,
    )
    uow.emit(EventType.PLANNING_SUCCEEDED, run)


@dataclass
class Adapted:
    """The plan as it can be driven by now: `routes` by shift."""

    then: Day
    now: Day
    found: Found
    kept: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.problem = self.now.problem(self.found.problem.travel)
        self.vehicles = {uuid_of(vehicle.key): vehicle for vehicle in self.problem.vehicles}
        self.planned = {uuid_of(route.vehicle): route for route in self.found.plan.routes}
        self.kept |= {id for id in self.now.standing.shifts if self._is_another(id)}
        self.routes = self._adapt()

    @property
    def emptied(self) -> set[UUID]:
        """Shifts whose open routes are left with nothing ahead."""
        open_ = {route.shift_id for route in self.now.standing.open_routes if not self._is_kept(route)}
        return open_ - self.routes.keys()

    def is_over(self, route: Route) -> bool:
        """Whether a route with nothing ahead is called off: not if it is under way, or was made to be filled."""
        filled = bool(self.now.standing.stops.get(route.id))
        pinned = any(ride.pinned_route_id == route.id for ride in self.now.standing.transports.values())
        return route.status is not RouteStatus.IN_PROGRESS and filled and not pinned

    @cached_property
    def waiting(self) -> list[UUID]:
        """Transports that are on no route from now on."""
        laid = {stop.request for route in self.routes.values() for stop in route.stops}
        stays = laid | self._on_kept | self.now.bound_to.keys()
        return [
            id
            for id, ride in self.now.standing.transports.items()
            if id not in stays and ride.status in (TransportStatus.PENDING, TransportStatus.ASSIGNED)
        ]

    def laid(self, shift_id: UUID, planned: routing.PlannedRoute) -> Laid:
        before = self.now.orders.get(shift_id, ())
        known = [call for call in before if call.request in self.problem.by_key]
        added_m = planned.distance_m - driven(self.problem, self.vehicles[shift_id], known).distance_m if known else 0
        return Laid(self.now.standing.shifts[shift_id], planned, added_m, self.found.estimated)

    # what has happened since

    def _is_another(self, shift_id: UUID) -> bool:
        """Whether somebody changed the shift, or its route by hand: the order of what is still ahead tells."""
        shift, before = self.now.standing.shifts[shift_id], self.then.standing.shifts.get(shift_id)
        if before is None or shift_id not in self.vehicles:
            return True
        if shift.version != before.version or self._has_unknown(shift_id):
            return True
        ahead = self.now.orders.get(shift_id, ())
        left = set(ahead)
        return [call for call in self.then.orders.get(shift_id, ()) if call in left] != list(ahead)

    def _has_unknown(self, shift_id: UUID) -> bool:
        """Whether something came onto the route from a place that nobody knows travel times of."""
        route = self.now.standing.routes.get(shift_id)
        ahead = self.now.standing.ahead(route) if route else ()
        return any(stop.transport_id not in self.problem.by_key for stop in ahead)

    def _is_untouched(self, shift_id: UUID, planned: routing.PlannedRoute) -> bool:
        then, now = self.then.standing.transports, self.now.standing.transports
        same = (now[id].version == then[id].version for id in map(uuid_of, {stop.request for stop in planned.stops}))
        return self.now.fixed[shift_id] == self.then.fixed[shift_id] and all(same)

    def _adapt(self) -> dict[UUID, routing.PlannedRoute]:
        """A route that has to keep what it has takes that from others, which may make them do the same."""
        while True:
            on_kept = self._on_kept
            routes, failed = {}, set[UUID]()
            for id in self.planned.keys() | self.now.fixed.keys():
                if id in self.kept or id not in self.vehicles:
                    continue
                route = self._driven(id, on_kept)
                if route is None:
                    failed.add(id)
                elif route.stops:
                    routes[id] = route
            if not failed:
                return routes
            self.kept |= failed
            self.__dict__.pop("_on_kept")

    @cached_property
    def _on_kept(self) -> set[routing.Key]:
        return {
            stop.transport_id
            for route in self.now.standing.open_routes
            if self._is_kept(route)
            for stop in self.now.standing.ahead(route)
        }

    def _is_kept(self, route: Route) -> bool:
        lost = route.shift_id not in self.now.standing.shifts and route.status is RouteStatus.IN_PROGRESS
        return lost or route.shift_id in self.kept

    def _driven(self, shift_id: UUID, elsewhere: set[routing.Key]) -> routing.PlannedRoute | None:
        """The planned route, or what is left of it by now; None if that cannot be driven."""
        planned, vehicle = self.planned.get(shift_id), self.vehicles[shift_id]
        calls = [stop.call for stop in planned.stops] if planned else []
        left = self._left(shift_id, [call for call in calls if call.request not in elsewhere])
        if planned is not None and left == calls and self._is_untouched(shift_id, planned):
            return planned
        if not left:
            return routing.PlannedRoute(shift_id, (), vehicle.shift.open_s, vehicle.shift.open_s, 0)
        route = fits(self.problem, vehicle, left)
        # whatever is stored was judged: the plan by the solver, and what was made of it since here
        return None if route is None or route_violations(self.problem, route) else route

    def _left(self, shift_id: UUID, calls: list[routing.Call]) -> list[routing.Call]:
        """What of them is still to be done, led by what is under way by now: the plan may know nothing of that."""
        by_key = self.problem.by_key
        todo = [
            call
            for call in calls
            if call.request in by_key
            and (call.kind is routing.StopKind.DROPOFF or by_key[call.request].pickup is not None)
            and self.now.bound_to.get(uuid_of(call.request), shift_id) == shift_id
        ]
        bound = [*self.now.fixed[shift_id].prefix, *self._bound(shift_id, todo)]
        return [*bound, *(call for call in todo if call not in bound)]

    def _bound(self, shift_id: UUID, todo: list[routing.Call]) -> list[routing.Call]:
        """What the driver came for, or has aboard, since a search began that took it off the route."""
        planned = {call.request for call in todo}
        return [
            call
            for call in self.now.orders.get(shift_id, ())
            if call.request not in planned
            and call not in self.now.fixed[shift_id].prefix
            and self.now.bound_to.get(uuid_of(call.request)) == shift_id
        ]
