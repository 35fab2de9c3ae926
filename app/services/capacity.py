"""What bookings consume: places of slots, and units of the resources that a service needs.

Consumption is an Allocation and nothing else. A place cannot be oversold by a CHECK on its slot, a unit by an exclusion
constraint on its times; both are taken without a look before the leap. Lock order: the booking, then slots by id, then
resources and their units, then the event head.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, bindparam, delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, Range
from sqlalchemy.types import Uuid

from app.access import conditions
from app.errors import BadUserInput, NotFound, ResourceUnavailable, SlotClosed, SlotFull
from app.models import Allocation, Booking, Requirement, Resource, ResourceUnit, Service, Slot, SlotStatus
from app.uow import UnitOfWork

CAPACITY_MAX = 10_000
"""Places of one slot."""

TAKE_UNIT = text(
    """
    WITH free AS (
        SELECT f.unit_id
        FROM free_units(:org, :candidates, :begins, :ends, :busy_from, :busy_until) f
        JOIN resources r ON r.organization_id = :org AND r.id = f.resource_id
        WHERE r.active AND f.number <= r.capacity
        ORDER BY f.resource_id = ANY (:wanted), f.number, f.resource_id LIMIT 1
        FOR SHARE OF r
    ), taken AS (
        INSERT INTO allocations (organization_id, booking_id, unit_id, during)
        SELECT :org, :booking, unit_id, tstzrange(:busy_from, :busy_until) FROM free
        ON CONFLICT ON CONSTRAINT ex_allocations_unit DO NOTHING
        RETURNING unit_id
    )
    SELECT EXISTS (SELECT FROM free), EXISTS (SELECT FROM taken)
    """
).bindparams(bindparam("candidates", type_=ARRAY(Uuid())), bindparam("wanted", type_=ARRAY(Uuid())))

# Needs with the least choice come first; apart from that, all services go through the same pools in the same order, so
# that no two bookings wait for each other.
NEEDS = text(
    "SELECT candidates FROM resource_needs(:org, :service, :named) ORDER BY cardinality(candidates), candidates, need"
)


@dataclass(frozen=True)
class Claim:
    """Slots that are locked and have room, in the order of time: what one booking is about to take."""

    service: Service
    slots: Sequence[Slot]
    needs_resources: bool

    @property
    def slot_ids(self) -> list[UUID]:
        return [slot.id for slot in self.slots]

    @property
    def starts_at(self) -> datetime:
        return self.slots[0].starts_at

    @property
    def ends_at(self) -> datetime:
        return self.slots[-1].ends_at


async def lock(uow: UnitOfWork, slot_ids: Sequence[UUID]) -> list[Slot]:
    """The slots as they are once every other transaction that changes them has ended."""
    found = await uow.scalars(
        select(Slot)
        .where(Slot.id == any_(bindparam(None, list(slot_ids), type_=ARRAY(Uuid()))), *conditions(uow.viewer, Slot))
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
        service, needs = services[own[0].service_id]
        claims.append(Claim(service, own, needs or any(slot.resource_id for slot in own)))
    if len(claims) > 1:
        await _queue_up(uow, claims)
    return claims


async def _queue_up(uow: UnitOfWork, claims: Sequence[Claim]) -> None:
    """Let others wait for every resource that might be taken: several bookings take units in any order, and two who did
    so at once would wait for each other."""
    unlike = {(claim.service.id, claim.slots[0].resource_id): claim for claim in claims if claim.needs_resources}
    candidates = {id for claim in unlike.values() for need in await _needs(uow, claim) for id in need}
    await _hold_back(uow, candidates)


async def _hold_back(uow: UnitOfWork, resources: Collection[UUID]) -> None:
    """Wait until nobody takes or frees a unit of these resources, and let others wait."""
    if resources:
        await uow.session.execute(
            select(Resource.id)
            .where(Resource.organization_id == uow.viewer.organization_id, Resource.id.in_(resources))
            .order_by(Resource.id)
            .with_for_update(key_share=True)
        )


def _check_room(uow: UnitOfWork, slot: Slot, wanted: int) -> None:
    if slot.status is not SlotStatus.OPEN or slot.starts_at <= uow.now:
        raise SlotClosed()
    if slot.places_left < wanted:
        raise SlotFull(slot.id, slot.service_id, slot.starts_at)


async def _services(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID, tuple[Service, bool]]:
    """The services, and whether they need resources."""
    needs = exists().where(Requirement.organization_id == Service.organization_id, Requirement.service_id == Service.id)
    rows = await uow.session.execute(
        select(Service, needs).where(Service.organization_id == uow.viewer.organization_id, Service.id.in_(ids))
    )
    found = {service.id: (service, bool(needed)) for service, needed in rows.all()}
    if not all(service.active for service, _ in found.values()):
        raise SlotClosed("This service is not offered any more.")
    return found


async def allocate(uow: UnitOfWork, booking: Booking, claim: Claim) -> None:
    """Give the booking its places and, of each resource that its service needs, a unit that is free."""
    await uow.add_all(
        Allocation(booking_id=booking.id, slot_id=slot.id, during=Range(slot.starts_at, slot.ends_at))
        for slot in claim.slots
    )
    if claim.needs_resources:
        needs = await _needs(uow, claim)
        for number, candidates in enumerate(needs, 1):
            await _take_unit(uow, booking, claim, candidates, [id for later in needs[number:] for id in later])


async def _needs(uow: UnitOfWork, claim: Claim) -> Sequence[list[UUID]]:
    named = {slot.resource_id for slot in claim.slots}
    if len(named) > 1:
        raise BadUserInput("These nights are not with the same resource.")
    return await _needed(uow, claim.service.id, named.pop())


async def _needed(uow: UnitOfWork, service_id: UUID, resource_id: UUID | None) -> Sequence[list[UUID]]:
    """For each need of a service, the resources of which one must be free."""
    parameters = {"org": uow.viewer.organization_id, "service": service_id, "named": resource_id}
    return (await uow.session.execute(NEEDS, parameters)).scalars().all()


async def _take_unit(
    uow: UnitOfWork, booking: Booking, claim: Claim, candidates: list[UUID], wanted: list[UUID]
) -> None:
    """Take the first unit that is free, if possible of a resource that is not wanted for another need as well.

    Whoever finds that somebody was faster looks for the next one.
    """
    before, after = claim.service.buffers
    parameters = {
        "org": uow.viewer.organization_id,
        "booking": booking.id,
        "candidates": candidates,
        "wanted": wanted,
        "begins": claim.starts_at,
        "ends": claim.ends_at,
        "busy_from": claim.starts_at - before,
        "busy_until": claim.ends_at + after,
    }
    while True:
        free, taken = (await uow.session.execute(TAKE_UNIT, parameters)).one()
        if taken:
            return
        if not free:
            raise ResourceUnavailable(claim.slots[0].id, claim.service.id, claim.starts_at)


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
    units = [row for row in rows if row.unit_id is not None]
    if units:
        # who is about to wait for one of these either sees that it is free, or is seen by us
        await uow.session.execute(
            select(Resource.id)
            .join(
                ResourceUnit,
                (ResourceUnit.organization_id == Resource.organization_id) & (ResourceUnit.resource_id == Resource.id),
            )
            .where(
                Resource.organization_id == uow.viewer.organization_id,
                ResourceUnit.id.in_([row.unit_id for row in units]),
            )
            .order_by(Resource.id)
            .with_for_update(read=True, of=Resource)
        )
    return Freed(
        [row.slot_id for row in rows if row.slot_id is not None],
        min((row.starts_at for row in units), default=None),
        max((row.ends_at for row in units), default=None),
    )


async def has_room(uow: UnitOfWork, slot: Slot) -> bool:
    """Whether a booking of a slot that is locked would find a place, and what its service needs; that stays so."""
    if not slot.places_left:
        return False
    await _hold_back(uow, {id for need in await _needed(uow, slot.service_id, slot.resource_id) for id in need})
    allowed = await uow.session.scalar(
        select(
            func.resources_allow(slot.organization_id, slot.service_id, slot.resource_id, slot.starts_at, slot.ends_at)
        )
    )
    return allowed is None or allowed > 0
