"""Booking, holding and calling off."""

from datetime import time, timedelta
from typing import Any

import pytest

from app import clock
from app.jobs.worker import Work
from tests.client import Client, Json
from tests.factories.houses import House
from tests.steps import Visit, due, errors, events, eventually, key, nothing_changes, nothing_due, row

BOOKED = """... on BookSlotSuccess { booking { id number status notes heldUntil price { amount currency } slot { taken }
  transports { kind status } } }
  ... on SlotFull { message waitlistOpen nextAvailable { id } }
  ... on SlotClosed { message }"""
HELD = """... on HoldSlotSuccess { booking { id status heldUntil price { amount } } }
  ... on SlotFull { message nextAvailable { id } } ... on SlotClosed { message }"""
CANCELLED = """... on CancelBookingSuccess { booking { status reason } }
  ... on CancellationClosed { cancelBefore message } ... on InvalidTransition { currentStatus }"""


async def book(client: Client, wanted: Json, **more: Any) -> Json:
    return await client.act("bookSlot", wanted | more, BOOKED)


# holds


async def test_a_hold_becomes_the_booking(house: House) -> None:
    visit = await Visit.of(house)
    client = visit.customer.client
    held = (await client.act("holdSlot", visit.wanted, HELD))["booking"]
    assert (held["status"], await visit.taken()) == ("HELD", 1)
    booked = (await book(client, visit.wanted, notes=" Shy. "))["booking"]
    assert booked.pop("number")
    assert booked == {
        "id": held["id"],
        "status": "PENDING",
        "notes": "Shy.",
        "heldUntil": None,
        "price": {"amount": 4500, "currency": "GEL"},
        "slot": {"taken": 1},
        "transports": [],
    }
    assert await events(house) == ["BOOKING_HELD", "BOOKING_CREATED"]


async def test_a_hold_of_the_last_place_is_booked(house: House) -> None:
    visit = await Visit.of(house)
    visit.slot = await house.slot(visit.service, capacity=1)
    held = await visit.customer.client.act("holdSlot", visit.wanted, HELD)
    assert (await book(visit.customer.client, visit.wanted))["booking"]["id"] == held["booking"]["id"]


async def test_a_hold_lasts_as_long_as_the_settings_say(house: House) -> None:
    visit = await Visit.of(house)
    held = (await visit.customer.client.act("holdSlot", visit.wanted, HELD))["booking"]
    found = await row(house, "bookings", key(held["id"]))
    assert found["held_until"] - found["created_at"] == pytest.approx(
        timedelta(seconds=house.settings.hold_s), abs=timedelta(seconds=1)
    )
    work = await house.all("SELECT kind, ref_id, run_at FROM due_work WHERE organization_id = $1")
    assert [tuple(item) for item in work] == [("EXPIRE_HOLD", found["id"], found["held_until"])]


async def test_an_expired_hold_gives_its_place_back(house: House, worker: Work) -> None:
    visit = await Visit.of(house)
    id = await visit.booking("HELD", held_until=clock.now() - timedelta(minutes=1))
    await due(house, "EXPIRE_HOLD", id)
    await eventually(lambda: nothing_due(house))
    assert ((await row(house, "bookings", id))["status"], await visit.taken()) == ("EXPIRED", 0)


async def test_a_hold_past_its_time_is_not_booked(house: House) -> None:
    visit = await Visit.of(house)
    id = await visit.booking("HELD", held_until=clock.now() - timedelta(seconds=1))
    booked = (await book(visit.customer.client, visit.wanted))["booking"]
    assert booked["id"] != house.gid("Booking", id)
    assert ((await row(house, "bookings", id))["status"], await visit.taken()) == ("HELD", 2)


async def test_a_hold_of_another_subject_is_not_booked(house: House) -> None:
    visit = await Visit.of(house)
    held = await visit.booking("HELD")
    other = {"subjectId": house.gid("Pet", await house.pet(visit.customer_id))}
    booked = (await book(visit.customer.client, visit.wanted | other))["booking"]
    assert (booked["id"] == house.gid("Booking", held), booked["slot"]) == (False, {"taken": 2})


# what was agreed


async def test_the_price_is_the_one_that_was_agreed(house: House) -> None:
    visit = await Visit.of(house)
    held = (await visit.customer.client.act("holdSlot", visit.wanted, HELD))["booking"]
    changed = await house.client("OWNER").act(
        "updateService",
        {"serviceId": house.gid("Service", visit.service), "version": 1, "price": 9900},
        "... on UpdateServiceSuccess { service { price { amount currency } } }",
    )
    assert changed["service"]["price"] == {"amount": 9900, "currency": "GEL"}
    booked = (await book(visit.customer.client, visit.wanted))["booking"]
    assert (booked["id"], booked["price"]["amount"]) == (held["id"], 4500)
    assert (await book(visit.customer.client, visit.wanted))["booking"]["price"]["amount"] == 9900


# no place


async def test_a_full_slot_names_the_next_that_has_a_place(house: House) -> None:
    visit = await Visit.of(house, name="Bath")
    full = await house.slot(visit.service, house.at(time(8)), capacity=0)
    await house.slot(visit.service, house.at(time(9)), capacity=0)
    closed = await house.slot(visit.service, house.at(time(9)))
    await house.pool.execute("UPDATE slots SET status = 'CLOSED' WHERE id = $1", closed)
    await house.slot(visit.service, clock.now() - timedelta(hours=1))
    await house.slot(await house.service(), house.at(time(9)))
    await house.slot(visit.service, house.at(time(11)))
    wanted = visit.wanted | {"slotId": house.gid("Slot", full)}
    async with nothing_changes(house):
        answer = await book(visit.customer.client, wanted)
    assert answer == {
        "__typename": "SlotFull",
        "message": "This slot is full.",
        "waitlistOpen": True,
        "nextAvailable": {"id": house.gid("Slot", visit.slot)},
    }
    held = await visit.customer.client.act("holdSlot", wanted, HELD)
    assert (held["__typename"], held["nextAvailable"]["id"]) == ("SlotFull", house.gid("Slot", visit.slot))


async def test_after_the_last_slot_the_first_is_named(house: House) -> None:
    visit = await Visit.of(house)
    full = await house.slot(visit.service, house.at(time(18)), capacity=0)
    answer = await book(visit.customer.client, visit.wanted | {"slotId": house.gid("Slot", full)})
    assert answer["nextAvailable"] == {"id": house.gid("Slot", visit.slot)}
    soon = await house.slot(visit.service, house.at(time(20)))
    answer = await book(visit.customer.client, visit.wanted | {"slotId": house.gid("Slot", full)})
    assert answer["nextAvailable"] == {"id": house.gid("Slot", soon)}


async def test_a_full_slot_may_be_the_last(house: House) -> None:
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE slots SET capacity = 0 WHERE id = $1", visit.slot)
    assert (await book(visit.customer.client, visit.wanted))["nextAvailable"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE slots SET status = 'CLOSED'", "This slot is not open for booking."),
        ("UPDATE slots SET starts_at = now() - interval '1 minute'", "This slot is not open for booking."),
        ("UPDATE services SET active = false", "This service is not offered any more."),
    ],
)
async def test_a_closed_slot_takes_no_booking(house: House, change: str, message: str) -> None:
    visit = await Visit.of(house)
    await house.all(f"{change} WHERE organization_id = $1")
    async with nothing_changes(house):
        assert await book(visit.customer.client, visit.wanted) == {"__typename": "SlotClosed", "message": message}
        held = await visit.customer.client.act("holdSlot", visit.wanted, HELD)
        assert held == {"__typename": "SlotClosed", "message": message}


async def test_nobody_books_for_somebody_elses_subject(house: House) -> None:
    visit = await Visit.of(house)
    foreign = {"subjectId": house.gid("Pet", await house.pet(await house.customer()))}
    async with nothing_changes(house):
        assert await errors(visit.customer.client, "bookSlot", visit.wanted | foreign) == [("NOT_FOUND", None)]
        assert await errors(visit.customer.client, "holdSlot", visit.wanted | foreign) == [("NOT_FOUND", None)]


# calling off


@pytest.mark.parametrize(("margin_s", "answer"), [(60, "CancellationClosed"), (-60, "CancelBookingSuccess")])
async def test_customers_cancel_until_the_notice(house: House, margin_s: int, answer: str) -> None:
    ahead_s = int((house.at(time(10)) - clock.now()).total_seconds())
    visit = await Visit.of(house, cancellation_notice_s=ahead_s + margin_s)
    id = await visit.booking("CONFIRMED")
    input = {"bookingId": house.gid("Booking", id)}
    found = await visit.customer.client.act("cancelBooking", input, CANCELLED)
    assert found["__typename"] == answer
    if answer == "CancellationClosed":
        assert found["cancelBefore"] == (house.at(time(10)) - timedelta(seconds=ahead_s + margin_s)).isoformat()
        assert (await row(house, "bookings", id))["status"] == "CONFIRMED"
        found = await house.client("STAFF").act("cancelBooking", input | {"reason": "Ill."}, CANCELLED)
        assert found["booking"] == {"status": "CANCELLED", "reason": "Ill."}


async def test_customers_let_a_hold_go_at_any_time(house: House) -> None:
    visit = await Visit.of(house, cancellation_notice_s=48 * 3600)
    input = {"bookingId": house.gid("Booking", await visit.booking("HELD"))}
    assert (await visit.customer.client.act("cancelBooking", input, CANCELLED))["booking"]["status"] == "CANCELLED"
    assert await visit.taken() == 0


async def test_what_is_over_is_not_merely_too_late_to_cancel(house: House) -> None:
    visit = await Visit.of(house, cancellation_notice_s=48 * 3600)
    input = {"bookingId": house.gid("Booking", await visit.booking("COMPLETED"))}
    answer = await visit.customer.client.act("cancelBooking", input, CANCELLED)
    assert answer == {"__typename": "InvalidTransition", "currentStatus": "COMPLETED"}


LEG = {
    "cancelBooking": ("BOOKING_CANCELLED", 0),
    "declineBooking": ("BOOKING_DECLINED", 0),
    "markBookingNoShow": ("BOOKING_NO_SHOW", 1),
}


@pytest.mark.parametrize("verb", LEG)
async def test_rides_end_with_their_booking(house: House, verb: str) -> None:
    visit = await Visit.of(house)
    event, taken = LEG[verb]
    id = await visit.booking("CONFIRMED" if verb == "markBookingNoShow" else "PENDING")
    there = await house.transport(visit.customer_id, booking_id=id, kind="TO_SITE")
    back = await house.transport(visit.customer_id, booking_id=id, kind="FROM_SITE")
    other = await house.transport(visit.customer_id)
    input = {"bookingId": house.gid("Booking", id)} | ({"reason": "Full."} if verb == "declineBooking" else {})
    await house.client("STAFF").act(verb, input, "")
    statuses = [(await row(house, "transports", ride))["status"] for ride in (there, back, other)]
    assert statuses == ["CANCELLED", "CANCELLED", "PENDING"]
    assert await events(house) == [event, "TRANSPORT_CANCELLED", "TRANSPORT_CANCELLED"]
    assert await visit.taken() == taken


async def test_a_ride_on_board_is_finished(house: House) -> None:
    visit, driver = await Visit.of(house), house.people["DRIVER"].viewer.driver_id
    assert driver
    id = await visit.booking("CONFIRMED")
    ride = await house.transport(visit.customer_id, booking_id=id, kind="TO_SITE")
    await house.route(driver, [ride], "IN_PROGRESS")
    await house.pool.execute("UPDATE transports SET status = 'PICKED_UP' WHERE id = $1", ride)
    await house.client("STAFF").act("cancelBooking", {"bookingId": house.gid("Booking", id)}, "")
    assert (await row(house, "transports", ride))["status"] == "PICKED_UP"
    assert await events(house) == ["BOOKING_CANCELLED"]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\x00b"])
async def test_a_reason_to_decline_is_given(house: House, reason: str) -> None:
    visit = await Visit.of(house)
    input = {"bookingId": house.gid("Booking", await visit.booking()), "reason": reason}
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "declineBooking", input) == [("BAD_USER_INPUT", "reason")]
