"""How long the ways of a simulated day take: as the planner thinks, and as they do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.services.routing.matrix import great_circle_m
from app.services.routing.problem import Location

METRES_A_SECOND = 30 / 3.6
DETOUR = 1.3
RUSH_HOURS, RUSH = (16, 19), 1.5
"""In the evening everything takes half as long again, which no plan knows of."""
SPREAD = 0.15
"""Standard deviation of the logarithm of how long a way takes over how long it should."""


@dataclass(frozen=True)
class Point:
    latitude: float
    longitude: float

    def towards(self, other: "Point", share: float) -> "Point":
        return Point(
            self.latitude + share * (other.latitude - self.latitude),
            self.longitude + share * (other.longitude - self.longitude),
        )

    def asked(self) -> dict[str, float]:
        return {"latitude": round(self.latitude, 6), "longitude": round(self.longitude, 6)}


@dataclass(frozen=True)
class Traffic:
    zone: ZoneInfo
    chance: Random

    def expected(self, origin: Point, target: Point, leaving: datetime) -> timedelta:
        metres = DETOUR * great_circle_m(
            Location(origin.latitude, origin.longitude), Location(target.latitude, target.longitude)
        )
        return timedelta(seconds=metres / METRES_A_SECOND)

    def takes(self, origin: Point, target: Point, leaving: datetime) -> timedelta:
        begins, ends = RUSH_HOURS
        rush = RUSH if begins <= leaving.astimezone(self.zone).hour < ends else 1.0
        return self.expected(origin, target, leaving) * rush * self.chance.lognormvariate(0.0, SPREAD)
