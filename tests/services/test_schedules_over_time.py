"""Opening hours while others book, and day by day."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.jobs.worker import Work
from app.services import schedules
from app.services.schedules import editing, slots
from app.uow import Silence, unit_of_work
from tests.factories.houses import ZONE, House
from tests.factories.salons import COUNTS, OUTSIDE, Salon, counts
from tests.invariants import capacity_adds_up
from tests.races.crowd import at_once, crowd
from tests.steps import due, events, eventually, somebody_waits


@pytest.mark.parametrize("places", [1, 30])
async def test_a_closure_and_bookings_at_once(house: House, places: int) -> None:
    """Each booking is either refused or named by the closure: none is lost in between."""
    salon = await Salon.of(house, capacity=places)
    ids = [(await salon.slot(hour))["id"] for hour in (9, 10, 11, 12)]
    pet = house.gid("Pet", salon.pet)

    async def book(client: Any, slot: UUID) -> str | None:
        answer = await client.post(
            "mutation Book($input: BookSlotInput!) { bookSlot(input: $input) { __typename ... on BookSlotSuccess "
            "{ booking { number } } } }",
            {"input": {"slotId": house.gid("Slot", slot), "subjectId": pet}},
        )
        if answer.get("errors"):
            # the slot is gone
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
            return None
        kind = answer["data"]["bookSlot"]["__typename"]
        assert kind in ("BookSlotSuccess", "SlotClosed", "SlotFull")
        return str(answer["data"]["bookSlot"]["booking"]["number"]) if kind == "BookSlotSuccess" else None

    async with crowd(salon.customer.client) as customers:
        calls = [book(customers, ids[number % 4]) for number in range(24)]
        closing = asyncio.create_task(salon.close(house.day))
        numbers = {number for number in await at_once(calls) if number is not None}
        closure = await closing
    assert {booking["number"] for booking in closure["bookingsOutside"]} == numbers
    assert closure["removed"] + closure["withdrawn"] == 4
    assert await house.value("SELECT count(*) FROM slots WHERE organization_id = $1 AND status = 'OPEN'") == 24
    await capacity_adds_up(house)


async def test_a_closure_waits_for_the_booking_that_was_first(house: House) -> None:
    salon = await Salon.of(house)
    slot = (await salon.slot(9))["id"]
    async with house.pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM slots WHERE id = $1 FOR UPDATE", slot)
        closing = asyncio.create_task(salon.close(house.day))
        await eventually(lambda: somebody_waits(house))
        booking = await house_booking(other, house, salon, slot)
    answer = await closing
    assert (counts(answer), answer["bookingsOutside"]) == ((0, 0, 3, 1), [{"number": booking}])


async def house_booking(connection: Any, house: House, salon: Salon, slot: UUID) -> str:
    """A booking in a transaction that goes on."""
    number, id = str(uuid7())[-8:].upper(), uuid7()
    await connection.execute(
        "INSERT INTO bookings (organization_id, id, number, status, customer_id, subject_id, service_id, slot_id, "
        "starts_at, ends_at, cancel_before, cancel_free_before, price_minor, currency) "
        "SELECT organization_id, $2, $3, 'PENDING', $4, $5, service_id, id, starts_at, ends_at, starts_at, starts_at, "
        "4500, 'GEL' FROM slots WHERE id = $1",
        slot,
        id,
        number,
        salon.customer_id,
        salon.pet,
    )
    await connection.execute(
        "INSERT INTO allocations (organization_id, booking_id, slot_id, during) "
        "SELECT organization_id, $2, id, tstzrange(starts_at, ends_at) FROM slots WHERE id = $1",
        slot,
        id,
    )
    return number


async def test_a_new_schedule_and_a_holiday_at_once_know_of_each_other(house: House) -> None:
    service = house.gid("Service", await house.service(duration_s=3600))
    day = house.day.isoformat()
    new = {"serviceId": service, "rule": "FREQ=DAILY", "startsOn": day, "opensAt": "09:00", "closesAt": "13:00"}
    async with crowd(house.client("OWNER")) as owner:
        made = [owner.act("createSchedule", {**new, "name": f"{number}", "horizonDays": 3}, "") for number in range(6)]
        holiday = owner.act("createScheduleException", {"kind": "CLOSED", "startsOn": day}, "")
        await at_once([*made[:3], holiday, *made[3:]])
    rows = await house.all("SELECT starts_at FROM slots WHERE organization_id = $1")
    days = Counter(row["starts_at"].astimezone(ZONE).date() for row in rows)
    assert days == {house.day + timedelta(days=number): 6 for number in (1, 2)}


# day by day


async def test_a_schedule_is_extended_day_by_day(house: House, worker: Work) -> None:
    """The work that is due plans up to the horizon, and leaves the next for shortly after midnight."""
    today = house.day - timedelta(days=1)
    values = {"service_id": await house.service(duration_s=3600), "horizon_days": 7, "closes_at": time(11)}
    schedule = await house.schedule(**values, planned_until=house.day + timedelta(days=2))
    await due(house, "EXTEND_SCHEDULE", schedule)

    async def extended() -> bool:
        return bool(await house.value("SELECT count(*) FROM slots WHERE organization_id = $1") == 14)

    await eventually(extended)
    assert await house.value("SELECT planned_until FROM schedules WHERE organization_id = $1") == today + timedelta(
        days=7
    )
    (work,) = await house.all("SELECT kind, ref_id, run_at FROM due_work WHERE organization_id = $1")
    assert (work["kind"], work["ref_id"]) == ("EXTEND_SCHEDULE", schedule)
    assert work["run_at"].astimezone(ZONE) == datetime.combine(house.day, time(0, 5), ZONE)
    assert await events(house) == ["SCHEDULE_PLANNED"]


async def test_each_day_adds_one(house: House, database: Database) -> None:
    salon = await Salon.of(house)
    with clock.shifted(timedelta(days=2)):
        async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
            await schedules.extend(uow, salon.schedule)
    assert await salon.slots() == {"OPEN": 36}
    last = await house.value("SELECT max(starts_at) FROM slots WHERE organization_id = $1")
    assert last.astimezone(UTC) == house.at(time(12)) + timedelta(days=8)


async def test_there_is_one_piece_of_work_for_each_schedule(house: House) -> None:
    salon = await Salon.of(house)
    for active in (True, False, False, True, True):
        await salon.change(active=active)
        assert await salon.pending() == ([datetime.combine(house.day, time(0, 5), ZONE)] if active else [])


async def test_a_schedule_that_is_over_is_not_extended(house: House, worker: Work) -> None:
    schedule = await house.schedule(active=False)
    await due(house, "EXTEND_SCHEDULE", schedule)

    async def done() -> bool:
        return not await house.all("SELECT FROM due_work WHERE organization_id = $1")

    await eventually(done)
    assert await house.value("SELECT count(*) FROM slots WHERE organization_id = $1") == 0
    assert await events(house) == []


async def test_a_closure_of_very_many_schedules_is_left_to_workers(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    salon = await Salon.of(house)
    other = await house.schedule()
    await house.insert("due_work", kind="EXTEND_SCHEDULE", ref_id=other, run_at=house.at(time(0)))
    monkeypatch.setattr(editing, "AT_ONCE", 1)
    holiday = {"kind": "CLOSED", "startsOn": house.day.isoformat()}
    answer = await salon.owner.act("createScheduleException", holiday, f"{COUNTS} {OUTSIDE}")
    assert (counts(answer), answer["bookingsOutsideCount"]) == ((0, 0, 0, 0), 0)
    rows = await house.all("SELECT run_at FROM due_work WHERE organization_id = $1")
    assert [row["run_at"] <= clock.now() for row in rows] == [True, True]


async def test_a_long_closure_can_be_taken_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """All schedules together have more slots then than one plan makes; each alone has not."""
    salons = [await Salon.of(house) for _ in range(2)]
    until = house.day + timedelta(days=5)
    closure = {"kind": "CLOSED", "startsOn": house.day.isoformat(), "endsOn": until.isoformat()}
    closed = await salons[0].owner.act("createScheduleException", closure, "exception { id } removed")
    assert closed["removed"] == 48
    monkeypatch.setattr(slots, "SLOTS_MAX", 40)
    back = await salons[0].owner.act("removeScheduleException", {"exceptionId": closed["exception"]["id"]}, COUNTS)
    assert counts(back) == (0, 0, 0, 0)
    rows = await house.all("SELECT run_at FROM due_work WHERE organization_id = $1")
    assert [row["run_at"] <= clock.now() for row in rows] == [True, True]
