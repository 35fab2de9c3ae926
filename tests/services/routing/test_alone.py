from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from app.services.routing.alone import obstacle
from app.services.routing.problem import Break, Call, Problem, Reason, Request, Vehicle, Window

from .days import HOUR, problems, request, road, vehicle
from .oracle import feasible


@pytest.mark.parametrize(
    ("ride", "vans", "reason"),
    [
        (request("r", 1, 2), [vehicle("v")], None),
        (request("r", 1, 2), [], Reason.NO_VEHICLE),
        (request("r", 1, 2, allowed={"w"}), [vehicle("v")], Reason.NOT_ALLOWED),
        (request("r", 1, 2, forbidden={"v"}), [vehicle("v")], Reason.NOT_ALLOWED),
        (request("r", 1, 2, forbidden={"v"}), [vehicle("v"), vehicle("w")], None),
        (request("r", 1, 2, needs={"lift", "sign"}), [vehicle("v", features={"lift"})], Reason.EQUIPMENT),
        (
            request("r", 1, 2, needs={"lift"}, allowed={"v"}),
            [vehicle("v"), vehicle("w", features={"lift"})],
            Reason.EQUIPMENT,
        ),
        (request("r", 1, 2, demand=(5,)), [vehicle("v")], Reason.CAPACITY),
        (
            request("r", 1, 2, demand=(5,), needs={"lift"}),
            [vehicle("v", features={"lift"}), vehicle("w", capacity=(8,))],
            Reason.CAPACITY,
        ),
        (request("r", 1, 11, ride_s_max=599), [vehicle("v")], Reason.RIDE_TIME),
        (
            request("r", 1, 11, ride_s_max=900, pickup=Window(0, 100), dropoff=Window(2000, 3000)),
            [vehicle("v")],
            Reason.RIDE_TIME,
        ),
        (request("r", 1, 50), [vehicle("v", shift=Window(0, HOUR))], Reason.SHIFT_TOO_SHORT),
        (request("r", 1, 50), [vehicle("v", duration_s_max=HOUR)], Reason.SHIFT_TOO_SHORT),
        (request("r", 1, 50), [vehicle("v", driving_s_max=HOUR)], Reason.SHIFT_TOO_SHORT),
        (
            request("r", 1, 2, pickup=Window(0, 100), dropoff=Window(HOUR, HOUR)),
            [vehicle("v", duration_s_max=1000)],
            Reason.SHIFT_TOO_SHORT,
        ),
        (
            request("r", 1, 2, pickup=Window(60, 60), dropoff=Window(120, 120)),
            [vehicle("v", breaks=[Break(Window(100, 110), 60)])],
            Reason.SHIFT_TOO_SHORT,
        ),
        (
            request("r", 1, 2, dropoff=Window(HOUR, HOUR)),
            [vehicle("v", shift=Window(0, HOUR))],
            Reason.SHIFT_TOO_SHORT,
        ),
        (request("r", 5, 6, pickup=Window(0, 299)), [vehicle("v")], Reason.WINDOW_UNREACHABLE),
        (
            request("r", 1, 9, pickup=Window(600, 600), dropoff=(Window(0, 900), Window(950, 1000))),
            [vehicle("v")],
            Reason.WINDOW_UNREACHABLE,
        ),
        (
            request("r", 1, 2, pickup=Window(20 * HOUR, 21 * HOUR)),
            [vehicle("v", shift=Window(8 * HOUR, 18 * HOUR))],
            Reason.WINDOW_UNREACHABLE,
        ),
    ],
)
def test_one_reason_for_each_rule(ride: Request, vans: list[Vehicle], reason: Reason | None) -> None:
    assert obstacle(road([request("other", 3, 4), ride], vans), ride) is reason


def test_room_and_time_must_be_one_vehicles() -> None:
    ride = request("r", 40, 41, demand=(6,))
    fleet = [vehicle("big", capacity=(8,), shift=Window(0, 600)), vehicle("small")]
    assert obstacle(road([ride], fleet), ride) is Reason.SHIFT_TOO_SHORT


def test_beside_what_is_under_way() -> None:
    """The van must first bring a to the far end, whatever else there is to do."""
    aboard = request("a", None, 90, dropoff=Window(0, 90 * 60), allowed={"v"})
    on_the_way, after, before = (
        request("on the way", 30, 40),
        request("after", 80, 70, pickup=Window(6000, 6600)),
        request("before", 10, 0, dropoff=Window(0, 90 * 60)),
    )
    problem = road([aboard, on_the_way, after, before], [vehicle("v")])
    assert [obstacle(problem, r) for r in problem.requests] == [None, None, None, Reason.WINDOW_UNREACHABLE]


def test_behind_the_prefix() -> None:
    first = request("first", 50, 60)
    late, early = request("late", 1, 2), request("early", 1, 2, pickup=Window(0, HOUR))
    problem = road([first, late, early], [vehicle("v", prefix="+first")])
    assert [obstacle(problem, r) for r in problem.requests] == [None, None, Reason.WINDOW_UNREACHABLE]
    idle = replace(problem, vehicles=(*problem.vehicles, vehicle("w")))
    assert obstacle(idle, early) is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems(requests=1, vehicles=2))
def test_none_if_and_only_if_some_order_is_feasible(problem: Problem) -> None:
    assume(problem.vehicles)
    for ride in problem.requests:
        possible = any(
            feasible(problem, van, order)
            for van in problem.vehicles
            for order in permutations(_with_what_is_under_way(problem, van, ride))
        )
        assert (obstacle(problem, ride) is None) == possible


def _with_what_is_under_way(problem: Problem, van: Vehicle, ride: Request) -> list[Call]:
    keys = [*(call.request for call in van.prefix), *(r.key for r in problem.aboard(van)), ride.key]
    return [call for key in dict.fromkeys(keys) for call in problem.by_key[key].calls]
