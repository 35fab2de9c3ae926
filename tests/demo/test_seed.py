"""The demo's data keeps every rule that the tables have, and is a day that can be planned."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from rich.progress import Progress

from app.demo.people import Person
from app.demo.scale import Scale
from app.demo.seed import AlreadySeeded, make_up, seed
from app.demo.seed.businesses import CAREBUS, PAWS, VOLUMES
from app.demo.seed.staff import Register
from app.models import Base, BookingStatus, Role
from tests.conftest import create_database

ZONE = ZoneInfo("Asia/Tbilisi")
ORGANIZATIONS = {"paws", "carebus"}


@pytest_asyncio.fixture(scope="module")
async def url(names: dict[str, str], worker_number: int) -> AsyncIterator[str]:
    """`superuser_url`, but once for the module: no test here changes anything."""
    name = f"seeded_{worker_number}"
    yield (await create_database(names, name)).superuser
    connection = await asyncpg.connect(names["superuser"].format("postgres"))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest_asyncio.fixture(scope="module")
async def people(url: str) -> list[Person]:
    return await seed(url, Scale.SMALL, Progress(disable=True))


@pytest_asyncio.fixture(scope="module")
async def database(url: str, people: list[Person]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def _by_organization(database: asyncpg.Connection, query: str) -> dict[str, int]:
    """The answer to a query for `organization_id` and `count`, by slug."""
    rows = await database.fetch(
        f"SELECT slug, coalesce(count, 0) AS count FROM organizations LEFT JOIN ({query}) ON organization_id = id"
    )
    return {row["slug"]: row["count"] for row in rows}


async def test_there_is_as_much_as_was_asked_for(database: asyncpg.Connection) -> None:
    for table, count in {"customers": 40, "subjects": 60, "bookings": 120, "drivers": 4}.items():
        counted = f"SELECT organization_id, count(*) FROM {table} GROUP BY 1"
        assert await _by_organization(database, counted) == dict.fromkeys(ORGANIZATIONS, count), table


async def test_every_role_can_sign_in(database: asyncpg.Connection, people: list[Person]) -> None:
    members = await database.fetch(
        "SELECT o.slug, m.role, u.email, u.password_hash FROM memberships m "
        "JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.organization_id"
    )
    assert {(row["slug"], row["role"]) for row in members} == {(slug, role) for slug in ORGANIZATIONS for role in Role}
    assert {(row["slug"], row["role"], row["email"]) for row in members} == {
        (person.organization, person.role, person.email) for person in people
    }
    hashes = {row["password_hash"] for row in members}
    passwords = {person.password for person in people}
    assert all(PasswordHasher().verify(hash, password) for hash in hashes for password in passwords)


async def test_somebody_belongs_to_both(people: list[Person]) -> None:
    emails = [{person.email for person in people if person.organization == slug} for slug in ORGANIZATIONS]
    assert emails[0] & emails[1] == {"shared@paws.example"}


@pytest.mark.parametrize(("table", "role"), [("drivers", Role.DRIVER), ("customers", Role.CUSTOMER)])
async def test_drivers_and_customers_wear_their_hats(database: asyncpg.Connection, table: str, role: Role) -> None:
    worn = (
        f"SELECT t.organization_id, count(*) FROM {table} t "
        f"JOIN memberships m ON (m.organization_id, m.user_id) = (t.organization_id, t.user_id) AND m.role = '{role}' "
        "GROUP BY 1"
    )
    assert await _by_organization(database, worn) == dict.fromkeys(ORGANIZATIONS, 2)


async def test_what_is_taken_is_what_is_allocated(database: asyncpg.Connection) -> None:
    differing = await database.fetch(
        "SELECT s.id FROM slots s "
        "LEFT JOIN allocations a ON (a.organization_id, a.slot_id) = (s.organization_id, s.id) "
        "GROUP BY s.organization_id, s.id HAVING s.taken <> coalesce(sum(a.quantity), 0)"
    )
    assert differing == []
    assert await database.fetchval("SELECT count(*) FROM slots WHERE taken > 0") > 50


async def test_bookings_that_were_served_or_will_be_hold_their_place(database: asyncpg.Connection) -> None:
    rows = await database.fetch(
        "SELECT b.status, a.id IS NOT NULL AS allocated, "
        "b.slot_id = a.slot_id AND a.during = tstzrange(b.starts_at, b.ends_at) AS same "
        "FROM bookings b LEFT JOIN allocations a ON (a.organization_id, a.booking_id) = (b.organization_id, b.id) "
        "AND a.slot_id IS NOT NULL"
    )
    unserved = {BookingStatus.CANCELLED, BookingStatus.DECLINED, BookingStatus.EXPIRED}
    assert all(row["allocated"] == (row["status"] not in unserved) for row in rows)
    assert all(row["same"] for row in rows if row["allocated"])
    assert {row["status"] for row in rows} >= {"PENDING", "CONFIRMED", "COMPLETED", "CANCELLED"}


async def test_bookings_have_what_their_service_needs(database: asyncpg.Connection) -> None:
    """One unit for each place, of the resource that the service names."""
    wrong = await database.fetch(
        "SELECT s.id FROM services s "
        "JOIN requirements q ON (q.organization_id, q.service_id) = (s.organization_id, s.id) "
        "JOIN bookings b ON (b.organization_id, b.service_id) = (s.organization_id, s.id) "
        "JOIN allocations p ON (p.organization_id, p.booking_id, p.slot_id) = (b.organization_id, b.id, b.slot_id) "
        "LEFT JOIN allocations a ON (a.organization_id, a.booking_id) = (b.organization_id, b.id) "
        "AND a.unit_id IN (SELECT id FROM resource_units WHERE resource_id = q.resource_id) WHERE a.id IS NULL"
    )
    assert wrong == []
    assert await database.fetchval("SELECT count(*) FROM allocations WHERE unit_id IS NOT NULL") > 20


async def test_every_service_has_hours_that_a_worker_extends(database: asyncpg.Connection) -> None:
    rows = await database.fetch(
        "SELECT s.id, count(DISTINCT h.id) AS schedules, count(DISTINCT w.id) AS works FROM services s "
        "LEFT JOIN schedules h ON (h.organization_id, h.service_id) = (s.organization_id, s.id) "
        "LEFT JOIN due_work w ON w.ref_id = h.id AND w.kind = 'EXTEND_SCHEDULE' GROUP BY s.organization_id, s.id"
    )
    assert {(row["schedules"], row["works"]) for row in rows} == {(1, 1)}


async def test_states_agree_with_the_time(database: asyncpg.Connection) -> None:
    contradictions = await database.fetch(
        "SELECT status, starts_at, ends_at FROM bookings WHERE created_at > now() "
        "OR (ends_at < now() - interval '1 minute' AND status IN ('PENDING', 'CONFIRMED', 'CHECKED_IN')) "
        "OR (starts_at > now() AND status IN ('CHECKED_IN', 'COMPLETED', 'NO_SHOW'))"
    )
    assert contradictions == []


async def test_subjects_and_places_belong_to_whom_the_booking_says(database: asyncpg.Connection) -> None:
    """No constraint says this: the services do, and the seed does not go through them."""
    strangers = await database.fetch(
        "SELECT b.id FROM bookings b JOIN subjects s USING (organization_id) "
        "WHERE s.id = b.subject_id AND s.customer_id <> b.customer_id "
        "UNION ALL SELECT t.id FROM transports t JOIN places p USING (organization_id) "
        "WHERE p.id IN (t.pickup_place_id, t.dropoff_place_id) AND p.customer_id <> t.customer_id "
        "UNION ALL SELECT b.id FROM bookings b JOIN slots s USING (organization_id) "
        "WHERE s.id = b.slot_id AND (s.service_id, s.starts_at) <> (b.service_id, b.starts_at)"
    )
    assert strangers == []


@pytest.mark.parametrize(("slug", "table"), [("paws", "pets"), ("carebus", "patients")])
async def test_every_subject_has_its_own_table(database: asyncpg.Connection, slug: str, table: str) -> None:
    counted = (
        f"SELECT organization_id, count(*) FROM subjects JOIN {table} USING (organization_id, id, kind) GROUP BY 1"
    )
    assert await _by_organization(database, counted) == {slug: 60} | dict.fromkeys(ORGANIZATIONS - {slug}, 0)


async def test_constraints_still_hold_when_checked_again(database: asyncpg.Connection) -> None:
    """COPY checks them as it loads, unless somebody switches that off to be faster."""
    assert await database.fetch("SELECT conname FROM pg_constraint WHERE NOT convalidated OR NOT conenforced") == []
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            here = ", ".join(f"a.{column.name}" for column in key.columns)
            there = ", ".join(f"b.{element.column.name}" for element in key.elements)
            given = " AND ".join(f"a.{column.name} IS NOT NULL" for column in key.columns)
            dangling = await database.fetchval(
                f"SELECT count(*) FROM {table.name} a WHERE {given} AND NOT EXISTS "
                f"(SELECT FROM {key.referred_table.name} b WHERE ({there}) = ({here}))"
            )
            assert dangling == 0, key.name


async def test_events_are_gap_free_and_begin_with_the_organization(database: asyncpg.Connection) -> None:
    logs = await database.fetch(
        "SELECT o.id, h.seq AS head, array_agg(e.seq ORDER BY e.seq) AS numbers, "
        "array_agg(e.type ORDER BY e.seq) AS types, array_agg(e.node_id ORDER BY e.seq) AS nodes "
        "FROM organizations o JOIN event_heads h ON h.organization_id = o.id JOIN events e ON e.organization_id = o.id "
        "GROUP BY o.id, h.seq"
    )
    assert len(logs) == len(ORGANIZATIONS)
    for log in logs:
        assert log["numbers"] == list(range(1, log["head"] + 1))
        assert log["types"][0] == "ORGANIZATION_CREATED"
        assert log["nodes"][0] == log["id"]


@pytest.mark.parametrize("table", ["places", "positions"])
async def test_everything_lies_in_tbilisi(database: asyncpg.Connection, table: str) -> None:
    box = await database.fetchrow(
        f"SELECT min(latitude) AS south, max(latitude) AS north, min(longitude) AS west, max(longitude) AS east FROM {table}"  # noqa: E501
    )
    assert 41.60 < box["south"] < box["north"] < 41.85
    assert 44.65 < box["west"] < box["east"] < 45.05


def _days_ahead() -> list[tuple[datetime, datetime]]:
    """Begin and end of each of the next 14 local days."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    midnights = [datetime.combine(today + timedelta(days=number), time(), ZONE) for number in range(1, 16)]
    return list(pairwise(midnights))


async def test_tomorrow_has_rides_that_can_be_planned(database: asyncpg.Connection) -> None:
    begin, end = _days_ahead()[0]
    rides = await database.fetch(
        "SELECT t.*, o.slug, b.status AS booking_status FROM transports t "
        "JOIN organizations o ON o.id = t.organization_id "
        "JOIN bookings b ON b.id = t.booking_id WHERE pickup_from >= $1 AND pickup_from < $2",
        begin,
        end,
    )
    for slug in ORGANIZATIONS:
        assert 12 <= len([ride for ride in rides if ride["slug"] == slug]) <= 16
    assert {ride["status"] for ride in rides} == {"PENDING"}
    assert {ride["booking_status"] for ride in rides} == {"CONFIRMED"}
    assert {ride["kind"] for ride in rides} == {"TO_SITE", "FROM_SITE"}


async def test_every_day_ahead_has_shifts_and_free_places(database: asyncpg.Connection) -> None:
    for begin, end in _days_ahead():
        day = f"starts_at >= '{begin.isoformat()}' AND starts_at < '{end.isoformat()}'"
        shifts = f"SELECT organization_id, count(*) FROM shifts WHERE {day} GROUP BY 1"
        assert await _by_organization(database, shifts) == dict.fromkeys(ORGANIZATIONS, 4)
        assert await database.fetchval(f"SELECT count(*) FROM slots WHERE {day} AND taken >= capacity") == 0
        grooming = await database.fetchval(
            "SELECT count(*) FROM slots s JOIN services v ON v.id = s.service_id "
            f"WHERE v.name = 'Grooming' AND s.taken < s.capacity AND s.{day.replace('AND ', 'AND s.')}"
        )
        assert grooming == 9


async def test_a_database_that_has_data_is_refused(url: str, people: list[Person]) -> None:
    with pytest.raises(AlreadySeeded, match="already"):
        await seed(url, Scale.SMALL, Progress(disable=True))


def _without_ids(rows: list[dict[str, object]]) -> list[str]:
    """Rows without ids and instants, which are those of the run."""
    text = re.compile(r"UUID\('[^']+'\)|datetime\.\w+\([^)]*\)|\$argon2[^']+|<Range[^>]*>")
    return [text.sub("", repr(row)) for row in rows]


def test_two_runs_make_up_the_same() -> None:
    volume = VOLUMES[Scale.SMALL][PAWS.slug]
    one, other = [make_up(PAWS, volume, Register()).tables for _ in range(2)]
    assert {table: _without_ids(rows) for table, rows in one.items()} == {
        table: _without_ids(rows) for table, rows in other.items()
    }


def test_the_large_scale_is_what_the_issue_asks_for() -> None:
    large = VOLUMES[Scale.LARGE][PAWS.slug]
    assert (large.customers, large.subjects, large.bookings) == (5_000, 10_000, 50_000)
    assert VOLUMES[Scale.LARGE][CAREBUS.slug] == VOLUMES[Scale.MEDIUM][CAREBUS.slug]
    assert all(2 * volume.rides_tomorrow <= 120 for volumes in VOLUMES.values() for volume in volumes.values())


async def test_what_the_house_keeps_of_its_subjects(database: asyncpg.Connection) -> None:
    """Care by each protocol that applies, some of it late; a tag each; work for what follows from it."""
    missing = await database.fetchval(
        "SELECT count(*) FROM subjects s JOIN care_protocols p ON (p.organization_id, p.subject_kind) = "
        "(s.organization_id, s.kind) LEFT JOIN pets t ON (t.organization_id, t.id) = (s.organization_id, s.id) "
        "WHERE (p.species IS NULL OR p.species = t.species) AND NOT EXISTS (SELECT FROM care_records r "
        "WHERE (r.organization_id, r.subject_id, r.protocol_id) = (s.organization_id, s.id, p.id))"
    )
    assert missing == 0
    assert 0 < await database.fetchval("SELECT count(*) FROM care_records WHERE next_due_on < current_date") < 40
    assert await _by_organization(database, "SELECT organization_id, count(*) FROM tags GROUP BY 1") == dict.fromkeys(
        ORGANIZATIONS, 60
    )
    work = "SELECT organization_id, count(*) FROM due_work WHERE kind = '{}' GROUP BY 1"
    assert await _by_organization(database, work.format("REFRESH_CARE")) == {"paws": 4, "carebus": 1}
    assert await _by_organization(database, work.format("RUN_REMINDER")) == dict.fromkeys(ORGANIZATIONS, 2)
