"""What a document may be, whoever sends it: looked at before validation, which can take longer than it should.

All of it is counted in one walk over the syntax tree, and each fragment once, however often it is spread. What only
validation can see (fields that may conflict, introspection that goes round) graphql-core bounds by itself.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, NoReturn, TypeGuard

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.validation import validation_context
from graphql.validation.rules import overlapping_fields_can_be_merged

from app.errors import BadUserInput
from app.settings import Settings

DIRECTIVES_AT_ONE_PLACE = 5
VALUE_DEPTH_MAX = 100
"""What is nested deeper than so could be read, and not be written again."""
TOKEN = re.compile(
    r"""
    \"{3}(?:[^"\\]++|\\"{3}|\\|"(?!""))*+(?:"{3}|\Z)  # a block string
    | "(?:[^"\\\r\n]++|\\.)*+"?                        # a string
    | \#[^\r\n]*+                                        # a comment, which is one, too
    | [_A-Za-z][_0-9A-Za-z]*+
    | -?[0-9][0-9.eE+-]*+
    | \.\.\. | [!$&()\[\]{}:=@|]
    """,
    re.VERBOSE,
)
"""What the lexer finds, for texts that it could read; each character is looked at once."""
# how graphql-core wants its own bounds to be set: with its defaults a document may take 200 ms
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 2_000
validation_context.MAX_FRAGMENT_WORK = 2_000


def check_length(text: str, settings: Settings) -> None:
    """Raises `GraphQLError`."""
    if len(text) > settings.document_chars_max:
        _refuse("characters", settings.document_chars_max, "A document has at most {} characters.")


def check_tokens(text: str, settings: Settings) -> None:
    """Raises `GraphQLError`. The parser counts, too, but takes ten times as long."""
    found = sum(1 for _ in islice(TOKEN.finditer(text), settings.tokens_max + 1))
    if found > settings.tokens_max:
        _refuse("tokens", settings.tokens_max, "A document has at most {} tokens.")


def check_document(document: DocumentNode, settings: Settings) -> None:
    """Raises `GraphQLError`."""
    _Document(document).check(settings)


def check_variables(variables: Mapping[str, Any], settings: Settings) -> int:
    """How many values there are. Raises `BadUserInput`, after no more work than what is allowed takes."""
    found, depth, waiting = 0, 0, list(variables.values())
    while waiting:
        depth += 1
        if depth > VALUE_DEPTH_MAX:
            raise BadUserInput(f"Variables go at most {VALUE_DEPTH_MAX} levels deep.", "variables")
        below: list[Any] = []
        for value in waiting:
            found += 1
            if found > settings.values_max:
                raise BadUserInput(f"Variables have at most {settings.values_max} values.", "variables")
            below.extend(_values_in(value, settings))
        waiting = below
    return found


def _values_in(value: object, settings: Settings) -> Collection[Any]:
    if isinstance(value, str):
        if len(value) > settings.string_max:
            raise BadUserInput(f"A string has at most {settings.string_max} characters.", "variables")
    elif isinstance(value, list):
        if len(value) > settings.list_max:
            raise BadUserInput(f"A list has at most {settings.list_max} items.", "variables")
        return value
    elif isinstance(value, dict):
        return value.values()
    return ()


def _refuse(limit: str, most: int, message: str) -> NoReturn:
    raise GraphQLError(message.format(most), extensions={"code": BadUserInput.code, "limit": limit, "most": most})


@dataclass
class _Definition:
    """What an operation or a fragment holds itself; `spreads`: each name, and how deep it stands."""

    node: OperationDefinitionNode | FragmentDefinitionNode
    depth: int = 0
    fields: int = 0
    roots: set[str] = field(default_factory=set)
    aliases: int = 0
    items: int = 0
    directives: int = 0
    most_directives: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._direct(self.node.directives or ())
        for variable in self.node.variable_definitions or ():
            self._direct(variable.directives or ())
            self._list(variable.default_value)
        self._select(self.node.selection_set)

    def _select(self, selected: SelectionSetNode) -> None:
        waiting = [(selected, 0)]
        while waiting:
            selections, depth = waiting.pop()
            self.depth = max(self.depth, depth)
            for node in selections.selections:
                self._direct(node.directives or ())
                if isinstance(node, FragmentSpreadNode):
                    self.spreads.append((node.name.value, depth))
                elif isinstance(node, InlineFragmentNode):
                    waiting.append((node.selection_set, depth))
                elif isinstance(node, FieldNode):
                    self.fields += 1
                    if depth == 0:
                        self.roots.add((node.alias or node.name).value)
                    self.aliases += node.alias is not None
                    for argument in node.arguments or ():
                        self._list(argument.value)
                    if node.selection_set:
                        waiting.append((node.selection_set, depth + 1))

    def _direct(self, directives: Iterable[DirectiveNode]) -> None:
        found = 0
        for directive in directives:
            found += 1
            for argument in directive.arguments or ():
                self._list(argument.value)
        self.directives += found
        self.most_directives = max(self.most_directives, found)

    def _list(self, value: Node | None) -> None:
        waiting = [value]
        while waiting:
            found = waiting.pop()
            if isinstance(found, ListValueNode):
                self.items = max(self.items, len(found.values))
                waiting.extend(found.values)
            elif isinstance(found, ObjectValueNode):
                waiting.extend(one.value for one in found.fields)


@dataclass(frozen=True)
class _Extent:
    """How large something is with all that it spreads."""

    depth: int
    fields: int
    roots: set[str]


class _Document:
    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self._extents: dict[str, _Extent | None] = {}

    @cached_property
    def definitions(self) -> list[_Definition]:
        return [_Definition(node) for node in self.document.definitions if _runs(node)]

    @cached_property
    def fragments(self) -> dict[str, _Definition]:
        return {one.node.name.value: one for one in self.definitions if isinstance(one.node, FragmentDefinitionNode)}

    def check(self, settings: Settings) -> None:
        if not all(map(_runs, self.document.definitions)):
            raise GraphQLError("A document has operations and fragments, and nothing else.")
        self._check_counts(settings)
        self._check_sums(settings)
        self._check_extents(settings)

    def _check_counts(self, settings: Settings) -> None:
        """Before anything is walked through."""
        nodes = self.document.definitions
        operations = sum(isinstance(node, OperationDefinitionNode) for node in nodes)
        if operations > settings.operations_max:
            _refuse("operations", settings.operations_max, "A document has at most {} operations.")
        if len(nodes) - operations > settings.fragments_max:
            _refuse("fragments", settings.fragments_max, "A document has at most {} fragments.")

    def _check_sums(self, settings: Settings) -> None:
        found = self.definitions
        if sum(one.aliases for one in found) > settings.aliases_max:
            _refuse("aliases", settings.aliases_max, "A document has at most {} aliases.")
        if sum(one.directives for one in found) > settings.directives_max:
            _refuse("directives", settings.directives_max, "A document has at most {} directives.")
        if any(one.most_directives > DIRECTIVES_AT_ONE_PLACE for one in found):
            _refuse("directives", DIRECTIVES_AT_ONE_PLACE, "At one place there are at most {} directives.")
        if any(one.items > settings.list_max for one in found):
            _refuse("list", settings.list_max, "A list has at most {} items.")

    def _check_extents(self, settings: Settings) -> None:
        # fragments that nothing spreads are refused later, but must not cost much either
        for extent in map(self._extent, self.definitions):
            if extent.depth > settings.depth_max:
                _refuse("depth", settings.depth_max, "Selections go at most {} levels deep.")
            if extent.fields > settings.fields_max:
                _refuse("fields", settings.fields_max, "An operation has at most {} fields, with those of fragments.")
        for one in self.definitions:
            if isinstance(one.node, OperationDefinitionNode) and len(self._extent(one).roots) > settings.roots_max:
                _refuse("roots", settings.roots_max, "An operation has at most {} root fields.")

    def _extent(self, definition: _Definition) -> _Extent:
        depth, fields, roots = definition.depth, definition.fields, set(definition.roots)
        for name, at in definition.spreads:
            if name in self.fragments:
                found = self._fragment(name)
                depth, fields = max(depth, at + found.depth), fields + found.fields
                roots |= found.roots if at == 0 else set()
        return _Extent(depth, fields, roots)

    def _fragment(self, name: str) -> _Extent:
        """There are few, so that going down this way is safe."""
        if name in self._extents:
            found = self._extents[name]
            if found is None:
                raise GraphQLError(f"The fragment `{name}` spreads itself.")
            return found
        self._extents[name] = None
        found = self._extents[name] = self._extent(self.fragments[name])
        return found


def _runs(node: Node) -> TypeGuard[OperationDefinitionNode | FragmentDefinitionNode]:
    return isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
