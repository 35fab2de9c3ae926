"""Drivers, vehicles and shifts."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.client import Json
from tests.factories.houses import House
from tests.steps import errors, events, nothing_changes

ROOM = [{"dimension": "SEATS", "amount": 4}, {"dimension": "WHEELCHAIRS", "amount": 1}]
REFUSED = "... on AlreadyExists { field message } ... on VersionConflict { currentVersion }"


async def _act(house: House, verb: str, input: Json, selection: str) -> Json:
    success = f"... on {verb[0].upper()}{verb[1:]}Success {{ {selection} }}"
    refused = REFUSED if verb.startswith("update") else "... on AlreadyExists { field message }"
    return await house.client("DISPATCHER").act(verb, input, f"{success} {refused}")


async def test_a_vehicle_type_is_added_and_changed(house: House) -> None:
    selection = "vehicleType { id version name equipment capacity { dimension amount } }"
    input = {"name": "Ambulance", "capacity": ROOM, "equipment": ["ramp", "oxygen", "ramp"]}
    type_ = (await _act(house, "createVehicleType", input, selection))["vehicleType"]
    assert (type_["version"], type_["equipment"], type_["capacity"]) == (1, ["oxygen", "ramp"], ROOM)
    change = {"vehicleTypeId": type_["id"], "version": 1, "capacity": ROOM[:1], "equipment": []}
    changed = (await _act(house, "updateVehicleType", change, selection))["vehicleType"]
    assert changed == {**type_, "version": 2, "capacity": ROOM[:1], "equipment": []}
    assert await _act(house, "updateVehicleType", change, selection) == {
        "__typename": "VersionConflict",
        "currentVersion": 2,
    }
    assert await _act(house, "createVehicleType", input, selection) == {
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
    vehicle = (await _act(house, "createVehicle", input, selection))["vehicle"]
    assert (vehicle["licensePlate"], vehicle["active"], vehicle["type"]) == ("WP-001-XX", True, {"name": "Van"})
    refusal = {
        "__typename": "AlreadyExists",
        "field": "licensePlate",
        "message": "A vehicle with this license plate exists.",
    }
    assert await _act(house, "createVehicle", input | {"licensePlate": "Wp-001-Xx"}, selection) == refusal
    other = (await _act(house, "createVehicle", input | {"licensePlate": "B"}, selection))["vehicle"]
    change = {"vehicleId": other["id"], "version": 1, "licensePlate": "wp-001-xx"}
    async with nothing_changes(house):
        assert await _act(house, "updateVehicle", change, selection) == refusal
    retired = {"vehicleId": other["id"], "version": 1, "active": False}
    assert (await _act(house, "updateVehicle", retired, selection))["vehicle"]["active"] is False
    again = await _act(house, "updateVehicle", retired, selection)
    assert again == {"__typename": "VersionConflict", "currentVersion": 2}


async def test_a_driver_is_a_member_at_most_once(house: House, stranger: House) -> None:
    selection = "driver { id version displayName status phone }"
    staff, taken = house.people["STAFF"].user_id, house.people["DRIVER"].user_id
    input = {"displayName": "Levan", "phone": "555 12 34 56", "userId": house.gid("User", staff)}
    driver = (await _act(house, "createDriver", input, selection))["driver"]
    assert (driver["status"], driver["phone"]) == ("OFF_DUTY", "+995555123456")
    async with nothing_changes(house):
        assert await _act(house, "createDriver", input, selection) == {
            "__typename": "AlreadyExists",
            "field": "userId",
            "message": "This user is a driver already.",
        }
        change = {"driverId": driver["id"], "version": 1, "userId": house.gid("User", taken)}
        assert (await _act(house, "updateDriver", change, selection))["__typename"] == "AlreadyExists"
        foreign = input | {"userId": house.gid("User", stranger.people["STAFF"].user_id)}
        assert await errors(house.client("DISPATCHER"), "createDriver", foreign) == [("NOT_FOUND", None)]
        bad = {"displayName": "Levan", "phone": "7"}
        assert await errors(house.client("DISPATCHER"), "createDriver", bad) == [("BAD_USER_INPUT", "phone")]
    change = {"driverId": driver["id"], "version": 1, "displayName": "Levan G.", "userId": None}
    assert (await _act(house, "updateDriver", change, selection))["driver"]["displayName"] == "Levan G."
    again = await _act(house, "updateDriver", change, selection)
    assert again == {"__typename": "VersionConflict", "currentVersion": 2}


# shifts

SHIFT = "shift { id version startsAt endsAt driver { id } vehicle { id } startPlace { label } endPlace { label } }"


async def _shift_input(house: House, start: datetime, hours: float, **ids: UUID) -> Json:
    depot = house.gid("Place", await house.place(label="Depot"))
    return {
        "driverId": house.gid("Driver", ids.get("driver") or await house.driver()),
        "vehicleId": house.gid("Vehicle", ids.get("vehicle") or await house.vehicle()),
        "startsAt": start.isoformat(),
        "endsAt": (start + timedelta(hours=hours)).isoformat(),
        "startPlaceId": depot,
        "endPlaceId": depot,
    }


async def test_nobody_and_nothing_drives_twice_at_once(house: House) -> None:
    driver, vehicle, seven = await house.driver(), await house.vehicle(), house.at(time(7))
    first = await _shift_input(house, seven, 6, driver=driver, vehicle=vehicle)
    assert (await _act(house, "createShift", first, SHIFT))["shift"]["startPlace"] == {"label": "Depot"}
    overlapping = {
        "driverId": await _shift_input(house, seven + timedelta(hours=5), 6, driver=driver),
        "vehicleId": await _shift_input(house, seven + timedelta(hours=5), 6, vehicle=vehicle),
    }
    async with nothing_changes(house):
        for field, input in overlapping.items():
            answer = await _act(house, "createShift", input, SHIFT)
            noun = field.removesuffix("Id")
            message = f"This {noun} has a shift at that time."
            assert answer == {"__typename": "AlreadyExists", "field": field, "message": message}
    following = await _shift_input(house, seven + timedelta(hours=6), 6, driver=driver, vehicle=vehicle)
    shift = (await _act(house, "createShift", following, SHIFT))["shift"]
    earlier = {"shiftId": shift["id"], "version": 1, "startsAt": (seven + timedelta(hours=5)).isoformat()}
    async with nothing_changes(house):
        assert (await _act(house, "updateShift", earlier, SHIFT))["__typename"] == "AlreadyExists"


@pytest.mark.parametrize("hours", [0, -1, 24.5])
async def test_a_shift_ends_within_a_day(house: House, hours: float) -> None:
    input = await _shift_input(house, house.at(time(7)), hours)
    async with nothing_changes(house):
        assert await errors(house.client("DISPATCHER"), "createShift", input) == [("BAD_USER_INPUT", "endsAt")]


async def test_a_shift_begins_and_ends_at_a_place_of_the_house(house: House) -> None:
    home = house.gid("Place", await house.place(await house.customer()))
    input = await _shift_input(house, house.at(time(7)), 6)
    shift = house.gid("Shift", await house.shift())
    async with nothing_changes(house):
        for field in ("startPlaceId", "endPlaceId"):
            found = await errors(house.client("DISPATCHER"), "createShift", input | {field: home})
            assert [code for code, _ in found] == ["BAD_USER_INPUT"]
            change = {"shiftId": shift, "version": 1, field: home}
            found = await errors(house.client("DISPATCHER"), "updateShift", change)
            assert [code for code, _ in found] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("status", "free"),
    [("OPTIMIZED", True), ("CANCELLED", True), ("PUBLISHED", False), ("IN_PROGRESS", False), ("COMPLETED", False)],
)
async def test_a_shift_stays_as_its_driver_saw_it(house: House, status: str, free: bool) -> None:
    driver = await house.driver()
    await house.route(driver, [], status)
    shift: Any = await house.value("SELECT id FROM shifts WHERE organization_id = $1")
    later = house.at(time(21)).isoformat()
    change = {"shiftId": house.gid("Shift", shift), "version": 1, "endsAt": later}
    if free:
        changed = (await _act(house, "updateShift", change, SHIFT))["shift"]
        assert (changed["version"], changed["endsAt"]) == (2, later)
        assert await _act(house, "updateShift", change, SHIFT) == {
            "__typename": "VersionConflict",
            "currentVersion": 2,
        }
    else:
        async with nothing_changes(house):
            found = await errors(house.client("DISPATCHER"), "updateShift", change)
        assert [code for code, _ in found] == ["BAD_USER_INPUT"]


async def test_a_route_that_nobody_has_seen_goes_with_its_shift(house: House) -> None:
    driver = await house.driver()
    ride = await house.transport(await house.customer())
    await house.route(driver, [ride], "OPTIMIZED")
    shift: UUID = await house.value("SELECT id FROM shifts WHERE organization_id = $1")
    change = {
        "shiftId": house.gid("Shift", shift),
        "version": 1,
        "endsAt": (house.at(time(20)) - timedelta(hours=9)).isoformat(),
    }
    assert (await _act(house, "updateShift", change, SHIFT))["shift"]["version"] == 2
    assert await house.value("SELECT status FROM routes WHERE organization_id = $1") == "CANCELLED"
    assert [row["status"] for row in await house.all("SELECT status FROM stops WHERE organization_id = $1")] == [
        "CANCELLED",
        "CANCELLED",
    ]
    waiting = await house.all("SELECT status, driver_id, route_id FROM transports WHERE organization_id = $1")
    assert [tuple(row) for row in waiting] == [("PENDING", None, None)]
    assert await events(house) == ["TRANSPORT_UNASSIGNED", "ROUTE_CANCELLED", "SHIFT_UPDATED"]
