"""Runs migrations as the role that owns the tables, with bounds on how long they may wait and lock."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.db import async_url
from app.models import Base

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


def _migrate(connection: Connection) -> None:
    # partitions come and go by themselves; what they look like is said by the table that they are of
    partitions = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=lambda name, type_, _: type_ != "table" or name not in partitions,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ.get("WAYPOST_DATABASE_OWNER_URL")
    if not url:
        raise SystemExit("WAYPOST_DATABASE_OWNER_URL is not set: migrations run as the role that owns the tables.")
    engine = create_async_engine(async_url(url))
    async with engine.connect() as connection:
        await connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        await connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        await connection.commit()
        await connection.run_sync(_migrate)
    await engine.dispose()


asyncio.run(_run())
