"""The routes that the search works on: what is known of each place, and how calls are taken out and put in."""

from typing import NamedTuple

import numpy as np

from app.services.routing.improve.columns import (
    ABSENT,
    AHEAD,
    ANCHOR,
    BACK,
    BACK_BY,
    BEGIN,
    BUSY,
    CLOSE,
    COST,
    DEMAND,
    DIMENSIONS,
    DRIVING,
    DROPOFF,
    DROPPED,
    DURATION,
    FIXED,
    FIXED_COST,
    GAP,
    GROUP,
    GROUPS,
    HARD,
    IN_USE,
    INTRICATE,
    LASTS,
    LATEST,
    LEAVE_BY,
    LENGTH,
    LOAD,
    METRE_COST,
    METRES,
    NEVER,
    OPEN,
    PENALTY,
    PICKUP,
    REQUEST,
    RESTS,
    ROOM,
    SECOND_COST,
    SERVED,
    SERVICE,
    SET_OUT,
    SET_OUT_BY,
    TIME,
    TOTAL,
    USED,
    VISITS,
    WAY,
    WORD,
    WORDS,
    WORK,
    WORKED,
    Bools,
    Floats,
    Ints,
)
from app.services.routing.improve.machine import compiled
from app.services.routing.improve.pack import Pack
from app.services.routing.improve.timing import best_times


class Work(NamedTuple):
    """v vehicles, q requests, m = visits + 2 places of the longest route; columns as in `columns.py`.

    rows, at, routes: the candidate that is being made; kept_…: the plan it is made from; best_…: the best so far.
    where: vehicle (-1: none) and place of each visit in the kept plan. absent: the requests that are in no route, as
    many as `sums` says. misses: how often a request found no place. touched: routes unlike the kept plan's.
    marks: of each request and vehicle, the number of the iteration that last took it out; of each kind of vehicle, of
    the last search for a place that tried an empty one. counts: of each group, who is aboard. desk: scratch of
    `timing.py`; draft: a row with a request put in to see how long it takes.
    """

    rows: Ints
    at: Ints
    routes: Ints
    kept_rows: Ints
    kept_routes: Ints
    best_rows: Ints
    best_routes: Ints
    where: Ints
    absent: Ints
    kept_absent: Ints
    order: Ints
    order_keys: Floats
    misses: Ints
    touched: Bools
    request_marks: Ints
    vehicle_marks: Ints
    kind_marks: Ints
    counts: Ints
    desk: Ints
    draft: Ints
    sums: Ints
    kept_sums: Ints
    best_sums: Ints
    dice: Ints


def empty_work(pack: Pack) -> Work:
    """All requests absent, all routes empty; nothing is measured yet."""
    vehicles, requests = pack.may.shape
    visits = int(pack.scalars[VISITS])
    places = visits + 2
    columns = LOAD + int(pack.scalars[DIMENSIONS] + pack.scalars[WORDS])

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    rows, routes = ints(vehicles, places), ints(vehicles, HARD + 1)
    return Work(
        rows=rows,
        at=ints(vehicles, places, columns),
        routes=routes,
        kept_rows=rows.copy(),
        kept_routes=routes.copy(),
        best_rows=rows.copy(),
        best_routes=routes.copy(),
        where=np.full((visits, 2), -1, np.int64),
        absent=ints(requests),
        kept_absent=ints(requests),
        order=ints(requests),
        order_keys=np.zeros(requests),
        misses=ints(requests),
        touched=np.zeros(vehicles, np.bool_),
        request_marks=ints(requests),
        vehicle_marks=ints(vehicles),
        kind_marks=ints(vehicles),
        counts=ints(max(1, int(pack.scalars[GROUPS]))),
        desk=ints(5, places + len(pack.nodes)),
        draft=ints(places + 2),
        sums=ints(5),
        kept_sums=ints(5),
        best_sums=ints(5),
        dice=ints(3),
    )


@compiled
def measure(pack: Pack, work: Work, vehicle: int) -> bool:
    """Look at the route again after a change and bring the sums up to date. False: it cannot be driven so."""
    route, rules, sums = work.routes[vehicle], pack.vehicles[vehicle], work.sums
    sums[TOTAL] -= route[COST]
    sums[USED] -= route[IN_USE]
    look(pack, work, vehicle)
    route[COST] = route[LASTS] = route[IN_USE] = 0
    if route[LENGTH] == 2:
        return True
    possible = _time(pack, work, vehicle)
    route[IN_USE] = 1
    route[COST] = rules[FIXED_COST] + rules[SECOND_COST] * route[LASTS] + rules[METRE_COST] * route[METRES]
    sums[TOTAL] += route[COST]
    sums[USED] += 1
    return possible


@compiled
def look(pack: Pack, work: Work, vehicle: int) -> None:
    """All columns of `at`."""
    _look_ahead(pack, work, vehicle)
    _look_back(pack, work, vehicle)
    _load(pack, work, vehicle)


@compiled
def _look_ahead(pack: Pack, work: Work, vehicle: int) -> None:
    row, at, route, rules = work.rows[vehicle], work.at[vehicle], work.routes[vehicle], pack.vehicles[vehicle]
    last = route[LENGTH] - 1
    at[0, BEGIN], at[0, WORKED], at[0, SET_OUT_BY] = rules[SET_OUT], 0, rules[LEAVE_BY]
    route[METRES] = route[SERVED] = 0
    route[HARD] = rules[RESTS] > 0
    for place in range(1, last + 1):
        node, seconds = row[place], pack.legs[row[place - 1], row[place], TIME]
        at[place - 1, GAP] = pack.legs[row[place - 1], node, WAY]
        at[place, WORKED] = at[place - 1, WORKED] + seconds
        at[place, BEGIN] = max(at[place - 1, BEGIN] + seconds, pack.nodes[node, OPEN])
        at[place, SET_OUT_BY] = min(at[place - 1, SET_OUT_BY], pack.nodes[node, CLOSE] - at[place, WORKED])
        route[METRES] += at[place - 1, GAP]
        route[SERVED] += pack.nodes[node, SERVICE]
        if place < last and pack.requests[pack.nodes[node, REQUEST], INTRICATE]:
            route[HARD] = 1
    route[WORK] = at[last, WORKED]


@compiled
def _look_back(pack: Pack, work: Work, vehicle: int) -> None:
    row, at, last = work.rows[vehicle], work.at[vehicle], work.routes[vehicle, LENGTH] - 1
    at[last, LATEST], at[last, AHEAD], at[last, BACK] = pack.vehicles[vehicle, BACK_BY], 0, -NEVER
    for place in range(last - 1, -1, -1):
        node, seconds = row[place], pack.legs[row[place], row[place + 1], TIME]
        at[place, LATEST] = min(at[place + 1, LATEST] - seconds, pack.nodes[node, CLOSE])
        at[place, AHEAD] = at[place + 1, AHEAD] + seconds
        at[place, BACK] = max(at[place + 1, BACK], pack.nodes[node, OPEN] + at[place, AHEAD])


@compiled
def _load(pack: Pack, work: Work, vehicle: int) -> None:
    """What is aboard on leaving each place; what has no dropoff in the route stays aboard to its end."""
    row, at, length = work.rows[vehicle], work.at[vehicle], work.routes[vehicle, LENGTH]
    dimensions = pack.scalars[DIMENSIONS]
    for number in range(dimensions):
        at[0, LOAD + number] = pack.vehicles[vehicle, ROOM + dimensions + number]
    for place in range(1, length):
        for number in range(dimensions):
            at[place, LOAD + number] = at[place - 1, LOAD + number]
        if place < length - 1:
            request = pack.nodes[row[place], REQUEST]
            sign = 1 if pack.requests[request, PICKUP] == row[place] else -1
            for number in range(dimensions):
                at[place, LOAD + number] += sign * pack.requests[request, DEMAND + number]
    if pack.scalars[WORDS] > 0:
        _load_groups(pack, work, vehicle)


@compiled
def _load_groups(pack: Pack, work: Work, vehicle: int) -> None:
    counts, at, row = work.counts, work.at[vehicle], work.rows[vehicle]
    words, first = pack.scalars[WORDS], LOAD + pack.scalars[DIMENSIONS]
    counts[:] = 0
    if pack.vehicles[vehicle, BUSY]:
        for request in pack.requests:
            if request[PICKUP] < 0 and request[ANCHOR] == vehicle and request[GROUP] >= 0:
                counts[request[GROUP]] += 1
    for place in range(work.routes[vehicle, LENGTH]):
        request = pack.nodes[row[place], REQUEST]
        if request >= 0 and pack.requests[request, GROUP] >= 0:
            counts[pack.requests[request, GROUP]] += 1 if pack.requests[request, PICKUP] == row[place] else -1
        for word in range(words):
            at[place, first + word] = 0
        for group in range(pack.scalars[GROUPS]):
            if counts[group] > 0:
                at[place, first + group // WORD] |= 1 << (group % WORD)


@compiled
def _time(pack: Pack, work: Work, vehicle: int) -> bool:
    """How long the route lasts, and whether it keeps to all times."""
    at, route, rules = work.at[vehicle], work.routes[vehicle], pack.vehicles[vehicle]
    last = route[LENGTH] - 1
    if at[last, BEGIN] > rules[BACK_BY] or route[WORK] - route[SERVED] > rules[DRIVING]:
        return False
    for place in range(1, last):
        if at[place, BEGIN] > at[place, LATEST]:
            return False
    if route[HARD]:
        start, end = best_times(pack, vehicle, work.rows[vehicle], route[LENGTH], work.desk)
        route[LASTS] = end - start
        return end < NEVER
    end = at[last, BEGIN]
    route[LASTS] = end - min(at[last, SET_OUT_BY], end - route[WORK])
    return route[LASTS] <= rules[DURATION]


@compiled
def take_out(pack: Pack, work: Work, vehicle: int, mark: int) -> None:
    """Remove the calls of all requests with this mark, those that stay first aside. Lists them as absent."""
    row, route, sums = work.rows[vehicle], work.routes[vehicle], work.sums
    keep = 1
    for place in range(1, route[LENGTH] - 1):
        request = pack.nodes[row[place], REQUEST]
        if work.request_marks[request] == mark and place > pack.vehicles[vehicle, FIXED]:
            if pack.requests[request, DROPOFF] == row[place]:
                work.absent[sums[ABSENT]] = request
                sums[ABSENT] += 1
                sums[DROPPED] += pack.requests[request, PENALTY]
        else:
            row[keep] = row[place]
            keep += 1
    row[keep] = row[route[LENGTH] - 1]
    route[LENGTH] = keep + 1


@compiled
def put_in(row: Ints, length: int, pickup: int, dropoff: int, after: int, then_after: int) -> int:
    """Write the pickup behind place `after` and the dropoff behind `then_after` (places before the change); without a
    pickup (-1) only the dropoff. Returns the new length."""
    added = 1 if pickup < 0 else 2
    for place in range(length - 1, then_after, -1):
        row[place + added] = row[place]
    row[then_after + added] = dropoff
    if pickup >= 0:
        for place in range(then_after, after, -1):
            row[place + 1] = row[place]
        row[after + 1] = pickup
    return length + added


@compiled
def copy(source: Ints, target: Ints, count: int) -> None:
    for number in range(count):
        target[number] = source[number]


@compiled
def keep(pack: Pack, work: Work) -> None:
    """Make the candidate the plan from which the next are made."""
    for number in range(work.sums[ABSENT]):
        request = work.kept_absent[number] = work.absent[number]
        for column in (PICKUP, DROPOFF):
            if pack.requests[request, column] >= 0:
                work.where[pack.requests[request, column], 0] = -1
    for vehicle in range(len(work.touched)):
        if work.touched[vehicle]:
            copy(work.routes[vehicle], work.kept_routes[vehicle], len(work.routes[vehicle]))
            for place in range(work.routes[vehicle, LENGTH]):
                node = work.kept_rows[vehicle, place] = work.rows[vehicle, place]
                if node < pack.scalars[VISITS]:
                    work.where[node, 0], work.where[node, 1] = vehicle, place
    copy(work.sums, work.kept_sums, len(work.sums))
    work.touched[:] = False


@compiled
def undo(pack: Pack, work: Work) -> None:
    """Back to the plan that the candidate was made from."""
    copy(work.kept_absent, work.absent, work.kept_sums[ABSENT])
    for vehicle in range(len(work.touched)):
        if work.touched[vehicle]:
            copy(work.kept_routes[vehicle], work.routes[vehicle], len(work.routes[vehicle]))
            copy(work.kept_rows[vehicle], work.rows[vehicle], work.routes[vehicle, LENGTH])
            look(pack, work, vehicle)
    copy(work.kept_sums, work.sums, len(work.sums))
    work.touched[:] = False


@compiled
def most_work(routes: Ints) -> int:
    """Seconds of driving and service of the busiest vehicle."""
    most = 0
    for vehicle in range(len(routes)):
        if routes[vehicle, IN_USE]:
            most = max(most, routes[vehicle, WORK])
    return most
