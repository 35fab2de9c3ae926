"""What a planning problem is and what a plan is: plain values, no ORM, no I/O, cheap to pickle.

Times are whole seconds since the problem's own epoch (usually local midnight of the planned day); a shift that began
the evening before has a negative opening. Distances are whole metres. Places are indices into `Problem.locations`; a
place that is left at different hours may stand there once for each, so that travel depends on the hour.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, TypeAlias
from uuid import UUID

Key: TypeAlias = UUID | str
Capacity: TypeAlias = tuple[int, ...]
"""One whole number per dimension (seats, wheelchairs, crates, …); the caller fixes which and in what order."""


@dataclass(frozen=True, slots=True)
class Location:
    """A point in WGS 84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """Travel between locations: `duration_s[a][b]` and `distance_m[a][b]` from a to b. Symmetry is never assumed."""

    duration_s: tuple[tuple[int, ...], ...]
    distance_m: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A closed span of time, `open_s <= t <= close_s`."""

    open_s: int
    close_s: int

    def __contains__(self, time_s: int) -> bool:
        return self.open_s <= time_s <= self.close_s


class StopKind(StrEnum):
    PICKUP = "PICKUP"
    DROPOFF = "DROPOFF"


class Call(NamedTuple):
    """One end of a request, by its key."""

    request: Key
    kind: StopKind


Orders: TypeAlias = Mapping[Key, Sequence[Call]]
"""Who calls where in which order, by vehicle: a plan without times."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Service of `service_s` seconds at a location; it begins within one of the windows (who is early waits).

    Windows are in order and do not touch.
    """

    location: int
    windows: tuple[Window, ...]
    service_s: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """Something to fetch and bring. Of two requests that cannot both be served, the higher priority wins.

    pickup: None for what is aboard already, on the one vehicle in `allowed`; it must be brought, whatever it costs.
    needs: features that the vehicle must have, all of them (skills of the driver, equipment of the vehicle).
    ride_s_max: longest time from the end of the pickup's service to the beginning of the dropoff's.
    load_class, apart_from: never aboard together with a request whose class one of the two avoids.
    allowed: the only vehicles it may ride with, if not None (pinned); forbidden: those it may not.
    """

    key: Key
    pickup: Visit | None
    dropoff: Visit
    demand: Capacity
    priority: int = 0
    needs: frozenset[str] = frozenset()
    ride_s_max: int | None = None
    load_class: str | None = None
    apart_from: frozenset[str] = frozenset()
    allowed: frozenset[Key] | None = None
    forbidden: frozenset[Key] = frozenset()

    def visit(self, kind: StopKind) -> Visit:
        visit = self.pickup if kind is StopKind.PICKUP else self.dropoff
        if visit is None:
            raise ValueError(f"request {self.key} is aboard already")
        return visit

    @property
    def calls(self) -> tuple[Call, ...]:
        """What is left to do for it, in order."""
        dropoff = Call(self.key, StopKind.DROPOFF)
        return (dropoff,) if self.pickup is None else (Call(self.key, StopKind.PICKUP), dropoff)

    def apart(self, other: "Request") -> bool:
        """Whether the two may never be aboard at once."""
        return other.load_class in self.apart_from or self.load_class in other.apart_from


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `duration_s`, begun within the window where the driver happens to be: between leaving a stop (or the
    start) and driving on. Due if the route is under way when the window closes: set out by then, and not yet over."""

    window: Window
    duration_s: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What driving costs, in one small unit of money; the defaults weigh time (waiting included) and distance about
    the same: a kilometre as much as 100 s, what it takes to drive it in town, and a further vehicle ten minutes."""

    vehicle: int = 6000
    second: int = 10
    metre: int = 1


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One driver's shift with one vehicle. `end=None`: the route is over where its last stop is.

    For a route under way, `start` and the shift's opening are where and when the vehicle is next free, what is aboard
    are requests without a pickup, and `prefix` are the calls that come first, in this order, because the driver is
    at them or on the way.
    duration_s_max, driving_s_max: longest time from setting out to being back, and longest time at the wheel.
    """

    key: Key
    start: int
    end: int | None
    shift: Window
    capacity: Capacity
    features: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] = ()
    duration_s_max: int | None = None
    driving_s_max: int | None = None
    costs: Costs = Costs()
    prefix: tuple[Call, ...] = ()

    def fits(self, demand: Capacity) -> bool:
        return all(need <= room for need, room in zip(demand, self.capacity, strict=True))

    def may_carry(self, request: Request) -> bool:
        """Whether the rules let it, whatever its room and time: features, pins and bans."""
        allowed = request.allowed is None or self.key in request.allowed
        return allowed and self.key not in request.forbidden and request.needs <= self.features


@dataclass(frozen=True, slots=True)
class Goals:
    """Beyond serving the most important first: fewest vehicles before all costs, if asked; `balance` is what a second
    of the busiest vehicle's work (driving and service, not waiting) costs on top, so that work is shared."""

    fewest_vehicles: bool = False
    balance: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Raises `ValueError` when its parts do not fit together, so that nothing behind it needs to ask again."""

    locations: tuple[Location, ...]
    travel: Matrix
    requests: tuple[Request, ...]
    vehicles: tuple[Vehicle, ...]
    goals: Goals = Goals()
    by_key: Mapping[Key, Request] = field(init=False, repr=False, compare=False)
    _aboard: Mapping[Key, tuple[Request, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {request.key: request for request in self.requests})
        size = len(self.locations)
        for table in (self.travel.duration_s, self.travel.distance_m):
            if len(table) != size or any(len(row) != size or min(row) < 0 for row in table):
                raise ValueError(f"travel must be {size} x {size} and not negative")
        visits = [visit for r in self.requests for visit in (r.pickup, r.dropoff) if visit is not None]
        ends = [end for vehicle in self.vehicles for end in (vehicle.start, vehicle.end) if end is not None]
        if not all(0 <= place < size for place in (*ends, *(visit.location for visit in visits))):
            raise ValueError(f"a location is not one of the {size}")
        if any(visit.service_s < 0 for visit in visits) or any(min(r.demand, default=0) < 0 for r in self.requests):
            raise ValueError("service time and demand must not be negative")
        if not all(_in_order(visit.windows) for visit in visits):
            raise ValueError("a visit has windows, in order and apart")
        if len({len(r.demand) for r in self.requests} | {len(v.capacity) for v in self.vehicles}) > 1:
            raise ValueError("demands and capacities must have the same dimensions")
        _unique("request", (request.key for request in self.requests))
        _unique("vehicle", (vehicle.key for vehicle in self.vehicles))
        if any(r.pickup is None and (r.allowed is None or len(r.allowed) != 1) for r in self.requests):
            raise ValueError("what is aboard is aboard one vehicle")
        object.__setattr__(self, "_aboard", _aboard(self.requests))
        for vehicle in self.vehicles:
            _unique("call", (f"{call.kind} of {call.request}" for call in vehicle.prefix))
            if any(call.request not in self.by_key for call in vehicle.prefix):
                raise ValueError(f"vehicle {vehicle.key} is on the way to an unknown request")

    def duration_s(self, origin: int, destination: int) -> int:
        return self.travel.duration_s[origin][destination]

    def distance_m(self, origin: int, destination: int) -> int:
        return self.travel.distance_m[origin][destination]

    def visit(self, call: Call) -> Visit:
        return self.by_key[call.request].visit(call.kind)

    def aboard(self, vehicle: Vehicle) -> tuple[Request, ...]:
        """What is in the vehicle when it begins."""
        return self._aboard.get(vehicle.key, ())


def _aboard(requests: Iterable[Request]) -> Mapping[Key, tuple[Request, ...]]:
    found: dict[Key, tuple[Request, ...]] = {}
    for request in requests:
        if request.pickup is None and request.allowed:
            [key] = request.allowed
            found[key] = (*found.get(key, ()), request)
    return found


def _in_order(windows: tuple[Window, ...]) -> bool:
    edges = [edge for window in windows for edge in (window.open_s, window.close_s)]
    apart = all(before.close_s < after.open_s for before, after in pairwise(windows))
    return bool(windows) and edges == sorted(edges) and apart


def _unique(noun: str, keys: Iterable[Key]) -> None:
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{noun} {key} appears twice")
        seen.add(key)


class Reason(StrEnum):
    """Why a request is not in the plan. All but the last two hold even if it were the only request of the day."""

    NO_VEHICLE = "NO_VEHICLE"  # nobody drives
    NOT_ALLOWED = "NOT_ALLOWED"  # pinned to who does not drive, or forbidden to all who do
    EQUIPMENT = "EQUIPMENT"  # no vehicle it may ride with has the skills and the equipment
    CAPACITY = "CAPACITY"  # in some dimension more than every such vehicle can carry
    RIDE_TIME = "RIDE_TIME"  # the direct way takes longer than the ride may
    SHIFT_TOO_SHORT = "SHIFT_TOO_SHORT"  # a shift ends before the ride, or the way home after it, is done
    WINDOW_UNREACHABLE = "WINDOW_UNREACHABLE"  # no shift can be at both places within their windows
    NOT_ENOUGH_ROOM = "NOT_ENOUGH_ROOM"  # tried at every place of the final routes: no room beside what they serve
    NOT_ENOUGH_TIME = "NOT_ENOUGH_TIME"  # the same, and the search was cut off while it still found better plans


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """Arrive, wait until `start_s`, serve until `departure_s`; `distance_m` is the way from the previous stop.

    `departure_s` is the end of the service; a break after it, or waiting for the next stop's window, comes later.
    """

    request: Key
    kind: StopKind
    arrival_s: int
    start_s: int
    departure_s: int
    distance_m: int

    @property
    def call(self) -> Call:
        return Call(self.request, self.kind)


@dataclass(frozen=True, slots=True)
class PlannedBreak:
    """A rest, taken after so many of the route's stops, before driving on."""

    after: int
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """A used vehicle's day; `distance_m` and the time span include the way to its end, if it has one."""

    vehicle: Key
    stops: tuple[PlannedStop, ...]
    start_s: int
    end_s: int
    distance_m: int
    breaks: tuple[PlannedBreak, ...] = ()

    @property
    def duration_s(self) -> int:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Unassigned:
    request: Key
    reason: Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes of the vehicles in use, in the problem's order, and every request that is on none of them.

    `objective` is what the solver minimised (`objective.py`): comparable between plans of one problem only.
    """

    routes: tuple[PlannedRoute, ...]
    unassigned: tuple[Unassigned, ...]
    objective: int

    @property
    def distance_m(self) -> int:
        return sum(route.distance_m for route in self.routes)

    @property
    def duration_s(self) -> int:
        return sum(route.duration_s for route in self.routes)

    @property
    def served(self) -> frozenset[Key]:
        return frozenset(stop.request for route in self.routes for stop in route.stops)

    @property
    def orders(self) -> Orders:
        return {route.vehicle: [stop.call for stop in route.stops] for route in self.routes}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is; the last two are None until it has a first plan. `time_limit_s` is what it will take at
    most, which for small problems is less than what the caller allowed."""

    elapsed_s: float
    time_limit_s: float
    best_objective: int | None
    assigned: int | None
