"""A day as a problem: rows written down as seconds and indices, what is under way as what cannot be changed."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from app.models import Position, Priority, Route, RouteStatus, Shift, StopKind, StopStatus, Transport
from app.services.planning.costs import costs_of
from app.services.planning.fixed import Fixed, call_of, uuid_of
from app.services.planning.relief import relieved
from app.services.planning.standing import Standing
from app.services.routing import problem as routing
from app.services.routing.matrix import Departure
from app.services.transports.windows import End, windows

PRIORITIES = list(Priority)
MUST = len(PRIORITIES)
"""Rank of what its driver is on the way to: above every request."""
ALWAYS = routing.Window(-(10**9), 10**9)
FRESH = timedelta(minutes=5)
"""A driver's position that is younger tells where the vehicle is."""
BALANCE = 3
"""If work is to be shared, a second less for the busiest is worth so many seconds of all others."""


class Elsewhere(LookupError):
    """A place that travel times are not known of."""


@dataclass
class Day:
    """Places are numbered first, once for each hour in which they are left: `departures`. With the travel times
    between these comes the problem."""

    standing: Standing
    goals: routing.Goals = field(default_factory=routing.Goals)
    numbers: dict[Departure, int] = field(default_factory=dict)
    known_only: bool = False
    """Whether places that have no number yet are to do without: nobody can be asked for travel times now."""
    by_hand: bool = False
    """Whether somebody looks at shifts that nobody would plan."""
    free: frozenset[UUID] = frozenset()
    """Transports whose pins do not count: somebody moves them."""
    costs: Mapping[UUID, routing.Costs] | None = None

    def __post_init__(self) -> None:
        self._spans: dict[int, routing.Window] = {}
        self.fixed = {
            id: Fixed.of(route, self.standing.stops.get(route.id, ()) if route else (), self.standing.transports)
            for id, route in ((id, self.standing.routes.get(id)) for id in self.standing.shifts)
        }
        self.bound_to = {ride: shift for shift, fixed in self.fixed.items() for ride in fixed.bound}
        self.vehicles = list(self._vehicles())
        self.requests = list(self._requests())

    @property
    def departures(self) -> list[Departure]:
        return list(self.numbers)

    def instant(self, seconds: int) -> datetime:
        return self.standing.epoch + timedelta(seconds=seconds)

    def problem(self, matrix: routing.Matrix) -> routing.Problem:
        problem = routing.Problem(
            tuple(departure.location for departure in self.numbers),
            matrix,
            tuple(self.requests),
            tuple(replace(vehicle, shift=self._shift(vehicle, matrix)) for vehicle in self.vehicles),
            self._weighed(),
        )
        return relieved(problem, self.minimum)

    @cached_property
    def orders(self) -> routing.Orders:
        """What is ahead of each route as it is now, what is under way first."""
        known = {request.key for request in self.requests}
        orders: dict[routing.Key, list[routing.Call]] = {}
        for id, route in self.standing.routes.items():
            first = self.fixed[id].prefix
            calls = [call_of(stop) for stop in self.standing.ahead(route) if stop.transport_id in known]
            orders[id] = [*first, *(call for call in calls if call not in first)]
        return orders

    @property
    def current(self) -> routing.Orders | None:
        """The same, if there is anything to go on from. Work is shared anew: from a plan of few vehicles, each step
        towards more of them costs before it pays."""
        return self.orders if any(self.orders.values()) and not self.goals.balance else None

    @cached_property
    def minimum(self) -> routing.Orders:
        """The part of the orders that must be driven."""
        return {
            id: [call for call in self.orders.get(id, ()) if call.request in fixed.bound]
            for id, fixed in self.fixed.items()
            if fixed.bound
        }

    # what is where when

    def _seconds(self, instant: datetime) -> float:
        return (instant - self.standing.epoch).total_seconds()

    def _window(self, earliest: datetime, latest: datetime) -> routing.Window:
        opens = math.ceil(self._seconds(earliest))
        return routing.Window(opens, max(opens, math.floor(self._seconds(latest))))

    @property
    def now_s(self) -> int:
        return math.ceil(self._seconds(self.standing.now))

    @property
    def wanted(self) -> list[list[bool]]:
        """`wanted[a][b]`: whether anybody can be at b after having been at a, by the times of both."""
        spans = [self._spans[number] for number in range(len(self.numbers))]
        return [[a.open_s <= b.close_s for b in spans] for a in spans]

    def _place(self, location: routing.Location, at: datetime, span: routing.Window) -> int:
        """The number of a place where somebody is within this span, and which is left about then."""
        number = self._number(location, at)
        known = self._spans.get(number, span)
        self._spans[number] = routing.Window(min(known.open_s, span.open_s), max(known.close_s, span.close_s))
        return number

    def _number(self, location: routing.Location, at: datetime) -> int:
        local = at.astimezone(self.standing.zone)
        departure = Departure.at(location, local)
        if self.known_only and departure not in self.numbers:
            near = [
                (abs(known.hour - local.hour), number)
                for known, number in self.numbers.items()
                if known.location == location
            ]
            if not near:
                raise Elsewhere
            return min(near)[1]
        return self.numbers.setdefault(departure, len(self.numbers))

    # vehicles

    def _vehicles(self) -> Iterator[routing.Vehicle]:
        for shift in self.standing.shifts.values():
            with suppress(Elsewhere):
                if (vehicle := self._vehicle(shift)) is not None:
                    yield vehicle

    def _vehicle(self, shift: Shift) -> routing.Vehicle | None:
        """A shift, or what is left of it; None if nothing is."""
        fixed, route, crew = self.fixed[shift.id], self.standing.routes.get(shift.id), self.standing.crews[shift.id]
        opens_at = self._opens_at(shift, route)
        if (opens_at >= shift.ends_at or not crew.plannable) and not fixed.bound and not self.by_hand:
            return None
        if self.known_only and not self._knows(*self._places_of(fixed.bound)):
            raise Elsewhere
        if fixed.last is not None:
            # who writes the plan starts there, if the driver's position is too old by then
            self._place(self.standing.places[fixed.last[0]], opens_at, self._window(opens_at, opens_at))
        capacity = crew.vehicle.capacity if crew.vehicle.capacity is not None else crew.vehicle_type.capacity
        equipment = {*crew.vehicle_type.equipment, *crew.vehicle.equipment}
        end = None if shift.end_place_id is None else self.standing.places[shift.end_place_id]
        return routing.Vehicle(
            key=shift.id,
            start=self._place(self._start(shift), opens_at, self._window(opens_at, opens_at)),
            end=None if end is None else self._place(end, shift.ends_at, ALWAYS),
            shift=self._window(opens_at, shift.ends_at),
            capacity=self._vector(capacity),
            features=_features(equipment, crew.driver.skills),
            breaks=tuple(self._breaks(shift, route, opens_at)),
            duration_s_max=self._left(shift.duration_s_max, route),
            driving_s_max=self._left(shift.driving_s_max, route, self._serving_s(route)),
            costs=self._costs[shift.id],
            prefix=fixed.prefix,
        )

    def _knows(self, *places: routing.Location) -> bool:
        """Whether travel times are known of these."""
        return {departure.location for departure in self.numbers}.issuperset(places)

    def _places_of(self, rides: Iterable[UUID]) -> list[routing.Location]:
        found, places = [self.standing.transports[id] for id in rides], self.standing.places
        return [places[id] for ride in found for id in (ride.pickup_place_id, ride.dropoff_place_id)]

    @cached_property
    def _costs(self) -> Mapping[UUID, routing.Costs]:
        return self.costs or costs_of(self.standing.shifts.values())

    def _opens_at(self, shift: Shift, route: Route | None) -> datetime:
        opens_at = max(shift.starts_at, self.standing.now)
        resting = [rest for rest in _rests(route) if rest[0] <= self.standing.now < rest[1]]
        return max([opens_at, *(until for _, until in resting)])

    def _start(self, shift: Shift) -> routing.Location:
        """Where the vehicle is: at a stop, where its driver was seen, where it was last, or where the shift begins."""
        fixed, position = self.fixed[shift.id], self._position(shift)
        if fixed.waiting_since is not None and fixed.prefix:
            return self._location_of(fixed.prefix[0])
        if position is not None:
            return routing.Location(position.latitude, position.longitude)
        return self.standing.places[fixed.last[0] if fixed.last else shift.start_place_id]

    def _position(self, shift: Shift) -> Position | None:
        """Where a driver under way was seen since the last stop, if that was lately."""
        position = self.standing.positions.get(shift.driver_id)
        if position is None or not self._under_way(self.standing.routes.get(shift.id)):
            return None
        if self.known_only and not self._knows(routing.Location(position.latitude, position.longitude)):
            return None
        last = self.fixed[shift.id].last
        newest = max(self.standing.now - FRESH, last[1] if last else self.standing.now - FRESH)
        return position if position.recorded_at >= newest else None

    @staticmethod
    def _under_way(route: Route | None) -> bool:
        return route is not None and route.status is RouteStatus.IN_PROGRESS

    def _shift(self, vehicle: routing.Vehicle, matrix: routing.Matrix) -> routing.Window:
        """A driver who is under way, and was not seen since the last stop, left it then, but is not there yet."""
        id = uuid_of(vehicle.key)
        fixed, shift = self.fixed[id], self.standing.shifts[id]
        if fixed.last is None or not fixed.prefix or fixed.waiting_since is not None or self._position(shift):
            return vehicle.shift
        way_s = matrix.duration_s[vehicle.start][self._number_of(fixed.prefix[0])]
        left_s = max(math.ceil(self._seconds(max(fixed.last[1], shift.starts_at))), vehicle.shift.open_s - way_s)
        return replace(vehicle.shift, open_s=min(left_s, vehicle.shift.open_s))

    def _number_of(self, call: routing.Call) -> int:
        request = next(request for request in self.requests if request.key == call.request)
        return request.visit(call.kind).location

    def _location_of(self, call: routing.Call) -> routing.Location:
        ride = self.standing.transports[uuid_of(call.request)]
        goes_to_pickup = call.kind is routing.StopKind.PICKUP or ride.id in self._returning
        return self.standing.places[ride.pickup_place_id if goes_to_pickup else ride.dropoff_place_id]

    def _breaks(self, shift: Shift, route: Route | None, opens_at: datetime) -> list[routing.Break]:
        """Those that are still to come: who is under way has taken them as planned, or has missed them."""
        breaks = []
        for rest in shift.breaks:
            earliest, latest = datetime.fromisoformat(rest["from"]), datetime.fromisoformat(rest["until"])
            taken = any(earliest <= begun <= min(latest, self.standing.now) for begun, _ in _rests(route))
            if latest >= opens_at and not (self._under_way(route) and taken):
                breaks.append(routing.Break(self._window(earliest, latest), rest["duration_s"]))
        return breaks

    def _left(self, limit_s: int | None, route: Route | None, less_s: int = 0) -> int | None:
        """What is left of a limit since the route set out. Waiting counts as driving: nobody has measured either."""
        if limit_s is None or route is None or not self._under_way(route):
            return limit_s
        passed_s = max(0, math.ceil((self.standing.now - route.starts_at).total_seconds()) - less_s)
        return max(1, limit_s - passed_s)

    def _serving_s(self, route: Route | None) -> int:
        """Seconds of service at the stops that are done."""
        if route is None:
            return 0
        spans = [
            stop.done_at - stop.arrived_at
            for stop in self.standing.stops.get(route.id, ())
            if stop.done_at is not None and stop.arrived_at is not None and stop.status is StopStatus.DONE
        ]
        return max(0, int(sum((span.total_seconds() for span in spans), 0.0)))

    # requests

    @cached_property
    def _dimensions(self) -> list[str]:
        return sorted({name for ride in self.standing.transports.values() for name in ride.demand})

    def _vector(self, amounts: Mapping[str, int]) -> tuple[int, ...]:
        return tuple(amounts.get(name, 0) for name in self._dimensions)

    @cached_property
    def _returning(self) -> frozenset[UUID]:
        """Transports that failed and go back to where they were picked up."""
        return frozenset(
            stop.transport_id
            for route in self.standing.open_routes
            for stop in self.standing.ahead(route)
            if stop.kind is StopKind.RETURN
        )

    def _requests(self) -> Iterator[routing.Request]:
        driven = {vehicle.key for vehicle in self.vehicles}
        for ride in self.standing.transports.values():
            bound_to = self.bound_to.get(ride.id)
            if bound_to is None or bound_to in driven:
                with suppress(Elsewhere):
                    yield self._request(ride, bound_to)

    def _request(self, ride: Transport, bound_to: UUID | None) -> routing.Request:
        aboard = bound_to is not None and ride.id in self.fixed[bound_to].aboard
        return routing.Request(
            key=ride.id,
            pickup=None if aboard else self._visit(ride, "pickup"),
            dropoff=self._return(ride, bound_to) if ride.id in self._returning else self._visit(ride, "dropoff"),
            demand=self._vector(ride.demand),
            priority=PRIORITIES.index(ride.priority) if bound_to is None else MUST,
            needs=_features(ride.required_equipment, ride.required_skills),
            ride_s_max=ride.ride_s_max,
            load_class=ride.load_class,
            apart_from=frozenset(ride.apart_from),
            allowed=self._allowed(ride) if bound_to is None else frozenset({bound_to}),
            forbidden=frozenset() if bound_to is not None else self._closed,
        )

    def _visit(self, ride: Transport, end: End) -> routing.Visit:
        spans = windows(ride, end)
        middle = spans[0][0] + (spans[-1][1] - spans[0][0]) / 2
        found = self._in_time(ride, end, _apart(self._window(*span) for span in spans))
        # what is late already may still be served
        span = routing.Window(found[0].open_s, found[-1].close_s) if ride.id not in self.bound_to else ALWAYS
        place = self.standing.places[getattr(ride, f"{end}_place_id")]
        left_at = max(middle, min(self.standing.now, spans[-1][1]))
        return routing.Visit(self._place(place, left_at, span), found, self._service_s(ride, end))

    def _in_time(self, ride: Transport, end: End, spans: tuple[routing.Window, ...]) -> tuple[routing.Window, ...]:
        """For what is aboard, the longest ride is an end of the windows of its dropoff, if they leave it any time."""
        bound_to = self.bound_to.get(ride.id)
        fetched_at = self.fixed[bound_to].fetched.get(ride.id) if bound_to else None
        if end == "pickup" or ride.ride_s_max is None or fetched_at is None:
            return spans
        until_s = math.floor(self._seconds(fetched_at)) + ride.ride_s_max
        short = tuple(routing.Window(s.open_s, min(s.close_s, until_s)) for s in spans if s.open_s <= until_s)
        return short or spans[:1]

    def _return(self, ride: Transport, bound_to: UUID | None) -> routing.Visit:
        """There at any time before the shift is over."""
        shift = self.standing.shifts[bound_to] if bound_to else None
        until = max(self.standing.now, shift.ends_at if shift else self.standing.now)
        earliest = min(self.standing.now, shift.starts_at if shift else self.standing.now)
        place = self._place(self.standing.places[ride.pickup_place_id], self.standing.now, ALWAYS)
        return routing.Visit(place, (self._window(earliest, until),), self._service_s(ride, "dropoff"))

    def _service_s(self, ride: Transport, end: End) -> int:
        """Less what has passed since the driver arrived."""
        service_s: int = getattr(ride, f"{end}_service_s")
        shift = self.bound_to.get(ride.id)
        since = self.fixed[shift].waiting_since if shift else None
        kind = routing.StopKind.PICKUP if end == "pickup" else routing.StopKind.DROPOFF
        if shift is None or since is None or routing.Call(ride.id, kind) not in self.fixed[shift].prefix:
            return service_s
        return max(0, service_s - max(0, int((self.standing.now - since).total_seconds())))

    def _allowed(self, ride: Transport) -> frozenset[routing.Key] | None:
        """The shifts of the driver, or of the route, that it is pinned to."""
        if ride.id in self.free or (ride.pinned_driver_id is None and ride.pinned_route_id is None):
            return None
        return frozenset(
            id
            for id, shift in self.standing.shifts.items()
            if ride.pinned_driver_id in (None, shift.driver_id) and ride.pinned_route_id in (None, self._route_id(id))
        )

    def _route_id(self, shift_id: UUID) -> UUID | None:
        route = self.standing.routes.get(shift_id)
        return route.id if route else None

    @cached_property
    def _closed(self) -> frozenset[routing.Key]:
        """Shifts that are under way and should not be: they finish what they have begun and take nothing more."""
        return frozenset(id for id, crew in self.standing.crews.items() if not crew.plannable)

    def _weighed(self) -> routing.Goals:
        if not self.goals.balance or not self.vehicles:
            return self.goals
        seconds = [vehicle.costs.second for vehicle in self.vehicles]
        return replace(self.goals, balance=max(1, BALANCE * sum(seconds) // len(seconds)))


def _rests(route: Route | None) -> list[tuple[datetime, datetime]]:
    """The planned rests of a route."""
    if route is None:
        return []
    return [(datetime.fromisoformat(rest["from"]), datetime.fromisoformat(rest["until"])) for rest in route.breaks]


def _features(equipment: Collection[str], skills: Collection[str]) -> frozenset[str]:
    """A skill and a piece of equipment of the same name are two things."""
    return frozenset({*(f"equipment {name}" for name in equipment), *(f"skill {name}" for name in skills)})


def _apart(spans: Iterable[routing.Window]) -> tuple[routing.Window, ...]:
    """In whole seconds, windows that nearly touched may do so: then they are one."""
    joined: list[routing.Window] = []
    for span in spans:
        if joined and span.open_s <= joined[-1].close_s:
            joined[-1] = routing.Window(joined[-1].open_s, max(joined[-1].close_s, span.close_s))
        else:
            joined.append(span)
    return tuple(joined)
