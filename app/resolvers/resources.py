"""Resources and pools of them."""

from app.access import Permission
from app.context import Info
from app.loaders import resources as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import AlreadyExists, ResourceInUse, VersionConflict
from app.schema.resources import (
    CreateResourceInput,
    CreateResourcePoolInput,
    Resource,
    ResourceFilter,
    ResourceOrder,
    ResourcePool,
    ResourcePoolOrder,
    UpdateResourceInput,
    UpdateResourcePoolInput,
)
from app.services import resources
from app.uow import UnitOfWork

connection(
    "resources",
    relations.RESOURCES,
    Resource,
    "Who and what services use.",
    Permission.CATALOGUE_READ,
    filter=ResourceFilter,
    order_by=ResourceOrder,
)
connection(
    "resource_pools",
    relations.POOLS,
    ResourcePool,
    "Pools of resources.",
    Permission.CATALOGUE_READ,
    order_by=ResourcePoolOrder,
)

NEW = (AlreadyExists,)
CHANGED = (VersionConflict, AlreadyExists)


@mutation(
    "Add a resource.", Permission.CATALOGUE_WRITE, answers={"resource": (Resource, "The resource.")}, refusals=NEW
)
async def create_resource(info: Info, uow: UnitOfWork, input: CreateResourceInput) -> Nodes:
    return {"resource": await resources.create_resource(uow, **input.values())}


@mutation(
    "Change a resource.",
    Permission.CATALOGUE_WRITE,
    answers={"resource": (Resource, "The resource, changed.")},
    refusals=(*CHANGED, ResourceInUse),
)
async def update_resource(info: Info, uow: UnitOfWork, input: UpdateResourceInput) -> Nodes:
    return {"resource": await resources.update_resource(uow, **input.values())}


@mutation("Add a pool.", Permission.CATALOGUE_WRITE, answers={"pool": (ResourcePool, "The pool.")}, refusals=NEW)
async def create_resource_pool(info: Info, uow: UnitOfWork, input: CreateResourcePoolInput) -> Nodes:
    return {"pool": await resources.create_pool(uow, **input.values())}


@mutation(
    "Change a pool.",
    Permission.CATALOGUE_WRITE,
    answers={"pool": (ResourcePool, "The pool, changed.")},
    refusals=CHANGED,
)
async def update_resource_pool(info: Info, uow: UnitOfWork, input: UpdateResourcePoolInput) -> Nodes:
    return {"pool": await resources.update_pool(uow, **input.values())}
