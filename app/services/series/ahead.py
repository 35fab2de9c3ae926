"""Booking a series ahead, up to its horizon: what can be booked is, and of the rest it is kept why not.

Standing bookings are made ahead by design: they do not wait until their service opens for booking. Whoever makes them,
a customer gets no more places than one may have; and once a service has closed for booking, only staff go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.errors import (
    CareMissing,
    CustomerLimitReached,
    OutsideBookingWindow,
    ResourceUnavailable,
    SlotClosed,
    SlotFull,
    SubjectArchived,
    WaypostError,
)
from app.models import Booking, BookingStatus, Occurrence, OccurrenceOutcome, Series, Slot, SlotStatus, Subject
from app.models.base import among
from app.services import capacity, policy
from app.services.bookings import making
from app.services.capacity import Claim
from app.services.recurrence import instant
from app.services.series import times
from app.uow import UnitOfWork

MISSES: dict[type[WaypostError], OccurrenceOutcome] = {
    SlotFull: OccurrenceOutcome.SLOT_FULL,
    SlotClosed: OccurrenceOutcome.NO_SLOT,
    ResourceUnavailable: OccurrenceOutcome.NO_RESOURCE,
    CustomerLimitReached: OccurrenceOutcome.NOT_ALLOWED,
    OutsideBookingWindow: OccurrenceOutcome.NOT_ALLOWED,
    SubjectArchived: OccurrenceOutcome.NOT_ALLOWED,
    CareMissing: OccurrenceOutcome.CARE_MISSING,
}
REFUSALS = tuple(MISSES)


@dataclass(frozen=True)
class Ahead:
    """What came of booking ahead; `missed` were tried in vain, `unheard` of them for the first time."""

    booked: int
    missed: list[Occurrence]
    unheard: int


async def book_ahead(uow: UnitOfWork, series: Series, horizon_days: int) -> Ahead:
    """Try each time up to the horizon that is not booked yet; the series is locked."""
    end = times.horizon(series, uow.now, horizon_days)
    known = await _known(uow, series)
    wanted = [local for local in times.to_come(series, uow.now, end) if not times.paused(series, local.date())]
    tried = [local for local in wanted if known.get(local) is not OccurrenceOutcome.BOOKED][: times.TIMES_MAX]
    found = await slots_at(uow, series, tried)
    subject = await uow.fetch(Subject, series.subject_id)
    rows = []
    for local in tried:
        booking, outcome = await _book(uow, series, subject, found.get(local, ()))
        rows.append(_row(series, local, outcome, booking.id if booking else None))
    missed = [row for row in await record(uow, rows) if row.outcome is not OccurrenceOutcome.BOOKED]
    series.booked_until = end.date() - timedelta(days=1)
    await uow.flush()
    unheard = sum(row.local_at not in known for row in missed)
    return Ahead(len(rows) - len(missed), missed, unheard)


async def _known(uow: UnitOfWork, series: Series) -> dict[datetime, OccurrenceOutcome]:
    """What came of the times that are still to come."""
    rows = await uow.session.execute(
        select(Occurrence.local_at, Occurrence.outcome).where(
            Occurrence.organization_id == series.organization_id,
            Occurrence.series_id == series.id,
            Occurrence.starts_at > uow.now,
        )
    )
    return {row[0]: row[1] for row in rows}


async def slots_at(
    uow: UnitOfWork, series: Series, wanted: Sequence[datetime], also: Sequence[UUID] = ()
) -> dict[datetime, list[Slot]]:
    """The open slots at each of these local times, those with most places first; they are locked, and `also` others."""
    zone = times.zone(series)
    locals_at = {instant(local, zone): local for local in wanted}
    statement = select(Slot.id).where(
        Slot.organization_id == series.organization_id,
        Slot.service_id == series.service_id,
        Slot.status == SlotStatus.OPEN,
        among(Slot.starts_at, locals_at),
    )
    if series.resource_id is not None:
        statement = statement.where(Slot.resource_id == series.resource_id)
    ids = await uow.scalars(statement)
    # all at once and by id, so that nobody waits for another in a circle
    locked = await capacity.lock(uow, [*ids, *also]) if ids or also else []
    found: dict[datetime, list[Slot]] = {local: [] for local in wanted}
    for slot in sorted(locked, key=lambda slot: (-slot.places_left, slot.id)):
        if slot.id in ids and slot.status is SlotStatus.OPEN and slot.starts_at in locals_at:
            found[locals_at[slot.starts_at]].append(slot)
    return found


async def _book(
    uow: UnitOfWork, series: Series, subject: Subject, slots: Sequence[Slot]
) -> tuple[Booking | None, OccurrenceOutcome]:
    """Book one of the slots; what a refused attempt did is undone."""
    outcome = None
    for slot in slots:
        try:
            async with uow.session.begin_nested():
                claim = await claimed(uow, slot, series.customer_id)
                booking = await making.make(
                    uow, claim, subject, BookingStatus.PENDING, series_id=series.id, notes=series.notes
                )
        except REFUSALS as refusal:
            outcome = outcome or MISSES[type(refusal)]
        else:
            await making.begin(uow, booking, claim.service)
            return booking, OccurrenceOutcome.BOOKED
    return None, outcome or OccurrenceOutcome.NO_SLOT


async def claimed(uow: UnitOfWork, slot: Slot, customer_id: UUID) -> Claim:
    """A place of a slot, which is locked, for a standing booking."""
    if not slot.places_left:
        raise SlotFull(slot.id, slot.service_id, slot.starts_at)
    claim = await capacity.take(uow, [slot.id])
    _, closes_at = policy.window(claim.service, claim.starts_at)
    by_staff = uow.viewer.role is not None and uow.viewer.sees_everything
    if closes_at and uow.now > closes_at and not by_staff:
        raise OutsideBookingWindow(None, closes_at)
    await policy.check_limit(uow, claim.service, claim.slot_ids, customer_id)
    return claim


def _row(series: Series, local: datetime, outcome: OccurrenceOutcome, booking_id: UUID | None) -> dict[str, Any]:
    return {
        "organization_id": series.organization_id,
        "series_id": series.id,
        "local_at": local,
        "starts_at": instant(local, times.zone(series)),
        "outcome": outcome,
        "booking_id": booking_id,
    }


async def record(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> list[Occurrence]:
    """Keep what came of times, in order; a time that was missed before has a new outcome."""
    if not rows:
        return []
    new = insert(Occurrence).values(list(rows))
    kept = new.on_conflict_do_update(
        index_elements=["organization_id", "series_id", "local_at"],
        set_={"outcome": new.excluded.outcome, "booking_id": new.excluded.booking_id, "updated_at": uow.now},
    )
    found = await uow.session.execute(
        kept.returning(Occurrence), execution_options={"populate_existing": True, "synchronize_session": False}
    )
    return sorted(found.scalars(), key=lambda occurrence: occurrence.local_at)
