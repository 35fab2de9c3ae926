"""Mails about accounts."""

from app.jobs.desk import Desk, handles
from app.models import Channel, DueWork, WorkKind
from app.services.identity import mails
from app.services.messaging import channels
from app.services.messaging.channels import Way


@handles(WorkKind.SEND_ACCOUNT_MAIL)
async def send_account_mail(desk: Desk, work: DueWork) -> None:
    """Handed over before the work is struck off: a crash in between hands it over again, under the same id."""
    async with desk.write(work) as uow:
        message = await mails.prepare(uow, desk.settings, work.ref_id)
    by_mail = Way(Channel.EMAIL)
    wanted = message if channels.is_on(desk.settings, by_mail) else None
    answer = await channels.send(desk.settings, by_mail, wanted) if wanted else None
    async with desk.finish(work) as uow:
        await mails.record(uow, desk.settings, work.ref_id, answer)
