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
