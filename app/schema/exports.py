"""Long lists, and everything about a person, as files."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from app import models
from app.loaders import exports as relations
from app.models.events import EventType
from app.models.exports import ExportFormat, ExportKind, ExportStatus
from app.schema.customers import Customer
from app.schema.documents import Document
from app.schema.fields import column, to_one, vocabulary
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node

vocabulary(ExportKind, "What is written into a file.")
vocabulary(ExportFormat, "How a file is written.")
vocabulary(ExportStatus, "Where an export stands.")


@node(models.Export, "A file that somebody asked for, written by a worker.")
class Export(Node):
    kind: ExportKind = column("What is in it.")
    format: ExportFormat = column("How it is written.")
    connection: str | None = column("Which list it is of, if it is of one.")
    status: ExportStatus = column("Where it stands.")
    rows: int | None = column("How many rows it will have, as far as is known; null until they are counted.")
    rows_done: int = column("How many of them are written.")
    error: str | None = column("Why it failed, if it did; for people.")
    created_at: datetime = column("When it was asked for.")
    started_at: datetime | None = column("When a worker began.")
    finished_at: datetime | None = column("When it ended.")
    customer: Customer | None = to_one(relations.EXPORT_CUSTOMER, "The person whom it is about.")
    requested_by: User | None = to_one(relations.EXPORT_REQUESTER, "Who asked for it, if the viewer may know.")
    document: Document | None = to_one(
        relations.EXPORT_DOCUMENT, "The file, once it has succeeded; it is removed after some days."
    )


@strawberry.input(description="Which exports are wanted; all conditions hold at once.")
class ExportFilter(Values):
    kind: list[ExportKind] | None = column("Of one of these kinds.", default=None)
    status: list[ExportStatus] | None = column("In one of these states.", default=None)
    customer_id: strawberry.ID | None = column("About this customer.", default=None)


@strawberry.input(description="A part of the log to write into a file, masked as it is shown.")
class ExportAuditLogInput(Values):
    format: ExportFormat = column("CSV or JSONL.")
    types: list[EventType] | None = column("Only what happened so.", default=None)
    customer_id: strawberry.ID | None = column("Only what concerns this customer.", default=None)
    actor_id: strawberry.ID | None = column("Only what this user did.", default=None)
    from_: datetime | None = column("Only at or after this instant.", name="from", default=None)
    until: datetime | None = column("Only before this instant.", default=None)


@strawberry.input(description="A list to write into a file: a JSON object in each line.")
class BulkExportInput(Values):
    query: str = column(
        "A query of one list, `{ list(filter: …) { edges { node { … } } } }`, which may have fragments and variables; "
        "whatever is asked of a node is written, page by page."
    )
    variables: JSON | None = column("Values of its variables.", default=None)


@strawberry.input(description="An export to call off.")
class CancelExportInput(Values):
    export_id: strawberry.ID = column("Which.")


@strawberry.input(description="A person of whom everything is to be handed out.")
class ExportPersonInput(Values):
    customer_id: strawberry.ID = column("Which; customers ask for themselves.")


@strawberry.input(description="A person of whom everything is to be erased.")
class ErasePersonInput(Values):
    customer_id: strawberry.ID = column("Which.")
    reason: str = column("Why; for the log's reader, and kept out of the log itself.")
