"""A server that speaks OSRM's HTTP API, and refuses what `osrm-routed` refuses."""

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

COORDINATES_MAX = 100


def _refusal(code: str) -> Response:
    return JSONResponse({"code": code, "message": "as documented"}, status_code=400)


@dataclass
class OsrmServer(Roads):
    url: str = ""

    async def table(self, request: Request) -> Response:
        wanted, points = dict(request.query_params), _points(request)
        self.requests.append(wanted)
        trouble = await self.trouble()
        if isinstance(trouble, Response):
            return trouble
        if trouble is not None:
            return _refusal(trouble)
        if len(points) > COORDINATES_MAX:
            return _refusal("TooBig")
        origins, targets = ([points[int(i)] for i in wanted[side].split(";")] for side in ("sources", "destinations"))
        self.asked.update((origin, target) for origin in origins for target in targets)
        ways = [[self.way(origin, target) or (None, None) for target in targets] for origin in origins]
        return JSONResponse(
            {
                "code": "Ok",
                # OSRM tells fractions
                "durations": [[None if way[0] is None else way[0] - 0.5 for way in row] for row in ways],
                "distances": [[None if way[1] is None else way[1] + 0.1 for way in row] for row in ways],
            }
        )

    async def route(self, request: Request) -> Response:
        wanted, points = dict(request.query_params), _points(request)
        self.requests.append(wanted)
        trouble = await self.trouble()
        if isinstance(trouble, Response):
            return trouble
        if trouble is not None:
            return _refusal(trouble)
        if len(points) > COORDINATES_MAX:
            return _refusal("TooBig")
        if wanted != {"steps": "true", "overview": "full", "geometries": "polyline"}:
            return _refusal("InvalidOptions")
        if self.islands & set(points):
            return _refusal("NoRoute")
        legs = [self._leg(origin, target) for origin, target in pairwise(points)]
        return JSONResponse({"code": "Ok", "routes": [{"geometry": _line(*points), "legs": legs}]})

    def _leg(self, origin: Point, target: Point) -> dict[str, Any]:
        seconds, metres = self.way(origin, target) or (0, 0)
        whole = {"distance": metres + 0.2, "duration": seconds - 0.4}
        start = {"type": "depart", "modifier": "right", "location": [0, 0]}
        end = {"type": "arrive", "modifier": "left", "location": [0, 0]}
        return {
            **whole,
            "steps": [
                {**whole, "maneuver": start, "name": "Kostava Street", "geometry": _line(origin, target)},
                {"distance": 0, "duration": 0, "maneuver": end, "name": "", "geometry": _line(target, target)},
            ],
        }


def _points(request: Request) -> list[Point]:
    pairs = [pair.split(",") for pair in request.path_params["places"].split(";")]
    return [point(latitude, longitude) for longitude, latitude in pairs]


def _line(*points: Point) -> str:
    line: str = encode_polyline([(point.location.latitude, point.location.longitude) for point in points])
    return line


@asynccontextmanager
async def osrm_server() -> AsyncIterator[OsrmServer]:
    server = OsrmServer()
    routes = [
        Route("/table/v1/driving/{places:path}", server.table),
        Route("/route/v1/driving/{places:path}", server.route),
    ]
    async with serving(Starlette(routes=routes)) as address:
        server.url = f"http://{address}"
        yield server
