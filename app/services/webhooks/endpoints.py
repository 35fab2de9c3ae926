"""Who is told of events: where, of what, in which order, and with which secret."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.errors import BadUserInput, Conflict
from app.models import (
    EventHead,
    EventType,
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookStatus,
    WorkKind,
)
from app.services import due_work, outside, values
from app.services.vault import Vault
from app.services.webhooks import keys
from app.services.webhooks.scheduling import schedule
from app.settings import Settings
from app.uow import UnitOfWork

HEALTHY: Mapping[str, Any] = {"failures": 0, "failing_since": None, "rests_until": None, "slow": False}


async def create_webhook_endpoint(
    uow: UnitOfWork,
    settings: Settings,
    url: str,
    description: str | None = None,
    event_types: Sequence[EventType] = (),
    ordered: bool = False,
) -> tuple[WebhookEndpoint, str]:
    """The endpoint and its secret. It is told of what happens from here on, its own creation first."""
    secret = keys.new_secret()
    found = _checked(settings, {"url": url, "description": description, "event_types": event_types})
    sealed = Vault(settings).seal(secret)
    seq = await _listen(uow)
    await _check_room(uow, settings)
    endpoint = await uow.add(
        WebhookEndpoint(**found, ordered=ordered, status=WebhookStatus.ACTIVE, secret=sealed, sent_seq=seq)
    )
    await due_work.leave_once(uow, WorkKind.TIDY_WEBHOOKS, endpoint.organization_id, uow.now + timedelta(days=1))
    uow.emit(EventType.WEBHOOK_ENDPOINT_CREATED, endpoint)
    return endpoint, secret


async def update_webhook_endpoint(
    uow: UnitOfWork, settings: Settings, webhook_endpoint_id: UUID, version: int, **changes: Any
) -> WebhookEndpoint:
    """Of another URL nothing bad is known yet."""
    endpoint = await there(uow, webhook_endpoint_id)
    found = _checked(settings, changes)
    moved = found.get("url", endpoint.url) != endpoint.url
    await uow.change(endpoint, version, found)
    if moved:
        await _trust_again(uow, endpoint)
    await schedule(uow, endpoint)
    uow.emit(EventType.WEBHOOK_ENDPOINT_UPDATED, endpoint)
    return endpoint


async def rotate_webhook_secret(
    uow: UnitOfWork, settings: Settings, webhook_endpoint_id: UUID
) -> tuple[WebhookEndpoint, str]:
    """Another secret; the one before signs besides for a while, and any older one no more."""
    endpoint = await there(uow, webhook_endpoint_id)
    secret = keys.new_secret()
    until = uow.now + timedelta(seconds=settings.webhook_secret_overlap_s)
    # in SQL, for secrets are not loaded
    await uow.session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.organization_id == endpoint.organization_id, WebhookEndpoint.id == endpoint.id)
        .values(
            secret=Vault(settings).seal(secret),
            old_secret=WebhookEndpoint.secret,
            old_secret_until=until,
            version=WebhookEndpoint.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    await uow.session.refresh(endpoint)
    uow.emit(EventType.WEBHOOK_SECRET_ROTATED, endpoint)
    return endpoint, secret


async def enable_webhook_endpoint(
    uow: UnitOfWork, webhook_endpoint_id: UUID, skip_missed: bool = False
) -> WebhookEndpoint:
    """Go on where it stopped, or with what happens from here on; what waits is tried at once."""
    endpoint = await there(uow, webhook_endpoint_id)
    await uow.transition(endpoint, WebhookStatus.ACTIVE, disabled_reason=None, disabled_at=None, **HEALTHY)
    await uow.session.execute(
        update(WebhookDelivery)
        .where(*_pending(endpoint))
        .values(next_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    await schedule(uow, endpoint)
    seq = await _listen(uow)
    if skip_missed:
        endpoint.sent_seq = seq
    uow.emit(EventType.WEBHOOK_ENDPOINT_ENABLED, endpoint)
    return endpoint


async def disable_webhook_endpoint(uow: UnitOfWork, webhook_endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = await there(uow, webhook_endpoint_id)
    return await disable(uow, endpoint, WebhookDisabledReason.BY_HAND)


async def disable(uow: UnitOfWork, endpoint: WebhookEndpoint, reason: WebhookDisabledReason) -> WebhookEndpoint:
    """Admins hear of it, unless one of them did it."""
    await uow.transition(endpoint, WebhookStatus.DISABLED, disabled_reason=reason, disabled_at=uow.now)
    if reason is not WebhookDisabledReason.BY_HAND:
        await uow.later(WorkKind.NOTIFY_WEBHOOK_DISABLED, endpoint.id)
    uow.emit(EventType.WEBHOOK_ENDPOINT_DISABLED, endpoint, payload={"reason": reason.value})
    return endpoint


async def remove_webhook_endpoint(uow: UnitOfWork, webhook_endpoint_id: UUID) -> WebhookEndpoint:
    """For good. What was delivered stays to be looked at for a while."""
    endpoint = await there(uow, webhook_endpoint_id)
    gone = {"secret": None, "old_secret": None, "old_secret_until": None, "disabled_reason": None}
    await uow.transition(endpoint, WebhookStatus.REMOVED, **gone)
    await uow.session.execute(
        update(WebhookDelivery)
        .where(*_pending(endpoint))
        .values(status=WebhookDeliveryStatus.CANCELLED, updated_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    uow.emit(EventType.WEBHOOK_ENDPOINT_REMOVED, endpoint)
    return endpoint


async def there(uow: UnitOfWork, endpoint_id: UUID) -> WebhookEndpoint:
    """Locked: whoever feeds it or writes down what it answered waits."""
    endpoint = await uow.get(WebhookEndpoint, endpoint_id, lock=True)
    if endpoint.status is WebhookStatus.REMOVED:
        raise BadUserInput("This endpoint was removed; create another.", "webhookEndpointId")
    return endpoint


async def listening(uow: UnitOfWork, endpoint_id: UUID) -> WebhookEndpoint:
    """Locked, and told of events now."""
    endpoint = await there(uow, endpoint_id)
    if endpoint.status is not WebhookStatus.ACTIVE:
        raise BadUserInput("This endpoint is disabled; enable it first.", "webhookEndpointId")
    return endpoint


async def _listen(uow: UnitOfWork) -> int:
    """Let every event from here on leave work for webhooks; answers where the log ends, which stays so until commit."""
    heads = (
        update(EventHead)
        .where(EventHead.organization_id == uow.viewer.organization_id)
        .values(listening=True)
        .returning(EventHead.seq)
        .execution_options(synchronize_session=False)
    )
    return int((await uow.session.execute(heads)).scalar_one())


async def _check_room(uow: UnitOfWork, settings: Settings) -> None:
    """Behind the lock of the event head, so that two who add the last one wait for each other."""
    there = select(func.count()).where(
        WebhookEndpoint.organization_id == uow.viewer.organization_id, WebhookEndpoint.status != WebhookStatus.REMOVED
    )
    if (await uow.session.execute(there)).scalar_one() >= settings.webhook_endpoints_max:
        raise Conflict(f"An organization has {settings.webhook_endpoints_max} webhook endpoints at most.")


def _checked(settings: Settings, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    if "url" in found:
        found["url"] = outside.address(found["url"], "url", private=settings.partner_private)
    if "description" in found:
        found["description"] = values.text(found["description"], "description")
    if "event_types" in found:
        found["event_types"] = sorted({type.value for type in found["event_types"]})
    return found


async def _trust_again(uow: UnitOfWork, endpoint: WebhookEndpoint) -> None:
    for name, value in HEALTHY.items():
        setattr(endpoint, name, value)
    await uow.flush()


def _pending(endpoint: WebhookEndpoint) -> tuple[Any, ...]:
    return (
        WebhookDelivery.organization_id == endpoint.organization_id,
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.status == WebhookDeliveryStatus.PENDING,
    )
