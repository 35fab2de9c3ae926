"""Scenes of scheduling."""

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def services(stage: Stage) -> Json:
    await stage.service()
    return {"filter": {"active": True}}


@scene()
async def slots(stage: Stage) -> Json:
    service = await stage.house.service()
    await stage.house.slot(service)
    return {"filter": {"serviceId": encode_id("Service", service)}}


@mutation
async def create_service(stage: Stage) -> Json:
    return {"name": "Grooming", "placeId": await stage.site(), "durationS": 3600, "price": 6000}


@mutation
async def update_service(stage: Stage) -> Json:
    return {"serviceId": await stage.service(), "version": 1, "placeId": await stage.site()}


@mutation
async def create_slot(stage: Stage) -> Json:
    return {"serviceId": await stage.service(), "startsAt": stage.instant(14), "capacity": 3}


@mutation
async def update_slot(stage: Stage) -> Json:
    return {"slotId": await stage.slot(), "version": 1, "capacity": 3}
