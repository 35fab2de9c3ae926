"""Slack induction by string removals (SISR): Christiaens & Vanden Berghe, Transportation Science 54(2), 2020.

Each iteration takes strings of neighbouring calls out of routes that are near each other and puts their requests back
one by one, each at its cheapest place. The result replaces the plan by the rule of simulated annealing.
"""

import math

import numpy as np

from app.services.routing.improve.columns import (
    ABSENT,
    ANCHOR,
    BALANCE,
    BALANCED,
    CLOSING,
    DROPOFF,
    DROPPED,
    FARNESS,
    GATHERING,
    LENGTH,
    LOOSE,
    MARK,
    MUST,
    OPENING,
    PATIENCE,
    PENALTY,
    PICKUP,
    SIZE,
    STRICT,
    TOTAL,
    Ints,
)
from app.services.routing.improve.machine import compiled, inlined
from app.services.routing.improve.pack import Pack
from app.services.routing.improve.placing import cheapest_place
from app.services.routing.improve.routes import Work, copy, keep, measure, most_work, put_in, undo
from app.services.routing.improve.ruin import REMOVED_MEAN, ruin

BLINK_CHANCE = 0.01

CHANCES = 11
"""Chances of putting requests back at random are 4 in so many, by size 2, farthest first, nearest first, shortest
windows first, earliest first and latest last 1 each: the paper's, with its three for time windows."""


@compiled
def seed(number: int) -> None:
    """Of the random numbers that follow in this thread."""
    np.random.seed(number)


@compiled
def anneal(
    pack: Pack, work: Work, iterations: int, temperature: float, vehicles_max: int, mode: int, price: float
) -> bool:
    """So many iterations. True if `best_…` has become better.

    mode: `STRICT`, `LOOSE` (leaving out one more then costs `price`) or `GATHERING`.
    """
    improved = False
    for _ in range(iterations):
        work.dice[MARK] += 1
        possible = ruin(pack, work) and recreate(pack, work, vehicles_max, mode, BLINK_CHANCE)
        if possible and _accepted(work, temperature, mode, price):
            keep(pack, work)
            if value(work.sums) < value(work.best_sums):
                remember(work)
                improved = True
                if mode == GATHERING:
                    return True
        else:
            undo(pack, work)
    return improved


@compiled
def recreate(pack: Pack, work: Work, vehicles_max: int, mode: int, blink: float) -> bool:
    """Put absent requests back, one by one at their cheapest places. False as soon as more is left out than in the plan
    kept, if the search is strict."""
    waiting = work.sums[ABSENT]
    _put_in_order(pack, work, waiting)
    lost = 0
    work.sums[ABSENT] = 0
    for number in range(waiting):
        request = work.order[number]
        unlikely = (
            mode == STRICT and work.request_marks[request] != work.dice[MARK] and _is_skipped(work.kept_sums[ABSENT])
        )
        if unlikely or not _place(pack, work, request, vehicles_max, blink):
            work.absent[work.sums[ABSENT]] = request
            work.sums[ABSENT] += 1
            lost += pack.requests[request, PENALTY]
            if mode == GATHERING:
                work.misses[request] += 1
            elif mode == STRICT and lost > work.kept_sums[DROPPED]:
                return False
    if pack.scalars[BALANCE] > 0:
        work.sums[BALANCED] = pack.scalars[BALANCE] * most_work(work.routes)
    return True


@compiled
def _is_skipped(others: int) -> bool:
    """Of many requests that the plan leaves out anyway, only a few are tried each time."""
    return np.random.random() * others > REMOVED_MEAN


@inlined
def _place(pack: Pack, work: Work, request: int, vehicles_max: int, blink: float) -> bool:
    dropoff = pack.requests[request, DROPOFF]
    first = max(0, work.where[dropoff, 0])
    _, vehicle, place, behind = cheapest_place(pack, work, request, first, vehicles_max, blink)
    if vehicle < 0:
        return False
    pickup = pack.requests[request, PICKUP] if pack.requests[request, ANCHOR] < 0 else -1
    route = work.routes[vehicle]
    route[LENGTH] = put_in(work.rows[vehicle], route[LENGTH], pickup, dropoff, place, behind)
    work.touched[vehicle] = True
    work.sums[DROPPED] -= pack.requests[request, PENALTY]
    measure(pack, work, vehicle)
    return True


@compiled
def _put_in_order(pack: Pack, work: Work, waiting: int) -> None:
    """Of the absent requests, by one of the keys; first those that have only one vehicle to go to."""
    dice = int(np.random.random() * CHANCES)
    keys = work.order_keys
    for number in range(waiting):
        request = work.absent[number]
        if pack.requests[request, ANCHOR] >= 0:
            key = -math.inf
        elif dice < 4:
            key = np.random.random()
        elif dice < 6:
            key = -pack.keys[SIZE, request]
        elif dice < 7:
            key = -pack.keys[FARNESS, request]
        elif dice < 8:
            key = pack.keys[FARNESS, request]
        elif dice < 9:
            key = pack.keys[PATIENCE, request]
        elif dice < 10:
            key = pack.keys[OPENING, request]
        else:
            key = -pack.keys[CLOSING, request]
        at = number
        while at > 0 and keys[at - 1] > key:
            keys[at], work.order[at] = keys[at - 1], work.order[at - 1]
            at -= 1
        keys[at], work.order[at] = key, request


@compiled
def value(sums: Ints) -> int:
    """What is minimised."""
    return sums[TOTAL] + sums[BALANCED] + sums[DROPPED]


@compiled
def _accepted(work: Work, temperature: float, mode: int, price: float) -> bool:
    dropped, kept = work.sums[DROPPED], work.kept_sums[DROPPED]
    if mode == GATHERING and (dropped > 0 or kept > 0):
        if dropped < kept:
            return True
        new, old = (
            _misses(work.misses, work.absent, work.sums[ABSENT]),
            _misses(work.misses, work.kept_absent, work.kept_sums[ABSENT]),
        )
        if new != old or dropped > kept:
            return new < old
    margin = -temperature * math.log(1 - np.random.random())
    if mode == LOOSE:
        margin -= price * (work.sums[ABSENT] - work.kept_sums[ABSENT])
        costs = work.sums[TOTAL] + work.sums[BALANCED] - work.kept_sums[TOTAL] - work.kept_sums[BALANCED]
        return costs < margin and dropped < MUST
    return value(work.sums) - value(work.kept_sums) < margin


@compiled
def _misses(misses: Ints, absent: Ints, count: int) -> int:
    """How often these requests found no place, in sum."""
    in_sum = 0
    for number in range(count):
        in_sum += misses[absent[number]]
    return in_sum


@compiled
def remember(work: Work) -> None:
    """The candidate as the best so far."""
    for vehicle in range(len(work.routes)):
        copy(work.routes[vehicle], work.best_routes[vehicle], len(work.routes[vehicle]))
        copy(work.rows[vehicle], work.best_rows[vehicle], work.routes[vehicle, LENGTH])
    copy(work.sums, work.best_sums, len(work.sums))
