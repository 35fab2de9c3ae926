"""How a booking comes about: held, booked, confirmed."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.access import conditions
from app.errors import SubjectArchived
from app.models import (
    Booking,
    BookingStatus,
    Confirmation,
    EventType,
    Service,
    Subject,
    WaitlistEntry,
    WaitlistStatus,
    WorkKind,
)
from app.services import capacity, policy, transports, values
from app.services.capacity import Claim
from app.services.care import requirements
from app.services.care.requirements import Waiver
from app.uow import UnitOfWork

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0/O and 1/I: people read booking numbers to each other."""
NUMBER_LENGTH = 8


def _number() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(NUMBER_LENGTH))


def agreed(claim: Claim) -> dict[str, Any]:
    """When, for how much and under which terms: what a claim makes of a booking."""
    service, nights = claim.service, len(claim.slots)
    price_minor = service.price_minor * nights
    return {
        "service_id": service.id,
        "slot_id": claim.slots[0].id,
        "starts_at": claim.starts_at,
        "ends_at": claim.ends_at,
        "nights": nights if service.kind == "STAY" else None,
        "price_minor": price_minor,
        "currency": service.currency,
        **policy.terms(service, claim.starts_at, price_minor),
    }


async def make(
    uow: UnitOfWork,
    claim: Claim,
    subject: Subject,
    status: BookingStatus,
    care_override_reason: str | None = None,
    **more: Any,
) -> Booking:
    """A booking and what it consumes; whichever way it comes about, it comes by here."""
    check_subject(subject)
    waiver = await check_care(uow, claim, subject, care_override_reason)
    booking = await uow.add(
        Booking(
            number=_number(),
            status=status,
            customer_id=subject.customer_id,
            subject_id=subject.id,
            care_waived_reason=waiver.reason if waiver else None,
            **agreed(claim),
            **more,
        )
    )
    say_waived(uow, booking, waiver)
    await capacity.allocate(uow, booking, claim)
    return booking


def check_subject(subject: Subject) -> None:
    if subject.archived_at is not None:
        raise SubjectArchived()


async def check_care(uow: UnitOfWork, claim: Claim, subject: Subject, reason: str | None = None) -> Waiver | None:
    """The care that a service asks for must be in date until the booking is over, unless staff have a reason."""
    reason = requirements.reason_of(uow, reason)
    if not claim.needs_care:
        return None
    return await requirements.check(uow, claim.service.id, subject, claim.ends_at, reason)


def say_waived(uow: UnitOfWork, booking: Booking, waiver: Waiver | None) -> None:
    if waiver is not None:
        uow.emit(EventType.CARE_WAIVED, booking, payload={"protocol_ids": waiver.protocol_ids})


async def check_policy(uow: UnitOfWork, claim: Claim, customer_id: UUID, wanted: int = 1) -> None:
    """What binds customers, and only them."""
    if not uow.viewer.sees_everything:
        policy.check_window(uow, claim.service, claim.starts_at)
        await policy.check_limit(uow, claim.service, claim.slot_ids, customer_id, wanted)


async def hold_slot(
    uow: UnitOfWork, slot_id: UUID, subject_id: UUID, hold_s: int, care_override_reason: str | None = None
) -> Booking:
    """Keep a place while the customer decides; a job lets it go if they don't. Who asks again has it already."""
    subject = await uow.get(Subject, subject_id)
    held = await _held(uow, slot_id, subject_id)
    if held is not None:
        return held
    claim = await capacity.take(uow, [slot_id])
    await check_policy(uow, claim, subject.customer_id)
    return await hold(uow, claim, subject, hold_s, care_override_reason)


async def hold(
    uow: UnitOfWork, claim: Claim, subject: Subject, hold_s: int, care_override_reason: str | None = None
) -> Booking:
    until = min(uow.now + timedelta(seconds=hold_s), claim.starts_at)
    booking = await make(uow, claim, subject, BookingStatus.HELD, care_override_reason, held_until=until)
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
    care_override_reason: str | None = None,
) -> Booking:
    """Book a place, with a ride there and back if wanted; a hold of the same slot and subject becomes the booking."""
    subject = await uow.get(Subject, subject_id)
    notes = values.text(notes, "notes")
    booking = await _held(uow, slot_id, subject_id)
    if booking is not None:
        service = await uow.fetch(Service, booking.service_id)
        await _settle(uow, booking, subject, notes, care_override_reason)
    else:
        claim = await capacity.take(uow, [slot_id])
        await check_policy(uow, claim, subject.customer_id)
        service = claim.service
        booking = await make(uow, claim, subject, BookingStatus.PENDING, care_override_reason, notes=notes)
    await begin(uow, booking, service)
    await transports.add_legs(uow, booking, subject, pickup, dropoff)
    return booking


async def _settle(
    uow: UnitOfWork, booking: Booking, subject: Subject, notes: str | None, care_override_reason: str | None
) -> None:
    """Let a hold become the booking. Much may have changed since it was made; but what staff waived stays waived."""
    check_subject(subject)
    reason, waived = requirements.reason_of(uow, care_override_reason), booking.care_waived_reason
    waiver = None
    if waived is None:
        waiver = await requirements.check(uow, booking.service_id, subject, booking.ends_at, reason)
        waived = waiver.reason if waiver else None
    await uow.transition(booking, BookingStatus.PENDING, held_until=None, notes=notes, care_waived_reason=waived)
    say_waived(uow, booking, waiver)


async def begin(uow: UnitOfWork, booking: Booking, service: Service, slot_ids: Sequence[UUID] = ()) -> None:
    """Say that a booking was made; where nobody needs to look at it, it is confirmed at once."""
    uow.emit(EventType.BOOKING_CREATED, booking)
    if service.confirmation is Confirmation.AUTOMATIC:
        await _confirm(uow, booking)
    await stop_waiting(uow, booking, slot_ids or [booking.slot_id])


async def stop_waiting(uow: UnitOfWork, booking: Booking, slot_ids: Sequence[UUID]) -> None:
    """Whoever waited for one of these slots, with an offer or without one, has what they waited for."""
    served = await uow.session.execute(
        update(WaitlistEntry)
        .where(
            WaitlistEntry.organization_id == booking.organization_id,
            WaitlistEntry.slot_id.in_(slot_ids),
            WaitlistEntry.subject_id == booking.subject_id,
            WaitlistEntry.status.in_((WaitlistStatus.WAITING, WaitlistStatus.OFFERED)),
        )
        .values(status=WaitlistStatus.ACCEPTED, booking_id=booking.id, updated_at=uow.now)
        .returning(WaitlistEntry)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    entries = served.scalars().all()
    for entry in entries:
        uow.emit(EventType.WAITLIST_ACCEPTED, entry, booking)
    if entries:
        await _drop_offers(uow, booking, [entry.slot_id for entry in entries])


async def _drop_offers(uow: UnitOfWork, booking: Booking, slot_ids: Sequence[UUID]) -> None:
    """An offer that was not what became the booking is not needed any more: a job passes it on."""
    offers = await uow.scalars(
        select(Booking.id).where(
            Booking.organization_id == booking.organization_id,
            Booking.slot_id.in_(slot_ids),
            Booking.subject_id == booking.subject_id,
            Booking.status == BookingStatus.HELD,
        )
    )
    for offer_id in offers:
        await uow.later(WorkKind.EXPIRE_HOLD, offer_id)


async def confirm_booking(uow: UnitOfWork, booking_id: UUID) -> Booking:
    booking = await uow.get(Booking, booking_id)
    await _confirm(uow, booking)
    return booking


async def _confirm(uow: UnitOfWork, booking: Booking) -> None:
    await uow.transition(booking, BookingStatus.CONFIRMED)
    uow.emit(EventType.BOOKING_CONFIRMED, booking, payload={"status": BookingStatus.CONFIRMED})
    await uow.later(WorkKind.NOTIFY_BOOKING_CONFIRMED, booking.id)
