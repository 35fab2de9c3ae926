"""Tenant-safe by construction: what the migrated database says about every table, and what it does when asked.

Nothing here is a list of tables that somebody must remember to extend, apart from the closed list of global ones.
"""

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
from tests.scenes import Stage, nodes
from tests.scenes.stage import Journey

GLOBAL = {"organizations", "users", "sessions", "due_work", "partner_directory"}
"""The closed list. Later: api_keys."""
BOOKKEEPING = {"alembic_version"}
TENANT = sorted(table.name for table in Base.metadata.sorted_tables if table.name not in GLOBAL)

NOT_BY_ORGANIZATION = {"ix_memberships_user_id": "people find their own memberships before a tenant is known"}
"""Indexes of tenant tables that do not begin with the organization, and why."""

OUTWARD = {"organizations", "users", "partner_directory"}
"""What a tenant's row may refer to besides rows of its own tenant: none of them is anybody's."""

UNCHECKED = {
    "events": "it outlives what it tells of",
    "track_points": "making a partition would lock the tables that its keys point to against every writer",
}
"""Tables without foreign keys, and why."""

SERVER, AUTH = "waypost_server", "waypost_auth"
NOON = time(12)
SET = "SELECT set_config('app.current_org_id', $1, true)"


@pytest.fixture(params=TENANT)
def table(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# what the catalogue says


async def test_the_tables_are_those_of_the_models(superuser: asyncpg.Pool) -> None:
    found = await superuser.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition"
    )
    assert {row["relname"] for row in found} == {*TENANT, *GLOBAL, *BOOKKEEPING}


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


async def test_its_key_begins_with_the_organization(superuser: asyncpg.Pool, table: str) -> None:
    columns = await superuser.fetchval(
        """SELECT array_agg(a.attname::text ORDER BY k.position)
           FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY AS k(number, position)
           JOIN pg_attribute a ON a.attnum = k.number
           WHERE c.conrelid = $1::regclass AND a.attrelid = c.conrelid AND c.contype = 'p'""",
        table,
    )
    assert columns[0] == "organization_id"
    assert len(columns) > 1 or table == "event_heads", "one row an organization is for the event head"


async def test_its_rows_are_hidden_from_other_tenants(superuser: asyncpg.Pool, table: str) -> None:
    row = await superuser.fetchrow(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = $1::regclass", table
    )
    assert tuple(row or ()) == (True, True)
    policies = await superuser.fetch(
        "SELECT policyname, permissive, cmd, qual, with_check FROM pg_policies WHERE tablename = $1", table
    )
    condition = "(organization_id = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid)"
    expected = {("tenant", "ALL", condition, None)}
    if table == "memberships":
        own = "(user_id = (NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid)"
        expected.add(("own", "SELECT", own, None))
    assert {(p["policyname"], p["cmd"], p["qual"], p["with_check"]) for p in policies} == expected


async def test_it_refers_to_rows_of_its_own_tenant(superuser: asyncpg.Pool, table: str) -> None:
    for key in await _foreign_keys(superuser, table):
        pairs = list(zip(key["columns"], key["remote"], strict=True))
        if key["target"] in OUTWARD:
            assert len(pairs) == 1
        else:
            assert key["target"] in TENANT, key["name"]
            assert pairs[0] == ("organization_id", "organization_id"), key["name"]
        assert key["deletes"] != "n" or key["nulled"], f"{key['name']}: ON DELETE SET NULL must name its column"


async def _foreign_keys(superuser: asyncpg.Pool, table: str) -> list[asyncpg.Record]:
    return list(
        await superuser.fetch(
            """SELECT c.conname AS name, c.confrelid::regclass::text AS target, c.confdeltype::text AS deletes,
                      c.confdelsetcols AS nulled,
                      ARRAY(SELECT attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(number, position)
                            JOIN pg_attribute ON attrelid = c.conrelid AND attnum = number ORDER BY position) columns,
                      ARRAY(SELECT attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(number, position)
                            JOIN pg_attribute ON attrelid = c.confrelid AND attnum = number ORDER BY position) remote
               FROM pg_constraint c WHERE c.conrelid = $1::regclass AND c.contype = 'f'""",
            table,
        )
    )


async def test_what_its_columns_name_is_a_foreign_key(superuser: asyncpg.Pool, table: str) -> None:
    """Every `…_id` of a tenant's row is checked by the database, with two exceptions."""
    if table in UNCHECKED:
        return
    columns = await superuser.fetch(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = $1 AND table_schema = 'public' AND column_name LIKE '%\\_id' AND data_type = 'uuid'",
        table,
    )
    referring = {name for key in await _foreign_keys(superuser, table) for name in key["columns"]}
    assert {row["column_name"] for row in columns} - referring == set()


async def test_its_indexes_begin_with_the_organization(superuser: asyncpg.Pool, table: str) -> None:
    indexes = await superuser.fetch(
        """SELECT i.indexrelid::regclass::text AS name, a.attname AS first FROM pg_index i
           LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
           WHERE i.indrelid = $1::regclass""",
        table,
    )
    others = {row["name"] for row in indexes if row["first"] != "organization_id"}
    assert others - NOT_BY_ORGANIZATION.keys() == set()


async def test_global_tables_with_personal_rows_are_forced_too(superuser: asyncpg.Pool) -> None:
    """`due_work` has no policy: it holds ids only, and workers take up every tenant's. The directory is everybody's."""
    rows = await superuser.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class WHERE relname = ANY($1)",
        list(GLOBAL),
    )
    assert {row["relname"] for row in rows if not row["forced"]} == {"due_work", "partner_directory"}


async def test_the_server_owns_nothing_and_bypasses_nothing(superuser: asyncpg.Pool) -> None:
    role = await superuser.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", SERVER)
    assert role
    powers = ("rolsuper", "rolbypassrls", "rolcreatedb", "rolcreaterole", "rolreplication")
    assert {power: role[power] for power in powers} == dict.fromkeys(powers, False)
    assert await superuser.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = $1", role["oid"]) == 0
    owned = await superuser.fetchval(
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = $1 AND deptype = 'o' AND dbid IN "
        "(0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
        role["oid"],
    )
    assert owned == 0


async def test_the_server_may_do_this_and_no_more(superuser: asyncpg.Pool) -> None:
    """By table; on `users` it holds no right of the whole table, but may read some columns."""
    rows = await superuser.fetch(
        "SELECT table_name, array_agg(privilege_type::text ORDER BY privilege_type) AS rights "
        "FROM information_schema.role_table_grants WHERE grantee = ANY($1) AND table_schema = 'public' GROUP BY 1",
        [SERVER, "PUBLIC"],
    )
    change = ["DELETE", "INSERT", "SELECT", "UPDATE"]
    expected = dict.fromkeys(set(TENANT) | {"sessions", "due_work"}, change)
    expected |= {
        "organizations": ["SELECT"],
        "partner_directory": ["SELECT"],
        "event_heads": ["INSERT", "SELECT", "UPDATE"],
    }
    expected |= {"events": ["INSERT", "SELECT"], "event_details": ["INSERT", "SELECT"]}
    assert {row["table_name"]: row["rights"] for row in rows} == expected
    columns = await superuser.fetch(
        "SELECT column_name::text AS name FROM information_schema.column_privileges "
        "WHERE grantee = $1 AND table_name = 'users' AND table_schema = 'public'",
        SERVER,
    )
    assert {row["name"] for row in columns} == {"id", "email", "full_name", "created_at", "updated_at"}


async def test_definer_functions_are_nailed_down(superuser: asyncpg.Pool) -> None:
    functions = await superuser.fetch(
        """SELECT p.proname AS name, r.rolname AS owner, r.rolcanlogin AS can_sign_in, p.proconfig AS settings,
                  has_function_privilege('public', p.oid, 'EXECUTE') AS public
           FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
           WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"""
    )
    readers = dict.fromkeys(("credentials", "session_user_id", "session_lives"), (AUTH, False))
    # who makes partitions of a table must own it
    assert {row["name"]: (row["owner"], row["can_sign_in"]) for row in functions} == readers | {
        "keep_tracks": ("waypost_owner", True)
    }
    for row in functions:
        assert not row["public"], row["name"]
        assert row["settings"] == ["search_path=pg_catalog, public, pg_temp"], row["name"]


async def test_nobody_but_its_owner_makes_objects(superuser: asyncpg.Pool) -> None:
    """A role that could create a function or a table in `public` could put it in the way of others."""
    for role in (SERVER, AUTH, "public"):
        assert not await superuser.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", role), role


# what the database does


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
        "INSERT INTO idempotency_keys (organization_id, user_id, key, path, request_hash) "
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
    for key in await _foreign_keys(superuser, table):
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
