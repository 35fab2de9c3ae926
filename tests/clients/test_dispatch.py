"""The admin app: the dispatch board, planning and publishing."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.jobs.worker import Work
from tests.factories.houses import House
from tests.operations import OPERATIONS, Operation
from tests.planners import all_day, planned, routes
from tests.steps import Visit, latest


@pytest.mark.parametrize("rows", [2, 20])
async def test_dispatch_board(operation: Operation, house: House, rows: int) -> None:
    for _ in range(rows):
        customer = await house.customer()
        patient = await house.patient(customer)
        await house.route(await _seen_driver(house), [await house.transport(customer, subject_id=patient)])
        await house.transport(customer, unassigned_reason="CAPACITY")
    found = await operation.run(house.client("DISPATCHER"), date=house.day.isoformat())
    routes = [edge["node"] for edge in found["routes"]["edges"]]
    assert len(routes) == rows
    route = routes[0]
    assert (route["status"], route["distance"], route["duration"]) == ("PUBLISHED", 12_000, 3_600)
    assert route["driver"]["position"]["point"] == {"latitude": 41.7, "longitude": 44.8}
    assert route["vehicle"]["type"]["capacity"][0] == {"dimension": "CRATES", "amount": 6}
    assert [(stop["sequence"], stop["kind"], stop["status"]) for stop in route["stops"]] == [
        (1, "PICKUP", "PLANNED"),
        (2, "DROPOFF", "PLANNED"),
    ]
    ride = route["stops"][0]["transport"]
    assert (ride["status"], ride["subject"]["name"]) == ("ASSIGNED", "Tamar Lomidze")
    assert ride["demand"] == [{"dimension": "SEATS", "amount": 1}]
    waiting = [edge["node"] for edge in found["transports"]["edges"]]
    assert (len(waiting), waiting[0]["unassignedReason"]) == (rows, "CAPACITY")


async def _seen_driver(house: House) -> Any:
    driver = await house.driver()
    await house.insert("positions", driver_id=driver, latitude=41.7, longitude=44.8, recorded_at=clock.now())
    return driver


async def test_optimize_routes(operation: Operation, house: House) -> None:
    date, tomorrow = house.day.isoformat(), house.day + timedelta(days=1)
    answer = (await operation.run(house.client("DISPATCHER"), date=date, key="morning"))["optimizeRoutes"]
    assert (answer["__typename"], answer["planningRun"]["status"]) == ("OptimizeRoutesSuccess", "QUEUED")
    await house.insert("planning_runs", date=tomorrow, status="RUNNING", progress=0, time_limit_s=1)
    again = (await operation.again(house.client("DISPATCHER"), date=tomorrow.isoformat()))["optimizeRoutes"]
    assert again == {"__typename": "PlanningRunActive", "message": "This day is being planned already."}


async def _planned(house: House, transports: int, worker: Work) -> str:
    """A day planned by the worker; one of its transports fits into no vehicle."""
    await house.shift(house.people["DRIVER"].viewer.driver_id)
    customer = await house.customer()
    for _ in range(transports):
        await house.transport(customer)
    date = {"date": house.day.isoformat()}
    asked = (await house.client("DISPATCHER").run(OPERATIONS["OptimizeRoutes"], date))["optimizeRoutes"]
    id: str = asked["planningRun"]["id"]
    async with house.client("DISPATCHER").subscribe(OPERATIONS["PlanningProgress"], {"id": id}) as run:
        while (await run.next())["planningRunUpdated"]["status"] != "SUCCEEDED":
            pass
    return id


@pytest.mark.parametrize("rows", [2, 20])
async def test_planning_run(operation: Operation, house: House, worker: Work, rows: int) -> None:
    customer = await house.customer()
    for _ in range(rows):
        await house.transport(customer, demand={"STRETCHERS": 1})
    id = await _planned(house, 1, worker)
    run = (await operation.run(house.client("DISPATCHER"), id=id))["node"]
    assert (run["id"], run["status"], run["progress"], run["error"]) == (id, "SUCCEEDED", 100, None)
    assert run["startedAt"] <= run["finishedAt"]
    summary = run["summary"]
    assert (summary["routes"], summary["assigned"], summary["unassigned"]) == (1, 1, rows)
    assert 0 < summary["distance"] <= summary["baselineDistance"]
    assert [left["reason"] for left in run["unassigned"]] == ["CAPACITY"] * rows


async def test_planning_progress(operation: Operation, house: House, worker: Work) -> None:
    id = await _planned(house, 1, worker)
    run = (await operation.first(house.client("DISPATCHER"), id=id))["planningRunUpdated"]
    assert (run["id"], run["status"], run["progress"]) == (id, "SUCCEEDED", 100)
    assert (run["summary"]["distance"] > 0, run["summary"]["unassigned"]) == (True, 0)


async def test_publish_routes(operation: Operation, house: House) -> None:
    driver = house.people["DRIVER"].viewer.driver_id
    assert driver
    route = await house.route(driver, [await house.transport(await house.customer())], "OPTIMIZED")
    answer = (await operation.run(house.client("DISPATCHER"), date=house.day.isoformat()))["publishRoutes"]
    shown = {"id": house.gid("Driver", driver), "displayName": "Giorgi"}
    published = {"id": house.gid("Route", route), "status": "PUBLISHED", "driver": shown}
    assert answer == {"__typename": "PublishRoutesSuccess", "routes": [published]}
    again = (await operation.again(house.client("DISPATCHER"), date=house.day.isoformat()))["publishRoutes"]
    message = "No planned route of this day waits to be published."
    assert again == {"__typename": "NothingToPublish", "message": message}


@pytest.mark.parametrize("rows", [2, 20])
async def test_fleet_positions(operation: Operation, house: House, rows: int) -> None:
    for _ in range(rows):
        driver = await _seen_driver(house)
    last = (await house.all("SELECT * FROM positions WHERE organization_id = $1 AND driver_id = $2", driver))[0]
    async with house.client("DISPATCHER").socket() as socket:
        stream = await socket.subscribe(OPERATIONS["FleetPositions"])
        frames = [(await stream.next())["driverPositions"] for _ in range(rows)]
    assert await operation.first(house.client("DISPATCHER")) == {"driverPositions": frames[0]}
    assert frames[-1] == {
        "driver": {"id": house.gid("Driver", driver), "displayName": "Giorgi"},
        "point": {"latitude": 41.7, "longitude": 44.8},
        "heading": None,
        "speed": None,
        "recordedAt": last["recorded_at"].isoformat(),
    }


@pytest.mark.parametrize("rows", [2, 20])
async def test_move_stop(operation: Operation, house: House, worker: Work, rows: int) -> None:
    customer, route = await house.customer(), await planned_route(house, rows)
    late = await house.transport(customer, **all_day(house))
    where = {"transportId": house.gid("Transport", late), "routeId": house.gid("Route", route), "position": 1}
    moved = (await operation.run(house.client("DISPATCHER"), **where))["moveTransport"]
    assert moved["__typename"] == "MoveTransportSuccess"
    stops = moved["route"]["stops"]
    assert [stop["sequence"] for stop in stops] == list(range(1, len(stops) + 1))
    assert len(stops) > rows
    assert sorted(stop["plannedAt"] for stop in stops) == [stop["plannedAt"] for stop in stops]
    tight = await house.transport(customer, **all_day(house) | {"pickup_until": house.at(time(7, 1))})
    where["transportId"], where["position"] = house.gid("Transport", tight), 3
    refused = (await operation.again(house.client("DISPATCHER"), **where))["moveTransport"]
    assert (refused["__typename"], refused["violations"][0]["kind"]) == ("InfeasibleRoute", "WINDOW")
    assert refused["violations"][0]["excess"] > 0


async def planned_route(house: House, rides: int) -> UUID:
    """A route that the planner laid."""
    customer, place, site = await house.customer(), await house.place(), await house.place()
    for _ in range(rides):
        await house.transport(customer, pickup_place_id=place, dropoff_place_id=site, **all_day(house))
    await house.shift()
    await planned(house)
    id: UUID = (await routes(house))[0]["id"]
    return id


async def test_operations_feed(operation: Operation, house: House) -> None:
    visit, owner = await Visit.of(house), house.client("OWNER")
    seq = await latest(owner)
    held = (await visit.customer.client.run(OPERATIONS["HoldSlot"], visit.wanted))["holdSlot"]["booking"]
    booked = await visit.customer.client.run(OPERATIONS["BookSlot"], visit.wanted)
    assert booked["bookSlot"]["booking"]["id"] == held["id"]
    event = (await operation.first(owner, after=seq, types=["BOOKING_CREATED"]))["events"]
    assert event.pop("seq") > seq
    assert event.pop("occurredAt")
    node = {"__typename": "Booking", "id": held["id"]}
    assert event == {"type": "BOOKING_CREATED", "node": node, "payload": {}}
