"""Moving a booking to another time: one transaction, the same number, the same history."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

from app.errors import BadUserInput, CancellationClosed, InvalidTransition
from app.models import Booking, EventType, ServiceKind, Subject
from app.services import capacity, policy, transports
from app.services.bookings import making
from app.services.bookings.ending import AGREED
from app.services.bookings.offers import pass_on
from app.services.bookings.stays import slots_between, take_nights
from app.services.capacity import Claim
from app.uow import UnitOfWork


async def reschedule_booking(
    uow: UnitOfWork, booking_id: UUID, version: int, slot_id: UUID, care_override_reason: str | None = None
) -> Booking:
    """Move an appointment to another slot of its service."""
    booking = await _movable(uow, booking_id)
    if booking.nights is not None:
        raise BadUserInput("A stay moves by its nights.", "bookingId")
    # both, by id: two who exchange their slots do not wait for each other
    await capacity.lock(uow, [booking.slot_id, slot_id])
    return await move(
        uow,
        booking,
        version,
        lambda: _allowed(uow, booking, capacity.take(uow, [slot_id])),
        care_override_reason,
    )


async def reschedule_stay(
    uow: UnitOfWork,
    booking_id: UUID,
    version: int,
    arrival: date,
    departure: date,
    care_override_reason: str | None = None,
) -> Booking:
    """Move a stay to other nights, or make it longer or shorter."""
    booking = await _movable(uow, booking_id)
    # the old nights and the new ones at once, for the same reason
    nights = await slots_between(uow, booking.service_id, arrival, departure)
    await capacity.lock(uow, [*await capacity.slots_of(uow, booking), *(night.id for night in nights)])
    service_id = booking.service_id
    return await move(
        uow,
        booking,
        version,
        lambda: _allowed(uow, booking, take_nights(uow, service_id, arrival, departure)),
        care_override_reason,
    )


async def _movable(uow: UnitOfWork, booking_id: UUID) -> Booking:
    """Customers may move what they could call off free of charge: else a move would be the way round the fee."""
    booking = await uow.get(Booking, booking_id, lock=True)
    if booking.status not in AGREED:
        raise InvalidTransition("booking", booking.status, "rescheduled")
    if not uow.viewer.sees_everything and uow.now > booking.cancel_free_before:
        raise CancellationClosed(booking.cancel_free_before)
    return booking


async def _allowed(uow: UnitOfWork, booking: Booking, taking: Awaitable[Claim]) -> Claim:
    claim = await taking
    if claim.service.id != booking.service_id:
        raise BadUserInput("This slot is of another service.", "slotId")
    await making.check_policy(uow, claim, booking.customer_id)
    return claim


async def move(
    uow: UnitOfWork,
    booking: Booking,
    version: int,
    take: Callable[[], Awaitable[Claim]],
    care_override_reason: str | None = None,
) -> Booking:
    """Give back what the booking, which is locked, has, and take something else: what it gave back is free by then.

    Care is looked at anew: what staff waived, they waived for the time that it was booked for.
    A refusal comes before anything is said: who undoes what was done until then, undoes all.
    """
    subject = await uow.fetch(Subject, booking.subject_id)
    was = (booking.starts_at, booking.ends_at)
    freed = await capacity.release(uow, booking)
    claim = await take()
    waiver = await making.check_care(uow, claim, subject, care_override_reason)
    await capacity.allocate(uow, booking, claim)
    waived = {"care_waived_reason": waiver.reason if waiver else None}
    await uow.change(booking, version, _terms(booking, claim) | waived)
    uow.emit(EventType.BOOKING_RESCHEDULED, booking)
    making.say_waived(uow, booking, waiver)
    await making.stop_waiting(uow, booking, claim.slot_ids)
    await transports.follow_booking(uow, booking, subject, *was)
    await pass_on(uow, freed)
    return booking


def _terms(booking: Booking, claim: Claim) -> dict[str, Any]:
    """An appointment keeps its price; a stay costs what its nights do now."""
    agreed = making.agreed(claim)
    if claim.service.kind is ServiceKind.APPOINTMENT:
        agreed["price_minor"] = booking.price_minor
        agreed |= policy.terms(claim.service, claim.starts_at, booking.price_minor)
    return {name: value for name, value in agreed.items() if name not in ("service_id", "currency")}
