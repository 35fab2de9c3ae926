"""Keyset pagination: pages that neither skip nor repeat a row while others write."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import BadUserInput

PAGE_MAX = 100
PAGE_DEFAULT = 50

Row = TypeVar("Row")
Key = tuple[object, object]

INT64 = range(-(2**63), 2**63)


def _read_instant(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


def _read_text(value: str) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("no row has such a text")
    return value


def _read_integer(value: int) -> int:
    if not isinstance(value, int) or value not in INT64:
        raise ValueError("no row has such a number")
    return value


READ: dict[type, Callable[[Any], object]] = {
    datetime: _read_instant,
    date: date.fromisoformat,
    int: _read_integer,
    str: _read_text,
}


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: `first` after a cursor or `last` before one."""

    limit: int
    backwards: bool = False
    after: str | None = None
    before: str | None = None

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> "Page":
        """Arguments as Relay defines them: one of `first` and `last`, at most 100; neither means the first 50."""
        if first is not None and last is not None:
            raise BadUserInput("Give either `first` or `last`.")
        limit = next((wanted for wanted in (first, last) if wanted is not None), PAGE_DEFAULT)
        if not 0 <= limit <= PAGE_MAX:
            raise BadUserInput(f"A page has 0 to {PAGE_MAX} rows.")
        return cls(limit, backwards=last is not None, after=after, before=before)


@dataclass(frozen=True)
class Order:
    """A total order: one column that is never null, then the id. `name` goes into the cursor."""

    name: str
    column: InstrumentedAttribute[Any]
    tie: InstrumentedAttribute[Any]
    descending: bool = False

    def cursor(self, row: object) -> str:
        value = getattr(row, self.column.key)
        return _pack([self.signature, value, getattr(row, self.tie.key)])

    @property
    def signature(self) -> str:
        return f"{'-' if self.descending else ''}{self.name}"

    def key(self, cursor: str) -> Key:
        match _unpack(cursor):
            case [self.signature, value, tie]:
                return _typed(self.column, value), _typed(self.tie, tie)
        raise BadUserInput("This cursor belongs to another list or order.")

    def conditions(self, page: Page) -> list[ColumnElement[bool]]:
        """Row comparisons, so that one index serves order and cursor alike."""
        both = tuple_(self.column, self.tie)
        found: list[ColumnElement[bool]] = []
        if page.after is not None:
            key = self._literal(page.after)
            found.append(both < key if self.descending else both > key)
        if page.before is not None:
            key = self._literal(page.before)
            found.append(both > key if self.descending else both < key)
        return found

    def _literal(self, cursor: str) -> ColumnElement[Any]:
        value, tie = self.key(cursor)
        return tuple_(literal(value, self.column.type), literal(tie, self.tie.type))

    def by(self, page: Page) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """What to ORDER BY; reversed when the page is read from its end."""
        if self.descending != page.backwards:
            return self.column.desc(), self.tie.desc()
        return self.column.asc(), self.tie.asc()

    def apply(self, statement: Select[Row], page: Page) -> Select[Row]:
        return statement.where(*self.conditions(page)).order_by(*self.by(page)).limit(page.limit + 1)


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """One page of rows in their order, and whether the list goes on."""

    rows: Sequence[Row]
    has_next: bool
    has_previous: bool

    @classmethod
    def cut(cls, fetched: Sequence[Row], page: Page) -> "Slice[Row]":
        """`fetched` holds one row more than the page where the list goes on."""
        more = len(fetched) > page.limit
        rows = fetched[: page.limit]
        if page.backwards:
            return cls(rows[::-1], has_next=page.before is not None, has_previous=more)
        return cls(rows, has_next=more, has_previous=page.after is not None)


def _pack(value: list[object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value, default=str)).decode().rstrip("=")


def _unpack(cursor: str) -> list[object]:
    try:
        value = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadUserInput("This cursor is not one of ours.") from error
    return value if isinstance(value, list) else []


def _typed(column: InstrumentedAttribute[Any], value: object) -> object:
    """A cursor's value as the column holds it. Clients send cursors: whatever is in one, it is no error of ours."""
    read = READ.get(column.type.python_type, column.type.python_type)
    try:
        return read(value)
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise BadUserInput("This cursor is not one of ours.") from error
