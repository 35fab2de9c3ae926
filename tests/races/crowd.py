"""Many at once, each over a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx

from tests.client import Client

Answer = TypeVar("Answer")


@asynccontextmanager
async def crowd(client: Client) -> AsyncIterator[Client]:
    """The same person with as many connections as there are requests at once."""
    # the server closes what is idle for five seconds: whoever waits as long may speak to nobody
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2)
    async with httpx.AsyncClient(timeout=120, trust_env=False, verify=False, limits=limits) as http:
        yield Client(client.api, client.token, http)


async def at_once(calls: Iterable[Awaitable[Answer]]) -> list[Answer]:
    return await asyncio.gather(*calls)
