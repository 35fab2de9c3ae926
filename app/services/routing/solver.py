"""`solve`: the one way from a Problem to a Plan. It loads OR-Tools and numba: API processes use `process.py`."""

from collections.abc import Iterable
from dataclasses import replace
from time import monotonic
from typing import NamedTuple

from app.services.routing import improve
from app.services.routing.alone import begun, obstacle
from app.services.routing.checker import violations
from app.services.routing.improve import Report
from app.services.routing.insertion import fits, inserted
from app.services.routing.objective import Weights, objective
from app.services.routing.problem import (
    Call,
    Key,
    Orders,
    Plan,
    PlannedRoute,
    Problem,
    Progress,
    Reason,
    Request,
    Unassigned,
    Vehicle,
)
from app.services.routing.search import search

FIRST_PLAN_SHARE, FIRST_PLAN_S_MAX = 0.05, 1.0
"""Of the limit, and at most, for OR-Tools' first plan, when the improver is to go on from there."""

WAIT_SHARE = 0.5
"""Of the time left, at most, to wait for machine code; without it OR-Tools has the rest."""

LAST_LOOK_SHARE = 0.02
"""Of the time left, for a last exact look for room for what is left out."""


GRACE_S = 2.0
"""How late a plan may be rather than leave out what there is room for: a short limit on a busy machine."""


class InvalidPlan(RuntimeError):
    """The checker found something: a bug here or in OR-Tools, never the caller's doing."""


class UnderWay(ValueError):
    """What is aboard, or what a driver is on the way to, can no longer be served: a window or a limit must give way."""


class _Search(NamedTuple):
    """What the parts of a search have in common. `until_s` is on the clock of `time.monotonic`."""

    problem: Problem
    requests: tuple[Request, ...]
    weights: Weights
    until_s: float
    report: Report

    @property
    def left_s(self) -> float:
        return max(0.0, self.until_s - monotonic())


def solve(
    problem: Problem,
    time_limit_s: float,
    progress: Report | None = None,
    current: Orders | None = None,
    *,
    thorough: bool = False,
) -> Plan:
    """The best plan found within the limit (wall clock). Raises `UnderWay` and `InvalidPlan`.

    Requests that no vehicle could serve even alone are put aside first, each with its reason; the search sees the rest.
    It goes on from `current`, as far as that still holds. Small problems end early, as soon as the search has cooled
    down, unless it is to be `thorough`.
    """
    began, bound = monotonic(), _bound(problem)
    obstacles = {r.key: None if r.key in bound else obstacle(problem, r) for r in problem.requests}
    possible = tuple(request for request in problem.requests if obstacles[request.key] is None)
    watch = _Watch(began, time_limit_s, progress or (lambda _: None))
    watch.report(watch.best)
    work = _Search(problem, possible, Weights.of(problem, possible), began + time_limit_s, watch)
    orders, converged = _searched(work, current, thorough) if possible and problem.vehicles else ({}, True)
    routes = _routes(problem, orders)
    served = {stop.request for route in routes for stop in route.stops}
    no_room = Reason.NOT_ENOUGH_ROOM if converged else Reason.NOT_ENOUGH_TIME
    left_out = [request for request in problem.requests if request.key not in served]
    plan = Plan(
        routes=routes,
        unassigned=tuple(Unassigned(request.key, obstacles[request.key] or no_room) for request in left_out),
        objective=objective(problem, routes, [r for r in possible if r.key not in served], work.weights),
    )
    return approved(problem, plan)


def approved(problem: Problem, plan: Plan) -> Plan:
    """A plan in which the checker finds nothing. Raises `InvalidPlan`."""
    if found := violations(problem, plan):
        raise InvalidPlan(f"{len(found)} violations, first {found[0]}")
    return plan


def _bound(problem: Problem) -> set[Key]:
    """What must be served because it is aboard or a driver is on the way to it."""
    aboard = {request.key for request in problem.requests if request.pickup is None}
    return aboard | {call.request for vehicle in problem.vehicles for call in vehicle.prefix}


def _searched(work: _Search, current: Orders | None, thorough: bool) -> tuple[Orders, bool]:
    """The best orders, and whether there was nothing more to find."""
    loading = improve.loading()
    if current is None:
        first_s = min(FIRST_PLAN_S_MAX, FIRST_PLAN_SHARE * work.left_s)
        orders = search(work.problem, work.requests, work.weights, first_s, work.report)
    else:
        orders = _still_possible(work.problem, work.requests, current)
    if orders is None:
        orders = {vehicle.key: _begun(work.problem, vehicle) for vehicle in work.problem.vehicles}
    converged = False
    if loading.wait(WAIT_SHARE * work.left_s):
        improved = improve.improve(
            work.problem,
            work.requests,
            orders,
            work.weights,
            (1 - LAST_LOOK_SHARE) * work.left_s,
            work.report,
            thorough=thorough,
        )
        orders, converged = improved.orders, improved.converged
    elif current is None:
        orders = search(work.problem, work.requests, work.weights, work.left_s, work.report) or orders
    return _with_the_rest(work, orders), converged


def _begun(problem: Problem, vehicle: Vehicle) -> tuple[Call, ...]:
    calls = begun(problem, vehicle)
    if calls is None:
        raise UnderWay(f"vehicle {vehicle.key} cannot finish what is under way")
    return calls


def _still_possible(problem: Problem, requests: Iterable[Request], current: Orders) -> Orders:
    """What of these orders can still be done: each vehicle first finishes what is under way, and then keeps, in the
    old order, every request that does not make the route impossible."""
    known = {request.key for request in requests}
    orders: dict[Key, tuple[Call, ...]] = {}
    served = _bound(problem)
    for vehicle in problem.vehicles:
        calls = [call for call in current.get(vehicle.key, ()) if call.request in known]
        rest = [call for call in calls if call not in vehicle.prefix]
        under_way = {r.key for r in problem.aboard(vehicle)} | {call.request for call in vehicle.prefix}
        base = (*vehicle.prefix, *(call for call in rest if call.request in under_way))
        if fits(problem, vehicle, base) is None:
            base = _begun(problem, vehicle)
            rest = [*base[len(vehicle.prefix) :], *(call for call in rest if call.request not in under_way)]
        chosen = set(under_way)
        if fits(problem, vehicle, whole := _only(vehicle, rest, {c.request for c in rest} - (served - chosen))):
            base, chosen = whole, {call.request for call in whole}
        for key in dict.fromkeys(call.request for call in rest if call.request not in served | chosen):
            if fits(problem, vehicle, longer := _only(vehicle, rest, chosen | {key})):
                base, chosen = longer, chosen | {key}
        served |= chosen
        orders[vehicle.key] = base
    return {key: calls for key, calls in orders.items() if calls}


def _only(vehicle: Vehicle, rest: Iterable[Call], requests: set[Key]) -> tuple[Call, ...]:
    return (*vehicle.prefix, *(call for call in rest if call.request in requests))


def _with_the_rest(work: _Search, orders: Orders) -> Orders:
    """A last look at every place for what is left out, so that nothing is left out for which there is one."""
    served = {call.request for calls in orders.values() for call in calls}
    left_out = [request for request in work.requests if request.key not in served]
    until_s = max(work.until_s, monotonic() + GRACE_S)
    return inserted(work.problem, orders, sorted(left_out, key=work.weights.penalty, reverse=True), until_s)


def _routes(problem: Problem, orders: Orders) -> tuple[PlannedRoute, ...]:
    """Whoever decided the order, the times are made in one place."""
    routes = []
    for vehicle in problem.vehicles:
        if calls := orders.get(vehicle.key):
            route = fits(problem, vehicle, calls)
            if route is None:
                raise InvalidPlan(f"the route found for vehicle {vehicle.key} cannot be driven")
            routes.append(route)
    return tuple(routes)


class _Watch:
    """Tells the progress of all parts of a search as that of one, always the best plan so far."""

    def __init__(self, began: float, limit_s: float, report: Report) -> None:
        self.began, self.report = began, report
        self.best = Progress(0.0, limit_s, None, None)

    def __call__(self, progress: Progress) -> None:
        new, old = progress.best_objective, self.best.best_objective
        if new is not None and (old is None or new < old):
            self.best = replace(self.best, best_objective=new, assigned=progress.assigned)
        if old is not None or new is not None:
            self.report(replace(self.best, elapsed_s=monotonic() - self.began))
