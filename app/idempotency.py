"""Repeating a mutation with the same key answers again and does nothing again.

The key's row is written in the transaction of its mutation, so it stands exactly if the mutation does. A concurrent
twin waits on that row and then finds the outcome. A key holds for a day; a worker throws away those that hold no more.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import models
from app.access import Viewer
from app.errors import BadUserInput, Conflict, NotFound
from app.models import IdempotencyKey
from app.uow import UnitOfWork

KEY_MAX = 200


@dataclass
class Outcome:
    """What a mutation answers: the name of its result type, and the rows and numbers in it, read as attributes."""

    type: str
    nodes: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.nodes[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Repetition:
    """A client's promise: requests with this key, at this place of the document, are one and the same.

    life_s: how long it holds; a later request is a new one.
    """

    key: str
    path: str
    request_hash: bytes
    life_s: int

    @classmethod
    def of(cls, key: object, path: str, field: str, arguments: Mapping[str, object], life_s: int) -> "Repetition":
        """Raises `BadUserInput` for a key that cannot be kept as it is: one that was cut short might be another's."""
        if not isinstance(key, str) or not 1 <= len(key) <= KEY_MAX or not _storable(key):
            raise BadUserInput(f"An idempotency key is a string of 1 to {KEY_MAX} characters.")
        # a document can hold numbers of any size
        request = json.dumps([field, arguments], sort_keys=True, default=str)
        return cls(key, path, hashlib.sha256(request.encode()).digest(), life_s)

    async def begin(self, uow: UnitOfWork) -> Outcome | None:
        """Claim the key, or answer what its first use did."""
        claim = insert(IdempotencyKey).values(
            organization_id=uow.viewer.organization_id,
            caller_id=_caller(uow.viewer),
            key=self.key,
            path=self.path,
            request_hash=self.request_hash,
            created_at=uow.now,
        )
        fresh = {
            "request_hash": claim.excluded.request_hash,
            "outcome": {},
            "created_at": claim.excluded.created_at,
            "updated_at": claim.excluded.created_at,
        }
        # a twin that waited for this row looks at it again: claimed anew, it is old no more
        old = IdempotencyKey.created_at < uow.now - timedelta(seconds=self.life_s)
        claimed = await uow.session.execute(
            claim.on_conflict_do_update(constraint="pk_idempotency_keys", set_=fresh, where=old).returning(
                IdempotencyKey.key
            )
        )
        if claimed.first() is not None:
            return None
        first = await uow.first(select(IdempotencyKey).where(*self._row(uow)))
        if first is None or first.request_hash != self.request_hash:
            raise Conflict("This idempotency key was used for another request.")
        return await _recall(uow, first.outcome)

    async def end(self, uow: UnitOfWork, outcome: Outcome) -> None:
        """Texts that are answered beside rows are secrets, shown once: they are not kept, nor then shown again."""
        stored: dict[str, Any]
        if any(type(value) is str for value in outcome.nodes.values()):
            stored = {"type": outcome.type, "secret": True}
        else:
            stored = {"type": outcome.type, "nodes": {name: _reference(value) for name, value in outcome.nodes.items()}}
        await uow.session.execute(update(IdempotencyKey).where(*self._row(uow)).values(outcome=stored))

    async def forget(self, uow: UnitOfWork) -> None:
        """Let go of a key whose request was refused: it may be tried again."""
        await uow.session.execute(delete(IdempotencyKey).where(*self._row(uow)))

    def _row(self, uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
        return (
            IdempotencyKey.organization_id == uow.viewer.organization_id,
            IdempotencyKey.caller_id == _caller(uow.viewer),
            IdempotencyKey.key == self.key,
            IdempotencyKey.path == self.path,
        )


def _storable(text: str) -> bool:
    """What PostgreSQL can hold: Unicode without NUL."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _caller(viewer: Viewer) -> UUID:
    """Whose promise it is. Two programs of one partner have keys of their own, and so do their promises."""
    found = viewer.api_key_id or viewer.user_id
    if found is None:
        raise TypeError("the system repeats nothing")
    return found


async def forget_old(session: AsyncSession, before: datetime, many: int) -> int:
    """Throw away so many keys from before an instant, of whatever organization; answers how many there were."""
    found = await session.execute(select(func.forget_idempotency_keys(before, many)))
    return int(found.scalar_one())


def _reference(value: Any) -> Any:
    """Rows are kept by name and id: a repetition shows them as they are by then. A number stays what it was, and so
    does a value that is no row."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, list):
        return [_reference(item) for item in value]
    if is_dataclass(value):
        return asdict(value)  # type: ignore[arg-type]
    return [type(value).__name__, str(value.id)]


async def _recall(uow: UnitOfWork, stored: Mapping[str, Any]) -> Outcome:
    if "secret" in stored:
        raise Conflict("This was done already, and its secret is shown only once; make another.")
    return Outcome(stored["type"], {name: await _row(uow, value) for name, value in stored["nodes"].items()})


async def _listed(uow: UnitOfWork, reference: Any) -> Any:
    """One row of several; None, if it is not there any more."""
    try:
        return await _row(uow, reference)
    except NotFound:
        return None


async def _row(uow: UnitOfWork, reference: Any) -> Any:
    if reference is None or isinstance(reference, int):
        return reference
    if isinstance(reference, dict):
        return SimpleNamespace(**reference)
    if not reference or not isinstance(reference[0], str):
        return [row for row in [await _listed(uow, item) for item in reference] if row is not None]
    name, id = reference
    return await uow.get(getattr(models, name), UUID(id))
