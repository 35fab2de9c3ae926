"""One event for thousands: 2,000 subscribers of one document on one process of the API.

    python -m benchmarks.fanout [--subscribers 2000] [--alone 200] [--rate 10] [--seconds 20]

Starts servers of its own. Every subscriber is another member of the house with a socket of their own, in a process
beside the API; a third process commits events at an even pace. Prints how long it takes from commit to receipt, and how
busy the API and the clients are. Then the same at the size of `--alone`, shared and with variables that differ, so that
each subscriber's answers are executed for them alone: the gain is the CPU of one delivery there over that here.
Fails if a subscriber lacks an event, has one twice or in another order, or if it takes too long.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
from rich.console import Console
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.live import Wakes
from app.models import Customer, DueWork, EventType, Role
from app.services.identity import write_token
from app.settings import Settings
from app.uow import unit_of_work
from benchmarks.house import ROOT, House, busy_s, open_house

TARGET_S = 0.2
QUERY = """subscription News($after: EventSeq) {
  events(after: $after) { seq type occurredAt payload node { id ... on Customer { name } } actor { displayName } }
}"""
ORGANIZATION = """
    WITH made AS (INSERT INTO organizations (slug, name, time_zone, currency, country)
                  VALUES ('crowd', 'Crowd', 'Asia/Tbilisi', 'GEL', 'GE') RETURNING id),
         head AS (INSERT INTO event_heads (organization_id) SELECT id FROM made)
    INSERT INTO customers (organization_id, name) SELECT id, 'Nino' FROM made RETURNING organization_id, id
"""
PEOPLE = """
    WITH people AS (INSERT INTO users (id, email, password_hash, full_name)
                    SELECT id, id::text || '@x.org', '-', 'P' FROM unnest($2::uuid[]) AS id),
         members AS (INSERT INTO memberships (organization_id, user_id, role) SELECT $1, id, 'STAFF'
                     FROM unnest($2::uuid[]) AS id)
    INSERT INTO sessions (family_id, user_id, organization_id, token_hash, expires_at)
    SELECT family, id, $1, uuid_send(family), now() + interval '1 day'
    FROM unnest($2::uuid[], $3::uuid[]) AS made (id, family)
"""


@dataclass(frozen=True)
class Crowd:
    organization_id: UUID
    customer_id: UUID
    tokens: Sequence[str]


async def furnish(url: str, settings: Settings, size: int) -> Crowd:
    connection = await asyncpg.connect(url)
    organization, customer = await connection.fetchrow(ORGANIZATION)
    users, families = [uuid7() for _ in range(size)], [uuid7() for _ in range(size)]
    await connection.execute(PEOPLE, organization, users, families)
    await connection.execute("ANALYZE")
    await connection.close()
    until = clock.now() + timedelta(hours=1)
    tokens = [
        write_token(settings, Viewer(organization, user, Role.STAFF, family, expires_at=until))
        for user, family in zip(users, families, strict=True)
    ]
    return Crowd(organization, customer, tokens)


# events


@dataclass
class Noting:
    """Says when each event was committed, and wakes as the server does."""

    wakes: Wakes
    at: dict[int, float] = field(default_factory=dict)

    async def committed(self, organization_id: UUID, seq: int | None, work: Sequence[DueWork]) -> None:
        assert seq is not None
        self.at[seq] = time.monotonic()
        await self.wakes.committed(organization_id, seq, work)


async def write(settings: Settings, crowd: Crowd, count: int, rate: float) -> dict[int, float]:
    """So many events at an even pace. Answers when each was committed."""
    from redis.asyncio import Redis

    database = Database.connect(settings)
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        noting, began = Noting(Wakes(redis)), time.monotonic()
        for number in range(count):
            await asyncio.sleep(began + number / rate - time.monotonic())
            async with unit_of_work(database, Viewer.system(crowd.organization_id), noting) as uow:
                uow.emit(EventType.CUSTOMER_UPDATED, await uow.get(Customer, crowd.customer_id))
    await database.close()
    return noting.at


# measuring


@dataclass(frozen=True)
class Figures:
    delays_s: Sequence[float]
    api_s: float
    clients_s: float
    lasted_s: float

    @property
    def each_us(self) -> float:
        """CPU of the API for one delivery."""
        return 1e6 * self.api_s / len(self.delays_s)

    def quantile(self, percent: int) -> float:
        return statistics.quantiles(self.delays_s, n=100)[percent - 1]


def head(port: int, token: str) -> str:
    answer = httpx.post(
        f"http://127.0.0.1:{port}/graphql",
        json={"query": "{ eventSeq }"},
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
    )
    return str(answer.json()["data"]["eventSeq"])


def measure(house: House, crowd: Crowd, subscribers: int, shared: bool, options: argparse.Namespace) -> Figures:
    warm, count = int(3 * options.rate), int(options.seconds * options.rate)
    with house.serving(WAYPOST_SOCKETS_PER_ADDRESS_MAX="100000") as (process, port):
        tokens = crowd.tokens[:subscribers]
        after = head(port, tokens[0])
        wanted = [
            {"token": token, "variables": {"after": after} if shared else {"after": after, "number": number}}
            for number, token in enumerate(tokens)
        ]
        with lines(port, {"query": QUERY, "subscribers": wanted}) as (clients, heard):
            heard(0)  # all are connected
            asyncio.run(write(house.settings, crowd, warm, options.rate))
            heard(warm)
            before, began = (busy_s(process.pid), busy_s(clients.pid)), time.monotonic()
            committed = asyncio.run(write(house.settings, crowd, count, options.rate))
            lasted = time.monotonic() - began
            after_s = (busy_s(process.pid), busy_s(clients.pid))
            found = heard(warm + count)
    delays = list(delays_of(found, list(committed.values()), warm))
    return Figures(delays, after_s[0] - before[0], after_s[1] - before[1], lasted)


@contextmanager
def lines(port: int, wanted: object) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[int], Any]]]:
    """The subscribers, and what they have heard once each has heard so many."""
    command = [sys.executable, "-m", "benchmarks.lines", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        source, sink = process.stdout, process.stdin

        def say(line: bytes) -> None:
            sink.write(line + b"\n")
            sink.flush()

        def heard(count: int) -> Any:
            say(str(count).encode())
            return orjson.loads(source.readline())

        say(orjson.dumps(wanted))
        try:
            yield process, heard
        finally:
            process.kill()


def delays_of(heard: Sequence[Sequence[tuple[str, float]]], committed: Sequence[float], warm: int) -> Iterator[float]:
    """From commit to receipt; every subscriber has heard the same, in the same order, once."""
    order = [seq for seq, _ in heard[0]]
    if len(set(order)) != len(order) or any([seq for seq, _ in line] != order for line in heard):
        raise SystemExit("subscribers lack events, or have them twice or in another order")
    for line in heard:
        for (_, at), since in zip(line[warm:], committed, strict=True):
            yield at - since


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--alone", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    console = Console()
    with open_house() as house:
        crowd = asyncio.run(furnish(house.url, house.settings, options.subscribers))
        many = measure(house, crowd, options.subscribers, True, options)
        report(console, f"{options.subscribers} share", many)
        few = measure(house, crowd, options.alone, True, options)
        report(console, f"{options.alone} share", few)
        alone = measure(house, crowd, options.alone, False, options)
        report(console, f"{options.alone} alone", alone)
    console.print(
        f"gain: {alone.each_us / many.each_us:.0f} times less CPU for a delivery, "
        f"p99 {alone.quantile(99) / few.quantile(99):.0f} times shorter at {options.alone}",
        style="bold",
    )
    if many.quantile(99) > TARGET_S:
        raise SystemExit("too slow")


def report(console: Console, name: str, found: Figures) -> None:
    console.print(
        f"{name:>12}: p50 {1000 * found.quantile(50):.0f} ms, p99 {1000 * found.quantile(99):.0f} ms; "
        f"API {found.api_s / found.lasted_s:.0%} of a core, {found.each_us:.0f} µs a delivery; "
        f"clients {found.clients_s / found.lasted_s:.0%} of a core"
    )


if __name__ == "__main__":
    main()
