"""A slow second opinion on times: every choice of windows and of places for the breaks, each a system of differences
solved by relaxation. It shares nothing with the code that it judges but the words of `problem.py`."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations, product
from typing import NamedTuple

from app.services.routing.problem import Break, Call, Problem, Request, StopKind, Vehicle, Window

ZERO = 0
"""The variable that all others are measured from."""

SET_OUT = 1


class Answer(NamedTuple):
    start_s: int
    visits_s: tuple[int, ...]
    end_s: int


class System:
    """Whole numbers x with x[b] - x[a] >= w for every rule (a, b, w); x[ZERO] is 0."""

    def __init__(self, size: int, rules: Sequence[tuple[int, int, int]]) -> None:
        self.size, self.rules = size, list(rules)

    def extreme(self, of: int, sign: int) -> int | None:
        """The least (1) or greatest (-1) value of a variable that is bounded; None if there is no solution."""
        best: list[int | None] = [None] * self.size
        best[ZERO] = 0
        for _ in range(self.size + 1):
            changed = False
            for a, b, w in self.rules:
                origin, target = (a, b) if sign == 1 else (b, a)
                at = best[origin]
                if at is None:
                    continue
                pushed = at + sign * w
                have = best[target]
                if have is None or (pushed - have) * sign > 0:
                    best[target], changed = pushed, True
            if not changed:
                return best[of]
        return None


def answer(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Answer | None:
    """The earliest end, then the latest start, then the least visits there are."""
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for system in _systems(problem, vehicle, calls):
        home = 2 + len(calls)
        end_s = system.extreme(home, 1)
        if end_s is None:
            continue
        system.rules.append((home, ZERO, -end_s))
        start_s = system.extreme(SET_OUT, -1)
        assert start_s is not None
        system.rules.append((ZERO, SET_OUT, start_s))
        visits = [system.extreme(2 + number, 1) for number in range(len(calls))]
        found.append((end_s, -start_s, tuple(visit for visit in visits if visit is not None)))
    if not found:
        return None
    end_s, late_s, visits_s = min(found)
    return Answer(-late_s, visits_s, end_s)


def feasible(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> bool:
    """Every rule for one route."""
    begun = tuple(calls[: len(vehicle.prefix)]) == vehicle.prefix
    may = all(_may(vehicle, problem.by_key[call.request]) for call in calls)
    return begun and may and _holds(problem, vehicle, calls) and answer(problem, vehicle, calls) is not None


def _may(vehicle: Vehicle, request: Request) -> bool:
    pinned = request.allowed is not None and vehicle.key not in request.allowed
    return not pinned and vehicle.key not in request.forbidden and not request.needs - vehicle.features


def _holds(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> bool:
    """All that is fetched is brought, and there is always room for it, apart from what it may not be with."""
    aboard = [r for r in problem.requests if r.pickup is None and vehicle.key in (r.allowed or ())]
    for call in calls:
        request = problem.by_key[call.request]
        if call.kind is StopKind.DROPOFF:
            if request not in aboard:
                return False
            aboard.remove(request)
            continue
        if any(o.load_class in request.apart_from or request.load_class in o.apart_from for o in aboard):
            return False
        aboard.append(request)
        if any(sum(o.demand[d] for o in aboard) > room for d, room in enumerate(vehicle.capacity)):
            return False
    return not aboard


def served_most(problem: Problem, vehicle: Vehicle) -> int:
    """The most requests that this vehicle can serve, by trying every order of every choice of them."""
    most = -1
    for chosen in product((False, True), repeat=len(problem.requests)):
        calls = [call for r, on in zip(problem.requests, chosen, strict=True) if on for call in r.calls]
        if sum(chosen) > most and any(feasible(problem, vehicle, order) for order in permutations(calls)):
            most = sum(chosen)
    return most


def _systems(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Iterator[System]:
    places = [vehicle.start, *(problem.visit(call).location for call in calls)]
    legs = [problem.travel.duration_s[a][b] for a, b in pairwise(places)]
    legs.append(0 if vehicle.end is None else problem.travel.duration_s[places[-1]][vehicle.end])
    if vehicle.driving_s_max is not None and sum(legs) > vehicle.driving_s_max:
        return
    fixed = list(_fixed(problem, vehicle, calls))
    home = 2 + len(calls)
    for windows in product(*(problem.visit(call).windows for call in calls)):
        within = [rule for number, window in enumerate(windows) for rule in _between(2 + number, window)]
        for where in _places_of_breaks(vehicle.breaks, len(legs)):
            rules, size = [*fixed, *within], home + 1
            nodes = [SET_OUT, *range(2, home + 1)]
            services = [0, *(problem.visit(call).service_s for call in calls)]
            for leg, leg_s in enumerate(legs):
                here, busy_s = nodes[leg], services[leg]
                for rest, place in zip(vehicle.breaks, where, strict=True):
                    if place == leg:
                        rules += [(here, size, busy_s), *_between(size, rest.window)]
                        here, busy_s, size = size, rest.duration_s, size + 1
                rules.append((here, nodes[leg + 1], busy_s + leg_s))
            for rest, place in zip(vehicle.breaks, where, strict=True):
                if place == "before":
                    rules.append((ZERO, SET_OUT, rest.window.close_s + 1))
                if place == "after":
                    rules.append((home, ZERO, -rest.window.close_s))
            yield System(size, rules)


def _fixed(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Iterator[tuple[int, int, int]]:
    home = 2 + len(calls)
    yield ZERO, SET_OUT, vehicle.shift.open_s
    yield SET_OUT, ZERO, -vehicle.shift.close_s
    yield ZERO, home, vehicle.shift.open_s
    yield home, ZERO, -vehicle.shift.close_s
    if vehicle.prefix or any(r.pickup is None and vehicle.key in (r.allowed or ()) for r in problem.requests):
        yield SET_OUT, ZERO, -vehicle.shift.open_s
    if vehicle.duration_s_max is not None:
        yield home, SET_OUT, -vehicle.duration_s_max
    for number, call in enumerate(calls):
        request = problem.by_key[call.request]
        fetch = Call(call.request, StopKind.PICKUP)
        if call.kind is StopKind.DROPOFF and request.ride_s_max is not None and fetch in calls[:number]:
            yield 2 + number, 2 + calls.index(fetch), -request.ride_s_max - problem.visit(fetch).service_s


def _between(variable: int, window: Window) -> list[tuple[int, int, int]]:
    return [(ZERO, variable, window.open_s), (variable, ZERO, -window.close_s)]


def _places_of_breaks(breaks: Sequence[Break], legs: int) -> Iterator[tuple[int | str, ...]]:
    """Before a leg, or not at all because the break is over before the start or not yet due at the end."""
    for where in product(("before", *range(legs), "after"), repeat=len(breaks)):
        taken = [place for place in where if isinstance(place, int)]
        if taken == sorted(taken):
            yield where
