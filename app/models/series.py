"""Standing bookings."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words


class SeriesStatus(Vocabulary):
    ACTIVE = "ACTIVE", "Books ahead."
    PAUSED = "PAUSED", "Books nothing on the days of its pause."
    ENDED = "ENDED", "Books nothing more."


SERIES_MACHINE = Machine(
    "series",
    {
        SeriesStatus.ACTIVE: {SeriesStatus.PAUSED, SeriesStatus.ENDED},
        SeriesStatus.PAUSED: {SeriesStatus.ACTIVE, SeriesStatus.ENDED},
    },
)


class OccurrenceOutcome(Vocabulary):
    BOOKED = "BOOKED", "It was booked; its booking tells what became of it."
    SLOT_FULL = "SLOT_FULL", "Every place was taken."
    NO_SLOT = "NO_SLOT", "The service takes no booking at that time."
    NO_RESOURCE = "NO_RESOURCE", "What the service needs was in use."
    NOT_ALLOWED = "NOT_ALLOWED", "The service's policy did not allow it, or the subject does not come any more."
    CARE_MISSING = "CARE_MISSING", "Care that the service asks for was not in date."


LOCAL = DateTime(timezone=False)
"""A time on the wall, in the series' zone."""


class Series(Tenant, Versioned, Base):
    """One subject, one service, again and again: an RFC 5545 rule from a first time on, in a zone, with exceptions."""

    __tablename__ = "series"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("subject_id", "subjects"),
        refers("service_id", "services"),
        refers("resource_id", "resources"),
        Index(None, "organization_id", "customer_id", "created_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "subject_id"),
        Index(None, "organization_id", "service_id"),
        CheckConstraint("(status = 'PAUSED') = (paused_from IS NOT NULL)", name="paused"),
        CheckConstraint("paused_from <= paused_until", name="pause"),
        one_of("status", SeriesStatus),
    )
    machine: ClassVar = SERIES_MACHINE

    customer_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    service_id: Mapped[UUID]
    resource_id: Mapped[UUID | None]
    status: Mapped[SeriesStatus] = mapped_column(
        words(SeriesStatus), default=SeriesStatus.ACTIVE, server_default="ACTIVE"
    )
    rule: Mapped[str]
    time_zone: Mapped[str]
    starts_at_local: Mapped[datetime] = mapped_column(LOCAL)
    ends_before_local: Mapped[datetime | None] = mapped_column(LOCAL)
    except_local: Mapped[list[datetime]] = mapped_column(ARRAY(LOCAL), default=list, server_default=text("'{}'"))
    extra_local: Mapped[list[datetime]] = mapped_column(ARRAY(LOCAL), default=list, server_default=text("'{}'"))
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    booked_until: Mapped[date | None]
    notes: Mapped[str | None]


class Occurrence(Tenant, Base):
    """One time of a series, and what came of it: no time is booked twice."""

    __tablename__ = "occurrences"
    __table_args__ = (
        UniqueConstraint("organization_id", "series_id", "local_at"),
        UniqueConstraint("organization_id", "booking_id"),
        refers("series_id", "series", ondelete="CASCADE"),
        refers("booking_id", "bookings"),
        Index(None, "organization_id", "series_id", "starts_at", "id"),
        CheckConstraint("(outcome = 'BOOKED') = (booking_id IS NOT NULL)", name="booking"),
        one_of("outcome", OccurrenceOutcome),
    )

    series_id: Mapped[UUID]
    local_at: Mapped[datetime] = mapped_column(LOCAL)
    starts_at: Mapped[datetime]
    outcome: Mapped[OccurrenceOutcome] = mapped_column(words(OccurrenceOutcome))
    booking_id: Mapped[UUID | None]
