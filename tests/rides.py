"""Asking for transports, as staff do."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from tests.client import Json
from tests.factories.houses import House

CHANGED = """... on UpdateTransportSuccess {{ transport {{ id version status {} }} }}
  ... on VersionConflict {{ currentVersion }}"""


def window(start: datetime, end: datetime) -> Json:
    return {"from": start.isoformat(), "until": end.isoformat()}


async def wanted(house: House, customer: UUID, **more: Any) -> Json:
    """An input that asks for no more than it must."""
    return {
        "customerId": house.gid("Customer", customer),
        "pickupPlaceId": house.gid("Place", await house.place(customer)),
        "dropoffPlaceId": house.gid("Place", await house.place()),
        "pickupWindow": window(house.at(time(9)), house.at(time(10))),
        "dropoffWindow": window(house.at(time(9)), house.at(time(11))),
        **more,
    }


async def create(house: House, input: Json, selection: str) -> Json:
    answer: Json = await house.client("STAFF").act("createTransport", input, f"transport {{ id {selection} }}")
    found: Json = answer["transport"]
    return found


async def update(house: House, ride: UUID, version: int, selection: str = "", **changes: Any) -> Json:
    input = {"transportId": house.gid("Transport", ride), "version": version, **changes}
    return await house.client("STAFF").act("updateTransport", input, CHANGED.format(selection))
