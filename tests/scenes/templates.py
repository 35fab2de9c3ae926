"""Scenes of templates and of preferences."""

from app.models import Role
from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


async def a_template(stage: Stage) -> str:
    await _make_room(stage, "EMAIL")
    words = {"kind": "AFTER_VISIT", "channel": "EMAIL", "locale": "en", "subject": "How was it?", "body": "Well?"}
    return encode_id("MessageTemplate", await stage.house.insert("message_templates", **words))


async def _make_room(stage: Stage, channel: str) -> None:
    """There is one template for each kind, way and language."""
    await stage.house.pool.execute(
        "DELETE FROM message_templates WHERE organization_id = $1 AND channel = $2", stage.house.id, channel
    )


async def a_preference(stage: Stage) -> str:
    """The customer's."""
    id = await stage.house.insert("contact_preferences", customer_id=stage.customer_id, locale="ka")
    return encode_id("ContactPreference", id)


@scene()
async def message_templates(stage: Stage) -> Json:
    await a_template(stage)
    return {"filter": {"kind": ["AFTER_VISIT"], "channel": ["EMAIL"], "locale": "en"}}


@scene(unseen={Role.DRIVER})
async def contact_preference(stage: Stage) -> Json:
    await a_preference(stage)
    return {"customerId": stage.customer_gid}


@scene(unseen={Role.DRIVER})
async def update_contact_preference(stage: Stage) -> Json:
    await a_preference(stage)
    muted = [{"kind": "AFTER_VISIT", "channel": "EMAIL"}]
    quiet = {"quietFrom": "22:00", "quietUntil": "07:00"}
    return {"input": {"customerId": stage.customer_gid, "version": 1, "locale": "en", "muted": muted, **quiet}}


@scene()
async def preview_message(stage: Stage) -> Json:
    words = {"kind": "BOOKING_CONFIRMED", "channel": "SMS", "locale": "ka", "body": "{{ person }}: {{ number }}"}
    return {"input": {**words, "customerId": stage.customer_gid}}


@mutation
async def create_message_template(stage: Stage) -> Json:
    await _make_room(stage, "SMS")
    return {"kind": "AFTER_VISIT", "channel": "SMS", "locale": "ka", "body": "{{ subject }}?"}


@mutation
async def update_message_template(stage: Stage) -> Json:
    return {"messageTemplateId": await a_template(stage), "version": 1, "subject": "{{ subject }}?"}


@mutation
async def remove_message_template(stage: Stage) -> Json:
    return {"messageTemplateId": await a_template(stage)}
