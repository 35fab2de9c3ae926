"""An independent judge of plans. It shares nothing with the solver but the words of `problem.py`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.services.routing.problem import (
    Key,
    Plan,
    PlannedRoute,
    PlannedStop,
    Problem,
    StopKind,
    Vehicle,
)


class ViolationKind(StrEnum):
    UNKNOWN_REQUEST = "UNKNOWN_REQUEST"
    UNKNOWN_VEHICLE = "UNKNOWN_VEHICLE"
    VEHICLE_TWICE = "VEHICLE_TWICE"  # two routes of one vehicle
    MISSING = "MISSING"  # neither served nor unassigned
    TWICE = "TWICE"  # a visit repeated, or served and unassigned at once
    HALF_SERVED = "HALF_SERVED"  # a pickup without its dropoff or the other way round
    SPLIT = "SPLIT"  # pickup and dropoff on different vehicles
    PRECEDENCE = "PRECEDENCE"  # dropoff before pickup
    CAPACITY = "CAPACITY"  # excess in units of the dimension
    WINDOW = "WINDOW"  # excess in seconds, as for the next three
    SHIFT = "SHIFT"
    TRAVEL = "TRAVEL"  # somewhere earlier than one can be there
    SERVICE = "SERVICE"  # left before the service was done, or served before arriving
    DISTANCE = "DISTANCE"  # excess in metres


@dataclass(frozen=True, slots=True)
class Violation:
    """`excess`: by how much, in the unit its kind tells; always positive."""

    kind: ViolationKind
    vehicle: Key | None
    request: Key | None
    excess: int = 1


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan, or nothing."""
    found = [*_fleet(problem, plan), *_coverage(problem, plan)]
    vehicles = {vehicle.key: vehicle for vehicle in problem.vehicles}
    known = {request.key for request in problem.requests}
    for route in plan.routes:
        # An unknown vehicle or request has been reported above; nothing more can be said about its route.
        if route.vehicle in vehicles and all(stop.request in known for stop in route.stops):
            vehicle = vehicles[route.vehicle]
            found += [
                *_times(problem, vehicle, route),
                *_loads(problem, vehicle, route),
            ]
    return found


def _fleet(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {vehicle.key for vehicle in problem.vehicles}
    for key, count in Counter(route.vehicle for route in plan.routes).items():
        if key not in known:
            yield Violation(ViolationKind.UNKNOWN_VEHICLE, key, None)
        if count > 1:
            yield Violation(ViolationKind.VEHICLE_TWICE, key, None, count - 1)


def _coverage(problem: Problem, plan: Plan) -> Iterator[Violation]:
    visits: dict[Key, list[tuple[Key, int, StopKind]]] = {request.key: [] for request in problem.requests}
    dropped = Counter(unassigned.request for unassigned in plan.unassigned)
    for route in plan.routes:
        for position, stop in enumerate(route.stops):
            if stop.request in visits:
                visits[stop.request].append((route.vehicle, position, stop.kind))
            else:
                yield Violation(ViolationKind.UNKNOWN_REQUEST, route.vehicle, stop.request)
    for key in dropped.keys() - visits.keys():
        yield Violation(ViolationKind.UNKNOWN_REQUEST, None, key)
    for key, calls in visits.items():
        yield from _one_request(key, calls, dropped[key])


def _one_request(key: Key, calls: list[tuple[Key, int, StopKind]], dropped: int) -> Iterator[Violation]:
    kinds = Counter(kind for _, _, kind in calls)
    surplus = sum(kinds.values()) - len(kinds) + (dropped - 1 if dropped > 1 else 0) + bool(dropped and calls)
    if surplus:
        yield Violation(ViolationKind.TWICE, None, key, surplus)
    elif not calls and not dropped:
        yield Violation(ViolationKind.MISSING, None, key)
    elif len(calls) == 1:
        yield Violation(ViolationKind.HALF_SERVED, calls[0][0], key)
    elif len(calls) == 2:
        pickup, dropoff = sorted(calls, key=lambda call: call[2] is StopKind.DROPOFF)
        if pickup[0] != dropoff[0]:
            yield Violation(ViolationKind.SPLIT, dropoff[0], key)
        elif pickup[1] > dropoff[1]:
            yield Violation(ViolationKind.PRECEDENCE, pickup[0], key)


def _times(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    def broken(kind: ViolationKind, stop: PlannedStop | None, excess: int) -> Iterator[Violation]:
        if excess > 0:
            yield Violation(kind, vehicle.key, stop.request if stop else None, excess)

    requests = {request.key: request for request in problem.requests}
    here, left_s, metres = vehicle.start, route.start_s, 0
    yield from broken(ViolationKind.SHIFT, None, vehicle.shift.open_s - route.start_s)
    for stop in route.stops:
        visit = requests[stop.request].visit(stop.kind)
        leg_s = problem.travel.duration_s[here][visit.location]
        leg_m = problem.travel.distance_m[here][visit.location]
        yield from broken(ViolationKind.TRAVEL, stop, left_s + leg_s - stop.arrival_s)
        yield from broken(ViolationKind.SERVICE, stop, stop.arrival_s - stop.start_s)
        yield from broken(
            ViolationKind.SERVICE,
            stop,
            stop.start_s + visit.service_s - stop.departure_s,
        )
        yield from broken(ViolationKind.WINDOW, stop, visit.window.open_s - stop.start_s)
        yield from broken(ViolationKind.WINDOW, stop, stop.start_s - visit.window.close_s)
        yield from broken(ViolationKind.DISTANCE, stop, abs(leg_m - stop.distance_m))
        here, left_s, metres = visit.location, stop.departure_s, metres + leg_m
    if vehicle.end is not None:
        left_s += problem.travel.duration_s[here][vehicle.end]
        metres += problem.travel.distance_m[here][vehicle.end]
    yield from broken(ViolationKind.TRAVEL, None, left_s - route.end_s)
    yield from broken(ViolationKind.SHIFT, None, route.end_s - vehicle.shift.close_s)
    yield from broken(ViolationKind.DISTANCE, None, abs(metres - route.distance_m))


def _loads(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    demands = {request.key: request.demand for request in problem.requests}
    load = [0] * len(vehicle.capacity)
    for stop in route.stops:
        sign = 1 if stop.kind is StopKind.PICKUP else -1
        load = [have + sign * need for have, need in zip(load, demands[stop.request], strict=True)]
        excess = max(
            (have - room for have, room in zip(load, vehicle.capacity, strict=True)),
            default=0,
        )
        if excess > 0:
            yield Violation(ViolationKind.CAPACITY, vehicle.key, stop.request, excess)
