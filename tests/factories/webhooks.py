"""Endpoints and what was sent to them, as rows."""

import base64
import json
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet

from app import clock
from tests.conftest import KEY
from tests.factories.houses import House

SECRET = "whsec_" + base64.b64encode(b"a secret of the tests, 32 bytes!").decode()


def sealed(secret: str = SECRET) -> bytes:
    return Fernet(KEY).encrypt(secret.encode())


async def endpoint(house: House, url: str = "https://hooks.invalid/", **values: Any) -> UUID:
    """As if it had been told of everything so far; nothing wakes it up."""
    seq = await house.value("SELECT seq FROM event_heads WHERE organization_id = $1")
    given = {"url": url, "status": "ACTIVE", "secret": sealed(), "sent_seq": seq, **values}
    return await house.insert("webhook_endpoints", **given)


async def delivery(house: House, endpoint_id: UUID, seq: int = 0, **values: Any) -> UUID:
    given = {
        "endpoint_id": endpoint_id,
        "seq": seq,
        "type": "waypost.test" if seq == 0 else "booking.confirmed",
        "status": "PENDING",
        "body": "{}",
        "next_at": clock.now(),
        **values,
    }
    return await house.insert("webhook_deliveries", **given)


async def attempt(house: House, delivery_id: UUID, **values: Any) -> UUID:
    given = {
        "delivery_id": delivery_id,
        "url": "https://hooks.invalid/",
        "request_headers": json.dumps({"webhook-id": "msg_1"}),
        "response_status": 500,
        "response_body": "no",
        "duration_ms": 12,
        **values,
    }
    return await house.insert("webhook_attempts", **given)


async def replay(house: House, endpoint_id: UUID, **values: Any) -> UUID:
    given = {"endpoint_id": endpoint_id, "status": "SUCCEEDED", "after_seq": 0, "until_seq": 1, "done_seq": 1}
    return await house.insert("webhook_replays", **{**given, "events": 1, **values})
