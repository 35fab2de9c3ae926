"""Texts of GraphQL, parsed and validated once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
)
from strawberry.extensions import DisableIntrospection
from strawberry.schema.schema import validate_document

from app.errors import BadUserInput, WaypostError
from app.serving import limits
from app.serving.coding import coded
from app.settings import Settings

CACHED = 1_000
CLOSED = DisableIntrospection().validation_rules


class Refused(WaypostError):
    """An operation does not begin: its request has errors."""

    code = BadUserInput.code

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = coded(errors)


@dataclass(frozen=True)
class Prepared:
    """A text that may run."""

    text: str
    hash: str
    document: DocumentNode

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation that is meant. Raises `Refused` if that is none, or not clear."""
        found = [node for node in self.document.definitions if isinstance(node, OperationDefinitionNode)]
        if name is None and len(found) > 1:
            raise Refused([GraphQLError("The document has several operations: name one by `operationName`.")])
        named = [node for node in found if name is None or (node.name and node.name.value == name)]
        if not named:
            message = "The document has no operation." if name is None else f"The document has no operation `{name}`."
            raise Refused([GraphQLError(message)])
        return named[0]


class Documents:
    """The latest texts of one process, as they were parsed and validated; those that may not run, too."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.schema = schema
        self._settings = settings
        self._rules = (*specified_rules, *limits.rules(settings))
        self._known: LRUCache[tuple[str, bool], Prepared | list[GraphQLError]] = LRUCache(CACHED)

    def prepare(self, text: str, *, introspection: bool) -> Prepared:
        """Raises `Refused`."""
        hashed = hash_of(text)
        found = self._known.get((hashed, introspection))
        if found is None:
            found = self._known[hashed, introspection] = self._prepare(text, hashed, introspection)
        if isinstance(found, Prepared):
            return found
        raise Refused(found)

    def _prepare(self, text: str, hashed: str, introspection: bool) -> Prepared | list[GraphQLError]:
        try:
            document = parse(text, max_tokens=self._settings.tokens_max)
        except GraphQLError as error:
            return [error]
        except RecursionError:
            return [GraphQLError("The document is nested too deeply.")]
        rules = self._rules if introspection else (*self._rules, *CLOSED)
        return validate_document(self.schema, document, rules) or Prepared(text, hashed, document)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
