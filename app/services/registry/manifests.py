"""Manifests as the tools of clients write them, read into documents and what they are called.

Three are JSON: Apollo's operation manifest, Relay's `persisted.json`, and a plain `{hash: text}`; the last two look
alike. Whatever is no JSON is a document itself, called by its hash.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import BadUserInput
from app.models.keys import SHA256
from app.services.registry.finding import is_hash, is_name, named

APOLLO = "apollo-persisted-query-manifest"
DOCUMENTS_MAX = 1_000
"""Documents of one manifest."""


@dataclass(frozen=True)
class Listed:
    """A document of a manifest. name, kind: what an Apollo manifest says of its operation."""

    document_id: str
    body: str
    hash: str
    name: str | None = None
    kind: str | None = None


def read(text: str) -> Sequence[Listed]:
    """Raises `BadUserInput` for what is no manifest; whether its documents are any is seen later."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        # a document is no JSON, not even the shortest
        return [_listed(SHA256 + _hash(text), text)]
    listed = _apollo(found) if isinstance(found, dict) and "format" in found else _plain(found)
    if not 1 <= len(listed) <= DOCUMENTS_MAX:
        raise BadUserInput(f"A manifest has 1 to {DOCUMENTS_MAX} documents.", "manifest")
    twice = {document.document_id for document in listed}
    if len(twice) < len(listed):
        raise BadUserInput("A document is listed twice.", "manifest")
    return listed


def _apollo(manifest: dict[str, Any]) -> list[Listed]:
    """https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format"""
    operations = manifest.get("operations")
    if manifest["format"] != APOLLO or manifest.get("version") != 1 or not isinstance(operations, list):
        raise BadUserInput(f"A manifest with a `format` is `{APOLLO}`, version 1, with `operations`.", "manifest")
    return [_operation(operation) for operation in operations]


def _operation(operation: object) -> Listed:
    fields = ("id", "body", "name", "type")
    if not isinstance(operation, dict) or not all(isinstance(operation.get(name), str) for name in fields):
        raise BadUserInput("An operation of the manifest has the texts `id`, `body`, `name` and `type`.", "manifest")
    return _listed(operation["id"], operation["body"], operation["name"], operation["type"].upper())


def _plain(found: object) -> list[Listed]:
    if not isinstance(found, dict) or not all(isinstance(body, str) for body in found.values()):
        raise BadUserInput("A manifest is Apollo's, Relay's, or an object of texts by their hashes.", "manifest")
    return [_listed(name, body) for name, body in found.items()]


def _listed(name: str, body: str, operation: str | None = None, kind: str | None = None) -> Listed:
    hashed, document_id = _hash(body), named(name)
    if is_hash(document_id):
        if document_id != SHA256 + hashed:
            raise BadUserInput(f"`{name}` is not the hash of its text.", "manifest")
    elif not is_name(document_id):
        raise BadUserInput(
            "A document is called by its SHA-256, or by a name of letters, digits, `_`, `.`, `/` and `-`.", "manifest"
        )
    return Listed(document_id, body, hashed, operation, kind)


def _hash(text: str) -> str:
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise BadUserInput("A document is Unicode.", "manifest") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a name stand twice, of which one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadUserInput("A name stands twice in the manifest.", "manifest")
    return found
