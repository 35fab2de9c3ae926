"""Care: what comes round, what was done, and what is due."""

from app.access import Permission
from app.context import Info
from app.loaders import care as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.care import (
    CareDue,
    CareDueFilter,
    CareProtocol,
    CareProtocolFilter,
    CareRecord,
    CreateCareProtocolInput,
    RecordCareInput,
    SetServiceCareInput,
    UpdateCareProtocolInput,
    UpdateCareRecordInput,
    VoidCareRecordInput,
)
from app.schema.problems import AlreadyExists, VersionConflict
from app.schema.scheduling import Service
from app.services import care
from app.uow import UnitOfWork

connection(
    "care_protocols",
    relations.PROTOCOLS,
    CareProtocol,
    "Kinds of care that come round.",
    Permission.CATALOGUE_READ,
    filter=CareProtocolFilter,
    cache_s=60,
)
connection(
    "care_due",
    relations.DUES,
    CareDue,
    "What is due and overdue, the earliest first.",
    Permission.CARE_READ,
    filter=CareDueFilter,
)

RECORD = {"care_record": (CareRecord, "The record.")}


@mutation(
    "Add a kind of care that comes round.",
    Permission.CARE_PROTOCOLS,
    answers={"care_protocol": (CareProtocol, "The protocol.")},
    refusals=(AlreadyExists,),
)
async def create_care_protocol(info: Info, uow: UnitOfWork, input: CreateCareProtocolInput) -> Nodes:
    return {"care_protocol": await care.create_care_protocol(uow, **input.values())}


@mutation(
    "Change a kind of care that comes round.",
    Permission.CARE_PROTOCOLS,
    answers={"care_protocol": (CareProtocol, "The protocol, changed.")},
    refusals=(VersionConflict, AlreadyExists),
)
async def update_care_protocol(info: Info, uow: UnitOfWork, input: UpdateCareProtocolInput) -> Nodes:
    return {"care_protocol": await care.update_care_protocol(uow, **input.values())}


@mutation("Record what was done for a subject.", Permission.CARE_WRITE, answers=RECORD)
async def record_care(info: Info, uow: UnitOfWork, input: RecordCareInput) -> Nodes:
    return {"care_record": await care.record_care(uow, **input.values())}


@mutation(
    "Describe anew what was done for a subject.", Permission.CARE_WRITE, answers=RECORD, refusals=(VersionConflict,)
)
async def update_care_record(info: Info, uow: UnitOfWork, input: UpdateCareRecordInput) -> Nodes:
    return {"care_record": await care.update_care_record(uow, **input.values())}


@mutation(
    "Say that a record was wrong. It stays, for the house to see, and counts no more.",
    Permission.CARE_WRITE,
    answers=RECORD,
    refusals=(VersionConflict,),
)
async def void_care_record(info: Info, uow: UnitOfWork, input: VoidCareRecordInput) -> Nodes:
    return {"care_record": await care.void_care_record(uow, **input.values())}


@mutation(
    "Say which care must be in date for a service. Bookings that stand, stand.",
    Permission.CARE_PROTOCOLS,
    answers={"service": (Service, "The service, changed.")},
    refusals=(VersionConflict,),
)
async def set_service_care(info: Info, uow: UnitOfWork, input: SetServiceCareInput) -> Nodes:
    return {"service": await care.set_service_care(uow, **input.values())}
