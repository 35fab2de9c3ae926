"""The day without planning, to compare a plan with: rides handed out one after the other, first come, first served."""

from collections.abc import Collection, Sequence

from app.services.routing.alone import begun, obstacle
from app.services.routing.insertion import fits
from app.services.routing.problem import Key, PlannedRoute, Problem, Request, Vehicle
from app.services.routing.schedule import driven


def baseline(problem: Problem, served: Collection[Key] | None = None) -> int:
    """Metres driven if a person hands out the requests, as `first_come_first_served` does.

    Whoever finds no place there is fetched by an extra trip of the vehicle for which that is shortest, so that every
    request counts. What no vehicle could serve even alone is left out. `served` keeps only these requests, so that a
    plan is compared with the same work; what is under way is work in any case.
    """
    wanted = tuple(r for r in problem.requests if served is None or r.key in served)
    possible = tuple(r for r in wanted if obstacle(problem, r) is None)
    routes, left_over = first_come_first_served(problem, possible)
    return sum(route.distance_m for route in routes) + sum(_extra_trip_m(problem, request) for request in left_over)


def first_come_first_served(
    problem: Problem, requests: Sequence[Request]
) -> tuple[tuple[PlannedRoute, ...], tuple[Request, ...]]:
    """The routes, and who found no place. By opening of the first window, each request goes to the end of the route
    that ends with the least time added: one request at a time in the vehicle, nothing is ever moved again.

    A vehicle under way first finishes what it has begun, if it can.
    """
    routes = {
        vehicle.key: driven(problem, vehicle, calls)
        for vehicle in problem.vehicles
        if (calls := begun(problem, vehicle))
    }
    bound = {stop.request for route in routes.values() for stop in route.stops}
    left_over: list[Request] = []
    for request in sorted((r for r in requests if r.key not in bound), key=_opens_s):
        offers = [
            (route.duration_s - (routes[vehicle.key].duration_s if vehicle.key in routes else 0), index, route)
            for index, vehicle in enumerate(problem.vehicles)
            if (route := _appended(problem, vehicle, routes.get(vehicle.key), request)) is not None
        ]
        if offers:
            *_, route = min(offers, key=lambda offer: offer[:2])
            routes[route.vehicle] = route
        else:
            left_over.append(request)
    return tuple(routes[v.key] for v in problem.vehicles if v.key in routes), tuple(left_over)


def _opens_s(request: Request) -> int:
    return (request.pickup or request.dropoff).windows[0].open_s


def _appended(problem: Problem, vehicle: Vehicle, route: PlannedRoute | None, request: Request) -> PlannedRoute | None:
    calls = () if route is None else tuple(stop.call for stop in route.stops)
    return fits(problem, vehicle, (*calls, *request.calls))


def _extra_trip_m(problem: Problem, request: Request) -> int:
    """As if the vehicle had nothing else to do."""
    trips = (
        driven(problem, v, request.calls) for v in problem.vehicles if v.may_carry(request) and v.fits(request.demand)
    )
    return min(trip.distance_m for trip in trips)
