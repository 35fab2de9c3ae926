"""The machine code against the plain functions: the same times, the same costs, and only plans that can be driven."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.routing.alone import obstacle
from app.services.routing.improve import Stuck, improve
from app.services.routing.improve.columns import END, NEVER, START
from app.services.routing.improve.pack import Code, packed
from app.services.routing.improve.routes import empty_work
from app.services.routing.improve.timing import best_times
from app.services.routing.insertion import fits
from app.services.routing.objective import Weights, objective
from app.services.routing.problem import Call, Goals, Problem, Progress, Request, Vehicle, Window
from app.services.routing.schedule import timed

from .days import HOUR, calls, problems, request, road, tbilisi, vehicle

SLOW = list(HealthCheck)


def order_of_some(problem: Problem, van: Vehicle, chance: random.Random) -> list[Call]:
    """The prefix, then some requests, each fetched before it is brought."""
    mine = [r for r in problem.requests if r.pickup is not None or r.allowed == frozenset({van.key})]
    order: list[Call] = []
    for ride in mine:
        if chance.random() < 0.6 and not any(call.request == ride.key for call in van.prefix):
            place = 0
            for call in ride.calls:
                place = chance.randint(place, len(order))
                order.insert(place, call)
                place += 1
    return [*van.prefix, *order]


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(problems(), st.integers(0, 2**16))
def test_times_are_those_of_the_plain_function(problem: Problem, number: int) -> None:
    if not problem.requests or not problem.vehicles:
        return
    code = Code(problem.requests)
    pack = packed(problem, problem.requests, Weights.of(problem, problem.requests), code)
    desk = empty_work(pack).desk
    for index, van in enumerate(problem.vehicles):
        order = order_of_some(problem, van, random.Random(number))
        route = timed(problem, van, order)
        if order and (route is not None or van.driving_s_max is None):
            row = np.array([pack.vehicles[index, START], *code.nodes(order), pack.vehicles[index, END]])
            start_s, end_s = best_times(pack, index, row, len(row), desk)
            assert (start_s, end_s) == ((0, NEVER) if route is None else (route.start_s, route.end_s))


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(problems(), st.integers(0, 2**16))
def test_every_route_can_be_driven_and_costs_what_was_said(problem: Problem, number: int) -> None:
    bound = {call.request for van in problem.vehicles for call in van.prefix}
    bound |= {r.key for r in problem.requests if r.pickup is None}
    requests = tuple(r for r in problem.requests if r.key in bound or obstacle(problem, r) is None)
    if not requests or not problem.vehicles:
        return
    weights, told = Weights.of(problem, requests), list[Progress]()
    found = improve(problem, requests, {}, weights, 0.03, told.append, seed=number)
    routes = [fits(problem, van, found.orders[van.key]) for van in problem.vehicles if van.key in found.orders]
    driven = [route for route in routes if route is not None]
    assert len(driven) == len(routes)
    served = {stop.request for route in driven for stop in route.stops}
    assert bound <= served
    assert told[-1].best_objective == objective(problem, driven, [r for r in requests if r.key not in served], weights)
    assert told[-1].assigned == len(served)


def improved(problem: Problem, *, seed: int = 1) -> tuple[int, list[Progress]]:
    told: list[Progress] = []
    weights = Weights.of(problem, problem.requests)
    improve(problem, problem.requests, {}, weights, 20, told.append, seed=seed)
    return told[-1].best_objective or 0, told


def test_the_same_seed_finds_the_same_plan() -> None:
    problem = tbilisi(12, 3)
    plans = [
        improve(problem, problem.requests, {}, Weights.of(problem, problem.requests), 60, lambda _: None, seed=7)
        for _ in range(2)
    ]
    assert plans[0] == plans[1]
    assert plans[0].converged


def test_every_seed_finds_the_best_plan_of_a_small_problem() -> None:
    problem = tbilisi(8, 2)
    assert len({improved(problem, seed=seed)[0] for seed in range(4)}) == 1


def test_progress_is_told_now_and_then() -> None:
    problem, told = tbilisi(60, 8), list[Progress]()
    improve(problem, problem.requests, {}, Weights.of(problem, problem.requests), 1.2, told.append, thorough=True)
    times = [progress.elapsed_s for progress in told]
    assert times == sorted(times)
    assert 2 <= len(times) <= 6
    assert times[-1] < 5  # a busy machine is late


def test_without_time_everything_is_placed_where_it_is_cheapest() -> None:
    problem = road([request("a", 10, 40), request("b", 20, 30)], [vehicle("v")])
    found = improve(problem, problem.requests, {}, Weights.of(problem, problem.requests), 0, lambda _: None)
    assert found.orders == {"v": list(calls("+a +b -b -a"))}


def test_what_is_aboard_and_late_is_an_error() -> None:
    problem = road([request("r", None, 90, allowed={"v"}, dropoff=Window(0, 60))], [vehicle("v")])
    with pytest.raises(Stuck, match="r cannot be brought by v"):
        improve(problem, problem.requests, {}, Weights.of(problem, problem.requests), 0.1, lambda _: None)


def apart(number: int) -> Request:
    """One of many pairs that avoid only each other."""
    pair, first = divmod(number, 2)
    own, other = f"{pair}/{first}", f"{pair}/{1 - first}"
    return request(f"r{number}", 10, 20, load_class=own, apart_from={other}, pickup=Window(0, 8 * HOUR))


def test_more_groups_than_bits_of_a_word() -> None:
    """Two trips are needed and enough: one of each pair in the first, the others in the second."""
    rides = [apart(number) for number in range(140)]
    problem = road(rides, [vehicle("v", capacity=(99,))])
    found = improve(problem, rides, {}, Weights.of(problem, rides), 2, lambda _: None)
    route = fits(problem, problem.vehicles[0], found.orders["v"])
    assert route is not None
    assert len(route.stops) == 280
    assert route.distance_m == 60_000


def test_many_kinds_of_vehicles_are_all_tried() -> None:
    fleet = [vehicle(f"v{i}", 99 - i, 99 - i) for i in range(80)]
    problem = road([request("r", 20, 21)], fleet)
    assert improved(problem)[0] == 6000 + 10 * 120 + 2000


@pytest.mark.parametrize(("goals", "vehicles"), [(Goals(), 4), (Goals(fewest_vehicles=True), 2)])
def test_vehicles_are_emptied_if_asked(goals: Goals, vehicles: int) -> None:
    problem = replace(tbilisi(30, 8), goals=goals)
    weights = Weights.of(problem, problem.requests)
    assert len(improve(problem, problem.requests, {}, weights, 60, lambda _: None).orders) == vehicles


def test_machine_code_goes_where_one_may_write(tmp_path: Path) -> None:
    """A chosen folder, named after the sources, so that no old machine code is ever taken for new."""
    script = "from app.services.routing.improve import machine; print(machine.CACHE)"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "code")},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = Path(ran.stdout.strip())
    assert folder.parent == tmp_path / "code"
    assert folder.stat().st_mode & 0o777 == 0o700
