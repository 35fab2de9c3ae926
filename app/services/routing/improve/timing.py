"""The times of one order of calls, exactly, in machine code: what `schedule.timed` finds, without its route.

Every rule says "not before" or "not after" some other time. Pushing all times up until nothing is too early any more
gives the earliest end, or that there is none; pulling them down from that end gives the latest setting out.
"""

from app.services.routing.improve.columns import (
    BACK_BY,
    CLOSE,
    DROPOFF,
    DURATION,
    LEAVE_BY,
    NEVER,
    OPEN,
    PICKUP,
    REQUEST,
    RESTS,
    RIDE,
    SERVICE,
    SET_OUT,
    SPANS,
    TIME,
    Ints,
)
from app.services.routing.improve.machine import compiled, inlined
from app.services.routing.improve.pack import Pack

TIMES, BOUND, MATE, PLACE, LEG = range(5)
"""`desk`, the rows of a scratch array: the times found, bounds on them, each dropoff's pickup where the ride is
limited (-1), where each node stands, before which leg each break is taken."""


@compiled
def best_times(pack: Pack, vehicle: int, row: Ints, length: int, desk: Ints) -> tuple[int, int]:
    """(setting out, end) of the row's best times: the earliest end, then the latest setting out. (0, NEVER): none.

    Breaks are taken in order; which of them are due depends on when the route begins and ends, so every choice is
    tried: how many of the first are over before, how many are taken, and before which legs.
    """
    _find_mates(pack, row, length, desk)
    rests = pack.vehicles[vehicle, RESTS]
    if rests == 0:
        back_by = pack.vehicles[vehicle, BACK_BY]
        return _with_breaks(pack, vehicle, row, length, desk, 0, 0, pack.vehicles[vehicle, SET_OUT], back_by)
    best_start, best_end = 0, NEVER
    for over in range(rests + 1):
        set_out, back_by = pack.vehicles[vehicle, SET_OUT], pack.vehicles[vehicle, BACK_BY]
        for number in range(over):
            set_out = max(set_out, pack.rests[vehicle, number, 1] + 1)
        if set_out > pack.vehicles[vehicle, LEAVE_BY]:
            break
        for taken in range(rests - over + 1):
            by = back_by
            for number in range(over + taken, rests):
                by = min(by, pack.rests[vehicle, number, 1])
            desk[LEG, :taken] = 0
            while True:
                start, end = _with_breaks(pack, vehicle, row, length, desk, over, taken, set_out, by)
                if end < best_end or (end == best_end and end < NEVER and start > best_start):
                    best_start, best_end = start, end
                if not _next_legs(desk, taken, length - 1):
                    break
    return best_start, best_end


@compiled
def _next_legs(desk: Ints, taken: int, legs: int) -> bool:
    """The next choice of legs for the breaks, which never go back; False after the last."""
    last = taken - 1
    while last >= 0 and desk[LEG, last] == legs - 1:
        last -= 1
    if last < 0:
        return False
    leg = desk[LEG, last] + 1
    for number in range(last, taken):
        desk[LEG, number] = leg
    return True


@compiled
def _find_mates(pack: Pack, row: Ints, length: int, desk: Ints) -> None:
    for place in range(1, length - 1):
        desk[PLACE, row[place]] = place
        request = pack.nodes[row[place], REQUEST]
        pickup = pack.requests[request, PICKUP]
        limited = pack.requests[request, RIDE] < NEVER and pickup >= 0 and pack.requests[request, DROPOFF] == row[place]
        desk[MATE, place] = desk[PLACE, pickup] if limited else -1
    desk[MATE, 0] = desk[MATE, length - 1] = -1


@compiled
def _with_breaks(
    pack: Pack, vehicle: int, row: Ints, length: int, desk: Ints, over: int, taken: int, set_out: int, back_by: int
) -> tuple[int, int]:
    """The best times with the breaks from `over` on before the legs of the desk."""
    if not _possible(pack, vehicle, row, length, desk, over, taken):
        return 0, NEVER
    start, end = _earliest(pack, vehicle, row, length, desk, over, taken, set_out, back_by)
    if end < NEVER and pack.vehicles[vehicle, LEAVE_BY] > pack.vehicles[vehicle, SET_OUT]:
        start = _latest(pack, vehicle, row, length, desk, over, taken, end)
    return start, end


@compiled
def _possible(pack: Pack, vehicle: int, row: Ints, length: int, desk: Ints, over: int, taken: int) -> bool:
    """Whether rides and duration can be kept if nobody ever waits: who cannot would be pushed up without end."""
    now, rest = 0, 0
    for place in range(length):
        desk[TIMES, place] = now
        desk[BOUND, place] = -NEVER
        mate = desk[MATE, place]
        if mate >= 0 and now - desk[TIMES, mate] > _longest_ride(pack, row[place], row[mate]):
            return False
        if place < length - 1:
            while rest < taken and desk[LEG, rest] == place:
                now += pack.rests[vehicle, over + rest, 2]
                rest += 1
            now += pack.legs[row[place], row[place + 1], TIME]
    return now <= pack.vehicles[vehicle, DURATION]


@compiled
def _longest_ride(pack: Pack, dropoff: int, pickup: int) -> int:
    """From the beginning of the pickup's service to that of the dropoff's."""
    return pack.requests[pack.nodes[dropoff, REQUEST], RIDE] + pack.nodes[pickup, SERVICE]


@compiled
def _earliest(
    pack: Pack, vehicle: int, row: Ints, length: int, desk: Ints, over: int, taken: int, start: int, back_by: int
) -> tuple[int, int]:
    """The least times of who sets out at `start`, or later if the limit of the duration wants it."""
    while True:
        end = _drive(pack, vehicle, row, length, desk, over, taken, start)
        if end > back_by:
            return 0, NEVER
        pushed = _push_pickups(pack, row, length, desk)
        if end - start > pack.vehicles[vehicle, DURATION]:
            start, pushed = end - pack.vehicles[vehicle, DURATION], True
            if start > pack.vehicles[vehicle, LEAVE_BY]:
                return 0, NEVER
        if not pushed:
            return start, end


@inlined
def _drive(pack: Pack, vehicle: int, row: Ints, length: int, desk: Ints, over: int, taken: int, start: int) -> int:
    """From stop to stop, none served before its bound; NEVER if a window or a break is missed."""
    now, rest = start, 0
    for place in range(1, length):
        here, there = row[place - 1], row[place]
        while rest < taken and desk[LEG, rest] == place - 1:
            # `now` is the beginning of service here, and the break comes after it
            begin = max(now + pack.nodes[here, SERVICE], pack.rests[vehicle, over + rest, 0])
            if begin > pack.rests[vehicle, over + rest, 1]:
                return NEVER
            now = begin + pack.rests[vehicle, over + rest, 2] - pack.nodes[here, SERVICE]
            rest += 1
        now = max(now + pack.legs[here, there, TIME], desk[BOUND, place])
        if place < length - 1:
            now = _next_opening(pack, there, now)
            if now == NEVER:
                return NEVER
        desk[TIMES, place] = now
    return now


@inlined
def _push_pickups(pack: Pack, row: Ints, length: int, desk: Ints) -> bool:
    """Raise the bounds of pickups from which the ride would take too long. False if there are none."""
    pushed = False
    for place in range(1, length - 1):
        mate = desk[MATE, place]
        if mate >= 0:
            soonest = desk[TIMES, place] - _longest_ride(pack, row[place], row[mate])
            if soonest > desk[TIMES, mate]:
                desk[BOUND, mate], pushed = soonest, True
    return pushed


@compiled
def _latest(pack: Pack, vehicle: int, row: Ints, length: int, desk: Ints, over: int, taken: int, end: int) -> int:
    """The latest setting out for an end that is known to be possible."""
    times, most = desk[TIMES], desk[BOUND]
    most[:length] = NEVER
    while True:
        now, rest = end, taken - 1
        for place in range(length - 2, -1, -1):
            here = row[place]
            now -= pack.legs[here, row[place + 1], TIME]
            while rest >= 0 and desk[LEG, rest] == place:
                begin = now + pack.nodes[here, SERVICE] - pack.rests[vehicle, over + rest, 2]
                now = min(begin, pack.rests[vehicle, over + rest, 1]) - pack.nodes[here, SERVICE]
                rest -= 1
            if place > 0:
                now = _last_opening(pack, here, min(now, most[place]))
            times[place] = now
        pulled = False
        for place in range(1, length - 1):
            mate = desk[MATE, place]
            if mate >= 0:
                ride = _longest_ride(pack, row[place], row[mate])
                if times[place] - times[mate] > ride:
                    most[place], pulled = times[mate] + ride, True
        if not pulled:
            return now


@compiled
def _next_opening(pack: Pack, node: int, time: int) -> int:
    """The earliest beginning of service of who is there at `time`."""
    if pack.nodes[node, SPANS] == 1:
        time = max(time, pack.nodes[node, OPEN])
        return time if time <= pack.nodes[node, CLOSE] else NEVER
    for number in range(pack.nodes[node, SPANS]):
        if time <= pack.spans[node, number, 1]:
            return max(time, pack.spans[node, number, 0])
    return NEVER


@compiled
def _last_opening(pack: Pack, node: int, time: int) -> int:
    """The latest beginning of service not after `time`."""
    for number in range(pack.nodes[node, SPANS] - 1, -1, -1):
        if time >= pack.spans[node, number, 0]:
            return min(time, pack.spans[node, number, 1])
    return -NEVER
