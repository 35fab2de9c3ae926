"""Documents as proofs."""

from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput
from app.models import Document, DocumentStatus, Proof
from app.uow import UnitOfWork

THERE = (DocumentStatus.RECEIVED, DocumentStatus.READY)


async def attach(uow: UnitOfWork, document_id: UUID) -> Document:
    """A document that shall be a proof: its bytes are there, and it proves nothing else yet.

    It is locked, after whatever else the caller locks: of two who want it at once, one is refused.
    """
    document = await uow.get(Document, document_id, lock=True)
    if document.status not in THERE:
        raise BadUserInput("This document has not been uploaded, or was not kept.", "documentId")
    mine = Proof.organization_id == uow.viewer.organization_id
    if await uow.first(select(Proof.id).where(mine, Proof.document_id == document.id)) is not None:
        raise BadUserInput("This document is the proof of something else.", "documentId")
    return document
