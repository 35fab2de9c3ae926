"""Mails that follow from what happened."""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from app.jobs.desk import Desk, handles
from app.models import DueWork, WorkKind
from app.services import messaging
from app.uow import UnitOfWork

Compose = Callable[[UnitOfWork, UUID, UUID, str], Awaitable[EmailMessage | None]]


@handles(WorkKind.NOTIFY_BOOKING_CONFIRMED)
async def mail_booking_confirmed(desk: Desk, work: DueWork) -> None:
    await _mail(desk, work, messaging.booking_confirmed)


@handles(WorkKind.NOTIFY_WAITLIST_OFFER)
async def mail_waitlist_offer(desk: Desk, work: DueWork) -> None:
    await _mail(desk, work, messaging.waitlist_offer)


@handles(WorkKind.NOTIFY_LICENCE_EXPIRING)
async def mail_licence_expiring(desk: Desk, work: DueWork) -> None:
    await _mail(desk, work, messaging.licence_expiring)


@handles(WorkKind.NOTIFY_MAINTENANCE_DUE)
async def mail_maintenance_due(desk: Desk, work: DueWork) -> None:
    await _mail(desk, work, messaging.maintenance_due)


async def _mail(desk: Desk, work: DueWork, compose: Compose) -> None:
    """Sent before the work is struck off: a crash in between sends it again, under the same Message-ID."""
    async with desk.write(work) as uow:
        mail = await compose(uow, work.ref_id, work.id, desk.settings.mail_from)
    if mail is not None and desk.settings.smtp_url:
        server = urlsplit(desk.settings.smtp_url)
        await aiosmtplib.send(
            mail,
            hostname=server.hostname,
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=20,
        )
    async with desk.finish(work):
        pass
