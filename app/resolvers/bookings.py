"""Bookings, from a held slot to a completed service."""

from app.access import Permission
from app.context import Info
from app.loaders import bookings as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.bookings import (
    Booking,
    BookingFilter,
    BookingOrder,
    BookSlotInput,
    CancelBookingInput,
    CheckInBookingInput,
    CompleteBookingInput,
    ConfirmBookingInput,
    DeclineBookingInput,
    HoldSlotInput,
    MarkBookingNoShowInput,
)
from app.schema.problems import CancellationClosed, InvalidTransition, SlotClosed, SlotFull
from app.services import bookings
from app.uow import UnitOfWork

connection(
    "bookings",
    relations.BOOKINGS,
    Booking,
    "Bookings that the viewer sees.",
    Permission.BOOKINGS_READ,
    filter=BookingFilter,
    order_by=BookingOrder,
)

BOOKING = {"booking": (Booking, "The booking, as it is now.")}


@mutation(
    "Keep a place of a slot for a few minutes, while the customer decides.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=(SlotFull, SlotClosed),
)
async def hold_slot(info: Info, uow: UnitOfWork, input: HoldSlotInput) -> Nodes:
    hold_s = info.context.server.settings.hold_s
    return {"booking": await bookings.hold_slot(uow, **input.values(), hold_s=hold_s)}


@mutation(
    "Book a place of a slot, with rides there and back if wanted. A live hold of it becomes the booking.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=(SlotFull, SlotClosed, InvalidTransition),
)
async def book_slot(info: Info, uow: UnitOfWork, input: BookSlotInput) -> Nodes:
    return {"booking": await bookings.book_slot(uow, **input.values())}


@mutation("Accept a booking.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def confirm_booking(info: Info, uow: UnitOfWork, input: ConfirmBookingInput) -> Nodes:
    return {"booking": await bookings.confirm_booking(uow, **input.values())}


@mutation("Refuse a booking.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def decline_booking(info: Info, uow: UnitOfWork, input: DeclineBookingInput) -> Nodes:
    return {"booking": await bookings.decline_booking(uow, **input.values())}


@mutation(
    "Call a booking off, and its rides with it.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=(InvalidTransition, CancellationClosed),
)
async def cancel_booking(info: Info, uow: UnitOfWork, input: CancelBookingInput) -> Nodes:
    return {"booking": await bookings.cancel_booking(uow, **input.values())}


@mutation("The subject is here.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def check_in_booking(info: Info, uow: UnitOfWork, input: CheckInBookingInput) -> Nodes:
    return {"booking": await bookings.check_in_booking(uow, **input.values())}


@mutation("The service is done.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def complete_booking(info: Info, uow: UnitOfWork, input: CompleteBookingInput) -> Nodes:
    return {"booking": await bookings.complete_booking(uow, **input.values())}


@mutation("Nobody came.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def mark_booking_no_show(info: Info, uow: UnitOfWork, input: MarkBookingNoShowInput) -> Nodes:
    return {"booking": await bookings.mark_booking_no_show(uow, **input.values())}
