"""A standing booking that rests for some days."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement

from app.errors import BadUserInput
from app.models import Booking, EventType, Occurrence, Series, SeriesStatus
from app.services.recurrence import instant
from app.services.series import times
from app.services.series.ahead import book_ahead
from app.services.series.ending import CalledOff, call_off, forget, forget_missed, lock, standing
from app.uow import UnitOfWork


async def pause_series(
    uow: UnitOfWork, series_id: UUID, version: int, from_: date, until: date | None = None
) -> tuple[Series, CalledOff]:
    """Call off what is booked on the days of a pause, and book nothing on them; without `until`, till it is resumed."""
    series = await lock(uow, series_id, version, SeriesStatus.PAUSED)
    if until is not None and until < max(from_, times.wall(series, uow.now).date()):
        raise BadUserInput("A pause ends on the day on which it begins or later, and not in the past.", "until")
    await uow.transition(series, SeriesStatus.PAUSED, paused_from=from_, paused_until=until)
    uow.emit(EventType.SERIES_PAUSED, series)
    # a booking counts on the day on which it is, wherever people have moved it
    called = await call_off(uow, await standing(uow, series, *_within(series, from_, until)))
    await forget(uow, called, *_on(from_, until))
    await forget_missed(uow, series, *_on(from_, until))
    return series, called


def _within(series: Series, from_: date, until: date | None) -> list[ColumnElement[bool]]:
    zone = times.zone(series)
    found = [Booking.starts_at >= instant(datetime.combine(from_, time()), zone)]
    if until is not None:
        found.append(Booking.starts_at < instant(datetime.combine(until + timedelta(days=1), time()), zone))
    return found


def _on(from_: date, until: date | None) -> list[ColumnElement[bool]]:
    found = [Occurrence.local_at >= datetime.combine(from_, time())]
    if until is not None:
        found.append(Occurrence.local_at < datetime.combine(until + timedelta(days=1), time()))
    return found


async def resume_series(
    uow: UnitOfWork, series_id: UUID, version: int, *, horizon_days: int
) -> tuple[Series, list[Occurrence]]:
    """Go on at once, and book what the pause called off where that is still possible."""
    series = await lock(uow, series_id, version, SeriesStatus.ACTIVE)
    await uow.transition(series, SeriesStatus.ACTIVE, paused_from=None, paused_until=None)
    uow.emit(EventType.SERIES_RESUMED, series)
    ahead = await book_ahead(uow, series, horizon_days)
    return series, ahead.missed
