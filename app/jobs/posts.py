"""News that appear when their time has come."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import posts


@handles(WorkKind.PUBLISH_POST)
async def publish_post(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await posts.publish_due(uow, work.ref_id)
