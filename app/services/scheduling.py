"""Services and slots."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select

from app import clock
from app.errors import BadUserInput, SlotClosed, SlotFull, SlotInUse
from app.models import EventType, Service, Slot, SlotStatus
from app.services import values
from app.services.customers import own_place
from app.uow import UnitOfWork

DAY_S = 24 * 3600
SERVICE_CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "description": lambda value: values.text(value, "description"),
    "duration_s": lambda value: values.between(value, 60, 366 * DAY_S, "durationS"),
    "price_minor": lambda value: values.between(value, 0, 10**12, "price"),
    "cancellation_notice_s": lambda value: values.between(value, 0, 366 * DAY_S, "cancellationNoticeS"),
}
CAPACITY_MAX = 10_000


async def create_service(uow: UnitOfWork, place_id: UUID, **given: Any) -> Service:
    place = await own_place(uow, place_id)
    currency = (await values.organization(uow)).currency
    checked = values.checked(given, SERVICE_CHECKS)
    service = await uow.add(Service(place_id=place.id, currency=currency, **checked))
    uow.emit(EventType.SERVICE_CREATED, service)
    return service


async def update_service(uow: UnitOfWork, service_id: UUID, version: int, **changes: Any) -> Service:
    service = await uow.get(Service, service_id)
    if "place_id" in changes:
        await own_place(uow, changes["place_id"])
    await uow.change(service, version, values.checked(changes, SERVICE_CHECKS))
    uow.emit(EventType.SERVICE_UPDATED, service)
    return service


async def create_slot(
    uow: UnitOfWork, service_id: UUID, starts_at: datetime, capacity: int, ends_at: datetime | None = None
) -> Slot:
    service = await uow.get(Service, service_id)
    ends_at = ends_at or starts_at + timedelta(seconds=service.duration_s)
    _check_times(starts_at, ends_at)
    values.between(capacity, 0, CAPACITY_MAX, "capacity")
    slot = await uow.add(Slot(service_id=service.id, starts_at=starts_at, ends_at=ends_at, capacity=capacity))
    uow.emit(EventType.SLOT_CREATED, slot)
    return slot


async def update_slot(uow: UnitOfWork, slot_id: UUID, version: int, **changes: Any) -> Slot:
    slot = await uow.get(Slot, slot_id, lock=True)
    starts_at, ends_at = (changes.get("starts_at", slot.starts_at), changes.get("ends_at", slot.ends_at))
    _check_times(starts_at, ends_at)
    capacity = values.between(changes.get("capacity", slot.capacity), 0, CAPACITY_MAX, "capacity")
    moved = (starts_at, ends_at) != (slot.starts_at, slot.ends_at)
    if (moved and slot.taken) or capacity < slot.taken:
        raise SlotInUse(slot.taken)
    await uow.change(slot, version, changes)
    uow.emit(EventType.SLOT_UPDATED, slot)
    return slot


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + timedelta(days=366):
        raise BadUserInput("A slot ends after it begins, within a year.", "endsAt")


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(Slot.taken < Slot.capacity, Slot.status == SlotStatus.OPEN, Slot.starts_at > now)


def next_available(service_id: UUID, other_than: UUID) -> Select[Slot]:
    """The first slot of a service, other than the given one, that can be booked."""
    return (
        select(Slot)
        .where(Slot.service_id == service_id, Slot.id != other_than, _free(clock.now()))
        .order_by(Slot.starts_at, Slot.id)
        .limit(1)
    )


async def take(uow: UnitOfWork, slot_id: UUID) -> tuple[Slot, Service]:
    """Lock a slot that has a place left.

    One statement: whoever waited for the lock is let in only if the condition still holds. The place itself is taken by
    the allocation that the caller inserts.
    """
    slot = await uow.first(
        select(Slot)
        .where(Slot.organization_id == uow.viewer.organization_id, Slot.id == slot_id, _free(uow.now))
        .with_for_update()
    )
    if slot is None:
        slot = await uow.get(Slot, slot_id)
        if slot.status is SlotStatus.CLOSED or slot.starts_at <= uow.now:
            raise SlotClosed()
        raise SlotFull(slot.id, slot.service_id, slot.starts_at)
    service = await uow.get(Service, slot.service_id)
    if not service.active:
        raise SlotClosed("This service is not offered any more.")
    return slot, service
