"""A day planned by the worker, and what becomes of it."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from app.jobs.worker import Work
from tests.factories.houses import House
from tests.planners import all_day, ask, has_status, planned, routes, sequence
from tests.steps import events, eventually, key, nothing_due, row


async def test_a_day_is_planned(house: House, worker: Work) -> None:
    customer = await house.customer()
    rides = [await house.transport(customer) for _ in range(4)]
    await house.transport(customer, **_day_after(house))
    shift = await house.shift()
    run = await planned(house)
    assert run["summary"] == {"routes": 1, "assigned": 4, "unassigned": 0}
    (route,) = await routes(house)
    assert (route["shift_id"], route["status"], route["date"]) == (shift, "OPTIMIZED", house.day)
    stops = await sequence(house, route["id"])
    assert sorted(stops) == sorted((ride, kind) for ride in rides for kind in ("PICKUP", "DROPOFF"))
    for ride in rides:
        assert stops.index((ride, "PICKUP")) < stops.index((ride, "DROPOFF"))
        found = await row(house, "transports", ride)
        assert (found["status"], found["route_id"], found["driver_id"]) == ("ASSIGNED", route["id"], route["driver_id"])
    log = await events(house)
    assert log[:2] == ["PLANNING_REQUESTED", "PLANNING_STARTED"]
    assert sorted(log[2:-1]) == ["ROUTE_OPTIMIZED", *["TRANSPORT_ASSIGNED"] * 4]
    assert log[-1] == "PLANNING_SUCCEEDED"


def _day_after(house: House) -> dict[str, Any]:
    tomorrow = timedelta(days=1)
    return {
        "pickup_from": house.at(time(9)) + tomorrow,
        "pickup_until": house.at(time(11)) + tomorrow,
        "dropoff_from": house.at(time(9)) + tomorrow,
        "dropoff_until": house.at(time(12)) + tomorrow,
    }


# reasons


async def _reason(house: House, ride: UUID) -> str:
    run = await planned(house)
    assert run["summary"] == {"routes": 0, "assigned": 0, "unassigned": 1}
    found = await row(house, "transports", ride)
    assert (found["status"], found["route_id"]) == ("PENDING", None)
    assert run["unassigned"] == [
        {"transport": {"id": house.gid("Transport", ride)}, "reason": found["unassigned_reason"]}
    ]
    reason: str = found["unassigned_reason"]
    return reason


async def test_nobody_drives(house: House, worker: Work) -> None:
    assert await _reason(house, await house.transport(await house.customer())) == "NO_VEHICLE"


async def test_no_vehicle_has_the_room(house: House, worker: Work) -> None:
    await house.shift()
    ride = await house.transport(await house.customer(), demand={"STRETCHERS": 1})
    assert await _reason(house, ride) == "CAPACITY"


async def test_nobody_can_be_there_in_time(house: House, worker: Work) -> None:
    await house.shift(starts_at=house.at(time(13)))
    ride = await house.transport(await house.customer())
    assert await _reason(house, ride) == "WINDOW_UNREACHABLE"


async def test_no_shift_is_long_enough(house: House, worker: Work) -> None:
    await house.shift(starts_at=house.at(time(9)), ends_at=house.at(time(9, 2)))
    ride = await house.transport(await house.customer())
    assert await _reason(house, ride) == "SHIFT_TOO_SHORT"


async def test_no_vehicle_has_the_equipment_and_no_driver_the_skills(house: House, worker: Work) -> None:
    """What one has and the other lacks does not add up."""
    able, fit = await house.driver(skills=["FIRST_AID"]), await house.vehicle()
    await house.pool.execute("UPDATE vehicles SET equipment = '{LIFT}' WHERE id = $1", fit)
    await house.shift(driver_id=able)
    await house.shift(vehicle_id=fit)
    needs = {"required_skills": ["FIRST_AID"], "required_equipment": ["LIFT"]}
    assert await _reason(house, await house.transport(await house.customer(), **needs)) == "EQUIPMENT"


async def test_the_direct_way_is_too_long(house: House, worker: Work) -> None:
    await house.shift()
    ride = await house.transport(await house.customer(), ride_s_max=1)
    assert await _reason(house, ride) == "RIDE_TIME"


async def test_who_it_is_pinned_to_is_not_there(house: House, worker: Work) -> None:
    await house.shift()
    ride = await house.transport(await house.customer(), pinned_driver_id=await house.driver())
    assert await _reason(house, ride) == "NOT_ALLOWED"


async def test_the_day_is_full(house: House, worker: Work) -> None:
    """One vehicle, and two that want to be in it at the same minute; the more important one is."""
    customer = await house.customer()
    at = {"pickup_until": house.at(time(9, 1)), "dropoff_until": house.at(time(9, 40))}
    far = await house.place(latitude=41.73, longitude=44.80)
    near = await house.place(latitude=41.68, longitude=44.80)
    usual = await house.transport(customer, pickup_place_id=far, **at)
    urgent = await house.transport(customer, pickup_place_id=near, priority="EMERGENCY", **at)
    await house.shift()
    # so small a day is looked through in a moment, on whatever machine
    run = await planned(house, timeLimit=10)
    assert run["unassigned"] == [{"transport": {"id": house.gid("Transport", usual)}, "reason": "NOT_ENOUGH_ROOM"}]
    assert (await row(house, "transports", urgent))["status"] == "ASSIGNED"


async def test_a_reason_goes_when_the_transport_is_planned(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer())
    assert await _reason(house, ride) == "NO_VEHICLE"
    await house.shift()
    assert (await planned(house))["summary"]["assigned"] == 1
    assert (await row(house, "transports", ride))["unassigned_reason"] is None


# again


async def test_planning_again_keeps_the_route(house: House, worker: Work) -> None:
    customer = await house.customer()
    first = await house.transport(customer)
    await house.shift()
    await planned(house)
    (before,) = await routes(house)
    second = await house.transport(customer)
    await planned(house)
    (after,) = await routes(house)
    assert (after["id"], after["version"] > before["version"]) == (before["id"], True)
    assert {ride for ride, _ in await sequence(house, after["id"])} == {first, second}
    assert (await events(house)).count("TRANSPORT_ASSIGNED") == 2


async def test_a_route_that_nobody_needs_is_called_off(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer())
    await house.shift()
    await planned(house)
    cancel = {"transportId": house.gid("Transport", ride)}
    await house.client("DISPATCHER").act("cancelTransport", cancel, "")
    assert (await planned(house))["summary"] == {"routes": 0, "assigned": 0, "unassigned": 0}
    (route,) = await routes(house)
    assert route["status"] == "CANCELLED"
    await house.transport(await house.customer())
    await planned(house)
    assert sorted(found["status"] for found in await routes(house)) == ["CANCELLED", "OPTIMIZED"]


async def test_a_transport_that_lost_its_vehicle_waits_again(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer())
    await house.shift()
    await planned(house)
    await house.pool.execute("UPDATE vehicle_types SET capacity = '{}' WHERE organization_id = $1", house.id)
    run = await planned(house)
    assert [left["reason"] for left in run["unassigned"]] == ["CAPACITY"]
    found = await row(house, "transports", ride)
    assert (found["status"], found["route_id"], found["driver_id"]) == ("PENDING", None, None)
    assert (await events(house)).count("TRANSPORT_UNASSIGNED") == 1


# what a transport and a shift may demand


async def _plan_of(house: House, ride: UUID) -> tuple[Any, Any, Any]:
    """Its route, and when its pickup and its dropoff are planned."""
    assert (await planned(house))["unassigned"] == []
    stops = await house.all(
        "SELECT * FROM stops WHERE organization_id = $1 AND transport_id = $2 ORDER BY sequence", ride
    )
    route = await row(house, "routes", stops[0]["route_id"])
    return route, *(stop["planned_at"] for stop in stops)


async def test_each_window_of_several_will_do(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer(), **all_day(house))
    windows = [asyncpg.Range(house.at(time(hour)), house.at(time(hour, 30))) for hour in (7, 13)]
    await house.pool.execute(
        "UPDATE transports SET pickup_windows = $2, pickup_from = $3, pickup_until = $4 WHERE id = $1",
        ride,
        windows,
        windows[0].lower,
        windows[1].upper,
    )
    await house.shift(starts_at=house.at(time(8)))
    _, pickup, _ = await _plan_of(house, ride)
    assert house.at(time(13)) <= pickup <= house.at(time(13, 30))


async def test_it_goes_to_who_can_do_it(house: House, worker: Work) -> None:
    able, fit = await house.driver(skills=["FIRST_AID"]), await house.vehicle()
    await house.pool.execute("UPDATE vehicle_types SET equipment = '{LIFT}' WHERE organization_id = $1", house.id)
    await house.shift()
    shift = await house.shift(able, fit)
    needs = {"required_skills": ["FIRST_AID"], "required_equipment": ["LIFT"]}
    route, *_ = await _plan_of(house, await house.transport(await house.customer(), **needs))
    assert route["shift_id"] == shift


async def test_pins_hold(house: House, worker: Work) -> None:
    customer, drivers = await house.customer(), [await house.driver() for _ in range(3)]
    for driver in drivers:
        await house.shift(driver)
    rides = {driver: await house.transport(customer, pinned_driver_id=driver) for driver in drivers}
    await planned(house)
    for driver, ride in rides.items():
        assert (await row(house, "transports", ride))["driver_id"] == driver


async def test_what_must_be_apart_rides_one_after_the_other(house: House, worker: Work) -> None:
    customer = await house.customer()
    site, home = await house.place(), await house.place()
    both = {"pickup_place_id": home, "dropoff_place_id": site, **all_day(house)}
    await house.transport(customer, load_class="DOG", **both)
    await house.transport(customer, load_class="CAT", apart_from=["DOG"], **both)
    await house.shift()
    assert (await planned(house))["unassigned"] == []
    (route,) = await routes(house)
    assert [kind for _, kind in await sequence(house, route["id"])] == ["PICKUP", "DROPOFF", "PICKUP", "DROPOFF"]


async def test_a_ride_is_no_longer_than_it_may_be(house: House, worker: Work) -> None:
    customer = await house.customer()
    rides = [await house.transport(customer, ride_s_max=1800, **all_day(house)) for _ in range(3)]
    await house.shift()
    for ride in rides:
        _, pickup, dropoff = await _plan_of(house, ride)
        assert dropoff - pickup <= timedelta(seconds=1800 + 180)


async def test_a_driver_rests(house: House, worker: Work) -> None:
    rest = {"from": house.at(time(10)).isoformat(), "until": house.at(time(11)).isoformat(), "duration_s": 1800}
    customer = await house.customer()
    for start, end in ((8, 9), (13, 14)):
        hours = {"from": house.at(time(start)), "until": house.at(time(end))}
        times = {f"{which}_{name}": at for which in ("pickup", "dropoff") for name, at in hours.items()}
        await house.transport(customer, **times)
    await house.shift(breaks=json.dumps([rest]))
    await planned(house)
    (route,) = await routes(house)
    ((begun, over),) = [
        tuple(datetime.fromisoformat(rest[name]) for name in ("from", "until")) for rest in json.loads(route["breaks"])
    ]
    assert house.at(time(10)) <= begun <= house.at(time(11))
    assert over - begun == timedelta(minutes=30)


async def test_an_open_route_is_over_where_its_last_stop_is(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer())
    await house.shift(end_place_id=None)
    route, _, dropoff = await _plan_of(house, ride)
    assert route["ends_at"] == dropoff + timedelta(seconds=180)


async def test_the_cheaper_shift_drives(house: House, worker: Work) -> None:
    depot = await house.place()
    await house.shift(depot=depot, cost_per_hour_minor=3000, cost_per_km_minor=90)
    cheap = await house.shift(depot=depot, cost_per_hour_minor=1000, cost_per_km_minor=30)
    route, *_ = await _plan_of(house, await house.transport(await house.customer()))
    assert route["shift_id"] == cheap


async def test_goals_are_the_dispatchers(house: House, worker: Work) -> None:
    """Few vehicles, or work for all."""
    customer, depot = await house.customer(), await house.place()
    for _ in range(6):
        await house.transport(customer, **all_day(house))
    for _ in range(2):
        await house.shift(depot=depot)
    few = await planned(house, fewestVehicles=True)
    assert (few["summary"]["routes"], few["fewestVehicles"], few["balanced"]) == (1, True, False)
    shared = await planned(house, balanced=True)
    assert (shared["summary"]["routes"], shared["fewestVehicles"], shared["balanced"]) == (2, False, True)


async def test_a_run_tells_how_it_went(house: House, worker: Work) -> None:
    for _ in range(3):
        await house.transport(await house.customer())
    await house.shift()
    run = await planned(house)
    assert (run["assigned"], run["estimated"], run["progress"]) == (3, False, 100)
    assert run["bestObjective"] > 0
    assert run["elapsed"] >= 0


# what changed meanwhile


async def test_what_comes_in_during_the_search_waits_for_the_next_run(house: House, worker: Work) -> None:
    customer = await house.customer()
    for _ in range(30):
        await house.transport(customer)
    await house.shift()
    id = (await ask(house, timeLimit=2))["planningRun"]["id"]
    await eventually(lambda: has_status(house, id, "RUNNING"))
    late = await house.transport(customer, demand={"STRETCHERS": 1})
    await eventually(lambda: nothing_due(house))
    run = await row(house, "planning_runs", key(id))
    assert (run["status"], run["assigned_count"] + run["unassigned_count"]) == ("SUCCEEDED", 30)
    found = await row(house, "transports", late)
    assert (found["status"], found["unassigned_reason"]) == ("PENDING", None)


@pytest.mark.parametrize(
    "change",
    ["UPDATE vehicles SET active = false", "UPDATE drivers SET status = 'SUSPENDED'"],
)
async def test_who_may_not_drive_is_not_planned(house: House, worker: Work, change: str) -> None:
    ride = await house.transport(await house.customer())
    await house.shift()
    await planned(house)
    await house.pool.execute(f"{change} WHERE organization_id = $1", house.id)
    run = await planned(house)
    assert run["unassigned"] == [{"transport": {"id": house.gid("Transport", ride)}, "reason": "NO_VEHICLE"}]
    assert [route["status"] for route in await routes(house)] == ["CANCELLED"]
    assert (await events(house)).count("TRANSPORT_UNASSIGNED") == 1


async def _move_shift(house: House) -> None:
    """To the day after, by the dispatcher, while nobody has seen its route."""
    shift = (await house.all("SELECT * FROM shifts WHERE organization_id = $1"))[0]
    times = {"startsAt": shift["starts_at"], "endsAt": shift["ends_at"]}
    later = {name: (at + timedelta(days=1)).isoformat() for name, at in times.items()}
    change = {"shiftId": house.gid("Shift", shift["id"]), "version": 1, **later}
    answer = await house.client("DISPATCHER").act("updateShift", change, "")
    assert answer["__typename"] == "UpdateShiftSuccess"


async def test_a_shift_that_moved_away_leaves_its_rides(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer())
    await house.shift()
    await planned(house)
    await _move_shift(house)
    assert (await planned(house))["summary"] == {"routes": 0, "assigned": 0, "unassigned": 1}
    assert [route["status"] for route in await routes(house)] == ["CANCELLED"]
    assert (await row(house, "transports", ride))["status"] == "PENDING"


async def test_a_shift_that_moved_here_takes_none_of_its_rides_along(house: House, worker: Work) -> None:
    customer, tomorrow = await house.customer(), house.day + timedelta(days=1)
    before = await house.transport(customer)
    await house.shift()
    await planned(house)
    (route,) = await routes(house)
    await _move_shift(house)
    after = await house.transport(customer, **_day_after(house))
    assert (await planned(house, tomorrow))["summary"] == {"routes": 1, "assigned": 1, "unassigned": 0}
    old, moved = sorted(await routes(house), key=lambda found: found["date"])
    assert (old["id"], old["status"]) == (route["id"], "CANCELLED")
    assert (moved["date"], moved["status"]) == (tomorrow, "OPTIMIZED")
    assert {ride for ride, _ in await sequence(house, moved["id"])} == {after}
    left = await row(house, "transports", before)
    assert (left["status"], left["route_id"], left["unassigned_reason"]) == ("PENDING", None, None)


# days


async def test_a_day_begins_at_midnight_where_the_organization_is(house: House, worker: Work) -> None:
    customer, tbilisi = await house.customer(), ZoneInfo("Asia/Tbilisi")
    midnight = datetime.combine(house.day, time.min, tbilisi)

    async def ride(start: datetime) -> UUID:
        hour = timedelta(hours=1)
        return await house.transport(
            customer, pickup_from=start, pickup_until=start + hour, dropoff_from=start, dropoff_until=start + 2 * hour
        )

    await ride(midnight - timedelta(seconds=1))
    inside = [await ride(midnight), await ride(midnight + timedelta(hours=23, minutes=59))]
    await ride(midnight + timedelta(days=1))
    board = "query Day($date: Date!) { transports(filter: { date: $date }) { totalCount edges { node { id } } } }"
    found = (await house.client("DISPATCHER").run(board, {"date": house.day.isoformat()}))["transports"]
    assert [edge["node"]["id"] for edge in found["edges"]] == [house.gid("Transport", id) for id in inside]
    assert found["totalCount"] == 2
    run = await planned(house)
    assert [left["transport"]["id"] for left in run["unassigned"]] == [house.gid("Transport", id) for id in inside]


async def test_a_day_may_have_23_hours(house: House, worker: Work) -> None:
    """The night in which clocks go forward: the day after begins an hour sooner."""
    await house.pool.execute("UPDATE organizations SET time_zone = 'Europe/Berlin' WHERE id = $1", house.id)
    day, berlin = date(2027, 3, 28), ZoneInfo("Europe/Berlin")
    customer = await house.customer()
    late = datetime(2027, 3, 28, 23, 30, tzinfo=berlin)
    following = datetime(2027, 3, 29, 0, 0, tzinfo=berlin)
    hour = timedelta(hours=1)
    rides = [
        await house.transport(
            customer, pickup_from=at, pickup_until=at + hour, dropoff_from=at, dropoff_until=at + 2 * hour
        )
        for at in (late, following)
    ]
    depot = await house.place()
    await house.shift(starts_at=late - 3 * hour, ends_at=late + 3 * hour, depot=depot)
    assert (await planned(house, day))["summary"]["assigned"] == 1
    assert [(await row(house, "transports", ride))["status"] for ride in rides] == ["ASSIGNED", "PENDING"]
    stop = await house.value("SELECT min(planned_at) FROM stops WHERE organization_id = $1")
    assert late <= stop <= late + hour
