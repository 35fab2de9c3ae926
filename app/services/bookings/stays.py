"""Stays over several nights: every night is a slot, and a stay takes all of its nights or none."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, func, select

from app import clock
from app.errors import BadUserInput, NotFound, SlotClosed, SlotFull, StayUnavailable
from app.models import Booking, BookingStatus, Organization, Service, ServiceKind, Slot, SlotStatus, Subject
from app.services import capacity, transports, values
from app.services.bookings import making
from app.services.capacity import Claim
from app.uow import UnitOfWork

NIGHTS_MAX = 90
"""Nights of one stay."""


async def book_stay(
    uow: UnitOfWork,
    service_id: UUID,
    subject_id: UUID,
    arrival: date,
    departure: date,
    notes: str | None = None,
    pickup: dict[str, Any] | None = None,
    dropoff: dict[str, Any] | None = None,
) -> Booking:
    """Book the nights from the day of arrival up to the day of departure."""
    subject = await uow.get(Subject, subject_id)
    notes = values.text(notes, "notes")
    claim = await take_nights(uow, service_id, arrival, departure)
    await making.check_policy(uow, claim, subject.customer_id)
    booking = await making.make(uow, claim, subject, BookingStatus.PENDING, notes=notes)
    await making.begin(uow, booking, claim.service, claim.slot_ids)
    await transports.add_legs(uow, booking, subject, pickup, dropoff)
    return booking


async def take_nights(uow: UnitOfWork, service_id: UUID, arrival: date, departure: date) -> Claim:
    """Lock the nights of a stay; each must have a place."""
    nights = _nights(arrival, departure)
    service = await uow.get(Service, service_id)
    if service.kind is not ServiceKind.STAY:
        raise BadUserInput("This service is not booked by the night.", "serviceId")
    if not service.active:
        raise SlotClosed("This service is not offered any more.")
    zone = await _zone(uow)
    found = _one_a_night(await slots_between(uow, service.id, arrival, departure), zone)
    wanted = [arrival + timedelta(days=number) for number in range(nights)]
    try:
        if found.keys() >= set(wanted):
            return await capacity.take(uow, [found[night].id for night in wanted])
    except (SlotFull, SlotClosed, NotFound):
        pass
    # the slots are locked: what is read now is why
    missing = [night for night in wanted if night not in found or not _is_free(uow, found[night])]
    raise StayUnavailable(service.id, missing or wanted, nights, arrival)


def _nights(arrival: date, departure: date) -> int:
    nights = (departure - arrival).days
    if not 1 <= nights <= NIGHTS_MAX:
        raise BadUserInput(f"A stay has 1 to {NIGHTS_MAX} nights.", "departure")
    return nights


async def slots_between(uow: UnitOfWork, service_id: UUID, arrival: date, departure: date) -> Sequence[Slot]:
    """All slots of the nights of a stay, whether they are free or not."""
    _nights(arrival, departure)
    zone = await _zone(uow)
    return await uow.scalars(
        select(Slot)
        .where(
            Slot.organization_id == uow.viewer.organization_id,
            Slot.service_id == service_id,
            Slot.starts_at >= _midnight(arrival, zone),
            Slot.starts_at < _midnight(departure, zone),
        )
        .order_by(Slot.starts_at, Slot.id)
    )


def _is_free(uow: UnitOfWork, slot: Slot) -> bool:
    return slot.places_left > 0 and slot.starts_at > uow.now


def _one_a_night(slots: Any, zone: ZoneInfo) -> dict[date, Slot]:
    """The slot of each night; of several, the one with the most room."""
    found: dict[date, Slot] = {}
    for slot in slots:
        night = slot.starts_at.astimezone(zone).date()
        if night not in found or slot.places_left > found[night].places_left:
            found[night] = slot
    return found


async def _zone(uow: UnitOfWork) -> ZoneInfo:
    organization = await uow.get(Organization, uow.viewer.organization_id)
    return ZoneInfo(organization.time_zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def next_arrival(organization_id: UUID, service_id: UUID, nights: int, after: date) -> Select[date]:
    """The first day after the given one from which so many nights in a row are free."""
    night = func.date(func.timezone(Organization.time_zone, Slot.starts_at))
    free = (
        select(night.label("night"))
        .distinct()
        .select_from(Slot)
        .join(Organization, Organization.id == Slot.organization_id)
        .where(
            Slot.organization_id == organization_id,
            Slot.service_id == service_id,
            Slot.starts_at > clock.now(),
            Slot.taken < Slot.capacity,
            Slot.status == SlotStatus.OPEN,
            night > after,
        )
        .subquery()
    )
    # nights in a row are as far apart as their numbers: their difference names the run
    run = free.c.night - func.row_number().over(order_by=free.c.night).cast(Integer)
    runs = select(free.c.night, run.label("run")).subquery()
    left = func.count().over(partition_by=runs.c.run, order_by=runs.c.night.desc())
    counted = select(runs.c.night, left.label("left")).subquery()
    return select(counted.c.night).where(counted.c.left >= nights).order_by(counted.c.night).limit(1)
