"""Processes killed with SIGKILL while they write: what was committed stands, all of it, and nothing else does."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from redis.asyncio import Redis

from app import clock
from app.models import BookingStatus as Status
from app.schema.scalars import encode_id
from tests.client import Client, Json
from tests.factories.houses import House
from tests.invariants import UNSERVED, all_hold, bookings_agree, capacity_adds_up
from tests.kills.child import Child, api_process, serves, worker_process
from tests.races.crowd import at_once, crowd
from tests.realm import OwnValkey, Realm, own_api, own_valkey, realm, working
from tests.sizes import measured, sizes
from tests.steps import key

BOOKING = "... on {}Success {{ booking {{ id }} }}"


@dataclass(frozen=True)
class Storm:
    writers: int
    kills: int


@dataclass
class Writer:
    """A client with a bad line: whatever happens, it asks again under the same key until it is answered."""

    house: House
    client: Client
    slots: list[UUID]
    pet: UUID
    undecided: UUID
    """A pet for whom places are only held: a booking of the same pet and slot would take up the hold."""
    dice: random.Random
    booked: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    """Who holds a place and asks for it again has the same: two keys may name one hold."""
    retries: int = 0

    async def insist(self, verb: str, input: Json, idempotency_key: str) -> Json:
        selection = BOOKING.format(f"{verb[0].upper()}{verb[1:]}")
        while True:
            try:
                return await self.client.act(verb, input, selection, idempotency_key=idempotency_key)
            except httpx.TransportError:
                self.retries += 1
                await asyncio.sleep(0.05)

    def wanted(self, slot: UUID, pet: UUID) -> Json:
        return {"slotId": self.house.gid("Slot", slot), "subjectId": self.house.gid("Pet", pet)}

    async def write(self) -> None:
        """Hold or book a place, and often decide on it."""
        slot, idempotency_key = self.dice.choice(self.slots), str(uuid4())
        verb, pet = self.dice.choice([("holdSlot", self.undecided), ("bookSlot", self.pet), ("bookSlot", self.pet)])
        answer = await self.insist(verb, self.wanted(slot, pet), idempotency_key)
        if "booking" not in answer:
            return
        if verb == "holdSlot":
            self.held.add(answer["booking"]["id"])
            return
        self.booked[idempotency_key] = answer["booking"]["id"]
        if self.dice.random() < 0.7:
            await self.insist(self.dice.choice(["confirmBooking", "cancelBooking"]), answer_id(answer), str(uuid4()))


def answer_id(answer: Json) -> Json:
    return {"bookingId": answer["booking"]["id"]}


async def until(over: asyncio.Event, writer: Writer) -> None:
    while not over.is_set():
        await writer.write()


async def writers_of(house: House, count: int, client: Client) -> list[Writer]:
    service = await house.service()
    soon = clock.now() + timedelta(days=1)
    slots = [await house.slot(service, soon + timedelta(hours=n), capacity) for n, capacity in enumerate((5, 40, 400))]
    customers = [await house.customer() for _ in range(count)]
    pets = [(await house.pet(customer), await house.pet(customer)) for customer in customers]
    return [Writer(house, client, slots, *two, random.Random(n)) for n, two in enumerate(pets)]


@sizes(Storm(writers=6, kills=1), Storm(writers=30, kills=15))
async def test_a_killed_server_has_done_things_wholly_or_not_at_all(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    async with realm(names, worker_number, hold_s=2) as own:
        with api_process(own.settings, tmp_path) as (server, api):
            houses = [await own.house(api) for _ in range(2)]
            await serves(api)
            with measured(capsys, f"{size.kills} kills of the API under {size.writers} writers") as figures:
                writers = await write_through(houses, api, server, size)
                figures.update(
                    bookings=sum(len(writer.booked) + len(writer.held) for writer in writers),
                    retries=sum(writer.retries for writer in writers),
                )
        for house in houses:
            await all_hold(house)
            # one booking for each key that was answered, and none that nobody was told about
            answered = [id for writer in writers if writer.house is house for id in writer.booked.values()]
            assert len(answered) == len(set(answered))
            held = set().union(*(writer.held for writer in writers if writer.house is house))
            assert held.isdisjoint(answered)
            assert set(map(key, held.union(answered))) == set(await bookings_agree(house))
        assert sum(writer.retries for writer in writers) > 0
        async with working(own.settings):
            await nothing_left(own)
        for house in houses:
            await all_hold(house)
            statuses = Counter((await bookings_agree(house)).values())
            assert statuses[Status.HELD] == 0
            assert statuses[Status.EXPIRED] > 0
            serving = sum(count for status, count in statuses.items() if status not in UNSERVED)
            assert sum((await capacity_adds_up(house)).values()) == serving


async def write_through(houses: list[House], api: str, server: Child, size: Storm) -> list[Writer]:
    """Write without pause while the server is killed again and again."""
    over, dice = asyncio.Event(), random.Random(1)

    async def kill() -> None:
        for _ in range(size.kills):
            await asyncio.sleep(0.3 + dice.random())
            server.kill()
            server.start()
            await serves(api)
        over.set()

    async with crowd(houses[0].client("STAFF")) as one, crowd(houses[1].client("STAFF")) as other:
        writers = [
            *await writers_of(houses[0], size.writers // 2, one),
            *await writers_of(houses[1], size.writers // 2, other),
        ]
        await at_once([kill(), *(until(over, writer) for writer in writers)])
    return writers


async def nothing_left(own: Realm, timeout_s: float = 90) -> None:
    """Wait until all work is done; none of it may have been set aside."""
    async with asyncio.timeout(timeout_s):
        while await own.pool.fetchval("SELECT count(*) FROM due_work"):
            await asyncio.sleep(0.1)


@sizes(Storm(writers=4, kills=2), Storm(writers=10, kills=15))
async def test_a_killed_worker_and_a_forgetful_redis_lose_no_work(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    """Holds expire, mails go out and days are planned, however often the worker is killed and Valkey emptied."""
    with own_valkey(tmp_path / "valkey") as valkey:
        knobs = {"redis_url": valkey.url, "hold_s": 1, "work_lease_s": 3, "work_attempts_max": 100}
        async with realm(names, worker_number, **knobs) as own, own_api(own.settings) as api:
            house = await own.house(api)
            with (
                worker_process(own.settings, tmp_path) as worker,
                measured(capsys, f"{size.kills} kills of the worker") as figures,
            ):
                confirmed, runs = await work_through(house, worker, valkey, size)
                await finished(own, worker)
                figures.update(mails=len(own.mailbox.mails), confirmed=len(confirmed), runs=len(runs))
            await all_hold(house)
            statuses = Counter((await bookings_agree(house)).values())
            assert statuses[Status.HELD] == 0
            assert statuses[Status.EXPIRED] > 0
            mails = {str(mail["Message-ID"]): str(mail["Subject"]) for mail in own.mailbox.mails}
            numbers = await house.all("SELECT number FROM bookings WHERE organization_id = $1 AND status = 'CONFIRMED'")
            # a mail that went out twice is the same mail; every confirmed booking has one
            assert len(mails) == len(confirmed) == len(numbers)
            assert sorted(mails.values()) == sorted(
                f"The House: booking {row['number']} is confirmed" for row in numbers
            )
            planned = await house.all("SELECT id, status FROM planning_runs WHERE organization_id = $1")
            assert {encode_id("PlanningRun", row["id"]): row["status"] for row in planned} == dict.fromkeys(
                runs, "SUCCEEDED"
            )
            stops = await house.value("SELECT count(*) FROM stops WHERE organization_id = $1")
            assert stops == 2 * await house.value("SELECT count(*) FROM transports WHERE organization_id = $1")


async def work_through(house: House, worker: Child, valkey: OwnValkey, size: Storm) -> tuple[list[str], list[str]]:
    """Make work while the worker is killed and Valkey forgets; answers what was confirmed and which days to plan."""
    over, dice = asyncio.Event(), random.Random(1)
    confirmed: list[str] = []

    async def disturb() -> None:
        for number in range(size.kills):
            await asyncio.sleep(2 + 2 * dice.random())
            if number % 3 == 0:
                await forget(house)
            if number % 3 == 1:
                valkey.kill()
                valkey.start()
            if worker.lives:
                worker.kill()
            worker.start()
        over.set()

    async def confirm(writer: Writer) -> None:
        while not over.is_set():
            slot = writer.slots[-1]
            await writer.insist("holdSlot", writer.wanted(slot, writer.undecided), str(uuid4()))
            booked = await writer.insist("bookSlot", writer.wanted(slot, writer.pet), str(uuid4()))
            await writer.insist("confirmBooking", answer_id(booked), str(uuid4()))
            confirmed.append(booked["booking"]["id"])
            await asyncio.sleep(0.2)

    async with crowd(house.client("DISPATCHER")) as client:
        writers = await writers_of(house, size.writers, client)
        await house.pool.execute("UPDATE slots SET capacity = 10000 WHERE organization_id = $1", house.id)
        await house.pool.execute(
            "UPDATE customers SET email = 'somebody@example.org' WHERE organization_id = $1 AND email IS NULL", house.id
        )
        runs = [await plan(house, client)]
        await at_once([disturb(), *map(confirm, writers)])
    return confirmed, runs


async def plan(house: House, client: Client) -> str:
    """Ask for a plan of a day with some rides."""
    customer = await house.customer()
    for _ in range(4):
        await house.transport(customer)
    await house.shift()
    asked = await client.act(
        "optimizeRoutes",
        {"date": house.day.isoformat(), "timeLimit": 4},
        "... on OptimizeRoutesSuccess { planningRun { id } }",
    )
    id: str = asked["planningRun"]["id"]
    return id


async def forget(house: House) -> None:
    async with Redis.from_url(house.settings.redis_url.get_secret_value()) as redis:
        await redis.flushall()


async def finished(own: Realm, worker: Child) -> None:
    """Wait for the last worker; whoever supervises it starts it again if it gave up."""
    async with asyncio.timeout(90):
        while await own.pool.fetchval("SELECT count(*) FROM due_work"):
            if not worker.lives:
                worker.start()
            await asyncio.sleep(0.1)
