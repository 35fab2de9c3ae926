"""Document bombs: what each costs the API, and what a bystander notices of them.

    python -m benchmarks.bombs [--seconds 10] [--rate 20] [--times 10]

Starts servers of its own with the demo's data and one process of the API. Sends each bomb of the tests' catalogue some
times and prints the CPU time that it took the process, and its answer. Then asks for the viewer again and again,
without and with somebody who sends bombs of all kinds beside it, and prints how long answers took. The limits of points
are lifted for this: with them, the bomber would soon be turned away.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.demo.people import Person, sign_in
from app.demo.scale import Scale
from app.demo.seed import seed
from benchmarks.house import open_house
from tests.bombs import BOMBS, Bomb

SLUG = "paws"
BYSTANDER = orjson.dumps({"query": "{ viewer { role } services(first: 10) { edges { node { name } } } }"})
EVERY_S = 0.05
BOUND_MS = 50
LIFTED = {"WAYPOST_POINTS_MAX": "1000000000", "WAYPOST_ANONYMOUS_POINTS_MAX": "1000000000"}
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(console: Console, url: str, pid: int, headers: dict[str, str], times: int) -> None:
    table = Table("bomb", "bytes", "CPU ms", "answer")
    worst = 0.0
    with httpx.Client(trust_env=False, timeout=60) as http:
        for bomb in BOMBS:
            # what was refused is remembered: each is another
            bodies = [orjson.dumps(varied(bomb, number)) for number in range(times)]
            before = cpu_s(pid)
            for body in bodies:
                answer = http.post(url, content=body, headers=headers)
            each_ms = 1000 * (cpu_s(pid) - before) / times
            worst = max(worst, each_ms)
            table.add_row(bomb.name, f"{len(body):,}", f"{each_ms:.1f}", f"{answer.status_code} {said(answer)}")
    console.print(table)
    console.print(f"worst: {worst:.1f} ms of CPU; the bound is {BOUND_MS}", style="bold")


def varied(bomb: Bomb, number: int) -> dict[str, object]:
    request = bomb.request
    return {**request, "query": f"{request['query']} #{number}"}


def said(answer: httpx.Response) -> str:
    errors = orjson.loads(answer.content).get("errors")
    return errors[0]["message"][:60] if errors else "it ran"


async def latencies(url: str, headers: dict[str, str], seconds: float) -> list[float]:
    """How long the bystander waits, in milliseconds."""
    found = []
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            begun = time.perf_counter()
            answer = await http.post(url, content=BYSTANDER, headers=headers)
            found.append(1000 * (time.perf_counter() - begun))
            assert b'"errors"' not in answer.content, answer.text[:300]
            await asyncio.sleep(EVERY_S)
    return found


@asynccontextmanager
async def bombing(url: str, headers: dict[str, str], rate: float) -> AsyncIterator[None]:
    """Somebody sends one bomb after the other, without waiting for answers."""
    tasks: set[asyncio.Task[object]] = set()

    async def bomber() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            # made beforehand: making them must not keep the bystander's clock from running
            bodies = [orjson.dumps(varied(bomb, number)) for number in range(5) for bomb in BOMBS]
            for body in itertools.cycle(bodies):
                task = asyncio.create_task(http.post(url, content=body, headers=headers))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                await asyncio.sleep(1 / rate)

    running = asyncio.create_task(bomber())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, *tasks, return_exceptions=True)


def report(console: Console, name: str, found: list[float]) -> float:
    cuts = statistics.quantiles(found, n=100)
    console.print(f"{name:24} p50 {cuts[49]:6.1f} ms   p99 {cuts[98]:6.1f} ms   ({len(found)} answers)")
    return cuts[49]


async def watch(console: Console, url: str, staff: dict[str, str], options: argparse.Namespace) -> None:
    await latencies(url, staff, 1)
    quiet = report(console, "bystander alone", await latencies(url, staff, options.seconds))
    async with bombing(url, {"content-type": "application/json"}, options.rate):
        loud = report(console, f"with {options.rate:.0f} bombs a second", await latencies(url, staff, options.seconds))
    console.print(f"p50 is {loud / quiet:.2f} times what it was", style="bold")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    console = Console()
    with open_house() as house:
        with Progress(console=console) as progress:
            people: list[Person] = asyncio.run(seed(house.url, Scale.SMALL, progress))
        with house.serving(**LIFTED) as (process, port):
            url = f"http://127.0.0.1:{port}/graphql"
            staff = next(person for person in people if person.organization == SLUG and person.role == "STAFF")
            token = sign_in(url, [staff])[0].access_token
            headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
            measure(console, url, process.pid, headers, options.times)
            asyncio.run(watch(console, url, headers, options))


if __name__ == "__main__":
    main()
