"""What has an id: the Node interface, and the decorator that binds a type to its model."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from app.schema.scalars import encode_id

Type = TypeVar("Type", bound=type)

MODELS: dict[str, type[Any]] = {}
"""The model behind each node type, by name."""


@strawberry.interface(description="Something with an id that can be fetched again by it.")
class Node:
    @strawberry.field(description="Opaque and unique among all nodes.")
    def id(root: strawberry.Parent[Any]) -> strawberry.ID:
        return encode_id(type(root).__name__, root.id)


def node(model: type[Any], description: str) -> Callable[[Type], Type]:
    """A GraphQL type that shows rows of a model of the same name."""

    def bind(cls: Type) -> Type:
        cls.is_type_of = classmethod(lambda _, row, __: isinstance(row, model))  # type: ignore[attr-defined]
        MODELS[cls.__name__] = model
        bound: Type = strawberry.type(cls, description=description)
        return bound

    return bind
