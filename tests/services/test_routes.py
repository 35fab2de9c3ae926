"""A driver's day, stop by stop."""

import pytest

from app import clock
from app.models import DriverStatus, RouteStatus, StopStatus
from app.models.fleet import DRIVER_MACHINE
from app.models.routes import ROUTE_MACHINE, STOP_MACHINE
from tests.driving import Drive
from tests.factories.houses import House
from tests.steps import errors, events, nothing_changes, row

# machines

GOES_ON = {RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS, RouteStatus.COMPLETED}


@pytest.mark.parametrize("status", RouteStatus)
async def test_starting_keeps_to_the_machine(house: House, status: RouteStatus) -> None:
    drive = await Drive.of(house, status=status)
    await house.pool.execute("UPDATE drivers SET status = 'AVAILABLE' WHERE organization_id = $1", house.id)
    if RouteStatus.IN_PROGRESS in ROUTE_MACHINE.transitions.get(status, ()):
        answer = await drive.start()
        assert answer["route"] == {"status": "IN_PROGRESS", "driver": {"status": "ON_ROUTE"}}
        return
    async with nothing_changes(house):
        answer = await drive.start("DISPATCHER")
    if status in GOES_ON:
        # told again
        assert answer["route"]["status"] == status
    else:
        message = f"A route that is {status} cannot become IN_PROGRESS."
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status, "message": message}


@pytest.mark.parametrize("status", DriverStatus)
async def test_a_driver_sets_out_by_the_machine(house: House, status: DriverStatus) -> None:
    drive = await Drive.of(house)
    await house.pool.execute("UPDATE drivers SET status = $2 WHERE organization_id = $1", house.id, status.value)
    if status is DriverStatus.ON_ROUTE or DriverStatus.ON_ROUTE in DRIVER_MACHINE.transitions[status]:
        assert (await drive.start())["route"]["driver"] == {"status": "ON_ROUTE"}
        changed = ["DRIVER_STATUS_CHANGED"] * (status is not DriverStatus.ON_ROUTE)
        assert await events(house) == ["ROUTE_STARTED", *changed, "TRANSPORT_EN_ROUTE"]
    else:
        async with nothing_changes(house):
            answer = await drive.start()
        message = f"A driver that is {status} cannot become ON_ROUTE."
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status, "message": message}


TARGETS = {
    "arrive": StopStatus.ARRIVED,
    "complete": StopStatus.DONE,
    "skip": StopStatus.SKIPPED,
    "fail": StopStatus.FAILED,
}


@pytest.mark.parametrize("status", StopStatus)
@pytest.mark.parametrize("verb", TARGETS)
async def test_a_stop_keeps_to_the_machine(house: House, verb: str, status: StopStatus) -> None:
    drive, target = await Drive.of(house, status="IN_PROGRESS"), TARGETS[verb]
    await drive.set_stop(status)
    if target in STOP_MACHINE.transitions.get(status, ()):
        assert (await getattr(drive, verb)(0))["stop"]["status"] == target
    elif verb == "arrive" and status in (StopStatus.DONE, StopStatus.FAILED):
        # the order in which an offline phone tells things
        stop = (await drive.arrive(0))["stop"]
        assert (stop["status"], stop["arrivedAt"]) == (status, stop["doneAt"])
    else:
        async with nothing_changes(house):
            answer = await getattr(drive, verb)(0)
        if status is target:
            # told again
            assert answer["stop"]["status"] == status
        else:
            assert (answer["__typename"], answer["currentStatus"]) == ("InvalidTransition", status)


@pytest.mark.parametrize(
    "status", [s for s in RouteStatus if s not in (RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)]
)
async def test_stops_wait_for_their_route(house: House, status: RouteStatus) -> None:
    drive = await Drive.of(house, status=status)
    dispatcher, more = house.client("DISPATCHER"), {"failStop": {"reason": "OTHER"}}
    async with nothing_changes(house):
        for verb in ("arriveAtStop", "completeStop", "skipStop", "failStop"):
            input = drive.stop(0) | more.get(verb, {})
            answer = await dispatcher.act(verb, input, "... on InvalidTransition { currentStatus }")
            assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


# the way


async def test_a_route_is_driven(house: House) -> None:
    drive = await Drive.of(house, rides=2)
    await drive.start()
    assert await drive.column("transports", "status") == ["EN_ROUTE", "ASSIGNED"]
    await drive.arrive(0)
    answer = await drive.complete(0)
    assert answer["nextStop"]["id"] == house.gid("Stop", drive.stops[1])
    assert await drive.column("transports", "status") == ["PICKED_UP", "ASSIGNED"]
    answer = await drive.complete(1)
    assert answer["nextStop"]["id"] == house.gid("Stop", drive.stops[2])
    assert await drive.column("transports", "status") == ["DELIVERED", "EN_ROUTE"]
    await drive.complete(2)
    last = await drive.complete(3)
    assert (last["nextStop"], last["stop"]["route"]) == (None, {"status": "COMPLETED"})
    assert await drive.column("transports", "status") == ["DELIVERED", "DELIVERED"]
    assert (await row(house, "drivers", house.people["DRIVER"].viewer.driver_id))["status"] == "AVAILABLE"  # type: ignore[arg-type]


async def test_what_is_put_off_comes_last_and_keeps_the_route_open(house: House) -> None:
    drive = await Drive.of(house, rides=2)
    await drive.start()
    skipped = await drive.skip(0, notes=" Nobody home yet. ")
    assert (skipped["stop"]["status"], skipped["nextStop"]["id"]) == ("SKIPPED", house.gid("Stop", drive.stops[2]))
    assert (await drive.column("stops", "notes"))[0] == "Nobody home yet."
    assert await drive.column("transports", "status") == ["EN_ROUTE", "EN_ROUTE"]
    await drive.complete(2)
    last = await drive.complete(3)
    # its dropoff is not offered before it, and the route is not complete without it
    assert (last["nextStop"]["id"], last["stop"]["route"]) == (
        house.gid("Stop", drive.stops[0]),
        {"status": "IN_PROGRESS"},
    )
    assert (await drive.arrive(0))["stop"]["status"] == "ARRIVED"
    assert (await drive.complete(0))["nextStop"]["id"] == house.gid("Stop", drive.stops[1])
    assert (await drive.complete(1))["stop"]["route"] == {"status": "COMPLETED"}
    assert await drive.column("transports", "status") == ["DELIVERED", "DELIVERED"]
    assert await events(house) == [
        "ROUTE_STARTED",
        "DRIVER_STATUS_CHANGED",
        "TRANSPORT_EN_ROUTE",
        "STOP_SKIPPED",
        "TRANSPORT_EN_ROUTE",
        "STOP_COMPLETED",
        "TRANSPORT_PICKED_UP",
        "STOP_COMPLETED",
        "TRANSPORT_DELIVERED",
        "STOP_ARRIVED",
        "STOP_COMPLETED",
        "TRANSPORT_PICKED_UP",
        "STOP_COMPLETED",
        "TRANSPORT_DELIVERED",
        "ROUTE_COMPLETED",
        "DRIVER_STATUS_CHANGED",
        "VEHICLE_UPDATED",
    ]


async def test_where_the_driver_is_comes_first(house: House) -> None:
    drive = await Drive.of(house, rides=3)
    await drive.arrive(4)
    assert (await drive.complete(0))["nextStop"]["id"] == house.gid("Stop", drive.stops[4])
    assert await drive.column("transports", "status") == ["PICKED_UP", "ASSIGNED", "EN_ROUTE"]


async def test_a_complete_route_is_on_the_odometer(house: House) -> None:
    drive = await Drive.of(house)
    await drive.complete(0)
    await drive.complete(1)
    assert await drive.column("vehicles", "odometer_m") == [12_000]


async def test_a_driver_who_was_taken_off_the_road_can_finish(house: House) -> None:
    drive = await Drive.of(house, status="IN_PROGRESS")
    await house.pool.execute("UPDATE drivers SET status = 'SUSPENDED' WHERE organization_id = $1", house.id)
    await drive.complete(0)
    assert (await drive.complete(1))["stop"]["route"] == {"status": "COMPLETED"}
    assert await drive.column("drivers", "status") == ["SUSPENDED"]


# who may


async def test_a_driver_drives_their_own_routes(house: House) -> None:
    customer = await house.customer()
    route = await house.route(await house.driver(), [await house.transport(customer)], "IN_PROGRESS")
    stop = await house.value("SELECT id FROM stops WHERE organization_id = $1 ORDER BY sequence LIMIT 1")
    async with nothing_changes(house):
        driver = house.client("DRIVER")
        assert await errors(driver, "startRoute", {"routeId": house.gid("Route", route)}) == [("NOT_FOUND", None)]
        for verb, more in (
            ("arriveAtStop", {}),
            ("completeStop", {}),
            ("skipStop", {}),
            ("failStop", {"reason": "OTHER"}),
        ):
            input = {"stopId": house.gid("Stop", stop)} | more
            assert await errors(driver, verb, input) == [("NOT_FOUND", None)]


@pytest.mark.parametrize("status", ["DRAFT", "OPTIMIZED", "CANCELLED"])
async def test_a_driver_does_not_know_of_unpublished_routes(house: House, status: str) -> None:
    drive = await Drive.of(house, status=status)
    node = "query Node($id: ID!) { node(id: $id) { id } }"
    assert await errors(house.client("DRIVER"), "startRoute", {"routeId": house.gid("Route", drive.route)}) == [
        ("NOT_FOUND", None)
    ]
    assert await house.client("DRIVER").codes(node, {"id": house.gid("Transport", drive.rides[0])}) == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("status", "ride", "driver", "position"),
    [
        ("OPTIMIZED", "ASSIGNED", False, False),
        ("PUBLISHED", "ASSIGNED", True, False),
        ("IN_PROGRESS", "EN_ROUTE", True, True),
        ("IN_PROGRESS", "PICKED_UP", True, True),
        ("IN_PROGRESS", "DELIVERED", True, False),
        ("COMPLETED", "DELIVERED", True, False),
    ],
)
async def test_customers_see_who_comes_and_where_they_are(
    house: House, status: str, ride: str, driver: bool, position: bool
) -> None:
    me = house.people["CUSTOMER"]
    drive = await Drive.of(house, status=status, customer=me.viewer.customer_id)
    await house.pool.execute("UPDATE transports SET status = $2 WHERE organization_id = $1", house.id, ride)
    await house.insert(
        "positions",
        driver_id=house.people["DRIVER"].viewer.driver_id,
        latitude=41.7,
        longitude=44.8,
        recorded_at=clock.now(),
    )
    node = """query Node($id: ID!) { node(id: $id) { ... on Transport {
      driver { displayName phone position { point { latitude } } } route { id } eta stopsBefore } } }"""
    found = (await me.client.run(node, {"id": house.gid("Transport", drive.rides[0])}))["node"]
    seen = {"displayName": "Giorgi", "phone": None, "position": {"point": {"latitude": 41.7}} if position else None}
    assert (found["driver"], found["route"]) == (seen if driver else None, None)
    ahead = status in ("PUBLISHED", "IN_PROGRESS")
    assert (found["eta"] is not None, found["stopsBefore"]) == (ahead, 0 if ahead else None)
