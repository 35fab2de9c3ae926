"""Who looked into a medical record: reading it is an event as every change is."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput
from app.events import EVENTS_MAX
from app.models import CareRecord, CareRecordDocument, Document, EventType, ReviewItem, Subject
from app.models.base import among
from app.uow import UnitOfWork

NOTED = (CareRecord, Document, ReviewItem)
"""What tells of medical records."""


class Audit:
    """What one operation has read: of each subject it is written down once, however long a subscription lasts.

    So a subscription to what is read, which reads itself, comes to rest.
    """

    def __init__(self) -> None:
        self._subjects: set[UUID] = set()
        self._documents: set[UUID] = set()
        self._written: set[UUID] = set()

    @property
    def pending(self) -> bool:
        return not (self._subjects <= self._written and self._documents <= self._written)

    def note(self, rows: Iterable[object]) -> None:
        for row in rows:
            if isinstance(row, CareRecord | ReviewItem):
                self._subjects.add(row.subject_id)
            elif isinstance(row, Document) and row.customer_id is not None:
                # what belongs to a record belongs to a customer
                self._documents.add(row.id)

    async def write(self, uow: UnitOfWork) -> set[UUID]:
        """Answers what is accounted for once this is committed. Whether documents belong to records is looked up here:
        most do not."""
        subjects, documents = self._subjects - self._written, self._documents - self._written
        reported = (
            select(CareRecord.subject_id)
            .join(
                CareRecordDocument,
                (CareRecordDocument.organization_id == CareRecord.organization_id)
                & (CareRecordDocument.record_id == CareRecord.id),
            )
            .where(
                CareRecord.organization_id == uow.viewer.organization_id,
                among(CareRecordDocument.document_id, documents),
            )
        )
        read = among(Subject.id, subjects) | Subject.id.in_(reported) if documents else among(Subject.id, subjects)
        found = await uow.scalars(
            select(Subject).where(Subject.organization_id == uow.viewer.organization_id, read).order_by(Subject.id)
        )
        new = [subject for subject in found if subject.id not in self._written]
        if len(new) > EVENTS_MAX:
            raise BadUserInput(f"One answer shows the medical records of at most {EVENTS_MAX} subjects.")
        for subject in new:
            uow.emit(EventType.CARE_RECORD_READ, subject)
        return subjects | documents | {subject.id for subject in new}

    def settle(self, written: set[UUID]) -> None:
        self._written |= written
