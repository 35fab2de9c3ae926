"""What a service's policy lets customers do, and what it costs them."""

from datetime import time, timedelta

import pytest

from app import clock
from tests.client import Json
from tests.factories.houses import House
from tests.steps import Visit, errors, events, nothing_changes, row

REFUSED = """... on OutsideBookingWindow { opensAt closesAt message }
  ... on CustomerLimitReached { limit message } ... on Problem { message }"""
BOOKED = f"... on BookSlotSuccess {{ booking {{ id status }} }} {REFUSED}"
HELD = f"... on HoldSlotSuccess {{ booking {{ id status }} }} {REFUSED}"
CANCELLED = """... on CancelBookingSuccess { booking { status charges { kind amount { amount currency } } }
  fee { amount currency } } ... on CancellationClosed { cancelBefore }"""
NO_SHOW = "... on MarkBookingNoShowSuccess { booking { charges { kind amount { amount } } } fee { amount currency } }"
DAY_S = 24 * 3600


def ahead_s(house: House) -> int:
    """How long it is until the slot of a visit."""
    return int((house.at(time(10)) - clock.now()).total_seconds())


# the booking window


async def window(house: House, **policy: object) -> Json:
    """What a customer hears who books or holds a slot, which must be the same; staff book it all the same."""
    visit = await Visit.of(house, **policy)
    async with nothing_changes(house):
        refused = await visit.customer.client.act("bookSlot", visit.wanted, BOOKED)
        assert refused == await visit.customer.client.act("holdSlot", visit.wanted, HELD)
    staff = await house.client("STAFF").act("bookSlot", visit.wanted, BOOKED)
    assert staff["__typename"] == "BookSlotSuccess"
    return refused


async def test_a_slot_opens_for_booking(house: House) -> None:
    early = ahead_s(house) - 60
    refused = await window(house, opens_before_s=early)
    opens_at = house.at(time(10)) - timedelta(seconds=early)
    assert refused == {
        "__typename": "OutsideBookingWindow",
        "opensAt": opens_at.isoformat(),
        "closesAt": None,
        "message": "This cannot be booked at this time.",
    }


async def test_a_slot_asks_for_notice(house: House) -> None:
    late = ahead_s(house) + 60
    refused = await window(house, notice_s=late)
    assert (refused["opensAt"], refused["closesAt"]) == (
        None,
        (house.at(time(10)) - timedelta(seconds=late)).isoformat(),
    )


async def test_a_service_opens_for_booking(house: House) -> None:
    opens_at = clock.now() + timedelta(hours=1)
    refused = await window(house, bookable_from=opens_at, opens_before_s=90 * DAY_S, notice_s=3600)
    closes_at = house.at(time(9))
    assert (refused["opensAt"], refused["closesAt"]) == (opens_at.isoformat(), closes_at.isoformat())


async def test_a_service_closes_for_booking(house: House) -> None:
    closed_at = clock.now() - timedelta(hours=1)
    refused = await window(house, bookable_until=closed_at)
    assert (refused["opensAt"], refused["closesAt"]) == (None, closed_at.isoformat())


async def test_inside_the_window_customers_book(house: House) -> None:
    visit = await Visit.of(
        house,
        opens_before_s=ahead_s(house) + 60,
        notice_s=ahead_s(house) - 60,
        bookable_from=clock.now() - timedelta(hours=1),
        bookable_until=clock.now() + timedelta(hours=1),
    )
    assert (await visit.customer.client.act("bookSlot", visit.wanted, BOOKED))["__typename"] == "BookSlotSuccess"


# places of one customer


async def test_a_customer_has_so_many_places_of_a_slot(house: House) -> None:
    visit = await Visit.of(house, customer_places_max=2)
    await visit.booking("CANCELLED")
    await visit.booking("CONFIRMED")
    client, refused = visit.customer.client, {"__typename": "CustomerLimitReached", "limit": 2}
    held = await client.act("holdSlot", visit.wanted, HELD)
    assert held["__typename"] == "HoldSlotSuccess"
    other = visit.wanted | {"subjectId": house.gid("Pet", await house.pet(visit.customer_id))}
    async with nothing_changes(house):
        message = {"message": "A customer can have 2 of these places."}
        assert await client.act("bookSlot", other, BOOKED) == refused | message
        group = {"bookings": [other]}
        assert await client.act("bookGroup", group, REFUSED) == refused | message
    # the hold is one of the two, so it can become a booking
    assert (await client.act("bookSlot", visit.wanted, BOOKED))["booking"]["id"] == held["booking"]["id"]
    elsewhere = other | {"slotId": house.gid("Slot", await house.slot(visit.service))}
    assert (await client.act("bookSlot", elsewhere, BOOKED))["__typename"] == "BookSlotSuccess"
    assert (await house.client("STAFF").act("bookSlot", other, BOOKED))["__typename"] == "BookSlotSuccess"


async def test_other_customers_do_not_count(house: House) -> None:
    visit = await Visit.of(house, customer_places_max=1)
    other = await house.customer()
    await house.booking(other, await house.pet(other), visit.slot)
    assert (await visit.customer.client.act("bookSlot", visit.wanted, BOOKED))["__typename"] == "BookSlotSuccess"


# confirmation


async def test_a_booking_may_be_confirmed_at_once(house: House) -> None:
    visit = await Visit.of(house, confirmation="AUTOMATIC")
    booked = await visit.customer.client.act("bookSlot", visit.wanted, BOOKED)
    assert booked["booking"]["status"] == "CONFIRMED"
    assert await events(house) == ["BOOKING_CREATED", "BOOKING_CONFIRMED"]
    mail = "SELECT count(*) FROM due_work WHERE organization_id = $1 AND kind = 'NOTIFY_BOOKING_CONFIRMED'"
    assert await house.value(mail) == 1


async def test_a_hold_may_be_confirmed_at_once(house: House) -> None:
    visit = await Visit.of(house, confirmation="AUTOMATIC")
    await visit.customer.client.act("holdSlot", visit.wanted, HELD)
    booked = await visit.customer.client.act("bookSlot", visit.wanted, BOOKED)
    assert booked["booking"]["status"] == "CONFIRMED"
    assert await events(house) == ["BOOKING_HELD", "BOOKING_CREATED", "BOOKING_CONFIRMED"]


# fees


@pytest.mark.parametrize(
    ("fee", "amount"),
    [
        ({"cancellation_fee_minor": 1500}, 1500),
        ({"cancellation_fee_percent": 50}, 2250),
        ({"cancellation_fee_percent": 33}, 1485),
        ({"cancellation_fee_percent": 0}, 0),
        ({}, 0),
    ],
)
async def test_calling_off_late_costs_what_was_agreed(house: House, fee: Json, amount: int) -> None:
    terms = {"free_cancellation_notice_s": ahead_s(house) + 60, "confirmation": "AUTOMATIC"}
    visit = await Visit.of(house, **terms, **fee)
    booked = (await visit.customer.client.act("bookSlot", visit.wanted, BOOKED))["booking"]
    # what was agreed stands, whatever the service asks for now
    await house.all(
        "UPDATE services SET cancellation_fee_minor = 1, cancellation_fee_percent = NULL WHERE organization_id = $1"
    )
    answer = await visit.customer.client.act("cancelBooking", {"bookingId": booked["id"]}, CANCELLED)
    money = {"amount": amount, "currency": "GEL"} if amount else None
    charges = [{"kind": "CANCELLATION", "amount": money}] if amount else []
    assert answer == {
        "__typename": "CancelBookingSuccess",
        "booking": {"status": "CANCELLED", "charges": charges},
        "fee": money,
    }
    assert ("BOOKING_CHARGED" in await events(house)) is bool(amount)


async def test_half_a_tetri_is_rounded_up(house: House) -> None:
    visit = await Visit.of(
        house,
        price_minor=5,
        cancellation_fee_percent=50,
        confirmation="AUTOMATIC",
        free_cancellation_notice_s=ahead_s(house) + 60,
    )
    booked = (await visit.customer.client.act("bookSlot", visit.wanted, BOOKED))["booking"]
    answer = await visit.customer.client.act("cancelBooking", {"bookingId": booked["id"]}, CANCELLED)
    assert answer["fee"] == {"amount": 3, "currency": "GEL"}


@pytest.mark.parametrize("status", ["HELD", "PENDING"])
async def test_what_nobody_has_confirmed_costs_nothing(house: House, status: str) -> None:
    visit = await Visit.of(house, free_cancellation_notice_s=10 * DAY_S)
    id = house.gid("Booking", await visit.booking(status, cancellation_fee_minor=1500))
    answer = await visit.customer.client.act("cancelBooking", {"bookingId": id}, CANCELLED)
    assert (answer["booking"], answer["fee"]) == ({"status": "CANCELLED", "charges": []}, None)


async def test_in_time_it_is_free(house: House) -> None:
    visit = await Visit.of(house, free_cancellation_notice_s=ahead_s(house) - 60)
    id = house.gid("Booking", await visit.booking("CONFIRMED", cancellation_fee_minor=1500))
    assert (await visit.customer.client.act("cancelBooking", {"bookingId": id}, CANCELLED))["fee"] is None


@pytest.mark.parametrize(("charge", "fee"), [({}, None), ({"chargeFee": True}, {"amount": 1500, "currency": "GEL"})])
async def test_staff_decide_who_pays(house: House, charge: Json, fee: Json | None) -> None:
    visit = await Visit.of(house, free_cancellation_notice_s=10 * DAY_S)
    id = house.gid("Booking", await visit.booking("CONFIRMED", cancellation_fee_minor=1500))
    answer = await house.client("STAFF").act("cancelBooking", {"bookingId": id, **charge}, CANCELLED)
    assert answer["fee"] == fee


async def test_customers_cannot_decide_not_to_pay(house: House) -> None:
    visit = await Visit.of(house, free_cancellation_notice_s=10 * DAY_S)
    id = house.gid("Booking", await visit.booking("CONFIRMED", cancellation_fee_minor=1500))
    input = {"bookingId": id, "chargeFee": False}
    answer = await visit.customer.client.act("cancelBooking", input, CANCELLED)
    assert answer["fee"] == {"amount": 1500, "currency": "GEL"}


@pytest.mark.parametrize(
    ("begins_in", "charge", "amount"),
    [(-1, {}, 2000), (-1, {"chargeFee": False}, None), (1, {}, None)],
    ids=["not come", "forgiven", "not begun"],
)
async def test_not_coming_costs_what_was_agreed(house: House, begins_in: int, charge: Json, amount: int | None) -> None:
    visit, starts_at = await Visit.of(house), clock.now() + timedelta(hours=begins_in)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    id = house.gid("Booking", await visit.booking("CONFIRMED", no_show_fee_minor=2000, **times))
    answer = await house.client("STAFF").act("markBookingNoShow", {"bookingId": id, **charge}, NO_SHOW)
    charges = [{"kind": "NO_SHOW", "amount": {"amount": amount}}] if amount else []
    assert answer["booking"]["charges"] == charges
    assert answer["fee"] == ({"amount": amount, "currency": "GEL"} if amount else None)


async def test_a_repeated_request_shows_the_same_fee(house: House) -> None:
    visit = await Visit.of(house, free_cancellation_notice_s=10 * DAY_S)
    booking = await visit.booking("CONFIRMED", cancellation_fee_minor=1500)
    input = {"bookingId": house.gid("Booking", booking)}
    answers = [
        await visit.customer.client.act("cancelBooking", input, CANCELLED, idempotency_key="once") for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert await house.value("SELECT count(*) FROM booking_charges WHERE organization_id = $1") == 1


async def test_a_booking_tells_what_calling_off_costs(house: House) -> None:
    visit = await Visit.of(
        house,
        cancellation_notice_s=3600,
        free_cancellation_notice_s=7200,
        cancellation_fee_percent=10,
        no_show_fee_minor=4500,
    )
    terms = """... on BookSlotSuccess { booking { cancellation {
        cancelBefore cancelFreeBefore cancellationFee { amount currency } noShowFee { amount } } } }"""
    booked = await visit.customer.client.act("bookSlot", visit.wanted, terms)
    assert booked["booking"]["cancellation"] == {
        "cancelBefore": house.at(time(9)).isoformat(),
        "cancelFreeBefore": house.at(time(8)).isoformat(),
        "cancellationFee": {"amount": 450, "currency": "GEL"},
        "noShowFee": {"amount": 4500},
    }


# holds


async def test_who_holds_a_place_does_not_get_a_second(house: House) -> None:
    visit = await Visit.of(house)
    first = await visit.customer.client.act("holdSlot", visit.wanted, HELD)
    async with nothing_changes(house):
        assert await visit.customer.client.act("holdSlot", visit.wanted, HELD) == first
    assert await visit.taken() == 1


async def test_a_hold_ends_when_its_slot_begins(house: House) -> None:
    visit = await Visit.of(house)
    soon = clock.now() + timedelta(minutes=2)
    visit.slot = await house.slot(visit.service, soon)
    await visit.customer.client.act("holdSlot", visit.wanted, HELD)
    (held,) = await house.all("SELECT id FROM bookings WHERE organization_id = $1")
    assert (await row(house, "bookings", held["id"]))["held_until"] == soon


async def test_nonsense_changes_nothing(house: House) -> None:
    visit = await Visit.of(house)
    async with nothing_changes(house):
        assert await errors(visit.customer.client, "bookGroup", {"bookings": []}) == [("BAD_USER_INPUT", "bookings")]
        many = {"bookings": [visit.wanted] * 51}
        assert await errors(visit.customer.client, "bookGroup", many) == [("BAD_USER_INPUT", "bookings")]
