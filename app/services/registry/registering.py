"""Registering the documents of a manifest: all of them, or none and the reasons why."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.errors import BadUserInput, DocumentRefusal, DocumentsRefused, WaypostError
from app.models import ApiKey, ClientDocument, EventType, Partner, RegisteredDocument
from app.models.base import among
from app.services import keys
from app.services.registry.finding import is_hash
from app.services.registry.manifests import Listed
from app.uow import UnitOfWork

LIVE_MAX = 5_000
"""Documents that one partner, or one client, has at a time."""


@dataclass(frozen=True)
class Operation:
    """What a document would do. permissions: what its root fields ask for; for_people: those that no key allows."""

    kind: str
    name: str | None
    permissions: tuple[str, ...] = ()
    for_people: tuple[str, ...] = ()
    cost: int | None = None


Examine = Callable[[str], Sequence[Operation]]
"""Whether a text may run at all, and what it would do. Raises `WaypostError` with the reason. The rules know no
GraphQL: whoever serves it gives this."""

Refuse = Callable[[Listed, Operation], str | None]
Tick = Callable[[], None]


@dataclass(frozen=True)
class Registration:
    """What a manifest changed. added: what is new, or was withdrawn before; same: what was known already.

    changed: there is a new version; False where the manifest is the latest one, sent again.
    """

    version: int
    added: int
    same: int
    withdrawn: int
    changed: bool


async def register_documents(
    uow: UnitOfWork,
    partner_id: UUID,
    listed: Sequence[Listed],
    examine: Examine,
    *,
    only: bool = False,
    tick: Tick = lambda: None,
) -> Registration:
    """Let a partner run these documents; with `only`, no others any more.

    A document is refused if no key of the partner's allows all that it asks for.
    """
    # this takes longest, and nobody waits for it
    examined = await _examined(listed, examine, tick)
    partner = await uow.get(Partner, partner_id, lock=True)
    live = keys.living(uow.viewer.organization_id, partner.id, uow.now)
    scopes = [frozenset(found) for found in await uow.scalars(select(ApiKey.scopes).where(*live))]
    owner = {"organization_id": uow.viewer.organization_id, "partner_id": partner.id}
    shelf = _Shelf(uow.session, RegisteredDocument, owner, uow.now, {"registered_by": uow.viewer.user_id})
    done = await shelf.put(listed, examined, lambda _, operation: _beyond(operation, scopes), only)
    if done.changed:
        uow.emit(EventType.DOCUMENTS_REGISTERED, partner, payload={"version": done.version})
    if done.withdrawn:
        uow.emit(EventType.DOCUMENTS_WITHDRAWN, partner, payload={"version": done.version})
    return done


async def withdraw_documents(
    uow: UnitOfWork, partner_id: UUID, registered_document_ids: Sequence[UUID] = (), through_version: int | None = None
) -> int:
    """Let a partner run these no more: by their ids, and those that no manifest after a version has."""
    partner = await uow.get(Partner, partner_id, lock=True)
    for id in registered_document_ids:
        if (await uow.get(RegisteredDocument, id)).partner_id != partner.id:
            raise BadUserInput("This document is another partner's.", "registeredDocumentIds")
    meant = among(RegisteredDocument.id, registered_document_ids)
    if through_version is not None:
        meant |= RegisteredDocument.last_version <= through_version
    withdrawn = await uow.session.execute(
        update(RegisteredDocument)
        .where(
            RegisteredDocument.organization_id == uow.viewer.organization_id,
            RegisteredDocument.partner_id == partner.id,
            RegisteredDocument.withdrawn_at.is_(None),
            meant,
        )
        .values(withdrawn_at=uow.now, updated_at=uow.now)
        .execution_options(synchronize_session=False)
        .returning(RegisteredDocument.id)
    )
    done = len(withdrawn.all())
    if done:
        uow.emit(EventType.DOCUMENTS_WITHDRAWN, partner)
    return done


async def register_client_documents(
    session: AsyncSession,
    client: str,
    listed: Sequence[Listed],
    examine: Examine,
    *,
    only: bool = False,
    tick: Tick = lambda: None,
) -> Registration:
    """What a client of the house runs, as the role that owns the tables. The caller commits."""
    examined = await _examined(listed, examine, tick)
    # one at a time, whichever client it is: names are looked for among all of them
    await session.execute(text("LOCK TABLE client_documents IN SHARE ROW EXCLUSIVE MODE"))
    names = [document.document_id for document in listed if not is_hash(document.document_id)]
    others = await session.execute(
        select(ClientDocument.document_id, ClientDocument.hash).where(
            among(ClientDocument.document_id, names),
            ClientDocument.client != client,
            ClientDocument.withdrawn_at.is_(None),
        )
    )
    taken = {row[0]: row[1] for row in others}

    def refuse(document: Listed, _: Operation) -> str | None:
        if taken.get(document.document_id, document.hash) != document.hash:
            return "Another client calls another text so."
        return None

    shelf = _Shelf(session, ClientDocument, {"client": client}, clock.now(), {})
    return await shelf.put(listed, examined, refuse, only)


def _beyond(operation: Operation, scopes: Sequence[frozenset[str]]) -> str | None:
    """Why no key of a partner's may run this, if none may."""
    if operation.for_people:
        return f"For people, and not for partners' programs: {', '.join(operation.for_people)}."
    if any(held.issuperset(operation.permissions) for held in scopes):
        return None
    return f"No key of this partner's allows {' and '.join(operation.permissions)}."


class _Shelf:
    """The documents of one partner, or of one client."""

    def __init__(
        self, session: AsyncSession, model: Any, owner: dict[str, Any], now: datetime, signed: dict[str, Any]
    ) -> None:
        self._session = session
        self._model = model
        self._owner = owner
        self._now = now
        self._signed = signed

    @property
    def _mine(self) -> list[ColumnElement[bool]]:
        return [getattr(self._model, name) == value for name, value in self._owner.items()]

    async def put(
        self, listed: Sequence[Listed], examined: dict[str, Sequence[Operation] | str], refuse: Refuse, only: bool
    ) -> Registration:
        known = {row.document_id: row for row in await self._rows(listed)}
        operations = _allowed(listed, known, examined, refuse)
        latest = (await self._session.scalar(select(func.max(self._model.last_version)).where(*self._mine))) or 0
        withdrawn = await self._withdraw_others(listed) if only else 0
        added = sum(not _stands(known.get(document.document_id)) for document in listed)
        settled = not added and not withdrawn and all(row.last_version == latest for row in known.values())
        version = latest if settled else latest + 1
        for document in listed:
            self._write(document, known.get(document.document_id), operations[document.document_id], version)
        await self._session.flush()
        await self._check_room()
        return Registration(version, added, len(listed) - added, withdrawn, not settled)

    async def _rows(self, listed: Sequence[Listed]) -> Sequence[Any]:
        wanted = among(self._model.document_id, [document.document_id for document in listed])
        return (await self._session.execute(select(self._model).where(*self._mine, wanted))).scalars().all()

    async def _withdraw_others(self, listed: Sequence[Listed]) -> int:
        kept = among(self._model.document_id, [document.document_id for document in listed])
        done = await self._session.execute(
            update(self._model)
            .where(*self._mine, self._model.withdrawn_at.is_(None), ~kept)
            .values(withdrawn_at=self._now, updated_at=self._now)
            .execution_options(synchronize_session=False)
            .returning(self._model.id)
        )
        return len(done.all())

    def _write(self, document: Listed, row: Any, operations: Sequence[Operation], version: int) -> None:
        if row is None:
            row = self._model(document_id=document.document_id, first_version=version, **self._owner)
            self._session.add(row)
        if not _stands(row):
            row.body, row.hash, row.first_version, row.withdrawn_at = document.body, document.hash, version, None
            for name, value in self._signed.items():
                setattr(row, name, value)
        row.operations, row.last_version = [asdict(operation) for operation in operations], version

    async def _check_room(self) -> None:
        live = select(func.count()).select_from(self._model).where(*self._mine, self._model.withdrawn_at.is_(None))
        if ((await self._session.scalar(live)) or 0) > LIVE_MAX:
            raise BadUserInput(f"There are at most {LIVE_MAX} documents at a time; withdraw some.", "manifest")


def _stands(row: Any) -> bool:
    return row is not None and row.body is not None and row.withdrawn_at is None


async def _examined(listed: Sequence[Listed], examine: Examine, tick: Tick) -> dict[str, Sequence[Operation] | str]:
    """What each document would do, by its id, or why it may not run."""
    found: dict[str, Sequence[Operation] | str] = {}
    for document in listed:
        try:
            found[document.document_id] = examine(document.body)
        except WaypostError as error:
            found[document.document_id] = error.message
        tick()
        # validating takes a while, and others have requests too
        await asyncio.sleep(0)
    return found


def _allowed(
    listed: Sequence[Listed], known: dict[str, Any], examined: dict[str, Sequence[Operation] | str], refuse: Refuse
) -> dict[str, Sequence[Operation]]:
    """What the documents would do. Raises `DocumentsRefused` with a reason for each that may not be registered."""
    found, refused = {}, []
    for document in listed:
        operations = examined[document.document_id]
        if isinstance(operations, str):
            reasons = [operations]
        else:
            found[document.document_id] = operations
            reasons = _reasons(document, known.get(document.document_id), operations, refuse)
        refused += [DocumentRefusal(document.document_id, reason) for reason in reasons]
    if refused:
        raise DocumentsRefused(refused)
    return found


def _reasons(document: Listed, row: Any, operations: Sequence[Operation], refuse: Refuse) -> list[str]:
    found = []
    if _stands(row) and row.hash != document.hash:
        found.append("This name stands for another text: withdraw that first, or choose another name.")
    if document.name is not None and [(op.name, op.kind) for op in operations] != [(document.name, document.kind)]:
        found.append(f"The text is not the {str(document.kind).lower()} `{document.name}` alone.")
    return found + [reason for operation in operations if (reason := refuse(document, operation))]
