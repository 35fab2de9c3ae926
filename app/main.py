"""The API process: lifespan, routes, and the GraphQL endpoint over HTTP and WebSocket."""

import copy
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property
from typing import cast

import orjson
from graphql import GraphQLSyntaxError
from redis.asyncio import Redis
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema.schema import StreamResult
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

from app import calendars, downloads, graphiql, tags, tracking, uploads
from app.context import Context, Server
from app.db import Database
from app.errors import Unauthenticated
from app.graphql import build_schema
from app.jobs.alarm import Alarm
from app.live import Hub, Wakes
from app.serving.callers import bearer
from app.serving.execution import Engine
from app.serving.http import Endpoint, origin
from app.settings import Settings
from app.settings import settings as environment


class Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket, many operations at once: each gets a context of its own."""

    @cached_property
    def idempotency_keys(self) -> dict[str, str]:
        """Of operations that are about to run; they keep nothing of their extensions themselves."""
        return {}

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        extensions = message["payload"].get("extensions")
        if isinstance(extensions, dict) and "idempotencyKey" in extensions:
            self.idempotency_keys[message["id"]] = str(extensions["idempotencyKey"])
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        scoped = copy.copy(self)
        scoped.context = self.context.for_operation(self.idempotency_keys.pop(operation.id, None))
        await super(Handler, scoped).run_operation(operation)

    async def _send_result_stream(self, operation: Operation[Context, None], result_source: StreamResult) -> None:
        await super()._send_result_stream(operation, self._results(operation, result_source))

    async def _results(self, operation: Operation[Context, None], results: StreamResult) -> StreamResult:
        """What a stream delivers. What fails before or beside its fields is an `error`; the socket's others go on."""
        try:
            async for result in results:
                # a client that reads slowly, or not at all, must not keep a snapshot (a connection) meanwhile
                await self.context.renew()
                errors = getattr(result, "errors", None)
                if errors and errors[0].path is None:
                    await operation.send_initial_errors(errors)
                    return
                yield result
        except GraphQLSyntaxError as error:
            # the parser's cache lets it through
            error.extensions = {"code": "BAD_USER_INPUT"}
            await operation.send_initial_errors([error])
        finally:
            await self.context.renew()  # whoever leaves, leaves at any moment


class Sockets(GraphQL[Context, None]):
    """GraphQL over graphql-transport-ws."""

    graphql_transport_ws_handler_class = Handler

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__(
            build_schema(settings),
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            allowed_origins=settings.cors_origins or ("*",),
        )

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        server = cast("Server", request.app.state.server)
        return Context(server, origin(request))

    def _sign_in(self, context: Context, header: str | None) -> None:
        """A bad token is no error yet: whoever has one may still sign in, or refresh it."""
        try:
            viewer = bearer(self.settings, header)
        except Unauthenticated as error:
            context.turn_away(error)
            return
        if viewer:
            context.sign_in(viewer)

    async def on_ws_connect(self, context: Context) -> dict[str, object]:
        """A socket signs in by its `connection_init`; without a token it stays anonymous."""
        sent = context.connection_params or {}
        token = sent.get("authorization") or sent.get("Authorization")
        self._sign_in(context, str(token) if token else None)
        if context.turned_away:
            raise ConnectionRejectionError({"code": context.turned_away.code})
        return {}

    def decode_json(self, data: str | bytes) -> object:
        """A request and a message are objects; anything else is as malformed as broken JSON."""
        value: object = orjson.loads(data)
        if not isinstance(value, dict):
            raise json.JSONDecodeError("expected an object", str(data)[:20], 0)
        return value

    def encode_json(self, data: object) -> str:
        # text, not bytes: bytes would leave a socket as a binary frame
        return orjson.dumps(data).decode()


async def health(request: Request) -> Response:
    """Whether this process can serve: it reaches the database."""
    server = cast("Server", request.app.state.server)
    async with server.database.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return JSONResponse({"status": "ok"})


def _settle_garbage_collection() -> None:
    """Leave what lives as long as the process out of every collection, and collect less often: requests are short."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def create_app(settings: Settings | None = None) -> Starlette:
    """The application; settings come from the environment unless a test gives others."""
    settings = settings or environment()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = Database.connect(settings)
        redis = Redis.from_url(settings.redis_url.get_secret_value())
        alarm = Alarm.at(settings)
        hub = Hub(database, redis, poll_s=settings.live_poll_s, queue_max=settings.live_queue_max)
        app.state.server = Server(settings, database, hub, Wakes(redis, alarm.ring, pace_s=settings.position_pace_s))
        hub.start()
        _settle_garbage_collection()
        try:
            yield
        finally:
            await hub.stop()
            await alarm.close()
            await redis.aclose()
            await database.close()

    engine = Engine(build_schema(settings), settings)
    origins = [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["POST", "PUT"],
            allow_headers=["authorization", "content-type", "idempotency-key", *uploads.PREFLIGHT],
        )
    ]
    return Starlette(
        routes=[
            Route("/health", health),
            Route(calendars.PATH, calendars.calendar),
            Route(uploads.PATH, uploads.upload, methods=["PUT"]),
            Route(downloads.PATH, downloads.download),
            Route(tracking.PATH, tracking.page),
            Route(tags.PATH, tags.page),
            Route("/graphql", Endpoint(engine)),
            WebSocketRoute("/graphql", Sockets(settings)),
            *graphiql.routes(settings),
        ],
        middleware=origins if settings.cors_origins else [],
        lifespan=lifespan,
    )
