"""What came free goes to those who wait for it, in the transaction that freed it: nobody gets between.

A place of a slot is offered at once. A resource may be what the line for some other slot waits for: those lines are
looked at by a job.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import CareMissing, CustomerLimitReached, ResourceUnavailable, SlotClosed, SubjectArchived
from app.models import (
    Booking,
    Customer,
    EventType,
    Requirement,
    Service,
    Slot,
    SlotStatus,
    Subject,
    WaitlistEntry,
    WaitlistStatus,
    WorkKind,
)
from app.models.base import among
from app.services import capacity, policy
from app.services.bookings import making
from app.services.capacity import Freed
from app.uow import UnitOfWork

OFFERS_MAX = 100
"""Offers of one transaction for one slot; a job makes the others."""
SAID_MAX = 100
"""Events of a transaction that offers nothing more: who calls off all of a long series has a lot to say already."""


async def pass_on(uow: UnitOfWork, freed: Freed) -> None:
    """Offer what a booking has given back."""
    await offer_places(uow, freed.slot_ids)
    if freed.units_from and freed.units_until:
        await offer_later(uow, _need_resources_then(uow, freed))


async def offer_places(uow: UnitOfWork, slot_ids: Sequence[UUID]) -> None:
    """Hold the free places of these slots, which are locked already, for those who wait longest for them."""
    lines = await uow.scalars(
        select(WaitlistEntry.slot_id)
        .distinct()
        .where(
            WaitlistEntry.organization_id == uow.viewer.organization_id,
            among(WaitlistEntry.slot_id, slot_ids),
            WaitlistEntry.status == WaitlistStatus.WAITING,
        )
    )
    for slot in await capacity.lock(uow, lines) if lines else ():
        if slot.status is not SlotStatus.OPEN or slot.starts_at <= uow.now:
            continue
        if uow.said < SAID_MAX:
            await _offer(uow, slot)
        else:
            await uow.later(WorkKind.OFFER_PLACES, slot.id)


async def _offer(uow: UnitOfWork, slot: Slot) -> None:
    """One place after the other, to whoever is first in line by then."""
    places, rest = min(slot.places_left, OFFERS_MAX), slot.places_left > OFFERS_MAX
    passed_over: list[UUID] = []
    while places:
        entry = await _first_in_line(uow, slot, passed_over)
        if entry is None:
            return
        try:
            # what the service needs may be in use, or it is not offered any more: then the place stays, and the line
            async with uow.session.begin_nested():
                booking = await _hold_for(uow, slot, entry)
        except (ResourceUnavailable, SlotClosed):
            return
        except CareMissing:
            # they go on waiting: a job looks again when something was done for them
            passed_over.append(entry.id)
            continue
        except (CustomerLimitReached, SubjectArchived):
            # they have found as many places of the slot as they may have, or do not come any more
            await uow.transition(entry, WaitlistStatus.EXPIRED)
            uow.emit(EventType.WAITLIST_EXPIRED, entry)
            continue
        await _say(uow, entry, booking)
        places -= 1
    if rest:
        await uow.later(WorkKind.OFFER_PLACES, slot.id)


async def _first_in_line(uow: UnitOfWork, slot: Slot, passed_over: Sequence[UUID]) -> WaitlistEntry | None:
    return await uow.first(
        select(WaitlistEntry)
        .where(
            WaitlistEntry.organization_id == slot.organization_id,
            WaitlistEntry.slot_id == slot.id,
            WaitlistEntry.status == WaitlistStatus.WAITING,
            WaitlistEntry.id.not_in(passed_over),
        )
        .order_by(WaitlistEntry.number)
        .limit(1)
        .with_for_update()
    )


async def _hold_for(uow: UnitOfWork, slot: Slot, entry: WaitlistEntry) -> Booking:
    claim = await capacity.take(uow, [slot.id])
    await policy.check_limit(uow, claim.service, claim.slot_ids, entry.customer_id)
    subject = await uow.fetch(Subject, entry.subject_id)
    return await making.hold(uow, claim, subject, claim.service.waitlist_offer_s)


async def _say(uow: UnitOfWork, entry: WaitlistEntry, booking: Booking) -> None:
    await uow.transition(entry, WaitlistStatus.OFFERED, booking_id=booking.id)
    uow.emit(EventType.WAITLIST_OFFERED, entry, booking)
    customer = await uow.fetch(Customer, entry.customer_id)
    if customer.email:
        await uow.later(WorkKind.NOTIFY_WAITLIST_OFFER, entry.id)


def _need_resources_then(uow: UnitOfWork, freed: Freed) -> ColumnElement[bool]:
    """Other slots at about that time, whose service or self names resources."""
    needs = select(Requirement.service_id).where(Requirement.organization_id == uow.viewer.organization_id)
    at_that_time = select(Service.id).where(
        Service.organization_id == Slot.organization_id,
        Service.id == Slot.service_id,
        Slot.starts_at - _seconds(Service.buffer_before_s) < freed.units_until,
        Slot.ends_at + _seconds(Service.buffer_after_s) > freed.units_from,
    )
    return and_(
        Slot.id.not_in(freed.slot_ids),
        Slot.service_id.in_(needs) | Slot.resource_id.is_not(None),
        at_that_time.exists(),
    )


async def offer_later(uow: UnitOfWork, slots: ColumnElement[bool]) -> None:
    """There may be room now for those who wait for these slots: a job looks."""
    waiting = (
        select(Slot.id)
        .distinct()
        .join(
            WaitlistEntry,
            (WaitlistEntry.organization_id == Slot.organization_id)
            & (WaitlistEntry.slot_id == Slot.id)
            & (WaitlistEntry.status == WaitlistStatus.WAITING),
        )
        .where(
            Slot.organization_id == uow.viewer.organization_id,
            Slot.status == SlotStatus.OPEN,
            Slot.starts_at > uow.now,
            slots,
        )
    )
    for slot_id in await uow.scalars(waiting):
        await uow.later(WorkKind.OFFER_PLACES, slot_id)


def _seconds(column: InstrumentedAttribute[int]) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, 0, 0, 0, column)
