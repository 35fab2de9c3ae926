"""What was done for subjects: recorded, described anew, voided; never removed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select

from app.access import conditions
from app.errors import BadUserInput, Forbidden, NotFound
from app.models import (
    Booking,
    CareKind,
    CareProtocol,
    CareRecord,
    CareRecordDocument,
    Customer,
    Document,
    DocumentStatus,
    EventType,
    Export,
    Partner,
    Subject,
)
from app.services import values
from app.services.care import dues, lines
from app.services.customers import check_not_erased
from app.uow import UnitOfWork

DOCUMENTS_MAX = 20
"""Documents of one record."""
THERE = (DocumentStatus.RECEIVED, DocumentStatus.READY)

CHECKS: dict[str, values.Check] = {
    "title": lambda value: values.name(value, "title"),
    "batch_number": lambda value: values.text(value, "batchNumber"),
    "diagnosis": lambda value: values.text(value, "diagnosis"),
    "treatment": lambda value: values.text(value, "treatment"),
    "notes": lambda value: values.text(value, "notes"),
}


async def record_care(
    uow: UnitOfWork,
    subject_id: UUID,
    performed_on: date,
    kind: CareKind | None = None,
    protocol_id: UUID | None = None,
    protocol_code: str | None = None,
    partner_id: UUID | None = None,
    booking_id: UUID | None = None,
    document_ids: Sequence[UUID] = (),
    **given: Any,
) -> CareRecord:
    """Say what was done. When it is next due follows from the protocol, unless `next_due_on` is given, or None."""
    subject = await uow.get(Subject, subject_id)
    await dues.lock(uow, [subject.id])
    protocol = await _protocol(uow, subject, protocol_id, protocol_code)
    checked = values.checked(given, CHECKS)
    await _check_day(uow, performed_on)
    if "next_due_on" not in checked:
        checked["next_due_on"] = next_due(protocol, performed_on)
    _check_due(performed_on, checked["next_due_on"])
    partner_id = await _performer(uow, partner_id)
    if booking_id is not None:
        await _check_booking(uow, subject, booking_id)
    record = await uow.add(
        CareRecord(
            subject_id=subject.id,
            customer_id=subject.customer_id,
            protocol_id=protocol.id if protocol else None,
            kind=_kind(protocol, kind),
            title=checked.pop("title", None) or _title(protocol),
            performed_on=performed_on,
            partner_id=partner_id,
            booking_id=booking_id,
            recorded_by=uow.viewer.user_id,
            **checked,
        )
    )
    await _attach(uow, record, document_ids)
    _say(uow, EventType.CARE_RECORDED, record)
    await dues.refresh(uow, [subject.id])
    await lines.look_at_subject(uow, subject.id)
    return record


async def update_care_record(
    uow: UnitOfWork, record_id: UUID, version: int, document_ids: Sequence[UUID] | None = None, **changes: Any
) -> CareRecord:
    """Describe anew what was done. What is about another subject or protocol is voided, and recorded anew."""
    record = await _standing(uow, record_id)
    checked = values.checked(changes, CHECKS)
    performed_on = checked.get("performed_on", record.performed_on)
    if "performed_on" in checked:
        await _check_day(uow, performed_on)
        await _follow_day(uow, record, performed_on, checked)
    _check_due(performed_on, checked.get("next_due_on", record.next_due_on))
    if "partner_id" in checked:
        checked["partner_id"] = await _performer(uow, checked["partner_id"])
    await uow.change(record, version, checked)
    if document_ids is not None:
        await _detach(uow, record, document_ids)
        await _attach(uow, record, document_ids)
    _say(uow, EventType.CARE_RECORD_UPDATED, record)
    await dues.refresh(uow, [record.subject_id])
    await lines.look_at_subject(uow, record.subject_id)
    return record


async def void_care_record(uow: UnitOfWork, record_id: UUID, version: int, reason: str) -> CareRecord:
    """It was wrong. It stays for the house to see, and counts no more."""
    record = await _standing(uow, record_id)
    await uow.change(record, version, {"voided_at": uow.now, "void_reason": values.name(reason, "reason")})
    _say(uow, EventType.CARE_RECORD_VOIDED, record)
    await dues.refresh(uow, [record.subject_id])
    return record


async def _standing(uow: UnitOfWork, record_id: UUID) -> CareRecord:
    """A record that is to be changed; its subject is locked."""
    record = await uow.get(CareRecord, record_id)
    await dues.lock(uow, [record.subject_id])
    check_not_erased(await uow.fetch(Customer, record.customer_id))
    if uow.viewer.partner_id not in (None, record.partner_id):
        raise Forbidden("A partner changes what it recorded itself.")
    if record.voided_at is not None:
        raise BadUserInput("This record is void; record what was done anew.", "recordId")
    return record


def _say(uow: UnitOfWork, type: EventType, record: CareRecord) -> None:
    uow.emit(type, record, payload={"subject_id": record.subject_id, "kind": record.kind})


async def _performer(uow: UnitOfWork, partner_id: UUID | None) -> UUID | None:
    """Who did it. What a partner's program says was done, that partner did."""
    own = uow.viewer.partner_id
    if own is not None and partner_id not in (None, own):
        raise BadUserInput("A partner records what it did itself.", "partnerId")
    if partner_id is not None:
        await uow.get(Partner, partner_id)
    return own or partner_id


# what it goes by


async def _protocol(uow: UnitOfWork, subject: Subject, id: UUID | None, code: str | None) -> CareProtocol | None:
    if id is not None and code is not None:
        raise BadUserInput("Give a protocol by its id or by its code.", "protocolCode")
    if id is not None:
        protocol, field = await uow.get(CareProtocol, id), "protocolId"
    elif code is not None:
        protocol, field = await _coded(uow, code), "protocolCode"
    else:
        return None
    if not applies(protocol, subject):
        raise BadUserInput("This protocol is not for such a subject.", field)
    return protocol


async def _coded(uow: UnitOfWork, code: str) -> CareProtocol:
    named = select(CareProtocol).where(CareProtocol.code == code.strip().upper(), *conditions(uow.viewer, CareProtocol))
    protocol = await uow.first(named)
    if protocol is None:
        raise BadUserInput("There is no protocol with this code.", "protocolCode")
    return protocol


def applies(protocol: CareProtocol, subject: Subject) -> bool:
    """Whether a protocol is for such a subject."""
    return protocol.subject_kind is subject.kind and protocol.species in (None, getattr(subject, "species", None))


def _kind(protocol: CareProtocol | None, kind: CareKind | None) -> CareKind:
    if protocol is None:
        if kind is None:
            raise BadUserInput("Say what kind of care it was, or by which protocol.", "kind")
        return kind
    if kind not in (None, protocol.kind):
        raise BadUserInput("The protocol is about another kind of care.", "kind")
    return protocol.kind


def _title(protocol: CareProtocol | None) -> str:
    if protocol is None:
        raise BadUserInput("Say what was done, or by which protocol.", "title")
    return protocol.name


# when


def next_due(protocol: CareProtocol | None, performed_on: date) -> date | None:
    """When it comes round again, if it does."""
    if protocol is None or protocol.interval_days is None:
        return None
    return performed_on + timedelta(days=protocol.interval_days)


async def _check_day(uow: UnitOfWork, performed_on: date) -> None:
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    if performed_on > uow.now.astimezone(zone).date():
        raise BadUserInput("This lies in the future.", "performedOn")


def _check_due(performed_on: date, next_due_on: date | None) -> None:
    if next_due_on is not None and next_due_on <= performed_on:
        raise BadUserInput("It is due again after it was done.", "nextDueOn")


async def _follow_day(uow: UnitOfWork, record: CareRecord, performed_on: date, changes: dict[str, Any]) -> None:
    """A due date that came from the protocol goes along with the day; one that was given by hand stays."""
    if record.protocol_id is None or "next_due_on" in changes:
        return
    protocol = await uow.fetch(CareProtocol, record.protocol_id)
    if record.next_due_on == next_due(protocol, record.performed_on):
        changes["next_due_on"] = next_due(protocol, performed_on)


# what belongs to it


async def _check_booking(uow: UnitOfWork, subject: Subject, booking_id: UUID) -> None:
    booking = await uow.get(Booking, booking_id)
    if booking.subject_id != subject.id:
        raise BadUserInput("This booking is for another subject.", "bookingId")


async def _attach(uow: UnitOfWork, record: CareRecord, document_ids: Sequence[UUID]) -> None:
    """Documents that are about nobody yet become the customer's: who sees the record sees them."""
    wanted = set(document_ids)
    if len(wanted) > DOCUMENTS_MAX:
        raise BadUserInput(f"A record has at most {DOCUMENTS_MAX} documents.", "documentIds")
    if not wanted:
        return
    # a file of what is known about others is nobody's report
    written = exists().where(Export.organization_id == Document.organization_id, Export.document_id == Document.id)
    found = await uow.scalars(
        select(Document)
        .where(Document.id.in_(wanted), ~written, *conditions(uow.viewer, Document))
        .order_by(Document.id)
        .with_for_update(of=Document)
        .execution_options(populate_existing=True)
    )
    if len(found) < len(wanted):
        raise NotFound("document")
    for document in found:
        if document.status not in THERE:
            raise BadUserInput("A document has not been uploaded, or was not kept.", "documentIds")
        if document.customer_id not in (None, record.customer_id):
            raise BadUserInput("A document is about another customer.", "documentIds")
        document.customer_id = record.customer_id
    mine = CareRecordDocument.organization_id == record.organization_id
    known = set(
        await uow.scalars(select(CareRecordDocument.document_id).where(mine, CareRecordDocument.record_id == record.id))
    )
    await uow.add_all(CareRecordDocument(record_id=record.id, document_id=id) for id in sorted(wanted - known))


async def _detach(uow: UnitOfWork, record: CareRecord, kept: Sequence[UUID]) -> None:
    await uow.session.execute(
        delete(CareRecordDocument).where(
            CareRecordDocument.organization_id == record.organization_id,
            CareRecordDocument.record_id == record.id,
            CareRecordDocument.document_id.not_in(kept),
        ),
        execution_options={"synchronize_session": False},
    )
