"""Setting out, and dealing with stops one by one.

A phone that was offline tells things late, twice and in any order. So every verb says when it was, telling a thing
twice changes nothing, and what was overtaken by a later word only fills in what that left open.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.models import EventType, Route, RouteStatus, Stop, StopKind, StopStatus, Transport
from app.services import values
from app.services.routes import proving
from app.services.routes.tour import DRIVEN, OPEN, Tour
from app.settings import Settings
from app.uow import UnitOfWork

DEALT_WITH = (StopStatus.DONE, StopStatus.FAILED)


async def start_route(uow: UnitOfWork, settings: Settings, route_id: UUID) -> Route:
    """Set out. Told after a stop was (a phone that was offline), it changes nothing any more."""
    route = await uow.get(Route, route_id, lock=True)
    if route.status not in DRIVEN:
        tour = await Tour.of(uow, route)
        await tour.set_out()
        await tour.follow(settings)
    return route


async def arrive_at_stop(uow: UnitOfWork, settings: Settings, stop_id: UUID, at: datetime | None = None) -> Stop:
    """Reach a stop. Told after the stop was done, or put off, it only fills in the time."""
    tour, stop = await Tour.at(uow, stop_id)
    arrived_at = await tour.moment(at)
    put_off = stop.status is StopStatus.SKIPPED and stop.done_at is not None and arrived_at <= stop.done_at
    if stop.status in DEALT_WITH or put_off:
        await _fill_in_arrival(tour, stop, arrived_at)
    elif stop.status is not StopStatus.ARRIVED:
        tour.expect(stop, StopStatus.ARRIVED)
        await tour.set_out()
        await uow.transition(stop, StopStatus.ARRIVED, arrived_at=arrived_at, done_at=None)
        await tour.set_out_for(stop)
        uow.emit(EventType.STOP_ARRIVED, stop, tour.route, tour.ride(stop))
        await tour.follow(settings)
        await tour.touch()
    return stop


async def _fill_in_arrival(tour: Tour, stop: Stop, arrived_at: datetime) -> None:
    if stop.arrived_at is None:
        # nobody arrives after having left
        stop.arrived_at = min(arrived_at, stop.done_at or arrived_at)
        tour.uow.emit(EventType.STOP_ARRIVED, stop, tour.route, tour.ride(stop))
        await tour.touch()


async def complete_stop(
    uow: UnitOfWork,
    settings: Settings,
    stop_id: UUID,
    at: datetime | None = None,
    proof: Mapping[str, Any] | None = None,
) -> tuple[Stop, Stop | None]:
    """Deal with a stop, and head for the next; answers both. The last one completes the route.

    A dropoff that is told before its pickup says that the pickup was made, too.
    """
    tour, stop = await Tour.at(uow, stop_id)
    done_at, shown = await tour.moment(at), proving.Shown.of(proof)
    if stop.status is StopStatus.DONE:
        await _tell_again(tour, stop, at, shown)
        return stop, tour.next_stop
    tour.expect(stop, StopStatus.DONE)
    await proving.demand(uow, stop, tour.ride(stop), shown)
    await tour.set_out()
    if stop.kind is StopKind.DROPOFF:
        await tour.take_aboard(stop, done_at)
    await tour.make(stop, done_at)
    await proving.keep(uow, stop, tour.ride(stop), shown, done_at)
    await tour.follow(settings)
    following = await tour.go_on()
    await tour.touch()
    return stop, following


async def _tell_again(tour: Tour, stop: Stop, at: datetime | None, shown: proving.Shown) -> None:
    """Add what was not known of a stop that is done: proofs, and when a pickup was made that its dropoff implied."""
    ride = tour.ride(stop)
    added = await proving.keep(tour.uow, stop, ride, shown, at or tour.uow.now, again=True)
    dropoff = tour.implied_by(stop)
    if at is not None and at != stop.done_at and dropoff is not None and dropoff.done_at and at <= dropoff.done_at:
        stop.done_at = at
        added = True
    if added:
        tour.uow.emit(EventType.STOP_COMPLETED, stop, tour.route, ride)
        await tour.touch()


async def skip_stop(
    uow: UnitOfWork, settings: Settings, stop_id: UUID, notes: str | None = None, at: datetime | None = None
) -> tuple[Stop, Stop | None]:
    """Put a stop off; answers it and the next. It may still be reached, done or failed, and its route waits for that.

    Told after the stop was reached again, or dealt with, it changes nothing.
    """
    notes = values.text(notes, "notes")
    tour, stop = await Tour.at(uow, stop_id)
    skipped_at = await tour.moment(at)
    if stop.status is StopStatus.SKIPPED or _is_overtaken(tour, stop, skipped_at):
        return stop, tour.next_stop
    tour.expect(stop, StopStatus.SKIPPED)
    await tour.set_out()
    await uow.transition(stop, StopStatus.SKIPPED, done_at=skipped_at, notes=notes or stop.notes)
    uow.emit(EventType.STOP_SKIPPED, stop, tour.route, tour.ride(stop))
    await tour.redirect()
    await tour.follow(settings)
    following = await tour.go_on()
    await tour.touch()
    return stop, following


def _is_overtaken(tour: Tour, stop: Stop, at: datetime) -> bool:
    if stop.status is StopStatus.ARRIVED:
        return stop.arrived_at is not None and at < stop.arrived_at
    if stop.status not in DEALT_WITH:
        return False
    dealt_with_at = (tour.implied_by(stop) or stop).done_at
    return dealt_with_at is not None and at <= dealt_with_at


async def drop_stops(uow: UnitOfWork, route: Route, transport: Transport) -> None:
    """Take a cancelled transport's stops off a route; the route goes on without them."""
    tour = await Tour.of(uow, route)
    for stop in tour.stops:
        if stop.transport_id == transport.id and stop.status in OPEN:
            await tour.call_off(stop)
    if route.status is RouteStatus.IN_PROGRESS:
        await tour.go_on()
    await tour.redirect()
    await tour.touch()
