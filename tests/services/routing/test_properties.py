"""Random problems with every rule there is: whatever comes, the plan is sound, complete and explained."""

from dataclasses import replace
from itertools import permutations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.services.routing.alone import obstacle
from app.services.routing.baseline import baseline, first_come_first_served
from app.services.routing.checker import route_violations, violations
from app.services.routing.insertion import fits
from app.services.routing.objective import LARGEST_COST, Weights, objective
from app.services.routing.problem import Plan, Problem, Reason, Unassigned
from app.services.routing.schedule import driven
from app.services.routing.solver import solve

from .days import problems
from .oracle import feasible

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(problems())
def test_every_plan_is_sound_complete_and_explained(problem: Problem) -> None:
    plan = solve(problem, 0.1)
    assert violations(problem, plan) == []
    dropped = {unassigned.request: unassigned.reason for unassigned in plan.unassigned}
    assert plan.served | dropped.keys() == {request.key for request in problem.requests}
    assert not plan.served & dropped.keys()
    for request in problem.requests:
        alone = obstacle(problem, request)
        if alone is not None:
            assert dropped[request.key] is alone
        elif request.key in dropped:
            assert dropped[request.key] in (Reason.NOT_ENOUGH_ROOM, Reason.NOT_ENOUGH_TIME)
    assert (baseline(problem, plan.served) == 0) or plan.served


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(problems())
def test_first_come_first_served_is_sound_too(problem: Problem) -> None:
    possible = tuple(r for r in problem.requests if obstacle(problem, r) is None)
    routes, left_over = first_come_first_served(problem, possible)
    served = {stop.request for route in routes for stop in route.stops}
    others = tuple(Unassigned(r.key, Reason.NOT_ENOUGH_ROOM) for r in problem.requests if r.key not in served)
    cost = objective(problem, routes, left_over, Weights.of(problem, possible))
    assert violations(problem, Plan(routes, others, cost)) == []
    assert 0 <= cost <= LARGEST_COST


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(problems(requests=2, vehicles=1), st.data())
def test_the_checker_accepts_what_can_be_driven_and_nothing_else(problem: Problem, data: st.DataObject) -> None:
    """Every order of the calls of some requests: the slow second opinion, the exact times, and what is driven anyway
    and then checked say the same."""
    assume(problem.vehicles)
    van = problem.vehicles[0]
    chosen = data.draw(st.lists(st.sampled_from(problem.requests), unique=True, max_size=2)) if problem.requests else []
    for order in permutations([call for request in chosen for call in request.calls]):
        possible = feasible(problem, van, order)
        assert (fits(problem, van, order) is not None) == possible
        assert (route_violations(problem, driven(problem, van, order)) == []) == possible


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(problems(requests=3, vehicles=1, under_way=False), st.data())
def test_the_checker_sees_every_second(problem: Problem, data: st.DataObject) -> None:
    """Times that are as early as they can be: none can be earlier, and no rule is tighter than it was."""
    if not problem.vehicles or not problem.requests:
        return
    van, ride = replace(problem.vehicles[0], breaks=()), data.draw(st.sampled_from(problem.requests))
    problem = replace(problem, vehicles=(van,))
    route = fits(problem, van, ride.calls)
    if route is None:
        return
    assert route_violations(problem, route) == []
    tighter = replace(van, duration_s_max=route.duration_s - 1)
    assert route_violations(replace(problem, vehicles=(tighter,)), route) != []
    assert route_violations(problem, replace(route, end_s=route.end_s - 1)) != []
    for number, stop in enumerate(route.stops):
        if stop.arrival_s == stop.start_s:
            early = replace(stop, arrival_s=stop.arrival_s - 1, start_s=stop.start_s - 1)
            stops = (*route.stops[:number], early, *route.stops[number + 1 :])
            assert route_violations(problem, replace(route, stops=stops)) != []
