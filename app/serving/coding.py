"""Every error has a code; none shows what only developers should see."""

import logging
from collections.abc import Iterable

from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from app.errors import BadUserInput, WaypostError

log = logging.getLogger(__name__)

MESSAGE_MAX = 1_000
INTERNAL = "Something went wrong on our side."
NOT_NULL = "A field that cannot be empty was sent as null; leave it out to leave it as it is."


def coded(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The same errors, as a client may see them."""
    found = list(errors)
    for error in found:
        _give_code(error)
    return found


def error_of(cause: Exception) -> GraphQLError:
    """What failed beside all fields, as an error of the answer."""
    if not isinstance(cause, WaypostError):
        log.error("an operation broke", exc_info=cause)
        cause = WaypostError(INTERNAL)
    (error,) = coded([GraphQLError(cause.message, original_error=cause)])
    return error


def _give_code(error: GraphQLError) -> None:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, WaypostError):
        error.message = cause.message
        error.extensions = {**cause.extensions}
    elif _is_null_refused(error):
        # Strawberry's own words are for those who write the schema
        error.message = NOT_NULL
        error.extensions = {"code": BadUserInput.code}
    elif cause is None or error.path is None:
        # a message may quote what was sent, at any length
        error.message = error.message[:MESSAGE_MAX]
        error.extensions = {"code": BadUserInput.code, **(error.extensions or {})}
    else:
        log.error("unexpected error at %s", error.path, exc_info=cause)
        error.message = INTERNAL
        error.extensions = {"code": WaypostError.code}


def _is_null_refused(error: GraphQLError | None) -> bool:
    while error is not None and not isinstance(error, StrawberryInputCoercionError):
        cause = error.original_error
        error = cause if isinstance(cause, GraphQLError) else None
    return error is not None
