"""Published instances, solved as the product solves a day: vehicles, distance and the gap to the best known.

    python -m benchmarks.routing [--data DIR] [--only lr1,a4] [--limit-s SECONDS]

Reads pickup and delivery by Li & Lim and dial-a-ride by Cordeau from any text files under the folder, and the best
known values from its `best_known.csv`, if there is one. One core; machine code is compiled before the clock starts.
Every plan is checked here by the published rules in double precision; fails if one breaks them. Distances count, so
vehicles and seconds cost nothing; Li & Lim ask for the fewest vehicles first. A machine that is busy otherwise shows in
CPU seconds that are fewer than the seconds.
"""

import argparse
import csv
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.services.routing.improve import compile_improver
from app.services.routing.problem import (
    Costs,
    Goals,
    Location,
    Matrix,
    Plan,
    Problem,
    Request,
    StopKind,
    Vehicle,
    Visit,
    Window,
)
from app.services.routing.problem import Progress as Found
from app.services.routing.solver import solve

DATA = Path(__file__).parent / "data" / "routing"

UNITS = 1_000_000
"""Whole units of the product's seconds and metres in one of the instance: times are rounded up, distances to the
nearest, which is far finer than any published digit."""

TOLERANCE = 1e-6
"""By so much an instance's times may be missed, in its own units: what double precision makes of sums."""


class Node(NamedTuple):
    x: float
    y: float
    service: float
    load: int
    earliest: float
    latest: float


@dataclass(frozen=True)
class Instance:
    """Node 0 is the depot. pairs: pickup and dropoff."""

    name: str
    kind: str
    vehicles: int
    capacity: int
    nodes: Sequence[Node]
    pairs: Sequence[tuple[int, int]]
    ride_max: float = math.inf
    route_max: float = math.inf

    def distance(self, a: int, b: int) -> float:
        return math.hypot(self.nodes[a].x - self.nodes[b].x, self.nodes[a].y - self.nodes[b].y)

    @property
    def group(self) -> str:
        return self.kind if self.kind == "dial-a-ride" else f"{self.kind} {round(len(self.nodes), -2)}"

    @property
    def limit_s(self) -> float:
        if self.kind == "dial-a-ride":
            return 30.0
        return 10.0 if len(self.nodes) <= 150 else 60.0


class Best(NamedTuple):
    vehicles: int | None
    distance: float


class Result(NamedTuple):
    instance: Instance
    vehicles: int
    distance: float
    best: Best | None
    seconds: float
    cpu_s: float
    wrong: list[str]

    @property
    def vehicles_over(self) -> int | None:
        return None if self.best is None or self.best.vehicles is None else self.vehicles - self.best.vehicles

    @property
    def gap(self) -> float | None:
        """In per cent. A plan with fewer or more vehicles cannot be compared."""
        return None if self.best is None or self.vehicles_over else 100 * (self.distance / self.best.distance - 1)


def read(path: Path) -> Instance | None:
    """None if it is of neither format."""
    try:
        lines = [[float(word) for word in line.split()] for line in path.read_text().splitlines() if line.strip()]
    except ValueError:
        return None
    widths = {len(line) for line in lines[1:]}
    if len(lines) > 2 and widths == {9}:
        return _li_lim(path.stem, lines)
    return _dial_a_ride(path.stem, lines) if len(lines) > 2 and widths == {7} and len(lines[0]) == 5 else None


def _li_lim(name: str, lines: list[list[float]]) -> Instance:
    vehicles, capacity, *_ = lines[0]
    nodes = [Node(x, y, service, int(load), early, late) for _, x, y, load, early, late, service, *_ in lines[1:]]
    pairs = [(int(line[0]), int(line[8])) for line in lines[1:] if line[8]]
    return Instance(name, "Li & Lim", int(vehicles), int(capacity), nodes, pairs)


def _dial_a_ride(name: str, lines: list[list[float]]) -> Instance:
    vehicles, _, route_max, capacity, ride_max = lines[0]
    requests = (len(lines) - 2) // 2
    nodes = [Node(x, y, service, int(load), early, late) for _, x, y, service, load, early, late in lines[1:]]
    pairs = [(pickup, pickup + requests) for pickup in range(1, requests + 1)]
    return Instance(
        name, "dial-a-ride", int(vehicles), int(capacity), nodes[: 2 * requests + 1], pairs, ride_max, route_max
    )


def problem_of(instance: Instance) -> Problem:
    nodes = range(len(instance.nodes))
    metres = [[UNITS * instance.distance(a, b) for b in nodes] for a in nodes]
    depot = instance.nodes[0]
    return Problem(
        locations=tuple(Location(0.0, 0.0) for _ in nodes),
        travel=Matrix(
            tuple(tuple(_up(metre) for metre in row) for row in metres),
            tuple(tuple(round(metre) for metre in row) for row in metres),
        ),
        requests=tuple(
            Request(
                key=str(pickup),
                pickup=_visit(instance, pickup),
                dropoff=_visit(instance, dropoff),
                demand=(instance.nodes[pickup].load,),
                ride_s_max=_limit(instance.ride_max),
            )
            for pickup, dropoff in instance.pairs
        ),
        vehicles=tuple(
            Vehicle(
                key=f"vehicle {number}",
                start=0,
                end=0,
                shift=Window(_up(UNITS * depot.earliest), round(UNITS * depot.latest)),
                capacity=(instance.capacity,),
                duration_s_max=_limit(instance.route_max),
                costs=Costs(vehicle=0, second=0, metre=1),
            )
            for number in range(instance.vehicles)
        ),
        goals=Goals(fewest_vehicles=instance.kind == "Li & Lim"),
    )


def _visit(instance: Instance, node: int) -> Visit:
    place = instance.nodes[node]
    window = Window(_up(UNITS * place.earliest), round(UNITS * place.latest))
    return Visit(node, (window,), _up(UNITS * place.service))


def _up(value: float) -> int:
    """Rounded up, but for what is only a whole number missed by double precision."""
    return math.ceil(value - TOLERANCE)


def _limit(value: float) -> int | None:
    return None if math.isinf(value) else round(UNITS * value)


def routes_of(instance: Instance, plan: Plan) -> list[list[int]]:
    dropoffs = dict(instance.pairs)
    return [
        [
            int(str(stop.request)) if stop.kind is StopKind.PICKUP else dropoffs[int(str(stop.request))]
            for stop in route.stops
        ]
        for route in plan.routes
    ]


def length(instance: Instance, routes: Sequence[Sequence[int]]) -> float:
    return sum(instance.distance(a, b) for route in routes for a, b in pairwise([0, *route, 0]))


def wrong(instance: Instance, routes: Sequence[Sequence[int]]) -> Iterator[str]:
    """What the published rules have against these routes."""
    if sorted(node for route in routes for node in route) != list(range(1, len(instance.nodes))):
        yield "not every node is visited once"
    if len(routes) > instance.vehicles:
        yield f"{len(routes)} of {instance.vehicles} vehicles"
    for number, route in enumerate(routes):
        place = {node: position for position, node in enumerate(route)}
        if any((p in place or d in place) and place.get(p, math.inf) >= place.get(d, -1) for p, d in instance.pairs):
            yield f"route {number}: a dropoff without a pickup before it"
        load = 0
        for node in route:
            load += instance.nodes[node].load
            if not 0 <= load <= instance.capacity:
                yield f"route {number}: {load} aboard after node {node}"
        if (late := _late(instance, route)) is not None:
            yield f"route {number}: {late}"


def _late(instance: Instance, route: Sequence[int]) -> str | None:
    """The earliest times by Bellman and Ford's algorithm, on "not before" rules between two visits each; None if they
    exist and are in time."""
    stops = [0, *route, 0]
    last = len(stops) - 1
    place = {node: position for position, node in enumerate(stops[:-1])}
    rules = [
        (k, k + 1, instance.nodes[a].service + instance.distance(a, b)) for k, (a, b) in enumerate(pairwise(stops))
    ]
    rules[0] = (0, 1, instance.distance(stops[0], stops[1]))
    rules.append((last, 0, -instance.route_max))
    for pickup, dropoff in instance.pairs:
        if pickup in place and dropoff in place:
            rules.append((place[dropoff], place[pickup], -instance.ride_max - instance.nodes[pickup].service))
    times = [instance.nodes[node].earliest for node in stops]
    for _ in range(len(stops) + 1):
        before = list(times)
        for a, b, least in rules:
            times[b] = max(times[b], times[a] + least)
        if late := [
            node for node, at in zip(stops, times, strict=True) if at > instance.nodes[node].latest + TOLERANCE
        ]:
            return f"too late at node {late[0]}"
        if max(now - then for now, then in zip(times, before, strict=True)) <= TOLERANCE:
            return None
    return "no times keep all limits"


def best_known(folder: Path) -> dict[str, Best]:
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    with path.open() as lines:
        return {
            row["instance"].lower(): Best(int(row["vehicles"]) if row["vehicles"] else None, float(row["distance"]))
            for row in csv.DictReader(lines)
        }


def run(instance: Instance, best: Best | None, limit_s: float, bar: Progress) -> Result:
    task = bar.add_task(instance.name, total=limit_s)

    def show(found: Found) -> None:
        bar.update(task, completed=found.elapsed_s, description=f"{instance.name} {found.assigned or 0} served")

    problem = problem_of(instance)
    began, cpu_began = time.perf_counter(), time.process_time()
    plan = solve(problem, limit_s, show, thorough=True)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    bar.remove_task(task)
    routes = routes_of(instance, plan)
    return Result(instance, len(routes), length(instance, routes), best, seconds, cpu_s, list(wrong(instance, routes)))


def line(result: Result) -> str:
    over = "" if result.vehicles_over is None else f" ({result.vehicles_over:+d})"
    gap = "" if result.gap is None else f", gap {result.gap:.3f} %"
    return f"{result.instance.name}: {result.vehicles} vehicles{over}, distance {result.distance:.2f}{gap}"


def show(results: Sequence[Result], console: Console) -> None:
    for group in dict.fromkeys(result.instance.group for result in results):
        mine = [result for result in results if result.instance.group == group]
        table = Table("instance", "vehicles", "over", "distance", "gap %", "s", "CPU s", title=group)
        for result in mine:
            over, gap = result.vehicles_over, result.gap
            table.add_row(
                result.instance.name,
                str(result.vehicles),
                "" if over is None else f"{over:+d}",
                f"{result.distance:.2f}",
                "" if gap is None else f"{gap:.3f}",
                f"{result.seconds:.1f}",
                f"{result.cpu_s:.1f}",
            )
        console.print(table)
        gaps = [result.gap for result in mine if result.gap is not None]
        overs = [result.vehicles_over for result in mine if result.vehicles_over is not None]
        words = [f"{group}: {len(mine)} instances"]
        words += [f"{sum(overs)} vehicles over the best known in sum"] if overs else []
        words += [f"mean gap {sum(gaps) / len(gaps):.3f} %, worst {max(gaps):.3f} %"] if gaps else []
        console.print("; ".join(words))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="a folder or a file")
    parser.add_argument("--only", default="", help="beginnings of names, with commas")
    parser.add_argument("--limit-s", type=float, help="instead of 10 (100 tasks), 60 (200) and 30 (dial-a-ride)")
    options = parser.parse_args()
    console = Console()
    folder = options.data if options.data.is_dir() else options.data.parent
    paths = sorted(options.data.rglob("*.txt")) if options.data.is_dir() else [options.data]
    only = tuple(options.only.lower().split(","))
    instances = [found for path in paths if (found := read(path)) and found.name.lower().startswith(only)]
    known = best_known(folder)
    began = time.perf_counter()
    compile_improver()
    console.print(f"machine code ready after {time.perf_counter() - began:.1f} s")
    results = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        total = bar.add_task("all", total=len(instances))
        for instance in instances:
            limit_s = options.limit_s or instance.limit_s
            results.append(run(instance, known.get(instance.name.lower()), limit_s, bar))
            bar.console.print(line(results[-1]))
            bar.advance(total)
    show(results, console)
    broken = [f"{result.instance.name}: {fault}" for result in results for fault in result.wrong]
    for fault in broken:
        console.print(fault, style="red")
    return 1 if broken or not results else 0


if __name__ == "__main__":
    sys.exit(main())
