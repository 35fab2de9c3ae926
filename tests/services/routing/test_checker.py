"""A sound plan is broken in one way at a time."""

from dataclasses import replace

import pytest

from app.services.routing.checker import Violation, ViolationKind, violations
from app.services.routing.problem import (
    Plan,
    PlannedRoute,
    PlannedStop,
    Problem,
    Reason,
    Request,
    StopKind,
    Unassigned,
    Window,
)

from .days import HOUR, request, road, vehicle

A = request("a", 10, 40, demand=(2, 1), pickup=Window(HOUR, 2 * HOUR), service_s=30)
B = request("b", 20, 30, demand=(2, 0))
PROBLEM = road(
    [A, B, request("c", 1, 2, demand=(9, 9))],
    [vehicle("v", capacity=(4, 1), shift=Window(0, 5 * HOUR)), vehicle("w", capacity=(4, 1))],
)
STOPS = (
    PlannedStop("a", StopKind.PICKUP, 3600, 3600, 3630, 10_000),
    PlannedStop("b", StopKind.PICKUP, 4230, 4230, 4230, 10_000),
    PlannedStop("b", StopKind.DROPOFF, 4830, 4830, 4830, 10_000),
    PlannedStop("a", StopKind.DROPOFF, 5430, 5430, 5460, 10_000),
)
ROUTE = PlannedRoute("v", STOPS, 3000, 7860, 80_000)
C_DROPPED = Unassigned("c", Reason.CAPACITY)
PLAN = Plan((ROUTE,), (C_DROPPED,), 0)


def kinds(plan: Plan, problem: Problem = PROBLEM) -> set[ViolationKind]:
    return {violation.kind for violation in violations(problem, plan)}


def stop(index: int, **change: object) -> Plan:
    stops = [replace(s, **change) if i == index else s for i, s in enumerate(STOPS)]  # type: ignore[arg-type]
    return Plan((replace(ROUTE, stops=tuple(stops)),), (C_DROPPED,), 0)


def with_requests(*requests: Request) -> Problem:
    return replace(PROBLEM, requests=(*requests, PROBLEM.requests[2]))


def test_a_sound_plan() -> None:
    assert violations(PROBLEM, PLAN) == []


def test_a_plan_for_nothing() -> None:
    assert violations(road([], []), Plan((), (), 0)) == []


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (stop(1, arrival_s=4229), Violation(ViolationKind.TRAVEL, "v", "b", 1)),
        (stop(1, start_s=4220), Violation(ViolationKind.SERVICE, "v", "b", 10)),
        (stop(0, departure_s=3625), Violation(ViolationKind.SERVICE, "v", "a", 5)),
        (stop(2, distance_m=9_999), Violation(ViolationKind.DISTANCE, "v", "b", 1)),
        (replace(PLAN, routes=(replace(ROUTE, start_s=3001),)), Violation(ViolationKind.TRAVEL, "v", "a", 1)),
        (replace(PLAN, routes=(replace(ROUTE, end_s=7850),)), Violation(ViolationKind.TRAVEL, "v", None, 10)),
        (replace(PLAN, routes=(replace(ROUTE, distance_m=80_007),)), Violation(ViolationKind.DISTANCE, "v", None, 7)),
        (replace(PLAN, routes=(replace(ROUTE, start_s=-9),)), Violation(ViolationKind.SHIFT, "v", None, 9)),
        (
            replace(PLAN, routes=(replace(ROUTE, end_s=5 * HOUR + 60),)),
            Violation(ViolationKind.SHIFT, "v", None, 60),
        ),
        (replace(PLAN, unassigned=()), Violation(ViolationKind.MISSING, None, "c")),
        (replace(PLAN, unassigned=(C_DROPPED, C_DROPPED)), Violation(ViolationKind.TWICE, None, "c")),
        (
            replace(PLAN, unassigned=(C_DROPPED, Unassigned("a", Reason.NOT_ENOUGH_ROOM))),
            Violation(ViolationKind.TWICE, None, "a"),
        ),
        (
            replace(PLAN, unassigned=(C_DROPPED, Unassigned("?", Reason.CAPACITY))),
            Violation(ViolationKind.UNKNOWN_REQUEST, None, "?"),
        ),
    ],
)
def test_exactly_one_thing_is_wrong(plan: Plan, expected: Violation) -> None:
    assert violations(PROBLEM, plan) == [expected]


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ((replace(A, demand=(3, 1)), B), Violation(ViolationKind.CAPACITY, "v", "b", 1)),
        ((A, replace(B, demand=(0, 2))), Violation(ViolationKind.CAPACITY, "v", "b", 2)),
        (
            (A, replace(B, dropoff=replace(B.dropoff, window=Window(0, 4800)))),
            Violation(ViolationKind.WINDOW, "v", "b", 30),
        ),
        (
            (A, replace(B, dropoff=replace(B.dropoff, window=Window(4840, 9000)))),
            Violation(ViolationKind.WINDOW, "v", "b", 10),
        ),
    ],
)
def test_a_plan_for_another_problem(requests: tuple[Request, Request], expected: Violation) -> None:
    assert violations(with_requests(*requests), PLAN) == [expected]


def test_a_visit_twice() -> None:
    assert ViolationKind.TWICE in kinds(replace(PLAN, routes=(replace(ROUTE, stops=(*STOPS, STOPS[3])),)))


def test_a_pickup_without_its_dropoff() -> None:
    assert ViolationKind.HALF_SERVED in kinds(replace(PLAN, routes=(replace(ROUTE, stops=STOPS[:3]),)))


def test_dropoff_before_pickup() -> None:
    stops = (STOPS[0], STOPS[2], STOPS[1], STOPS[3])
    assert ViolationKind.PRECEDENCE in kinds(replace(PLAN, routes=(replace(ROUTE, stops=stops),)))


def test_fetched_by_one_and_brought_by_another() -> None:
    routes = (replace(ROUTE, stops=STOPS[:2]), replace(ROUTE, vehicle="w", stops=STOPS[2:]))
    found = violations(PROBLEM, replace(PLAN, routes=routes))
    assert [v.request for v in found if v.kind is ViolationKind.SPLIT] == ["a", "b"]


def test_unknown_vehicle_and_request() -> None:
    assert violations(PROBLEM, replace(PLAN, routes=(replace(ROUTE, vehicle="?"),))) == [
        Violation(ViolationKind.UNKNOWN_VEHICLE, "?", None)
    ]
    assert ViolationKind.UNKNOWN_REQUEST in kinds(stop(1, request="?"))


def test_one_vehicle_with_two_routes() -> None:
    second = PlannedRoute("v", (), 0, 0, 0)
    assert kinds(replace(PLAN, routes=(ROUTE, second))) == {ViolationKind.VEHICLE_TWICE}
