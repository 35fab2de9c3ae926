"""Who drives what when."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.context import Server
from tests.client import Json
from tests.depot import act
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import errors, events, nothing_changes

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
    assert (await act(house, "createShift", first, SHIFT))["shift"]["startPlace"] == {"label": "Depot"}
    overlapping = {
        "driverId": await _shift_input(house, seven + timedelta(hours=5), 6, driver=driver),
        "vehicleId": await _shift_input(house, seven + timedelta(hours=5), 6, vehicle=vehicle),
    }
    async with nothing_changes(house):
        for field, input in overlapping.items():
            answer = await act(house, "createShift", input, SHIFT)
            noun = field.removesuffix("Id")
            message = f"This {noun} has a shift at that time."
            assert answer == {"__typename": "AlreadyExists", "field": field, "message": message}
    following = await _shift_input(house, seven + timedelta(hours=6), 6, driver=driver, vehicle=vehicle)
    shift = (await act(house, "createShift", following, SHIFT))["shift"]
    earlier = {"shiftId": shift["id"], "version": 1, "startsAt": (seven + timedelta(hours=5)).isoformat()}
    async with nothing_changes(house):
        assert (await act(house, "updateShift", earlier, SHIFT))["__typename"] == "AlreadyExists"


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
        changed = (await act(house, "updateShift", change, SHIFT))["shift"]
        assert (changed["version"], changed["endsAt"]) == (2, later)
        assert await act(house, "updateShift", change, SHIFT) == {
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
    assert (await act(house, "updateShift", change, SHIFT))["shift"]["version"] == 2
    assert await house.value("SELECT status FROM routes WHERE organization_id = $1") == "CANCELLED"
    assert [row["status"] for row in await house.all("SELECT status FROM stops WHERE organization_id = $1")] == [
        "CANCELLED",
        "CANCELLED",
    ]
    waiting = await house.all("SELECT status, driver_id, route_id FROM transports WHERE organization_id = $1")
    assert [tuple(row) for row in waiting] == [("PENDING", None, None)]
    assert await events(house) == ["TRANSPORT_UNASSIGNED", "ROUTE_CANCELLED", "SHIFT_UPDATED"]


# what a shift may have besides

LIMITED = """shift { id breaks { from until duration } durationMax drivingMax endPlace { id }
  costPerHour { amount currency } costPerKm { amount currency } }"""


def _break(house: House, begin: time, end: time, duration: int = 1_800) -> Json:
    return {"from": house.at(begin).isoformat(), "until": house.at(end).isoformat(), "duration": duration}


async def test_a_shift_has_breaks_limits_and_costs(house: House) -> None:
    input = await _shift_input(house, house.at(time(7)), 10)
    plain = (await act(house, "createShift", input, LIMITED))["shift"]
    nothing: Json = {"breaks": [], "durationMax": None, "drivingMax": None, "costPerHour": None, "costPerKm": None}
    assert plain.items() >= nothing.items()
    own = {
        "breaks": [_break(house, time(11), time(12)), _break(house, time(14), time(14), 900)],
        "durationMax": 9 * 3600,
        "drivingMax": 6 * 3600,
    }
    costs = {"costPerHour": 1_500, "costPerKm": 80}
    input = await _shift_input(house, house.at(time(7)), 10) | own | costs | {"endPlaceId": None}
    shift = (await act(house, "createShift", input, LIMITED))["shift"]
    assert shift == {
        "id": shift["id"],
        **own,
        "endPlace": None,
        **{name: {"amount": amount, "currency": "GEL"} for name, amount in costs.items()},
    }
    depot = house.gid("Place", await house.place(label="Depot"))
    change = {"shiftId": shift["id"], "version": 1, "breaks": [], "costPerKm": None, "endPlaceId": depot}
    changed = (await act(house, "updateShift", change, LIMITED))["shift"]
    assert changed == {**shift, "breaks": [], "costPerKm": None, "endPlace": {"id": depot}}
    opened = {"shiftId": shift["id"], "version": 2, "endPlaceId": None, "drivingMax": None}
    changed = (await act(house, "updateShift", opened, LIMITED))["shift"]
    assert (changed["endPlace"], changed["drivingMax"], changed["durationMax"]) == (None, None, 9 * 3600)


async def test_breaks_lie_within_the_shift_one_after_the_other(house: House) -> None:
    noon = _break(house, time(12), time(13))
    mistakes: list[tuple[Json, str]] = [
        ({"breaks": [_break(house, time(6), time(8))]}, "breaks"),
        ({"breaks": [_break(house, time(13), time(12))]}, "breaks"),
        ({"breaks": [_break(house, time(16), time(17))]}, "breaks"),
        ({"breaks": [noon, _break(house, time(13, 15), time(14))]}, "breaks"),
        ({"breaks": [noon, _break(house, time(9), time(10))]}, "breaks"),
        ({"breaks": [_break(house, time(8 + number), time(8 + number), 60) for number in range(5)]}, "breaks"),
        ({"breaks": [_break(house, time(12), time(13), 59)]}, "duration"),
        ({"durationMax": 59}, "durationMax"),
        ({"drivingMax": 86_401}, "drivingMax"),
        ({"costPerHour": -1}, "costPerHour"),
        ({"costPerKm": 10**9 + 1}, "costPerKm"),
    ]
    input = await _shift_input(house, house.at(time(7)), 10)
    async with nothing_changes(house):
        for mistake, field in mistakes:
            found = await errors(house.client("DISPATCHER"), "createShift", input | mistake)
            assert (mistake, found) == (mistake, [("BAD_USER_INPUT", field)])
    shift = (await act(house, "createShift", input | {"breaks": [noon]}, SHIFT))["shift"]
    earlier = {"shiftId": shift["id"], "version": 1, "endsAt": house.at(time(13, 15)).isoformat()}
    async with nothing_changes(house):
        found = await errors(house.client("DISPATCHER"), "updateShift", earlier)
    assert found == [("BAD_USER_INPUT", "breaks")]


async def test_somebody_else_takes_a_shift(house: House) -> None:
    shift = house.gid("Shift", await house.shift())
    former: UUID = await house.value("SELECT driver_id FROM shifts WHERE organization_id = $1")
    other, vehicle = await house.driver(), await house.vehicle()
    change = {"driverId": house.gid("Driver", other), "vehicleId": house.gid("Vehicle", vehicle)}
    changed = (await act(house, "updateShift", {"shiftId": shift, "version": 1, **change}, SHIFT))["shift"]
    assert (changed["driver"], changed["vehicle"]) == ({"id": change["driverId"]}, {"id": change["vehicleId"]})
    (told,) = await house.all("SELECT type, driver_id, former_driver_id FROM events WHERE organization_id = $1")
    assert tuple(told) == ("SHIFT_UPDATED", other, former)


# by a rule


async def test_shifts_are_made_by_a_rule(house: House) -> None:
    """At the same times by the local clock, with their breaks."""
    seven = house.at(time(7))
    input = await _shift_input(house, seven, 8) | {"breaks": [_break(house, time(11), time(12))]}
    until = (house.day + timedelta(days=13)).isoformat()
    rule = {"rule": "FREQ=DAILY;INTERVAL=2", "until": until}
    selection = "shifts { startsAt endsAt breaks { from } }"
    made = (await act(house, "createShifts", input | rule, selection))["shifts"]
    assert [shift["startsAt"] for shift in made] == [
        (seven + timedelta(days=2 * number)).isoformat() for number in range(7)
    ]
    assert {tuple(shift["breaks"][0].values()) for shift in made} == {
        ((house.at(time(11)) + timedelta(days=2 * number)).isoformat(),) for number in range(7)
    }
    assert await events(house) == ["SHIFT_CREATED"] * 7


async def test_the_clocks_change_under_a_rule(house: House) -> None:
    """Seven o'clock stays seven o'clock: here two shifts around the end of summer time in Berlin."""
    await house.pool.execute("UPDATE organizations SET time_zone = 'Europe/Berlin' WHERE id = $1", house.id)
    starts_at = datetime(2027, 10, 30, 5, tzinfo=UTC)
    input = await _shift_input(house, starts_at, 8) | {"rule": "FREQ=DAILY;COUNT=2", "until": "2027-10-31"}
    made = (await act(house, "createShifts", input, "shifts { startsAt endsAt }"))["shifts"]
    assert made == [
        {"startsAt": "2027-10-30T05:00:00+00:00", "endsAt": "2027-10-30T13:00:00+00:00"},
        {"startsAt": "2027-10-31T06:00:00+00:00", "endsAt": "2027-10-31T14:00:00+00:00"},
    ]


async def test_shifts_by_a_rule_are_all_made_or_none(house: House) -> None:
    seven = house.at(time(7))
    input = await _shift_input(house, seven, 8)
    wanted = {"rule": "FREQ=DAILY", "until": (house.day + timedelta(days=6)).isoformat()}
    in_the_way = {
        "startsAt": (seven + timedelta(days=3)).isoformat(),
        "endsAt": (seven + timedelta(days=4)).isoformat(),
    }
    await act(house, "createShift", input | in_the_way, SHIFT)
    mistakes: list[tuple[Json, str]] = [
        ({"until": (house.day - timedelta(days=1)).isoformat()}, "until"),
        ({"until": (house.day + timedelta(days=367)).isoformat()}, "until"),
        ({"until": (house.day + timedelta(days=100)).isoformat()}, "rule"),
        ({"rule": "FREQ=DAILY;UNTIL=20000101"}, "rule"),
        ({"rule": "every day"}, "rule"),
    ]
    async with nothing_changes(house):
        assert (await act(house, "createShifts", input | wanted, "shifts { id }"))["__typename"] == "AlreadyExists"
        for mistake, field in mistakes:
            found = await errors(house.client("DISPATCHER"), "createShifts", input | wanted | mistake)
            assert (mistake, found) == (mistake, [("BAD_USER_INPUT", field)])


# taken back

REMOVED = "driver { id } vehicle { id }"


async def _remove(house: House, shift: UUID) -> Json:
    return await house.client("DISPATCHER").act("removeShift", {"shiftId": house.gid("Shift", shift)}, REMOVED)


async def test_a_shift_is_taken_back(house: House) -> None:
    driver, vehicle = await house.driver(), await house.vehicle()
    answer = await _remove(house, await house.shift(driver, vehicle))
    assert (answer["driver"]["id"], answer["vehicle"]["id"]) == (
        house.gid("Driver", driver),
        house.gid("Vehicle", vehicle),
    )
    assert await house.all("SELECT FROM shifts WHERE organization_id = $1") == []
    (told,) = await house.all("SELECT type, driver_id FROM events WHERE organization_id = $1")
    assert tuple(told) == ("SHIFT_REMOVED", driver)


@pytest.mark.parametrize("status", ["DRAFT", "OPTIMIZED", "CANCELLED"])
async def test_routes_that_nobody_drives_go_with_their_shift(house: House, status: str) -> None:
    customer = await house.customer()
    rides = [await house.transport(customer) for _ in range(2)]
    route = await house.route(await house.driver(), rides, status)
    pinned = await house.transport(customer, pinned_route_id=route)
    if status == "CANCELLED":
        await house.pool.execute("UPDATE stops SET status = 'CANCELLED' WHERE route_id = $1", route)
        await house.pool.execute("UPDATE transports SET status = 'CANCELLED' WHERE route_id = $1", route)
    shift: UUID = await house.value("SELECT shift_id FROM routes WHERE organization_id = $1")
    await _remove(house, shift)
    for table in ("routes", "stops", "shifts"):
        assert await house.all(f"SELECT FROM {table} WHERE organization_id = $1") == []
    left = await house.all("SELECT status, route_id, pinned_route_id FROM transports WHERE organization_id = $1")
    expected = "CANCELLED" if status == "CANCELLED" else "PENDING"
    assert sorted(map(tuple, left)) == sorted([(expected, None, None)] * 2 + [("PENDING", None, None)])
    assert (await events(house))[-1] == "SHIFT_REMOVED"
    assert await house.value("SELECT count(*) FROM transports WHERE organization_id = $1 AND id = $2", pinned) == 1


@pytest.mark.parametrize("status", ["PUBLISHED", "IN_PROGRESS", "COMPLETED"])
async def test_a_shift_stays_when_its_route_was_seen(house: House, status: str) -> None:
    await house.route(await house.driver(), [await house.transport(await house.customer())], status)
    shift: UUID = await house.value("SELECT id FROM shifts WHERE organization_id = $1")
    async with nothing_changes(house):
        found = await errors(house.client("DISPATCHER"), "removeShift", {"shiftId": house.gid("Shift", shift)})
    assert found == [("BAD_USER_INPUT", None)]


async def test_what_was_done_on_a_route_is_kept(house: House) -> None:
    ride = await house.transport(await house.customer())
    route = await house.route(await house.driver(), [ride], "CANCELLED")
    await house.pool.execute("UPDATE stops SET status = 'DONE' WHERE route_id = $1 AND sequence = 1", route)
    shift: UUID = await house.value("SELECT id FROM shifts WHERE organization_id = $1")
    async with nothing_changes(house):
        found = await errors(house.client("DISPATCHER"), "removeShift", {"shiftId": house.gid("Shift", shift)})
    assert found == [("BAD_USER_INPUT", None)]


async def test_the_list_of_shifts_costs_the_same_however_long_it_is(house: House, server: Server) -> None:
    query = """{ shifts { edges { node { driver { displayName } vehicle { licensePlate } startPlace { label }
      endPlace { label } breaks { duration } costPerHour { amount currency } costPerKm { amount } } } } }"""
    seen = []
    for _ in range(2):
        for _ in range(4):
            await house.shift(cost_per_hour_minor=1_500, cost_per_km_minor=80)
        with counting(server) as statements:
            await house.client("STAFF").run(query)
        seen.append((len(statements.setup), len(statements.data)))
    # the page, drivers, vehicles, places, and the organization with its currency
    assert seen == [(1, 5)] * 2
