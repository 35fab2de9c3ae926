from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.services.routing.checker import ViolationKind, route_violations
from app.services.routing.problem import (
    Break,
    PlannedBreak,
    PlannedRoute,
    PlannedStop,
    Problem,
    Request,
    StopKind,
    Vehicle,
    Window,
)
from app.services.routing.schedule import driven, timed

from .days import DAY, HOUR, calls, problems, request, road, vehicle
from .oracle import answer


def route_of(order: str, requests: list[Request], van: Vehicle) -> PlannedRoute | None:
    return timed(road(requests, [van]), van, calls(order))


def begins(route: PlannedRoute | None) -> list[int]:
    """Setting out, the beginning of each visit, the end."""
    assert route is not None
    return [route.start_s, *(stop.start_s for stop in route.stops), route.end_s]


def test_leaves_late_rather_than_wait() -> None:
    ride = request("r", 10, 20, pickup=Window(HOUR, 2 * HOUR), service_s=30)
    assert route_of("+r -r", [ride], vehicle("v")) == PlannedRoute(
        "v",
        (
            PlannedStop("r", StopKind.PICKUP, 3600, 3600, 3630, 10_000),
            PlannedStop("r", StopKind.DROPOFF, 4230, 4230, 4260, 10_000),
        ),
        start_s=3000,
        end_s=5460,
        distance_m=40_000,
    )


def test_waits_where_leaving_later_would_break_an_earlier_window() -> None:
    early = request("early", 10, 11, pickup=Window(0, 600))
    late = request("late", 12, 13, pickup=Window(HOUR, HOUR))
    route = route_of("+early -early +late -late", [early, late], vehicle("v"))
    assert route is not None
    assert [(stop.arrival_s, stop.start_s) for stop in route.stops] == [
        (600, 600),
        (660, 660),
        (720, 3600),
        (3660, 3660),
    ]
    assert (route.start_s, route.end_s, route.duration_s) == (0, 4440, 4440)


def test_an_open_route_ends_at_its_last_stop() -> None:
    route = route_of("+r -r", [request("r", 1, 5, service_s=7)], vehicle("v", 0, None))
    assert route is not None
    assert (route.end_s, route.distance_m) == (314, 5000)


def test_a_shift_may_begin_before_the_epoch() -> None:
    ride = request("r", 1, 2, pickup=Window(-300, -240), dropoff=Window(-HOUR, 0))
    assert begins(route_of("+r -r", [ride], vehicle("v", shift=Window(-HOUR, HOUR)))) == [-360, -300, -240, -120]


@pytest.mark.parametrize(
    "ride",
    [request("r", 5, 6), request("r", 1, 2, pickup=Window(0, 59)), request("r", 2, 1, dropoff=Window(0, 179))],
)
def test_none_when_a_window_or_the_shift_breaks(ride: Request) -> None:
    assert route_of("+r -r", [ride], vehicle("v", shift=Window(0, 600))) is None


def test_any_order_of_calls_can_be_timed() -> None:
    route = route_of("+a +b -b -a", [request("a", 1, 4), request("b", 2, 3)], vehicle("v"))
    assert route is not None
    assert (route.start_s, route.end_s, route.distance_m) == (DAY.open_s, 480, 8000)


def test_between_two_windows_one_waits_for_the_second() -> None:
    ride = request("r", 1, 11, pickup=Window(0, 600), dropoff=(Window(0, 300), Window(5000, 6000)))
    assert begins(route_of("+r -r", [ride], vehicle("v"))) == [540, 600, 5000, 5660]


def test_a_short_ride_puts_off_its_pickup_to_the_next_window() -> None:
    ride = request("r", 1, 11, pickup=(Window(0, 600), Window(4000, 9000)), dropoff=Window(5000, 6000), ride_s_max=700)
    assert begins(route_of("+r -r", [ride], vehicle("v"))) == [4340, 4400, 5000, 5660]


def test_a_ride_time_counts_from_the_end_of_the_service() -> None:
    ride = request("r", 1, 11, service_s=200, ride_s_max=600)
    assert begins(route_of("+r -r", [ride], vehicle("v"))) == [0, 60, 860, 1720]
    assert route_of("+r -r", [replace(ride, ride_s_max=599)], vehicle("v")) is None


def test_waiting_is_done_before_the_pickup_of_who_may_not_ride_long() -> None:
    """a is aboard while b's window is waited for: a is fetched as late as its own limit says, and no later."""
    a = request("a", 1, 5, ride_s_max=500)
    b = request("b", 2, 3, pickup=Window(HOUR, HOUR))
    route = route_of("+a +b -b -a", [a, b], vehicle("v"))
    assert begins(route) == [3480, 3540, 3600, 3660, 3780, 4080]
    early = replace(a, pickup=replace(a.visit(StopKind.PICKUP), windows=(Window(0, 1000),)))
    assert route_of("+a +b -b -a", [early, b], vehicle("v")) is None


def test_the_longest_duration_forbids_an_early_start() -> None:
    ride = request("r", 1, 2, pickup=(Window(60, 60), Window(600, 600)), dropoff=Window(700, 5000))
    assert begins(route_of("+r -r", [ride], vehicle("v", duration_s_max=300))) == [540, 600, 700, 820]
    assert route_of("+r -r", [ride], vehicle("v", duration_s_max=279)) is None


def test_the_longest_time_at_the_wheel() -> None:
    ride = request("r", 1, 2, service_s=100)
    assert route_of("+r -r", [ride], vehicle("v", driving_s_max=240)) is not None
    assert route_of("+r -r", [ride], vehicle("v", driving_s_max=239)) is None


def test_a_break_is_taken_before_driving_on() -> None:
    ride = request("r", 10, 20, pickup=Window(600, 900), service_s=100)
    route = route_of("+r -r", [ride], vehicle("v", breaks=[Break(Window(0, 800), 300)]))
    assert route is not None
    assert route.breaks == (PlannedBreak(1, 700, 1000),)
    assert begins(route) == [0, 600, 1600, 2900]
    assert [stop.arrival_s for stop in route.stops] == [600, 1600]


def test_a_break_uses_up_waiting() -> None:
    rides = [request("a", 10, 20, pickup=Window(600, 600)), request("b", 30, 40, pickup=Window(6000, 6000))]
    route = route_of("+a -a +b -b", rides, vehicle("v", breaks=[Break(Window(1000, 4000), 2000)]))
    assert route is not None
    assert route.breaks == (PlannedBreak(2, 1200, 3200),)
    assert begins(route) == [0, 600, 1200, 6000, 6600, 9000]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (Break(Window(0, 539), 60), [540, 600, 1200, 1860]),  # over before setting out
        (Break(Window(0, 1860), 60), [540, 600, 1200, 1860]),  # not due until back
        (Break(Window(0, 540), 60), [480, 600, 1200, 1860]),  # at the base
        (Break(Window(700, 700), 60), None),  # at the wheel
        (Break(Window(600, 600), 60), [540, 600, 1260, 1920]),
        (Break(Window(1200, 1200), 60), [540, 600, 1200, 1920]),
    ],
)
def test_when_a_break_is_due(rest: Break, expected: list[int] | None) -> None:
    ride = request("r", 1, 11, pickup=Window(600, 600), dropoff=Window(0, 1300))
    route = route_of("+r -r", [ride], vehicle("v", breaks=[rest]))
    assert (None if route is None else begins(route)) == expected


def test_two_breaks_one_after_the_other() -> None:
    rests = [Break(Window(0, 100), 300), Break(Window(350, 700), 200)]
    ride = request("r", 10, 20, pickup=Window(0, 5000))
    route = route_of("+r -r", [ride], vehicle("v", breaks=rests, prefix="+r"))
    assert route is not None
    assert route.breaks == (PlannedBreak(0, 0, 300), PlannedBreak(0, 350, 550))


def test_who_sets_out_when_a_break_is_over_need_not_take_it() -> None:
    van = vehicle("v", breaks=[Break(Window(0, 100), 300)])
    assert begins(route_of("+r -r", [request("r", 10, 20)], van)) == [101, 701, 1301, 2501]


def test_an_open_route_is_over_before_the_break() -> None:
    ride, rest = request("r", 1, 11, pickup=Window(0, 100)), Break(Window(700, 800), 60)
    route = route_of("+r -r", [ride], vehicle("v", end=None, breaks=[rest]))
    assert route is not None
    assert (route.breaks, route.end_s) == ((), 660)


def test_under_way_one_sets_out_at_once() -> None:
    ride = request("r", 10, 20, pickup=Window(HOUR, 2 * HOUR))
    assert begins(route_of("+r -r", [ride], vehicle("v", prefix="+r", shift=Window(700, DAY.close_s)))) == [
        700,
        3600,
        4200,
        5400,
    ]
    aboard = request("a", None, 20, dropoff=Window(HOUR, 2 * HOUR), ride_s_max=1, allowed={"v"})
    assert begins(route_of("-a", [aboard], vehicle("v"))) == [0, 3600, 4800]


def test_whatever_breaks_one_drives() -> None:
    """As early as possible, then as late a start as this allows: no window is missed that need not be."""
    rides = [
        request("late", 10, 20, pickup=Window(0, 540), dropoff=(Window(0, 60), Window(100, 1000))),
        request("fine", 30, 40, pickup=Window(3000, 3000)),
    ]
    van = vehicle("v", shift=Window(0, HOUR))
    route = driven(road(rides, [van]), van, calls("+late -late +fine -fine"))
    assert begins(route) == [0, 600, 1200, 3000, 3600, 6000]
    assert [(v.kind, v.request, v.stop, v.excess) for v in route_violations(road(rides, [van]), route)] == [
        (ViolationKind.WINDOW, "late", StopKind.PICKUP, 60),
        (ViolationKind.WINDOW, "late", StopKind.DROPOFF, 200),
        (ViolationKind.SHIFT, None, None, 2400),
    ]


def test_who_can_keep_a_ride_time_does_though_another_is_late() -> None:
    late, short = request("late", 10, 20, pickup=Window(0, 500)), request("short", 30, 40, ride_s_max=600)
    van, order = vehicle("v"), calls("+late +short -short -late")
    route = driven(road([late, short], [van]), van, order)
    assert [violation.kind for violation in route_violations(road([late, short], [van]), route)] == [
        ViolationKind.WINDOW
    ]


def test_a_late_break_is_still_taken() -> None:
    van, ride = vehicle("v", breaks=[Break(Window(700, 800), 60)]), request("r", 10, 20, pickup=Window(600, 600))
    route = driven(road([ride], [van]), van, calls("+r -r"))
    assert route.breaks == (PlannedBreak(1, 700, 760),)
    van = replace(van, breaks=(Break(Window(100, 200), 60),), shift=Window(0, DAY.close_s))
    assert timed(road([ride], [van]), van, calls("+r -r")) is None
    route = driven(road([ride], [van]), van, calls("+r -r"))
    assert [(v.kind, v.excess) for v in route_violations(road([ride], [van]), route)] == [(ViolationKind.WINDOW, 160)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems(requests=2, vehicles=1), st.data())
def test_agrees_with_a_slow_second_opinion(problem: Problem, data: st.DataObject) -> None:
    assume(problem.vehicles)
    van, ends = problem.vehicles[0], [call for r in problem.requests for call in r.calls]
    order = data.draw(st.permutations(ends[:4]))
    order = order[: data.draw(st.integers(0, len(order)))]
    route, expected = timed(problem, van, order), answer(problem, van, order)
    assert (None if route is None else (route.start_s, route.end_s)) == (
        expected and (expected.start_s, expected.end_s)
    )
    if route is not None and expected is not None and not van.breaks:
        assert tuple(stop.start_s for stop in route.stops) == expected.visits_s
