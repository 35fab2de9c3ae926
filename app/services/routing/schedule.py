"""The best times for a given order of stops. Exact, and the only place where times are made.

All rules about times say either "not before" or "not after" some other time. So the least times that keep the first
sort also tell whether the second can be kept: push every time up until nothing is too early any more, to the next
window where it falls between two, and the end is the earliest there is. Pulling down from that end in the same way
gives the latest setting out: the driver waits at the base, not in the street.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, combinations_with_replacement, pairwise
from sys import maxsize

from app.services.routing.problem import (
    Break,
    Call,
    Key,
    PlannedBreak,
    PlannedRoute,
    PlannedStop,
    Problem,
    StopKind,
    Vehicle,
    Window,
)


def timed(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> PlannedRoute | None:
    """The calls in this order: finished as early as possible, for that begun as late as possible, and for that every
    visit as early as possible; None if a window, a limit, a break or the shift cannot be kept.

    A vehicle under way sets out at once. Loads and who may carry what are not looked at, nor is the ride time of what
    is aboard already. Breaks are taken in the order of their windows, none of which lies within another.
    """
    line = _Line.of(problem, vehicle, calls)
    too_far = vehicle.driving_s_max is not None and sum(line.legs_s) > vehicle.driving_s_max
    times = None if too_far else _best(line)
    return None if times is None else line.route(times)


def driven(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> PlannedRoute:
    """The same, whatever breaks: who misses a window is served late, a break is taken late, a shift overruns.

    Ride times and the limit of the duration are kept if that makes less of all this than giving them up.
    """
    line = _Line.of(problem, vehicle, calls)
    times = _best(line)
    if times is None:
        times = min((_late(line, keeping) for keeping in (True, False)), key=line.excess_s)
    return line.route(times)


@dataclass(frozen=True, slots=True)
class _Placing:
    """Where the breaks go. Leaving after `start_s` and being back by `end_s`, those that are missing are not due."""

    start_s: int
    end_s: int
    rests: Mapping[int, Sequence[Break]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Times:
    start_s: int
    visits_s: list[int]
    end_s: int
    placing: _Placing


@dataclass(frozen=True, slots=True)
class _Line:
    """An order of calls, reduced to what makes times.

    legs_s: to each stop, then to the end. rides: from which stop to which, and the longest between their beginnings.
    """

    vehicle: Key
    calls: Sequence[Call]
    windows: list[tuple[Window, ...]]
    services_s: list[int]
    legs_s: list[int]
    legs_m: list[int]
    rides: list[tuple[int, int, int]]
    breaks: list[Break]
    shift: Window
    duration_s_max: int | None
    at_once: bool
    is_open: bool

    @classmethod
    def of(cls, problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> "_Line":
        visits = [problem.visit(call) for call in calls]
        places = [vehicle.start, *(visit.location for visit in visits)]
        places.append(places[-1] if vehicle.end is None else vehicle.end)
        seconds, metres = problem.travel.duration_s, problem.travel.distance_m
        legs = list(pairwise(places))
        if vehicle.end is None:  # it is over where its last stop is, whatever the table says of the way to where one is
            legs.pop()
        home = [0] * (vehicle.end is None)
        return cls(
            vehicle=vehicle.key,
            calls=calls,
            windows=[visit.windows for visit in visits],
            services_s=[visit.service_s for visit in visits],
            legs_s=[seconds[a][b] for a, b in legs] + home,
            legs_m=[metres[a][b] for a, b in legs] + home,
            rides=list(_rides(problem, calls)),
            breaks=sorted(vehicle.breaks, key=lambda rest: (rest.window.close_s, rest.window.open_s)),
            shift=vehicle.shift,
            duration_s_max=vehicle.duration_s_max,
            at_once=bool(vehicle.prefix) or any(r.pickup is None and r.allowed == {vehicle.key} for r in _asked(problem, calls)),
            is_open=vehicle.end is None,
        )
