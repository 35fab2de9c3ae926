"""What a request over HTTP asks for, read from its body or its URL no further than is allowed."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive

from app import json_text, uploads
from app.serving.web.negotiation import is_json
from app.settings import Settings

QUERY_STRING_MAX = 16_384
"""Bytes of the query of a URL; what lies between a client and us mostly takes less."""
PARAMETERS = ("query", "documentId", "operationName", "variables", "extensions")
FIELDS_MAX = 50
"""Parameters of a URL that are looked at, ours and others."""


def bounded(receive: Receive, settings: Settings, headers: Headers) -> Receive:
    """Read a body no further than its bound, and nothing of one that says itself that it is longer."""
    bytes_max = uploads.body_bytes_max(settings, headers)
    announced = headers.get("content-length", "")
    fits = not announced.isdigit() or int(announced[:20]) <= bytes_max
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message: Message = await receive() if fits else {}
        read += len(message.get("body", b""))
        if read > bytes_max or not fits:
            raise uploads.Refused(413, f"A request has at most {bytes_max} bytes.")
        return message

    return bounded


async def posted(request: Request, settings: Settings) -> object:
    """The JSON of a body."""
    headers = request.headers
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise uploads.Refused(415, "Bodies are taken as they are, not compressed.", accept_encoding="identity")
    # anything else could come from a form of another site, which browsers send unasked
    if not is_json(headers.get("content-type", "")):
        raise uploads.Refused(415, "Send `Content-Type: application/json`, in UTF-8.")
    try:
        async with asyncio.timeout(settings.body_receive_s_max):
            body = await request.body()
    except TimeoutError:
        raise uploads.Refused(
            408, f"A request has {settings.body_receive_s_max} seconds to come.", connection="close"
        ) from None
    return _json(body, "The body of a request")


def queried(request: Request) -> Mapping[str, Any]:
    """The parameters of a URL, as a JSON body would have them."""
    query: bytes = request.scope["query_string"]
    if len(query) > QUERY_STRING_MAX:
        raise uploads.Refused(414, "This URL is too long: send a POST.")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise uploads.Refused(400, "The query of the URL is no form in UTF-8.") from error
    # an empty parameter is none
    ours = [(name, value) for name, value in pairs if name in PARAMETERS and value]
    found: dict[str, Any] = dict(ours)
    if len(found) < len(ours):
        raise uploads.Refused(400, "A parameter stands in the URL once.")
    for name in ("variables", "extensions"):
        if name in found:
            found[name] = _json(found[name].encode(), f"`{name}`")
    return found


def _json(text: bytes, noun: str) -> object:
    try:
        return json_text.read(text)
    except ValueError as error:
        reason = f"{noun} is JSON: UTF-8, whole numbers of 64 bits at most, and not too deep."
        raise uploads.Refused(400, reason) from error
