"""Everybody does anything with the same few slots and nights: each hears an answer that they can understand."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import time, timedelta

import pytest

from app.context import Server
from tests.client import Json
from tests.factories.houses import House
from tests.races.crowd import at_once
from tests.races.play import Play, playing
from tests.sizes import measured, sizes
from tests.steps import key

BOOKINGS = """
    SELECT id, version, service_id FROM bookings
    WHERE organization_id = $1 AND status = ANY ($2) AND (nights IS NOT NULL) = $3 ORDER BY random() LIMIT 1
"""
LIVE = ["PENDING", "CONFIRMED"]
ANY = ["HELD", "PENDING", "CONFIRMED", "CHECKED_IN", "CANCELLED", "NO_SHOW"]


@dataclass(frozen=True)
class Throng:
    people: int
    seconds: float
    happens: frozenset[str]
    """What luck must have brought about by then."""


@dataclass
class Stage:
    """An appointment with short slots, a hotel with few rooms; either costs something to call off."""

    service: str
    hotel: str
    slots: list[str]
    nights: list[str]
    families: list[list[str]]

    @classmethod
    async def of(cls, play: Play) -> "Stage":
        house, fees = play.house, {"cancellation_fee_percent": 50, "no_show_fee_minor": 900}
        fees |= {"free_cancellation_notice_s": 30 * 24 * 3600}
        service = await house.service(**fees)
        hotel = await house.service(kind="STAY", confirmation="AUTOMATIC", **fees)
        slots = [await house.slot(service, house.at(time(8, number)), 4) for number in range(3)]
        nights = []
        for number in (3, 0, 4, 1, 2):
            evening = house.at(time(15)) + timedelta(days=number)
            nights.append(await house.slot(hotel, evening, 3, ends_at=evening + timedelta(hours=20)))
        return cls(
            house.gid("Service", service),
            house.gid("Service", hotel),
            [house.gid("Slot", slot) for slot in slots],
            [house.gid("Slot", night) for night in nights],
            [await play.pets(4, await house.customer()) for _ in range(6)],
        )


@dataclass
class Person:
    play: Play
    stage: Stage
    dice: random.Random
    heard: Counter[str] = field(default_factory=Counter)

    async def act(self) -> None:
        verbs = list(self.verbs)
        await self.dice.choices(verbs, [self.verbs[verb] for verb in verbs])[0](self)

    async def ask(self, verb: str, **input: object) -> None:
        name = f"{verb[0].upper()}{verb[1:]}Input"
        query = f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ __typename }} }}"
        answer = await self.play.client.post(query, {"input": input})
        for error in answer.get("errors") or []:
            self.heard[f"{verb} {error['extensions']['code']} {error['message']}"] += 1
        if answer.get("data"):
            self.heard[answer["data"][verb]["__typename"]] += 1

    async def some(self, statuses: list[str], *, stay: bool = False) -> Json | None:
        found = await self.play.house.all(BOOKINGS, statuses, stay)
        return {"bookingId": self.play.house.gid("Booking", found[0]["id"]), **found[0]} if found else None

    def pet(self) -> str:
        return self.dice.choice(self.dice.choice(self.stage.families))

    def slot(self) -> str:
        return self.dice.choice(self.stage.slots * 2 + self.stage.nights)

    def nights(self) -> Json:
        first = self.dice.randrange(5)
        return self.play.nights(first, first + self.dice.randint(1, min(3, 5 - first)))

    async def book(self) -> None:
        await self.ask(self.dice.choice(["bookSlot", "holdSlot"]), slotId=self.slot(), subjectId=self.pet())

    async def stay(self) -> None:
        await self.ask("bookStay", serviceId=self.stage.hotel, subjectId=self.pet(), **self.nights())

    async def group(self) -> None:
        pets = self.dice.sample(self.dice.choice(self.stage.families), 2)
        await self.ask("bookGroup", bookings=[{"slotId": self.slot(), "subjectId": pet} for pet in pets])

    async def join(self) -> None:
        await self.ask("joinWaitlist", slotId=self.slot(), subjectId=self.pet())

    async def leave(self) -> None:
        query = "SELECT id FROM waitlist_entries WHERE organization_id = $1 ORDER BY number DESC, random() LIMIT 1"
        if id := await self.play.house.value(query):
            await self.ask("leaveWaitlist", entryId=self.play.house.gid("WaitlistEntry", id))

    async def move(self) -> None:
        if found := await self.some(LIVE):
            # a night that was booked alone is moved among the nights
            service = self.play.house.gid("Service", found["service_id"])
            slots = self.stage.slots if service == self.stage.service else self.stage.nights
            seen = {"bookingId": found["bookingId"], "version": found["version"]}
            await self.ask("rescheduleBooking", **seen, slotId=self.dice.choice(slots))

    async def move_stay(self) -> None:
        if found := await self.some(LIVE, stay=True):
            seen = {"bookingId": found["bookingId"], "version": found["version"]}
            await self.ask("rescheduleStay", **seen, **self.nights())

    async def cancel(self) -> None:
        if found := await self.some(ANY, stay=self.dice.random() < 0.4):
            await self.ask("cancelBooking", bookingId=found["bookingId"], chargeFee=self.dice.random() < 0.5)

    async def decide(self) -> None:
        verbs: dict[str, Json] = {
            "confirmBooking": {},
            "declineBooking": {"reason": "full"},
            "checkInBooking": {},
            "markBookingNoShow": {},
            "completeBooking": {},
        }
        verb = self.dice.choices(list(verbs), [5, 2, 1, 1, 1])[0]
        if found := await self.some(ANY, stay=self.dice.random() < 0.4):
            await self.ask(verb, bookingId=found["bookingId"], **verbs[verb])

    async def expire(self) -> None:
        if found := await self.some(["HELD"]):
            self.heard[(await self.play.expire(found["id"]))["__typename"]] += 1

    async def resize(self) -> None:
        slot = self.slot()
        query = "SELECT version FROM slots WHERE organization_id = $1 AND id = $2"
        version = await self.play.house.value(query, key(slot))
        await self.ask("updateSlot", slotId=slot, version=version, capacity=self.dice.randint(2, 6))

    verbs: "dict[Callable[[Person], Awaitable[None]], int]" = field(init=False, default_factory=lambda: VERBS)


VERBS: dict[Callable[[Person], Awaitable[None]], int] = {
    Person.book: 6,
    Person.stay: 4,
    Person.group: 2,
    Person.join: 6,
    Person.leave: 2,
    Person.move: 4,
    Person.move_stay: 3,
    Person.cancel: 6,
    Person.decide: 3,
    Person.expire: 3,
    Person.resize: 1,
}
SOON = frozenset({"BookSlotSuccess", "CancelBookingSuccess"})
LATER = SOON | {
    "JoinWaitlistSuccess",
    "SlotFull",
    "HoldSlotSuccess",
    "BookStaySuccess",
    "BookGroupSuccess",
    "RescheduleBookingSuccess",
    "RescheduleStaySuccess",
    "LeaveWaitlistSuccess",
    "SlotInUse",
    "VersionConflict",
    "InvalidTransition",
    "StayUnavailable",
    "SlotAvailable",
    "AlreadyExists",
    "Expired",
}


@sizes(Throng(people=20, seconds=2, happens=SOON), Throng(people=40, seconds=90, happens=LATER))
async def test_a_throng_is_served_without_a_collision(
    house: House, server: Server, size: Throng, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: Counter[str] = Counter()
    async with playing(house, server) as play:
        stage = await Stage.of(play)
        until = asyncio.get_running_loop().time() + size.seconds

        async def one(seed: int) -> None:
            person = Person(play, stage, random.Random(seed), heard)
            while asyncio.get_running_loop().time() < until:
                await person.act()

        with measured(capsys, f"{size.people} people in a throng") as figures:
            await at_once(one(seed) for seed in range(size.people))
            figures.update(answers=heard.total(), looks=play.watch.looks, **heard)
        # an answer that is not of a type of its own has the verb, the code and the message
        assert [answer for answer in heard if " " in answer] == []
        assert size.happens - heard.keys() == set()
