"""Bookings."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders import bookings as relations
from app.models.base import Vocabulary
from app.models.bookings import BookingStatus
from app.schema.events import Event
from app.schema.fields import Connection, column, derived, listing, to_many, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.scalars import Money, money

if TYPE_CHECKING:
    from app.schema.customers import Customer
    from app.schema.scheduling import Service, Slot
    from app.schema.subjects import Subject
    from app.schema.transports import Transport

vocabulary(BookingStatus, "Where a booking stands.")


@node(models.Booking, "A customer's claim on capacity for one subject.")
class Booking(Node):
    version: int = column("Goes up with every change.")
    number: str = column("The code that people quote; unique in the organization.")
    status: BookingStatus = column("Where it stands.")
    starts_at: datetime = column("When it begins, as agreed.")
    ends_at: datetime = column("When it ends, as agreed.")
    held_until: datetime | None = column("Until when it is kept, if it is held.")
    price: Money = derived(lambda booking: money(booking.price_minor, booking.currency), "What was agreed.")
    notes: str | None = column("What the customer wants to say.")
    reason: str | None = column("Why it was declined or cancelled.")
    created_at: datetime = column("When it was made.")
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] = to_one(
        relations.BOOKING_CUSTOMER, "Who booked."
    )
    subject: Annotated["Subject", strawberry.lazy("app.schema.subjects")] = to_one(
        relations.BOOKING_SUBJECT, "Whom or what it is for."
    )
    service: Annotated["Service", strawberry.lazy("app.schema.scheduling")] = to_one(
        relations.BOOKING_SERVICE, "What was booked."
    )
    slot: Annotated["Slot", strawberry.lazy("app.schema.scheduling")] = to_one(relations.BOOKING_SLOT, "The slot.")
    transports: list[Annotated["Transport", strawberry.lazy("app.schema.transports")]] = to_many(
        relations.BOOKING_TRANSPORTS, "The rides that belong to it; at most one there and one back at a time."
    )
    history: Connection[Event] = listing(relations.BOOKING_HISTORY, "What happened to it and its rides, oldest first.")


class BookingOrderField(Vocabulary):
    STARTS_AT = "STARTS_AT", "By when they begin."
    CREATED_AT = "CREATED_AT", "By when they were made."


vocabulary(BookingOrderField, "What bookings can be ordered by.")


@strawberry.input(description="An order of bookings.")
class BookingOrder:
    field: BookingOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which bookings are wanted; all conditions hold at once.")
class BookingFilter(Values):
    status: list[BookingStatus] | None = column("In one of these states.", default=None)
    from_: datetime | None = column("Beginning at or after this instant.", name="from", default=None)
    to: datetime | None = column("Beginning before this instant.", default=None)
    customer_id: strawberry.ID | None = column("Of this customer.", default=None)
    subject_id: strawberry.ID | None = column("For this subject.", default=None)
    service_id: strawberry.ID | None = column("Of this service.", default=None)
    slot_id: strawberry.ID | None = column("Of this slot.", default=None)
    number: str | None = column("With this number.", default=None)
    upcoming: bool | None = column("Still to come or under way; or over.", default=None)


@strawberry.input(description="A ride to or from the place of a booking's service.")
class TransportLegInput(Values):
    place_id: strawberry.ID = column("The customer's end of the ride.")
    from_: datetime | None = column(
        "The earliest at the customer's end; by default two hours before, or right after, the booking.",
        name="from",
        default=None,
    )
    until: datetime | None = column(
        "The latest at the customer's end; by default the begin of the booking, or two hours after it.", default=None
    )
    notes: str | None = column("What the driver should know.", default=None)


@strawberry.input(description="A slot to keep for a while.")
class HoldSlotInput(Values):
    slot_id: strawberry.ID = column("Which slot.")
    subject_id: strawberry.ID = column("For whom or what.")


@strawberry.input(description="A slot to book.")
class BookSlotInput(Values):
    slot_id: strawberry.ID = column("Which slot.")
    subject_id: strawberry.ID = column("For whom or what.")
    notes: str | None = column("What staff should know.", default=None)
    pickup: TransportLegInput | None = column("A ride to us before it begins.", default=None)
    dropoff: TransportLegInput | None = column("A ride from us when it is over.", default=None)


@strawberry.input(description="A booking to deal with.")
class ConfirmBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")


@strawberry.input(description="A booking to refuse.")
class DeclineBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")
    reason: str = column("Why; the customer reads it.")


@strawberry.input(description="A booking to call off.")
class CancelBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")
    reason: str | None = column("Why.", default=None)


@strawberry.input(description="A booking whose subject has come.")
class CheckInBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")


@strawberry.input(description="A booking whose service is done.")
class CompleteBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")


@strawberry.input(description="A booking for which nobody came.")
class MarkBookingNoShowInput(Values):
    booking_id: strawberry.ID = column("Which.")
