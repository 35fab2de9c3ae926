"""Migrations: up, down and up again, within bounds of time, to the very tables that the models describe.

`tests/snapshots/schema.sql` is the database as it stands after them: a change of the DDL shows in the diff. Run with
WAYPOST_UPDATE_SNAPSHOTS=1 to write it anew.
"""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.conftest import migrate

SNAPSHOT = Path(__file__).parent / "snapshots" / "schema.sql"
UPDATE = "WAYPOST_UPDATE_SNAPSHOTS"
NOISE = re.compile(r"--|\\(un)?restrict |SET |SELECT pg_catalog\.set_config|COMMENT ON EXTENSION ")
"""Lines that tell of pg_dump and its version, not of the database."""

WATCH = """
    CREATE SCHEMA watch;
    CREATE TABLE watch.seen (command text, lock_timeout text, statement_timeout text);
    CREATE FUNCTION watch.look() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        -- an index that is dropped concurrently must be the first to write in its transaction
        IF tg_tag = 'DROP INDEX' THEN RETURN; END IF;
        INSERT INTO watch.seen VALUES (tg_tag, current_setting('lock_timeout'), current_setting('statement_timeout'));
    END $$;
    CREATE EVENT TRIGGER watch ON ddl_command_start EXECUTE FUNCTION watch.look();
"""


@pytest_asyncio.fixture
async def empty(names: dict[str, str], worker_number: int) -> AsyncIterator[str]:
    """A database as it is before the first migration."""
    name = f"migrations_{worker_number}"
    postgres = await asyncpg.connect(names["superuser"].format("postgres"))
    await postgres.execute(f"CREATE DATABASE {name} OWNER waypost_owner")
    inside = await asyncpg.connect(names["superuser"].format(name))
    await inside.execute("CREATE EXTENSION btree_gist")
    await inside.close()
    yield name
    await postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await postgres.close()


class Migrations:
    """Alembic and pg_dump on one database."""

    def __init__(self, names: dict[str, str], database: str) -> None:
        self._owner = names["owner"].format(database)
        self._superuser = names["superuser"].format(database)
        self._pg_dump = Path(names["programs"], "pg_dump")

    async def alembic(self, *arguments: str) -> None:
        await asyncio.to_thread(migrate, self._owner, *arguments)

    async def ddl(self) -> str:
        """The whole schema, but for Alembic's own table."""
        flags = ("--schema-only", "--no-owner", "--exclude-table=alembic_version")
        command: list[str | Path] = [self._pg_dump, *flags, f"--dbname={self._superuser}"]
        dumped = await asyncio.to_thread(_output_of, command)
        lines = [line for line in dumped.splitlines() if not NOISE.match(line)]
        return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip() + "\n"

    async def execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self._superuser)
        await connection.execute(sql)
        await connection.close()

    async def timeouts(self) -> list[tuple[str, ...]]:
        """Of every DDL command since the watch was set."""
        connection = await asyncpg.connect(self._superuser)
        rows = await connection.fetch("SELECT DISTINCT lock_timeout, statement_timeout FROM watch.seen")
        await connection.close()
        return [tuple(row) for row in rows]


def _output_of(command: list[str | Path]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest_asyncio.fixture
async def migrated(names: dict[str, str], superuser_url: str) -> Migrations:
    """Of a copy of the database that was brought up to date when the session began."""
    return Migrations(names, superuser_url.rpartition("/")[2])


async def test_up_down_and_up_again_leaves_the_same(names: dict[str, str], empty: str) -> None:
    """And on the way, the database sees bounds on how long each command may wait for a lock and run."""
    migrations = Migrations(names, empty)
    await migrations.execute(WATCH)
    nothing = await migrations.ddl()
    await migrations.alembic("upgrade", "head")
    everything = await migrations.ddl()
    await migrations.alembic("downgrade", "base")
    assert await migrations.ddl() == nothing
    await migrations.alembic("upgrade", "head")
    assert await migrations.ddl() == everything
    assert await migrations.timeouts() == [("5s", "10min")]


async def test_the_models_are_the_tables(migrated: Migrations) -> None:
    await migrated.alembic("check")


async def test_partitions_make_no_difference(migrated: Migrations) -> None:
    """They come and go by themselves; nobody has to migrate because of them, and they go with their table."""
    await migrated.execute("SELECT keep_tracks(current_date, current_date + 2, current_date)")
    await migrated.alembic("check")
    await migrated.alembic("downgrade", "0005")
    await migrated.alembic("upgrade", "head")


async def test_the_ddl_is_the_one_that_was_reviewed(names: dict[str, str], empty: str) -> None:
    migrations = Migrations(names, empty)
    await migrations.alembic("upgrade", "head")
    ddl = await migrations.ddl()
    if os.environ.get(UPDATE):
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(ddl)
    if not SNAPSHOT.exists() or SNAPSHOT.read_text() != ddl:
        pytest.fail(f"the database is not {SNAPSHOT.name} any more: run with {UPDATE}=1 and look at the difference")
