from dataclasses import replace
from time import monotonic, thread_time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.services.routing.checker import ViolationKind, route_violations
from app.services.routing.insertion import at_position, best_insertion, fits, inserted
from app.services.routing.objective import driving_cost
from app.services.routing.problem import Call, Goals, Problem, Request, Vehicle, Window
from tests.sizes import sizes

from .days import HOUR, calls, order, problems, request, road, tbilisi, vehicle
from .oracle import feasible

A, B, C = request("a", 10, 40), request("b", 20, 30), request("c", 50, 60)


def test_the_cheapest_place_and_its_price() -> None:
    """On the way to a's dropoff there is nothing to add for b; c takes 40 km wherever it is put, but later is better
    for a."""
    problem = road([A, B, C], [vehicle("v"), vehicle("w")])
    on_the_way = best_insertion(problem, {"v": calls("+a -a")}, B)
    assert on_the_way is not None
    assert (on_the_way.vehicle, order(on_the_way.route)) == ("v", "+a +b -b -a")
    assert on_the_way.calls == calls("+a +b -b -a")
    assert (on_the_way.cost, on_the_way.metres, on_the_way.seconds) == (0, 0, 0)
    behind = best_insertion(problem, {"v": calls("+a -a")}, C)
    assert behind is not None
    assert order(behind.route) == "+a -a +c -c"
    assert (behind.cost, behind.metres, behind.seconds) == (40_000 + 10 * 2400, 40_000, 2400)


def test_an_idle_vehicle_costs_more() -> None:
    problem = road([A, C], [vehicle("v"), vehicle("w", 50, 60)])
    place = best_insertion(problem, {"v": calls("+a -a")}, C)
    assert place is not None
    assert (place.vehicle, place.cost, place.metres) == ("w", 6000 + 10 * 600 + 10_000, 10_000)
    few = replace(problem, goals=Goals(fewest_vehicles=True))
    place = best_insertion(few, {"v": calls("+a -a")}, C)
    assert place is not None
    assert place.vehicle == "v"


def test_only_the_vehicles_asked_for() -> None:
    problem = road([A, B], [vehicle("v"), vehicle("w")])
    place = best_insertion(problem, {"v": calls("+a -a")}, B, vehicles={"w"})
    assert place is not None
    assert (place.vehicle, place.metres) == ("w", 60_000)
    assert best_insertion(problem, {}, B, vehicles=()) is None


@pytest.mark.parametrize(
    ("ride", "van"),
    [
        (replace(B, demand=(5,)), vehicle("v")),
        (replace(B, needs=frozenset({"lift"})), vehicle("v")),
        (replace(B, forbidden=frozenset({"v"})), vehicle("v")),
        (request("b", 20, 30, pickup=Window(0, 1199)), vehicle("v")),
        (request("b", 20, 30, ride_s_max=599), vehicle("v")),
        (B, vehicle("v", driving_s_max=HOUR - 1)),
    ],
)
def test_no_place(ride: Request, van: Vehicle) -> None:
    assert best_insertion(road([ride], [van]), {}, ride) is None


def test_not_beside_what_it_may_not_be_with_nor_before_the_prefix() -> None:
    dog, cat = request("dog", 10, 40, load_class="dogs"), request("cat", 20, 30, apart_from={"dogs"})
    problem = road([dog, cat], [vehicle("v", prefix="+dog")])
    place = best_insertion(problem, {"v": calls("+dog -dog")}, cat)
    assert place is not None
    assert order(place.route) == "+dog -dog +cat -cat"


def test_brought_back_where_what_is_aboard_is_cheapest() -> None:
    aboard = request("a", None, 25, allowed={"v"})
    place = best_insertion(road([aboard, B], [vehicle("v")]), {"v": calls("+b -b")}, aboard)
    assert place is not None
    assert (order(place.route), place.metres) == ("+b -a -b", 0)


def test_one_after_the_other_as_long_as_there_is_time() -> None:
    problem = road([A, B, C], [vehicle("v")])
    assert inserted(problem, {}, problem.requests) == {"v": calls("+a +b -b -a +c -c")}
    assert inserted(problem, {}, problem.requests, until_s=monotonic()) == {}


def test_at_a_position_the_dropoff_finds_its_own() -> None:
    problem = road([A, B, C], [vehicle("v")])
    van = problem.vehicles[0]
    assert at_position(problem, van, calls("+a -a"), B, 1).calls == calls("+a +b -b -a")
    assert at_position(problem, van, calls("+a -a"), C, 1).calls == calls("+a +c -c -a")
    assert at_position(problem, van, calls("+a -a"), B, 99).calls == calls("+a -a +b -b")
    assert at_position(problem, van, calls("+b +a -a -b"), B, 1).calls == calls("+a +b -b -a")
    begun = replace(van, prefix=calls("+a -a"))
    assert at_position(problem, begun, calls("+a -a"), B, 0).calls == calls("+a -a +b -b")


def test_at_a_position_where_it_breaks_something_as_little_as_possible() -> None:
    """b is fetched late anyway; brought at once it is the only one that is."""
    late = request("b", 20, 30, pickup=Window(0, 1199))
    strict = request("a", 10, 40, dropoff=Window(0, 2400))
    problem = road([strict, late], [vehicle("v")])
    place = at_position(problem, problem.vehicles[0], calls("+a -a"), late, 1)
    assert place.calls == calls("+a +b -b -a")
    assert [(v.kind, v.request, v.excess) for v in route_violations(problem, place.route)] == [
        (ViolationKind.WINDOW, "b", 1)
    ]


def test_fits_is_complete_and_in_order() -> None:
    problem = road([A, B], [vehicle("v", capacity=(1,))])
    van = problem.vehicles[0]
    assert fits(problem, van, calls("+a -a +b -b")) is not None
    for wrong in ("+a +b -b -a", "+a", "-a", "-a +a", "+a -a +a -a"):
        assert fits(problem, van, calls(wrong)) is None


@sizes((100, 9), (300, 25))
def test_quick_enough_for_a_dispatcher(size: tuple[int, int]) -> None:
    """A full day, in full 300 requests on 25 vehicles, and one request more."""
    problem = tbilisi(*size)
    *others, last = problem.requests
    orders = inserted(problem, {}, others, until_s=monotonic() + 5)
    began = thread_time()
    assert best_insertion(problem, orders, last) is not None
    assert thread_time() - began < 0.5


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems(requests=3, vehicles=2), st.data())
def test_no_place_is_cheaper(problem: Problem, data: st.DataObject) -> None:
    """Every pair of places by the slow second opinion; no order that it calls feasible costs less or is overlooked."""
    assume(problem.vehicles and problem.requests)
    new, *others = data.draw(st.permutations(problem.requests))
    assume(all(call.request != new.key for van in problem.vehicles for call in van.prefix) and new.pickup is not None)
    orders = inserted(problem, {}, others)
    place = best_insertion(problem, orders, new)
    costs = []
    for van in problem.vehicles:
        mine = tuple(orders.get(van.key, ()))
        for longer in _everywhere(mine, new):
            route = fits(problem, van, longer)
            assert (route is not None) == feasible(problem, van, longer)
            if route is not None and mine:
                before = fits(problem, van, mine)
                assert before is not None
                costs.append((False, driving_cost(van, route) - driving_cost(van, before)))
            elif route is not None:
                costs.append((problem.goals.fewest_vehicles, driving_cost(van, route)))
    assert (None if place is None else place.cost) == (min(costs)[1] if costs else None)
    if place is not None:
        assert route_violations(problem, place.route) == []


def _everywhere(mine: tuple[Call, ...], new: Request) -> list[tuple[Call, ...]]:
    fetch, bring = new.calls
    places = range(len(mine) + 1)
    return [(*mine[:p], fetch, *mine[p:d], bring, *mine[d:]) for p in places for d in places if p <= d]
