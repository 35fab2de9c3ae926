"""Simulated time: it stands still while something happens, and then jumps to whatever is next."""

import heapq
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

Course = AsyncIterator[datetime]
"""What somebody does in a day: each value says until when they wait before they go on."""


@dataclass
class Agenda:
    """Everybody's next step in the order of time; who comes first at the same instant is who said so first."""

    now: datetime
    told: Callable[[datetime], None] = lambda now: None
    _steps: list[tuple[datetime, int, Course]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def begin(self, course: Course, at: datetime | None = None) -> None:
        heapq.heappush(self._steps, (at or self.now, next(self._numbers), course))

    async def run(self) -> None:
        """Until nobody waits any more."""
        while self._steps:
            when, _, course = heapq.heappop(self._steps)
            self.now = max(self.now, when)
            self.told(self.now)
            async for until in course:
                self.begin(course, max(until, self.now))
                break
