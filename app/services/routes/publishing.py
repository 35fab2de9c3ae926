"""Showing routes to their drivers, and calling them off."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, update

from app.errors import InvalidTransition, NothingToPublish, StillAboard
from app.models import (
    EventType,
    Route,
    RouteStatus,
    Stop,
    StopFailureReason,
    StopKind,
    StopStatus,
    Transport,
    TransportStatus,
)
from app.models.base import among
from app.services import travel, values
from app.services.routes.failing import give_up
from app.services.routes.tour import OPEN, Tour
from app.uow import UnitOfWork

UNPUBLISHED = (RouteStatus.DRAFT, RouteStatus.OPTIMIZED)


async def publish_routes(uow: UnitOfWork, date: date) -> list[Route]:
    """Show the routes of a day to their drivers, and to customers when the driver comes. Empty drafts stay drafts."""
    stops = select(Stop.id).where(Stop.organization_id == Route.organization_id, Stop.route_id == Route.id)
    waiting = await uow.scalars(
        select(Route.id)
        .where(
            Route.organization_id == uow.viewer.organization_id,
            Route.date == date,
            (Route.status == RouteStatus.OPTIMIZED) | ((Route.status == RouteStatus.DRAFT) & stops.exists()),
        )
        .order_by(Route.id)
        .with_for_update()
    )
    if not waiting:
        raise NothingToPublish()
    routes = await _publish(uow, waiting)
    for transport in await _transports(uow, waiting):
        uow.emit(EventType.TRANSPORT_SCHEDULED, transport)
    await travel.directions.request(uow, *routes)
    return routes


async def _publish(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Route]:
    """All in one statement; what was put together by hand is as good as laid by the planner now."""
    published = await uow.session.execute(
        update(Route)
        .where(
            Route.organization_id == uow.viewer.organization_id,
            among(Route.id, ids),
            Route.status.in_(UNPUBLISHED),
        )
        .values(status=RouteStatus.PUBLISHED, version=Route.version + 1, updated_at=uow.now)
        .returning(Route)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    routes = sorted(published.scalars(), key=lambda route: route.id)
    for route in routes:
        uow.emit(EventType.ROUTE_PUBLISHED, route)
    return routes


async def _transports(uow: UnitOfWork, routes: Sequence[UUID]) -> Sequence[Transport]:
    return await uow.scalars(
        select(Transport)
        .where(
            Transport.organization_id == uow.viewer.organization_id,
            among(Transport.route_id, routes),
            Transport.status == TransportStatus.ASSIGNED,
        )
        .order_by(Transport.id)
    )


async def cancel_route(uow: UnitOfWork, route_id: UUID, reason: str | None = None) -> Route:
    """Call a route off, though its driver may have seen it or be under way.

    What the driver has not come for waits for the next plan. What is aboard must leave the vehicle first. What the
    driver was on the way to has failed, for its customer was told that somebody comes.
    """
    reason = values.text(reason, "reason")
    route = await uow.get(Route, route_id, lock=True)
    if RouteStatus.CANCELLED not in route.machine.transitions.get(route.status, ()):
        raise InvalidTransition(route.machine.noun, route.status, RouteStatus.CANCELLED)
    tour = await Tour.of(uow, route)
    aboard = [id for id, ride in tour.rides.items() if _is_aboard(tour, ride)]
    if aboard:
        raise StillAboard(aboard)
    for stop in tour.stops:
        if stop.kind is StopKind.PICKUP and tour.ride(stop).status is TransportStatus.EN_ROUTE and stop.status in OPEN:
            await give_up(tour, stop, StopFailureReason.OTHER, reason, uow.now)
    under_way = route.status is RouteStatus.IN_PROGRESS
    await call_off(uow, route, reason)
    if under_way:
        await tour.free_driver()
    return route


def _is_aboard(tour: Tour, ride: Transport) -> bool:
    going_back = any(
        stop.kind is StopKind.RETURN and stop.status in OPEN for stop in tour.stops if stop.transport_id == ride.id
    )
    return ride.status is TransportStatus.PICKED_UP or going_back


async def call_off(uow: UnitOfWork, route: Route, reason: str | None = None) -> None:
    """Give up a route; its transports wait for the next plan."""
    for transport in await _transports(uow, [route.id]):
        uow.emit(EventType.TRANSPORT_UNASSIGNED, transport)
        await uow.transition(transport, TransportStatus.PENDING, driver_id=None, route_id=None)
    await uow.session.execute(
        update(Stop)
        .where(Stop.organization_id == route.organization_id, Stop.route_id == route.id, Stop.status.in_(OPEN))
        .values(status=StopStatus.CANCELLED, notes=reason or Stop.notes, updated_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    await uow.transition(route, RouteStatus.CANCELLED)
    uow.emit(EventType.ROUTE_CANCELLED, route)
