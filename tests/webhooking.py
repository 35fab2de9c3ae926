"""A house that tells a sink of events, and a worker that works when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from app.access import Viewer
from app.db import Database
from app.jobs.desk import Desk, take_up
from app.models import Booking, EventType
from app.schema.scalars import encode_id
from app.settings import Settings
from app.uow import Silence, unit_of_work
from tests.client import Json
from tests.factories.houses import House
from tests.realm import Realm
from tests.sink import Sink, open_sink
from tests.steps import key, row

ENDPOINT = "webhookEndpoint { id version status disabledReason failures }"
KNOBS: dict[str, Any] = {"webhook_schedule_s": (60.0, 3_600.0), "webhook_timeout_s": 1.0}


@dataclass
class Hooks:
    house: House
    desk: Desk
    sink: Sink

    async def endpoint(self, name: str = "till", **given: Any) -> str:
        """Told of everything but its own creation; the sink knows its secret."""
        answer = await self.act("createWebhookEndpoint", {"url": self.sink.at(name), **given}, f"{ENDPOINT} secret")
        self.sink.secrets[name] = [answer["secret"]]
        id: str = answer["webhookEndpoint"]["id"]
        if not given.get("eventTypes"):
            await self.work()
            self.sink.received = [received for received in self.sink.received if received.name != name]
            await self.house.pool.execute("DELETE FROM webhook_deliveries WHERE endpoint_id = $1", key(id))
        return id

    async def act(self, verb: str, input: Json, selection: str = ENDPOINT) -> Json:
        if verb in ("updateWebhookEndpoint", "enableWebhookEndpoint", "disableWebhookEndpoint"):
            selection = f"... on {verb[0].upper()}{verb[1:]}Success {{ {selection} }}"
        return await self.house.client("ADMIN").act(verb, input, selection)

    async def happen(self, many: int = 1, type: EventType = EventType.BOOKING_CONFIRMED) -> None:
        """So many events, each in a transaction of its own."""
        for _ in range(many):
            async with unit_of_work(self.desk.database, Viewer.system(self.house.id), Silence()) as uow:
                uow.emit(type, Booking(id=uuid7()), payload={"reason": "BY_HAND"})

    async def work(self) -> None:
        """Do all that is due, as one sweep does it, and wait for those who were sent out."""
        while await take_up(self.desk) or self.desk.errands.tasks:
            await asyncio.gather(*self.desk.errands.tasks)

    async def hurry(self) -> None:
        """Let the time come for whatever waits."""
        for statement in (
            "UPDATE webhook_deliveries SET next_at = now() - interval '1 s' WHERE organization_id = $1",
            "UPDATE webhook_endpoints SET rests_until = NULL WHERE organization_id = $1",
            "UPDATE due_work SET run_at = now() WHERE organization_id = $1 AND kind = 'DELIVER_WEBHOOKS'",
        ):
            await self.house.pool.execute(statement, self.house.id)
        await self.work()

    async def now(self, endpoint: str) -> asyncpg.Record:
        found: asyncpg.Record = await row(self.house, "webhook_endpoints", key(endpoint))
        return found

    async def deliveries(self, endpoint: str) -> list[asyncpg.Record]:
        return await self.house.all(
            "SELECT * FROM webhook_deliveries WHERE organization_id = $1 AND endpoint_id = $2 ORDER BY seq, id",
            key(endpoint),
        )

    async def statuses(self, endpoint: str) -> list[tuple[str, int]]:
        """How each delivery stands, and after how many attempts."""
        return [(found["status"], found["attempts"]) for found in await self.deliveries(endpoint)]

    async def attempts(self, delivery_id: UUID) -> list[tuple[int | None, str | None]]:
        rows = await self.house.all(
            "SELECT * FROM webhook_attempts WHERE organization_id = $1 AND delivery_id = $2 ORDER BY created_at, id",
            delivery_id,
        )
        return [(found["response_status"], found["error"]) for found in rows]

    async def due(self) -> list[str]:
        rows = await self.house.all("SELECT kind FROM due_work WHERE organization_id = $1 ORDER BY kind, id")
        return [found["kind"] for found in rows if found["kind"] != "TIDY_WEBHOOKS"]

    def seqs(self, name: str = "till") -> list[str]:
        return [received.body["data"]["seq"] for received in self.sink.to(name)]

    def gid(self, delivery: asyncpg.Record) -> str:
        return encode_id("WebhookDelivery", delivery["id"])


@asynccontextmanager
async def hooks(own: Realm, api: str, **knobs: Any) -> AsyncIterator[Hooks]:
    """A sink, a house and a worker of one test's own."""
    settings: Settings = own.settings.model_copy(update={**KNOBS, **knobs})
    database = Database.connect(settings)
    async with open_sink() as sink:
        try:
            # what other tests left to do is not this one's
            await own.pool.execute("DELETE FROM due_work")
            desk = Desk(settings, database, Silence())  # type: ignore[arg-type]
            yield Hooks(await own.house(api), desk, sink)
            await desk.errands.stop()
        finally:
            await database.close()
