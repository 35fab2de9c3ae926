"""Writes of which people have many rows at once: the same verbs, item by item, each with an outcome of its own.

Each item is a transaction of its own: what fails undoes nothing else, and a connection that breaks in the middle leaves
whole items. With an idempotency key each item is known by its place: a repetition does the rest.
"""

import logging
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.tools import create_type

from app.context import Info
from app.errors import BadUserInput, WaypostError
from app.idempotency import Outcome
from app.resolvers.bookings import cancel_booking, confirm_booking
from app.resolvers.care import record_care
from app.resolvers.customers import create_customer, create_place
from app.resolvers.scheduling import create_slot
from app.resolvers.subjects import create_pet
from app.resolvers.tags import register_tag
from app.resolvers.transports import cancel_transport, create_transport
from app.resolvers.verbs import WRITES, Declared, outcome_type, pascal, perform, type_of, written
from app.schema.bulk import Failure, ItemError

log = logging.getLogger(__name__)

ITEMS_MAX = 100


@dataclass(frozen=True)
class Item:
    """One of `answer` and `error` is None."""

    index: int
    answer: Any = None
    error: Failure | None = None

    @property
    def done(self) -> bool:
        return isinstance(self.answer, Outcome)


def bulk(field: Any) -> None:
    """Offer a mutation for up to a hundred inputs at once, one after the other."""
    name: str = field.python_name
    declared = WRITES[name]
    title = pascal(name)
    item = type_of(
        f"Bulk{title}Item",
        {
            "index": (int, "Which of the inputs, counted from 0."),
            "answer": (declared.answer | None, "What the verb answered; null if there is an error."),
            "error": (ItemError | None, "What went wrong, if anything did."),
        },
        "What became of one of the inputs.",
    )
    payload = f"Bulk{title}Payload"
    answer = outcome_type(
        payload,
        {
            "items": (_list_of(item), "What became of each, in the order of the inputs."),
            "done": (int, "How many are done; the others were refused, or failed."),
        },
    )

    async def resolve(info: Info, input: Any) -> Outcome:
        items = await _each(info, declared, input.items)
        return Outcome(payload, {"items": items, "done": sum(item.done for item in items)})

    description = f"{field.description.rstrip('.')}: many at once, each for itself; at most {ITEMS_MAX}."
    written(f"bulk_{name}", declared, resolve, description, answer, _input(title, declared))


def _list_of(type_: Any) -> Any:
    return list[type_]


def _input(title: str, declared: Declared) -> Any:
    items = strawberry.field(description="Each as for one.", graphql_type=_list_of(declared.input))
    items.python_name = "items"
    return create_type(f"Bulk{title}Input", [items], is_input=True, description="Many at once.")


async def _each(info: Info, declared: Declared, inputs: list[Any]) -> list[Item]:
    """Whoever may not is refused as a whole; so is what is too much."""
    info.context.require(declared.permission)
    if not 1 <= len(inputs) <= ITEMS_MAX:
        raise BadUserInput(f"1 to {ITEMS_MAX} items at once.", "items")
    await info.context.reads.open()
    return [await _one(info, declared, index, input) for index, input in enumerate(inputs)]


async def _one(info: Info, declared: Declared, index: int, input: Any) -> Item:
    try:
        return Item(index, await perform(info, declared, input, "items", index))
    except WaypostError as error:
        return Item(index, error=Failure(error))
    except Exception:
        log.exception("item %d of %s failed", index, declared.function.__name__)
        return Item(index, error=Failure(WaypostError("Something went wrong on our side.")))


for one in (
    create_customer,
    create_place,
    create_pet,
    create_slot,
    confirm_booking,
    cancel_booking,
    create_transport,
    cancel_transport,
    record_care,
    register_tag,
):
    bulk(one)
