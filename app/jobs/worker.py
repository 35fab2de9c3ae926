"""The worker process: rings are answered at once; a sweep looks for whatever was not announced."""

import asyncio
import logging
from typing import Any
from uuid import UUID

from arq import Worker, func
from redis.asyncio import Redis

from app.db import Database
from app.jobs import bookings, messaging, routes
from app.jobs.alarm import PERFORM, QUEUE, Alarm, redis_settings
from app.jobs.desk import HANDLERS, Desk, take_up
from app.live import Wakes
from app.settings import Settings
from app.settings import settings as environment

log = logging.getLogger(__name__)

JOBS = (bookings, messaging, routes)
SWEEPS = 4
"""Sweeps side by side, so that a long planning run does not hold up what nobody rang for."""


class Work:
    """A worker: arq for the rings, and the sweep beside it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def perform(self, context: dict[Any, Any], work_id: str) -> None:
        await take_up(context["desk"], id=UUID(work_id))

    async def start(self, context: dict[Any, Any]) -> None:
        database = Database.connect(self.settings)
        redis = Redis.from_url(self.settings.redis_url.get_secret_value())
        alarm = await Alarm.connect(self.settings)
        context["open"] = (alarm, database, redis)
        context["desk"] = Desk(self.settings, database, Wakes(redis, alarm.ring))
        context["sweeps"] = [asyncio.create_task(self.sweep(context["desk"])) for _ in range(SWEEPS)]
        log.info("working on %s", ", ".join(HANDLERS))

    async def stop(self, context: dict[Any, Any]) -> None:
        for sweep in context["sweeps"]:
            sweep.cancel()
        await asyncio.gather(*context["sweeps"], return_exceptions=True)
        alarm, database, redis = context["open"]
        await alarm.close()
        await redis.aclose()
        await database.close()

    async def sweep(self, desk: Desk) -> None:
        """Take up what is due, one after the other; a lost Redis costs seconds."""
        while True:
            try:
                while await take_up(desk):
                    pass
            except Exception:
                log.exception("the sweep failed")
            await asyncio.sleep(self.settings.sweep_s)

    def worker(self, **more: Any) -> Worker:
        return Worker(
            # arq asks for a __qualname__, which mypy does not see on methods
            functions=[func(self.perform, name=PERFORM, keep_result=0, max_tries=1)],  # type: ignore[arg-type]
            queue_name=QUEUE,
            redis_settings=redis_settings(self.settings),
            on_startup=self.start,  # type: ignore[arg-type]
            on_shutdown=self.stop,  # type: ignore[arg-type]
            max_jobs=self.settings.worker_concurrency,
            job_timeout=self.settings.planning_time_limit_s_max * 2 + 60,
            poll_delay=0.1,
            **more,
        )


def run() -> None:
    """Work until SIGTERM or SIGINT."""
    logging.basicConfig(level=environment().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    Work(environment()).worker().run()
