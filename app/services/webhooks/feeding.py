"""From the log to deliveries: each endpoint has a cursor on the log, so nothing is missed, whoever dies where."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Insert, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app import events
from app.events import EventFilter
from app.models import (
    Event,
    EventHead,
    EventType,
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookEndpoint,
    WebhookStatus,
)
from app.services import values
from app.services.webhooks import messages
from app.services.webhooks.scheduling import schedule
from app.uow import UnitOfWork

BATCH = 500
UNIQUE: dict[str, Any] = {
    "index_elements": ["organization_id", "endpoint_id", "seq"],
    "index_where": text("seq > 0"),
}


async def hear(uow: UnitOfWork) -> None:
    """Let the next event leave work again; whatever is committed by then is in the log that is read next.

    The head is locked first: whether somebody listens is seen as of now, and whoever begins to waits.
    """
    organization = uow.viewer.organization_id
    head = EventHead.organization_id == organization
    await uow.session.execute(select(EventHead.seq).where(head).with_for_update())
    active = exists().where(
        WebhookEndpoint.organization_id == organization, WebhookEndpoint.status == WebhookStatus.ACTIVE
    )
    await uow.session.execute(
        update(EventHead).where(head).values(woken=False, listening=active).execution_options(synchronize_session=False)
    )


async def behind(uow: UnitOfWork) -> Sequence[UUID]:
    """Endpoints that do not know yet how the log ends."""
    organization = uow.viewer.organization_id
    return await uow.scalars(
        select(WebhookEndpoint.id)
        .join(EventHead, EventHead.organization_id == WebhookEndpoint.organization_id)
        .where(
            WebhookEndpoint.organization_id == organization,
            WebhookEndpoint.status == WebhookStatus.ACTIVE,
            WebhookEndpoint.sent_seq < EventHead.seq,
        )
        .order_by(WebhookEndpoint.id)
    )


async def feed(uow: UnitOfWork, endpoint_id: UUID) -> bool:
    """Queue the next events for an endpoint; answers whether there may be more."""
    endpoint = await uow.fetch(WebhookEndpoint, endpoint_id, lock=True)
    if endpoint.status is not WebhookStatus.ACTIVE:
        return False
    head = await uow.first(events.head(endpoint.organization_id))
    if head is None or head.seq <= endpoint.sent_seq:
        return False
    found = await read(uow, endpoint, endpoint.sent_seq, head.seq)
    if found:
        rows = await drafted(uow, endpoint, found)
        await uow.session.execute(insert(WebhookDelivery).on_conflict_do_nothing(**UNIQUE), rows)
    more = len(found) == BATCH
    endpoint.sent_seq = found[-1].seq if more else head.seq
    await uow.flush()
    await schedule(uow, endpoint)
    return more


async def read(uow: UnitOfWork, endpoint: WebhookEndpoint, after: int, until: int) -> Sequence[Event]:
    """The next events that the endpoint wants to hear of."""
    found = events.after(uow.viewer, after, wanted(endpoint), BATCH)
    return await uow.scalars(found.where(Event.seq <= until))


def wanted(endpoint: WebhookEndpoint) -> EventFilter:
    types = frozenset(EventType(word) for word in endpoint.event_types if word in EventType.__members__)
    return EventFilter(types=types if endpoint.event_types else None)


async def drafted(uow: UnitOfWork, endpoint: WebhookEndpoint, found: Sequence[Event]) -> list[dict[str, Any]]:
    """A delivery of each. Its id follows from the endpoint and the event, so that it is the same for ever."""
    organization = await values.organization(uow)
    return [
        {
            "organization_id": endpoint.organization_id,
            "id": uuid5(endpoint.id, str(event.seq)),
            "endpoint_id": endpoint.id,
            "seq": event.seq,
            "type": messages.type_of(event.type.value),
            "status": WebhookDeliveryStatus.PENDING,
            "body": messages.body(organization, event),
            "next_at": uow.now,
            "created_at": uow.now,
            "updated_at": uow.now,
        }
        for event in found
    ]


def requeued(uow: UnitOfWork) -> Insert:
    """Rows that may be there already begin anew."""
    fresh = {
        "status": WebhookDeliveryStatus.PENDING,
        "attempts": 0,
        "next_at": uow.now,
        "delivered_at": None,
        "updated_at": uow.now,
    }
    return insert(WebhookDelivery).on_conflict_do_update(**UNIQUE, set_=fresh)
