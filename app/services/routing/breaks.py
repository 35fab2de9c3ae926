"""Where in an order of stops the breaks go. Those over before setting out, or not reached by the end, are not due."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from sys import maxsize
from typing import TypeAlias

from app.services.routing.line import Line, Placing, last_within, next_within
from app.services.routing.problem import Break

_Taken: TypeAlias = tuple[int, int, tuple[int, ...]]
"""A time, how many of the first breaks were over before setting out, and before which legs the next were taken."""

_Left: TypeAlias = tuple[int, tuple[int, ...]]
"""A time, and before which legs the next breaks are taken from there on."""


def placings(line: Line, end_s: int) -> Iterator[Placing]:
    """All with which one may be back by then, ride times and duration aside."""
    legs = range(len(line.legs_s))
    early, late = _forward(line), _backward(line, end_s)
    open_to = [
        [leg for leg in legs if _has_room(early[leg][number], late[leg][number + 1], rest)]
        for number, rest in enumerate(line.breaks)
    ]
    for over in range(len(line.breaks) + 1):
        if _start_s(line, over) is not None:
            for dealt_with in range(over, len(line.breaks) + 1):
                for where in product(*open_to[over:dealt_with]):
                    if all(before <= after for before, after in pairwise(where)):
                        yield _placing(line, over, where)


def for_earliest_end(line: Line) -> tuple[int, Placing] | None:
    """The earliest end and a placing for it, ride times and duration aside. None if there is no way."""
    ends = [
        (state[0], dealt_with, state)
        for dealt_with, state in enumerate(_forward(line)[-1])
        if state is not None and state[0] <= min(line.shift.close_s, _end_s(line, dealt_with))
    ]
    if not ends:
        return None
    end_s, _, (_, over, legs) = min(ends)
    return end_s, _placing(line, over, legs)


def for_latest_start(line: Line, end_s: int) -> tuple[int, Placing]:
    """The latest setting out for this end, which is possible, ride times and duration aside, and a placing for it."""
    starts = [
        (state[0], over, state[1])
        for over, state in enumerate(_backward(line, end_s)[0])
        if state is not None and (least_s := _start_s(line, over)) is not None and state[0] >= least_s
    ]
    start_s, over, legs = max(starts)
    return start_s, _placing(line, over, legs)


def _forward(line: Line) -> list[list[_Taken | None]]:
    """Before driving each leg, and at last at the end: for each number of breaks dealt with the earliest time."""
    starts_s = [_start_s(line, over) for over in range(len(line.breaks) + 1)]
    states: list[_Taken | None] = [None if at is None else (at, over, ()) for over, at in enumerate(starts_s)]
    found = []
    for leg in range(len(line.legs_s)):
        for number, rest in enumerate(line.breaks):
            states[number + 1] = _sooner(states[number + 1], _rested(states[number], rest, leg))
        found.append(states)
        states = [None if state is None else _driven_on(line, state, leg) for state in states]
    return [*found, states]


def _backward(line: Line, end_s: int) -> list[list[_Left | None]]:
    """Before driving each leg: for each number of breaks dealt with the latest time from which one is back by then,
    whether the next one is taken there or later."""
    states: list[_Left | None] = [
        (min(end_s, _end_s(line, dealt_with)), ()) for dealt_with in range(len(line.breaks) + 1)
    ]
    found = []
    for leg in reversed(range(len(line.legs_s))):
        states = [None if state is None else (state[0] - line.legs_s[leg], state[1]) for state in states]
        for number in reversed(range(len(line.breaks))):
            states[number] = _later(states[number], _rested_before(states[number + 1], line.breaks[number], leg))
        found.append(states)
        if leg > 0:
            states = [None if state is None else _served_before(line, state, leg - 1) for state in states]
    return found[::-1]


def _has_room(early: _Taken | None, late: _Left | None, rest: Break) -> bool:
    if early is None or late is None:
        return False
    return max(early[0], rest.window.open_s) <= min(late[0] - rest.duration_s, rest.window.close_s)


def _rested(state: _Taken | None, rest: Break, leg: int) -> _Taken | None:
    if state is None or state[0] > rest.window.close_s:
        return None
    time_s, over, legs = state
    return max(time_s, rest.window.open_s) + rest.duration_s, over, (*legs, leg)


def _driven_on(line: Line, state: _Taken, leg: int) -> _Taken | None:
    time_s, over, legs = state
    time_s += line.legs_s[leg]
    if leg == len(line.calls):
        return time_s, over, legs
    begin_s = next_within(line.windows[leg], time_s)
    return None if begin_s is None else (begin_s + line.services_s[leg], over, legs)


def _rested_before(state: _Left | None, rest: Break, leg: int) -> _Left | None:
    if state is None:
        return None
    begin_s = min(state[0] - rest.duration_s, rest.window.close_s)
    return None if begin_s < rest.window.open_s else (begin_s, (leg, *state[1]))


def _served_before(line: Line, state: _Left, stop: int) -> _Left | None:
    begin_s = last_within(line.windows[stop], state[0] - line.services_s[stop])
    return None if begin_s == -maxsize else (begin_s, state[1])


def _sooner(state: _Taken | None, other: _Taken | None) -> _Taken | None:
    return other if state is None or (other is not None and other[0] < state[0]) else state


def _later(state: _Left | None, other: _Left | None) -> _Left | None:
    return other if state is None or (other is not None and other[0] > state[0]) else state


def _placing(line: Line, over: int, legs: Sequence[int]) -> Placing:
    rests: dict[int, list[Break]] = {}
    for rest, leg in zip(line.breaks[over:], legs, strict=False):
        rests.setdefault(leg, []).append(rest)
    start_s = _start_s(line, over)
    if start_s is None:
        raise ValueError("who is under way leaves no break out")
    return Placing(start_s, min(line.shift.close_s, _end_s(line, over + len(legs))), rests)


def _start_s(line: Line, over: int) -> int | None:
    """The earliest setting out at which the first so many breaks are over; None if it would have to be put off."""
    start_s = max((rest.window.close_s + 1 for rest in line.breaks[:over]), default=line.shift.open_s)
    if start_s <= line.shift.open_s:
        return line.shift.open_s
    return None if line.at_once else start_s


def _end_s(line: Line, dealt_with: int) -> int:
    """The latest end at which the breaks that follow are not due."""
    return min((rest.window.close_s for rest in line.breaks[dealt_with:]), default=maxsize)
