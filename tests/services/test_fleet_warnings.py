"""What runs out in the fleet: said some days before, and on the day itself, once each."""

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.access import Viewer
from app.db import Database
from app.jobs.worker import Work
from app.services import fleet
from app.uow import Silence, unit_of_work
from tests.client import Json
from tests.depot import act
from tests.factories.houses import ZONE, House
from tests.mailbox import Mailbox
from tests.steps import due, events, eventually, key

WARNED = "SELECT type, payload, driver_id FROM events WHERE organization_id = $1 AND type = ANY($2) ORDER BY seq"
KINDS = ["LICENCE_EXPIRING", "MAINTENANCE_DUE"]


def _today() -> date:
    return clock.now().astimezone(ZONE).date()


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), ZONE).astimezone(UTC)


async def _due(house: House) -> list[tuple[str, UUID, datetime]]:
    """What waits to be said."""
    rows = await house.all("SELECT kind, ref_id, run_at FROM due_work WHERE organization_id = $1 ORDER BY run_at, id")
    return [(row["kind"], row["ref_id"], row["run_at"]) for row in rows]


async def _warnings(house: House) -> list[Json]:
    return [json.loads(row["payload"]) for row in await house.all(WARNED, KINDS)]


async def _hire(house: House, expires_on: date, **more: Any) -> UUID:
    input = {"displayName": "Levan", "licenceExpiresOn": expires_on.isoformat(), **more}
    return key((await act(house, "createDriver", input, "driver { id }"))["driver"]["id"])


async def _relicense(house: House, driver: UUID, version: int, expires_on: date | None) -> None:
    day = expires_on.isoformat() if expires_on else None
    input = {"driverId": house.gid("Driver", driver), "version": version, "licenceExpiresOn": day}
    assert (await act(house, "updateDriver", input, "driver { id }"))["driver"]


async def _all_said(house: House, kind: str) -> None:
    """Until nothing of it is due, and no mail."""

    async def nothing() -> bool:
        return not [item for item in await _due(house) if item[0] != kind or item[2] <= clock.now()]

    await eventually(nothing)


# ahead


async def test_the_day_of_a_warning_follows_the_date(house: House) -> None:
    far = _today() + timedelta(days=100)
    driver = await _hire(house, far)
    first = await _due(house)
    assert first == [("WARN_OF_LICENCE", driver, _morning(far - timedelta(days=30)))]
    await _relicense(house, driver, 1, far)
    assert await _due(house) == first
    farther = far + timedelta(days=365)
    await _relicense(house, driver, 2, farther)
    assert await _due(house) == [("WARN_OF_LICENCE", driver, _morning(farther - timedelta(days=30)))]
    await _relicense(house, driver, 3, None)
    assert await _due(house) == []
    assert await events(house) == ["DRIVER_CREATED"] + ["DRIVER_UPDATED"] * 3


async def test_a_vehicle_that_is_not_used_needs_no_workshop(house: House) -> None:
    vehicle, far = await house.vehicle(), _today() + timedelta(days=100)
    input: Json = {"vehicleId": house.gid("Vehicle", vehicle)}
    steps: list[tuple[Json, bool]] = [
        ({"maintenanceDueOn": far.isoformat()}, True),
        ({"active": False}, False),
        ({"active": True}, True),
        ({"maintenanceDueOn": None}, False),
    ]
    for version, (change, waits) in enumerate(steps, 1):
        await act(house, "updateVehicle", {**input, "version": version, **change}, "vehicle { id }")
        expected = [("WARN_OF_MAINTENANCE", vehicle, _morning(far - timedelta(days=30)))] if waits else []
        assert await _due(house) == expected


# said


async def test_a_licence_runs_out(house: House, worker: Work, mailbox: Mailbox) -> None:
    """It is said at once if that is soon, and again on the day; to those who run the fleet, and to the driver."""
    tomorrow = _today() + timedelta(days=1)
    person = house.people["STAFF"]
    driver = await _hire(house, tomorrow, userId=house.gid("User", person.user_id))
    await _all_said(house, "WARN_OF_LICENCE")
    assert await _warnings(house) == [{"dueOn": tomorrow.isoformat(), "daysLeft": 1}]
    assert [row["driver_id"] for row in await house.all(WARNED, KINDS)] == [driver]
    assert await _due(house) == [("WARN_OF_LICENCE", driver, _morning(tomorrow))]
    (mail,) = mailbox.to(person.email)
    for role in ("OWNER", "ADMIN", "DISPATCHER"):
        assert len(mailbox.to(house.people[role].email)) == 1
    text = f"{tomorrow:%A}, {tomorrow.day} {tomorrow:%B} {tomorrow.year}"
    assert mail["Subject"].strip() == f"The House: the driving licence of Levan runs out on {text}"
    assert mail.get_content().replace("\r\n", "\n") == (
        "Dear Staff,\n\n"
        f"the driving licence of Levan runs out on {text}.\n"
        "After that day Levan is not planned, until the licence has another date.\n\n"
        "The House\n"
    )
    # the day has come
    await house.pool.execute("UPDATE drivers SET licence_expires_on = $2 WHERE id = $1", driver, _today())
    await house.pool.execute("UPDATE due_work SET run_at = now() WHERE ref_id = $1", driver)
    await eventually(lambda: _nothing_due(house))
    assert [warning["daysLeft"] for warning in await _warnings(house)] == [1, 0]
    assert len([mail for mail in mailbox.mails if person.email in mail["To"]]) == 2


async def _nothing_due(house: House) -> bool:
    return await _due(house) == []


async def test_a_licence_that_ran_out_is_told_as_such(house: House, worker: Work, mailbox: Mailbox) -> None:
    await _hire(house, _today() - timedelta(days=3))
    await eventually(lambda: _nothing_due(house))
    assert [warning["daysLeft"] for warning in await _warnings(house)] == [-3]
    (mail,) = [mail for mail in mailbox.mails if house.people["OWNER"].email in mail["To"]]
    assert "the driving licence of Levan ran out on " in mail.get_content()


async def test_nothing_is_said_of_a_date_that_was_changed(house: House, worker: Work, mailbox: Mailbox) -> None:
    driver = await _hire(house, _today() + timedelta(days=1))
    await _all_said(house, "WARN_OF_LICENCE")
    far = _today() + timedelta(days=400)
    await _relicense(house, driver, 1, far)
    assert await _due(house) == [("WARN_OF_LICENCE", driver, _morning(far - timedelta(days=30)))]
    # a warning and a mail that somehow stayed behind: they look at the row as it is
    await _relicense(house, driver, 2, None)
    await due(house, "WARN_OF_LICENCE", driver)
    await due(house, "NOTIFY_LICENCE_EXPIRING", driver)
    await eventually(lambda: _nothing_due(house))
    assert len(await _warnings(house)) == 1
    assert len([mail for mail in mailbox.mails if house.people["OWNER"].email in mail["To"]]) == 1


async def test_maintenance_falls_due(house: House, worker: Work, mailbox: Mailbox) -> None:
    vehicle, soon = await house.vehicle(), _today() + timedelta(days=7)
    await house.pool.execute("UPDATE vehicles SET license_plate = 'WP-1', odometer_m = 84500900 WHERE id = $1", vehicle)
    change = {"maintenanceDueOn": soon.isoformat(), "maintenanceDueOdometer": 90_000_000}
    input = {"vehicleId": house.gid("Vehicle", vehicle), "version": 1, **change}
    await act(house, "updateVehicle", input, "vehicle { id }")
    await _all_said(house, "WARN_OF_MAINTENANCE")
    assert await _warnings(house) == [{"dueOn": soon.isoformat(), "daysLeft": 7}]
    assert await _due(house) == [("WARN_OF_MAINTENANCE", vehicle, _morning(soon))]
    (mail,) = [mail for mail in mailbox.mails if house.people["OWNER"].email in mail["To"]]
    text = f"{soon:%A}, {soon.day} {soon:%B} {soon.year}"
    assert mail["Subject"].strip() == f"The House: maintenance of WP-1 is due on {text} or at 90,000 km"
    assert "It has driven 84,500 km. Once it is due, it is not planned." in mail.get_content()


# by the odometer


@pytest.mark.parametrize("by_driving", [True, False], ids=["driven", "typed"])
async def test_an_odometer_warns_when_it_comes_near_and_when_it_is_there(
    house: House, database: Database, worker: Work, mailbox: Mailbox, by_driving: bool
) -> None:
    vehicle, due_m = await house.vehicle(), 90_000_000
    await house.pool.execute(
        "UPDATE vehicles SET odometer_m = 88000000, maintenance_due_odometer_m = $2 WHERE id = $1", vehicle, due_m
    )
    readings = [88_500_000, 89_000_000, 89_999_999, 90_000_000, 91_000_000]
    for version, reading in enumerate(readings, 1):
        before: int = await house.value("SELECT odometer_m FROM vehicles WHERE organization_id = $1")
        if by_driving:
            async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
                await fleet.drove(uow, vehicle, reading - before)
        else:
            change = {"vehicleId": house.gid("Vehicle", vehicle), "version": version, "odometer": reading}
            await act(house, "updateVehicle", change, "vehicle { id }")
    assert await _warnings(house) == [
        {"dueOdometer": due_m, "odometer": 89_000_000},
        {"dueOdometer": due_m, "odometer": 90_000_000},
    ]
    await eventually(lambda: _nothing_due(house))
    assert len([mail for mail in mailbox.mails if house.people["OWNER"].email in mail["To"]]) == 2
    assert await house.value("SELECT version FROM vehicles WHERE organization_id = $1") == 1 + len(readings)


async def test_nothing_was_driven(house: House, database: Database) -> None:
    vehicle = await house.vehicle()
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        await fleet.drove(uow, vehicle, 0)
    assert await events(house) == []


async def test_a_new_limit_is_judged_at_once(house: House) -> None:
    type_ = house.gid("VehicleType", await house.insert("vehicle_types", name="Van", capacity='{"SEATS": 4}'))
    input = {"vehicleTypeId": type_, "licensePlate": "A", "odometer": 5_000_000, "maintenanceDueOdometer": 5_000_000}
    vehicle = (await act(house, "createVehicle", input, "vehicle { id }"))["vehicle"]["id"]
    for version, limit in enumerate((50_000_000, 5_500_000, None), 1):
        change = {"vehicleId": vehicle, "version": version, "maintenanceDueOdometer": limit}
        await act(house, "updateVehicle", change, "vehicle { id }")
    assert await _warnings(house) == [
        {"dueOdometer": 5_000_000, "odometer": 5_000_000},
        {"dueOdometer": 5_500_000, "odometer": 5_000_000},
    ]


async def test_whoever_drives_together_counts_together(house: House, database: Database) -> None:
    """Two routes end at once: both distances count, and the limit that they reach is told once."""
    vehicle = await house.vehicle()
    await house.pool.execute("UPDATE vehicles SET maintenance_due_odometer_m = 1020000 WHERE id = $1", vehicle)

    async def drive(_: int) -> None:
        async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
            await fleet.drove(uow, vehicle, 5_000)

    await asyncio.gather(*map(drive, range(8)))
    assert await house.value("SELECT odometer_m FROM vehicles WHERE organization_id = $1") == 40_000
    assert [warning["odometer"] for warning in await _warnings(house)] == [20_000]
