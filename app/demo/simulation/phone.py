"""A driver's phone: it keeps what was done until the server has said that it knows; the network loses things."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import uuid4

from websockets.exceptions import WebSocketException

from app.demo.documents import ROUTE_UPDATES
from app.demo.simulation import documents
from app.demo.story.client import Client, Json, StoryFailed

REQUEST_LOST, ANSWER_LOST, QUEUE_SHUFFLED = 0.05, 0.05, 0.2
"""How often a request never arrives, its answer never comes back, and what was kept is sent in another order."""
QUIET_S = 1.0


@dataclass(frozen=True)
class Deed:
    """Something that was done, to be told to the server until it has answered. The key makes telling it twice safe."""

    document: str
    variables: Mapping[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))


@dataclass
class Phone:
    """`told` counts what became of requests; `heard` are the events of the route, in the order in which they came."""

    client: Client
    day: date
    chance: Random
    told: Counter[str]
    online: bool = True
    route: Json | None = None
    heard: list[str] = field(default_factory=list)
    listened_from: str | None = None
    refusals: list[str] = field(default_factory=list)
    _kept: list[Deed] = field(default_factory=list)
    _listening: "asyncio.Task[None] | None" = None
    _after: str | None = None

    async def refresh(self) -> None:
        """Look at the day's route; a phone that is offline goes on with what it knows."""
        if not self.online:
            return
        answer = await self.client.ask(documents.MY_DAY, date=self.day.isoformat())
        self.route = answer["viewer"]["driver"]["route"]
        if self.route and self._after is None:
            self._after = self.listened_from = answer["eventSeq"]
        self._listen()

    async def tell(self, document: str, **variables: Any) -> None:
        self._kept.append(Deed(document, variables))
        await self.send_kept()

    async def send_kept(self) -> None:
        """Send what was kept, as well as the network lets us; what gets no answer stays kept."""
        if not self.online:
            self.told["kept while offline"] += 1
            return
        if len(self._kept) > 1 and self.chance.random() < QUEUE_SHUFFLED:
            self.chance.shuffle(self._kept)
            self.told["sent in another order"] += 1
        for deed in list(self._kept):
            if await self._sent(deed):
                self._kept.remove(deed)

    async def _sent(self, deed: Deed) -> bool:
        if self.chance.random() < REQUEST_LOST:
            self.told["request lost"] += 1
            return False
        answer = await self.client.ask(deed.document, key=deed.key, **deed.variables)
        if self.chance.random() < ANSWER_LOST:
            self.told["answer lost"] += 1
            return False
        self.told["told"] += 1
        outcome = next(iter(answer.values()))
        if not outcome["__typename"].endswith("Success"):
            self.refusals.append(f"{outcome['__typename']}: {outcome['message']}")
        return True

    @property
    def has_kept(self) -> bool:
        return bool(self._kept)

    async def report(self, positions: list[Json]) -> None:
        """Positions are not worth keeping for ever: what cannot be sent now is lost."""
        if self.online and self.chance.random() >= REQUEST_LOST:
            answer = await self.client.ask(documents.REPORT_POSITIONS, positions=positions)
            self.told["positions"] += answer["reportPositions"]["accepted"]

    async def go_offline(self) -> None:
        self.online = False
        await self._stop_listening()

    def _listen(self) -> None:
        """Follow the route behind the last event that was heard, whatever happened to the socket before."""
        if self.route and (self._listening is None or self._listening.done()):
            self._listening = asyncio.create_task(self._follow(self.route["id"]))

    async def _follow(self, route_id: str) -> None:
        with suppress(StoryFailed, WebSocketException, OSError):
            async with self.client.follow(ROUTE_UPDATES, routeId=route_id, after=self._after) as updates:
                async for update in updates:
                    self._after = update["seq"]
                    self.heard.append(update["seq"])

    async def _stop_listening(self) -> None:
        if self._listening:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None
            self.told["sockets cut"] += 1

    async def hear_out(self) -> None:
        """The day is over, but what happened last may still be on its way: listen until it is quiet."""
        self._listen()
        known = -1
        while known != len(self.heard):
            known = len(self.heard)
            await asyncio.sleep(QUIET_S)

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
