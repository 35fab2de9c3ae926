"""Bookings."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import bookings as relations
from app.models.base import Vocabulary
from app.models.bookings import BookingStatus, ChargeKind
from app.schema.events import Event
from app.schema.fields import Connection, column, computed, derived, listing, to_many, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.scalars import Money, money

if TYPE_CHECKING:
    from app.schema.customers import Customer
    from app.schema.resources import Resource
    from app.schema.scheduling import Service, Slot
    from app.schema.series import Series
    from app.schema.subjects import Subject
    from app.schema.transports import Transport

vocabulary(BookingStatus, "Where a booking stands.")
vocabulary(ChargeKind, "What a fee is for.")


@strawberry.type(description="What was agreed on calling a booking off.")
class CancellationTerms:
    cancel_before: datetime = column("Until when the customer may call it off.")
    cancel_free_before: datetime = column("Until when that is free.")
    cancellation_fee: Money = derived(
        lambda booking: money(booking.cancellation_fee_minor, booking.currency), "What it costs after that."
    )
    no_show_fee: Money = derived(
        lambda booking: money(booking.no_show_fee_minor, booking.currency), "What it costs not to come."
    )


def _waived(root: strawberry.Parent[models.Booking], info: Info) -> str | None:
    return root.care_waived_reason if info.context.viewer.sees_everything else None


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
    care_waived_reason: str | None = strawberry.field(
        resolver=_waived, description="Why staff took it although care was not in date; only the house sees it."
    )
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
    nights: int | None = column("How many nights it has, if it is a stay.")
    cancellation: CancellationTerms = derived(lambda booking: booking, "What was agreed on calling it off.")
    charges: list[Annotated["BookingCharge", strawberry.lazy("app.schema.bookings")]] = to_many(
        relations.BOOKING_CHARGES, "Fees that fell due for it."
    )
    group: Annotated["BookingGroup", strawberry.lazy("app.schema.bookings")] | None = to_one(
        relations.BOOKING_GROUP, "The bookings that were made together with it."
    )
    series: Annotated["Series", strawberry.lazy("app.schema.series")] | None = to_one(
        relations.BOOKING_SERIES, "The standing booking that it is one time of."
    )
    resources: list[Annotated["Resource", strawberry.lazy("app.schema.resources")]] = computed(
        relations.BOOKING_RESOURCES, "Who and what it uses.", lambda found: found or []
    )
    history: Connection[Event] = listing(relations.BOOKING_HISTORY, "What happened to it and its rides, oldest first.")


@node(models.BookingGroup, "Bookings of one customer that were made together, all or none.")
class BookingGroup(Node):
    created_at: datetime = column("When they were made.")
    bookings: list[Booking] = to_many(relations.GROUP_BOOKINGS, "The bookings; at most 50.")


@node(models.BookingCharge, "A fee that a booking cost its customer.")
class BookingCharge(Node):
    kind: ChargeKind = column("What for.")
    amount: Money = derived(lambda charge: money(charge.amount_minor, charge.currency), "How much.")
    created_at: datetime = column("When it fell due.")
    booking: Booking = to_one(relations.CHARGE_BOOKING, "The booking.")


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
    series_id: strawberry.ID | None = column("Of this standing booking.", default=None)
    withdrawn: bool | None = column("Still to come in a slot that its schedule no longer offers; or not.", default=None)
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


CARE_OVERRIDE = "For staff: why they take it although care that the service asks for is not in date."


@strawberry.input(description="A slot to keep for a while.")
class HoldSlotInput(Values):
    slot_id: strawberry.ID = column("Which slot.")
    subject_id: strawberry.ID = column("For whom or what.")
    care_override_reason: str | None = column(CARE_OVERRIDE, default=None)


@strawberry.input(description="A slot to book.")
class BookSlotInput(Values):
    slot_id: strawberry.ID = column("Which slot.")
    subject_id: strawberry.ID = column("For whom or what.")
    notes: str | None = column("What staff should know.", default=None)
    pickup: TransportLegInput | None = column("A ride to us before it begins.", default=None)
    dropoff: TransportLegInput | None = column("A ride from us when it is over.", default=None)
    care_override_reason: str | None = column(CARE_OVERRIDE, default=None)


@strawberry.input(description="Nights to book.")
class BookStayInput(Values):
    service_id: strawberry.ID = column("A service that is booked by the night.")
    subject_id: strawberry.ID = column("For whom or what.")
    arrival: date = column("The day on which the first night begins, where the organization is.")
    departure: date = column("The day on which the last night ends.")
    notes: str | None = column("What staff should know.", default=None)
    pickup: TransportLegInput | None = column("A ride to us before it begins.", default=None)
    dropoff: TransportLegInput | None = column("A ride from us when it is over.", default=None)
    care_override_reason: str | None = column(CARE_OVERRIDE, default=None)


@strawberry.input(description="One booking of a group.")
class GroupedBookingInput(Values):
    slot_id: strawberry.ID = column("Which slot.")
    subject_id: strawberry.ID = column("For whom or what.")
    notes: str | None = column("What staff should know.", default=None)


@strawberry.input(description="Bookings to make together, all or none.")
class BookGroupInput(Values):
    bookings: list[GroupedBookingInput] = column("1 to 50, for subjects of one customer.")
    care_override_reason: str | None = column(CARE_OVERRIDE, default=None)


@strawberry.input(description="A booking to move to another slot of its service.")
class RescheduleBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    slot_id: strawberry.ID = column("Where to.")
    care_override_reason: str | None = column(CARE_OVERRIDE, default=None)


@strawberry.input(description="A stay to move to other nights.")
class RescheduleStayInput(Values):
    booking_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    arrival: date = column("The day on which the first night begins, where the organization is.")
    departure: date = column("The day on which the last night ends.")
    care_override_reason: str | None = column(CARE_OVERRIDE, default=None)


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
    charge_fee: bool = column(
        "For staff: whether the customer pays the fee, if it is not free any more. Customers always do.", default=False
    )


@strawberry.input(description="A booking whose subject has come.")
class CheckInBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")


@strawberry.input(description="A booking whose service is done.")
class CompleteBookingInput(Values):
    booking_id: strawberry.ID = column("Which.")


@strawberry.input(description="A booking for which nobody came.")
class MarkBookingNoShowInput(Values):
    booking_id: strawberry.ID = column("Which.")
    charge_fee: bool = column(
        "Whether the customer pays the agreed fee; before the booking begins there is none.", default=True
    )
