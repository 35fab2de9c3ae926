"""Drivers and their teams, vehicles and their types."""

from datetime import time
from uuid import UUID

import pytest

from app.context import Server
from tests.client import Json
from tests.depot import act
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import errors, events, nothing_changes

ROOM = [{"dimension": "SEATS", "amount": 4}, {"dimension": "WHEELCHAIRS", "amount": 1}]


async def test_a_vehicle_type_is_added_and_changed(house: House) -> None:
    selection = "vehicleType { id version name equipment capacity { dimension amount } }"
    input = {"name": "Ambulance", "capacity": ROOM, "equipment": ["ramp", "oxygen", "ramp"]}
    type_ = (await act(house, "createVehicleType", input, selection))["vehicleType"]
    assert (type_["version"], type_["equipment"], type_["capacity"]) == (1, ["oxygen", "ramp"], ROOM)
    change = {"vehicleTypeId": type_["id"], "version": 1, "capacity": ROOM[:1], "equipment": []}
    changed = (await act(house, "updateVehicleType", change, selection))["vehicleType"]
    assert changed == {**type_, "version": 2, "capacity": ROOM[:1], "equipment": []}
    assert await act(house, "updateVehicleType", change, selection) == {
        "__typename": "VersionConflict",
        "currentVersion": 2,
    }
    assert await act(house, "createVehicleType", input, selection) == {
        "__typename": "AlreadyExists",
        "field": "name",
        "message": "A vehicle type of this name exists.",
    }
    assert await events(house) == ["VEHICLE_TYPE_CREATED", "VEHICLE_TYPE_UPDATED"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"capacity": []},
        {"capacity": [*ROOM, ROOM[0]]},
        {"capacity": [{"dimension": "SEATS", "amount": 0}]},
        {"equipment": [""]},
        {"equipment": ["r\x00mp"]},
        {"equipment": [str(number) for number in range(51)]},
    ],
)
async def test_a_vehicle_type_must_make_sense(house: House, change: Json) -> None:
    input = {"name": "Van", "capacity": ROOM, **change}
    async with nothing_changes(house):
        found = await errors(house.client("DISPATCHER"), "createVehicleType", input)
    assert [code for code, _ in found] == ["BAD_USER_INPUT"]


async def test_a_license_plate_is_unique_however_it_is_typed(house: House) -> None:
    type_id = await house.insert("vehicle_types", name="Van", capacity="{}")
    selection = "vehicle { id version licensePlate active type { name } }"
    input = {"vehicleTypeId": house.gid("VehicleType", type_id), "licensePlate": " wp-001-xx "}
    vehicle = (await act(house, "createVehicle", input, selection))["vehicle"]
    assert (vehicle["licensePlate"], vehicle["active"], vehicle["type"]) == ("WP-001-XX", True, {"name": "Van"})
    refusal = {
        "__typename": "AlreadyExists",
        "field": "licensePlate",
        "message": "A vehicle with this license plate exists.",
    }
    assert await act(house, "createVehicle", input | {"licensePlate": "Wp-001-Xx"}, selection) == refusal
    other = (await act(house, "createVehicle", input | {"licensePlate": "B"}, selection))["vehicle"]
    change = {"vehicleId": other["id"], "version": 1, "licensePlate": "wp-001-xx"}
    async with nothing_changes(house):
        assert await act(house, "updateVehicle", change, selection) == refusal
    retired = {"vehicleId": other["id"], "version": 1, "active": False}
    assert (await act(house, "updateVehicle", retired, selection))["vehicle"]["active"] is False
    again = await act(house, "updateVehicle", retired, selection)
    assert again == {"__typename": "VersionConflict", "currentVersion": 2}


async def test_a_driver_is_a_member_at_most_once(house: House, stranger: House) -> None:
    selection = "driver { id version displayName status phone }"
    staff, taken = house.people["STAFF"].user_id, house.people["DRIVER"].user_id
    input = {"displayName": "Levan", "phone": "555 12 34 56", "userId": house.gid("User", staff)}
    driver = (await act(house, "createDriver", input, selection))["driver"]
    assert (driver["status"], driver["phone"]) == ("OFF_DUTY", "+995555123456")
    async with nothing_changes(house):
        assert await act(house, "createDriver", input, selection) == {
            "__typename": "AlreadyExists",
            "field": "userId",
            "message": "This user is a driver already.",
        }
        change = {"driverId": driver["id"], "version": 1, "userId": house.gid("User", taken)}
        assert (await act(house, "updateDriver", change, selection))["__typename"] == "AlreadyExists"
        foreign = input | {"userId": house.gid("User", stranger.people["STAFF"].user_id)}
        assert await errors(house.client("DISPATCHER"), "createDriver", foreign) == [("NOT_FOUND", None)]
        bad = {"displayName": "Levan", "phone": "7"}
        assert await errors(house.client("DISPATCHER"), "createDriver", bad) == [("BAD_USER_INPUT", "phone")]
    change = {"driverId": driver["id"], "version": 1, "displayName": "Levan G.", "userId": None}
    assert (await act(house, "updateDriver", change, selection))["driver"]["displayName"] == "Levan G."
    again = await act(house, "updateDriver", change, selection)
    assert again == {"__typename": "VersionConflict", "currentVersion": 2}


VEHICLE = """vehicle { id version capacity { dimension amount } equipment odometer maintenanceDueOn
  maintenanceDueOdometer type { name } }"""


async def test_a_vehicle_has_what_sets_it_apart_from_its_type(house: House) -> None:
    type_ = house.gid("VehicleType", await house.insert("vehicle_types", name="Van", capacity='{"SEATS": 4}'))
    plain = (await act(house, "createVehicle", {"vehicleTypeId": type_, "licensePlate": "A"}, VEHICLE))["vehicle"]
    nothing: Json = {"capacity": None, "equipment": [], "odometer": 0, "maintenanceDueOn": None}
    assert plain.items() >= {**nothing, "maintenanceDueOdometer": None, "type": {"name": "Van"}}.items()
    own = {
        "capacity": ROOM,
        "equipment": ["oxygen", "ramp"],
        "odometer": 84_000_000,
        "maintenanceDueOn": "2100-01-31",
        "maintenanceDueOdometer": 90_000_000,
    }
    input = {"vehicleTypeId": type_, "licensePlate": "B", **own, "equipment": ["ramp", "oxygen", "ramp"]}
    vehicle = (await act(house, "createVehicle", input, VEHICLE))["vehicle"]
    assert vehicle.items() >= own.items()
    change = {"vehicleId": vehicle["id"], "version": 1, "capacity": None, "odometer": 84_500_000}
    changed = (await act(house, "updateVehicle", change, VEHICLE))["vehicle"]
    assert changed == {**vehicle, "version": 2, "capacity": None, "odometer": 84_500_000}
    assert await house.value("SELECT capacity IS NULL FROM vehicles WHERE organization_id = $1 AND license_plate = 'B'")
    again = {"vehicleId": vehicle["id"], "version": 2, "capacity": ROOM[:1], "maintenanceDueOdometer": None}
    changed = (await act(house, "updateVehicle", again, VEHICLE))["vehicle"]
    assert (changed["capacity"], changed["maintenanceDueOdometer"]) == (ROOM[:1], None)
    assert await events(house) == ["VEHICLE_CREATED", "VEHICLE_CREATED", "VEHICLE_UPDATED", "VEHICLE_UPDATED"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"odometer": -1}, "odometer"),
        ({"odometer": 2_000_000_001}, "odometer"),
        ({"maintenanceDueOdometer": -1}, "maintenanceDueOdometer"),
        ({"capacity": []}, "capacity"),
        ({"equipment": [" "]}, "equipment"),
    ],
)
async def test_a_vehicle_must_make_sense(house: House, change: Json, field: str) -> None:
    vehicle = house.gid("Vehicle", await house.vehicle())
    async with nothing_changes(house):
        found = await errors(
            house.client("DISPATCHER"), "updateVehicle", {"vehicleId": vehicle, "version": 1, **change}
        )
    assert found == [("BAD_USER_INPUT", field)]


# drivers and teams

DRIVER = "driver { id version skills licenceNumber licenceExpiresOn team { id name } status }"
MY_TEAM = """query Mine { viewer { driver { team { name drivers { edges { node { displayName } } } } licenceNumber } }
  teams { edges { node { name } } } }"""


async def test_a_driver_belongs_to_a_team_and_can_do_something(house: House, stranger: House) -> None:
    team = (await act(house, "createTeam", {"name": " North "}, "team { id version name }"))["team"]
    assert (team["name"], team["version"]) == ("North", 1)
    assert await act(house, "createTeam", {"name": "North"}, "team { id }") == {
        "__typename": "AlreadyExists",
        "field": "name",
        "message": "A team of this name exists.",
    }
    input = {
        "displayName": "Levan",
        "teamId": team["id"],
        "skills": ["stretcher", "first aid", "stretcher"],
        "licenceNumber": " GE 123 ",
        "licenceExpiresOn": "2100-01-31",
    }
    driver = (await act(house, "createDriver", input, DRIVER))["driver"]
    assert driver == {
        "id": driver["id"],
        "version": 1,
        "skills": ["first aid", "stretcher"],
        "licenceNumber": "GE 123",
        "licenceExpiresOn": "2100-01-31",
        "team": {"id": team["id"], "name": "North"},
        "status": "OFF_DUTY",
    }
    foreign = house.gid("Team", await stranger.insert("teams", name="Theirs"))
    change = {"driverId": driver["id"], "version": 1, "teamId": foreign}
    async with nothing_changes(house):
        assert await errors(house.client("DISPATCHER"), "updateDriver", change) == [("NOT_FOUND", None)]
    renamed = {"teamId": team["id"], "version": 1, "name": "South"}
    assert (await act(house, "updateTeam", renamed, "team { version name }"))["team"] == {"version": 2, "name": "South"}
    assert (await act(house, "updateTeam", renamed, "team { version }"))["currentVersion"] == 2
    left = {"driverId": driver["id"], "version": 1, "teamId": None, "skills": [], "licenceNumber": None}
    found = (await act(house, "updateDriver", left, DRIVER))["driver"]
    assert (found["team"], found["skills"], found["licenceNumber"]) == (None, [], None)
    assert await events(house) == ["TEAM_CREATED", "DRIVER_CREATED", "TEAM_UPDATED", "DRIVER_UPDATED"]


async def test_drivers_see_their_own_team_and_nobody_elses_licence(house: House) -> None:
    me = house.people["DRIVER"].viewer.driver_id
    mine, other = await house.insert("teams", name="Mine"), await house.insert("teams", name="Other")
    await house.pool.execute("UPDATE drivers SET team_id = $2, licence_number = 'GE 1' WHERE id = $1", me, mine)
    await house.driver(team_id=mine, display_name="Nika"), await house.driver(team_id=other)
    name = await house.value("SELECT display_name FROM drivers WHERE organization_id = $1 AND id = $2", me)
    found = await house.client("DRIVER").run(MY_TEAM)
    assert found["viewer"]["driver"] == {
        "team": {"name": "Mine", "drivers": {"edges": [{"node": {"displayName": name}}]}},
        "licenceNumber": "GE 1",
    }
    assert found["teams"] == {"edges": [{"node": {"name": "Mine"}}]}
    assert await house.client("CUSTOMER").codes("{ teams { edges { node { name } } } }") == ["FORBIDDEN"]


async def test_customers_do_not_see_what_is_confided(house: House) -> None:
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    team = await house.insert("teams", name="North")
    driver = await house.driver(licence_number="GE 1", team_id=team)
    ride = await house.transport(customer)
    await house.route(driver, [ride])
    await house.insert("absences", driver_id=driver, starts_at=house.at(time(8)), ends_at=house.at(time(9)))
    query = """query Ride($id: ID!) { node(id: $id) { ... on Transport { driver { displayName licenceNumber
      licenceExpiresOn team { name } absences { edges { node { id } } } } } } }"""
    found = (await house.client("CUSTOMER").run(query, {"id": house.gid("Transport", ride)}))["node"]["driver"]
    confided: Json = {"licenceNumber": None, "licenceExpiresOn": None, "team": None, "absences": {"edges": []}}
    assert found == {"displayName": "Giorgi", **confided}


async def test_lists_of_the_fleet_cost_the_same_however_long_they_are(house: House, server: Server) -> None:
    query = """{ teams { edges { node { name drivers(first: 2) { edges { node { team { name }
        absences(first: 2) { totalCount edges { node { driver { displayName } vehicle { licensePlate } } } } } } } } } }
      absences { edges { node { vehicle { absences(first: 2) { edges { node { reason } } } } } } } }"""
    seen = []
    for number in range(2):
        for count in range(1 + 5 * number):
            driver = await house.driver(team_id=await house.insert("teams", name=f"Team {number}-{count}"))
            for who in ({"driver_id": driver}, {"vehicle_id": await house.vehicle()}):
                await house.insert("absences", **who, starts_at=house.at(time(8)), ends_at=house.at(time(9)))
        with counting(server) as statements:
            await house.client("STAFF").run(query)
        seen.append((len(statements.setup), len(statements.data)))
    assert seen[0] == seen[1]
    assert seen[0][0] == 1


# on duty and off


async def _status(house: House, status: str, role: str = "DRIVER", driver: UUID | None = None) -> Json:
    input = {"status": status, "driverId": house.gid("Driver", driver) if driver else None}
    return await act(house, "setDriverStatus", input, "driver { status }", role)


async def test_drivers_say_that_they_are_on_duty(house: House) -> None:
    me = house.people["DRIVER"].viewer.driver_id
    for status in ("OFF_DUTY", "OFF_DUTY", "AVAILABLE"):
        assert (await _status(house, status))["driver"] == {"status": status}
    told = await house.all("SELECT type, payload, driver_id FROM events WHERE organization_id = $1 ORDER BY seq")
    assert [(row["type"], row["payload"], row["driver_id"]) for row in told] == [
        ("DRIVER_STATUS_CHANGED", '{"status": "OFF_DUTY"}', me),
        ("DRIVER_STATUS_CHANGED", '{"status": "AVAILABLE"}', me),
    ]


async def test_only_the_house_suspends(house: House) -> None:
    me = house.people["DRIVER"].viewer.driver_id
    assert me
    own = {"status": "SUSPENDED"}
    async with nothing_changes(house):
        assert await errors(house.client("DRIVER"), "setDriverStatus", own) == [("FORBIDDEN", None)]
    assert (await _status(house, "SUSPENDED", "DISPATCHER", me))["driver"] == {"status": "SUSPENDED"}
    async with nothing_changes(house):
        back = {"status": "OFF_DUTY"}
        assert await errors(house.client("DRIVER"), "setDriverStatus", back) == [("FORBIDDEN", None)]
        skipped = await _status(house, "AVAILABLE", "DISPATCHER", me)
        assert skipped == {"__typename": "InvalidTransition", "currentStatus": "SUSPENDED"}
    assert (await _status(house, "OFF_DUTY", "DISPATCHER", me))["driver"] == {"status": "OFF_DUTY"}


async def test_a_route_is_not_begun_or_left_by_saying_so(house: House) -> None:
    me = house.people["DRIVER"].viewer.driver_id
    assert me
    async with nothing_changes(house):
        wanted = {"status": "ON_ROUTE"}
        assert await errors(house.client("DRIVER"), "setDriverStatus", wanted) == [("BAD_USER_INPUT", "status")]
        nobody = {"status": "AVAILABLE"}
        assert await errors(house.client("DISPATCHER"), "setDriverStatus", nobody) == [("BAD_USER_INPUT", "driverId")]
    await house.pool.execute("UPDATE drivers SET status = 'ON_ROUTE' WHERE id = $1", me)
    assert await _status(house, "OFF_DUTY") == {"__typename": "InvalidTransition", "currentStatus": "ON_ROUTE"}
