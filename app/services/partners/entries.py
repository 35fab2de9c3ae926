"""What a partner's system says, as agreed in docs/partners.md: pages of rows, and what one of them means."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from app.models import SyncProblem
from app.services.values import NAME_MAX, TEXT_MAX

DETAIL_MAX = 300
CURSOR_MAX = 2_000
"""Letters of what goes into a URL."""
YEARS = (1900, 2200)


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("a text cannot hold a NUL character")
    return value


def _nothing(value: object) -> object:
    """An empty text says nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def _day(value: object) -> object:
    """Only a day as it is written: pydantic would take numbers for days too."""
    if value is not None and not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII)):
        raise ValueError("a day is YYYY-MM-DD")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX), AfterValidator(_storable)]
OptionalName = Annotated[Name | None, BeforeValidator(_nothing)]
OptionalText = Annotated[
    Annotated[str, StringConstraints(max_length=TEXT_MAX), AfterValidator(_storable)] | None, BeforeValidator(_nothing)
]
Cursor = Annotated[str, StringConstraints(max_length=CURSOR_MAX)]
Day = Annotated[date | None, BeforeValidator(_day)]


class Entry(BaseModel):
    """A row."""

    model_config = ConfigDict(str_strip_whitespace=True, hide_input_in_errors=True)

    id: Name
    chip: Name
    kind: Literal["CHECK_UP", "TREATMENT", "SURGERY", "ALLERGY", "MEDICATION"] | None = None
    protocol: OptionalName = None
    title: OptionalName = None
    performed_on: Day = None
    next_due_on: Day = None
    batch: OptionalName = None
    vet: OptionalName = None
    diagnosis: OptionalText = None
    treatment: OptionalText = None
    updated_at: AwareDatetime | None = None
    deleted: bool = False

    @model_validator(mode="after")
    def _says_what_and_when(self) -> "Entry":
        if not self.deleted and self.performed_on is None:
            raise ValueError("performed_on is missing")
        if not self.deleted and self.protocol is None and self.title is None:
            raise ValueError("one of protocol and title is needed")
        return self


class Sheet(BaseModel):
    """A page."""

    model_config = ConfigDict(hide_input_in_errors=True)

    records: list[Any]
    next: Cursor | None = None


@dataclass(frozen=True)
class Issue:
    """A row or a page that is refused."""

    problem: SyncProblem
    detail: str
    external_id: str | None = None


def read(raw: object, chip: str, today: date) -> Entry | Issue:
    """A row that was asked for by a chip number."""
    try:
        entry = Entry.model_validate(raw)
    except ValidationError as error:
        return Issue(SyncProblem.MALFORMED, explained(error), _id_of(raw))
    if entry.chip != chip:
        return Issue(SyncProblem.OTHER_SUBJECT, "The row is about another chip number.", entry.id)
    wrong = None if entry.deleted else _implausible(entry, today)
    return Issue(SyncProblem.IMPLAUSIBLE, wrong, entry.id) if wrong else entry


def _implausible(entry: Entry, today: date) -> str | None:
    performed, due = entry.performed_on, entry.next_due_on
    if performed is None or not YEARS[0] < performed.year or performed > today:
        return "It cannot have been done on that day."
    if due is not None and not (performed < due and due.year < YEARS[1]):
        return "It cannot be due again on that day."
    return None


def explained(error: ValidationError) -> str:
    """What is wrong first, without any value: those are personal."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}".removeprefix(": ")[:DETAIL_MAX]


def _id_of(raw: object) -> str | None:
    """The row's id, if it has one that can be kept."""
    found = raw.get("id") if isinstance(raw, dict) else None
    kept = isinstance(found, str) and found.isprintable() and 0 < len(found) <= NAME_MAX
    return found if kept else None


def newest(entries: list[Entry]) -> list[Entry]:
    """Each id once: as it was changed last or, where that is not said, as it came last."""
    found: dict[str, Entry] = {}
    for entry in entries:
        known = found.get(entry.id)
        if known is None or not (known.updated_at and entry.updated_at) or known.updated_at <= entry.updated_at:
            found[entry.id] = entry
    return list(found.values())
