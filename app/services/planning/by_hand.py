"""Changing a plan by hand: moving a transport, finding the best place for one, taking one off."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from app.errors import BadUserInput, InvalidTransition, NoPlaceFound
from app.models import Organization, Route, Transport, TransportStatus
from app.services import values
from app.services.planning.costs import costs_of
from app.services.planning.day import Day
from app.services.planning.hand import Change, Forced, Hand
from app.services.planning.laying import Layer
from app.services.planning.standing import SEEN, UNSEEN, of_routes
from app.services.routing import problem as routing
from app.services.routing.alone import obstacle
from app.services.routing.insertion import Insertion, at_position, best_insertion
from app.settings import Settings
from app.uow import UnitOfWork

LOOKS = 3
"""How often the best place is looked for anew, if the route that has it changes meanwhile."""


def forced(force: bool, reason: str | None) -> Forced | None:
    """What somebody says who breaks rules."""
    why = values.text(reason, "reason")
    if force and why is None:
        raise BadUserInput("Say why the rules are broken.", "reason")
    return Forced(why) if force else None


async def move_transport(
    uow: UnitOfWork,
    settings: Settings,
    transport_id: UUID,
    route_id: UUID,
    position: int,
    dropoff_position: int | None = None,
    force: bool = False,
    reason: str | None = None,
    pin: bool = True,
    preview: bool = False,
) -> Change:
    """Put a transport's pickup at a place of a route, counted from 1 among its stops as they are afterwards; the
    dropoff too, or at the best place behind. Of what is aboard, it is the dropoff that moves."""
    why = forced(force, reason)
    route = await uow.get(Route, route_id)
    hand = await _in_hand(uow, settings, transport_id, route, pin)
    target, ride = hand.route(route_id), hand.ride(transport_id)
    _check_movable(hand, ride, target)
    calls = _placed(hand, target, ride, position, dropoff_position)
    return await _put(hand, target, ride, calls, why, pin=pin, preview=preview)


class _Moved(Exception):
    """What was taken in hand is not where it was. All of it is let go of again, for locks are taken in one order."""


async def _in_hand(uow: UnitOfWork, settings: Settings, transport_id: UUID, route: Route, pin: bool) -> Hand:
    """The transport, the route and the one that it is on; whoever waited for these looks again where it is."""
    ride = await uow.get(Transport, transport_id)
    free = {transport_id} if pin else set[UUID]()
    while True:
        on = {route.id, *([ride.route_id] if _is_on_route(ride) and ride.route_id else [])}
        with suppress(_Moved):
            async with uow.session.begin_nested():
                hand = await Hand.on(uow, settings, route.date, on, {transport_id}, free=free)
                if _is_on_route(ride) and ride.route_id not in on:
                    raise _Moved
                return hand


def _is_on_route(ride: Transport) -> bool:
    return ride.status in (TransportStatus.ASSIGNED, TransportStatus.EN_ROUTE, TransportStatus.PICKED_UP)


def _check_movable(hand: Hand, ride: Transport, target: Route) -> None:
    """What a driver has set out for stays on the route."""
    stays = {stop.transport_id for stop in hand.standing.ahead(target)}
    if ride.status in (TransportStatus.PENDING, TransportStatus.ASSIGNED):
        return
    if ride.id not in stays:
        raise InvalidTransition("transport", ride.status, TransportStatus.ASSIGNED)


def _placed(
    hand: Hand, route: Route, ride: Transport, position: int, dropoff_position: int | None
) -> list[routing.Call]:
    """The calls of a route with the transport where somebody wants it."""
    calls, prefix = hand.calls(route), hand.vehicles[route.shift_id].prefix
    request, behind = hand.problem.by_key[ride.id], hand.behind(route)
    moving = [call for call in request.calls if call not in prefix]
    if not moving:
        raise BadUserInput("The driver is there already.", "position")
    others = [call for call in calls if call not in moving]
    at = values.between(position, behind + len(prefix) + 1, behind + len(others) + 1, "position") - behind - 1
    if len(moving) == 1:
        if moving[0].kind is routing.StopKind.DROPOFF and any(call.request == ride.id for call in others[at:]):
            raise BadUserInput("A dropoff comes behind its pickup.", "position")
        return [*others[:at], *moving, *others[at:]]
    if dropoff_position is None:
        return list(at_position(hand.problem, hand.vehicles[route.shift_id], others, request, at).calls)
    to = values.between(dropoff_position, position + 1, behind + len(others) + 2, "dropoffPosition") - behind - 1
    placed = [*others[:at], moving[0], *others[at:]]
    return [*placed[:to], moving[1], *placed[to:]]


async def _put(
    hand: Hand,
    target: Route,
    ride: Transport,
    calls: Sequence[routing.Call],
    why: Forced | None,
    *,
    pin: bool,
    preview: bool,
) -> Change:
    """The transport onto this route, and off the one that it was on."""
    others: dict[UUID, Sequence[routing.Call]] = {
        route.shift_id: [call for call in hand.calls(route) if call.request != ride.id]
        for route in hand.standing.open_routes
        if route.id == ride.route_id != target.id and _is_on_route(ride)
    }
    if pin and not preview:
        _pin(ride, target)
    # only what is put somewhere can break a rule; what is left without it is timed as well as can be
    return await hand.change(target, {target.shift_id: calls}, why, others=others, preview=preview)


def _pin(ride: Transport, route: Route) -> None:
    ride.pinned_route_id = route.id
    if ride.pinned_driver_id not in (None, route.driver_id):
        ride.pinned_driver_id = None


async def insert_transport(
    uow: UnitOfWork,
    settings: Settings,
    transport_id: UUID,
    route_id: UUID | None = None,
    force: bool = False,
    reason: str | None = None,
    pin: bool = False,
    preview: bool = False,
) -> Change:
    """Put a transport that waits where that costs least: on one route, or on any of its day. Raises `NoPlaceFound`."""
    why = forced(force, reason)
    ride = await uow.get(Transport, transport_id)
    _expect_waiting(ride)
    day = await _local_date(uow, ride) if route_id is None else (await uow.get(Route, route_id)).date
    for _ in range(LOOKS):
        routes = [route_id] if route_id else await _open_routes(uow, day)
        best = await _best(uow, settings, day, routes, ride)
        chosen = best or route_id
        if chosen is None:
            raise NoPlaceFound(await _why_not(uow, settings, day, routes, ride))
        with suppress(_Moved):
            async with uow.session.begin_nested():
                hand = await Hand.on(uow, settings, day, {chosen}, {transport_id}, free={transport_id} if pin else ())
                place = _place(hand, transport_id)
                if place is None and best is not None:
                    raise _Moved
                target = hand.route(chosen)
                calls = place.calls if place else _by_time(hand, target, hand.problem.by_key[ride.id])
            return await _put(hand, target, ride, calls, why, pin=pin, preview=preview)
    raise NoPlaceFound(routing.Reason.NOT_ENOUGH_ROOM)


def _place(hand: Hand, transport_id: UUID) -> Insertion | None:
    """Where a transport that waits costs least. Raises `InvalidTransition` if it does not wait any more."""
    ride = hand.ride(transport_id)
    _expect_waiting(ride)
    return best_insertion(hand.problem, hand.day.orders, hand.problem.by_key[ride.id])


def _expect_waiting(ride: Transport) -> None:
    if ride.status is not TransportStatus.PENDING:
        raise InvalidTransition("transport", ride.status, TransportStatus.ASSIGNED)


async def _local_date(uow: UnitOfWork, ride: Transport) -> date:
    zone = select(func.timezone(Organization.time_zone, ride.pickup_from)).where(
        Organization.id == uow.viewer.organization_id
    )
    local = await uow.first(zone)
    if local is None:
        raise LookupError("an organization has a time zone")
    found: date = local.date()
    return found


async def _open_routes(uow: UnitOfWork, day: date) -> Sequence[UUID]:
    return await uow.scalars(
        select(Route.id)
        .where(
            Route.organization_id == uow.viewer.organization_id,
            Route.date == day,
            Route.status.in_((*UNSEEN, *SEEN)),
            Route.forced_reason.is_(None),
        )
        .order_by(Route.id)
    )


async def _alone(
    uow: UnitOfWork, settings: Settings, day: date, routes: Collection[UUID], ride: Transport
) -> list[Hand]:
    """Each route by itself, unlocked: so that nobody waits while the best is looked for."""
    standing = await of_routes(uow, day, routes, {ride.id}, lock=False)
    costs = costs_of(standing.shifts.values())
    return [
        await Hand.of(uow, settings, Day(standing.only(shift_id, ride.id), by_hand=True, costs=costs))
        for shift_id in standing.routes
    ]


async def _best(
    uow: UnitOfWork, settings: Settings, day: date, routes: Collection[UUID], ride: Transport
) -> UUID | None:
    """The route on which the transport costs least."""
    found: list[tuple[int, UUID]] = []
    for hand in await _alone(uow, settings, day, routes, ride):
        place = _place(hand, ride.id)
        if place is not None:
            found.append((place.cost, next(iter(hand.standing.routes.values())).id))
    return min(found)[1] if found else None


async def _why_not(
    uow: UnitOfWork, settings: Settings, day: date, routes: Collection[UUID], ride: Transport
) -> routing.Reason:
    """Of the reasons of all routes, the one that comes nearest to a place."""
    reasons = list(routing.Reason)
    found = [
        obstacle(hand.problem, hand.problem.by_key[ride.id]) or routing.Reason.NOT_ENOUGH_ROOM
        for hand in await _alone(uow, settings, day, routes, ride)
    ]
    return max(found, key=reasons.index, default=routing.Reason.NO_VEHICLE)


def _by_time(hand: Hand, route: Route, request: routing.Request) -> tuple[routing.Call, ...]:
    """Where there is no place at all: among the stops that are planned before its window closes."""
    planned = hand.timed(route, hand.calls(route)).planned
    visit = request.pickup or request.dropoff
    earlier = sum(stop.start_s <= visit.windows[-1].close_s for stop in planned.stops)
    return at_position(hand.problem, hand.vehicles[route.shift_id], hand.calls(route), request, earlier).calls


async def remove_transport(
    uow: UnitOfWork, settings: Settings, transport_id: UUID, preview: bool = False
) -> tuple[Transport, Change]:
    """Take a transport off its route before anybody has set out for it; it waits to be planned again."""
    ride = await uow.get(Transport, transport_id)
    hand, route = await _on_its_route(uow, settings, ride)
    rest = [call for call in hand.calls(route) if call.request != ride.id]
    change = await hand.change(hand.route(route.id), {}, None, others={route.shift_id: rest}, preview=preview)
    if not preview:
        ride.pinned_route_id = None if ride.pinned_route_id == route.id else ride.pinned_route_id
        Layer(uow, hand.day).release(ride, None)
        await uow.flush()
    return ride, change


async def _on_its_route(uow: UnitOfWork, settings: Settings, ride: Transport) -> tuple[Hand, Route]:
    while True:
        if ride.status is not TransportStatus.ASSIGNED or ride.route_id is None:
            raise InvalidTransition("transport", ride.status, TransportStatus.PENDING)
        route = await uow.fetch(Route, ride.route_id)
        with suppress(_Moved):
            async with uow.session.begin_nested():
                hand = await Hand.on(uow, settings, route.date, {route.id}, {ride.id})
                if ride.status is not TransportStatus.ASSIGNED or ride.route_id != route.id:
                    raise _Moved
                return hand, route
