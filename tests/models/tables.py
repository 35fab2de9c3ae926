"""The tables, and what the catalogue says of what they refer to."""

import asyncpg

from app.models import Base

GLOBAL = {
    "organizations",
    "users",
    "sessions",
    "due_work",
    "partner_directory",
    "api_keys",
    "client_documents",
    "user_identities",
    "second_factors",
}
"""The closed list."""
BOOKKEEPING = {"alembic_version"}
TENANT = sorted(table.name for table in Base.metadata.sorted_tables if table.name not in GLOBAL)

OUTWARD = {"organizations", "users", "partner_directory"}
"""What a tenant's row may refer to besides rows of its own tenant: none of them is anybody's."""

SERVER = "waypost_server"


async def foreign_keys(superuser: asyncpg.Pool, table: str) -> list[asyncpg.Record]:
    """Whose columns refer to which, and what happens to them if the row goes."""
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
