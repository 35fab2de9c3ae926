"""An order of stops as a line of times that push and pull each other, with its breaks at given places.

Every rule about times says either "not before" or "not after" another time. So the least times that keep the first
sort tell whether the second can be kept too: push each time up until none is too early any more, on to the next window
where it falls between two, and what comes out last is the earliest end. Pulling down from there in the same way gives
the latest setting out: the driver waits at the base, not in the street.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
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


@dataclass(frozen=True, slots=True)
class Placing:
    """Before which leg each break is taken. Of those that are not, none is due for who sets out from `start_s` on and
    is back by `end_s`."""

    start_s: int
    end_s: int
    rests: Mapping[int, Sequence[Break]] = field(default_factory=dict)

    def before(self, leg: int) -> Sequence[Break]:
        return self.rests.get(leg, ())


@dataclass(frozen=True, slots=True)
class Times:
    """When to set out, to begin each visit, and to be back."""

    start_s: int
    visits_s: list[int]
    end_s: int
    placing: Placing


@dataclass(frozen=True, slots=True)
class Line:
    """What makes times, and nothing else.

    legs_s, legs_m: to each stop, then to the end. rides: from which stop to which, and the longest time from the
    beginning of the one to that of the other.
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
    def of(cls, problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> "Line":
        visits = [problem.visit(call) for call in calls]
        ends, home = ((), [0]) if vehicle.end is None else ((vehicle.end,), [])
        legs = list(pairwise((vehicle.start, *(visit.location for visit in visits), *ends)))
        seconds, metres = problem.travel.duration_s, problem.travel.distance_m
        return cls(
            vehicle=vehicle.key,
            calls=calls,
            windows=[visit.windows for visit in visits],
            services_s=[visit.service_s for visit in visits],
            legs_s=[seconds[a][b] for a, b in legs] + home,
            legs_m=[metres[a][b] for a, b in legs] + home,
            rides=_rides(problem, calls),
            breaks=sorted(vehicle.breaks, key=lambda rest: (rest.window.close_s, rest.window.open_s)),
            shift=vehicle.shift,
            duration_s_max=vehicle.duration_s_max,
            at_once=bool(vehicle.prefix or problem.aboard(vehicle)),
            is_open=vehicle.end is None,
        )

    def tight(self, placing: Placing) -> Times | None:
        """The earliest end, then the latest start, then the earliest visits; None if a rule cannot be kept."""
        earliest = self.earliest(placing, placing.start_s)
        if earliest is None or self.at_once:
            return earliest
        return self.earliest(placing, self._latest_start_s(placing, earliest.end_s))

    def earliest(self, placing: Placing, start_s: int) -> Times | None:
        """The least times of who sets out at `start_s`, or later if the limit of the duration wants it."""
        if not self.possible(placing):
            return None
        least_s = [-maxsize] * len(self.calls)
        while True:
            times = self._forward(placing, start_s, least_s)
            if times is None:
                return None
            pushed = self._push(times, least_s)
            if self.duration_s_max is not None and times.end_s - start_s > self.duration_s_max:
                if self.at_once:
                    return None
                start_s, pushed = times.end_s - self.duration_s_max, True
            if not pushed:
                return times

    def _forward(self, placing: Placing, start_s: int, least_s: Sequence[int]) -> Times | None:
        now_s, visits_s = start_s, list[int]()
        for number, leg_s in enumerate(self.legs_s):
            for rest in placing.before(number):
                now_s = max(now_s, rest.window.open_s)
                if now_s > rest.window.close_s:
                    return None
                now_s += rest.duration_s
            now_s += leg_s
            if number < len(least_s):
                begin_s = next_within(self.windows[number], max(now_s, least_s[number]))
                if begin_s is None:
                    return None
                visits_s.append(begin_s)
                now_s = begin_s + self.services_s[number]
        return None if now_s > placing.end_s else Times(start_s, visits_s, now_s, placing)

    def _push(self, times: Times, least_s: list[int]) -> bool:
        """Put off the pickups whose rides would be too long; whether there are any."""
        pushed = False
        for pickup, dropoff, most_s in self.rides:
            if times.visits_s[dropoff] - times.visits_s[pickup] > most_s:
                least_s[pickup], pushed = times.visits_s[dropoff] - most_s, True
        return pushed

    def _latest_start_s(self, placing: Placing, end_s: int) -> int:
        """The latest setting out for an end that is known to be possible, so that nothing here can fail."""
        most_s = [maxsize] * len(self.calls)
        while True:
            now_s, visits_s = end_s, [0] * len(self.calls)
            for number in reversed(range(len(self.legs_s))):
                now_s -= self.legs_s[number]
                for rest in reversed(placing.before(number)):
                    now_s = min(now_s - rest.duration_s, rest.window.close_s)
                if number > 0:
                    latest_s = min(now_s - self.services_s[number - 1], most_s[number - 1])
                    visits_s[number - 1] = now_s = last_within(self.windows[number - 1], latest_s)
            pulled = False
            for pickup, dropoff, ride_s in self.rides:
                if visits_s[dropoff] - visits_s[pickup] > ride_s:
                    most_s[dropoff], pulled = visits_s[pickup] + ride_s, True
            if not pulled:
                return now_s

    def possible(self, placing: Placing) -> bool:
        """Whether rides and duration can be kept if nobody ever waits: else they would be pushed up without end."""
        if not self.rides and self.duration_s_max is None:
            return True
        spent_s = self.spent_s(placing)
        if self.duration_s_max is not None and spent_s[-1] > self.duration_s_max:
            return False
        return all(spent_s[dropoff] - spent_s[pickup] <= most_s for pickup, dropoff, most_s in self.rides)

    def spent_s(self, placing: Placing) -> list[int]:
        """From setting out to the beginning of each visit, then to the end, if nobody waits."""
        rests_s = (sum(rest.duration_s for rest in placing.before(leg)) for leg in range(len(self.legs_s)))
        services_s = (0, *self.services_s)
        return list(accumulate(map(sum, zip(services_s, rests_s, self.legs_s, strict=True))))

    def route(self, times: Times) -> PlannedRoute:
        stops: list[PlannedStop] = []
        breaks: list[PlannedBreak] = []
        now_s = times.start_s
        for number, (leg_s, leg_m) in enumerate(zip(self.legs_s, self.legs_m, strict=True)):
            for rest in times.placing.before(number):
                begin_s = max(now_s, rest.window.open_s)
                now_s = begin_s + rest.duration_s
                breaks.append(PlannedBreak(number, begin_s, now_s))
            if number < len(self.calls):
                begin_s, call = times.visits_s[number], self.calls[number]
                arrival_s, now_s = now_s + leg_s, begin_s + self.services_s[number]
                stops.append(PlannedStop(call.request, call.kind, arrival_s, begin_s, now_s, leg_m))
        return PlannedRoute(self.vehicle, tuple(stops), times.start_s, times.end_s, sum(self.legs_m), tuple(breaks))


def next_within(windows: Sequence[Window], time_s: int) -> int | None:
    """The first time within a window from this one on."""
    for window in windows:
        if time_s <= window.close_s:
            return max(time_s, window.open_s)
    return None


def last_within(windows: Sequence[Window], time_s: int) -> int:
    """The last time within a window up to this one; before all windows, a time that no route reaches."""
    for window in reversed(windows):
        if time_s >= window.open_s:
            return min(time_s, window.close_s)
    return -maxsize


def _rides(problem: Problem, calls: Sequence[Call]) -> list[tuple[int, int, int]]:
    """Pickup, dropoff and limit of what is fetched and brought in this order and may not be under way for long."""
    fetched: dict[Key, int] = {}
    rides = []
    for number, call in enumerate(calls):
        if call.kind is StopKind.PICKUP:
            fetched[call.request] = number
        elif call.request in fetched:
            request, pickup = problem.by_key[call.request], fetched[call.request]
            if request.ride_s_max is not None:
                rides.append((pickup, number, request.ride_s_max + problem.visit(calls[pickup]).service_s))
    return rides
