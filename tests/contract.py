"""What a change of the schema does to clients who were written for the release before.

A breaking change is announced in CHANGELOG.md, under Unreleased, in an item that says `BREAKING` and names what it is
about as GraphQL does, in backticks: `Type`, `Type.field`, `Type.field(argument:)`, `Enum.VALUE`, `@directive`.
"""

import re
from collections.abc import Iterator

from graphql import DangerousChangeType, GraphQLSchema, find_breaking_changes, find_dangerous_changes

UNSEEN = {DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE}
"""Of what graphql-core calls dangerous: clients may meet new words and types, but what they send must mean the same."""
COORDINATE = re.compile(r"@?[_A-Za-z]\w*\.\w+(?:\(\w+:\))?|@\w+(?:\(\w+:\))?")
UNION = re.compile(r"union type (\w+)")
NAMED = re.compile(r"`([^`]+)`")


def changes(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """What is broken, by its coordinate, and how."""
    for broken in find_breaking_changes(before, after):
        yield coordinate(broken.description), broken.description
    for change in find_dangerous_changes(before, after):
        if change.type in UNSEEN:
            yield coordinate(change.description), change.description


def coordinate(description: str) -> str:
    """graphql-core says what a change is about in a sentence."""
    found = COORDINATE.search(description)
    if found:
        return found[0]
    union = UNION.search(description)
    return union[1] if union else description.split()[0]


def announced(changelog: str) -> set[str]:
    """What the part on what is not released yet says to be broken."""
    unreleased = changelog.split("\n## Unreleased\n")[1].split("\n## ")[0]
    items = re.split(r"\n- ", unreleased)
    return {name for item in items if "BREAKING" in item for name in NAMED.findall(item)}
