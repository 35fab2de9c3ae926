"""Relations of standing bookings."""

from sqlalchemy import ColumnElement

from app.loaders.base import Listing, ToOne
from app.loaders.bookings import BOOKING_FILTERS
from app.models import Booking, Customer, Occurrence, OccurrenceOutcome, Resource, Series, Service, Subject


def _missed(wanted: bool) -> ColumnElement[bool]:
    booked = Occurrence.outcome == OccurrenceOutcome.BOOKED
    return ~booked if wanted else booked


SERIES = Listing(
    Series,
    "-created_at",
    orders={"CREATED_AT": "created_at"},
    filters={
        "customer_id": lambda id: Series.customer_id == id,
        "subject_id": lambda id: Series.subject_id == id,
        "service_id": lambda id: Series.service_id == id,
        "status": lambda statuses: Series.status.in_(statuses),
    },
    referents={"customer_id": Customer, "subject_id": Subject, "service_id": Service},
)
SERIES_CUSTOMER = ToOne(Customer, "customer_id")
SERIES_SUBJECT = ToOne(Subject, "subject_id")
SERIES_SERVICE = ToOne(Service, "service_id")
SERIES_RESOURCE = ToOne(Resource, "resource_id")
SERIES_BOOKINGS = Listing(
    Booking,
    "starts_at",
    remote="series_id",
    orders={"STARTS_AT": "starts_at", "CREATED_AT": "created_at"},
    filters=BOOKING_FILTERS,
)
SERIES_OCCURRENCES = Listing(Occurrence, "starts_at", remote="series_id", filters={"missed": _missed})
OCCURRENCE_SERIES = ToOne(Series, "series_id")
OCCURRENCE_BOOKING = ToOne(Booking, "booking_id")
