"""A sound plan is broken in one way at a time."""

from dataclasses import replace

import pytest

from app.services.routing.checker import Violation, ViolationKind, route_violations, violations
from app.services.routing.problem import (
    Break,
    Plan,
    PlannedBreak,
    PlannedRoute,
    PlannedStop,
    Problem,
    Reason,
    Request,
    StopKind,
    Unassigned,
    Vehicle,
    Window,
)

from .days import HOUR, calls, request, road, vehicle

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
        (stop(1, arrival_s=4229), Violation(ViolationKind.TRAVEL, "v", "b", 1, StopKind.PICKUP)),
        (stop(1, start_s=4220), Violation(ViolationKind.SERVICE, "v", "b", 10, StopKind.PICKUP)),
        (stop(0, departure_s=3625), Violation(ViolationKind.SERVICE, "v", "a", 5, StopKind.PICKUP)),
        (stop(2, distance_m=9_999), Violation(ViolationKind.DISTANCE, "v", "b", 1, StopKind.DROPOFF)),
        (
            replace(PLAN, routes=(replace(ROUTE, start_s=3001),)),
            Violation(ViolationKind.TRAVEL, "v", "a", 1, StopKind.PICKUP),
        ),
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
        ((replace(A, demand=(3, 1)), B), Violation(ViolationKind.CAPACITY, "v", "b", 1, StopKind.PICKUP)),
        ((A, replace(B, demand=(0, 2))), Violation(ViolationKind.CAPACITY, "v", "b", 2, StopKind.PICKUP)),
        (
            (A, replace(B, dropoff=replace(B.dropoff, windows=(Window(0, 4800),)))),
            Violation(ViolationKind.WINDOW, "v", "b", 30, StopKind.DROPOFF),
        ),
        (
            (A, replace(B, dropoff=replace(B.dropoff, windows=(Window(0, 4800), Window(4840, 9000))))),
            Violation(ViolationKind.WINDOW, "v", "b", 10, StopKind.DROPOFF),
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


def found(plan: Plan, *requests: Request, van: Vehicle | None = None) -> list[Violation]:
    """What is wrong with the plan if the requests and the van were these."""
    problem = with_requests(*(requests or (A, B)))
    if van is not None:
        problem = replace(problem, vehicles=(van, problem.vehicles[1]))
    return violations(problem, plan)


V = PROBLEM.vehicles[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ride_s_max": 1799}, Violation(ViolationKind.RIDE_TIME, "v", "a", 1, StopKind.DROPOFF)),
        ({"needs": frozenset({"lift", "sign"})}, Violation(ViolationKind.FEATURES, "v", "a", 2)),
        ({"allowed": frozenset({"w"})}, Violation(ViolationKind.NOT_ALLOWED, "v", "a")),
        ({"forbidden": frozenset({"v", "w"})}, Violation(ViolationKind.NOT_ALLOWED, "v", "a")),
    ],
)
def test_what_the_request_may_not(change: dict[str, object], expected: Violation) -> None:
    assert found(PLAN, replace(A, **change), B) == [expected]  # type: ignore[arg-type]


def test_what_the_request_just_may() -> None:
    assert found(PLAN, replace(A, ride_s_max=1800, allowed=frozenset({"v"}), forbidden=frozenset({"w"})), B) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (replace(A, load_class="dogs"), replace(B, apart_from=frozenset({"dogs"}))),
        (replace(A, apart_from=frozenset({"dogs"})), replace(B, load_class="dogs")),
    ],
)
def test_what_may_not_be_together(first: Request, second: Request) -> None:
    assert found(PLAN, first, second) == [Violation(ViolationKind.APART, "v", "b", 1, StopKind.PICKUP)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"duration_s_max": 4859}, Violation(ViolationKind.DURATION, "v", None, 1)),
        ({"driving_s_max": 4799}, Violation(ViolationKind.DRIVING, "v", None, 1)),
        ({"prefix": calls("+b")}, Violation(ViolationKind.PREFIX, "v", "b", 1, StopKind.PICKUP)),
        ({"breaks": (Break(Window(0, 7859), 100),)}, Violation(ViolationKind.BREAK, "v", None, 100)),
    ],
)
def test_what_the_vehicle_may_not(change: dict[str, object], expected: Violation) -> None:
    under_way = [Violation(ViolationKind.SHIFT, "v", None, 3000)] if "prefix" in change else []
    assert found(PLAN, van=replace(V, **change)) == [*under_way, expected]  # type: ignore[arg-type]


def test_what_the_vehicle_just_may() -> None:
    rests = (Break(Window(0, 2999), 100), Break(Window(0, 7860), 100))
    assert found(PLAN, van=replace(V, duration_s_max=4860, driving_s_max=4800, breaks=rests)) == []
    at_once = replace(V, prefix=calls("+a +b"), shift=Window(3000, 5 * HOUR))
    assert found(PLAN, van=at_once) == []


RESTED = replace(
    ROUTE,
    stops=(*STOPS[:3], replace(STOPS[3], arrival_s=5730, start_s=5730, departure_s=5760)),
    end_s=8160,
    breaks=(PlannedBreak(3, 4830, 5130),),
)


@pytest.mark.parametrize(
    ("route", "rest", "expected"),
    [
        (RESTED, Break(Window(4830, 4830), 300), []),
        (RESTED, Break(Window(4831, 5000), 300), [Violation(ViolationKind.BREAK, "v", None, 1)]),
        (RESTED, Break(Window(4000, 4829), 300), [Violation(ViolationKind.BREAK, "v", None, 1)]),
        (RESTED, Break(Window(4000, 5000), 301), [Violation(ViolationKind.BREAK, "v", None, 1)]),
        (
            replace(RESTED, breaks=(PlannedBreak(3, 4829, 5129),)),
            Break(Window(4000, 5000), 300),
            [Violation(ViolationKind.TRAVEL, "v", "a", 1, StopKind.DROPOFF)],
        ),
        (
            replace(RESTED, breaks=(PlannedBreak(3, 4831, 5131),)),
            Break(Window(4000, 5000), 300),
            [Violation(ViolationKind.TRAVEL, "v", "a", 1, StopKind.DROPOFF)],
        ),
        (
            replace(RESTED, breaks=(PlannedBreak(5, 4830, 5130),)),
            Break(Window(4000, 5000), 300),
            [Violation(ViolationKind.BREAK, "v", None, 1)],
        ),
    ],
)
def test_a_rest_in_its_window_and_before_driving_on(
    route: PlannedRoute, rest: Break, expected: list[Violation]
) -> None:
    assert found(replace(PLAN, routes=(route,)), van=replace(V, breaks=(rest,))) == expected


def test_one_rest_is_not_two() -> None:
    rests = (Break(Window(4000, 5000), 300), Break(Window(4800, 5000), 200))
    assert found(replace(PLAN, routes=(RESTED,)), van=replace(V, breaks=rests)) == [
        Violation(ViolationKind.BREAK, "v", None, 200)
    ]


ABOARD = replace(A, pickup=None, allowed=frozenset({"v"}))
BRINGS = PlannedRoute("v", (PlannedStop("a", StopKind.DROPOFF, 2400, 2400, 2430, 40_000),), 0, 4830, 80_000)


def test_what_is_aboard_is_brought_at_once() -> None:
    problem = road([ABOARD], [V])
    assert violations(problem, Plan((BRINGS,), (), 0)) == []
    assert violations(problem, Plan((), (), 0)) == [Violation(ViolationKind.ABOARD, "v", "a", 1, StopKind.DROPOFF)]
    assert violations(problem, Plan((), (Unassigned("a", Reason.CAPACITY),), 0)) == [
        Violation(ViolationKind.ABOARD, "v", "a", 1, StopKind.DROPOFF)
    ]
    fetched = replace(BRINGS, stops=(STOPS[0], *BRINGS.stops))
    assert violations(problem, Plan((fetched,), (), 0)) == [
        Violation(ViolationKind.ABOARD, "v", "a", 1, StopKind.PICKUP)
    ]
    assert violations(problem, Plan((replace(BRINGS, start_s=1),), (), 0)) == [
        Violation(ViolationKind.TRAVEL, "v", "a", 1, StopKind.DROPOFF),
        Violation(ViolationKind.SHIFT, "v", None, 1),
    ]


def test_what_is_aboard_takes_room_and_company() -> None:
    b = replace(B, demand=(3, 0), apart_from=frozenset({"dogs"}))
    problem = road([replace(ABOARD, load_class="dogs"), b], [V])
    stops = (
        PlannedStop("b", StopKind.PICKUP, 1200, 1200, 1200, 20_000),
        PlannedStop("b", StopKind.DROPOFF, 1800, 1800, 1800, 10_000),
        PlannedStop("a", StopKind.DROPOFF, 2400, 2400, 2430, 10_000),
    )
    assert violations(problem, Plan((replace(BRINGS, stops=stops),), (), 0)) == [
        Violation(ViolationKind.CAPACITY, "v", "b", 1, StopKind.PICKUP),
        Violation(ViolationKind.APART, "v", "b", 1, StopKind.PICKUP),
    ]


def test_who_is_on_the_way_does_not_stay_at_home() -> None:
    problem = road([A], [replace(V, prefix=calls("+a"))])
    assert violations(problem, Plan((), (Unassigned("a", Reason.CAPACITY),), 0)) == [
        Violation(ViolationKind.PREFIX, "v", "a", 1, StopKind.PICKUP)
    ]


def test_one_route_by_itself() -> None:
    assert route_violations(PROBLEM, ROUTE) == []
    assert route_violations(PROBLEM, replace(ROUTE, vehicle="?")) == [
        Violation(ViolationKind.UNKNOWN_VEHICLE, "?", None)
    ]
    unknown = replace(ROUTE, stops=(replace(STOPS[0], request="?"),))
    assert route_violations(PROBLEM, unknown) == [
        Violation(ViolationKind.UNKNOWN_REQUEST, "v", "?", 1, StopKind.PICKUP)
    ]
    assert Violation(ViolationKind.HALF_SERVED, "v", "a", 1, StopKind.PICKUP) in route_violations(
        PROBLEM, replace(ROUTE, stops=STOPS[:3])
    )
    assert route_violations(road([ABOARD], [V]), PlannedRoute("v", (), 0, 0, 0)) == [
        Violation(ViolationKind.ABOARD, "v", "a", 1, StopKind.DROPOFF)
    ]
