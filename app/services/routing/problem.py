"""What a planning problem is and what a plan is: plain values, no ORM, no I/O, cheap to pickle.

Times are whole seconds since the problem's own epoch (usually local midnight of the planned day); a shift that began
the evening before has a negative opening. Distances are whole metres. Places are indices into `Problem.locations`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
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


@dataclass(frozen=True, slots=True)
class Visit:
    """Service of `service_s` seconds at a location; it must begin within the window (a driver who is early waits)."""

    location: int
    window: Window
    service_s: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """Something to fetch and bring. Of two requests that cannot both be served, the higher priority wins."""

    key: Key
    pickup: Visit
    dropoff: Visit
    demand: Capacity
    priority: int = 0

    def visit(self, kind: StopKind) -> Visit:
        return self.pickup if kind is StopKind.PICKUP else self.dropoff


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One driver's shift with one vehicle. `end=None`: the route is over where its last stop is."""

    key: Key
    start: int
    end: int | None
    shift: Window
    capacity: Capacity

    def fits(self, demand: Capacity) -> bool:
        return all(need <= room for need, room in zip(demand, self.capacity, strict=True))


@dataclass(frozen=True, slots=True)
class Problem:
    """Raises `ValueError` when its parts do not fit together, so that nothing behind it needs to ask again."""

    locations: tuple[Location, ...]
    travel: Matrix
    requests: tuple[Request, ...]
    vehicles: tuple[Vehicle, ...]

    def __post_init__(self) -> None:
        size = len(self.locations)
        for table in (self.travel.duration_s, self.travel.distance_m):
            if len(table) != size or any(len(row) != size or min(row) < 0 for row in table):
                raise ValueError(f"travel must be {size} x {size} and not negative")
        visits = [visit for request in self.requests for visit in (request.pickup, request.dropoff)]
        ends = [end for vehicle in self.vehicles for end in (vehicle.start, vehicle.end) if end is not None]
        if not all(0 <= place < size for place in (*ends, *(visit.location for visit in visits))):
            raise ValueError(f"a location is not one of the {size}")
        if any(visit.service_s < 0 for visit in visits) or any(min(r.demand, default=0) < 0 for r in self.requests):
            raise ValueError("service time and demand must not be negative")
        if len({len(r.demand) for r in self.requests} | {len(v.capacity) for v in self.vehicles}) > 1:
            raise ValueError("demands and capacities must have the same dimensions")
        _unique("request", (request.key for request in self.requests))
        _unique("vehicle", (vehicle.key for vehicle in self.vehicles))

    def duration_s(self, origin: int, destination: int) -> int:
        return self.travel.duration_s[origin][destination]

    def distance_m(self, origin: int, destination: int) -> int:
        return self.travel.distance_m[origin][destination]


def _unique(noun: str, keys: Iterable[Key]) -> None:
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{noun} {key} appears twice")
        seen.add(key)


class Reason(StrEnum):
    """Why a request is not in the plan. All but the last hold even if it were the only request of the day."""

    NO_VEHICLE = "NO_VEHICLE"  # nobody drives
    CAPACITY = "CAPACITY"  # in some dimension more than every vehicle can carry
    SHIFT_TOO_SHORT = "SHIFT_TOO_SHORT"  # a shift ends before the ride, or the way home after it, is done
    WINDOW_UNREACHABLE = "WINDOW_UNREACHABLE"  # no shift can be at both places within their windows
    NOT_ENOUGH_ROOM = "NOT_ENOUGH_ROOM"  # possible alone, but not beside what the plan serves


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """Arrive, wait until `start_s`, serve until `departure_s`; `distance_m` is the way from the previous stop."""

    request: Key
    kind: StopKind
    arrival_s: int
    start_s: int
    departure_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """A used vehicle's day; `distance_m` and the time span include the way to its end, if it has one."""

    vehicle: Key
    stops: tuple[PlannedStop, ...]
    start_s: int
    end_s: int
    distance_m: int

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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is; the last two are None until it has a first plan. `time_limit_s` is what it will take at
    most, which for small problems is less than what the caller allowed."""

    elapsed_s: float
    time_limit_s: float
    best_objective: int | None
    assigned: int | None
