"""How a booking ends: served, called off, refused or forgotten; and what that costs."""

from uuid import UUID

from sqlalchemy import update

from app.errors import CancellationClosed
from app.models import (
    Booking,
    BookingCharge,
    BookingStatus,
    ChargeKind,
    EventType,
    WaitlistEntry,
    WaitlistStatus,
    WorkKind,
)
from app.services import capacity, transports, values
from app.services.bookings.offers import pass_on
from app.uow import UnitOfWork

AGREED = (BookingStatus.PENDING, BookingStatus.CONFIRMED)
OFFER_ENDED = {
    WaitlistStatus.LEFT: EventType.WAITLIST_LEFT,
    WaitlistStatus.EXPIRED: EventType.WAITLIST_EXPIRED,
}


async def decline_booking(uow: UnitOfWork, booking_id: UUID, reason: str) -> Booking:
    reason = values.name(reason, "reason")
    booking = await _move(uow, booking_id, BookingStatus.DECLINED, EventType.BOOKING_DECLINED, reason=reason)
    await uow.later(WorkKind.NOTIFY_BOOKING_DECLINED, booking.id)
    await _give_back(uow, booking)
    return booking


async def cancel_booking(
    uow: UnitOfWork, booking_id: UUID, reason: str | None = None, charge_fee: bool = False
) -> tuple[Booking, BookingCharge | None]:
    """Call a booking off. Customers may until the agreed time and pay the agreed fee, if it is not free any more; staff
    may always, and say whether the customer pays."""
    reason = values.text(reason, "reason")
    booking = await uow.get(Booking, booking_id, lock=True)
    status, by_customer = booking.status, not uow.viewer.sees_everything
    if by_customer and status in AGREED and uow.now > booking.cancel_before:
        raise CancellationClosed(booking.cancel_before)
    await uow.transition(booking, BookingStatus.CANCELLED, reason=reason)
    uow.emit(EventType.BOOKING_CANCELLED, booking, payload={"status": BookingStatus.CANCELLED})
    if status in AGREED and not by_customer:
        await uow.later(WorkKind.NOTIFY_BOOKING_CANCELLED, booking.id)
    charge = None
    # what nobody has accepted yet costs nothing
    if status is BookingStatus.CONFIRMED and uow.now > booking.cancel_free_before and (by_customer or charge_fee):
        charge = await _charge(uow, booking, ChargeKind.CANCELLATION, booking.cancellation_fee_minor)
    await _give_back(uow, booking, WaitlistStatus.LEFT if status is BookingStatus.HELD else None)
    return booking, charge


async def drop_hold(uow: UnitOfWork, booking: Booking) -> None:
    """Let go of a hold, or of an offer, which is locked."""
    await uow.transition(booking, BookingStatus.CANCELLED)
    uow.emit(EventType.BOOKING_CANCELLED, booking, payload={"status": BookingStatus.CANCELLED})
    await _give_back(uow, booking, WaitlistStatus.LEFT)


async def check_in_booking(uow: UnitOfWork, booking_id: UUID) -> Booking:
    return await _move(uow, booking_id, BookingStatus.CHECKED_IN, EventType.BOOKING_CHECKED_IN)


async def complete_booking(uow: UnitOfWork, booking_id: UUID) -> Booking:
    return await _move(uow, booking_id, BookingStatus.COMPLETED, EventType.BOOKING_COMPLETED)


async def mark_booking_no_show(
    uow: UnitOfWork, booking_id: UUID, charge_fee: bool = True
) -> tuple[Booking, BookingCharge | None]:
    """The place stays taken: it was kept for them. Rides that nobody needs are called off.

    Before it begins nobody can have failed to come: then there is no fee.
    """
    booking = await _move(uow, booking_id, BookingStatus.NO_SHOW, EventType.BOOKING_NO_SHOW)
    await transports.cancel_of_booking(uow, booking)
    if not charge_fee or booking.starts_at > uow.now:
        return booking, None
    return booking, await _charge(uow, booking, ChargeKind.NO_SHOW, booking.no_show_fee_minor)


async def expire_hold(uow: UnitOfWork, booking_id: UUID) -> None:
    """Let a hold run out; nothing to do if it was booked or cancelled in the meantime."""
    booking = await uow.get(Booking, booking_id, lock=True)
    if booking.status is BookingStatus.HELD:
        await uow.transition(booking, BookingStatus.EXPIRED)
        uow.emit(EventType.BOOKING_EXPIRED, booking)
        await _give_back(uow, booking, WaitlistStatus.EXPIRED)


async def _move(
    uow: UnitOfWork, booking_id: UUID, status: BookingStatus, event: EventType, **values: object
) -> Booking:
    booking = await uow.get(Booking, booking_id)
    await uow.transition(booking, status, **values)
    uow.emit(event, booking, payload={"status": status})
    return booking


async def _charge(uow: UnitOfWork, booking: Booking, kind: ChargeKind, amount_minor: int) -> BookingCharge | None:
    if not amount_minor:
        return None
    charge = await uow.add(
        BookingCharge(
            booking_id=booking.id,
            customer_id=booking.customer_id,
            kind=kind,
            amount_minor=amount_minor,
            currency=booking.currency,
        )
    )
    uow.emit(EventType.BOOKING_CHARGED, booking, payload={"kind": kind})
    return charge


async def _settle_offer(uow: UnitOfWork, booking: Booking, status: WaitlistStatus) -> None:
    """If the hold was an offer, whoever had it is out of the line."""
    settled = await uow.session.execute(
        update(WaitlistEntry)
        .where(
            WaitlistEntry.organization_id == booking.organization_id,
            WaitlistEntry.booking_id == booking.id,
            WaitlistEntry.status == WaitlistStatus.OFFERED,
        )
        .values(status=status, updated_at=uow.now)
        .returning(WaitlistEntry)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    for entry in settled.scalars():
        uow.emit(OFFER_ENDED[status], entry, booking)


async def _give_back(uow: UnitOfWork, booking: Booking, offer: WaitlistStatus | None = None) -> None:
    """Give back what it consumed, offer it to those who wait, and call the rides off; `offer` is what becomes of the
    offer that a hold may have been."""
    # slots first, then the entries of their lines, as whoever books does
    freed = await capacity.release(uow, booking)
    if offer is not None:
        await _settle_offer(uow, booking, offer)
    await pass_on(uow, freed)
    await transports.cancel_of_booking(uow, booking)
