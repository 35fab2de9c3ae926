"""Asking any root field: the document is written from the schema, the answer read alike over HTTP and over a socket."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
)
from strawberry.utils.str_converters import to_camel_case

from app.graphql import schema
from app.resolvers.verbs import Verb
from tests.client import Client, Json

SCHEMA = schema._schema
DEPTH = 2
"""How far an answer is read: a row, and what it refers to."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """An error as clients tell them apart."""

    code: str
    message: str


@dataclass(frozen=True)
class Answer:
    value: Any
    errors: list[Problem]

    @property
    def codes(self) -> set[str]:
        return {error.code for error in self.errors}


def field_of(verb: Verb) -> GraphQLField:
    root = SCHEMA.get_root_type(OperationType(verb.kind.lower()))
    assert root
    found: GraphQLField = root.fields[name_of(verb)]
    return found


def name_of(verb: Verb) -> str:
    return to_camel_case(verb.field.python_name)


def document(verb: Verb, variables: Json) -> str:
    """An operation of this one field, with a variable for each argument that is given."""
    given = {name: argument.type for name, argument in field_of(verb).args.items() if name in variables}
    declared = ", ".join(f"${name}: {type}" for name, type in given.items())
    few = ["first: 5"] if "first" in field_of(verb).args.keys() - given else []
    passed = ", ".join([*few, *(f"{name}: ${name}" for name in given)])
    answer = selection(get_named_type(field_of(verb).type), DEPTH)
    around, inside = f"({declared})" if given else "", f"({passed})" if passed else ""
    return f"{verb.kind.lower()} Ask{around} {{ {name_of(verb)}{inside} {answer} }}"


def selection(type: GraphQLNamedType, depth: int) -> str:
    """Every field that needs no argument, `depth` references deep; the way to the rows of a page costs nothing."""
    if is_leaf_type(type):
        return ""
    if isinstance(type, GraphQLUnionType):
        members = " ".join(f"... on {member.name} {selection(member, depth)}" for member in type.types)
        return f"{{ __typename {members} }}"
    assert isinstance(type, GraphQLObjectType | GraphQLInterfaceType)
    fields = " ".join(_selected(name, field, depth) for name, field in type.fields.items())
    return f"{{ __typename {fields} }}"


def _selected(name: str, field: GraphQLField, depth: int) -> str:
    of = get_named_type(field.type)
    if any(is_required_argument(argument) for argument in field.args.values()):
        return ""
    if is_leaf_type(of):
        return name
    left = depth if name in ("edges", "node") else depth - 1
    few = "(first: 5)" if "first" in field.args else ""
    return f"{name}{few} {selection(of, left)}" if left >= 0 else ""


async def ask(client: Client, verb: Verb, variables: Json) -> Answer:
    """The first answer."""
    query, name = document(verb, variables), name_of(verb)
    if verb.kind != "Subscription":
        whole = await client.post(query, variables)
        return _read(name, whole.get("data"), whole.get("errors"))
    async with client.subscribe(query, variables) as stream:
        message = await stream.message()
        if message["type"] == "error":
            return _read(name, None, message["payload"])
        return _read(name, message["payload"].get("data"), message["payload"].get("errors"))


def _read(name: str, data: Any, errors: list[Json] | None) -> Answer:
    """Of many writes at once, the error of each counts, and what was answered for the first."""
    problems = [Problem(error["extensions"]["code"], error["message"]) for error in errors or []]
    value = (data or {}).get(name)
    items = value.get("items") if isinstance(value, dict) and value["__typename"].startswith("Bulk") else None
    failed = [item["error"] for item in items or [] if item["error"]]
    problems.extend(Problem(error["code"], error["message"]) for error in failed)
    return Answer(items[0]["answer"] if items else value, problems)


def ids(verb: Verb, variables: Json) -> Iterator[tuple[Path, str | None]]:
    """Every place of the field's arguments where an id may stand, and what stands there."""
    for name, argument in field_of(verb).args.items():
        yield from _ids(argument.type, variables.get(name), (name,))


def _ids(type: GraphQLInputType, value: Any, path: Path) -> Iterator[tuple[Path, str | None]]:
    wanted = get_nullable_type(type)
    if isinstance(wanted, GraphQLList):
        for index, item in enumerate(value or [None]):
            yield from _ids(wanted.of_type, item, (*path, index))
    elif isinstance(wanted, GraphQLInputObjectType):
        for name, field in wanted.fields.items():
            # of an input that is one thing or another, only what is given can be asked for
            if not (wanted.extensions["strawberry-definition"].is_one_of and value and name not in value):
                yield from _ids(field.type, (value or {}).get(name), (*path, name))
    elif wanted is GraphQLID:
        yield path, value
