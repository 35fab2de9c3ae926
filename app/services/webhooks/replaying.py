"""Telling again: a test, one delivery, or a stretch of the log."""

from uuid import UUID

from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from app import events
from app.errors import BadUserInput, Conflict
from app.models import (
    Event,
    EventType,
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookEndpoint,
    WebhookReplay,
    WebhookReplayStatus,
    WebhookStatus,
    WorkKind,
)
from app.services import values
from app.services.webhooks import feeding, messages
from app.services.webhooks.endpoints import listening
from app.services.webhooks.scheduling import schedule
from app.settings import Settings
from app.uow import UnitOfWork


async def send_test_webhook(uow: UnitOfWork, webhook_endpoint_id: UUID) -> WebhookDelivery:
    """Tried once, and ahead of everything that waits for its turn."""
    endpoint = await listening(uow, webhook_endpoint_id)
    delivery = await uow.add(
        WebhookDelivery(
            id=uuid7(),
            endpoint_id=endpoint.id,
            seq=0,
            type=messages.TEST,
            status=WebhookDeliveryStatus.PENDING,
            body=messages.test_body(await values.organization(uow), uow.now),
            next_at=uow.now,
        )
    )
    await schedule(uow, endpoint)
    uow.emit(EventType.WEBHOOK_TESTED, endpoint)
    return delivery


async def retry_webhook_delivery(uow: UnitOfWork, webhook_delivery_id: UUID) -> WebhookDelivery:
    """At once, with all attempts of the schedule anew."""
    endpoint = await listening(uow, (await uow.get(WebhookDelivery, webhook_delivery_id)).endpoint_id)
    delivery = await uow.get(WebhookDelivery, webhook_delivery_id, lock=True)
    if delivery.status is not WebhookDeliveryStatus.PENDING:
        await uow.transition(delivery, WebhookDeliveryStatus.PENDING, delivered_at=None)
    delivery.attempts, delivery.next_at = 0, uow.now
    await uow.flush()
    await schedule(uow, endpoint)
    uow.emit(EventType.WEBHOOK_DELIVERY_RETRIED, endpoint, payload={"delivery_id": delivery.id})
    return delivery


async def replay_webhooks(
    uow: UnitOfWork,
    settings: Settings,
    webhook_endpoint_id: UUID,
    after: int | None = None,
    until: int | None = None,
) -> WebhookReplay:
    """The events behind `after`, up to `until`, that the endpoint wants to hear of. Raises `CursorExpired`."""
    endpoint = await listening(uow, webhook_endpoint_id)
    head = (await uow.scalars(events.head(endpoint.organization_id)))[0]
    begin = head.erased_through if after is None else after
    end = head.seq if until is None else until
    for place in (begin, end):
        events.check_cursor(place, head)
    if end <= begin:
        raise BadUserInput("`until` lies behind `after`.", "until")
    running = select(WebhookReplay.id).where(
        WebhookReplay.organization_id == endpoint.organization_id,
        WebhookReplay.endpoint_id == endpoint.id,
        WebhookReplay.status == WebhookReplayStatus.RUNNING,
    )
    if await uow.first(running) is not None:
        raise Conflict("Events go to this endpoint again already; wait until all of them are queued.")
    replay = await uow.add(
        WebhookReplay(
            endpoint_id=endpoint.id,
            status=WebhookReplayStatus.RUNNING,
            after_seq=begin,
            until_seq=end,
            done_seq=begin,
            events=await _count(uow, settings, endpoint, begin, end),
        )
    )
    await uow.later(WorkKind.REPLAY_WEBHOOKS, replay.id)
    uow.emit(EventType.WEBHOOKS_REPLAYED, replay, payload={"endpoint_id": endpoint.id})
    return replay


async def _count(uow: UnitOfWork, settings: Settings, endpoint: WebhookEndpoint, begin: int, end: int) -> int:
    limit = settings.webhook_replay_max
    found = events.after(uow.viewer, begin, feeding.wanted(endpoint), limit + 1)
    rows = found.where(Event.seq <= end).with_only_columns(Event.seq).subquery()
    count = int((await uow.session.execute(select(func.count()).select_from(rows))).scalar_one())
    if count > limit:
        raise BadUserInput(f"One replay has {limit} events at most; replay them in parts.", "until")
    return count


async def replay_portion(uow: UnitOfWork, replay_id: UUID) -> bool:
    """Queue the next events of a replay; answers whether there may be more. Its endpoint is locked first."""
    replay = await uow.fetch(WebhookReplay, replay_id)
    endpoint = await uow.fetch(WebhookEndpoint, replay.endpoint_id, lock=True)
    await uow.session.refresh(replay, with_for_update=True)
    if replay.status is not WebhookReplayStatus.RUNNING:
        return False
    if endpoint.status is not WebhookStatus.ACTIVE:
        await uow.transition(replay, WebhookReplayStatus.CANCELLED, finished_at=uow.now)
        return False
    found = await feeding.read(uow, endpoint, replay.done_seq, replay.until_seq)
    if found:
        await uow.session.execute(feeding.requeued(uow), await feeding.drafted(uow, endpoint, found))
        replay.done_seq = found[-1].seq
        replay.events_done += len(found)
        await uow.flush()
        await schedule(uow, endpoint)
    if len(found) == feeding.BATCH:
        return True
    await uow.transition(replay, WebhookReplayStatus.SUCCEEDED, done_seq=replay.until_seq, finished_at=uow.now)
    return False
