"""Asking for a file, and calling it off."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select

from app import events
from app.access import Permission
from app.errors import BadUserInput, Conflict, Forbidden, NotFound
from app.models import Customer, EventType, Export, ExportFormat, ExportKind, ExportStatus, User, WorkKind
from app.services import due_work
from app.uow import UnitOfWork

OVER = (ExportStatus.SUCCEEDED, ExportStatus.FAILED, ExportStatus.CANCELLED)
WAITING_MAX = 5
"""Exports of one organization that wait or are written, of one kind."""
REQUEST_MAX = 50_000
"""Bytes of a query with its variables: they lie in a row until the export is over."""
NUL = b"\\u0000"
"""As JSON writes it, and PostgreSQL cannot keep it."""
LIST_FORMATS = (ExportFormat.CSV, ExportFormat.JSONL)


async def export_audit_log(
    uow: UnitOfWork,
    format: ExportFormat,
    types: Sequence[EventType] | None = None,
    customer_id: UUID | None = None,
    actor_id: UUID | None = None,
    from_: datetime | None = None,
    until: datetime | None = None,
) -> Export:
    """The log as it is now; what happens later is not in it."""
    if format not in LIST_FORMATS:
        raise BadUserInput("The log is written as CSV or as JSONL.", "format")
    if from_ is not None and until is not None and from_ >= until:
        raise BadUserInput("`from` is before `until`.", "until")
    if customer_id is not None:
        await uow.get(Customer, customer_id)
    if actor_id is not None:
        await uow.get(User, actor_id)
    head = await uow.first(events.head(uow.viewer.organization_id))
    filter: dict[str, Any] = {"through": head.seq if head else 0}
    if types is not None:
        filter["types"] = [type.value for type in types]
    named = {"customer_id": customer_id, "actor_id": actor_id}
    filter |= {name: str(id) for name, id in named.items() if id is not None}
    instants = {"from_": from_, "until": until}
    filter |= {name: instant.isoformat() for name, instant in instants.items() if instant is not None}
    return await _ask(uow, ExportKind.AUDIT_LOG, format, filter=filter)


async def export_person(uow: UnitOfWork, customer_id: UUID) -> Export:
    """Admins ask about anybody, customers about themselves; for others there is nobody to ask about."""
    if Permission.PRIVACY not in uow.viewer.permissions and customer_id != uow.viewer.customer_id:
        raise NotFound("customer")
    customer = await uow.get(Customer, customer_id, lock=True)
    if customer.erased_at is not None:
        raise BadUserInput("This person was erased.", "customerId")
    return await _ask(uow, ExportKind.PERSON, ExportFormat.ZIP, customer_id=customer.id)


async def bulk_export(uow: UnitOfWork, connection: str, query: str, variables: Mapping[str, Any]) -> Export:
    """A whole list, as it is when its pages are read. `query` was found to be one that reads `connection`."""
    if uow.viewer.user_id is None:
        raise Forbidden("Lists are written for people: a key has nobody for whom to do so later.")
    request = {"query": query, "variables": dict(variables)}
    try:
        written = orjson.dumps(request)
    except TypeError:
        written = b"null"
    # a document can hold numbers that JSON cannot
    if orjson.loads(written) != request:
        raise BadUserInput("A whole number has 64 bits at most, and none is infinite.", "variables")
    if len(written) > REQUEST_MAX:
        raise BadUserInput(f"A query and its variables have at most {REQUEST_MAX} bytes.", "query")
    if NUL in written:
        raise BadUserInput("A text cannot hold a NUL character.", "variables")
    return await _ask(uow, ExportKind.CONNECTION, ExportFormat.JSONL, connection=connection, request=request)


async def _ask(uow: UnitOfWork, kind: ExportKind, format: ExportFormat, **given: Any) -> Export:
    export = Export(
        kind=kind, format=format, status=ExportStatus.QUEUED, requested_by=uow.viewer.user_id, rows_done=0, **given
    )
    waiting = await uow.first(
        select(func.count()).where(
            Export.organization_id == uow.viewer.organization_id,
            Export.kind == kind,
            Export.customer_id == export.customer_id if export.customer_id else Export.customer_id.is_(None),
            Export.status.not_in(OVER),
        )
    )
    if (waiting or 0) >= WAITING_MAX:
        raise Conflict(f"{WAITING_MAX} such files are being written already; wait for them.")
    await uow.add(export)
    uow.emit(EventType.EXPORT_REQUESTED, export, payload={"kind": kind, "format": format})
    await uow.later(WorkKind.WRITE_EXPORT, export.id)
    return export


async def cancel_export(uow: UnitOfWork, export_id: UUID) -> Export:
    """The worker that writes it stops when it looks, and clears up."""
    export = await uow.get(Export, export_id, lock=True)
    queued = export.status is ExportStatus.QUEUED
    await uow.transition(export, ExportStatus.CANCELLED, request=None, finished_at=uow.now)
    uow.emit(EventType.EXPORT_CANCELLED, export)
    if queued:
        await due_work.withdraw(uow, export.id, WorkKind.WRITE_EXPORT)
    return export
