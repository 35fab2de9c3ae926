"""Requests that are meant to keep a server busy: small to send, dear to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
MEGABYTE = 950_000
"""Almost what a body may have."""


@dataclass(frozen=True)
class Bomb:
    name: str
    make: Callable[[], Json]
    runs: bool = False
    """It is allowed, for it does not cost much."""

    @property
    def request(self) -> Json:
        return self.make()


def _nested(levels: int) -> str:
    return "customer { bookings { edges { node { " * levels + "id" + " } } } }" * levels


def _doubling(levels: int) -> str:
    """Each fragment spreads the next one twice, a level deeper."""
    pieces = [
        f"fragment F{n} on Booking {{ a: customer {{ bookings {{ edges {{ node {{ ...F{n + 1} }} }} }} }} "
        f"b: customer {{ bookings {{ edges {{ node {{ ...F{n + 1} }} }} }} }} }}"
        for n in range(levels)
    ]
    last = f"fragment F{levels} on Booking {{ id }}"
    return " ".join(["{ bookings { edges { node { ...F0 } } } }", *pieces, last])


def _flat_doubling(levels: int) -> str:
    pieces = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} eventSeq }}" for n in range(levels)]
    return " ".join(["{ ...F0 }", *pieces, f"fragment F{levels} on Query {{ eventSeq }}"])


def _conflicts(fields: int) -> str:
    """Every pair of them is compared, and so is every pair of what is below."""
    return "{ " + "bookings { edges { node { id } } } " * fields + "}"


def _nested_conflicts(times: int) -> str:
    """Each level has the same field several times, and all of them meet below."""
    inner = "id"
    for _ in range(3):
        inner = f"customer {{ bookings {{ edges {{ node {{ {inner} }} }} }} }} " * times
    return f"{{ bookings {{ edges {{ node {{ {inner} }} }} }} }}"


def _arguments(fields: int, items: int) -> str:
    listed = ", ".join(["PENDING"] * items)
    return "{ " + f"bookings(filter: {{ status: [{listed}] }}) {{ totalCount }} " * fields + "}"


def _fragments(count: int) -> str:
    spreads = " ".join(f"...F{n}" for n in range(count))
    return f"{{ {spreads} }} " + " ".join(
        f"fragment F{n} on Query {{ eventSeq viewer {{ role }} }}" for n in range(count)
    )


def _introspection(levels: int) -> str:
    inner = "name"
    for _ in range(levels):
        inner = f"fields {{ type {{ {inner} }} }}"
    return f"{{ __schema {{ types {{ {inner} }} }} }}"


def _deep(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = [found]
    return found


WORDS = "query ($a: [BookingStatus!]) { bookings(filter: { status: $a }) { totalCount } }"
NODE = "query ($a: ID!) { node(id: $a) { id } }"


def _document(text: Callable[[], str]) -> Callable[[], Json]:
    return lambda: {"query": text()}


BOMBS = [
    Bomb("depth", _document(lambda: f"{{ bookings {{ edges {{ node {{ {_nested(60)} }} }} }} }}")),
    Bomb(
        "depth within the limit, pages of 100",
        _document(lambda: f"{{ bookings(first: 100) {{ edges {{ node {{ {_nested(3)} }} }} }} }}"),
    ),
    Bomb("breadth", _document(lambda: "{ " + "eventSeq " * 1_900 + "}")),
    Bomb("breadth, far too much", _document(lambda: "{ " + "a " * 400_000 + "}")),
    Bomb("fields that do not exist", _document(lambda: "{ " + " ".join(f"boking{n}" for n in range(1_400)) + " }")),
    Bomb(
        "types that do not exist",
        _document(lambda: "query (" + " ".join(f"$a{n}: Bokings{n}" for n in range(700)) + ") { eventSeq }"),
    ),
    Bomb("aliases", _document(lambda: "{ " + " ".join(f"a{n}: eventSeq" for n in range(900)) + " }")),
    Bomb("root fields", _document(lambda: "{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(59)) + " }")),
    Bomb("spreads, doubling a level deeper", _document(lambda: _doubling(30))),
    Bomb("spreads, doubling flat", _document(lambda: _flat_doubling(90))),
    Bomb(
        "spreads in a circle",
        _document(lambda: "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ...B }"),
    ),
    Bomb("fragments, all against all", _document(lambda: _fragments(99))),
    Bomb("fragments, far too many", _document(lambda: _fragments(340))),
    Bomb("fields in conflict", _document(lambda: _conflicts(270))),
    Bomb("fields in conflict, and below them", _document(lambda: _nested_conflicts(5))),
    Bomb("fields in conflict with long arguments", _document(lambda: _arguments(20, 125))),
    Bomb("directives at one place", _document(lambda: "{ eventSeq " + "@skip(if: false) " * 400 + "}")),
    Bomb("directives", _document(lambda: "{ " + "eventSeq @skip(if: false) " * 400 + "}")),
    Bomb("a long string", _document(lambda: f'{{ node(id: "{"x" * 60_000}") {{ id }} }}'), runs=True),
    Bomb("a string of escapes", _document(lambda: '{ node(id: "' + "\\u0041" * 10_000 + '") { id } }'), runs=True),
    Bomb("a block string of lines", _document(lambda: '{ node(id: """' + " x\n" * 20_000 + '""") { id } }'), runs=True),
    Bomb("a long string among the variables", lambda: {"query": NODE, "variables": {"a": "x" * MEGABYTE}}),
    Bomb(
        "a long list",
        _document(lambda: "{ bookings(filter: { status: [" + "PENDING " * 1_900 + "] }) { totalCount } }"),
    ),
    Bomb("a deep list", _document(lambda: "{ node(id: " + "[" * 1_400 + "]" * 1_400 + ") { id } }")),
    Bomb("a long list among the variables", lambda: {"query": WORDS, "variables": {"a": [1] * (MEGABYTE // 2)}}),
    Bomb("many lists among the variables", lambda: {"query": WORDS, "variables": {"a": [[1] * 900] * 500}}),
    Bomb("a deep list among the variables", lambda: {"query": WORDS, "variables": {"a": _deep(240)}}),
    Bomb("many variables", lambda: {"query": NODE, "variables": {f"a{n}": n for n in range(60_000)}}),
    Bomb("many wrong values", lambda: {"query": WORDS, "variables": {"a": [{}] * 1_000}}, runs=True),
    Bomb("operations", _document(lambda: " ".join(f"query Q{n} {{ eventSeq }}" for n in range(500)))),
    Bomb(
        "operations that spread the same",
        _document(
            lambda: (
                " ".join(f"query Q{n} {{ ...F }}" for n in range(50))
                + " fragment F on Query { "
                + "eventSeq " * 1_400
                + "}"
            )
        ),
    ),
    Bomb("long names", _document(lambda: "{ " + "x" * 60_000 + " }")),
    Bomb("a megabyte of one name", _document(lambda: "{ " + "x" * MEGABYTE + " }")),
    Bomb("introspection that goes round", _document(lambda: _introspection(6))),
    Bomb("a megabyte of commas", _document(lambda: "," * MEGABYTE + "{ eventSeq }")),
    Bomb("commas", _document(lambda: "," * 63_000 + "{ eventSeq }"), runs=True),
    Bomb("a megabyte of comments", _document(lambda: "# x\n" * (MEGABYTE // 4) + "{ eventSeq }")),
    Bomb("comments", _document(lambda: "#\n" * 31_000 + "{ eventSeq }")),
    Bomb("type definitions", _document(lambda: "{ eventSeq } " + "type A { a: Int } " * 350)),
    Bomb("a million rows", _document(lambda: "{ bookings(first: 1000000) { edges { node { id } } } }"), runs=True),
]
