"""How a standing booking ends, and how what it has booked is called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select

from app.errors import BadUserInput, CancellationClosed, InvalidTransition, VersionConflict
from app.models import Booking, EventType, Occurrence, OccurrenceOutcome, Series, SeriesStatus
from app.models.base import Vocabulary
from app.services import capacity, values
from app.services.bookings import cancel_booking
from app.services.bookings.ending import AGREED
from app.services.series import times
from app.uow import UnitOfWork


class SeriesScope(Vocabulary):
    THIS_AND_FOLLOWING = "THIS_AND_FOLLOWING", "One time that is to come, named by `from`, and all after it."
    ALL = "ALL", "Every time that is to come; the past never changes."


@dataclass(frozen=True)
class CalledOff:
    """Which bookings were called off, and which could not be any more."""

    cancelled: list[Booking]
    kept: list[Booking]


async def lock(uow: UnitOfWork, series_id: UUID, version: int, wanted: str) -> Series:
    """A series that is not over, in the version that was seen."""
    series = await uow.get(Series, series_id, lock=True)
    if series.version != version:
        raise VersionConflict(series.version)
    if series.status is SeriesStatus.ENDED:
        raise InvalidTransition("series", series.status, wanted)
    return series


def since(uow: UnitOfWork, series: Series, scope: SeriesScope, from_: datetime | None) -> datetime | None:
    """The time with which a change begins; None: with whatever is to come next."""
    if scope is SeriesScope.ALL:
        if from_ is not None:
            raise BadUserInput("What concerns all times has no `from`.", "from")
        return None
    if from_ is None or not times.is_to_come(series, uow.now, from_):
        raise BadUserInput("This is not a time to come of this standing booking.", "from")
    return from_


async def cancel_series(
    uow: UnitOfWork,
    series_id: UUID,
    version: int,
    scope: SeriesScope,
    from_: datetime | None = None,
    reason: str | None = None,
) -> tuple[Series, CalledOff]:
    """End a series now or with one of its times, and call off what it has booked from there on."""
    reason = values.text(reason, "reason")
    series = await lock(uow, series_id, version, "cancelled")
    first = since(uow, series, scope, from_)
    concerned = () if first is None else (Occurrence.local_at >= first,)
    called = await call_off(uow, await standing(uow, series, *concerned), reason)
    await forget_missed(uow, series, *concerned)
    if first is None:
        await end(uow, series, ends_before_local=times.wall(series, uow.now))
    else:
        await end_before(uow, series, first)
    return series, called


async def end_before(uow: UnitOfWork, series: Series, first: datetime) -> None:
    """Let a series go on until one of its times; if nothing is left before it, it is over."""
    if times.to_come(series, uow.now, first):
        await uow.change(series, series.version, {"ends_before_local": first})
        uow.emit(EventType.SERIES_UPDATED, series)
    else:
        await end(uow, series, ends_before_local=first)


async def end(uow: UnitOfWork, series: Series, **changes: Any) -> None:
    await uow.transition(series, SeriesStatus.ENDED, paused_from=None, paused_until=None, **changes)
    uow.emit(EventType.SERIES_ENDED, series)


async def standing(uow: UnitOfWork, series: Series, *which: ColumnElement[bool]) -> Sequence[Booking]:
    """Bookings of the series that are agreed and to come, in the order of time; locked, and so are their slots."""
    found = await uow.scalars(
        select(Booking)
        .outerjoin(
            Occurrence,
            (Occurrence.organization_id == Booking.organization_id) & (Occurrence.booking_id == Booking.id),
        )
        .where(
            Booking.organization_id == series.organization_id,
            Booking.series_id == series.id,
            Booking.status.in_(AGREED),
            Booking.starts_at > uow.now,
            *which,
        )
        .order_by(Booking.id)
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    )
    if found:
        await capacity.lock(uow, [booking.slot_id for booking in found])
    return sorted(found, key=lambda booking: (booking.starts_at, booking.id))


async def call_off(uow: UnitOfWork, bookings: Sequence[Booking], reason: str | None = None) -> CalledOff:
    """Cancel each by the usual rule: what a customer cannot cancel any more stays."""
    cancelled, kept = [], []
    for booking in bookings:
        try:
            await cancel_booking(uow, booking.id, reason)
        except CancellationClosed:
            kept.append(booking)
        else:
            cancelled.append(booking)
    return CalledOff(cancelled, kept)


async def forget(uow: UnitOfWork, called: CalledOff, *which: ColumnElement[bool]) -> None:
    """Should these times be wanted again, they are booked again; what people called off by themselves is not."""
    await uow.session.execute(
        delete(Occurrence)
        .where(
            Occurrence.organization_id == uow.viewer.organization_id,
            Occurrence.booking_id.in_([booking.id for booking in called.cancelled]),
            *which,
        )
        .execution_options(synchronize_session=False)
    )


async def forget_missed(uow: UnitOfWork, series: Series, *which: ColumnElement[bool]) -> None:
    """Nobody wants any more what was not to be had."""
    await uow.session.execute(
        delete(Occurrence)
        .where(
            Occurrence.organization_id == series.organization_id,
            Occurrence.series_id == series.id,
            Occurrence.outcome != OccurrenceOutcome.BOOKED,
            Occurrence.starts_at > uow.now,
            *which,
        )
        .execution_options(synchronize_session=False)
    )
