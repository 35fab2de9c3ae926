"""Relations of bookings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app import clock
from app.loaders.base import Computed, Condition, Listing, ToMany, ToOne
from app.models import (
    Allocation,
    Booking,
    BookingCharge,
    BookingGroup,
    BookingStatus,
    Customer,
    Event,
    Resource,
    ResourceUnit,
    Series,
    Service,
    Slot,
    SlotStatus,
    Subject,
    Transport,
)
from app.models.base import among
from app.uow import ReadUnit

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


def _withdrawn(wanted: bool) -> ColumnElement[bool]:
    """Bookings that stand in slots which their schedule offers no more; of a stay, one such night is enough."""
    outside = (
        select(Allocation.booking_id)
        .join(Slot, (Slot.organization_id == Allocation.organization_id) & (Slot.id == Allocation.slot_id))
        .where(Slot.status == SlotStatus.WITHDRAWN, Slot.starts_at > clock.now())
    )
    return Booking.id.in_(outside) if wanted else Booking.id.not_in(outside)


async def _resources(reads: ReadUnit, bookings: Sequence[UUID]) -> Mapping[UUID, list[Resource]]:
    """The resources whose units each booking has."""
    rows = await reads.execute(
        select(Allocation.booking_id, Resource)
        .join(
            ResourceUnit,
            (ResourceUnit.organization_id == Allocation.organization_id) & (ResourceUnit.id == Allocation.unit_id),
        )
        .join(
            Resource,
            (Resource.organization_id == ResourceUnit.organization_id) & (Resource.id == ResourceUnit.resource_id),
        )
        .where(
            Allocation.organization_id == reads.viewer.organization_id,
            among(Allocation.booking_id, bookings),
        )
        .order_by(Resource.name)
    )
    found: dict[UUID, list[Resource]] = defaultdict(list)
    for booking_id, resource in rows:
        found[booking_id].append(resource)
    return found


BOOKING_FILTERS: Mapping[str, Condition] = {
    "status": lambda statuses: Booking.status.in_(statuses),
    "from_": lambda instant: Booking.starts_at >= instant,
    "to": lambda instant: Booking.starts_at < instant,
    "customer_id": lambda id: Booking.customer_id == id,
    "subject_id": lambda id: Booking.subject_id == id,
    "service_id": lambda id: Booking.service_id == id,
    "slot_id": lambda id: Booking.slot_id == id,
    "series_id": lambda id: Booking.series_id == id,
    "withdrawn": _withdrawn,
    "number": lambda number: Booking.number == number,
    "upcoming": _upcoming,
}
BOOKINGS = Listing(
    Booking,
    "starts_at",
    orders={"STARTS_AT": "starts_at", "CREATED_AT": "created_at"},
    filters=BOOKING_FILTERS,
    referents={
        "customer_id": Customer,
        "subject_id": Subject,
        "service_id": Service,
        "slot_id": Slot,
        "series_id": Series,
    },
)
BOOKING_CUSTOMER = ToOne(Customer, "customer_id")
BOOKING_SUBJECT = ToOne(Subject, "subject_id")
BOOKING_SERVICE = ToOne(Service, "service_id")
BOOKING_SLOT = ToOne(Slot, "slot_id")
BOOKING_TRANSPORTS = ToMany(Transport, "booking_id", ("pickup_from", "id"))
BOOKING_HISTORY = Listing(Event, "seq", remote="booking_id", tie="seq")
BOOKING_CHARGES = ToMany(BookingCharge, "booking_id", ("created_at", "id"))
BOOKING_GROUP = ToOne(BookingGroup, "group_id")
BOOKING_SERIES = ToOne(Series, "series_id")
BOOKING_RESOURCES = Computed(_resources)
GROUP_BOOKINGS = ToMany(Booking, "group_id", ("starts_at", "id"))
CHARGE_BOOKING = ToOne(Booking, "booking_id")
