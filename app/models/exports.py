"""Long lists and everything about a person, written into a file by a job."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Vocabulary, one_of, refers, words


class ExportKind(Vocabulary):
    AUDIT_LOG = "AUDIT_LOG", "What happened, with who did it, from where, and what was changed."
    PERSON = "PERSON", "Everything that is known about one customer."
    CONNECTION = "CONNECTION", "A whole list of the API, with the fields that were asked for."


class ExportFormat(Vocabulary):
    CSV = "CSV", "Comma-separated values, with a line of headings."
    JSONL = "JSONL", "A JSON object in each line."
    ZIP = "ZIP", "An archive of JSON files and documents."


class ExportStatus(Vocabulary):
    QUEUED = "QUEUED", "Waits for a worker."
    RUNNING = "RUNNING", "Is being written."
    SUCCEEDED = "SUCCEEDED", "Can be downloaded."
    FAILED = "FAILED", "Could not be written."
    CANCELLED = "CANCELLED", "Called off."


S = ExportStatus
EXPORT_MACHINE = Machine(
    "export",
    {
        S.QUEUED: {S.RUNNING, S.FAILED, S.CANCELLED},
        S.RUNNING: {S.SUCCEEDED, S.FAILED, S.CANCELLED},
        S.SUCCEEDED: set(),
        S.FAILED: set(),
        S.CANCELLED: set(),
    },
)


class Export(Tenant, Base):
    """One file that somebody asked for. rows, rows_done: how far it is.

    connection: the list that is written; request: the query for it, which is forgotten once the export is over.
    """

    __tablename__ = "exports"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("document_id", "documents"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("(kind = 'PERSON') = (customer_id IS NOT NULL)", name="person"),
        CheckConstraint("(kind = 'PERSON') = (format = 'ZIP')", name="format_of_kind"),
        CheckConstraint("status <> 'SUCCEEDED' OR document_id IS NOT NULL", name="succeeded"),
        CheckConstraint("jsonb_typeof(filter) = 'object'", name="filter"),
        CheckConstraint("(kind = 'CONNECTION') = (connection IS NOT NULL)", name="connection"),
        CheckConstraint("request IS NULL OR kind = 'CONNECTION'", name="request"),
        one_of("kind", ExportKind),
        one_of("format", ExportFormat),
        one_of("status", ExportStatus),
    )
    machine: ClassVar = EXPORT_MACHINE

    kind: Mapped[ExportKind] = mapped_column(words(ExportKind))
    format: Mapped[ExportFormat] = mapped_column(words(ExportFormat))
    status: Mapped[ExportStatus] = mapped_column(words(ExportStatus))
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    customer_id: Mapped[UUID | None]
    filter: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    connection: Mapped[str | None]
    request: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    rows: Mapped[int | None]
    rows_done: Mapped[int] = mapped_column(default=0, server_default="0")
    document_id: Mapped[UUID | None]
    error: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
