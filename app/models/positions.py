"""The tracks of drivers: one table, one partition a day, thrown away after a while."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class TrackPoint(Base):
    """Where a driver was at an instant; telling it twice changes nothing.

    Without foreign keys: making a partition would lock the tables that they point to against every writer. The
    statement that inserts takes the driver from `drivers`.
    """

    __tablename__ = "track_points"
    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("heading_deg >= 0 AND heading_deg < 360", name="heading"),
        CheckConstraint("speed_mps >= 0", name="speed"),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    driver_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    heading_deg: Mapped[float | None]
    speed_mps: Mapped[float | None]
