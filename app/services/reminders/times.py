"""When a rule runs: at a time on the wall, where the organization is.

There is no cron per organization. A rule knows the local day that it runs next, and its piece of due work the instant.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.models import ReminderRule, WorkKind
from app.services import due_work, values
from app.services.recurrence import instant
from app.uow import UnitOfWork

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def zone_of(uow: UnitOfWork) -> ZoneInfo:
    return ZoneInfo((await values.organization(uow)).time_zone)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clocks show a time on a day: of one that they skip, the next that they show; of a double one, the first.

    >>> instant_of(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    wanted = datetime.combine(day, at)
    while True:
        found = instant(wanted, zone)
        if found.astimezone(zone).replace(tzinfo=None) == wanted:
            return found
        wanted += MINUTE


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins."""
    return instant_of(day, time.min, zone)


def next_day(rule: ReminderRule, day: date) -> date:
    """The first day from `day` on that the rule is for: any, or that of its week."""
    if rule.weekday is None:
        return day
    return day + timedelta(days=(rule.weekday - day.weekday()) % 7)


def first_day(rule: ReminderRule, at: time, now: datetime, zone: ZoneInfo) -> date:
    """The day of the first run that is still to come."""
    today = now.astimezone(zone).date()
    day = next_day(rule, today)
    return day if instant_of(day, at, zone) > now else next_day(rule, today + DAY)


def latest_day(at: time, now: datetime, zone: ZoneInfo) -> date:
    """The latest day whose time of the rule has come."""
    today = now.astimezone(zone).date()
    return today if instant_of(today, at, zone) <= now else today - DAY


async def leave_run(uow: UnitOfWork, rule: ReminderRule, zone: ZoneInfo) -> None:
    """Leave the work of the rule's next run, in place of any that waits; what is late already is run at once."""
    await due_work.withdraw(uow, rule.id, WorkKind.RUN_REMINDER)
    if rule.run_on is not None and rule.at is not None:
        run_at = instant_of(rule.run_on, rule.at, zone)
        await uow.later(WorkKind.RUN_REMINDER, rule.id, max(run_at, uow.now))
