"""How standing bookings go on from day to day."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import series


@handles(WorkKind.EXTEND_SERIES)
async def extend_series(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await series.extend_series(uow, work.ref_id, desk.settings.series_horizon_days)
