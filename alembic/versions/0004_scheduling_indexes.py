"""Indexes that scheduling asks of tables which are in use, built while they are."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# name: (table, columns, unique, which rows)
INDEXES = {
    "ix_allocations_unit_id_ends_at": ("allocations", ["unit_id", "ends_at"], False, "unit_id IS NOT NULL"),
    "ix_bookings_group_id": ("bookings", ["group_id"], False, "group_id IS NOT NULL"),
    "ix_bookings_series_id_starts_at": ("bookings", ["series_id", "starts_at"], False, "series_id IS NOT NULL"),
    "ix_slots_resource_id_starts_at": ("slots", ["resource_id", "starts_at"], False, "resource_id IS NOT NULL"),
    "ix_slots_withdrawn": ("slots", ["starts_at"], False, "status = 'WITHDRAWN'"),
    "ix_slots_schedule_id_starts_at": ("slots", ["schedule_id", "starts_at"], True, "schedule_id IS NOT NULL"),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, columns, unique, rows) in INDEXES.items():
            op.create_index(
                op.f(name),
                table,
                ["organization_id", *columns],
                unique=unique,
                postgresql_where=sa.text(rows),
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, *_) in INDEXES.items():
            op.drop_index(op.f(name), table, postgresql_concurrently=True, if_exists=True)
