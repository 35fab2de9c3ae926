"""What has an id: the Node interface, and the decorator that binds a type to its model."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from app.loaders import audit as relations
from app.schema.fields import Connection, derived, listing
from app.schema.scalars import encode_id
from app.services.care.reading import NOTED

if TYPE_CHECKING:
    from app.schema.events import Event

Type = TypeVar("Type", bound=type)

MODELS: dict[str, type[Any]] = {}
"""The model behind each node type, by name."""


@strawberry.interface(description="Something with an id that can be fetched again by it.")
class Node:
    id: strawberry.ID = derived(lambda row: encode_id(type(row).__name__, row.id), "Opaque and unique among all nodes.")
    history: Connection[Annotated["Event", strawberry.lazy("app.schema.events")]] = listing(
        relations.HISTORY, "What happened to it, as far as it concerns the viewer, oldest first."
    )


def node(model: type[Any], description: str) -> Callable[[Type], Type]:
    """A GraphQL type that shows rows of a model of the same name."""
    noted = issubclass(model, NOTED)

    def bind(cls: Type) -> Type:
        def is_shown(_: Any, row: Any, info: Any) -> bool:
            """GraphQL asks this of whatever an answer is about to show, by whichever way it came there."""
            shown = isinstance(row, model)
            if shown and noted:
                info.context.shown(row)
            return shown

        cls.is_type_of = classmethod(is_shown)  # type: ignore[attr-defined]
        MODELS[cls.__name__] = model
        bound: Type = strawberry.type(cls, description=description)
        return bound

    return bind
