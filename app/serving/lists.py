"""Whole lists, page by page: a connection of the schema is read as its client would read it, one page after the other.

The query has one list and asks for `edges { node { … } }` of it. What pages need besides is added here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_variable_values,
    parse,
    print_ast,
)
from strawberry.utils.str_converters import to_snake_case

from app.access import Viewer
from app.context import Context
from app.errors import BadUserInput, CostLimit, Forbidden, WaypostError
from app.pagination import PAGE_MAX
from app.resolvers.verbs import VERBS
from app.services.exports import ListPage, Unreadable
from app.serving.admission import cost
from app.serving.admission.documents import Documents, Prepared, Refused
from app.serving.execution import Answer, Engine, Operation
from app.serving.requests import GraphQLRequest

FORM = "An export reads one list, as `{ list(filter: …) { edges { node { … } } } }`."
ROWS = (PAGE_MAX, 50, 20, 10, 5, 1)
PAGING = {"first", "after", "last", "before"}
LIST = "list"
"""The list's key in an answer."""
PAGES = cast(
    "OperationDefinitionNode",
    parse(
        f"""query ($exportFirst: Int!, $exportAfter: String, $exportCount: Boolean = false) {{
      {LIST}(first: $exportFirst, after: $exportAfter) {{
        totalCount @include(if: $exportCount)
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}"""
    ).definitions[0],
)


class Lists:
    """Reads what can be read of lists, for whoever is to see it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def connection(self, text: str, variables: Mapping[str, Any], viewer: Viewer) -> str:
        """The name of the list that a query reads. Raises `BadUserInput`, `CostLimit` and `Forbidden`."""
        try:
            paged = _paged(self._engine.documents, text)
        except Refused as refused:
            raise BadUserInput(refused.message, "query") from refused
        if not _may(viewer, paged.connection):
            raise Forbidden()
        rows = self._rows(paged.prepared, variables)
        self._check(paged.prepared, {**variables, "exportFirst": rows})
        return paged.connection

    async def page(self, context: Context, request: Mapping[str, Any], after: str | None) -> ListPage:
        """Some rows behind a cursor. Raises `Unreadable` if they cannot be read, or not any more."""
        try:
            paged = _paged(self._engine.documents, request["query"])
            rows = self._rows(paged.prepared, request["variables"])
        except WaypostError as error:
            raise Unreadable(error.message) from error
        pages = {"exportFirst": rows, "exportAfter": after, "exportCount": after is None}
        variables = {**request["variables"], **pages}
        prepared = paged.prepared
        operation = Operation(prepared, prepared.operation(None), GraphQLRequest(prepared.text, variables=variables))
        answer = await self._engine.execute(operation, context)
        if answer.errors or answer.data is None:
            raise _reason(answer)
        found = answer.data[LIST]
        info = found["pageInfo"]
        nodes = [edge["node"] for edge in found["edges"]]
        return ListPage(nodes, found.get("totalCount"), info["endCursor"] if info["hasNextPage"] else None)

    def _check(self, prepared: Prepared, variables: Mapping[str, Any]) -> None:
        """Raises `BadUserInput` for values that are not those of the query's variables."""
        wanted = prepared.operation(None).variable_definitions or ()
        found = get_variable_values(self._engine.schema, wanted, dict(variables), hide_suggestions=True)
        if isinstance(found, list):
            raise BadUserInput(found[0].message, "variables")

    def _rows(self, prepared: Prepared, variables: Mapping[str, Any]) -> int:
        """As many rows at once as any client might ask for. Raises `CostLimit` if even one of them is too dear."""
        definition, most = prepared.operation(None), self._engine.settings.cost_max
        for rows in ROWS:
            sized = {**variables, "exportFirst": rows}
            points = cost.of(self._engine.prices, prepared.document, definition, sized).points
            if points <= most:
                return rows
        raise CostLimit(points, most)


def _reason(answer: Answer) -> Exception:
    """What is our own fault may go well the next time."""
    (first, *_) = answer.errors
    ours = (first.extensions or {}).get("code") == WaypostError.code
    return RuntimeError(first.message) if ours else Unreadable(first.message)


def _may(viewer: Viewer, name: str) -> bool:
    (verb,) = [verb for verb in VERBS if verb.kind == "Query" and verb.field.python_name == to_snake_case(name)]
    return verb.permission is None or verb.permission in viewer.permissions


@dataclass(frozen=True)
class Paged:
    """A query of one list, as it is run: page by page."""

    connection: str
    prepared: Prepared


def _paged(documents: Documents, text: str) -> Paged:
    """The query that reads one page. Raises `Refused` for what may not run, and `BadUserInput` for what is no list."""
    asked = documents.prepare(text, introspection=False)
    operation = asked.operation(None)
    found = _list_of(asked)
    field = documents.schema.query_type.fields[found.name.value]  # type: ignore[union-attr]
    if not get_named_type(field.type).name.endswith("Connection"):
        raise BadUserInput(FORM, "query")
    if PAGING & {argument.name.value for argument in found.arguments or ()}:
        raise BadUserInput("An export reads the whole list: leave out `first`, `after`, `last` and `before`.", "query")
    paged = _with_pages(operation, found)
    fragments = [node for node in asked.document.definitions if isinstance(node, FragmentDefinitionNode)]
    text = "\n".join(map(print_ast, (paged, *fragments)))
    return Paged(found.name.value, documents.prepare(text, introspection=False))


def _list_of(prepared: Prepared) -> FieldNode:
    """The one field of a query, with its `edges { node }`."""
    operation = prepared.operation(None)
    if operation.operation is not OperationType.QUERY:
        raise BadUserInput(FORM, "query")
    found = _only(operation.selection_set)
    _only(_only(found.selection_set, "edges").selection_set, "node")
    return found


def _only(selections: SelectionSetNode | None, name: str | None = None) -> FieldNode:
    """The one field that is selected, plainly."""
    found: Sequence[SelectionNode] = selections.selections if selections else ()
    if len(found) != 1 or not isinstance(found[0], FieldNode) or found[0].directives:
        raise BadUserInput(FORM, "query")
    field = found[0]
    if name is not None and (field.name.value != name or field.alias):
        raise BadUserInput(FORM, "query")
    return field


def _with_pages(operation: OperationDefinitionNode, found: FieldNode) -> OperationDefinitionNode:
    page = _only(PAGES.selection_set)
    whole = replace(
        found,
        alias=page.name,
        arguments=(*(found.arguments or ()), *(page.arguments or ())),
        selection_set=SelectionSetNode(selections=(*_selections(found), *_selections(page))),
    )
    return replace(
        operation,
        variable_definitions=(*(operation.variable_definitions or ()), *(PAGES.variable_definitions or ())),
        selection_set=SelectionSetNode(selections=(whole,)),
    )


def _selections(field: FieldNode) -> Sequence[SelectionNode]:
    return field.selection_set.selections if field.selection_set else ()
