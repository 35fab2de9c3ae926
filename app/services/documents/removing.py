"""Throwing documents away: what they say first, their bytes by a job."""

from uuid import UUID

from sqlalchemy import select

from app.errors import DocumentInUse, Forbidden
from app.models import CareRecordDocument, Document, DocumentStatus, EventType, Proof, WorkKind
from app.uow import UnitOfWork


async def remove_document(uow: UnitOfWork, document_id: UUID) -> Document:
    """Raises `DocumentInUse` while something rests on it. The house removes any, others what they uploaded."""
    # whoever makes a proof or a report of it locks it, too
    document = await uow.get(Document, document_id, lock=True)
    if not uow.viewer.sees_everything and document.uploaded_by != uow.viewer.user_id:
        raise Forbidden("You can remove what you have uploaded.")
    await _check_unused(uow, document.id)
    await _remove(uow, document)
    await uow.later(WorkKind.ERASE_DOCUMENT, document.id)
    return document


async def _check_unused(uow: UnitOfWork, document_id: UUID) -> None:
    uses: dict[type[Proof] | type[CareRecordDocument], str] = {
        Proof: "This document is the proof of something.",
        CareRecordDocument: "This document belongs to a care record.",
    }
    for model, message in uses.items():
        mine = model.organization_id == uow.viewer.organization_id
        if await uow.first(select(model.id).where(mine, model.document_id == document_id)) is not None:
            raise DocumentInUse(message)


async def removed(uow: UnitOfWork, document_id: UUID) -> Document:
    """The document, removed by now: its time may just have come."""
    document = await uow.fetch(Document, document_id, lock=True)
    if document.status is not DocumentStatus.REMOVED:
        await _remove(uow, document)
    return document


async def _remove(uow: UnitOfWork, document: Document) -> None:
    await uow.transition(document, DocumentStatus.REMOVED)
    uow.emit(EventType.DOCUMENT_REMOVED, document)
