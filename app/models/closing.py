"""Words of closed lists as DDL, for migrations: a CHECK says what a column may hold."""

import re

from alembic import op
from sqlalchemy import text


def reword(table: str, column: str, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
    """Let a column hold other words. Rows with a word that goes must be gone, or changed, before."""
    constraint = f"ck_{table}_{column}"
    found = op.get_bind().scalar(
        text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:of)"
        ),
        {"name": constraint, "of": table},
    )
    words = [word for word in re.findall(r"'(\w+)'", str(found)) if word not in remove]
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    listed = listing(tuple(dict.fromkeys((*words, *add))))
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IN ({listed})) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


def listing(words: tuple[str, ...]) -> str:
    """As SQL lists them."""
    return ", ".join(f"'{word}'" for word in words)


def unbound(tables: tuple[str, ...], statements: list[str]) -> None:
    """Run statements on rows of all organizations: row-level security binds the owner, too."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
