"""How many points a caller has, and what an operation takes of them."""

import time
from dataclasses import dataclass, replace

from cachetools import LRUCache

from app.access import Viewer
from app.buckets import Verdict, network
from app.context import Context
from app.errors import RateLimited, Unauthenticated
from app.serving.admission.cost import REFUSED, Cost
from app.settings import Settings

KNOWN = 10_000
POLICY = "points"


@dataclass(frozen=True)
class Share:
    """A caller's bucket."""

    key: str
    size: int
    leak_per_s: float


class Allowance:
    """Charges operations of one process: the most that they may cost before they run, and the truth afterwards."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._shut: LRUCache[str, float] = LRUCache(KNOWN)

    def share(self, context: Context) -> Share | None:
        """None for the server itself."""
        settings = self._settings
        try:
            viewer = context.caller
        except Unauthenticated:
            viewer = None
        if viewer is None:
            key = f"address:{network(context.origin.ip)}"
            return Share(key, settings.anonymous_points_max, settings.anonymous_points_per_s)
        if viewer.is_system:
            return None
        key = _key(viewer)
        if viewer.partner_id:
            return Share(key, settings.partner_points_max, settings.partner_points_per_s)
        return Share(key, settings.points_max, settings.points_per_s)

    def check(self, share: Share | None) -> None:
        """Raises `RateLimited` for who has nothing left, without a look at what is asked and without asking anyone."""
        left_s = self._shut.get(share.key, 0.0) - time.monotonic() if share else 0.0
        if left_s > 0:
            raise RateLimited(left_s, "You ask for more than you may; wait, and ask again.")

    async def charge(
        self, context: Context, share: Share | None, points: int, *, anyway: bool = False, spent: int = 0
    ) -> None:
        """Raises `RateLimited` if the caller has not so much left; `anyway`, they are left with nothing.

        spent: what was done for them already, and is charged where the whole is not.
        """
        if share is None:
            return
        verdict = await self._take(context, share, points, anyway=anyway)
        if not verdict.allowed and spent:
            verdict = replace(verdict, remaining=(await self._take(context, share, spent, anyway=True)).remaining)
        context.allowance = verdict
        if verdict.allowed:
            return
        if verdict.remaining < REFUSED:
            # not even a document that may not run could be paid for
            self._shut[share.key] = time.monotonic() + (REFUSED - verdict.remaining) / share.leak_per_s
        raise RateLimited(verdict.retry_after_s, "You ask for more than you may; wait, and ask again.")

    async def _take(self, context: Context, share: Share, points: int, *, anyway: bool) -> Verdict:
        return await context.server.buckets.take(
            share.key, cost=points, size=share.size, leak_per_s=share.leak_per_s, anyway=anyway
        )

    def settle(self, context: Context, share: Share | None, cost: Cost, actual: int) -> None:
        """Give back what was not needed."""
        if share is None or actual >= cost.points:
            return
        saved = cost.points - actual
        context.server.buckets.give_back(share.key, saved, size=share.size, leak_per_s=share.leak_per_s)
        if context.allowance:
            context.allowance = context.allowance.with_back(saved)


def headers(verdict: Verdict) -> dict[str, str]:
    """What an answer says of the caller's points, by draft-ietf-httpapi-ratelimit-headers-10."""
    found = {
        "RateLimit-Policy": f'"{POLICY}";q={verdict.size};w={verdict.window_s}',
        "RateLimit": f'"{POLICY}";r={verdict.remaining};t={verdict.retry_after_s or 1}',
    }
    if not verdict.allowed:
        found["Retry-After"] = str(max(1, verdict.retry_after_s))
    return found


def _key(viewer: Viewer) -> str:
    if viewer.api_key_id:
        return f"key:{viewer.organization_id}:{viewer.api_key_id}"
    return f"user:{viewer.organization_id}:{viewer.user_id}"
