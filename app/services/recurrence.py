"""RFC 5545 recurrence rules, expanded on the wall clock of a zone.

A rule is expanded in local time and each time is then looked up in its zone, so nine o'clock stays nine o'clock across
a clock change. As the RFC has it, a time that the clocks skip is read with the offset before the gap, and of a time
that they show twice the first is meant.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from app.errors import BadUserInput

RULE_MAX = 500
PLAIN = re.compile(r"[A-Z0-9=;,+-]*")
"""What rules are written in: Python reads `1_0` as ten, and so would dateutil."""
TIMES_MAX = 50_000
"""Times of one rule that are asked for at once; what has more was not meant."""
PARTS = {
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH"),
    *("BYSETPOS", "BYHOUR", "BYMINUTE"),
}
MEANINGLESS = {
    "DAILY": {"BYYEARDAY", "BYWEEKNO"},
    "WEEKLY": {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"},
    "MONTHLY": {"BYYEARDAY", "BYWEEKNO"},
    "YEARLY": set[str](),
}
"""What the RFC forbids together with a frequency."""
INTERVAL_MAX = 1_000
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LATE = datetime(9990, 1, 1)  # noqa: DTZ001
"""The last years that there are: a rule that no day of theirs fulfils is searched for no longer, and refused."""


@dataclass(frozen=True)
class Rule:
    """COUNT, UNTIL and INTERVAL are kept apart from the pattern that dateutil expands.

    An expansion has an end of its own, and the RFC reads UNTIL in UTC. And of a rule that begins on a Monday and wants
    a Tuesday every seven days, dateutil would look for the first time up to the last year that there is.
    """

    text: str
    pattern: str
    frequency: str
    interval: int
    week_start: int
    count: int | None
    until: Callable[[datetime, ZoneInfo], bool] | None

    @classmethod
    def parse(cls, text: str, field: str = "rule") -> "Rule":
        """Raises `BadUserInput` for what is no rule, or none that a calendar could mean."""
        parts = _parts(text, field)
        count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
        if count and until:
            raise BadUserInput("A rule has COUNT or UNTIL, not both.", field)
        parts |= _alike(parts)
        interval = int(parts.pop("INTERVAL", "1"))
        pattern = ";".join(f"{name}={value}" for name, value in parts.items())
        if count and not count.isdecimal():
            raise BadUserInput("COUNT is a number.", field)
        try:
            possible = any(True for _ in rrulestr(pattern, dtstart=LATE))
            number = int(count) if count else None
            end = _until(until) if until else None
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            raise BadUserInput(f"This is not a recurrence rule: {error}", field) from error
        if not possible:
            raise BadUserInput("No day fulfils this rule.", field)
        if number is not None and not 0 < number <= TIMES_MAX:
            raise BadUserInput(f"COUNT is between 1 and {TIMES_MAX}.", field)
        week_start = WEEKDAYS.index(parts.get("WKST", "MO"))
        return cls(_canonical(text), pattern, parts["FREQ"], interval, week_start, number, end)

    def times(
        self, first: datetime, end: datetime, zone: ZoneInfo, since: datetime | None = None
    ) -> Iterator[datetime]:
        """Local times of the rule that begins at `first`: those not before `since` and before `end`, all local."""
        expanded = rrulestr(self.pattern, dtstart=first)
        if not isinstance(expanded, rrule):
            raise TypeError("one rule makes one rrule")
        times = (time for time in expanded.replace(until=end) if self._periods(first, time) % self.interval == 0)
        since = since or first
        wanted = (time for time in self._bounded(times, zone) if since <= time < end)
        for number, time in enumerate(wanted):
            if number == TIMES_MAX:
                raise BadUserInput(f"A rule makes at most {TIMES_MAX} times.", "rule")
            yield time

    def _periods(self, first: datetime, time: datetime) -> int:
        """How many of the rule's days, weeks, months or years after the first one a time lies."""
        if self.frequency == "YEARLY":
            return time.year - first.year
        if self.frequency == "MONTHLY":
            return 12 * (time.year - first.year) + time.month - first.month
        days = (time.date() - first.date()).days
        if self.frequency == "DAILY":
            return days
        return (days + (first.weekday() - self.week_start) % 7) // 7

    def _bounded(self, times: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
        if self.count is not None:
            return islice(times, self.count)
        until = self.until
        return times if until is None else takewhile(lambda time: until(time, zone), times)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show a time: of a skipped or doubled one, what RFC 5545 says."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _canonical(text: str) -> str:
    return text.strip().upper().removeprefix("RRULE:")


def _parts(text: str, field: str) -> dict[str, str]:
    canonical = _canonical(text)
    if not 1 <= len(canonical) <= RULE_MAX:
        raise BadUserInput(f"A rule has 1 to {RULE_MAX} characters.", field)
    if not PLAIN.fullmatch(canonical):
        raise BadUserInput("A rule has letters, digits and the signs = ; , + - only.", field)
    parts: dict[str, str] = {}
    for part in canonical.split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS or not value or name in parts:
            raise BadUserInput(f"A rule cannot have the part {part!r} here.", field)
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in MEANINGLESS:
        raise BadUserInput("FREQ is one of " + ", ".join(MEANINGLESS) + ".", field)
    if found := MEANINGLESS[frequency] & parts.keys():
        raise BadUserInput(f"A {frequency} rule cannot have {', '.join(sorted(found))}.", field)
    if frequency in ("DAILY", "WEEKLY") and any(character.isdigit() for character in parts.get("BYDAY", "")):
        raise BadUserInput("Only the days of a month or a year are numbered.", field)
    interval = parts.get("INTERVAL", "1")
    if not interval.isdecimal() or not 1 <= int(interval) <= INTERVAL_MAX:
        raise BadUserInput(f"INTERVAL is between 1 and {INTERVAL_MAX}.", field)
    return parts


def _alike(parts: dict[str, str]) -> dict[str, str]:
    """BYDAY with every day numbered, if one is: of `MO,1TU`, dateutil sees only days that are both."""
    days = parts.get("BYDAY", "").split(",")
    if all(day[:-2] for day in days) or not any(day[:-2] for day in days):
        return {}
    last = 53 if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts else 5
    numbered = (day if day[:-2] else ",".join(f"{number}{day}" for number in range(1, last + 1)) for day in days)
    return {"BYDAY": ",".join(numbered)}


def _until(value: str) -> Callable[[datetime, ZoneInfo], bool]:
    """A day, a local time or, as the RFC prefers, an instant; all are included."""
    if "T" not in value:
        last: date = datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007
        return lambda time, _: time.date() <= last
    if not value.endswith("Z"):
        latest = datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007
        return lambda time, _: time <= latest
    moment = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return lambda time, zone: instant(time, zone) <= moment
