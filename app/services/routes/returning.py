"""Bringing back what could not be delivered."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.models import Place, Shift, Stop, StopKind, Transport
from app.models.base import among
from app.services import travel, values
from app.services.routes.tour import OPEN, Tour
from app.services.routing.matrix import Departure
from app.services.routing.problem import Location, Matrix
from app.services.transports.windows import hull
from app.settings import Settings


async def plan_return(tour: Tour, settings: Settings, failed: Stop, at: datetime) -> Stop:
    """A stop where the load came from: behind the failed one, where it is the least way round of those that make nobody
    late, or else of all."""
    ride = tour.ride(failed)
    way = [failed, *(stop for stop in tour.stops if stop.status in OPEN and stop.sequence > failed.sequence)]
    matrix = await _travel(tour, settings, way, ride, at)
    delays = [timedelta(seconds=way_s + ride.dropoff_service_s) for way_s in _ways_round_s(matrix, len(way))]
    ranks = [(_makes_late(tour, way[number + 1 :], delay), delay, number) for number, delay in enumerate(delays)]
    before = way[min(ranks)[-1]]
    await _make_room(tour, before.sequence + 1)
    back = await tour.uow.add(
        Stop(
            route_id=tour.route.id,
            transport_id=ride.id,
            place_id=ride.pickup_place_id,
            sequence=before.sequence + 1,
            kind=StopKind.RETURN,
            planned_at=max(at, before.planned_at),
        )
    )
    tour.stops = sorted([*tour.stops, back], key=lambda stop: stop.sequence)
    return back


async def _travel(tour: Tour, settings: Settings, way: Sequence[Stop], ride: Transport, at: datetime) -> Matrix:
    """Between the stops of the way, the place to go back to, and the one where the shift ends, if there is one."""
    uow = tour.uow
    end_id = (await uow.fetch(Shift, tour.route.shift_id)).end_place_id
    ids = [*(stop.place_id for stop in way), ride.pickup_place_id, *([end_id] if end_id else [])]
    rows = await uow.scalars(
        select(Place).where(Place.organization_id == uow.viewer.organization_id, among(Place.id, set(ids)))
    )
    places = {place.id: Location(place.latitude, place.longitude) for place in rows}
    local = at.astimezone(ZoneInfo((await values.organization(uow)).time_zone))
    return (await travel.known(uow, settings, [Departure.at(places[id], local) for id in ids])).matrix


def _ways_round_s(matrix: Matrix, stops: int) -> Iterator[int]:
    """How much longer the way is if one goes back behind each of its stops."""
    durations, back = matrix.duration_s, stops
    for here in range(stops):
        # behind the last stop comes the end of the shift, which has the last number; an open route has none
        following = here + 1 if here + 1 < stops else back + 1
        yield durations[here][back] + (
            durations[back][following] - durations[here][following] if following < len(durations) else 0
        )


def _makes_late(tour: Tour, later: Sequence[Stop], delay: timedelta) -> bool:
    """Whether somebody who is expected within the window would not be any more."""
    for stop in later:
        eta, closes_at = stop.eta or stop.planned_at, _closes_at(stop, tour.ride(stop))
        if closes_at is not None and eta <= closes_at < eta + delay:
            return True
    return False


def _closes_at(stop: Stop, ride: Transport) -> datetime | None:
    """What goes back may come whenever it does."""
    if stop.kind is StopKind.RETURN:
        return None
    return hull(ride, "pickup" if stop.kind is StopKind.PICKUP else "dropoff")[1]


async def _make_room(tour: Tour, sequence: int) -> None:
    """Everything from a place of the route on moves on by one."""
    later = [stop for stop in tour.stops if stop.sequence >= sequence]
    if not later:
        return
    await tour.uow.session.execute(
        update(Stop)
        .where(Stop.organization_id == tour.route.organization_id, among(Stop.id, [stop.id for stop in later]))
        .values(sequence=Stop.sequence + 1, updated_at=tour.uow.now)
        .execution_options(synchronize_session=False)
    )
    for stop in later:
        set_committed_value(stop, "sequence", stop.sequence + 1)
