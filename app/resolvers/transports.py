"""Transports."""

from app.access import Permission
from app.context import Info
from app.loaders import transports as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import InvalidTransition, VersionConflict
from app.schema.transports import (
    CancelTransportInput,
    CreateTransportInput,
    Transport,
    TransportFilter,
    TransportOrder,
    UpdateTransportInput,
)
from app.services import transports
from app.uow import UnitOfWork

connection(
    "transports",
    relations.TRANSPORTS,
    Transport,
    "Transports that the viewer sees.",
    Permission.TRANSPORTS_READ,
    filter=TransportFilter,
    order_by=TransportOrder,
)


@mutation(
    "Ask for a transport that belongs to no booking, or for the way back of another.",
    Permission.TRANSPORTS_WRITE,
    answers={"transport": (Transport, "The transport.")},
)
async def create_transport(info: Info, uow: UnitOfWork, input: CreateTransportInput) -> Nodes:
    return {"transport": await transports.create_transport(uow, **input.values())}


@mutation(
    "Change a transport. What a plan was made of takes it off a route that its driver has not seen.",
    Permission.TRANSPORTS_WRITE,
    answers={"transport": (Transport, "The transport, changed.")},
    refusals=(VersionConflict,),
)
async def update_transport(info: Info, uow: UnitOfWork, input: UpdateTransportInput) -> Nodes:
    return {"transport": await transports.update_transport(uow, **input.values())}


@mutation(
    "Call a transport off before its pickup.",
    Permission.TRANSPORTS_WRITE,
    answers={"transport": (Transport, "The transport, cancelled.")},
    refusals=(InvalidTransition,),
)
async def cancel_transport(info: Info, uow: UnitOfWork, input: CancelTransportInput) -> Nodes:
    return {"transport": await transports.cancel_transport(uow, **input.values())}
