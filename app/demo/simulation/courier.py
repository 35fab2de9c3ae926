"""A driver's day: wait for a route, drive from stop to stop, and let the phone tell of it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.demo.documents import ARRIVE, COMPLETE, START_ROUTE
from app.demo.simulation import documents
from app.demo.simulation.agenda import Agenda
from app.demo.simulation.phone import Phone
from app.demo.simulation.traffic import Point, Traffic
from app.demo.story.client import Json

LOOK_EVERY = timedelta(minutes=10)
"""How often somebody without work looks at the phone."""
FIX_EVERY, FIXES_A_REPORT = timedelta(minutes=2), 4
SERVICE = timedelta(minutes=3)
NOBODY_THERE, PUT_OFF = 0.03, 0.02
OFFLINE = (timedelta(minutes=10), timedelta(minutes=40))
TUNNELS = 3
"""How often a day a phone loses its network."""


@dataclass
class Courier:
    """Knows the codes of what is delivered, as customers read them out at the door."""

    agenda: Agenda
    traffic: Traffic
    phone: Phone
    chance: Random
    codes: Mapping[str, str]
    home: Point
    ends: datetime
    dealt_with: set[str] = field(default_factory=set)
    put_off: set[str] = field(default_factory=set)
    track: list[Point] = field(default_factory=list)
    _fixes: list[Json] = field(default_factory=list)

    async def work(self) -> AsyncIterator[datetime]:
        """Until the route is done and the shift is over."""
        at = self.home
        self.track.append(at)
        while True:
            await self.phone.refresh()
            stop = self._next()
            if stop is None:
                if self.agenda.now >= self.ends and not self.phone.has_kept and not self._unfinished():
                    return
                await self.phone.send_kept()
                yield self.agenda.now + LOOK_EVERY
                continue
            if self._route["status"] == "PUBLISHED" and not self.dealt_with:
                yield datetime.fromisoformat(stop["plannedAt"]) - self.traffic.expected(
                    at, _point(stop), self.agenda.now
                )
                await self.phone.tell(START_ROUTE, routeId=self._route["id"])
            async for until in self._drive(at, _point(stop)):
                yield until
            at = _point(stop)
            if await self._is_still_ours(stop):
                async for until in self._deal_with(stop):
                    yield until

    async def lose_network(self) -> AsyncIterator[datetime]:
        """Now and then, for a while."""
        for _ in range(TUNNELS):
            yield self.agenda.now + timedelta(minutes=self.chance.randrange(30, 240))
            await self.phone.go_offline()
            shortest, longest = OFFLINE
            yield self.agenda.now + shortest + self.chance.random() * (longest - shortest)
            self.phone.online = True
            await self.phone.refresh()
            await self.phone.send_kept()

    @property
    def _route(self) -> Json:
        return self.phone.route or {"status": "NONE", "stops": []}

    def _next(self) -> Json | None:
        """The next stop that the phone shows; what was put off comes last."""
        if self._route["status"] not in ("PUBLISHED", "IN_PROGRESS"):
            return None
        ahead = [
            stop
            for stop in self._route["stops"]
            if stop["status"] in ("PLANNED", "ARRIVED", "SKIPPED") and stop["id"] not in self.dealt_with
        ]
        return min(ahead, key=lambda stop: stop["id"] in self.put_off or stop["status"] == "SKIPPED", default=None)

    def _unfinished(self) -> bool:
        return bool(self._route["status"] == "IN_PROGRESS")

    async def _is_still_ours(self, stop: Json) -> bool:
        """The dispatcher may have thought again while the driver drove."""
        await self.phone.refresh()
        return any(
            here["id"] == stop["id"] and here["status"] in ("PLANNED", "ARRIVED", "SKIPPED")
            for here in self._route["stops"]
        )

    async def _drive(self, origin: Point, target: Point) -> AsyncIterator[datetime]:
        """Through the traffic as it is, telling every few minutes where we are."""
        begun, takes = self.agenda.now, self.traffic.takes(origin, target, self.agenda.now)
        while self.agenda.now < begun + takes:
            yield min(self.agenda.now + FIX_EVERY, begun + takes)
            share = min(1.0, (self.agenda.now - begun) / takes)
            await self._fix(origin.towards(target, share))

    async def _fix(self, at: Point) -> None:
        self.track.append(at)
        self._fixes.append({"point": at.asked(), "recordedAt": self.agenda.now.isoformat()})
        if len(self._fixes) >= FIXES_A_REPORT:
            # a phone that is in a hurry sends some twice, and not in order
            sent = [*self._fixes, self.chance.choice(self._fixes)]
            self.chance.shuffle(sent)
            self._fixes = []
            await self.phone.report(sent)

    async def _deal_with(self, stop: Json) -> AsyncIterator[datetime]:
        if stop["id"] not in self.put_off and stop["kind"] == "DROPOFF" and self.chance.random() < PUT_OFF:
            self.put_off.add(stop["id"])
            await self.phone.tell(documents.SKIP, stopId=stop["id"], at=self.agenda.now.isoformat())
            return
        await self.phone.tell(ARRIVE, stopId=stop["id"], at=self.agenda.now.isoformat())
        window = stop["transport"]["pickupWindow" if stop["kind"] == "PICKUP" else "dropoffWindow"]
        yield max(self.agenda.now, datetime.fromisoformat(window["from"])) + SERVICE
        self.dealt_with.add(stop["id"])
        at = self.agenda.now.isoformat()
        if stop["kind"] != "RETURN" and self.chance.random() < NOBODY_THERE:
            await self.phone.tell(documents.FAIL, stopId=stop["id"], at=at, reason="NOBODY_THERE")
        else:
            await self.phone.tell(COMPLETE, stopId=stop["id"], at=at, proof=self._proof(stop))

    def _proof(self, stop: Json) -> Json | None:
        if stop["kind"] != "DROPOFF":
            return None
        asked = stop["transport"]["proofRequired"]
        proof: Json = {}
        if "BARCODE" in asked:
            proof["barcode"] = f"WP-{stop['transport']['id'][-8:]}"
        if "CODE" in asked:
            proof["code"] = self.codes[stop["transport"]["id"]]
        return proof or None


def _point(stop: Json) -> Point:
    point = stop["place"]["point"]
    return Point(point["latitude"], point["longitude"])
