"""What goes to an endpoint next, and what becomes of it when the endpoint has answered.

Between the two nothing is locked. Whoever dies there has it sent again, under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from uuid import UUID

from sqlalchemy import Select, select

from app.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookStatus,
    WorkKind,
)
from app.models.base import among
from app.services import due_work
from app.services.webhooks import keys
from app.services.webhooks.endpoints import disable
from app.services.webhooks.sending import GONE, Answer, Parcel
from app.settings import Settings
from app.uow import UnitOfWork

DAY_S = 24 * 3600.0
JITTER = 0.2
BUSY = (429, 503)
"""Who answers so and says until when wants nothing at all before."""
FAILURES_BEFORE_REST = 8
"""So many attempts in a row may fail before the endpoint is left alone for a while after each."""
REST_MAX_S = 300.0
SLOW_MS = 3_000
DICE = SystemRandom()


@dataclass(frozen=True)
class Round:
    """What is sent side by side. secrets: none where no key of ours opens them."""

    url: str
    secrets: Sequence[str]
    parcels: Sequence[Parcel]


async def is_slow(uow: UnitOfWork, endpoint_id: UUID) -> bool:
    return (await uow.fetch(WebhookEndpoint, endpoint_id)).slow


async def next_round(uow: UnitOfWork, settings: Settings, endpoint: WebhookEndpoint) -> Round | None:
    """Of an endpoint that is held. None if nothing is to be sent now."""
    if endpoint.status is not WebhookStatus.ACTIVE:
        return None
    if endpoint.rests_until is not None and endpoint.rests_until > uow.now:
        return None
    due = await uow.scalars(_due(endpoint, settings.webhook_requests_at_once))
    parcels = [Parcel(delivery.id, delivery.body) for delivery in due if delivery.next_at <= uow.now]
    if not parcels:
        return None
    return Round(endpoint.url, await keys.of(uow, settings, endpoint), parcels)


def _due(endpoint: WebhookEndpoint, at_once: int) -> Select[WebhookDelivery]:
    """In order, the first alone: whatever it waits for, the others wait for it."""
    pending = select(WebhookDelivery).where(
        WebhookDelivery.organization_id == endpoint.organization_id,
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.status == WebhookDeliveryStatus.PENDING,
    )
    if endpoint.ordered:
        return pending.order_by(WebhookDelivery.seq).limit(1)
    return pending.order_by(WebhookDelivery.next_at, WebhookDelivery.seq).limit(at_once)


async def hold(uow: UnitOfWork, endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint, locked, so that nothing is queued unseen while its work is struck off."""
    return await uow.fetch(WebhookEndpoint, endpoint_id, lock=True)


async def record(uow: UnitOfWork, settings: Settings, endpoint: WebhookEndpoint, answers: Sequence[Answer]) -> None:
    """What an endpoint that is held answered, and what follows from it."""
    deliveries = await _deliveries(uow, endpoint, [answer.parcel.delivery_id for answer in answers])
    attempts: list[WebhookAttempt] = []
    for answer in answers:
        delivery = deliveries.get(answer.parcel.delivery_id)
        if delivery is not None:
            attempts.append(_attempt(answer))
            _conclude(uow, settings, delivery, answer)
    await uow.add_all(attempts)
    endpoint.slow = any(answer.duration_ms >= SLOW_MS for answer in answers)
    if any(answer.delivered for answer in answers):
        endpoint.failures, endpoint.failing_since = 0, None
    else:
        await _note_failures(uow, settings, endpoint, answers)
    endpoint.rests_until = _rests_until(uow, endpoint, answers)
    await uow.flush()
    if endpoint.status is WebhookStatus.ACTIVE:
        await _judge(uow, settings, endpoint, answers)


async def _deliveries(uow: UnitOfWork, endpoint: WebhookEndpoint, ids: Sequence[UUID]) -> dict[UUID, WebhookDelivery]:
    found = await uow.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.organization_id == endpoint.organization_id, among(WebhookDelivery.id, ids))
        .order_by(WebhookDelivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {delivery.id: delivery for delivery in found}


def _attempt(answer: Answer) -> WebhookAttempt:
    return WebhookAttempt(
        delivery_id=answer.parcel.delivery_id,
        url=answer.url,
        request_headers=dict(answer.headers),
        response_status=answer.status,
        response_body=answer.body,
        duration_ms=answer.duration_ms,
        error=answer.error,
        created_at=answer.at,
    )


def _conclude(uow: UnitOfWork, settings: Settings, delivery: WebhookDelivery, answer: Answer) -> None:
    """A test is tried once; an event, as long as the schedule goes."""
    if delivery.status is not WebhookDeliveryStatus.PENDING:
        return
    delivery.attempts += 1
    waits = settings.webhook_schedule_s
    if answer.delivered:
        delivery.status, delivery.delivered_at = WebhookDeliveryStatus.DELIVERED, uow.now
    elif delivery.seq == 0 or delivery.attempts > len(waits):
        delivery.status = WebhookDeliveryStatus.FAILED
    else:
        delivery.next_at = uow.now + timedelta(seconds=wait_s(waits[delivery.attempts - 1], answer.retry_after_s))


def wait_s(scheduled_s: float, retry_after_s: float) -> float:
    """Spread out, so that not all come back at once; not before the endpoint wants it, and a day at most."""
    spread_s = scheduled_s * DICE.uniform(1 - JITTER, 1 + JITTER)
    return min(max(spread_s, retry_after_s), DAY_S)


async def _note_failures(
    uow: UnitOfWork, settings: Settings, endpoint: WebhookEndpoint, answers: Sequence[Answer]
) -> None:
    endpoint.failures += len(answers)
    if endpoint.failing_since is None:
        endpoint.failing_since = min(answer.at for answer in answers)
        alert_at = endpoint.failing_since + timedelta(seconds=settings.webhook_alert_s)
        await due_work.leave_once(uow, WorkKind.NOTIFY_WEBHOOK_FAILING, endpoint.id, alert_at)


def _rests_until(uow: UnitOfWork, endpoint: WebhookEndpoint, answers: Sequence[Answer]) -> datetime | None:
    asked_s = max((answer.retry_after_s for answer in answers if answer.status in BUSY), default=0)
    over = endpoint.failures - FAILURES_BEFORE_REST
    rest_s = min(2.0 ** min(over, 20), REST_MAX_S) if over > 0 else 0
    longest_s = min(max(asked_s, rest_s), DAY_S)
    return uow.now + timedelta(seconds=longest_s) if longest_s else None


async def _judge(uow: UnitOfWork, settings: Settings, endpoint: WebhookEndpoint, answers: Sequence[Answer]) -> None:
    """Who does not want to be told, or cannot be for days, is told no more."""
    longest = timedelta(days=settings.webhook_disable_days)
    if any(answer.status == GONE for answer in answers):
        await disable(uow, endpoint, WebhookDisabledReason.GONE)
    elif endpoint.failing_since is not None and uow.now - endpoint.failing_since >= longest:
        await disable(uow, endpoint, WebhookDisabledReason.FAILING)
