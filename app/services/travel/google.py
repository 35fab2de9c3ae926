"""Google Maps by its Distance Matrix, Directions and Geocoding APIs.

The library is synchronous and sleeps between its retries, so each request runs in a thread.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from html import unescape
from typing import Any, Self
from zoneinfo import ZoneInfo

import googlemaps
from googlemaps.exceptions import ApiError, HTTPError, Timeout, TransportError

from app import clock
from app.services.routing.matrix import Point
from app.services.travel import polylines
from app.services.travel.retrying import ATTEMPTS, insist
from app.services.travel.words import (
    Accuracy,
    Geocoded,
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

log = logging.getLogger(__name__)

WAYPOINTS_MAX = 25
"""Between the origin and the destination of one request for directions."""

NIGHT, MORNING, DAY, EVENING, WEEKEND = range(5)
HOURS = (*[NIGHT] * 7, *[MORNING] * 3, *[DAY] * 6, *[EVENING] * 4, *[NIGHT] * 4)
ASKED_AT = {NIGHT: 22, MORNING: 8, DAY: 13, EVENING: 17, WEEKEND: 13}
"""The hour that stands for each band."""
WORKING_DAYS, SATURDAY = range(4), 5
"""Monday to Thursday: working days nearly everywhere; Friday is a weekend in some countries."""

SOON = timedelta(minutes=10)
"""Google refuses a departure in the past, and its clock may be ahead of ours."""

ACCURACY = {
    "ROOFTOP": Accuracy.EXACT,
    "RANGE_INTERPOLATED": Accuracy.INTERPOLATED,
    "GEOMETRIC_CENTER": Accuracy.AREA,
    "APPROXIMATE": Accuracy.APPROXIMATE,
}
NEAR_DEGREES = 0.3
"""Half the side of the box in which addresses are looked for first."""


class Google:
    name = "google"
    side_max = 25
    elements_max = 100
    at_once = 4
    metered = True

    def __init__(self, settings: Settings) -> None:
        key = settings.google_maps_key
        self._client = googlemaps.Client(
            key=key.get_secret_value() if key else None,
            base_url=settings.google_maps_url,
            timeout=settings.travel_timeout_s,
            retry_timeout=settings.travel_timeout_s,
            queries_per_second=settings.google_maps_queries_per_s,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.session.close()

    @staticmethod
    def band(hour: int, *, weekend: bool = False) -> int:
        return WEEKEND if weekend and HOURS[hour] is not NIGHT else HOURS[hour]

    async def table(self, asked: Rectangle, zone: ZoneInfo) -> Table:
        """With the traffic of the next time that the band comes round."""
        answer = await self._ask(
            self._client.distance_matrix,
            list(map(_pair, asked.origins)),
            list(map(_pair, asked.targets)),
            mode="driving",
            departure_time=departure(asked.band, zone, clock.now()),
        )
        with as_documented():
            rows = [[_way(element) for element in row["elements"]] for row in answer["rows"]]
            if [len(row) for row in rows] != [len(asked.targets)] * len(asked.origins):
                raise ValueError("the matrix has another size than what was asked for")
        return rows

    async def directions(self, waypoints: Sequence[Waypoint], language: str) -> Guidance | None:
        legs: list[Leg] = []
        lines: list[str] = []
        stride = WAYPOINTS_MAX + 1
        for first in range(0, len(waypoints) - 1, stride):
            part = await self._part(waypoints[first : first + stride + 1], language)
            if part is None:
                return None
            legs += part.legs
            lines.append(part.polyline)
        return Guidance(polylines.joined(lines), tuple(legs))

    async def _part(self, waypoints: Sequence[Waypoint], language: str) -> Guidance | None:
        origin, *between, destination = (_pair(waypoint.point) for waypoint in waypoints)
        try:
            routes = await self._ask(
                self._client.directions, origin, destination, waypoints=between, mode="driving", language=language
            )
        except ProviderDown as error:
            if error.status == "NOT_FOUND":
                return None
            raise
        if not routes:
            return None
        with as_documented():
            legs = tuple(_leg(leg) for leg in routes[0]["legs"])
            if len(legs) != len(waypoints) - 1:
                raise ValueError("the route has another number of legs than what was asked for")
            return Guidance(routes[0]["overview_polyline"]["points"], legs)

    async def geocode(self, text: str, near: tuple[float, float] | None, country: str, language: str) -> list[Geocoded]:
        """Asked once: somebody waits at a screen."""
        bounds = near and {
            "southwest": (near[0] - NEAR_DEGREES, near[1] - NEAR_DEGREES),
            "northeast": (near[0] + NEAR_DEGREES, near[1] + NEAR_DEGREES),
        }
        found = await self._ask(
            self._client.geocode, text, bounds=bounds, region=country.lower(), language=language, attempts=1
        )
        with as_documented():
            return [_geocoded(result) for result in found]

    async def _ask(self, method: Callable[..., Any], *args: Any, attempts: int = ATTEMPTS, **kwargs: Any) -> Any:
        ask = partial(asyncio.to_thread, method, *args, **kwargs)
        with as_documented():
            try:
                return await insist(ask, _passes, attempts=attempts)
            except ApiError as error:
                # a key that is not good or a day's limit that is used up: somebody must look at it
                log.error("Google Maps refuses: %s", error)
                raise ProviderDown(f"refuses: {error.status}", error.status) from None
            except HTTPError as error:
                raise ProviderDown(f"answers {error.status_code}") from None
            except (TransportError, Timeout) as error:
                cause = getattr(error, "base_exception", None) or error
                raise ProviderDown(f"does not answer: {type(cause).__name__}") from None


def departure(band: int, zone: ZoneInfo, now: datetime) -> datetime:
    """When the band's hour comes next, on a day of its kind."""
    local = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    for days in range(8):
        moment = (local + timedelta(days=days)).replace(hour=ASKED_AT[band])
        fits = band == NIGHT or (moment.weekday() == SATURDAY if band == WEEKEND else moment.weekday() in WORKING_DAYS)
        if fits and moment > now + SOON:
            return moment
    raise AssertionError("a week has every day")


def _passes(error: BaseException) -> bool:
    """What may be over soon. The library itself asks again after 500, 503, 504 and OVER_QUERY_LIMIT."""
    if isinstance(error, HTTPError):
        return error.status_code in (429, 502)
    if isinstance(error, ApiError):
        return bool(error.status == "UNKNOWN_ERROR")
    return isinstance(error, (TransportError, Timeout))


def _pair(point: Point) -> tuple[float, float]:
    return point.location.latitude, point.location.longitude


def _way(element: dict[str, Any]) -> Way | None:
    if element["status"] != "OK":
        return None
    duration = element.get("duration_in_traffic", element["duration"])
    return Way(int(duration["value"]), int(element["distance"]["value"]))


def _leg(leg: dict[str, Any]) -> Leg:
    steps = tuple(
        Step(
            plain(step["html_instructions"]),
            step["distance"]["value"],
            step["duration"]["value"],
            step["polyline"]["points"],
        )
        for step in leg["steps"]
    )
    whole = polylines.joined([step.polyline for step in steps])
    return Leg(leg["distance"]["value"], leg["duration"]["value"], whole, steps)


def plain(instructions: str) -> str:
    """An instruction without its HTML: a block is a sentence of its own, all else is emphasis within words."""
    text = re.sub(r"<[^>]*>", "", re.sub(r"<div[^>]*>", ". ", instructions))
    return " ".join(unescape(text).split())


def _geocoded(result: dict[str, Any]) -> Geocoded:
    geometry = result["geometry"]
    point = geometry["location"]
    accuracy = ACCURACY.get(geometry["location_type"], Accuracy.APPROXIMATE)
    return Geocoded(result["formatted_address"], float(point["lat"]), float(point["lng"]), accuracy)
