"""What people change of the slots that a schedule has made."""

from datetime import time, timedelta

import pytest

from app.jobs.worker import Work
from tests.client import Json
from tests.factories.houses import House
from tests.factories.salons import Salon, counts
from tests.steps import errors, eventually, nothing_changes, row

SLOT = "... on UpdateSlotSuccess { slot { capacity capacityPinned status schedule { name } } }"


async def change(house: House, salon: Salon, **changes: object) -> Json:
    slot = await salon.slot(9)
    input = {"slotId": house.gid("Slot", slot["id"]), "version": slot["version"], **changes}
    return await salon.owner.act("updateSlot", input, SLOT)


async def test_a_capacity_that_people_set_stays(house: House) -> None:
    salon = await Salon.of(house)
    changed = (await change(house, salon, capacity=5))["slot"]
    assert changed == {
        "capacity": 5,
        "capacityPinned": True,
        "status": "OPEN",
        "schedule": {"name": "Every day"},
    }
    slots = (await salon.slots())["OPEN"]
    assert counts(await salon.change(capacity=3)) == (0, slots - 1, 0, 0)
    assert [(await salon.slot(hour))["capacity"] for hour in (9, 10)] == [5, 3]


async def test_a_slot_that_people_closed_stays_closed(house: House) -> None:
    salon = await Salon.of(house)
    await change(house, salon, status="CLOSED")
    assert counts(await salon.change(name="As before")) == (0, 0, 0, 0)
    assert (await salon.slot(9))["status"] == "CLOSED"


@pytest.mark.parametrize("field", ["startsAt", "endsAt", "resourceId"])
async def test_a_slot_that_follows_a_schedule_does_not_move(house: House, field: str) -> None:
    salon = await Salon.of(house)
    slot = await salon.slot(9)
    value = (
        house.gid("Resource", await house.resource()) if field == "resourceId" else house.at(time(11, 30)).isoformat()
    )
    input = {"slotId": house.gid("Slot", slot["id"]), "version": slot["version"], field: value}
    if field == "startsAt":
        input["endsAt"] = house.at(time(12, 30)).isoformat()
    async with nothing_changes(house):
        assert await errors(salon.owner, "updateSlot", input) == [("BAD_USER_INPUT", "slotId")]


async def test_people_do_not_withdraw_slots(house: House) -> None:
    input = {"slotId": house.gid("Slot", await house.slot()), "version": 1, "status": "WITHDRAWN"}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "updateSlot", input) == [("BAD_USER_INPUT", "status")]


async def test_slots_follow_when_a_service_takes_longer(house: House, worker: Work) -> None:
    salon = await Salon.of(house)
    await house.insert("due_work", kind="EXTEND_SCHEDULE", ref_id=salon.schedule, run_at=house.at(time(0)))
    before = await row(house, "services", salon.service)
    input = {"serviceId": house.gid("Service", salon.service), "version": before["version"], "durationS": 1800}
    await salon.owner.act("updateService", input, "... on UpdateServiceSuccess { service { durationS } }")

    async def followed() -> bool:
        slots = await house.all("SELECT ends_at - starts_at AS lasts FROM slots WHERE organization_id = $1")
        return {slot["lasts"] for slot in slots} == {timedelta(minutes=30)}

    await eventually(followed)
