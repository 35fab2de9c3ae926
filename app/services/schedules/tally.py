"""What a plan has changed."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Tally:
    """How many slots (of a resource's hours: openings) of each schedule."""

    created: Counter[UUID] = field(default_factory=Counter)
    changed: Counter[UUID] = field(default_factory=Counter)
    removed: Counter[UUID] = field(default_factory=Counter)
    withdrawn: Counter[UUID] = field(default_factory=Counter)

    def of(self, schedule_id: UUID) -> dict[str, int]:
        return {name: counter[schedule_id] for name, counter in vars(self).items()}

    def totals(self) -> dict[str, int]:
        return {name: counter.total() for name, counter in vars(self).items()}
