"""Texts of GraphQL, parsed and validated once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    recommended_rules,
    specified_rules,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.errors import BadUserInput, WaypostError
from app.serving.admission import limits
from app.serving.admission.cost import Costs
from app.serving.coding import coded
from app.settings import Settings

RULES = (*specified_rules, *recommended_rules, MaybeNullValidationRule, OneOfInputValidationRule)
TOKENS = 200
"""A document is remembered as if it had at least so many: that bounds their number, and what they take together."""
ON_TRIAL = 5
"""One part in so many is for documents that were sent once."""
REFUSED_KEPT = 100

Key = tuple[str, bool]


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
    costs: Costs = field(default_factory=Costs, compare=False, repr=False)

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
    """The latest texts of one process, as they were parsed and validated.

    What is sent for the first time is on trial: whoever sends a thousand texts once each puts nobody's own out. What
    may not run is kept apart, for clients that try again.
    """

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.schema = schema
        self._settings = settings
        room = settings.documents_kept * TOKENS
        self._kept: LRUCache[Key, Prepared] = LRUCache(room, getsizeof=_weight)
        self._trial: LRUCache[Key, Prepared] = LRUCache(max(room // ON_TRIAL, settings.tokens_max), getsizeof=_weight)
        self._refused: LRUCache[Key, list[GraphQLError]] = LRUCache(REFUSED_KEPT)

    @property
    def size(self) -> int:
        """Tokens of all that is kept."""
        return int(self._kept.currsize)

    def prepare(self, text: str, *, introspection: bool) -> Prepared:
        """`introspection`: for somebody who may look at the schema, and hear what they may have meant.

        Raises `Refused`.
        """
        try:
            limits.check_length(text, self._settings)
        except GraphQLError as error:
            raise Refused([error]) from error
        key = (hash_of(text), introspection)
        found = self._known(key)
        if found is not None:
            return found
        if key not in self._refused:
            answer = self._prepare(text, *key)
            if isinstance(answer, Prepared):
                self._trial[key] = answer
                return answer
            self._refused[key] = answer
        raise Refused(self._refused[key])

    def is_new(self, prepared: Prepared, *, introspection: bool) -> bool:
        """Whether a text was sent for the first time, as far as anybody remembers."""
        return (prepared.hash, introspection) in self._trial

    def _known(self, key: Key) -> Prepared | None:
        found = self._kept.get(key)
        if found is None:
            found = self._trial.pop(key, None)
            if found is not None and _weight(found) <= self._kept.maxsize:
                self._kept[key] = found
        return found

    def _prepare(self, text: str, hashed: str, introspection: bool) -> Prepared | list[GraphQLError]:
        settings = self._settings
        try:
            limits.check_tokens(text, settings)
            document = parse(text, max_tokens=settings.tokens_max)
            limits.check_document(document, settings)
        except GraphQLError as error:
            return [error]
        except RecursionError:
            return [GraphQLError("The document is nested too deeply.")]
        errors = validate(
            self.schema,
            document,
            RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule),
            max_errors=settings.document_errors_max,
            hide_suggestions=not introspection,
        )
        return errors or Prepared(text, hashed, document)


def _weight(prepared: Prepared) -> int:
    return max(TOKENS, prepared.document.token_count or 0)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
