"""Stays over several nights: every night is a slot, and a stay takes all of its nights or none."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, func, select

from app import clock
from app.errors import BadUserInput, SlotClosed, StayUnavailable
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
    care_override_reason: str | None = None,
) -> Booking:
    """Book the nights from the day of arrival up to the day of departure."""
    subject = await uow.get(Subject, subject_id)
    notes = values.text(notes, "notes")
    claim = await take_nights(uow, service_id, arrival, departure)
    await making.check_policy(uow, claim, subject.customer_id)
    booking = await making.make(uow, claim, subject, BookingStatus.PENDING, care_override_reason, notes=notes)
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
    # locked, so that whoever finds one of several slots of a night full takes another
    slots = [
        slot for slot in await slots_between(uow, service.id, arrival, departure, lock=True) if _is_free(uow, slot)
    ]
    wanted = [arrival + timedelta(days=number) for number in range(nights)]
    found = max(_by_resource(slots, zone), key=len, default={})
    missing = [night for night in wanted if night not in found]
    if missing:
        raise StayUnavailable(service.id, missing, nights, arrival)
    return await capacity.take(uow, [found[night].id for night in wanted])


def _nights(arrival: date, departure: date) -> int:
    nights = (departure - arrival).days
    if not 1 <= nights <= NIGHTS_MAX:
        raise BadUserInput(f"A stay has 1 to {NIGHTS_MAX} nights.", "departure")
    return nights


async def slots_between(
    uow: UnitOfWork, service_id: UUID, arrival: date, departure: date, *, lock: bool = False
) -> Sequence[Slot]:
    """All slots of the nights of a stay, whether they are free or not; by id, as they are locked everywhere."""
    _nights(arrival, departure)
    zone = await _zone(uow)
    statement = (
        select(Slot)
        .where(
            Slot.organization_id == uow.viewer.organization_id,
            Slot.service_id == service_id,
            Slot.starts_at >= _midnight(arrival, zone),
            Slot.starts_at < _midnight(departure, zone),
        )
        .order_by(Slot.id)
        .execution_options(populate_existing=True)
    )
    return await uow.scalars(statement.with_for_update() if lock else statement)


def _is_free(uow: UnitOfWork, slot: Slot) -> bool:
    return slot.places_left > 0 and slot.starts_at > uow.now


def _by_resource(slots: Sequence[Slot], zone: ZoneInfo) -> Collection[dict[date, Slot]]:
    """The slot of each night; of several, the one with the most room. A stay is with one resource all the time."""
    found: dict[UUID | None, dict[date, Slot]] = defaultdict(dict)
    for slot in sorted(slots, key=lambda slot: -slot.places_left):
        found[slot.resource_id].setdefault(slot.starts_at.astimezone(zone).date(), slot)
    return found.values()


async def _zone(uow: UnitOfWork) -> ZoneInfo:
    organization = await uow.get(Organization, uow.viewer.organization_id)
    return ZoneInfo(organization.time_zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def next_arrival(organization_id: UUID, service_id: UUID, nights: int, after: date) -> Select[date]:
    """The first day after the given one from which so many nights in a row are free."""
    night = func.date(func.timezone(Organization.time_zone, Slot.starts_at))
    free = (
        select(night.label("night"), Slot.resource_id)
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
    # nights in a row are as far apart as their numbers: their difference names the run; one resource has them all
    number = func.row_number().over(partition_by=free.c.resource_id, order_by=free.c.night)
    runs = select(free.c.night, free.c.resource_id, (free.c.night - number.cast(Integer)).label("run")).subquery()
    left = func.count().over(partition_by=[runs.c.resource_id, runs.c.run], order_by=runs.c.night.desc())
    counted = select(runs.c.night, left.label("left")).subquery()
    return select(counted.c.night).where(counted.c.left >= nights).order_by(counted.c.night).limit(1)
