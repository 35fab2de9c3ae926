"""Messages, phones and dead addresses."""

from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app import clock
from tests.factories.houses import House


async def notification(house: House, about: UUID, channel: str = "EMAIL", **values: Any) -> UUID:
    """That a booking is confirmed. Give it somebody: customer_id, user_id or device_id."""
    whom = next(f"{name[:-3]}:{values[name]}" for name in ("device_id", "customer_id", "user_id") if name in values)
    return await house.insert(
        "notifications",
        **{
            "kind": "BOOKING_CONFIRMED",
            "channel": channel,
            "status": "QUEUED",
            "cause": f"BOOKING_CONFIRMED:{uuid7()}",
            "recipient": whom,
            "about_type": "Booking",
            "about": about,
            "locale": "en",
            "send_at": clock.now(),
            **values,
        },
    )


async def device(house: House, user_id: UUID, **values: Any) -> UUID:
    return await house.insert(
        "device_tokens",
        **{
            "user_id": user_id,
            "token": f"ExponentPushToken[{uuid7().hex}]",
            "platform": "IOS",
            "provider": "EXPO",
            "last_seen_at": clock.now(),
            **values,
        },
    )


async def dead_address(house: House, address: str, channel: str = "EMAIL") -> UUID:
    return await house.insert("dead_addresses", channel=channel, address=address, reason="Nobody lives there.")
