"""Scenes of webhooks."""

from app.schema.scalars import encode_id
from tests.client import Json
from tests.factories import webhooks as rows
from tests.scenes.stage import Stage, cursor, mutation, scene


async def an_endpoint(stage: Stage, status: str = "ACTIVE") -> str:
    reason = {"disabled_reason": "BY_HAND"} if status == "DISABLED" else {}
    return encode_id("WebhookEndpoint", await rows.endpoint(stage.house, status=status, **reason))


async def a_delivery(stage: Stage) -> str:
    endpoint = await rows.endpoint(stage.house)
    delivery = await rows.delivery(stage.house, endpoint, status="FAILED")
    await rows.attempt(stage.house, delivery)
    return encode_id("WebhookDelivery", delivery)


async def a_replay(stage: Stage) -> str:
    return encode_id("WebhookReplay", await rows.replay(stage.house, await rows.endpoint(stage.house)))


@scene()
async def webhook_endpoints(stage: Stage) -> Json:
    await a_delivery(stage)
    return {"filter": {"status": ["ACTIVE"]}}


@mutation
async def create_webhook_endpoint(stage: Stage) -> Json:
    url = "https://hooks.invalid/in?key=1"
    return {"url": url, "description": "The till", "eventTypes": ["BOOKING_CONFIRMED"], "ordered": True}


@mutation
async def update_webhook_endpoint(stage: Stage) -> Json:
    changes = {"url": "https://hooks.invalid/other", "eventTypes": [], "ordered": True}
    return {"webhookEndpointId": await an_endpoint(stage), "version": 1, **changes}


@mutation
async def rotate_webhook_secret(stage: Stage) -> Json:
    return {"webhookEndpointId": await an_endpoint(stage)}


@mutation
async def enable_webhook_endpoint(stage: Stage) -> Json:
    return {"webhookEndpointId": await an_endpoint(stage, "DISABLED"), "skipMissed": True}


@mutation
async def disable_webhook_endpoint(stage: Stage) -> Json:
    return {"webhookEndpointId": await an_endpoint(stage)}


@mutation
async def remove_webhook_endpoint(stage: Stage) -> Json:
    return {"webhookEndpointId": await an_endpoint(stage)}


@mutation
async def send_test_webhook(stage: Stage) -> Json:
    return {"webhookEndpointId": await an_endpoint(stage)}


@mutation
async def retry_webhook_delivery(stage: Stage) -> Json:
    return {"webhookDeliveryId": await a_delivery(stage)}


@mutation
async def replay_webhooks(stage: Stage) -> Json:
    endpoint = await an_endpoint(stage)
    await stage.news(await stage.journey())
    return {"webhookEndpointId": endpoint, "after": cursor(0)}
