"""What an operation may cost at most, in points, before it runs: from its fields, its pages and what it sends.

A statement is five points and a row is one. Relations are declared as data, so what each takes is known: one statement
for all rows of a level, and so many rows for each of them. `docs/limits.md` tells clients the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from app.loaders.base import Computed, ToMany, ToOne
from app.pagination import PAGE_DEFAULT, PAGE_MAX

STATEMENT = 5
ROW = 1
MUTATION = 10
SUBSCRIPTION = 50
INTROSPECTION = 200
USUAL = 10
"""Rows of a plain list: a rule bounds their number, but it is not known before they are loaded."""
TOKENS_A_POINT = 50
VALUES_A_POINT = 10
REFUSED = 20
"""A document that may not run, besides its characters."""
CHARACTERS_A_POINT = 100
"""Of a document that was not sent before: parsing and validating it takes longer than many a statement."""
REMEMBERED = 64

Sizes = Mapping[str, int | None]


@dataclass(frozen=True)
class Cost:
    """`fixed`: what is spent whatever the answer holds."""

    points: int
    fixed: int = 0

    def plus(self, fixed: int) -> "Cost":
        return Cost(self.points + fixed, self.fixed + fixed)

    def actual(self, statements: int, rows: int) -> int:
        """What it did cost: never more than was said before."""
        return min(self.points, self.fixed + STATEMENT * statements + ROW * rows)


@dataclass(frozen=True)
class Price:
    """What a field takes: `base` once for a level, `each` for every row it is asked of; `rows` that it leads to.

    `fixed` is spent whatever is found: by a page (`paged`) once, by a write for each of its `items` (`itemized`).
    """

    base: int = 0
    each: int = 0
    rows: int = 1
    fixed: int = 0
    paged: bool = False
    itemized: bool = False


FREE = Price()


class Prices:
    """What the fields of a schema cost."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._prices: dict[tuple[str, str], Price] = {}

    def of(self, name: str, parent: GraphQLCompositeType, found: GraphQLField) -> Price:
        key = (parent.name, name)
        price = self._prices.get(key)
        if price is None:
            price = self._prices[key] = self._price(parent, found)
        return price

    def _price(self, parent: GraphQLCompositeType, found: GraphQLField) -> Price:
        declared = found.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        metadata = declared.metadata if isinstance(declared, StrawberryField) else {}
        relation, said = metadata.get("relation"), metadata.get("cost")
        many = is_list_type(get_nullable_type(found.type))
        composite = is_composite_type(get_named_type(found.type))
        if parent is self.schema.mutation_type:
            return Price(fixed=said or MUTATION, itemized=_is_itemized(found))
        if parent is self.schema.subscription_type:
            return Price(fixed=said or SUBSCRIPTION)
        if "first" in found.args:
            return Price(base=STATEMENT, paged=True, fixed=said or 0)
        if isinstance(relation, ToOne):
            return Price(base=STATEMENT, each=ROW)
        if isinstance(relation, ToMany):
            return Price(base=STATEMENT, each=USUAL * ROW, rows=USUAL)
        if isinstance(relation, Computed) or parent is self.schema.query_type or _asks(declared):
            rows = USUAL if many else 1
            return Price(base=STATEMENT, each=rows * ROW, rows=rows, fixed=said or 0)
        return Price(rows=USUAL if many else 1) if composite else FREE


def _is_itemized(found: GraphQLField) -> bool:
    """Whether a write does many things at once, each as dear as one."""
    argument = found.args.get("input")
    wanted = get_named_type(argument.type) if argument else None
    return isinstance(wanted, GraphQLInputObjectType) and "items" in wanted.fields


def _asks(declared: object) -> bool:
    """Whether a field waits for something: for rows, most likely."""
    resolver = declared.base_resolver if isinstance(declared, StrawberryField) else None
    return resolver is not None and resolver.is_async


@dataclass
class Costs:
    """What the operations of one document cost, for the sizes of pages that were asked for before."""

    sizes: dict[str | None, tuple[str, ...]] = field(default_factory=dict)
    known: LRUCache[tuple[Any, ...], Cost] = field(default_factory=lambda: LRUCache(REMEMBERED))

    def of(
        self,
        prices: Prices,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        values: int = 0,
    ) -> Cost:
        """As `of` does, but not twice the same."""
        name = operation.name.value if operation.name else None
        names = self.sizes.get(name)
        given = None if names is None else (name, *(_size(variables[n]) if n in variables else -1 for n in names))
        found = self.known.get(given) if given else None
        if found is None:
            estimate = _Estimate(prices, document, operation, variables)
            found = estimate.cost()
            self.sizes[name] = names = tuple(sorted(estimate.sizes))
            given = (name, *(_size(variables[n]) if n in variables else -1 for n in names))
            self.known[given] = found
        return found.plus(values // VALUES_A_POINT)


def of(
    prices: Prices,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None = None,
) -> Cost:
    """The most that a valid operation may cost. Without variables, for any that it may be sent with."""
    return _Estimate(prices, document, operation, variables).cost()


def of_refused(characters: int) -> int:
    """What it costs to have sent a document that may not run."""
    return REFUSED + of_new(characters)


def of_new(characters: int) -> int:
    """What it costs besides if a document was not sent before."""
    return characters // CHARACTERS_A_POINT


def _size(value: object) -> int | None:
    """How much a value asks for, as a number or as a list of items. What is more than a page is refused as it runs.

    `100.0` is a whole number to GraphQL.
    """
    if isinstance(value, Mapping):
        value = value.get("items")
    if isinstance(value, list):
        value = len(value)
    return int(min(max(value, 0), PAGE_MAX)) if isinstance(value, int | float) else None


class _Estimate:
    """One walk through an operation, level by level; fields of the same name are one, as when it runs."""

    def __init__(
        self,
        prices: Prices,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
    ) -> None:
        self.prices, self.operation, self.variables = prices, operation, variables
        self.document = document
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.sizes: set[str] = set()
        self.fixed = 0

    def cost(self) -> Cost:
        schema = self.prices.schema
        root = {
            OperationType.QUERY: schema.query_type,
            OperationType.MUTATION: schema.mutation_type,
            OperationType.SUBSCRIPTION: schema.subscription_type,
        }[self.operation.operation]
        self.fixed = 1 + (self.document.token_count or 0) // TOKENS_A_POINT
        loaded = self._level([self.operation.selection_set], cast("GraphQLCompositeType", root), 1, 1)
        return Cost(self.fixed + loaded, self.fixed)

    def _level(self, selected: list[SelectionSetNode], parent: GraphQLCompositeType, rows: int, page: int) -> int:
        groups: dict[tuple[str, str], list[tuple[GraphQLCompositeType, FieldNode]]] = {}
        for type_, node in self._collected(selected, parent):
            key = (type_.name, node.alias.value if node.alias else node.name.value)
            groups.setdefault(key, []).append((type_, node))
        return sum(self._field(*found[0], [node for _, node in found], rows, page) for found in groups.values())

    def _field(
        self, parent: GraphQLCompositeType, node: FieldNode, nodes: list[FieldNode], rows: int, page: int
    ) -> int:
        name = node.name.value
        if name.startswith("__"):
            self.fixed += 0 if name == "__typename" else INTROSPECTION
            return 0
        found: GraphQLField = parent.fields[name]  # type: ignore[union-attr]
        price = self.prices.of(name, parent, found)
        below, inner = rows * price.rows, self._items(node) if price.itemized else 1
        self.fixed += price.fixed * inner
        points = price.base + rows * price.each
        if price.paged:
            inner = self._page(node)
            points += rows * inner * ROW
        elif name == "edges" or (name == "items" and page > 1):
            below = rows * page
        sets = [one.selection_set for one in nodes if one.selection_set]
        if sets:
            type_ = cast("GraphQLCompositeType", get_named_type(found.type))
            points += self._level(sets, type_, below, inner)
        return points

    def _page(self, node: FieldNode) -> int:
        """How many rows a page may have."""
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"}:
                size = self._argument(argument.value)
                if size is not None:
                    return size
        return PAGE_DEFAULT

    def _items(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "input":
                size = self._argument(argument.value)
                if size is not None:
                    return max(1, size)
        return PAGE_MAX

    def _argument(self, value: object) -> int | None:
        if isinstance(value, IntValueNode):
            return _literal(value)
        if isinstance(value, ListValueNode):
            return _size(len(value.values))
        if isinstance(value, ObjectValueNode):
            return next((self._argument(one.value) for one in value.fields if one.name.value == "items"), None)
        if not isinstance(value, VariableNode):
            return None
        name = value.name.value
        self.sizes.add(name)
        if self.variables is None:
            return PAGE_MAX
        if name in self.variables:
            return _size(self.variables[name])
        for defined in self.operation.variable_definitions or ():
            if defined.variable.name.value == name and isinstance(defined.default_value, IntValueNode):
                return _literal(defined.default_value)
        return None

    def _collected(
        self, selected: list[SelectionSetNode], parent: GraphQLCompositeType
    ) -> Iterator[tuple[GraphQLCompositeType, FieldNode]]:
        """The fields of a level, each with the type that it is selected of; each fragment once."""
        spread: set[str] = set()
        waiting = [(one, parent) for one in selected]
        while waiting:
            selections, type_ = waiting.pop()
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    yield type_, node
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition.name.value if node.type_condition else type_.name
                    waiting.append((node.selection_set, self._type(condition)))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self.fragments[node.name.value]
                    waiting.append((fragment.selection_set, self._type(fragment.type_condition.name.value)))

    def _type(self, name: str) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self.prices.schema.type_map[name])


def _literal(node: IntValueNode) -> int:
    """A number of any length is no trouble: beyond a page it does not matter."""
    return PAGE_MAX if len(node.value) > 9 else cast("int", _size(int(node.value)))
