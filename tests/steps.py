"""Steps that many tests share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from app import clock
from app.models import Base
from app.schema.scalars import decode_any_id
from app.services.identity import hasher
from tests.client import Client, Json
from tests.factories.houses import House, Person

PASSWORD = "correct horse battery staple"
TENANT_TABLES = [table.name for table in Base.metadata.sorted_tables if "organization_id" in table.columns]
EVERYTHING = " UNION ALL ".join(
    f"SELECT '{name}' AS table, row_to_json(t)::text AS row FROM {name} t WHERE organization_id = $1"
    for name in TENANT_TABLES
    if name != "sessions"
)


def key(node_id: str) -> UUID:
    """The key within a node id."""
    return decode_any_id(node_id)[1]


async def set_password(house: House, person: Person) -> None:
    await house.pool.execute("UPDATE users SET password_hash = $2 WHERE id = $1", person.user_id, _hashed())


def _hashed(memory: dict[str, str] = {}) -> str:  # noqa: B006
    """Hashing is slow by design: once is enough."""
    return memory.get(PASSWORD) or memory.setdefault(PASSWORD, hasher().hash(PASSWORD))


async def everything(house: House) -> dict[str, list[str]]:
    """Every row of an organization, by its table, apart from sessions."""
    found: dict[str, list[str]] = {}
    for table, row in await house.all(EVERYTHING):
        found.setdefault(table, []).append(row)
    return {table: sorted(rows) for table, rows in found.items()}


@asynccontextmanager
async def nothing_changes(house: House) -> AsyncIterator[None]:
    before = await everything(house)
    yield
    assert await everything(house) == before


async def events(house: House, after: int = 0) -> list[str]:
    """What happened, in order."""
    rows = await house.all("SELECT type FROM events WHERE organization_id = $1 AND seq > $2 ORDER BY seq", after)
    return [row["type"] for row in rows]


async def row(house: House, table: str, id: UUID) -> Any:
    found = await house.all(f"SELECT * FROM {table} WHERE organization_id = $1 AND id = $2", id)
    assert len(found) == 1
    return found[0]


async def errors(client: Client, verb: str, input: Json) -> list[tuple[str, str | None]]:
    """The code and the field of each error that a mutation answers."""
    name = f"{verb[0].upper()}{verb[1:]}Input"
    answer = await client.post(
        f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ __typename }} }}", {"input": input}
    )
    found = answer.get("errors") or []
    return [(error["extensions"]["code"], error["extensions"].get("field")) for error in found]


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what a worker does."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)


async def due(house: House, kind: str, ref_id: UUID, **values: Any) -> None:
    """Work that is due already."""
    past = clock.now() - timedelta(minutes=1)
    await house.insert("due_work", **{"kind": kind, "ref_id": ref_id, "run_at": past, **values})


async def nothing_due(house: House) -> bool:
    return not await house.all("SELECT FROM due_work WHERE organization_id = $1")


async def somebody_waits(house: House, many: int = 1) -> bool:
    """Whether so many statements wait for a lock."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return (await house.pool.fetchval(waits) or 0) >= many


def week(house: House) -> Json:
    """Seven days from the day on which everything happens."""
    start = house.at(time(0))
    return {"from": start.isoformat(), "to": (start + timedelta(days=7)).isoformat()}


async def latest(client: Client) -> str:
    """Where the event log ends."""
    seq: str = (await client.run("{ eventSeq }"))["eventSeq"]
    return seq


class Visit:
    """A customer with a pet and a home, a service and a slot of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.customer = house.people["CUSTOMER"]
        assert self.customer.viewer.customer_id
        self.customer_id: UUID = self.customer.viewer.customer_id

    @classmethod
    async def of(cls, house: House, **service: Any) -> "Visit":
        visit = cls(house)
        visit.pet = await house.pet(visit.customer_id)
        visit.home = await house.place(visit.customer_id)
        visit.service = await house.service(**service)
        visit.slot = await house.slot(visit.service, house.at(time(10)))
        return visit

    pet: UUID
    home: UUID
    service: UUID
    slot: UUID

    @property
    def wanted(self) -> Json:
        """What `bookSlot` and `holdSlot` need to know."""
        return {"slotId": self.house.gid("Slot", self.slot), "subjectId": self.house.gid("Pet", self.pet)}

    async def booking(self, status: str = "PENDING", **values: Any) -> UUID:
        if status == "HELD":
            values.setdefault("held_until", self.house.at(time(9)))
        return await self.house.booking(self.customer_id, self.pet, self.slot, status=status, **values)

    async def taken(self) -> int:
        taken: int = await self.house.value("SELECT taken FROM slots WHERE organization_id = $1 AND id = $2", self.slot)
        return taken
