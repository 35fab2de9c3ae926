from app.services.routing.baseline import baseline
from app.services.routing.problem import Window

from .days import HOUR, request, road, vehicle


def test_one_after_the_other() -> None:
    """Shared they would drive 80 km; by hand a is brought before b is fetched: 10 + 30 + 20 + 10 + 30."""
    assert baseline(road([request("a", 10, 40), request("b", 20, 30)], [vehicle("v")])) == 100_000


def test_first_come_is_by_pickup_window() -> None:
    late = request("late", 10, 20, pickup=Window(HOUR, 2 * HOUR))
    early = request("early", 30, 10, pickup=Window(0, 2 * HOUR))
    assert baseline(road([late, early], [vehicle("v")])) == 80_000


def test_least_time_added_chooses_the_vehicle() -> None:
    assert baseline(road([request("r", 90, 80)], [vehicle("v"), vehicle("w", 99, 99)])) == 38_000


def test_who_finds_no_place_is_an_extra_trip() -> None:
    at_noon = Window(12 * HOUR, 12 * HOUR)
    rides = [request("a", 10, 20, pickup=at_noon), request("b", 30, 40, pickup=at_noon)]
    assert baseline(road(rides, [vehicle("v")])) == 40_000 + 80_000


def test_only_what_is_possible_and_asked_for_counts() -> None:
    rides = [request("a", 10, 20), request("b", 30, 40), request("too large", 1, 2, demand=(5,))]
    assert baseline(road(rides, [vehicle("v")]), served={"a", "too large"}) == 40_000
    assert baseline(road(rides, [])) == 0
    assert baseline(road([], [vehicle("v")])) == 0


def test_first_what_is_under_way() -> None:
    """a is brought to the far end and the second fetched from there: 50 + 10 + 5 + 45."""
    aboard, other = request("a", None, 50, allowed={"v"}), request("b", 40, 45)
    assert baseline(road([aboard, other], [vehicle("v")])) == 110_000
    assert baseline(road([aboard, other], [vehicle("v")]), served=["a"]) == 100_000


def test_nobody_is_handed_what_he_may_not_carry() -> None:
    ride = request("r", 90, 80, needs={"lift"})
    assert baseline(road([ride], [vehicle("v", features={"lift"}), vehicle("w", 99, 99)])) == 180_000
