"""Scenes of tracking links."""

from datetime import time
from uuid import UUID

from app.models import TrackingLink
from app.schema.scalars import decode_any_id, encode_id
from app.services.tracking import write_token
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


async def a_link(stage: Stage) -> tuple[UUID, str]:
    """A link of the customer's, and to which transport."""
    transport = await stage.transport()
    expires_at = stage.house.at(time(22))
    id = await stage.house.insert("tracking_links", transport_id=decode_any_id(transport)[1], expires_at=expires_at)
    return id, transport


async def tracking_link(stage: Stage) -> str:
    return encode_id("TrackingLink", (await a_link(stage))[0])


async def _token(stage: Stage) -> str:
    id, _ = await a_link(stage)
    link = TrackingLink(organization_id=stage.house.id, id=id, expires_at=stage.house.at(time(22)))
    return write_token(stage.house.settings, link)


@scene()
async def tracking_links(stage: Stage) -> Json:
    return {"filter": {"transportId": (await a_link(stage))[1]}}


@mutation
async def create_tracking_link(stage: Stage) -> Json:
    return {"transportId": await stage.transport()}


@mutation
async def revoke_tracking_link(stage: Stage) -> Json:
    return {"trackingLinkId": await tracking_link(stage)}


@scene()
async def tracking(stage: Stage) -> Json:
    return {"token": await _token(stage)}


@scene()
async def tracking_updated(stage: Stage) -> Json:
    return {"token": await _token(stage)}
