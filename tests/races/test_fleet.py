"""A worker that warns of a date, and a dispatcher who changes it at that moment."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest_asyncio
from redis.asyncio import Redis
from uuid_utils.compat import uuid7

from app import clock
from app.context import Server
from app.db import Database
from app.jobs.desk import Desk, take_up
from app.live import Wakes
from app.settings import Settings
from tests.depot import act
from tests.factories.houses import ZONE, House
from tests.invariants import log_is_whole, nobody_collides
from tests.sizes import sizes
from tests.steps import due


@pytest_asyncio.fixture
async def desk(settings: Settings, database: Database) -> AsyncIterator[Desk]:
    redis = Redis.from_url(settings.redis_url.get_secret_value())
    yield Desk(settings, database, Wakes(redis))
    await redis.aclose()


@sizes(12, 150)
async def test_nothing_is_left_of_a_date_that_was_changed(house: House, server: Server, desk: Desk, size: int) -> None:
    """Whoever comes first: what waits in the end is the warning of the new date, and nothing else."""
    today = clock.now().astimezone(ZONE).date()
    far = today + timedelta(days=300)
    expected = datetime.combine(far - timedelta(days=30), time(8), ZONE).astimezone(UTC)
    said = 0

    async def one(delay_s: float) -> None:
        nonlocal said
        driver: UUID = await house.driver(licence_expires_on=today + timedelta(days=1))
        work = uuid7()
        await due(house, "WARN_OF_LICENCE", driver, id=work)
        change = {"driverId": house.gid("Driver", driver), "version": 1, "licenceExpiresOn": far.isoformat()}

        async def warn() -> None:
            await asyncio.sleep(delay_s)
            await take_up(desk, id=work)

        await asyncio.gather(warn(), act(house, "updateDriver", change, "driver { id }"))
        left = await house.all("SELECT kind, run_at FROM due_work WHERE organization_id = $1 AND ref_id = $2", driver)
        assert [tuple(row) for row in left] == [("WARN_OF_LICENCE", expected)]
        said += await house.value(
            "SELECT count(*) FROM events WHERE organization_id = $1 AND driver_id = $2 AND type = 'LICENCE_EXPIRING'",
            driver,
        )

    with nobody_collides(server.database, desk.database):
        for number in range(size):
            await one((number % 6) * 0.002)
    assert await log_is_whole(house) == size + said
