"""A world of roads for the servers of the tests: no way is as long as the way back."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import PlainTextResponse, Response

from app.services.routing.matrix import Point, great_circle_m


@dataclass
class Roads:
    """What servers know, what they were asked, and how they misbehave.

    troubles: what goes wrong with the next requests, one after the other; `always` goes wrong with each.
    """

    asked: "Counter[tuple[Point, Point]]" = field(default_factory=Counter)
    requests: list[dict[str, Any]] = field(default_factory=list)
    islands: set[Point] = field(default_factory=set)
    troubles: deque[str] = field(default_factory=deque)
    always: str | None = None
    held: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def elements(self) -> int:
        return sum(self.asked.values())

    def way(self, origin: Point, target: Point) -> tuple[int, int] | None:
        """Seconds and metres; downhill to the east and to the north."""
        if {origin, target} & self.islands:
            return None
        metres = round(1.4 * great_circle_m(origin.location, target.location))
        uphill = origin > target
        return metres // (8 if uphill else 10) + 7, metres + (50 if uphill else 0)

    async def trouble(self) -> Response | str | None:
        """An answer that goes wrong, or the word for what else does."""
        self.reached.set()
        if self.held is not None:
            await self.held.wait()
        kind = self.troubles.popleft() if self.troubles else self.always
        if kind == "stall":
            await asyncio.sleep(20)
        if kind == "garbage":
            return PlainTextResponse("<html>a proxy speaks</html>")
        if kind == "nothing":
            return PlainTextResponse("{}", media_type="application/json")
        if kind is not None and kind.isdigit():
            return PlainTextResponse("no", status_code=int(kind))
        return kind


def point(latitude: str | float, longitude: str | float) -> Point:
    return Point(round(float(latitude) * 1e5), round(float(longitude) * 1e5))
