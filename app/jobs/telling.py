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


@handles(WorkKind.NOTIFY_BOOKING_CONFIRMED)
async def booking_confirmed(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.BOOKING_CONFIRMED, occasions.booking)


@handles(WorkKind.NOTIFY_BOOKING_DECLINED)
async def booking_declined(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.BOOKING_DECLINED, occasions.booking)


@handles(WorkKind.NOTIFY_BOOKING_CANCELLED)
async def booking_cancelled(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.BOOKING_CANCELLED, occasions.booking)


@handles(WorkKind.NOTIFY_WAITLIST_OFFER)
async def waitlist_offer(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.WAITLIST_OFFER, occasions.waitlist_offer)


@handles(WorkKind.NOTIFY_DRIVER_UNDER_WAY)
async def driver_under_way(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.DRIVER_UNDER_WAY, occasions.driver_under_way)


@handles(WorkKind.NOTIFY_LICENCE_EXPIRING)
async def licence_expiring(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.LICENCE_EXPIRING, occasions.licence_expiring)


@handles(WorkKind.NOTIFY_MAINTENANCE_DUE)
async def maintenance_due(desk: Desk, work: DueWork) -> None:
    await _say(desk, work, NotificationKind.MAINTENANCE_DUE, occasions.maintenance_due)


async def _say(desk: Desk, work: DueWork, kind: NotificationKind, say: Say) -> None:
    """The work is what was left when it happened, once: so it is the cause."""
    async with desk.finish(work) as uow:
        await say(uow, kind, work.ref_id, f"{kind.value}:{work.id}")


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
