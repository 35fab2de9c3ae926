"""Relations of resources and pools."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.access import conditions
from app.loaders.base import Computed, Listing, ToOne
from app.models import Place, Resource, ResourcePool, ResourcePoolMember, User
from app.models.base import among
from app.uow import ReadUnit

POOL_OF_MEMBER = (ResourcePool.organization_id == ResourcePoolMember.organization_id) & (
    ResourcePool.id == ResourcePoolMember.pool_id
)
RESOURCE_OF_MEMBER = (Resource.organization_id == ResourcePoolMember.organization_id) & (
    Resource.id == ResourcePoolMember.resource_id
)


async def _pools(reads: ReadUnit, resources: Sequence[UUID]) -> Mapping[UUID, list[ResourcePool]]:
    """The pools that each resource belongs to."""
    rows = await reads.execute(
        select(ResourcePoolMember.resource_id, ResourcePool)
        .join(ResourcePool, POOL_OF_MEMBER)
        .where(
            among(ResourcePoolMember.resource_id, resources),
            *conditions(reads.viewer, ResourcePool),
        )
        .order_by(ResourcePool.name)
    )
    found: dict[UUID, list[ResourcePool]] = defaultdict(list)
    for resource_id, pool in rows:
        found[resource_id].append(pool)
    return found


async def _members(reads: ReadUnit, pools: Sequence[UUID]) -> Mapping[UUID, list[Resource]]:
    """The resources of each pool."""
    rows = await reads.execute(
        select(ResourcePoolMember.pool_id, Resource)
        .join(Resource, RESOURCE_OF_MEMBER)
        .where(
            among(ResourcePoolMember.pool_id, pools),
            *conditions(reads.viewer, Resource),
        )
        .order_by(Resource.name)
    )
    found: dict[UUID, list[Resource]] = defaultdict(list)
    for pool_id, resource in rows:
        found[pool_id].append(resource)
    return found


RESOURCES = Listing(
    Resource,
    "name",
    orders={"NAME": "name"},
    filters={
        "kind": lambda kinds: Resource.kind.in_(kinds),
        "active": lambda active: Resource.active == active,
        "pool_id": lambda id: Resource.id.in_(
            select(ResourcePoolMember.resource_id).where(
                ResourcePoolMember.organization_id == Resource.organization_id, ResourcePoolMember.pool_id == id
            )
        ),
    },
    referents={"pool_id": ResourcePool},
)
RESOURCE_PLACE = ToOne(Place, "place_id")
RESOURCE_USER = ToOne(User, "user_id")
RESOURCE_POOLS = Computed(_pools)
POOLS = Listing(ResourcePool, "name", orders={"NAME": "name"})
POOL_RESOURCES = Computed(_members)
REQUIREMENT_POOL = ToOne(ResourcePool, "pool_id")
REQUIREMENT_RESOURCE = ToOne(Resource, "resource_id")
