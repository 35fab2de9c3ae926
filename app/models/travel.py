"""What providers said about the ways between places, kept so that nothing is asked twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import SmallInteger

from app.models.base import Base, Tenant, refers


class TravelTime(Base):
    """The way between two points, in degrees rounded to 1e-5 (about a metre), left in one band of hours.

    `band` is the provider's hour band; there and back are two rows, for neither is the other's.
    Without a duration and a distance there is no way.
    """

    __tablename__ = "travel_times"
    __table_args__ = (
        CheckConstraint("duration_s >= 0 AND distance_m >= 0", name="amounts"),
        CheckConstraint("(duration_s IS NULL) = (distance_m IS NULL)", name="no_way"),
        Index(None, "organization_id", "fetched_at"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    band: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    origin_lat_e5: Mapped[int] = mapped_column(primary_key=True)
    origin_lng_e5: Mapped[int] = mapped_column(primary_key=True)
    target_lat_e5: Mapped[int] = mapped_column(primary_key=True)
    target_lng_e5: Mapped[int] = mapped_column(primary_key=True)
    duration_s: Mapped[int | None]
    distance_m: Mapped[int | None]
    fetched_at: Mapped[datetime]


class Directions(Tenant, Base):
    """Turn by turn along a route, as laid in one version of it: `legs` in the order of the stops ahead."""

    __tablename__ = "directions"
    __table_args__ = (
        UniqueConstraint("organization_id", "route_id"),
        refers("route_id", "routes", ondelete="CASCADE"),
        CheckConstraint("jsonb_typeof(legs) = 'array'", name="legs"),
    )

    route_id: Mapped[UUID]
    fingerprint: Mapped[str]
    provider: Mapped[str]
    polyline: Mapped[str]
    legs: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    fetched_at: Mapped[datetime]
