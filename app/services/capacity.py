"""What bookings consume: places of slots, and units of the resources that a service needs.

Consumption is an Allocation and nothing else. A place cannot be oversold by a CHECK on its slot, a unit by an exclusion
constraint on its times; both are taken without a look before the leap. Lock order: the booking, then slots by id, then
resources and their units, then the event head.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import Range

from app.access import conditions
from app.errors import BadUserInput, NotFound, ResourceUnavailable, SlotClosed, SlotFull
from app.models import Allocation, Booking, CareRequirement, Requirement, Service, Slot, SlotStatus
from app.models.base import among
from app.services import units
from app.services.units import Needs, Use
from app.uow import UnitOfWork

CAPACITY_MAX = 10_000
"""Places of one slot."""


@dataclass(frozen=True)
class Claim:
    """Slots that are locked and have room, in the order of time: what one booking is about to take."""

    service: Service
    slots: Sequence[Slot]
    needs_resources: bool
    needs_care: bool

    @property
    def slot_ids(self) -> list[UUID]:
        return [slot.id for slot in self.slots]

    @property
    def starts_at(self) -> datetime:
        return self.slots[0].starts_at

    @property
    def ends_at(self) -> datetime:
        return self.slots[-1].ends_at

    @property
    def use(self) -> Use:
        """Of the resources that its service needs."""
        before, after = self.service.buffers
        return Use(self.starts_at, self.ends_at, self.starts_at - before, self.ends_at + after)


async def lock(uow: UnitOfWork, slot_ids: Sequence[UUID]) -> list[Slot]:
    """The slots as they are once every other transaction that changes them has ended."""
    found = await uow.scalars(
        select(Slot)
        .where(among(Slot.id, slot_ids), *conditions(uow.viewer, Slot))
        .order_by(Slot.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if len(found) < len(set(slot_ids)):
        raise NotFound("slot")
    return sorted(found, key=lambda slot: (slot.starts_at, slot.id))


async def take(uow: UnitOfWork, slot_ids: Sequence[UUID]) -> Claim:
    """Lock the slots of one service for one booking; each must have a place."""
    (claim,) = await take_each(uow, [slot_ids])
    return claim


async def take_each(uow: UnitOfWork, wanted: Sequence[Sequence[UUID]]) -> list[Claim]:
    """Lock the slots of several bookings at once; there must be room for all of them."""
    count = Counter(slot_id for slot_ids in wanted for slot_id in slot_ids)
    slots = await lock(uow, list(count))
    for slot in slots:
        _check_room(uow, slot, count[slot.id])
    services = await _services(uow, {slot.service_id for slot in slots})
    claims = []
    for slot_ids in wanted:
        own = [slot for slot in slots if slot.id in slot_ids]
        service, needs, care = services[own[0].service_id]
        claims.append(Claim(service, own, needs or any(slot.resource_id for slot in own), care))
    if len(claims) > 1:
        await _queue_up(uow, claims)
    return claims


async def _queue_up(uow: UnitOfWork, claims: Sequence[Claim]) -> None:
    """Let others wait for every resource that might be taken: several bookings take units in any order, and two who did
    so at once would wait for each other."""
    unlike = {(claim.service.id, claim.slots[0].resource_id): claim for claim in claims if claim.needs_resources}
    candidates = {id for claim in unlike.values() for need in await _needs(uow, claim) for id in need}
    await units.hold_back(uow, candidates)


def _check_room(uow: UnitOfWork, slot: Slot, wanted: int) -> None:
    if slot.status is not SlotStatus.OPEN or slot.starts_at <= uow.now:
        raise SlotClosed()
    if slot.places_left < wanted:
        raise SlotFull(slot.id, slot.service_id, slot.starts_at)


async def _services(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID, tuple[Service, bool, bool]]:
    """The services, and whether they need resources and ask for care."""
    needs, asks = (
        exists().where(of.organization_id == Service.organization_id, of.service_id == Service.id)
        for of in (Requirement, CareRequirement)
    )
    rows = await uow.session.execute(
        select(Service, needs, asks).where(Service.organization_id == uow.viewer.organization_id, Service.id.in_(ids))
    )
    found = {service.id: (service, bool(needed), bool(asked)) for service, needed, asked in rows.all()}
    if not all(service.active for service, _, _ in found.values()):
        raise SlotClosed("This service is not offered any more.")
    return found


async def allocate(uow: UnitOfWork, booking: Booking, claim: Claim) -> None:
    """Give the booking its places and, of each resource that its service needs, a unit that is free."""
    await uow.add_all(
        Allocation(booking_id=booking.id, slot_id=slot.id, during=Range(slot.starts_at, slot.ends_at))
        for slot in claim.slots
    )
    if claim.needs_resources and not await units.take(uow, booking.id, await _needs(uow, claim), claim.use):
        raise ResourceUnavailable(claim.slots[0].id, claim.service.id, claim.starts_at)


async def _needs(uow: UnitOfWork, claim: Claim) -> Needs:
    named = {slot.resource_id for slot in claim.slots}
    if len(named) > 1:
        raise BadUserInput("These nights are not with the same resource.")
    return await units.needed(uow, claim.service.id, named.pop())


@dataclass(frozen=True)
class Freed:
    """What a booking has given back: its slots, and from when until when it had units of resources."""

    slot_ids: Sequence[UUID]
    units_from: datetime | None
    units_until: datetime | None


async def slots_of(uow: UnitOfWork, booking: Booking) -> Sequence[UUID]:
    """The slots that a booking, which is locked, has places of."""
    found = await uow.scalars(
        select(Allocation.slot_id).where(
            Allocation.organization_id == booking.organization_id,
            Allocation.booking_id == booking.id,
            Allocation.slot_id.is_not(None),
        )
    )
    return [slot_id for slot_id in found if slot_id is not None]


async def release(uow: UnitOfWork, booking: Booking) -> Freed:
    """Give everything back; its slots are locked from here on."""
    if booking.nights is not None and booking.nights > 1:
        # the trigger that counts takes them in no order
        await lock(uow, await slots_of(uow, booking))
    gone = await uow.session.execute(
        delete(Allocation)
        .where(Allocation.organization_id == booking.organization_id, Allocation.booking_id == booking.id)
        .returning(Allocation.slot_id, Allocation.unit_id, Allocation.starts_at, Allocation.ends_at)
        .execution_options(synchronize_session=False)
    )
    rows = gone.all()
    used = [row for row in rows if row.unit_id is not None]
    await units.announce(uow, [row.unit_id for row in used])
    return Freed(
        [row.slot_id for row in rows if row.slot_id is not None],
        min((row.starts_at for row in used), default=None),
        max((row.ends_at for row in used), default=None),
    )


async def has_room(uow: UnitOfWork, slot: Slot) -> bool:
    """Whether a booking of a slot that is locked would find a place, and what its service needs; that stays so."""
    if not slot.places_left:
        return False
    needs = await units.needed(uow, slot.service_id, slot.resource_id)
    await units.hold_back(uow, {id for need in needs for id in need})
    allowed = await uow.session.scalar(
        select(
            func.resources_allow(slot.organization_id, slot.service_id, slot.resource_id, slot.starts_at, slot.ends_at)
        )
    )
    return allowed is None or allowed > 0
