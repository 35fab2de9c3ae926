import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from time import monotonic

import pytest

from app.services.routing.checker import violations
from app.services.routing.objective import Weights
from app.services.routing.problem import (
    Break,
    Costs,
    Goals,
    Key,
    Orders,
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
from app.services.routing.solver import InvalidPlan, UnderWay, approved, solve

from .days import HOUR, calls, order, request, road, tbilisi, vehicle


def orders(plan: Plan) -> dict[object, str]:
    """`{"v": "+a -a"}`: + fetches, - brings."""
    return {route.vehicle: order(route) for route in plan.routes}


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
        objective=6000 + 10 * 2460 + 40_000,
    )


def test_rides_on_one_way_share_one_vehicle() -> None:
    rides = [request("a", 10, 40), request("b", 20, 30)]
    assert orders(solve(road(rides, [vehicle("v", 0, 99), vehicle("w", 0, 99)]), 1)) == {"v": "+a +b -b -a"}


def test_the_vehicle_that_starts_and_ends_nearby_takes_it() -> None:
    rides = [request("near", 10, 20), request("far", 80, 90)]
    plan = solve(road(rides, [vehicle("v", 0, 30), vehicle("w", 99, 70)]), 1)
    assert orders(plan) == {"v": "+near -near", "w": "+far -far"}
    assert [route.distance_m for route in plan.routes] == [30_000, 49_000]


def test_open_and_closed_routes_side_by_side() -> None:
    plan = solve(road([request("r", 10, 90)], [vehicle("home"), vehicle("away", 0, None)]), 1)
    assert orders(plan) == {"away": "+r -r"}
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
    assert orders(solve(road(rides, [vehicle("v")]), 1)) == {"v": "+dawn -dawn +noon -noon"}


def test_night_shift_that_began_the_day_before() -> None:
    ride = request("r", 1, 2, pickup=Window(-HOUR, -HOUR + 60))
    plan = solve(road([ride], [vehicle("v", shift=Window(-2 * HOUR, HOUR)), vehicle("w")]), 1)
    assert orders(plan) == {"v": "+r -r"}
    assert plan.routes[0].start_s == -HOUR


def test_pickup_and_dropoff_at_the_base() -> None:
    assert orders(solve(road([request("r", 0, 0)], [vehicle("v")]), 1)) == {"v": "+r -r"}


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
    assert orders(plan) == {"v": "+high -high"}
    assert reasons(plan) == {"low": Reason.NOT_ENOUGH_ROOM}


def test_one_important_request_outweighs_many_others() -> None:
    lows = [request(f"low{i}", 1, 2, pickup=Window(0, HOUR)) for i in range(4)]
    high = request("high", 50, 99, pickup=Window(HOUR, HOUR), dropoff=Window(0, 2 * HOUR), priority=7, demand=(4,))
    plan = solve(road([*lows, high], [vehicle("v", 50, 99, shift=Window(HOUR, 2 * HOUR))]), 1)
    assert orders(plan) == {"v": "+high -high"}


def test_serves_rather_than_saves() -> None:
    """The longest possible detour and a second vehicle, for one request."""
    rides = [request("near", 1, 2, demand=(4,)), request("far", 99, 98)]
    shift = Window(0, 99 * 2 * 60)
    assert solve(road(rides, [vehicle("v", shift=shift), vehicle("w", shift=shift)]), 1).unassigned == ()


def test_full_vehicles_chain_their_rides() -> None:
    rides = [request("a", 10, 12, demand=(4,)), request("b", 30, 32, demand=(4,)), request("c", 12, 30, demand=(4,))]
    plan = solve(road(rides, [vehicle("v"), vehicle("w", 99, 99)]), 1)
    assert orders(plan) == {"v": "+a -a +c -c +b -b"}
    assert plan.distance_m == 64_000


def test_same_problem_same_plan() -> None:
    problem = tbilisi(8, 3)
    assert solve(problem, 2) == solve(problem, 2)


def test_forty_rides_long_before_the_limit() -> None:
    problem, reports = tbilisi(40, 5), list[Progress]()
    plan = solve(problem, 60, reports.append)
    assert plan.unassigned == ()
    assert len(plan.routes) <= 4
    assert reports[0] == Progress(0.0, 60, None, None)
    assert [report.elapsed_s for report in reports] == sorted(report.elapsed_s for report in reports)
    assert reports[-1].elapsed_s < 50
    assert reports[-1].assigned == 40
    bests = [report.best_objective for report in reports if report.best_objective is not None]
    assert bests == sorted(bests, reverse=True)
    assert bests[-1] == plan.objective


def test_the_limit_is_kept_and_used_up_only_if_asked() -> None:
    problem = tbilisi(5, 2)
    began = monotonic()
    quick = solve(problem, 60)
    halfway = monotonic()
    thorough = solve(problem, 1.5, thorough=True)
    assert halfway - began < 30
    assert 1.4 < monotonic() - halfway < 15  # a busy machine is late
    assert thorough.objective == quick.objective


def test_without_any_time_there_is_still_a_plan() -> None:
    problem = tbilisi(20, 3)
    plan = solve(problem, 0)
    assert violations(problem, plan) == []
    assert plan.unassigned == ()


def test_the_limit_is_kept_before_there_is_machine_code(tmp_path: Path) -> None:
    """A new installation: compiling takes longer than there is time, so the plan is OR-Tools' alone."""
    program = """
        from time import monotonic
        from app.services.routing.solver import solve
        from tests.services.routing.days import tbilisi
        began = monotonic()
        plan = solve(tbilisi(6, 2), 1.5)
        print(len(plan.unassigned), monotonic() - began < 8)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "0 True\n"


def test_never_returns_what_the_checker_refuses() -> None:
    problem = road([request("r", 1, 2)], [vehicle("v")])
    plan = solve(problem, 1)
    assert approved(problem, plan) is plan
    with pytest.raises(InvalidPlan, match=r"1 violations, first .*MISSING"):
        approved(problem, replace(plan, routes=()))


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
    opens_s: dict[Key, int] = {f"r{i}": 2 * i * HOUR for i in range(3, 7)}
    costs = []
    for choice in product("vw", repeat=4):
        cost = 0
        for van, base in (("v", 0), ("w", 99)):
            mine = [ride for ride, chosen in zip(rides, choice, strict=True) if chosen == van]
            if mine:
                path = [
                    base,
                    *(problem.visit(call).location for ride in mine for call in ride.calls),
                    base,
                ]
                steps = sum(abs(a - b) for a, b in pairwise(path))
                begin = opens_s[mine[0].key] - 60 * abs(path[1] - base)
                end = opens_s[mine[-1].key] + 60 * (abs(path[-3] - path[-2]) + abs(path[-2] - base))
                cost += 6000 + 10 * (end - begin) + 1000 * steps
        costs.append(cost)
    assert solve(problem, 1).objective == min(costs)


def test_a_small_vehicle_makes_several_trips_from_the_depot() -> None:
    """Reloading is a matter of order: every crate is fetched at the depot, four at a time fit."""
    crates = [request(f"c{i}", 0, 10 + i // 4, service_s=60) for i in range(12)]
    plan = solve(road(crates, [vehicle("v")]), 20)
    assert plan.unassigned == ()
    assert plan.distance_m == 2 * (10_000 + 11_000 + 12_000)
    stops = plan.routes[0].stops
    kinds = [stop.kind for stop in stops]
    assert sum(a is StopKind.DROPOFF and b is StopKind.PICKUP for a, b in pairwise(kinds)) == 2


@pytest.mark.parametrize(("goals", "used"), [(Goals(), 2), (Goals(fewest_vehicles=True), 1)])
def test_fewest_vehicles_come_before_costs(goals: Goals, used: int) -> None:
    rides = [request("a", 1, 2), request("b", 98, 97)]
    problem = road(rides, [vehicle("v"), vehicle("w", 99, 99)], goals=goals)
    assert len(solve(problem, 5).routes) == used


@pytest.mark.parametrize(("balance", "shares"), [(0, [6]), (100, [3, 3])])
def test_balance_shares_the_work(balance: int, shares: list[int]) -> None:
    rides = [request(f"r{i}", 0, 20, service_s=600, demand=(4,)) for i in range(6)]
    fleet = [vehicle(name, costs=Costs(vehicle=0)) for name in "vw"]
    plan = solve(road(rides, fleet, goals=Goals(balance=balance)), 5)
    assert sorted(len(route.stops) // 2 for route in plan.routes) == shares


def test_more_important_ones_take_the_place_of_less_important_ones() -> None:
    at_noon = Window(12 * HOUR, 12 * HOUR)
    rides = [request(f"r{i}", 10 * i, 10 * i + 1, pickup=at_noon, priority=i) for i in range(6)]
    plan = solve(road(rides, [vehicle("v"), vehicle("w")]), 5)
    assert plan.served == {"r4", "r5"}
    assert reasons(plan) == {f"r{i}": Reason.NOT_ENOUGH_ROOM for i in range(4)}


def test_not_enough_time_to_say_that_there_is_no_room() -> None:
    """Thirty rides for a vehicle that has room for some of them: nothing was searched for in no time."""
    rides = [request(f"r{i}", 3 * i, 99 - 2 * i, pickup=Window(8 * HOUR, 9 * HOUR), demand=(3,)) for i in range(30)]
    plan = solve(road(rides, [vehicle("v")]), 0)
    assert set(reasons(plan).values()) == {Reason.NOT_ENOUGH_TIME}


def test_rests_are_planned() -> None:
    rest = Break(Window(2 * HOUR, 2 * HOUR), 1800)
    rides = [
        request("early", 10, 20, pickup=Window(HOUR, HOUR)),
        request("late", 20, 30, pickup=Window(3 * HOUR, 4 * HOUR)),
    ]
    plan = solve(road(rides, [vehicle("v", breaks=[rest])]), 2)
    assert orders(plan) == {"v": "+early -early +late -late"}
    assert [(rest.start_s, rest.end_s) for rest in plan.routes[0].breaks] == [(2 * HOUR, 2 * HOUR + 1800)]


def test_loads_that_do_not_go_together_go_one_after_the_other() -> None:
    rides = [
        request("dog", 10, 40, load_class="dog"),
        request("cat", 10, 40, load_class="cat", apart_from={"dog"}),
    ]
    plan = solve(road(rides, [vehicle("v")]), 2)
    assert plan.unassigned == ()
    assert plan.distance_m == 140_000


def test_nobody_rides_longer_than_allowed() -> None:
    rides = [request("a", 10, 40, ride_s_max=1800), request("b", 20, 21, service_s=300)]
    plan = solve(road(rides, [vehicle("v")]), 2)
    assert orders(plan)["v"] in {"+a -a +b -b", "+b -b +a -a"}


class TestUnderWay:
    def test_what_comes_first_stays_first_and_what_is_aboard_is_brought(self) -> None:
        """The next call is far away and dear, but the driver is on the way there."""
        rides = [
            request("aboard", None, 90, allowed={"v"}),
            request("next", 80, 70),
            request("new", 10, 20),
        ]
        plan = solve(road(rides, [vehicle("v", 5, prefix="+next"), vehicle("w")]), 2)
        assert orders(plan) == {"v": "+next -aboard -next +new -new"}

    def test_the_order_of_what_is_aboard_is_free(self) -> None:
        rides = [request("far", None, 50, allowed={"v"}), request("near", None, 10, allowed={"v"})]
        far_first: Orders = {"v": calls("-far -near")}
        plan = solve(road(rides, [vehicle("v", 0, None)]), 2, current=far_first)
        assert orders(plan) == {"v": "-near -far"}

    def test_what_is_aboard_comes_before_every_other_request(self) -> None:
        rides = [
            request("aboard", None, 90, allowed={"v"}, dropoff=Window(0, 90 * 60)),
            request("vip", 10, 0, priority=9, pickup=Window(600, 700)),
        ]
        plan = solve(road(rides, [vehicle("v", 50, None, shift=Window(0, 3 * HOUR))]), 2)
        assert orders(plan) == {"v": "-aboard"}
        assert set(reasons(plan)) == {"vip"}

    def test_what_cannot_be_brought_any_more_is_an_error(self) -> None:
        late = request("aboard", None, 90, allowed={"v"}, dropoff=Window(0, 60))
        with pytest.raises(UnderWay, match="vehicle v cannot finish"):
            solve(road([late], [vehicle("v")]), 1)


class TestWarmStart:
    def test_goes_on_from_the_current_plan(self) -> None:
        """With no time to search, the plan is the current one: the new request in, the cancelled one out."""
        problem = tbilisi(20, 3)
        good = solve(problem, 10)
        cancelled, new = problem.requests[3], replace(problem.requests[7], key="new")
        changed = replace(problem, requests=(*(r for r in problem.requests if r != cancelled), new))
        plan = solve(changed, 0, current=good.orders)
        assert violations(changed, plan) == []
        assert plan.unassigned == ()
        for route in plan.routes:
            kept = [stop.call for stop in route.stops if stop.request != "new"]
            assert kept == [call for call in good.orders[route.vehicle] if call.request != cancelled.key]

    @pytest.mark.parametrize(
        "current",
        [
            {"v": "+a +b -a -b"},  # b asks for too late a time now
            {"v": "+a -b"},  # halves
            {"v": "-a +a"},  # the wrong way round
            {"w": "+a -a"},  # a vehicle that is not there
            {"v": "+a -a", "x": "+a -a"},  # two have it
            {"x": "+a -a"},  # not allowed
            {},
        ],
    )
    def test_what_of_it_is_impossible_is_planned_anew(self, current: dict[str, str]) -> None:
        rides = [request("a", 10, 20, forbidden={"x"}), request("b", 30, 40, pickup=Window(9 * HOUR, 9 * HOUR))]
        problem = road(rides, [vehicle("v", shift=Window(8 * HOUR, 10 * HOUR)), vehicle("x")])
        plan = solve(problem, 1, current={key: calls(line) for key, line in current.items()})
        assert plan.unassigned == ()
        assert violations(problem, plan) == []

    def test_the_best_is_found_from_a_bad_beginning(self) -> None:
        problem = tbilisi(12, 3)
        best = solve(problem, 10)
        one_by_one: Orders = {"v0": [call for r in problem.requests for call in r.calls]}
        assert solve(problem, 10, current=one_by_one).objective == best.objective


def test_the_objective_is_that_of_the_weights() -> None:
    problem = tbilisi(15, 1)
    plan = solve(problem, 5)
    weights = Weights.of(problem, problem.requests)
    van = problem.vehicles[0]
    dropped = sum(weights.penalty(problem.by_key[left_out.request]) for left_out in plan.unassigned)
    assert plan.unassigned != ()
    assert plan.objective == weights.route_cost(van, plan.routes[0]) + dropped
