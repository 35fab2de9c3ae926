"""What a document may be: refused before it costs anything, with a code and the limit that it broke."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema, GraphQLSyntaxError, parse

from app.errors import BadUserInput, WaypostError
from app.graphql import schema as built
from app.serving.admission import cost, limits
from app.serving.admission.cost import Prices
from app.serving.admission.documents import Documents, Refused
from app.serving.requests import GraphQLRequest
from app.settings import Settings
from tests.bombs import BOMBS, Bomb
from tests.factories.houses import House

CLIENTS = Path(__file__).parent / "clients"
CALLS_MAX = 200_000
"""Python functions that a request may call before it is refused: some 40 ms."""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return built._schema


class Work:
    calls = 0


@contextmanager
def counted() -> Iterator[Work]:
    """How much is done, by a measure that does not depend on the machine."""
    work = Work()

    def note(frame: object, event: str, argument: object) -> None:
        work.calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield work
    finally:
        sys.setprofile(before)


def look_at(bomb: Bomb, documents: Documents, settings: Settings) -> None:
    """All that happens to a request before it runs. Raises `WaypostError`."""
    request = GraphQLRequest.of(orjson.loads(orjson.dumps(bomb.request)))
    values = limits.check_variables(request.variables, settings)
    prepared = documents.prepare(request.query or "", introspection=True)
    found = prepared.costs.of(
        Prices(documents.schema), prepared.document, prepared.operation(None), request.variables, values
    )
    if found.points > settings.cost_max:
        raise WaypostError("too dear")


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_bomb_costs_little(bomb: Bomb, schema: GraphQLSchema, settings: Settings) -> None:
    documents = Documents(schema, settings)
    with counted() as work:
        try:
            look_at(bomb, documents, settings)
        except WaypostError:
            refused = True
        else:
            refused = False
    assert work.calls < CALLS_MAX
    assert refused is not bomb.runs


def broken(documents: Documents, text: str) -> tuple[object, object]:
    """The limit that a document breaks, and what it allows."""
    with pytest.raises(Refused) as refused:
        documents.prepare(text, introspection=False)
    (error,) = refused.value.errors
    assert error.extensions
    assert error.extensions["code"] == "BAD_USER_INPUT"
    return error.extensions.get("limit"), error.extensions.get("most")


FRAGMENT = "fragment F on Query { eventSeq } "
LIMITS: dict[str, tuple[str, int, Callable[[int], str]]] = {
    "depth": ("depth_max", 3, lambda n: "{ " + _deep(n) + " }"),
    "depth through a fragment": (
        "depth_max",
        4,
        lambda n: (
            "{ bookings { edges { ...E } } } fragment E on BookingEdge { node { customer { "
            + ("places { id }" if n == 5 else "name")
            + " } } }"
        ),
    ),
    "characters": ("document_chars_max", 100, lambda n: "{ eventSeq }" + " " * (n - 12)),
    "tokens": ("tokens_max", 10, lambda n: "{ " + "eventSeq " * (n - 2) + "}"),
    "aliases": ("aliases_max", 3, lambda n: "{ " + " ".join(f"a{i}: eventSeq" for i in range(n)) + " }"),
    "roots": ("roots_max", 2, lambda n: "{ ...F } " + f"fragment F on Query {{ {' '.join(_names(n))} }}"),
    "fields": (
        "fields_max",
        6,
        lambda n: "{ ...A ...A } fragment A on Query { " + "eventSeq " * (n // 2 + n % 2) + "}",
    ),
    "fragments": (
        "fragments_max",
        2,
        lambda n: (
            "{ "
            + " ".join(f"...F{i}" for i in range(n))
            + " } "
            + " ".join(FRAGMENT.replace("F", f"F{i}", 1) for i in range(n))
        ),
    ),
    "operations": ("operations_max", 2, lambda n: " ".join(f"query Q{i} {{ eventSeq }}" for i in range(n))),
    "directives": ("directives_max", 3, lambda n: "{ " + "eventSeq @skip(if: false) " * n + "}"),
    "list": (
        "list_max",
        3,
        lambda n: "{ bookings(filter: { status: [" + "PENDING " * n + "] }) { totalCount } }",
    ),
}


def _deep(levels: int) -> str:
    """A chain of fields, so many levels below the first."""
    chain = ["customer", "bookings", "edges", "node"]
    first = "viewer { role }" if levels == 1 else None
    if first:
        return first
    words = ["bookings", "edges", "node", *[chain[i % 4] for i in range(levels)]][:levels]
    return " { ".join(words) + " { __typename }" + " }" * (levels - 1)


def _names(count: int) -> list[str]:
    return ["eventSeq", "__typename", "unreadPosts"][:count]


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_is_exact(name: str, schema: GraphQLSchema, settings: Settings) -> None:
    setting, most, make = LIMITS[name]
    documents = Documents(schema, settings.model_copy(update={setting: most}))
    documents.prepare(make(most), introspection=False)
    assert broken(documents, make(most + 1)) == (name.split()[0], most)


ODD = """{ node(id: \"\"\"a \\\"\"\" "b" {{ # \"\"\") { id } x(s: "{\\"#" n: -1.5e+3 m: [1 2]) } #{{
query Q($a: B! = 3) { ...F @c }"""


def test_tokens_are_counted_as_the_parser_counts() -> None:
    def count(text: str) -> int:
        return sum(1 for _ in limits.TOKEN.finditer(text))

    for text in [ODD, *(path.read_text() for path in CLIENTS.rglob("*.graphql"))]:
        parse(text, max_tokens=count(text))
        with pytest.raises(GraphQLSyntaxError):
            parse(text, max_tokens=count(text) - 1)
    # what never ends is not searched through again and again
    assert [count('""" {{' + '\\"""' * 9), count('{ "a {{\n }')] == [1, 3]


def test_five_directives_stand_at_one_place(schema: GraphQLSchema, settings: Settings) -> None:
    documents = Documents(schema, settings)
    assert broken(documents, "{ eventSeq " + "@skip(if: true) " * 6 + "}") == ("directives", 5)


def test_a_fragment_may_not_spread_itself(schema: GraphQLSchema, settings: Settings) -> None:
    documents = Documents(schema, settings)
    assert broken(documents, "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }") == (None, None)


@pytest.mark.parametrize(
    ("setting", "most", "variables"),
    [
        ("list_max", 3, {"a": {"b": [1, 2, 3, 4]}}),
        ("values_max", 4, {"a": [1, {"b": 2, "c": 3}]}),
        ("string_max", 3, {"a": ["1234"]}),
    ],
)
def test_variables_have_bounds(settings: Settings, setting: str, most: int, variables: dict[str, Any]) -> None:
    assert limits.check_variables(variables, settings.model_copy(update={setting: most + 1})) > 0
    with pytest.raises(BadUserInput) as refused:
        limits.check_variables(variables, settings.model_copy(update={setting: most}))
    assert refused.value.field == "variables"


def test_variables_go_so_deep(settings: Settings) -> None:
    deep: list[Any] = []
    for _ in range(limits.VALUE_DEPTH_MAX - 1):
        deep = [deep]
    assert limits.check_variables({"a": deep}, settings) == limits.VALUE_DEPTH_MAX
    with pytest.raises(BadUserInput, match="levels deep"):
        limits.check_variables({"a": [deep]}, settings)


def test_errors_are_few_and_short(schema: GraphQLSchema, settings: Settings) -> None:
    documents = Documents(schema, settings)
    with pytest.raises(Refused) as refused:
        documents.prepare("{ viewer { " + " ".join(f"nope{n}" for n in range(50)) + " } }", introspection=False)
    assert len(refused.value.errors) == settings.document_errors_max + 1
    with pytest.raises(Refused) as refused:
        documents.prepare("{ " + "x" * 10_000 + " }", introspection=False)
    assert len(refused.value.errors[0].message) <= 1_000


def test_who_may_not_look_at_the_schema_hears_no_names_of_it(schema: GraphQLSchema, settings: Settings) -> None:
    documents = Documents(schema, settings)

    def said(text: str, introspection: bool) -> str:
        with pytest.raises(Refused) as refused:
            documents.prepare(text, introspection=introspection)
        return " ".join(error.message for error in refused.value.errors)

    for text, name in (
        ("{ boking }", "booking"),
        ("{ node(idd: 1) { id } }", "Did you mean"),
        ("query ($a: Bookin) { eventSeq }", "Booking"),
        ("{ bookings(filter: { status: [PENDIN] }) { totalCount } }", "PENDING"),
    ):
        assert name in said(text, True)
        assert "Did you mean" not in said(text, False)
    documents.prepare("{ __typename }", introspection=False)
    for text in ("{ __schema { queryType { name } } }", '{ __type(name: "Booking") { name } }'):
        documents.prepare(text, introspection=True)
        assert "introspection" in said(text, False)


async def test_suggestions_of_values_are_for_the_house_too(house: House) -> None:
    query = "query ($s: [BookingStatus!]) { bookings(filter: { status: $s }) { totalCount } }"
    for role, hears in (("STAFF", True), ("CUSTOMER", False)):
        answer = await house.client(role).post(query, {"s": ["PENDIN"]})
        assert ("Did you mean" in answer["errors"][0]["message"]) is hears


def test_documents_that_are_sent_once_put_no_other_out(schema: GraphQLSchema, settings: Settings) -> None:
    documents = Documents(schema, settings.model_copy(update={"documents_kept": 20}))

    def is_known(text: str) -> bool:
        with counted() as work:
            documents.prepare(text, introspection=False)
        return work.calls < 100

    used = [f"query Used{n} {{ eventSeq }}" for n in range(8)]
    for text in used:
        documents.prepare(text, introspection=False)
        documents.prepare(text, introspection=False)
    for n in range(30):
        documents.prepare(f"query Flood{n} {{ eventSeq }}", introspection=False)
        with pytest.raises(Refused):
            documents.prepare(f"query Flood{n} {{ nothing }}", introspection=False)
    assert all(map(is_known, used))
    assert not is_known("query Flood0 { eventSeq }")
    # a large document counts for many small ones
    large = "{ bookings(filter: { status: [" + "PENDING " * 1_000 + "] }) { totalCount } }"
    for name in "abcdef":
        for _ in range(2):
            documents.prepare(f"query {name} {large}", introspection=False)
    assert documents.size <= 20 * 200


def test_the_price_of_a_refusal_grows_with_the_text() -> None:
    assert (cost.of_refused(100), cost.of_refused(64_000)) == (21, 660)
