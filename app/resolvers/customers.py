"""Customers and their places."""

from app.access import Permission
from app.context import Info
from app.loaders import customers as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.customers import (
    CreateCustomerInput,
    CreatePlaceInput,
    Customer,
    CustomerFilter,
    CustomerOrder,
    Place,
    PlaceFilter,
    UpdateCustomerInput,
    UpdatePlaceInput,
)
from app.schema.problems import AlreadyExists, VersionConflict
from app.services import customers
from app.uow import UnitOfWork

connection(
    "customers",
    relations.CUSTOMERS,
    Customer,
    "Customers that the viewer sees.",
    Permission.CUSTOMERS_READ,
    filter=CustomerFilter,
    order_by=CustomerOrder,
)
connection(
    "places",
    relations.PLACES,
    Place,
    "Places that the viewer sees.",
    Permission.CUSTOMERS_READ,
    filter=PlaceFilter,
)


@mutation(
    "Add a customer.",
    Permission.CUSTOMERS_WRITE,
    answers={"customer": (Customer, "The customer.")},
    refusals=(AlreadyExists,),
)
async def create_customer(info: Info, uow: UnitOfWork, input: CreateCustomerInput) -> Nodes:
    return {"customer": await customers.create_customer(uow, **input.values())}


@mutation(
    "Change a customer.",
    Permission.CUSTOMERS_WRITE,
    answers={"customer": (Customer, "The customer, changed.")},
    refusals=(VersionConflict, AlreadyExists),
)
async def update_customer(info: Info, uow: UnitOfWork, input: UpdateCustomerInput) -> Nodes:
    return {"customer": await customers.update_customer(uow, **input.values())}


@mutation(
    "Add a place: a customer's, or one of the organization's own.",
    Permission.SUBJECTS_WRITE,
    answers={"place": (Place, "The place.")},
)
async def create_place(info: Info, uow: UnitOfWork, input: CreatePlaceInput) -> Nodes:
    return {"place": await customers.create_place(uow, **input.values())}


@mutation(
    "Change a place.",
    Permission.SUBJECTS_WRITE,
    answers={"place": (Place, "The place, changed.")},
    refusals=(VersionConflict,),
)
async def update_place(info: Info, uow: UnitOfWork, input: UpdatePlaceInput) -> Nodes:
    return {"place": await customers.update_place(uow, **input.values())}
