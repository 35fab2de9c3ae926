"""The worker process: rings are answered at once; a sweep looks for whatever was not announced."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from arq import Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.db import Database
from app.jobs import (
    bookings,
    care,
    documents,
    exports,
    fleet,
    idempotency,
    identity,
    messaging,
    partners,
    planning,
    positions,
    posts,
    reminders,
    schedules,
    series,
    telling,
    travel,
    waitlist,
    webhooks,
)
from app.jobs.alarm import PERFORM, QUEUE, Alarm, redis_settings
from app.jobs.desk import HANDLERS, Desk, Lists, NoLists, take_up
from app.live import Wakes
from app.services import due_work
from app.services.routing.process import warm_up
from app.settings import Settings
from app.settings import settings as environment

log = logging.getLogger(__name__)

JOBS = (
    bookings,
    care,
    documents,
    exports,
    fleet,
    identity,
    messaging,
    partners,
    planning,
    posts,
    reminders,
    schedules,
    series,
    telling,
    travel,
    waitlist,
    webhooks,
)
SWEEPS = 4
"""Sweeps side by side, so that a long planning run does not hold up what nobody rang for."""
RETRY_S = 1.0
WARM_UP_S = 5.0
TIDY_S = 6 * 3600.0
LATE_S = 60.0
"""Work that waits longer than this is a sign that no worker is well."""


OpenLists = Callable[[Settings, Database, Redis, Wakes], Lists]
"""Makes what reads the lists of the API, which stands above jobs."""


class Work:
    """A worker: sweeps that need PostgreSQL alone, and arq beside them for the rings."""

    def __init__(self, settings: Settings, lists: OpenLists | None = None) -> None:
        self.settings = settings
        self._lists = lists

    async def run(self) -> None:
        """Work until cancelled. Without Redis nobody rings, but the sweeps go on."""
        async with self._desk() as desk:
            while True:
                await self._answer_rings(desk)
                await asyncio.sleep(RETRY_S)

    @asynccontextmanager
    async def _desk(self) -> AsyncIterator[Desk]:
        database = Database.connect(self.settings)
        redis = Redis.from_url(self.settings.redis_url.get_secret_value())
        alarm = Alarm.at(self.settings)
        wakes = Wakes(redis, alarm.ring)
        lists = self._lists(self.settings, database, redis, wakes) if self._lists else NoLists()
        desk = Desk(self.settings, database, wakes, lists)
        sweeps = [asyncio.create_task(self._sweep(desk)) for _ in range(SWEEPS)]
        sweeps.append(asyncio.create_task(self._tidy(desk)))
        sweeps.append(asyncio.create_task(self._warm_up()))
        log.info("working on %s", ", ".join(HANDLERS))
        try:
            yield desk
        finally:
            for sweep in sweeps:
                sweep.cancel()
            await asyncio.gather(*sweeps, return_exceptions=True)
            await desk.errands.stop()
            await alarm.close()
            await redis.aclose()
            await database.close()

    async def _sweep(self, desk: Desk) -> None:
        """Take up what is due, one after the other; a lost Redis costs seconds."""
        while True:
            try:
                while await take_up(desk):
                    pass
            except Exception:
                log.exception("the sweep failed")
            await asyncio.sleep(self.settings.sweep_s)

    async def _warm_up(self) -> None:
        """What loads takes a core for seconds, which whoever waits for a worker needs first."""
        await asyncio.sleep(WARM_UP_S)
        await warm_up()

    async def _tidy(self, desk: Desk) -> None:
        """What belongs to no organization: begin with it, and see to it now and then."""
        while True:
            try:
                await positions.keep_tracks(desk)
                await idempotency.forget_old(desk)
                await asyncio.sleep(TIDY_S)
            except Exception:
                log.exception("could not tidy up")
                await asyncio.sleep(LATE_S)

    async def _answer_rings(self, desk: Desk) -> None:
        arq = Worker(
            # arq asks for a __qualname__, which mypy does not see on methods
            functions=[func(self._perform, name=PERFORM, keep_result=0, max_tries=1)],  # type: ignore[arg-type]
            queue_name=QUEUE,
            redis_settings=redis_settings(self.settings),
            ctx={"desk": desk},
            max_jobs=self.settings.worker_concurrency,
            job_timeout=self.settings.planning_time_limit_s_max * 2 + 60,
            poll_delay=0.1,
            handle_signals=False,
        )
        try:
            await arq.async_run()
        except (RedisError, OSError) as error:
            log.warning("hearing no rings: %r", error)
        finally:
            with suppress(RedisError, OSError):
                await arq.close()

    async def _perform(self, context: dict[Any, Any], work_id: str) -> None:
        await take_up(context["desk"], id=UUID(work_id))


async def is_done_in_time(settings: Settings) -> bool:
    """Whether somebody takes up what is due: the health of all workers together."""
    database = Database.connect(settings)
    try:
        async with database.write() as session, session.begin():
            return await due_work.waiting_s(session) < LATE_S
    finally:
        await database.close()


async def _until_signal(lists: OpenLists) -> None:
    working = asyncio.create_task(Work(environment(), lists).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with suppress(asyncio.CancelledError):
        await working


def run(lists: OpenLists) -> None:
    """Work until SIGTERM or SIGINT."""
    logging.basicConfig(level=environment().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # it writes whole URLs, and with them chip numbers and keys
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_until_signal(lists))
