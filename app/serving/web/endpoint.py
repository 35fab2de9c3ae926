"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from typing import cast

from graphql import GraphQLSyntaxError, OperationType, get_operation_ast, parse
from graphql.execution.values import get_variable_values
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import graphiql, uploads
from app.context import Context, Server
from app.errors import Unauthenticated
from app.events import Origin
from app.serving import callers
from app.serving.admission import allowance
from app.serving.admission.documents import Refused
from app.serving.coding import error_of
from app.serving.execution import Engine, Operation
from app.serving.requests import GraphQLRequest, Malformed
from app.serving.web import answers, bodies, caching
from app.serving.web.negotiation import GRAPHQL, JSON, answer_type, is_json

AGENT_MAX = 500
"""Characters of what a program calls itself that are kept with each thing it does."""
READING = ("GET", "HEAD")
METHODS = "GET, HEAD, POST, OPTIONS"


class Endpoint:
    """The one address of the API, for everything but sockets."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = engine.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, bodies.bounded(receive, self.settings, Headers(scope=scope)))
        try:
            response = await self._respond(request)
        finally:
            await request.close()
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        """Whatever happens, an answer with a code."""
        server = cast("Server", request.app.state.server)
        context = Context(server, origin(request), request.headers.get("idempotency-key"))
        media_type = answer_type(request.headers.get("accept"))
        try:
            response = await self._answer(request, context, media_type)
        except uploads.Refused as refused:
            response = answers.halted(refused, media_type or JSON)
        except ClientDisconnect:
            response = Response(status_code=400)  # nobody hears it
        except Exception as error:
            response = answers.turned_away(error_of(error), media_type or JSON)
        if context.allowance:
            answers.limited(response, allowance.headers(context.allowance))
        return response

    async def _answer(self, request: Request, context: Context, media_type: str | None) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": METHODS})
        if request.method not in (*READING, "POST"):
            raise uploads.Refused(405, "Send a POST, or a GET for a query.", allow=METHODS)
        if request.method in READING and self._is_page(request):
            return graphiql.page(self.settings)
        if media_type is None:
            raise uploads.Refused(406, f"Accept {GRAPHQL}, or {JSON}.")
        await callers.sign_in(context, request.headers.get("authorization"))
        self.engine.check(context)
        try:
            asked = GraphQLRequest.of(await self._parameters(request, context))
        except (Malformed, uploads.Refused) as error:
            await self.engine.waste(context)
            if isinstance(error, uploads.Refused):
                raise
            return answers.malformed(error_of(error), media_type)
        return await self._run(request, asked, context, media_type)

    async def _run(self, request: Request, asked: GraphQLRequest, context: Context, media_type: str) -> Response:
        reading = request.method in READING
        if reading and asked.query is not None and not _asked_first(request):
            raise uploads.Refused(403, f"A GET with a document has the header {uploads.PREFLIGHT[0]}.", "FORBIDDEN")
        try:
            operation = await self.engine.admit(asked, context)
        except Refused as refused:
            unfit = media_type == GRAPHQL and self._is_unfit(refused, asked)
            response = answers.refused(refused.errors, media_type, unfit=unfit)
            return answers.vary(response) if reading else response
        _suits(operation, reading)
        response = answers.executed(await self.engine.execute(operation, context), media_type)
        if not reading:
            return response
        control = caching.control(self.engine.schema, operation.prepared, asked.operation_name)
        return answers.kept(response, control, request.headers.get("if-none-match"))

    def _is_page(self, request: Request) -> bool:
        """For browsers; a program that takes anything is not one."""
        wanted = "text/html" in request.headers.get("accept", "") and not request.scope["query_string"]
        return self.settings.graphiql and wanted

    async def _parameters(self, request: Request, context: Context) -> object:
        if request.method in READING:
            return bodies.queried(request)
        if not uploads.is_multipart(request.headers):
            return await bodies.posted(request, self.settings)
        uploads.admit(request.headers)
        if context.caller is None:
            raise context.turned_away or Unauthenticated()
        return await uploads.operation(request, self.settings)

    def _is_unfit(self, refused: Refused, asked: GraphQLRequest) -> bool:
        """Whether the variables would not fit either, of a document that could be parsed and is not valid."""
        first = refused.errors[0]
        if not (asked.query and asked.variables and first.locations) or isinstance(first, GraphQLSyntaxError):
            return False
        operation = get_operation_ast(parse(asked.query), asked.operation_name)
        wanted = operation.variable_definitions or () if operation else ()
        return isinstance(get_variable_values(self.engine.schema, wanted, dict(asked.variables), max_errors=1), list)


def _asked_first(request: Request) -> bool:
    """Whether a browser would have asked before it sent this from a page of another site."""
    headers = request.headers
    named = any(headers.get(name) for name in ("authorization", "idempotency-key", *uploads.PREFLIGHT))
    return named or is_json(headers.get("content-type", ""))


def _suits(operation: Operation, reading: bool) -> None:
    """Raises `uploads.Refused`."""
    if operation.kind is OperationType.SUBSCRIPTION:
        raise uploads.Refused(422, "Subscriptions come over WebSocket, by graphql-transport-ws, at this address.")
    if reading and operation.kind is not OperationType.QUERY:
        raise uploads.Refused(405, "A GET only reads: send a POST.", allow="POST")


def origin(connection: HTTPConnection) -> Origin:
    """Where a request comes from, for the log."""
    agent = connection.headers.get("user-agent")
    return Origin(connection.client.host if connection.client else None, agent and agent[:AGENT_MAX])
