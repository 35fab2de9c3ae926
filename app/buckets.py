"""Leaky buckets: how much somebody may ask for at once, and how fast that comes back.

They stand in Valkey, so that all processes pour into the same. Where Valkey is gone or hangs, each process goes on with
small buckets of its own: nobody is turned away, and nobody waits, because a cache is down.
"""

import asyncio
import logging
import math
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from typing import Any

from cachetools import LRUCache
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PREFIX = "waypost:bucket:"
PATIENCE_S = 0.1
"""Longest that anybody waits for Valkey."""
REST_S = 2.0
"""How long Valkey is left alone after it failed; then one caller tries again."""
OWN_MAX = 10_000
"""Buckets that a process keeps by itself."""
NETWORK = 64
"""Bits of an IPv6 address that belong to one subscriber; the rest are theirs to choose."""
FLUSH_S = 1.0
"""How long what was given back may wait for the next thing to be taken."""

# A bucket is one string: how full it was, and when. Valkey's clock is everybody's.
POUR = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
local cost, size, leak, back = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local level = 0
local held = redis.call('GET', KEYS[1])
if held then
  local was, since = string.match(held, '^(%S+) (%S+)$')
  level = math.max(0, tonumber(was) - math.max(0, at - tonumber(since)) * leak - back)
end
local fits = level + cost <= size
if fits or ARGV[5] == '1' then
  level = math.min(size, level + cost)
end
if level > 0 then
  redis.call('SET', KEYS[1], string.format('%.6f %.6f', level, at), 'PX', math.ceil(level / leak * 1000) + 1000)
else
  redis.call('DEL', KEYS[1])
end
return {fits and 1 or 0, string.format('%.6f', level)}
"""


def network(address: str | None) -> str:
    """Whom an address belongs to."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> NETWORK << NETWORK))
    return str(found)


@dataclass(frozen=True)
class Verdict:
    """What a bucket answers. Refused, it is as full as before."""

    allowed: bool
    remaining: int
    retry_after_s: int
    """Whole seconds until what was asked for would fit; 0 if it did, or never will."""
    size: int
    leak_per_s: float

    @property
    def window_s(self) -> int:
        """How long a full bucket takes to run empty."""
        return math.ceil(self.size / self.leak_per_s)

    def with_back(self, points: float) -> "Verdict":
        """The same, after something was given back."""
        return replace(self, remaining=min(self.size, self.remaining + int(points)))

    @classmethod
    def of(cls, fits: bool, level: float, cost: float, size: int, leak_per_s: float) -> "Verdict":
        missing = 0.0 if fits or cost > size else level + cost - size
        return cls(fits, max(0, int(size - level)), math.ceil(missing / leak_per_s), size, leak_per_s)


async def take(
    redis: Redis, key: str, *, cost: float, size: int, leak_per_s: float, back: float = 0, anyway: bool = False
) -> Verdict:
    """Pour `cost` into the bucket, if it fits, in one round trip; what came `back` of earlier costs leaves it first.

    `anyway`: what was done already is poured in, and fills the bucket at most. Raises what Redis raises: `Buckets` is
    for those who want to go on.
    """
    fits, level = await redis.register_script(POUR)(
        keys=[PREFIX + key], args=[cost, size, leak_per_s, back, int(anyway)]
    )
    return Verdict.of(bool(fits), float(level), cost, size, leak_per_s)


@dataclass
class _Own:
    """A bucket of this process alone."""

    level: float
    at: float

    def take(self, cost: float, size: int, leak_per_s: float, back: float, anyway: bool) -> Verdict:
        now = time.monotonic()
        self.level = max(0.0, self.level - (now - self.at) * leak_per_s - back)
        self.at = now
        fits = self.level + cost <= size
        if fits or anyway:
            self.level = min(float(size), self.level + cost)
        return Verdict.of(fits, self.level, cost, size, leak_per_s)


@dataclass(frozen=True)
class _Credit:
    """What was taken from a bucket and not needed."""

    points: float
    size: int
    leak_per_s: float


class Buckets:
    """The buckets as one process has them."""

    def __init__(self, redis: Redis, *, patience_s: float = PATIENCE_S) -> None:
        self._redis = redis
        self._patience_s = patience_s
        self._own: LRUCache[str, _Own] = LRUCache(OWN_MAX)
        self._credits: dict[str, _Credit] = {}
        self._broken = False
        self._resting_until = 0.0
        self._flushing: asyncio.Task[None] | None = None

    @property
    def resting(self) -> bool:
        """Whether Valkey is left alone just now."""
        return time.monotonic() < self._resting_until

    async def take(self, key: str, *, cost: float, size: int, leak_per_s: float, anyway: bool = False) -> Verdict:
        """As the function of this name, but it always answers, and soon."""
        credit = self._credits.pop(key, None)
        back = credit.points if credit else 0.0
        if not self.resting:
            if self._broken:
                self._rest()  # one tries; whoever comes meanwhile does not wait
            pouring = take(self._redis, key, cost=cost, size=size, leak_per_s=leak_per_s, back=back, anyway=anyway)
            try:
                verdict = await self._in_time(pouring)
            except (RedisError, OSError) as error:  # what took too long is one of them
                self._fail(error)
            else:
                self._broken, self._resting_until = False, 0.0
                return verdict
        own = self._own.setdefault(key, _Own(0.0, time.monotonic()))
        return own.take(cost, size, leak_per_s, back, anyway)

    async def _in_time(self, pouring: Coroutine[Any, Any, Verdict]) -> Verdict:
        """An answer that has come counts, even if this process was too busy to look at it in time."""
        task = asyncio.ensure_future(pouring)
        try:
            await asyncio.wait([task], timeout=self._patience_s)
            if not task.done():
                raise TimeoutError("no answer in time")
            return task.result()
        finally:
            task.cancel()

    def give_back(self, key: str, points: float, *, size: int, leak_per_s: float) -> None:
        """What was taken and not needed. It goes with the next `take`, or after a second by itself."""
        before = self._credits.get(key)
        self._credits[key] = _Credit(points + (before.points if before else 0.0), size, leak_per_s)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        while self._credits:
            await asyncio.sleep(FLUSH_S)
            for key, credit in list(self._credits.items()):
                await self.take(key, cost=0, size=credit.size, leak_per_s=credit.leak_per_s)

    def _fail(self, error: Exception) -> None:
        if not self._broken:
            log.warning("counting what callers ask for in this process alone: %r", error)
        self._broken = True
        self._rest()

    def _rest(self) -> None:
        self._resting_until = time.monotonic() + REST_S

    async def close(self) -> None:
        if self._flushing:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
