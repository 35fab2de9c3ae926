"""Quiet hours: when something may be said that can wait."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.services.recurrence import instant

DAY = timedelta(days=1)


def is_quiet(moment: time, quiet_from: time, quiet_until: time) -> bool:
    """
    >>> is_quiet(time(23), time(22), time(7)), is_quiet(time(7), time(22), time(7))
    (True, False)
    """
    if quiet_from < quiet_until:
        return quiet_from <= moment < quiet_until
    return moment >= quiet_from or moment < quiet_until


def loud(at: datetime, zone: ZoneInfo, quiet_from: time, quiet_until: time) -> datetime:
    """The instant itself, or the end of the quiet hours that it falls into.

    >>> loud(datetime.fromisoformat("2026-11-21T20:30+00:00"), ZoneInfo("Asia/Tbilisi"), time(22), time(7)).isoformat()
    '2026-11-22T03:00:00+00:00'
    """
    local = at.astimezone(zone)
    if not is_quiet(local.time(), quiet_from, quiet_until):
        return at
    day = local.date() if local.time() < quiet_until else local.date() + DAY
    end = datetime.combine(day, quiet_until)
    found = instant(end, zone)
    if found <= at:
        # clocks were put back, and show the end of the quiet hours a second time
        found = end.replace(tzinfo=zone, fold=1).astimezone(found.tzinfo)
    return found
