"""`solve`: the one way from a Problem to a Plan. It loads OR-Tools: API processes use `process.py` instead."""

from collections.abc import Sequence

from app.services.routing.alone import obstacle
from app.services.routing.baseline import first_come_first_served
from app.services.routing.checker import violations
from app.services.routing.objective import Penalties, objective
from app.services.routing.problem import (
    Plan,
    PlannedRoute,
    Problem,
    Reason,
    Request,
    Unassigned,
)
from app.services.routing.schedule import timed
from app.services.routing.search import Report, search

SEARCH_S_PER_REQUEST = 0.05
"""Half a second of search for ten requests, 15 s for 300. On random days in Tbilisi, twice the time made plans better
by 0% for 5 and 20 requests, 0-2% for 40, 1% for 100 and 4% for 300; small problems never use the caller's limit up."""


class InvalidPlan(RuntimeError):
    """The checker found something: a bug here or in OR-Tools, never the caller's doing."""


def solve(problem: Problem, time_limit_s: float, progress: Report | None = None) -> Plan:
    """The best plan found within the limit (wall clock; less for small problems). Raises `InvalidPlan`.

    Requests that no vehicle could serve even alone are put aside first, each with its reason; the search sees the rest.
    """
    obstacles = {request.key: obstacle(problem, request) for request in problem.requests}
    possible = tuple(request for request in problem.requests if obstacles[request.key] is None)
    penalty = Penalties.of(problem, possible)
    routes = _routes(
        problem,
        possible,
        penalty,
        _limit_s(possible, time_limit_s),
        progress or (lambda _: None),
    )
    served = {stop.request for route in routes for stop in route.stops}
    plan = Plan(
        routes=routes,
        unassigned=tuple(
            Unassigned(request.key, obstacles[request.key] or Reason.NOT_ENOUGH_ROOM)
            for request in problem.requests
            if request.key not in served
        ),
        objective=objective(routes, (r for r in possible if r.key not in served), penalty),
    )
    if found := violations(problem, plan):
        raise InvalidPlan(f"{len(found)} violations, first {found[0]}")
    return plan


def _limit_s(requests: Sequence[Request], time_limit_s: float) -> float:
    return min(time_limit_s, SEARCH_S_PER_REQUEST * len(requests))


def _routes(
    problem: Problem,
    requests: tuple[Request, ...],
    penalty: Penalties,
    limit_s: float,
    report: Report,
) -> tuple[PlannedRoute, ...]:
    if not requests:
        return ()
    orders = search(problem, requests, penalty, limit_s, report)
    if orders is None:  # no time for even a first plan: a simple one is better than none
        return first_come_first_served(problem, requests)[0]
    # OR-Tools decides who goes where in which order; the times are ours, so that one rule makes them everywhere.
    routes = [timed(problem, vehicle, calls) for vehicle, calls in zip(problem.vehicles, orders, strict=True) if calls]
    if None in routes:
        raise InvalidPlan("a route of the search cannot be driven in time")
    return tuple(route for route in routes if route is not None)
