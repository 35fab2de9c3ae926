"""The directory of partners whom every organization can choose: filled from a file by those who run the server."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from sqlalchemy import Result, literal_column, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app import clock
from app.errors import BadUserInput
from app.models import DirectoryEntry, PartnerType
from app.services import values
from app.services.partners.entries import Name, OptionalName, explained

KEYED = uuid5(NAMESPACE_URL, "urn:waypost:partner-directory")
"""An entry is known again by what it is, so that a file can be loaded as often as it changes."""
BATCH = 500
"""Lines of one statement."""


class Line(BaseModel):
    """A partner, as the file has it."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid", hide_input_in_errors=True)

    type: PartnerType
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    name: Name
    clinic: OptionalName = None
    licence_number: OptionalName = None
    phone: OptionalName = None
    email: OptionalName = None
    website: OptionalName = None
    address: OptionalName = None

    @property
    def id(self) -> UUID:
        """By licence where there is one: clinics move and are renamed."""
        known_by = [self.licence_number] if self.licence_number else [self.name, self.address or ""]
        return uuid5(KEYED, "\n".join([self.type.value, self.country, *known_by]).casefold())

    @property
    def row(self) -> dict[str, Any]:
        """Raises `BadUserInput`."""
        phone = values.e164(self.phone, self.country) if self.phone else None
        return {**self.model_dump(), "id": self.id, "phone": phone, "email": values.email(self.email)}


@dataclass
class Loaded:
    """What became of a file."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)


async def load(connection: AsyncConnection, lines: Iterable[str], done: Callable[[int], None]) -> Loaded:
    """Add what is new and change what is known; nothing goes, for organizations may have chosen it.

    A line that is wrong is left out and told. `done` hears of lines as they are dealt with.
    """
    loaded, rows = Loaded(), dict[UUID, dict[str, Any]]()
    for found in _read(lines):
        if isinstance(found, str):
            loaded.refused.append(found)
        else:
            rows[found["id"]] = found  # of two lines about the same partner, the last
    done(len(loaded.refused))
    known = list(rows.values())
    for start in range(0, len(known), BATCH):
        batch = known[start : start + BATCH]
        created, changed = await _keep(connection, batch)
        loaded.created += created
        loaded.changed += changed
        loaded.unchanged += len(batch) - created - changed
        done(len(batch))
    return loaded


def _read(lines: Iterable[str]) -> Iterator[dict[str, Any] | str]:
    """Rows of a CSV file with a heading; a text says which line is wrong, and why."""
    rows = csv.DictReader(lines, strict=True)
    try:
        for row in rows:
            yield _row(row, rows.line_num)
    except csv.Error as error:
        yield f"line {rows.line_num}: {error}"


def _row(row: dict[str, Any], number: int) -> dict[str, Any] | str:
    if None in row:
        return f"line {number}: it has more fields than the heading"
    try:
        return Line.model_validate({name: value for name, value in row.items() if value}).row
    except ValidationError as error:
        return f"line {number}: {explained(error)}"
    except BadUserInput as error:
        return f"line {number}: {error.field}: {error.message}"


async def _keep(connection: AsyncConnection, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Answers how many were created, and how many changed."""
    now = clock.now()
    statement = insert(DirectoryEntry).values([{**row, "created_at": now, "updated_at": now} for row in rows])
    given = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    # a row that this statement has made has no xmax
    kept: Result[bool] = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[DirectoryEntry.id],
            set_={**given, "updated_at": now},
            where=tuple_(*(getattr(DirectoryEntry, name) for name in given)).is_distinct_from(tuple_(*given.values())),
        ).returning(literal_column("xmax = 0").label("created"))
    )
    made = kept.scalars().all()
    return sum(made), len(made) - sum(made)
