"""What answers where no endpoint does, and which pages of other sites may ask: JSON with a code, here too."""

from http import HTTPStatus
from typing import cast

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from app import uploads
from app.errors import BadUserInput, NotFound, WaypostError
from app.serving.coding import INTERNAL
from app.settings import Settings

SENT = ("authorization", "content-type", "idempotency-key", "if-none-match", *uploads.PREFLIGHT)
EXPOSED = ("etag", "retry-after", "ratelimit", "ratelimit-policy")


class Cors(CORSMiddleware):
    """Starlette's, in JSON where it refuses."""

    def preflight_response(self, request_headers: Headers) -> Response:
        found = super().preflight_response(request_headers)
        if found.status_code == HTTPStatus.OK:
            return found
        reason = bytes(found.body).decode()
        return uploads.refusal(found.status_code, f"{reason}.", BadUserInput.code, {"vary": "Origin"})


def cors(settings: Settings) -> list[Middleware]:
    """For the pages of the origins that are set up, if any are."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            Cors,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT"],
            allow_headers=SENT,
            expose_headers=EXPOSED,
        )
    ]


async def _turned_away(request: Request, error: Exception) -> Response:
    """No such path, or not by this method."""
    found = cast("HTTPException", error)
    code = NotFound.code if found.status_code == HTTPStatus.NOT_FOUND else BadUserInput.code
    return uploads.refusal(found.status_code, f"{found.detail}.", code, found.headers)


async def _broken(request: Request, error: Exception) -> Response:
    """The server that called writes the error down."""
    return uploads.refusal(500, INTERNAL, WaypostError.code)


HANDLERS: dict[type[Exception] | int, ExceptionHandler] = {HTTPException: _turned_away, Exception: _broken}
