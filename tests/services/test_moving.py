"""Moving a booking: the same number, the same history, another time."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from tests.client import Client, Json
from tests.factories.houses import House
from tests.steps import Visit, errors, events, nothing_changes, row

MOVED = """... on RescheduleBookingSuccess { booking { number version startsAt endsAt status price { amount }
    slot { id } history { edges { node { type } } } transports { kind status } } }
  ... on SlotFull { message } ... on SlotClosed { message } ... on VersionConflict { currentVersion }
  ... on InvalidTransition { currentStatus } ... on CancellationClosed { cancelBefore }
  ... on ResourceUnavailable { nextAvailable { id } } ... on OutsideBookingWindow { closesAt }"""


async def afternoon(house: House, visit: Visit, **values: Any) -> UUID:
    return await house.slot(visit.service, house.at(time(15)), **values)


async def move(house: House, client: Client, booking: UUID, slot: UUID, version: int = 1) -> Json:
    input = {"bookingId": house.gid("Booking", booking), "version": version, "slotId": house.gid("Slot", slot)}
    return await client.act("rescheduleBooking", input, MOVED)


async def taken(house: House, slot: UUID) -> int:
    found: int = (await row(house, "slots", slot))["taken"]
    return found


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED"])
async def test_a_booking_moves(house: House, status: str) -> None:
    visit = await Visit.of(house, price_minor=9900)
    booking, slot = await visit.booking(status), await afternoon(house, visit, capacity=1)
    moved = (await move(house, visit.customer.client, booking, slot))["booking"]
    assert moved == {
        "number": (await row(house, "bookings", booking))["number"],
        "version": 2,
        "startsAt": house.at(time(15)).isoformat(),
        "endsAt": house.at(time(19)).isoformat(),
        "status": status,
        "price": {"amount": 4500},
        "slot": {"id": house.gid("Slot", slot)},
        "history": {"edges": [{"node": {"type": "BOOKING_RESCHEDULED"}}]},
        "transports": [],
    }
    assert (await visit.taken(), await taken(house, slot)) == (0, 1)


async def test_the_log_tells_where_it_was(house: House) -> None:
    visit = await Visit.of(house)
    await move(house, visit.customer.client, await visit.booking(), await afternoon(house, visit))
    changes = await house.value("SELECT changes ->> 'starts_at' FROM event_details WHERE organization_id = $1")
    assert house.at(time(10)).isoformat() in changes
    assert house.at(time(15)).isoformat() in changes


async def test_to_its_own_slot_nothing_is_lost(house: House) -> None:
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE slots SET capacity = 1 WHERE id = $1", visit.slot)
    answer = await move(house, visit.customer.client, await visit.booking(), visit.slot)
    assert answer["__typename"] == "RescheduleBookingSuccess"
    assert await visit.taken() == 1


@pytest.mark.parametrize("status", ["HELD", "CHECKED_IN", "COMPLETED", "CANCELLED", "NO_SHOW", "DECLINED", "EXPIRED"])
async def test_only_what_is_to_come_moves(house: House, status: str) -> None:
    visit = await Visit.of(house)
    booking, slot = await visit.booking(status), await afternoon(house, visit)
    async with nothing_changes(house):
        answer = await move(house, visit.customer.client, booking, slot)
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


async def test_a_refused_move_leaves_everything_as_it_was(house: House) -> None:
    visit = await Visit.of(house)
    booking = await visit.booking()
    full = await afternoon(house, visit, capacity=0)
    closed = await house.slot(visit.service, house.at(time(16)), status="CLOSED")
    over = await house.slot(visit.service, clock.now() - timedelta(hours=1))
    client = visit.customer.client
    async with nothing_changes(house):
        assert (await move(house, client, booking, full))["__typename"] == "SlotFull"
        assert (await move(house, client, booking, closed))["__typename"] == "SlotClosed"
        assert (await move(house, client, booking, over))["__typename"] == "SlotClosed"
        stale = await move(house, client, booking, visit.slot, version=2)
        assert stale == {"__typename": "VersionConflict", "currentVersion": 1}


async def test_a_slot_of_another_service_is_no_place_to_go(house: House) -> None:
    visit, other = await Visit.of(house), await house.slot()
    input = {
        "bookingId": house.gid("Booking", await visit.booking()),
        "version": 1,
        "slotId": house.gid("Slot", other),
    }
    async with nothing_changes(house):
        assert await errors(visit.customer.client, "rescheduleBooking", input) == [("BAD_USER_INPUT", "slotId")]


async def test_customers_move_what_they_could_call_off_for_free(house: House) -> None:
    """A move must not be the way around a fee."""
    visit = await Visit.of(house, free_cancellation_notice_s=10 * 24 * 3600)
    booking, slot = await visit.booking("CONFIRMED"), await afternoon(house, visit)
    async with nothing_changes(house):
        answer = await move(house, visit.customer.client, booking, slot)
        limit = house.at(time(10)) - timedelta(days=10)
        assert answer == {"__typename": "CancellationClosed", "cancelBefore": limit.isoformat()}
    moved = await move(house, house.client("STAFF"), booking, slot)
    assert moved["__typename"] == "RescheduleBookingSuccess"


async def test_the_window_holds_for_where_it_goes(house: House) -> None:
    ahead_s = int((house.at(time(15)) - clock.now()).total_seconds())
    visit = await Visit.of(house, notice_s=ahead_s + 60)
    booking, slot = await visit.booking(), await afternoon(house, visit)
    answer = await move(house, visit.customer.client, booking, slot)
    assert answer["__typename"] == "OutsideBookingWindow"


async def test_rides_go_with_it(house: House) -> None:
    visit = await Visit.of(house)
    leg = {"placeId": house.gid("Place", visit.home), "notes": "Ring twice."}
    booked = await visit.customer.client.act(
        "bookSlot", visit.wanted | {"pickup": leg, "dropoff": leg}, "... on BookSlotSuccess { booking { id } }"
    )
    (booking,) = await house.all("SELECT id FROM bookings WHERE organization_id = $1")
    assert booked["booking"]["id"] == house.gid("Booking", booking["id"])
    await move(house, visit.customer.client, booking["id"], await afternoon(house, visit))
    rides = await house.all(
        "SELECT kind, status, pickup_from, dropoff_until, notes FROM transports WHERE organization_id = $1 "
        "ORDER BY status, kind"
    )
    by = [(ride["kind"], ride["status"], ride["pickup_from"], ride["dropoff_until"]) for ride in rides]
    assert by == [
        ("FROM_SITE", "CANCELLED", house.at(time(14)), house.at(time(16))),
        ("TO_SITE", "CANCELLED", house.at(time(8)), house.at(time(10))),
        ("FROM_SITE", "PENDING", house.at(time(19)), house.at(time(21))),
        ("TO_SITE", "PENDING", house.at(time(13)), house.at(time(15))),
    ]
    assert {ride["notes"] for ride in rides} == {"Ring twice."}


async def test_its_resources_go_with_it(house: House) -> None:
    visit = await Visit.of(house)
    await house.requirement(visit.service, resource_id=await house.resource())
    booked = await visit.customer.client.act(
        "bookSlot", visit.wanted, "... on BookSlotSuccess { booking { id version resources { kind } } }"
    )
    assert booked["booking"]["resources"] == [{"kind": "BAY"}]
    (booking,) = await house.all("SELECT id FROM bookings WHERE organization_id = $1")
    overlapping = await house.slot(visit.service, house.at(time(12)))
    answer = await move(house, visit.customer.client, booking["id"], overlapping)
    assert answer["__typename"] == "RescheduleBookingSuccess"
    uses = await house.all("SELECT during FROM allocations WHERE organization_id = $1 AND unit_id IS NOT NULL")
    assert [use["during"].lower for use in uses] == [house.at(time(12))]
    assert await events(house) == ["BOOKING_CREATED", "BOOKING_RESCHEDULED"]


async def test_a_stay_moves_by_its_nights(house: House) -> None:
    visit = await Visit.of(house)
    booking = await visit.booking(nights=1)
    input = {
        "bookingId": house.gid("Booking", booking),
        "version": 1,
        "slotId": house.gid("Slot", await afternoon(house, visit)),
    }
    async with nothing_changes(house):
        assert await errors(visit.customer.client, "rescheduleBooking", input) == [("BAD_USER_INPUT", "bookingId")]


async def test_who_moves_to_where_they_wait_waits_no_more(house: House) -> None:
    visit = await Visit.of(house)
    slot = await afternoon(house, visit)
    await house.waitlist_entry(visit.customer_id, visit.pet, slot)
    await move(house, visit.customer.client, await visit.booking(), slot)
    assert await house.value("SELECT status FROM waitlist_entries WHERE organization_id = $1") == "ACCEPTED"
