"""Services and slots."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import aliased

from app import clock
from app.errors import BadUserInput, SlotInUse
from app.models import EventType, Resource, Schedule, Service, Slot, SlotStatus
from app.models.scheduling import bookable
from app.services import values
from app.services.bookings import offer_later, offer_places
from app.services.capacity import CAPACITY_MAX
from app.services.customers import own_place
from app.services.schedules import planning
from app.uow import UnitOfWork

YEAR_S = 366 * values.DAY_S
PRICE_MAX = 10**12
LOOKED_AT = 2_000
"""Slots that are looked at for one that can be booked: whether its resources are free takes time."""


def _seconds(field: str, low: int = 0) -> values.Check:
    return lambda value: value if value is None else values.between(value, low, YEAR_S, field)


def _price(field: str) -> values.Check:
    return lambda value: value if value is None else values.between(value, 0, PRICE_MAX, field)


def _percent(field: str) -> values.Check:
    return lambda value: value if value is None else values.between(value, 0, 100, field)


SERVICE_CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "description": lambda value: values.text(value, "description"),
    "duration_s": _seconds("durationS", 60),
    "buffer_before_s": _seconds("bufferBeforeS"),
    "buffer_after_s": _seconds("bufferAfterS"),
    "price_minor": _price("price"),
    "opens_before_s": _seconds("opensBeforeS", 1),
    "notice_s": _seconds("noticeS"),
    "cancellation_notice_s": _seconds("cancellationNoticeS"),
    "free_cancellation_notice_s": _seconds("freeCancellationNoticeS"),
    "cancellation_fee_minor": _price("cancellationFee"),
    "cancellation_fee_percent": _percent("cancellationFee"),
    "no_show_fee_minor": _price("noShowFee"),
    "no_show_fee_percent": _percent("noShowFee"),
    "customer_places_max": lambda value: (
        value if value is None else values.between(value, 1, CAPACITY_MAX, "customerPlacesMax")
    ),
    "waitlist_max": lambda value: values.between(value, 0, 1_000, "waitlistMax"),
    "waitlist_offer_s": _seconds("waitlistOfferS", 60),
}


async def create_service(uow: UnitOfWork, place_id: UUID, **given: Any) -> Service:
    place = await own_place(uow, place_id)
    currency = (await values.organization(uow)).currency
    checked = values.checked(_policy(given), SERVICE_CHECKS)
    service = await uow.add(Service(place_id=place.id, currency=currency, **checked))
    uow.emit(EventType.SERVICE_CREATED, service)
    return service


async def update_service(uow: UnitOfWork, service_id: UUID, version: int, **changes: Any) -> Service:
    if "duration_s" in changes:
        # whoever plans just now has planned with the old one by then, and is asked to plan again
        await planning.begin(uow)
    service = await uow.get(Service, service_id)
    if "place_id" in changes:
        await own_place(uow, changes["place_id"])
    await uow.change(service, version, values.checked(_policy(changes), SERVICE_CHECKS))
    uow.emit(EventType.SERVICE_UPDATED, service)
    if changes.get("active"):
        await offer_later(uow, Slot.service_id == service.id)
    if "duration_s" in changes:
        # its slots follow: a worker plans them again
        await planning.extend_now(uow, await uow.scalars(select(Schedule).where(Schedule.service_id == service.id)))
    return service


def _policy(given: dict[str, Any]) -> dict[str, Any]:
    """A fee is an amount or a percentage: giving the one takes the other back."""
    for fee in ("cancellation_fee", "no_show_fee"):
        if fee in given:
            sent = given.pop(fee) or {}
            given |= {f"{fee}_minor": sent.get("amount"), f"{fee}_percent": sent.get("percent")}
    return given


async def create_slot(
    uow: UnitOfWork,
    service_id: UUID,
    starts_at: datetime,
    capacity: int,
    ends_at: datetime | None = None,
    resource_id: UUID | None = None,
) -> Slot:
    service = await uow.get(Service, service_id)
    if resource_id is not None:
        await uow.get(Resource, resource_id)
    ends_at = ends_at or starts_at + timedelta(seconds=service.duration_s)
    _check_times(starts_at, ends_at)
    values.between(capacity, 0, CAPACITY_MAX, "capacity")
    slot = await uow.add(
        Slot(
            service_id=service.id,
            resource_id=resource_id,
            starts_at=starts_at,
            ends_at=ends_at,
            capacity=capacity,
        )
    )
    uow.emit(EventType.SLOT_CREATED, slot)
    return slot


async def update_slot(uow: UnitOfWork, slot_id: UUID, version: int, **changes: Any) -> Slot:
    slot = await uow.get(Slot, slot_id, lock=True)
    if changes.get("status") is SlotStatus.WITHDRAWN:
        raise BadUserInput("Only a schedule withdraws slots; close it.", "status")
    resource_id = changes.get("resource_id", slot.resource_id)
    if resource_id is not None:
        await uow.get(Resource, resource_id)
    starts_at, ends_at = (changes.get("starts_at", slot.starts_at), changes.get("ends_at", slot.ends_at))
    _check_times(starts_at, ends_at)
    capacity = values.between(changes.get("capacity", slot.capacity), 0, CAPACITY_MAX, "capacity")
    moved = (starts_at, ends_at, resource_id) != (slot.starts_at, slot.ends_at, slot.resource_id)
    if moved and slot.schedule_id is not None:
        raise BadUserInput("This slot follows a schedule: close it and add another.", "slotId")
    if (moved and slot.taken) or capacity < slot.taken:
        raise SlotInUse(slot.taken)
    if "capacity" in changes:
        changes["capacity_pinned"] = True
    await uow.change(slot, version, changes)
    uow.emit(EventType.SLOT_UPDATED, slot)
    # there may be room now for those who wait
    await offer_places(uow, [slot.id])
    return slot


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + timedelta(days=366):
        raise BadUserInput("A slot ends after it begins, within a year.", "endsAt")


def next_available(service_id: UUID, other_than: UUID, after: datetime) -> Select[Slot]:
    """The first slot of a service from then on, other than the given one, that can be booked; if it is not too far."""
    later = aliased(Slot)
    too_far = (
        select(later.starts_at)
        .where(later.service_id == service_id, later.starts_at >= after)
        .order_by(later.starts_at, later.id)
        .offset(LOOKED_AT)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Slot)
        .where(
            Slot.service_id == service_id,
            Slot.id != other_than,
            Slot.starts_at >= after,
            func.coalesce(Slot.starts_at < too_far, true()),
            bookable(clock.now()),
        )
        .order_by(Slot.starts_at, Slot.id)
        .limit(1)
    )
