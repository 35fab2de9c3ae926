"""A driver's day: published, started, stop by stop, completed.

Whatever happens on a route locks its row first: a driver's phone, a dispatcher and a customer who cancels take turns.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.errors import InvalidTransition, NothingToPublish
from app.models import (
    Driver,
    DriverStatus,
    EventType,
    Route,
    RouteStatus,
    Stop,
    StopKind,
    StopStatus,
    Transport,
    TransportStatus,
)
from app.services import values
from app.uow import UnitOfWork

AHEAD = (StopStatus.PLANNED, StopStatus.ARRIVED)


async def publish_routes(uow: UnitOfWork, date: date) -> list[Route]:
    """Show the planned routes of a day to their drivers, and to customers when the driver comes."""
    planned = await uow.scalars(
        select(Route)
        .where(
            Route.organization_id == uow.viewer.organization_id,
            Route.date == date,
            Route.status == RouteStatus.OPTIMIZED,
        )
        .order_by(Route.id)
        .with_for_update()
    )
    if not planned:
        raise NothingToPublish()
    for route in planned:
        await uow.transition(route, RouteStatus.PUBLISHED)
        uow.emit(EventType.ROUTE_PUBLISHED, route)
    for transport in await _transports(uow, [route.id for route in planned]):
        uow.emit(EventType.TRANSPORT_SCHEDULED, transport)
    return list(planned)


async def _transports(uow: UnitOfWork, routes: Sequence[UUID]) -> Sequence[Transport]:
    return await uow.scalars(
        select(Transport)
        .where(
            Transport.organization_id == uow.viewer.organization_id,
            Transport.route_id.in_(routes),
            Transport.status == TransportStatus.ASSIGNED,
        )
        .order_by(Transport.id)
    )


async def call_off(uow: UnitOfWork, route: Route) -> None:
    """Give up a route that no driver has seen; its transports wait for the next plan."""
    for transport in await _transports(uow, [route.id]):
        uow.emit(EventType.TRANSPORT_UNASSIGNED, transport)
        await uow.transition(transport, TransportStatus.PENDING, driver_id=None, route_id=None)
    for stop in await _ahead(uow, route):
        await uow.transition(stop, StopStatus.CANCELLED)
    await uow.transition(route, RouteStatus.CANCELLED)
    uow.emit(EventType.ROUTE_CANCELLED, route)


async def start_route(uow: UnitOfWork, route_id: UUID) -> Route:
    """Set out: the driver is on the route, and on the way to its first pickup."""
    route = await uow.get(Route, route_id, lock=True)
    await uow.transition(route, RouteStatus.IN_PROGRESS)
    uow.emit(EventType.ROUTE_STARTED, route)
    await _driver_becomes(uow, route, DriverStatus.ON_ROUTE)
    await _head_for_next(uow, route)
    return route


async def arrive_at_stop(uow: UnitOfWork, stop_id: UUID, at: datetime | None = None) -> Stop:
    """Reach a stop. Told after the stop was done (a phone that was offline), it only fills in the time."""
    at = values.past(uow, at)
    stop, route = await _under_way(uow, stop_id)
    transport = await uow.fetch(Transport, stop.transport_id, lock=True)
    if stop.status is StopStatus.DONE and stop.arrived_at is None:
        stop.arrived_at = at
        await uow.flush()
    elif stop.status is not StopStatus.DONE:
        await uow.transition(stop, StopStatus.ARRIVED, arrived_at=at)
        await _set_out_for(uow, stop, transport)
        await _expect(uow, route, stop, at)
    else:
        return stop
    uow.emit(EventType.STOP_ARRIVED, stop, route, transport)
    await _touch(uow, route)
    return stop


async def complete_stop(uow: UnitOfWork, stop_id: UUID, at: datetime | None = None) -> tuple[Stop, Stop | None]:
    """Deal with a stop, and head for the next; answers both. The last one completes the route."""
    at = values.past(uow, at)
    stop, route = await _under_way(uow, stop_id)
    transport = await uow.fetch(Transport, stop.transport_id, lock=True)
    await uow.transition(stop, StopStatus.DONE, done_at=at)
    uow.emit(EventType.STOP_COMPLETED, stop, route, transport)
    if stop.kind is StopKind.PICKUP:
        await _set_out_for(uow, stop, transport)
        await uow.transition(transport, TransportStatus.PICKED_UP)
        uow.emit(EventType.TRANSPORT_PICKED_UP, transport)
    else:
        await uow.transition(transport, TransportStatus.DELIVERED)
        uow.emit(EventType.TRANSPORT_DELIVERED, transport)
    await _expect(uow, route, stop, at - timedelta(seconds=_service_s(stop, transport)))
    following = await _head_for_next(uow, route)
    await _touch(uow, route)
    return stop, following


def _service_s(stop: Stop, transport: Transport) -> int:
    return transport.pickup_service_s if stop.kind is StopKind.PICKUP else transport.dropoff_service_s


async def _under_way(uow: UnitOfWork, stop_id: UUID) -> tuple[Stop, Route]:
    """A stop of a route that was started, with the route locked."""
    seen = await uow.get(Stop, stop_id)
    route = await uow.fetch(Route, seen.route_id, lock=True)
    stop = await uow.get(Stop, stop_id, lock=True)
    over_but_late = route.status is RouteStatus.COMPLETED and stop.status is StopStatus.DONE
    if route.status is not RouteStatus.IN_PROGRESS and not over_but_late:
        raise InvalidTransition("route", route.status, RouteStatus.IN_PROGRESS)
    return stop, route


async def _set_out_for(uow: UnitOfWork, stop: Stop, transport: Transport) -> None:
    """Whoever reaches a pickup was on the way there, even if nobody said so."""
    if stop.kind is StopKind.PICKUP and transport.status is TransportStatus.ASSIGNED:
        await uow.transition(transport, TransportStatus.EN_ROUTE)
        uow.emit(EventType.TRANSPORT_EN_ROUTE, transport)


async def _head_for_next(uow: UnitOfWork, route: Route) -> Stop | None:
    """The next stop ahead, towards which the driver now is under way; none completes the route."""
    ahead = await _ahead(uow, route)
    if not ahead:
        await uow.transition(route, RouteStatus.COMPLETED)
        uow.emit(EventType.ROUTE_COMPLETED, route)
        await _driver_becomes(uow, route, DriverStatus.AVAILABLE)
        return None
    await _set_out_for(uow, ahead[0], await uow.fetch(Transport, ahead[0].transport_id, lock=True))
    return ahead[0]


async def _ahead(uow: UnitOfWork, route: Route) -> Sequence[Stop]:
    return await uow.scalars(
        select(Stop)
        .where(Stop.organization_id == route.organization_id, Stop.route_id == route.id, Stop.status.in_(AHEAD))
        .order_by(Stop.sequence)
    )


async def _expect(uow: UnitOfWork, route: Route, stop: Stop, arrived_at: datetime) -> None:
    """Shift what is ahead by how late the driver is; time won is not promised to customers."""
    late = max(arrived_at - stop.planned_at, timedelta())
    for later in await _ahead(uow, route):
        if later.status is StopStatus.PLANNED:
            later.eta = later.planned_at + late
    await uow.flush()


async def _driver_becomes(uow: UnitOfWork, route: Route, status: DriverStatus) -> None:
    driver = await uow.fetch(Driver, route.driver_id, lock=True)
    await uow.transition(driver, status)
    uow.emit(EventType.DRIVER_STATUS_CHANGED, driver, payload={"status": status})


async def _touch(uow: UnitOfWork, route: Route) -> None:
    """The route has changed for whoever follows it."""
    route.version += 1
    await uow.flush()


async def drop_stops(uow: UnitOfWork, route: Route, transport: Transport) -> None:
    """Take a cancelled transport's stops off a route; the route goes on without them."""
    for stop in await _ahead(uow, route):
        if stop.transport_id == transport.id:
            await uow.transition(stop, StopStatus.CANCELLED)
            uow.emit(EventType.STOP_CANCELLED, stop, route, transport)
    if route.status is RouteStatus.IN_PROGRESS:
        await _head_for_next(uow, route)
    await _touch(uow, route)
