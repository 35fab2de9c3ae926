"""Scenes of fleet and shifts."""

from datetime import time
from uuid import UUID

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


async def a_team(stage: Stage) -> str:
    """The driver's."""
    id = await stage.house.insert("teams", name=f"Team {stage.tag}")
    await stage.house.pool.execute("UPDATE drivers SET team_id = $2 WHERE id = $1", stage.driver_id, id)
    return encode_id("Team", id)


async def an_absence(stage: Stage, driver: UUID | None = None) -> str:
    """The driver's, or another's."""
    times = {"starts_at": stage.house.at(time(8)), "ends_at": stage.house.at(time(16))}
    return encode_id("Absence", await stage.house.insert("absences", driver_id=driver or stage.driver_id, **times))


@scene()
async def drivers(stage: Stage) -> Json:
    return {"filter": {"status": ["AVAILABLE"], "teamId": await a_team(stage)}}


@scene()
async def teams(stage: Stage) -> Json:
    await a_team(stage)
    return {}


@scene()
async def vehicles(stage: Stage) -> Json:
    await stage.vehicle()
    return {}


@scene()
async def vehicle_types(stage: Stage) -> Json:
    await stage.vehicle_type()
    return {}


@scene()
async def shifts(stage: Stage) -> Json:
    await stage.shift()
    return {"filter": {"driverId": stage.driver_gid}}


@scene()
async def absences(stage: Stage) -> Json:
    await an_absence(stage)
    return {"filter": {"who": {"driverId": stage.driver_gid}}}


CAPACITY = [{"dimension": "SEATS", "amount": 4}]


@mutation
async def create_team(stage: Stage) -> Json:
    return {"name": f"New team {stage.tag}"}


@mutation
async def update_team(stage: Stage) -> Json:
    return {"teamId": await a_team(stage), "version": 1, "name": f"Other team {stage.tag}"}


@mutation
async def create_vehicle_type(stage: Stage) -> Json:
    return {"name": f"Bus {stage.tag}", "capacity": CAPACITY}


@mutation
async def update_vehicle_type(stage: Stage) -> Json:
    return {"vehicleTypeId": await stage.vehicle_type(), "version": 1, "capacity": CAPACITY}


@mutation
async def create_vehicle(stage: Stage) -> Json:
    return {"vehicleTypeId": await stage.vehicle_type(), "licensePlate": f"NEW-{stage.tag}"}


@mutation
async def update_vehicle(stage: Stage) -> Json:
    return {"vehicleId": await stage.vehicle(), "version": 1, "vehicleTypeId": await stage.vehicle_type()}


@mutation
async def create_driver(stage: Stage) -> Json:
    return {"displayName": "Levan", "userId": await stage.colleague(), "teamId": await a_team(stage)}


@mutation
async def update_driver(stage: Stage) -> Json:
    driver = encode_id("Driver", await stage.house.driver())
    return {"driverId": driver, "version": 1, "userId": await stage.colleague(), "teamId": await a_team(stage)}


@mutation
async def set_driver_status(stage: Stage) -> Json:
    return {"driverId": stage.driver_gid, "status": "OFF_DUTY"}


async def _new_shift(stage: Stage) -> Json:
    return {
        "driverId": stage.driver_gid,
        "vehicleId": await stage.vehicle(),
        "startsAt": stage.instant(8),
        "endsAt": stage.instant(16),
        "startPlaceId": await stage.site(),
        "endPlaceId": await stage.site(),
    }


@mutation
async def create_shift(stage: Stage) -> Json:
    return await _new_shift(stage)


@mutation
async def create_shifts(stage: Stage) -> Json:
    return {**await _new_shift(stage), "rule": "FREQ=DAILY;COUNT=2", "until": stage.free_day.isoformat()}


@mutation
async def update_shift(stage: Stage) -> Json:
    ends = {"startPlaceId": await stage.site(), "endPlaceId": await stage.site()}
    crew = {"driverId": stage.driver_gid, "vehicleId": await stage.vehicle()}
    return {"shiftId": await stage.shift(), "version": 1, **ends, **crew}


@mutation
async def remove_shift(stage: Stage) -> Json:
    return {"shiftId": await stage.shift()}


@mutation
async def create_absence(stage: Stage) -> Json:
    return {"who": {"driverId": stage.driver_gid}, "startsAt": stage.instant(8), "endsAt": stage.instant(16)}


@mutation
async def remove_absence(stage: Stage) -> Json:
    return {"absenceId": await an_absence(stage)}
