"""Everybody does anything to the same few rows: nobody hears INTERNAL, and PostgreSQL never has to break a deadlock."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import time
from uuid import UUID

import pytest

from tests.client import Client, Json
from tests.factories.houses import House
from tests.invariants import all_hold, watched
from tests.races.crowd import at_once, crowd
from tests.realm import Realm, own_api, realm, working
from tests.sizes import measured, sizes

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
ANY_ONE = "SELECT id FROM {} WHERE organization_id = $1 ORDER BY random() LIMIT 1"


@dataclass(frozen=True)
class Melee:
    people: int
    seconds: float
    happens: tuple[str, ...]
    """What luck must have brought about by then."""


@dataclass
class Fighter:
    """One client that does whatever the dice say, to whatever rows they say."""

    house: House
    client: Client
    slots: list[UUID]
    pets: list[UUID]
    homes: list[UUID]
    dice: random.Random
    heard: Counter[str] = field(default_factory=Counter)

    async def act(self) -> None:
        await self.dice.choices(self.moves, self.weights)[0]()

    @property
    def moves(self) -> list[Callable[[], Awaitable[None]]]:
        return [self.book, self.decide, self.edit, self.ride, self.plan, self.drive]

    weights = (6, 8, 2, 2, 1, 4)

    async def ask(self, verb: str, input: Json) -> None:
        name = f"{verb[0].upper()}{verb[1:]}Input"
        answer = await self.client.post(
            f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ __typename }} }}", {"input": input}
        )
        for error in answer.get("errors") or []:
            self.heard[error["extensions"]["code"]] += 1
        if answer.get("data"):
            self.heard[answer["data"][verb]["__typename"]] += 1

    async def some(self, table: str, type_name: str) -> str | None:
        id = await self.house.value(ANY_ONE.format(table))
        return self.house.gid(type_name, id) if id else None

    async def book(self) -> None:
        pet = self.dice.randrange(len(self.pets))
        wanted: Json = {
            "slotId": self.house.gid("Slot", self.dice.choice(self.slots)),
            "subjectId": self.house.gid("Pet", self.pets[pet]),
        }
        if self.dice.random() < 0.3:
            await self.ask("holdSlot", wanted)
            return
        leg = {"placeId": self.house.gid("Place", self.homes[pet])}
        rides = {name: leg for name in ("pickup", "dropoff") if self.dice.random() < 0.7}
        await self.ask("bookSlot", wanted | rides)

    async def decide(self) -> None:
        verb = self.dice.choice(["confirmBooking"] * 3 + ["cancelBooking"] * 3 + ["checkInBooking", "declineBooking"])
        if booking := await self.some("bookings", "Booking"):
            await self.ask(verb, {"bookingId": booking} | ({"reason": "full"} if verb == "declineBooking" else {}))

    async def edit(self) -> None:
        slot = self.dice.choice(self.slots)
        version = await self.house.value("SELECT version FROM slots WHERE organization_id = $1 AND id = $2", slot)
        capacity = self.dice.randint(3, 8)
        await self.ask("updateSlot", {"slotId": self.house.gid("Slot", slot), "version": version, "capacity": capacity})

    async def ride(self) -> None:
        if transport := await self.some("transports", "Transport"):
            await self.ask("cancelTransport", {"transportId": transport})

    async def plan(self) -> None:
        day = self.house.day.isoformat()
        verb, more = self.dice.choice([("optimizeRoutes", {"timeLimit": 1}), ("publishRoutes", {})])
        await self.ask(verb, {"date": day} | more)

    async def drive(self) -> None:
        if self.dice.random() < 0.3:
            if route := await self.some("routes", "Route"):
                await self.ask(self.dice.choice(["startRoute"] * 5 + ["cancelRoute"]), {"routeId": route})
        elif stop := await self.some("stops", "Stop"):
            verb = self.dice.choice(["arriveAtStop", "completeStop", "completeStop", "skipStop", "failStop"])
            await self.ask(verb, {"stopId": stop} | ({"reason": "OTHER"} if verb == "failStop" else {}))


async def furnish(house: House) -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Slots, pets and their homes; drivers with published routes, and drivers who wait for one."""
    service = await house.service()
    slots = [await house.slot(service, house.at(time(11, n)), 6) for n in range(3)]
    customers = [await house.customer(email="somebody@example.org") for _ in range(4)]
    for _ in range(3):
        rides = [await house.transport(customer) for customer in customers]
        await house.route(await house.driver(), rides)
    for _ in range(8):
        await house.shift()
    return slots, [await house.pet(one) for one in customers], [await house.place(one) for one in customers]


async def fight(house: House, size: Melee) -> Counter[str]:
    slots, pets, homes = await furnish(house)
    heard: Counter[str] = Counter()

    async def one(seed: int, client: Client) -> None:
        fighter = Fighter(house, client, slots, pets, homes, random.Random(seed), heard)
        while asyncio.get_running_loop().time() < until:
            await fighter.act()

    until = asyncio.get_running_loop().time() + size.seconds
    async with crowd(house.client("OWNER")) as client, watched(house):
        await at_once(one(seed, client) for seed in range(size.people))
    return heard


async def deadlocks(own: Realm) -> int:
    # a backend reports what it counted a second later
    await asyncio.sleep(2)
    found: int = await own.pool.fetchval(DEADLOCKS)
    return found


SOON = ("BookSlotSuccess",)
LATER = (
    "CancelBookingSuccess",
    "PublishRoutesSuccess",
    "StartRouteSuccess",
    "CompleteStopSuccess",
    "CancelTransportSuccess",
)


@sizes(Melee(people=16, seconds=2, happens=SOON), Melee(people=40, seconds=90, happens=SOON + LATER))
async def test_a_melee_ends_without_a_deadlock(
    names: dict[str, str], worker_number: int, size: Melee, capsys: pytest.CaptureFixture[str]
) -> None:
    async with realm(names, worker_number, hold_s=2) as own, own_api(own.settings) as api, working(own.settings):
        house = await own.house(api)
        with measured(capsys, f"{size.people} people in a melee") as figures:
            heard = await fight(house, size)
            figures.update(mutations=heard.total(), **heard)
        assert heard["INTERNAL"] == 0
        assert [wanted for wanted in size.happens if not heard[wanted]] == []
        assert await deadlocks(own) == 0
        await all_hold(house)
