"""Bringing what can be booked in line with opening hours, and saying which bookings are outside of them now.

One planner at a time works in an organization: a schedule that is added and a closure that is announced at the same
moment know of each other. A plan that finds everything in line changes nothing and says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, text, union, update
from sqlalchemy.orm import aliased

from app.models import (
    Allocation,
    Booking,
    DueWork,
    EventType,
    Opening,
    ResourceUnit,
    Schedule,
    ScheduleException,
    Slot,
    SlotStatus,
    WorkKind,
)
from app.models.bookings import BOOKING_MACHINE
from app.services import due_work, values
from app.services.recurrence import instant
from app.services.schedules import openings, slots
from app.services.schedules.hours import DAY, Calendar, Days
from app.services.schedules.tally import Tally
from app.uow import UnitOfWork

ONE_PLANNER = text("SELECT pg_advisory_xact_lock(hashtextextended('schedules of ' || :org, 0))")
LIVE = tuple(BOOKING_MACHINE.transitions)
"""States in which a booking still claims something."""
OUTSIDE_MAX = 100
"""Bookings that are named; the others are counted."""
AFTER_MIDNIGHT = time(0, 5)


@dataclass(frozen=True)
class Planned:
    """What a plan has changed, and which bookings are outside of the opening hours now."""

    created: int
    changed: int
    removed: int
    withdrawn: int
    bookings_outside_count: int
    bookings_outside: list[Booking]


async def begin(uow: UnitOfWork) -> None:
    """Wait until nobody else plans in this organization. Before anything of it is read or locked."""
    await uow.session.execute(ONE_PLANNER, {"org": str(uow.viewer.organization_id)})


async def zone_of(uow: UnitOfWork) -> ZoneInfo:
    return ZoneInfo((await values.organization(uow)).time_zone)


async def plan(uow: UnitOfWork, schedules: Sequence[Schedule], days: Days | None = None) -> Planned:
    """Plan up to each schedule's horizon; with `days`, only what begins on them."""
    asking = {row.resource_id: row.id for row in schedules if row.service_id is None and row.resource_id is not None}
    of_resources = await openings.of_resources(uow, set(asking))
    calendar = await _calendar(uow, {schedule.id for schedule in (*schedules, *of_resources)})
    tally = Tally()
    of_services = [schedule for schedule in schedules if schedule.service_id is not None]
    if of_services:
        await slots.plan(uow, of_services, calendar, days, tally)
    await openings.plan(uow, asking, of_resources, calendar, tally)
    for schedule in schedules:
        if days is None:
            schedule.planned_until = _planned_until(schedule, calendar)
        if any(tally.of(schedule.id).values()):
            uow.emit(EventType.SCHEDULE_PLANNED, schedule, payload=tally.of(schedule.id))
    await uow.flush()
    return await _planned(uow, tally, schedules, of_resources)


def _planned_until(schedule: Schedule, calendar: Calendar) -> date | None:
    if not schedule.active:
        return None
    return slots.horizon(schedule, calendar.today) if schedule.service_id else calendar.today + openings.AHEAD


async def _calendar(uow: UnitOfWork, schedule_ids: set[UUID]) -> Calendar:
    zone = await zone_of(uow)
    today = uow.now.astimezone(zone).date()
    exceptions = await uow.scalars(
        select(ScheduleException)
        .where(
            ScheduleException.organization_id == uow.viewer.organization_id,
            or_(ScheduleException.schedule_id.is_(None), ScheduleException.schedule_id.in_(schedule_ids)),
            # hours may begin on one day and end on the next
            ScheduleException.ends_on >= today - 3 * DAY,
        )
        .order_by(ScheduleException.id)
    )
    return Calendar(zone, today, exceptions)


async def _planned(
    uow: UnitOfWork, tally: Tally, schedules: Sequence[Schedule], of_resources: Sequence[Schedule]
) -> Planned:
    in_slots = _in_withdrawn_slots(uow, [schedule.id for schedule in schedules])
    with_units = _outside_openings(uow, {schedule.resource_id for schedule in of_resources})
    outside: Select[Booking] = select(Booking).where(
        Booking.organization_id == uow.viewer.organization_id,
        Booking.status.in_(LIVE),
        Booking.id.in_(union(in_slots, with_units)),
    )
    found = await uow.scalars(outside.order_by(Booking.starts_at, Booking.id).limit(OUTSIDE_MAX))
    count = len(found)
    if count == OUTSIDE_MAX:
        count = await uow.session.scalar(select(func.count()).select_from(outside.subquery())) or 0
    return Planned(**tally.totals(), bookings_outside_count=count, bookings_outside=list(found))


def _in_withdrawn_slots(uow: UnitOfWork, schedule_ids: Sequence[UUID]) -> Select[UUID]:
    """A stay is outside as soon as one of its nights is."""
    return (
        select(Allocation.booking_id)
        .join(Slot, (Slot.organization_id == Allocation.organization_id) & (Slot.id == Allocation.slot_id))
        .where(
            Slot.organization_id == uow.viewer.organization_id,
            Slot.schedule_id.in_(schedule_ids),
            Slot.status == SlotStatus.WITHDRAWN,
            Slot.starts_at > uow.now,
        )
    )


def _outside_openings(uow: UnitOfWork, resource_ids: set[UUID | None]) -> Select[UUID]:
    """These resources have hours; what else a booking keeps them for, its buffers, may lie outside."""
    use = aliased(Booking)
    open_then = exists().where(
        Opening.organization_id == use.organization_id,
        Opening.resource_id == ResourceUnit.resource_id,
        Opening.starts_at <= use.starts_at,
        Opening.ends_at >= use.ends_at,
    )
    return (
        select(Allocation.booking_id)
        .join(
            ResourceUnit,
            (ResourceUnit.organization_id == Allocation.organization_id) & (ResourceUnit.id == Allocation.unit_id),
        )
        .join(use, (use.organization_id == Allocation.organization_id) & (use.id == Allocation.booking_id))
        .where(
            Allocation.organization_id == uow.viewer.organization_id,
            ResourceUnit.resource_id.in_(resource_ids),
            Allocation.ends_at > uow.now,
            use.starts_at > uow.now,
            ~open_then,
        )
    )


async def keep_extending(uow: UnitOfWork, schedule: Schedule) -> None:
    """Let the schedule be planned one day further when the next day begins; there is one such piece of work at most."""
    zone = await zone_of(uow)
    tomorrow = uow.now.astimezone(zone).date() + timedelta(days=1)
    begin = instant(datetime.combine(tomorrow, AFTER_MIDNIGHT), zone)
    await due_work.leave_once(uow, WorkKind.EXTEND_SCHEDULE, schedule.id, begin)


async def stop_extending(uow: UnitOfWork, schedule: Schedule) -> None:
    await uow.session.execute(
        delete(DueWork).where(DueWork.id.in_(_waiting(uow, schedule))).execution_options(synchronize_session=False)
    )


async def extend_now(uow: UnitOfWork, schedules: Sequence[Schedule]) -> None:
    """Let workers plan these schedules, each by itself."""
    await uow.session.execute(
        update(DueWork)
        .where(DueWork.id.in_(_waiting(uow, *schedules)), DueWork.failed_at.is_(None))
        .values(run_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def _waiting(uow: UnitOfWork, *schedules: Schedule) -> Select[UUID]:
    """Extensions that no worker is busy with: one that is waits for us, and then sees what we did."""
    return select(DueWork.id).where(*_extensions(uow, *schedules)).with_for_update(skip_locked=True)


def _extensions(uow: UnitOfWork, *schedules: Schedule) -> tuple[ColumnElement[bool], ...]:
    return (
        DueWork.organization_id == uow.viewer.organization_id,
        DueWork.kind == WorkKind.EXTEND_SCHEDULE,
        DueWork.ref_id.in_([schedule.id for schedule in schedules]),
    )
