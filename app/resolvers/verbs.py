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
    """A root field. `permission` None: anyone who is signed in; `public`: anyone at all.

    cache_s: how long an answer may be shown again that holds nothing but such fields.
    """

    kind: Kind
    field: StrawberryField
    permission: Permission | None
    public: bool = False
    cache_s: int | None = None

    @property
    def name(self) -> str:
        """As clients know it."""
        return _camel(self.field.python_name)


VERBS: list[Verb] = []


def _verb(
    kind: Kind,
    name: str,
    field: Any,
    permission: Permission | None,
    *,
    public: bool = False,
    cache_s: int | None = None,
) -> Any:
    field.python_name = name
    VERBS.append(Verb(kind, field, permission, public, cache_s))
    return field


def query(
    description: str,
    permission: Permission | None = None,
    *,
    answers: Any = None,
    public: bool = False,
    cache_s: int | None = None,
    cost: int | None = None,
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A query that is more than a list. `cost`: points that it takes besides its statements and rows."""

    def bind(function: Callable[..., Awaitable[Any]]) -> Any:
        async def resolve(*args: Any, info: Info, **kwargs: Any) -> Any:
            if not public:
                info.context.require(permission)
            return await function(info, **kwargs)

        field = strawberry.field(
            resolver=_like(resolve, function),
            description=description,
            graphql_type=answers,
            metadata={"cost": cost},
        )
        return _verb("Query", function.__name__, field, permission, public=public, cache_s=cache_s)

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
    cache_s: int | None = None,
) -> None:
    """A query that lists rows."""
    field = listing(declared, description, filter=filter, order_by=order_by, of=of, permission=permission)
    _verb("Query", name, field, permission, cache_s=cache_s)


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


@dataclass(frozen=True)
class Declared:
    """A write as it was declared: what it takes to do it. `answer` is its type; `refusals` are answers, too."""

    function: Write
    permission: Permission
    success: str
    refusals: tuple[type[Refusal], ...]
    input: Any
    answer: Any


WRITES: dict[str, Declared] = {}
"""By the function's name."""


def mutation(
    description: str,
    permission: Permission,
    *,
    answers: Mapping[str, tuple[Any, str]],
    refusals: tuple[Any, ...] = (),
    cost: int | None = None,
) -> Callable[[Write], Any]:
    """A write. `answers` names the fields of its success type; `refusals` are the problem types it may answer instead;
    `cost` are the points that it takes, if that is more than for others.

    `book_slot` answers `BookSlotResult = BookSlotSuccess | …`; a verb that nobody refuses, `CreatePetPayload`.
    """

    def bind(function: Write) -> Any:
        name = pascal(function.__name__)
        success = f"{name}Success" if refusals else f"{name}Payload"
        result = outcome_type(success, answers)
        if refusals:
            union = strawberry.union(f"{name}Result", description=f"What `{_camel(function.__name__)}` may answer.")
            result = Annotated[_either(result, *refusals), union]
        known = tuple(refusal.__refusal__ for refusal in refusals)
        declared = Declared(function, permission, success, known, function.__annotations__["input"], result)

        async def resolve(info: Info, input: Any) -> Any:
            info.context.require(permission)
            return await perform(info, declared, input)

        WRITES[function.__name__] = declared
        field = written(function.__name__, declared, resolve, description, result)
        field.metadata = {"cost": cost}
        return field

    return bind


def written(name: str, declared: Declared, resolve: Any, description: str, answer: Any, takes: Any = None) -> Any:
    """The root field of a write; `takes`: its input, if that is another than the write's own."""
    resolve.__name__ = name
    resolve.__annotations__ = {
        "info": Info,
        "input": Annotated[takes or declared.input, strawberry.argument(description="What to do.")],
    }
    field = strawberry.mutation(resolver=resolve, description=description, graphql_type=answer)
    return _verb("Mutation", name, field, declared.permission)


async def perform(info: Info, declared: Declared, input: Any, *place: str | int) -> Any:
    """Do a write in a transaction of its own; `place`: where below its field the input stands."""
    context, function, known = info.context, declared.function, declared.refusals
    path = ".".join(str(key) for key in (*info.path.as_list(), *place))
    repetition = context.repetition(path, function.__name__, input, info.input_extensions or {})

    async def attempt() -> Outcome | Refused:
        async with context.write() as uow:
            outcome = await repetition.begin(uow) if repetition else None
            if outcome is None:
                try:
                    outcome = Outcome(declared.success, await function(info, uow, input))
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


def outcome_type(name: str, answers: Mapping[str, tuple[Any, str]]) -> Any:
    made = type_of(name, answers, "It is done.")
    definition: Any = made.__strawberry_definition__
    definition.is_type_of = lambda value, _: isinstance(value, Outcome) and value.type == name
    return made


def type_of(name: str, fields: Mapping[str, tuple[Any, str]], description: str) -> Any:
    """An object type whose fields are read as attributes."""
    made = []
    for field_name, (type_, said) in fields.items():
        field = strawberry.field(description=said, name=_camel(field_name), graphql_type=type_)
        field.python_name = field_name
        made.append(field)
    return create_type(name, made, description=description)


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


def pascal(name: str) -> str:
    """`book_slot` as the name of a type: `BookSlot`."""
    return "".join(part.capitalize() for part in name.split("_"))


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
