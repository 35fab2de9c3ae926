"""Scenes of messages."""

from app import clock
from app.schema.scalars import decode_any_id, encode_id
from tests.client import Json
from tests.factories.messaging import dead_address, device, notification
from tests.scenes.stage import Stage, mutation, scene


async def a_notification(stage: Stage, status: str = "FAILED") -> tuple[str, str]:
    """To the customer; answers its id and that of its only attempt."""
    booking = decode_any_id(await stage.booking())[1]
    sent_at = clock.now() if status == "SENT" else None
    id = await notification(stage.house, booking, customer_id=stage.customer_id, status=status, sent_at=sent_at)
    attempt = await stage.house.insert("notification_attempts", notification_id=id, outcome="REFUSED", detail="550")
    return encode_id("Notification", id), encode_id("NotificationAttempt", attempt)


async def a_device(stage: Stage) -> str:
    """Of whoever acts."""
    viewer = stage.actor.viewer
    return encode_id("DeviceToken", await device(stage.house, stage.actor.user_id, customer_id=viewer.customer_id))


async def a_dead_address(stage: Stage) -> str:
    return encode_id("DeadAddress", await dead_address(stage.house, f"nobody-{stage.tag}@example.org"))


@scene()
async def notifications(stage: Stage) -> Json:
    await a_notification(stage)
    return {"filter": {"customerId": stage.customer_gid, "status": ["FAILED"], "channel": ["EMAIL"]}}


@scene()
async def dead_addresses(stage: Stage) -> Json:
    await a_dead_address(stage)
    return {"filter": {"channel": ["EMAIL"], "address": f"nobody-{stage.tag}@example.org"}}


@mutation
async def resend_notification(stage: Stage) -> Json:
    return {"notificationId": (await a_notification(stage))[0]}


@mutation
async def register_device(stage: Stage) -> Json:
    return {"token": f"ExponentPushToken[{stage.tag}]", "platform": "ANDROID"}


@mutation
async def unregister_device(stage: Stage) -> Json:
    return {"deviceId": await a_device(stage)}


@mutation
async def retire_address(stage: Stage) -> Json:
    return {"channel": "EMAIL", "address": f"nobody-{stage.tag}@example.org", "reason": "A mail came back."}


@mutation
async def revive_address(stage: Stage) -> Json:
    return {"deadAddressId": await a_dead_address(stage)}
