"""Relations of services and slots."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app import clock
from app.loaders.base import Computed, Listing, ToMany, ToOne
from app.models import Place, Requirement, Resource, Schedule, Service, Slot, SlotStatus
from app.models.base import among
from app.models.scheduling import bookable, resources_allow
from app.uow import ReadUnit


def _available(wanted: bool) -> ColumnElement[bool]:
    return bookable(clock.now()) if wanted else ~bookable(clock.now())


async def _places(reads: ReadUnit, slots: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many places of each slot can be booked: those that are left, or fewer if what the service needs is in use."""
    left = Slot.capacity - Slot.taken
    rows = await reads.execute(
        select(Slot.id, func.least(left, func.coalesce(resources_allow(), left))).where(
            Slot.organization_id == reads.viewer.organization_id,
            among(Slot.id, slots),
            Slot.status == SlotStatus.OPEN,
        )
    )
    return {row[0]: row[1] for row in rows}


SERVICES = Listing(
    Service, "name", orders={"NAME": "name"}, filters={"active": lambda active: Service.active == active}
)
SERVICE_PLACE = ToOne(Place, "place_id")
SERVICE_REQUIREMENTS = ToMany(Requirement, "service_id", ("position",))
SLOTS = Listing(
    Slot,
    "starts_at",
    orders={"STARTS_AT": "starts_at"},
    filters={
        "service_id": lambda id: Slot.service_id == id,
        "from_": lambda instant: Slot.starts_at >= instant,
        "to": lambda instant: Slot.starts_at < instant,
        "available": _available,
        "resource_id": lambda id: Slot.resource_id == id,
        "status": lambda statuses: Slot.status.in_(statuses),
    },
    referents={"service_id": Service, "resource_id": Resource},
)
SLOT_SCHEDULE = ToOne(Schedule, "schedule_id")
SLOT_RESOURCE = ToOne(Resource, "resource_id")
SLOT_PLACES = Computed(_places)
SLOT_SERVICE = ToOne(Service, "service_id")
