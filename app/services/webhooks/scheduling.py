"""When an endpoint is told next: one piece of work for each, whatever waits for it.

All that decides on it holds the lock of the endpoint's row, and takes that lock first: whoever queues something sees
the work that is left, and whoever ends the work sees what is queued.
"""

from datetime import datetime

from sqlalchemy import delete, func, select

from app.models import DueWork, WebhookDelivery, WebhookDeliveryStatus, WebhookEndpoint, WebhookStatus, WorkKind
from app.uow import UnitOfWork

KIND = WorkKind.DELIVER_WEBHOOKS


async def due_at(uow: UnitOfWork, endpoint: WebhookEndpoint) -> datetime | None:
    """When something is to be sent; None for nothing."""
    if endpoint.status is not WebhookStatus.ACTIVE:
        return None
    pending = (
        WebhookDelivery.organization_id == endpoint.organization_id,
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.status == WebhookDeliveryStatus.PENDING,
    )
    if endpoint.ordered:
        next_at = await uow.first(
            select(WebhookDelivery.next_at).where(*pending).order_by(WebhookDelivery.seq).limit(1)
        )
    else:
        next_at = await uow.first(select(func.min(WebhookDelivery.next_at)).where(*pending))
    if next_at is None or endpoint.rests_until is None:
        return next_at
    return max(next_at, endpoint.rests_until)


async def schedule(uow: UnitOfWork, endpoint: WebhookEndpoint) -> None:
    """Leave the work, or move it; while somebody is at it, they see for themselves what there is to do next."""
    at = await due_at(uow, endpoint)
    mine = (
        DueWork.organization_id == endpoint.organization_id,
        DueWork.kind == KIND,
        DueWork.ref_id == endpoint.id,
    )
    free = DueWork.lease_until.is_(None) | (DueWork.lease_until < uow.now) | DueWork.failed_at.is_not(None)
    if at is not None:
        # what is set aside, or comes too late, gives way
        free &= (DueWork.run_at > at) | DueWork.failed_at.is_not(None)
    await uow.session.execute(delete(DueWork).where(*mine, free).execution_options(synchronize_session=False))
    if at is not None and await uow.first(select(DueWork.id).where(*mine).limit(1)) is None:
        await uow.later(KIND, endpoint.id, at)
