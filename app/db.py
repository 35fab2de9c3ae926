"""The way to PostgreSQL: one pool, two kinds of session."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.settings import Settings


def async_url(libpq_url: str) -> URL:
    """A libpq URL for SQLAlchemy's asyncpg driver."""
    return make_url(libpq_url).set(drivername="postgresql+asyncpg")


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
    return create_async_engine(
        url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_pool_timeout_s,
        connect_args=arguments,
    )


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
