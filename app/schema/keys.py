"""Keys of partners' programs, and the documents that these may run."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from app.access import Permission
from app.loaders import keys as relations
from app.models.base import Vocabulary
from app.schema.fields import column, derived, to_one, vocabulary
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.partners import Partner


class OperationKind(Vocabulary):
    QUERY = "QUERY", "Reads."
    MUTATION = "MUTATION", "Changes something."
    SUBSCRIPTION = "SUBSCRIPTION", "Follows something."


vocabulary(OperationKind, "What an operation does.")


@node(models.ApiKey, "What a partner's program shows instead of signing in. Its secret is shown once, and not kept.")
class ApiKey(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What people call it.")
    prefix: str = column("How the token begins, behind `wpk_`; by it a token is recognised.")
    scopes: list[Permission] = derived(lambda row: [Permission(scope) for scope in row.scopes], "What it allows.")
    created_at: datetime = column("When it was made.")
    expires_at: datetime | None = column("When it ends by itself; null: it does not.")
    last_used_at: datetime | None = column("When it was last used, to within a minute; null: never.")
    revoked_at: datetime | None = column("When it was revoked.")
    partner: Annotated["Partner", strawberry.lazy("app.schema.partners")] = to_one(
        relations.KEY_PARTNER, "Whose it is."
    )
    previous: Annotated["ApiKey", strawberry.lazy("app.schema.keys")] | None = to_one(
        relations.KEY_PREVIOUS, "The key whose place it takes."
    )
    created_by: User | None = to_one(relations.KEY_MAKER, "Who made it.")


@strawberry.type(description="An operation of a registered document.")
class RegisteredOperation:
    kind: OperationKind = column("What it does.")
    name: str | None = column("What it is called; null, if it is the document's only one and has no name.")
    permissions: list[Permission] = column("What a key must allow for it.")
    cost: int | None = column("What it costs at most, in points; null, if that was not worked out.")


def _operations(row: models.RegisteredDocument) -> list[RegisteredOperation]:
    return [_operation(operation) for operation in row.operations]


def _operation(found: dict[str, Any]) -> RegisteredOperation:
    return RegisteredOperation(
        kind=OperationKind(found["kind"]),
        name=found["name"],
        permissions=[Permission(permission) for permission in found["permissions"]],
        cost=found["cost"],
    )


@node(models.RegisteredDocument, "A text of GraphQL that a partner's programs may run by its name.")
class RegisteredDocument(Node):
    document_id: str = column(
        "What they send as `documentId`: `sha256:` and the hash of the text, or a name of theirs."
    )
    hash: str = column("SHA-256 of the text; it can be sent as `documentId`, too, behind `sha256:`.")
    body: str = column("The text.")
    operations: list[RegisteredOperation] = derived(_operations, "What it can do; one operation as a rule.")
    first_version: int = column("The manifest that it came with.")
    last_version: int = column("The latest manifest that has it.")
    created_at: datetime = column("When it was first registered.")
    withdrawn_at: datetime | None = column("Since when it may not be run any more.")
    partner: Annotated["Partner", strawberry.lazy("app.schema.partners")] = to_one(
        relations.DOCUMENT_PARTNER, "Whose programs may run it."
    )
    registered_by: User | None = to_one(relations.DOCUMENT_REGISTRAR, "Who registered it; null, if a command did.")


@strawberry.input(description="Which keys are wanted.")
class ApiKeyFilter(Values):
    live: bool | None = column("Those that are good, or those that have ended.", default=None)


@strawberry.input(description="Which documents are wanted; all conditions hold at once.")
class RegisteredDocumentFilter(Values):
    withdrawn: bool | None = column("Withdrawn, or still to be run.", default=None)
    version: int | None = column("Those whose latest manifest is this one.", default=None)


@strawberry.input(description="A key for a partner's programs.")
class CreateApiKeyInput(Values):
    partner_id: strawberry.ID = column("Whose.")
    name: str = column("What people call it.")
    scopes: list[Permission] = column("What it allows: one or more of those that partners can be given.")
    expires_at: datetime | None = column("When it ends; left out: never by itself.", default=None)


@strawberry.input(description="What to change of a key; what is left out stays.")
class UpdateApiKeyInput(Values):
    api_key_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What people call it.")
    scopes: strawberry.Maybe[list[Permission]] = column("What it allows; what its programs have open ends.")


@strawberry.input(description="A key that is to have a successor.")
class RotateApiKeyInput(Values):
    api_key_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    overlap_s: int | None = column(
        "For how many seconds the old one is good besides, up to 30 days; left out: for a day.", default=None
    )


@strawberry.input(description="A key to revoke.")
class RevokeApiKeyInput(Values):
    api_key_id: strawberry.ID = column("Which.")


@strawberry.input(description="Documents that a partner's programs may run.")
class RegisterDocumentsInput(Values):
    partner_id: strawberry.ID = column("Whose.")
    manifest: str = column(
        "Apollo's operation manifest, Relay's `persisted.json`, a JSON object of texts by their SHA-256, or one text."
    )
    only: bool = column("Whether every other document of the partner's is withdrawn.", default=False)


@strawberry.input(description="Documents that a partner's programs may run no more; both conditions add to each other.")
class WithdrawDocumentsInput(Values):
    partner_id: strawberry.ID = column("Whose.")
    registered_document_ids: list[strawberry.ID] | None = column("These.", default=None)
    through_version: int | None = column("Those that no manifest after this version has.", default=None)
