"""Resources, pools of them, and which of them a service needs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select

from app.access import conditions
from app.errors import BadUserInput, NotFound, ResourceInUse
from app.models import (
    Allocation,
    EventType,
    Requirement,
    Resource,
    ResourceKind,
    ResourcePool,
    ResourcePoolMember,
    ResourceUnit,
    Service,
    Slot,
)
from app.services import values
from app.services.bookings import offer_later
from app.services.customers import own_place
from app.services.fleet import check_member
from app.uow import UnitOfWork

UNITS_MAX = 1_000
"""Bookings that can use one resource at once."""
POOL_MAX = 200
"""Resources of one pool."""
POOLS_MAX = 50
"""Pools that one resource belongs to."""
REQUIREMENTS_MAX = 10
"""Resources that one booking uses."""

CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "capacity": lambda value: values.between(value, 1, UNITS_MAX, "capacity"),
}


# resources


async def create_resource(uow: UnitOfWork, kind: ResourceKind, **given: Any) -> Resource:
    resource = await uow.add(Resource(kind=kind, **await _checked(uow, kind, given)))
    await _add_units(uow, resource)
    uow.emit(EventType.RESOURCE_CREATED, resource)
    return resource


async def update_resource(uow: UnitOfWork, resource_id: UUID, version: int, **changes: Any) -> Resource:
    # whoever takes a unit locks the resource as well: nothing above the new capacity is taken meanwhile
    resource = await uow.get(Resource, resource_id, lock=True)
    checked = await _checked(uow, resource.kind, changes)
    before = resource.capacity if resource.active else 0
    if checked.get("capacity", resource.capacity) < resource.capacity:
        await _check_unused(uow, resource, above=checked["capacity"])
    await uow.change(resource, version, checked)
    await _add_units(uow, resource)
    uow.emit(EventType.RESOURCE_UPDATED, resource)
    if resource.active and resource.capacity > before:
        await offer_later(uow, _using(uow, resource))
    return resource


async def _checked(uow: UnitOfWork, kind: ResourceKind, given: dict[str, Any]) -> dict[str, Any]:
    if given.get("place_id"):
        await own_place(uow, given["place_id"])
    if given.get("user_id"):
        if kind is not ResourceKind.STAFF:
            raise BadUserInput("Only a resource that is a person is a member of the organization.", "userId")
        await check_member(uow, given["user_id"])
    return values.checked(given, CHECKS)


async def _add_units(uow: UnitOfWork, resource: Resource) -> None:
    """Those that there are from a time of more capacity are given out again."""
    known = await uow.first(
        select(func.count()).where(
            ResourceUnit.organization_id == resource.organization_id, ResourceUnit.resource_id == resource.id
        )
    )
    numbers = range((known or 0) + 1, resource.capacity + 1)
    await uow.add_all(ResourceUnit(resource_id=resource.id, number=number) for number in numbers)


async def _check_unused(uow: UnitOfWork, resource: Resource, above: int) -> None:
    """What is booked stands: units go when the last use of them is over."""
    until = await uow.first(
        select(func.max(Allocation.ends_at))
        .join(
            ResourceUnit,
            (ResourceUnit.organization_id == Allocation.organization_id) & (ResourceUnit.id == Allocation.unit_id),
        )
        .where(
            ResourceUnit.organization_id == resource.organization_id,
            ResourceUnit.resource_id == resource.id,
            ResourceUnit.number > above,
            Allocation.ends_at > uow.now,
        )
    )
    if until is not None:
        raise ResourceInUse(until)


# pools


async def create_pool(uow: UnitOfWork, name: str, resource_ids: Sequence[UUID]) -> ResourcePool:
    pool = await uow.add(ResourcePool(name=values.name(name, "name")))
    await _set_members(uow, pool, set(resource_ids))
    uow.emit(EventType.RESOURCE_POOL_CREATED, pool)
    return pool


async def update_pool(
    uow: UnitOfWork, pool_id: UUID, version: int, resource_ids: Sequence[UUID] | None = None, **changes: Any
) -> ResourcePool:
    pool = await uow.get(ResourcePool, pool_id)
    await uow.change(pool, version, values.checked(changes, CHECKS))
    if resource_ids is not None and await _set_members(uow, pool, set(resource_ids)):
        needing = select(Requirement.service_id).where(
            Requirement.organization_id == pool.organization_id, Requirement.pool_id == pool.id
        )
        await offer_later(uow, Slot.service_id.in_(needing))
    uow.emit(EventType.RESOURCE_POOL_UPDATED, pool)
    return pool


async def _set_members(uow: UnitOfWork, pool: ResourcePool, wanted: set[UUID]) -> bool:
    """Whether there are new ones among them."""
    if len(wanted) > POOL_MAX:
        raise BadUserInput(f"A pool has at most {POOL_MAX} resources.", "resourceIds")
    await _check_known(uow, Resource, wanted)
    member = ResourcePoolMember
    own = (member.organization_id == pool.organization_id, member.pool_id == pool.id)
    known = set(await uow.scalars(select(member.resource_id).where(*own)))
    await uow.session.execute(
        delete(member).where(*own, member.resource_id.in_(known - wanted)),
        execution_options={"synchronize_session": False},
    )
    await uow.add_all(member(pool_id=pool.id, resource_id=id) for id in sorted(wanted - known))
    if wanted != known:
        uow.note(pool, resource_ids=(sorted(known), sorted(wanted)))
    await _check_pools(uow, wanted - known)
    return bool(wanted - known)


async def _check_pools(uow: UnitOfWork, added: Collection[UUID]) -> None:
    crowded = (
        select(ResourcePoolMember.resource_id)
        .where(
            ResourcePoolMember.organization_id == uow.viewer.organization_id, ResourcePoolMember.resource_id.in_(added)
        )
        .group_by(ResourcePoolMember.resource_id)
        .having(func.count() > POOLS_MAX)
    )
    if added and await uow.first(crowded) is not None:
        raise BadUserInput(f"A resource is in at most {POOLS_MAX} pools.", "resourceIds")


# what services need


async def set_requirements(
    uow: UnitOfWork, service_id: UUID, version: int, requirements: Sequence[Mapping[str, UUID]]
) -> Service:
    """What bookings of the service use from now on; those that stand keep what they have."""
    if len(requirements) > REQUIREMENTS_MAX:
        raise BadUserInput(f"A booking uses at most {REQUIREMENTS_MAX} resources.", "requirements")
    service = await uow.get(Service, service_id)
    await _check_known(uow, ResourcePool, {wanted["pool_id"] for wanted in requirements if "pool_id" in wanted})
    await _check_known(uow, Resource, {wanted["resource_id"] for wanted in requirements if "resource_id" in wanted})
    await uow.change(service, version, {})
    before = await uow.session.execute(
        delete(Requirement)
        .where(Requirement.organization_id == service.organization_id, Requirement.service_id == service.id)
        .returning(func.coalesce(Requirement.pool_id, Requirement.resource_id)),
        execution_options={"synchronize_session": False},
    )
    needed = sorted(next(iter(wanted.values())) for wanted in requirements)
    uow.note(service, requirement_ids=(sorted(before.scalars()), needed))
    await uow.add_all(
        Requirement(service_id=service.id, position=position, **wanted)
        for position, wanted in enumerate(requirements, 1)
    )
    uow.emit(EventType.SERVICE_UPDATED, service)
    await offer_later(uow, Slot.service_id == service.id)
    return service


async def _check_known(uow: UnitOfWork, model: type[Resource | ResourcePool], ids: set[UUID]) -> None:
    if not ids:
        return
    found = await uow.scalars(select(model.id).where(model.id.in_(ids), *conditions(uow.viewer, model)))
    if len(found) < len(ids):
        raise NotFound(model.__name__.lower())


# who waits for it


def _using(uow: UnitOfWork, resource: Resource) -> ColumnElement[bool]:
    """Slots whose bookings use a resource, or might."""
    pools = select(ResourcePoolMember.pool_id).where(
        ResourcePoolMember.organization_id == uow.viewer.organization_id, ResourcePoolMember.resource_id == resource.id
    )
    needing = select(Requirement.service_id).where(
        Requirement.organization_id == uow.viewer.organization_id,
        (Requirement.resource_id == resource.id) | Requirement.pool_id.in_(pools),
    )
    return (Slot.resource_id == resource.id) | Slot.service_id.in_(needing)
