"""Repeating a mutation with the same key answers again and does nothing again.

The key's row is written in the transaction of its mutation, so it stands exactly if the mutation does. A concurrent
twin waits on that row and then finds the outcome.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app import models
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
    """A client's promise: requests with this key, at this place of the document, are one and the same."""

    key: str
    path: str
    request_hash: bytes

    @classmethod
    def of(cls, key: str, path: str, field: str, arguments: Mapping[str, object]) -> "Repetition":
        """Raises `BadUserInput` for a key that cannot be kept as it is: one that was cut short might be another's."""
        if not 1 <= len(key) <= KEY_MAX or "\x00" in key:
            raise BadUserInput(f"An idempotency key has 1 to {KEY_MAX} characters.")
        request = orjson.dumps([field, arguments], option=orjson.OPT_SORT_KEYS, default=str)
        return cls(key, path, hashlib.sha256(request).digest())

    async def begin(self, uow: UnitOfWork) -> Outcome | None:
        """Claim the key, or answer what its first use did."""
        row = {
            "organization_id": uow.viewer.organization_id,
            "user_id": uow.viewer.user_id,
            "key": self.key,
            "path": self.path,
        }
        claimed = await uow.session.execute(
            insert(IdempotencyKey)
            .values(**row, request_hash=self.request_hash)
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        )
        if claimed.first() is not None:
            return None
        first = await uow.first(select(IdempotencyKey).filter_by(**row))
        if first is None or first.request_hash != self.request_hash:
            raise Conflict("This idempotency key was used for another request.")
        return await _recall(uow, first.outcome)

    async def end(self, uow: UnitOfWork, outcome: Outcome) -> None:
        stored = {"type": outcome.type, "nodes": {name: _reference(value) for name, value in outcome.nodes.items()}}
        await uow.session.execute(update(IdempotencyKey).where(*self._row(uow)).values(outcome=stored))

    async def forget(self, uow: UnitOfWork) -> None:
        """Let go of a key whose request was refused: it may be tried again."""
        await uow.session.execute(delete(IdempotencyKey).where(*self._row(uow)))

    def _row(self, uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
        return (
            IdempotencyKey.organization_id == uow.viewer.organization_id,
            IdempotencyKey.user_id == uow.viewer.user_id,
            IdempotencyKey.key == self.key,
            IdempotencyKey.path == self.path,
        )


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
