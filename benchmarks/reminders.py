"""One pass of a reminder over a large organization, against one INSERT … SELECT of the same rows.

    python -m benchmarks.reminders [--subjects 10000] [--rounds 3]

Starts servers of its own and fills them with an organization whose dogs are all due for a rabies shot in a week. A pass
tells each customer by mail, as a worker does; nothing is sent. The floor writes the same notifications and the work to
send them in one statement, as the server's role, under row-level security. Fails if a pass does not tell each once.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from pydantic import SecretStr
from redis.asyncio import Redis
from rich.console import Console
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.demo import servers
from app.jobs.desk import Desk
from app.jobs.reminders import run_reminder
from app.live import Wakes
from app.services import due_work
from app.settings import Settings
from app.uow import enter

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Asia/Tbilisi")
AHEAD = timedelta(days=7)

ORGANIZATION = """
    WITH made AS (INSERT INTO organizations (slug, name, time_zone, currency, country)
                  VALUES ('kennel', 'Kennel', 'Asia/Tbilisi', 'GEL', 'GE') RETURNING id),
         head AS (INSERT INTO event_heads (organization_id) SELECT id FROM made)
    SELECT id FROM made
"""
CLIENTELE = """
    WITH protocol AS (
        INSERT INTO care_protocols (organization_id, code, name, kind, subject_kind, interval_days)
        VALUES ($1, 'RABIES', 'Rabies', 'VACCINATION', 'PET', 365) RETURNING id
    ), numbered AS (
        SELECT number, uuidv7() AS customer_id, uuidv7() AS subject_id FROM generate_series(1, $2::int) number
    ), people AS (
        INSERT INTO customers (organization_id, id, name, email)
        SELECT $1, customer_id, 'Customer ' || number, 'customer-' || number || '@example.org' FROM numbered
    ), dogs AS (
        INSERT INTO subjects (organization_id, id, kind, customer_id, name)
        SELECT $1, subject_id, 'PET', customer_id, 'Dog ' || number FROM numbered
    ), pets AS (
        INSERT INTO pets (organization_id, id, kind, species) SELECT $1, subject_id, 'PET', 'DOG' FROM numbered
    )
    INSERT INTO care_dues (organization_id, subject_id, customer_id, protocol_id, kind, title, due_on)
    SELECT $1, subject_id, customer_id, protocol.id, 'VACCINATION', 'Rabies', $3 FROM numbered, protocol
"""
FLOOR = text(
    """
    WITH made AS (
        INSERT INTO notifications (organization_id, kind, channel, status, cause, recipient, customer_id, rule,
                                   about_type, about, locale, send_at)
        SELECT :org, 'CARE_DUE', 'EMAIL', 'QUEUED',
               'CARE_DUE:' || cast(:rule AS text) || ':' || d.subject_id || ':' || d.protocol_id || ':' || d.due_on,
               'customer:' || d.customer_id, d.customer_id, cast(:rule AS uuid), 'CareDue', d.id, 'en', now()
        FROM care_dues d
        JOIN subjects s ON s.organization_id = :org AND s.id = d.subject_id AND s.archived_at IS NULL
        JOIN customers c ON c.organization_id = :org AND c.id = d.customer_id AND c.erased_at IS NULL
        WHERE d.organization_id = :org AND d.due_on = :due_on
        ON CONFLICT (organization_id, cause, channel, recipient) DO NOTHING
        RETURNING id
    )
    INSERT INTO due_work (organization_id, kind, ref_id, run_at)
    SELECT :org, 'SEND_NOTIFICATION', id, now() FROM made
    """
)


async def remind(desk: Desk, pool: asyncpg.Pool, organization: UUID) -> float:
    """How long a pass takes, from the claim to the work of the next."""
    wall = clock.now().astimezone(ZONE).replace(second=0, microsecond=0, tzinfo=None)
    rule = uuid7()
    await pool.execute(
        "INSERT INTO reminder_rules (organization_id, id, kind, channels, days_before, at, run_on) "
        "VALUES ($1, $2, 'CARE_DUE', '{EMAIL}', $3, $4, $5)",
        organization,
        rule,
        AHEAD.days,
        wall.time(),
        wall.date(),
    )
    work = await pool.fetchval(
        "INSERT INTO due_work (organization_id, kind, ref_id, run_at) VALUES ($1, 'RUN_REMINDER', $2, $3) RETURNING id",
        organization,
        rule,
        clock.now(),
    )
    started = time.perf_counter()
    async with desk.database.write() as session, session.begin():
        (claimed,) = await due_work.claim(session, desk.settings.work_lease_s, id=work)
    await run_reminder(desk, claimed)
    return time.perf_counter() - started


async def write(database: Database, organization: UUID, day: datetime) -> float:
    """How long the floor takes."""
    named = {"org": organization, "rule": str(uuid7()), "due_on": (day + AHEAD).date()}
    started = time.perf_counter()
    async with database.write() as session:
        await enter(session, Viewer.system(organization))
        await session.execute(FLOOR, named)
        await session.commit()
    return time.perf_counter() - started


async def clear(pool: asyncpg.Pool, expected: int) -> None:
    """Nothing is left of a pass that told each once."""
    for what in ("notifications", "due_work WHERE kind = 'SEND_NOTIFICATION'"):
        assert await pool.fetchval(f"SELECT count(*) FROM {what}") == expected, what
    await pool.execute("TRUNCATE notifications, due_work, reminder_rules CASCADE")


async def measure(settings: Settings, superuser: str, subjects: int, rounds: int) -> tuple[list[float], list[float]]:
    database, redis = Database.connect(settings), Redis.from_url(settings.redis_url.get_secret_value())
    desk = Desk(settings, database, Wakes(redis))
    passes, floors = [], []
    async with asyncpg.create_pool(superuser, min_size=1, max_size=2) as pool:
        organization = await pool.fetchval(ORGANIZATION)
        today = clock.now().astimezone(ZONE)
        await pool.execute(CLIENTELE, organization, subjects, (today + AHEAD).date())
        await pool.execute("VACUUM ANALYZE")
        for _ in range(rounds):
            passes.append(await remind(desk, pool, organization))
            await clear(pool, subjects)
            floors.append(await write(database, organization, today))
            await clear(pool, subjects)
    await redis.aclose()
    await database.close()
    return passes, floors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as directory, servers.start(Path(directory)) as running:
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=ROOT,
            env=os.environ | {"WAYPOST_DATABASE_OWNER_URL": running.url("owner")},
            check=True,
            capture_output=True,
        )
        settings = Settings(
            database_url=SecretStr(running.url("server")),
            redis_url=SecretStr(running.redis_url()),
            token_secret=SecretStr("a secret of the benchmark, long enough to be one"),
        )
        measured = measure(settings, running.url("superuser"), arguments.subjects, arguments.rounds)
        passes, floors = map(statistics.median, asyncio.run(measured))
    console = Console()
    console.print(f"{arguments.subjects} reminders, median of {arguments.rounds}")
    console.print(f"  a pass        {passes:6.2f} s, {arguments.subjects / passes:8.0f} a second")
    console.print(f"  one statement {floors:6.2f} s, {arguments.subjects / floors:8.0f} a second")
    console.print(f"  {passes / floors:.1f} times the floor")


if __name__ == "__main__":
    main()
