"""The three kinds of verb. A resolver module declares its verbs with these; `app.graphql` gathers them.

A mutation is written as a function of a unit of work: what is around it (permission, idempotency, the transaction,
refusals as result types) is the same for all and stands here.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import strawberry
from strawberry.tools import create_type
from strawberry.types.field import StrawberryField

from app.access import Permission
from app.context import Info
from app.errors import Refusal
from app.idempotency import Outcome
from app.loaders.base import Listing
from app.schema.fields import listing
from app.schema.problems import Refused
from app.uow import UnitOfWork, again

Kind = Literal["Query", "Mutation", "Subscription"]
Nodes = Mapping[str, Any]
"""What a mutation answers, by the field's name."""


@dataclass(frozen=True)
class Verb:
    """A root field. `permission` None: anyone who is signed in; `public`: anyone at all."""

    kind: Kind
    field: StrawberryField
    permission: Permission | None
    public: bool = False


VERBS: list[Verb] = []


def _verb(kind: Kind, name: str, field: Any, permission: Permission | None, *, public: bool = False) -> Any:
    field.python_name = name
    VERBS.append(Verb(kind, field, permission, public))
    return field


def query(
    description: str, permission: Permission | None = None, *, answers: Any = None, public: bool = False
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A query that is more than a list."""

    def bind(function: Callable[..., Awaitable[Any]]) -> Any:
        async def resolve(*args: Any, info: Info, **kwargs: Any) -> Any:
            if not public:
                info.context.require(permission)
            return await function(info, **kwargs)

        field = strawberry.field(resolver=_like(resolve, function), description=description, graphql_type=answers)
        return _verb("Query", function.__name__, field, permission, public=public)

    return bind


def connection(
    name: str,
    declared: Listing,
    of: type[Any],
    description: str,
    permission: Permission,
    *,
    filter: type[Any] | None = None,
    order_by: type[Any] | None = None,
) -> None:
    """A query that lists rows."""
    field = listing(declared, description, filter=filter, order_by=order_by, of=of, permission=permission)
    _verb("Query", name, field, permission)


def public(description: str, answers: Any) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A mutation that needs no sign-in."""

    def bind(function: Callable[..., Awaitable[Any]]) -> Any:
        field = strawberry.mutation(resolver=function, description=description, graphql_type=answers)
        return _verb("Mutation", function.__name__, field, None, public=True)

    return bind


def session(description: str, answers: Any) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A mutation of one's own session, for whoever is signed in."""

    def bind(function: Callable[..., Awaitable[Any]]) -> Any:
        async def resolve(*args: Any, info: Info, **kwargs: Any) -> Any:
            info.context.require(None)
            return await function(info, **kwargs)

        field = strawberry.mutation(resolver=_like(resolve, function), description=description, graphql_type=answers)
        return _verb("Mutation", function.__name__, field, None)

    return bind


Write = Callable[[Info, UnitOfWork, Any], Awaitable[Nodes]]


def mutation(
    description: str, permission: Permission, *, answers: Mapping[str, tuple[Any, str]], refusals: tuple[Any, ...] = ()
) -> Callable[[Write], Any]:
    """A write. `answers` names the fields of its success type; `refusals` are the problem types it may answer instead.

    `book_slot` answers `BookSlotResult = BookSlotSuccess | …`; a verb that nobody refuses, `CreatePetPayload`.
    """

    def bind(function: Write) -> Any:
        name = "".join(part.capitalize() for part in function.__name__.split("_"))
        success = f"{name}Success" if refusals else f"{name}Payload"
        result = _outcome_type(success, answers)
        if refusals:
            union = strawberry.union(f"{name}Result", description=f"What `{_camel(function.__name__)}` may answer.")
            result = Annotated[_either(result, *refusals), union]
        known = tuple(refusal.__refusal__ for refusal in refusals)

        async def resolve(info: Info, input: Any) -> Any:
            return await _write(info, function, permission, success, known, input)

        resolve.__name__ = function.__name__
        resolve.__annotations__ = {
            "info": Info,
            "input": Annotated[function.__annotations__["input"], strawberry.argument(description="What to do.")],
        }
        field = strawberry.mutation(resolver=resolve, description=description, graphql_type=result)
        return _verb("Mutation", function.__name__, field, permission)

    return bind


async def _write(
    info: Info, function: Write, permission: Permission, success: str, known: tuple[type[Refusal], ...], input: Any
) -> Any:
    context = info.context
    context.require(permission)
    path = ".".join(str(key) for key in info.path.as_list())
    repetition = context.repetition(path, function.__name__, input, info.input_extensions or {})

    async def attempt() -> Outcome | Refused:
        async with context.write() as uow:
            outcome = await repetition.begin(uow) if repetition else None
            if outcome is None:
                try:
                    outcome = Outcome(success, await function(info, uow, input))
                except known as refusal:
                    if not refusal.noted:
                        raise
                    # the key is free again, as after any refusal; what was noted is committed
                    if repetition:
                        await repetition.forget(uow)
                    return Refused(refusal)
                if repetition:
                    await repetition.end(uow, outcome)
        return outcome

    try:
        return await again(attempt)
    except Refusal as refusal:
        if isinstance(refusal, known):
            return Refused(refusal)
        raise


def _outcome_type(name: str, answers: Mapping[str, tuple[Any, str]]) -> Any:
    fields = []
    for field_name, (type_, description) in answers.items():
        field = strawberry.field(description=description, name=_camel(field_name), graphql_type=type_)
        field.python_name = field_name
        fields.append(field)
    made = create_type(name, fields, description="It is done.")
    definition: Any = made.__strawberry_definition__  # type: ignore[attr-defined]
    definition.is_type_of = lambda value, _: isinstance(value, Outcome) and value.type == name
    return made


def subscription(
    description: str, permission: Permission | None = None, *, answers: Any, public: bool = False
) -> Callable[[Callable[..., Awaitable[AsyncIterator[Any]]]], Any]:
    """A stream. The function checks what it is asked for and answers an iterator: what it raises refuses the stream."""

    def bind(function: Callable[..., Awaitable[AsyncIterator[Any]]]) -> Any:
        async def resolve(*args: Any, info: Info, **kwargs: Any) -> Any:
            if not public:
                info.context.require(permission)
            return await function(info, **kwargs)

        field = strawberry.subscription(
            resolver=_like(resolve, function), description=description, graphql_type=answers
        )
        return _verb("Subscription", function.__name__, field, permission, public=public)

    return bind


def _like(resolve: Any, function: Any) -> Any:
    """Let Strawberry see the arguments of the function behind a resolver."""
    resolve.__name__ = function.__name__
    resolve.__signature__ = inspect.signature(function)
    resolve.__annotations__ = {k: v for k, v in function.__annotations__.items() if k != "return"}
    return resolve


def _either(*types: Any) -> Any:
    union = types[0]
    for type_ in types[1:]:
        union = union | type_
    return union


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
