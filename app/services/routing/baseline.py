"""The day without planning, to compare a plan with: rides handed out one after the other, first come, first served."""

from collections.abc import Collection

from app.services.routing.alone import obstacle
from app.services.routing.problem import Key, PlannedRoute, Problem, Request, Vehicle
from app.services.routing.schedule import Call, round_trip, timed


def baseline(problem: Problem, served: Collection[Key] | None = None) -> int:
    """Metres driven if a person hands out the requests, as `first_come_first_served` does.

    Whoever finds no place there is fetched by an extra trip of the vehicle for which that is shortest, so that every
    request counts. What no vehicle could serve even alone is left out. `served` keeps only these requests, so that a
    plan is compared with the same work.
    """
    wanted = tuple(r for r in problem.requests if served is None or r.key in served)
    possible = tuple(r for r in wanted if obstacle(problem, r) is None)
    routes, left_over = first_come_first_served(problem, possible)
    return sum(route.distance_m for route in routes) + sum(_extra_trip_m(problem, request) for request in left_over)


def first_come_first_served(
    problem: Problem, requests: tuple[Request, ...]
) -> tuple[tuple[PlannedRoute, ...], tuple[Request, ...]]:
    """The routes, and who found no place. By opening of the pickup window, each request goes to the end of the route
    that ends with the least time added: one request at a time in the vehicle, nothing is ever moved again."""
    calls: dict[Key, tuple[Call, ...]] = {vehicle.key: () for vehicle in problem.vehicles}
    routes: dict[Key, PlannedRoute] = {}
    left_over: list[Request] = []
    for request in sorted(requests, key=lambda r: r.pickup.window.open_s):
        offers = [
            (
                route.duration_s - (routes[vehicle.key].duration_s if vehicle.key in routes else 0),
                index,
                route,
            )
            for index, vehicle in enumerate(problem.vehicles)
            if (route := _appended(problem, vehicle, calls[vehicle.key], request)) is not None
        ]
        if not offers:
            left_over.append(request)
            continue
        *_, route = min(offers, key=lambda offer: offer[:2])
        routes[route.vehicle] = route
        calls[route.vehicle] += round_trip(request)
    return tuple(routes[v.key] for v in problem.vehicles if v.key in routes), tuple(left_over)


def _appended(problem: Problem, vehicle: Vehicle, calls: tuple[Call, ...], request: Request) -> PlannedRoute | None:
    return timed(problem, vehicle, (*calls, *round_trip(request))) if vehicle.fits(request.demand) else None


def _extra_trip_m(problem: Problem, request: Request) -> int:
    trips = (_appended(problem, vehicle, (), request) for vehicle in problem.vehicles)
    return min(trip.distance_m for trip in trips if trip is not None)
