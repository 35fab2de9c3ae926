"""The way to PostgreSQL: one pool, two kinds of session."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

from app.settings import Settings


def async_url(libpq_url: str) -> URL:
    """A libpq URL for SQLAlchemy's asyncpg driver."""
    return make_url(libpq_url).set(drivername="postgresql+asyncpg")


class _Line(AsyncAdaptedQueue[Any]):
    """Connections for whoever waits longest.

    The library's own lets whoever comes by take what was given back before those who wait for it, and sends them to the
    end of the line: under load most wait for nothing, and some for many seconds.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._waiting: deque[asyncio.Future[Any]] = deque()

    def put_nowait(self, item: Any) -> None:
        """Handed over: what lies in the queue is what nobody waits for."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(item)
                return
        super().put_nowait(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not block or not self.empty():
            return self.get_nowait()
        return await_only(self._wait(timeout))

    async def _wait(self, timeout_s: float | None) -> Any:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                return await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                # whoever gave up just as it came passes it on
                self.put_nowait(waiter.result())
            if isinstance(error, TimeoutError):
                raise Empty from None
            raise


class _Pool(AsyncAdaptedQueuePool):
    _queue_class = _Line


def _engine(settings: Settings) -> AsyncEngine:
    url = async_url(settings.database_url.get_secret_value())
    timeouts = {
        "statement_timeout": str(int(settings.statement_timeout_s * 1000)),
        "idle_in_transaction_session_timeout": "60000",
    }
    arguments: dict[str, object] = {"server_settings": {"application_name": "waypost", **timeouts}}
    if settings.database_pgbouncer:
        # The next transaction may meet another server session: nothing may be prepared (both caches must be off), and
        # the timeouts are set on the role, for PgBouncer refuses them at the start of a connection.
        url = url.update_query_dict({"prepared_statement_cache_size": "0"})
        arguments = {"statement_cache_size": 0}
    engine = create_async_engine(
        url,
        poolclass=_Pool,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_pool_timeout_s,
        connect_args=arguments,
        # what goes into a statement is personal, and errors go into logs
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def _still_open(connection: Any, record: object, fairy: object) -> None:
    """One that has ended since it was given back is replaced; to know of it takes no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


@dataclass(frozen=True)
class Database:
    """`write` sessions are READ COMMITTED; `read` sessions see one snapshot and can change nothing."""

    engine: AsyncEngine
    write: async_sessionmaker[AsyncSession]
    read: async_sessionmaker[AsyncSession]

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        engine = _engine(settings)
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return cls(
            engine,
            write=async_sessionmaker(engine, expire_on_commit=False, autoflush=False),
            read=async_sessionmaker(snapshot, expire_on_commit=False, autoflush=False),
        )

    async def close(self) -> None:
        await self.engine.dispose()
