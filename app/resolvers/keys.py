"""Keys of partners' programs, and the documents that these may run."""

from app import models
from app.access import Permission
from app.context import Info
from app.resolvers.verbs import Nodes, mutation
from app.schema.keys import (
    ApiKey,
    CreateApiKeyInput,
    RegisterDocumentsInput,
    RevokeApiKeyInput,
    RotateApiKeyInput,
    UpdateApiKeyInput,
    WithdrawDocumentsInput,
)
from app.schema.partners import Partner
from app.schema.problems import DocumentsRefused, VersionConflict
from app.services import keys, registry
from app.uow import UnitOfWork

TOKEN = (str, "What its programs send as `Authorization: Bearer …`. It is shown this once.")


@mutation(
    "Make a key by which a partner's programs come in.",
    Permission.API_KEYS,
    answers={"api_key": (ApiKey, "The key."), "token": TOKEN},
)
async def create_api_key(info: Info, uow: UnitOfWork, input: CreateApiKeyInput) -> Nodes:
    made = await keys.create_api_key(uow, **input.values())
    return {"api_key": made.key, "token": made.token}


@mutation(
    "Rename a key, or let it allow other things.",
    Permission.API_KEYS,
    answers={"api_key": (ApiKey, "The key, changed.")},
    refusals=(VersionConflict,),
)
async def update_api_key(info: Info, uow: UnitOfWork, input: UpdateApiKeyInput) -> Nodes:
    return {"api_key": await keys.update_api_key(uow, **input.values())}


@mutation(
    "Make a key that takes the place of another; for a while both are good.",
    Permission.API_KEYS,
    answers={"api_key": (ApiKey, "The new key."), "token": TOKEN},
    refusals=(VersionConflict,),
)
async def rotate_api_key(info: Info, uow: UnitOfWork, input: RotateApiKeyInput) -> Nodes:
    made = await keys.rotate_api_key(uow, **input.values())
    return {"api_key": made.key, "token": made.token}


@mutation(
    "Let a key be good for nothing any more; what its programs have open ends.",
    Permission.API_KEYS,
    answers={"api_key": (ApiKey, "The key, revoked.")},
)
async def revoke_api_key(info: Info, uow: UnitOfWork, input: RevokeApiKeyInput) -> Nodes:
    return {"api_key": await keys.revoke_api_key(uow, **input.values())}


@mutation(
    "Let a partner's programs run the documents of a manifest: all of them, or none and the reasons why.",
    Permission.API_KEYS,
    answers={
        "partner": (Partner, "The partner."),
        "version": (int, "The manifest's number; it goes up with every manifest that changes something."),
        "added": (int, "How many documents are new, or were withdrawn before."),
        "same": (int, "How many were known already."),
        "withdrawn": (int, "How many were withdrawn."),
    },
    refusals=(DocumentsRefused,),
)
async def register_documents(info: Info, uow: UnitOfWork, input: RegisterDocumentsInput) -> Nodes:
    given = input.values()
    partner = await uow.get(models.Partner, given["partner_id"])
    listed = registry.read(given["manifest"])
    done = await registry.register_documents(uow, partner.id, listed, info.context.server.examine, only=given["only"])
    counts = {"added": done.added, "same": done.same, "withdrawn": done.withdrawn}
    return {"partner": partner, "version": done.version, **counts}


@mutation(
    "Let a partner's programs run some documents no more, from this moment.",
    Permission.API_KEYS,
    answers={"partner": (Partner, "The partner."), "withdrawn": (int, "How many were withdrawn.")},
)
async def withdraw_documents(info: Info, uow: UnitOfWork, input: WithdrawDocumentsInput) -> Nodes:
    given = input.values()
    withdrawn = await registry.withdraw_documents(uow, **given)
    return {"partner": await uow.get(models.Partner, given["partner_id"]), "withdrawn": withdrawn}
