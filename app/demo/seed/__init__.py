"""The demo's data: made up in memory from a fixed random seed, and loaded with COPY."""

from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg
from rich.progress import Progress, TaskID

from app import clock
from app.demo.people import Person
from app.demo.process import ServerFailed
from app.demo.scale import Scale
from app.demo.seed import bookings, care, catalogue, clientele, fleet, staff
from app.demo.seed.businesses import BUSINESSES, VOLUMES, Business, Volume
from app.demo.seed.draft import Draft, Row

CHUNK_ROWS = 5_000
"""Rows of one COPY: enough to be fast, few enough to move the progress bar."""

FIRST_EVENT = """
    WITH head AS (UPDATE event_heads SET seq = seq + 1 WHERE organization_id = $1 RETURNING seq)
    INSERT INTO events (organization_id, seq, type, occurred_at, node_type, node_id, payload)
    SELECT $1, head.seq, 'ORGANIZATION_CREATED', $2, 'Organization', $1, '{}' FROM head
"""


class AlreadySeeded(ServerFailed):
    """The database has organizations already."""


async def seed(database_url: str, scale: Scale, progress: Progress) -> list[Person]:
    """Fill an empty database, and answer who can sign in. Raises `AlreadySeeded`.

    `database_url` is of a role that row-level security does not bind: there is no COPY through policies.
    """
    connection = await asyncpg.connect(database_url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM organizations)"):
            raise AlreadySeeded("The database has organizations already; only an empty one can be seeded.")
        register = staff.Register()
        for business in BUSINESSES:
            task = progress.add_task(f"{business.slug}: making up", total=None)
            draft = make_up(business, VOLUMES[scale][business.slug], register)
            await _load(connection, draft, progress, task, business.slug)
        # or the first queries would be planned for empty tables
        await connection.execute("ANALYZE")
        return register.people
    finally:
        await connection.close()


def make_up(business: Business, volume: Volume, register: staff.Register) -> Draft:
    """Every row of one organization. Apart from the ids, the same on every run of the same day."""
    draft = Draft(business, clock.now())
    # the order of these lines is that of the foreign keys: see Draft
    members = staff.hire(draft, register)
    customers = clientele.welcome(draft, volume.customers, members)
    care.befriend(draft)
    subjects = clientele.bring(draft, volume.subjects, customers)
    sites = catalogue.open_sites(draft)
    services = catalogue.offer_services(draft, sites, volume)
    slots = catalogue.open_slots(draft, services, _days(draft.today, volume), volume.capacity_factor)
    fleet.park(draft, volume, sites, members)
    bookings.book(draft, volume, slots, subjects)
    care.look_after(draft, subjects, services)
    care.put_on_tags(draft, subjects)
    care.remind(draft)
    care.announce(draft)
    return draft


def _days(today: date, volume: Volume) -> list[date]:
    """Local days that have slots: some behind us, today, and two weeks ahead."""
    return [today + timedelta(days=number) for number in range(-volume.days_behind, volume.days_ahead + 1)]


async def _load(connection: asyncpg.Connection, draft: Draft, progress: Progress, task: TaskID, slug: str) -> None:
    """One organization in one transaction."""
    progress.update(task, total=sum(map(len, draft.tables.values())))
    async with connection.transaction():
        for table, rows in draft.tables.items():
            progress.update(task, description=f"{slug}: {table.replace('_', ' ')}")
            for start in range(0, len(rows), CHUNK_ROWS):
                chunk = rows[start : start + CHUNK_ROWS]
                await _copy(connection, table, chunk)
                progress.advance(task, len(chunk))
        # Bulk data predates the log: it stands for what an organization brings along when it moves to Waypost, and
        # nobody followed it as it came about. The log begins with the organization, and goes on with what people do.
        await connection.execute(FIRST_EVENT, draft.organization_id, draft.now)
    progress.update(task, description=f"{slug}: done")


async def _copy(connection: asyncpg.Connection, table: str, rows: Sequence[Row]) -> None:
    columns = list(rows[0])
    records = [tuple(row[column] for column in columns) for row in rows]
    await connection.copy_records_to_table(table, records=records, columns=columns)
