"""Files that people upload."""

from datetime import datetime
from typing import Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import documents as relations
from app.models.documents import DocumentStatus
from app.schema.customers import Customer
from app.schema.fields import column, derived, to_one, vocabulary
from app.schema.fleet import Driver
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node
from app.schema.scalars import Upload
from app.services import documents
from app.storage import Storage

vocabulary(DocumentStatus, "Where a document stands.")


@strawberry.type(description="A header of an HTTP request.")
class HttpHeader:
    name: str = column("Its name.")
    value: str = column("Its value.")


def _headers(target: documents.Target) -> list[HttpHeader]:
    return [HttpHeader(name=name, value=value) for name, value in target.headers.items()]


@strawberry.type(description="Where to send the bytes of a direct upload. The URL is a secret: it is the permission.")
class UploadTarget:
    url: str = column("Where.")
    method: str = column("The HTTP method.")
    headers: list[HttpHeader] = derived(_headers, "What to send with it.")
    expires_at: datetime = column("Until when.")


@node(models.Document, "A file that somebody uploaded: a photograph, a signature, a report.")
class Document(Node):
    status: DocumentStatus = column("Where it stands.")
    name: str = column("What it is called.")
    content_type: str | None = column("What its bytes are, once that is known.")
    byte_size: int | None = column("How many bytes it has; while they are still to come, how many were announced.")
    sha256: str | None = column("SHA-256 of its bytes in hexadecimal.")
    width: int | None = column("Pixels from left to right, if it is an image.")
    height: int | None = column("Pixels from top to bottom, if it is an image.")
    rejected_reason: str | None = column("Why it was not kept; for people.")
    created_at: datetime = column("When it was uploaded or announced.")
    received_at: datetime | None = column("When its bytes were there.")
    customer: Customer | None = to_one(relations.DOCUMENT_CUSTOMER, "The customer whom it is about, and who sees it.")
    driver: Driver | None = to_one(relations.DOCUMENT_DRIVER, "The driver who uploaded it.")
    uploaded_by: User | None = to_one(relations.DOCUMENT_UPLOADER, "Who uploaded it, if the viewer may know.")

    @strawberry.field(
        description="Where it can be read for an hour or two, without signing in; null until it is ready."
    )
    async def url(
        root: strawberry.Parent[models.Document],
        info: Info,
        thumbnail: Annotated[
            bool, strawberry.argument(description="A small WebP instead; null if it is no image.")
        ] = False,
    ) -> str | None:
        settings = info.context.server.settings
        return await documents.url(settings, Storage.of(settings), root, thumbnail=thumbnail)

    @strawberry.field(
        description="Where its bytes are to go, for whoever announced it; null for others, and once they are there."
    )
    async def upload(root: strawberry.Parent[models.Document], info: Info) -> UploadTarget | None:
        if root.uploaded_by != info.context.viewer.user_id:
            return None
        settings = info.context.server.settings
        return await documents.target(settings, Storage.of(settings), root)  # type: ignore[return-value]


@strawberry.input(description="Which documents are wanted; all conditions hold at once.")
class DocumentFilter(Values):
    status: list[DocumentStatus] | None = column("In one of these states.", default=None)
    customer_id: strawberry.ID | None = column("About this customer.", default=None)
    driver_id: strawberry.ID | None = column("Uploaded by this driver.", default=None)


@strawberry.input(description="A file to keep.")
class UploadDocumentInput(Values):
    file: Upload = column("The file.")
    name: str | None = column("What it is called, if not as the file is.", default=None)
    customer_id: strawberry.ID | None = column(
        "The customer whom it is about, and who shall see it; what customers upload is about themselves.", default=None
    )


@strawberry.input(description="A file that will be sent directly to where it is stored.")
class RequestUploadInput(Values):
    name: str = column("What it is called.")
    byte_size: int = column("How many bytes it has, exactly.")
    content_type: str | None = column("What it is thought to be: refused at once, if that is not kept.", default=None)
    customer_id: strawberry.ID | None = column(
        "The customer whom it is about, and who shall see it; what customers upload is about themselves.", default=None
    )


@strawberry.input(description="A direct upload that was sent.")
class FinishUploadInput(Values):
    document_id: strawberry.ID = column("Which.")


@strawberry.input(description="A document to throw away.")
class RemoveDocumentInput(Values):
    document_id: strawberry.ID = column("Which.")
