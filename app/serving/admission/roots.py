"""What an operation asks for at its root, fragments looked through."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
)
from graphql.language import SelectionSetNode

from app.resolvers.verbs import VERBS, Verb

_VERBS = {(verb.kind.lower(), verb.name): verb for verb in VERBS}


def verbs(document: DocumentNode, operation: OperationDefinitionNode) -> list[Verb]:
    """The root fields of an operation, each once, but for what GraphQL itself has in every schema."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    kind = operation.operation.value
    names = dict.fromkeys(_names(operation.selection_set, fragments))
    return [_VERBS[kind, name] for name in names if (kind, name) in _VERBS]


def _names(selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[str]:
    for node in selected.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _names(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            # a valid document has the fragment, and no circle of them
            yield from _names(fragments[node.name.value].selection_set, fragments)
