"""What a worker makes of a file: what it is, what is kept of it, or why nothing is."""

from uuid import UUID

from app.models import Document, DocumentStatus, EventType
from app.services.documents.examining import Examined
from app.services.documents.names import typed
from app.uow import UnitOfWork


async def unseen(uow: UnitOfWork, document_id: UUID) -> tuple[Document, bool]:
    """The document, and whether nobody has looked at it yet."""
    document = await uow.fetch(Document, document_id)
    return document, document.status is DocumentStatus.RECEIVED


async def accept(uow: UnitOfWork, document_id: UUID, found: Examined) -> None:
    """Say what the file is; from now on it can be downloaded. `InvalidTransition` if it was dealt with."""
    document = await uow.fetch(Document, document_id)
    await uow.transition(
        document,
        DocumentStatus.READY,
        name=typed(document.name, found.content_type),
        content_type=found.content_type,
        byte_size=found.byte_size,
        sha256=found.sha256,
        width=found.width,
        height=found.height,
        has_thumbnail=found.is_image,
    )
    uow.emit(EventType.DOCUMENT_READY, document)


async def reject(uow: UnitOfWork, document_id: UUID, reason: str) -> None:
    """Say why the file is not kept. `InvalidTransition` if it was dealt with."""
    document = await uow.fetch(Document, document_id)
    await uow.transition(document, DocumentStatus.REJECTED, rejected_reason=reason)
    uow.emit(EventType.DOCUMENT_REJECTED, document)
