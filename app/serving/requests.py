"""What a client asks for, by whatever road it comes: POST, GET, a form with files, a socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import BadUserInput

EMPTY: Mapping[str, Any] = {}


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
        """Raises `BadUserInput` for what is no request."""
        if not isinstance(parameters, Mapping):
            raise BadUserInput("A GraphQL request is a JSON object.")
        return cls(
            _text(parameters, "query"),
            _text(parameters, "documentId"),
            _text(parameters, "operationName"),
            _object(parameters, "variables"),
            _object(parameters, "extensions"),
        )

    @property
    def persisted_hash(self) -> str | None:
        """SHA-256 of the text that is meant, as Apollo's and urql's links send it."""
        persisted = self.extensions.get("persistedQuery")
        named = persisted.get("sha256Hash") if isinstance(persisted, Mapping) else None
        return named if isinstance(named, str) else None


def _text(parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, str):
        raise BadUserInput(f"`{name}` is a string.", name)
    return value


def _object(parameters: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parameters.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise BadUserInput(f"`{name}` is an object.", name)
    return EMPTY if value is None else value
