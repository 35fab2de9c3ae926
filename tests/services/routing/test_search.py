"""OR-Tools alone, before anything improves its plan: each rule binds, and what it answers can be driven."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from app.services.routing.alone import obstacle
from app.services.routing.checker import violations
from app.services.routing.insertion import fits
from app.services.routing.objective import Weights, objective
from app.services.routing.problem import (
    Break,
    Costs,
    Goals,
    Key,
    Matrix,
    Orders,
    Plan,
    PlannedRoute,
    Problem,
    Progress,
    Reason,
    Request,
    Unassigned,
    Vehicle,
    Window,
)
from app.services.routing.search import search

from .days import HOUR, calls, problems, request, road, tbilisi, vehicle
from .oracle import served_most


def found(problem: Problem, limit_s: float = 0.3) -> Orders:
    weights = Weights.of(problem, problem.requests)
    orders = search(problem, problem.requests, weights, limit_s, lambda _: None)
    assert orders is not None
    return {vehicle: calls for vehicle, calls in orders.items() if calls}


def routes(problem: Problem, orders: Orders) -> list[PlannedRoute]:
    fitting = [fits(problem, van, orders[van.key]) for van in problem.vehicles if van.key in orders]
    assert None not in fitting
    return [route for route in fitting if route is not None]


def served(problem: Problem) -> dict[Key, set[Key]]:
    """Whom each vehicle in use serves, in a plan that is sound."""
    planned = routes(problem, found(problem))
    by_vehicle = {route.vehicle: {stop.request for stop in route.stops} for route in planned}
    on_route = {key for keys in by_vehicle.values() for key in keys}
    left = [Unassigned(r.key, Reason.NOT_ENOUGH_ROOM) for r in problem.requests if r.key not in on_route]
    assert violations(problem, Plan(tuple(planned), tuple(left), 0)) == []
    return by_vehicle


NOON = Window(12 * HOUR, 12 * HOUR)
A, B = request("a", 10, 40), request("b", 20, 30)
TOGETHER = [request("a", 10, 40, pickup=NOON), request("b", 10, 40, pickup=NOON)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"v": {"a", "b"}}),
        ({"demand": (3,)}, {"v": {"a"}, "w": {"b"}}),
        ({"needs": frozenset({"lift"})}, {"w": {"a", "b"}}),
        ({"allowed": frozenset({"w"})}, {"w": {"a", "b"}}),
        ({"forbidden": frozenset({"v"})}, {"w": {"a", "b"}}),
        ({"load_class": "dogs", "apart_from": frozenset({"dogs"})}, {"v": {"a"}, "w": {"b"}}),
        ({"load_class": "dogs", "apart_from": frozenset({"cats"})}, {"v": {"a", "b"}}),
    ],
)
def test_who_may_ride_with_whom(changes: dict[str, object], expected: dict[Key, set[Key]]) -> None:
    rides = [replace(ride, **changes) for ride in TOGETHER]  # type: ignore[arg-type]
    vans = [vehicle("v"), vehicle("w", features={"lift"}, costs=Costs(vehicle=7000))]
    if len(expected) == 2:  # either could be whose
        rides[0] = replace(rides[0], allowed=frozenset({"v"}))
    assert served(road(rides, vans)) == expected


@pytest.mark.parametrize(
    ("ride", "van"),
    [
        (request("r", 1, 50, pickup=(Window(0, 59), Window(200, 260))), vehicle("v")),
        (request("r", 1, 11, ride_s_max=600, service_s=100), vehicle("v")),
        (request("r", 1, 11), vehicle("v", duration_s_max=1320)),
        (request("r", 1, 11), vehicle("v", driving_s_max=1320)),
        (request("r", 1, 11), vehicle("v", end=None, shift=Window(0, 660))),
        (request("r", 10, 20, pickup=Window(600, 600)), vehicle("v", breaks=[Break(Window(1200, 1200), 900)])),
        (request("r", 99, 0, pickup=Window(-99, 99)), vehicle("v", 99, 0, shift=Window(-HOUR, 2 * HOUR))),
    ],
)
def test_what_is_just_possible_is_served(ride: Request, van: Vehicle) -> None:
    assert served(road([ride], [van])) == {"v": {"r"}}


def test_only_what_is_possible_beside_the_other() -> None:
    """Rides that could be shared, were it not for a limit."""
    rides = [request("a", 10, 20, pickup=NOON, priority=1), request("b", 30, 40, pickup=NOON)]
    assert served(road(rides, [vehicle("v")])) == {"v": {"a"}}
    limited = [request("a", 10, 40, ride_s_max=1800, priority=1), request("b", 20, 30, service_s=1)]
    assert served(road(limited, [vehicle("v", driving_s_max=4800)])) == {"v": {"a"}}


def test_breaks_are_left_room_for() -> None:
    """Two rides back to back at noon leave no time to rest: only one of them goes."""
    rides = [request("a", 10, 20, pickup=NOON, priority=1), request("b", 20, 30, pickup=Window(43800, 43800))]
    rest = Break(Window(12 * HOUR, 12 * HOUR + 599), 300)
    assert served(road(rides, [vehicle("v")])) == {"v": {"a", "b"}}
    assert served(road(rides, [vehicle("v", breaks=[rest])])) == {"v": {"a"}}


def test_what_is_under_way_comes_first() -> None:
    aboard = request("aboard", None, 50, demand=(4,), allowed={"v"})
    first, other = request("first", 60, 70), request("other", 61, 70)
    van = vehicle("v", prefix="-aboard +first")
    problem = road([other, first, aboard], [van, vehicle("w")])
    orders = found(problem)
    assert tuple(orders["v"][:2]) == calls("-aboard +first")
    assert served(problem) == {"v": {"aboard", "first", "other"}}


def test_none_if_what_is_under_way_cannot_be_brought() -> None:
    for window in (Window(0, 10), Window(-100, -50)):
        aboard = request("a", None, 50, dropoff=window, allowed={"v"})
        problem = road([aboard, B], [vehicle("v")])
        assert search(problem, problem.requests, Weights.of(problem, problem.requests), 0.1, lambda _: None) is None


def test_costs_are_each_vehicles_own() -> None:
    vans = [vehicle("v"), vehicle("w", costs=Costs(vehicle=5000, second=5, metre=1))]
    assert served(road([A], vans)) == {"w": {"a"}}
    vans = [vehicle("v"), vehicle("w", costs=Costs(vehicle=0, second=10, metre=3))]
    assert served(road([A], vans)) == {"v": {"a"}}


def test_goals() -> None:
    """Two vehicles are cheaper, one is fewer, and two share the work."""
    rides = [request("a", 10, 11), request("b", 90, 91)]
    vans = [vehicle("v"), vehicle("w", 99, 99)]
    assert served(road(rides, vans)) == {"v": {"a"}, "w": {"b"}}
    assert len(served(road(rides, vans, goals=Goals(fewest_vehicles=True)))) == 1
    rides = [request("a", 10, 20), request("b", 11, 19)]
    assert len(served(road(rides, [vehicle("v"), vehicle("w")]))) == 1
    hours = [request("a", 10, 20, service_s=HOUR, demand=(4,)), request("b", 10, 20, service_s=HOUR, demand=(4,))]
    assert len(served(road(hours, [vehicle("v"), vehicle("w")]))) == 1
    assert len(served(road(hours, [vehicle("v"), vehicle("w")], goals=Goals(balance=50)))) == 2


def test_idle_vehicles_need_no_time_to_get_home() -> None:
    assert served(road([A], [vehicle("v"), vehicle("idle", 0, 99, shift=Window(0, 60))])) == {"v": {"a"}}


def test_reports_what_it_costs_as_the_objective_does() -> None:
    problem, reports = tbilisi(12, 2), list[Progress]()
    weights = Weights.of(problem, problem.requests)
    orders = search(problem, problem.requests, weights, 1, reports.append)
    assert orders is not None
    planned = routes(problem, orders)
    on_route = {stop.request for route in planned for stop in route.stops}
    cost = objective(problem, planned, [r for r in problem.requests if r.key not in on_route], weights)
    last = reports[-1]
    assert reports[0] == Progress(0.0, 1, None, None)
    assert last.best_objective is not None
    assert last.best_objective >= cost
    assert last.assigned == 12


def test_without_time_there_is_still_a_plan() -> None:
    problem = tbilisi(60, 8)
    assert search(problem, problem.requests, Weights.of(problem, problem.requests), 0.001, lambda _: None) is not None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems())
def test_whatever_the_rules_the_plan_is_sound(problem: Problem) -> None:
    possible = [r for r in problem.requests if obstacle(problem, r) is None]
    if possible:
        served(replace(problem, requests=tuple(possible)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems(requests=2, vehicles=1, under_way=False))
def test_serves_as_many_as_can_be(problem: Problem) -> None:
    problem = replace(problem, requests=tuple(replace(r, priority=0) for r in problem.requests))
    if problem.vehicles and all(obstacle(problem, r) is None for r in problem.requests) and problem.requests:
        assert sum(map(len, served(problem).values())) == served_most(problem, problem.vehicles[0])


def test_neither_symmetric_nor_metric() -> None:
    problem = road([request("r", 1, 2)], [vehicle("v")], size=3)
    metres = tuple(tuple(5000 if (a, b) == (2, 0) else 1000 * (a != b) for b in range(3)) for a in range(3))
    problem = replace(problem, travel=Matrix(problem.travel.duration_s, metres))
    assert [route.distance_m for route in routes(problem, found(problem))] == [7000]
