"""The status of an answer, by the GraphQL over HTTP specification (edition of September 2026).

Under `application/json` a request that is well-formed is answered 200, whatever comes of it: clients of old read the
body of nothing else. Only who is turned away before anything was looked at hears so by the status.

One status is not the specification's: variables that do not fit their operation are 400, as its audit suite has it, and
not 422.
"""

from collections.abc import Iterable

from graphql import GraphQLError, GraphQLSyntaxError

from app.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable, WaypostError

PARTIAL_SUCCESS = 294
NOT_PARSED = 400
NOT_PROCESSED = 422
BY_CODE = {
    Unauthenticated.code: 401,
    Forbidden.code: 403,
    NotFound.code: 404,
    Conflict.code: 409,
    "RATE_LIMITED": 429,
    WaypostError.code: 500,
    Unavailable.code: 503,
}
TURNED_AWAY = {401, 403, 429, 500, 503}


def of_execution(*, failed: bool, modern: bool) -> int:
    """An operation ran, with or without errors of its fields."""
    return PARTIAL_SUCCESS if failed and modern else 200


def of_refusal(errors: Iterable[GraphQLError], *, unfit: bool, modern: bool) -> int:
    """A well-formed request did not run. unfit: its variables, whatever else, do not fit the operation."""
    found = next(iter(errors))
    if isinstance(found, GraphQLSyntaxError):
        status = NOT_PARSED
    else:
        code = str((found.extensions or {}).get("code"))
        status = BY_CODE.get(code, NOT_PARSED if unfit else NOT_PROCESSED)
    return status if modern or status in TURNED_AWAY else 200


def of_malformed(*, modern: bool) -> int:
    """JSON, but no request of GraphQL."""
    return NOT_PROCESSED if modern else NOT_PARSED
