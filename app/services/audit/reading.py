"""Reading the log in the order in which it was written, so many entries at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select

from app.models import Event, EventDetail, EventType, Partner, User


@dataclass(frozen=True)
class Wanted:
    """Which entries, up to `through`: what is written later is left out, so that a file is the same whenever it is
    written."""

    through: int
    types: Sequence[EventType] | None = None
    from_: datetime | None = None
    until: datetime | None = None
    customer_id: UUID | None = None
    actor_id: UUID | None = None

    def conditions(self, organization_id: UUID) -> list[ColumnElement[bool]]:
        found = [Event.organization_id == organization_id, Event.seq <= self.through]
        if self.types is not None:
            found.append(Event.type.in_(self.types))
        if self.from_ is not None:
            found.append(Event.occurred_at >= self.from_)
        if self.until is not None:
            found.append(Event.occurred_at < self.until)
        if self.customer_id is not None:
            found.append(Event.customer_id == self.customer_id)
        if self.actor_id is not None:
            found.append(Event.actor_user_id == self.actor_id)
        return found


@dataclass(frozen=True)
class Entry:
    """An event with its personal part. `actor`: the name of whoever did it."""

    event: Event
    ip: str | None
    user_agent: str | None
    changes: dict[str, Any] | None
    actor: str | None


def entries(organization_id: UUID, wanted: Wanted, after: int, limit: int) -> Select[Any]:
    """The next so many entries; one statement, whatever they have."""
    detail = and_(EventDetail.organization_id == Event.organization_id, EventDetail.seq == Event.seq)
    partner = and_(Partner.organization_id == Event.organization_id, Partner.id == Event.actor_partner_id)
    actor = func.coalesce(User.full_name, Partner.name)
    return (
        select(Event, EventDetail.ip, EventDetail.user_agent, EventDetail.changes, actor)
        .outerjoin(EventDetail, detail)
        .outerjoin(User, User.id == Event.actor_user_id)
        .outerjoin(Partner, partner)
        .where(*wanted.conditions(organization_id), Event.seq > after)
        .order_by(Event.seq)
        .limit(limit)
    )


def count(organization_id: UUID, wanted: Wanted) -> Select[int]:
    return select(func.count()).select_from(Event).where(*wanted.conditions(organization_id))
