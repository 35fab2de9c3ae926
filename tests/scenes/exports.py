"""Scenes of files of what is known, and of erasing people."""

from app.models import Role
from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, scene

OTHERS = (Role.DRIVER, Role.STAFF, Role.DISPATCHER)
"""Who sees customers, but asks for no archive of one."""


async def an_export(stage: Stage, status: str = "QUEUED") -> str:
    """About the customer, for whoever acts."""
    given = {"kind": "PERSON", "format": "ZIP", "status": status, "customer_id": stage.customer_id}
    return encode_id("Export", await stage.house.insert("exports", requested_by=stage.actor.user_id, **given))


@scene(unseen=(Role.DRIVER,))
async def exports(stage: Stage) -> Json:
    await an_export(stage)
    return {"filter": {"kind": ["PERSON"], "status": ["QUEUED"], "customerId": stage.customer_gid}}


@scene(unseen=(Role.DRIVER,))
async def export_updated(stage: Stage) -> Json:
    return {"id": await an_export(stage)}


@scene()
async def export_audit_log(stage: Stage) -> Json:
    actor = encode_id("User", stage.actor.user_id)
    return {"input": {"format": "CSV", "customerId": stage.customer_gid, "actorId": actor}}


@scene()
async def bulk_export(stage: Stage) -> Json:
    query = "query ($name: String!) { customers(filter: {search: $name}) { edges { node { id name } } } }"
    return {"input": {"query": query, "variables": {"name": "Beridze"}}}


@scene(unseen=OTHERS)
async def export_person(stage: Stage) -> Json:
    return {"input": {"customerId": stage.customer_gid}}


@scene(unseen=(Role.DRIVER,))
async def cancel_export(stage: Stage) -> Json:
    return {"input": {"exportId": await an_export(stage)}}


@scene()
async def erase_person(stage: Stage) -> Json:
    return {"input": {"customerId": stage.customer_gid, "reason": "They asked for it"}}
