"""Leaky buckets: exact while Valkey stands, and generous, quick and local while it does not."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotThere

from app.buckets import PREFIX, Buckets, Verdict, take
from app.settings import Settings
from tests.realm import own_valkey

SLOW = 0.001
"""Leaks nothing to speak of while a test runs."""


def left(verdict: Verdict) -> tuple[bool, int]:
    return verdict.allowed, verdict.remaining


async def test_a_bucket_takes_what_fits_and_gives_back(settings: Settings) -> None:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        key = str(uuid4())

        async def pour(cost: float, back: float = 0, anyway: bool = False, size: int = 10) -> Verdict:
            return await take(redis, key, cost=cost, size=size, leak_per_s=SLOW, back=back, anyway=anyway)

        assert left(await pour(7)) == (True, 3)
        refused = await pour(5)
        # two are missing, and come back within 2,000 s
        assert left(refused) == (False, 3)
        assert 1_990 < refused.retry_after_s <= 2_000
        assert left(await pour(5, back=4)) == (True, 2)
        assert left(await pour(50, anyway=True)) == (False, 0)
        assert left(await pour(0, back=99)) == (True, 10)
        assert await redis.exists(PREFIX + key) == 0
        # what is larger than the bucket never fits, so there is no use in waiting
        never = await pour(11)
        assert (left(never), never.retry_after_s, never.window_s) == ((False, 10), 0, 10_000)
        await pour(10)
        assert 0 < await redis.pttl(PREFIX + key) <= 10 / SLOW * 1_000 + 1_000


async def test_a_bucket_leaks(settings: Settings) -> None:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        key = str(uuid4())
        assert (await take(redis, key, cost=10, size=10, leak_per_s=100)).allowed
        async with asyncio.timeout(10):
            while not (await take(redis, key, cost=10, size=10, leak_per_s=100)).allowed:
                await asyncio.sleep(0.01)


async def test_many_at_once_get_no_more_than_there_is(settings: Settings) -> None:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        key = str(uuid4())
        processes = [Buckets(redis, patience_s=20) for _ in range(4)]
        taken = await asyncio.gather(
            *(processes[number % 4].take(key, cost=3, size=100, leak_per_s=SLOW) for number in range(60))
        )
        assert sum(verdict.allowed for verdict in taken) == 33


async def test_what_is_given_back_goes_with_the_next_or_by_itself(settings: Settings) -> None:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        buckets, key = Buckets(redis, patience_s=20), str(uuid4())
        await buckets.take(key, cost=100, size=100, leak_per_s=SLOW)
        buckets.give_back(key, 30, size=100, leak_per_s=SLOW)
        buckets.give_back(key, 20, size=100, leak_per_s=SLOW)
        assert left(await buckets.take(key, cost=10, size=100, leak_per_s=SLOW)) == (True, 40)
        buckets.give_back(key, 60, size=100, leak_per_s=SLOW)
        async with asyncio.timeout(10):
            while await redis.exists(PREFIX + key):
                await asyncio.sleep(0.05)
        await buckets.close()


async def test_without_valkey_each_process_counts_for_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with own_valkey(tmp_path / "valkey") as valkey:
        redis = Redis.from_url(valkey.url.get_secret_value())
        buckets = Buckets(redis, patience_s=1)

        async def pour(cost: float) -> Verdict:
            return await buckets.take("k", cost=cost, size=10, leak_per_s=SLOW)

        assert left(await pour(4)) == (True, 6)
        valkey.freeze()
        # one tries; who comes meanwhile or later does not even wait
        assert left(await pour(3)) == (True, 7)
        assert bool(buckets.resting)
        assert [left(await pour(7)), left(await pour(1))] == [(True, 0), (False, 0)]
        assert [record.name for record in caplog.records] == ["app.buckets"]
        valkey.thaw()
        async with asyncio.timeout(20):
            while buckets.resting:
                await asyncio.sleep(0.05)
        # what it heard while it hung counts, too
        assert left(await pour(1)) == (True, 2)
        assert not buckets.resting
        valkey.kill()
        assert left(await pour(1)) == (False, 0)
        with pytest.raises((NotThere, OSError)):
            await take(redis, "k", cost=1, size=10, leak_per_s=SLOW)
        await redis.aclose()
