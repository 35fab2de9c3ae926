"""Bringing the slots of schedules in line with their hours, all at once.

What has begun is history and stays. What was booked stands: its slot is withdrawn, never moved and never taken away.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, bindparam, delete, exists, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.errors import BadUserInput
from app.models import Booking, Schedule, Service, Slot, SlotStatus, WaitlistEntry
from app.models.base import among
from app.services import bookings
from app.services.schedules import hours
from app.services.schedules.hours import DAY, SLOTS_MAX, Calendar, Days
from app.services.schedules.tally import Tally
from app.uow import UnitOfWork

IDS = ARRAY(Uuid())
INSTANTS = ARRAY(DateTime(timezone=True))

INSERT = text(
    """
    INSERT INTO slots (organization_id, schedule_id, service_id, resource_id, starts_at, ends_at, capacity,
                       created_at, updated_at)
    SELECT :org, h.id, h.service_id, h.resource_id, n.starts_at, n.ends_at, h.capacity, :now, :now
    FROM unnest(:schedules, :begins, :ends) AS n (schedule_id, starts_at, ends_at)
    JOIN schedules h ON h.organization_id = :org AND h.id = n.schedule_id
    ON CONFLICT (organization_id, schedule_id, starts_at) WHERE schedule_id IS NOT NULL DO NOTHING
    RETURNING schedule_id
    """
).bindparams(bindparam("schedules", type_=IDS), bindparam("begins", type_=INSTANTS), bindparam("ends", type_=INSTANTS))

ADJUST = text(
    """
    UPDATE slots s
    SET capacity = CASE WHEN s.capacity_pinned THEN s.capacity ELSE greatest(h.capacity, s.taken) END,
        ends_at = CASE WHEN s.taken = 0 THEN w.ends_at ELSE s.ends_at END,
        status = CASE WHEN s.status = 'WITHDRAWN' THEN 'OPEN' ELSE s.status END,
        version = s.version + 1, updated_at = :now
    FROM unnest(:slots, :ends) AS w (id, ends_at), schedules h
    WHERE s.organization_id = :org AND s.id = w.id AND h.organization_id = :org AND h.id = s.schedule_id
      AND (s.status = 'WITHDRAWN' OR (NOT s.capacity_pinned AND s.capacity <> greatest(h.capacity, s.taken))
           OR (s.taken = 0 AND s.ends_at <> w.ends_at))
    RETURNING s.id, s.schedule_id
    """
).bindparams(bindparam("slots", type_=IDS), bindparam("ends", type_=INSTANTS))


class TooManySlots(BadUserInput):
    """More than one plan makes; nothing was changed yet."""


class Key(NamedTuple):
    """What makes a slot the same slot."""

    schedule_id: UUID
    starts_at: datetime


class Wanted(NamedTuple):
    ends_at: datetime
    capacity: int


class Reach(NamedTuple):
    """Which slots are looked at: those that begin so; without an end, all."""

    after: datetime
    before: datetime | None


def horizon(schedule: Schedule, today: date) -> date:
    """The last day to which slots are made."""
    return max(today + timedelta(days=schedule.horizon_days), schedule.planned_until or today)


async def plan(
    uow: UnitOfWork, schedules: Sequence[Schedule], calendar: Calendar, days: Days | None, tally: Tally
) -> None:
    """The schedules are locked. With `days`, only what begins on them is looked at."""
    reach = _reach(uow, calendar, days)
    wanted = await _wanted(uow, schedules, calendar, days, reach)
    there = {Key(slot.schedule_id, slot.starts_at): slot for slot in await _there(uow, schedules, reach)}
    odd = {slot.id: wanted[key].ends_at for key, slot in there.items() if key in wanted and _differs(slot, wanted[key])}
    gone = [slot.id for key, slot in there.items() if key not in wanted and _to_go(slot)]
    await _lock(uow, [*odd, *gone])
    # nobody takes places of these from here on: what they have now is what counts
    tally.removed += await _remove(uow, gone)
    tally.withdrawn += await _withdraw(uow, gone)
    await _adjust(uow, odd, tally)
    await _insert(uow, {key: span for key, span in wanted.items() if key not in there}, tally)


def _reach(uow: UnitOfWork, calendar: Calendar, days: Days | None) -> Reach:
    if days is None:
        return Reach(uow.now, None)
    # one microsecond before: what begins at midnight belongs to the day
    first = calendar.midnight(days.first) - timedelta(microseconds=1)
    return Reach(max(uow.now, first), calendar.midnight(days.last + DAY))


async def _wanted(
    uow: UnitOfWork, schedules: Sequence[Schedule], calendar: Calendar, days: Days | None, reach: Reach
) -> dict[Key, Wanted]:
    durations = await _durations(uow, schedules)
    found: dict[Key, Wanted] = {}
    for schedule in schedules:
        if not schedule.active or schedule.service_id is None:
            continue
        last = horizon(schedule, calendar.today)
        first, last = (days.first, min(days.last, last)) if days else (calendar.today, last)
        # what opened the day before may have slots after midnight
        spans = hours.slots(schedule, durations[schedule.service_id], calendar, Days(first - DAY, last))
        for span in spans:
            if reach.after < span.starts_at < calendar.midnight(last + DAY):
                found[Key(schedule.id, span.starts_at)] = Wanted(span.ends_at, schedule.capacity)
        if len(found) > SLOTS_MAX:
            raise TooManySlots(f"At most {SLOTS_MAX} slots are made at once.")
    return found


async def _durations(uow: UnitOfWork, schedules: Sequence[Schedule]) -> Mapping[UUID, timedelta]:
    ids = {schedule.service_id for schedule in schedules}
    rows = await uow.session.execute(
        select(Service.id, Service.duration_s).where(
            Service.organization_id == uow.viewer.organization_id, Service.id.in_(ids)
        )
    )
    return {row.id: timedelta(seconds=row.duration_s) for row in rows}


async def _there(uow: UnitOfWork, schedules: Sequence[Schedule], reach: Reach) -> Sequence[Any]:
    statement = select(
        Slot.id,
        Slot.schedule_id,
        Slot.starts_at,
        Slot.ends_at,
        Slot.capacity,
        Slot.capacity_pinned,
        Slot.taken,
        Slot.status,
    ).where(
        Slot.organization_id == uow.viewer.organization_id,
        among(Slot.schedule_id, [schedule.id for schedule in schedules]),
        Slot.starts_at > reach.after,
    )
    if reach.before is not None:
        statement = statement.where(Slot.starts_at < reach.before)
    return (await uow.session.execute(statement)).all()


def _differs(slot: Any, wanted: Wanted) -> bool:
    return (
        slot.status is SlotStatus.WITHDRAWN
        or (not slot.capacity_pinned and slot.capacity != max(wanted.capacity, slot.taken))
        or (slot.taken == 0 and slot.ends_at != wanted.ends_at)
    )


def _to_go(slot: Any) -> bool:
    """Whether something is left to be done about a slot that is not wanted."""
    return slot.status is not SlotStatus.WITHDRAWN or slot.taken == 0


async def _lock(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """In the order of their ids, as everywhere."""
    if ids:
        await uow.session.execute(select(Slot.id).where(*_these(uow, ids)).order_by(Slot.id).with_for_update())


async def _remove(uow: UnitOfWork, ids: Sequence[UUID]) -> Counter[UUID]:
    """Take away what nobody ever asked for."""
    booked = exists().where(Booking.organization_id == Slot.organization_id, Booking.slot_id == Slot.id)
    awaited = exists().where(WaitlistEntry.organization_id == Slot.organization_id, WaitlistEntry.slot_id == Slot.id)
    return await _each(
        uow,
        ids,
        delete(Slot).where(*_these(uow, ids), Slot.taken == 0, ~booked, ~awaited).returning(Slot.schedule_id),
    )


async def _withdraw(uow: UnitOfWork, ids: Sequence[UUID]) -> Counter[UUID]:
    """What is left of them is sold no more."""
    return await _each(
        uow,
        ids,
        update(Slot)
        .where(*_these(uow, ids), Slot.status != SlotStatus.WITHDRAWN)
        .values(status=SlotStatus.WITHDRAWN, version=Slot.version + 1, updated_at=uow.now)
        .returning(Slot.schedule_id),
    )


async def _each(uow: UnitOfWork, ids: Sequence[UUID], statement: Any) -> Counter[UUID]:
    """How many slots of each schedule a statement changed."""
    if not ids:
        return Counter()
    done = await uow.session.execute(statement.execution_options(synchronize_session=False))
    return Counter(done.scalars())


async def _adjust(uow: UnitOfWork, ends: Mapping[UUID, datetime], tally: Tally) -> None:
    if not ends:
        return
    done = await uow.session.execute(
        ADJUST,
        {"org": uow.viewer.organization_id, "now": uow.now, "slots": list(ends), "ends": list(ends.values())},
    )
    rows = done.all()
    tally.changed += Counter(row.schedule_id for row in rows)
    # there may be room now for those who wait
    await bookings.offer_places(uow, [row.id for row in rows])


async def _insert(uow: UnitOfWork, missing: Mapping[Key, Wanted], tally: Tally) -> None:
    if not missing:
        return
    done = await uow.session.execute(
        INSERT,
        {
            "org": uow.viewer.organization_id,
            "now": uow.now,
            "schedules": [key.schedule_id for key in missing],
            "begins": [key.starts_at for key in missing],
            "ends": [wanted.ends_at for wanted in missing.values()],
        },
    )
    tally.created += Counter(done.scalars())


def _these(uow: UnitOfWork, ids: Iterable[UUID]) -> tuple[ColumnElement[bool], ...]:
    return Slot.organization_id == uow.viewer.organization_id, among(Slot.id, ids)
