"""Uploading files, and listing them."""

from app.access import Permission
from app.context import Info
from app.loaders import documents as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.documents import (
    Document,
    DocumentFilter,
    FinishUploadInput,
    RemoveDocumentInput,
    RequestUploadInput,
    UploadDocumentInput,
)
from app.schema.problems import DocumentInUse, InvalidTransition, UploadIncomplete
from app.services import documents
from app.storage import Storage
from app.uow import UnitOfWork

connection(
    "documents",
    relations.DOCUMENTS,
    Document,
    "Documents that the viewer sees, the newest first.",
    Permission.DOCUMENTS,
    filter=DocumentFilter,
)


@mutation(
    "Upload a file with the request itself, by the GraphQL multipart request spec.",
    Permission.DOCUMENTS,
    answers={"document": (Document, "The document; a worker looks at it next.")},
)
async def upload_document(info: Info, uow: UnitOfWork, input: UploadDocumentInput) -> Nodes:
    storage = Storage.of(info.context.server.settings)
    return {"document": await documents.upload_document(uow, storage, **input.values())}


@mutation(
    "Announce a file that will be sent directly to where it is stored.",
    Permission.DOCUMENTS,
    answers={"document": (Document, "The document; its `upload` says where to send the bytes.")},
)
async def request_upload(info: Info, uow: UnitOfWork, input: RequestUploadInput) -> Nodes:
    return {"document": await documents.request_upload(uow, info.context.server.settings, **input.values())}


@mutation(
    "Say that a direct upload was sent. It may be said twice.",
    Permission.DOCUMENTS,
    answers={"document": (Document, "The document; a worker looks at it next.")},
    refusals=(UploadIncomplete, InvalidTransition),
)
async def finish_upload(info: Info, uow: UnitOfWork, input: FinishUploadInput) -> Nodes:
    storage = Storage.of(info.context.server.settings)
    return {"document": await documents.finish_upload(uow, storage, **input.values())}


@mutation(
    "Throw a document away: the house any, others what they uploaded. Its URLs lead nowhere from then on.",
    Permission.DOCUMENTS,
    answers={"document": (Document, "What is left: that it was there.")},
    refusals=(DocumentInUse, InvalidTransition),
)
async def remove_document(info: Info, uow: UnitOfWork, input: RemoveDocumentInput) -> Nodes:
    return {"document": await documents.remove_document(uow, **input.values())}
