from app.services.routing.objective import LARGEST_COST, Weights, objective, work_s
from app.services.routing.problem import Costs, Goals
from app.services.routing.schedule import timed

from .days import calls, request, road, vehicle

ALL = [request(f"r{i}", 1, 2, priority=i) for i in range(40)]


def test_a_route_costs_its_vehicle_its_time_and_its_way() -> None:
    ride, van = request("r", 10, 20, service_s=30), vehicle("v", costs=Costs(vehicle=500, second=3, metre=2))
    problem = road([ride], [van])
    route = timed(problem, van, calls("+r -r"))
    assert route is not None
    weights = Weights.of(problem, problem.requests)
    assert weights.vehicle_cost(van) == 500
    assert weights.route_cost(van, route) == 500 + 3 * 2460 + 2 * 40_000
    assert work_s(problem, van, route) == 2460
    assert objective(problem, [route], [], weights) == weights.route_cost(van, route)


def test_balance_is_the_busiest_vehicles_work() -> None:
    rides, vans = [request("a", 10, 20), request("b", 1, 2)], [vehicle("v"), vehicle("w", end=None)]
    problem = road(rides, vans, goals=Goals(balance=7))
    planned = [timed(problem, vans[0], calls("+a -a")), timed(problem, vans[1], calls("+b -b"))]
    routes = [route for route in planned if route is not None]
    weights = Weights.of(problem, problem.requests)
    costs = [weights.route_cost(van, route) for van, route in zip(vans, routes, strict=True)]
    assert objective(problem, routes, [], weights) == sum(costs) + 7 * 2400
    assert objective(problem, [], [], weights) == 0


def test_fewer_vehicles_before_all_costs() -> None:
    vans = [vehicle("v"), vehicle("w", costs=Costs(vehicle=1))]
    problem = road([request("r", 0, 99)], vans, goals=Goals(fewest_vehicles=True))
    weights = Weights.of(problem, problem.requests)
    plain = road([request("r", 0, 99)], vans)
    longest = timed(problem, vans[0], calls("+r -r"))
    assert longest is not None
    assert weights.vehicle_cost(vans[1]) > 2 * Weights.of(plain, plain.requests).route_cost(vans[0], longest)
    assert weights.penalty(problem.requests[0]) > sum(map(weights.vehicle_cost, vans))


def test_the_more_important_outweighs_all_that_are_less() -> None:
    rides = [*[request(f"low{i}", 1, 2) for i in range(50)], request("mid", 1, 2, priority=1)]
    rides += [request("high", 1, 2, priority=9)]
    problem = road(rides, [vehicle("v")])
    weights = Weights.of(problem, rides)
    low, mid, high = (weights.penalty(rides[number]) for number in (0, 50, 51))
    assert low > weights.vehicle_cost(problem.vehicles[0]) + 10 * 24 * 3600
    assert mid > 50 * low
    assert high > 50 * low + mid


def test_what_is_under_way_outweighs_everything() -> None:
    rides = [request("a", None, 1, allowed={"v"}), request("n", 1, 2), request("r", 1, 2, priority=5)]
    problem = road(rides, [vehicle("v", prefix="+n")])
    weights = Weights.of(problem, rides)
    assert weights.penalty(rides[0]) == weights.penalty(rides[1]) > weights.penalty(rides[2])


def test_penalties_stay_exact_for_many_priorities() -> None:
    weights = Weights.of(road(ALL, [vehicle("v")]), ALL)
    costs = [weights.penalty(ride) for ride in ALL]
    assert costs == sorted(set(costs))
    assert sum(costs) <= LARGEST_COST
