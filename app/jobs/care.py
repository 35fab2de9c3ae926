"""What is due, after a protocol was changed."""

from uuid import UUID

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import care


@handles(WorkKind.REFRESH_CARE)
async def refresh_care(desk: Desk, work: DueWork) -> None:
    """Some subjects at a time; whoever takes it over begins anew, which changes nothing that is right already."""
    after: UUID | None = None
    while True:
        async with desk.write(work) as uow:
            after = await care.refresh_subjects(uow, work.ref_id, after)
        if after is None:
            break
    async with desk.finish(work):
        pass
