"""Whatever people do with bookings, in whatever order: places, states, lines, fees and the log agree at each step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from app.access import Viewer
from app.db import Database
from app.errors import Refusal
from app.services import bookings, scheduling, waitlist
from app.settings import Settings
from app.uow import Silence, UnitOfWork, unit_of_work
from tests.factories.houses import House, make_house
from tests.invariants import all_hold, capacity_adds_up, log_is_whole
from tests.sizes import SOAK_TIMEOUT_S

SLOTS, NIGHTS, PETS = 2, 3, 4
HOLD_S = 600


@dataclass(frozen=True)
class Step:
    """One thing that somebody does; the numbers choose among what there is."""

    verb: str
    one: int
    two: int


@dataclass
class World:
    """An organization of one example, and who acts in it: the customer, staff, or a worker."""

    house: House
    database: Database
    hotel: UUID
    slots: list[UUID]
    nights: list[UUID]
    pets: list[UUID]

    @classmethod
    async def of(cls, house: House, database: Database) -> "World":
        customer = house.people["CUSTOMER"].viewer.customer_id
        assert customer
        fees = {"cancellation_fee_percent": 50, "no_show_fee_minor": 900, "free_cancellation_notice_s": 90 * 24 * 3600}
        service = await house.service(waitlist_max=2, **fees)
        hotel = await house.service(kind="STAY", customer_places_max=2, confirmation="AUTOMATIC", **fees)
        evenings = [house.at(time(15)) + timedelta(days=number) for number in range(NIGHTS)]
        return cls(
            house,
            database,
            hotel,
            [await house.slot(service, house.at(time(8, number)), 2) for number in range(SLOTS)],
            [await house.slot(hotel, evening, 2, ends_at=evening + timedelta(hours=20)) for evening in evenings],
            [await house.pet(customer) for _ in range(PETS)],
        )

    async def do(self, step: Step) -> None:
        """Nothing but a refusal may come of it, and a refusal changes nothing."""
        head, taken = await log_is_whole(self.house), await capacity_adds_up(self.house)
        try:
            async with unit_of_work(self.database, self.who(step), Silence()) as uow:
                await VERBS[step.verb](self, uow, step)
        except Refusal:
            assert await log_is_whole(self.house) == head
            assert await capacity_adds_up(self.house) == taken
        await all_hold(self.house)

    def who(self, step: Step) -> Viewer:
        if step.verb == "expire":
            return Viewer.system(self.house.id)
        free = step.verb not in BY_STAFF and step.two % 2
        return self.house.people["CUSTOMER" if free else "OWNER"].viewer

    # what a step is about

    def pet(self, step: Step) -> UUID:
        return self.pets[step.two % PETS]

    def slot(self, step: Step) -> UUID:
        return [*self.slots, *self.nights][step.one % (SLOTS + NIGHTS)]

    def stay(self, step: Step) -> tuple[date, date]:
        first = step.two % NIGHTS
        arrival = self.house.day + timedelta(days=first)
        return arrival, arrival + timedelta(days=1 + step.one % (NIGHTS - first))

    async def latest(self, step: Step, condition: str = "true") -> tuple[UUID, int]:
        """One of the latest bookings and its version; if there is none, there is nothing to refuse either."""
        query = f"SELECT id, version FROM bookings WHERE organization_id = $1 AND {condition} ORDER BY id DESC LIMIT 4"
        rows = await self.house.all(query)
        if not rows:
            raise Refusal("There is no booking.")
        found = rows[step.one % len(rows)]
        return found["id"], found["version"]

    # what is done

    async def hold(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.hold_slot(uow, self.slot(step), self.pet(step), HOLD_S)

    async def book(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.book_slot(uow, self.slot(step), self.pet(step))

    async def book_stay(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.book_stay(uow, self.hotel, self.pet(step), *self.stay(step))

    async def group(self, uow: UnitOfWork, step: Step) -> None:
        slots = [*self.slots, *self.nights]
        wanted = [
            {"slot_id": slots[(step.one + number * step.two) % len(slots)], "subject_id": self.pets[number]}
            for number in range(1 + step.two % 3)
        ]
        await bookings.book_group(uow, wanted)

    async def move(self, uow: UnitOfWork, step: Step) -> None:
        id, version = await self.latest(step, "nights IS NULL")
        # now and then from a version that was seen long ago
        await bookings.reschedule_booking(uow, id, version - (step.two == 0), self.slots[step.two % SLOTS])

    async def move_stay(self, uow: UnitOfWork, step: Step) -> None:
        id, version = await self.latest(step, "nights IS NOT NULL")
        await bookings.reschedule_stay(uow, id, version, *self.stay(step))

    async def confirm(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.confirm_booking(uow, (await self.latest(step))[0])

    async def decline(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.decline_booking(uow, (await self.latest(step))[0], "We are full.")

    async def cancel(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.cancel_booking(uow, (await self.latest(step))[0], charge_fee=step.two > 3)

    async def check_in(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.check_in_booking(uow, (await self.latest(step))[0])

    async def complete(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.complete_booking(uow, (await self.latest(step))[0])

    async def no_show(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.mark_booking_no_show(uow, (await self.latest(step))[0], charge_fee=step.two > 3)

    async def expire(self, uow: UnitOfWork, step: Step) -> None:
        await bookings.expire_hold(uow, (await self.latest(step))[0])

    async def join(self, uow: UnitOfWork, step: Step) -> None:
        await waitlist.join_waitlist(uow, self.slot(step), self.pet(step))

    async def leave(self, uow: UnitOfWork, step: Step) -> None:
        rows = await self.house.all("SELECT id FROM waitlist_entries WHERE organization_id = $1 ORDER BY id DESC")
        if rows:
            await waitlist.leave_waitlist(uow, rows[step.one % len(rows)]["id"])

    async def resize(self, uow: UnitOfWork, step: Step) -> None:
        slot = self.slot(step)
        version = await self.house.value("SELECT version FROM slots WHERE organization_id = $1 AND id = $2", slot)
        change = {"status": "OPEN" if step.two % 2 else "CLOSED"} if step.two > 4 else {"capacity": step.two}
        await scheduling.update_slot(uow, slot, version, **change)


BY_STAFF = ("confirm", "decline", "check_in", "no_show", "complete", "resize")
VERBS: dict[str, Callable[[World, UnitOfWork, Step], Awaitable[None]]] = {
    verb.__name__: verb
    for verb in (
        *(World.hold, World.book, World.book_stay, World.group, World.move, World.move_stay),
        *(World.confirm, World.decline, World.cancel, World.check_in, World.complete, World.no_show),
        *(World.expire, World.join, World.leave, World.resize),
    )
}
# half of all steps fill the slots or get in line: what is empty is soon told
OFTEN = ["book", "book", "join", "join", "cancel", "hold", "book_stay", "group"]
STEPS = st.lists(
    st.builds(Step, st.sampled_from([*OFTEN, *VERBS]), st.integers(0, 7), st.integers(0, 7)), min_size=12, max_size=40
)


def told(max_examples: int) -> Callable[[Any], Any]:
    """So many stories, each in an organization of its own."""
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    told = hypothesis(deadline=None, database=None, max_examples=max_examples, suppress_health_check=health)
    return lambda test: told(given(steps=STEPS)(test))


async def tell(superuser: asyncpg.Pool, database: Database, settings: Settings, steps: list[Step]) -> None:
    world = await World.of(await make_house(superuser, settings, "nobody asks the API"), database)
    for step in steps:
        await world.do(step)


@told(8)
async def test_bookings_agree_after_each_step(
    superuser: asyncpg.Pool, database: Database, settings: Settings, steps: list[Step]
) -> None:
    await tell(superuser, database, settings, steps)


@pytest.mark.soak
@pytest.mark.timeout(SOAK_TIMEOUT_S)
@told(400)
async def test_bookings_agree_after_each_step_of_many_stories(
    superuser: asyncpg.Pool, database: Database, settings: Settings, steps: list[Step]
) -> None:
    await tell(superuser, database, settings, steps)
