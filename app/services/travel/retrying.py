"""Asking again whoever did not answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

ATTEMPTS = 3

Answer = TypeVar("Answer")


async def insist(
    ask: Callable[[], Awaitable[Answer]], passing: Callable[[BaseException], bool], *, attempts: int = ATTEMPTS
) -> Answer:
    """Ask; and again, ever later, while what went wrong may pass. The last error is raised as it is."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(passing),
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.2, max=2),
        reraise=True,
    ):
        with attempt:
            return await ask()
    raise AssertionError("retrying ends with an answer or an error")
