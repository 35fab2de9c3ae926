"""What customers were promised is not dropped for being late: it is worked in late, as little as can be."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace

from app.services.routing.checker import violations
from app.services.routing.insertion import best_insertion
from app.services.routing.objective import Weights, objective
from app.services.routing.problem import Key, Plan, PlannedRoute, Problem, Request, Unassigned, Visit, Window

log = logging.getLogger(__name__)

STEPS_S = (10 * 60, 30 * 60, 60 * 60, 2 * 3600, 4 * 3600)
"""How late is tried, one after the other."""


def kept(problem: Problem, plan: Plan, promised: Collection[Key], now_s: int) -> tuple[Problem, Plan]:
    """The problem with wider windows for what had to be late, and the plan with it."""
    orders = {key: list(calls) for key, calls in plan.orders.items()}
    routes = {route.vehicle: route for route in plan.routes}
    left = {item.request: item for item in plan.unassigned}
    wider = problem
    for request in sorted((problem.by_key[key] for key in left if key in promised), key=lambda r: -r.priority):
        for late_s in STEPS_S:
            tried = _with(wider, _late(request, now_s, late_s))
            place = best_insertion(tried, orders, tried.by_key[request.key])
            if place is not None:
                wider, routes[place.vehicle] = tried, place.route
                orders[place.vehicle] = list(place.calls)
                del left[request.key]
                break
    if len(left) == len(plan.unassigned):
        return problem, plan
    later = _plan(wider, routes, left)
    if found := violations(wider, later):
        log.error("%d violations of a plan with late rides, first %s", len(found), found[0])
        return problem, plan
    return wider, later


def _plan(problem: Problem, routes: Mapping[Key, PlannedRoute], left: Mapping[Key, Unassigned]) -> Plan:
    ordered = tuple(routes[vehicle.key] for vehicle in problem.vehicles if vehicle.key in routes)
    weights = Weights.of(problem, problem.requests)
    dropped = [problem.by_key[key] for key in left]
    return Plan(ordered, tuple(left.values()), objective(problem, ordered, dropped, weights))


def _with(problem: Problem, request: Request) -> Problem:
    return replace(problem, requests=tuple(request if r.key == request.key else r for r in problem.requests))


def _late(request: Request, now_s: int, late_s: int) -> Request:
    pickup = None if request.pickup is None else _later(request.pickup, now_s, late_s)
    return replace(request, pickup=pickup, dropoff=_later(request.dropoff, now_s, late_s))


def _later(visit: Visit, now_s: int, late_s: int) -> Visit:
    *others, last = visit.windows
    return replace(visit, windows=(*others, Window(last.open_s, max(last.close_s, now_s) + late_s)))
