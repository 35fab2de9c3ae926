"""Reminders, rule by rule."""

from app.jobs.desk import AlreadyDone, Desk, handles
from app.models import DueWork, WorkKind
from app.services import due_work, reminders
from app.services.reminders.due import Place, Run


@handles(WorkKind.RUN_REMINDER)
async def run_reminder(desk: Desk, work: DueWork) -> None:
    """Tell what is due, a batch at a time. Whoever changes the rule withdraws this work: then another goes on."""
    run: Run | None = None
    place: Place | None = None
    while True:
        async with desk.write(work) as uow:
            rule = await reminders.lock(uow, work.ref_id)
            if not await due_work.extend(uow.session, work, desk.settings.work_lease_s):
                raise AlreadyDone
            if rule is not None and run is None:
                run = await reminders.begin(uow, rule)
            if rule is not None and run is not None:
                place = await reminders.tell_some(uow, rule, run, place)
            if place is None:
                await due_work.done(uow, work)
                if rule is not None and run is not None:
                    await reminders.end(uow, rule, run)
                return
