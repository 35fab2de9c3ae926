"""Idempotency keys by caller, and files of whole connections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.closing import reword, unbound
from app.models.policies import AUTH, SERVER

revision = "0012"
down_revision = "0011"

FORGET = """
    CREATE FUNCTION forget_idempotency_keys(before timestamptz, many integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT organization_id, caller_id, key, path FROM public.idempotency_keys
            WHERE created_at < before LIMIT many
        ), gone AS (
            -- asked again: one that is claimed anew meanwhile is old no more
            DELETE FROM public.idempotency_keys k USING old
            WHERE k.organization_id = old.organization_id AND k.caller_id = old.caller_id
              AND k.key = old.key AND k.path = old.path AND k.created_at < before
            RETURNING 1
        )
        SELECT count(*) FROM gone;
    END"""
"""Throws away some keys that hold no more, of whatever organization; answers how many."""
SIGNATURE = "forget_idempotency_keys(timestamptz, integer)"


def upgrade() -> None:
    op.drop_constraint(op.f("fk_idempotency_keys_user_id"), "idempotency_keys", type_="foreignkey")
    op.alter_column("idempotency_keys", "user_id", new_column_name="caller_id")
    op.execute(FORGET)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {SERVER}")
    op.execute(f"GRANT SELECT, DELETE ON idempotency_keys TO {AUTH}")
    op.execute(f"GRANT CREATE ON SCHEMA public TO {AUTH}")
    op.execute(f"ALTER FUNCTION {SIGNATURE} OWNER TO {AUTH}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {AUTH}")
    op.add_column("exports", sa.Column("connection", sa.Text(), nullable=True))
    op.add_column("exports", sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    reword("exports", "kind", add=("CONNECTION",))
    for name, condition in {
        "connection": "(kind = 'CONNECTION') = (connection IS NOT NULL)",
        "request": "request IS NULL OR kind = 'CONNECTION'",
    }.items():
        op.execute(f"ALTER TABLE exports ADD CONSTRAINT ck_exports_{name} CHECK ({condition}) NOT VALID")
        op.execute(f"ALTER TABLE exports VALIDATE CONSTRAINT ck_exports_{name}")
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("ix_idempotency_keys_created_at"),
            "idempotency_keys",
            ["organization_id", "created_at"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    """What the older release has no word for goes: files of connections, and keys of callers who are no users."""
    with op.get_context().autocommit_block():
        op.drop_index(
            op.f("ix_idempotency_keys_created_at"),
            table_name="idempotency_keys",
            postgresql_concurrently=True,
            if_exists=True,
        )
    unbound(("exports",), ["DELETE FROM exports WHERE kind = 'CONNECTION'"])
    for name in ("connection", "request"):
        op.drop_constraint(op.f(f"ck_exports_{name}"), "exports", type_="check")
        op.drop_column("exports", name)
    reword("exports", "kind", remove=("CONNECTION",))
    op.execute(f"SET LOCAL ROLE {AUTH}")
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("RESET ROLE")
    op.execute(f"REVOKE SELECT, DELETE ON idempotency_keys FROM {AUTH}")
    unbound(("idempotency_keys",), ["DELETE FROM idempotency_keys WHERE caller_id NOT IN (SELECT id FROM users)"])
    op.alter_column("idempotency_keys", "caller_id", new_column_name="user_id")
    op.create_foreign_key(op.f("fk_idempotency_keys_user_id"), "idempotency_keys", "users", ["user_id"], ["id"])
