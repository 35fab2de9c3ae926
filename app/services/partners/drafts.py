"""What a care record has from a partner's system: made of a row, kept in a review item, compared with a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.models import CareKind, CareProtocol, CareRecord, ReviewItem, Species, SyncKind
from app.services.partners.entries import Entry

DELETED = "The partner deleted it."


class Draft(BaseModel):
    """Of a deleted row nothing but that is known."""

    kind: CareKind | None = None
    protocol_id: UUID | None = None
    title: str | None = None
    performed_on: date | None = None
    next_due_on: date | None = None
    batch_number: str | None = None
    diagnosis: str | None = None
    treatment: str | None = None
    notes: str | None = None
    deleted: bool = False

    def json_values(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def record_values(self) -> dict[str, Any]:
        return self.model_dump(exclude={"deleted"})

    def changes(self, record: CareRecord) -> dict[str, Any]:
        """What is other than in the record. Notes belong to the house once the record is there."""
        found = {
            name: value
            for name, value in self.record_values().items()
            if name != "notes" and getattr(record, name) != value
        }
        if record.voided_at is not None:
            found |= {"voided_at": None, "void_reason": None}
        return found


@dataclass(frozen=True)
class Row:
    """Something that a partner's system has about a subject."""

    subject_id: UUID
    customer_id: UUID
    external_id: str
    draft: Draft

    def is_settled(self, record: CareRecord | None) -> bool:
        """Whether there is nothing to do about it: it is as the record is, or was dealt with by hand."""
        if record is None:
            return self.draft.deleted
        if record.voided_at is not None and (self.draft.deleted or record.void_reason != DELETED):
            return True
        return not self.draft.deleted and not self.draft.changes(record)

    def is_about_another(self, record: CareRecord | None, item: ReviewItem | None = None) -> bool:
        """Whether its id came for another subject before, or among the other kind of rows."""
        return (record is not None and self._is_other_than(record.subject_id, record.kind)) or (
            item is not None and self._is_other_than(item.subject_id, Draft.model_validate(item.values).kind)
        )

    def _is_other_than(self, subject_id: UUID, kind: CareKind | None) -> bool:
        """Of a deleted row the kind is not known."""
        if subject_id != self.subject_id:
            return True
        given = self.draft.kind
        return None not in (given, kind) and (given is CareKind.VACCINATION) != (kind is CareKind.VACCINATION)


def drafted(
    entry: Entry,
    kind: SyncKind,
    species: Species,
    codes: Mapping[str, str],
    protocols: Mapping[str, CareProtocol],
) -> Draft:
    """What a row means here: `codes` are theirs → ours, `protocols` ours by their code."""
    if entry.deleted:
        return Draft(deleted=True)
    protocol = protocols.get(codes.get(entry.protocol or "", entry.protocol or ""))
    care = _kind(entry, kind, protocol)
    if protocol is not None and not (protocol.kind is care and protocol.species in (None, species)):
        protocol = None
    return Draft(
        kind=care,
        protocol_id=protocol.id if protocol else None,
        title=entry.title or (protocol.name if protocol else entry.protocol),
        performed_on=entry.performed_on,
        next_due_on=entry.next_due_on or _next(entry.performed_on, protocol),
        batch_number=entry.batch,
        diagnosis=entry.diagnosis,
        treatment=entry.treatment,
        notes=f"Vet: {entry.vet}" if entry.vet else None,
    )


def _kind(entry: Entry, kind: SyncKind, protocol: CareProtocol | None) -> CareKind:
    if kind is SyncKind.VACCINATIONS:
        return CareKind.VACCINATION
    if entry.kind is not None:
        return CareKind(entry.kind)
    among_reports = protocol is not None and protocol.kind is not CareKind.VACCINATION
    return protocol.kind if protocol is not None and among_reports else CareKind.CHECK_UP


def _next(performed_on: date | None, protocol: CareProtocol | None) -> date | None:
    if performed_on is None or protocol is None or protocol.interval_days is None:
        return None
    return performed_on + timedelta(days=protocol.interval_days)
