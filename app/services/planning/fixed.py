"""What of a route is done or under way, and so not the planner's to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.models import Route, RouteStatus, Stop, StopKind, StopStatus, Transport, TransportStatus
from app.services.planning.standing import AHEAD
from app.services.routing import problem as routing

ABOARD = (TransportStatus.PICKED_UP, TransportStatus.FAILED)


def call_of(stop: Stop) -> routing.Call:
    """To the planner, bringing something back is bringing it somewhere."""
    kind = routing.StopKind.PICKUP if stop.kind is StopKind.PICKUP else routing.StopKind.DROPOFF
    return routing.Call(stop.transport_id, kind)


def uuid_of(key: routing.Key) -> UUID:
    """The row behind a key of the planner's."""
    return key if isinstance(key, UUID) else UUID(key)


@dataclass(frozen=True)
class Fixed:
    """prefix: the stops the driver is at, or the one on the way to. aboard: what was picked up, or comes back after a
    failure. held: whose driver is on the way to them. last: where the driver was seen last, and when it was free
    there."""

    prefix: tuple[routing.Call, ...] = ()
    aboard: frozenset[UUID] = frozenset()
    held: frozenset[UUID] = frozenset()
    last: tuple[UUID, datetime] | None = None
    waiting_since: datetime | None = None
    """When the driver arrived where the prefix begins, if it has."""
    fetched: Mapping[UUID, datetime] = field(default_factory=dict)
    """When what is aboard was picked up."""

    @property
    def bound(self) -> frozenset[UUID]:
        """Transports that stay on the route whatever happens."""
        return self.aboard | self.held | {uuid_of(call.request) for call in self.prefix}

    @classmethod
    def of(cls, route: Route | None, stops: Sequence[Stop], transports: Mapping[UUID, Transport]) -> "Fixed":
        if route is None or route.status is not RouteStatus.IN_PROGRESS:
            return cls()
        ahead = [stop for stop in stops if stop.status in AHEAD and stop.transport_id in transports]
        aboard = {
            stop.transport_id
            for stop in ahead
            if stop.kind is not StopKind.PICKUP and transports[stop.transport_id].status in ABOARD
        }
        here = [stop for stop in ahead if stop.status is StopStatus.ARRIVED]
        return cls(
            prefix=_possible(here or _next(ahead, aboard), aboard),
            aboard=frozenset(aboard),
            held=frozenset(
                stop.transport_id for stop in ahead if transports[stop.transport_id].status is TransportStatus.EN_ROUTE
            ),
            last=_last(stops),
            waiting_since=min((stop.arrived_at for stop in here if stop.arrived_at), default=None),
            fetched={
                stop.transport_id: stop.done_at for stop in stops if stop.kind is StopKind.PICKUP and stop.done_at
            },
        )


def _next(ahead: Sequence[Stop], aboard: set[UUID]) -> list[Stop]:
    """The one that the driver goes to: the first that was not put off and can be done."""
    return [
        stop
        for stop in ahead
        if stop.status is StopStatus.PLANNED and (stop.kind is StopKind.PICKUP or stop.transport_id in aboard)
    ][:1]


def _possible(stops: Sequence[Stop], aboard: set[UUID]) -> tuple[routing.Call, ...]:
    """Who waits at a dropoff before the pickup is told of as done is not there as far as the planner can tell."""
    fetched = set(aboard)
    calls = []
    for stop in stops:
        if stop.kind is StopKind.PICKUP:
            fetched.add(stop.transport_id)
        elif stop.transport_id not in fetched:
            continue
        calls.append(call_of(stop))
    return tuple(calls)


def _last(stops: Sequence[Stop]) -> tuple[UUID, datetime] | None:
    """The place of the stop that was dealt with last."""
    done = [(stop.done_at, stop.place_id) for stop in stops if stop.done_at is not None and stop.status not in AHEAD]
    if not done:
        return None
    done_at, place_id = max(done, key=lambda one: one[0])
    return place_id, done_at
