"""Scenes of calendars."""

from app.models import Role
from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


def _owner(stage: Stage) -> Json:
    """Whom the actor may make a calendar for."""
    if stage.actor.viewer.role is Role.DRIVER:
        return {"driverId": stage.driver_gid}
    return {"customerId": stage.customer_gid}


async def calendar_feed(stage: Stage) -> str:
    is_driver = stage.actor.viewer.role is Role.DRIVER
    owner = {"driver_id": stage.driver_id} if is_driver else {"customer_id": stage.customer_id}
    return encode_id("CalendarFeed", await stage.house.insert("calendar_feeds", name="Phone", **owner))


@scene()
async def calendar_feeds(stage: Stage) -> Json:
    await calendar_feed(stage)
    return {"filter": {"owner": _owner(stage), "revoked": False}}


@mutation
async def create_calendar_feed(stage: Stage) -> Json:
    return {"name": "Phone", "owner": _owner(stage)}


@mutation
async def revoke_calendar_feed(stage: Stage) -> Json:
    return {"feedId": await calendar_feed(stage)}
