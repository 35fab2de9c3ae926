"""Leaving a carrier alone that is down, so that those who wait for it hold up nobody else."""

import time
from dataclasses import dataclass

FAILURES = 5
"""So many in a row, and it is down."""
REST_S = 30.0


@dataclass
class Breaker:
    """Of one process. Closed while all is well; open for a while after an outage; then one message tries."""

    failures: int = 0
    open_until: float = 0.0

    def rest_s(self) -> float:
        """How long the carrier should be left alone yet; 0: ask it. Whoever hears 0 of a carrier that was down tries
        for all others, who go on waiting."""
        now = time.monotonic()
        if now < self.open_until:
            return self.open_until - now
        if self.failures >= FAILURES:
            self.open_until = now + REST_S
        return 0.0

    def heard(self, *, outage: bool) -> None:
        if not outage:
            self.failures, self.open_until = 0, 0.0
            return
        self.failures += 1
        if self.failures >= FAILURES:
            self.open_until = time.monotonic() + REST_S
