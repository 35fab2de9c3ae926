"""Tenant-safe by construction: what the migrated database does when asked for rows of another tenant."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import time, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from app.db import Database
from app.models import Base, Role
from app.schema.scalars import decode_any_id
from app.settings import Settings
from tests.conftest import Urls
from tests.factories.houses import House, make_house
from tests.factories.kept import keep
from tests.models.tables import OUTWARD, SERVER, TENANT, foreign_keys
from tests.scenes import Stage, nodes
from tests.scenes.stage import Journey

NOON = time(12)
SET = "SELECT set_config('app.current_org_id', $1, true)"


@pytest_asyncio.fixture(scope="module")
async def ours(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    return await furnished(await make_house(superuser, settings, api))


@pytest_asyncio.fixture(scope="module")
async def theirs(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    return await furnished(await make_house(superuser, settings, api))


async def furnished(house: House) -> House:
    """At least one row in every tenant table."""
    stage = await Stage.set_up(house, Role.STAFF)
    journey = await stage.journey()
    await stage.news(journey)
    await nodes(await Stage.set_up(house, Role.STAFF))
    await house.insert(
        "positions", driver_id=stage.driver_id, latitude=41.7, longitude=44.8, recorded_at=house.at(NOON)
    )
    await on_the_road(house, stage, journey)
    run = await house.value("SELECT id FROM planning_runs WHERE organization_id = $1 LIMIT 1")
    await house.insert(
        "unassigned_transports",
        planning_run_id=run,
        transport_id=journey.keys["transport_id"],
        reason="CAPACITY",
    )
    await equipped(house, stage, journey)
    service = decode_any_id(journey.service)[1]
    await keep(house, stage.actor.user_id, stage.customer_id, stage.driver_id, service)
    await house.pool.execute(
        "INSERT INTO event_details (organization_id, seq, ip) SELECT organization_id, seq, '127.0.0.1' FROM events "
        "WHERE organization_id = $1",
        house.id,
    )
    await house.pool.execute(
        "INSERT INTO idempotency_keys (organization_id, caller_id, key, path, request_hash) "
        "VALUES ($1, $2, 'key', 'path', 'hash')",
        house.id,
        stage.actor.user_id,
    )
    return house


async def on_the_road(house: House, stage: Stage, journey: Journey) -> None:
    """What a driver and those who guide one leave behind."""
    await house.pool.execute("SELECT keep_tracks($1, $1, $1)", house.at(NOON).date())
    await house.pool.execute(
        "INSERT INTO track_points (organization_id, driver_id, recorded_at, latitude, longitude) "
        "VALUES ($1, $2, $3, 41.7, 44.8)",
        house.id,
        stage.driver_id,
        house.at(NOON),
    )
    await house.pool.execute(
        "INSERT INTO travel_times (organization_id, provider, band, origin_lat_e5, origin_lng_e5, target_lat_e5, "
        "target_lng_e5, duration_s, distance_m, fetched_at) VALUES ($1, 'osrm', 0, 1, 2, 3, 4, 60, 500, now())",
        house.id,
    )
    route, at = journey.keys["route_id"], house.at(NOON)
    laid = {"fingerprint": "1", "provider": "osrm", "polyline": "", "legs": "[]", "fetched_at": at}
    await house.insert("directions", route_id=route, **laid)
    stop = decode_any_id(journey.stop)[1]
    photo = await house.insert("documents", name="Photo", status="AWAITED", driver_id=stage.driver_id)
    proof = {"stop_id": stop, "given_at": at, "transport_id": journey.keys["transport_id"]}
    await house.insert("proofs", kind="BARCODE", barcode="1", **proof)
    await house.insert("proofs", kind="PHOTO", document_id=photo, **proof)
    for absent in ({"driver_id": stage.driver_id}, {"vehicle_id": await house.vehicle()}):
        await house.insert("absences", starts_at=at, ends_at=at + timedelta(hours=1), **absent)


async def equipped(house: House, stage: Stage, journey: Journey) -> None:
    """Resources, and of what refers to one of several things one row for each."""
    bay, service = await house.resource(), decode_any_id(journey.service)[1]
    pool = await house.pool_of(bay)
    await house.requirement(service, 1, pool_id=pool)
    await house.requirement(service, 2, resource_id=bay)
    await house.insert("openings", resource_id=bay, starts_at=house.at(time(8)), ends_at=house.at(NOON))
    unit = await house.value("SELECT id FROM resource_units WHERE organization_id = $1 AND resource_id = $2", bay)
    during = asyncpg.Range(house.at(time(8)), house.at(NOON))
    await house.insert("allocations", booking_id=journey.keys["booking_id"], unit_id=unit, during=during)
    for owner in ({"customer_id": stage.customer_id}, {"driver_id": stage.driver_id}, {"resource_id": bay}):
        await house.insert("calendar_feeds", name="Phone", **owner)
    slot = decode_any_id(journey.slot)[1]
    schedule = await house.schedule(service_id=service, resource_id=bay)
    await house.pool.execute("UPDATE slots SET schedule_id = $2, resource_id = $3 WHERE id = $1", slot, schedule, bay)


@pytest_asyncio.fixture(scope="module")
async def server_pool(urls: Urls) -> AsyncIterator[asyncpg.Pool]:
    """As the server connects."""
    async with asyncpg.create_pool(urls.server, min_size=0, max_size=2) as pool:
        yield pool


@asynccontextmanager
async def acting_for(pool: asyncpg.Pool, house: House | None) -> AsyncIterator[asyncpg.Connection]:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        if house:
            await connection.execute(SET, str(house.id))
        try:
            yield connection
        finally:
            await transaction.rollback()


async def organizations_in(connection: asyncpg.Connection, table: str) -> set[UUID]:
    rows = await connection.fetch(f"SELECT DISTINCT organization_id FROM {table}")
    return {row["organization_id"] for row in rows}


async def test_partitions_are_nobodys(superuser: asyncpg.Pool, ours: House) -> None:
    """Their rows are reached by way of their table, whose policy holds; by themselves they show nothing to nobody."""
    found = await superuser.fetch(
        """SELECT c.relname, p.relname AS of, c.relrowsecurity AND c.relforcerowsecurity AS forced,
                  (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies, c.relacl AS rights,
                  has_table_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') AS is_servers
           FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
           WHERE c.relispartition AND c.relkind = 'r'""",
        SERVER,
    )
    assert found
    for row in found:
        assert row["of"] in TENANT
        assert tuple(row)[2:] == (True, 0, None, False), row["relname"]


async def test_no_setting_no_rows(server_pool: asyncpg.Pool, ours: House, table: str) -> None:
    assert await ours.value(f"SELECT count(*) FROM {table} WHERE organization_id = $1") > 0
    async with acting_for(server_pool, None) as connection:
        assert await organizations_in(connection, table) == set()


async def test_a_tenant_sees_and_changes_its_own_rows(
    server_pool: asyncpg.Pool, ours: House, theirs: House, table: str
) -> None:
    async with acting_for(server_pool, ours) as connection:
        assert await organizations_in(connection, table) == {ours.id}
        for verb, rest in (("UPDATE", "SET organization_id = organization_id"), ("DELETE FROM", "")):
            if await may(connection, table, verb.split()[0]):
                done = await connection.execute(f"{verb} {table} {rest} WHERE organization_id = $1", theirs.id)
                assert done.split()[-1] == "0"


async def may(connection: asyncpg.Connection, table: str, right: str) -> bool:
    allowed: bool = await connection.fetchval("SELECT has_table_privilege($1, $2)", table, right)
    return allowed


async def test_a_tenant_writes_no_row_of_another(
    server_pool: asyncpg.Pool, ours: House, theirs: House, table: str
) -> None:
    """Neither a new one nor one of its own, moved."""
    async with acting_for(server_pool, ours) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await insert_copy(connection, table, await a_row(theirs, table))
    if table != "allocations" and await may_update(server_pool, table):
        async with acting_for(server_pool, ours) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(f"UPDATE {table} SET organization_id = $1", theirs.id)


async def may_update(pool: asyncpg.Pool, table: str) -> bool:
    async with pool.acquire() as connection:
        return await may(connection, table, "UPDATE")


async def a_row(house: House, table: str) -> asyncpg.Record:
    return (await house.all(f"SELECT * FROM {table} WHERE organization_id = $1 LIMIT 1"))[0]


async def insert_copy(connection: asyncpg.Connection, table: str, row: Mapping[str, object]) -> None:
    generated = {column.name for column in Base.metadata.tables[table].columns if column.computed}
    given = {name: value for name, value in row.items() if name not in generated}
    places = ", ".join(f"${number}" for number in range(1, len(given) + 1))
    await connection.execute(f"INSERT INTO {table} ({', '.join(given)}) VALUES ({places})", *given.values())


async def test_no_row_points_to_another_tenants_row(
    superuser: asyncpg.Pool, ours: House, theirs: House, table: str
) -> None:
    """Even where no policy binds: the foreign key says no."""
    for key in await foreign_keys(superuser, table):
        columns = [name for name in key["columns"] if name not in ("organization_id", "kind")]
        if key["target"] in OUTWARD or not columns:
            continue
        foreign = await a_row(theirs, key["target"])
        async with superuser.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("ALTER TABLE allocations DISABLE TRIGGER never_changed")
            with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
                await connection.execute(
                    f"UPDATE {table} SET {columns[0]} = $1 WHERE ctid = "
                    f"(SELECT ctid FROM {table} WHERE organization_id = $2 ORDER BY {columns[0]} IS NULL LIMIT 1)",
                    foreign["id"],
                    ours.id,
                )
            await transaction.rollback()
        assert refused.value.constraint_name is not None


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "UPDATE users SET email = 'x'",
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "UPDATE event_details SET seq = 1",
        "DELETE FROM event_heads",
        "TRUNCATE events",
        "TRUNCATE bookings CASCADE",
        "UPDATE organizations SET name = 'x'",
        "ALTER TABLE bookings DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON bookings",
        "SET ROLE waypost_auth",
        "SET ROLE waypost_owner",
        "SET SESSION AUTHORIZATION postgres",
        "CREATE TABLE public.mine (id int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
async def test_the_server_is_not_allowed(server_pool: asyncpg.Pool, ours: House, statement: str) -> None:
    async with acting_for(server_pool, ours) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_people_are_seen_by_their_colleagues_only(server_pool: asyncpg.Pool, ours: House, theirs: House) -> None:
    async with acting_for(server_pool, ours) as connection:
        seen = {row["id"] for row in await connection.fetch("SELECT id FROM users")}
        assert {person.user_id for person in ours.people.values()} <= seen
        assert seen.isdisjoint(person.user_id for person in theirs.people.values())
        assert [row["id"] for row in await connection.fetch("SELECT id FROM organizations")] == [ours.id]
        assert await connection.fetch("SELECT FROM sessions") == []
    async with acting_for(server_pool, None) as connection:
        for table in ("users", "organizations", "sessions"):
            assert await connection.fetch(f"SELECT id FROM {table}") == [], table


async def test_a_tenant_does_not_leak_over_the_pool(settings: Settings, ours: House, theirs: House) -> None:
    """Two organizations take turns on two connections; each transaction knows one of them, the next one none."""
    database = Database.connect(settings.model_copy(update={"database_pool_size": 2}))

    async def visit(house: House | None) -> None:
        async with database.write() as session, session.begin():
            if house:
                await session.execute(
                    text("SELECT set_config('app.current_org_id', :org, true)"), {"org": str(house.id)}
                )
            await asyncio.sleep(random.random() / 500)
            found = (await session.execute(text("SELECT DISTINCT organization_id FROM customers"))).scalars().all()
        assert found == ([house.id] if house else [])

    await asyncio.gather(*(visit(house) for house in (ours, theirs, None) * 60))
    await database.close()
