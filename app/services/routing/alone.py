"""Could this request be served if it were the only one? If not, why not."""

from dataclasses import replace
from sys import maxsize

from app.services.routing.problem import Problem, Reason, Request, Vehicle, Window
from app.services.routing.schedule import round_trip, timed

ANY_TIME = Window(-maxsize, maxsize)


def obstacle(problem: Problem, request: Request) -> Reason | None:
    """Found by trying the request on every empty vehicle, then again with one rule lifted at a time.

    SHIFT_TOO_SHORT: still impossible without the request's windows, or possible if the driver need not go home.
    WINDOW_UNREACHABLE: what is left; within the shifts there is time for it, but not at the time it asks for.
    """
    if not problem.vehicles:
        return Reason.NO_VEHICLE
    large_enough = [vehicle for vehicle in problem.vehicles if vehicle.fits(request.demand)]
    if not large_enough:
        return Reason.CAPACITY
    if _possible(problem, request, large_enough):
        return None
    at_any_time = replace(
        request,
        pickup=replace(request.pickup, window=ANY_TIME),
        dropoff=replace(request.dropoff, window=ANY_TIME),
    )
    staying_out = [replace(vehicle, end=None) for vehicle in large_enough]
    if not _possible(problem, at_any_time, large_enough) or _possible(problem, request, staying_out):
        return Reason.SHIFT_TOO_SHORT
    return Reason.WINDOW_UNREACHABLE


def _possible(problem: Problem, request: Request, vehicles: list[Vehicle]) -> bool:
    return any(timed(problem, vehicle, round_trip(request)) for vehicle in vehicles)
