"""Transports called off before the pickup."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.models import Booking, EventType, Route, Transport, TransportStatus
from app.services import routes
from app.uow import UnitOfWork

OPEN = (TransportStatus.PENDING, TransportStatus.ASSIGNED, TransportStatus.EN_ROUTE)


async def cancel_transport(uow: UnitOfWork, transport_id: UUID) -> Transport:
    transport = await uow.get(Transport, transport_id)
    await _cancel(uow, transport)
    return transport


async def cancel_of_booking(uow: UnitOfWork, booking: Booking) -> Sequence[Transport]:
    """Call off every ride of a booking that has not begun, and answer them; one that is on board must be finished."""
    rides = await uow.scalars(
        select(Transport)
        .where(
            Transport.organization_id == booking.organization_id,
            Transport.booking_id == booking.id,
            Transport.status.in_(OPEN),
        )
        # their routes are locked in turn: by id, as everywhere
        .order_by(Transport.route_id, Transport.id)
    )
    for ride in rides:
        await _cancel(uow, ride)
    return rides


async def _cancel(uow: UnitOfWork, transport: Transport) -> None:
    route = await route_of(uow, transport)
    await uow.transition(transport, TransportStatus.CANCELLED)
    uow.emit(EventType.TRANSPORT_CANCELLED, transport)
    if route is not None:
        await routes.drop_stops(uow, route, transport)


async def route_of(uow: UnitOfWork, transport: Transport) -> Route | None:
    """The route that a transport is on, both locked. Whoever waited for a planner looks again: it may be on another."""
    while True:
        route_id = transport.route_id
        route = await uow.fetch(Route, route_id, lock=True) if route_id else None
        await uow.fetch(Transport, transport.id, lock=True)
        if transport.route_id == route_id:
            return route
