"""One change to a plan by hand: where a request fits best and what that costs. Pure Python, fit for an API process."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic

from app.services.routing.checker import route_violations
from app.services.routing.line import Line, last_within, next_within
from app.services.routing.objective import driving_cost
from app.services.routing.problem import Call, Key, Orders, PlannedRoute, Problem, Request, StopKind, Vehicle
from app.services.routing.schedule import driven, timed


@dataclass(frozen=True, slots=True)
class Insertion:
    """A route with the request in it; cost, metres and seconds are what it takes more than without."""

    vehicle: Key
    calls: tuple[Call, ...]
    route: PlannedRoute
    cost: int
    metres: int
    seconds: int


def best_insertion(
    problem: Problem, orders: Orders, request: Request, vehicles: Collection[Key] | None = None
) -> Insertion | None:
    """The cheapest place on a route of these vehicles (None: of all), which can then be driven as it is; None if there
    is none. If vehicles are to be few, one in use comes before one that is not."""
    found: Insertion | None = None
    for vehicle in sorted(problem.vehicles, key=lambda vehicle: not orders.get(vehicle.key)):
        if vehicles is not None and vehicle.key not in vehicles:
            continue
        calls = tuple(orders.get(vehicle.key, ()))
        if problem.goals.fewest_vehicles and found is not None and orders.get(found.vehicle) and not calls:
            break
        found = _on_route(problem, vehicle, calls, request, None if found is None else found.cost) or found
    return found


def inserted(problem: Problem, orders: Orders, requests: Iterable[Request], until_s: float = math.inf) -> Orders:
    """The orders with the requests put in one after the other where there is a place, as long as the clock
    (`time.monotonic`) lets."""
    grown = dict(orders)
    for request in requests:
        if monotonic() >= until_s:
            break
        if (place := best_insertion(problem, grown, request)) is not None:
            grown[place.vehicle] = place.calls
    return grown


def at_position(
    problem: Problem, vehicle: Vehicle, calls: Sequence[Call], request: Request, position: int
) -> Insertion:
    """The pickup at this position of the route without the request, not before the prefix, and the dropoff behind it
    where the route is cheapest, or if it cannot be driven then where least is wrong."""
    others = tuple(call for call in calls if call.request != request.key)
    position = max(len(vehicle.prefix), min(position, len(others)))
    pickup = (*others[:position], *request.calls[:-1])
    behind = [
        (*pickup, *others[position:at], request.calls[-1], *others[at:])
        for at in (range(position, len(others) + 1) if request.pickup is not None else (position,))
    ]
    before = driven(problem, vehicle, others) if others else None
    possible = [(order, route) for order in behind if (route := fits(problem, vehicle, order)) is not None]
    if possible:
        order, route = min(possible, key=lambda one: driving_cost(vehicle, one[1]))
        return _insertion(vehicle, before, order, route)
    late = [(order, driven(problem, vehicle, order)) for order in behind]
    order, route = min(late, key=lambda one: (_amiss(problem, one[1]), driving_cost(vehicle, one[1])))
    return _insertion(vehicle, before, order, route)


def fits(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> PlannedRoute | None:
    """The route if the vehicle may and can drive it, all that it fetches and has aboard brought; None if not."""
    begun = tuple(calls[: len(vehicle.prefix)]) == vehicle.prefix
    if not begun or not all(vehicle.may_carry(problem.by_key[call.request]) for call in calls):
        return None
    left = aboard_after(problem, vehicle, calls)
    return None if left is None or left else timed(problem, vehicle, calls)


def aboard_after(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> dict[Key, Request] | None:
    """What is aboard at the end of these calls; None if it cannot be: no room for what is fetched, or not beside what
    is there, or something is fetched twice, or brought that is not there."""
    aboard = {request.key: request for request in problem.aboard(vehicle)}
    load = [sum(amounts) for amounts in zip(*(r.demand for r in aboard.values()), strict=True)] or [0] * len(
        vehicle.capacity
    )
    fetched = set(aboard)
    for call in calls:
        request = problem.by_key[call.request]
        if call.kind is StopKind.DROPOFF:
            if aboard.pop(call.request, None) is None:
                return None
            load = [have - less for have, less in zip(load, request.demand, strict=True)]
            continue
        if call.request in fetched or any(request.apart(other) for other in aboard.values()):
            return None
        load = [have + more for have, more in zip(load, request.demand, strict=True)]
        if not vehicle.fits(tuple(load)):
            return None
        fetched.add(call.request)
        aboard[call.request] = request
    return aboard


def _on_route(
    problem: Problem, vehicle: Vehicle, calls: tuple[Call, ...], request: Request, below: int | None
) -> Insertion | None:
    """The cheapest place, if it costs less than `below`. Places are tried in the order of the least that each can
    cost, until none can be cheaper than the best. Of those that cost the same, the one with which all are served
    sooner."""
    if not vehicle.may_carry(request) or not vehicle.fits(request.demand):
        return None
    before = driven(problem, vehicle, calls) if calls else None
    most = math.inf if below is None else below + (0 if before is None else driving_cost(vehicle, before))
    best: tuple[tuple[int, int], tuple[Call, ...], PlannedRoute] | None = None
    for least_cost, pickup, dropoff in sorted(_places(problem, vehicle, calls, request)):
        if least_cost >= most or (best is not None and least_cost > best[0][0]):
            break
        order = (*calls[:pickup], *request.calls[:-1], *calls[pickup:dropoff], request.calls[-1], *calls[dropoff:])
        route = fits(problem, vehicle, order)
        if route is not None and (cost := driving_cost(vehicle, route)) < most:
            rank = cost, sum(stop.start_s for stop in route.stops)
            if best is None or rank < best[0]:
                best = rank, order, route
    return None if best is None else _insertion(vehicle, before, best[1], best[2])


def _places(
    problem: Problem, vehicle: Vehicle, calls: Sequence[Call], request: Request
) -> Iterator[tuple[int, int, int]]:
    """The least cost (nobody waits or rests) and before which calls pickup and dropoff come, wherever the windows and
    the shift leave room for them; what else there is to keep is not looked at."""
    line = Line.of(problem, vehicle, calls)
    seconds = problem.travel.duration_s
    stops = [vehicle.start, *(problem.visit(call).location for call in calls)]
    prices = _Prices(problem, vehicle, calls, [*stops, vehicle.end], request)
    ready_s, latest_s = _ready_s(line), _latest_s(line)
    for pickup in range(len(vehicle.prefix), len(ready_s)):
        here, now_s = stops[pickup], ready_s[pickup]
        if request.pickup is not None:
            begin_s = next_within(request.pickup.windows, now_s + seconds[here][request.pickup.location])
            if begin_s is None:
                continue
            here, now_s = request.pickup.location, begin_s + request.pickup.service_s
        for dropoff in range(pickup, len(calls) + 1):
            ahead = stops[dropoff + 1] if dropoff < len(calls) else vehicle.end
            begin_s = next_within(request.dropoff.windows, now_s + seconds[here][request.dropoff.location])
            if begin_s is not None:
                way_s = 0 if ahead is None else seconds[request.dropoff.location][ahead]
                if begin_s + request.dropoff.service_s + way_s <= latest_s[dropoff]:
                    yield prices.least(pickup, dropoff), pickup, dropoff
            if request.pickup is None or dropoff == len(calls) or ahead is None:
                break
            begin_s = next_within(line.windows[dropoff], now_s + seconds[here][ahead])
            if begin_s is None:
                break
            here, now_s = ahead, begin_s + line.services_s[dropoff]


def _ready_s(line: Line) -> list[int]:
    """The earliest time to leave the start and each stop, as far as one gets in time."""
    ready_s = [line.shift.open_s]
    for windows, service_s, leg_s in zip(line.windows, line.services_s, line.legs_s, strict=False):
        begin_s = next_within(windows, ready_s[-1] + leg_s)
        if begin_s is None:
            break
        ready_s.append(begin_s + service_s)
    return ready_s


def _latest_s(line: Line) -> list[int]:
    """The latest arrival at each stop and at the end for which all that follows is in time."""
    latest_s = [line.shift.close_s]
    for windows, service_s, leg_s in zip(
        reversed(line.windows), reversed(line.services_s), reversed(line.legs_s), strict=False
    ):
        latest_s.append(last_within(windows, latest_s[-1] - leg_s - service_s))
    return latest_s[::-1]


class _Prices:
    """What the order costs at least, with the request at some places: if nobody waits or rests."""

    def __init__(
        self, problem: Problem, vehicle: Vehicle, calls: Sequence[Call], places: Sequence[int | None], request: Request
    ) -> None:
        self.travel, self.costs, self.places, self.request = problem.travel, vehicle.costs, places, request
        served = (*calls, *request.calls)
        service_s = sum(problem.visit(call).service_s for call in served)
        self.without = self.costs.vehicle + self.costs.second * service_s + self._way(*places)

    def least(self, pickup: int, dropoff: int) -> int:
        brings = self.request.dropoff.location
        if self.request.pickup is None:
            return self.without + self._detour(dropoff, brings)
        fetches = self.request.pickup.location
        if pickup == dropoff:
            return self.without + self._detour(pickup, fetches, brings)
        return self.without + self._detour(pickup, fetches) + self._detour(dropoff, brings)

    def _detour(self, place: int, *stops: int) -> int:
        before, after = self.places[place], self.places[place + 1]
        return self._way(before, *stops, after) - self._way(before, after)

    def _way(self, *places: int | None) -> int:
        return sum(
            self.costs.metre * self.travel.distance_m[a][b] + self.costs.second * self.travel.duration_s[a][b]
            for a, b in pairwise(places)
            if a is not None and b is not None
        )


def _amiss(problem: Problem, route: PlannedRoute) -> tuple[int, int]:
    found = route_violations(problem, route)
    return len(found), sum(violation.excess for violation in found)


def _insertion(
    vehicle: Vehicle, before: PlannedRoute | None, calls: tuple[Call, ...], route: PlannedRoute
) -> Insertion:
    return Insertion(
        vehicle=vehicle.key,
        calls=calls,
        route=route,
        cost=driving_cost(vehicle, route) - (0 if before is None else driving_cost(vehicle, before)),
        metres=route.distance_m - (0 if before is None else before.distance_m),
        seconds=route.duration_s - (0 if before is None else before.duration_s),
    )
