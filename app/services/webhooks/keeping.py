"""What admins hear of endpoints, and how long it is kept what was sent."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app.models import (
    NotificationKind,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookReplay,
    WebhookReplayStatus,
    WebhookStatus,
    WorkKind,
)
from app.models.base import among
from app.services.messaging import occasions
from app.settings import Settings
from app.uow import UnitOfWork

BATCH = 2_000
TIDY_EVERY = timedelta(days=1)


async def warn_of_failing(uow: UnitOfWork, settings: Settings, endpoint_id: UUID) -> None:
    """Once for each time that it begins to fail, if it still does. The endpoint is locked, as when that is written."""
    endpoint = await uow.fetch(WebhookEndpoint, endpoint_id, lock=True)
    if endpoint.failing_since is None or endpoint.status is not WebhookStatus.ACTIVE:
        return
    alert_at = endpoint.failing_since + timedelta(seconds=settings.webhook_alert_s)
    if alert_at > uow.now:
        # it recovered meanwhile, and began to fail anew
        await uow.later(WorkKind.NOTIFY_WEBHOOK_FAILING, endpoint.id, alert_at)
        return
    kind = NotificationKind.WEBHOOK_FAILING
    await occasions.webhook(uow, kind, endpoint.id, f"{kind.value}:{endpoint.id}:{endpoint.failing_since.isoformat()}")


async def tidy(uow: UnitOfWork, settings: Settings) -> bool:
    """Throw away some of what was sent long ago; answers whether there may be more."""
    organization = uow.viewer.organization_id
    limit = uow.now - timedelta(days=settings.webhook_keep_days)
    endpoints = select(WebhookEndpoint.id).where(WebhookEndpoint.organization_id == organization)
    for endpoint_id in await uow.scalars(endpoints):
        old = (
            select(WebhookDelivery.id)
            .where(
                WebhookDelivery.organization_id == organization,
                WebhookDelivery.endpoint_id == endpoint_id,
                WebhookDelivery.created_at < limit,
                WebhookDelivery.updated_at < limit,
            )
            .limit(BATCH)
        )
        found = await uow.scalars(old)
        if found:
            await uow.session.execute(
                delete(WebhookDelivery)
                .where(WebhookDelivery.organization_id == organization, among(WebhookDelivery.id, found))
                .execution_options(synchronize_session=False)
            )
            return True
    await uow.session.execute(
        delete(WebhookReplay)
        .where(
            WebhookReplay.organization_id == organization,
            WebhookReplay.finished_at < limit,
            WebhookReplay.status != WebhookReplayStatus.RUNNING,
        )
        .execution_options(synchronize_session=False)
    )
    return False


async def tidy_again(uow: UnitOfWork) -> None:
    """Tomorrow, as long as there is something to tidy. If the work that tells of news was set aside, here is more."""
    organization = uow.viewer.organization_id
    there = select(WebhookEndpoint.id).where(
        WebhookEndpoint.organization_id == organization, WebhookEndpoint.status != WebhookStatus.REMOVED
    )
    kept = select(WebhookDelivery.id).where(WebhookDelivery.organization_id == organization)
    if await uow.first(there.limit(1)) or await uow.first(kept.limit(1)):
        await uow.later(WorkKind.TIDY_WEBHOOKS, organization, uow.now + TIDY_EVERY)
        await uow.later(WorkKind.FEED_WEBHOOKS, organization)
