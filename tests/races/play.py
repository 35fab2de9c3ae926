"""The moves that the races about bookings share: what people ask of the API, and what a worker does."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

from app.access import Viewer
from app.context import Server
from app.services import bookings
from app.uow import Silence, unit_of_work
from tests.client import Client, Json
from tests.factories.houses import House
from tests.invariants import Watch, all_hold, nobody_collides, watched
from tests.races.crowd import at_once, crowd
from tests.steps import key

BOOKING = "booking { id number version status startsAt endsAt }"
ENTRY = "entry { id status position }"
SELECTIONS = {
    **{
        verb: f"... on {verb[0].upper()}{verb[1:]}Success {{ {BOOKING} }} ... on Problem {{ message }}"
        for verb in ("holdSlot", "bookSlot", "bookStay", "rescheduleBooking", "rescheduleStay", "cancelBooking")
    },
    "bookGroup": "... on BookGroupSuccess { group { id } }",
    "joinWaitlist": f"... on JoinWaitlistSuccess {{ {ENTRY} }}",
    "leaveWaitlist": f"... on LeaveWaitlistSuccess {{ {ENTRY} }} ... on InvalidTransition {{ currentStatus }}",
    "updateSlot": "... on UpdateSlotSuccess { slot { version capacity taken } }",
}


def kinds(answers: Iterable[Json]) -> Counter[str]:
    return Counter(answer["__typename"] for answer in answers)


@dataclass(frozen=True)
class Play:
    """Staff who act for whoever it is, each time over a connection of their own."""

    house: House
    server: Server
    client: Client
    watch: Watch

    async def ask(self, verb: str, **input: object) -> Json:
        """An answer with a type; an error fails the test."""
        return await self.client.act(verb, input, SELECTIONS.get(verb, ""))

    # what there is

    async def pets(self, count: int, customer: UUID | None = None) -> list[str]:
        """Of one customer, or each of another."""

        async def one() -> str:
            return self.house.gid("Pet", await self.house.pet(customer or await self.house.customer()))

        return await at_once(one() for _ in range(count))

    async def slots(self, count: int, places: int, **service: object) -> list[str]:
        made = await self.house.service(**service)
        return [
            self.house.gid("Slot", await self.house.slot(made, self.house.at(time(8, number)), places))
            for number in range(count)
        ]

    async def full_slot(self, places: int, **service: object) -> tuple[str, list[str]]:
        """A slot and the bookings that fill it."""
        (slot,) = await self.slots(1, places, **service)
        booked = await at_once(self.book(slot, pet) for pet in await self.pets(places))
        return slot, [answer["booking"]["id"] for answer in booked]

    # what is asked for

    async def book(self, slot: str, pet: str, verb: str = "bookSlot") -> Json:
        return await self.ask(verb, slotId=slot, subjectId=pet)

    async def stay(self, service: str, pet: str, first: int, last: int) -> Json:
        return await self.ask("bookStay", serviceId=service, subjectId=pet, **self.nights(first, last))

    def nights(self, first: int, last: int) -> Json:
        """From the evening of one day to the morning of another."""
        arrival, departure = (self.house.day + timedelta(days=number) for number in (first, last))
        return {"arrival": arrival.isoformat(), "departure": departure.isoformat()}

    async def cancel(self, booking: str) -> Json:
        return await self.ask("cancelBooking", bookingId=booking)

    async def join(self, slot: str, pet: str) -> Json:
        return await self.ask("joinWaitlist", slotId=slot, subjectId=pet)

    async def line(self, slot: str, count: int) -> list[str]:
        """So many who wait, in the order in which they came."""
        return [(await self.join(slot, pet))["entry"]["id"] for pet in await self.pets(count)]

    async def leave(self, entry: str) -> Json:
        return await self.ask("leaveWaitlist", entryId=entry)

    async def resize(self, slot: str, places: int) -> Json:
        version = await self.house.value("SELECT version FROM slots WHERE organization_id = $1 AND id = $2", key(slot))
        return await self.ask("updateSlot", slotId=slot, version=version, capacity=places)

    async def expire(self, booking: UUID) -> Json:
        """As a worker does when a hold runs out."""
        async with unit_of_work(self.server.database, Viewer.system(self.house.id), Silence()) as uow:
            await bookings.expire_hold(uow, booking)
        return {"__typename": "Expired"}

    # what became of it

    async def statuses(self, entries: list[str]) -> list[str]:
        rows = await self.house.all("SELECT id, status FROM waitlist_entries WHERE organization_id = $1")
        found = {row["id"]: row["status"] for row in rows}
        return [found[key(entry)] for entry in entries]

    async def held_for(self, entry: str) -> tuple[UUID, str]:
        """The booking that is held for somebody who waits, and for whom that is."""
        (row,) = await self.house.all(
            "SELECT booking_id, subject_id FROM waitlist_entries WHERE organization_id = $1 AND id = $2", key(entry)
        )
        return row["booking_id"], self.house.gid("Pet", row["subject_id"])

    async def taken(self, slot: str) -> int:
        taken: int = await self.house.value("SELECT taken FROM slots WHERE organization_id = $1 AND id = $2", key(slot))
        return taken


@asynccontextmanager
async def playing(house: House, server: Server) -> AsyncIterator[Play]:
    """Whatever happens in the block, nobody stands in another's way, and in the end everything adds up."""
    async with crowd(house.client("OWNER")) as client, watched(house) as watch:
        with nobody_collides(server.database):
            yield Play(house, server, client, watch)
    await all_hold(house)
