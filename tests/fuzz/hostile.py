"""What nobody sends who means well: values for any place of any argument, made from the schema."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
    is_non_null_type,
)

from app.schema.inputs import types_named
from tests.client import Json

DIGITS = "9" * 6_000
RAW = {"@digits": DIGITS, "@minus digits": f"-{DIGITS}", "@huge": "1e999", "@nan": "NaN", "@tiny": "1e-999"}
"""What Python's JSON cannot write, by a word that stands for it."""
STRINGS = (
    "Nino",
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202eabc\u2066",
    "💩👨‍👩‍👧‍👦" * 20,
    "ﷺ" * 300,
    "e\u0301" * 200,
    "'; DROP TABLE users; --",
    "%s %(x)s {0} {{7*7}} ${jndi:x} $1 :name",
    "../../../../etc/passwd",
    "<script>alert(1)</script>",
    "\\",
    "%",
    "_",
    "\r\nX-Header: 1",
    "null",
    "NaN",
    "-1",
    "1e400",
    "x" * 5_001,
    "x" * 100_000,
    "x" * 300_000,
    "[" * 2_000,
)
INTEGERS = (1, 2, 60, 0, -1, 2**31 - 1, -(2**31), 2**31, 2**53, 2**63, "@digits", "@minus digits")
FLOATS = (1.5, 41.7, 0.0, -0.0, 1e308, -1e308, 5e-324, "@huge", "@nan", "@tiny", 181, -91)
TIMES: dict[str, tuple[Any, ...]] = {
    "DateTime": (
        "2026-11-20T09:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-23:59",
        "2026-02-30T00:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:00:00",
        "2026-11-20T09:00:00+99:99",
        "1900-12-31T00:00:00Z",
        "2199-12-31T23:59:59Z",
    ),
    "LocalDateTime": ("2026-11-20T09:00:00", "2026-11-20T09:00:00Z", "9999-12-31T23:59:59", "0001-01-01T00:00:00"),
    "Date": (
        "2026-11-20",
        "0001-01-01",
        "9999-12-31",
        "2026-02-30",
        "2199-12-31",
        "1901-01-01",
        "20261120",
        "infinity",
    ),
    "LocalTime": ("09:00", "24:00", "23:60", "٠٩:٠٠", "9:0", "09:00:00"),
}
ODD: tuple[Any, ...] = (None, True, [], {}, [[]], [None], {"": None}, {"__proto__": {}}, "@digits", "\x00", 1.5)
"""Of another type than what is asked for."""


JSONS: tuple[Any, ...] = ({}, *ODD, {"a": {"b": ["\x00"]}}, "x")


@dataclass
class Dice:
    """Throws values. `ids`: by type, those of one's own organization and of another.

    honest: how often a value is of the type that is asked for; meek: how often it is one that may be meant well.
    """

    ids: dict[str, list[str]]
    random: random.Random
    honest: float = 0.9
    meek: float = 0.5
    every_id: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.every_id = [id for found in self.ids.values() for id in found]

    def arguments(self, declared: dict[str, GraphQLArgument]) -> Json:
        return dict(self._fields(declared, 0))

    def spoilt(self, declared: dict[str, GraphQLArgument], variables: Json) -> Json:
        """Good variables, but for one place."""
        copied = deepcopy(variables)
        places = [place for name, one in declared.items() for place in _places(copied, one.type, name, name)]
        holder, step, type, name = self.random.choice(places)
        holder[step] = self.value(type, name)
        return copied

    def _fields(self, declared: dict[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
        for name, one in declared.items():
            if self._is_wanted(one):
                yield name, self.value(one.type, name, depth)

    def _is_wanted(self, one: GraphQLArgument | GraphQLInputField) -> bool:
        return self.random.random() < (0.98 if is_non_null_type(one.type) else 0.4)

    def value(self, type: GraphQLInputType, name: str, depth: int = 0) -> Any:
        dice = self.random
        if dice.random() > self.honest:
            return dice.choice(ODD)
        if not isinstance(type, GraphQLNonNull) and dice.random() < 0.1:
            return None
        wanted: Any = get_nullable_type(type)
        if isinstance(wanted, GraphQLList):
            return self._list(wanted, name, depth)
        if isinstance(wanted, GraphQLInputObjectType):
            return self._object(wanted, depth)
        if isinstance(wanted, GraphQLEnumType):
            return dice.choice([*wanted.values, "NOTHING"] if dice.random() < 0.1 else list(wanted.values))
        return self._scalar(wanted.name, name)

    def _list(self, wanted: GraphQLList[Any], name: str, depth: int) -> list[Any]:
        many = self.random.choices((0, 1, 2, 101, 10_000), (2, 10, 4, 1, 1))[0]
        if many > 2 or depth > 6:
            return [self.value(wanted.of_type, name, 7)] * many
        return [self.value(wanted.of_type, name, depth + 1) for _ in range(many)]

    def _object(self, wanted: GraphQLInputObjectType, depth: int) -> Json:
        if depth > 6:
            return {}
        if wanted.is_one_of and self.random.random() < 0.9:
            name, one = self.random.choice(list(wanted.fields.items()))
            return {name: self.value(one.type, name, depth + 1)}
        return dict(self._fields(wanted.fields, depth + 1))

    def _scalar(self, type: str, name: str) -> Any:
        dice = self.random
        if type == "ID":
            return self._id(name)
        if type == "Boolean":
            return dice.random() < 0.5
        # the first few are good
        good, values = {
            "Int": (3, INTEGERS),
            "MinorUnits": (3, INTEGERS),
            "Float": (3, FLOATS),
            "JSON": (1, JSONS),
        }.get(type, (1, TIMES.get(type, STRINGS)))
        return dice.choice(values[:good] if dice.random() < self.meek else values)

    def _id(self, name: str) -> str:
        dice = self.random
        known = [id for noun in types_named(_snake(name)) for id in self.ids.get(noun, [])]
        if known and dice.random() < self.meek:
            # the first one is our own
            return known[0]
        return dice.choice(known or [*STRINGS, *self.every_id]) if dice.random() < 0.5 else dice.choice(self.every_id)


def _places(holder: Any, type: GraphQLInputType, step: Any, name: str) -> Iterator[tuple[Any, Any, Any, str]]:
    """Where something stands or might stand: what holds it, by which key, of which type, in which field."""
    yield holder, step, type, name
    wanted: Any = get_nullable_type(type)
    value = holder.get(step) if isinstance(holder, dict) else holder[step]
    if isinstance(wanted, GraphQLList) and isinstance(value, list):
        for index in range(len(value)):
            yield from _places(value, wanted.of_type, index, name)
    elif isinstance(wanted, GraphQLInputObjectType) and isinstance(value, dict):
        for field_name, one in wanted.fields.items():
            yield from _places(value, one.type, field_name, field_name)


def _snake(name: str) -> str:
    """`customerId` and `documentIds` as inputs call them."""
    found = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return found.removesuffix("s") if found.endswith("_ids") else found


def written(value: object) -> bytes:
    """As JSON, with what Python's would not write, and lone surrogates as escapes. A file becomes a word."""
    text = json.dumps(value, default=lambda file: type(file).__name__)
    for word, raw in RAW.items():
        text = text.replace(f'"{word}"', raw)
    return text.encode()
