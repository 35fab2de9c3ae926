"""Tracking links, and what somebody who has one may know: of one transport, and hardly more than that it comes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, select

from app import clock
from app.access import ROUTE_SEEN, UNDER_WAY, Viewer
from app.db import Database
from app.loaders.base import Listing, ToOne
from app.loaders.transports import TRANSPORT_APPROACH
from app.models import (
    Driver,
    Organization,
    Place,
    Position,
    Route,
    TrackingLink,
    Transport,
    TransportStatus,
)
from app.uow import ReadUnit

TRACKING_LINKS = Listing(
    TrackingLink,
    "-created_at",
    filters={"transport_id": lambda id: TrackingLink.transport_id == id},
    referents={"transport_id": Transport},
)
LINK_TRANSPORT = ToOne(Transport, "transport_id")

POSITION_AGE_MAX = timedelta(minutes=30)
"""A position that is older tells where the driver was before, which is nobody's business."""

OVER = (
    TransportStatus.DELIVERED,
    TransportStatus.RETURNED,
    TransportStatus.CANCELLED,
)


@dataclass(frozen=True)
class Spot:
    """A point on the map."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Sight:
    """Where a driver was seen."""

    latitude: float
    longitude: float
    heading_deg: float | None
    speed_mps: float | None
    recorded_at: datetime


@dataclass(frozen=True)
class Tracking:
    """A transport, for whoever has its link. `destination` is the pickup and, once that is done, the dropoff.

    `transport_id`, `driver_id` and `time_zone` are for us: what to watch, and how to write times.
    """

    transport_id: UUID
    driver_id: UUID | None
    time_zone: str
    status: TransportStatus
    destination: Spot
    window_from: datetime
    window_until: datetime
    eta: datetime | None
    stops_before: int | None
    driver_name: str | None
    position: Sight | None

    @property
    def is_over(self) -> bool:
        return self.status in OVER


async def tracked(database: Database, organization_id: UUID, link_id: UUID) -> Tracking | None:
    """What a link shows just now; nothing, once it is revoked or has run out.

    Read as the system, which sees one organization, and of that only what stands here.
    """
    reads = ReadUnit(database, Viewer.system(organization_id))
    try:
        row = (await reads.execute(_linked(organization_id, link_id))).first()
        if row is None:
            return None
        approaches = await TRANSPORT_APPROACH.batch(reads, [row.Transport.id])
        return _seen(row, approaches.get(row.Transport.id))
    finally:
        await reads.close()


def _linked(organization_id: UUID, link_id: UUID) -> Any:
    now = clock.now()
    picked_up = Transport.status.in_((TransportStatus.PICKED_UP, TransportStatus.DELIVERED))
    return (
        select(
            Transport, Place, Driver.display_name, Route.status.label("route_status"), Position, Organization.time_zone
        )
        .select_from(TrackingLink)
        .join(Organization, Organization.id == TrackingLink.organization_id)
        .join(
            Transport,
            and_(Transport.organization_id == TrackingLink.organization_id, Transport.id == TrackingLink.transport_id),
        )
        .join(
            Place,
            and_(
                Place.organization_id == Transport.organization_id,
                Place.id == case((picked_up, Transport.dropoff_place_id), else_=Transport.pickup_place_id),
            ),
        )
        .outerjoin(Route, and_(Route.organization_id == Transport.organization_id, Route.id == Transport.route_id))
        .outerjoin(Driver, and_(Driver.organization_id == Transport.organization_id, Driver.id == Transport.driver_id))
        .outerjoin(
            Position,
            and_(
                Position.organization_id == Driver.organization_id,
                Position.driver_id == Driver.id,
                Position.recorded_at >= now - POSITION_AGE_MAX,
            ),
        )
        .where(
            TrackingLink.organization_id == organization_id,
            TrackingLink.id == link_id,
            TrackingLink.revoked_at.is_(None),
            TrackingLink.expires_at > now,
        )
    )


def _seen(row: Row[Any], approach: Any) -> Tracking:
    ride, position = row.Transport, row.Position
    is_aboard = row.Place.id == ride.dropoff_place_id
    is_known = ride.status in UNDER_WAY or (ride.status is TransportStatus.ASSIGNED and row.route_status in ROUTE_SEEN)
    return Tracking(
        transport_id=ride.id,
        driver_id=ride.driver_id,
        time_zone=row.time_zone,
        status=ride.status,
        destination=Spot(row.Place.latitude, row.Place.longitude),
        window_from=ride.dropoff_from if is_aboard else ride.pickup_from,
        window_until=ride.dropoff_until if is_aboard else ride.pickup_until,
        eta=approach and approach.eta,
        stops_before=approach and approach.stops_before,
        driver_name=_first(row.display_name) if is_known else None,
        position=_sight(position) if position and ride.status in UNDER_WAY else None,
    )


def _first(name: str) -> str:
    return name.split()[0]


def _sight(position: Position) -> Sight:
    return Sight(position.latitude, position.longitude, position.heading_deg, position.speed_mps, position.recorded_at)
