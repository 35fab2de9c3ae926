"""The contract with clients, as a whole: what holds for every type, whoever adds it."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_specified_scalar_type,
)
from sqlalchemy import inspect

from app import clock, models
from app.graphql import schema
from tests.asking import SCHEMA
from tests.conftest import ROOT
from tests.contract import announced, changes

COMMITTED = ROOT / "schema.graphql"
OURS = [
    type for type in SCHEMA.type_map.values() if not is_introspection_type(type) and not is_specified_scalar_type(type)
]
PAGE = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
SECRETIVE = ("password", "hash", "token", "secret")
TOLD = {"SignInOptions.password", "RegisteredDocument.hash"}
"""Whether there is a secret may be told, and which text a document is."""


def described() -> Iterator[tuple[str, str | None]]:
    """Everything that a client may read about, and what is said of it."""
    for type in OURS:
        yield type.name, type.description
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type.fields.items():
                yield f"{type.name}.{name}", field.description
                for argument, definition in field.args.items():
                    yield f"{type.name}.{name}({argument}:)", definition.description
        elif isinstance(type, GraphQLInputObjectType):
            yield from ((f"{type.name}.{name}", field.description) for name, field in type.fields.items())
        elif isinstance(type, GraphQLEnumType):
            yield from ((f"{type.name}.{name}", value.description) for name, value in type.values.items())


def of_kind(kind: type[GraphQLNamedType]) -> list[GraphQLNamedType]:
    return [type for type in OURS if isinstance(type, kind)]


def fields_of(type: GraphQLNamedType) -> Iterator[str]:
    yield from getattr(type, "fields", {})


def test_everything_is_described() -> None:
    assert [name for name, description in described() if not (description or "").strip()] == []


def test_descriptions_are_sentences() -> None:
    """They begin with a capital and end with a full stop."""
    odd = [name for name, text in described() if text and (text[0].islower() or text.rstrip()[-1] not in ".?!…")]
    assert odd == []


def test_the_committed_schema_is_the_schema() -> None:
    assert COMMITTED.read_text() == schema.as_str().rstrip() + "\n", "run `make schema` and look at the difference"


def test_a_mutation_takes_one_input_or_nothing() -> None:
    assert SCHEMA.mutation_type
    for name, field in SCHEMA.mutation_type.fields.items():
        arguments = {argument: str(definition.type) for argument, definition in field.args.items()}
        assert arguments in ({}, {"input": f"{name[0].upper()}{name[1:]}Input!"}), name


def test_every_input_belongs_to_one_mutation_or_filter() -> None:
    """No input is left over."""
    used = {get_named_type(a.type).name for t in OURS for f in _output_fields(t) for a in f.args.values()}
    used |= {get_named_type(f.type).name for t in of_kind(GraphQLInputObjectType) for f in t.fields.values()}  # type: ignore[attr-defined]
    assert {type.name for type in of_kind(GraphQLInputObjectType)} <= used


def _output_fields(type: GraphQLNamedType) -> list[GraphQLField]:
    return list(type.fields.values()) if isinstance(type, GraphQLObjectType | GraphQLInterfaceType) else []


@pytest.mark.parametrize("union", of_kind(GraphQLUnionType), ids=str)
def test_a_result_is_a_success_or_a_problem(union: GraphQLUnionType) -> None:
    """`BookSlotResult = BookSlotSuccess | …`, and whatever else it may be tells why not."""
    assert union.name.endswith("Result")
    success, *others = union.types
    assert success.name == union.name.removesuffix("Result") + "Success"
    assert others
    for other in others:
        assert SCHEMA.type_map["Problem"] in other.interfaces, other.name


def test_every_result_is_answered_by_its_mutation() -> None:
    assert SCHEMA.mutation_type
    for name, field in SCHEMA.mutation_type.fields.items():
        answer = get_named_type(field.type).name
        own = f"{name[0].upper()}{name[1:]}"
        assert answer in (f"{own}Result", f"{own}Payload", "SessionTokens"), name
        assert isinstance(field.type, GraphQLNonNull), name


def test_every_connection_can_be_paged() -> None:
    seen = 0
    for type in OURS:
        if not isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for name, field in type.fields.items():
            if get_named_type(field.type).name.endswith("Connection"):
                seen += 1
                arguments = {argument: str(definition.type) for argument, definition in field.args.items()}
                assert {key: arguments.get(key) for key in PAGE} == PAGE, f"{type.name}.{name}"
                assert arguments.keys() - PAGE.keys() <= {"filter", "orderBy", "kinds"}, f"{type.name}.{name}"
    assert seen


@pytest.mark.parametrize("connection", [type for type in OURS if type.name.endswith("Connection")], ids=str)
def test_connections_are_those_of_relay(connection: GraphQLObjectType) -> None:
    fields = {name: str(field.type) for name, field in connection.fields.items()}
    edge = connection.name.removesuffix("Connection") + "Edge"
    assert fields == {"edges": f"[{edge}!]!", "pageInfo": "PageInfo!", "totalCount": "Int!"}
    assert set(fields_of(SCHEMA.type_map[edge])) == {"node", "cursor"}


# Why an output field may be null: what it shows may be absent in the table, or its description says when it is.

ABSENT = re.compile(r"\b(null|none|if|once|unless|as far as)\b", re.IGNORECASE)


def may_be_absent(type: GraphQLNamedType, field: GraphQLField) -> bool:
    """Whether the column behind a field, or the key of the row behind it, may be empty."""
    model = getattr(models, type.name, None)
    if model is None:
        return False
    name, columns = field.extensions["strawberry-definition"].python_name, inspect(model).columns
    return any(found in columns and columns[found].nullable for found in (name, f"{name}_id"))


def test_what_may_be_null_is_so_for_a_reason() -> None:
    unsaid = [
        f"{type.name}.{name}"
        for type in OURS
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in type.fields.items()
        if not isinstance(field.type, GraphQLNonNull)
        and not may_be_absent(type, field)
        and not ABSENT.search(field.description or "")
    ]
    assert unsaid == [], "let them be non-null, or say in the description when they are null"


def test_lists_have_no_holes() -> None:
    """Neither what is answered nor what is sent."""
    types = [(f"{type.name}.{name}", field.type) for type in OURS for name, field in _fields(type).items()]
    for name, type in types:
        inner = get_nullable_type(type)
        while isinstance(inner, GraphQLList):
            assert isinstance(inner.of_type, GraphQLNonNull), name
            inner = get_nullable_type(inner.of_type)


def _fields(type: GraphQLNamedType) -> dict[str, GraphQLField | GraphQLInputField]:
    found: dict[str, GraphQLField | GraphQLInputField] = getattr(type, "fields", {})
    return found


NAMES: dict[type[GraphQLNamedType], str] = {
    GraphQLInputObjectType: r"[A-Z][A-Za-z0-9]*(Input|Filter|Order)",
    GraphQLUnionType: r"[A-Z][A-Za-z0-9]*Result",
    GraphQLObjectType: r"[A-Z][A-Za-z0-9]*(?<!Input)(?<!Filter)(?<!Result)",
    GraphQLEnumType: r"[A-Z][A-Za-z0-9]*(?<!Enum)",
}


def test_names_are_as_everybody_writes_them() -> None:
    for type in OURS:
        assert re.fullmatch(NAMES.get(type.__class__, r"[A-Z][A-Za-z]*"), type.name), type.name
        odd = [name for name in _fields(type) if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)]
        words = type.values if isinstance(type, GraphQLEnumType) else ()
        assert odd + [word for word in words if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", word)] == [], type


def test_what_is_deprecated_has_its_days() -> None:
    """`…; since 2026-11-20; removed after 2027-05-20`: and after that day it is removed."""
    for coordinate, reason in deprecated():
        days = re.fullmatch(r".+; since (\d{4}-\d\d-\d\d); removed after (\d{4}-\d\d-\d\d)", reason)
        assert days, f"{coordinate}: say `what to use instead; since YYYY-MM-DD; removed after YYYY-MM-DD`"
        since, until = map(date.fromisoformat, days.groups())
        assert since < until, coordinate
        assert clock.now().date() <= until, f"the time of {coordinate} is over: remove it"


def deprecated() -> Iterator[tuple[str, str]]:
    for type in OURS:
        values = type.values if isinstance(type, GraphQLEnumType) else {}
        for name, item in {**_fields(type), **values}.items():
            found = {"": item, **{f"({argument}:)": one for argument, one in getattr(item, "args", {}).items()}}
            for place, one in found.items():
                if one.deprecation_reason is not None:
                    yield f"{type.name}.{name}{place}", one.deprecation_reason


RELEASED = ROOT / "docs" / "released.graphql"
"""The schema of the last release; `make release-schema` writes it."""


def test_no_client_is_broken_without_a_word() -> None:
    told = announced((ROOT / "CHANGELOG.md").read_text())
    broken = dict(changes(build_schema(RELEASED.read_text()), SCHEMA))
    unsaid = [f"`{name}`: {how}" for name, how in broken.items() if name not in told]
    assert unsaid == [], "name them in CHANGELOG.md, under Unreleased, in an item that says BREAKING"


OLD = """
type Query { a(b: Int = 1, c: Int): A! old: Int } type A { x: Int! y: String } enum E { ONE TWO } input I { e: E }
union U = A | B type B implements N { id: ID! } interface N { id: ID! } directive @d(z: Int) on FIELD
"""
NEW = """
type Query { a(b: Int = 2, d: Int!): A } type A { x: String! y: String! z: Int } enum E { ONE THREE }
input I { e: E f: Int! } union U = A type B { id: ID! } interface N { id: ID! }
"""


def test_what_breaks_is_seen() -> None:
    broken = {name for name, _ in changes(build_schema(OLD), build_schema(NEW))}
    assert broken == {
        "Query.a",
        "Query.a(b:)",
        "Query.a(c:)",
        "Query.a(d:)",
        "Query.old",
        "A.x",
        "E.TWO",
        "I.f",
        "U",
        "B",
        "@d",
    }
    log = (
        "# Changelog\n\n## Unreleased\n\n- BREAKING: `A.x` and\n  `E.TWO`.\n- `B` is fine.\n\n## 1\n\n- BREAKING `U`\n"
    )
    assert announced(log) == {"A.x", "E.TWO"}


def readable(type: GraphQLNamedType, found: dict[str, GraphQLNamedType]) -> dict[str, GraphQLNamedType]:
    """Whatever can be asked for again and again, from a type on."""
    if type.name not in found:
        found[type.name] = type
        for field in _output_fields(type):
            readable(get_named_type(field.type), found)
        abstract = GraphQLInterfaceType | GraphQLUnionType
        for possible in SCHEMA.get_possible_types(type) if isinstance(type, abstract) else ():
            readable(possible, found)
    return found


def test_secrets_cannot_be_read() -> None:
    """People send them, and a mutation may answer one once; nothing shows any later."""
    assert SCHEMA.query_type
    assert SCHEMA.subscription_type
    known = readable(SCHEMA.subscription_type, readable(SCHEMA.query_type, {}))
    found = {
        f"{type.name}.{name}"
        for type in known.values()
        for name in fields_of(type)
        if any(word in name.lower() for word in SECRETIVE)
    }
    assert found == TOLD
