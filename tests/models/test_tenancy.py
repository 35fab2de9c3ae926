"""Tenant-safe by construction: what the migrated database says about every table.

Nothing here is a list of tables that somebody must remember to extend, apart from the closed list of global ones.
"""

import asyncpg

from tests.models.tables import BOOKKEEPING, GLOBAL, OUTWARD, SERVER, TENANT, foreign_keys

NOT_BY_ORGANIZATION = {"ix_memberships_user_id": "people find their own memberships before a tenant is known"}
"""Indexes of tenant tables that do not begin with the organization, and why."""

UNCHECKED = {
    "events": "it outlives what it tells of",
    "idempotency_keys": "a caller is a user or an API key",
    "track_points": "making a partition would lock the tables that its keys point to against every writer",
}
"""Tables without foreign keys, and why."""

AUTH = "waypost_auth"


async def test_the_tables_are_those_of_the_models(superuser: asyncpg.Pool) -> None:
    found = await superuser.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition"
    )
    assert {row["relname"] for row in found} == {*TENANT, *GLOBAL, *BOOKKEEPING}


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
    for key in await foreign_keys(superuser, table):
        pairs = list(zip(key["columns"], key["remote"], strict=True))
        if key["target"] in OUTWARD:
            assert len(pairs) == 1
        else:
            assert key["target"] in TENANT, key["name"]
            assert pairs[0] == ("organization_id", "organization_id"), key["name"]
        assert key["deletes"] != "n" or key["nulled"], f"{key['name']}: ON DELETE SET NULL must name its column"


async def test_what_its_columns_name_is_a_foreign_key(superuser: asyncpg.Pool, table: str) -> None:
    """Every `…_id` of a tenant's row is checked by the database, but for a few tables."""
    if table in UNCHECKED:
        return
    columns = await superuser.fetch(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = $1 AND table_schema = 'public' AND column_name LIKE '%\\_id' AND data_type = 'uuid'",
        table,
    )
    referring = {name for key in await foreign_keys(superuser, table) for name in key["columns"]}
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
    """`due_work` has no policy: it holds ids only, and workers take up every tenant's. The rest is everybody's."""
    rows = await superuser.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class WHERE relname = ANY($1)",
        list(GLOBAL),
    )
    assert {row["relname"] for row in rows if not row["forced"]} == {
        "due_work",
        "partner_directory",
        "client_documents",
    }


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
    expected = dict.fromkeys(set(TENANT) | {"sessions", "due_work", "user_identities", "second_factors"}, change)
    expected |= {name: ["SELECT"] for name in ("organizations", "partner_directory", "client_documents")}
    expected |= {"api_keys": ["INSERT", "SELECT", "UPDATE"]}
    expected |= {"event_heads": ["INSERT", "SELECT", "UPDATE"]}
    expected |= {"events": ["INSERT", "SELECT"], "event_details": ["INSERT", "SELECT"]}
    assert {row["table_name"]: row["rights"] for row in rows} == expected
    columns = await superuser.fetch(
        "SELECT column_name::text AS name FROM information_schema.column_privileges "
        "WHERE grantee = $1 AND table_name = 'users' AND table_schema = 'public'",
        SERVER,
    )
    assert {row["name"] for row in columns} == {
        "id",
        "email",
        "full_name",
        "email_confirmed_at",
        "created_at",
        "updated_at",
    }


async def test_definer_functions_are_nailed_down(superuser: asyncpg.Pool) -> None:
    functions = await superuser.fetch(
        """SELECT p.proname AS name, r.rolname AS owner, r.rolcanlogin AS can_sign_in, p.proconfig AS settings,
                  has_function_privilege('public', p.oid, 'EXECUTE') AS public
           FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
           WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"""
    )
    before = ("credentials", "forget_user", "session_user_id", "session_lives")
    of_keys = ("api_key", "api_key_lives", "organization_named")
    of_people = ("add_user", "end_sessions", "identity_user_id", "set_email", "set_password")
    readers = dict.fromkeys((*before, *of_keys, *of_people, "forget_idempotency_keys"), (AUTH, False))
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
