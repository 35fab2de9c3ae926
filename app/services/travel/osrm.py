"""An OSRM server: the services `table` and `route` of its HTTP API, version 1. It knows no traffic and no addresses."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx

from app.services.routing.matrix import Point
from app.services.travel import polylines
from app.services.travel.retrying import insist
from app.services.travel.words import (
    Guidance,
    Leg,
    ProviderDown,
    Rectangle,
    Step,
    Table,
    Way,
    Waypoint,
    as_documented,
)
from app.settings import Settings

ALL_DAY = 0
COORDINATES_MAX = 100
"""Of one request; `osrm-routed` takes so many for a table unless it is told otherwise (`--max-table-size`)."""

NO_ROAD = ("NoRoute", "NoTable", "NoSegment")
"""Codes of a server that is well and knows of no road there."""


class Osrm:
    name = "osrm"
    side_max = COORDINATES_MAX // 2
    elements_max = side_max**2
    at_once = 4
    metered = False

    def __init__(self, settings: Settings) -> None:
        self._url = (settings.osrm_url or "").rstrip("/")
        self._timeout_s = settings.travel_timeout_s

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(timeout=self._timeout_s)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @staticmethod
    def band(hour: int, *, weekend: bool = False) -> int:
        return ALL_DAY

    async def table(self, asked: Rectangle, zone: ZoneInfo) -> Table | None:
        origins, targets = len(asked.origins), len(asked.targets)
        found = await self._ask(
            "table",
            [*asked.origins, *asked.targets],
            annotations="duration,distance",
            sources=_numbers(0, origins),
            destinations=_numbers(origins, origins + targets),
        )
        if found is None:
            return None
        with as_documented():
            rows = zip(found["durations"], found["distances"], strict=True)
            ways = [list(map(_way, durations, distances)) for durations, distances in rows]
            if [len(row) for row in ways] != [targets] * origins:
                raise ValueError("the table has another size than what was asked for")
        return ways

    async def directions(self, waypoints: Sequence[Waypoint], language: str) -> Guidance | None:
        legs: list[Leg] = []
        lines: list[str] = []
        stride = COORDINATES_MAX - 1
        for first in range(0, len(waypoints) - 1, stride):
            points = [waypoint.point for waypoint in waypoints[first : first + stride + 1]]
            found = await self._ask("route", points, steps="true", overview="full", geometries="polyline")
            if found is None:
                return None
            with as_documented():
                route = found["routes"][0]
                legs += [_leg(leg) for leg, _ in zip(route["legs"], points[1:], strict=True)]
                lines.append(route["geometry"])
        return Guidance(polylines.joined(lines), tuple(legs))

    async def _ask(self, service: str, points: Sequence[Point], **options: str) -> dict[str, Any] | None:
        """The answer; None if there is no road."""
        places = ";".join(f"{point.location.longitude:.5f},{point.location.latitude:.5f}" for point in points)
        url = f"{self._url}/{service}/v1/driving/{places}"

        async def ask() -> httpx.Response:
            answer = await self._http.get(url, params=options)
            # a refusal comes with 400 and says why
            return answer if answer.status_code == 400 else answer.raise_for_status()

        try:
            answer = await insist(ask, _passes)
        except httpx.HTTPStatusError as error:
            raise ProviderDown(f"answers {error.response.status_code}") from None
        except httpx.HTTPError as error:
            raise ProviderDown(f"does not answer: {type(error).__name__}") from None
        with as_documented():
            found: dict[str, Any] = answer.json()
            code = found["code"]
        if code in NO_ROAD:
            return None
        if code != "Ok":
            raise ProviderDown(f"refuses: {code}")
        return found


def _passes(error: BaseException) -> bool:
    """What may be over soon."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.is_server_error
    return isinstance(error, httpx.TransportError)


def _numbers(first: int, end: int) -> str:
    return ";".join(map(str, range(first, end)))


def _way(duration: float | None, distance: float | None) -> Way | None:
    return None if duration is None or distance is None else Way(ceil(duration), round(distance))


def _leg(leg: dict[str, Any]) -> Leg:
    steps = tuple(
        Step(instruction(step), round(step["distance"]), round(step["duration"]), step["geometry"])
        for step in leg["steps"]
    )
    whole = polylines.joined(step.polyline for step in steps)
    return Leg(round(leg["distance"]), round(leg["duration"]), whole, steps)


def instruction(step: dict[str, Any]) -> str:
    """What to do, in words: OSRM tells the kind of the maneuver, which way it goes, and the road after it."""
    maneuver, road = step["maneuver"], step.get("name") or step.get("ref") or ""
    kind, way = maneuver["type"], maneuver.get("modifier", "")
    if kind == "arrive":
        return f"Arrive; it is on the {way}" if way in ("left", "right") else "Arrive"
    if kind == "depart":
        return f"Set out on {road}" if road else "Set out"
    if way == "uturn":
        return _onto("Make a U-turn", road)
    if kind in ("roundabout", "rotary", "roundabout turn") and "exit" in maneuver:
        return _onto(f"At the roundabout take exit {maneuver['exit']}", road)
    return _onto(f"{MANEUVERS.get(kind, 'Continue')} {way}".strip(), road)


MANEUVERS = {
    "turn": "Turn",
    "end of road": "Turn",
    "merge": "Merge",
    "on ramp": "Take the ramp",
    "off ramp": "Take the exit",
    "fork": "Keep",
    "roundabout": "Enter the roundabout",
    "rotary": "Enter the roundabout",
    "roundabout turn": "At the roundabout turn",
}
"""Whatever else there is (`new name`, `continue`, `notification`, …) is to go on."""


def _onto(what: str, road: str) -> str:
    return f"{what} onto {road}" if road else what
