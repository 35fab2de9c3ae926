"""Units of resources: which of them a booking needs, and how it gets those that are free.

A unit is used by one at a time, by an exclusion constraint. It is taken by an INSERT that does nothing if somebody was
faster: so a unit that is free is found, and nobody waits for those who want it at other times.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.models import Allocation, Resource, ResourceUnit
from app.uow import UnitOfWork

Needs = Sequence[list[UUID]]
"""For each need, the resources of which one must be free."""

TAKE = text(
    """
    WITH free AS (
        SELECT f.unit_id
        FROM free_units(:org, :candidates, :begins, :ends, :busy_from, :busy_until) f
        JOIN resources r ON r.organization_id = :org AND r.id = f.resource_id
        WHERE r.active AND f.number <= r.capacity
        ORDER BY f.number, f.resource_id LIMIT 1
        FOR SHARE OF r
    ), taken AS (
        INSERT INTO allocations (organization_id, booking_id, unit_id, during)
        SELECT :org, :booking, unit_id, tstzrange(:busy_from, :busy_until) FROM free
        ON CONFLICT ON CONSTRAINT ex_allocations_unit DO NOTHING
        RETURNING unit_id
    )
    SELECT EXISTS (SELECT FROM free), EXISTS (SELECT FROM taken)
    """
).bindparams(bindparam("candidates", type_=ARRAY(Uuid())))

FREE = text(
    """
    SELECT resource_id, count(*)
    FROM free_units(:org, :candidates, :begins, :ends, :busy_from, :busy_until) GROUP BY resource_id
    """
).bindparams(bindparam("candidates", type_=ARRAY(Uuid())))

# Needs with the least choice come first; apart from that, all services go through the same pools in the same order, so
# that no two bookings wait for each other.
NEEDS = text(
    "SELECT candidates FROM resource_needs(:org, :service, :named) ORDER BY cardinality(candidates), candidates, need"
)


@dataclass(frozen=True)
class Use:
    """From when until when a resource must be open, and its unit be free: buffers may lie outside its hours."""

    begins: datetime
    ends: datetime
    busy_from: datetime
    busy_until: datetime


async def needed(uow: UnitOfWork, service_id: UUID, resource_id: UUID | None) -> Needs:
    """What one booking of a service uses, in a slot that may name the resource."""
    parameters = {"org": uow.viewer.organization_id, "service": service_id, "named": resource_id}
    return (await uow.session.execute(NEEDS, parameters)).scalars().all()


async def hold_back(uow: UnitOfWork, resources: Collection[UUID]) -> None:
    """Wait until nobody takes or frees a unit of these resources, and let others wait."""
    if resources:
        await uow.session.execute(
            select(Resource.id)
            .where(Resource.organization_id == uow.viewer.organization_id, Resource.id.in_(resources))
            .order_by(Resource.id)
            .with_for_update(key_share=True)
        )


async def announce(uow: UnitOfWork, unit_ids: Sequence[UUID]) -> None:
    """These units are about to be free. Who begins to wait for one either sees that, or is seen by us."""
    if unit_ids:
        await uow.session.execute(
            select(Resource.id)
            .join(
                ResourceUnit,
                (ResourceUnit.organization_id == Resource.organization_id) & (ResourceUnit.resource_id == Resource.id),
            )
            .where(Resource.organization_id == uow.viewer.organization_id, ResourceUnit.id.in_(unit_ids))
            .order_by(Resource.id)
            .with_for_update(read=True, of=Resource)
        )


async def take(uow: UnitOfWork, booking_id: UUID, needs: Needs, use: Use) -> bool:
    """Take a unit for each need, and none that leaves a later one with nothing; False, if that cannot be.

    If somebody was faster meanwhile, a later one may be left with nothing all the same: then what was taken is given
    back, and everything is looked at anew.
    """
    number = 0
    while number < len(needs):
        left = needs[number:]
        harmless = left[0] if len(needs) == 1 else _harmless(left, await _free(uow, left, use))
        if harmless and await _take_one(uow, booking_id, harmless, use):
            number += 1
        elif number:
            await _give_back(uow, booking_id)
            number = 0
        elif not harmless or len(needs) == 1:
            return False
    return True


def _harmless(needs: Needs, free: Counter[UUID]) -> list[UUID]:
    """The resources of the first need which leave enough for the others."""
    return [id for id in needs[0] if free[id] and _is_enough(needs[1:], free - Counter([id]))]


def _is_enough(needs: Needs, free: Counter[UUID]) -> bool:
    """Whether each need finds a unit, by augmenting paths: who has one makes room if there is another for them."""
    users: dict[UUID, list[int]] = defaultdict(list)

    def finds(need: int, tried: set[UUID]) -> bool:
        for id in needs[need]:
            if free[id] and id not in tried:
                tried.add(id)
                if len(users[id]) < free[id]:
                    users[id].append(need)
                    return True
                for place, user in enumerate(users[id]):
                    if finds(user, tried):
                        users[id][place] = need
                        return True
        return False

    return all(finds(need, set()) for need in range(len(needs)))


async def _free(uow: UnitOfWork, needs: Needs, use: Use) -> Counter[UUID]:
    """How many units of each resource are free."""
    candidates = sorted({id for need in needs for id in need})
    parameters = {"org": uow.viewer.organization_id, "candidates": candidates, **asdict(use)}
    rows = await uow.session.execute(FREE, parameters)
    return Counter({row[0]: row[1] for row in rows})


async def _take_one(uow: UnitOfWork, booking_id: UUID, candidates: list[UUID], use: Use) -> bool:
    """Take the first unit that is free. Whoever finds that somebody was faster looks for the next one."""
    parameters = {
        "org": uow.viewer.organization_id,
        "booking": booking_id,
        "candidates": candidates,
        **asdict(use),
    }
    free = True
    while free:
        free, taken = (await uow.session.execute(TAKE, parameters)).one()
        if taken:
            return True
    return False


async def _give_back(uow: UnitOfWork, booking_id: UUID) -> None:
    await uow.session.execute(
        delete(Allocation)
        .where(
            Allocation.organization_id == uow.viewer.organization_id,
            Allocation.booking_id == booking_id,
            Allocation.unit_id.is_not(None),
        )
        .execution_options(synchronize_session=False)
    )
