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
    service, resource = await stage.house.service(), await stage.house.resource()
    await stage.house.slot(service, resource_id=resource)
    return {"filter": {"serviceId": encode_id("Service", service), "resourceId": encode_id("Resource", resource)}}


@mutation
async def create_service(stage: Stage) -> Json:
    return {"name": "Grooming", "placeId": await stage.site(), "durationS": 3600, "price": 6000}


@mutation
async def update_service(stage: Stage) -> Json:
    return {"serviceId": await stage.service(), "version": 1, "placeId": await stage.site()}


@mutation
async def create_slot(stage: Stage) -> Json:
    resource = await stage.resource()
    return {"serviceId": await stage.service(), "startsAt": stage.instant(14), "capacity": 3, "resourceId": resource}


@mutation
async def update_slot(stage: Stage) -> Json:
    return {"slotId": await stage.slot(), "version": 1, "capacity": 3, "resourceId": await stage.resource()}


@mutation
async def set_service_requirements(stage: Stage) -> Json:
    needs = [{"poolId": await stage.resource_pool()}, {"resourceId": await stage.resource()}]
    return {"serviceId": await stage.service(), "version": 1, "requirements": needs}
