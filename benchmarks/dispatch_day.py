"""A day of 300 transports and 25 vehicles: planned, published, planned again and changed by hand.

    python -m benchmarks.dispatch_day [--transports 300] [--vehicles 25] [--seconds 20] [--seed 1]

Starts servers of its own, one process of the API and one worker. Every driver's phone follows its routes; the places
are real ones of Tbilisi. Prints how long the plan takes from the question to the answer, what it is worth, how long
publishing takes until every phone has heard of its route, and what planning again and moving a transport by hand take.
Fails if the plan takes more than 30 s, or a phone hears later than a second after the dispatcher has asked.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import orjson
import websockets
from rich.console import Console
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.demo import tbilisi
from app.models import Role
from app.schema.scalars import encode_id
from app.services.identity import write_token
from app.settings import Settings
from benchmarks.house import ROOT, open_house
from benchmarks.positions import PERSON, PROTOCOL

ZONE = ZoneInfo("Asia/Tbilisi")
PLAN_S_MAX, TOLD_S_MAX = 30.0, 1.0

ORGANIZATION = """
    WITH made AS (INSERT INTO organizations (slug, name, time_zone, currency, country)
                  VALUES ('fleet', 'Fleet', 'Asia/Tbilisi', 'GEL', 'GE') RETURNING id),
         head AS (INSERT INTO event_heads (organization_id) SELECT id FROM made),
         type AS (INSERT INTO vehicle_types (organization_id, name, capacity, equipment)
                  SELECT id, 'Van', '{"SEATS": 4, "WHEELCHAIRS": 1}', '{LIFT}' FROM made)
    SELECT id FROM made
"""
SHIFT = """
    WITH driver AS (INSERT INTO drivers (organization_id, id, user_id, display_name, status, skills)
                    VALUES ($1, $2, $3, 'Giorgi', 'AVAILABLE', $4)),
         vehicle AS (INSERT INTO vehicles (organization_id, type_id, license_plate)
                     SELECT $1, id, ($2::uuid)::text FROM vehicle_types WHERE organization_id = $1 RETURNING id)
    INSERT INTO shifts (organization_id, driver_id, vehicle_id, starts_at, ends_at, start_place_id, end_place_id,
                        breaks)
    SELECT $1, $2, id, $5, $6, $7, $7, $8 FROM vehicle
"""
TRANSPORT = """
    INSERT INTO transports (organization_id, id, kind, status, priority, customer_id, pickup_place_id, dropoff_place_id,
        pickup_from, pickup_until, dropoff_from, dropoff_until, pickup_service_s, dropoff_service_s, demand,
        required_skills, ride_s_max)
    VALUES ($1, $2, 'POINT_TO_POINT', 'PENDING', $3, $4, $5, $6, $7, $8, $9, $10, 180, 180, $11, $12, $13)
"""
OPTIMIZE = """mutation ($input: OptimizeRoutesInput!) { optimizeRoutes(input: $input) {
    ... on OptimizeRoutesSuccess { planningRun { id } } } }"""
RUN = """query ($id: ID!) { node(id: $id) { ... on PlanningRun { status progress assigned error { message }
    summary { routes assigned unassigned distance duration baselineDistance } } } }"""
PUBLISH = """mutation ($input: PublishRoutesInput!) { publishRoutes(input: $input) {
    ... on PublishRoutesSuccess { routes { id } } } }"""
MOVE = """mutation ($input: MoveTransportInput!) { moveTransport(input: $input) { __typename
    ... on MoveTransportSuccess { addedDistance addedDuration } } }"""
INSERT = """mutation ($input: InsertTransportInput!) { insertTransport(input: $input) { __typename
    ... on InsertTransportSuccess { addedDistance addedDuration } } }"""
FOLLOW = "subscription ($after: EventSeq) { routeUpdated(after: $after) { type route { id stops { id } } } }"


@dataclass
class Day:
    """What there is to plan. `phones` are tokens of the drivers."""

    organization: UUID
    date: date
    dispatcher: str
    phones: list[str] = field(default_factory=list)

    def at(self, hour: float) -> datetime:
        return datetime.combine(self.date, time_of_day(), ZONE).astimezone(UTC) + timedelta(hours=hour)


async def furnish(url: str, settings: Settings, options: argparse.Namespace) -> Day:
    dice = random.Random(options.seed)
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        organization = await pool.fetchval(ORGANIZATION)

        async def person(role: Role, driver: UUID | None = None) -> tuple[UUID, str]:
            user, family = uuid7(), uuid7()
            await pool.execute(PERSON, organization, user, family, role.value)
            expires_at = clock.now() + timedelta(days=1)
            return user, write_token(
                settings, Viewer(organization, user, role, family, driver_id=driver, expires_at=expires_at)
            )

        tomorrow = (clock.now().astimezone(ZONE) + timedelta(days=1)).date()
        day = Day(organization, tomorrow, (await person(Role.DISPATCHER))[1])
        places = [
            await pool.fetchval(
                "INSERT INTO places (organization_id, label, address, latitude, longitude) "
                "VALUES ($1, $2, $2, $3, $4) RETURNING id",
                organization,
                address.street,
                address.latitude,
                address.longitude,
            )
            for address in dice.sample(tbilisi.ADDRESSES, min(150, len(tbilisi.ADDRESSES)))
        ]
        for number in range(options.vehicles):
            driver = uuid7()
            user, token = await person(Role.DRIVER, driver)
            opens = dice.choice([6, 7, 8, 10])
            rest = {"from": day.at(opens + 4).isoformat(), "until": day.at(opens + 6).isoformat(), "duration_s": 1800}
            skills = ["FIRST_AID"] if number % 3 == 0 else []
            await pool.execute(
                SHIFT,
                organization,
                driver,
                user,
                skills,
                day.at(opens),
                day.at(opens + 9),
                places[number % 3],
                json.dumps([rest]),
            )
            day.phones.append(token)
        customer = await pool.fetchval(
            "INSERT INTO customers (organization_id, name) VALUES ($1, 'Nino') RETURNING id", organization
        )
        for _ in range(options.transports):
            await pool.execute(TRANSPORT, organization, uuid7(), *transport(day, dice, customer, places))
        await pool.execute("ANALYZE")
    return day


def transport(day: Day, dice: random.Random, customer: UUID, places: list[UUID]) -> tuple[Any, ...]:
    """A window of one to two hours for the pickup, and two more for the dropoff."""
    start, end = dice.sample(places, 2)
    hour = dice.uniform(8, 16)
    width = dice.choice([1, 1.5, 2])
    wheelchair = dice.random() < 0.1
    return (
        dice.choices(["LOW", "NORMAL", "HIGH"], [1, 8, 1])[0],
        customer,
        start,
        end,
        day.at(hour),
        day.at(hour + width),
        day.at(hour),
        day.at(hour + width + 1.5),
        json.dumps({"WHEELCHAIRS": 1} if wheelchair else {"SEATS": dice.choice([1, 1, 1, 2])}),
        ["FIRST_AID"] if dice.random() < 0.1 else [],
        dice.choice([None, None, 3600]),
    )


@dataclass
class Dispatcher:
    """Asks the API."""

    api: str
    http: httpx.AsyncClient
    token: str

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = await self.http.post(
            f"http://{self.api}/graphql",
            content=orjson.dumps({"query": query, "variables": variables}),
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"},
        )
        found = orjson.loads(answer.content)
        if found.get("errors"):
            raise SystemExit(str(found["errors"]))
        return found["data"]

    async def plan(self, day: Day, seconds: int) -> tuple[float, Any]:
        """Seconds from the question until the plan is stored, and the run."""
        began = time.monotonic()
        input = {"date": day.date.isoformat(), "timeLimit": seconds}
        asked = (await self.ask(OPTIMIZE, input=input))["optimizeRoutes"]
        while True:
            run = (await self.ask(RUN, id=asked["planningRun"]["id"]))["node"]
            if run["status"] not in ("QUEUED", "RUNNING"):
                break
            await asyncio.sleep(0.05)
        if run["error"]:
            raise SystemExit(str(run["error"]))
        return time.monotonic() - began, run


async def phone(api: str, token: str, after: str, listening: asyncio.Barrier) -> float:
    """When this phone has its published route."""
    url = f"ws://{api}/graphql"
    async with websockets.connect(url, subprotocols=[PROTOCOL], proxy=None, ping_timeout=None) as ws:
        hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await ws.send(orjson.dumps(hello).decode())
        await ws.recv()
        wanted = {"query": FOLLOW, "variables": {"after": after}}
        await ws.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": wanted}).decode())
        await listening.wait()
        while True:
            message = orjson.loads(await ws.recv())
            update = message["payload"]["data"]["routeUpdated"]
            if update["type"] == "ROUTE_PUBLISHED" and update["route"]["stops"]:
                return time.monotonic()


async def publish(dispatcher: Dispatcher, day: Day, routes: int) -> tuple[float, float]:
    """Seconds until the dispatcher has the answer, and until the last phone has heard."""
    listening = asyncio.Barrier(len(day.phones) + 1)
    after = (await dispatcher.ask("{ eventSeq }"))["eventSeq"]
    phones = [asyncio.create_task(phone(dispatcher.api, token, after, listening)) for token in day.phones]
    await listening.wait()
    began = time.monotonic()
    published = (await dispatcher.ask(PUBLISH, input={"date": day.date.isoformat()}))["publishRoutes"]
    answered = time.monotonic() - began
    if len(published["routes"]) != routes:
        raise SystemExit(f"{routes} routes were planned, and {published} published")
    waiting = set(phones)
    heard: list[float] = []
    while len(heard) < routes:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        if not done:
            raise SystemExit(f"{len(heard)} of {routes} phones have heard")
        heard += [task.result() for task in done]
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return answered, max(heard) - began


async def timed(action: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    began = time.monotonic()
    answer = await action()
    return time.monotonic() - began, answer


async def measure(url: str, settings: Settings, api: str, options: argparse.Namespace, console: Console) -> None:
    day = await furnish(url, settings, options)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        dispatcher = Dispatcher(api, http, day.dispatcher)
        took, run = await dispatcher.plan(day, options.seconds)
        summary = run["summary"]
        console.print(f"{took:8.1f} s to plan {options.transports} transports", style="bold")
        less = 1 - summary["distance"] / summary["baselineDistance"]
        console.print(f"         {summary['routes']} routes, {summary['distance'] / 1000:.0f} km, {less:.0%} less than")
        console.print(f"         by hand; {summary['assigned']} served, {summary['unassigned']} left out")
        answered, told = await publish(dispatcher, day, summary["routes"])
        console.print(f"{told:8.2f} s to publish until every phone has its route", style="bold")
        console.print(f"         {answered:.2f} s until the dispatcher has the answer")
        await by_hand(url, dispatcher, day, console)
    if took > PLAN_S_MAX or told > TOLD_S_MAX:
        raise SystemExit("too slow")


async def by_hand(url: str, dispatcher: Dispatcher, day: Day, console: Console) -> None:
    """Twenty new transports, planned around what is published; one put where it costs least, and one moved."""
    connection = await asyncpg.connect(url)
    places = [row["id"] for row in await connection.fetch("SELECT id FROM places")]
    customer = await connection.fetchval("SELECT id FROM customers")
    dice = random.Random(2)
    new = [uuid7() for _ in range(21)]
    for id in new[1:]:
        await connection.execute(TRANSPORT, day.organization, id, *transport(day, dice, customer, places))
    took, run = await dispatcher.plan(day, 5)
    console.print(f"{took:8.1f} s to plan again with 20 more (search: 5 s): {run['summary']['assigned']} served")
    await connection.execute(TRANSPORT, day.organization, new[0], *transport(day, dice, customer, places))
    await connection.execute("UPDATE transports SET required_skills = '{}' WHERE id = $1", new[0])
    gid = encode_id("Transport", new[0])
    took, answer = await timed(lambda: dispatcher.ask(INSERT, input={"transportId": gid, "preview": True}))
    console.print(f"{took:8.2f} s to find the best place for one: {answer['insertTransport']}")
    on = await connection.fetchrow("SELECT id, route_id FROM transports WHERE status = 'ASSIGNED' LIMIT 1")
    await connection.close()
    assert on is not None
    move = {
        "transportId": encode_id("Transport", on["id"]),
        "routeId": encode_id("Route", on["route_id"]),
        "position": 1,
        "force": True,
        "reason": "To measure it",
    }
    took, answer = await timed(lambda: dispatcher.ask(MOVE, input=move))
    console.print(f"{took:8.2f} s to move one by hand: {answer['moveTransport']['__typename']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transports", type=int, default=300)
    parser.add_argument("--vehicles", type=int, default=25)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with open_house() as house:
        subprocess.run([sys.executable, "-c", COMPILE], cwd=ROOT, check=True)
        quiet = {"WAYPOST_LOG_LEVEL": "WARNING"}
        with house.serving(**quiet) as (_, port), house.process("-c", WORK, **quiet):
            asyncio.run(measure(house.url, house.settings, f"127.0.0.1:{port}", options, Console()))


WORK = "from app.jobs.worker import run; run()"
COMPILE = "from app.services.routing.improve import compile_improver; compile_improver()"
"""Once after an installation, as a worker does when it begins."""

if __name__ == "__main__":
    main()
