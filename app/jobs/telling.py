"""Saying what happened to whom it concerns. What is said once for a cause is told by the database: doing it twice says
nothing twice."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.jobs.desk import Desk, handles
from app.models import DueWork, NotificationKind, WorkKind
from app.services import due_work
from app.services.messaging import occasions
from app.uow import UnitOfWork

Say = Callable[[UnitOfWork, NotificationKind, UUID, str], Awaitable[None]]


SAYINGS: dict[WorkKind, tuple[NotificationKind, Say]] = {
    WorkKind.NOTIFY_BOOKING_CONFIRMED: (NotificationKind.BOOKING_CONFIRMED, occasions.booking),
    WorkKind.NOTIFY_BOOKING_DECLINED: (NotificationKind.BOOKING_DECLINED, occasions.booking),
    WorkKind.NOTIFY_BOOKING_CANCELLED: (NotificationKind.BOOKING_CANCELLED, occasions.booking),
    WorkKind.NOTIFY_WAITLIST_OFFER: (NotificationKind.WAITLIST_OFFER, occasions.waitlist_offer),
    WorkKind.NOTIFY_DRIVER_UNDER_WAY: (NotificationKind.DRIVER_UNDER_WAY, occasions.driver_under_way),
    WorkKind.NOTIFY_LICENCE_EXPIRING: (NotificationKind.LICENCE_EXPIRING, occasions.licence_expiring),
    WorkKind.NOTIFY_WEBHOOK_DISABLED: (NotificationKind.WEBHOOK_DISABLED, occasions.webhook),
    WorkKind.NOTIFY_MAINTENANCE_DUE: (NotificationKind.MAINTENANCE_DUE, occasions.maintenance_due),
}


@handles(*SAYINGS)
async def say(desk: Desk, work: DueWork) -> None:
    """The work is what was left when it happened, once: so it is the cause."""
    kind, occasion = SAYINGS[work.kind]
    async with desk.finish(work) as uow:
        await occasion(uow, kind, work.ref_id, f"{kind.value}:{work.id}")


@handles(WorkKind.NOTIFY_POST_PUBLISHED)
async def post_published(desk: Desk, work: DueWork) -> None:
    """In portions: killed in between, the next worker begins anew, and whoever was told is not told again."""
    async with desk.write(work) as uow:
        portions = await occasions.readers(uow, work.ref_id)
    for portion in portions:
        async with desk.write(work) as uow:
            await due_work.extend(uow.session, work, desk.settings.work_lease_s)
            await occasions.post_published(uow, portion)
    async with desk.finish(work):
        pass
