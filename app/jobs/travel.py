"""Asking how routes are driven."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services.travel import directions


@handles(WorkKind.FETCH_DIRECTIONS)
async def fetch_directions(desk: Desk, work: DueWork) -> None:
    """Asked outside any transaction. If the provider is down, the straight way is kept, and asked for again later."""
    async with desk.write(work) as uow:
        wanted = await directions.tour(uow, work.ref_id)
        known = wanted is None or await directions.told(uow, desk.settings, wanted)
    if wanted is None or known:
        async with desk.finish(work):
            return
    told_by, guidance, down = await directions.ask(desk.settings, wanted)
    if down is not None:
        async with desk.write(work) as uow:
            await directions.keep(uow, desk.settings, wanted, told_by, guidance)
        await desk.wakes.changed(work.organization_id, wanted.route_id)
        raise down
    async with desk.finish(work) as uow:
        await directions.keep(uow, desk.settings, wanted, told_by, guidance)
        await directions.go_on(uow, wanted)
    await desk.wakes.changed(work.organization_id, wanted.route_id)
