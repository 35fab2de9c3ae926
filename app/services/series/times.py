"""When a standing booking is: its times on the wall of its zone."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.errors import BadUserInput
from app.models import Series, SeriesStatus
from app.services.recurrence import Rule, instant

TIMES_MAX = 200
"""Times of one series within the horizon: as many as one transaction can book, move or call off."""
LISTED_MAX = 366
"""Exceptions, or extra times, of one series."""
NEVER = timedelta(days=3660)
"""A rule that makes no time for so long makes none any more."""
PAST = timedelta(days=366)
"""How long ago a series may begin: all of its times are gone through again and again."""
REST = time(0, 5)
"""When a new day is booked, shortly after the old one ended."""


def zone(series: Series) -> ZoneInfo:
    return ZoneInfo(series.time_zone)


def wall(series: Series, at: datetime) -> datetime:
    """What the clocks of the series show at an instant."""
    return at.astimezone(zone(series)).replace(tzinfo=None)


def times(series: Series, end: datetime) -> list[datetime]:
    """Local times before `end`: those of the rule and the extra ones, but for the exceptions."""
    end = min(end, series.ends_before_local or end)
    found = set(Rule.parse(series.rule).times(series.starts_at_local, end, zone(series)))
    found.update(local for local in series.extra_local if local < end)
    return sorted(found.difference(series.except_local))


def to_come(series: Series, now: datetime, end: datetime) -> list[datetime]:
    """Local times that have not begun yet, before `end`."""
    own = zone(series)
    return [local for local in times(series, end) if instant(local, own) > now]


def is_to_come(series: Series, now: datetime, local: datetime) -> bool:
    return local in to_come(series, now, local + timedelta(seconds=1))


def horizon(series: Series, now: datetime, days: int) -> datetime:
    """The local midnight up to which everything is booked."""
    return datetime.combine(wall(series, now).date() + timedelta(days=days + 1), time())


def tomorrow(series: Series, now: datetime) -> datetime:
    """When to book the next day."""
    return instant(datetime.combine(wall(series, now).date() + timedelta(days=1), REST), zone(series))


def paused(series: Series, day: date) -> bool:
    """Whether nothing is booked on this day."""
    if series.status is not SeriesStatus.PAUSED or series.paused_from is None:
        return False
    return series.paused_from <= day and (series.paused_until is None or day <= series.paused_until)


def is_over(series: Series, now: datetime) -> bool:
    """Whether no time is to come any more."""
    return not to_come(series, now, wall(series, now) + NEVER)


def check_begin(local: datetime, now: datetime) -> None:
    """Whether a series may begin then; the zone does not matter to within a day."""
    if local < now.replace(tzinfo=None) - PAST:
        raise BadUserInput("This is too long ago.", "startsAt")


def check(series: Series, now: datetime, horizon_days: int) -> None:
    """A series has something to come, and no more than can be dealt with."""
    count = len(to_come(series, now, horizon(series, now, horizon_days)))
    if count > TIMES_MAX:
        raise BadUserInput(f"A standing booking has at most {TIMES_MAX} times in {horizon_days} days.", "rule")
    if not count and is_over(series, now):
        raise BadUserInput("No time of this rule is to come.", "rule")


def listed(given: Iterable[datetime], field: str) -> list[datetime]:
    """Exceptions or extra times, each once and in order."""
    found = sorted(set(given))
    if len(found) > LISTED_MAX:
        raise BadUserInput(f"`{field}` are at most {LISTED_MAX} times.", field)
    return found
