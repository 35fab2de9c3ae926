"""A server that speaks Google's Distance Matrix, Directions and Geocoding APIs, and refuses what they refuse."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from googlemaps.convert import encode_polyline
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.serving import serving
from app.services.routing.matrix import Point
from tests.services.travel.roads import Roads, point

KEY = "AIzaTests"
STREET = "Rustaveli Avenue 8, Tbilisi"


def _status(status: str) -> Response:
    return JSONResponse({"status": status, "error_message": f"{status}: as documented", "rows": []})


@dataclass
class GoogleMaps(Roads):
    url: str = ""
    elements_left: int | None = None
    """What is left of the day's limit."""

    async def distance_matrix(self, request: Request) -> Response:
        wanted = dict(request.query_params)
        self.requests.append(wanted)
        origins, targets = _points(wanted["origins"]), _points(wanted["destinations"])
        refused = await self._refused(wanted)
        if refused is not None:
            return refused
        if max(len(origins), len(targets)) > 25:
            return _status("MAX_DIMENSIONS_EXCEEDED")
        if len(origins) * len(targets) > 100:
            return _status("MAX_ELEMENTS_EXCEEDED")
        if int(wanted["departure_time"]) < time.time():
            return _status("INVALID_REQUEST")
        if self.elements_left is not None:
            self.elements_left -= len(origins) * len(targets)
            if self.elements_left < 0:
                return _status("OVER_DAILY_LIMIT")
        rows = [{"elements": [self._element(origin, target) for target in targets]} for origin in origins]
        return JSONResponse({"status": "OK", "rows": rows})

    def _element(self, origin: Point, target: Point) -> dict[str, Any]:
        self.asked[origin, target] += 1
        way = self.way(origin, target)
        if way is None:
            return {"status": "ZERO_RESULTS"}
        return {
            "status": "OK",
            "duration": {"value": way[0] - 5, "text": "some minutes"},
            "duration_in_traffic": {"value": way[0], "text": "some more minutes"},
            "distance": {"value": way[1], "text": "some km"},
        }

    async def directions(self, request: Request) -> Response:
        wanted = dict(request.query_params)
        self.requests.append(wanted)
        refused = await self._refused(wanted)
        if refused is not None:
            return refused
        between = _points(wanted["waypoints"]) if wanted.get("waypoints") else []
        if len(between) > 25:
            return _status("MAX_WAYPOINTS_EXCEEDED")
        points = [*_points(wanted["origin"]), *between, *_points(wanted["destination"])]
        if self.islands & set(points):
            return JSONResponse({"status": "ZERO_RESULTS", "routes": []})
        legs = [self._leg(origin, target) for origin, target in pairwise(points)]
        line = {"points": _line(*points)}
        return JSONResponse({"status": "OK", "routes": [{"legs": legs, "overview_polyline": line}]})

    def _leg(self, origin: Point, target: Point) -> dict[str, Any]:
        seconds, metres = self.way(origin, target) or (0, 0)
        middle = Point((origin.lat_e5 + target.lat_e5) // 2, (origin.lng_e5 + target.lng_e5) // 2)
        steps = [
            _step("Head <b>north</b> on <b>Kostava St/<wbr/>E60</b>", metres // 2, seconds // 2, origin, middle),
            _step(
                'Turn <b>left</b> onto <b>Agmashenebeli &amp; Co</b><div style="font-size:0.9em">Your stop is on the '
                "right</div>",
                metres - metres // 2,
                seconds - seconds // 2,
                middle,
                target,
            ),
        ]
        return {"duration": {"value": seconds}, "distance": {"value": metres}, "steps": steps}

    async def geocode(self, request: Request) -> Response:
        wanted = dict(request.query_params)
        self.requests.append(wanted)
        refused = await self._refused(wanted)
        if refused is not None:
            return refused
        if "Rustaveli" not in wanted["address"]:
            return JSONResponse({"status": "ZERO_RESULTS", "results": []})
        places = [("ROOFTOP", 41.6995), ("GEOMETRIC_CENTER", 41.7), ("SOMETHING_NEW", 41.71)]
        found = [
            {
                "formatted_address": STREET,
                "geometry": {"location": {"lat": lat, "lng": 44.798}, "location_type": kind},
                "types": ["street_address"],
            }
            for kind, lat in places
        ]
        return JSONResponse({"status": "OK", "results": found})

    async def _refused(self, wanted: dict[str, str]) -> Response | None:
        trouble = await self.trouble()
        if isinstance(trouble, Response):
            return trouble
        if trouble in ("OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT", "UNKNOWN_ERROR", "NOT_FOUND"):
            return _status(trouble)
        return None if wanted.get("key") == KEY else _status("REQUEST_DENIED")


def _points(text: str) -> list[Point]:
    return [point(*pair.split(",")) for pair in text.split("|")]


def _step(text: str, metres: int, seconds: int, *points: Point) -> dict[str, Any]:
    return {
        "html_instructions": text,
        "distance": {"value": metres},
        "duration": {"value": seconds},
        "polyline": {"points": _line(*points)},
    }


def _line(*points: Point) -> str:
    line: str = encode_polyline([(point.location.latitude, point.location.longitude) for point in points])
    return line


@asynccontextmanager
async def google_maps() -> AsyncIterator[GoogleMaps]:
    maps = GoogleMaps()
    routes = [
        Route("/maps/api/distancematrix/json", maps.distance_matrix),
        Route("/maps/api/directions/json", maps.directions),
        Route("/maps/api/geocode/json", maps.geocode),
    ]
    async with serving(Starlette(routes=routes)) as address:
        maps.url = f"http://{address}"
        yield maps
