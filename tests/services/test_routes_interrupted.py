"""What becomes of a route when its rides are called off."""

import pytest

from tests.client import Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.steps import events, row


async def _cancel(house: House, drive: Drive, ride: int) -> Json:
    selection = "... on CancelTransportSuccess { transport { status } } ... on InvalidTransition { currentStatus }"
    return await house.client("STAFF").act(
        "cancelTransport", {"transportId": house.gid("Transport", drive.rides[ride])}, selection
    )


@pytest.mark.parametrize("status", ["OPTIMIZED", "PUBLISHED"])
async def test_a_route_to_come_goes_on_without_it(house: House, status: str) -> None:
    drive = await Drive.of(house, rides=2, status=status)
    await _cancel(house, drive, 0)
    assert await drive.column("stops", "status") == ["CANCELLED", "CANCELLED", "PLANNED", "PLANNED"]
    assert (await row(house, "routes", drive.route))["status"] == status
    assert await events(house) == ["TRANSPORT_CANCELLED", "STOP_CANCELLED", "STOP_CANCELLED"]


async def test_the_driver_heads_for_the_next(house: House) -> None:
    drive = await Drive.of(house, rides=2)
    await drive.start()
    before = len(await events(house))
    await _cancel(house, drive, 0)
    assert await drive.column("transports", "status") == ["CANCELLED", "EN_ROUTE"]
    assert await drive.column("stops", "status") == ["CANCELLED", "CANCELLED", "PLANNED", "PLANNED"]
    assert (await events(house))[before:] == [
        "TRANSPORT_CANCELLED",
        "STOP_CANCELLED",
        "STOP_CANCELLED",
        "TRANSPORT_EN_ROUTE",
    ]
    await drive.complete(2)
    assert (await drive.complete(3))["stop"]["route"] == {"status": "COMPLETED"}


async def test_the_last_ride_called_off_completes_the_route(house: House) -> None:
    drive = await Drive.of(house, rides=2)
    await drive.start()
    await drive.complete(0)
    await drive.complete(1)
    before = len(await events(house))
    await _cancel(house, drive, 1)
    assert (await row(house, "routes", drive.route))["status"] == "COMPLETED"
    assert await drive.column("drivers", "status") == ["AVAILABLE"]
    assert (await events(house))[before:] == [
        "TRANSPORT_CANCELLED",
        "STOP_CANCELLED",
        "STOP_CANCELLED",
        "ROUTE_COMPLETED",
        "DRIVER_STATUS_CHANGED",
        "VEHICLE_UPDATED",
    ]


async def test_a_ride_on_board_cannot_be_called_off(house: House) -> None:
    drive = await Drive.of(house)
    await drive.start()
    await drive.complete(0)
    assert await _cancel(house, drive, 0) == {"__typename": "InvalidTransition", "currentStatus": "PICKED_UP"}
    assert await drive.column("stops", "status") == ["DONE", "PLANNED"]


async def test_a_customer_who_cancels_takes_the_ride_off_the_route(house: House) -> None:
    customer = house.people["CUSTOMER"]
    assert customer.viewer.customer_id
    pet = await house.pet(customer.viewer.customer_id)
    booking = await house.booking(customer.viewer.customer_id, pet, await house.slot())
    drive = await Drive.of(house, customer=customer.viewer.customer_id)
    await house.pool.execute(
        "UPDATE transports SET booking_id = $2, kind = 'TO_SITE' WHERE id = $1", drive.rides[0], booking
    )
    await drive.start()
    answer = await customer.client.act(
        "cancelBooking",
        {"bookingId": house.gid("Booking", booking)},
        "... on CancelBookingSuccess { booking { status transports { status eta } } }",
    )
    assert answer["booking"] == {"status": "CANCELLED", "transports": [{"status": "CANCELLED", "eta": None}]}
    assert await drive.column("stops", "status") == ["CANCELLED", "CANCELLED"]
    assert (await row(house, "routes", drive.route))["status"] == "COMPLETED"


async def test_a_route_without_rides_is_over_at_once(house: House) -> None:
    drive = await Drive.of(house)
    await _cancel(house, drive, 0)
    assert (await drive.start())["route"] == {"status": "COMPLETED", "driver": {"status": "AVAILABLE"}}
