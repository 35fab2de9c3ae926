"""Which shifts can be planned, and who is away."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access import Viewer
from app.db import Database
from app.jobs.worker import Work
from app.models import Driver, Shift, Vehicle
from app.models.identity import local_day
from app.services.fleet import plannable
from app.uow import Silence, unit_of_work
from tests.client import Json
from tests.factories.houses import House
from tests.planners import planned
from tests.steps import errors, events, key, nothing_changes

DAY = timedelta(days=1)


async def _plannable(database: Database, house: House, day: date) -> list[UUID]:
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        shifts = await uow.scalars(
            select(Shift.id)
            .join(Vehicle, Vehicle.id == Shift.vehicle_id)
            .join(Driver, Driver.id == Shift.driver_id)
            .where(local_day(Shift.starts_at, day), *plannable(day))
            .order_by(Shift.starts_at)
        )
    return list(shifts)


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("vehicles", "active", False, False),
        ("drivers", "status", "SUSPENDED", False),
        ("drivers", "status", "OFF_DUTY", True),
        ("drivers", "licence_expires_on", -1, False),
        ("drivers", "licence_expires_on", 0, True),
        ("vehicles", "maintenance_due_on", 0, False),
        ("vehicles", "maintenance_due_on", 1, True),
        ("vehicles", "maintenance_due_odometer_m", 1_000, False),
        ("vehicles", "maintenance_due_odometer_m", 1_001, True),
    ],
)
async def test_who_may_drive_what(
    house: House, database: Database, table: str, column: str, value: Any, expected: bool
) -> None:
    """Days are counted from that of the shift."""
    shift = await house.shift()
    await house.pool.execute("UPDATE vehicles SET odometer_m = 1000 WHERE organization_id = $1", house.id)
    value = house.day + DAY * value if column.endswith("_on") else value
    await house.pool.execute(f"UPDATE {table} SET {column} = $2 WHERE organization_id = $1", house.id, value)
    assert await _plannable(database, house, house.day) == [shift] * expected


@pytest.mark.parametrize(("ends", "expected"), [(time(0), True), (time(0, 1), False)])
@pytest.mark.parametrize(("column", "days"), [("licence_expires_on", 0), ("maintenance_due_on", 1)])
async def test_a_night_shift_reaches_into_the_next_day(
    house: House, database: Database, ends: time, expected: bool, column: str, days: int
) -> None:
    shift = await house.shift(starts_at=house.at(time(20)), ends_at=house.at(ends) + DAY)
    table = "drivers" if column == "licence_expires_on" else "vehicles"
    await house.pool.execute(
        f"UPDATE {table} SET {column} = $2 WHERE organization_id = $1", house.id, house.day + DAY * days
    )
    assert await _plannable(database, house, house.day) == [shift] * expected


@pytest.mark.parametrize("who", ["driver_id", "vehicle_id"])
@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (time(6), time(7), True),
        (time(6), time(7, 1), False),
        (time(12), time(13), False),
        (time(19, 59), time(21), False),
        (time(20), time(21), True),
    ],
)
async def test_whoever_is_away_is_not_planned(
    house: House, database: Database, who: str, begin: time, end: time, expected: bool
) -> None:
    shift = await house.shift()
    absent = await house.value(f"SELECT {who} FROM shifts WHERE organization_id = $1")
    await house.insert("absences", **{who: absent}, starts_at=house.at(begin), ends_at=house.at(end))
    other = await house.driver() if who == "driver_id" else await house.vehicle()
    await house.insert("absences", **{who: other}, starts_at=house.at(time(0)), ends_at=house.at(time(23)))
    assert await _plannable(database, house, house.day) == [shift] * expected


# absences

ABSENCE = "absence { id startsAt endsAt reason driver { id } vehicle { id } }"


def _times(begin: datetime, end: datetime) -> Json:
    return {"startsAt": begin.isoformat(), "endsAt": end.isoformat()}


async def test_an_absence_is_made_and_taken_back(house: House) -> None:
    client, driver = house.client("DISPATCHER"), house.gid("Driver", await house.driver())
    vehicle = house.gid("Vehicle", await house.vehicle())
    times = _times(house.at(time(0)), house.at(time(0)) + 14 * DAY)
    input = {"who": {"driverId": driver}, "reason": " Leave. ", **times}
    leave = (await client.act("createAbsence", input, ABSENCE))["absence"]
    assert leave == {"id": leave["id"], **times, "reason": "Leave.", "driver": {"id": driver}, "vehicle": None}
    workshop = (await client.act("createAbsence", {"who": {"vehicleId": vehicle}, **times}, ABSENCE))["absence"]
    assert (workshop["driver"], workshop["vehicle"], workshop["reason"]) == (None, {"id": vehicle}, None)
    query = "query Away($f: AbsenceFilter) { absences(filter: $f) { edges { node { id } } } }"
    for filter, expected in [
        (None, [leave["id"], workshop["id"]]),
        ({"who": {"driverId": driver}}, [leave["id"]]),
        ({"who": {"vehicleId": vehicle}}, [workshop["id"]]),
        ({"from": times["endsAt"]}, []),
        ({"to": times["startsAt"]}, []),
    ]:
        found = (await client.run(query, {"f": filter}))["absences"]["edges"]
        assert [edge["node"]["id"] for edge in found] == expected, filter
    gone = await client.act("removeAbsence", {"absenceId": leave["id"]}, "driver { id } vehicle { id }")
    assert (gone["driver"], gone["vehicle"]) == ({"id": driver}, None)
    gone = await client.act("removeAbsence", {"absenceId": workshop["id"]}, "driver { id } vehicle { id }")
    assert (gone["driver"], gone["vehicle"]) == (None, {"id": vehicle})
    assert await house.all("SELECT FROM absences WHERE organization_id = $1") == []
    told = await house.all("SELECT type, driver_id FROM events WHERE organization_id = $1 ORDER BY seq")
    assert [tuple(row) for row in told] == [
        ("ABSENCE_CREATED", key(driver)),
        ("ABSENCE_CREATED", None),
        ("ABSENCE_REMOVED", key(driver)),
        ("ABSENCE_REMOVED", None),
    ]


async def test_an_absence_is_of_one_and_has_an_end(house: House) -> None:
    client, driver = house.client("DISPATCHER"), house.gid("Driver", await house.driver())
    begin, vehicle = house.at(time(8)), house.gid("Vehicle", await house.vehicle())
    async with nothing_changes(house):
        for end in (begin, begin - DAY, begin + 367 * DAY):
            input = {"who": {"driverId": driver}, **_times(begin, end)}
            assert await errors(client, "createAbsence", input) == [("BAD_USER_INPUT", "endsAt")]
        for who in ({}, {"driverId": driver, "vehicleId": vehicle}, {"driverId": None}):
            input = {"who": who, **_times(begin, begin + DAY)}
            assert [code for code, _ in await errors(client, "createAbsence", input)] == ["BAD_USER_INPUT"]


async def test_drivers_see_when_they_are_away_themselves(house: House) -> None:
    me = house.people["DRIVER"].viewer.driver_id
    for who in ({"driver_id": me}, {"driver_id": await house.driver()}, {"vehicle_id": await house.vehicle()}):
        await house.insert("absences", **who, starts_at=house.at(time(8)), ends_at=house.at(time(9)), reason=str(who))
    query = "{ absences { totalCount edges { node { reason } } } }"
    found = (await house.client("DRIVER").run(query))["absences"]
    assert found == {"totalCount": 1, "edges": [{"node": {"reason": str({"driver_id": me})}}]}
    assert await events(house) == []


async def test_a_plan_leaves_out_whoever_is_away(house: House, worker: Work) -> None:
    driver = await house.driver()
    await house.shift(driver)
    ride = await house.transport(await house.customer())
    times = _times(house.at(time(19)), house.at(time(21)))
    away = {"who": {"driverId": house.gid("Driver", driver)}, **times}
    absence = (await house.client("DISPATCHER").act("createAbsence", away, ABSENCE))["absence"]["id"]
    run = await planned(house)
    assert run["unassigned"] == [{"transport": {"id": house.gid("Transport", ride)}, "reason": "NO_VEHICLE"}]
    await house.client("DISPATCHER").act("removeAbsence", {"absenceId": absence}, "__typename")
    assert (await planned(house))["unassigned"] == []
