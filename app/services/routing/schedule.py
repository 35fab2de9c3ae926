"""The best times for a given order of stops. Exact, and the only place where times are made."""

from collections.abc import Sequence
from dataclasses import replace
from sys import maxsize

from app.services.routing.breaks import for_earliest_end, for_latest_start, placings
from app.services.routing.line import Line, Placing, Times, next_within
from app.services.routing.problem import Break, Call, PlannedRoute, Problem, Vehicle, Window


def timed(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> PlannedRoute | None:
    """The calls in this order: finished as early as possible, for that begun as late as possible, and for that every
    visit as early as possible; None if a window, a limit, a break or the shift cannot be kept.

    A vehicle under way sets out at once. Loads and who may carry what are not looked at, nor is the ride time of what
    is aboard already. Breaks are taken in the order of their windows, none of which may lie within another.
    """
    line = Line.of(problem, vehicle, calls)
    if vehicle.driving_s_max is not None and sum(line.legs_s) > vehicle.driving_s_max:
        return None
    times = _best(line)
    return None if times is None else line.route(times)


def driven(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> PlannedRoute:
    """The same, whatever breaks: who misses a window is served late, a break is taken late, a shift overruns.

    Ride times and the limit of the duration are kept if that makes less of all this than giving them up.
    """
    line = Line.of(problem, vehicle, calls)
    times = _best(line) or min((_late(line, keeping) for keeping in (True, False)), key=lambda t: _excess_s(line, t))
    return line.route(times)


def _best(line: Line) -> Times | None:
    """Without breaks there is one placing. With them, one that is best without regard to ride times and duration is
    tried first, and only if those do not let it be as good as it promised, every placing."""
    restless = Placing(line.shift.open_s, line.shift.close_s)
    if not line.breaks:
        return line.tight(restless)
    first = for_earliest_end(line) if line.possible(restless) else None
    if first is None:
        return None
    end_s, placing = first
    known = line.earliest(placing, placing.start_s)
    if known is not None and known.end_s == end_s:
        if line.at_once:
            return known
        start_s, placing = for_latest_start(line, end_s)
        times = line.tight(placing)
        if times is not None and (times.start_s, times.end_s) == (start_s, end_s):
            return times
    by_s = line.shift.close_s if known is None else known.end_s
    found = [times for placing in placings(line, by_s) if (times := line.tight(placing)) is not None]
    return min(found, key=lambda times: (times.end_s, -times.start_s), default=None)


def _late(line: Line, keeping: bool) -> Times:
    """Every limit that stands in the way is lifted, first altogether, to find the earliest times without it, then as
    far as these need. Ride times and duration are kept only if they are possible at all."""
    placing = _late_placing(line)
    spent_s, most_s = line.spent_s(placing), line.duration_s_max
    lifted = replace(
        line,
        windows=[(*windows[:-1], Window(windows[-1].open_s, maxsize)) for windows in line.windows],
        rides=[(p, d, ride_s) for p, d, ride_s in line.rides if keeping and spent_s[d] - spent_s[p] <= ride_s],
        duration_s_max=most_s if keeping and not line.at_once and most_s and spent_s[-1] <= most_s else None,
    )
    earliest = lifted.earliest(placing, placing.start_s)
    if earliest is None:
        raise ValueError("an order without limits has times")
    windows = [
        (*windows[:-1], Window(windows[-1].open_s, max(windows[-1].close_s, begin_s)))
        for windows, begin_s in zip(line.windows, earliest.visits_s, strict=True)
    ]
    held = replace(placing, end_s=earliest.end_s, rests=_held(line, lifted.route(earliest)))
    return replace(lifted, windows=windows).tight(held) or earliest


def _late_placing(line: Line) -> Placing:
    """Each break at the last place before it would be late, at whatever time one gets there."""
    due = _due(line)
    rests: dict[int, list[Break]] = {}
    now_s = line.shift.open_s
    for leg in range(len(line.legs_s) - line.is_open):
        while due and _after_s(line, leg, now_s) > due[0].window.close_s:
            rest = due.pop(0)
            rests.setdefault(leg, []).append(replace(rest, window=Window(rest.window.open_s, maxsize)))
            now_s = max(now_s, rest.window.open_s) + rest.duration_s
        now_s = _after_s(line, leg, now_s)
    return Placing(line.shift.open_s, maxsize, rests)


def _after_s(line: Line, leg: int, now_s: int) -> int:
    """When the stop at the end of the leg is served, if late then at once."""
    now_s += line.legs_s[leg]
    if leg == len(line.calls):
        return now_s
    begin_s = next_within(line.windows[leg], now_s)
    return (now_s if begin_s is None else begin_s) + line.services_s[leg]


def _held(line: Line, route: PlannedRoute) -> dict[int, list[Break]]:
    """The rests of this route, none of them later than there if it is late, or else than it should be."""
    rests: dict[int, list[Break]] = {}
    for taken, rest in zip(route.breaks, _due(line), strict=False):
        window = Window(rest.window.open_s, max(rest.window.close_s, taken.start_s))
        rests.setdefault(taken.after, []).append(replace(rest, window=window))
    return rests


def _due(line: Line) -> list[Break]:
    return [rest for rest in line.breaks if rest.window.close_s >= line.shift.open_s]


def _excess_s(line: Line, times: Times) -> int:
    """By how much the times pass windows, shift, ride times and the limit of the duration."""
    over = [begin_s - windows[-1].close_s for begin_s, windows in zip(times.visits_s, line.windows, strict=True)]
    over += [times.visits_s[dropoff] - times.visits_s[pickup] - most_s for pickup, dropoff, most_s in line.rides]
    over.append(times.end_s - line.shift.close_s)
    if line.duration_s_max is not None:
        over.append(times.end_s - times.start_s - line.duration_s_max)
    return sum(excess for excess in over if excess > 0)
