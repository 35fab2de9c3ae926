"""What becomes of those who wait."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import waitlist


@handles(WorkKind.END_WAITING)
async def end_waiting(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await waitlist.end_waiting(uow, work.ref_id)
