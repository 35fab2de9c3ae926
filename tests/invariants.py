"""What must hold of an organization at any time: its log, its bookings and its capacity tell the same story."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app.models import BookingStatus as Status
from app.models import EventType as Type
from app.models.bookings import BOOKING_MACHINE
from tests.factories.houses import House

STATUS_AFTER = {
    Type.BOOKING_HELD: Status.HELD,
    Type.BOOKING_CREATED: Status.PENDING,
    Type.BOOKING_CONFIRMED: Status.CONFIRMED,
    Type.BOOKING_DECLINED: Status.DECLINED,
    Type.BOOKING_CANCELLED: Status.CANCELLED,
    Type.BOOKING_CHECKED_IN: Status.CHECKED_IN,
    Type.BOOKING_COMPLETED: Status.COMPLETED,
    Type.BOOKING_NO_SHOW: Status.NO_SHOW,
    Type.BOOKING_EXPIRED: Status.EXPIRED,
}
UNSERVED = {Status.DECLINED, Status.CANCELLED, Status.EXPIRED}

CAPACITY = """
    SELECT s.id, s.capacity, s.taken, coalesce(sum(a.quantity), 0)::int AS allocated
    FROM slots s LEFT JOIN allocations a ON (a.organization_id, a.slot_id) = (s.organization_id, s.id)
    WHERE s.organization_id = $1 GROUP BY s.organization_id, s.id
"""


async def log_is_whole(house: House) -> int:
    """Numbers without gaps from 1 to the head, which is answered."""
    numbers = [row["seq"] for row in await house.all("SELECT seq FROM events WHERE organization_id = $1 ORDER BY seq")]
    head: int = await house.value("SELECT seq FROM event_heads WHERE organization_id = $1")
    assert numbers == list(range(1, head + 1))
    return head


async def capacity_adds_up(house: House) -> dict[UUID, int]:
    """In one snapshot, whatever else goes on: taken is what is allocated, and no more than there is. Answers taken."""
    slots = await house.all(CAPACITY)
    assert [slot for slot in slots if not slot["taken"] == slot["allocated"] <= slot["capacity"]] == []
    return {slot["id"]: slot["taken"] for slot in slots}


async def bookings_agree(house: House) -> dict[UUID, Status]:
    """Each booking is in the state that its events lead to, in legal steps, and holds a place as long as it should."""
    rows = await house.all(
        "SELECT b.id, b.status, count(a.id) AS places FROM bookings b "
        "LEFT JOIN allocations a ON (a.organization_id, a.booking_id) = (b.organization_id, b.id) "
        "WHERE b.organization_id = $1 GROUP BY b.id, b.status"
    )
    told: dict[UUID, Status] = {}
    for event in await house.all(
        "SELECT type, node_id FROM events WHERE organization_id = $1 AND node_type = 'Booking' ORDER BY seq"
    ):
        status = STATUS_AFTER[Type(event["type"])]
        _step_is_legal(told.get(event["node_id"]), status)
        told[event["node_id"]] = status
    assert {row["id"]: row["status"] for row in rows} == told
    assert [row["id"] for row in rows if row["places"] != (row["status"] not in UNSERVED)] == []
    return told


def _step_is_legal(before: Status | None, after: Status) -> None:
    legal = {Status.HELD, Status.PENDING} if before is None else BOOKING_MACHINE.transitions.get(before, set())
    assert after in legal, (before, after)


async def all_hold(house: House) -> None:
    await log_is_whole(house)
    await capacity_adds_up(house)
    await bookings_agree(house)


@dataclass
class Watch:
    looks: int = 0


@asynccontextmanager
async def watched(house: House) -> AsyncIterator[Watch]:
    """Look at the capacity as often as possible while the block runs."""
    watch = Watch()

    async def look() -> None:
        while True:
            await capacity_adds_up(house)
            watch.looks += 1

    task = asyncio.create_task(look())
    try:
        yield watch
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended
