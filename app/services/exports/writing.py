"""What becomes of an export while a worker writes it. The file is a document, which has the export's own id: whoever
takes a lost worker's place writes to the same place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.access import Viewer
from app.errors import Unauthenticated, WaypostError
from app.models import (
    Document,
    DocumentStatus,
    EventType,
    Export,
    ExportFormat,
    ExportKind,
    ExportStatus,
    WorkKind,
)
from app.services.audit import Wanted
from app.services.identity.sessions import member
from app.uow import UnitOfWork

TYPES: Mapping[ExportFormat, tuple[str, str]] = {
    ExportFormat.CSV: ("text/csv", ".csv"),
    ExportFormat.JSONL: ("application/jsonl", ".jsonl"),
    ExportFormat.ZIP: ("application/zip", ".zip"),
}
"""What the bytes of each format are, and how the file's name ends."""
NAMES = {ExportKind.AUDIT_LOG: "audit-log", ExportKind.PERSON: "person"}
"""How the file's name begins; a list's begins with the list's own."""


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list as clients see them. total: of the whole list, if it was asked; next: the cursor, if any."""

    rows: Sequence[Mapping[str, Any]]
    total: int | None
    next: str | None


class Unreadable(WaypostError):
    """What was asked for cannot be read, or not any more; trying again does not help."""

    code = "BAD_USER_INPUT"


@dataclass(frozen=True)
class Written:
    """A file that is whole."""

    byte_size: int
    sha256: str
    rows: int


async def start(uow: UnitOfWork, export_id: UUID) -> Export | None:
    """Begin, or begin anew after a lost worker; None once it is over."""
    export = await uow.fetch(Export, export_id, lock=True)
    if export.status is ExportStatus.QUEUED:
        return await uow.transition(export, ExportStatus.RUNNING, started_at=uow.now)
    return export if export.status is ExportStatus.RUNNING else None


def wanted(export: Export) -> Wanted:
    """What of the log an export is of."""
    found: dict[str, Any] = dict(export.filter)
    if "types" in found:
        found["types"] = [EventType(name) for name in found["types"]]
    found |= {name: UUID(found[name]) for name in ("customer_id", "actor_id") if name in found}
    found |= {name: datetime.fromisoformat(found[name]) for name in ("from_", "until") if name in found}
    return Wanted(**found)


async def count(uow: UnitOfWork, export_id: UUID, rows: int) -> bool:
    """Say how many rows there will be. False: it is not wanted any more."""
    return await _running(uow, export_id, rows=rows, rows_done=0)


async def is_still_wanted(uow: UnitOfWork, export_id: UUID, rows_done: int) -> bool:
    """Say how far it is."""
    return await _running(uow, export_id, rows_done=rows_done)


async def _running(uow: UnitOfWork, export_id: UUID, **values: object) -> bool:
    """Progress is no event."""
    found = await uow.session.execute(
        update(Export)
        .where(
            Export.organization_id == uow.viewer.organization_id,
            Export.id == export_id,
            Export.status == ExportStatus.RUNNING,
        )
        .values(updated_at=uow.now, **values)
        .returning(Export.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def document_of(export: Export) -> Document:
    """The file of an export, as it will be."""
    content_type, suffix = TYPES[export.format]
    return Document(
        organization_id=export.organization_id,
        id=export.id,
        status=DocumentStatus.READY,
        name=f"{export.connection or NAMES[export.kind]}-{export.created_at:%Y-%m-%d}{suffix}",
        content_type=content_type,
        uploaded_by=export.requested_by,
        customer_id=export.customer_id,
    )


async def succeed(uow: UnitOfWork, export_id: UUID, written: Written, keep_days: int) -> None:
    """The file is where its document says. It is thrown away after some days: what it says of people goes with it.

    `InvalidTransition` if it was called off meanwhile.
    """
    export = await uow.fetch(Export, export_id, lock=True)
    document = document_of(export)
    document.byte_size, document.sha256, document.received_at = written.byte_size, written.sha256, uow.now
    await uow.add(document)
    uow.emit(EventType.DOCUMENT_READY, document)
    await uow.transition(
        export,
        ExportStatus.SUCCEEDED,
        document_id=document.id,
        rows=written.rows,
        rows_done=written.rows,
        request=None,
        finished_at=uow.now,
    )
    uow.emit(EventType.EXPORT_SUCCEEDED, export)
    await uow.later(WorkKind.ERASE_DOCUMENT, document.id, uow.now + timedelta(days=keep_days))


async def requester(uow: UnitOfWork, export: Export) -> Viewer:
    """Who asked for it, as they are now: with the role, and the hats, that they have by then. Raises `Unreadable`."""
    if export.requested_by is None:
        raise Unreadable("Nobody asked for it.")
    try:
        return await member(uow.session, export.organization_id, export.requested_by)
    except Unauthenticated as error:
        raise Unreadable(error.message) from error


async def fail(uow: UnitOfWork, export_id: UUID, error: str) -> None:
    export = await uow.fetch(Export, export_id, lock=True)
    await uow.transition(export, ExportStatus.FAILED, error=error, request=None, finished_at=uow.now)
    uow.emit(EventType.EXPORT_FAILED, export)
