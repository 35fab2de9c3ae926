from dataclasses import replace
from itertools import pairwise, product
from time import monotonic

import pytest

from app.services.routing import solver
from app.services.routing.checker import Violation, ViolationKind
from app.services.routing.objective import METRE_COST, SECOND_COST, VEHICLE_COST, Penalties
from app.services.routing.problem import (
    Plan,
    PlannedRoute,
    PlannedStop,
    Problem,
    Progress,
    Reason,
    Request,
    StopKind,
    Unassigned,
    Vehicle,
    Window,
)
from app.services.routing.solver import InvalidPlan, solve

from .days import HOUR, request, road, tbilisi, vehicle


def orders(plan: Plan) -> dict[object, list[str]]:
    """`{"v": ["+a", "-a"]}`: + fetches, - brings."""
    sign = {StopKind.PICKUP: "+", StopKind.DROPOFF: "-"}
    return {route.vehicle: [f"{sign[stop.kind]}{stop.request}" for stop in route.stops] for route in plan.routes}


def reasons(plan: Plan) -> dict[object, Reason]:
    return {unassigned.request: unassigned.reason for unassigned in plan.unassigned}


def test_one_ride_exactly() -> None:
    ride = request("r", 10, 20, pickup=Window(HOUR, 2 * HOUR), service_s=30)
    stops = (
        PlannedStop("r", StopKind.PICKUP, 3600, 3600, 3630, 10_000),
        PlannedStop("r", StopKind.DROPOFF, 4230, 4230, 4260, 10_000),
    )
    assert solve(road([ride], [vehicle("v")]), 1) == Plan(
        (PlannedRoute("v", stops, start_s=3000, end_s=5460, distance_m=40_000),),
        (),
        objective=VEHICLE_COST + SECOND_COST * 2460 + METRE_COST * 40_000,
    )


def test_rides_on_one_way_share_one_vehicle() -> None:
    rides = [request("a", 10, 40), request("b", 20, 30)]
    assert orders(solve(road(rides, [vehicle("v", 0, 99), vehicle("w", 0, 99)]), 1)) == {"v": ["+a", "+b", "-b", "-a"]}


def test_the_vehicle_that_starts_and_ends_nearby_takes_it() -> None:
    rides = [request("near", 10, 20), request("far", 80, 90)]
    plan = solve(road(rides, [vehicle("v", 0, 30), vehicle("w", 99, 70)]), 1)
    assert orders(plan) == {"v": ["+near", "-near"], "w": ["+far", "-far"]}
    assert [route.distance_m for route in plan.routes] == [30_000, 49_000]


def test_open_and_closed_routes_side_by_side() -> None:
    plan = solve(road([request("r", 10, 90)], [vehicle("home"), vehicle("away", 0, None)]), 1)
    assert orders(plan) == {"away": ["+r", "-r"]}
    assert plan.distance_m == 90_000


@pytest.mark.parametrize(
    ("demands", "capacity", "together"),
    [
        (((2, 0), (2, 0)), (4, 1), True),
        (((2, 0), (3, 0)), (4, 1), False),  # seats
        (((1, 1), (1, 1)), (4, 1), False),  # wheelchairs
        (((), ()), (), True),  # no dimension at all
    ],
)
def test_every_dimension_of_capacity_binds(
    demands: tuple[tuple[int, ...], tuple[int, ...]], capacity: tuple[int, ...], together: bool
) -> None:
    rides = [request("a", 10, 40, demand=demands[0]), request("b", 10, 40, demand=demands[1])]
    plan = solve(road(rides, [vehicle("v", capacity=capacity)]), 1)
    assert plan.unassigned == ()
    assert plan.distance_m == (80_000 if together else 140_000)


def test_windows_make_the_order() -> None:
    rides = [
        request("noon", 10, 11, pickup=Window(12 * HOUR, 13 * HOUR)),
        request("dawn", 20, 21, pickup=Window(6 * HOUR, 7 * HOUR)),
    ]
    assert orders(solve(road(rides, [vehicle("v")]), 1)) == {"v": ["+dawn", "-dawn", "+noon", "-noon"]}


def test_night_shift_that_began_the_day_before() -> None:
    ride = request("r", 1, 2, pickup=Window(-HOUR, -HOUR + 60))
    plan = solve(road([ride], [vehicle("v", shift=Window(-2 * HOUR, HOUR)), vehicle("w")]), 1)
    assert orders(plan) == {"v": ["+r", "-r"]}
    assert plan.routes[0].start_s == -HOUR


def test_pickup_and_dropoff_at_the_base() -> None:
    assert orders(solve(road([request("r", 0, 0)], [vehicle("v")]), 1)) == {"v": ["+r", "-r"]}


def test_no_requests() -> None:
    assert solve(road([], [vehicle("v")]), 1) == Plan((), (), 0)


def test_no_vehicles() -> None:
    plan = solve(road([request("r", 1, 2)], []), 1)
    assert plan == Plan((), (Unassigned("r", Reason.NO_VEHICLE),), 0)


@pytest.mark.parametrize(
    ("ride", "van", "reason"),
    [
        (request("r", 1, 2, demand=(5,)), vehicle("v"), Reason.CAPACITY),
        (request("r", 1, 50), vehicle("v", shift=Window(0, HOUR)), Reason.SHIFT_TOO_SHORT),
        (request("r", 1, 50, pickup=Window(0, 0)), vehicle("v", shift=Window(0, 10)), Reason.SHIFT_TOO_SHORT),
        # There in time, but not home in time.
        (request("r", 1, 2, dropoff=Window(HOUR, HOUR)), vehicle("v", shift=Window(0, HOUR)), Reason.SHIFT_TOO_SHORT),
        (request("r", 5, 6, pickup=Window(0, 299)), vehicle("v"), Reason.WINDOW_UNREACHABLE),
        (request("r", 1, 9, pickup=Window(600, 600), dropoff=Window(0, 900)), vehicle("v"), Reason.WINDOW_UNREACHABLE),
        # Nobody works then.
        (
            request("r", 1, 2, pickup=Window(20 * HOUR, 21 * HOUR)),
            vehicle("v", shift=Window(8 * HOUR, 18 * HOUR)),
            Reason.WINDOW_UNREACHABLE,
        ),
    ],
)
def test_reason_of_what_is_impossible_alone(ride: Request, van: Vehicle, reason: Reason) -> None:
    plan = solve(road([request("fine", 1, 2), ride], [van]), 1)
    assert reasons(plan)["r"] is reason


def test_capacity_and_shift_must_be_one_vehicles() -> None:
    big_but_short = vehicle("big", capacity=(8,), shift=Window(0, 600))
    plan = solve(road([request("r", 40, 41, demand=(6,))], [big_but_short, vehicle("small")]), 1)
    assert reasons(plan) == {"r": Reason.SHIFT_TOO_SHORT}


def test_no_room_beside_a_more_important_one() -> None:
    at_noon = Window(12 * HOUR, 12 * HOUR)
    rides = [request("low", 1, 2, pickup=at_noon), request("high", 90, 91, pickup=at_noon, priority=1)]
    plan = solve(road(rides, [vehicle("v")]), 1)
    assert orders(plan) == {"v": ["+high", "-high"]}
    assert reasons(plan) == {"low": Reason.NOT_ENOUGH_ROOM}


def test_one_important_request_outweighs_many_others() -> None:
    lows = [request(f"low{i}", 1, 2, pickup=Window(0, HOUR)) for i in range(4)]
    high = request("high", 50, 99, pickup=Window(HOUR, HOUR), dropoff=Window(0, 2 * HOUR), priority=7, demand=(4,))
    plan = solve(road([*lows, high], [vehicle("v", 50, 99, shift=Window(HOUR, 2 * HOUR))]), 1)
    assert orders(plan) == {"v": ["+high", "-high"]}


def test_serves_rather_than_saves() -> None:
    """The longest possible detour and a second vehicle, for one request."""
    rides = [request("near", 1, 2, demand=(4,)), request("far", 99, 98)]
    shift = Window(0, 99 * 2 * 60)
    assert solve(road(rides, [vehicle("v", shift=shift), vehicle("w", shift=shift)]), 1).unassigned == ()


def test_penalties_stay_exact_for_many_priorities() -> None:
    rides = tuple(request(f"r{i}", 1, 2, priority=i) for i in range(40))
    penalty = Penalties.of(road(rides, [vehicle("v")]), rides)
    costs = [penalty(ride) for ride in rides]
    assert costs == sorted(set(costs))
    assert sum(costs) <= 2**53


def test_full_vehicles_chain_their_rides() -> None:
    rides = [request("a", 10, 12, demand=(4,)), request("b", 30, 32, demand=(4,)), request("c", 12, 30, demand=(4,))]
    plan = solve(road(rides, [vehicle("v"), vehicle("w", 99, 99)]), 1)
    assert orders(plan) == {"v": ["+a", "-a", "+c", "-c", "+b", "-b"]}
    assert plan.distance_m == 64_000


def test_same_problem_same_plan() -> None:
    problem = tbilisi(8, 3)
    assert solve(problem, 2) == solve(problem, 2)


def test_forty_rides_in_three_seconds() -> None:
    problem, reports = tbilisi(40, 5), list[Progress]()
    began = monotonic()
    plan = solve(problem, 10, reports.append)
    assert monotonic() - began < 3
    assert plan.unassigned == ()
    assert len(plan.routes) <= 5
    assert reports[0] == Progress(0.0, 2.0, None, None)
    assert [report.elapsed_s for report in reports] == sorted(report.elapsed_s for report in reports)
    assert reports[-1].assigned == 40
    bests = [report.best_objective for report in reports[1:] if report.best_objective is not None]
    assert bests == sorted(bests, reverse=True)
    assert bests[-1] >= plan.objective


def test_small_problems_do_not_use_up_the_limit() -> None:
    began = monotonic()
    solve(tbilisi(5, 2), 10)
    assert monotonic() - began < 1


def test_without_time_to_search_there_is_still_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "search", lambda *_: None)
    plan = solve(road([request("a", 10, 40), request("b", 20, 30)], [vehicle("v")]), 1)
    assert orders(plan) == {"v": ["+a", "-a", "+b", "-b"]}


def test_never_returns_what_the_checker_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "violations", lambda *_: [Violation(ViolationKind.MISSING, None, "r")])
    with pytest.raises(InvalidPlan, match="MISSING"):
        solve(road([request("r", 1, 2)], [vehicle("v")]), 1)


def test_asymmetric_travel_is_respected() -> None:
    problem = road([request("r", 1, 2)], [vehicle("v")], size=3)
    metres = tuple(tuple(5000 if (a, b) == (2, 0) else 1000 * (a != b) for b in range(3)) for a in range(3))
    travel = replace(problem.travel, distance_m=metres)
    assert solve(replace(problem, travel=travel), 1).distance_m == 7000


def test_best_of_all_assignments() -> None:
    """Each of four full-vehicle rides at its own hour: the optimum is a choice of vehicle per ride, so enumerate it."""
    places = [(10, 20), (70, 60), (30, 15), (90, 95)]
    rides = [
        request(f"r{i}", a, b, demand=(4,), pickup=Window(2 * i * HOUR, 2 * i * HOUR))
        for i, (a, b) in enumerate(places, 3)
    ]
    problem: Problem = road(rides, [vehicle("v"), vehicle("w", 99, 99)])
    costs = []
    for choice in product("vw", repeat=4):
        cost = 0
        for van, base in (("v", 0), ("w", 99)):
            mine = [ride for ride, chosen in zip(rides, choice, strict=True) if chosen == van]
            if mine:
                path = [
                    base,
                    *(place for ride in mine for place in (ride.pickup.location, ride.dropoff.location)),
                    base,
                ]
                steps = sum(abs(a - b) for a, b in pairwise(path))
                begin = mine[0].pickup.window.open_s - 60 * abs(path[1] - base)
                end = mine[-1].pickup.window.open_s + 60 * (abs(path[-3] - path[-2]) + abs(path[-2] - base))
                cost += VEHICLE_COST + SECOND_COST * (end - begin) + METRE_COST * 1000 * steps
        costs.append(cost)
    assert solve(problem, 1).objective == min(costs)
