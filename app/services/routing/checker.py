"""An independent judge of plans. It shares nothing with the solver but the words of `problem.py`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, permutations

from app.services.routing.problem import (
    Break,
    Key,
    Plan,
    PlannedBreak,
    PlannedRoute,
    PlannedStop,
    Problem,
    Request,
    StopKind,
    Vehicle,
    Window,
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
    ABOARD = "ABOARD"  # aboard already, but not brought, or to be fetched again
    PREFIX = "PREFIX"  # the first calls are not those that the driver is at or on the way to
    NOT_ALLOWED = "NOT_ALLOWED"  # pinned to other vehicles, or forbidden to this one
    FEATURES = "FEATURES"  # excess in features that the vehicle lacks
    APART = "APART"  # fetched while something is aboard that it may not be together with; excess in such requests
    CAPACITY = "CAPACITY"  # excess in units of the dimension
    WINDOW = "WINDOW"  # excess in seconds, as for all that follow but the last
    SHIFT = "SHIFT"
    TRAVEL = "TRAVEL"  # somewhere earlier than one can be there
    SERVICE = "SERVICE"  # left before the service was done, or served before arriving
    RIDE_TIME = "RIDE_TIME"
    DURATION = "DURATION"  # too long from setting out to being back
    DRIVING = "DRIVING"  # too long at the wheel
    BREAK = "BREAK"  # due, and left out, too short, or not begun within its window
    DISTANCE = "DISTANCE"  # excess in metres


@dataclass(frozen=True, slots=True)
class Violation:
    """`excess`: by how much, in the unit its kind tells; always positive. `stop`: which end of the request it is at."""

    kind: ViolationKind
    vehicle: Key | None
    request: Key | None
    excess: int = 1
    stop: StopKind | None = None


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan, or nothing."""
    found = [*_fleet(problem, plan), *_coverage(problem, plan)]
    for route in plan.routes:
        found += _route(problem, route)
    return found


def route_violations(problem: Problem, route: PlannedRoute) -> list[Violation]:
    """Everything that is wrong with one route, whatever the others are."""
    vehicle = next((vehicle for vehicle in problem.vehicles if vehicle.key == route.vehicle), None)
    if vehicle is None:
        return [Violation(ViolationKind.UNKNOWN_VEHICLE, route.vehicle, None)]
    unknown = [stop for stop in route.stops if stop.request not in problem.by_key]
    if unknown:
        return [Violation(ViolationKind.UNKNOWN_REQUEST, route.vehicle, s.request, stop=s.kind) for s in unknown]
    called = dict.fromkeys([*(stop.request for stop in route.stops), *(r.key for r in problem.aboard(vehicle))])
    found = [one for key in called for one in _one_request(problem.by_key[key], _calls(key, [route]), dropped=0)]
    return [*found, *_route(problem, route)]


def _fleet(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {vehicle.key for vehicle in problem.vehicles}
    used = Counter(route.vehicle for route in plan.routes)
    for key, count in used.items():
        if key not in known:
            yield Violation(ViolationKind.UNKNOWN_VEHICLE, key, None)
        if count > 1:
            yield Violation(ViolationKind.VEHICLE_TWICE, key, None, count - 1)
    for vehicle in problem.vehicles:
        if vehicle.prefix and vehicle.key not in used:
            call = vehicle.prefix[0]
            yield Violation(ViolationKind.PREFIX, vehicle.key, call.request, stop=call.kind)


_Calls = list[tuple[Key, int, StopKind]]
"""Vehicle, position and kind of the stops of one request."""


def _calls(request: Key, routes: Iterable[PlannedRoute]) -> _Calls:
    return [
        (route.vehicle, position, stop.kind)
        for route in routes
        for position, stop in enumerate(route.stops)
        if stop.request == request
    ]


def _coverage(problem: Problem, plan: Plan) -> Iterator[Violation]:
    calls: dict[Key, _Calls] = {request.key: [] for request in problem.requests}
    dropped = Counter(unassigned.request for unassigned in plan.unassigned)
    for route in plan.routes:
        for position, stop in enumerate(route.stops):
            if stop.request in calls:
                calls[stop.request].append((route.vehicle, position, stop.kind))
            else:
                yield Violation(ViolationKind.UNKNOWN_REQUEST, route.vehicle, stop.request, stop=stop.kind)
    for key in dropped.keys() - calls.keys():
        yield Violation(ViolationKind.UNKNOWN_REQUEST, None, key)
    for request in problem.requests:
        yield from _one_request(request, calls[request.key], dropped[request.key])


def _one_request(request: Request, calls: _Calls, dropped: int) -> Iterator[Violation]:
    key, kinds = request.key, Counter(kind for _, _, kind in calls)
    surplus = sum(kinds.values()) - len(kinds) + (dropped - 1 if dropped > 1 else 0) + bool(dropped and calls)
    if surplus:
        yield Violation(ViolationKind.TWICE, None, key, surplus)
    elif request.pickup is None:
        if StopKind.PICKUP in kinds:
            yield Violation(ViolationKind.ABOARD, calls[0][0], key, stop=StopKind.PICKUP)
        if StopKind.DROPOFF not in kinds:
            (vehicle,) = request.allowed or (None,)
            yield Violation(ViolationKind.ABOARD, vehicle, key, stop=StopKind.DROPOFF)
    elif not calls and not dropped:
        yield Violation(ViolationKind.MISSING, None, key)
    elif len(calls) == 1:
        yield Violation(ViolationKind.HALF_SERVED, calls[0][0], key, stop=calls[0][2])
    elif len(calls) == 2:
        pickup, dropoff = sorted(calls, key=lambda call: call[2] is StopKind.DROPOFF)
        if pickup[0] != dropoff[0]:
            yield Violation(ViolationKind.SPLIT, dropoff[0], key, stop=StopKind.DROPOFF)
        elif pickup[1] > dropoff[1]:
            yield Violation(ViolationKind.PRECEDENCE, pickup[0], key, stop=StopKind.DROPOFF)


def _route(problem: Problem, route: PlannedRoute) -> list[Violation]:
    """What is wrong with who is served in which order at what times; not whether all are served."""
    vehicle = next((vehicle for vehicle in problem.vehicles if vehicle.key == route.vehicle), None)
    # An unknown vehicle or request is reported elsewhere; nothing more can be said about its route.
    if vehicle is None or any(stop.request not in problem.by_key for stop in route.stops):
        return []
    if any(problem.by_key[stop.request].pickup is None and stop.kind is StopKind.PICKUP for stop in route.stops):
        return []  # nor is there a place where what is aboard could be fetched
    return [
        *_times(problem, vehicle, route),
        *_rides(problem, route),
        *_limits(problem, vehicle, route),
        *_breaks(vehicle, route),
        *_prefix(vehicle, route),
        *_rules(problem, vehicle, route),
        *_loads(problem, vehicle, route),
    ]


def _times(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    def broken(kind: ViolationKind, stop: PlannedStop | None, excess: int) -> Iterator[Violation]:
        if excess > 0:
            yield Violation(kind, vehicle.key, stop.request if stop else None, excess, stop.kind if stop else None)

    here, left_s, metres = vehicle.start, route.start_s, 0
    for position, stop in enumerate(route.stops):
        visit = problem.visit(stop.call)
        left_s, early_s = _after_breaks(route, position, left_s)
        leg_s = problem.travel.duration_s[here][visit.location]
        leg_m = problem.travel.distance_m[here][visit.location]
        yield from broken(ViolationKind.TRAVEL, stop, max(early_s, left_s + leg_s - stop.arrival_s))
        yield from broken(ViolationKind.SERVICE, stop, stop.arrival_s - stop.start_s)
        yield from broken(ViolationKind.SERVICE, stop, stop.start_s + visit.service_s - stop.departure_s)
        yield from broken(ViolationKind.WINDOW, stop, _outside_s(visit.windows, stop.start_s))
        yield from broken(ViolationKind.DISTANCE, stop, abs(leg_m - stop.distance_m))
        here, left_s, metres = visit.location, stop.departure_s, metres + leg_m
    left_s, early_s = _after_breaks(route, len(route.stops), left_s)
    if vehicle.end is not None:
        left_s += problem.travel.duration_s[here][vehicle.end]
        metres += problem.travel.distance_m[here][vehicle.end]
    yield from broken(ViolationKind.TRAVEL, None, max(early_s, left_s - route.end_s))
    yield from broken(ViolationKind.DISTANCE, None, abs(metres - route.distance_m))


def _after_breaks(route: PlannedRoute, position: int, left_s: int) -> tuple[int, int]:
    """When the breaks before the stop at this position are over, and by how much they begin too early."""
    early_s = 0
    for rest in route.breaks:
        if rest.after == position:
            early_s = max(early_s, left_s - rest.start_s)
            left_s = max(left_s, rest.end_s)
    return left_s, early_s


def _outside_s(windows: Sequence[Window], time_s: int) -> int:
    """How far a time is from the nearest of the windows."""
    return min(max(window.open_s - time_s, time_s - window.close_s, 0) for window in windows)


def _rides(problem: Problem, route: PlannedRoute) -> Iterator[Violation]:
    fetched: dict[Key, int] = {}
    for stop in route.stops:
        request = problem.by_key[stop.request]
        if stop.kind is StopKind.PICKUP:
            fetched[stop.request] = stop.start_s + problem.visit(stop.call).service_s
        elif request.ride_s_max is not None and stop.request in fetched:
            excess = stop.start_s - fetched[stop.request] - request.ride_s_max
            if excess > 0:
                yield Violation(ViolationKind.RIDE_TIME, route.vehicle, stop.request, excess, stop.kind)


def _limits(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    places = [vehicle.start, *(problem.visit(stop.call).location for stop in route.stops)]
    places += [] if vehicle.end is None else [vehicle.end]
    driving_s = sum(problem.travel.duration_s[a][b] for a, b in pairwise(places))
    span_s = route.end_s - route.start_s
    shift, under_way = vehicle.shift, bool(vehicle.prefix or problem.aboard(vehicle))
    excesses = [
        (ViolationKind.SHIFT, shift.open_s - route.start_s),
        (ViolationKind.SHIFT, route.start_s - shift.open_s if under_way else 0),
        (ViolationKind.SHIFT, route.end_s - shift.close_s),
        (ViolationKind.DURATION, 0 if vehicle.duration_s_max is None else span_s - vehicle.duration_s_max),
        (ViolationKind.DRIVING, 0 if vehicle.driving_s_max is None else driving_s - vehicle.driving_s_max),
    ]
    for kind, excess in excesses:
        if excess > 0:
            yield Violation(kind, vehicle.key, None, excess)


def _breaks(vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    """Each break that is due needs a rest of its own; which is whose is chosen so that least is wrong."""
    places = [rest.after for rest in route.breaks]
    if places != sorted(places) or any(not 0 <= place <= len(route.stops) for place in places):
        yield Violation(ViolationKind.BREAK, vehicle.key, None)
        return
    due = [rest for rest in vehicle.breaks if route.start_s <= rest.window.close_s < route.end_s]
    choices = permutations([*route.breaks, *[None] * len(due)], len(due))
    excess = min(sum(_amiss_s(rest, taken) for rest, taken in zip(due, choice, strict=True)) for choice in choices)
    if excess > 0:
        yield Violation(ViolationKind.BREAK, vehicle.key, None, excess)


def _amiss_s(rest: Break, taken: PlannedBreak | None) -> int:
    if taken is None:
        return rest.duration_s
    short_s = max(0, rest.duration_s - (taken.end_s - taken.start_s))
    return short_s + _outside_s([rest.window], taken.start_s)


def _prefix(vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    calls = [stop.call for stop in route.stops]
    for position, call in enumerate(vehicle.prefix):
        if calls[position : position + 1] != [call]:
            yield Violation(ViolationKind.PREFIX, vehicle.key, call.request, stop=call.kind)


def _rules(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    for key in dict.fromkeys(stop.request for stop in route.stops):
        request = problem.by_key[key]
        pinned = request.allowed is not None and vehicle.key not in request.allowed
        if pinned or vehicle.key in request.forbidden:
            yield Violation(ViolationKind.NOT_ALLOWED, vehicle.key, key)
        if lacking := request.needs - vehicle.features:
            yield Violation(ViolationKind.FEATURES, vehicle.key, key, len(lacking))


def _loads(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Iterator[Violation]:
    """Looked at where something is fetched: what is too much from the beginning on is not the plan's doing."""
    aboard = {request.key: request for request in problem.aboard(vehicle)}
    for stop in route.stops:
        request = problem.by_key[stop.request]
        if stop.kind is StopKind.DROPOFF:
            aboard.pop(stop.request, None)
            continue
        clashes = sum(request.apart(other) for other in aboard.values())
        aboard[stop.request] = request
        loads = [sum(amounts) for amounts in zip(*(other.demand for other in aboard.values()), strict=True)]
        excess = max((load - room for load, room in zip(loads, vehicle.capacity, strict=True)), default=0)
        if excess > 0:
            yield Violation(ViolationKind.CAPACITY, vehicle.key, stop.request, excess, stop.kind)
        if clashes:
            yield Violation(ViolationKind.APART, vehicle.key, stop.request, clashes, stop.kind)
