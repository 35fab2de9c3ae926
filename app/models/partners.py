"""Who works with the organization, and what comes from their systems."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Global, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words


class PartnerType(Vocabulary):
    VET = "VET", "A veterinarian."
    FOOD_BRAND = "FOOD_BRAND", "A maker of food."
    GROOMER = "GROOMER", "A groomer."
    SHOP = "SHOP", "A shop."
    HOSPITAL = "HOSPITAL", "A hospital or a clinic for people."
    VENDOR = "VENDOR", "Somebody who sells parts or goods."


class SyncKind(Vocabulary):
    VACCINATIONS = "VACCINATIONS", "Vaccines that were given."
    REPORTS = "REPORTS", "What was found and done: check-ups, treatments, operations."


class ImportMode(Vocabulary):
    AUTOMATIC = "AUTOMATIC", "What comes is taken over at once."
    REVIEW = "REVIEW", "What comes waits until somebody has looked at it."


class ConnectionStatus(Vocabulary):
    ACTIVE = "ACTIVE", "In use."
    PAUSED = "PAUSED", "Nothing is fetched until somebody says so."
    REMOVED = "REMOVED", "The partner's system is not asked any more, and the credentials are gone."


class SyncStatus(Vocabulary):
    QUEUED = "QUEUED", "Waits for a worker."
    RUNNING = "RUNNING", "Under way."
    SUCCEEDED = "SUCCEEDED", "Everything was asked for; what was refused is listed."
    FAILED = "FAILED", "The partner's system did not answer, or not as agreed."
    CANCELLED = "CANCELLED", "Called off."


class SyncProblem(Vocabulary):
    MALFORMED = "MALFORMED", "The row is not what was agreed: a value is missing or of the wrong kind."
    OTHER_SUBJECT = "OTHER_SUBJECT", "The row is about another chip number than was asked for."
    IMPLAUSIBLE = "IMPLAUSIBLE", "A date cannot be right."
    CONFLICT = "CONFLICT", "The same external id came for another subject, or among the other kind of rows, before."
    UNREADABLE = "UNREADABLE", "A page could not be read."
    UNREACHABLE = "UNREACHABLE", "The partner's system did not answer in time, or with an error, however often asked."


class ReviewStatus(Vocabulary):
    PENDING = "PENDING", "Somebody must look at it."
    ACCEPTED = "ACCEPTED", "It became a care record."
    REJECTED = "REJECTED", "It was not taken."


C, Y, V = ConnectionStatus, SyncStatus, ReviewStatus
CONNECTION_MACHINE = Machine(
    "partner connection", {C.ACTIVE: {C.PAUSED, C.REMOVED}, C.PAUSED: {C.ACTIVE, C.REMOVED}, C.REMOVED: set()}
)
SYNC_MACHINE = Machine(
    "sync run",
    {
        Y.QUEUED: {Y.RUNNING, Y.FAILED, Y.CANCELLED},
        Y.RUNNING: {Y.SUCCEEDED, Y.FAILED, Y.CANCELLED},
        Y.SUCCEEDED: set(),
        Y.FAILED: set(),
        Y.CANCELLED: set(),
    },
)
REVIEW_MACHINE = Machine(
    "review item", {V.PENDING: {V.ACCEPTED, V.REJECTED}, V.ACCEPTED: {V.PENDING}, V.REJECTED: {V.PENDING}}
)


class DirectoryEntry(Global, Base):
    """A partner whom every organization can choose; the server only reads it."""

    __tablename__ = "partner_directory"
    __table_args__ = (
        Index(None, "type", "country", "name", "id"),
        Index(None, "name", "id"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        one_of("type", PartnerType),
    )

    type: Mapped[PartnerType] = mapped_column(words(PartnerType))
    country: Mapped[str]
    name: Mapped[str]
    clinic: Mapped[str | None]
    licence_number: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    website: Mapped[str | None]
    address: Mapped[str | None]


class Partner(Tenant, Versioned, Base):
    """A vet, a brand, a shop that the organization works with; its type never changes."""

    __tablename__ = "partners"
    __table_args__ = (
        UniqueConstraint("organization_id", "directory_entry_id"),
        UniqueConstraint("organization_id", "external_id"),
        Index(None, "organization_id", "name", "id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        CheckConstraint("type = 'VET' OR (clinic IS NULL AND licence_number IS NULL)", name="vets"),
        one_of("type", PartnerType),
    )

    type: Mapped[PartnerType] = mapped_column(words(PartnerType))
    directory_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner_directory.id"))
    name: Mapped[str]
    clinic: Mapped[str | None]
    licence_number: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    website: Mapped[str | None]
    address: Mapped[str | None]
    notes: Mapped[str | None]
    external_id: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class PartnerLink(Tenant, Versioned, Base):
    """How a partner's system is asked, what for, and how it has answered lately.

    To clients a type that ends in Connection is a page of a list (Relay), so it is called a link.
    credentials: encrypted; None where the system asks for none. protocol_codes: their code → ours, where they differ.
    failures: runs in a row that failed; after some of them nothing is asked before `closed_until` (a circuit breaker).
    """

    __tablename__ = "partner_connections"
    __table_args__ = (
        refers("partner_id", "partners"),
        Index(None, "organization_id", "partner_id", "id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("endpoint ~ '^https?://'", name="endpoint"),
        CheckConstraint("cardinality(kinds) > 0 AND kinds <@ '{VACCINATIONS,REPORTS}'::text[]", name="kinds"),
        CheckConstraint("every_hours BETWEEN 1 AND 720", name="every"),
        CheckConstraint("jsonb_typeof(protocol_codes) = 'object'", name="protocol_codes"),
        CheckConstraint("status <> 'REMOVED' OR credentials IS NULL", name="removed"),
        one_of("mode", ImportMode),
        one_of("status", ConnectionStatus),
    )
    machine: ClassVar = CONNECTION_MACHINE

    partner_id: Mapped[UUID]
    status: Mapped[ConnectionStatus] = mapped_column(words(ConnectionStatus))
    endpoint: Mapped[str]
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    mode: Mapped[ImportMode] = mapped_column(words(ImportMode))
    every_hours: Mapped[int | None]
    protocol_codes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_until: Mapped[datetime | None]
    last_synced_at: Mapped[datetime | None]


class SyncRun(Tenant, Base):
    """One time that a partner's system was asked for all that is wanted, and what came of it.

    cursor: subjects up to this one, in order of id, are dealt with; a run that is taken up again goes on behind it.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (
        refers("connection_id", "partner_connections"),
        Index(None, "organization_id", "connection_id", "created_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        Index(
            "uq_sync_runs_live",
            "organization_id",
            "connection_id",
            unique=True,
            postgresql_where=text("status IN ('QUEUED', 'RUNNING')"),
        ),
        one_of("status", SyncStatus),
    )
    machine: ClassVar = SYNC_MACHINE

    connection_id: Mapped[UUID]
    status: Mapped[SyncStatus] = mapped_column(words(SyncStatus))
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    cursor: Mapped[UUID | None]
    subjects: Mapped[int] = mapped_column(default=0, server_default="0")
    subjects_done: Mapped[int] = mapped_column(default=0, server_default="0")
    created: Mapped[int] = mapped_column(default=0, server_default="0")
    updated: Mapped[int] = mapped_column(default=0, server_default="0")
    skipped: Mapped[int] = mapped_column(default=0, server_default="0")
    refused: Mapped[int] = mapped_column(default=0, server_default="0")
    queued: Mapped[int] = mapped_column(default=0, server_default="0")


class SyncIssue(Tenant, Base):
    """A row or a page that a run refused, and why."""

    __tablename__ = "sync_issues"
    __table_args__ = (
        refers("run_id", "sync_runs"),
        refers("subject_id", "subjects"),
        Index(None, "organization_id", "run_id", "id"),
        one_of("problem", SyncProblem),
    )

    run_id: Mapped[UUID]
    subject_id: Mapped[UUID | None]
    external_id: Mapped[str | None]
    problem: Mapped[SyncProblem] = mapped_column(words(SyncProblem))
    detail: Mapped[str]


class SyncState(Tenant, Base):
    """What a partner's system said last about a subject: asked again with it, it can say that nothing is new."""

    __tablename__ = "sync_states"
    __table_args__ = (
        refers("connection_id", "partner_connections"),
        refers("subject_id", "subjects"),
        UniqueConstraint("organization_id", "connection_id", "kind", "subject_id"),
        one_of("kind", SyncKind),
    )

    connection_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    kind: Mapped[SyncKind] = mapped_column(words(SyncKind))
    chip_number: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]


class ReviewItem(Tenant, Base):
    """A row of a partner's that somebody must look at before it becomes a care record.

    `values` is what the record would have; a later version of the row takes the place of one that still waits.
    """

    __tablename__ = "review_items"
    __table_args__ = (
        refers("connection_id", "partner_connections"),
        refers("subject_id", "subjects"),
        refers("record_id", "care_records"),
        UniqueConstraint("organization_id", "connection_id", "external_id"),
        Index(None, "organization_id", "status", "created_at", "id"),
        Index(None, "organization_id", "subject_id", "created_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("jsonb_typeof(values) = 'object'", name="values"),
        CheckConstraint("status <> 'ACCEPTED' OR record_id IS NOT NULL", name="accepted"),
        one_of("status", ReviewStatus),
    )
    machine: ClassVar = REVIEW_MACHINE

    connection_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    external_id: Mapped[str]
    status: Mapped[ReviewStatus] = mapped_column(words(ReviewStatus))
    values: Mapped[dict[str, Any]]
    record_id: Mapped[UUID | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
