"""The pool of connections, with more who want one than there are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from app.db import Database
from app.settings import Settings
from tests.steps import eventually


@asynccontextmanager
async def pool(settings: Settings, **knobs: Any) -> AsyncIterator[Database]:
    database = Database.connect(settings.model_copy(update={"database_pool_size": 1, **knobs}))
    try:
        yield database
    finally:
        await database.close()


class Line:
    """Who had the only connection, in order."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.served: list[str | int] = []

    async def ask(self, name: str | int) -> None:
        async with self.database.write.begin() as session:
            await session.execute(text("SELECT 1"))
            self.served.append(name)

    async def waiting(self, name: str | int) -> asyncio.Task[None]:
        """Somebody who comes to the end of the line."""
        task = asyncio.create_task(self.ask(name))
        await asyncio.sleep(0)
        return task


async def test_whoever_waits_longest_is_next(settings: Settings) -> None:
    """However many come by just when a connection is given back."""
    async with pool(settings) as database:
        line = Line(database)
        await line.ask("the first")
        await asyncio.gather(*[await line.waiting(number) for number in range(500)])
        assert line.served == ["the first", *range(500)]


async def test_whoever_gives_up_leaves_the_line(settings: Settings) -> None:
    async with pool(settings) as database:
        line = Line(database)
        session = database.write()
        await session.execute(text("SELECT 1"))
        first, second, third = [await line.waiting(name) for name in "abc"]
        second.cancel()
        await session.close()
        # it was given to the first, who has not come to take it
        first.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        assert (first.cancelled(), second.cancelled(), line.served) == (True, True, ["c"])
        await line.ask("d")
        assert line.served == ["c", "d"]


async def test_nobody_waits_for_ever(settings: Settings) -> None:
    async with pool(settings, database_pool_timeout_s=0.1) as database:
        line = Line(database)
        async with database.write.begin() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(NoConnection):
                await line.ask("a")
        await line.ask("b")
        assert line.served == ["b"]


async def test_a_connection_that_has_ended_is_replaced(settings: Settings, superuser: asyncpg.Pool) -> None:
    """While it lay in the pool: the server was started anew, or an administrator ended it."""
    async with pool(settings, database_pool_size=2) as database:
        driven, pids = await both(database)
        await superuser.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", pids)

        async def noticed() -> bool:
            return all(connection.is_closed() for connection in driven)

        await eventually(noticed)
        _, later = await both(database)
        assert set(later).isdisjoint(pids)


async def both(database: Database) -> tuple[list[Any], list[int]]:
    """The two connections of a pool, and their numbers on the server."""
    async with database.write() as first, database.read() as second:
        sessions = (first, second)
        pids = [await session.scalar(text("SELECT pg_backend_pid()")) for session in sessions]
        raw = [await (await session.connection()).get_raw_connection() for session in sessions]
        return [connection.driver_connection for connection in raw], pids


async def test_errors_tell_nothing_of_what_was_asked(settings: Settings) -> None:
    """They go into logs."""
    async with pool(settings) as database, database.read() as session:
        with pytest.raises(DBAPIError) as caught:
            await session.execute(text("SELECT 1 / 0 WHERE :name <> ''"), {"name": "Nino Beridze"})
    assert "Nino" not in str(caught.value)
