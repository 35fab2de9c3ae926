"""Schedules and their exceptions, as people edit them."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput
from app.models import (
    EventType,
    Resource,
    Schedule,
    ScheduleException,
    ScheduleExceptionKind,
    Service,
    ServiceKind,
)
from app.services import values
from app.services.capacity import CAPACITY_MAX
from app.services.recurrence import Rule
from app.services.schedules import planning
from app.services.schedules.hours import DAY, Days
from app.services.schedules.planning import Planned
from app.services.schedules.slots import TooManySlots
from app.uow import UnitOfWork

HORIZON_MAX = 366
PAST = timedelta(days=366)
FUTURE = timedelta(days=3660)
"""How far from today a schedule may begin, and an exception may lie."""
EXCEPTION_DAYS_MAX = 366
AT_ONCE = 100
"""Schedules that are planned in the transaction of a closure; of more, or of too many slots, workers plan each."""

CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "rule": lambda value: Rule.parse(value).text,
    "slot_every_s": lambda value: value if value is None else values.between(value, 60, values.DAY_S, "slotEveryS"),
    "capacity": lambda value: values.between(value, 1, CAPACITY_MAX, "capacity"),
    "horizon_days": lambda value: values.between(value, 1, HORIZON_MAX, "horizonDays"),
}


async def create_schedule(
    uow: UnitOfWork, service_id: UUID | None = None, resource_id: UUID | None = None, **given: Any
) -> tuple[Schedule, Planned]:
    """Open a service or a resource. Its slots are there at once, and go on being made day by day."""
    if service_id is None and resource_id is None:
        raise BadUserInput("A schedule is of a service, of a resource, or of both.", "serviceId")
    await planning.begin(uow)
    if resource_id is not None:
        await uow.get(Resource, resource_id)
    wanted = values.checked(given, CHECKS)
    await _check(uow, service_id, wanted)
    _check_near(uow, wanted["starts_on"], "startsOn")
    schedule = await uow.add(Schedule(service_id=service_id, resource_id=resource_id, **wanted))
    uow.emit(EventType.SCHEDULE_CREATED, schedule)
    planned = await planning.plan(uow, [schedule])
    await planning.keep_extending(uow, schedule)
    return schedule, planned


async def update_schedule(uow: UnitOfWork, schedule_id: UUID, version: int, **given: Any) -> tuple[Schedule, Planned]:
    await planning.begin(uow)
    schedule = await uow.get(Schedule, schedule_id, lock=True)
    changes = values.checked(given, CHECKS)
    before = {name: getattr(schedule, name) for name in ("starts_on", "ends_on", "slot_every_s")}
    await _check(uow, schedule.service_id, before | changes)
    if "starts_on" in changes:
        _check_near(uow, changes["starts_on"], "startsOn")
    await uow.change(schedule, version, changes)
    uow.emit(EventType.SCHEDULE_UPDATED, schedule)
    planned = await planning.plan(uow, [schedule])
    await (planning.keep_extending if schedule.active else planning.stop_extending)(uow, schedule)
    return schedule, planned


async def _check(uow: UnitOfWork, service_id: UUID | None, wanted: Mapping[str, Any]) -> None:
    """Whether the values make sense together."""
    if wanted.get("ends_on") is not None and wanted["ends_on"] < wanted["starts_on"]:
        raise BadUserInput("A schedule ends on the day on which it begins, or later.", "endsOn")
    slot_every_s = wanted.get("slot_every_s")
    if service_id is None:
        if slot_every_s is not None:
            raise BadUserInput("A resource is open; only services have slots.", "slotEveryS")
        return
    service = await uow.get(Service, service_id)
    if service.kind is ServiceKind.STAY and slot_every_s is not None:
        raise BadUserInput("A stay has one slot a night.", "slotEveryS")


def _check_near(uow: UnitOfWork, day: date, field: str) -> None:
    today = uow.now.date()
    if not today - PAST <= day <= today + FUTURE:
        raise BadUserInput("This day is too far from today.", field)


async def generate_slots(uow: UnitOfWork, schedule_id: UUID, until: date) -> tuple[Schedule, Planned]:
    """Plan further ahead than the horizon, once; what is there by then stays in line."""
    await planning.begin(uow)
    schedule = await uow.get(Schedule, schedule_id, lock=True)
    if schedule.service_id is None or not schedule.active:
        raise BadUserInput("This schedule makes no slots.", "scheduleId")
    today = uow.now.astimezone(await planning.zone_of(uow)).date()
    if not today <= until <= today + timedelta(days=HORIZON_MAX):
        raise BadUserInput(f"Slots are made for {HORIZON_MAX} days ahead at most.", "until")
    schedule.planned_until = max(until, schedule.planned_until or until)
    return schedule, await planning.plan(uow, [schedule])


async def create_exception(
    uow: UnitOfWork,
    kind: ScheduleExceptionKind,
    starts_on: date,
    ends_on: date | None = None,
    schedule_id: UUID | None = None,
    opens_at: time | None = None,
    closes_at: time | None = None,
    reason: str | None = None,
) -> tuple[ScheduleException, Planned]:
    """Close, or open besides. Without a schedule, the whole organization is closed."""
    if kind is ScheduleExceptionKind.EXTRA and schedule_id is None:
        raise BadUserInput("Only one schedule can be open besides.", "scheduleId")
    if (opens_at is None) is not (closes_at is None):
        raise BadUserInput("Give both hours, or none.", "closesAt" if closes_at is None else "opensAt")
    ends_on = ends_on or starts_on
    _check_near(uow, starts_on, "startsOn")
    if not starts_on <= ends_on < starts_on + timedelta(days=EXCEPTION_DAYS_MAX):
        raise BadUserInput(f"An exception has 1 to {EXCEPTION_DAYS_MAX} days.", "endsOn")
    await planning.begin(uow)
    schedules = await _concerned(uow, schedule_id)
    exception = await uow.add(
        ScheduleException(
            schedule_id=schedule_id,
            kind=kind,
            starts_on=starts_on,
            ends_on=ends_on,
            opens_at=opens_at,
            closes_at=closes_at,
            reason=values.text(reason, "reason"),
        )
    )
    uow.emit(EventType.SCHEDULE_EXCEPTION_CREATED, exception)
    return exception, await _replan(uow, schedules, exception)


async def remove_exception(uow: UnitOfWork, exception_id: UUID) -> tuple[Schedule | None, Planned]:
    await planning.begin(uow)
    exception = await uow.get(ScheduleException, exception_id, lock=True)
    schedules = await _concerned(uow, exception.schedule_id)
    await uow.session.delete(exception)
    await uow.flush()
    uow.emit(EventType.SCHEDULE_EXCEPTION_REMOVED, exception)
    return schedules[0] if exception.schedule_id else None, await _replan(uow, schedules, exception)


async def _concerned(uow: UnitOfWork, schedule_id: UUID | None) -> Sequence[Schedule]:
    """The schedules that an exception is about, locked."""
    if schedule_id is not None:
        return [await uow.get(Schedule, schedule_id, lock=True)]
    return await uow.scalars(
        select(Schedule)
        .where(Schedule.organization_id == uow.viewer.organization_id, Schedule.active)
        .order_by(Schedule.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def _replan(uow: UnitOfWork, schedules: Sequence[Schedule], exception: ScheduleException) -> Planned:
    """Plan the days of an exception, and those into which its hours or those of an opening reach."""
    days = Days(exception.starts_on - DAY, exception.ends_on + DAY)
    if len(schedules) <= AT_ONCE:
        try:
            return await planning.plan(uow, schedules, days)
        except TooManySlots:
            if len(schedules) == 1:
                raise
    await planning.extend_now(uow, schedules)
    return await planning.plan(uow, [], days)


async def extend(uow: UnitOfWork, schedule_id: UUID) -> None:
    """A day has begun: plan one more. A schedule that is over is left alone."""
    await planning.begin(uow)
    schedule = await uow.get(Schedule, schedule_id, lock=True)
    if schedule.active:
        await planning.plan(uow, [schedule])
        await planning.keep_extending(uow, schedule)
