"""People, bays, kennels, rooms and vehicles that services use."""

from typing import Annotated

import strawberry

from app import models
from app.loaders import resources as relations
from app.models.base import Vocabulary
from app.models.resources import ResourceKind
from app.schema.customers import Place
from app.schema.fields import column, to_many, to_one, vocabulary
from app.schema.identity import User
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node

vocabulary(ResourceKind, "What sort of person or thing a resource is.")


@node(models.Resource, "A person or thing that a service uses, and that so many can use at once.")
class Resource(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    kind: ResourceKind = column("What sort of person or thing.")
    name: str = column("What it is called.")
    place: Place | None = to_one(relations.RESOURCE_PLACE, "Where it is.")
    user: User | None = to_one(
        relations.RESOURCE_USER, "The member of the organization that it is; for the people of the house."
    )
    capacity: int = column("How many bookings can use it at once.")
    active: bool = column("Whether it is given out.")
    pools: list[Annotated["ResourcePool", strawberry.lazy("app.schema.resources")]] = to_many(
        relations.RESOURCE_POOLS, "The pools that it belongs to; at most 50."
    )


@node(models.ResourcePool, "Resources of which any one will do.")
class ResourcePool(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    resources: list[Resource] = to_many(relations.POOL_RESOURCES, "The resources; at most 200.")


@node(models.Requirement, "A resource that each booking of a service uses: any of a pool, or a named one.")
class Requirement(Node):
    position: int = column("Its place among those of the service, from 1 up.")
    pool: ResourcePool | None = to_one(relations.REQUIREMENT_POOL, "Any one of this pool.")
    resource: Resource | None = to_one(relations.REQUIREMENT_RESOURCE, "This one.")


class ResourceOrderField(Vocabulary):
    NAME = "NAME", "By name."


class ResourcePoolOrderField(Vocabulary):
    NAME = "NAME", "By name."


vocabulary(ResourceOrderField, "What resources can be ordered by.")
vocabulary(ResourcePoolOrderField, "What pools can be ordered by.")


@strawberry.input(description="An order of resources.")
class ResourceOrder:
    field: ResourceOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="An order of pools.")
class ResourcePoolOrder:
    field: ResourcePoolOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which resources are wanted; all conditions hold at once.")
class ResourceFilter(Values):
    kind: list[ResourceKind] | None = column("Of one of these kinds.", default=None)
    active: bool | None = column("Given out, or not.", default=None)
    pool_id: strawberry.ID | None = column("Of this pool.", default=None)


@strawberry.input(description="A new resource.")
class CreateResourceInput(Values):
    kind: ResourceKind = column("What sort of person or thing; it stays.")
    name: str = column("What it is called; unique.")
    capacity: int = column("How many bookings can use it at once, 1 to 1000.", default=1)
    place_id: strawberry.ID | None = column("Where it is: a place of the organization's own.", default=None)
    user_id: strawberry.ID | None = column("The member of the organization that it is, if it is STAFF.", default=None)


@strawberry.input(description="What to change of a resource; what is left out stays.")
class UpdateResourceInput(Values):
    resource_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called; unique.")
    capacity: strawberry.Maybe[int] = column("How many bookings can use it at once; what is booked must fit.")
    place_id: strawberry.Maybe[strawberry.ID | None] = column("Where it is: a place of the organization's own.")
    user_id: strawberry.Maybe[strawberry.ID | None] = column(
        "The member of the organization that it is, if it is STAFF."
    )
    active: strawberry.Maybe[bool] = column("Whether it is given out; bookings that have it keep it.")


@strawberry.input(description="A new pool.")
class CreateResourcePoolInput(Values):
    name: str = column("What it is called; unique.")
    resource_ids: list[strawberry.ID] = column("The resources of which any one will do; at most 200.")


@strawberry.input(description="What to change of a pool; what is left out stays. Bookings keep what they have.")
class UpdateResourcePoolInput(Values):
    pool_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called; unique.")
    resource_ids: strawberry.Maybe[list[strawberry.ID]] = column("All of its resources from now on; at most 200.")
