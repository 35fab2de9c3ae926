"""What makes one plan better than another: serve the most important, with the fewest vehicles if that is asked for,
then with the least of what driving costs."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.services.routing.problem import Key, PlannedRoute, Problem, Request, Vehicle

LARGEST_COST = 2**53
"""No sum of costs exceeds it, so that it is exact in the solver's doubles too."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a vehicle in use and a request left out cost, so that one goal comes after the other.

    per_vehicle: more than all driving together if vehicles are to be few, else nothing.
    ranks: which requests matter alike, by priority; what is aboard or on a vehicle's prefix comes above all others.
    by_rank: more than all routes together, and each more than all requests of lower ranks; only when so many would
    pass `LARGEST_COST` does each outweigh just as many of them as does not.
    """

    per_vehicle: int
    ranks: Mapping[Key, int]
    by_rank: tuple[int, ...]

    @classmethod
    def of(cls, problem: Problem, requests: Sequence[Request]) -> "Weights":
        driving = _costliest(problem, len(requests))
        per_vehicle = driving + 1 if problem.goals.fewest_vehicles else 0
        base = 1 + driving + per_vehicle * len(problem.vehicles)
        bound = {call.request for vehicle in problem.vehicles for call in vehicle.prefix}
        matters = {r.key: (r.pickup is None or r.key in bound, r.priority) for r in requests}
        rank = {value: number for number, value in enumerate(sorted(set(matters.values())))}
        ranks = {key: rank[value] for key, value in matters.items()}
        return cls(per_vehicle, ranks, _penalties(base, Counter(ranks.values())))

    def vehicle_cost(self, vehicle: Vehicle) -> int:
        return vehicle.costs.vehicle + self.per_vehicle

    def penalty(self, request: Request) -> int:
        return self.by_rank[self.ranks[request.key]]

    def route_cost(self, vehicle: Vehicle, route: PlannedRoute) -> int:
        return self.per_vehicle + driving_cost(vehicle, route)


def driving_cost(vehicle: Vehicle, route: PlannedRoute) -> int:
    """What the route costs in money, whatever the goals are."""
    costs = vehicle.costs
    return costs.vehicle + costs.second * route.duration_s + costs.metre * route.distance_m


def objective(problem: Problem, routes: Sequence[PlannedRoute], dropped: Iterable[Request], weights: Weights) -> int:
    vehicles = {vehicle.key: vehicle for vehicle in problem.vehicles}
    busiest_s = 0
    if problem.goals.balance:
        busiest_s = max((work_s(problem, vehicles[route.vehicle], route) for route in routes), default=0)
    costs = sum(weights.route_cost(vehicles[route.vehicle], route) for route in routes)
    return costs + problem.goals.balance * busiest_s + sum(map(weights.penalty, dropped))


def driving_s(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> int:
    """At the wheel, the way to the end included."""
    places = [vehicle.start, *(problem.visit(stop.call).location for stop in route.stops)]
    if vehicle.end is not None:
        places.append(vehicle.end)
    return sum(problem.duration_s(a, b) for a, b in pairwise(places))


def work_s(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> int:
    """Driving and service; who waits or rests does not work."""
    return driving_s(problem, vehicle, route) + sum(problem.visit(stop.call).service_s for stop in route.stops)


def _penalties(base: int, counts: Mapping[int, int]) -> tuple[int, ...]:
    penalties: list[int] = []
    below = base
    for rank in range(len(counts)):
        penalties.append(below)
        below += counts[rank] * penalties[-1]
    if below <= LARGEST_COST:
        return tuple(penalties)
    step = max(1.0, LARGEST_COST / (base * (1 + sum(counts.values())))) ** (1 / max(1, len(counts) - 1))
    return tuple(math.floor(base * step**rank) for rank in range(len(counts)))


def _costliest(problem: Problem, request_count: int) -> int:
    """An upper bound on the cost of all routes: every shift used in full, every leg the longest there is."""
    shifts_s = {v.key: max(0, v.shift.close_s - v.shift.open_s) for v in problem.vehicles}
    longest_m = max((max(row) for row in problem.travel.distance_m), default=0)
    legs = 2 * request_count + len(problem.vehicles)
    return (
        sum(vehicle.costs.vehicle + vehicle.costs.second * shifts_s[vehicle.key] for vehicle in problem.vehicles)
        + max((vehicle.costs.metre for vehicle in problem.vehicles), default=0) * legs * longest_m
        + problem.goals.balance * max(shifts_s.values(), default=0)
    )
