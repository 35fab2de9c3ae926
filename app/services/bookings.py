"""Bookings: from a held slot to a completed service.

Capacity is consumed by an Allocation and by nothing else; what ends a booking unserved deletes it. Lock order: the
booking, then the slot, then the event head.
"""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range

from app.access import conditions
from app.errors import CancellationClosed
from app.models import Allocation, Booking, BookingStatus, Customer, EventType, Service, Subject, WorkKind
from app.services import transports, values
from app.services.scheduling import take
from app.uow import UnitOfWork

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0/O and 1/I: people read booking numbers to each other."""
NUMBER_LENGTH = 8


def _number() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(NUMBER_LENGTH))


async def _claim(uow: UnitOfWork, slot_id: UUID, subject: Subject, status: BookingStatus, **more: Any) -> Booking:
    """A booking and the place that it consumes."""
    slot, service = await take(uow, slot_id)
    booking = await uow.add(
        Booking(
            number=_number(),
            status=status,
            customer_id=subject.customer_id,
            subject_id=subject.id,
            service_id=service.id,
            slot_id=slot.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            price_minor=service.price_minor,
            currency=service.currency,
            **more,
        )
    )
    await uow.add(Allocation(booking_id=booking.id, slot_id=slot.id, during=Range(slot.starts_at, slot.ends_at)))
    return booking


async def hold_slot(uow: UnitOfWork, slot_id: UUID, subject_id: UUID, hold_s: int) -> Booking:
    """Keep a place while the customer decides; a job lets it go if they don't."""
    subject = await uow.get(Subject, subject_id)
    until = uow.now + timedelta(seconds=hold_s)
    booking = await _claim(uow, slot_id, subject, BookingStatus.HELD, held_until=until)
    uow.emit(EventType.BOOKING_HELD, booking)
    await uow.later(WorkKind.EXPIRE_HOLD, booking.id, until)
    return booking


async def _held(uow: UnitOfWork, slot_id: UUID, subject_id: UUID) -> Booking | None:
    """The caller's own live hold."""
    return await uow.first(
        select(Booking)
        .where(
            Booking.slot_id == slot_id,
            Booking.subject_id == subject_id,
            Booking.status == BookingStatus.HELD,
            Booking.held_until > uow.now,
            *conditions(uow.viewer, Booking),
        )
        .order_by(Booking.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def book_slot(
    uow: UnitOfWork,
    slot_id: UUID,
    subject_id: UUID,
    notes: str | None = None,
    pickup: dict[str, Any] | None = None,
    dropoff: dict[str, Any] | None = None,
) -> Booking:
    """Book a place, with a ride there and back if wanted; a hold of the same slot and subject becomes the booking."""
    subject = await uow.get(Subject, subject_id)
    notes = values.text(notes, "notes")
    booking = await _held(uow, slot_id, subject_id)
    if booking is not None:
        await uow.transition(booking, BookingStatus.PENDING, held_until=None, notes=notes)
    else:
        booking = await _claim(uow, slot_id, subject, BookingStatus.PENDING, notes=notes)
    uow.emit(EventType.BOOKING_CREATED, booking)
    if pickup:
        await transports.leg_to_site(uow, booking, subject, **pickup)
    if dropoff:
        await transports.leg_from_site(uow, booking, subject, **dropoff)
    return booking


async def confirm_booking(uow: UnitOfWork, booking_id: UUID) -> Booking:
    booking = await _move(uow, booking_id, BookingStatus.CONFIRMED, EventType.BOOKING_CONFIRMED)
    customer = await uow.fetch(Customer, booking.customer_id)
    if customer.email:
        await uow.later(WorkKind.MAIL_BOOKING_CONFIRMED, booking.id)
    return booking


async def decline_booking(uow: UnitOfWork, booking_id: UUID, reason: str) -> Booking:
    reason = values.name(reason, "reason")
    booking = await _move(uow, booking_id, BookingStatus.DECLINED, EventType.BOOKING_DECLINED, reason=reason)
    await _release(uow, booking)
    return booking


async def cancel_booking(uow: UnitOfWork, booking_id: UUID, reason: str | None = None) -> Booking:
    """Customers may cancel until the service's notice before the start; staff may always."""
    booking = await uow.get(Booking, booking_id)
    service = await uow.fetch(Service, booking.service_id)
    cancel_before = booking.starts_at - timedelta(seconds=service.cancellation_notice_s)
    agreed = booking.status in (BookingStatus.PENDING, BookingStatus.CONFIRMED)
    if not uow.viewer.sees_everything and agreed and uow.now > cancel_before:
        raise CancellationClosed(cancel_before)
    reason = values.text(reason, "reason")
    booking = await _move(uow, booking_id, BookingStatus.CANCELLED, EventType.BOOKING_CANCELLED, reason=reason)
    await _release(uow, booking)
    return booking


async def check_in_booking(uow: UnitOfWork, booking_id: UUID) -> Booking:
    return await _move(uow, booking_id, BookingStatus.CHECKED_IN, EventType.BOOKING_CHECKED_IN)


async def complete_booking(uow: UnitOfWork, booking_id: UUID) -> Booking:
    return await _move(uow, booking_id, BookingStatus.COMPLETED, EventType.BOOKING_COMPLETED)


async def mark_booking_no_show(uow: UnitOfWork, booking_id: UUID) -> Booking:
    """The place stays taken: it was kept for them. Rides that nobody needs are called off."""
    booking = await _move(uow, booking_id, BookingStatus.NO_SHOW, EventType.BOOKING_NO_SHOW)
    await transports.cancel_of_booking(uow, booking)
    return booking


async def expire_hold(uow: UnitOfWork, booking_id: UUID) -> None:
    """Let a hold run out; nothing to do if it was booked or cancelled in the meantime."""
    booking = await uow.get(Booking, booking_id, lock=True)
    if booking.status is BookingStatus.HELD:
        await uow.transition(booking, BookingStatus.EXPIRED)
        uow.emit(EventType.BOOKING_EXPIRED, booking)
        await _release(uow, booking)


async def _move(
    uow: UnitOfWork, booking_id: UUID, status: BookingStatus, event: EventType, **values: object
) -> Booking:
    booking = await uow.get(Booking, booking_id)
    await uow.transition(booking, status, **values)
    uow.emit(event, booking, payload={"status": status})
    return booking


async def _release(uow: UnitOfWork, booking: Booking) -> None:
    """Give the place back and call the rides off."""
    await uow.session.execute(
        delete(Allocation).where(
            Allocation.organization_id == booking.organization_id, Allocation.booking_id == booking.id
        )
    )
    await transports.cancel_of_booking(uow, booking)
