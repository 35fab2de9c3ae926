"""Who drives what: a route for a shift that has none, and two drivers who change places."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Uuid, case, func, literal, select, update
from sqlalchemy.exc import IntegrityError

from app.errors import BadUserInput, InfeasibleRoute, InvalidTransition
from app.models import Driver, EventType, Route, RouteStatus, Shift, TransportStatus, Vehicle
from app.models.base import among
from app.services import values
from app.services.fleet.availability import plannable
from app.services.planning.by_hand import forced
from app.services.planning.hand import Hand
from app.services.planning.standing import UNSEEN
from app.settings import Settings
from app.uow import UnitOfWork, translate

SWAPPABLE = (*UNSEEN, RouteStatus.PUBLISHED)


async def create_route(uow: UnitOfWork, shift_id: UUID) -> Route:
    """An empty route for a shift, to be filled by hand."""
    shift = await uow.get(Shift, shift_id, lock=True)
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    route = await uow.add(
        Route(
            date=shift.starts_at.astimezone(zone).date(),
            status=RouteStatus.DRAFT,
            driver_id=shift.driver_id,
            vehicle_id=shift.vehicle_id,
            shift_id=shift.id,
            starts_at=shift.starts_at,
            ends_at=shift.starts_at,
            distance_m=0,
            duration_s=0,
        )
    )
    uow.emit(EventType.ROUTE_CHANGED, route)
    return route


async def swap_drivers(
    uow: UnitOfWork,
    settings: Settings,
    route_id: UUID,
    with_route_id: UUID,
    force: bool = False,
    reason: str | None = None,
) -> list[Route]:
    """Two drivers take over each other's shift, with its vehicle and all that is on its route, before either sets out.

    Raises `InfeasibleRoute` if a transport needs what its new driver cannot do, unless it is forced.
    """
    why = forced(force, reason)
    if route_id == with_route_id:
        raise BadUserInput("A driver changes places with another.", "withRouteId")
    seen = [await uow.get(Route, id) for id in (route_id, with_route_id)]
    if seen[0].date != seen[1].date:
        raise BadUserInput("Drivers change places within a day.", "withRouteId")
    shifts = await _lock(uow, [route.shift_id for route in seen])
    ids, date = [route.id for route in seen], seen[0].date
    before = await Hand.on(uow, settings, date, ids)
    routes = [before.route(id) for id in ids]
    for route in routes:
        if route.status not in SWAPPABLE:
            raise InvalidTransition("route", route.status, RouteStatus.PUBLISHED)
    as_it_was = {route.id: before.timed(route, before.calls(route)) for route in routes}
    await _swap(uow, *(shifts[route.shift_id] for route in routes))
    if await uow.first(_plannable(uow, date, list(shifts))) != len(shifts):
        raise BadUserInput("One of the two drivers cannot be planned at that time.", "withRouteId")
    await _hand_over(before, routes)
    after = await Hand.on(uow, settings, date, ids)
    for route in routes:
        worse = after.worse(route, as_it_was[route.id], after.timed(route, after.calls(route)))
        if worse and why is None:
            raise InfeasibleRoute(worse)
        route.forced_reason = why.reason if why and worse else route.forced_reason
    await uow.flush()
    return routes


async def _lock(uow: UnitOfWork, ids: list[UUID]) -> Mapping[UUID, Shift]:
    rows = await uow.scalars(
        select(Shift)
        .where(Shift.organization_id == uow.viewer.organization_id, among(Shift.id, ids))
        .order_by(Shift.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {shift.id: shift for shift in rows}


async def _swap(uow: UnitOfWork, one: Shift, other: Shift) -> None:
    """Raises `AlreadyExists` if a driver has another shift at the time of the one to take over."""
    drove = (one.driver_id, other.driver_id)
    # in one statement, at whose end it is checked that no driver has two shifts at once
    swapped = (
        update(Shift)
        .where(Shift.organization_id == one.organization_id, among(Shift.id, [one.id, other.id]))
        .values(
            driver_id=case(
                (Shift.id == one.id, literal(other.driver_id, Uuid())), else_=literal(one.driver_id, Uuid())
            ),
            version=Shift.version + 1,
            updated_at=uow.now,
        )
        .execution_options(synchronize_session=False)
    )
    try:
        await uow.session.execute(swapped)
    except IntegrityError as error:
        raise translate(error) from error
    for shift, before in zip((one, other), drove, strict=True):
        await uow.session.refresh(shift)
        uow.note(shift, driver_id=(before, shift.driver_id))
        uow.emit(EventType.SHIFT_UPDATED, shift)


def _plannable(uow: UnitOfWork, date: date, shifts: list[UUID]) -> Select[int]:
    """How many of them are."""
    return (
        select(func.count())
        .select_from(Shift)
        .join(Vehicle, (Vehicle.organization_id == Shift.organization_id) & (Vehicle.id == Shift.vehicle_id))
        .join(Driver, (Driver.organization_id == Shift.organization_id) & (Driver.id == Shift.driver_id))
        .where(Shift.organization_id == uow.viewer.organization_id, among(Shift.id, shifts), *plannable(date))
    )


async def _hand_over(hand: Hand, routes: list[Route]) -> None:
    """Each route, and what is on it, is the other driver's now."""
    uow, (one, other) = hand.uow, routes
    former = {one.id: one.driver_id, other.id: other.driver_id}
    one.driver_id, other.driver_id = other.driver_id, one.driver_id
    for route in routes:
        route.version += 1
        uow.emit(EventType.ROUTE_DRIVER_CHANGED, route, former_driver_id=former[route.id])
    for ride in hand.standing.transports.values():
        if ride.route_id in former and ride.status is TransportStatus.ASSIGNED:
            was = former[ride.route_id]
            ride.driver_id = next(route.driver_id for route in routes if route.id == ride.route_id)
            ride.version += 1
            uow.emit(EventType.TRANSPORT_ASSIGNED, ride, former_driver_id=was)
    await uow.flush()
