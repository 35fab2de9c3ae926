"""Throwing documents away: what they say first, their bytes by a job."""

from uuid import UUID

from sqlalchemy import and_, select

from app.errors import DocumentInUse, Forbidden
from app.models import CareRecord, CareRecordDocument, Document, DocumentStatus, EventType, Proof, WorkKind
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
    """What a voided record showed may go: it may have been somebody else's all along."""
    organization_id = uow.viewer.organization_id
    proofs = select(Proof.id).where(Proof.organization_id == organization_id, Proof.document_id == document_id)
    if await uow.first(proofs) is not None:
        raise DocumentInUse("This document is the proof of something.")
    used = CareRecordDocument
    reports = (
        select(used.id)
        .join(CareRecord, and_(CareRecord.organization_id == used.organization_id, CareRecord.id == used.record_id))
        .where(used.organization_id == organization_id, used.document_id == document_id, CareRecord.voided_at.is_(None))
    )
    if await uow.first(reports) is not None:
        raise DocumentInUse("This document belongs to a care record.")


async def removed(uow: UnitOfWork, document_id: UUID) -> Document:
    """The document, removed by now: its time may just have come."""
    document = await uow.fetch(Document, document_id, lock=True)
    if document.status is not DocumentStatus.REMOVED:
        await _remove(uow, document)
    return document


async def _remove(uow: UnitOfWork, document: Document) -> None:
    await uow.transition(document, DocumentStatus.REMOVED)
    uow.emit(EventType.DOCUMENT_REMOVED, document)
