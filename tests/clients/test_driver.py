"""The app of drivers."""

from datetime import timedelta

import pytest

from app import clock
from tests.factories.documents import document
from tests.factories.houses import House
from tests.operations import OPERATIONS, Operation
from tests.steps import latest

ROUTE = "SELECT id FROM routes WHERE organization_id = $1"


async def _route(house: House, transports: int = 1) -> str:
    """A published route of the driver with so many transports; answers its id."""
    driver, customer = house.people["DRIVER"].viewer.driver_id, await house.customer(phone="+995555000111")
    assert driver
    pet = await house.pet(customer)
    rides = [await house.transport(customer, subject_id=pet, notes="Ring twice.") for _ in range(transports)]
    return house.gid("Route", await house.route(driver, rides))


@pytest.mark.parametrize("rows", [2, 20])
async def test_my_day(operation: Operation, house: House, rows: int) -> None:
    id = await _route(house, rows)
    day = await operation.run(house.client("DRIVER"), date=house.day.isoformat())
    assert day["viewer"]["driver"]["status"] == "AVAILABLE"
    route = day["viewer"]["driver"]["route"]
    assert (route["id"], route["status"], route["version"]) == (id, "PUBLISHED", 1)
    assert [stop["sequence"] for stop in route["stops"]] == list(range(1, 2 * rows + 1))
    stop = route["stops"][0]
    assert (stop["kind"], stop["place"]["label"], stop["eta"]) == ("PICKUP", "Home", stop["plannedAt"])
    ride = stop["transport"]
    assert (ride["subject"], ride["customer"]) == (
        {"__typename": "Pet", "name": "Bim"},
        {"name": "Nino Beridze", "phone": "+995555000111"},
    )
    assert (ride["codAmount"], ride["notes"]) == (None, "Ring twice.")


async def _first_stops(house: House, transports: int = 1) -> list[str]:
    """The stops of a route under way."""
    id, driver = await _route(house, transports), house.client("DRIVER")
    await driver.run(OPERATIONS["StartRoute"], {"routeId": id})
    day = await driver.run(OPERATIONS["MyDay"], {"date": house.day.isoformat()})
    return [stop["id"] for stop in day["viewer"]["driver"]["route"]["stops"]]


@pytest.mark.parametrize("rows", [2, 20])
async def test_route_updates(operation: Operation, house: House, rows: int) -> None:
    stop, *_ = await _first_stops(house, rows)
    driver, id = house.client("DRIVER"), house.gid("Route", await house.value(ROUTE))
    seq = await latest(driver)
    await driver.run(OPERATIONS["ArriveAtStop"], {"stopId": stop})
    news = (await operation.first(driver, routeId=id, after=seq))["routeUpdated"]
    assert (news["type"], news["route"]["id"], news["route"]["status"]) == ("STOP_ARRIVED", id, "IN_PROGRESS")
    assert [stop["status"] for stop in news["route"]["stops"]] == ["ARRIVED", *["PLANNED"] * (2 * rows - 1)]


async def test_start_route(operation: Operation, house: House) -> None:
    id = await _route(house)
    answer = (await operation.run(house.client("DRIVER"), routeId=id))["startRoute"]
    assert answer == {"__typename": "StartRouteSuccess", "route": {"id": id, "status": "IN_PROGRESS"}}
    assert (await operation.again(house.client("DRIVER"), routeId=id))["startRoute"] == answer
    await house.pool.execute("UPDATE routes SET status = 'CANCELLED' WHERE organization_id = $1", house.id)
    off = (await operation.again(house.client("DISPATCHER"), routeId=id))["startRoute"]
    assert (off["__typename"], off["currentStatus"]) == ("InvalidTransition", "CANCELLED")


async def test_arrive_at_stop(operation: Operation, house: House) -> None:
    stop, _ = await _first_stops(house)
    at = clock.now().isoformat()
    answer = (await operation.run(house.client("DRIVER"), stopId=stop, at=at))["arriveAtStop"]
    arrived = {"id": stop, "status": "ARRIVED", "arrivedAt": at}
    assert answer == {"__typename": "ArriveAtStopSuccess", "stop": arrived}
    assert (await operation.again(house.client("DRIVER"), stopId=stop))["arriveAtStop"] == answer
    await house.pool.execute("UPDATE stops SET status = 'CANCELLED' WHERE organization_id = $1", house.id)
    off = (await operation.again(house.client("DRIVER"), stopId=stop))["arriveAtStop"]
    assert (off["__typename"], off["currentStatus"]) == ("InvalidTransition", "CANCELLED")


async def test_complete_stop(operation: Operation, house: House) -> None:
    pickup, dropoff = await _first_stops(house)
    await house.pool.execute(
        "UPDATE transports SET proof_required = '{SIGNATURE}' WHERE organization_id = $1", house.id
    )
    driver = house.client("DRIVER")
    answer = (await operation.again(driver, stopId=pickup))["completeStop"]
    assert (answer["__typename"], answer["stop"]["status"]) == ("CompleteStopSuccess", "DONE")
    assert (answer["stop"]["transport"]["status"], answer["nextStop"]["id"]) == ("PICKED_UP", dropoff)
    refused = (await operation.again(driver, stopId=dropoff))["completeStop"]
    assert (refused["__typename"], refused["missing"]) == ("ProofRequired", ["SIGNATURE"])
    signature = house.gid("Document", await document(house, driver_id=house.people["DRIVER"].viewer.driver_id))
    proof = {"signatureDocumentId": signature, "signedBy": "Nino Beridze"}
    last = (await operation.run(driver, stopId=dropoff, proof=proof))["completeStop"]
    assert (last["stop"]["transport"]["status"], last["nextStop"]) == ("DELIVERED", None)
    assert (await operation.again(driver, stopId=dropoff, proof=proof))["completeStop"] == last


async def test_fail_stop(operation: Operation, house: House) -> None:
    pickup, dropoff = await _first_stops(house)
    driver = house.client("DRIVER")
    await driver.run(OPERATIONS["CompleteStop"], {"stopId": pickup})
    wanted = {"stopId": dropoff, "reason": "REFUSED", "notes": "They ordered nothing."}
    answer = (await operation.run(driver, **wanted))["failStop"]
    transport = answer["transport"]
    assert answer == {
        "__typename": "FailStopSuccess",
        "stop": {"id": dropoff, "status": "FAILED"},
        "transport": {"id": transport["id"], "status": "FAILED"},
    }
    assert (await operation.again(driver, **wanted))["failStop"] == answer
    done = (await operation.again(driver, stopId=pickup, reason="OTHER"))["failStop"]
    assert (done["__typename"], done["currentStatus"]) == ("InvalidTransition", "DONE")


async def test_report_positions(operation: Operation, house: House) -> None:
    now = clock.now()
    seen = [
        {"point": {"latitude": 41.7, "longitude": 44.8}, "recordedAt": at.isoformat(), "heading": 90, "speed": 12.5}
        for at in (now, now - timedelta(seconds=5), now + timedelta(hours=1))
    ]
    await operation.again(house.client("DRIVER"), positions=seen[:1])
    answer = (await operation.run(house.client("DRIVER"), positions=seen))["reportPositions"]
    assert answer == {"accepted": 2, "rejected": [{"index": 2, "reason": "FUTURE"}]}


async def test_scan_tag(operation: Operation, house: House) -> None:
    """The driver checks in whom they bring; the booking is the one that the ride is for."""
    driver, customer = house.people["DRIVER"].viewer.driver_id, await house.customer()
    assert driver
    pet, now = await house.pet(customer), clock.now()
    slot = await house.slot(starts_at=now, ends_at=now + timedelta(hours=1))
    booking = await house.booking(customer, pet, slot, status="CONFIRMED")
    await house.route(driver, [await house.transport(customer, booking_id=booking, subject_id=pet)])
    await house.insert("tags", kind="QR", status="ACTIVE", uid="bim", subject_id=pet, customer_id=customer)
    wanted = {"tagUid": "bim", "kind": "CHECK_IN", "location": "Door"}
    answer = (await operation.run(house.client("DRIVER"), **wanted))["scanTag"]
    assert answer["scan"]["kind"] == "CHECK_IN"
    assert answer["subject"] == {"id": house.gid("Pet", pet), "name": "Bim"}
    assert answer["booking"] == {"id": house.gid("Booking", booking), "status": "CHECKED_IN"}
    unknown = (await operation.again(house.client("DRIVER"), tagUid="bam", kind="CHECK_IN"))["scanTag"]
    assert unknown == {"__typename": "TagUnknown", "message": "This tag is not known here."}
