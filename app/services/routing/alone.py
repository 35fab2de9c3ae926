"""Could this request be served if it were the only one, beside what is under way already? If not, why not."""

from collections.abc import Sequence
from dataclasses import replace
from sys import maxsize

from app.services.routing.insertion import aboard_after, fits
from app.services.routing.problem import Call, Matrix, Problem, Reason, Request, StopKind, Vehicle, Visit, Window
from app.services.routing.schedule import timed

ANY_TIME = (Window(-maxsize, maxsize),)

TRIALS = 300
"""So many orders are begun for what a vehicle has aboard and the request; not refuted by then counts as possible."""


def obstacle(problem: Problem, request: Request) -> Reason | None:
    """Found by trying the request on every vehicle, then again with one rule lifted at a time.

    RIDE_TIME: the direct way takes longer than the ride may, or it would be possible without that limit.
    SHIFT_TOO_SHORT: still impossible without the request's windows, or possible if the driver need neither rest nor
    go home nor be back after so long.
    WINDOW_UNREACHABLE: what is left; within the shifts there is time for it, but not at the time it asks for.
    """
    if not problem.vehicles:
        return Reason.NO_VEHICLE
    whoever = replace(request, needs=frozenset())
    allowed = [vehicle for vehicle in problem.vehicles if vehicle.may_carry(whoever)]
    if not allowed:
        return Reason.NOT_ALLOWED
    equipped = [vehicle for vehicle in allowed if vehicle.may_carry(request)]
    if not equipped:
        return Reason.EQUIPMENT
    large_enough = [vehicle for vehicle in equipped if vehicle.fits(request.demand)]
    if not large_enough:
        return Reason.CAPACITY
    return _obstacle_in_time(_only(problem, request, large_enough))


def _obstacle_in_time(problem: Problem) -> Reason | None:
    """The request is the first of the problem, whose vehicles may and can all carry it."""
    request = problem.requests[0]
    if _possible(problem, request, problem.vehicles):
        return None
    if request.ride_s_max is not None:
        direct_s = 0
        if request.pickup is not None:
            direct_s = problem.duration_s(request.pickup.location, request.dropoff.location)
        unlimited = replace(request, ride_s_max=None)
        if direct_s > request.ride_s_max or _possible(problem, unlimited, problem.vehicles):
            return Reason.RIDE_TIME
    at_any_time = replace(
        request,
        pickup=None if request.pickup is None else replace(request.pickup, windows=ANY_TIME),
        dropoff=replace(request.dropoff, windows=ANY_TIME),
    )
    unbound = [
        replace(vehicle, end=None, breaks=(), duration_s_max=None, driving_s_max=None) for vehicle in problem.vehicles
    ]
    if not _possible(problem, at_any_time, problem.vehicles) or _possible(problem, request, unbound):
        return Reason.SHIFT_TOO_SHORT
    return Reason.WINDOW_UNREACHABLE


def _only(problem: Problem, request: Request, vehicles: Sequence[Vehicle]) -> Problem:
    """The request first, then what is under way with these vehicles, and no more places than these need."""
    bound = {call.request for vehicle in vehicles for call in vehicle.prefix}
    bound.update(other.key for vehicle in vehicles for other in problem.aboard(vehicle))
    requests = [request, *(other for other in problem.requests if other.key in bound and other.key != request.key)]
    visits = [visit for r in requests for visit in (r.pickup, r.dropoff) if visit is not None]
    ends = [end for vehicle in vehicles for end in (vehicle.start, vehicle.end) if end is not None]
    places = list(dict.fromkeys([*(visit.location for visit in visits), *ends]))
    number = {place: index for index, place in enumerate(places)}

    def moved(visit: Visit) -> Visit:
        return replace(visit, location=number[visit.location])

    def among(table: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(table[a][b] for b in places) for a in places)

    return Problem(
        locations=tuple(problem.locations[place] for place in places),
        travel=Matrix(among(problem.travel.duration_s), among(problem.travel.distance_m)),
        requests=tuple(
            replace(r, pickup=None if r.pickup is None else moved(r.pickup), dropoff=moved(r.dropoff)) for r in requests
        ),
        vehicles=tuple(
            replace(v, start=number[v.start], end=None if v.end is None else number[v.end]) for v in vehicles
        ),
    )


def _possible(problem: Problem, request: Request, vehicles: Sequence[Vehicle]) -> bool:
    if request is not problem.requests[0]:
        problem = replace(problem, requests=(request, *problem.requests[1:]))
    return any(_serves(problem, request, vehicle) for vehicle in vehicles)


def begun(problem: Problem, vehicle: Vehicle) -> tuple[Call, ...] | None:
    """An order in which the vehicle can finish what is under way; None if none is found."""
    left = _left(problem, vehicle)
    return _Trials(problem, vehicle).order(vehicle.prefix, left) if vehicle.prefix or left else ()


def _serves(problem: Problem, request: Request, vehicle: Vehicle) -> bool:
    left = _left(problem, vehicle)
    if not vehicle.prefix and not left:
        return fits(problem, vehicle, request.calls) is not None
    trials = _Trials(problem, vehicle)
    calls = (call for call in request.calls if call not in vehicle.prefix and call not in left)
    return trials.order(vehicle.prefix, (*left, *calls)) is not None or trials.count > TRIALS


def _left(problem: Problem, vehicle: Vehicle) -> tuple[Call, ...]:
    """What remains to be done, after the prefix, for all that is aboard or then fetched."""
    keys = dict.fromkeys([*(call.request for call in vehicle.prefix), *(r.key for r in problem.aboard(vehicle))])
    calls = (call for key in keys for call in problem.by_key[key].calls)
    return tuple(call for call in calls if call not in vehicle.prefix)


class _Trials:
    """Orders tried depth first; one is given up as soon as its beginning cannot be driven, all after so many."""

    def __init__(self, problem: Problem, vehicle: Vehicle) -> None:
        self.problem, self.vehicle = problem, vehicle
        self.on_the_way = replace(vehicle, end=None)
        self.count = 0

    def order(self, calls: tuple[Call, ...], left: tuple[Call, ...]) -> tuple[Call, ...] | None:
        """These calls, which are the first, and those that are left."""
        self.count += 1
        if self.count > TRIALS or aboard_after(self.problem, self.vehicle, calls) is None:
            return None
        if not left:
            return None if fits(self.problem, self.vehicle, calls) is None else calls
        if timed(self.problem, self.on_the_way, calls) is None:
            return None
        waiting = {call.request for call in left if call.kind is StopKind.PICKUP}
        following = (call for call in left if call.kind is StopKind.PICKUP or call.request not in waiting)
        orders = (self.order((*calls, call), tuple(c for c in left if c != call)) for call in following)
        return next((order for order in orders if order is not None), None)
