"""arq as an alarm clock: it rings when work is due. What there is to do lies in `due_work`; a ring that is lost is made
up for by the sweep."""

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import ConnectionPool

from app.models import DueWork
from app.settings import Settings

QUEUE = "waypost:work"
PERFORM = "perform"


def redis_settings(settings: Settings) -> RedisSettings:
    return RedisSettings.from_dsn(settings.redis_url.get_secret_value())


class Alarm:
    """Sets alarms for work that was committed."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    @classmethod
    def at(cls, settings: Settings) -> "Alarm":
        """Connects when the first alarm is set: a Redis that is away must not keep anybody from starting."""
        pool = ConnectionPool.from_url(settings.redis_url.get_secret_value())
        return cls(ArqRedis(pool, default_queue_name=QUEUE))

    async def ring(self, work: DueWork) -> None:
        await self._redis.enqueue_job(PERFORM, str(work.id), _defer_until=work.run_at)

    async def close(self) -> None:
        await self._redis.aclose()
