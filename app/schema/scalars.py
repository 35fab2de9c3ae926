"""Ids, cursors, times and money as clients see them."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import NewType, TypeVar
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from app.errors import BadUserInput, NotFound
from app.events import as_cursor
from app.models.base import node_id
from app.schema.fields import column
from app.services.documents.incoming import Incoming

EventSeq = NewType("EventSeq", int)
MinorUnits = NewType("MinorUnits", int)
LocalDateTime = NewType("LocalDateTime", datetime)
Upload = NewType("Upload", Incoming)

Parsed = TypeVar("Parsed")

SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript reads without loss."""

YEARS = (1900, 2200)
"""Instants that can be added to, and shown in any zone, without leaving what a datetime can hold."""


def _read_seq(value: object) -> int:
    try:
        text = base64.urlsafe_b64decode(str(value) + "=" * (-len(str(value)) % 4)).decode("ascii")
        if text[0] == "e" and text[1:].isdigit() and len(text) < 19:
            return int(text[1:])
    except (binascii.Error, ValueError, IndexError):
        pass
    raise ValueError("not a place in the event log")


def _read(read: Callable[[str], Parsed], wanted: str) -> Callable[[object], Parsed]:
    """Whoever sends something else hears what is wanted, and nothing of how it was read."""

    def parse(value: object) -> Parsed:
        try:
            if isinstance(value, str):
                return read(value)
        except (ValueError, OverflowError):
            pass
        raise ValueError(wanted)

    return parse


def _read_minor(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > SAFE_INTEGER:
        raise ValueError("money is a whole number of minor units")
    return value


def _read_instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None or not YEARS[0] < instant.year < YEARS[1]:
        raise ValueError
    return instant


def _read_local(value: str) -> datetime:
    local = datetime.fromisoformat(value)
    if local.tzinfo is not None or local.microsecond or not YEARS[0] < local.year < YEARS[1]:
        raise ValueError
    return local


def _read_day(value: str) -> date:
    day = date.fromisoformat(value)
    if not YEARS[0] < day.year < YEARS[1]:
        # PostgreSQL would take the first and the last day that there are for infinity
        raise ValueError
    return day


def _read_time(value: str) -> time:
    if not re.fullmatch(r"\d\d:\d\d", value, re.ASCII):
        raise ValueError
    return time.fromisoformat(value)


def _write_time(value: time) -> str:
    return value.isoformat("minutes")


def _read_upload(value: object) -> Incoming:
    if not isinstance(value, Incoming):
        raise ValueError("a file comes by the multipart request spec")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    EventSeq: strawberry.scalar(
        name="EventSeq",
        description="A place in the organization's event log; pass it as `after` to go on from there. Opaque.",
        serialize=as_cursor,
        parse_value=_read_seq,
    ),
    MinorUnits: strawberry.scalar(
        name="MinorUnits", description="Money in the smallest unit of its currency.", parse_value=_read_minor
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant as ISO 8601 with a zone.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=datetime.isoformat,
        parse_value=_read(_read_instant, "an instant of our time, with its zone, is 2026-11-20T09:00:00Z"),
    ),
    LocalDateTime: strawberry.scalar(
        name="LocalDateTime",
        description="A time on the wall as ISO 8601 without a zone.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date-time",
        serialize=datetime.isoformat,
        parse_value=_read(
            _read_local, "a time on the wall, in whole seconds and without a zone, is 2026-11-20T09:00:00"
        ),
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar as ISO 8601.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=date.isoformat,
        parse_value=_read(_read_day, "a day of our time is 2026-11-20"),
    ),
    time: strawberry.scalar(
        name="LocalTime",
        description="A time on the wall as HH:MM.",
        serialize=_write_time,
        parse_value=_read(_read_time, "a time on the wall is HH:MM"),
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file that comes with the request, by the GraphQL multipart request spec.",
        specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
        serialize=str,
        parse_value=_read_upload,
    ),
}


@strawberry.type(description="An amount of money.")
class Money:
    amount: MinorUnits = column("In the currency's smallest unit.")
    currency: str = column("ISO 4217.")


def money(amount: int, currency: str) -> Money:
    return Money(amount=MinorUnits(amount), currency=currency)


def encode_id(type_name: str, id: UUID) -> strawberry.ID:
    return strawberry.ID(node_id(type_name, id))


def decode_any_id(value: str) -> tuple[str, UUID]:
    """The type and key that an id names; nonsense is the caller's mistake."""
    try:
        name, _, key = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii").partition(":")
        return name, UUID(key)
    except (binascii.Error, ValueError) as error:
        raise BadUserInput("This is not an id of ours.") from error


def decode_id(value: str, *type_names: str) -> UUID:
    """The key, if the id is of one of these types; another type's id is an id of nothing here."""
    name, key = decode_any_id(value)
    if name not in type_names:
        raise NotFound(type_names[0].lower())
    return key
