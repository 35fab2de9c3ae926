"""What must hold of an organization at any time: its log, its bookings, its capacity, its lines and its routes tell one
story."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ExceptionContext, event

from app.db import Database
from app.models import BookingStatus as Status
from app.models import ChargeKind
from app.models import EventType as Type
from app.models import TransportStatus as Ride
from app.models import WaitlistStatus as Waiting
from app.models.base import Machine
from app.models.bookings import BOOKING_MACHINE
from app.models.transports import TRANSPORT_MACHINE
from app.models.waitlist import WAITLIST_MACHINE
from app.uow import COLLISIONS
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
STANDS = {
    Type.BOOKING_RESCHEDULED: {Status.PENDING, Status.CONFIRMED},
    Type.BOOKING_CHARGED: {Status.CANCELLED, Status.NO_SHOW},
}
"""What leaves a booking in its state, and in which states that can be."""
UNSERVED = {Status.DECLINED, Status.CANCELLED, Status.EXPIRED}
WAITING_AFTER = {
    Type.WAITLIST_JOINED: Waiting.WAITING,
    Type.WAITLIST_OFFERED: Waiting.OFFERED,
    Type.WAITLIST_ACCEPTED: Waiting.ACCEPTED,
    Type.WAITLIST_EXPIRED: Waiting.EXPIRED,
    Type.WAITLIST_LEFT: Waiting.LEFT,
}
BOOKING_OF: dict[Waiting, set[Any]] = {
    Waiting.WAITING: {None},
    Waiting.OFFERED: {Status.HELD},
    Waiting.ACCEPTED: set(Status) - {Status.HELD, Status.EXPIRED},
    Waiting.EXPIRED: {None, Status.EXPIRED},
    Waiting.LEFT: {None, Status.CANCELLED},
}
"""In which state the booking of somebody who waits, or waited, can be."""
CHARGED_AFTER = {ChargeKind.CANCELLATION: Status.CANCELLED, ChargeKind.NO_SHOW: Status.NO_SHOW}

RIDE_AFTER = {
    Type.TRANSPORT_CREATED: Ride.PENDING,
    Type.TRANSPORT_ASSIGNED: Ride.ASSIGNED,
    Type.TRANSPORT_UNASSIGNED: Ride.PENDING,
    Type.TRANSPORT_EN_ROUTE: Ride.EN_ROUTE,
    Type.TRANSPORT_PICKED_UP: Ride.PICKED_UP,
    Type.TRANSPORT_DELIVERED: Ride.DELIVERED,
    Type.TRANSPORT_FAILED: Ride.FAILED,
    Type.TRANSPORT_RETURNED: Ride.RETURNED,
    Type.TRANSPORT_CANCELLED: Ride.CANCELLED,
}
OPEN, NONE = "OPEN", None
STOPS_OF: dict[Ride, set[tuple[str | None, str | None, str | None]]] = {
    Ride.PENDING: {(NONE, NONE, NONE)},
    Ride.CANCELLED: {(NONE, NONE, NONE)},
    Ride.ASSIGNED: {(OPEN, OPEN, NONE)},
    Ride.EN_ROUTE: {(OPEN, OPEN, NONE)},
    Ride.PICKED_UP: {("DONE", OPEN, NONE)},
    Ride.DELIVERED: {("DONE", "DONE", NONE)},
    Ride.FAILED: {("FAILED", NONE, NONE), ("DONE", "FAILED", OPEN), ("DONE", "FAILED", "FAILED")},
    Ride.RETURNED: {("DONE", "FAILED", "DONE")},
}
"""How the pickup, the dropoff and the return of a transport can stand; called off is as if there were none."""

CAPACITY = """
    SELECT s.id, s.capacity, s.taken, coalesce(sum(a.quantity), 0)::int AS allocated
    FROM slots s LEFT JOIN allocations a ON (a.organization_id, a.slot_id) = (s.organization_id, s.id)
    WHERE s.organization_id = $1 GROUP BY s.organization_id, s.id
"""
IDLE = """
    SELECT s.id FROM slots s JOIN services v ON (v.organization_id, v.id) = (s.organization_id, s.service_id)
    WHERE s.organization_id = $1 AND s.status = 'OPEN' AND s.starts_at > now() AND s.taken < s.capacity AND v.active
      AND coalesce(resources_allow(s.organization_id, s.service_id, s.resource_id, s.starts_at, s.ends_at), 1) > 0
      AND EXISTS (SELECT FROM waitlist_entries w
                  WHERE (w.organization_id, w.slot_id) = (s.organization_id, s.id) AND w.status = 'WAITING')
"""
"""Slots with a place that nobody gives to those who wait for it."""
PLACES = """
    SELECT b.id, b.status, b.nights, count(s.id) AS places,
           bool_and((s.service_id = b.service_id)) AS of_its_service,
           (min(s.starts_at), max(s.ends_at)) = (b.starts_at, b.ends_at) AS at_its_time,
           count(DISTINCT date(s.starts_at)) AS days, max(date(s.starts_at)) - min(date(s.starts_at)) + 1 AS spread
    FROM bookings b
    LEFT JOIN allocations a ON (a.organization_id, a.booking_id) = (b.organization_id, b.id) AND a.slot_id IS NOT NULL
    LEFT JOIN slots s ON (s.organization_id, s.id) = (a.organization_id, a.slot_id)
    WHERE b.organization_id = $1 GROUP BY b.organization_id, b.id
"""
RIDES = """
    SELECT t.id, t.status, array_agg(s.kind || ' ' || s.state) FILTER (WHERE s.state IS NOT NULL) AS stops,
           bool_and(s.route_id = t.route_id) FILTER (WHERE s.state IS NOT NULL) AS on_its_route
    FROM transports t
    LEFT JOIN (SELECT *, CASE WHEN status IN ('PLANNED', 'ARRIVED', 'SKIPPED') THEN 'OPEN'
                              WHEN status <> 'CANCELLED' THEN status END AS state FROM stops) s
           ON (s.organization_id, s.transport_id) = (t.organization_id, t.id)
    WHERE t.organization_id = $1 GROUP BY t.organization_id, t.id
"""
ROUTES = """
    SELECT r.id, r.status, count(s.id) FILTER (WHERE s.status IN ('PLANNED', 'ARRIVED', 'SKIPPED')) AS open,
           count(s.id) FILTER (WHERE s.status IN ('ARRIVED', 'DONE', 'SKIPPED', 'FAILED')) AS begun,
           count(s.sequence) = count(DISTINCT s.sequence) AS in_order
    FROM routes r LEFT JOIN stops s ON (s.organization_id, s.route_id) = (r.organization_id, r.id)
    WHERE r.organization_id = $1 GROUP BY r.organization_id, r.id
"""
IDLE_ON_ROUTE = """
    SELECT d.id FROM drivers d WHERE d.organization_id = $1 AND d.status = 'ON_ROUTE' AND NOT EXISTS (
        SELECT FROM routes r WHERE (r.organization_id, r.driver_id) = (d.organization_id, d.id)
          AND r.status = 'IN_PROGRESS')
"""
HISTORY = "SELECT type, node_id FROM events WHERE organization_id = $1 AND node_type = $2 ORDER BY seq"
LINES = """
    SELECT w.id, w.slot_id, w.subject_id, w.number, w.status, b.status AS booking_status,
           (b.slot_id, b.subject_id) = (w.slot_id, w.subject_id) AS fits
    FROM waitlist_entries w
    LEFT JOIN bookings b ON (b.organization_id, b.id) = (w.organization_id, w.booking_id)
    WHERE w.organization_id = $1
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


async def nobody_waits_in_vain(house: House) -> None:
    """In one snapshot, whatever else goes on: a place that is free is nobody's who waits for it."""
    assert await house.all(IDLE) == []


async def bookings_agree(house: House) -> dict[UUID, Status]:
    """Each booking is in the state that its events lead to, in legal steps, and holds its places as long as it should:
    all nights of a stay, one after the other, and one slot of anything else."""
    rows = await house.all(PLACES)
    told: dict[UUID, Status] = {}
    for happened in await house.all(HISTORY, "Booking"):
        id, type = happened["node_id"], Type(happened["type"])
        if type in STANDS:
            assert told[id] in STANDS[type], (told[id], type)
            continue
        _step_is_legal(BOOKING_MACHINE, {Status.HELD, Status.PENDING}, told.get(id), STATUS_AFTER[type])
        told[id] = STATUS_AFTER[type]
    assert {row["id"]: row["status"] for row in rows} == told
    assert [dict(row) for row in rows if not _has_its_places(row)] == []
    return told


def _has_its_places(row: Any) -> bool:
    if row["status"] in UNSERVED:
        return bool(row["places"] == 0)
    nights = row["nights"] or 1
    return bool(
        row["places"] == row["days"] == row["spread"] == nights and row["of_its_service"] and row["at_its_time"]
    )


def _step_is_legal(machine: Machine, first: set[Any], before: Any, after: Any) -> None:
    legal = first if before is None else machine.transitions.get(before, set())
    assert after in legal, (before, after)


async def lines_agree(house: House) -> dict[UUID, Waiting]:
    """Whoever waits, or waited, is in the state that the events lead to, and so is the place that was held for them;
    nobody was overtaken. Answers the states by entry."""
    rows = {row["id"]: row for row in await house.all(LINES)}
    told: dict[UUID, Waiting] = {}
    served: dict[UUID, int] = {}
    for happened in await house.all(HISTORY, "WaitlistEntry"):
        id, type = happened["node_id"], Type(happened["type"])
        _step_is_legal(WAITLIST_MACHINE, {Waiting.WAITING}, told.get(id), WAITING_AFTER[type])
        told[id] = WAITING_AFTER[type]
        if type is Type.WAITLIST_OFFERED:
            slot, number = rows[id]["slot_id"], rows[id]["number"]
            assert served.get(slot, 0) < number, f"number {number} after {served[slot]}"
            served[slot] = number
    assert {id: row["status"] for id, row in rows.items()} == told
    assert [dict(row) for row in rows.values() if row["booking_status"] not in BOOKING_OF[row["status"]]] == []
    assert [dict(row) for row in rows.values() if row["status"] == Waiting.OFFERED and not row["fits"]] == []
    return told


async def charges_agree(house: House) -> None:
    """A fee is charged once, for what happened, and the log knows of it."""
    rows = await house.all(
        "SELECT c.booking_id, c.kind, b.status FROM booking_charges c "
        "JOIN bookings b ON (b.organization_id, b.id) = (c.organization_id, c.booking_id) WHERE c.organization_id = $1"
    )
    assert [dict(row) for row in rows if CHARGED_AFTER[ChargeKind(row["kind"])] != row["status"]] == []
    log = "SELECT booking_id, payload ->> 'kind' FROM events WHERE organization_id = $1 AND type = 'BOOKING_CHARGED'"
    assert Counter((row["booking_id"], row["kind"]) for row in rows) == Counter(map(tuple, await house.all(log)))
    assert len({(row["booking_id"], row["kind"]) for row in rows}) == len(rows)


async def rides_agree(house: House) -> dict[UUID, Ride]:
    """Each transport is in the state that its events lead to, in legal steps, and so are its stops. Answers the states.

    A transport that no event tells of was made so."""
    told: dict[UUID, Ride] = {}
    for happened in await house.all(HISTORY, "Transport"):
        id, after = happened["node_id"], RIDE_AFTER.get(Type(happened["type"]))
        if after is not None and told.get(id) is not after:
            # a planner who moves a transport says that it is assigned, again
            _step_is_legal(TRANSPORT_MACHINE, set(Ride), told.get(id), after)
            told[id] = after
    rows = {row["id"]: row for row in await house.all(RIDES)}
    assert {id: row["status"] for id, row in rows.items()} == {id: row["status"] for id, row in rows.items()} | told
    wrong = [dict(row) for row in rows.values() if not _has_its_stops(row)]
    assert wrong == [], wrong
    return {id: Ride(row["status"]) for id, row in rows.items()}


def _has_its_stops(row: Any) -> bool:
    stops = [stop.split() for stop in row["stops"] or ()]
    found = dict(stops)
    kinds = tuple(found.get(kind) for kind in ("PICKUP", "DROPOFF", "RETURN"))
    return len(found) == len(stops) and row["on_its_route"] is not False and kinds in STOPS_OF[row["status"]]


async def routes_agree(house: House) -> None:
    """Nothing is begun before its driver set out, and a route is over once everything is dealt with, not before."""
    rows = await house.all(ROUTES)
    over, unseen = ("COMPLETED", "CANCELLED"), ("DRAFT", "OPTIMIZED", "PUBLISHED")
    assert [dict(row) for row in rows if row["status"] in over and row["open"]] == []
    assert [dict(row) for row in rows if row["status"] in unseen and row["begun"]] == []
    assert [dict(row) for row in rows if row["status"] == "IN_PROGRESS" and not row["open"]] == []
    assert [dict(row) for row in rows if not row["in_order"]] == []
    assert await house.all(IDLE_ON_ROUTE) == []


async def all_hold(house: House) -> None:
    await log_is_whole(house)
    await capacity_adds_up(house)
    await bookings_agree(house)
    await nobody_waits_in_vain(house)
    await lines_agree(house)
    await charges_agree(house)
    await rides_agree(house)
    await routes_agree(house)


@dataclass
class Watch:
    looks: int = 0


@asynccontextmanager
async def watched(house: House) -> AsyncIterator[Watch]:
    """Look at the capacity, and at the lines for it, as often as possible while the block runs."""
    watch = Watch()

    async def look() -> None:
        while True:
            await capacity_adds_up(house)
            await nobody_waits_in_vain(house)
            watch.looks += 1

    task = asyncio.create_task(look())
    try:
        yield watch
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended


@contextmanager
def nobody_collides(*databases: Database) -> Iterator[None]:
    """No transaction of the block has to end so that another can go on: that it is tried again is the last resort."""
    met: list[str] = []

    def notice(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in COLLISIONS:
            met.append(str(context.original_exception))

    for database in databases:
        event.listen(database.engine.sync_engine, "handle_error", notice)
    try:
        yield
    finally:
        for database in databases:
            event.remove(database.engine.sync_engine, "handle_error", notice)
    assert met == []
