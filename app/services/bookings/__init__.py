"""Bookings: from a held slot to a completed service.

`making` and `ending` are the two ends of a booking; `groups` and `stays` make several places one decision; `moving`
takes a booking elsewhere; `offers` passes on what came free.
"""

from app.services.bookings.ending import (
    cancel_booking,
    check_in_booking,
    complete_booking,
    decline_booking,
    drop_hold,
    expire_hold,
    mark_booking_no_show,
)
from app.services.bookings.groups import book_group
from app.services.bookings.making import ALPHABET, NUMBER_LENGTH, book_slot, confirm_booking, hold_slot
from app.services.bookings.moving import reschedule_booking, reschedule_stay
from app.services.bookings.offers import offer_later, offer_places
from app.services.bookings.stays import book_stay

__all__ = [
    "ALPHABET",
    "NUMBER_LENGTH",
    "book_group",
    "book_slot",
    "book_stay",
    "cancel_booking",
    "check_in_booking",
    "complete_booking",
    "confirm_booking",
    "decline_booking",
    "drop_hold",
    "expire_hold",
    "hold_slot",
    "mark_booking_no_show",
    "offer_later",
    "offer_places",
    "reschedule_booking",
    "reschedule_stay",
]
