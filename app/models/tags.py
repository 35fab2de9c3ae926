"""Tags that a subject wears, and what was scanned."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words


class TagKind(Vocabulary):
    NFC = "NFC", "A chip that is read by touch."
    QR = "QR", "A printed code that is read by a camera."


class TagStatus(Vocabulary):
    ACTIVE = "ACTIVE", "In use."
    RETIRED = "RETIRED", "Lost, broken or replaced; scanning it finds nothing."


class ScanKind(Vocabulary):
    CHECK_IN = "CHECK_IN", "The subject came."
    CHECK_OUT = "CHECK_OUT", "The subject left."
    SIGHTING = "SIGHTING", "The subject was seen; nothing else follows."


TAG_MACHINE = Machine("tag", {TagStatus.ACTIVE: {TagStatus.RETIRED}, TagStatus.RETIRED: set()})


class Tag(Tenant, Versioned, Base):
    """A chip or code that says which subject wears it."""

    __tablename__ = "tags"
    __table_args__ = (
        refers("subject_id", "subjects"),
        refers("customer_id", "customers"),
        refers("replaced_by_id", "tags"),
        UniqueConstraint("organization_id", "uid"),
        Index(None, "organization_id", "subject_id", "created_at", "id"),
        Index(None, "organization_id", "customer_id", "created_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        one_of("kind", TagKind),
        one_of("status", TagStatus),
    )
    machine: ClassVar = TAG_MACHINE

    kind: Mapped[TagKind] = mapped_column(words(TagKind))
    status: Mapped[TagStatus] = mapped_column(words(TagStatus))
    uid: Mapped[str]
    label: Mapped[str | None]
    subject_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    replaced_by_id: Mapped[UUID | None]
    retired_at: Mapped[datetime | None]
    last_scanned_at: Mapped[datetime | None]


class TagScan(Tenant, Base):
    """One reading of a tag. `counted` is the time in which another of the same kind is taken for the same."""

    __tablename__ = "tag_scans"
    __table_args__ = (
        refers("tag_id", "tags"),
        refers("subject_id", "subjects"),
        refers("customer_id", "customers"),
        refers("booking_id", "bookings"),
        refers("driver_id", "drivers"),
        refers("place_id", "places"),
        Index(None, "organization_id", "tag_id", "scanned_at", "id"),
        Index(None, "organization_id", "subject_id", "scanned_at", "id"),
        Index(None, "organization_id", "customer_id", "scanned_at", "id"),
        Index(None, "organization_id", "driver_id", "scanned_at", "id"),
        Index(None, "organization_id", "scanned_at", "id"),
        ExcludeConstraint(
            ("organization_id", "="),
            ("tag_id", "="),
            ("kind", "="),
            ("counted", "&&"),
            name="ex_tag_scans_counted",
            using="gist",
        ),
        one_of("kind", ScanKind),
    )

    tag_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    booking_id: Mapped[UUID | None]
    kind: Mapped[ScanKind] = mapped_column(words(ScanKind))
    scanned_at: Mapped[datetime]
    counted: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    scanned_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    driver_id: Mapped[UUID | None]
    place_id: Mapped[UUID | None]
    location: Mapped[str | None]
