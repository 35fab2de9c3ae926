"""Slots one day further ahead, each day."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import schedules


@handles(WorkKind.EXTEND_SCHEDULE)
async def extend_schedule(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await schedules.extend(uow, work.ref_id)
