"""Indexes that dispatch asks of tables which are in use, built while they are.

The order of a route's stops is checked at the end of a statement from now on, so that one statement can change it all.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

INDEXES = {"ix_drivers_team_id": ("drivers", "team_id"), "ix_transports_outbound_id": ("transports", "outbound_id")}
SEQUENCE = "uq_stops_route_id_sequence"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, column) in INDEXES.items():
            op.create_index(
                op.f(name), table, ["organization_id", column], postgresql_concurrently=True, if_not_exists=True
            )
    _sequence("DEFERRABLE INITIALLY IMMEDIATE")


def downgrade() -> None:
    _sequence("NOT DEFERRABLE")
    with op.get_context().autocommit_block():
        for name, (table, _) in INDEXES.items():
            op.drop_index(op.f(name), table, postgresql_concurrently=True, if_exists=True)


def _sequence(when: str) -> None:
    """Build the index while stops are written, then let it stand in for the old one."""
    columns = "(organization_id, route_id, sequence)"
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {SEQUENCE}_new")
        op.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {SEQUENCE}_new ON stops {columns}")
    op.execute(f"ALTER TABLE stops DROP CONSTRAINT {SEQUENCE}")
    op.execute(f"ALTER TABLE stops ADD CONSTRAINT {SEQUENCE} UNIQUE USING INDEX {SEQUENCE}_new {when}")
