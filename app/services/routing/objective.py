"""What makes one plan better than another: serve the most important, then drive little, with few vehicles."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from app.services.routing.problem import PlannedRoute, Problem, Request

SECOND_COST = 10
METRE_COST = 1
"""A kilometre weighs as much as 100 s of a driver's time, about what it takes to drive it in town: so time (waiting
included) and distance weigh about the same."""

VEHICLE_COST = 600 * SECOND_COST
"""A further vehicle must save ten minutes: preferred weakly, enough that nobody is called out for a trifle."""

LARGEST_COST = 2**53
"""No sum of costs exceeds it, so that it is exact in the solver's doubles too."""


def route_cost(route: PlannedRoute) -> int:
    return VEHICLE_COST + SECOND_COST * route.duration_s + METRE_COST * route.distance_m


@dataclass(frozen=True, slots=True)
class Penalties:
    """The cost of leaving a request out: `base × step ** rank`, the rank of its priority among those present.

    `base` is more than any set of routes can cost, so no detour is worth a drop. `step` is more than the number of
    requests, so one request outweighs all lower ones together; only when so many ranks and requests would pass
    `LARGEST_COST` is it the greatest that does not.
    """

    base: int
    step: float
    ranks: dict[int, int]

    @classmethod
    def of(cls, problem: Problem, requests: tuple[Request, ...]) -> "Penalties":
        ranks = {priority: rank for rank, priority in enumerate(sorted({r.priority for r in requests}))}
        base = 1 + _costliest(problem, len(requests))
        room = LARGEST_COST / (base * max(1, len(requests)))
        greatest = math.pow(max(1.0, room), 1 / max(1, len(ranks) - 1))
        return cls(base, min(len(requests) + 1, greatest), ranks)

    def __call__(self, request: Request) -> int:
        return round(self.base * math.pow(self.step, self.ranks[request.priority]))


def objective(routes: Iterable[PlannedRoute], dropped: Iterable[Request], penalty: Penalties) -> int:
    return sum(map(route_cost, routes)) + sum(map(penalty, dropped))


def _costliest(problem: Problem, request_count: int) -> int:
    """An upper bound on the cost of all routes: every shift used in full, every leg the longest there is."""
    legs = 2 * request_count + len(problem.vehicles)
    longest_m = max((max(row) for row in problem.travel.distance_m), default=0)
    shifts_s = sum(max(0, vehicle.shift.close_s - vehicle.shift.open_s) for vehicle in problem.vehicles)
    return VEHICLE_COST * len(problem.vehicles) + SECOND_COST * shifts_s + METRE_COST * legs * longest_m
