"""How fast a client may talk: whoever is faster is listened to more slowly."""

import asyncio

BURST_S = 2.0
"""What may come at once is what may come in this time."""


class Pace:
    """A leaky bucket."""

    def __init__(self, per_s: float) -> None:
        self._each_s = 1 / per_s
        self._due = 0.0

    async def keep(self) -> None:
        """Wait until the next message may be heard."""
        now = asyncio.get_running_loop().time()
        self._due = max(self._due, now - BURST_S) + self._each_s
        if self._due > now:
            await asyncio.sleep(self._due - now)
