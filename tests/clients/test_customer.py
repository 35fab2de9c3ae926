"""The app of customers."""

from datetime import time, timedelta

import pytest

from app import clock
from tests.factories.care import due, protocol
from tests.factories.houses import House
from tests.operations import OPERATIONS, Operation
from tests.steps import Visit, key, latest, week


@pytest.mark.parametrize("rows", [2, 20])
async def test_my_home(operation: Operation, house: House, rows: int) -> None:
    visit = await Visit.of(house)
    for number in range(rows):
        visit.slot = await house.slot(visit.service)
        await visit.booking()
        if number:
            await house.pet(visit.customer_id)
    by = await protocol(house, name="Rabies")
    for id in await house.all("SELECT id FROM subjects WHERE organization_id = $1"):
        await due(house, visit.customer_id, id["id"], by, house.day)
    home = await operation.run(visit.customer.client)
    assert home["eventSeq"] == await latest(visit.customer.client)
    customer = home["viewer"]["customer"]
    assert (customer["id"], customer["name"]) == (house.gid("Customer", visit.customer_id), "Nino Beridze")
    subjects = [edge["node"] for edge in customer["subjects"]["edges"]]
    assert [(subject["__typename"], subject["name"]) for subject in subjects] == [("Pet", "Bim")] * rows
    rabies = {"protocol": {"name": "Rabies"}, "dueOn": house.day.isoformat()}
    assert [subject["careDue"] for subject in subjects] == [[rabies]] * rows
    bookings = [edge["node"] for edge in customer["bookings"]["edges"]]
    assert len(bookings) == min(rows, 10)
    assert (bookings[0]["service"], bookings[0]["subject"]) == ({"name": "Day care"}, {"name": "Bim"})


@pytest.mark.parametrize("rows", [2, 20])
async def test_available_slots(operation: Operation, house: House, rows: int) -> None:
    visit = await Visit.of(house)
    for hour in range(1, rows):
        await house.slot(visit.service, house.at(time(10)) + timedelta(hours=hour))
    await house.slot(visit.service, house.at(time(8)), capacity=0)
    found = await operation.run(visit.customer.client, serviceId=house.gid("Service", visit.service), **week(house))
    nodes = [edge["node"] for edge in found["slots"]["edges"]]
    assert (len(nodes), nodes[0]["id"]) == (rows, house.gid("Slot", visit.slot))
    assert (nodes[0]["available"], nodes[0]["price"]) == (10, {"amount": 4500, "currency": "GEL"})


async def test_hold_slot(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    answer = (await operation.run(visit.customer.client, **visit.wanted))["holdSlot"]
    assert (answer["__typename"], answer["booking"]["status"]) == ("HoldSlotSuccess", "HELD")
    assert answer["booking"]["heldUntil"] > clock.now().isoformat()
    full = await house.slot(visit.service, capacity=0)
    again = await operation.again(visit.customer.client, **visit.wanted | {"slotId": house.gid("Slot", full)})
    free = {"id": house.gid("Slot", visit.slot), "startsAt": house.at(time(10)).isoformat()}
    assert again["holdSlot"] == {
        "__typename": "SlotFull",
        "waitlistOpen": True,
        "nextAvailable": free,
        "message": "This slot is full.",
    }


async def test_book_slot(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    leg = {"placeId": house.gid("Place", visit.home)}
    answer = await operation.run(visit.customer.client, **visit.wanted, notes="Shy.", pickup=leg, dropoff=leg)
    assert answer["bookSlot"]["__typename"] == "BookSlotSuccess"
    booking = answer["bookSlot"]["booking"]
    assert (booking["status"], booking["startsAt"]) == ("PENDING", house.at(time(10)).isoformat())
    assert [(ride["kind"], ride["status"]) for ride in booking["transports"]] == [
        ("TO_SITE", "PENDING"),
        ("FROM_SITE", "PENDING"),
    ]
    full = {"slotId": house.gid("Slot", await house.slot(visit.service, capacity=0))}
    again = (await operation.again(visit.customer.client, **visit.wanted | full))["bookSlot"]
    assert (again["__typename"], again["nextAvailable"]["id"]) == ("SlotFull", house.gid("Slot", visit.slot))


async def test_join_waitlist(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    full = await house.slot(visit.service, capacity=0)
    await house.waitlist_entry(await house.customer(), await house.pet(visit.customer_id), full)
    wanted = visit.wanted | {"slotId": house.gid("Slot", full)}
    answer = (await operation.run(visit.customer.client, **wanted))["joinWaitlist"]
    assert answer["__typename"] == "JoinWaitlistSuccess"
    assert answer["entry"].items() >= {"position": 2, "status": "WAITING"}.items()
    again = (await operation.again(visit.customer.client, **wanted))["joinWaitlist"]
    assert again == {"__typename": "AlreadyExists", "message": "This subject waits for this slot already."}
    free = (await operation.again(visit.customer.client, **visit.wanted))["joinWaitlist"]
    assert free == {"__typename": "SlotAvailable", "message": "This slot has a place: book it."}


async def test_cancel_booking(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    id = house.gid("Booking", await visit.booking())
    answer = (await operation.run(visit.customer.client, id=id, reason="Ill."))["cancelBooking"]
    cancelled = {"id": id, "status": "CANCELLED"}
    assert answer == {"__typename": "CancelBookingSuccess", "booking": cancelled, "fee": None}
    again = (await operation.again(visit.customer.client, id=id))["cancelBooking"]
    assert (again["__typename"], again["currentStatus"]) == ("InvalidTransition", "CANCELLED")
    dear = await Visit.of(house, free_cancellation_notice_s=48 * 3600)
    confirmed = await dear.booking("CONFIRMED", cancellation_fee_minor=1500)
    paid = await operation.again(dear.customer.client, id=house.gid("Booking", confirmed))
    assert paid["cancelBooking"]["fee"] == {"amount": 1500, "currency": "GEL"}
    late = await Visit.of(house, cancellation_notice_s=48 * 3600)
    closed = await operation.again(late.customer.client, id=house.gid("Booking", await late.booking()))
    assert closed["cancelBooking"]["__typename"] == "CancellationClosed"
    assert closed["cancelBooking"]["cancelBefore"] == (house.at(time(10)) - timedelta(days=2)).isoformat()


async def test_booking_updates(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    leg = {"placeId": house.gid("Place", visit.home)}
    booked = (await visit.customer.client.run(OPERATIONS["BookSlot"], visit.wanted | {"pickup": leg}))["bookSlot"]
    id, seq = booked["booking"]["id"], await latest(visit.customer.client)
    await house.client("STAFF").run(OPERATIONS["ConfirmBooking"], {"id": id})
    news = (await operation.first(visit.customer.client, after=seq))["bookingUpdated"]
    assert (news["type"], news["booking"]["id"], news["booking"]["status"]) == ("BOOKING_CONFIRMED", id, "CONFIRMED")
    rides = [{"id": ride["id"], "status": "PENDING", "eta": None} for ride in booked["booking"]["transports"]]
    assert (len(rides), news["booking"]["transports"]) == (1, rides)


async def test_track_transport(operation: Operation, house: House) -> None:
    driver, customer = house.people["DRIVER"].viewer.driver_id, house.people["CUSTOMER"]
    assert driver
    assert customer.viewer.customer_id
    await house.insert("positions", driver_id=driver, latitude=41.7, longitude=44.8, recorded_at=clock.now())
    others, mine = await house.transport(await house.customer()), await house.transport(customer.viewer.customer_id)
    await house.route(driver, [others, mine], "OPTIMIZED")
    seq = await latest(customer.client)
    await house.client("DISPATCHER").run(OPERATIONS["PublishRoutes"], {"date": house.day.isoformat()})
    id = house.gid("Transport", mine)
    news = (await operation.first(customer.client, id=id, after=seq))["transportUpdated"]["transport"]
    assert (news["id"], news["status"], news["stopsBefore"]) == (id, "ASSIGNED", 2)
    assert (news["eta"], news["driver"]) == (
        (house.at(time(9)) + timedelta(minutes=30)).isoformat(),
        {"displayName": "Giorgi", "position": None},
    )


async def test_register_device(operation: Operation, house: House) -> None:
    customer, token = house.people["CUSTOMER"], "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]"
    found = (await operation.run(customer.client, token=token, platform="IOS"))["registerDevice"]
    rows = await house.all("SELECT id, user_id, token FROM device_tokens WHERE organization_id = $1")
    assert [tuple(row) for row in rows] == [(key(found["device"]["id"]), customer.user_id, token)]
    # the app says it at every start
    assert (await operation.again(customer.client, token=token, platform="IOS"))["registerDevice"] == found
