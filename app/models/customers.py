"""The people who bring something, and the places where they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Tenant, Versioned, refers


class Customer(Tenant, Versioned, Base):
    """A person or firm that the organization serves; may be a user of the public app."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id"),
        UniqueConstraint("organization_id", "external_id"),
        Index(None, "organization_id", "name", "id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    notes: Mapped[str | None]
    external_id: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class Place(Tenant, Versioned, Base):
    """An address with a point on the map; without a customer it is a site or depot of the organization."""

    __tablename__ = "places"
    __table_args__ = (
        refers("customer_id", "customers"),
        Index(None, "organization_id", "customer_id", "label", "id"),
        Index(None, "organization_id", "label", "id"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
    )

    customer_id: Mapped[UUID | None]
    label: Mapped[str]
    address: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    access_notes: Mapped[str | None]
