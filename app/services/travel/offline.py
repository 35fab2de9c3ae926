"""Directions without a map: straight from stop to stop."""

from collections.abc import Sequence
from itertools import pairwise

from app.services.routing.matrix import Departure, Offline
from app.services.travel import polylines
from app.services.travel.words import Guidance, Leg, Step, Waypoint

NAME = "offline"


def straight(estimate: Offline, waypoints: Sequence[Waypoint], hour: int, *, weekend: bool = False) -> Guidance:
    """Left at this hour; distances and times are the estimate's."""

    def leg(origin: Waypoint, target: Waypoint) -> Leg:
        duration_s, distance_m = estimate.leg(Departure(origin.point.location, hour, weekend), target.point)
        line = polylines.through([origin.point, target.point])
        text = f"Drive {_metres(distance_m)} to {target.label}, about {_minutes(duration_s)}"
        return Leg(distance_m, duration_s, line, (Step(text, distance_m, duration_s, line),))

    legs = tuple(leg(origin, target) for origin, target in pairwise(waypoints))
    return Guidance(polylines.through([waypoint.point for waypoint in waypoints]), legs)


def _metres(distance_m: int) -> str:
    return f"{round(distance_m, -1)} m" if distance_m < 950 else f"{distance_m / 1000:.1f} km"


def _minutes(duration_s: int) -> str:
    return f"{max(1, round(duration_s / 60))} min"
