"""GraphQL over HTTP."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
from cross_web import HTTPException
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app import graphiql, uploads
from app.context import Context, Server
from app.errors import Unauthenticated, WaypostError
from app.events import Origin
from app.serving.callers import bearer
from app.serving.documents import Refused
from app.serving.execution import Answer, Engine
from app.serving.requests import GraphQLRequest

AGENT_MAX = 500
"""Characters of what a program calls itself that are kept with each thing it does."""
JSON = "application/json"


class Endpoint:
    """The one address of the API, for everything but sockets."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = engine.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bytes_max = uploads.body_bytes_max(self.settings, Headers(scope=scope))
        request = Request(scope, _bounded(receive, bytes_max))
        try:
            response = await self._respond(request)
        except HTTPException as refused:
            code = getattr(refused, "code", "BAD_USER_INPUT")
            response = uploads.refusal(refused.status_code, refused.reason, code)
        finally:
            await request.close()
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "GET":
            return self._page(request)
        if request.method != "POST":
            raise HTTPException(405, "Send a POST.")
        context = self._context(request)
        parameters = await self._parameters(request)
        try:
            operation = await self.engine.admit(GraphQLRequest.of(parameters), context)
            answer = await self.engine.execute(operation, context)
        except Refused as refused:
            answer = Answer(None, refused.errors)
        except WaypostError as error:
            return uploads.refusal(400, error.message, error.code)
        return Response(orjson.dumps(answer.body), media_type=JSON)

    def _page(self, request: Request) -> Response:
        """For browsers; a program that takes anything is not one."""
        if not self.settings.graphiql or "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404, "Not Found")
        return graphiql.page(self.settings)

    def _context(self, request: Request) -> Context:
        """A bad token is no error yet: whoever has one may still sign in, or refresh it."""
        context = Context(
            cast("Server", request.app.state.server), origin(request), request.headers.get("idempotency-key")
        )
        try:
            viewer = bearer(self.settings, request.headers.get("authorization"))
        except Unauthenticated as error:
            context.turn_away(error)
            return context
        if viewer:
            context.sign_in(viewer)
        return context

    async def _parameters(self, request: Request) -> Mapping[str, Any]:
        if uploads.is_multipart(request.headers):
            return await self._form(request)
        try:
            found = orjson.loads(await request.body())
        except orjson.JSONDecodeError as error:
            raise uploads.Refused(400, "The body of a request is JSON.") from error
        if not isinstance(found, dict):
            raise uploads.Refused(400, "A GraphQL request is a JSON object.")
        return found

    async def _form(self, request: Request) -> Mapping[str, Any]:
        try:
            viewer = bearer(self.settings, request.headers.get("authorization"))
        except Unauthenticated as error:
            raise uploads.Refused(401, error.message, error.code) from error
        uploads.admit(request.headers, signed_in=viewer is not None)
        return await uploads.operation(request, self.settings)


def origin(connection: HTTPConnection) -> Origin:
    """Where a request comes from, for the log."""
    agent = connection.headers.get("user-agent")
    return Origin(connection.client.host if connection.client else None, agent and agent[:AGENT_MAX])


def _bounded(receive: Receive, bytes_max: int) -> Receive:
    """Read a body no further than its bound."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > bytes_max:
            raise HTTPException(413, f"A request has at most {bytes_max} bytes.")
        return message

    return bounded
