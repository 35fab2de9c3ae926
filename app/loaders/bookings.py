"""Relations of bookings."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement

from app import clock
from app.loaders.base import Condition, Listing, ToMany, ToOne
from app.models import Booking, BookingStatus, Customer, Event, Service, Slot, Subject, Transport

OVER = (
    BookingStatus.COMPLETED,
    BookingStatus.DECLINED,
    BookingStatus.CANCELLED,
    BookingStatus.NO_SHOW,
    BookingStatus.EXPIRED,
)


def _upcoming(wanted: bool) -> ColumnElement[bool]:
    ahead = (Booking.ends_at > clock.now()) & Booking.status.not_in(OVER)
    return ahead if wanted else ~ahead


BOOKING_FILTERS: Mapping[str, Condition] = {
    "status": lambda statuses: Booking.status.in_(statuses),
    "from_": lambda instant: Booking.starts_at >= instant,
    "to": lambda instant: Booking.starts_at < instant,
    "customer_id": lambda id: Booking.customer_id == id,
    "subject_id": lambda id: Booking.subject_id == id,
    "service_id": lambda id: Booking.service_id == id,
    "slot_id": lambda id: Booking.slot_id == id,
    "number": lambda number: Booking.number == number,
    "upcoming": _upcoming,
}
BOOKINGS = Listing(
    Booking,
    "starts_at",
    orders={"STARTS_AT": "starts_at", "CREATED_AT": "created_at"},
    filters=BOOKING_FILTERS,
    referents={"customer_id": Customer, "subject_id": Subject, "service_id": Service, "slot_id": Slot},
)
BOOKING_CUSTOMER = ToOne(Customer, "customer_id")
BOOKING_SUBJECT = ToOne(Subject, "subject_id")
BOOKING_SERVICE = ToOne(Service, "service_id")
BOOKING_SLOT = ToOne(Slot, "slot_id")
BOOKING_TRANSPORTS = ToMany(Transport, "booking_id", ("pickup_from", "id"))
BOOKING_HISTORY = Listing(Event, "seq", remote="booking_id", tie="seq")
