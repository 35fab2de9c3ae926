"""How often somebody may try: by account and address, so that a stranger's guesses do not lock the owner out."""

import hashlib
from dataclasses import dataclass

from app.buckets import Buckets, network
from app.errors import RateLimited
from app.settings import Settings


@dataclass(frozen=True)
class Rate:
    """So many tries at once, and then one for every `every_s`."""

    burst: int
    every_s: float


BY_ACCOUNT = Rate(10, 60)
"""Of one account from one address."""
EVERY_S = 6
"""Of all accounts from one address; how many at once is a setting."""
CODES = Rate(60, 60)
"""Of the second factor of one account, wherever from: who knows the password has all addresses to guess from."""
KEY_S = 1
"""Keys of programs that nobody here knows yet, from one address; how many at once is that same setting."""
MAILS = Rate(5, 600)
"""What makes us send a mail: of one account, wherever from."""


async def admit(buckets: Buckets, settings: Settings, *, account: str | None, address: str | None) -> None:
    """Count a try of something secret. Raises `RateLimited`."""
    where = network(address)
    await _take(buckets, f"try:{where}", Rate(settings.tries_of_address_max, EVERY_S))
    if account is not None:
        await _take(buckets, f"try:{where}:{_short(account)}", BY_ACCOUNT)


async def admit_code(buckets: Buckets, *, account: str) -> None:
    """Count a try of a second factor, besides what counts it by address. Raises `RateLimited`."""
    await _take(buckets, f"code:{_short(account)}", CODES)


async def admit_key(buckets: Buckets, settings: Settings, *, address: str | None) -> None:
    """Count a try of a program's key. Raises `RateLimited`."""
    await _take(buckets, f"key:{network(address)}", Rate(settings.tries_of_address_max, KEY_S))


async def admit_mail(buckets: Buckets, settings: Settings, *, account: str, address: str | None) -> None:
    """Count a wish for a mail. Raises `RateLimited`."""
    await admit(buckets, settings, account=None, address=address)
    await _take(buckets, f"mail:{_short(account)}", MAILS)


def _short(account: str) -> str:
    """Whatever somebody typed, as a key that tells nobody what it was."""
    return hashlib.sha256(account.encode(errors="replace")).hexdigest()[:32]


async def _take(buckets: Buckets, key: str, rate: Rate) -> None:
    verdict = await buckets.take(key, cost=1, size=rate.burst, leak_per_s=1 / rate.every_s)
    if not verdict.allowed:
        raise RateLimited(verdict.retry_after_s)
