"""Care that services ask for: nobody is booked whose care is not in date on the last day, unless staff say why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select

from app.access import conditions
from app.errors import BadUserInput, CareMissing, Forbidden, NotFound
from app.models import CareProtocol, CareRecord, CareRequirement, EventType, Organization, Service, Subject
from app.services import values
from app.services.care import lines
from app.uow import UnitOfWork

REQUIRED_MAX = 20
"""Protocols that one service asks for."""
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Waiver:
    """Staff take a booking nevertheless: why, and what is not in date."""

    reason: str
    protocol_ids: list[UUID]


async def set_service_care(uow: UnitOfWork, service_id: UUID, version: int, protocol_ids: Sequence[UUID]) -> Service:
    """What bookings of the service ask for from now on; those that stand, stand."""
    wanted = set(protocol_ids)
    if len(wanted) > REQUIRED_MAX:
        raise BadUserInput(f"A service asks for at most {REQUIRED_MAX} protocols.", "protocolIds")
    service = await uow.get(Service, service_id)
    found = select(CareProtocol.id).where(CareProtocol.id.in_(wanted), *conditions(uow.viewer, CareProtocol))
    if wanted and len(await uow.scalars(found)) < len(wanted):
        raise NotFound("careprotocol")
    await uow.change(service, version, {})
    before = await uow.session.execute(
        delete(CareRequirement)
        .where(CareRequirement.organization_id == service.organization_id, CareRequirement.service_id == service.id)
        .returning(CareRequirement.protocol_id),
        execution_options={"synchronize_session": False},
    )
    uow.note(service, protocol_ids=(sorted(before.scalars()), sorted(wanted)))
    await uow.add_all(CareRequirement(service_id=service.id, protocol_id=id) for id in sorted(wanted))
    uow.emit(EventType.SERVICE_UPDATED, service)
    await lines.look_at_service(uow, service.id)
    return service


async def check(
    uow: UnitOfWork, service_id: UUID, subject: Subject, ends_at: datetime, reason: str | None = None
) -> Waiver | None:
    """Raises `CareMissing`; with a reason, answers what is waived."""
    missing = (await uow.session.execute(_missing(service_id, subject, ends_at))).all()
    if not missing:
        return None
    if reason is None:
        raise CareMissing([(protocol_id, due_on) for protocol_id, _, due_on in missing], [row[1] for row in missing])
    return Waiver(reason, [row[0] for row in missing])


def reason_of(uow: UnitOfWork, given: str | None) -> str | None:
    """Why staff book nevertheless; only they may."""
    if given is None:
        return None
    if not uow.viewer.sees_everything:
        raise Forbidden("Only staff may book without the care that is asked for.")
    return values.name(given, "careOverrideReason")


def _missing(service_id: UUID, subject: Subject, ends_at: datetime) -> Select[UUID, str, date | None]:
    """The protocols that apply to the subject and are not in date when the booking ends, and when each was last due."""
    last_day = func.date(func.timezone(Organization.time_zone, ends_at - INSTANT))
    done = (
        CareRecord.organization_id == CareProtocol.organization_id,
        CareRecord.protocol_id == CareProtocol.id,
        CareRecord.subject_id == subject.id,
        CareRecord.voided_at.is_(None),
    )
    in_date = select(CareRecord.id).where(
        *done, or_(CareProtocol.interval_days.is_(None), CareRecord.next_due_on >= last_day)
    )
    due_on = select(func.max(CareRecord.next_due_on)).where(*done).scalar_subquery()
    species = getattr(subject, "species", None)
    return (
        select(CareProtocol.id, CareProtocol.name, due_on)
        .join(
            CareRequirement,
            (CareRequirement.organization_id == CareProtocol.organization_id)
            & (CareRequirement.protocol_id == CareProtocol.id),
        )
        .join(Organization, Organization.id == CareProtocol.organization_id)
        .where(
            CareProtocol.organization_id == subject.organization_id,
            CareRequirement.service_id == service_id,
            CareProtocol.active,
            CareProtocol.subject_kind == subject.kind,
            or_(CareProtocol.species.is_(None), CareProtocol.species == species),
            ~in_date.correlate(CareProtocol, Organization).exists(),
        )
        .order_by(CareProtocol.name, CareProtocol.id)
    )
