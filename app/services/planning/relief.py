"""What is under way is brought to its end, whatever rule it breaks by now: such rules are widened just so far."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.services.routing.insertion import fits
from app.services.routing.objective import driving_s
from app.services.routing.problem import (
    Call,
    Key,
    Orders,
    PlannedRoute,
    Problem,
    Request,
    StopKind,
    Vehicle,
    Visit,
    Window,
)
from app.services.routing.schedule import driven, timed


def relieved(problem: Problem, minimum: Orders) -> Problem:
    """The problem, in which each vehicle can drive at least these calls in this order."""
    requests, vehicles = dict(problem.by_key), {vehicle.key: vehicle for vehicle in problem.vehicles}
    for key, calls in minimum.items():
        vehicle = vehicles.get(key)
        if vehicle is None or fits(problem, vehicle, calls) is not None:
            continue
        held = [requests[call.request] for call in calls]
        vehicle = _roomy(vehicle, calls, requests)
        route = driven(problem, vehicle, calls)
        requests |= {request.key: _patient(request, route, together=len(held) > 1) for request in held}
        vehicles[key] = _patient_vehicle(_with(problem, requests, vehicle), vehicle, route)
    return replace(problem, requests=tuple(requests.values()), vehicles=tuple(vehicles.values()))


def _with(problem: Problem, requests: Mapping[Key, Request], vehicle: Vehicle) -> Problem:
    vehicles = tuple(vehicle if other.key == vehicle.key else other for other in problem.vehicles)
    return replace(problem, requests=tuple(requests.values()), vehicles=vehicles)


def _roomy(vehicle: Vehicle, calls: Sequence[Call], requests: Mapping[Key, Request]) -> Vehicle:
    """With room for what is aboard in the end, and all that it needs."""
    fetched = {call.request for call in calls if call.kind is StopKind.PICKUP}
    aboard = {call.request for call in calls} - fetched
    load = [sum(requests[key].demand[i] for key in aboard) for i in range(len(vehicle.capacity))]
    most = list(map(max, vehicle.capacity, load))
    for call in calls:
        sign = 1 if call.kind is StopKind.PICKUP else -1
        load = [have + sign * amount for have, amount in zip(load, requests[call.request].demand, strict=True)]
        most = list(map(max, most, load))
    needs = frozenset[str]().union(*(requests[call.request].needs for call in calls))
    return replace(vehicle, capacity=tuple(most), features=vehicle.features | needs)


def _patient(request: Request, route: PlannedRoute, *, together: bool) -> Request:
    """With windows and a longest ride that the route keeps, and beside whatever it is with."""
    at = {stop.kind: stop for stop in route.stops if stop.request == request.key}
    pickup = None if request.pickup is None else _until(request.pickup, at[StopKind.PICKUP].start_s)
    ride_s_max = request.ride_s_max
    if ride_s_max is not None and StopKind.PICKUP in at:
        ride_s_max = max(ride_s_max, at[StopKind.DROPOFF].start_s - at[StopKind.PICKUP].departure_s)
    return replace(
        request,
        pickup=pickup,
        dropoff=_until(request.dropoff, at[StopKind.DROPOFF].start_s),
        ride_s_max=ride_s_max,
        load_class=None if together else request.load_class,
        apart_from=frozenset() if together else request.apart_from,
    )


def _until(visit: Visit, start_s: int) -> Visit:
    *others, last = visit.windows
    return replace(visit, windows=(*others, Window(last.open_s, max(last.close_s, start_s))))


def _patient_vehicle(problem: Problem, vehicle: Vehicle, route: PlannedRoute) -> Vehicle:
    longest_s, at_wheel_s = vehicle.duration_s_max, vehicle.driving_s_max
    relaxed = replace(
        vehicle,
        shift=Window(vehicle.shift.open_s, max(vehicle.shift.close_s, route.end_s)),
        duration_s_max=None if longest_s is None else max(longest_s, route.end_s - vehicle.shift.open_s),
        driving_s_max=None if at_wheel_s is None else max(at_wheel_s, driving_s(problem, vehicle, route)),
    )
    calls = [stop.call for stop in route.stops]
    if timed(_with(problem, problem.by_key, relaxed), relaxed, calls) is not None:
        return relaxed
    # a rest that nothing but being late leaves no time for is the driver's to take
    return replace(relaxed, breaks=tuple(rest for rest in vehicle.breaks if rest.window.open_s > route.end_s))
