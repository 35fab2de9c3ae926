"""Partners, asking their systems, and deciding on what comes from there."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry

from app import models
from app.access import Permission
from app.context import Info
from app.errors import NotFound
from app.loaders import partners as relations
from app.resolvers.states import states
from app.resolvers.verbs import Nodes, connection, mutation, query, subscription
from app.schema.care import CareRecord
from app.schema.inputs import NUL
from app.schema.partners import (
    AcceptReviewItemsInput,
    CancelSyncInput,
    ConnectPartnerInput,
    CreatePartnerInput,
    DirectoryEntry,
    DirectoryFilter,
    Partner,
    PartnerConnectionFilter,
    PartnerFilter,
    PartnerLink,
    PartnerOrder,
    PausePartnerConnectionInput,
    RecordCareByChipInput,
    RejectReviewItemInput,
    RemovePartnerConnectionInput,
    RequestSyncInput,
    ResumePartnerConnectionInput,
    ReviewItem,
    ReviewItemFilter,
    SyncRun,
    SyncRunFilter,
    UpdatePartnerConnectionInput,
    UpdatePartnerInput,
)
from app.schema.problems import AlreadyExists, InvalidTransition, PartnerNotAsked, VersionConflict
from app.schema.subjects import Pet
from app.services import partners
from app.uow import UnitOfWork

connection(
    "partners",
    relations.PARTNERS,
    Partner,
    "Partners that the viewer sees, by name.",
    Permission.PARTNERS_READ,
    filter=PartnerFilter,
    order_by=PartnerOrder,
)
connection(
    "partner_directory",
    relations.DIRECTORY,
    DirectoryEntry,
    "Partners whom every organization can choose, by name.",
    Permission.PARTNERS_READ,
    filter=DirectoryFilter,
)
connection(
    "partner_connections",
    relations.CONNECTIONS,
    PartnerLink,
    "Partners' systems that are asked, the newest first.",
    Permission.PARTNERS_CONNECT,
    filter=PartnerConnectionFilter,
)
connection(
    "sync_runs",
    relations.RUNS,
    SyncRun,
    "When partners' systems were asked, the latest first.",
    Permission.PARTNERS_CONNECT,
    filter=SyncRunFilter,
)
connection(
    "review_items",
    relations.REVIEW_ITEMS,
    ReviewItem,
    "What partners sent and somebody must look at, or has; the oldest first.",
    Permission.PARTNERS_WRITE,
    filter=ReviewItemFilter,
)

CONNECTION = {"connection": (PartnerLink, "The connection, as it is now.")}
RUN = {"sync_run": (SyncRun, "The run; follow it with `syncRunUpdated`.")}


@mutation(
    "Add a partner: by hand, or from the directory.",
    Permission.PARTNERS_WRITE,
    answers={"partner": (Partner, "The partner.")},
    refusals=(AlreadyExists,),
)
async def create_partner(info: Info, uow: UnitOfWork, input: CreatePartnerInput) -> Nodes:
    return {"partner": await partners.create_partner(uow, **input.values())}


@mutation(
    "Change a partner.",
    Permission.PARTNERS_WRITE,
    answers={"partner": (Partner, "The partner, changed.")},
    refusals=(VersionConflict, AlreadyExists),
)
async def update_partner(info: Info, uow: UnitOfWork, input: UpdatePartnerInput) -> Nodes:
    return {"partner": await partners.update_partner(uow, **input.values())}


@mutation(
    "Connect a partner's system, to be asked for what it knows about pets by their chip numbers.",
    Permission.PARTNERS_CONNECT,
    answers=CONNECTION,
)
async def connect_partner(info: Info, uow: UnitOfWork, input: ConnectPartnerInput) -> Nodes:
    return {"connection": await partners.connect_partner(uow, info.context.server.settings, **input.values())}


@mutation(
    "Change how a partner's system is asked.",
    Permission.PARTNERS_CONNECT,
    answers=CONNECTION,
    refusals=(VersionConflict,),
)
async def update_partner_connection(info: Info, uow: UnitOfWork, input: UpdatePartnerConnectionInput) -> Nodes:
    changed = await partners.update_partner_connection(uow, info.context.server.settings, **input.values())
    return {"connection": changed}


@mutation(
    "Let a partner's system rest; a run under way ends.",
    Permission.PARTNERS_CONNECT,
    answers=CONNECTION,
    refusals=(InvalidTransition,),
)
async def pause_partner_connection(info: Info, uow: UnitOfWork, input: PausePartnerConnectionInput) -> Nodes:
    return {"connection": await partners.pause_partner_connection(uow, **input.values())}


@mutation(
    "Go on asking a partner's system.",
    Permission.PARTNERS_CONNECT,
    answers=CONNECTION,
    refusals=(InvalidTransition,),
)
async def resume_partner_connection(info: Info, uow: UnitOfWork, input: ResumePartnerConnectionInput) -> Nodes:
    return {"connection": await partners.resume_partner_connection(uow, **input.values())}


@mutation(
    "Ask a partner's system no more, and forget the credentials; what came from there stays.",
    Permission.PARTNERS_CONNECT,
    answers=CONNECTION,
    refusals=(InvalidTransition,),
)
async def remove_partner_connection(info: Info, uow: UnitOfWork, input: RemovePartnerConnectionInput) -> Nodes:
    return {"connection": await partners.remove_partner_connection(uow, **input.values())}


@mutation(
    "Have a partner's system asked now. While that is under way, asking again answers the run there is.",
    Permission.PARTNERS_CONNECT,
    answers=RUN,
    refusals=(PartnerNotAsked,),
    cost=100,
)
async def request_sync(info: Info, uow: UnitOfWork, input: RequestSyncInput) -> Nodes:
    return {"sync_run": await partners.request_sync(uow, **input.values())}


@mutation(
    "Call a run off; what it has written stays.",
    Permission.PARTNERS_CONNECT,
    answers=RUN,
    refusals=(InvalidTransition,),
)
async def cancel_sync(info: Info, uow: UnitOfWork, input: CancelSyncInput) -> Nodes:
    return {"sync_run": await partners.cancel_sync(uow, **input.values())}


@mutation(
    "Make care records of rows that a partner sent.",
    Permission.PARTNERS_WRITE,
    answers={"review_items": (list[ReviewItem], "The rows, each with its record.")},
    refusals=(InvalidTransition,),
)
async def accept_review_items(info: Info, uow: UnitOfWork, input: AcceptReviewItemsInput) -> Nodes:
    return {"review_items": await partners.accept_review_items(uow, **input.values())}


@mutation(
    "Do not take a row that a partner sent; it comes back if the partner changes it.",
    Permission.PARTNERS_WRITE,
    answers={"review_item": (ReviewItem, "The row.")},
    refusals=(InvalidTransition,),
)
async def reject_review_item(info: Info, uow: UnitOfWork, input: RejectReviewItemInput) -> Nodes:
    return {"review_item": await partners.reject_review_item(uow, **input.values())}


@query("The pet with a chip, if the viewer sees it.", Permission.CARE_READ, answers=Pet)
async def pet_by_chip(
    info: Info, chip_number: Annotated[str, strawberry.argument(description="The number of its chip.")]
) -> Any:
    pet = None if NUL in chip_number else await info.context.loaders.one(models.Pet, chip_number.strip(), "chip_number")
    if pet is None:
        raise NotFound("pet")
    return pet


@mutation(
    "Record what was done for the pet with a chip.",
    Permission.CARE_WRITE,
    answers={"care_record": (CareRecord, "The record.")},
)
async def record_care_by_chip(info: Info, uow: UnitOfWork, input: RecordCareByChipInput) -> Nodes:
    return {"care_record": await partners.record_care_by_chip(uow, **input.values())}


@subscription("A run: as it is, and again whenever it gets on.", Permission.PARTNERS_CONNECT, answers=SyncRun)
async def sync_run_updated(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
) -> AsyncIterator[Any]:
    return await states(info, models.SyncRun, id, lambda row: row.updated_at)
