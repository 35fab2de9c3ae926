"""Opening hours as RFC 5545 rules, what departs from them, and what they make."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Tenant, Versioned, Vocabulary, one_of, refers, words


class ScheduleExceptionKind(Vocabulary):
    CLOSED = "CLOSED", "Not open, whatever the rule says."
    EXTRA = "EXTRA", "Open besides, whatever the rule says."


class Schedule(Tenant, Versioned, Base):
    """Recurring opening hours, in the organization's zone.

    Of a service: its slots. Of a service and a resource: slots rendered by that one. Of a resource alone: when it can
    be used. The rule says on which days; each day is open from `opens_at` to `closes_at` (on the next day if that is
    not later), as one slot, or as one every `slot_every_s`.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        refers("service_id", "services"),
        refers("resource_id", "resources"),
        Index(None, "organization_id", "service_id"),
        Index(None, "organization_id", "resource_id"),
        Index(None, "organization_id", "name", "id"),
        CheckConstraint("num_nonnulls(service_id, resource_id) > 0", name="owner"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("slot_every_s > 0", name="slot_every"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("horizon_days BETWEEN 1 AND 366", name="horizon"),
    )

    name: Mapped[str]
    service_id: Mapped[UUID | None]
    resource_id: Mapped[UUID | None]
    rule: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    opens_at: Mapped[time]
    closes_at: Mapped[time]
    slot_every_s: Mapped[int | None]
    capacity: Mapped[int] = mapped_column(default=1, server_default="1")
    horizon_days: Mapped[int] = mapped_column(default=90, server_default="90")
    planned_until: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class ScheduleException(Tenant, Versioned, Base):
    """Days on which a schedule departs from its rule; without a schedule, all of them do: a public holiday.

    With hours, only those of each day.
    """

    __tablename__ = "schedule_exceptions"
    __table_args__ = (
        refers("schedule_id", "schedules"),
        Index(None, "organization_id", "schedule_id", "starts_on"),
        Index(None, "organization_id", "starts_on", "id"),
        CheckConstraint("starts_on <= ends_on AND ends_on < starts_on + 366", name="days"),
        CheckConstraint("num_nonnulls(opens_at, closes_at) <> 1", name="hours"),
        CheckConstraint("kind = 'CLOSED' OR schedule_id IS NOT NULL", name="extra"),
        one_of("kind", ScheduleExceptionKind),
    )

    schedule_id: Mapped[UUID | None]
    kind: Mapped[ScheduleExceptionKind] = mapped_column(words(ScheduleExceptionKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    opens_at: Mapped[time | None]
    closes_at: Mapped[time | None]
    reason: Mapped[str | None]


class Opening(Tenant, Base):
    """When a resource with hours of its own can be used; rows of one resource neither touch nor overlap."""

    __tablename__ = "openings"
    __table_args__ = (
        refers("resource_id", "resources"),
        Index(None, "organization_id", "resource_id", "ends_at"),
        CheckConstraint("starts_at < ends_at", name="times"),
    )

    resource_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
