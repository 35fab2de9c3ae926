"""The search for a first plan under every rule, by OR-Tools' routing library. The only module that knows it.

OR-Tools has no type stubs: what comes from it is untyped and stays inside `_Model`.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from time import monotonic

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from app.services.routing.alone import begun
from app.services.routing.insertion import fits, inserted
from app.services.routing.line import next_within
from app.services.routing.objective import Weights, objective
from app.services.routing.problem import (
    Break,
    Call,
    Key,
    Orders,
    Problem,
    Progress,
    Request,
    StopKind,
    Vehicle,
)
from app.services.routing.schedule import timed

PROGRESS_EVERY_S = 0.25

Report = Callable[[Progress], None]


def search(
    problem: Problem, requests: Sequence[Request], weights: Weights, limit_s: float, report: Report
) -> Orders | None:
    """The calls of each vehicle in use, in order, which can be driven as they are; None if what is under way cannot
    be brought, or no way is found to. Needs at least one vehicle and one request."""
    bound = _bound(problem)
    if not all(_at_work(problem, problem.by_key[key].calls) for key in bound):
        return None
    news = _News(limit_s, report)
    wanted = [r for r in requests if r.key not in bound and _reachable(problem, r)]
    first = _first(problem, sorted(wanted, key=weights.penalty, reverse=True), news.until_s)
    if first is None or not (wanted or bound):
        return first
    news.tell(_cost(problem, first, wanted, weights), len({call.request for calls in first.values() for call in calls}))
    if monotonic() >= news.until_s:
        return first
    found = _Model(problem, [*(problem.by_key[key] for key in bound), *wanted], bound, weights).search(first, news)
    repaired = None if found is None else _repaired(problem, found, bound, weights)
    return min((first, repaired or first), key=lambda orders: _cost(problem, orders, wanted, weights))


class _News:
    """Reports at the beginning and then, at most every `PROGRESS_EVERY_S`, the best plan so far."""

    def __init__(self, limit_s: float, report: Report) -> None:
        self.limit_s, self.report = limit_s, report
        self.began, self.told = monotonic(), 0.0
        self.until_s = self.began + limit_s
        self.best: tuple[int, int] | None = None
        report(Progress(0.0, limit_s, None, None))

    def tell(self, cost: int, assigned: int) -> None:
        if self.best is None or cost < self.best[0]:
            self.best = cost, assigned
        if (now := monotonic()) >= self.told + PROGRESS_EVERY_S:
            self.told = now
            self.report(Progress(now - self.began, self.limit_s, *self.best))


def _first(problem: Problem, requests: Sequence[Request], until_s: float) -> Orders | None:
    """What is under way, then request after request where it fits best. OR-Tools could begin with nothing, but with
    breaks its own first heuristics take longer than there is time, and not all see how to finish what is under way."""
    orders = {vehicle.key: begun(problem, vehicle) for vehicle in problem.vehicles}
    if None in orders.values():
        return None
    return inserted(problem, {key: calls for key, calls in orders.items() if calls}, requests, until_s)


def _cost(problem: Problem, orders: Orders, requests: Sequence[Request], weights: Weights) -> int:
    routes = [timed(problem, vehicle, orders[vehicle.key]) for vehicle in problem.vehicles if orders.get(vehicle.key)]
    served = {call.request for calls in orders.values() for call in calls}
    dropped = [request for request in requests if request.key not in served]
    return objective(problem, [route for route in routes if route is not None], dropped, weights)


def _bound(problem: Problem) -> dict[Key, Key]:
    """What is under way already, and with which vehicle."""
    holders = {call.request: vehicle.key for vehicle in problem.vehicles for call in vehicle.prefix}
    return holders | {r.key: vehicle.key for vehicle in problem.vehicles for r in problem.aboard(vehicle)}


def _at_work(problem: Problem, calls: Sequence[Call]) -> bool:
    """Whether the calls have windows while anybody works."""
    least_s = min(vehicle.shift.open_s for vehicle in problem.vehicles)
    latest_s = max(vehicle.shift.close_s for vehicle in problem.vehicles)
    begins_s = [next_within(problem.visit(call).windows, least_s) for call in calls]
    return all(begin_s is not None and begin_s <= latest_s for begin_s in begins_s)


def _reachable(problem: Problem, request: Request) -> bool:
    """Whether there are times at which someone who may carry it works, and its windows and ride time can be kept: the
    model has no words for what can be dropped but not even be written down."""
    if request.pickup is None or not any(v.may_carry(request) for v in problem.vehicles):
        return False
    least_s: int | None = min(vehicle.shift.open_s for vehicle in problem.vehicles)
    latest_s = max(vehicle.shift.close_s for vehicle in problem.vehicles)
    while least_s is not None:
        pickup_s = next_within(request.pickup.windows, least_s)
        if pickup_s is None:
            return False
        done_s = pickup_s + request.pickup.service_s
        dropoff_s = next_within(request.dropoff.windows, done_s)
        if dropoff_s is None or dropoff_s > latest_s:
            return False
        if request.ride_s_max is None or dropoff_s - done_s <= request.ride_s_max:
            return True
        least_s = dropoff_s - request.ride_s_max - request.pickup.service_s
    return False


def _repaired(problem: Problem, found: Orders, bound: dict[Key, Key], weights: Weights) -> Orders | None:
    """OR-Tools takes rests a little more freely than `timed`: what does not fit is taken off its route and put where
    it does, if anywhere."""
    orders: dict[Key, Sequence[Call]] = {}
    taken_off: list[Request] = []
    for vehicle in problem.vehicles:
        calls = list(found.get(vehicle.key, ()))
        while calls and fits(problem, vehicle, calls) is None:
            loose = [problem.by_key[key] for key in dict.fromkeys(call.request for call in calls) if key not in bound]
            if not loose:
                return None
            worst = min(loose, key=lambda r: (fits(problem, vehicle, _without(calls, r)) is None, weights.penalty(r)))
            calls = _without(calls, worst)
            taken_off.append(worst)
        if calls:
            orders[vehicle.key] = calls
    return inserted(problem, orders, sorted(taken_off, key=weights.penalty, reverse=True))


def _without(calls: Sequence[Call], request: Request) -> list[Call]:
    return [call for call in calls if call.request != request.key]


class _Model:
    """The problem in OR-Tools' terms.

    First comes one node per call, then one per place where a shift starts or ends. None is a place too: the end of open
    routes, nowhere, which costs nothing to reach. Nor does it cost anything to go from start to end at once: who does
    stays at home. Times are shifted so that none is negative, which OR-Tools takes for granted.
    """

    def __init__(self, problem: Problem, requests: Sequence[Request], bound: dict[Key, Key], weights: Weights) -> None:
        self.problem, self.requests, self.bound, self.weights = problem, requests, bound, weights
        self.vehicles = problem.vehicles
        self.calls = [call for request in requests for call in request.calls]
        self.visits = [problem.visit(call) for call in self.calls]
        self.origin_s = min(vehicle.shift.open_s for vehicle in self.vehicles)
        self.horizon_s = max(vehicle.shift.close_s for vehicle in self.vehicles) - self.origin_s
        bases = list(dict.fromkeys(place for vehicle in self.vehicles for place in (vehicle.start, vehicle.end)))
        base_node = {place: len(self.calls) + index for index, place in enumerate(bases)}
        self.places = [*(visit.location for visit in self.visits), *bases]
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places),
            len(self.vehicles),
            [base_node[vehicle.start] for vehicle in self.vehicles],
            [base_node[vehicle.end] for vehicle in self.vehicles],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()
        self.index = {call: int(self.manager.NodeToIndex(node)) for node, call in enumerate(self.calls)}
        self._add_costs()
        self._add_time()
        self._add_work()
        self._add_loads()
        self._add_classes()
        self.pairs = 0
        for request in requests:
            self._add_request(request)
        for number, vehicle in enumerate(self.vehicles):
            self._add_prefix(number, vehicle)

    def _legs(self, table: tuple[tuple[int, ...], ...], factor: int = 1) -> list[list[int]]:
        stops = len(self.calls)
        return [
            [
                0 if a is None or b is None or (row >= stops and column >= stops) else factor * table[a][b]
                for column, b in enumerate(self.places)
            ]
            for row, a in enumerate(self.places)
        ]

    def _transit(self, with_service: bool) -> int:
        """The way from place to place, after the service at the first."""
        services_s = [visit.service_s * with_service for visit in self.visits]
        services_s += [0] * (len(self.places) - len(services_s))
        legs = self._legs(self.problem.travel.duration_s)
        rows = [[service_s + leg for leg in row] for service_s, row in zip(services_s, legs, strict=True)]
        return int(self.routing.RegisterTransitMatrix(rows))

    def _add_costs(self) -> None:
        metres = {
            cost: self.routing.RegisterTransitMatrix(self._legs(self.problem.travel.distance_m, cost))
            for cost in {vehicle.costs.metre for vehicle in self.vehicles}
        }
        for number, vehicle in enumerate(self.vehicles):
            self.routing.SetArcCostEvaluatorOfVehicle(metres[vehicle.costs.metre], number)
            self.routing.SetFixedCostOfVehicle(self.weights.vehicle_cost(vehicle), number)

    def _add_time(self) -> None:
        self.routing.AddDimension(self._transit(with_service=True), self.horizon_s, self.horizon_s, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        for number, vehicle in enumerate(self.vehicles):
            self._add_shift(number, vehicle)
        for call, visit in zip(self.calls, self.visits, strict=True):
            begin = self.time.CumulVar(self.index[call])
            begin.SetRange(
                max(0, visit.windows[0].open_s - self.origin_s),
                min(self.horizon_s, visit.windows[-1].close_s - self.origin_s),
            )
            for before, after in pairwise(visit.windows):
                begin.RemoveInterval(before.close_s + 1 - self.origin_s, after.open_s - 1 - self.origin_s)

    def _add_shift(self, number: int, vehicle: Vehicle) -> None:
        opens_s, closes_s = vehicle.shift.open_s - self.origin_s, vehicle.shift.close_s - self.origin_s
        start, end = (self.time.CumulVar(at(number)) for at in (self.routing.Start, self.routing.End))
        under_way = vehicle.key in self.bound.values()
        start.SetRange(opens_s, opens_s if under_way else closes_s)
        end.SetRange(opens_s, closes_s)
        self.time.SetSpanCostCoefficientForVehicle(vehicle.costs.second, number)
        if vehicle.duration_s_max is not None:
            self.time.SetSpanUpperBoundForVehicle(vehicle.duration_s_max, number)
        if vehicle.breaks:
            services_s = [0] * self.routing.Size()
            for call, visit in zip(self.calls, self.visits, strict=True):
                services_s[self.index[call]] = visit.service_s
            rests = [self._rest(rest, start, end, f"rest {number}.{i}") for i, rest in enumerate(vehicle.breaks)]
            self.time.SetBreakIntervalsOfVehicle(rests, number, services_s)
        # So that the span costs what the final schedule will: leave late, be back early.
        self.routing.AddVariableMinimizedByFinalizer(end)
        self.routing.AddVariableMaximizedByFinalizer(start)

    def _rest(self, rest: Break, start: "pywrapcp.IntVar", end: "pywrapcp.IntVar", name: str) -> "pywrapcp.IntervalVar":
        """Taken if and only if it is due, and not before setting out."""
        opens_s, closes_s = rest.window.open_s - self.origin_s, rest.window.close_s - self.origin_s
        interval = self.solver.FixedDurationIntervalVar(opens_s, closes_s, rest.duration_s, True, name)
        due = (start <= closes_s).Var() * (end > closes_s).Var()
        self.solver.Add(interval.PerformedExpr() == due)
        self.solver.Add(interval.SafeStartExpr(2 * self.horizon_s) >= start)
        return interval

    def _add_work(self) -> None:
        limits = [vehicle.driving_s_max for vehicle in self.vehicles]
        if any(limit is not None for limit in limits):
            capacities = [self.horizon_s if limit is None else limit for limit in limits]
            transit = self._transit(with_service=False)
            self.routing.AddDimensionWithVehicleCapacity(transit, 0, capacities, True, "driving")
        if self.problem.goals.balance:
            self.routing.AddDimension(self._transit(with_service=True), 0, self.horizon_s, True, "work")
            self.routing.GetDimensionOrDie("work").SetGlobalSpanCostCoefficient(self.problem.goals.balance)

    def _add_loads(self) -> None:
        for number in range(len(self.vehicles[0].capacity)):
            amounts = {request.key: request.demand[number] for request in self.requests}
            self._count(f"load {number}", amounts, [vehicle.capacity[number] for vehicle in self.vehicles])

    def _count(self, name: str, amounts: dict[Key, int], capacities: list[int]) -> "pywrapcp.RoutingDimension":
        """What of this is aboard on the way, beginning with what is aboard at the start."""
        at_start = [
            sum(amounts.get(request.key, 0) for request in self.problem.aboard(vehicle)) for vehicle in self.vehicles
        ]
        signs = {StopKind.PICKUP: 1, StopKind.DROPOFF: -1}
        changes = [signs[call.kind] * amounts.get(call.request, 0) for call in self.calls]
        changes += [0] * (len(self.places) - len(changes))
        self.routing.AddDimensionWithVehicleCapacity(
            self.routing.RegisterUnaryTransitVector(changes), 0, list(map(max, capacities, at_start)), False, name
        )
        dimension = self.routing.GetDimensionOrDie(name)
        for number, amount in enumerate(at_start):
            dimension.CumulVar(self.routing.Start(number)).SetValue(amount)
        return dimension

    def _add_classes(self) -> None:
        """Requests alike in what they are and avoid are counted; where one is fetched, the count of those that it may
        not be with is nought."""
        groups: dict[tuple[str | None, frozenset[str]], list[Request]] = {}
        for request in self.requests:
            groups.setdefault((request.load_class, request.apart_from), []).append(request)
        for number, members in enumerate(groups.values()):
            clashing = [r for others in groups.values() if others[0].apart(members[0]) for r in others if r.pickup]
            if clashing:
                amounts = {member.key: 1 for member in members}
                count = self._count(f"group {number}", amounts, [len(members)] * len(self.vehicles))
                for request in clashing:
                    count.CumulVar(self.index[Call(request.key, StopKind.PICKUP)]).SetMax(0)

    def _add_request(self, request: Request) -> None:
        indices = [self.index[call] for call in request.calls]
        holder = self.bound.get(request.key)
        barred = [n for n, v in enumerate(self.vehicles) if not v.may_carry(request) or holder not in (None, v.key)]
        for index in indices:
            self.routing.VehicleVar(index).RemoveValues(barred)
        if request.pickup is not None:
            pickup, dropoff = indices
            begin, end = self.time.CumulVar(pickup), self.time.CumulVar(dropoff)
            self.routing.AddPickupAndDelivery(pickup, dropoff)
            # The pair only guides the search; these constraints are what makes it hold.
            self.solver.Add(self.routing.VehicleVar(pickup) == self.routing.VehicleVar(dropoff))
            self.solver.Add(begin + request.pickup.service_s <= end)
            if request.ride_s_max is not None:
                most_s = request.ride_s_max + request.pickup.service_s
                self.solver.Add(end - begin <= most_s)
                # Alone it would let too long rides through, but without it their refusal takes second after second.
                self.time.SetPickupToDeliveryLimitFunctionForPair(lambda *_: most_s, self.pairs)
            self.pairs += 1
        if holder is None:
            self.routing.AddDisjunction([indices[0]], self.weights.penalty(request))
            self.routing.AddDisjunction([indices[-1]], 0)

    def _add_prefix(self, number: int, vehicle: Vehicle) -> None:
        here = self.routing.Start(number)
        for call in vehicle.prefix:
            self.routing.NextVar(here).SetValue(self.index[call])
            here = self.index[call]

    def search(self, first: Orders, news: _News) -> Orders | None:
        """Better ones than the first, as long as there is time; None if nothing was found."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(max(1, round(1000 * news.limit_s)))
        self.routing.CloseModelWithParameters(parameters)
        parameters.time_limit.FromMilliseconds(max(1, round(1000 * (news.until_s - monotonic()))))
        self.routing.AddAtSolutionCallback(lambda: news.tell(self.routing.CostVar().Min(), self._assigned()))
        indices = [[self.index[call] for call in first.get(vehicle.key, ())] for vehicle in self.vehicles]
        start = self.routing.ReadAssignmentFromRoutes(indices, True)
        # None if the model takes a rule more narrowly than the first plan does: then it has to find its own.
        solution = (
            self.routing.SolveWithParameters(parameters)
            if start is None
            else self.routing.SolveFromAssignmentWithParameters(start, parameters)
        )
        if solution is None:
            return None
        return {vehicle.key: self._calls(solution, number) for number, vehicle in enumerate(self.vehicles)}

    def _assigned(self) -> int:
        dropoffs = (self.index[request.calls[-1]] for request in self.requests)
        return sum(self.routing.NextVar(dropoff).Min() != dropoff for dropoff in dropoffs)

    def _calls(self, solution: "pywrapcp.Assignment", number: int) -> list[Call]:
        calls, index = [], solution.Value(self.routing.NextVar(self.routing.Start(number)))
        while not self.routing.IsEnd(index):
            calls.append(self.calls[self.manager.IndexToNode(index)])
            index = solution.Value(self.routing.NextVar(index))
        return calls
