"""The kinds of field a type can have: a column, a relation, a listing, something computed.

A type of the schema declares its fields with these and holds no SQL. The class annotation gives the GraphQL type; the
model instance behind it gives the value.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry

from app.access import Permission
from app.context import Info
from app.loaders.base import Computed, Listing, Loaders, Request, ToMany, ToOne
from app.models.base import Vocabulary
from app.pagination import Page, Slice
from app.services.care.reading import NOTED

COUNT_COST = 10
"""Points for counting a list: all of its rows are looked at."""

Node = TypeVar("Node")
Parent: Any = strawberry.Parent[Any]  # type: ignore[misc]  # an annotation, here used as a value
Words = TypeVar("Words", bound=Vocabulary)


def column(description: str, *, name: str | None = None, default: Any = inspect.Parameter.empty) -> Any:
    """A value that the row has as an attribute of the same name; in an input, a value that the client gives."""
    if default is inspect.Parameter.empty:
        return strawberry.field(description=description, name=name)
    return strawberry.field(description=description, name=name, default=default)


def vocabulary(words: type[Words], description: str) -> type[Words]:
    """A GraphQL enum whose values are described where they are defined."""
    enum = strawberry.enum(words, description=description)
    definition: Any = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value, member in zip(definition.values, words, strict=True):
        value.description = member.doc
    return enum


# Relations answer the loader's future as it is: a coroutine around each of a page's would be work for nothing.


def to_one(relation: ToOne, description: str) -> Any:
    def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        key = getattr(root, relation.key)
        return None if key is None else info.context.loaders.one(relation.target, key, relation.remote)

    return _field(resolve, description, relation)


def to_many(relation: ToMany, description: str) -> Any:
    def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        return info.context.loaders.many(relation, root.id)

    return _field(resolve, description, relation)


def computed(value: Computed, description: str, pick: Callable[[Any], Any] = lambda value: value) -> Any:
    """A value that is worked out for all rows of a level at once."""

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        return pick(await info.context.loaders.compute(value, root.id))

    return _field(resolve, description, value)


def derived(function: Callable[[Any], Any], description: str) -> Any:
    """A value that follows from the row alone."""

    def resolve(root: strawberry.Parent[Any]) -> Any:
        return function(root)

    return _field(resolve, description)


def _field(resolve: Callable[..., Any], description: str, relation: object = None) -> Any:
    # the type comes from the annotation of the class attribute
    del resolve.__annotations__["return"]
    # what an operation may cost is worked out from its relations
    return strawberry.field(resolver=resolve, description=description, metadata={"relation": relation})


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = column("Whether rows follow.")
    has_previous_page: bool = column("Whether rows come before.")
    start_cursor: str | None = column("The cursor of the first row; null on an empty page.")
    end_cursor: str | None = column("The cursor of the last row; null on an empty page.")


@strawberry.type(description="One row of a list, and its place there.")
class Edge(Generic[Node]):
    node: Node = column("The row.")
    cursor: str = column("Its place; pass it as `after` or `before`.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = column("The rows of the page.")
    page_info: PageInfo = column("Where the page lies in the list.")

    @strawberry.field(
        description="How many rows the whole list has; counted only when asked for.", metadata={"cost": COUNT_COST}
    )
    async def total_count(root: strawberry.Parent[Any]) -> int:
        count: int = await root.total()
        return count


@dataclass(frozen=True)
class _Edge:
    node: Any
    cursor: str


@dataclass(frozen=True)
class Listed:
    """A page that was loaded: what a `Connection` reads its fields from."""

    found: Slice[Any]
    request: Request
    loaders: Loaders
    parent: UUID | None

    @property
    def edges(self) -> list[_Edge]:
        return [_Edge(row, self.request.order.cursor(row)) for row in self.found.rows]

    @property
    def page_info(self) -> PageInfo:
        edges = self.edges
        return PageInfo(
            has_next_page=self.found.has_next,
            has_previous_page=self.found.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )

    async def total(self) -> int:
        return await self.loaders.count(self.request, self.parent)


def listing(
    declared: Listing,
    description: str,
    *,
    filter: type[Any] | None = None,
    order_by: type[Any] | None = None,
    of: Any = None,
    permission: Permission | None = None,
    narrowed_by: Mapping[str, tuple[Any, str]] | None = None,
) -> Any:
    """A connection over a declared listing; `filter` and `order_by` are its input types, `of` the node of a root field.

    Without `of` the listing is a field of a type: its annotation names the connection and the row is the parent.
    `narrowed_by`: filters that are arguments of their own, each with its type and what it says.
    """
    named = narrowed_by or {}

    async def resolve(root: Any, info: Info, **arguments: Any) -> Listed:
        if permission is not None:
            info.context.require(permission)
        parent = None if declared.remote is None else root.id
        narrowed = {name: arguments[name] for name in named if arguments.get(name) is not None}
        return await listed(info, declared, arguments, parent, narrowed)

    parameters = {
        "root": (Parent, inspect.Parameter.empty),
        "info": (Info, inspect.Parameter.empty),
        "first": (_argument(int | None, "How many rows from the start; 50 if nothing is said, 100 at most."), None),
        "after": (_argument(str | None, "Only rows behind this cursor."), None),
        "last": (_argument(int | None, "How many rows from the end."), None),
        "before": (_argument(str | None, "Only rows ahead of this cursor."), None),
    }
    if filter is not None:
        parameters["filter"] = (_argument(filter | None, "Which rows are wanted."), None)
    if order_by is not None:
        parameters["order_by"] = (_argument(order_by | None, "In which order."), None)
    for name, (type_, said) in named.items():
        parameters[name] = (_argument(type_ | None, said), None)
    _sign(resolve, parameters)
    return strawberry.field(resolver=resolve, description=description, graphql_type=_connection_of(of))


async def listed(
    info: Info,
    declared: Listing,
    arguments: Mapping[str, Any],
    parent: UUID | None = None,
    narrowed: Mapping[str, Any] | None = None,
) -> Listed:
    """Load one page as the arguments of a connection field ask for it."""
    loaders = info.context.loaders
    page = Page.of(arguments["first"], arguments["after"], arguments["last"], arguments["before"])
    given, order_by = arguments.get("filter"), arguments.get("order_by")
    filter = {**(given.values() if given else {}), **_hashable(narrowed or {})}
    order = declared.ordering(
        order_by.field.value if order_by else None, order_by.direction.value == "DESC" if order_by else False
    )
    request = Request(declared, page, order, tuple(sorted(filter.items())))
    found = await loaders.page(request, parent)
    if issubclass(declared.target, NOTED):
        # a cursor tells of its row, too
        info.context.shown(*found.rows)
    if not found.rows:
        # an empty page may be about something that is not there: that is an error, not an empty list
        for name in filter.keys() & declared.referents.keys():
            await loaders.get(*_referent(declared.referents[name], filter[name]))
    return Listed(found, request, loaders, parent)


def _referent(target: type[Any], value: Any) -> tuple[type[Any], UUID]:
    """A filter for nodes of several types comes with the type that was meant."""
    return value if isinstance(value, tuple) else (target, value)


def _hashable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Pages that are asked for alike are loaded together."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _connection_of(node: Any) -> Any:
    return None if node is None else Connection[node]


def _argument(annotation: Any, description: str) -> Any:
    return Annotated[annotation, strawberry.argument(description=description)]


def _sign(function: Any, parameters: Mapping[str, tuple[Any, Any]]) -> None:
    """Give a function the parameters that Strawberry shall see."""
    function.__signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation, default=default)
            for name, (annotation, default) in parameters.items()
        ]
    )
    function.__annotations__ = {name: annotation for name, (annotation, _) in parameters.items()}
