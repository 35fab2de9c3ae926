"""Bringing the openings of resources in line with all schedules that they have."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.models import Opening, Schedule
from app.models.base import among
from app.services.schedules import hours
from app.services.schedules.hours import DAY, Calendar, Days, Span
from app.services.schedules.tally import Tally
from app.uow import UnitOfWork

AHEAD = timedelta(days=400)
"""How far ahead it is known when a resource is open: beyond the last day to which slots can be made."""
IDS = ARRAY(Uuid())
INSTANTS = ARRAY(DateTime(timezone=True))

INSERT = text(
    """
    INSERT INTO openings (organization_id, resource_id, starts_at, ends_at, created_at, updated_at)
    SELECT :org, n.resource_id, n.starts_at, n.ends_at, :now, :now
    FROM unnest(:resources, :begins, :ends) AS n (resource_id, starts_at, ends_at)
    """
).bindparams(bindparam("resources", type_=IDS), bindparam("begins", type_=INSTANTS), bindparam("ends", type_=INSTANTS))


class Key(NamedTuple):
    """What makes an opening the same opening; of one that has begun, it does not matter when."""

    resource_id: UUID
    starts_at: datetime
    ends_at: datetime


async def of_resources(uow: UnitOfWork, resource_ids: set[UUID]) -> Sequence[Schedule]:
    """The schedules that say when these resources are open."""
    if not resource_ids:
        return []
    return await uow.scalars(
        select(Schedule)
        .where(
            Schedule.organization_id == uow.viewer.organization_id,
            Schedule.resource_id.in_(resource_ids),
            Schedule.service_id.is_(None),
            Schedule.active,
        )
        .order_by(Schedule.id)
    )


async def plan(
    uow: UnitOfWork,
    asking: Mapping[UUID, UUID],
    schedules: Sequence[Schedule],
    calendar: Calendar,
    tally: Tally,
) -> None:
    """`asking` has, for each resource, the schedule on whose account it is planned; `schedules` are all they have."""
    if not asking:
        return
    wanted = {_key(uow, resource, span): span for resource, span in _wanted(uow, schedules, calendar)}
    there = {_key(uow, row.resource_id, Span(row.starts_at, row.ends_at)): row for row in await _there(uow, asking)}
    await _remove(uow, [row.id for key, row in there.items() if key not in wanted])
    tally.removed += Counter(asking[key.resource_id] for key in there if key not in wanted)
    await _insert(uow, {key: span for key, span in wanted.items() if key not in there})
    tally.created += Counter(asking[key.resource_id] for key in wanted if key not in there)


def _key(uow: UnitOfWork, resource_id: UUID, span: Span) -> Key:
    return Key(resource_id, max(span.starts_at, uow.now), span.ends_at)


def _wanted(uow: UnitOfWork, schedules: Sequence[Schedule], calendar: Calendar) -> list[tuple[UUID, Span]]:
    """What is not over yet. It may have begun yesterday."""
    days = Days(calendar.today - 2 * DAY, calendar.today + AHEAD)
    spans: dict[UUID, list[Span]] = defaultdict(list)
    for schedule in schedules:
        if schedule.resource_id is not None:
            spans[schedule.resource_id] += hours.openings(schedule, calendar, days)
    return [
        (resource, span) for resource, found in spans.items() for span in hours.merged(found) if span.ends_at > uow.now
    ]


async def _there(uow: UnitOfWork, resource_ids: Mapping[UUID, UUID]) -> Sequence[Opening]:
    return await uow.scalars(
        select(Opening).where(
            Opening.organization_id == uow.viewer.organization_id,
            Opening.resource_id.in_(list(resource_ids)),
            Opening.ends_at > uow.now,
        )
    )


async def _remove(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    if ids:
        await uow.session.execute(
            delete(Opening)
            .where(
                Opening.organization_id == uow.viewer.organization_id,
                among(Opening.id, ids),
            )
            .execution_options(synchronize_session=False)
        )


async def _insert(uow: UnitOfWork, missing: Mapping[Key, Span]) -> None:
    if missing:
        await uow.session.execute(
            INSERT,
            {
                "org": uow.viewer.organization_id,
                "now": uow.now,
                "resources": [key.resource_id for key in missing],
                "begins": [span.starts_at for span in missing.values()],
                "ends": [span.ends_at for span in missing.values()],
            },
        )
