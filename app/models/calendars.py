"""Calendars that people subscribe to from their own calendar program."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from app.models.base import Base, Tenant, refers


class CalendarFeed(Tenant, Base):
    """A revocable permission to read one customer's, one driver's or one resource's calendar by its URL alone."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("driver_id", "drivers"),
        refers("resource_id", "resources"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "customer_id", "created_at"),
        Index(None, "organization_id", "driver_id", "created_at"),
        Index(None, "organization_id", "resource_id", "created_at"),
        CheckConstraint("num_nonnulls(customer_id, driver_id, resource_id) = 1", name="owner"),
    )

    name: Mapped[str]
    customer_id: Mapped[UUID | None]
    driver_id: Mapped[UUID | None]
    resource_id: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]
