"""The worker killed while it reminds: each due thing reaches its person once, and none is left out."""

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.services.care.dues import refresh
from app.uow import Silence, unit_of_work
from tests.factories.rows import insert
from tests.kills.child import Child, worker_process
from tests.realm import OwnValkey, Realm, own_valkey, realm
from tests.sizes import measured, sizes

ZONES = (
    *("Pacific/Kiritimati", "Pacific/Apia", "Pacific/Auckland", "Pacific/Fiji", "Australia/Lord_Howe"),
    *("Australia/Sydney", "Australia/Adelaide", "Asia/Tokyo", "Australia/Eucla", "Asia/Shanghai"),
    *("Asia/Bangkok", "Asia/Yangon", "Asia/Dhaka", "Asia/Kathmandu", "Asia/Kolkata"),
    *("Asia/Karachi", "Asia/Kabul", "Asia/Tbilisi", "Asia/Tehran", "Asia/Baghdad"),
    *("Europe/Moscow", "Europe/Kyiv", "Africa/Cairo", "Europe/Berlin", "Africa/Lagos"),
    *("Europe/London", "Africa/Accra", "Atlantic/Azores", "Atlantic/Cape_Verde", "America/Sao_Paulo"),
    *("America/Argentina/Buenos_Aires", "America/St_Johns", "America/Halifax", "America/Caracas", "America/Santiago"),
    *("America/New_York", "America/Bogota", "America/Chicago", "America/Mexico_City", "America/Denver"),
    *("America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Marquesas", "Pacific/Honolulu"),
    *("Pacific/Pago_Pago", "Pacific/Chatham", "Asia/Riyadh", "Africa/Nairobi", "UTC"),
)
AHEAD = 7
REFRESHED = 500
"""Subjects whose dues are worked out in one transaction."""

# Two kinds of care of each dog, each given twice: only what the later record says is due.
CLIENTELE = """
    WITH numbered AS (
        SELECT number, uuidv7() AS customer_id, uuidv7() AS subject_id FROM generate_series(1, $2::int) number
    ), people AS (
        INSERT INTO customers (organization_id, id, name, email)
        SELECT $1, customer_id, 'Customer ' || number, 'customer-' || number || '@' || $3 || '.example.org'
        FROM numbered
    ), dogs AS (
        INSERT INTO subjects (organization_id, id, kind, customer_id, name)
        SELECT $1, subject_id, 'PET', customer_id, 'Dog-' || lpad(number::text, 5, '0') FROM numbered
    ), pets AS (
        INSERT INTO pets (organization_id, id, kind, species) SELECT $1, subject_id, 'PET', 'DOG' FROM numbered
    ), protocols AS (
        INSERT INTO care_protocols (organization_id, code, name, kind, subject_kind, interval_days)
        VALUES ($1, 'RABIES', 'Rabies', 'VACCINATION', 'PET', 365), ($1, 'WORMS', 'Worming', 'TREATMENT', 'PET', 90)
        RETURNING id, code, name, kind
    ), given AS (
        SELECT n.*, p.id AS protocol_id, p.name, p.kind,
               CASE WHEN n.number % CASE p.code WHEN 'RABIES' THEN 3 ELSE 4 END = 0 THEN 0 ELSE 1 + n.number % 50 END
               AS later
        FROM numbered n, protocols p
    )
    INSERT INTO care_records (organization_id, subject_id, customer_id, kind, protocol_id, title, performed_on,
                              next_due_on)
    SELECT $1, subject_id, customer_id, kind, protocol_id, name, $4::date - 400, $4::date FROM given
    UNION ALL
    SELECT $1, subject_id, customer_id, kind, protocol_id, name, $4::date - 30, $4::date + later FROM given
"""

LEFT = "SELECT count(*) FROM due_work WHERE kind <> 'RUN_REMINDER' OR run_at < now() + interval '1 hour'"

Said = tuple[str, str, str]
"""To whom, of which dog, and what falls due."""


@dataclass(frozen=True)
class Size:
    organizations: int
    subjects: int
    kills: int
    forgets: int
    """How often Valkey dies."""


def due_in(slug: str, subjects: int) -> set[Said]:
    """What must be said, worked out apart from the server."""
    return {
        (f"customer-{number}@{slug}.example.org", f"Dog-{number:05}", care)
        for number in range(1, subjects + 1)
        for care, every in (("Rabies", 3), ("Worming", 4))
        if number % every == 0
    }


async def open_house(own: Realm, database: Database, number: int, subjects: int) -> tuple[UUID, set[Said]]:
    """An organization with dogs and their records; answers its id and what it must say today."""
    id, slug, zone = uuid7(), f"kennel-{number}", ZONES[number % len(ZONES)]
    named = {"name": "Kennel", "slug": slug, "time_zone": zone, "currency": "GEL", "country": "GE"}
    await insert(own.pool, "organizations", id=id, **named)
    await own.pool.execute("INSERT INTO event_heads (organization_id) VALUES ($1)", id)
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    await own.pool.execute(CLIENTELE, id, subjects, slug, today + timedelta(days=AHEAD))
    rows = await own.pool.fetch("SELECT id FROM subjects WHERE organization_id = $1 ORDER BY id", id)
    for start in range(0, subjects, REFRESHED):
        async with unit_of_work(database, Viewer.system(id), Silence()) as uow:
            await refresh(uow, [row["id"] for row in rows[start : start + REFRESHED]])
    return id, due_in(slug, subjects)


async def begin(own: Realm, organization: UUID) -> None:
    """The time of the rule has just come, wherever the organization is; it comes again tomorrow."""
    zone = await own.pool.fetchval("SELECT time_zone FROM organizations WHERE id = $1", organization)
    wall = clock.now().astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0, tzinfo=None)
    rule = await insert(
        own.pool,
        "reminder_rules",
        organization_id=organization,
        kind="CARE_DUE",
        channels=["EMAIL"],
        days_before=AHEAD,
        at=wall.time(),
        run_on=wall.date(),
    )
    work = {"kind": "RUN_REMINDER", "ref_id": rule, "run_at": clock.now()}
    await insert(own.pool, "due_work", organization_id=organization, **work)


async def disturb(own: Realm, worker: Child, valkey: OwnValkey, size: Size) -> None:
    """Kill the worker at any point of its work, and Valkey now and then."""
    dice = random.Random(1)
    deaths = set(dice.sample(range(size.kills), size.forgets))
    for number in range(size.kills):
        await at_work(own)
        await asyncio.sleep(2 * dice.random())
        if number in deaths:
            valkey.kill()
            valkey.start()
        if worker.lives:
            worker.kill()
        worker.start()


async def at_work(own: Realm) -> None:
    """Wait until a worker that was just started has done something, or has nothing to do."""

    async def done() -> int:
        return len(own.mailbox.mails) + int(await own.pool.fetchval("SELECT count(*) FROM notifications"))

    before = await done()
    async with asyncio.timeout(60):
        while await done() == before and await own.pool.fetchval(LEFT):
            await asyncio.sleep(0.05)


async def all_sent(own: Realm, worker: Child, timeout_s: float) -> None:
    """Wait until nothing is left but the runs of tomorrow; whoever supervises the worker starts it if it gave up."""
    async with asyncio.timeout(timeout_s):
        while await own.pool.fetchval(LEFT):
            if not worker.lives:
                worker.start()
            await asyncio.sleep(0.2)


def said(mail: EmailMessage) -> Said:
    text = mail.get_content()
    dogs, care = set(re.findall(r"Dog-\d{5}", text)), set(re.findall("Rabies|Worming", text))
    assert (len(dogs), len(care)) == (1, 1), text
    return str(mail["To"]), dogs.pop(), care.pop()


@sizes(Size(4, 120, 2, 1), Size(50, 10_000, 20, 2))
async def test_each_due_reminder_is_sent_once(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Size, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_valkey(tmp_path / "valkey") as valkey:
        knobs = {"redis_url": valkey.url, "work_lease_s": 3, "work_attempts_max": 100}
        async with realm(names, worker_number, **knobs) as own:
            expected: set[Said] = set()
            organizations = []
            database = Database.connect(own.settings)
            for number in range(size.organizations):
                organization, due = await open_house(own, database, number, size.subjects // size.organizations)
                organizations.append(organization)
                expected |= due
            await database.close()
            records = await own.pool.fetchval("SELECT count(*) FROM care_records")
            assert records == 4 * size.subjects
            for organization in organizations:
                await begin(own, organization)
            with (
                worker_process(own.settings, tmp_path) as worker,
                measured(capsys, f"{len(expected)} reminders of {records} records, {size.kills} kills") as figures,
            ):
                await disturb(own, worker, valkey, size)
                await all_sent(own, worker, 60 + size.subjects / 15)
                figures.update(mails=len(own.mailbox.mails))
            await each_came_once(own, expected)


async def each_came_once(own: Realm, expected: set[Said]) -> None:
    """A mail that went out twice, because its worker died before it could say so, is the same mail."""
    by_id = {str(mail["Message-ID"]): said(mail) for mail in own.mailbox.mails}
    assert set(by_id.values()) == expected
    assert len(by_id) == len(expected)
    states = Counter(row["status"] for row in await own.pool.fetch("SELECT status FROM notifications"))
    assert states == {"SENT": len(expected)}
    runs = await own.pool.fetch(
        "SELECT w.run_at, r.run_on, r.at, o.time_zone FROM due_work w JOIN reminder_rules r ON r.id = w.ref_id "
        "JOIN organizations o ON o.id = r.organization_id WHERE w.failed_at IS NULL"
    )
    assert len(runs) == await own.pool.fetchval("SELECT count(*) FROM organizations")
    for run in runs:
        assert run["run_at"] == datetime.combine(run["run_on"], run["at"], ZoneInfo(run["time_zone"]))
