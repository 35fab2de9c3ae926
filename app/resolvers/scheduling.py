"""Services and slots."""

from app.access import Permission
from app.context import Info
from app.loaders import scheduling as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import SlotInUse, VersionConflict
from app.schema.scheduling import (
    CreateServiceInput,
    CreateSlotInput,
    Service,
    ServiceFilter,
    ServiceOrder,
    SetServiceRequirementsInput,
    Slot,
    SlotFilter,
    SlotOrder,
    UpdateServiceInput,
    UpdateSlotInput,
)
from app.services import resources, scheduling
from app.uow import UnitOfWork

connection(
    "services",
    relations.SERVICES,
    Service,
    "What can be booked.",
    Permission.CATALOGUE_READ,
    filter=ServiceFilter,
    order_by=ServiceOrder,
    cache_s=60,
)
connection(
    "slots",
    relations.SLOTS,
    Slot,
    "When it can be booked.",
    Permission.CATALOGUE_READ,
    filter=SlotFilter,
    order_by=SlotOrder,
)


@mutation("Add a service.", Permission.CATALOGUE_WRITE, answers={"service": (Service, "The service.")})
async def create_service(info: Info, uow: UnitOfWork, input: CreateServiceInput) -> Nodes:
    return {"service": await scheduling.create_service(uow, **input.values())}


@mutation(
    "Change a service.",
    Permission.CATALOGUE_WRITE,
    answers={"service": (Service, "The service, changed.")},
    refusals=(VersionConflict,),
)
async def update_service(info: Info, uow: UnitOfWork, input: UpdateServiceInput) -> Nodes:
    return {"service": await scheduling.update_service(uow, **input.values())}


@mutation(
    "Say which resources each booking of a service uses.",
    Permission.CATALOGUE_WRITE,
    answers={"service": (Service, "The service, changed.")},
    refusals=(VersionConflict,),
)
async def set_service_requirements(info: Info, uow: UnitOfWork, input: SetServiceRequirementsInput) -> Nodes:
    return {"service": await resources.set_requirements(uow, **input.values())}


@mutation("Add a slot.", Permission.CATALOGUE_WRITE, answers={"slot": (Slot, "The slot.")})
async def create_slot(info: Info, uow: UnitOfWork, input: CreateSlotInput) -> Nodes:
    return {"slot": await scheduling.create_slot(uow, **input.values())}


@mutation(
    "Change a slot.",
    Permission.CATALOGUE_WRITE,
    answers={"slot": (Slot, "The slot, changed.")},
    refusals=(VersionConflict, SlotInUse),
)
async def update_slot(info: Info, uow: UnitOfWork, input: UpdateSlotInput) -> Nodes:
    return {"slot": await scheduling.update_slot(uow, **input.values())}
