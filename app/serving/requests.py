"""What a client asks for, by whatever road it comes: POST, GET, a form with files, a socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import BadUserInput

EMPTY: Mapping[str, Any] = {}


class Malformed(BadUserInput):
    """This is no request of GraphQL, whatever else it is."""


@dataclass(frozen=True)
class GraphQLRequest:
    """A request by the GraphQL over HTTP specification; a text, or what names one that is known already."""

    query: str | None = None
    document_id: str | None = None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: object) -> "GraphQLRequest":
        """Raises `Malformed`. What else there is among the parameters is not ours."""
        if isinstance(parameters, list):
            raise Malformed("Requests come one by one: a batch is not taken.")
        if not isinstance(parameters, Mapping):
            raise Malformed("A GraphQL request is a JSON object.")
        found = cls(
            _text(parameters, "query"),
            _text(parameters, "documentId"),
            _text(parameters, "operationName"),
            _object(parameters, "variables"),
            _object(parameters, "extensions"),
        )
        if found.query is None and found.named is None:
            raise Malformed("A request has a `query`, or names a document that is known.", "query")
        return found

    @property
    def named(self) -> str | None:
        """What a document that the server knows is called."""
        return self.persisted_hash if self.document_id is None else self.document_id

    @property
    def persisted_hash(self) -> str | None:
        """SHA-256 of the text that is meant, as Apollo's and urql's links send it."""
        persisted = self.extensions.get("persistedQuery")
        named = persisted.get("sha256Hash") if isinstance(persisted, Mapping) else None
        return named if isinstance(named, str) else None


def _text(parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"`{name}` is a string.", name)
    return value


def _object(parameters: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parameters.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise Malformed(f"`{name}` is an object.", name)
    return EMPTY if value is None else value
