"""Availability, slots and statistics of a large organization: time against a floor, and the plans behind it.

    python -m benchmarks.scheduling [--services 1000] [--bookings 50000] [--rounds 7]

Starts servers of its own and fills them with an organization that has four slots of each service on each of the next 90
days, a year of bookings, and two smaller neighbours. What the API sends is then sent as the server's role, under
row-level security, and explained; so is the plan that PostgreSQL keeps for a statement that comes often. The floor of a
query is the superuser's bare count of the same rows by an index. Fails if a table that grows with every booking is read
from end to end.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from rich.console import Console
from sqlalchemy import event

from app import clock
from app.access import Viewer
from app.db import Database
from app.demo import servers
from app.loaders import analytics
from app.loaders.analytics import Scope
from app.loaders.base import Loaders, Request
from app.loaders.scheduling import SLOT_PLACES, SLOTS
from app.pagination import Page
from app.uow import ReadUnit
from benchmarks.house import House, open_house

GROWING = {"slots", "bookings", "allocations", "events"}
AHEAD, BEHIND = 90, 275
"""Days of the year that has bookings."""
SHARE_SINCE_VACUUM = 0.02
"""Of the bookings: they were made since the table was last vacuumed, so some of its pages must be looked at."""

ORGANIZATION = """
    WITH made AS (INSERT INTO organizations (slug, name, time_zone, currency, country)
                  VALUES ($1, $1, 'Asia/Tbilisi', 'GEL', 'GE') RETURNING id),
         head AS (INSERT INTO event_heads (organization_id) SELECT id FROM made)
    SELECT id FROM made
"""
PEOPLE = """
    WITH customer AS (INSERT INTO customers (organization_id, name) VALUES ($1, 'Nino Beridze') RETURNING id)
    INSERT INTO subjects (organization_id, kind, customer_id, name) SELECT $1, 'PET', id, 'Bim' FROM customer
"""
SERVICES = """
    WITH place AS (INSERT INTO places (organization_id, label, address, latitude, longitude)
                   VALUES ($1, 'Site', 'Street', 41.7, 44.8) RETURNING id)
    INSERT INTO services (organization_id, name, place_id, duration_s, price_minor, currency)
    SELECT $1, 'Service ' || number, place.id, 3600, 4500, 'GEL' FROM place, generate_series(1, $2) number
"""
# four a day from tomorrow on, service by service as schedules make them; until today, one a week
PLAN_SLOTS = """
    INSERT INTO slots (organization_id, service_id, starts_at, ends_at, capacity)
    SELECT $1, s.id, at, at + interval '1 hour', 5
    FROM services s, generate_series(-$2::int, $3::int) number, unnest(ARRAY[9, 11, 14, 16]) hour,
         LATERAL timezone('Asia/Tbilisi', current_date + number + make_time(hour, 0, 0)) at
    WHERE s.organization_id = $1 AND (number > 0 OR (number % 7 = 0 AND hour = 9))
    ORDER BY s.id, at
"""
# one in three is ahead; what ended unserved has no place
BOOK = """
    WITH slot AS (
        (SELECT * FROM slots WHERE organization_id = $1 AND taken = 0 AND starts_at > now()
         ORDER BY random() LIMIT $2 / 3)
        UNION ALL
        (SELECT * FROM slots WHERE organization_id = $1 AND taken = 0 AND starts_at < now()
         ORDER BY random() LIMIT $2 - $2 / 3)
    ), made AS (
        INSERT INTO bookings (organization_id, number, status, customer_id, subject_id, service_id, slot_id, starts_at,
                              ends_at, price_minor, currency, cancel_before, cancel_free_before)
        SELECT $1, uuidv7()::text,
               CASE WHEN slot.starts_at > now()
                    THEN (ARRAY['CONFIRMED', 'PENDING', 'CANCELLED'])[1 + floor(random() * 3)]
                    ELSE (ARRAY['COMPLETED', 'COMPLETED', 'NO_SHOW', 'CANCELLED'])[1 + floor(random() * 4)] END,
               s.customer_id, s.id, slot.service_id, slot.id, slot.starts_at, slot.ends_at, 4500, 'GEL',
               slot.starts_at, slot.starts_at
        FROM slot, subjects s WHERE s.organization_id = $1
        RETURNING *
    ), charged AS (
        INSERT INTO booking_charges (organization_id, booking_id, customer_id, kind, amount_minor, currency)
        SELECT $1, id, customer_id, 'NO_SHOW', 500, 'GEL' FROM made WHERE status = 'NO_SHOW'
    )
    INSERT INTO allocations (organization_id, booking_id, slot_id, during)
    SELECT $1, id, slot_id, tstzrange(starts_at, ends_at) FROM made WHERE status <> 'CANCELLED'
"""

# one service in fifty needs one of five bays
BAYS = """
    WITH pool AS (INSERT INTO resource_pools (organization_id, name) VALUES ($1, 'Bays') RETURNING id),
         bay AS (INSERT INTO resources (organization_id, kind, name)
                 SELECT $1, 'BAY', 'Bay ' || number FROM generate_series(1, 5) number RETURNING id),
         unit AS (INSERT INTO resource_units (organization_id, resource_id, number) SELECT $1, id, 1 FROM bay),
         member AS (INSERT INTO resource_pool_members (organization_id, pool_id, resource_id)
                    SELECT $1, pool.id, bay.id FROM pool, bay)
    INSERT INTO requirements (organization_id, service_id, position, pool_id)
    SELECT $1, numbered.id, 1, pool.id
    FROM pool, (SELECT id, row_number() OVER (ORDER BY id) FROM services WHERE organization_id = $1) numbered
    WHERE row_number % 50 = 2
"""

SLOTS_FLOOR = "SELECT count(*) FROM slots WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3"
BOOKINGS_FLOOR = "SELECT count(*) FROM bookings WHERE organization_id = $1 AND starts_at >= $2 AND starts_at < $3"
OF_SERVICE = " AND service_id = $4"


@dataclass(frozen=True)
class Question:
    """What a client asks, and the bare counts of what must be looked at to answer it."""

    name: str
    ask: Callable[[ReadUnit], Awaitable[Any]]
    first: date
    last: date
    service: UUID | None
    floors: tuple[str, ...]


def questions(service: UUID, needy: UUID) -> list[Question]:
    today = clock.now().date()
    month, last = today + timedelta(days=30), today + timedelta(days=AHEAD)
    year, ahead = Scope(today - timedelta(days=BEHIND), last), Scope(today, last)
    one = Scope(today, last, (service,))

    def slots(of: UUID) -> Callable[[ReadUnit], Awaitable[Any]]:
        async def ask(reads: ReadUnit) -> None:
            loaders, now = Loaders(reads), clock.now()
            filter = (("available", True), ("from_", now), ("service_id", of), ("to", now + timedelta(days=30)))
            found = await loaders.page(Request(SLOTS, Page.of(100, None, None, None), SLOTS.ordering(None), filter))
            assert len(found.rows) == 100
            await asyncio.gather(*(loaders.compute(SLOT_PLACES, slot.id) for slot in found.rows))

        return ask

    async def statistics_of_year(reads: ReadUnit) -> None:
        assert (await analytics.booking_figures(reads, year)).whole.count
        assert await analytics.occupancy(reads, year)
        assert await analytics.fees(reads, year)

    def available(scope: Scope, by_service: bool) -> Callable[[ReadUnit], Awaitable[Any]]:
        return lambda reads: analytics.availability(reads, scope, by_service=by_service)

    return [
        Question("slots, a month", slots(service), today, month, service, (SLOTS_FLOOR + OF_SERVICE,)),
        Question("slots, a month, with bays", slots(needy), today, month, needy, (SLOTS_FLOOR + OF_SERVICE,)),
        Question("availability, 90 days", available(ahead, False), today, last, None, (SLOTS_FLOOR,)),
        Question("availability, one service", available(one, True), today, last, service, (SLOTS_FLOOR + OF_SERVICE,)),
        Question("statistics, a year", statistics_of_year, year.first, last, None, (BOOKINGS_FLOOR, SLOTS_FLOOR)),
    ]


async def fill(url: str, services: int, bookings: int) -> tuple[UUID, UUID, UUID]:
    """Answers the large organization, and two services: one that needs nothing and one that needs a bay."""
    connection = await asyncpg.connect(url)
    sizes = {"neighbour": 5, "large": 1, "other-neighbour": 5}
    made: dict[str, UUID] = {}
    for slug, part in sizes.items():
        made[slug] = await connection.fetchval(ORGANIZATION, slug)
        await connection.execute(PEOPLE, made[slug])
        await connection.execute(SERVICES, made[slug], services // part)
        await connection.execute(BAYS, made[slug])
        await connection.execute(PLAN_SLOTS, made[slug], BEHIND, AHEAD)
        await connection.execute(BOOK, made[slug], int(bookings * (1 - SHARE_SINCE_VACUUM)) // part)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute(BOOK, made["large"], int(bookings * SHARE_SINCE_VACUUM))
    first = "SELECT id FROM services WHERE organization_id = $1 ORDER BY id LIMIT 2"
    service, needy = await connection.fetch(first, made["large"])
    await connection.close()
    return made["large"], service["id"], needy["id"]


@dataclass
class Statement:
    """What the API sent, word for word."""

    text: str
    arguments: tuple[Any, ...]


async def sent(database: Database, viewer: Viewer, question: Question) -> list[Statement]:
    """The data statements of one answer."""
    heard: list[Statement] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "set_config(" not in statement:
            heard.append(Statement(statement, tuple(parameters)))

    engine, reads = database.engine.sync_engine, ReadUnit(database, viewer)
    event.listen(engine, "before_cursor_execute", hear)
    try:
        await question.ask(reads)
    finally:
        event.remove(engine, "before_cursor_execute", hear)
        await reads.close()
    return heard


@asynccontextmanager
async def entered(connection: asyncpg.Connection, organization: UUID) -> AsyncIterator[None]:
    async with connection.transaction(readonly=True):
        await connection.execute(f"SET LOCAL app.current_org_id = '{organization}'")
        yield


async def timed(connection: asyncpg.Connection, statements: list[Statement], rounds: int) -> float:
    """Milliseconds of all statements together, the median of the rounds."""
    prepared = [(await connection.prepare(statement.text), statement.arguments) for statement in statements]
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        for statement, arguments in prepared:
            await statement.fetch(*arguments)
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def scans(plan: dict[str, Any]) -> Counter[str]:
    """How each table is read, and how often a visit to its rows was needed to know whether they are there."""
    found: Counter[str] = Counter()
    for node in nodes(plan):
        if table := node.get("Relation Name"):
            found[f"{table}: {node['Node Type']}{' ' + node['Index Name'] if 'Index Name' in node else ''}"] += (
                node.get("Heap Fetches", 0)
            )
    return found


def read_through(plan: dict[str, Any]) -> set[str]:
    """Growing tables that are read from end to end."""
    return {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"} & GROWING


async def explained(connection: asyncpg.Connection, statement: Statement) -> Any:
    """The plan for these arguments, with what came of it."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}"
    return json.loads(await connection.fetchval(explain, *statement.arguments))[0]


def kept(running: servers.Servers, organization: UUID, statement: Statement) -> Any:
    """The plan for any arguments."""
    role = f"SET ROLE waypost_server; SET app.current_org_id = '{organization}';"
    return json.loads(running.psql(f"{role} EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement.text}"))[0]


async def measure(house: House, options: argparse.Namespace, console: Console) -> bool:
    """Whether every table that grows is read by an index."""
    started = time.monotonic()
    organization, *services = await fill(house.url, options.services, options.bookings)
    console.print(f"filled in {time.monotonic() - started:.0f} s\n")
    database, bad = Database.connect(house.settings), set()
    ours, floor = await asyncpg.connect(house.running.url("server")), await asyncpg.connect(house.url)
    await floor.execute("SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0")
    for question in questions(*services):
        statements = await sent(database, Viewer.system(organization), question)
        arguments = (organization, question.first, question.last + timedelta(days=1), question.service)
        counts = [Statement(text, arguments if "$4" in text else arguments[:3]) for text in question.floors]
        floor_ms = await timed(floor, counts, options.rounds)
        async with entered(ours, organization):
            ours_ms = await timed(ours, statements, options.rounds)
            plans = [await explained(ours, statement) for statement in statements]
        console.print(
            f"{question.name:28} {ours_ms:7.1f} ms  {ours_ms / floor_ms:5.1f} × the floor of {floor_ms:.1f} ms",
            style="bold",
            highlight=False,
        )
        for statement, whole in zip(statements, plans, strict=True):
            plan = whole["Plan"]
            buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            console.print(f"  {whole['Execution Time']:.1f} ms, {buffers} buffers", highlight=False)
            for scan, visits in sorted(scans(plan).items()):
                console.print(f"    {scan}{f', {visits} visits to rows' if visits else ''}", highlight=False)
            bad |= read_through(plan) | read_through(kept(house.running, organization, statement)["Plan"])
    await asyncio.gather(ours.close(), floor.close(), database.close())
    if bad:
        console.print(f"\nread from end to end: {', '.join(sorted(bad))}", style="bold red")
    return not bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--bookings", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with open_house() as house:
        fine = asyncio.run(measure(house, options, Console()))
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
