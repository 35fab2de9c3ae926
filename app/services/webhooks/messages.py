"""What is sent, as the Standard Webhooks specification has it: a body, and headers that vouch for it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from app.events import REFERENCES, as_cursor
from app.models import Event, Organization
from app.models.base import node_id

TEST = "waypost.test"
NODES = {
    "customer_id": "Customer",
    "driver_id": "Driver",
    "former_driver_id": "Driver",
    "route_id": "Route",
    "booking_id": "Booking",
    "transport_id": "Transport",
}
"""What the references of an event are ids of."""


def type_of(word: str) -> str:
    """How a type of event is called out there: the same word in small letters, each `_` a full stop.

    >>> type_of("BOOKING_CONFIRMED")
    'booking.confirmed'
    """
    return word.lower().replace("_", ".")


def body(organization: Organization, event: Event) -> str:
    """Ids and words of lists alone, as the log holds them."""
    concerning = {name: getattr(event, name) for name in REFERENCES}
    data = {
        "seq": as_cursor(event.seq),
        **_organization(organization),
        "node": {"type": event.node_type, "id": node_id(event.node_type, event.node_id)},
        "concerning": {name: node_id(NODES[name], id) for name, id in concerning.items() if id is not None},
        "payload": event.payload,
    }
    return _written(type_of(event.type.value), event.occurred_at, data)


def test_body(organization: Organization, at: datetime) -> str:
    return _written(TEST, at, _organization(organization))


def _organization(organization: Organization) -> dict[str, object]:
    named = {"id": node_id("Organization", organization.id), "slug": organization.slug}
    return {"organization": named}


def _written(type: str, at: datetime, data: dict[str, object]) -> str:
    return orjson.dumps({"type": type, "timestamp": at, "data": data}).decode()


def message_id(delivery_id: UUID) -> str:
    """The same however often it is sent: by it the endpoint knows what it has had."""
    return f"msg_{delivery_id.hex}"


def signature(secrets: Sequence[str], message: str, timestamp: int, content: str) -> str:
    """One for each secret, with spaces between them: whoever knows any of them believes it."""
    signed = f"{message}.{timestamp}.{content}".encode()
    return " ".join(f"v1,{_signed(secret, signed)}" for secret in secrets)


def _signed(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
