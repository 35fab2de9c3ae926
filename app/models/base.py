"""What every table shares: the tenant key, foreign keys that carry it, vocabularies and state machines."""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    text,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column
from sqlalchemy.schema import ColumnCollectionConstraint
from uuid_utils.compat import uuid7

from app import clock


class Vocabulary(str, Enum):
    """A closed list of words, each with the sentence that describes it to clients."""

    doc: str

    def __new__(cls, value: str, doc: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.doc = doc
        return member

    __str__ = str.__str__


State = TypeVar("State", bound=Vocabulary)


class Machine:
    """The legal transitions of one noun; what is not in the table does not happen."""

    def __init__(self, noun: str, transitions: Mapping[Any, set[Any]]) -> None:
        self.noun = noun
        self.transitions = transitions

    def sources(self, target: Vocabulary) -> list[Vocabulary]:
        """The states from which `target` can be reached."""
        return [state for state, targets in self.transitions.items() if target in targets]


def _own_columns(constraint: ColumnCollectionConstraint | Index, _table: Table) -> str:
    """Names a constraint by its columns; the tenant column is in nearly all of them and tells nothing."""
    names = [column.name for column in constraint.columns]
    return "_".join(names[1:] if names[0] == "organization_id" and len(names) > 1 else names)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "own_columns": _own_columns,
            "ix": "ix_%(table_name)s_%(own_columns)s",
            "uq": "uq_%(table_name)s_%(own_columns)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(own_columns)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(),
        int: Integer(),
        dict[str, Any]: JSONB(),
        dict[str, int]: JSONB(),
    }


class Stamped:
    """When a row came and when it last changed; set here and not by the server, so that tests own the time."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now, server_default=text("now()"))


class Global(Stamped):
    """A row of no tenant. The list of such tables is closed: see `tests/models/tables.py`."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, server_default=text("uuidv7()"), sort_order=-1)


class Tenant(Stamped):
    """A row of one organization; its key starts with the organization, so no row can point out of it."""

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, server_default=text("uuidv7()"), sort_order=-1)


class Versioned:
    """A row that people edit: an update names the version it saw."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")


def refers(column: str, table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key to a row of the same organization."""
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], ondelete=ondelete
    )


def words(vocabulary: type[Vocabulary]) -> SqlEnum:
    """A column that holds one word of a vocabulary: text with a CHECK, which is easier to migrate than an enum type."""
    return SqlEnum(
        vocabulary,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def node_id(type_name: str, id: UUID) -> str:
    """How a row is named to clients."""
    return base64.urlsafe_b64encode(f"{type_name}:{id}".encode()).decode().rstrip("=")


def one_of(column: str, vocabulary: type[Vocabulary]) -> CheckConstraint:
    """The database's half of `words`."""
    values = ", ".join(f"'{member.value}'" for member in vocabulary)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def among(column: InstrumentedAttribute[Any], keys: Iterable[object]) -> ColumnElement[bool]:
    """`= ANY(array)`: one statement text, and so one plan, however many keys there are."""
    found: ColumnElement[bool] = column == any_(bindparam(None, list(keys), type_=ARRAY(column.type)))
    return found


Minor = BigInteger
"""Money in minor units (cents, tetri)."""

CurrencyCode = String(3)
"""ISO 4217."""
