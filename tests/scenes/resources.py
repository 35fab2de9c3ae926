"""Scenes of resources."""

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def resources(stage: Stage) -> Json:
    return {"filter": {"poolId": await stage.resource_pool()}}


@scene()
async def resource_pools(stage: Stage) -> Json:
    await stage.resource_pool()
    return {}


@mutation
async def create_resource(stage: Stage) -> Json:
    who = {"placeId": await stage.site(), "userId": await stage.colleague()}
    return {"kind": "STAFF", "name": f"Lali {stage.tag}", **who}


@mutation
async def update_resource(stage: Stage) -> Json:
    who = {"placeId": await stage.site(), "userId": await stage.colleague()}
    return {"resourceId": await stage.resource("STAFF"), "version": 1, **who}


@mutation
async def create_resource_pool(stage: Stage) -> Json:
    return {"name": f"Bays {stage.tag}", "resourceIds": [await stage.resource(), await stage.resource()]}


@mutation
async def update_resource_pool(stage: Stage) -> Json:
    pool = encode_id("ResourcePool", await stage.house.pool_of())
    return {"poolId": pool, "version": 1, "resourceIds": [await stage.resource()]}
