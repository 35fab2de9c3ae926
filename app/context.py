"""What a resolver has at hand: who asks, one snapshot to read, a way to write, and live updates."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

import strawberry
from redis.asyncio import Redis

from app import clock
from app.access import Permission, Viewer
from app.buckets import Buckets, Verdict
from app.db import Database
from app.errors import Forbidden, Unauthenticated, WaypostError
from app.events import EventFilter, Origin
from app.idempotency import Repetition
from app.live import Hub, Wakes
from app.loaders.base import Loaders
from app.models import Event
from app.services.care.reading import Audit
from app.services.registry import Examine
from app.settings import Settings
from app.uow import ReadUnit, UnitOfWork, unit_of_work

log = logging.getLogger(__name__)

News = TypeVar("News")


class Teller(Protocol):
    """Knows what happens."""

    async def follow(self, viewer: Viewer, wanted: EventFilter, cursor: int | None) -> AsyncGenerator[Event]:
        """Raises `CursorExpired`."""
        ...


class Lists(Protocol):
    """Knows the lists of the schema, which stands above all that a resolver may know."""

    def connection(self, text: str, variables: Mapping[str, Any], viewer: Viewer) -> str:
        """The name of the list that a query reads. Raises `BadUserInput`, `CostLimit` and `Forbidden`."""
        ...


@dataclass(frozen=True)
class Server:
    """What one process of the API has open."""

    settings: Settings
    database: Database
    hub: Hub
    wakes: Wakes
    buckets: Buckets
    lists: Lists
    redis: Redis
    examine: Examine


class Context:
    """One operation. A query has one snapshot; each mutation field and each event delivered has a fresh one."""

    def __init__(self, server: Server, origin: Origin, idempotency_key: str | None = None) -> None:
        self.server = server
        self.origin = origin
        self.idempotency_key = idempotency_key
        self.connection_params: dict[str, object] | None = None
        self.turned_away: Unauthenticated | None = None
        self.teller: Teller | None = None
        """Who tells of events, if it is not the hub itself."""
        self._viewer: Viewer | None = None
        self._loaders: Loaders | None = None
        self.allowance: Verdict | None = None
        """What the caller has left, if anybody counts."""
        self.statements = 0
        self.rows = 0
        self._audit = Audit()

    def for_operation(self, idempotency_key: str | None = None) -> "Context":
        """A WebSocket carries many operations; each has a context of its own."""
        context = Context(self.server, self.origin, idempotency_key)
        context._viewer, context.turned_away = self._viewer, self.turned_away
        return context

    def sign_in(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def turn_away(self, reason: Unauthenticated) -> None:
        """Whoever asks is nobody; `reason` is what they hear where somebody is needed."""
        self.turned_away = reason

    @property
    def caller(self) -> Viewer | None:
        """Who asks, if they said who they are."""
        return None if self._viewer is None else self.viewer

    @property
    def viewer(self) -> Viewer:
        if self._viewer is None:
            raise self.turned_away or Unauthenticated()
        if self._viewer.expires_at and self._viewer.expires_at <= clock.now():
            # a socket may outlive the token that it was opened with
            raise Unauthenticated("Your access token has expired; refresh it and come back.")
        return self._viewer

    def require(self, permission: Permission | None) -> None:
        """Raises `Unauthenticated` or `Forbidden`; touches no database."""
        viewer = self.viewer
        # what everybody may who is signed in is for people: a key allows what it names
        if permission not in viewer.permissions and (permission is not None or viewer.partner_id is not None):
            raise Forbidden()

    @property
    def loaders(self) -> Loaders:
        if self._loaders is None:
            self._loaders = Loaders(ReadUnit(self.server.database, self.viewer))
        return self._loaders

    @property
    def reads(self) -> ReadUnit:
        return self.loaders.reads

    def shown(self, *rows: object) -> None:
        """Take note of what an answer is about to show, if reading it is to be written down."""
        self._audit.note(rows)

    @property
    def is_noted(self) -> bool:
        """Whether the answer shows something that is to be written down, and is not yet."""
        return self._audit.pending

    async def account(self) -> None:
        """Write down what was read of medical records, before the answer leaves. What cannot be, is not answered."""
        if self._audit.pending:
            async with self.write() as uow:
                written = await self._audit.write(uow)
            self._audit.settle(written)

    @property
    def rests(self) -> bool:
        """Whether nothing is being read."""
        return self._loaders is None

    async def renew(self) -> None:
        """Let go of the snapshot and of everything loaded from it."""
        loaders, self._loaders = self._loaders, None
        if loaders is not None:
            self.statements += loaders.reads.statements
            self.rows += loaders.reads.rows
            await loaders.reads.close()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work; what is read afterwards sees what it did."""
        await self.renew()
        async with unit_of_work(self.server.database, self.viewer, self.server.wakes, self.origin) as uow:
            yield uow

    def repetition(self, path: str, field: str, input: Any, extensions: Mapping[str, object]) -> Repetition | None:
        """What the client may repeat: its key came as a header or, where there are none, among the extensions."""
        key = self.idempotency_key if self.idempotency_key is not None else extensions.get("idempotencyKey")
        life_s = self.server.settings.idempotency_s
        return None if key is None else Repetition.of(key, path, field, asdict(input), life_s)

    async def follow(self, wanted: EventFilter, cursor: int | None) -> AsyncIterator[Event]:
        """Events as they come, each with a fresh snapshot to look at what they are about."""
        return self._fresh(await (self.teller or self.server.hub).follow(self.viewer, wanted, cursor))

    def watch(self, node_id: UUID, *, pace_s: float = 0) -> AsyncIterator[None]:
        """Yields at once and whenever the node may have changed, each time with a fresh snapshot."""
        return self._fresh(self.server.hub.watch(self.viewer, node_id, pace_s=pace_s))

    async def _fresh(self, stream: AsyncGenerator[News]) -> AsyncIterator[News]:
        """The snapshot of one delivery ends before the next is waited for, and the session is checked with each."""
        try:
            async with aclosing(stream):
                async for news in stream:
                    await self.renew()
                    await self.reads.open()
                    yield news
                    await self.renew()
        except WaypostError:
            raise
        except Exception as error:
            # it belongs to no field, so nobody else would hide what it says
            log.exception("a stream broke")
            raise WaypostError("Something went wrong on our side.") from error
        finally:
            await self.renew()


Info = strawberry.Info[Context, None]
