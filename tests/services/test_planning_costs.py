"""Prices of shifts as the planner's costs."""

from uuid import uuid4

from app.models import Shift
from app.services.planning.costs import COST_MAX, costs_of, money
from app.services.routing.problem import Costs


def shift(hour: int | None = None, km: int | None = None) -> Shift:
    return Shift(id=uuid4(), cost_per_hour_minor=hour, cost_per_km_minor=km)


def test_without_prices_time_and_distance_weigh_as_usual() -> None:
    one, other = shift(), shift()
    assert costs_of([one, other]) == {one.id: Costs(), other.id: Costs()}


def test_prices_keep_their_proportion() -> None:
    """An hour for 18 lari and a kilometre for one: so a kilometre costs as much as 200 s."""
    one = shift(1800, 100)
    costs = costs_of([one])[one.id]
    assert costs == Costs(vehicle=600 * 9000, second=9000, metre=1800)
    assert 1000 * costs.metre == 200 * costs.second


def test_a_missing_price_weighs_as_usual_beside_the_other() -> None:
    by_hour, by_km = shift(hour=200), shift(km=10)
    costs = costs_of([by_hour, by_km])
    assert costs[by_hour.id] == Costs(vehicle=600 * 1000, second=1000, metre=100)
    assert costs[by_km.id] == Costs(vehicle=600 * 1800, second=1800, metre=180)


def test_a_shift_without_a_price_costs_what_the_others_do() -> None:
    cheap, dear, unknown = shift(200, 10), shift(400, 30), shift()
    costs = costs_of([cheap, dear, unknown])
    assert costs[unknown.id] == Costs(vehicle=600 * 1500, second=1500, metre=360)


def test_costs_stay_small_enough_to_be_summed() -> None:
    one, other = shift(10**9, 10**6), shift(0, 0)
    costs = costs_of([one, other])
    assert max(costs[one.id].second, costs[one.id].metre) == COST_MAX
    assert costs[other.id] == Costs(vehicle=0, second=0, metre=0)


def test_a_change_in_money() -> None:
    assert money(shift(1800, 100), metres=500, seconds=60) == 80
    assert money(shift(km=100), metres=-500, seconds=60) == -50
    assert money(shift(), metres=500, seconds=60) is None
