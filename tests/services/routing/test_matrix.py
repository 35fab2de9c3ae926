import asyncio

import pytest

from app.services.routing.matrix import (
    BUSY,
    CONGESTION,
    FREE,
    RUSH,
    Departure,
    Offline,
    Point,
    Travel,
    great_circle_m,
)
from app.services.routing.problem import Location, Matrix

TBILISI, BATUMI = Location(41.6941, 44.8337), Location(41.6460, 41.6410)
ORIGIN, EAST = Location(0, 0), Location(0, 0.001)  # 111.195 m apart
NIGHT, NOON, RUSH_HOUR = 2, 12, 8


def matrix(times: Offline, *departures: Departure) -> Matrix:
    travel = asyncio.run(times.matrix(departures))
    assert not travel.estimated
    return travel.matrix


def test_a_degree_along_the_equator_and_along_a_meridian() -> None:
    assert great_circle_m(Location(0, 0), Location(0, 1)) == pytest.approx(111_195.08, abs=0.01)
    assert great_circle_m(Location(41, 44), Location(42, 44)) == pytest.approx(111_195.08, abs=0.01)


def test_antipodes_are_half_the_circumference_apart() -> None:
    assert great_circle_m(Location(0, 0), Location(0, 180)) == pytest.approx(20_015_114.4, abs=1)


def test_tbilisi_to_batumi() -> None:
    assert great_circle_m(TBILISI, BATUMI) == pytest.approx(265_000, rel=0.005)


def test_metres_are_rounded_and_seconds_rounded_up() -> None:
    times = Offline(detour_factor=1.0, free_flow_kmh=36.0)  # 10 m/s
    night = [Departure(ORIGIN, NIGHT), Departure(EAST, NIGHT)]
    assert matrix(times, *night) == Matrix(((0, 12), (12, 0)), ((0, 111), (111, 0)))


def test_seconds_that_come_out_even_are_not_rounded_up() -> None:
    metres = great_circle_m(ORIGIN, EAST)
    times = Offline(detour_factor=1.0, free_flow_kmh=metres / 7 * 3.6)
    assert matrix(times, Departure(ORIGIN, NIGHT), Departure(EAST, NIGHT)).duration_s[0][1] == 7


def test_detour_factor_stretches_time_and_distance() -> None:
    found = matrix(Offline(2.0, 36.0), Departure(ORIGIN, NIGHT), Departure(EAST, NIGHT))
    assert (found.distance_m[0][1], found.duration_s[0][1]) == (222, 23)


def test_the_hour_of_leaving_counts() -> None:
    """So there and back are not the same, and no way is longer for it."""
    found = matrix(
        Offline(1.0, 36.0), *(Departure(ORIGIN, hour) for hour in (NIGHT, NOON, RUSH_HOUR)), Departure(EAST, 2)
    )
    assert [row[3] for row in found.duration_s] == [12, 14, 16, 0]
    assert found.duration_s[3][:3] == (12, 12, 12)
    assert {row[3] for row in found.distance_m[:3]} == {111}


def test_bands_of_hours() -> None:
    weekday = [Offline.band(hour) for hour in range(24)]
    weekend = [Offline.band(hour, weekend=True) for hour in range(24)]
    assert weekday == [FREE] * 7 + [RUSH] * 2 + [BUSY] * 7 + [RUSH] * 3 + [BUSY] + [FREE] * 4
    assert weekend == [FREE] * 10 + [BUSY] * 10 + [FREE] * 4
    assert sorted(CONGESTION) == list(CONGESTION)


def test_one_way_is_what_the_matrix_says() -> None:
    times = Offline()
    departures = [Departure(TBILISI, NOON), Departure(BATUMI, RUSH_HOUR), Departure(EAST, NIGHT, weekend=True)]
    found = matrix(times, *departures)
    for a, origin in enumerate(departures):
        for b, target in enumerate(departures):
            assert times.leg(origin, target.point) == (found.duration_s[a][b], found.distance_m[a][b])


def test_points_are_told_apart_by_the_metre() -> None:
    assert Point.of(Location(41.700004, -44.800006)) == Point(4_170_000, -4_480_001)
    assert Point(4_170_000, -4_480_001).location == Location(41.7, -44.80001)
    found = matrix(Offline(), Departure(Location(41.700004, 44.8), NOON), Departure(Location(41.699996, 44.8), NIGHT))
    assert found == Matrix(((0, 0), (0, 0)), ((0, 0), (0, 0)))


def test_nowhere_to_go() -> None:
    assert asyncio.run(Offline().matrix([])) == Travel(Matrix((), ()), estimated=False)
