"""What opening hours come to: a rule and its exceptions on the wall clock of a zone, as spans of instants. Pure.

An opening belongs to the day on which it begins, also when it ends on the next. Its begin, its end and the begin of
each of its slots are times on the wall, each looked up by itself: what opens at nine opens at nine before and after a
clock change.

What is more particular counts more: closures of the whole organization hold against the rule, extra openings hold
against those, and closures of the schedule itself hold against everything.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.errors import BadUserInput
from app.models import Schedule, ScheduleException, ScheduleExceptionKind
from app.services.recurrence import Rule, instant

DAY = timedelta(days=1)
SLOTS_MAX = 50_000
"""Slots that are worked out at once."""


class Span(NamedTuple):
    """From one instant to another."""

    starts_at: datetime
    ends_at: datetime


class Days(NamedTuple):
    """Days of a calendar, both included."""

    first: date
    last: date

    def within(self, first: date, last: date) -> Iterator[date]:
        """Those that lie between two others, which are included, too."""
        day, end = max(self.first, first), min(self.last, last)
        while day <= end:
            yield day
            day += DAY


@dataclass(frozen=True)
class Calendar:
    """Where days and hours have a meaning, and which of them are not as usual."""

    zone: ZoneInfo
    today: date
    exceptions: Sequence[ScheduleException]

    def midnight(self, day: date) -> datetime:
        return instant(datetime.combine(day, time()), self.zone)

    def closures(self, *schedule_ids: UUID | None) -> list[ScheduleException]:
        """Of these schedules; None: of the whole organization."""
        closed = ScheduleExceptionKind.CLOSED
        return [found for found in self.exceptions if found.kind is closed and found.schedule_id in schedule_ids]

    def extras(self, schedule_id: UUID) -> list[ScheduleException]:
        extra = ScheduleExceptionKind.EXTRA
        return [found for found in self.exceptions if found.kind is extra and found.schedule_id == schedule_id]


class Closures:
    """Days on which nothing opens, and hours that are closed on some."""

    def __init__(self, exceptions: Iterable[ScheduleException], days: Days, zone: ZoneInfo) -> None:
        self.days: set[date] = set()
        hours: list[Span] = []
        for exception in exceptions:
            for day in days.within(exception.starts_on, exception.ends_on):
                if exception.opens_at is None or exception.closes_at is None:
                    self.days.add(day)
                else:
                    begin = datetime.combine(day, exception.opens_at)
                    hours.append(_span(begin, _length(exception.opens_at, exception.closes_at), zone))
        self.hours = merged(hours)
        self._ends = [span.ends_at for span in self.hours]

    def meet(self, span: Span) -> bool:
        """Whether part of a span is closed."""
        return next(self._met(span), None) is not None

    def cut(self, span: Span) -> Iterator[Span]:
        """What is left of a span."""
        begin = span.starts_at
        for closed in self._met(span):
            if begin < closed.starts_at:
                yield Span(begin, closed.starts_at)
            begin = closed.ends_at
        if begin < span.ends_at:
            yield Span(begin, span.ends_at)

    def _met(self, span: Span) -> Iterator[Span]:
        for closed in self.hours[bisect_right(self._ends, span.starts_at) :]:
            if closed.starts_at >= span.ends_at:
                return
            yield closed


class Opening(NamedTuple):
    """A time on the wall from which it is open for so long, if nothing closes it."""

    begin: datetime
    length: timedelta
    closures: Closures


def openings(schedule: Schedule, calendar: Calendar, days: Days) -> list[Span]:
    """When it is open, in what begins on these days; merged."""
    found: list[Span] = []
    for opening in _openings(schedule, calendar, days):
        found += opening.closures.cut(_span(opening.begin, opening.length, calendar.zone))
    return merged(found)


def slots(schedule: Schedule, duration: timedelta, calendar: Calendar, days: Days) -> list[Span]:
    """The slots of what opens on these days, each beginning once, in the order of time.

    Times that a clock change brings together make one slot.
    """
    found: dict[datetime, datetime] = {}
    number = 0
    for opening in _openings(schedule, calendar, days):
        for span in _slots(schedule, opening, duration, calendar.zone):
            number += 1
            if number > SLOTS_MAX:
                raise BadUserInput(f"A schedule makes at most {SLOTS_MAX} slots.", "slotEveryS")
            if span.starts_at < span.ends_at and not opening.closures.meet(span):
                found[span.starts_at] = max(span.ends_at, found.get(span.starts_at, span.ends_at))
    return [Span(*item) for item in sorted(found.items())]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in the order of time that neither touch nor overlap; empty ones are none."""
    found: list[Span] = []
    for span in sorted(spans, key=itemgetter(0)):
        if found and span.starts_at <= found[-1].ends_at:
            found[-1] = Span(found[-1].starts_at, max(found[-1].ends_at, span.ends_at))
        elif span.starts_at < span.ends_at:
            found.append(span)
    return found


def _openings(schedule: Schedule, calendar: Calendar, days: Days) -> Iterator[Opening]:
    own = Closures(calendar.closures(schedule.id), _around(days), calendar.zone)
    every = Closures(calendar.closures(schedule.id, None), _around(days), calendar.zone)
    length = _length(schedule.opens_at, schedule.closes_at)
    for begin in _by_rule(schedule, days, calendar.zone):
        if begin.date() not in every.days:
            yield Opening(begin, length, every)
    for extra in calendar.extras(schedule.id):
        opens_at, closes_at = extra.opens_at or schedule.opens_at, extra.closes_at or schedule.closes_at
        for day in days.within(extra.starts_on, extra.ends_on):
            if day not in own.days:
                yield Opening(datetime.combine(day, opens_at), _length(opens_at, closes_at), own)


def _by_rule(schedule: Schedule, days: Days, zone: ZoneInfo) -> Iterator[datetime]:
    """When the rule opens. Hours and minutes of its own take the place of `opens_at`; it is open as long as ever."""
    rule = Rule.parse(schedule.rule)
    hour = 0 if "BYHOUR=" in rule.pattern else schedule.opens_at.hour
    minute = 0 if "BYMINUTE=" in rule.pattern else schedule.opens_at.minute
    first = datetime.combine(schedule.starts_on, time(hour, minute))
    last = min(days.last, schedule.ends_on or days.last)
    return rule.times(first, datetime.combine(last + DAY, time()), zone, datetime.combine(days.first, time()))


def _slots(schedule: Schedule, opening: Opening, duration: timedelta, zone: ZoneInfo) -> Iterator[Span]:
    whole = _span(opening.begin, opening.length, zone)
    if schedule.slot_every_s is None:
        yield whole
        return
    step, begin = timedelta(seconds=schedule.slot_every_s), opening.begin
    while begin < opening.begin + opening.length:
        starts_at = instant(begin, zone)
        if starts_at + duration <= whole.ends_at:
            yield Span(starts_at, starts_at + duration)
        begin += step


def _length(opens_at: time, closes_at: time) -> timedelta:
    """How long it is open on the wall: until the next day, if it closes no later than it opens."""
    length = datetime.combine(date.min, closes_at) - datetime.combine(date.min, opens_at)
    return length if length > timedelta() else length + DAY


def _span(begin: datetime, length: timedelta, zone: ZoneInfo) -> Span:
    return Span(instant(begin, zone), instant(begin + length, zone))


def _around(days: Days) -> Days:
    """With the days from which and into which hours may reach."""
    return Days(days.first - DAY, days.last + DAY)
