import asyncio

import pytest

from app.services.routing.matrix import GreatCircle, great_circle_m
from app.services.routing.problem import Location, Matrix

TBILISI, BATUMI = Location(41.6941, 44.8337), Location(41.6460, 41.6410)


def test_a_degree_along_the_equator_and_along_a_meridian() -> None:
    assert great_circle_m(Location(0, 0), Location(0, 1)) == pytest.approx(111_195.08, abs=0.01)
    assert great_circle_m(Location(41, 44), Location(42, 44)) == pytest.approx(111_195.08, abs=0.01)


def test_antipodes_are_half_the_circumference_apart() -> None:
    assert great_circle_m(Location(0, 0), Location(0, 180)) == pytest.approx(20_015_114.4, abs=1)


def test_tbilisi_to_batumi() -> None:
    assert great_circle_m(TBILISI, BATUMI) == pytest.approx(265_000, rel=0.005)


def test_metres_are_rounded_and_seconds_rounded_up() -> None:
    times = GreatCircle(detour_factor=1.0, speed_kmh=36.0)  # 10 m/s
    east = Location(0, 0.001)  # 111.195 m
    assert asyncio.run(times.matrix([Location(0, 0), east])) == Matrix(((0, 12), (12, 0)), ((0, 111), (111, 0)))


def test_detour_factor_stretches_time_and_distance() -> None:
    matrix = asyncio.run(GreatCircle(detour_factor=2.0, speed_kmh=36.0).matrix([Location(0, 0), Location(0, 0.001)]))
    assert (matrix.distance_m[0][1], matrix.duration_s[0][1]) == (222, 23)


def test_no_locations() -> None:
    assert asyncio.run(GreatCircle().matrix([])) == Matrix((), ())
