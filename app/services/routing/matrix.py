"""Travel times. Providers that ask the network come behind the same protocol; this one needs none."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Protocol

from app.services.routing.problem import Location, Matrix

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth: (2a + b) / 3 with the semi-axes of WGS 84 (IUGG)."""

DETOUR_FACTOR = 1.3
"""Road metres per great-circle metre. For random points in a city it is about 1.2 (Newell 1980, Traffic Flow on
Transportation Networks); rivers, hills and one-way streets add to it. An assumption to be set per organization."""

SPEED_KMH = 30.0
"""Mean door-to-door speed in town, traffic lights included. An assumption to be set per organization."""


class TravelTimes(Protocol):
    """A source of travel times. Asynchronous because most sources are a network away."""

    async def matrix(self, locations: Sequence[Location]) -> Matrix: ...


@dataclass(frozen=True, slots=True)
class GreatCircle:
    """The offline default: great-circle distance × detour factor, at one speed for every hour."""

    detour_factor: float = DETOUR_FACTOR
    speed_kmh: float = SPEED_KMH

    async def matrix(self, locations: Sequence[Location]) -> Matrix:
        """Metres are rounded; seconds are rounded up, so that nobody is promised earlier than the model says."""
        metres = [[self.detour_factor * great_circle_m(a, b) for b in locations] for a in locations]
        metres_per_s = self.speed_kmh / 3.6
        return Matrix(
            duration_s=tuple(tuple(ceil(m / metres_per_s) for m in row) for row in metres),
            distance_m=tuple(tuple(round(m) for m in row) for row in metres),
        )


def great_circle_m(a: Location, b: Location) -> float:
    """Haversine formula: d = 2R·asin √(sin²(Δφ/2) + cos φ₁·cos φ₂·sin²(Δλ/2)), with φ latitude and λ longitude."""
    phi_a, phi_b = radians(a.latitude), radians(b.latitude)
    half_phi, half_lambda = (phi_b - phi_a) / 2, radians(b.longitude - a.longitude) / 2
    h = sin(half_phi) ** 2 + cos(phi_a) * cos(phi_b) * sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, h)))
