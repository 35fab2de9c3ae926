"""A driver's day, stop by stop."""

from datetime import timedelta

import pytest

from app import clock
from app.models import DriverStatus, RouteStatus, StopStatus
from app.models.fleet import DRIVER_MACHINE
from app.models.routes import ROUTE_MACHINE, STOP_MACHINE
from tests.driving import Drive
from tests.factories.houses import House
from tests.steps import errors, events, nothing_changes, row

# machines


@pytest.mark.parametrize("status", RouteStatus)
async def test_starting_keeps_to_the_machine(house: House, status: RouteStatus) -> None:
    drive = await Drive.of(house, status=status)
    await house.pool.execute("UPDATE drivers SET status = 'AVAILABLE' WHERE organization_id = $1", house.id)
    if RouteStatus.IN_PROGRESS in ROUTE_MACHINE.transitions.get(status, ()):
        answer = await drive.start()
        assert answer["route"] == {"status": "IN_PROGRESS", "driver": {"status": "ON_ROUTE"}}
    else:
        async with nothing_changes(house):
            answer = await drive.start("DISPATCHER")
        message = f"A route that is {status} cannot become IN_PROGRESS."
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status, "message": message}


@pytest.mark.parametrize("status", DriverStatus)
async def test_a_driver_sets_out_by_the_machine(house: House, status: DriverStatus) -> None:
    drive = await Drive.of(house)
    await house.pool.execute("UPDATE drivers SET status = $2 WHERE organization_id = $1", house.id, status.value)
    if DriverStatus.ON_ROUTE in DRIVER_MACHINE.transitions[status]:
        assert (await drive.start())["route"]["driver"] == {"status": "ON_ROUTE"}
    else:
        async with nothing_changes(house):
            answer = await drive.start()
        message = f"A driver that is {status} cannot become ON_ROUTE."
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status, "message": message}


@pytest.mark.parametrize("status", RouteStatus)
async def test_only_planned_routes_are_published(house: House, status: RouteStatus) -> None:
    await Drive.of(house, status=status)
    selection = "... on PublishRoutesSuccess { routes { status version } } ... on NothingToPublish { message }"
    date = {"date": house.day.isoformat()}
    if status is RouteStatus.OPTIMIZED:
        answer = await house.client("DISPATCHER").act("publishRoutes", date, selection)
        assert answer["routes"] == [{"status": "PUBLISHED", "version": 2}]
        assert await events(house) == ["ROUTE_PUBLISHED", "TRANSPORT_SCHEDULED"]
    else:
        async with nothing_changes(house):
            answer = await house.client("DISPATCHER").act("publishRoutes", date, selection)
        message = "No planned route of this day waits to be published."
        assert answer == {"__typename": "NothingToPublish", "message": message}


@pytest.mark.parametrize("status", StopStatus)
@pytest.mark.parametrize("verb", ["arrive", "complete"])
async def test_a_stop_keeps_to_the_machine(house: House, verb: str, status: StopStatus) -> None:
    drive = await Drive.of(house, status="IN_PROGRESS")
    await drive.set_stop(status)
    target = StopStatus.ARRIVED if verb == "arrive" else StopStatus.DONE
    if target in STOP_MACHINE.transitions.get(status, ()):
        assert (await getattr(drive, verb)(0))["stop"]["status"] == target
    elif (verb, status) == ("arrive", StopStatus.DONE):
        # the order in which an offline phone tells things
        stop = (await drive.arrive(0))["stop"]
        assert (stop["status"], stop["arrivedAt"] is None) == ("DONE", False)
    else:
        async with nothing_changes(house):
            answer = await getattr(drive, verb)(0)
        assert (answer["__typename"], answer["currentStatus"]) == ("InvalidTransition", status)


@pytest.mark.parametrize("status", [s for s in RouteStatus if s is not RouteStatus.IN_PROGRESS])
async def test_stops_wait_for_their_route(house: House, status: RouteStatus) -> None:
    drive = await Drive.of(house, status=status)
    dispatcher = house.client("DISPATCHER")
    async with nothing_changes(house):
        for verb in ("arriveAtStop", "completeStop"):
            answer = await dispatcher.act(verb, drive.stop(0), "... on InvalidTransition { currentStatus }")
            assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


# the way


async def test_a_dropoff_waits_for_its_pickup(house: House) -> None:
    drive = await Drive.of(house, status="IN_PROGRESS")
    async with nothing_changes(house):
        answer = await drive.complete(1)
    assert answer == {"__typename": "InvalidTransition", "currentStatus": "ASSIGNED"}


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


async def test_an_offline_phone_tells_things_late_and_in_any_order(house: House) -> None:
    drive, now = await Drive.of(house, status="IN_PROGRESS"), clock.now()
    done = (await drive.complete(0, now - timedelta(minutes=5)))["stop"]
    assert (done["status"], done["arrivedAt"], done["transport"]["status"]) == ("DONE", None, "PICKED_UP")
    assert await events(house) == ["STOP_COMPLETED", "TRANSPORT_EN_ROUTE", "TRANSPORT_PICKED_UP"]
    arrived = (await drive.arrive(0, now - timedelta(minutes=9)))["stop"]
    assert arrived == done | {"arrivedAt": (now - timedelta(minutes=9)).isoformat()}
    assert (await events(house))[3:] == ["STOP_ARRIVED"]
    async with nothing_changes(house):
        assert (await drive.arrive(0, now))["stop"] == arrived


async def test_a_late_arrival_is_noted_on_a_completed_route(house: House) -> None:
    drive, now = await Drive.of(house, status="IN_PROGRESS"), clock.now()
    await drive.complete(0)
    assert (await drive.complete(1))["stop"]["route"] == {"status": "COMPLETED"}
    arrived = (await drive.arrive(1, now))["stop"]
    assert (arrived["arrivedAt"], arrived["route"]) == (now.isoformat(), {"status": "COMPLETED"})


async def test_nothing_has_happened_in_the_future(house: House) -> None:
    drive = await Drive.of(house, status="IN_PROGRESS")
    soon = clock.now() + timedelta(minutes=6)
    async with nothing_changes(house):
        for verb in ("arriveAtStop", "completeStop"):
            assert await errors(house.client("DRIVER"), verb, drive.stop(0, soon)) == [("BAD_USER_INPUT", "at")]
    # a phone's clock may run ahead a little
    assert (await drive.arrive(0, clock.now() + timedelta(minutes=4)))["stop"]["status"] == "ARRIVED"


async def test_what_is_ahead_shifts_when_the_driver_is_late(house: House) -> None:
    drive = await Drive.of(house, rides=2, status="IN_PROGRESS")
    minutes = "planned_at = $2::timestamptz + sequence * interval '10 minutes'"
    await house.pool.execute(
        f"UPDATE stops SET {minutes} WHERE organization_id = $1", house.id, clock.now() - timedelta(days=2)
    )
    planned = await drive.column("stops", "planned_at")
    late = timedelta(minutes=7)
    await drive.arrive(0, planned[0] + late)
    assert (await drive.column("stops", "eta"))[1:] == [at + late for at in planned[1:]]
    # it took three minutes longer than planned: 180 s, and then as long again
    answer = await drive.complete(0, planned[0] + late + timedelta(minutes=6))
    assert answer["nextStop"]["eta"] == (planned[1] + timedelta(minutes=10)).isoformat()
    # time won is not promised
    await drive.complete(1, planned[1] - timedelta(minutes=1))
    assert (await drive.column("stops", "eta"))[2:] == planned[2:]


# who may


async def test_a_driver_drives_their_own_routes(house: House) -> None:
    customer = await house.customer()
    route = await house.route(await house.driver(), [await house.transport(customer)], "IN_PROGRESS")
    stop = await house.value("SELECT id FROM stops WHERE organization_id = $1 ORDER BY sequence LIMIT 1")
    async with nothing_changes(house):
        driver = house.client("DRIVER")
        assert await errors(driver, "startRoute", {"routeId": house.gid("Route", route)}) == [("NOT_FOUND", None)]
        for verb in ("arriveAtStop", "completeStop"):
            assert await errors(driver, verb, {"stopId": house.gid("Stop", stop)}) == [("NOT_FOUND", None)]


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
