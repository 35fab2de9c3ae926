"""A fleet on the road: 200 phones that measure five positions a second, and one process of the API.

    python -m benchmarks.positions [--drivers 200] [--points 5] [--stops 20] [--seconds 30] [--warm 10]

Starts servers of its own. Each driver is on a route under way with so many stops ahead, so arrivals are looked for and
ETAs move, too; a dispatcher follows the whole fleet. Every phone reports once a second what it measured since it was
answered last, over a connection of its own; the first seconds do not count. Prints positions a second, how long a phone
waits, how busy the process is, and what came to the event log. Fails if a position is refused, or is an event.
"""

import argparse
import asyncio
import statistics
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import websockets
from rich.console import Console
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.models import Role
from app.services.identity import write_token
from app.settings import Settings
from benchmarks.house import ROOT, House, busy_s, open_house

CLIENTS = ROOT / "tests" / "clients"
PROTOCOL = websockets.Subprotocol("graphql-transport-ws")
KM = 0.012
"""Degrees of longitude that are about a kilometre in Tbilisi."""

ORGANIZATION = """
    WITH made AS (INSERT INTO organizations (slug, name, time_zone, currency, country)
                  VALUES ('fleet', 'Fleet', 'Asia/Tbilisi', 'GEL', 'GE') RETURNING id),
         head AS (INSERT INTO event_heads (organization_id) SELECT id FROM made),
         type AS (INSERT INTO vehicle_types (organization_id, name, capacity)
                  SELECT id, 'Van', '{"SEATS": 4}' FROM made)
    SELECT id FROM made
"""
PERSON = """
    WITH person AS (INSERT INTO users (id, email, password_hash, full_name)
                    VALUES ($2, ($2::uuid)::text || '@x.org', '-', 'P')),
         member AS (INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, $4))
    INSERT INTO sessions (family_id, user_id, organization_id, token_hash, expires_at)
    VALUES ($3, $2, $1, uuid_send($3), now() + interval '1 day')
"""
# each of them drives along a road of their own
ROUTE = """
    WITH driver AS (INSERT INTO drivers (organization_id, id, user_id, display_name, status)
                    VALUES ($1, $2, $3, 'Giorgi', 'ON_ROUTE')),
         vehicle AS (INSERT INTO vehicles (organization_id, type_id, license_plate)
                     SELECT $1, id, ($2::uuid)::text FROM vehicle_types WHERE organization_id = $1 RETURNING id),
         place AS (INSERT INTO places (organization_id, label, address, latitude, longitude)
                   SELECT $1, 'P', 'Street', 41.5 + 0.001 * $4, 44 + 0.012 * number
                   FROM generate_series(0, $5::int) number RETURNING id, longitude),
         depot AS (SELECT id FROM place ORDER BY longitude LIMIT 1),
         shift AS (INSERT INTO shifts (organization_id, driver_id, vehicle_id, starts_at, ends_at, start_place_id)
                   SELECT $1, $2, vehicle.id, now() - interval '1 hour', now() + interval '9 hours', depot.id
                   FROM vehicle, depot RETURNING id, vehicle_id),
         route AS (INSERT INTO routes (organization_id, date, status, driver_id, vehicle_id, shift_id, starts_at,
                                       ends_at, distance_m, duration_s)
                   SELECT $1, current_date, 'IN_PROGRESS', $2, vehicle_id, id, now() - interval '1 hour',
                          now() + interval '9 hours', 20000, 36000 FROM shift RETURNING id),
         customer AS (INSERT INTO customers (organization_id, name) VALUES ($1, 'Nino') RETURNING id),
         stop AS (SELECT id, row_number() OVER (ORDER BY longitude) AS number FROM place WHERE longitude > 44),
         ride AS (INSERT INTO transports (organization_id, kind, status, priority, customer_id, pickup_place_id,
                                          dropoff_place_id, pickup_from, pickup_until, dropoff_from, dropoff_until,
                                          pickup_service_s, dropoff_service_s, demand, driver_id, route_id)
                  SELECT $1, 'POINT_TO_POINT', 'ASSIGNED', 'NORMAL', customer.id, a.id, b.id, now() - interval '1 hour',
                         now() + interval '8 hours', now() - interval '1 hour', now() + interval '9 hours', 180, 180,
                         '{"SEATS": 1}', $2, route.id
                  FROM customer, route, stop a JOIN stop b ON b.number = a.number + 1 WHERE a.number % 2 = 1
                  RETURNING id, pickup_place_id, dropoff_place_id)
    INSERT INTO stops (organization_id, route_id, transport_id, place_id, sequence, kind, status, planned_at, eta)
    SELECT $1, route.id, ride.id, stop.id, stop.number,
           CASE WHEN stop.id = ride.pickup_place_id THEN 'PICKUP' ELSE 'DROPOFF' END, 'PLANNED',
           now() + stop.number * interval '10 minutes', now() + stop.number * interval '10 minutes'
    FROM route, ride JOIN stop ON stop.id IN (ride.pickup_place_id, ride.dropoff_place_id)
"""


@dataclass
class Fleet:
    """Tokens of the phones, and of the dispatcher."""

    id: UUID
    phones: list[str] = field(default_factory=list)
    dispatcher: str = ""


async def furnish(url: str, settings: Settings, drivers: int, stops: int) -> Fleet:
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        fleet = Fleet(await pool.fetchval(ORGANIZATION))
        expires_at = clock.now() + timedelta(days=1)

        async def person(role: Role, driver: UUID | None = None) -> tuple[UUID, str]:
            user, family = uuid7(), uuid7()
            await pool.execute(PERSON, fleet.id, user, family, role.value)
            viewer = Viewer(fleet.id, user, role, family, driver_id=driver, expires_at=expires_at)
            return user, write_token(settings, viewer)

        for number in range(drivers):
            driver = uuid7()
            user, token = await person(Role.DRIVER, driver)
            await pool.execute(ROUTE, fleet.id, driver, user, number, stops)
            fleet.phones.append(token)
        _, fleet.dispatcher = await person(Role.DISPATCHER)
        await pool.execute("ANALYZE")
    return fleet


@dataclass
class Run:
    """What is measured from `begins` to `ends`, by the monotonic clock."""

    host: str
    port: int
    points: int
    begins: float
    ends: float
    waits_s: list[float] = field(default_factory=list)
    accepted: int = 0
    sent: int = 0
    frames: int = 0

    @property
    def lasts_s(self) -> float:
        return self.ends - self.begins

    @property
    def counts(self) -> bool:
        return time.monotonic() >= self.begins


def document(path: str, name: str) -> str:
    """One operation of a client's file."""
    text = (CLIENTS / path).read_text()
    start = text.index(name)
    start = max(text.rfind(word, 0, start) for word in ("mutation ", "subscription "))
    return text[start : text.index("\n}", start) + 2]


def measured(number: int, ticks: range, points: int) -> list[dict[str, Any]]:
    """Where a phone was at each tick, so many of which are a second, on the way east at 36 km/h."""
    now = clock.now()
    return [
        {
            "point": {"latitude": 41.5 + 0.001 * number, "longitude": 44 + KM * 0.01 * tick / points},
            "recordedAt": (now - timedelta(seconds=(ticks.stop - 1 - tick) / points)).isoformat(),
            "heading": 90,
            "speed": 10,
        }
        for tick in ticks
    ]


async def phone(run: Run, number: int, of: int, token: str) -> None:
    """Each reports at a moment of its own."""
    query, told = document("app/driver.graphql", "ReportPositions"), 0
    await asyncio.sleep(number / of)
    reader, writer = await asyncio.open_connection(run.host, run.port)
    head = f"POST /graphql HTTP/1.1\r\nhost: {run.host}\r\ncontent-type: application/json\r\n"
    head += f"authorization: Bearer {token}\r\ncontent-length: "
    began = time.monotonic()
    while (asked := time.monotonic()) < run.ends:
        ticks = range(told, (1 + int(asked - began)) * run.points)
        body = orjson.dumps({"query": query, "variables": {"positions": measured(number, ticks, run.points)}})
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        accepted = (await answered(reader))["data"]["reportPositions"]["accepted"]
        if run.counts:
            run.waits_s.append(time.monotonic() - asked)
            run.sent += len(ticks)
            run.accepted += accepted
        told = ticks.stop
        # at the next full second of its own
        await asyncio.sleep(1 - (time.monotonic() - began) % 1)
    writer.close()


async def answered(reader: asyncio.StreamReader) -> Any:
    """The body of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return orjson.loads(await reader.readexactly(int(length.split(b":")[1])))


async def dispatcher(run: Run, token: str) -> None:
    """Follows the whole fleet."""
    query = document("admin/dispatch.graphql", "FleetPositions")
    url = f"ws://{run.host}:{run.port}/graphql"
    async with websockets.connect(url, subprotocols=[PROTOCOL], proxy=None, ping_timeout=None) as ws:
        await ws.send(
            orjson.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}).decode()
        )
        await ws.recv()
        await ws.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}).decode())
        while True:
            is_news = orjson.loads(await ws.recv())["type"] == "next"
            run.frames += is_news and run.counts


async def drive(run: Run, fleet: Fleet, process: subprocess.Popen[bytes]) -> float:
    """Answers how many seconds of CPU the API took."""
    following = asyncio.create_task(dispatcher(run, fleet.dispatcher))
    of = len(fleet.phones)
    phones = asyncio.gather(*(phone(run, number, of, token) for number, token in enumerate(fleet.phones)))
    await asyncio.sleep(run.begins - time.monotonic())
    before_s = busy_s(process.pid)
    await asyncio.sleep(run.ends - time.monotonic())
    taken_s = busy_s(process.pid) - before_s
    await phones
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    return taken_s


async def told(url: str) -> Counter[str]:
    """Events by type."""
    connection = await asyncpg.connect(url)
    found = await connection.fetch("SELECT type FROM events")
    await connection.close()
    return Counter(row["type"] for row in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drivers", type=int, default=200)
    parser.add_argument("--points", type=int, default=5)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--warm", type=int, default=10)
    options = parser.parse_args()
    with open_house() as house:
        measure(options, Console(), house)


def measure(options: argparse.Namespace, console: Console, house: House) -> None:
    fleet = asyncio.run(furnish(house.url, house.settings, options.drivers, options.stops))
    with house.serving() as (process, port):
        begins = time.monotonic() + options.warm
        run = Run("127.0.0.1", port, options.points, begins, begins + options.seconds)
        busy = asyncio.run(drive(run, fleet, process))
    events = asyncio.run(told(house.url))
    wanted = options.drivers * options.points * options.seconds
    report(console, run, wanted, busy, events)


def report(console: Console, run: Run, wanted: int, busy: float, events: Counter[str]) -> None:
    quantiles = statistics.quantiles(run.waits_s, n=100)
    reports = len(run.waits_s) / run.lasts_s
    console.print(f"{run.accepted / run.lasts_s:8.0f} positions/s taken of {wanted / run.lasts_s:.0f}", style="bold")
    console.print(f"{reports:8.0f} reports/s; p50 {1000 * quantiles[49]:.0f} ms, p99 {1000 * quantiles[98]:.0f} ms")
    each = 1000 * busy / run.lasts_s / reports
    console.print(
        f"{busy / run.lasts_s:8.0%} of one core busy in the API: {each:.1f} ms for each report and what it moves"
    )
    console.print(f"{run.frames / run.lasts_s:8.0f} frames/s to the dispatcher")
    console.print(f"  events: {dict(events) or 'none'}")
    if run.accepted != run.sent:
        raise SystemExit("positions were refused")
    if events.keys() - {"ROUTE_ETAS_CHANGED", "STOP_ARRIVAL_SUGGESTED", "TRANSPORT_LATE"}:
        raise SystemExit("the event log holds what does not belong there")


if __name__ == "__main__":
    main()
