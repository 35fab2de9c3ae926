"""The best times for a given order of stops. Exact, and the only place where times are made."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.routing.problem import (
    Capacity,
    PlannedRoute,
    PlannedStop,
    Problem,
    Request,
    StopKind,
    Vehicle,
    Visit,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One end of a request, before it has a time."""

    request: Request
    kind: StopKind

    @property
    def visit(self) -> Visit:
        return self.request.visit(self.kind)

    @property
    def load(self) -> Capacity:
        """What it adds to the vehicle's load."""
        return self.request.demand if self.kind is StopKind.PICKUP else tuple(-need for need in self.request.demand)


def round_trip(request: Request) -> tuple[Call, Call]:
    return Call(request, StopKind.PICKUP), Call(request, StopKind.DROPOFF)


def timed(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> PlannedRoute | None:
    """The calls in this order, finished as early as possible and, for that, begun as late as possible; None if a
    window or the shift breaks. With one window per visit no other schedule is shorter. Loads are not looked at.

    Leaving as soon as the shift opens gives the earliest end. Going backwards from there, each visit's latest start is
    min(window close, next latest start - travel - service), which gives the latest departure: the driver waits at the
    base, not in the street.
    """
    earliest = _forward(problem, vehicle, calls, vehicle.shift.open_s)
    if earliest is None:
        return None
    return _forward(
        problem,
        vehicle,
        calls,
        _latest_departure_s(problem, vehicle, calls, earliest.end_s),
    )


def _forward(problem: Problem, vehicle: Vehicle, calls: Sequence[Call], start_s: int) -> PlannedRoute | None:
    here, now_s = vehicle.start, start_s
    stops: list[PlannedStop] = []
    for call in calls:
        visit = call.visit
        arrival_s = now_s + problem.duration_s(here, visit.location)
        service_start_s = max(arrival_s, visit.window.open_s)
        if service_start_s not in visit.window:
            return None
        now_s = service_start_s + visit.service_s
        distance_m = problem.distance_m(here, visit.location)
        stops.append(
            PlannedStop(
                call.request.key,
                call.kind,
                arrival_s,
                service_start_s,
                now_s,
                distance_m,
            )
        )
        here = visit.location
    home_s = 0 if vehicle.end is None else problem.duration_s(here, vehicle.end)
    home_m = 0 if vehicle.end is None else problem.distance_m(here, vehicle.end)
    if now_s + home_s > vehicle.shift.close_s:
        return None
    distance_m = sum(stop.distance_m for stop in stops) + home_m
    return PlannedRoute(vehicle.key, tuple(stops), start_s, now_s + home_s, distance_m)


def _latest_departure_s(problem: Problem, vehicle: Vehicle, calls: Sequence[Call], end_s: int) -> int:
    ahead, by_s = vehicle.end, end_s
    for call in reversed(calls):
        visit = call.visit
        travel_s = 0 if ahead is None else problem.duration_s(visit.location, ahead)
        ahead, by_s = (
            visit.location,
            min(visit.window.close_s, by_s - travel_s - visit.service_s),
        )
    return by_s if ahead is None else by_s - problem.duration_s(vehicle.start, ahead)
