"""Waiting for a place of a full slot."""

from app.access import Permission
from app.context import Info
from app.loaders import waitlist as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import (
    AlreadyExists,
    CustomerLimitReached,
    InvalidTransition,
    OutsideBookingWindow,
    SlotAvailable,
    SlotClosed,
    WaitlistClosed,
)
from app.schema.waitlist import JoinWaitlistInput, LeaveWaitlistInput, WaitlistEntry, WaitlistFilter, WaitlistOrder
from app.services import waitlist
from app.uow import UnitOfWork

connection(
    "waitlist",
    relations.WAITLIST,
    WaitlistEntry,
    "Who waits, or waited, for a place.",
    Permission.BOOKINGS_READ,
    filter=WaitlistFilter,
    order_by=WaitlistOrder,
)

ENTRY = {"entry": (WaitlistEntry, "The entry, as it is now.")}


@mutation(
    "Wait for a place of a slot that is full. When one comes free it is held for whoever waits longest.",
    Permission.BOOKINGS_MAKE,
    answers=ENTRY,
    refusals=(
        SlotAvailable,
        SlotClosed,
        WaitlistClosed,
        AlreadyExists,
        OutsideBookingWindow,
        CustomerLimitReached,
    ),
)
async def join_waitlist(info: Info, uow: UnitOfWork, input: JoinWaitlistInput) -> Nodes:
    return {"entry": await waitlist.join_waitlist(uow, **input.values())}


@mutation(
    "Wait no more; a place that is held goes to the next in line.",
    Permission.BOOKINGS_MAKE,
    answers=ENTRY,
    refusals=(InvalidTransition,),
)
async def leave_waitlist(info: Info, uow: UnitOfWork, input: LeaveWaitlistInput) -> Nodes:
    return {"entry": await waitlist.leave_waitlist(uow, **input.values())}
