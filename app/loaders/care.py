"""Relations of care: records, what is due, protocols, and what services ask for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from app import clock
from app.access import conditions
from app.errors import BadUserInput
from app.loaders.base import Computed, Listing, Through, ToMany, ToOne
from app.models import (
    Booking,
    CareDue,
    CareProtocol,
    CareRecord,
    CareRecordDocument,
    CareRequirement,
    Document,
    Organization,
    Partner,
    Subject,
    User,
)
from app.models.base import among
from app.models.policies import CURRENT_ORG
from app.uow import ReadUnit

WITHIN_MAX = 3_660
"""Days ahead that can be asked for."""


def _today() -> ColumnElement[date]:
    """Where the organization is: one look-up for the whole statement, so that an index can be searched by it."""
    own = Organization.id == text(CURRENT_ORG)
    today = select(func.date(func.timezone(Organization.time_zone, clock.now()))).where(own)
    return today.scalar_subquery()


def _overdue(wanted: bool) -> ColumnElement[bool]:
    return CareDue.due_on < _today() if wanted else CareDue.due_on >= _today()


def _within(days: int) -> ColumnElement[bool]:
    if not 0 <= days <= WITHIN_MAX:
        raise BadUserInput(f"`within` is 0 to {WITHIN_MAX} days.", "within")
    return CareDue.due_on <= _today() + days


@lru_cache(WITHIN_MAX)
def due_within(days: int) -> Computed:
    """What each subject needs within so many days."""

    async def batch(reads: ReadUnit, subjects: Sequence[UUID]) -> Mapping[UUID, list[CareDue]]:
        statement = (
            select(CareDue)
            .where(among(CareDue.subject_id, subjects), _within(days), *conditions(reads.viewer, CareDue))
            .order_by(CareDue.due_on, CareDue.id)
        )
        found: dict[UUID, list[CareDue]] = defaultdict(list)
        for due in await reads.scalars(statement):
            found[due.subject_id].append(due)
        return found

    return Computed(batch)


async def _days_left(reads: ReadUnit, dues: Sequence[UUID]) -> Mapping[UUID, int]:
    rows = await reads.execute(
        select(CareDue.id, CareDue.due_on - _today()).where(
            CareDue.organization_id == reads.viewer.organization_id, among(CareDue.id, dues)
        )
    )
    return {row[0]: row[1] for row in rows}


PROTOCOLS = Listing(
    CareProtocol,
    "name",
    filters={
        "active": lambda active: CareProtocol.active == active,
        "subject_kind": lambda kind: CareProtocol.subject_kind == kind,
    },
)
SUBJECT_RECORDS = Listing(
    CareRecord, "-performed_on", remote="subject_id", filters={"kinds": lambda kinds: CareRecord.kind.in_(kinds)}
)
RECORD_SUBJECT = ToOne(Subject, "subject_id")
RECORD_PROTOCOL = ToOne(CareProtocol, "protocol_id")
RECORD_PARTNER = ToOne(Partner, "partner_id")
RECORD_BOOKING = ToOne(Booking, "booking_id")
RECORD_AUTHOR = ToOne(User, "recorded_by")
RECORD_DOCUMENTS = ToMany(Document, "record_id", ("created_at", "id"), Through(CareRecordDocument, "document_id"))
DUES = Listing(
    CareDue,
    "due_on",
    filters={
        "overdue": _overdue,
        "within": _within,
        "protocol_id": lambda id: CareDue.protocol_id == id,
        "kind": lambda kind: CareDue.kind == kind,
    },
    referents={"protocol_id": CareProtocol},
)
DUE_SUBJECT = ToOne(Subject, "subject_id")
DUE_PROTOCOL = ToOne(CareProtocol, "protocol_id")
DUE_DAYS_LEFT = Computed(_days_left)
SERVICE_CARE = ToMany(CareProtocol, "service_id", ("name", "id"), Through(CareRequirement, "protocol_id"))
