"""What clients send, turned into what services take: plain values under the same names, ids decoded.

An input field `customer_id` holds the id of a Customer: the name is the type (an `external_id` is no id of ours).
`Maybe` fields that were left out are left out; those that were sent as null are None.
"""

import dataclasses
from typing import Any

import strawberry
from strawberry import Some
from strawberry.utils.str_converters import to_camel_case

from app.errors import BadUserInput
from app.models.base import Vocabulary
from app.models.fleet import Dimension
from app.schema.fields import column, vocabulary
from app.schema.scalars import decode_id

SUBJECT_TYPES = ("Pet", "Patient", "Car")
NOUNS = {
    "outbound": "transport",
    "pool": "resource_pool",
    "entry": "waitlist_entry",
    "actor": "user",
    "feed": "calendar_feed",
    "device": "device_token",
    "exception": "schedule_exception",
    "protocol": "care_protocol",
    "record": "care_record",
    "connection": "partner_link",
    "preferred_vet": "partner",
    "preferred_food_brand": "partner",
    "registered_document": "registered_document",
}
"""Nodes that inputs name by the last word of their type."""
NUL = "\x00"


class Direction(Vocabulary):
    ASC = "ASC", "Smallest first."
    DESC = "DESC", "Largest first."


vocabulary(Direction, "Which end of an order comes first.")
vocabulary(Dimension, "What a vehicle has room for and a transport needs.")


class Values:
    """An input whose fields are read by name."""

    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            sent = getattr(self, field.name)
            if sent is None or sent is strawberry.UNSET:
                continue
            value = _read(field.name, sent.value if isinstance(sent, Some) else sent)
            found.update(value) if isinstance(sent, Inline) or _inline(sent) else found.update({field.name: value})
        return found


class Inline(Values):
    """An input whose fields belong to the one that holds it."""


def _inline(sent: object) -> bool:
    return isinstance(sent, Some) and isinstance(sent.value, Inline)


def _read(name: str, value: Any) -> Any:
    if isinstance(value, Values):
        return value.values()
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, list):
        return amounts(value) if value and isinstance(value[0], AmountInput) else tuple(_read(name, v) for v in value)
    return value


def _text(name: str, value: str) -> Any:
    if isinstance(value, Vocabulary):
        return value
    if name.endswith("_id") and name != "external_id":
        return decode_id(value, *types_named(name))
    if name.endswith("_ids"):
        return decode_id(value, *types_named(name.removesuffix("s")))
    if NUL in value:
        raise BadUserInput("A text cannot hold a NUL character.", to_camel_case(name))
    return value


def types_named(name: str) -> tuple[str, ...]:
    """The node types that an input field of this name may refer to: `place_id` and `pickup_place_id` name a Place."""
    noun = name.removesuffix("_id")
    if noun == "subject":
        return SUBJECT_TYPES
    for plural in ("place", "driver", "vehicle", "document", "route"):
        if noun.endswith(f"_{plural}") and noun not in NOUNS:
            noun = plural
    noun = NOUNS.get(noun, noun)
    return ("".join(part.capitalize() for part in noun.split("_")),)


@strawberry.input(description="So much of one dimension.")
class AmountInput:
    dimension: Dimension = column("What is counted.")
    amount: int = column("How much, from 1 up.")


def amounts(sent: list[AmountInput]) -> dict[str, int]:
    """A vector as the database keeps it; each dimension once, all of them positive."""
    vector = {item.dimension.value: item.amount for item in sent}
    if len(vector) < len(sent):
        raise BadUserInput("A dimension is given twice.")
    if any(amount < 1 for amount in vector.values()):
        raise BadUserInput("An amount is at least 1.")
    return vector


@strawberry.type(description="So much of one dimension.")
class Amount:
    dimension: Dimension = column("What is counted.")
    amount: int = column("How much.")


def vector(stored: dict[str, int]) -> list[Amount]:
    return [Amount(dimension=Dimension(name), amount=amount) for name, amount in sorted(stored.items())]
