"""Travel times as the planner takes them, and the estimate that needs no network. What asks a network lies in
`app.services.travel`, behind the same protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, ceil, cos, radians, sin, sqrt
from typing import NamedTuple, Protocol

import numpy as np

from app.services.routing.problem import Location, Matrix

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth: (2a + b) / 3 with the semi-axes of WGS 84 (IUGG)."""

DETOUR_FACTOR = 1.3
"""Road metres per great-circle metre. For random points in a city it is about 1.2 (Newell 1980, Traffic Flow on
Transportation Networks); rivers, hills and one-way streets add to it. An assumption; `travel_detour_factor` sets it."""

FREE_FLOW_KMH = 36.0
"""Mean door-to-door speed in town while the streets are free, traffic lights included; 30 km/h by day. An assumption;
`travel_free_flow_kmh` sets it."""

FREE, BUSY, RUSH = range(3)
CONGESTION = (1.0, 1.2, 1.35)
"""How many times longer than on free streets the way takes when they are free, busy, and at rush hour. Assumptions, as
are the hours below: a provider knows better."""

SATURDAY = 5
WEEKDAY = (*[FREE] * 7, RUSH, RUSH, *[BUSY] * 7, RUSH, RUSH, RUSH, BUSY, *[FREE] * 4)
WEEKEND = (*[FREE] * 10, *[BUSY] * 10, *[FREE] * 4)
"""How the streets are in each hour of the day."""


class Point(NamedTuple):
    """A place in whole 1e-5 degrees, about a metre: what two visits to the same door have in common."""

    lat_e5: int
    lng_e5: int

    @classmethod
    def of(cls, location: Location) -> "Point":
        return cls(round(location.latitude * 1e5), round(location.longitude * 1e5))

    @property
    def location(self) -> Location:
        return Location(self.lat_e5 / 1e5, self.lng_e5 / 1e5)


class Departure(NamedTuple):
    """A place that is left within this hour (0 to 23) of the local day."""

    location: Location
    hour: int
    weekend: bool = False

    @classmethod
    def at(cls, location: Location, local: datetime) -> "Departure":
        return cls(location, local.hour, local.weekday() >= SATURDAY)

    @property
    def point(self) -> Point:
        return Point.of(self.location)


@dataclass(frozen=True, slots=True)
class Travel:
    """From each departure, at its hour, to the place of each. `estimated`: some of it is a guess, for whoever knows
    better could not be asked."""

    matrix: Matrix
    estimated: bool


@dataclass(frozen=True, slots=True)
class Legs:
    """From each departure to the place of the next: one fewer than there are departures."""

    durations_s: tuple[int, ...]
    distances_m: tuple[int, ...]
    estimated: bool


class TravelTimes(Protocol):
    """A source of travel times. Asynchronous because most sources are a network away."""

    async def matrix(self, departures: Sequence[Departure]) -> Travel: ...


@dataclass(frozen=True, slots=True)
class Offline:
    """The default: great-circle distance × detour factor, at the speed of the hour."""

    detour_factor: float = DETOUR_FACTOR
    free_flow_kmh: float = FREE_FLOW_KMH

    @staticmethod
    def band(hour: int, *, weekend: bool = False) -> int:
        """Hours of one band are the same to it."""
        return (WEEKEND if weekend else WEEKDAY)[hour]

    async def matrix(self, departures: Sequence[Departure]) -> Travel:
        duration_s, distance_m = self.table(departures, [departure.point for departure in departures])
        return Travel(Matrix(rows(duration_s), rows(distance_m)), estimated=False)

    def table(self, origins: Sequence[Departure], targets: Sequence[Point]) -> tuple[np.ndarray, np.ndarray]:
        """Seconds and metres from each origin to each target. Metres are rounded; seconds are rounded up, so that
        nobody is promised earlier than the model says."""
        metres = self.detour_factor * _great_circles_m([origin.point for origin in origins], targets)
        slower = [CONGESTION[self.band(origin.hour, weekend=origin.weekend)] for origin in origins]
        seconds = metres * (3.6 / self.free_flow_kmh) * np.array(slower).reshape(-1, 1)
        # a hair is taken off, for 12 s must not become 13 by how floats are multiplied
        return np.ceil(seconds - 1e-9).astype(int), np.rint(metres).astype(int)

    def leg(self, origin: Departure, target: Point) -> tuple[int, int]:
        """Seconds and metres of one way."""
        metres = self.detour_factor * great_circle_m(origin.point.location, target.location)
        seconds = metres * (3.6 / self.free_flow_kmh) * CONGESTION[self.band(origin.hour, weekend=origin.weekend)]
        return ceil(seconds - 1e-9), round(metres)


def rows(table: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, table.tolist()))


def great_circle_m(a: Location, b: Location) -> float:
    """Haversine formula: d = 2R·asin √(sin²(Δφ/2) + cos φ₁·cos φ₂·sin²(Δλ/2)), with φ latitude and λ longitude."""
    phi_a, phi_b = radians(a.latitude), radians(b.latitude)
    half_phi, half_lambda = (phi_b - phi_a) / 2, radians(b.longitude - a.longitude) / 2
    h = sin(half_phi) ** 2 + cos(phi_a) * cos(phi_b) * sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, h)))


def _great_circles_m(origins: Sequence[Point], targets: Sequence[Point]) -> np.ndarray:
    """The same for every pair at once."""
    a, b = (np.radians(np.array(points, dtype=float).reshape(-1, 2) / 1e5) for points in (origins, targets))
    half = (b[None, :, :] - a[:, None, :]) / 2
    cosines = np.cos(a[:, None, 0]) * np.cos(b[None, :, 0])
    h = np.sin(half[..., 0]) ** 2 + cosines * np.sin(half[..., 1]) ** 2
    distances: np.ndarray = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, h)))
    return distances
