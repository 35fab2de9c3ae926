"""The event log: append in commit order without gaps, read after a cursor.

Every noun's change is one `Event`. The numbers come from the organization's event head, which is locked by the very
statement that writes the events, the last one before commit: so `seq` has no gaps and never runs ahead of what others
can read.

Where webhooks listen, the same statement leaves the work to tell them, once until that work has begun: organizations
without webhooks pay nothing for it, and those that have some do not look anything up.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, false, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Viewer
from app.errors import CursorExpired, TooManyEvents
from app.models import Event, EventHead, EventType

EVENTS_MAX = 500
"""Most events of one transaction: the head is locked while they are written."""

REFERENCES = ("customer_id", "driver_id", "former_driver_id", "route_id", "booking_id", "transport_id")
"""Whom and what an event concerns, besides its node."""

OWN_REFERENCE = {
    "Route": "route_id",
    "Booking": "booking_id",
    "Transport": "transport_id",
    "Driver": "driver_id",
    "Customer": "customer_id",
}

APPEND = text(
    """
    WITH head AS (
        UPDATE event_heads SET seq = seq + :count, woken = listening WHERE organization_id = :org
        RETURNING new.seq - :count AS before, new.woken AND NOT old.woken AS wakes
    ), waking AS (
        INSERT INTO due_work (run_at, organization_id, kind, ref_id)
        SELECT :now, :org, 'FEED_WEBHOOKS', :org FROM head WHERE wakes
        RETURNING id
    ), incoming AS (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(:events) AS (
            type text, occurred_at timestamptz, node_type text, node_id uuid, actor_user_id uuid,
            actor_partner_id uuid, actor_api_key_id uuid, customer_id uuid,
            driver_id uuid, former_driver_id uuid, route_id uuid, booking_id uuid, transport_id uuid, payload jsonb,
            changes jsonb
        )) WITH ORDINALITY AS e(type, occurred_at, node_type, node_id, actor_user_id, actor_partner_id,
                                actor_api_key_id, customer_id, driver_id, former_driver_id, route_id, booking_id,
                                transport_id, payload, changes, position)
    ), details AS (
        INSERT INTO event_details (organization_id, seq, ip, user_agent, changes)
        SELECT :org, head.before + e.position, :ip, :user_agent, e.changes FROM head, incoming e
        WHERE cast(:ip AS text) IS NOT NULL OR e.changes IS NOT NULL
    )
    INSERT INTO events (organization_id, seq, type, occurred_at, node_type, node_id, actor_user_id, actor_partner_id,
                        actor_api_key_id, customer_id, driver_id, former_driver_id, route_id, booking_id, transport_id,
                        payload)
    SELECT :org, head.before + e.position, e.type, e.occurred_at, e.node_type, e.node_id, e.actor_user_id,
           e.actor_partner_id, e.actor_api_key_id, e.customer_id, e.driver_id, e.former_driver_id, e.route_id,
           e.booking_id, e.transport_id, e.payload
    FROM head, incoming e
    RETURNING seq, (SELECT id FROM waking) AS work_id
    """
)


@dataclass(frozen=True)
class Origin:
    """Where a change came from; personal, so it is kept apart from the log."""

    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True)
class Draft:
    """An event that has no number yet."""

    type: EventType
    node_type: str
    node_id: UUID
    references: Mapping[str, UUID]
    payload: Mapping[str, object]
    changes: Mapping[str, object] | None

    def record(self, occurred_at: datetime, actor: Viewer) -> dict[str, object]:
        return {
            "type": self.type.value,
            "occurred_at": occurred_at,
            "node_type": self.node_type,
            "node_id": self.node_id,
            "actor_user_id": actor.user_id,
            "actor_partner_id": actor.partner_id,
            "actor_api_key_id": actor.api_key_id,
            **self.references,
            "payload": self.payload,
            "changes": self.changes,
        }


def references(*nodes: object) -> dict[str, UUID]:
    """Whom and what the nodes concern, read off their columns; the first to name a thing wins."""
    found: dict[str, UUID] = {}
    for node in nodes:
        own = OWN_REFERENCE.get(type(node).__name__)
        values = {name: getattr(node, name, None) for name in REFERENCES}
        if own:
            values[own] = node.id  # type: ignore[attr-defined]
        for name, value in values.items():
            if value is not None:
                found.setdefault(name, value)
    return found


@dataclass(frozen=True)
class Appended:
    """The last number. work_id: the piece of work that tells webhooks of it, unless one that was left before does."""

    seq: int
    work_id: UUID | None


async def append(
    session: AsyncSession, viewer: Viewer, origin: Origin, occurred_at: datetime, drafts: Sequence[Draft]
) -> Appended:
    """Write events under the next numbers; the transaction must end right after."""
    if len(drafts) > EVENTS_MAX:
        raise TooManyEvents(len(drafts), EVENTS_MAX)
    records = [draft.record(occurred_at, viewer) for draft in drafts]
    result = await session.execute(
        APPEND,
        {
            "org": viewer.organization_id,
            "count": len(records),
            "now": occurred_at,
            "events": orjson.dumps(records, default=str).decode(),
            "ip": origin.ip,
            "user_agent": origin.user_agent,
        },
    )
    rows = result.all()
    if len(rows) != len(records):
        raise RuntimeError("this organization has no event head")
    return Appended(max(row.seq for row in rows), rows[0].work_id)


@dataclass(frozen=True)
class Concerned:
    """A person who follows what concerns them as a customer, as a driver, or as both."""

    customer_id: UUID | None
    driver_id: UUID | None

    def condition(self) -> ColumnElement[bool]:
        """Each hat is one index scan; a hat that is not worn asks for nothing."""
        hats: list[ColumnElement[bool]] = []
        if self.customer_id is not None:
            hats.append(Event.customer_id == self.customer_id)
        if self.driver_id is not None:
            hats += [Event.driver_id == self.driver_id, Event.former_driver_id == self.driver_id]
        return or_(false(), *hats)

    def matches(self, event: Event) -> bool:
        as_customer = self.customer_id is not None and event.customer_id == self.customer_id
        as_driver = self.driver_id is not None and self.driver_id in (event.driver_id, event.former_driver_id)
        return as_customer or as_driver


@dataclass(frozen=True)
class EventFilter:
    """Which events somebody follows. The same filter in two tongues: SQL for the log, Python for what comes live."""

    types: frozenset[EventType] | None = None
    node_id: UUID | None = None
    people: Concerned | None = None
    present: str | None = None
    """A reference that must be there: `booking_id` follows whatever concerns any booking."""
    about: Mapping[str, UUID] = field(default_factory=dict)
    """References and their values: `{"route_id": …}` follows one route."""

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.types is not None:
            found.append(Event.type.in_(self.types))
        if self.node_id is not None:
            found.append(Event.node_id == self.node_id)
        if self.people is not None:
            found.append(self.people.condition())
        if self.present is not None:
            found.append(getattr(Event, self.present).is_not(None))
        found += [getattr(Event, name) == value for name, value in self.about.items()]
        return found

    def matches(self, event: Event) -> bool:
        return (
            (self.types is None or event.type in self.types)
            and (self.node_id is None or event.node_id == self.node_id)
            and (self.people is None or self.people.matches(event))
            and (self.present is None or getattr(event, self.present) is not None)
            and all(getattr(event, name) == value for name, value in self.about.items())
        )


def after(viewer: Viewer, cursor: int, wanted: EventFilter, limit: int) -> Select[Event]:
    """The next events of the log behind a cursor."""
    return (
        select(Event)
        .where(Event.organization_id == viewer.organization_id, Event.seq > cursor, *wanted.conditions())
        .order_by(Event.seq)
        .limit(limit)
    )


def as_cursor(seq: int) -> str:
    """A place in the log as others see it: opaque, so that nobody counts on how it is numbered."""
    return base64.urlsafe_b64encode(f"e{seq}".encode()).decode().rstrip("=")


def head(organization_id: UUID) -> Select[EventHead]:
    return select(EventHead).where(EventHead.organization_id == organization_id)


def check_cursor(cursor: int, head: EventHead) -> None:
    """A cursor is good while everything behind it is still there and it is not ahead of the log."""
    if not head.erased_through <= cursor <= head.seq:
        raise CursorExpired()
