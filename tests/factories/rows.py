"""Inserting a row."""

from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7


async def insert(pool: asyncpg.Pool, table: str, **values: Any) -> UUID:
    """Insert a row with an id of its own, and answer that."""
    values.setdefault("id", uuid7())
    columns = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await pool.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", *values.values())
    id: UUID = values["id"]
    return id
