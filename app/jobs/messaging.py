"""Handing messages to those who carry them, and asking later what became of them."""

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services.messaging import channels, sending
from app.services.messaging.sending import Parcel


@handles(WorkKind.SEND_NOTIFICATION)
async def send_notification(desk: Desk, work: DueWork) -> None:
    """Handed over before the work is struck off: a crash in between hands it over again, under the same id."""
    async with desk.write(work) as uow:
        found = await sending.prepare(uow, desk.settings, work.ref_id)
    answer = await channels.send(desk.settings, found.way, found.message) if isinstance(found, Parcel) else found
    async with desk.finish(work) as uow:
        if answer is not None:
            await sending.record(uow, desk.settings, work.ref_id, answer)


@handles(WorkKind.CHECK_RECEIPT)
async def check_receipt(desk: Desk, work: DueWork) -> None:
    async with desk.write(work) as uow:
        reference = await sending.awaited(uow, work.ref_id)
    answer = await channels.receipt(desk.settings, reference) if reference else None
    async with desk.finish(work) as uow:
        await sending.received(uow, work.ref_id, answer)
