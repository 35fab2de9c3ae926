"""How files come in: with a mutation, or by a signed URL and a word that it is done."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from app.errors import BadUserInput, Forbidden, UploadIncomplete
from app.models import Customer, Document, DocumentStatus, EventType, WorkKind
from app.services import values
from app.services.documents.incoming import Incoming
from app.services.documents.names import cleaned, key
from app.services.documents.proving import THERE
from app.settings import Settings
from app.storage import Storage
from app.uow import UnitOfWork

LATE_S = 60
"""An upload that began in the last moment is given up only so long after it must have ended."""


async def upload_document(
    uow: UnitOfWork, storage: Storage, file: Incoming, name: str | None = None, customer_id: UUID | None = None
) -> Document:
    """Keep a file that came with the request; a worker looks at it."""
    if not file.byte_size:
        raise BadUserInput("This file is empty.", "file")
    document = await _add(
        uow,
        name or file.name,
        customer_id,
        status=DocumentStatus.RECEIVED,
        byte_size=file.byte_size,
        received_at=uow.now,
    )
    await uow.later(WorkKind.PROCESS_DOCUMENT, document.id)
    # last: should it fail, there is no document; should we, there is little left that could
    await storage.put(key(document, "original"), file.file)
    return document


async def request_upload(
    uow: UnitOfWork,
    settings: Settings,
    name: str,
    byte_size: int,
    content_type: str | None = None,
    customer_id: UUID | None = None,
) -> Document:
    """Await a file, whose bytes come by the document's own URL."""
    values.between(byte_size, 1, settings.upload_bytes_max, "byteSize")
    if content_type is not None and content_type not in settings.document_types:
        raise BadUserInput(f"Types that are kept: {', '.join(sorted(settings.document_types))}.", "contentType")
    document = await _add(uow, name, customer_id, status=DocumentStatus.AWAITED, byte_size=byte_size)
    over_s = settings.upload_url_s + settings.upload_receive_s_max + LATE_S
    await uow.later(WorkKind.EXPIRE_UPLOAD, document.id, uow.now + timedelta(seconds=over_s))
    return document


async def _add(uow: UnitOfWork, name: str, customer_id: UUID | None, **given: object) -> Document:
    document = Document(
        id=uuid7(),
        name=cleaned(name),
        uploaded_by=uow.viewer.user_id,
        customer_id=await _about(uow, customer_id),
        driver_id=uow.viewer.driver_id,
        created_at=uow.now,
        **given,
    )
    await uow.add(document)
    uow.emit(EventType.DOCUMENT_CREATED, document)
    return document


async def _about(uow: UnitOfWork, customer_id: UUID | None) -> UUID | None:
    """The customer whom a file is about: customers send what is about themselves, others say whom, if anybody."""
    viewer = uow.viewer
    if customer_id is not None:
        return (await uow.get(Customer, customer_id)).id
    if viewer.sees_everything or viewer.driver_id is not None:
        return None
    if viewer.customer_id is None:
        raise Forbidden("You are neither a customer nor a driver here.")
    return viewer.customer_id


async def finish_upload(uow: UnitOfWork, storage: Storage, document_id: UUID) -> Document:
    """Take in what came by a URL of the store. Once is enough, and by a URL of ours it is done already."""
    document = await uow.get(Document, document_id, lock=True)
    if document.status in THERE:
        return document
    if document.status is DocumentStatus.AWAITED:
        size = await storage.size(key(document, "original")) or 0
        if size != document.byte_size:
            raise UploadIncomplete(document.byte_size or 0, size)
    return await _take_in(uow, document)


async def receive_upload(uow: UnitOfWork, storage: Storage, document_id: UUID, file: Incoming) -> Document:
    """Take in what came by a URL of ours, once: `InvalidTransition` after that."""
    document = await uow.get(Document, document_id, lock=True)
    await _take_in(uow, document)
    await storage.put(key(document, "original"), file.file)
    return document


async def _take_in(uow: UnitOfWork, document: Document) -> Document:
    await uow.transition(document, DocumentStatus.RECEIVED, received_at=uow.now)
    await uow.later(WorkKind.PROCESS_DOCUMENT, document.id)
    return document


async def expire_upload(uow: UnitOfWork, document_id: UUID) -> Document | None:
    """Give up what never came. Answers the document, if whatever came by its URL can go."""
    mine = Document.organization_id == uow.viewer.organization_id
    document = await uow.first(select(Document).where(mine, Document.id == document_id).with_for_update())
    if document is None or document.status is DocumentStatus.RECEIVED:
        return None  # whoever looks at it also clears up
    if document.status is DocumentStatus.AWAITED:
        await uow.transition(document, DocumentStatus.REJECTED, rejected_reason="The file never came.")
        uow.emit(EventType.DOCUMENT_REJECTED, document)
    return document
