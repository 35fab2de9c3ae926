"""Taking strings of calls out of routes that pass near each other."""

import numpy as np

from app.services.routing.improve.columns import FIXED, IN_USE, LENGTH, MARK, REQUEST, VISITS, Ints
from app.services.routing.improve.machine import compiled, inlined
from app.services.routing.improve.pack import Pack
from app.services.routing.improve.routes import Work, measure, take_out

REMOVED_MEAN = 10.0
"""Calls that an iteration means to take out, on average. This and the next two as in section 6.1 of the paper."""

STRING_MAX = 10.0

SPLIT_CHANCE = 0.5
"""That a string keeps some of its calls in the middle."""

SPLIT_ON_CHANCE = 0.5
"""That it keeps one more."""


@compiled
def ruin(pack: Pack, work: Work) -> bool:
    """Take out strings around a random visit, with the other ends of what is cut. False if what is left of a route
    cannot be driven, as may be where a detour is quicker than the direct way."""
    longest = min(STRING_MAX, _mean_length(work.routes))
    strings = int(np.random.random() * (4 * REMOVED_MEAN / (1 + longest) - 1) + 1)
    centre = int(np.random.random() * pack.scalars[VISITS])
    for visit in pack.near[centre]:
        vehicle = work.where[visit, 0]
        if vehicle < 0 or work.touched[vehicle] or work.where[visit, 1] <= pack.vehicles[vehicle, FIXED]:
            continue
        if work.request_marks[pack.nodes[visit, REQUEST]] != work.dice[MARK]:
            _mark_string(pack, work, vehicle, work.where[visit, 1], longest)
            work.touched[vehicle] = True
            strings -= 1
            if strings == 0:
                break
    sane = True
    for vehicle in range(len(work.touched)):
        if work.touched[vehicle]:
            take_out(pack, work, vehicle, work.dice[MARK])
            sane = measure(pack, work, vehicle) and sane
    return sane


@compiled
def _mean_length(routes: Ints) -> float:
    """Calls of a route in use, on average."""
    calls, in_use = 0, 0
    for vehicle in range(len(routes)):
        calls += routes[vehicle, LENGTH] - 2
        in_use += routes[vehicle, IN_USE]
    return calls / max(1, in_use)


@inlined
def _mark_string(pack: Pack, work: Work, vehicle: int, place: int, longest: float) -> None:
    """Mark the requests of a string of calls that goes through this place; a split string leaves a gap in it."""
    first = pack.vehicles[vehicle, FIXED] + 1
    calls = work.routes[vehicle, LENGTH] - 1 - first
    length = min(calls, int(np.random.random() * min(float(calls), longest) + 1))
    gap = 0
    if length < calls and np.random.random() < SPLIT_CHANCE:
        gap = 1
        while length + gap < calls and np.random.random() < SPLIT_ON_CHANCE:
            gap += 1
    span = length + gap
    low, high = max(first, place - span + 1), min(place, first + calls - span)
    begin = low + int(np.random.random() * (high - low + 1))
    gap_at = begin + int(np.random.random() * (length + 1))
    for at in range(begin, begin + span):
        if at < gap_at or at >= gap_at + gap:
            work.request_marks[pack.nodes[work.rows[vehicle, at], REQUEST]] = work.dice[MARK]
