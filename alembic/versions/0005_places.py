"""The index that lists slots by time also holds what is added up of them: `availability` and occupancy read no rows."""

from alembic import op

revision = "0005"
down_revision = "0004"

COLUMNS = ["organization_id", "starts_at", "id"]
COVERED = ["service_id", "capacity", "taken", "status"]


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_slots_places",
            "slots",
            COLUMNS,
            postgresql_include=COVERED,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.drop_index("ix_slots_starts_at_id", "slots", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("ix_slots_starts_at_id"), "slots", COLUMNS, postgresql_concurrently=True, if_not_exists=True
        )
        op.drop_index("ix_slots_places", "slots", postgresql_concurrently=True, if_exists=True)
