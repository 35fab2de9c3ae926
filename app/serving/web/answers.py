"""Answers of GraphQL as HTTP has them."""

import hashlib
import math
from collections.abc import Mapping

import orjson
from graphql import GraphQLError
from starlette.responses import Response

from app import conditional, uploads
from app.serving.execution import Answer
from app.serving.web import statuses
from app.serving.web.negotiation import GRAPHQL

NEVER_KEPT = "no-store"
VARY = "Accept, Authorization, Accept-Encoding, Origin"
"""What an answer to a GET depends on besides its URL."""


def write(answer: Answer, status: int, media_type: str, **headers: str) -> Response:
    """The answer, which nobody on the way keeps unless a header says otherwise."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        orjson.dumps(answer.body),
        status,
        {
            "content-type": f"{media_type}; charset=utf-8",
            "cache-control": NEVER_KEPT,
            "x-content-type-options": "nosniff",
            **named,
        },
    )


def executed(answer: Answer, media_type: str) -> Response:
    """An operation ran, or its variables did not let it."""
    modern = media_type == GRAPHQL
    if answer.ran:
        status = statuses.of_execution(failed=bool(answer.errors), modern=modern)
    else:
        status = statuses.of_refusal(answer.errors, unfit=True, modern=modern)
    return write(answer, status, media_type)


def refused(errors: list[GraphQLError], media_type: str, *, unfit: bool) -> Response:
    """The document may not run. unfit: nor would its variables let it."""
    status = statuses.of_refusal(errors, unfit=unfit, modern=media_type == GRAPHQL)
    return write(Answer(None, errors), status, media_type)


def malformed(error: GraphQLError, media_type: str) -> Response:
    return write(Answer(None, [error]), statuses.of_malformed(modern=media_type == GRAPHQL), media_type)


def turned_away(error: GraphQLError, media_type: str) -> Response:
    """Nothing of the document was looked at, or nothing of it matters."""
    status = statuses.of_refusal([error], unfit=False, modern=media_type == GRAPHQL)
    headers = {}
    if status == 401:
        headers["www_authenticate"] = "Bearer"
    if wait_s := getattr(error.original_error, "retry_after_s", None):
        headers["retry_after"] = str(math.ceil(wait_s))
    return write(Answer(None, [error]), status, media_type, **headers)


def halted(refusal: uploads.Refused, media_type: str) -> Response:
    """The request did not even become one of GraphQL."""
    error = GraphQLError(refusal.reason, extensions={"code": refusal.code})
    return write(Answer(None, [error]), refusal.status_code, media_type, **refusal.headers)


def kept(response: Response, cache_control: str, if_none_match: str | None) -> Response:
    """An answer to a GET, for whoever keeps answers; nothing but 304 to who has this one."""
    vary(response)
    if response.status_code != 200:
        return response
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["etag"], response.headers["cache-control"] = etag, cache_control
    if not conditional.is_known(if_none_match, etag):
        return response
    del response.headers["content-type"], response.headers["content-length"]
    return Response(status_code=304, headers=dict(response.headers))


def vary(response: Response) -> Response:
    """Of a GET."""
    response.headers["vary"] = VARY
    return response


def limited(response: Response, headers: Mapping[str, str]) -> None:
    """Tell the caller what they have left; not where others are shown the same answer."""
    if not response.headers.get("cache-control", "").startswith("public"):
        response.headers.update(headers)
