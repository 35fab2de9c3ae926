"""Files of the log and of people, and erasing people."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry

from app import models
from app.access import Permission
from app.context import Info
from app.errors import BadUserInput
from app.loaders import exports as relations
from app.resolvers.states import states
from app.resolvers.verbs import Nodes, connection, mutation, subscription
from app.schema.customers import Customer
from app.schema.exports import (
    BulkExportInput,
    CancelExportInput,
    ErasePersonInput,
    Export,
    ExportAuditLogInput,
    ExportFilter,
    ExportPersonInput,
)
from app.schema.problems import InvalidTransition, PersonActive
from app.services import exports, privacy
from app.uow import UnitOfWork

connection(
    "exports",
    relations.EXPORTS,
    Export,
    "Exports that the viewer may have, the latest first.",
    Permission.CUSTOMERS_READ,
    filter=ExportFilter,
)


@mutation(
    "Have the log written into a file, masked as it is shown.",
    Permission.AUDIT_READ,
    answers={"export": (Export, "The export; follow it with `exportUpdated`.")},
    cost=200,
)
async def export_audit_log(info: Info, uow: UnitOfWork, input: ExportAuditLogInput) -> Nodes:
    return {"export": await exports.export_audit_log(uow, **input.values())}


@mutation(
    "Have a whole list written into a file, as the viewer sees it while its pages are read.",
    Permission.REPORTS_READ,
    answers={"export": (Export, "The export; follow it with `exportUpdated`.")},
    cost=200,
)
async def bulk_export(info: Info, uow: UnitOfWork, input: BulkExportInput) -> Nodes:
    asked = {"variables": {}, **input.values()}
    if not isinstance(asked["variables"], dict):
        raise BadUserInput("Variables are an object.", "variables")
    connection = info.context.server.lists.connection(asked["query"], asked["variables"], uow.viewer)
    return {"export": await exports.bulk_export(uow, connection, **asked)}


@mutation(
    "Have everything that is known about a person written into an archive: admins of anybody, customers of themselves.",
    Permission.CUSTOMERS_READ,
    answers={"export": (Export, "The export; follow it with `exportUpdated`.")},
    cost=200,
)
async def export_person(info: Info, uow: UnitOfWork, input: ExportPersonInput) -> Nodes:
    return {"export": await exports.export_person(uow, **input.values())}


@mutation(
    "Call an export off.",
    Permission.CUSTOMERS_READ,
    answers={"export": (Export, "The export, cancelled.")},
    refusals=(InvalidTransition,),
)
async def cancel_export(info: Info, uow: UnitOfWork, input: CancelExportInput) -> Nodes:
    return {"export": await exports.cancel_export(uow, **input.values())}


@mutation(
    "Erase what is known about a person, for good. What the books and the log need stays, and tells nobody's name.",
    Permission.PRIVACY,
    answers={"customer": (Customer, "What is left.")},
    refusals=(PersonActive, InvalidTransition),
    cost=100,
)
async def erase_person(info: Info, uow: UnitOfWork, input: ErasePersonInput) -> Nodes:
    return {"customer": await privacy.erase_person(uow, **input.values())}


@subscription("An export: as it is, and again whenever it changes.", Permission.CUSTOMERS_READ, answers=Export)
async def export_updated(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
) -> AsyncIterator[Any]:
    return await states(info, models.Export, id, lambda row: (row.rows, row.rows_done))
