"""The admin app: the bookings board and its decisions."""

from datetime import time, timedelta

import pytest

from tests.factories.care import protocol, record
from tests.factories.houses import House
from tests.operations import OPERATIONS, Operation
from tests.steps import Visit, week


@pytest.mark.parametrize("rows", [2, 50])
async def test_bookings_board(operation: Operation, house: House, rows: int) -> None:
    visit = await Visit.of(house)
    for number in range(rows):
        customer = await house.customer(name=f"Customer {number:02}", phone="+995555000111")
        kind = ("pet", "patient", "car")[number % 3]
        subject = await (house.car(customer, f"AA-{number:03}") if kind == "car" else getattr(house, kind)(customer))
        booking = await house.booking(customer, subject, await house.slot(visit.service))
        await house.transport(customer, booking_id=booking, subject_id=subject, kind="TO_SITE")
        await house.transport(customer, booking_id=booking, subject_id=subject, kind="FROM_SITE")
    board = (await operation.run(house.client("STAFF"), filter={"status": ["PENDING"]}))["bookings"]
    nodes = [edge["node"] for edge in board["edges"]]
    assert (board["totalCount"], len(nodes), board["pageInfo"]["hasNextPage"]) == (rows, rows, False)
    assert board["pageInfo"]["endCursor"] == board["edges"][-1]["cursor"]
    assert sorted(node["customer"]["name"] for node in nodes) == [f"Customer {number:02}" for number in range(rows)]
    first = next(node for node in nodes if node["customer"]["name"] == "Customer 00")
    assert (first["status"], first["price"]) == ("PENDING", {"amount": 4500, "currency": "GEL"})
    assert first["subject"].items() >= {"__typename": "Pet", "name": "Bim", "species": "DOG", "breed": "Nagazi"}.items()
    assert [(ride["kind"], ride["pickup"], ride["dropoff"]) for ride in first["transports"]] == [
        ("TO_SITE", {"label": "Home"}, {"label": "Site"}),
        ("FROM_SITE", {"label": "Home"}, {"label": "Site"}),
    ]


@pytest.mark.parametrize("rows", [2, 20])
async def test_booking_detail(operation: Operation, house: House, rows: int) -> None:
    visit = await Visit.of(house)
    for _ in range(rows - 1):
        await house.place(visit.customer_id)
    by = await protocol(house, name="Rabies")
    for number in range(rows):
        shot = {"title": f"Shot {number:02}", "protocol_id": by, "next_due_on": house.day}
        await record(house, visit.customer_id, visit.pet, house.day - timedelta(days=number + 1), **shot)
    legs = {"pickup": {"placeId": house.gid("Place", visit.home)}}
    booked = (await visit.customer.client.run(OPERATIONS["BookSlot"], visit.wanted | legs))["bookSlot"]["booking"]
    found = (await operation.run(house.client("STAFF"), id=booked["id"]))["node"]
    assert (found["id"], found["number"], found["status"], found["version"]) == (
        booked["id"],
        booked["number"],
        "PENDING",
        1,
    )
    assert found["slot"].items() >= {"capacity": 10, "taken": 1}.items()
    assert (found["customer"]["email"], len(found["customer"]["places"])) == (visit.customer.email, rows)
    records = [edge["node"] for edge in found["subject"].pop("careRecords")["edges"]]
    assert found["subject"] == {"id": house.gid("Pet", visit.pet), "name": "Bim"}
    assert [shot["title"] for shot in records] == [f"Shot {number:02}" for number in range(min(rows, 5))]
    assert records[0].items() >= {"kind": "VACCINATION", "nextDueOn": house.day.isoformat()}.items()
    (reading,) = await house.all(
        "SELECT node_id, actor_user_id FROM events WHERE organization_id = $1 AND type = 'CARE_RECORD_READ'"
    )
    assert tuple(reading) == (visit.pet, house.people["STAFF"].user_id)
    assert [(edge["node"]["type"], edge["node"]["actor"]) for edge in found["history"]["edges"]] == [
        ("BOOKING_CREATED", {"__typename": "User", "displayName": "Customer"}),
        ("TRANSPORT_CREATED", {"__typename": "User", "displayName": "Customer"}),
    ]


@pytest.mark.parametrize("rows", [2, 20])
async def test_slot_calendar(operation: Operation, house: House, rows: int) -> None:
    visit = await Visit.of(house)
    await visit.booking()
    bays = {number: await house.resource(name=f"Bay {number}") for number in range(1, rows)}
    for number, bay in bays.items():
        await house.slot(visit.service, house.at(time(10)) + timedelta(hours=number), resource_id=bay)
    found = await operation.run(house.client("STAFF"), serviceId=house.gid("Service", visit.service), **week(house))
    nodes = [edge["node"] for edge in found["slots"]["edges"]]
    named = {"id": house.gid("Resource", bays[1]), "name": "Bay 1"}
    assert (nodes[0]["resource"], nodes[1]["resource"], nodes[1]["available"]) == (None, named, 1)
    assert nodes[0].items() >= {"id": house.gid("Slot", visit.slot), "capacity": 10, "taken": 1, "available": 9}.items()
    assert len(nodes) == rows


async def test_confirm_booking(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    id = house.gid("Booking", await visit.booking())
    answer = (await operation.run(house.client("STAFF"), id=id))["confirmBooking"]
    confirmed = {"id": id, "status": "CONFIRMED", "version": 2}
    assert answer == {"__typename": "ConfirmBookingSuccess", "booking": confirmed}
    assert (await operation.again(house.client("STAFF"), id=id))["confirmBooking"] == {
        "__typename": "InvalidTransition",
        "currentStatus": "CONFIRMED",
        "message": "A booking that is CONFIRMED cannot become CONFIRMED.",
    }


async def test_decline_booking(operation: Operation, house: House) -> None:
    visit = await Visit.of(house)
    id = house.gid("Booking", await visit.booking())
    answer = (await operation.run(house.client("STAFF"), id=id, reason="We are closed."))["declineBooking"]
    assert answer == {"__typename": "DeclineBookingSuccess", "booking": {"id": id, "status": "DECLINED"}}
    again = (await operation.again(house.client("STAFF"), id=id, reason="Still."))["declineBooking"]
    assert (again["__typename"], again["currentStatus"]) == ("InvalidTransition", "DECLINED")


@pytest.mark.parametrize("rows", [2, 20])
async def test_customer_search(operation: Operation, house: House, rows: int) -> None:
    for number in range(rows):
        customer = await house.customer(name=f"Ana Gelashvili {number:02}", phone=f"+9955550001{number:02}")
        await house.pet(customer, name=f"Pet {number:02}")
        await house.patient(customer)
    found = await operation.run(house.client("STAFF"), text="gelash ana")
    nodes = [edge["node"] for edge in found["customers"]["edges"]]
    assert [node["name"] for node in nodes] == [f"Ana Gelashvili {number:02}" for number in range(rows)]
    subjects = [edge["node"] for edge in nodes[0]["subjects"]["edges"]]
    assert [(subject["__typename"], subject["name"]) for subject in subjects] == [
        ("Pet", "Pet 00"),
        ("Patient", "Tamar Lomidze"),
    ]


@pytest.mark.parametrize("rows", [2, 20])
async def test_booking_statistics(operation: Operation, house: House, rows: int) -> None:
    for number in range(rows):
        visit = await Visit.of(house, name=f"Service {number:02}")
        await visit.booking("CHECKED_IN")
        await visit.booking("NO_SHOW")
    day = house.day.isoformat()
    found = (await operation.run(house.client("STAFF"), **{"from": day, "to": day}))["bookingStatistics"]
    services = found.pop("byService")
    assert found == {
        "total": 2 * rows,
        "byStatus": [{"status": "CHECKED_IN", "count": rows}, {"status": "NO_SHOW", "count": rows}],
        "occupancy": 0.1,
        "noShowRate": 0.5,
    }
    assert [(of["service"]["name"], of["count"], of["revenue"]) for of in services] == [
        (f"Service {number:02}", 2, {"amount": 4500, "currency": "GEL"}) for number in range(rows)
    ]
