"""Whoever waits is served when there is more to use."""

from datetime import time, timedelta
from uuid import UUID

import pytest

from app.jobs.worker import Work
from tests.factories.houses import House
from tests.garage import Garage
from tests.steps import events, eventually, row

TEN, ELEVEN, TWELVE = time(10), time(11), time(12)


@pytest.fixture
async def garage(house: House) -> Garage:
    return await Garage.open(house)


async def _offered(house: House, entry: UUID) -> bool:
    return str((await row(house, "waitlist_entries", entry))["status"]) == "OFFERED"


async def _line(garage: Garage, slot: UUID) -> UUID:
    """One who waits for the slot."""
    customer = garage.house.people["CUSTOMER"].viewer.customer_id
    return await garage.house.insert(
        "waitlist_entries", slot_id=slot, customer_id=customer, subject_id=garage.pet, number=1, status="WAITING"
    )


@pytest.mark.parametrize("change", ["capacity", "active", "pool", "requirements"])
async def test_more_to_use_is_offered_to_those_who_wait(garage: Garage, worker: Work, change: str) -> None:
    house = garage.house
    a, b = await garage.bays("A", "B")
    pool = await house.pool_of(a)
    service = await garage.service({"pool_id": pool})
    slot = await garage.slot(service, TEN, ELEVEN)
    if change == "active":
        await house.pool.execute("UPDATE resources SET active = false WHERE id = $1", a)
    else:
        assert await garage.book(slot) == ["A"]
    entry, bay = await _line(garage, slot), {"resourceId": house.gid("Resource", a), "version": 1}
    verb, input = {
        "capacity": ("updateResource", bay | {"capacity": 2}),
        "active": ("updateResource", bay | {"active": True}),
        "pool": (
            "updateResourcePool",
            {
                "poolId": house.gid("ResourcePool", pool),
                "version": 1,
                "resourceIds": [house.gid("Resource", a), house.gid("Resource", b)],
            },
        ),
        "requirements": (
            "setServiceRequirements",
            {"serviceId": house.gid("Service", service), "version": 1, "requirements": []},
        ),
    }[change]
    answer = await house.client("OWNER").act(verb, input, "")
    assert answer["__typename"].endswith("Success")
    await eventually(lambda: _offered(house, entry))
    assert (await events(house))[-2:] == ["BOOKING_HELD", "WAITLIST_OFFERED"]


async def test_what_came_free_serves_whoever_waits_at_that_time(garage: Garage, worker: Work) -> None:
    """For another slot, of another service."""
    (bay,) = await garage.bays("Bay")
    mine = await garage.slot(await garage.service({"resource_id": bay}), TEN, TWELVE)
    theirs = await garage.slot(await garage.service({"resource_id": bay}), ELEVEN, time(13))
    booking = (await garage.ask(mine))["booking"]["id"]
    entry = await _line(garage, theirs)
    await garage.house.client("OWNER").act("cancelBooking", {"bookingId": booking}, "")
    await eventually(lambda: _offered(garage.house, entry))
    offered = await row(garage.house, "waitlist_entries", entry)
    held = await row(garage.house, "bookings", offered["booking_id"])
    assert held["held_until"] - held["created_at"] == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=1))
