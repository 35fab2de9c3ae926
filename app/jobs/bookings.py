"""What becomes of bookings later."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import bookings


@handles(WorkKind.EXPIRE_HOLD)
async def expire_hold(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await bookings.expire_hold(uow, work.ref_id)


@handles(WorkKind.OFFER_PLACES)
async def offer_places(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await bookings.offer_places(uow, [work.ref_id])
