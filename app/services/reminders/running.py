"""A rule at work: what is due is told in batches, each its own transaction.

Whatever is told has a cause that stays the same, so a run that begins anew after a crash tells the rest and nothing
twice. The rule knows the first day that is not done: a run after days on which no worker was there tells what they left
out.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.models import Channel, ReminderRule
from app.services.messaging.telling import tell_each
from app.services.reminders import times
from app.services.reminders.due import SEARCHES, Place, Run
from app.uow import UnitOfWork

BATCH = 100
"""With three ways to tell each, and phones besides, this keeps within 500 rows."""
CATCH_UP = timedelta(days=7)
"""What was left out longer ago is not told any more."""


async def lock(uow: UnitOfWork, rule_id: UUID) -> ReminderRule | None:
    """The rule, if it is still there: nobody changes it while a batch is told."""
    wanted = (ReminderRule.organization_id == uow.viewer.organization_id, ReminderRule.id == rule_id)
    return await uow.first(select(ReminderRule).where(*wanted).with_for_update())


async def begin(uow: UnitOfWork, rule: ReminderRule) -> Run | None:
    """The days that a run is for; None for a rule that does not run."""
    if not rule.active or rule.at is None or rule.run_on is None:
        return None
    zone = await times.zone_of(uow)
    last = times.latest_day(rule.at, uow.now, zone)
    return Run(max(rule.run_on, last - CATCH_UP), last, rule.run_on, zone, uow.now)


async def tell_some(uow: UnitOfWork, rule: ReminderRule, run: Run, place: Place | None) -> Place | None:
    """Tell the next of what is due; answers where to go on, None at the end."""
    if run.last < run.first:
        # the organization has moved to where it is earlier
        return None
    search = SEARCHES[rule.kind]
    found = await uow.scalars(search.statement(rule, replace(run, now=uow.now), place).limit(BATCH))
    dues = [search.due(rule, run, row) for row in found]
    channels = [Channel(channel) for channel in rule.channels]
    await tell_each(uow, rule.kind, [due.telling for due in dues], channels=channels, rule_id=rule.id)
    return dues[-1].place if len(dues) == BATCH else None


async def end(uow: UnitOfWork, rule: ReminderRule, run: Run) -> None:
    """Its days are done: leave the work of the next."""
    rule.run_on = times.next_day(rule, max(run.last + times.DAY, run.first))
    await uow.flush()
    await times.leave_run(uow, rule, run.zone)
