"""Bringing what a series has booked in line with what it wants now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import delete, insert, select

from app.models import Booking, Occurrence, OccurrenceOutcome, Series, Slot
from app.services.bookings import moving
from app.services.bookings.ending import AGREED
from app.services.recurrence import instant
from app.services.series import times
from app.services.series.ahead import REFUSALS, book_ahead, claimed, slots_at
from app.services.series.ending import call_off, forget, forget_missed
from app.uow import UnitOfWork


@dataclass(frozen=True)
class Fitted:
    """Times that could not be booked, and bookings that could be neither moved nor called off."""

    missed: list[Occurrence]
    kept: list[Booking]


@dataclass(frozen=True)
class Booked:
    """A time to come that was booked, whatever has become of its booking."""

    occurrence_id: UUID
    local_at: datetime
    starts_at: datetime
    booking: Booking

    def is_live(self, now: datetime) -> bool:
        return self.booking.status in AGREED and self.booking.starts_at > now

    @property
    def moved_by_hand(self) -> bool:
        return self.booking.starts_at != self.starts_at


@dataclass(frozen=True)
class Match:
    """Which times stay, which become another one, and which nobody wants any more."""

    stay: list[Booked]
    become: list[tuple[Booked, datetime]]
    surplus: list[Booked]


def match(booked: Sequence[Booked], wanted: Sequence[datetime], free: Sequence[datetime], now: datetime) -> Match:
    """The same time first, then the same day, then one after the other; `free` are the times that can be taken.

    A time whose booking was called off by hand goes along within its day, so that it is not booked again.
    """
    stay = [one for one in booked if one.local_at in wanted]
    left = [one for one in booked if one.local_at not in wanted]
    taken = {one.local_at for one in booked}
    open_ = [local for local in free if local not in taken]
    become = []
    for one in list(left):
        same_day = next((local for local in open_ if local.date() == one.local_at.date()), None)
        if same_day is not None:
            become.append((one, same_day))
            open_.remove(same_day)
            left.remove(one)
    live = [one for one in left if one.is_live(now)]
    become += zip(live, open_, strict=False)
    return Match(stay, become, live[len(open_) :])


async def refit(uow: UnitOfWork, series: Series, horizon_days: int, *, resettle: bool) -> Fitted:
    """Move, call off and book; `resettle` moves those that stay, too, if they are with another resource.

    A booking that cannot be moved stays where it was and stands for the time that it would have been moved to.
    """
    end = times.horizon(series, uow.now, horizon_days)
    wanted = times.to_come(series, uow.now, end)
    free = [local for local in wanted if not times.paused(series, local.date())]
    booked = await _booked(uow, series)
    found = await slots_at(uow, series, free, [one.booking.slot_id for one in booked])
    fit = match(booked, wanted, free, uow.now)
    await forget_missed(uow, series)
    called = await call_off(uow, [one.booking for one in fit.surplus])
    await forget(uow, called)
    moves = fit.become + [(one, one.local_at) for one in fit.stay if resettle and not one.moved_by_hand]
    kept = []
    for one, local in moves:
        if one.is_live(uow.now) and not await _moved(uow, one.booking, found.get(local, ())):
            kept.append(one.booking)
    await _rewrite(uow, series, fit.become)
    ahead = await book_ahead(uow, series, horizon_days)
    return Fitted(ahead.missed, called.kept + kept)


async def _booked(uow: UnitOfWork, series: Series) -> list[Booked]:
    """What was booked of the times to come; the bookings are locked."""
    rows = await uow.session.execute(
        select(Occurrence.id, Occurrence.local_at, Occurrence.starts_at, Booking)
        .join(
            Booking,
            (Booking.organization_id == Occurrence.organization_id) & (Booking.id == Occurrence.booking_id),
        )
        .where(
            Occurrence.organization_id == series.organization_id,
            Occurrence.series_id == series.id,
            Occurrence.starts_at > uow.now,
        )
        .order_by(Booking.id)
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    )
    return sorted((Booked(*row) for row in rows), key=lambda one: one.local_at)


async def _moved(uow: UnitOfWork, booking: Booking, slots: Sequence[Slot]) -> bool:
    """Whether a booking, which is locked, is in one of these slots now. Customers may move what is free to call off."""
    if any(slot.id == booking.slot_id for slot in slots):
        return True
    if not uow.viewer.sees_everything and uow.now > booking.cancel_free_before:
        return False
    for slot in slots:
        try:
            async with uow.session.begin_nested():
                await moving.move(uow, booking, booking.version, partial(claimed, uow, slot, booking.customer_id))
        except REFUSALS:
            # what the session knew of it was undone with the attempt
            await uow.session.refresh(booking)
        else:
            return True
    return False


async def _rewrite(uow: UnitOfWork, series: Series, become: Sequence[tuple[Booked, datetime]]) -> None:
    """Let booked times be others. One may become what another was until now, so all go before any comes."""
    if not become:
        return
    await uow.session.execute(
        delete(Occurrence)
        .where(
            Occurrence.organization_id == series.organization_id,
            Occurrence.id.in_([one.occurrence_id for one, _ in become]),
        )
        .execution_options(synchronize_session=False)
    )
    await uow.session.execute(
        insert(Occurrence).values(
            [
                {
                    "organization_id": series.organization_id,
                    "id": one.occurrence_id,
                    "series_id": series.id,
                    "local_at": local,
                    "starts_at": instant(local, times.zone(series)),
                    "outcome": OccurrenceOutcome.BOOKED,
                    "booking_id": one.booking.id,
                }
                for one, local in become
            ]
        )
    )
