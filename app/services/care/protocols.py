"""What kinds of care come round, for which subjects, and how often."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.errors import BadUserInput
from app.models import CareProtocol, EventType, Subject, SubjectKind, WorkKind
from app.services import values
from app.services.care import dues
from app.uow import UnitOfWork

PROTOCOLS_MAX = 500
"""Protocols of one organization: a subject has at most one thing due by each."""
BATCH = 200
"""Subjects that are refreshed in one transaction: they are locked meanwhile."""
CENTURY_DAYS = 36_525
CODE = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,39}")
DECIDING = {"name", "species", "first_due_days", "required", "active"}
"""What changes what is due. A new interval holds for what is recorded from then on."""


def _code(value: str) -> str:
    code = value.strip().upper()
    if not CODE.fullmatch(code):
        raise BadUserInput("A code has 1 to 40 letters and digits, `_`, `.` and `-`.", "code")
    return code


def _days(field: str, low: int, high: int = CENTURY_DAYS) -> values.Check:
    return lambda value: value if value is None else values.between(value, low, high, field)


CHECKS: dict[str, values.Check] = {
    "code": _code,
    "name": lambda value: values.name(value, "name"),
    "description": lambda value: values.text(value, "description"),
    "interval_days": _days("intervalDays", 1),
    "first_due_days": _days("firstDueDays", 0),
    "warning_days": _days("warningDays", 0, 365),
}


async def create_care_protocol(uow: UnitOfWork, subject_kind: SubjectKind, **given: Any) -> CareProtocol:
    checked = values.checked(given, CHECKS)
    _check_species(subject_kind, checked)
    await dues.keep_protocols(uow)
    mine = CareProtocol.organization_id == uow.viewer.organization_id
    if (await uow.first(select(func.count()).where(mine)) or 0) >= PROTOCOLS_MAX:
        raise BadUserInput(f"An organization has at most {PROTOCOLS_MAX} protocols.")
    protocol = await uow.add(CareProtocol(subject_kind=subject_kind, **checked))
    uow.emit(EventType.CARE_PROTOCOL_CREATED, protocol)
    if protocol.required:
        await uow.later(WorkKind.REFRESH_CARE, protocol.id)
    return protocol


async def update_care_protocol(uow: UnitOfWork, protocol_id: UUID, version: int, **changes: Any) -> CareProtocol:
    """What is due by it follows in a while: a worker goes through its subjects."""
    checked = values.checked(changes, CHECKS)
    protocol = await uow.get(CareProtocol, protocol_id)
    _check_species(protocol.subject_kind, checked)
    await dues.keep_protocols(uow)
    await uow.change(protocol, version, checked)
    uow.emit(EventType.CARE_PROTOCOL_UPDATED, protocol)
    if checked.keys() & DECIDING:
        await uow.later(WorkKind.REFRESH_CARE, protocol.id)
    return protocol


def _check_species(kind: SubjectKind, given: dict[str, Any]) -> None:
    if given.get("species") is not None and kind is not SubjectKind.PET:
        raise BadUserInput("Only pets have a species.", "species")


async def refresh_subjects(uow: UnitOfWork, protocol_id: UUID, after: UUID | None) -> UUID | None:
    """Refresh some of the subjects that a protocol may be about; answers behind which to go on, None at the end."""
    protocol = await uow.fetch(CareProtocol, protocol_id)
    concerned = select(Subject.id).where(
        Subject.organization_id == protocol.organization_id,
        Subject.kind == protocol.subject_kind,
        Subject.archived_at.is_(None),
    )
    if after is not None:
        concerned = concerned.where(Subject.id > after)
    found = await uow.scalars(concerned.order_by(Subject.id).limit(BATCH))
    await dues.refresh(uow, found)
    return found[-1] if len(found) == BATCH else None
