"""A problem as arrays for the machine code. Whole numbers throughout: seconds, metres, costs.

Nodes are the ends of the requests, then the places where shifts start and end.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from app.services.routing.improve.columns import (
    CLOSE,
    DETOUR,
    DROPOFF,
    MUST,
    NEVER,
    OPEN,
    PICKUP,
    RIDE,
    SERVICE,
    TIME,
    WAY,
    WORD,
    Bools,
    Floats,
    Ints,
)
from app.services.routing.improve.detours import least_detours
from app.services.routing.objective import Weights
from app.services.routing.problem import Call, Problem, Request, StopKind, Vehicle, Visit

MANY_NODES = 800
"""Up to here the least detours are worth their computation, which takes as many steps as the cube of it."""


class Pack(NamedTuple):
    """n nodes, q requests, v vehicles; the columns of the last axes are named in `columns.py`.

    legs, legs_to: n x n x 2, [from, to] and [to, from]. spans: n x windows x 2. rests: v x breaks x 3 (opening,
    closing, duration). may: v x q, who may carry what. near: each visit's other visits, the nearest first.
    """

    legs: Ints
    legs_to: Ints
    nodes: Ints
    spans: Ints
    requests: Ints
    vehicles: Ints
    rests: Ints
    may: Bools
    near: Ints
    keys: Floats
    scalars: Ints


class Code:
    """Which node stands for which call, and back."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.calls = list(chain.from_iterable(request.calls for request in requests))
        self.node = {call: node for node, call in enumerate(self.calls)}

    def nodes(self, calls: Iterable[Call]) -> list[int]:
        return [self.node[call] for call in calls]


def packed(problem: Problem, requests: Sequence[Request], weights: Weights, code: Code) -> Pack:
    """Needs at least one vehicle and one request."""
    depots = list(dict.fromkeys(place for v in problem.vehicles for place in (v.start, v.end)))
    depot = {place: len(code.calls) + number for number, place in enumerate(depots)}
    visits = [problem.visit(call) for call in code.calls]
    places = [*(visit.location for visit in visits), *depots]
    legs = np.stack([_legs(table, places) for table in (problem.travel.duration_s, problem.travel.distance_m)], axis=2)
    legs[: len(visits), :, TIME] += np.array([visit.service_s for visit in visits], np.int64)[:, None]
    groups = _Groups(requests)
    rows = _requests(problem, requests, weights, code, groups)
    nodes = _nodes(requests, code, visits, len(places))
    _narrow(nodes, rows)
    if len(places) <= MANY_NODES:
        least = np.zeros(len(requests), np.int64)
        least_detours(legs, np.array([code.node[request.calls[-1]] for request in requests]), least)
        rows[:, DETOUR] = least
    costs = [vehicle.costs for vehicle in problem.vehicles]
    proximity = sum(c.metre for c in costs) * legs[:, :, WAY] + sum(c.second for c in costs) * legs[:, :, TIME]
    starts = [depot[vehicle.start] for vehicle in problem.vehicles]
    arrays = Pack(
        legs=legs,
        legs_to=legs.transpose(1, 0, 2),
        nodes=nodes,
        spans=_spans(visits),
        requests=rows,
        vehicles=_vehicles(problem, requests, weights, depot, groups),
        rests=_rests(problem.vehicles),
        may=np.array([[v.may_carry(r) and v.fits(r.demand) for r in requests] for v in problem.vehicles], np.bool_),
        near=_near(proximity[: len(visits), : len(visits)]),
        keys=_keys(requests, code, nodes, proximity[starts].min(axis=0)),
        scalars=np.array(
            [len(requests[0].demand), groups.words, problem.goals.balance, len(visits), len(groups)], np.int64
        ),
    )
    return arrays._replace(**{name: np.ascontiguousarray(array) for name, array in arrays._asdict().items()})


class _Groups:
    """Requests of one load class that avoid the same classes form a group. A set of groups is a row of bits; there are
    none if nobody avoids anybody."""

    def __init__(self, requests: Sequence[Request]) -> None:
        avoided = frozenset(chain.from_iterable(request.apart_from for request in requests))
        self.samples: dict[tuple[str | None, frozenset[str]], Request] = {}
        for request in requests:
            if request.apart_from or request.load_class in avoided:
                self.samples.setdefault((request.load_class, request.apart_from), request)
        self.words = -(-len(self) // WORD)

    def __len__(self) -> int:
        return len(self.samples)

    def number(self, request: Request) -> int:
        """-1: of none."""
        keys = list(self.samples)
        key = request.load_class, request.apart_from
        return keys.index(key) if key in self.samples else -1

    def avoids(self, request: Request) -> list[int]:
        words = [0] * self.words
        for number, other in enumerate(self.samples.values()):
            if request.apart(other):
                words[number // WORD] |= 1 << number % WORD
        return words


def _legs(table: Sequence[Sequence[int]], places: Sequence[int | None]) -> Ints:
    """Between all nodes. Nowhere, the end of open routes, costs nothing to reach."""
    known = np.array([place or 0 for place in places])
    legs: Ints = np.array(table, np.int64)[np.ix_(known, known)]
    nowhere = [number for number, place in enumerate(places) if place is None]
    legs[nowhere, :] = 0
    legs[:, nowhere] = 0
    return legs


def _clipped(time_s: int) -> int:
    return max(-NEVER, min(NEVER, time_s))


def _nodes(requests: Sequence[Request], code: Code, visits: Sequence[Visit], size: int) -> Ints:
    owner = {call: number for number, request in enumerate(requests) for call in request.calls}
    rows = [
        (
            _clipped(visit.windows[0].open_s),
            _clipped(visit.windows[-1].close_s),
            visit.service_s,
            owner[call],
            len(visit.windows),
        )
        for call, visit in zip(code.calls, visits, strict=True)
    ]
    depots = [(-NEVER, NEVER, 0, -1, 1)] * (size - len(rows))
    return np.array(rows + depots, np.int64)


def _narrow(nodes: Ints, requests: Ints) -> None:
    """Take from the windows what order and ride time of the same request rule out anyway, so that what is impossible
    shows early."""
    fetched = requests[requests[:, PICKUP] >= 0]
    pickup, dropoff = nodes[fetched[:, PICKUP]], nodes[fetched[:, DROPOFF]]
    longest = fetched[:, RIDE] + pickup[:, SERVICE]
    pickup[:, OPEN] = np.maximum(pickup[:, OPEN], dropoff[:, OPEN] - longest)
    dropoff[:, CLOSE] = np.minimum(dropoff[:, CLOSE], pickup[:, CLOSE] + longest)
    pickup[:, CLOSE] = np.minimum(pickup[:, CLOSE], dropoff[:, CLOSE] - pickup[:, SERVICE])
    dropoff[:, OPEN] = np.maximum(dropoff[:, OPEN], pickup[:, OPEN] + pickup[:, SERVICE])
    nodes[fetched[:, PICKUP]], nodes[fetched[:, DROPOFF]] = pickup, dropoff


def _spans(visits: Sequence[Visit]) -> Ints:
    spans = np.zeros((len(visits), max(len(visit.windows) for visit in visits), 2), np.int64)
    for node, visit in enumerate(visits):
        for number, window in enumerate(visit.windows):
            spans[node, number] = _clipped(window.open_s), _clipped(window.close_s)
    return spans


def _requests(problem: Problem, requests: Sequence[Request], weights: Weights, code: Code, groups: _Groups) -> Ints:
    holder = {call: number for number, vehicle in enumerate(problem.vehicles) for call in vehicle.prefix}
    holder |= {
        request.calls[0]: number
        for number, vehicle in enumerate(problem.vehicles)
        for request in requests
        if request.pickup is None and request.allowed == frozenset({vehicle.key})
    }
    rows = []
    for request in requests:
        anchor = holder.get(request.calls[0], -1)
        pickup = -1 if request.pickup is None else code.node[request.calls[0]]
        limited = request.pickup is not None and request.ride_s_max is not None
        split = any(len(problem.visit(call).windows) > 1 for call in request.calls)
        rows.append(
            [
                pickup,
                code.node[Call(request.key, StopKind.DROPOFF)],
                anchor,
                weights.penalty(request) if anchor < 0 else MUST,
                _clipped(request.ride_s_max) if limited and request.ride_s_max is not None else NEVER,
                limited or split,
                -NEVER,
                groups.number(request),
                *request.demand,
                *groups.avoids(request),
            ]
        )
    return np.array(rows, np.int64)


def _vehicles(
    problem: Problem, requests: Sequence[Request], weights: Weights, depot: dict[int | None, int], groups: _Groups
) -> Ints:
    kinds: dict[object, int] = {}
    rows = []
    for vehicle in problem.vehicles:
        aboard = [r for r in requests if r.pickup is None and r.allowed == frozenset({vehicle.key})]
        busy = bool(vehicle.prefix or aboard)
        opens_s, closes_s = _clipped(vehicle.shift.open_s), _clipped(vehicle.shift.close_s)
        duties = (vehicle.breaks, vehicle.duration_s_max, vehicle.driving_s_max, weights.vehicle_cost(vehicle))
        carries = tuple(vehicle.may_carry(request) for request in requests)
        kind = (vehicle.start, vehicle.end, vehicle.shift, vehicle.capacity, vehicle.costs, duties, carries)
        rows.append(
            [
                depot[vehicle.start],
                depot[vehicle.end],
                opens_s,
                opens_s if busy else closes_s,
                closes_s,
                weights.vehicle_cost(vehicle),
                vehicle.costs.second,
                vehicle.costs.metre,
                NEVER if vehicle.duration_s_max is None else vehicle.duration_s_max,
                NEVER if vehicle.driving_s_max is None else vehicle.driving_s_max,
                len(vehicle.prefix),
                len(vehicle.breaks),
                kinds.setdefault(vehicle.key if busy else kind, len(kinds)),
                busy,
                *vehicle.capacity,
                *(sum(amounts) for amounts in zip(*(r.demand for r in aboard), strict=True)),
                *([0] * len(vehicle.capacity) if not aboard else []),
            ]
        )
    return np.array(rows, np.int64)


def _rests(vehicles: Sequence[Vehicle]) -> Ints:
    """In the order in which they are taken."""
    rests = np.zeros((len(vehicles), max(1, *(len(vehicle.breaks) for vehicle in vehicles), 1), 3), np.int64)
    for row, vehicle in zip(rests, vehicles, strict=True):
        for number, rest in enumerate(sorted(vehicle.breaks, key=lambda b: (b.window.close_s, b.window.open_s))):
            row[number] = rest.window.open_s, rest.window.close_s, rest.duration_s
    return rests


def _near(proximity: Ints) -> Ints:
    order: Ints = np.argsort(proximity, axis=1, kind="stable")
    return order


def _keys(requests: Sequence[Request], code: Code, nodes: Ints, from_start: Ints) -> Floats:
    """FARNESS, PATIENCE, OPENING, CLOSING, SIZE of each request."""
    first = [code.node[request.calls[0]] for request in requests]
    last = [code.node[request.calls[-1]] for request in requests]
    size = np.array([sum(request.demand) for request in requests])
    return np.stack(
        [
            from_start[first] + from_start[last],
            nodes[first, CLOSE] - nodes[first, OPEN] + nodes[last, CLOSE] - nodes[last, OPEN],
            nodes[first, OPEN],
            nodes[last, CLOSE],
            size,
        ]
    ).astype(np.float64)
