"""Scenes of fleet."""

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def drivers(stage: Stage) -> Json:
    return {"filter": {"status": ["AVAILABLE"]}}


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


CAPACITY = [{"dimension": "SEATS", "amount": 4}]


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
    return {"displayName": "Levan", "userId": await stage.colleague()}


@mutation
async def update_driver(stage: Stage) -> Json:
    driver = encode_id("Driver", await stage.house.driver())
    return {"driverId": driver, "version": 1, "userId": await stage.colleague()}


@mutation
async def create_shift(stage: Stage) -> Json:
    return {
        "driverId": stage.driver_gid,
        "vehicleId": await stage.vehicle(),
        "startsAt": stage.instant(8),
        "endsAt": stage.instant(16),
        "startPlaceId": await stage.site(),
        "endPlaceId": await stage.site(),
    }


@mutation
async def update_shift(stage: Stage) -> Json:
    ends = {"startPlaceId": await stage.site(), "endPlaceId": await stage.site()}
    return {"shiftId": await stage.shift(), "version": 1, **ends}
