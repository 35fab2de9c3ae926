"""The improver: ruin and recreate in machine code, with every rule of `problem.py`.

`columns` names what the arrays hold, `pack` fills them, `timing` times a route exactly, `routes` keeps the routes of a
candidate, `placing` finds the cheapest place of a request, `ruin` takes some out, `anneal` puts them back and judges.
`machine` makes machine code of all of these but `pack`. Here are the phases of a search and its clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from app.services.routing.improve import anneal
from app.services.routing.improve.columns import (
    ABSENT,
    BALANCE,
    BALANCED,
    BUSY,
    COST,
    DROPOFF,
    DROPPED,
    END,
    FIXED,
    GATHERING,
    IN_USE,
    LENGTH,
    LOOSE,
    MARK,
    METRE_COST,
    NEVER,
    PENALTY,
    REQUEST,
    SECOND_COST,
    START,
    STRICT,
    TIME,
    TOTAL,
    USED,
    WAY,
)
from app.services.routing.improve.machine import Loading, one_compiles
from app.services.routing.improve.pack import Code, Pack, packed
from app.services.routing.improve.routes import Work, empty_work, keep, measure, most_work
from app.services.routing.objective import Weights
from app.services.routing.problem import (
    Call,
    Goals,
    Key,
    Location,
    Matrix,
    Orders,
    Problem,
    Progress,
    Request,
    Vehicle,
    Visit,
    Window,
)

GATHERING_SHARE = 0.3
"""Of the search, at most, for serving all and for the fewest vehicles; the rest is for costs."""

HOT, COLD = 1.0, 0.01
"""Temperature at the beginning and at the end of cooling down, in mean costs of a leg. The paper's 100 and 1 are two
and a half times as much on the instances of Li & Lim; less is better in ten seconds."""

WARM = 0.25
"""While gathering, and where cooling down begins again from the best plan."""

ITERATIONS_PER_REQUEST = 3000
"""To cool down in. Who has time for more begins again elsewhere."""

LOOSE_PRICE = 3.0
"""Of leaving a request out, in mean costs of a leg, while the search is hot. Plans that serve all with few vehicles lie
in islands: on lrc2_2_3 half of the searches ended 8 to 18 % above the best known, and none since plans between the
islands are passed through."""

LOOSE_SHARE = 0.5
"""Of cooling down."""

STARTS_MAX = 5

STEPS_PER_LOOK = 100_000
"""Iterations between two looks at the clock, times visits: about 10 ms."""

LOOKS = 100
"""So often, at least, temperature falls while cooling down."""

PROGRESS_EVERY_S = 0.25

Report = Callable[[Progress], None]


class Stuck(RuntimeError):
    """What is aboard or under way cannot be served within its windows and limits."""


@dataclass(frozen=True, slots=True)
class Improved:
    """`converged`: the search ended because it had cooled down, or found nothing better for its second half."""

    orders: dict[Key, list[Call]]
    converged: bool
    iterations: int


def improve(
    problem: Problem,
    requests: Sequence[Request],
    orders: Orders,
    weights: Weights,
    limit_s: float,
    report: Report,
    *,
    seed: int = 1,
    thorough: bool = False,
) -> Improved:
    """The best orders found from these within the limit. Needs a vehicle and a request. Raises `Stuck`.

    What the given orders lack is placed where there is room; what they have must be possible. `thorough`: use up the
    limit, cooling down the more slowly.
    """
    if not requests or not problem.vehicles:
        return Improved({}, True, 0)
    search = _Search(problem, requests, orders, weights, _Pace(limit_s, len(requests), thorough), report)
    anneal.seed(seed)
    return search.run()


def compile_improver() -> None:
    """Compile or load all machine code, by solving the smallest problem. About half a minute the first time after an
    installation, then a second."""
    visits = Visit(1, (Window(0, 9),)), Visit(0, (Window(0, 9),))
    fleet = tuple(Vehicle(name, 0, 0, Window(0, 9), ()) for name in "vw")
    table = ((0, 1), (1, 0))
    problem = Problem(
        (Location(0.0, 0.0),) * 2,
        Matrix(table, table),
        (Request("r", *visits, ()),),
        fleet,
        Goals(fewest_vehicles=True),
    )
    with one_compiles():
        improve(problem, problem.requests, {}, Weights.of(problem, problem.requests), NEVER, lambda _: None)


LOADING = Loading(compile_improver)


def loading() -> Loading:
    """The machine code of this process, from now on on its way."""
    LOADING.begin()
    return LOADING


class _Pace:
    """How far the search is, by the clock or by the number of iterations, whichever is further."""

    def __init__(self, limit_s: float, requests: int, thorough: bool) -> None:
        self.began, self.limit_s, self.thorough = monotonic(), limit_s, thorough
        self.iterations = self.last_success = 0
        self.cooling = ITERATIONS_PER_REQUEST * requests

    @property
    def elapsed_s(self) -> float:
        return monotonic() - self.began

    @property
    def share(self) -> float:
        by_clock = self.elapsed_s / self.limit_s if self.limit_s > 0 else 1.0
        by_count = 0.0 if self.thorough else self.iterations / self.cooling
        return min(1.0, max(by_clock, by_count))

    @property
    def starts(self) -> int:
        """How often there is time to cool down, going by the iterations so far."""
        if not self.thorough or self.share == 0:
            return 1
        expected = self.iterations * (1 - self.share) / self.share
        return max(1, min(STARTS_MAX, int(expected / self.cooling)))

    @property
    def converged(self) -> bool:
        cooled = not self.thorough and self.iterations >= self.cooling
        return cooled or self.last_success < self.iterations / 2


class _Search:
    def __init__(
        self,
        problem: Problem,
        requests: Sequence[Request],
        orders: Orders,
        weights: Weights,
        pace: _Pace,
        report: Report,
    ) -> None:
        self.problem, self.pace, self.report = problem, pace, report
        self.code = Code(requests)
        self.pack: Pack = packed(problem, requests, weights, self.code)
        self.work: Work = empty_work(self.pack)
        self.chunk = 1 + min(STEPS_PER_LOOK // len(self.code.calls), pace.cooling // LOOKS)
        self.vehicles_max = len(problem.vehicles)
        legs = self.pack.legs[: len(self.code.calls), : len(self.code.calls)].mean(axis=(0, 1))
        rules = self.pack.vehicles.mean(axis=0)
        self.leg_cost = float(rules[METRE_COST] * legs[WAY] + rules[SECOND_COST] * legs[TIME])
        self.told = 0.0
        self._write(orders)

    def _write(self, orders: Orders) -> None:
        for row, route, rules, vehicle in zip(
            self.work.rows, self.work.routes, self.pack.vehicles, self.problem.vehicles, strict=True
        ):
            nodes = self.code.nodes(orders.get(vehicle.key, vehicle.prefix))
            row[: len(nodes) + 2] = rules[START], *nodes, rules[END]
            route[LENGTH] = len(nodes) + 2

    def _begin(self) -> bool:
        """Make the plan of what stands in `rows`; all other requests are absent. False if a route cannot be driven."""
        work, requests = self.work, self.pack.requests
        work.sums[:] = 0
        work.routes[:, (COST, IN_USE)] = 0
        possible = [measure(self.pack, work, vehicle) for vehicle in range(len(work.rows))]
        present = {
            int(node)
            for row, length in zip(work.rows, work.routes[:, LENGTH], strict=True)
            for node in row[1 : length - 1]
        }
        absent = [number for number, dropoff in enumerate(requests[:, DROPOFF]) if int(dropoff) not in present]
        work.absent[: len(absent)] = absent
        work.sums[ABSENT], work.sums[DROPPED] = len(absent), requests[absent, PENALTY].sum()
        work.sums[BALANCED] = self.pack.scalars[BALANCE] * most_work(work.routes)
        work.touched[:] = True
        keep(self.pack, work)
        return all(possible)

    def _back_to_best(self) -> None:
        """Go on from the best so far."""
        self.work.routes[:], self.work.rows[:] = self.work.best_routes, self.work.best_rows
        self._begin()

    def run(self) -> Improved:
        if not self._begin():
            raise Stuck("a route cannot be driven as it was given")
        self._fill()
        anneal.remember(self.work)
        self._gather()
        if self.problem.goals.fewest_vehicles:
            self._empty_vehicles()
        self._cool_down()
        self._tell(force=True)
        rows = [
            row[1 : route[LENGTH] - 1] for row, route in zip(self.work.best_rows, self.work.best_routes, strict=True)
        ]
        named = zip(self.problem.vehicles, rows, strict=True)
        orders = {vehicle.key: [self.code.calls[node] for node in row] for vehicle, row in named if len(row)}
        served = {call for calls in orders.values() for call in calls}
        for _, dropoff, anchor, *_ in self.pack.requests:
            if anchor >= 0 and (call := self.code.calls[dropoff]) not in served:
                raise Stuck(f"{call.request} cannot be brought by {self.problem.vehicles[anchor].key} any more")
        return Improved(orders, self.pace.converged, self.pace.iterations)

    def _step(self, temperature: float, mode: int = STRICT) -> bool:
        better = anneal.anneal(
            self.pack,
            self.work,
            self.chunk,
            self.leg_cost * temperature,
            self.vehicles_max,
            mode,
            self.leg_cost * LOOSE_PRICE,
        )
        self.pace.iterations = int(self.work.dice[MARK])
        if better:
            self.pace.last_success = self.pace.iterations
        self._tell()
        return bool(better)

    def _gather(self) -> None:
        """Serve all, if that can be."""
        while self.work.best_sums[DROPPED] > 0 and self.pace.share < GATHERING_SHARE / 2:
            self._step(WARM, GATHERING)

    def _empty_vehicles(self) -> None:
        """One vehicle fewer, and again."""
        emptied = True
        while self.pace.share < GATHERING_SHARE:
            if emptied and not self._empty_one():
                break
            emptied = self._step(WARM, GATHERING)
        self.vehicles_max = int(self.work.best_sums[USED])

    def _empty_one(self) -> bool:
        """Leave out the route whose requests have found a place most often. False if there is none to leave out."""
        self._back_to_best()
        candidates = [
            (sum(int(self.work.misses[request]) for request in self._served_by(vehicle)), length, vehicle)
            for vehicle, length in enumerate(self.work.routes[:, LENGTH])
            if length > 2 and not self.pack.vehicles[vehicle, BUSY]
        ]
        if len(candidates) < 2:
            return False
        *_, vehicle = min(candidates)
        self.work.rows[vehicle, 1] = self.pack.vehicles[vehicle, END]
        self.work.routes[vehicle, LENGTH] = 2
        self._begin()
        self.vehicles_max = int(self.work.best_sums[USED]) - 1
        return True

    def _served_by(self, vehicle: int) -> set[int]:
        nodes = self.work.rows[vehicle, 1 : self.work.routes[vehicle, LENGTH] - 1]
        return {int(self.pack.nodes[node, REQUEST]) for node in nodes}

    def _cool_down(self) -> None:
        """From the plan that there is, then from new ones, at last from the best, as far as there is time."""
        self._back_to_best()
        begin, starts = self.pace.share, self.pace.starts
        for number in range(starts):
            last = starts > 1 and number == starts - 1
            end = begin + (1 - begin) * (number + 1) / starts
            if last:
                self._back_to_best()
            elif number > 0:
                self._begin_anew(end)
            self._cool(WARM if last else HOT, end, loose=number % 2 == 1 and not last)

    def _cool(self, hot: float, end: float, *, loose: bool) -> None:
        begin = self.pace.share
        loose = loose and not self.work.best_sums[DROPPED]
        while (share := self.pace.share) < end:
            done = (share - begin) / (end - begin)
            if loose and done >= LOOSE_SHARE:
                self._complete(share + (end - share) / 4)
                loose = False
            self._step(hot * (COLD / hot) ** done, LOOSE if loose else STRICT)

    def _begin_anew(self, end: float) -> None:
        """Another plan."""
        for row, route, rules in zip(self.work.rows, self.work.routes, self.pack.vehicles, strict=True):
            row[rules[FIXED] + 1] = rules[END]
            route[LENGTH] = rules[FIXED] + 2
        self._begin()
        self._fill()
        self._complete(self.pace.share + (end - self.pace.share) / 4)

    def _complete(self, end: float) -> None:
        """Go on until the plan leaves out no more than the best, or from the best if that takes too long."""
        while self.work.kept_sums[DROPPED] > self.work.best_sums[DROPPED]:
            if self.pace.share >= end:
                self._back_to_best()
                break
            self._step(WARM, GATHERING)

    def _fill(self) -> None:
        """Place what can be placed."""
        anneal.recreate(self.pack, self.work, self.vehicles_max, GATHERING, 0.0)
        keep(self.pack, self.work)

    def _tell(self, *, force: bool = False) -> None:
        now = self.pace.elapsed_s
        if force or now >= self.told + PROGRESS_EVERY_S:
            self.told = now
            best = self.work.best_sums
            served = len(self.pack.requests) - int(best[ABSENT])
            self.report(Progress(now, self.pace.limit_s, int(best[TOTAL] + best[BALANCED] + best[DROPPED]), served))
