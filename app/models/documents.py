"""Files that people upload: proofs of delivery, reports, pictures. The bytes lie in an object store."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Vocabulary, one_of, refers, words


class DocumentStatus(Vocabulary):
    AWAITED = "AWAITED", "A direct upload was signed; the bytes are still to come."
    RECEIVED = "RECEIVED", "The bytes are here; a worker looks at them."
    READY = "READY", "Can be downloaded."
    REJECTED = "REJECTED", "Was not what it said, or could not be read; nothing of it is kept."
    REMOVED = "REMOVED", "Was thrown away; nothing of it is kept."


S = DocumentStatus
DOCUMENT_MACHINE = Machine(
    "document",
    {
        S.AWAITED: {S.RECEIVED, S.REJECTED, S.REMOVED},
        S.RECEIVED: {S.READY, S.REJECTED, S.REMOVED},
        S.READY: {S.REMOVED},
        S.REJECTED: {S.REMOVED},
        S.REMOVED: set(),
    },
)


class Document(Tenant, Base):
    """One file. `content_type` is what the bytes say, never what the uploader said.

    customer_id, driver_id: who may see it besides the house: the customer it is about, the driver who uploaded it.
    """

    __tablename__ = "documents"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("driver_id", "drivers"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "customer_id", "created_at"),
        Index(None, "organization_id", "driver_id", "created_at"),
        CheckConstraint("byte_size >= 0", name="byte_size"),
        CheckConstraint("status <> 'READY' OR (content_type IS NOT NULL AND sha256 IS NOT NULL)", name="ready"),
        one_of("status", DocumentStatus),
    )
    machine: ClassVar = DOCUMENT_MACHINE

    status: Mapped[DocumentStatus] = mapped_column(words(DocumentStatus))
    name: Mapped[str]
    content_type: Mapped[str | None]
    byte_size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    has_thumbnail: Mapped[bool] = mapped_column(default=False, server_default="false")
    uploaded_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    customer_id: Mapped[UUID | None]
    driver_id: Mapped[UUID | None]
    rejected_reason: Mapped[str | None]
    received_at: Mapped[datetime | None]
