from app.services.routing.problem import PlannedRoute, PlannedStop, StopKind, Window
from app.services.routing.schedule import Call, round_trip, timed

from .days import DAY, HOUR, request, road, vehicle


def test_leaves_late_rather_than_wait() -> None:
    ride = request("r", 10, 20, pickup=Window(HOUR, 2 * HOUR), service_s=30)
    van = vehicle("v")
    assert timed(road([ride], [van]), van, round_trip(ride)) == PlannedRoute(
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
    van = vehicle("v")
    route = timed(road([early, late], [van]), van, [*round_trip(early), *round_trip(late)])
    assert route is not None
    assert [(stop.arrival_s, stop.start_s) for stop in route.stops] == [
        (600, 600),
        (660, 660),
        (720, 3600),
        (3660, 3660),
    ]
    assert (route.start_s, route.end_s, route.duration_s) == (0, 4440, 4440)


def test_an_open_route_ends_at_its_last_stop() -> None:
    ride, van = request("r", 1, 5), vehicle("v", 0, None)
    route = timed(road([ride], [van]), van, round_trip(ride))
    assert route is not None
    assert (route.end_s, route.distance_m) == (300, 5000)


def test_a_shift_may_begin_before_the_epoch() -> None:
    ride, van = (
        request("r", 1, 2, pickup=Window(-300, -240), dropoff=Window(-HOUR, 0)),
        vehicle("v", shift=Window(-HOUR, HOUR)),
    )
    route = timed(road([ride], [van]), van, round_trip(ride))
    assert route is not None
    assert (route.start_s, route.end_s) == (-360, -120)


def test_none_when_a_window_or_the_shift_breaks() -> None:
    van = vehicle("v", shift=Window(0, 600))
    for ride in (
        request("r", 5, 6),
        request("r", 1, 2, pickup=Window(0, 59)),
        request("r", 2, 1, dropoff=Window(0, 179)),
    ):
        assert timed(road([ride], [van]), van, round_trip(ride)) is None


def test_any_order_of_calls_can_be_timed() -> None:
    a, b, van = request("a", 1, 4), request("b", 2, 3), vehicle("v")
    calls = [Call(a, StopKind.PICKUP), *round_trip(b), Call(a, StopKind.DROPOFF)]
    route = timed(road([a, b], [van]), van, calls)
    assert route is not None
    assert (route.start_s, route.end_s, route.distance_m) == (DAY.open_s, 480, 8000)
