"""Relations of transports, and how far off each one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.loaders.base import Computed, Listing, ToOne
from app.models import (
    Booking,
    Customer,
    Driver,
    Event,
    Place,
    Route,
    RouteStatus,
    Stop,
    StopStatus,
    Subject,
    Transport,
    TransportStatus,
)
from app.models.base import among
from app.models.identity import local_day
from app.uow import ReadUnit

AHEAD = (StopStatus.PLANNED, StopStatus.ARRIVED)

TRANSPORTS = Listing(
    Transport,
    "pickup_from",
    orders={"PICKUP_FROM": "pickup_from", "CREATED_AT": "created_at"},
    filters={
        "date": lambda day: local_day(Transport.pickup_from, day),
        "from_": lambda instant: Transport.pickup_from >= instant,
        "to": lambda instant: Transport.pickup_from < instant,
        "unassigned": lambda wanted: (
            Transport.status == TransportStatus.PENDING if wanted else Transport.status != TransportStatus.PENDING
        ),
        "status": lambda statuses: Transport.status.in_(statuses),
        "customer_id": lambda id: Transport.customer_id == id,
        "driver_id": lambda id: Transport.driver_id == id,
        "route_id": lambda id: Transport.route_id == id,
        "priority": lambda priorities: Transport.priority.in_(priorities),
        "kind": lambda kinds: Transport.kind.in_(kinds),
    },
    referents={"customer_id": Customer, "driver_id": Driver, "route_id": Route},
)
TRANSPORT_BOOKING = ToOne(Booking, "booking_id")
TRANSPORT_CUSTOMER = ToOne(Customer, "customer_id")
TRANSPORT_SUBJECT = ToOne(Subject, "subject_id")
TRANSPORT_PICKUP = ToOne(Place, "pickup_place_id")
TRANSPORT_DROPOFF = ToOne(Place, "dropoff_place_id")
TRANSPORT_DRIVER = ToOne(Driver, "driver_id")
TRANSPORT_ROUTE = ToOne(Route, "route_id")
TRANSPORT_OUTBOUND = ToOne(Transport, "outbound_id")
TRANSPORT_RETURNS = Listing(Transport, "pickup_from", remote="outbound_id")
PINNED_DRIVER = ToOne(Driver, "pinned_driver_id")
PINNED_ROUTE = ToOne(Route, "pinned_route_id")
TRANSPORT_HISTORY = Listing(Event, "seq", remote="transport_id", tie="seq")


@dataclass(frozen=True)
class Approach:
    """How far off a transport's next stop is; tells nothing about whose the stops before are."""

    eta: datetime | None
    stops_before: int


async def _approaches(reads: ReadUnit, ids: Sequence[UUID]) -> Mapping[UUID, Approach]:
    """Only transports on a route that people know of; the parents themselves were checked for visibility."""
    earlier = aliased(Stop)
    before = (
        select(func.count())
        .where(
            earlier.organization_id == Stop.organization_id,
            earlier.route_id == Stop.route_id,
            earlier.sequence < Stop.sequence,
            earlier.status.in_(AHEAD),
        )
        .correlate(Stop)
        .scalar_subquery()
    )
    statement = (
        select(Stop.transport_id, func.coalesce(Stop.eta, Stop.planned_at), before)
        .join(Route, (Route.organization_id == Stop.organization_id) & (Route.id == Stop.route_id))
        .where(
            Stop.organization_id == reads.viewer.organization_id,
            among(Stop.transport_id, ids),
            Stop.status.in_(AHEAD),
            Route.status.in_((RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)),
        )
        .order_by(Stop.transport_id, Stop.sequence.desc())
    )
    # the first stop ahead comes last, and stays
    return {id: Approach(eta, count) for id, eta, count in await reads.execute(statement)}


TRANSPORT_APPROACH = Computed(_approaches)
