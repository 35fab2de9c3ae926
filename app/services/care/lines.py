"""Who waits for a place and was not offered it for want of care: when that may have changed, a job looks again."""

from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.models import CareRequirement, Slot, SlotStatus, WaitlistEntry, WaitlistStatus, WorkKind
from app.uow import UnitOfWork


async def look_at_service(uow: UnitOfWork, service_id: UUID) -> None:
    await _look(uow, Slot.service_id == service_id)


async def look_at_subject(uow: UnitOfWork, subject_id: UUID) -> None:
    asking = select(CareRequirement.service_id).where(CareRequirement.organization_id == uow.viewer.organization_id)
    await _look(uow, WaitlistEntry.subject_id == subject_id, Slot.service_id.in_(asking))


async def _look(uow: UnitOfWork, *which: ColumnElement[bool]) -> None:
    waited_for = (
        select(Slot.id)
        .distinct()
        .join(
            WaitlistEntry,
            (WaitlistEntry.organization_id == Slot.organization_id) & (WaitlistEntry.slot_id == Slot.id),
        )
        .where(
            Slot.organization_id == uow.viewer.organization_id,
            Slot.status == SlotStatus.OPEN,
            Slot.starts_at > uow.now,
            WaitlistEntry.status == WaitlistStatus.WAITING,
            *which,
        )
    )
    for slot_id in await uow.scalars(waited_for):
        await uow.later(WorkKind.OFFER_PLACES, slot_id)
