"""Relations of resources and pools."""

from sqlalchemy import select

from app.loaders.base import Listing, Through, ToMany, ToOne
from app.models import Place, Resource, ResourcePool, ResourcePoolMember, User

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
RESOURCE_POOLS = ToMany(ResourcePool, "resource_id", ("name",), Through(ResourcePoolMember, "pool_id"))
POOLS = Listing(ResourcePool, "name", orders={"NAME": "name"})
POOL_RESOURCES = ToMany(Resource, "pool_id", ("name",), Through(ResourcePoolMember, "resource_id"))
REQUIREMENT_POOL = ToOne(ResourcePool, "pool_id")
REQUIREMENT_RESOURCE = ToOne(Resource, "resource_id")
