"""Inserting rows, with as few messages to the database as can be: most tests do little else."""

from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

Row = tuple[str, dict[str, Any]]
"""A table, and what stands in its columns."""


def open_pool(url: str, max_size: int) -> "asyncpg.pool.Pool[asyncpg.Record]":
    """Connections on which nobody changes settings: without a reset after each statement, there are half as many."""
    return asyncpg.create_pool(url, min_size=1, max_size=max_size, reset=_as_it_is)


async def _as_it_is(_: object) -> None:
    pass


async def insert(pool: asyncpg.Pool, table: str, **values: Any) -> UUID:
    """Insert a row with an id of its own, and answer that."""
    values.setdefault("id", uuid7())
    columns = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await pool.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", *values.values())
    id: UUID = values["id"]
    return id


async def insert_together(pool: asyncpg.Pool, *rows: Row) -> None:
    """Insert rows of any tables in one statement. They may refer to each other."""
    given: list[Any] = []
    parts = []
    for number, (table, values) in enumerate(rows):
        places = ", ".join(f"${place}" for place in range(len(given) + 1, len(given) + len(values) + 1))
        parts.append(f"row_{number} AS (INSERT INTO {table} ({', '.join(values)}) VALUES ({places}))")
        given.extend(values.values())
    await pool.execute(f"WITH {', '.join(parts)} SELECT", *given)
