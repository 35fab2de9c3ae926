"""The contract with clients, as a whole: what holds for every type, whoever adds it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)

from app.graphql import schema
from tests.asking import SCHEMA

COMMITTED = Path(__file__).parent.parent / "schema.graphql"
OURS = [
    type for type in SCHEMA.type_map.values() if not is_introspection_type(type) and not is_specified_scalar_type(type)
]
PAGE = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
SECRETIVE = ("password", "hash", "token", "secret")
SIGN_IN_FIELDS = {
    "RegisterDeviceInput.token",
    "SignInInput.password",
    "RefreshSessionInput.refreshToken",
    "SessionTokens.accessToken",
    "SessionTokens.refreshToken",
}


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


def test_secrets_have_no_fields() -> None:
    found = {
        f"{type.name}.{name}"
        for type in OURS
        for name in fields_of(type)
        if any(word in name.lower() for word in SECRETIVE)
    }
    assert found == SIGN_IN_FIELDS
