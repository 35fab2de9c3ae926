"""The worker process: PostgreSQL alone is enough for it to do what is due."""

import asyncio
import socket
from datetime import timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from app import clock
from app.jobs.worker import Work, is_done_in_time
from app.settings import Settings
from tests.factories.houses import House
from tests.steps import eventually


def _nobody_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def test_work_is_done_while_redis_is_away(house: House, settings: Settings) -> None:
    customer = await house.customer()
    past = clock.now() - timedelta(minutes=1)
    held = await house.booking(customer, await house.pet(customer), await house.slot(), status="HELD", held_until=past)
    await house.insert("due_work", kind="EXPIRE_HOLD", ref_id=held, run_at=past)
    dead = SecretStr(f"redis://127.0.0.1:{_nobody_listens()}/0")
    working = asyncio.create_task(Work(settings.model_copy(update={"redis_url": dead})).run())

    async def expired() -> bool:
        return bool(await house.value("SELECT status FROM bookings WHERE organization_id = $1") == "EXPIRED")

    await eventually(expired)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await house.value("SELECT sum(taken)::int FROM slots WHERE organization_id = $1") == 0


async def test_work_that_nobody_takes_up_is_noticed(superuser_url: str, settings: Settings) -> None:
    alone = settings.model_copy(update={"database_url": SecretStr(superuser_url)})
    assert await is_done_in_time(alone)
    connection = await asyncpg.connect(superuser_url)
    await connection.execute(
        "INSERT INTO organizations (name, slug, time_zone, currency, country) VALUES ('A', 'a', 'UTC', 'GEL', 'GE')"
    )
    await connection.execute(
        "INSERT INTO due_work (run_at, organization_id, kind, ref_id) "
        "SELECT now() - interval '2 minutes', id, 'EXPIRE_HOLD', id FROM organizations"
    )
    assert not await is_done_in_time(alone)
    await connection.execute("UPDATE due_work SET lease_until = now() + interval '1 minute'")
    assert await is_done_in_time(alone)
    await connection.close()


def test_origins_are_written_with_commas(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("WAYPOST_CORS_ORIGINS", "https://a.example, https://b.example")
    given = Settings(
        database_url=settings.database_url, redis_url=settings.redis_url, token_secret=settings.token_secret
    )
    assert given.cors_origins == ("https://a.example", "https://b.example")
