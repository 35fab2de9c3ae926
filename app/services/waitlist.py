"""Waiting for a place of a full slot: in line, out of it, and what becomes of those whom nobody could serve."""

from uuid import UUID

from sqlalchemy import Select, func, select, update

from app.errors import InvalidTransition, SlotAvailable, SlotClosed, WaitlistClosed
from app.models import (
    Booking,
    BookingStatus,
    EventType,
    Service,
    Slot,
    SlotStatus,
    Subject,
    WaitlistEntry,
    WaitlistStatus,
    WorkKind,
)
from app.services import bookings, capacity, policy
from app.services.bookings.making import check_subject
from app.uow import UnitOfWork


async def join_waitlist(uow: UnitOfWork, slot_id: UUID, subject_id: UUID) -> WaitlistEntry:
    """Get in line for a slot that is full. Its lock makes one line of all who come at once."""
    subject = await uow.get(Subject, subject_id)
    check_subject(subject)
    (slot,) = await capacity.lock(uow, [slot_id])
    if slot.status is not SlotStatus.OPEN or slot.starts_at <= uow.now:
        raise SlotClosed()
    service = await uow.get(Service, slot.service_id)
    if not service.active:
        raise SlotClosed("This service is not offered any more.")
    if not uow.viewer.sees_everything:
        policy.check_window(uow, service, slot.starts_at)
        await policy.check_limit(uow, service, [slot.id], subject.customer_id)
    if await capacity.has_room(uow, slot):
        raise SlotAvailable(slot.id)
    row = (await uow.session.execute(line(slot))).one()
    waiting, last = row[0], row[1]
    if waiting >= service.waitlist_max:
        raise WaitlistClosed()
    entry = await uow.add(
        WaitlistEntry(slot_id=slot.id, customer_id=subject.customer_id, subject_id=subject.id, number=last + 1)
    )
    uow.emit(EventType.WAITLIST_JOINED, entry)
    await uow.later(WorkKind.END_WAITING, entry.id, slot.starts_at)
    return entry


def line(slot: Slot) -> Select[int, int]:
    """How many wait for a slot, and the last number that was given out."""
    return select(
        func.count().filter(WaitlistEntry.status == WaitlistStatus.WAITING),
        func.coalesce(func.max(WaitlistEntry.number), 0),
    ).where(WaitlistEntry.organization_id == slot.organization_id, WaitlistEntry.slot_id == slot.id)


def waitlist_open(slot_id: UUID) -> Select[UUID]:
    """The slot, if its line has room for one more."""
    waiting = (
        select(func.count())
        .where(
            WaitlistEntry.organization_id == Slot.organization_id,
            WaitlistEntry.slot_id == Slot.id,
            WaitlistEntry.status == WaitlistStatus.WAITING,
        )
        .scalar_subquery()
    )
    return (
        select(Slot.id)
        .join(Service, (Service.organization_id == Slot.organization_id) & (Service.id == Slot.service_id))
        .where(Slot.id == slot_id, Slot.status == SlotStatus.OPEN, Service.active, waiting < Service.waitlist_max)
    )


async def leave_waitlist(uow: UnitOfWork, entry_id: UUID) -> WaitlistEntry:
    """Get out of the line; an offer goes to the next."""
    entry = await uow.get(WaitlistEntry, entry_id)
    if await _left(uow, entry):
        uow.emit(EventType.WAITLIST_LEFT, entry)
        return entry
    await uow.session.refresh(entry)
    if entry.status is WaitlistStatus.OFFERED and entry.booking_id is not None:
        # the booking first, as everywhere
        booking = await uow.fetch(Booking, entry.booking_id, lock=True)
        if booking.status is BookingStatus.HELD:
            await bookings.drop_hold(uow, booking)
            return entry
        await uow.session.refresh(entry)
    raise InvalidTransition("waitlist entry", entry.status, WaitlistStatus.LEFT)


async def _left(uow: UnitOfWork, entry: WaitlistEntry) -> bool:
    """Whether it waited until now. With an offer made meanwhile there is a place to give back."""
    left = await uow.session.execute(
        update(WaitlistEntry)
        .where(
            WaitlistEntry.organization_id == entry.organization_id,
            WaitlistEntry.id == entry.id,
            WaitlistEntry.status == WaitlistStatus.WAITING,
        )
        .values(status=WaitlistStatus.LEFT, updated_at=uow.now)
        .returning(WaitlistEntry)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return left.first() is not None


async def end_waiting(uow: UnitOfWork, entry_id: UUID) -> None:
    """The slot has begun: whoever still waits for it waits in vain."""
    entry = await uow.get(WaitlistEntry, entry_id, lock=True)
    if entry.status is not WaitlistStatus.WAITING:
        return
    slot = await uow.fetch(Slot, entry.slot_id)
    if slot.starts_at > uow.now:
        # it was moved while they waited
        await uow.later(WorkKind.END_WAITING, entry.id, slot.starts_at)
        return
    await uow.transition(entry, WaitlistStatus.EXPIRED)
    uow.emit(EventType.WAITLIST_EXPIRED, entry)
