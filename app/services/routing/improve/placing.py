"""The cheapest place for a request in the routes of a candidate.

Costs are compared as differences. A cheap test that is exact for one window per visit and no breaks or ride times, and
only ever too kind otherwise, goes first; what passes it and would be the best so far is evaluated exactly if need be.
"""

import math

import numpy as np

from app.services.routing.improve.columns import (
    AHEAD,
    ANCHOR,
    BACK,
    BALANCE,
    BEGIN,
    BLINK,
    CLOSE,
    DEMAND,
    DETOUR,
    DIMENSIONS,
    DRIVING,
    DROPOFF,
    DURATION,
    FIXED,
    FIXED_COST,
    GAP,
    GROUP,
    HARD,
    IN_USE,
    INTRICATE,
    KIND,
    KINDS,
    LASTS,
    LATEST,
    LENGTH,
    LOAD,
    METRE_COST,
    NEVER,
    OPEN,
    PICKUP,
    REQUEST,
    RIDE,
    ROOM,
    SECOND_COST,
    SERVED,
    SERVICE,
    SET_OUT_BY,
    TIME,
    USED,
    WAY,
    WORD,
    WORDS,
    WORKED,
    Ints,
)
from app.services.routing.improve.machine import compiled, inlined
from app.services.routing.improve.pack import Pack
from app.services.routing.improve.routes import Work, copy, most_work, put_in
from app.services.routing.improve.timing import best_times

NO_PLACE = 2**60
"""More than any cost of a place."""

IMPOSSIBLE = 2**61
"""Still more together with any other cost, even if a detour saves something."""


@compiled
def cheapest_place(
    pack: Pack, work: Work, request: int, first: int, vehicles_max: int, blink: float
) -> tuple[int, int, int, int]:
    """(cost, vehicle, place of the pickup, place of the dropoff), each place named by the one before it; the vehicle is
    -1 if there is none. The routes are tried from `first` on; of empty vehicles that are alike, one. `blink` is the
    chance that a place is not looked at: blinking makes the search less greedy."""
    busiest = most_work(work.routes) if pack.scalars[BALANCE] > 0 else 0
    cost, vehicle, pickup_after, dropoff_after = NO_PLACE, -1, 0, 0
    vehicles, anchor = len(work.routes), pack.requests[request, ANCHOR]
    work.dice[KINDS] += 1
    for number in range(first, first + vehicles):
        tried = number if number < vehicles else number - vehicles
        if anchor >= 0 and tried != anchor:
            continue
        if not pack.may[tried, request] or not _open(pack, work, tried, vehicles_max):
            continue
        found, place, behind = _in_route(pack, work, request, tried, cost, busiest, blink)
        if found < cost:
            cost, vehicle, pickup_after, dropoff_after = found, tried, place, behind
    return cost, vehicle, pickup_after, dropoff_after


@inlined
def _open(pack: Pack, work: Work, vehicle: int, vehicles_max: int) -> bool:
    """Whether the vehicle may be used: it is, or it is the first of its kind that is not and there may be one more."""
    if work.routes[vehicle, IN_USE]:
        return True
    kind = pack.vehicles[vehicle, KIND]
    first = work.kind_marks[kind] != work.dice[KINDS]
    work.kind_marks[kind] = work.dice[KINDS]
    return first and work.sums[USED] < vehicles_max


@inlined
def _in_route(
    pack: Pack, work: Work, request: int, vehicle: int, bound: int, busiest: int, blink: float
) -> tuple[int, int, int]:
    """(cost, place of the pickup, place of the dropoff) of the cheapest place in one route that costs less. Who is
    aboard, or is fetched by one of the calls that stay, only needs a dropoff."""
    row, at, rules = work.rows[vehicle], work.at[vehicle], pack.vehicles[vehicle]
    fixed, end = rules[FIXED], work.routes[vehicle, LENGTH] - 1
    pickup, fresh = pack.requests[request, PICKUP], pack.requests[request, ANCHOR] < 0
    entry = 0 if work.routes[vehicle, IN_USE] else rules[FIXED_COST]
    pickup_after, dropoff_after = 0, 0
    opens = pack.nodes[pickup, OPEN] if fresh else -NEVER
    for place in range(fixed, end if fresh else fixed + 1):
        if at[place + 1, LATEST] < opens:
            continue
        here, begin, worked, by, onward = (
            row[place],
            at[place, BEGIN],
            at[place, WORKED],
            at[place, SET_OUT_BY],
            at[place, GAP],
        )
        base = entry
        if fresh:
            closes, ahead = pack.nodes[pickup, CLOSE], row[place + 1]
            if begin > closes:
                break
            onward = pack.legs[pickup, ahead, WAY]
            base += rules[METRE_COST] * (pack.legs_to[pickup, here, WAY] + onward - at[place, GAP])
            if base + rules[METRE_COST] * pack.requests[request, DETOUR] >= bound:
                continue
            begin = max(begin + pack.legs_to[pickup, here, TIME], opens)
            late = begin > closes or begin + pack.legs[pickup, ahead, TIME] > at[place + 1, LATEST]
            if late or not _room(pack, at, rules, request, place) or _blinks(work, blink):
                continue
            worked += pack.legs_to[pickup, here, TIME]
            by, here = min(by, closes - worked), pickup
            if rules[SECOND_COST] > 0:
                onward_s = pack.legs[pickup, ahead, TIME]
                _, lasts = _lasting(at, place, begin + onward_s, worked + onward_s, by)
                seconds = lasts - work.routes[vehicle, LASTS]
                if base + rules[METRE_COST] * pack.requests[request, DETOUR] + rules[SECOND_COST] * seconds >= bound:
                    continue
        cost, behind = _dropoff(
            pack, work, request, vehicle, place, here, begin, worked, by, onward, base, bound, busiest, blink
        )
        if cost < bound:
            bound, pickup_after, dropoff_after = cost, place, behind
    return bound, pickup_after, dropoff_after


@inlined
def _dropoff(
    pack: Pack,
    work: Work,
    request: int,
    vehicle: int,
    place: int,
    here: int,
    begin: int,
    worked: int,
    by: int,
    gap: int,
    base: int,
    bound: int,
    busiest: int,
    blink: float,
) -> tuple[int, int]:
    """(cost, place) of the cheapest place of the dropoff from `place` on, for less than `bound`.

    Service begins at node `here` at `begin`, after `worked` seconds of driving and service, if the vehicle sets out by
    `by`; without the dropoff the next node is `gap` metres away. `base` is what the pickup costs.
    """
    row, at, rules, route = work.rows[vehicle], work.at[vehicle], pack.vehicles[vehicle], work.routes[vehicle]
    dropoff, fresh = pack.requests[request, DROPOFF], pack.requests[request, ANCHOR] < 0
    opens, closes = pack.nodes[dropoff, OPEN], pack.nodes[dropoff, CLOSE]
    metre, hard = rules[METRE_COST], route[HARD] > 0 or pack.requests[request, INTRICATE] > 0
    timed = hard or rules[SECOND_COST] + pack.scalars[BALANCE] > 0 or min(rules[DURATION], rules[DRIVING]) < NEVER
    ride_by = worked + pack.nodes[here, SERVICE] + pack.requests[request, RIDE] if fresh else NEVER
    after, found, last = place, -1, route[LENGTH] - 1
    while True:
        ahead, seconds = row[after + 1], pack.legs_to[dropoff, here, TIME]
        cost = base + metre * (pack.legs_to[dropoff, here, WAY] + pack.legs[dropoff, ahead, WAY] - gap)
        served = max(begin + seconds, opens)
        reached = served + pack.legs[dropoff, ahead, TIME]
        if cost < bound and served <= closes and reached <= at[after + 1, LATEST]:
            leaving = min(by, closes - worked - seconds)
            driven = worked + seconds + pack.legs[dropoff, ahead, TIME]
            if timed:
                cost += _time_cost(pack, work, request, vehicle, after, reached, driven, leaving, busiest)
            if cost < bound and worked + seconds <= ride_by and not (fresh and _blinks(work, blink)):
                if hard:
                    cost += _hidden_cost(pack, work, request, vehicle, place, after, reached, driven, leaving)
                if cost < bound:
                    bound, found = cost, after
        after += 1
        if after == last:
            break
        seconds = pack.legs[here, ahead, TIME]
        begin = max(begin + seconds, pack.nodes[ahead, OPEN])
        if begin > min(at[after, LATEST], closes) or not _bearable(pack, at, rules, request, fresh, ahead, after):
            break
        worked += seconds
        by = min(by, pack.nodes[ahead, CLOSE] - worked)
        here, gap = ahead, at[after, GAP]
    return bound, found


@inlined
def _lasting(at: Ints, after: int, reached: int, worked: int, by: int) -> tuple[int, int]:
    """(driving and service, seconds from setting out to the end) of a route that reaches the place behind `after` at
    `reached`, after `worked` seconds of driving and service, if it sets out by `by`."""
    total = worked + at[after + 1, AHEAD]
    end = max(reached + at[after + 1, AHEAD], at[after + 1, BACK])
    return total, end - min(by, at[after + 1, LATEST] - worked, end - total)


@inlined
def _time_cost(
    pack: Pack,
    work: Work,
    request: int,
    vehicle: int,
    after: int,
    reached: int,
    worked: int,
    by: int,
    busiest: int,
) -> int:
    """What the request costs in time and balance, at least; `IMPOSSIBLE` if it breaks a limit."""
    rules, route = pack.vehicles[vehicle], work.routes[vehicle]
    total, lasts = _lasting(work.at[vehicle], after, reached, worked, by)
    service = pack.nodes[pack.requests[request, DROPOFF], SERVICE]
    if pack.requests[request, ANCHOR] < 0:
        service += pack.nodes[pack.requests[request, PICKUP], SERVICE]
    if lasts > rules[DURATION] or total - service - route[SERVED] > rules[DRIVING]:
        return IMPOSSIBLE
    return rules[SECOND_COST] * (lasts - route[LASTS]) + pack.scalars[BALANCE] * max(0, total - busiest)


@compiled
def _hidden_cost(
    pack: Pack,
    work: Work,
    request: int,
    vehicle: int,
    place: int,
    after: int,
    reached: int,
    worked: int,
    by: int,
) -> int:
    """What it costs in time beyond that, evaluated exactly; `IMPOSSIBLE` if it is impossible."""
    length = work.routes[vehicle, LENGTH]
    copy(work.rows[vehicle], work.draft, length)
    pickup = pack.requests[request, PICKUP] if pack.requests[request, ANCHOR] < 0 else -1
    length = put_in(work.draft, length, pickup, pack.requests[request, DROPOFF], place, after)
    start, end = best_times(pack, vehicle, work.draft, length, work.desk)
    if end == NEVER:
        return IMPOSSIBLE
    _, lasts = _lasting(work.at[vehicle], after, reached, worked, by)
    return pack.vehicles[vehicle, SECOND_COST] * (end - start - lasts)


@inlined
def _room(pack: Pack, at: Ints, rules: Ints, request: int, place: int) -> bool:
    """Whether the request may be aboard on leaving the place: room in every dimension, nobody who is to be apart."""
    demand, dimensions = pack.requests[request], pack.scalars[DIMENSIONS]
    room = True
    for number in range(dimensions):
        if at[place, LOAD + number] + demand[DEMAND + number] > rules[ROOM + number]:
            room = False
    for word in range(dimensions, dimensions + pack.scalars[WORDS]):
        if at[place, LOAD + word] & demand[DEMAND + word]:
            room = False
    return room


@inlined
def _bearable(pack: Pack, at: Ints, rules: Ints, request: int, fresh: bool, node: int, place: int) -> bool:
    """Whether it may stay aboard through this place. For what is aboard anyway, and counted as such to the route's end
    as long as it has no dropoff, that asks whether there is room and whether somebody to avoid gets in."""
    if fresh:
        return _room(pack, at, rules, request, place)
    dimensions = pack.scalars[DIMENSIONS]
    bearable = True
    for number in range(dimensions):
        if at[place, LOAD + number] > rules[ROOM + number]:
            bearable = False
    other = pack.nodes[node, REQUEST]
    group = pack.requests[other, GROUP]
    if group >= 0 and pack.requests[other, PICKUP] == node:
        word = pack.requests[request, DEMAND + dimensions + group // WORD]
        bearable = bearable and not word & (1 << (group % WORD))
    return bearable


@inlined
def _blinks(work: Work, chance: float) -> bool:
    """True once in a while. How many places until the next is drawn at once, from the geometric distribution."""
    work.dice[BLINK] -= 1
    if work.dice[BLINK] >= 0:
        return False
    work.dice[BLINK] = NEVER
    if chance > 0:
        work.dice[BLINK] = int(math.log(1 - np.random.random()) / math.log1p(-chance))
    return chance > 0
