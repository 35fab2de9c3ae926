"""The API process: lifespan, routes, and the GraphQL endpoint over HTTP and WebSocket."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from app import calendars, downloads, graphiql, tags, tracking, uploads
from app.buckets import Buckets
from app.context import Server
from app.db import Database
from app.errors import Unavailable
from app.graphql import schema
from app.jobs.alarm import Alarm
from app.live import Hub, Wakes
from app.serving.admission.documents import Documents
from app.serving.admission.registry import Examiner
from app.serving.execution import Engine
from app.serving.lists import Lists
from app.serving.sockets.endpoint import Sockets
from app.serving.web import fallbacks
from app.serving.web.endpoint import Endpoint
from app.settings import Settings
from app.settings import settings as environment

log = logging.getLogger(__name__)


async def health(request: Request) -> Response:
    """Whether this process can serve: it reaches the database."""
    server = cast("Server", request.app.state.server)
    try:
        async with server.database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        log.exception("the database is out of reach")
        return uploads.refusal(503, "The database is out of reach.", Unavailable.code)
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
        wakes = Wakes(redis, alarm.ring, pace_s=settings.position_pace_s)
        buckets = Buckets(redis, patience_s=settings.bucket_timeout_s)
        examine = Examiner(Documents(engine.schema, settings))
        app.state.server = Server(settings, database, hub, wakes, buckets, Lists(engine), redis, examine)
        hub.start()
        _settle_garbage_collection()
        try:
            yield
        finally:
            await hub.stop()
            await alarm.close()
            await buckets.close()
            await redis.aclose()
            await database.close()

    engine = Engine(schema, settings)
    return Starlette(
        routes=[
            # first, as they are tried in order
            Route("/graphql", Endpoint(engine)),
            WebSocketRoute("/graphql", Sockets(engine)),
            Route("/health", health),
            Route(calendars.PATH, calendars.calendar),
            Route(uploads.PATH, uploads.upload, methods=["PUT"]),
            Route(downloads.PATH, downloads.download),
            Route(tracking.PATH, tracking.page),
            Route(tags.PATH, tags.page),
            *graphiql.routes(settings),
        ],
        middleware=fallbacks.cors(settings),
        exception_handlers=fallbacks.HANDLERS,
        lifespan=lifespan,
    )
