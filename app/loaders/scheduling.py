"""Relations of services and slots."""

from sqlalchemy import ColumnElement, and_

from app import clock
from app.loaders.base import Listing, ToOne
from app.models import Place, Service, Slot, SlotStatus


def _available(wanted: bool) -> ColumnElement[bool]:
    free = and_(Slot.taken < Slot.capacity, Slot.status == SlotStatus.OPEN, Slot.starts_at > clock.now())
    return free if wanted else ~free


SERVICES = Listing(
    Service, "name", orders={"NAME": "name"}, filters={"active": lambda active: Service.active == active}
)
SERVICE_PLACE = ToOne(Place, "place_id")
SLOTS = Listing(
    Slot,
    "starts_at",
    orders={"STARTS_AT": "starts_at"},
    filters={
        "service_id": lambda id: Slot.service_id == id,
        "from_": lambda instant: Slot.starts_at >= instant,
        "to": lambda instant: Slot.starts_at < instant,
        "available": _available,
    },
    referents={"service_id": Service},
)
SLOT_SERVICE = ToOne(Service, "service_id")
