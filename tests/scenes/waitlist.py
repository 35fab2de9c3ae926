"""Scenes of the waitlist."""

from app.models import Role
from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene(unseen={Role.DRIVER})
async def waitlist(stage: Stage) -> Json:
    slot, pet = await stage.house.slot(capacity=0), await stage.house.pet(stage.customer_id)
    await stage.house.waitlist_entry(stage.customer_id, pet, slot)
    about = {"slotId": encode_id("Slot", slot), "subjectId": encode_id("Pet", pet)}
    return {"filter": {**about, "customerId": stage.customer_gid}}


@mutation
async def join_waitlist(stage: Stage) -> Json:
    slot = await stage.house.slot(capacity=0)
    return {"slotId": encode_id("Slot", slot), "subjectId": await stage.pet()}


@mutation
async def leave_waitlist(stage: Stage) -> Json:
    return {"entryId": await stage.waitlist_entry()}
