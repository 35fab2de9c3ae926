"""The app of drivers."""

import pytest

from app import clock
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
    again = (await operation.again(house.client("DRIVER"), routeId=id))["startRoute"]
    assert (again["__typename"], again["currentStatus"]) == ("InvalidTransition", "IN_PROGRESS")


async def test_arrive_at_stop(operation: Operation, house: House) -> None:
    stop, _ = await _first_stops(house)
    at = clock.now().isoformat()
    answer = (await operation.run(house.client("DRIVER"), stopId=stop, at=at))["arriveAtStop"]
    arrived = {"id": stop, "status": "ARRIVED", "arrivedAt": at}
    assert answer == {"__typename": "ArriveAtStopSuccess", "stop": arrived}
    again = (await operation.again(house.client("DRIVER"), stopId=stop))["arriveAtStop"]
    assert (again["__typename"], again["currentStatus"]) == ("InvalidTransition", "ARRIVED")


async def test_complete_stop(operation: Operation, house: House) -> None:
    pickup, dropoff = await _first_stops(house)
    answer = (await operation.run(house.client("DRIVER"), stopId=pickup))["completeStop"]
    assert (answer["__typename"], answer["stop"]["status"]) == ("CompleteStopSuccess", "DONE")
    assert (answer["stop"]["transport"]["status"], answer["nextStop"]["id"]) == ("PICKED_UP", dropoff)
    again = (await operation.again(house.client("DRIVER"), stopId=pickup))["completeStop"]
    assert (again["__typename"], again["currentStatus"]) == ("InvalidTransition", "DONE")
    last = (await operation.again(house.client("DRIVER"), stopId=dropoff))["completeStop"]
    assert (last["stop"]["transport"]["status"], last["nextStop"]) == ("DELIVERED", None)
