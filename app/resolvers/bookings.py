"""Bookings, from a held slot to a completed service."""

from app.access import Permission
from app.context import Info
from app.loaders import bookings as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.bookings import (
    BookGroupInput,
    Booking,
    BookingFilter,
    BookingGroup,
    BookingOrder,
    BookSlotInput,
    BookStayInput,
    CancelBookingInput,
    CheckInBookingInput,
    CompleteBookingInput,
    ConfirmBookingInput,
    DeclineBookingInput,
    HoldSlotInput,
    MarkBookingNoShowInput,
    RescheduleBookingInput,
    RescheduleStayInput,
)
from app.schema.problems import (
    CancellationClosed,
    CareMissing,
    CustomerLimitReached,
    InvalidTransition,
    OutsideBookingWindow,
    ResourceUnavailable,
    SlotClosed,
    SlotFull,
    StayUnavailable,
    VersionConflict,
)
from app.schema.scalars import Money
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
CHARGED = {**BOOKING, "fee": (Money | None, "What it costs the customer, if anything.")}
NOT_NOW = (SlotClosed, ResourceUnavailable, OutsideBookingWindow, CustomerLimitReached, CareMissing)
UNBOOKABLE = (SlotFull, *NOT_NOW)
NO_STAY = (StayUnavailable, *NOT_NOW)
IMMOVABLE = (InvalidTransition, VersionConflict, CancellationClosed)


@mutation(
    "Keep a place of a slot for a few minutes, while the customer decides.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=UNBOOKABLE,
)
async def hold_slot(info: Info, uow: UnitOfWork, input: HoldSlotInput) -> Nodes:
    hold_s = info.context.server.settings.hold_s
    return {"booking": await bookings.hold_slot(uow, **input.values(), hold_s=hold_s)}


@mutation(
    "Book a place of a slot, with rides there and back if wanted. A live hold of it becomes the booking.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=(*UNBOOKABLE, InvalidTransition),
)
async def book_slot(info: Info, uow: UnitOfWork, input: BookSlotInput) -> Nodes:
    return {"booking": await bookings.book_slot(uow, **input.values())}


@mutation("Book nights in a row, all of them or none.", Permission.BOOKINGS_MAKE, answers=BOOKING, refusals=NO_STAY)
async def book_stay(info: Info, uow: UnitOfWork, input: BookStayInput) -> Nodes:
    return {"booking": await bookings.book_stay(uow, **input.values())}


@mutation(
    "Book places for several subjects of one customer, all of them or none.",
    Permission.BOOKINGS_MAKE,
    answers={"group": (BookingGroup, "The bookings.")},
    refusals=UNBOOKABLE,
)
async def book_group(info: Info, uow: UnitOfWork, input: BookGroupInput) -> Nodes:
    return {"group": await bookings.book_group(uow, **input.values())}


@mutation(
    "Move a booking to another slot of its service; its number, history and rides go with it.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=(*IMMOVABLE, *UNBOOKABLE),
)
async def reschedule_booking(info: Info, uow: UnitOfWork, input: RescheduleBookingInput) -> Nodes:
    return {"booking": await bookings.reschedule_booking(uow, **input.values())}


@mutation(
    "Move a stay to other nights, or make it longer or shorter.",
    Permission.BOOKINGS_MAKE,
    answers=BOOKING,
    refusals=(*IMMOVABLE, *NO_STAY),
)
async def reschedule_stay(info: Info, uow: UnitOfWork, input: RescheduleStayInput) -> Nodes:
    return {"booking": await bookings.reschedule_stay(uow, **input.values())}


@mutation("Accept a booking.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def confirm_booking(info: Info, uow: UnitOfWork, input: ConfirmBookingInput) -> Nodes:
    return {"booking": await bookings.confirm_booking(uow, **input.values())}


@mutation("Refuse a booking.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def decline_booking(info: Info, uow: UnitOfWork, input: DeclineBookingInput) -> Nodes:
    return {"booking": await bookings.decline_booking(uow, **input.values())}


@mutation(
    "Call a booking off, and its rides with it.",
    Permission.BOOKINGS_MAKE,
    answers=CHARGED,
    refusals=(InvalidTransition, CancellationClosed),
)
async def cancel_booking(info: Info, uow: UnitOfWork, input: CancelBookingInput) -> Nodes:
    booking, fee = await bookings.cancel_booking(uow, **input.values())
    return {"booking": booking, "fee": fee}


@mutation("The subject is here.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def check_in_booking(info: Info, uow: UnitOfWork, input: CheckInBookingInput) -> Nodes:
    return {"booking": await bookings.check_in_booking(uow, **input.values())}


@mutation("The service is done.", Permission.BOOKINGS_DECIDE, answers=BOOKING, refusals=(InvalidTransition,))
async def complete_booking(info: Info, uow: UnitOfWork, input: CompleteBookingInput) -> Nodes:
    return {"booking": await bookings.complete_booking(uow, **input.values())}


@mutation("Nobody came.", Permission.BOOKINGS_DECIDE, answers=CHARGED, refusals=(InvalidTransition,))
async def mark_booking_no_show(info: Info, uow: UnitOfWork, input: MarkBookingNoShowInput) -> Nodes:
    booking, fee = await bookings.mark_booking_no_show(uow, **input.values())
    return {"booking": booking, "fee": fee}
