"""Bookings keep to their machine: every verb from every state."""

from contextlib import AbstractAsyncContextManager, nullcontext

import pytest

from app.jobs.worker import Work
from app.models import BookingStatus, EventType
from app.models.bookings import BOOKING_MACHINE
from tests.factories.houses import House
from tests.steps import Visit, due, events, eventually, nothing_changes, nothing_due, row

S, E = BookingStatus, EventType
VERBS = {
    "confirmBooking": (S.CONFIRMED, E.BOOKING_CONFIRMED),
    "declineBooking": (S.DECLINED, E.BOOKING_DECLINED),
    "cancelBooking": (S.CANCELLED, E.BOOKING_CANCELLED),
    "checkInBooking": (S.CHECKED_IN, E.BOOKING_CHECKED_IN),
    "completeBooking": (S.COMPLETED, E.BOOKING_COMPLETED),
    "markBookingNoShow": (S.NO_SHOW, E.BOOKING_NO_SHOW),
}
UNSERVED = (S.DECLINED, S.CANCELLED, S.EXPIRED)


def test_every_transition_has_its_verb() -> None:
    targets = {target for targets in BOOKING_MACHINE.transitions.values() for target in targets}
    # the two others: a booked hold becomes PENDING, and a job lets holds expire
    assert targets == {target for target, _ in VERBS.values()} | {S.PENDING, S.EXPIRED}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", BookingStatus)
async def test_a_verb_keeps_to_the_machine(house: House, verb: str, status: BookingStatus) -> None:
    visit = await Visit.of(house)
    id = await visit.booking(status)
    target, event = VERBS[verb]
    legal = target in BOOKING_MACHINE.transitions.get(status, ())
    taken = await visit.taken()
    scene: AbstractAsyncContextManager[None] = nullcontext() if legal else nothing_changes(house)
    async with scene:
        answer = await house.client("STAFF").act(
            verb,
            {"bookingId": house.gid("Booking", id)} | ({"reason": "Full."} if verb == "declineBooking" else {}),
            f"... on {verb[0].upper()}{verb[1:]}Success {{ booking {{ status version reason }} }}"
            "... on InvalidTransition { currentStatus message }",
        )
    if legal:
        reason = "Full." if verb == "declineBooking" else None
        assert answer["booking"] == {"status": target, "version": 2, "reason": reason}
        assert await events(house) == [event]
        assert await visit.taken() == (0 if target in UNSERVED else taken)
    else:
        assert answer == {
            "__typename": "InvalidTransition",
            "currentStatus": status,
            "message": f"A booking that is {status} cannot become {target}.",
        }


async def test_only_a_hold_expires(house: House, worker: Work) -> None:
    visit = await Visit.of(house)
    bookings = {status: await visit.booking(status) for status in BookingStatus}
    assert await visit.taken() == 4
    for id in bookings.values():
        await due(house, "EXPIRE_HOLD", id)
    await eventually(lambda: nothing_due(house))
    found = {status: (await row(house, "bookings", id))["status"] for status, id in bookings.items()}
    assert found == {status: status for status in BookingStatus} | {S.HELD: "EXPIRED"}
    assert (await events(house), await visit.taken()) == ([E.BOOKING_EXPIRED], 3)


@pytest.mark.parametrize("status", [status for status in BookingStatus if status is not S.HELD])
async def test_only_a_hold_becomes_the_booking(house: House, status: BookingStatus) -> None:
    visit = await Visit.of(house)
    id = await visit.booking(status)
    answer = await visit.customer.client.act(
        "bookSlot", visit.wanted, "... on BookSlotSuccess { booking { id status } }"
    )
    assert answer["booking"]["id"] != house.gid("Booking", id)
    assert answer["booking"]["status"] == "PENDING"
    assert (await row(house, "bookings", id))["status"] == status
