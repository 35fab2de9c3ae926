"""BookingsBoard against a floor: the same rows by one hand-written statement behind a bare Starlette route.

    python -m benchmarks.bookings_board [--seconds 5] [--rounds 3] [--connections 16]

Starts servers of its own, seeds the demo's data, and asks the API and the floor in turn for the same 50 bookings, each
one process. Prints requests per second, the ratio, and where the API's CPU time goes.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import orjson
from rich.console import Console
from rich.progress import Progress
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.demo.people import Person, sign_in
from app.demo.scale import Scale
from app.demo.seed import seed
from app.main import create_app
from app.settings import Settings
from benchmarks.house import ROOT, House, open_house

DOCUMENT = ROOT / "tests" / "clients" / "admin" / "bookings.graphql"
SLUG = "paws"
ROWS = 50

FLOOR = """
SELECT jsonb_build_object(
  'eventSeq', (SELECT seq FROM event_heads WHERE organization_id = $1),
  'total', (SELECT count(*) FROM bookings WHERE organization_id = $1),
  'bookings', (SELECT jsonb_agg(b) FROM (
    SELECT b.id, b.number, b.status, b.starts_at, b.ends_at, b.notes, b.price_minor, b.currency,
           jsonb_build_object('id', c.id, 'name', c.name, 'phone', c.phone) AS customer,
           jsonb_build_object('kind', s.kind, 'id', s.id, 'name', s.name, 'species', p.species, 'breed', p.breed)
             AS subject,
           jsonb_build_object('id', v.id, 'name', v.name) AS service,
           (SELECT jsonb_agg(jsonb_build_object('id', t.id, 'kind', t.kind, 'status', t.status, 'pickup', f.label,
                                                'dropoff', d.label))
              FROM transports t
              JOIN places f ON f.organization_id = $1 AND f.id = t.pickup_place_id
              JOIN places d ON d.organization_id = $1 AND d.id = t.dropoff_place_id
             WHERE t.organization_id = $1 AND t.booking_id = b.id) AS transports
      FROM bookings b
      JOIN customers c ON c.organization_id = $1 AND c.id = b.customer_id
      JOIN subjects s ON s.organization_id = $1 AND s.id = b.subject_id
      LEFT JOIN pets p ON p.organization_id = $1 AND p.id = s.id
      JOIN services v ON v.organization_id = $1 AND v.id = b.service_id
     WHERE b.organization_id = $1
     ORDER BY b.starts_at, b.id LIMIT 51) AS b))::text
"""


def board() -> str:
    """The first operation of the admin's document."""
    text = DOCUMENT.read_text()
    return text[: text.index("\n}\n") + 3]


def create_floor() -> Starlette:
    """The bare route: no tenant, no GraphQL, no checks."""
    state: dict[str, Any] = {}

    async def rows(request: Request) -> Response:
        async with state["pool"].acquire() as connection:
            return Response(await connection.fetchval(FLOOR, state["org"]), media_type="application/json")

    async def open_pool() -> None:
        state["pool"] = await asyncpg.create_pool(os.environ["FLOOR_URL"], min_size=10, max_size=10)
        state["org"] = await state["pool"].fetchval("SELECT id FROM organizations WHERE slug = $1", SLUG)

    class Lifespan:
        def __init__(self, _: object) -> None: ...

        async def __aenter__(self) -> None:
            await open_pool()

        async def __aexit__(self, *_: object) -> None:
            await state["pool"].close()

    return Starlette(routes=[Route("/", rows, methods=["POST"])], lifespan=Lifespan)


@dataclass(frozen=True)
class Target:
    name: str
    url: str
    headers: dict[str, str]
    body: bytes


async def load(target: Target, connections: int, seconds: float) -> float:
    """Requests per second."""
    until, done = time.monotonic() + seconds, 0

    async def client() -> None:
        nonlocal done
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            while time.monotonic() < until:
                answer = await http.post(target.url, content=target.body, headers=target.headers)
                assert answer.status_code == 200
                assert b'"errors"' not in answer.content, answer.text[:500]
                done += 1

    started = time.monotonic()
    await asyncio.gather(*(client() for _ in range(connections)))
    return done / (time.monotonic() - started)


GROUPS = ("sqlalchemy", "asyncpg", "graphql", "strawberry", "aiodataloader", "asyncio", "starlette", "app")


def group_of(filename: str, function: str) -> str:
    for name in GROUPS:
        if f"/{name}/" in filename or f"/{name}." in filename:
            return name
    return "asyncpg" if "protocol" in function.lower() else "other (C, standard library)"


async def profile(settings: Settings, token: str, requests: int) -> Counter[str]:
    """Own time of the API, by the package that the code is in."""
    app, times = create_app(settings), Counter[str]()
    body = orjson.dumps({"query": board(), "variables": {"first": ROWS}})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as http,
    ):
        for _ in range(20):
            await http.post("/graphql", content=body, headers=headers)
        profiler = cProfile.Profile()
        profiler.enable()
        for _ in range(requests):
            await http.post("/graphql", content=body, headers=headers)
        profiler.disable()
    for (filename, _, function), (_, _, own_s, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        if "select.epoll" not in function:
            times[group_of(filename, function)] += own_s
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    console = Console()
    with open_house() as house:
        with Progress(console=console) as progress:
            people = asyncio.run(seed(house.url, Scale.MEDIUM, progress))
        measure(options, console, house, people)


def measure(options: argparse.Namespace, console: Console, house: House, people: list[Person]) -> None:
    with (
        house.serving() as (_, api_port),
        house.serving("benchmarks.bookings_board:create_floor", FLOOR_URL=house.url) as (_, floor_port),
    ):
        staff = next(person for person in people if person.organization == SLUG and person.role == "STAFF")
        token = sign_in(f"http://127.0.0.1:{api_port}/graphql", [staff])[0].access_token
        body = orjson.dumps({"query": board(), "variables": {"first": ROWS}})
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        targets = (
            Target("api", f"http://127.0.0.1:{api_port}/graphql", headers, body),
            Target("floor", f"http://127.0.0.1:{floor_port}/", {}, b""),
        )
        found: dict[str, list[float]] = {target.name: [] for target in targets}
        for _ in range(options.rounds):
            for target in targets:
                found[target.name].append(asyncio.run(load(target, options.connections, options.seconds)))
        report(console, found)
        split(console, asyncio.run(profile(house.settings, token, 200)), 200)


def report(console: Console, found: dict[str, list[float]]) -> None:
    for name, rates in found.items():
        runs = ", ".join(f"{rate:.1f}" for rate in rates)
        console.print(f"{name:6} {statistics.median(rates):8.1f} requests/s   (of {runs})")
    ratios = [api / floor for api, floor in zip(found["api"], found["floor"], strict=True)]
    console.print(f"ratio  {statistics.median(ratios):8.3f} of the floor", style="bold")


def split(console: Console, times: Counter[str], requests: int) -> None:
    total = sum(times.values())
    console.print(f"\nCPU of one request under the profiler: {1000 * total / requests:.1f} ms")
    for name, own_s in times.most_common():
        console.print(f"  {name:28} {own_s / total:6.1%}")


if __name__ == "__main__":
    main()
