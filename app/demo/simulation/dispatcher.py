"""The dispatcher's day: plan, publish, work in what comes, plan again at noon, and leave nothing open at the end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.demo.documents import OPTIMIZE_ROUTES, PLANNING, PUBLISH_ROUTES
from app.demo.simulation import documents
from app.demo.simulation.agenda import Agenda
from app.demo.simulation.world import SKILL, Wish, World, wish
from app.demo.story.client import PATIENCE_S, Client, Json, StoryFailed, nodes
from app.schema.scalars import encode_id

OPEN = ("PENDING", "ASSIGNED")
COLD = {"skills": [SKILL], "equipment": ["cooler"]}


@dataclass
class Dispatcher:
    agenda: Agenda
    client: Client
    world: World
    chance: Random
    search_s: int
    codes: dict[str, str] = field(default_factory=dict)
    plans: list[Json] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)

    async def ask_for(self, wish: Wish) -> str:
        """Put down what a customer wants; answers the transport's id."""
        asked = {
            "customerId": encode_id("Customer", wish.customer.id),
            "pickupPlaceId": encode_id("Place", wish.pickup_place_id),
            "dropoffPlaceId": encode_id("Place", wish.dropoff_place_id),
            "pickupWindow": _window(wish.pickup),
            "dropoffWindow": _window(wish.dropoff),
            "priority": wish.priority,
            "demand": [{"dimension": "CRATES", "amount": wish.crates}],
            "proofRequired": [wish.proof] if wish.proof else [],
            **(COLD if wish.cold else {}),
            **({"codAmount": wish.cash} if wish.cash else {}),
        }
        transport = (await self.client.ask(documents.CREATE_TRANSPORT, input=asked))["createTransport"]["transport"]
        if transport["code"]:
            self.codes[transport["id"]] = transport["code"]
        self.did["asked for"] += 1
        return str(transport["id"])

    async def plan(self) -> None:
        """Have the day planned (again), and let the drivers see it."""
        day = self.world.day.isoformat()
        run = await self.client.do(OPTIMIZE_ROUTES, date=day, timeLimit=self.search_s)
        self.plans.append(await self._followed(run["planningRun"]["id"]))
        answer = (await self.client.ask(PUBLISH_ROUTES, date=day))["publishRoutes"]
        if answer["__typename"] not in ("PublishRoutesSuccess", "NothingToPublish"):
            raise StoryFailed(f"publishRoutes was refused: {answer['message']}")

    async def _followed(self, run_id: str) -> Json:
        async with (
            asyncio.timeout(self.search_s + PATIENCE_S),
            self.client.follow(PLANNING, id=run_id) as updates,
        ):
            async for update in updates:
                if update["status"] == "SUCCEEDED":
                    return dict(update["summary"])
                if update["status"] in ("FAILED", "CANCELLED"):
                    raise StoryFailed(f"Planning ended as {update['status']}: {update['error']}")
        raise StoryFailed("Planning never ended.")

    async def plan_again(self, at: datetime) -> AsyncIterator[datetime]:
        yield at
        await self.plan()

    async def take_calls(self, times: list[datetime]) -> AsyncIterator[datetime]:
        """Customers who call during the day: what they want is put where it costs least, or waits for the next plan."""
        for time in sorted(times):
            yield time
            ready = self.agenda.now + timedelta(minutes=self.chance.randrange(15, 90))
            id = await self.ask_for(wish(self.world, self.chance, ready))
            outcome = (await self.client.ask(documents.INSERT_TRANSPORT, id=id))["insertTransport"]
            inserted = outcome["__typename"].endswith("Success")
            self.did["inserted by hand" if inserted else "left for the next plan"] += 1

    async def call_off(self, calls: list[tuple[datetime, str]]) -> AsyncIterator[datetime]:
        """Customers who think again; some of them too late."""
        for time, id in sorted(calls):
            yield time
            await self._cancel(id)

    async def close(self, at: datetime) -> AsyncIterator[datetime]:
        """What no driver could take is called off, so that every customer knows."""
        yield at
        for id in await self._transports(*OPEN):
            await self._cancel(id)

    async def _cancel(self, id: str) -> None:
        outcome = (await self.client.ask(documents.CANCEL_TRANSPORT, id=id))["cancelTransport"]
        self.did["called off" if outcome["__typename"].endswith("Success") else "too late to call off"] += 1

    async def _transports(self, *status: str) -> list[str]:
        return [ride["id"] for ride in await self.transports(list(status))]

    async def transports(self, status: list[str]) -> list[Json]:
        """Every transport of the day in one of these states."""
        found: list[Json] = []
        after: str | None = None
        while True:
            page = (
                await self.client.ask(
                    documents.OPEN_TRANSPORTS, date=self.world.day.isoformat(), status=status, after=after
                )
            )["transports"]
            found += nodes(page)
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    async def board(self) -> list[Json]:
        return nodes((await self.client.ask(documents.BOARD, date=self.world.day.isoformat()))["routes"])


def _window(window: tuple[datetime, datetime]) -> Json:
    return {"from": window[0].isoformat(), "until": window[1].isoformat()}
