"""Random problems: whatever comes, the plan is sound, complete and explained."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.routing.alone import obstacle
from app.services.routing.baseline import baseline, first_come_first_served
from app.services.routing.checker import violations
from app.services.routing.objective import Penalties, objective
from app.services.routing.problem import (
    Location,
    Matrix,
    Plan,
    Problem,
    Reason,
    Request,
    Unassigned,
    Vehicle,
    Visit,
    Window,
)
from app.services.routing.solver import solve

PLACES = 6
places = st.integers(0, PLACES - 1)


@st.composite
def windows(draw: st.DrawFn, shortest_s: int = 0) -> Window:
    opens_s = draw(st.integers(-1000, 5000))
    return Window(opens_s, opens_s + draw(st.integers(shortest_s, 8000)))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    dimensions = draw(st.integers(0, 3))
    table = st.tuples(*[st.tuples(*[st.integers(0, 1500)] * PLACES)] * PLACES)  # neither symmetric nor metric
    amounts = st.tuples(*[st.integers(0, 4)] * dimensions)
    visits = st.builds(Visit, places, windows(), st.integers(0, 300))
    requests = [
        Request(f"r{i}", draw(visits), draw(visits), draw(amounts), draw(st.integers(0, 2)))
        for i in range(draw(st.integers(0, 7)))
    ]
    vehicles = [
        Vehicle(f"v{i}", draw(places), draw(st.none() | places), draw(windows(2000)), draw(amounts))
        for i in range(draw(st.integers(0, 3)))
    ]
    travel = Matrix(draw(table), draw(table))
    return Problem((Location(41.7, 44.8),) * PLACES, travel, tuple(requests), tuple(vehicles))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
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
            assert dropped[request.key] is Reason.NOT_ENOUGH_ROOM
    assert (baseline(problem, plan.served) == 0) or plan.served


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems())
def test_first_come_first_served_is_sound_too(problem: Problem) -> None:
    possible = tuple(r for r in problem.requests if obstacle(problem, r) is None)
    routes, left_over = first_come_first_served(problem, possible)
    served = {stop.request for route in routes for stop in route.stops}
    others = tuple(Unassigned(r.key, Reason.NOT_ENOUGH_ROOM) for r in problem.requests if r.key not in served)
    assert (
        violations(problem, Plan(routes, others, objective(routes, left_over, Penalties.of(problem, possible)))) == []
    )
