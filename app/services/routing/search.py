"""The search for good orders of stops, by OR-Tools' routing library. The only module that knows it.

OR-Tools has no type stubs: what comes from it is untyped and stays inside `_Model`.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from time import monotonic

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from app.services.routing.objective import (
    METRE_COST,
    SECOND_COST,
    VEHICLE_COST,
    Penalties,
)
from app.services.routing.problem import Problem, Progress, Request, Vehicle
from app.services.routing.schedule import Call, round_trip

PROGRESS_EVERY_S = 0.25

Report = Callable[[Progress], None]


def search(
    problem: Problem,
    requests: Sequence[Request],
    penalty: Penalties,
    limit_s: float,
    report: Report,
) -> list[list[Call]] | None:
    """The calls of each vehicle in order, one list per vehicle; None if the time was too short for any plan.

    Needs at least one vehicle and one request, and every request possible alone.
    """
    return _Model(problem, requests, penalty).search(limit_s, report)


class _Model:
    """The problem in OR-Tools' terms.

    Nodes 2i and 2i + 1 are pickup and dropoff of request i; then comes one node per place where a shift starts or ends.
    None is a place too: the end of open routes, nowhere, which costs nothing to reach. Times are shifted so that none
    is negative, which OR-Tools takes for granted.
    """

    def __init__(self, problem: Problem, requests: Sequence[Request], penalty: Penalties) -> None:
        self.problem, self.vehicles = problem, problem.vehicles
        self.calls = list(chain.from_iterable(round_trip(request) for request in requests))
        self.origin_s = min(vehicle.shift.open_s for vehicle in self.vehicles)
        self.horizon_s = max(vehicle.shift.close_s for vehicle in self.vehicles) - self.origin_s
        bases = list(dict.fromkeys(place for vehicle in self.vehicles for place in (vehicle.start, vehicle.end)))
        base_node = {place: len(self.calls) + index for index, place in enumerate(bases)}
        self.places = [*(call.visit.location for call in self.calls), *bases]
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places),
            len(self.vehicles),
            [base_node[vehicle.start] for vehicle in self.vehicles],
            [base_node[vehicle.end] for vehicle in self.vehicles],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._add_costs()
        self._add_time()
        self._add_loads()
        self._add_requests(requests, penalty)

    def _legs(self, table: tuple[tuple[int, ...], ...]) -> list[list[int]]:
        return [[0 if a is None or b is None else table[a][b] for b in self.places] for a in self.places]

    def _add_costs(self) -> None:
        metres = self._legs(self.problem.travel.distance_m)
        self.routing.SetArcCostEvaluatorOfAllVehicles(
            self.routing.RegisterTransitMatrix([[METRE_COST * metre for metre in row] for row in metres])
        )
        self.routing.SetFixedCostOfAllVehicles(VEHICLE_COST)

    def _add_time(self) -> None:
        service_s = [call.visit.service_s for call in self.calls]
        service_s += [0] * (len(self.places) - len(service_s))
        legs = self._legs(self.problem.travel.duration_s)
        transit = self.routing.RegisterTransitMatrix(
            [[service + leg for leg in row] for service, row in zip(service_s, legs, strict=True)]
        )
        self.routing.AddDimension(transit, self.horizon_s, self.horizon_s, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        self.time.SetSpanCostCoefficientForAllVehicles(SECOND_COST)
        for number, vehicle in enumerate(self.vehicles):
            self._add_shift(number, vehicle)
        for node, call in enumerate(self.calls):
            opens_s, closes_s = (t - self.origin_s for t in (call.visit.window.open_s, call.visit.window.close_s))
            self.time.CumulVar(self._index(node)).SetRange(max(0, opens_s), min(self.horizon_s, closes_s))

    def _add_shift(self, number: int, vehicle: Vehicle) -> None:
        opens_s, closes_s = (
            vehicle.shift.open_s - self.origin_s,
            vehicle.shift.close_s - self.origin_s,
        )
        start, end = (self.time.CumulVar(at(number)) for at in (self.routing.Start, self.routing.End))
        start.SetRange(opens_s, closes_s)
        end.SetRange(opens_s, closes_s)
        # So that the span costs what the final schedule will: leave late, be back early.
        self.routing.AddVariableMinimizedByFinalizer(end)
        self.routing.AddVariableMaximizedByFinalizer(start)

    def _add_loads(self) -> None:
        for dimension in range(len(self.vehicles[0].capacity)):
            loads = [0] * len(self.places)
            for node, call in enumerate(self.calls):
                loads[node] = call.load[dimension]
            self.routing.AddDimensionWithVehicleCapacity(
                self.routing.RegisterUnaryTransitVector(loads),
                0,
                [vehicle.capacity[dimension] for vehicle in self.vehicles],
                True,
                f"load {dimension}",
            )

    def _add_requests(self, requests: Sequence[Request], penalty: Penalties) -> None:
        solver = self.routing.solver()
        for number, request in enumerate(requests):
            pickup, dropoff = self._index(2 * number), self._index(2 * number + 1)
            self.routing.AddPickupAndDelivery(pickup, dropoff)
            # The pair only guides the search; these two constraints are what makes it hold.
            solver.Add(self.routing.VehicleVar(pickup) == self.routing.VehicleVar(dropoff))
            solver.Add(self.time.CumulVar(pickup) <= self.time.CumulVar(dropoff))
            self.routing.AddDisjunction([pickup], penalty(request))
            self.routing.AddDisjunction([dropoff], 0)

    def search(self, limit_s: float, report: Report) -> list[list[Call]] | None:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(max(1, round(1000 * limit_s)))
        self._watch(limit_s, report)
        solution = self.routing.SolveWithParameters(parameters)
        return None if solution is None else [self._calls(solution, number) for number in range(len(self.vehicles))]

    def _watch(self, limit_s: float, report: Report) -> None:
        """Report at the beginning and then, at most every `PROGRESS_EVERY_S`, the best plan so far."""
        began = monotonic()
        best: tuple[int, int] | None = None
        told = began

        def at_solution() -> None:
            nonlocal best, told
            cost = self.routing.CostVar().Min()
            if best is None or cost < best[0]:
                best = cost, self._assigned()
            if (now := monotonic()) >= told + PROGRESS_EVERY_S:
                told = now
                report(Progress(now - began, limit_s, *best))

        report(Progress(0.0, limit_s, None, None))
        self.routing.AddAtSolutionCallback(at_solution)

    def _assigned(self) -> int:
        pickups = (self._index(node) for node in range(0, len(self.calls), 2))
        return sum(self.routing.NextVar(pickup).Min() != pickup for pickup in pickups)

    def _calls(self, solution: "pywrapcp.Assignment", vehicle: int) -> list[Call]:
        calls, index = (
            [],
            solution.Value(self.routing.NextVar(self.routing.Start(vehicle))),
        )
        while not self.routing.IsEnd(index):
            calls.append(self.calls[self.manager.IndexToNode(index)])
            index = solution.Value(self.routing.NextVar(index))
        return calls

    def _index(self, node: int) -> int:
        return int(self.manager.NodeToIndex(node))
