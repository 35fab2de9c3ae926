"""The lists of the API in a process that serves nobody: the worker's.

Few workers are ever asked for one, and the schema takes a second to build: it is loaded with the first.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis

from app.access import Viewer
from app.buckets import Buckets
from app.db import Database
from app.events import Origin
from app.live import Hub, Wakes
from app.services.exports import ListPage
from app.settings import Settings

if TYPE_CHECKING:
    from app.context import Server
    from app.serving.execution import Engine
    from app.serving.lists import Lists


class Reader:
    """Each page is an operation of the viewer's, with a snapshot of its own."""

    def __init__(self, settings: Settings, database: Database, redis: Redis, wakes: Wakes) -> None:
        self._settings = settings
        self._database = database
        self._redis = redis
        self._wakes = wakes

    async def page(self, viewer: Viewer, request: Mapping[str, Any], after: str | None) -> ListPage:
        """As `Lists.page`."""
        from app.context import Context

        context = Context(self._server, Origin())
        context.sign_in(viewer)
        return await self._lists.page(context, request, after)

    @cached_property
    def _engine(self) -> "Engine":
        from app.graphql import schema
        from app.serving.execution import Engine

        return Engine(schema, self._settings)

    @cached_property
    def _lists(self) -> "Lists":
        from app.serving.lists import Lists

        return Lists(self._engine)

    @cached_property
    def _server(self) -> "Server":
        from app.context import Server
        from app.serving.admission.registry import Examiner

        # nobody follows anything here: the hub is never started
        hub = Hub(
            self._database, self._redis, poll_s=self._settings.live_poll_s, queue_max=self._settings.live_queue_max
        )
        buckets = Buckets(self._redis)
        examine = Examiner(self._engine.documents)
        return Server(self._settings, self._database, hub, self._wakes, buckets, self._lists, self._redis, examine)
