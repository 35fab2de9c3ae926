"""Changing a standing booking: all that is to come, or from one of its times on.

What is booked follows: bookings are moved and keep their number and history, those that are left over are called off,
and what is missing is booked.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.models import Booking, EventType, Occurrence, Resource, Series, SeriesStatus, WorkKind
from app.services import values
from app.services.recurrence import Rule
from app.services.series import times
from app.services.series.ending import SeriesScope, end_before, lock, since
from app.services.series.fitting import Fitted, refit
from app.uow import UnitOfWork

ONCE = "FREQ=DAILY;COUNT=1"
COLUMNS = {"starts_at": "starts_at_local", "exceptions": "except_local", "extras": "extra_local"}
TIMELY = {"rule", "starts_at_local", "except_local", "extra_local", "resource_id"}
"""What cannot change without its bookings."""
HANDED_ON = ("customer_id", "subject_id", "service_id", "resource_id", "time_zone", "ends_before_local", "notes")
"""What a series that is split has in common with the one that goes on."""

__all__ = ["SeriesScope", "update_series"]


async def update_series(
    uow: UnitOfWork,
    series_id: UUID,
    version: int,
    scope: SeriesScope,
    from_: datetime | None = None,
    *,
    horizon_days: int,
    **given: Any,
) -> tuple[Series, Fitted]:
    """Change all that is to come, in place; or end the series before one of its times, and go on with a new one."""
    changes = await _checked(uow, given)
    series = await lock(uow, series_id, version, "changed")
    first = since(uow, series, scope, from_)
    if first is not None and times.times(series, first):
        series = await _split(uow, series, first, changes)
    else:
        await uow.change(series, version, _in_place(series, changes))
        uow.emit(EventType.SERIES_UPDATED, series)
    times.check(series, uow.now, horizon_days)
    if not changes.keys() & TIMELY:
        return series, Fitted([], [])
    return series, await refit(uow, series, horizon_days, resettle=changes.get("resource_id") is not None)


async def _checked(uow: UnitOfWork, given: dict[str, Any]) -> dict[str, Any]:
    changes = {COLUMNS.get(name, name): value for name, value in given.items()}
    for name in ("exceptions", "extras"):
        if name in given:
            changes[COLUMNS[name]] = times.listed(given[name], name)
    if "starts_at_local" in changes:
        times.check_begin(changes["starts_at_local"], uow.now)
    if "rule" in changes:
        changes["rule"] = Rule.parse(changes["rule"]).text
    if changes.get("resource_id") is not None:
        await uow.get(Resource, changes["resource_id"])
    if "notes" in changes:
        changes["notes"] = values.text(changes["notes"], "notes")
    return changes


def _in_place(series: Series, changes: dict[str, Any]) -> dict[str, Any]:
    """Exceptions are about days: they go along to another time of the day, unless they are given anew."""
    was, becomes = series.starts_at_local.time(), changes.get("starts_at_local", series.starts_at_local).time()
    along = [datetime.combine(local.date(), becomes) if local.time() == was else local for local in series.except_local]
    return {"except_local": along, **changes}


async def _split(uow: UnitOfWork, series: Series, first: datetime, changes: dict[str, Any]) -> Series:
    """Let a new series take over from one time on, with what is booked for then and later."""
    rest = {
        **{name: getattr(series, name) for name in HANDED_ON},
        **({"starts_at_local": first} if "rule" in changes else _rest(series, first)),
        "except_local": [local for local in series.except_local if local >= first],
        "extra_local": [local for local in series.extra_local if local >= first],
    }
    following = Series(**rest)
    for name, value in _in_place(following, changes).items():
        setattr(following, name, value)
    if series.status is SeriesStatus.PAUSED:
        following.status = series.status
        following.paused_from, following.paused_until = series.paused_from, series.paused_until
    await uow.add(following)
    await _hand_over(uow, series, following, first)
    await end_before(uow, series, first)
    uow.emit(EventType.SERIES_CREATED, following, payload={"follows": str(series.id)})
    await uow.later(WorkKind.EXTEND_SERIES, following.id, times.tomorrow(following, uow.now))
    return following


def _rest(series: Series, first: datetime) -> dict[str, Any]:
    """The rule from one time on: where it goes on, and how many times are left of those that it counts."""
    rule = Rule.parse(series.rule)
    made = list(rule.times(series.starts_at_local, first + times.NEVER, times.zone(series)))
    left = [local for local in made if local >= first]
    if not left:
        # the time is an extra one, after the last of the rule
        return {"rule": ONCE, "starts_at_local": first}
    count = None if rule.count is None else rule.count - (len(made) - len(left))
    return {
        "rule": rule.text if count is None else re.sub(r"COUNT=\d+", f"COUNT={count}", rule.text),
        "starts_at_local": left[0],
    }


async def _hand_over(uow: UnitOfWork, series: Series, following: Series, first: datetime) -> None:
    """Nothing is moved yet: the times and their bookings have a new series."""
    theirs = (
        Occurrence.organization_id == series.organization_id,
        Occurrence.series_id == series.id,
        Occurrence.local_at >= first,
    )
    bookings = await uow.scalars(
        select(Booking.id)
        .join(
            Occurrence,
            (Occurrence.organization_id == Booking.organization_id) & (Occurrence.booking_id == Booking.id),
        )
        .where(*theirs)
        .order_by(Booking.id)
        .with_for_update(of=Booking)
    )
    for statement in (
        update(Booking)
        .where(Booking.organization_id == series.organization_id, Booking.id.in_(bookings))
        .values(series_id=following.id),
        update(Occurrence).where(*theirs).values(series_id=following.id),
    ):
        await uow.session.execute(statement, execution_options={"synchronize_session": False})
