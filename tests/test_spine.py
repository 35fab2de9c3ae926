"""One life of a booking, as its clients live it: over HTTP and WebSocket, through the worker and the optimizer."""

from datetime import time
from typing import Any

from app.jobs.worker import Work
from tests.factories.houses import House
from tests.mailbox import Mailbox

FREE = """query Free($from: DateTime!, $to: DateTime!, $service: ID!) { eventSeq
  slots(filter: { serviceId: $service, from: $from, to: $to, available: true }, first: 50) {
    edges { node { id available price { amount currency } } } } }"""
BOOKINGS = """subscription Mine($after: EventSeq) { bookingUpdated(after: $after) {
  seq type booking { id status transports { status eta driver { displayName } } } } }"""
ROUTE = """subscription Mine($id: ID!, $after: EventSeq) { routeUpdated(id: $id, after: $after) {
  seq type route { status stops { sequence kind status } } } }"""
RUN = "subscription Run($id: ID!) { planningRunUpdated(id: $id) { status progress summary { assigned unassigned } } }"
DAY = """query Day($date: Date!) { eventSeq viewer { driver { status route(date: $date) { id status
  stops { id kind status place { address } transport { customer { name } subject { name } } } } } } }"""


async def test_a_booking_lives_from_slot_to_delivery(house: House, worker: Work, mailbox: Mailbox) -> None:
    customer, staff = house.people["CUSTOMER"], house.client("STAFF")
    dispatcher, driver = house.client("DISPATCHER"), house.people["DRIVER"]
    assert customer.viewer.customer_id
    pet = await house.pet(customer.viewer.customer_id)
    home = await house.place(customer.viewer.customer_id)
    service = await house.service()
    await house.slot(service)
    await house.shift(driver.viewer.driver_id)

    window = {"from": house.at(time(0)).isoformat(), "to": house.at(time(23)).isoformat()}
    free = await customer.client.run(FREE, {**window, "service": house.gid("Service", service)})
    slot = free["slots"]["edges"][0]["node"]
    assert (slot["available"], slot["price"]) == (10, {"amount": 4500, "currency": "GEL"})

    async with customer.client.subscribe(BOOKINGS, {"after": free["eventSeq"]}) as mine:
        booked = await customer.client.act(
            "bookSlot",
            {"slotId": slot["id"], "subjectId": house.gid("Pet", pet), "pickup": {"placeId": house.gid("Place", home)}},
            "... on BookSlotSuccess { booking { id number status transports { kind status } } }",
        )
        booking = booked["booking"]
        assert (booking["status"], booking["transports"]) == ("PENDING", [{"kind": "TO_SITE", "status": "PENDING"}])

        confirmed = await staff.act(
            "confirmBooking", {"bookingId": booking["id"]}, "... on ConfirmBookingSuccess { booking { status } }"
        )
        assert confirmed["booking"]["status"] == "CONFIRMED"
        mail = await mailbox.wait_for(customer.email)
        assert booking["number"] in mail["Subject"]

        asked = await dispatcher.act(
            "optimizeRoutes",
            {"date": house.day.isoformat(), "timeLimit": 2},
            "... on OptimizeRoutesSuccess { planningRun { id status } }",
        )
        assert asked["planningRun"]["status"] == "QUEUED"
        async with dispatcher.subscribe(RUN, {"id": asked["planningRun"]["id"]}) as run:
            while (state := (await run.next())["planningRunUpdated"])["status"] != "SUCCEEDED":
                assert state["status"] in ("QUEUED", "RUNNING")
        assert state == {"status": "SUCCEEDED", "progress": 100, "summary": {"assigned": 1, "unassigned": 0}}

        assert (await driver.client.run(DAY, {"date": house.day.isoformat()}))["viewer"]["driver"]["route"] is None
        published = await dispatcher.act(
            "publishRoutes", {"date": house.day.isoformat()}, "... on PublishRoutesSuccess { routes { id status } }"
        )
        assert [route["status"] for route in published["routes"]] == ["PUBLISHED"]

        day = await driver.client.run(DAY, {"date": house.day.isoformat()})
        route = day["viewer"]["driver"]["route"]
        assert [stop["kind"] for stop in route["stops"]] == ["PICKUP", "DROPOFF"]
        async with driver.client.subscribe(ROUTE, {"id": route["id"], "after": day["eventSeq"]}) as followed:
            await driver.client.act(
                "startRoute", {"routeId": route["id"]}, "... on StartRouteSuccess { route { status } }"
            )
            for stop in route["stops"]:
                await driver.client.act(
                    "arriveAtStop", {"stopId": stop["id"]}, "... on ArriveAtStopSuccess { stop { id } }"
                )
                done = await driver.client.act(
                    "completeStop",
                    {"stopId": stop["id"]},
                    "... on CompleteStopSuccess { stop { status } nextStop { id } }",
                )
                assert done["stop"]["status"] == "DONE"
            seen = [(await followed.next())["routeUpdated"]["type"] for _ in range(9)]
        assert seen == [
            "ROUTE_STARTED",
            "TRANSPORT_EN_ROUTE",
            "STOP_ARRIVED",
            "STOP_COMPLETED",
            "TRANSPORT_PICKED_UP",
            "STOP_ARRIVED",
            "STOP_COMPLETED",
            "TRANSPORT_DELIVERED",
            "ROUTE_COMPLETED",
        ]

        news: list[dict[str, Any]] = []
        while not news or news[-1]["type"] != "TRANSPORT_DELIVERED":
            news.append((await mine.next())["bookingUpdated"])
    assert [item["type"] for item in news] == [
        "BOOKING_CREATED",
        "TRANSPORT_CREATED",
        "BOOKING_CONFIRMED",
        "TRANSPORT_ASSIGNED",
        "TRANSPORT_SCHEDULED",
        "TRANSPORT_EN_ROUTE",
        "STOP_ARRIVED",
        "STOP_COMPLETED",
        "TRANSPORT_PICKED_UP",
        "STOP_ARRIVED",
        "STOP_COMPLETED",
        "TRANSPORT_DELIVERED",
    ]
    assert news[-1]["booking"]["transports"][0]["driver"] == {"displayName": "Giorgi"}
