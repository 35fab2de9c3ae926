"""What clients say by graphql-transport-ws: every message that is none is a reason to close the socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import json_text
from app.serving.sockets.codes import CloseCode, Closing

ID_MAX = 256
"""Characters of an operation's id."""
TYPES = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
PAYLOAD: dict[str, tuple[type, ...]] = {
    "query": (str,),
    "documentId": (str, type(None)),
    "operationName": (str, type(None)),
    "variables": (dict, type(None)),
    "extensions": (dict, type(None)),
}
"""Members of what is subscribed to, and what they may be."""


@dataclass(frozen=True)
class Message:
    type: str
    id: str
    payload: Mapping[str, Any] | None


def read(event: Mapping[str, Any]) -> Message:
    """A message of the protocol. Raises `Closing`."""
    text = event.get("text")
    if text is None:
        raise _invalid("A message is text")
    try:
        found = json_text.read(text)
    except ValueError:
        raise _invalid("A message is JSON") from None
    if not isinstance(found, dict):
        raise _invalid("A message is an object")
    type_, payload = found.get("type"), found.get("payload")
    if not isinstance(type_, str) or type_ not in TYPES:
        raise _invalid("Unknown type of message")
    if payload is not None and not isinstance(payload, dict):
        raise _invalid("A payload is an object")
    id = _id(found) if type_ in ("subscribe", "complete") else ""
    if type_ == "subscribe":
        _check_request(payload)
    return Message(type_, id, payload)


def _id(found: Mapping[str, Any]) -> str:
    id = found.get("id")
    if not isinstance(id, str) or not id:
        raise _invalid("An operation has an id")
    if len(id) > ID_MAX:
        raise _invalid(f"An id has at most {ID_MAX} characters")
    return id


def _check_request(payload: Mapping[str, Any] | None) -> None:
    if not payload:
        raise _invalid("An operation has a payload")
    for name, types in PAYLOAD.items():
        if name in payload and not isinstance(payload[name], types):
            raise _invalid(f"Wrong type of {name}")
    if not payload.keys() & {"query", "documentId", "extensions"}:
        raise _invalid("An operation has a query")


def _invalid(reason: str) -> Closing:
    return Closing(CloseCode.INVALID, reason)
