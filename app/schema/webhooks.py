"""Webhooks: who is told of events, and what was told."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from app import models
from app.loaders import webhooks as relations
from app.models.events import EventType
from app.models.webhooks import (
    WebhookDeliveryStatus,
    WebhookDisabledReason,
    WebhookReplayStatus,
    WebhookStatus,
)
from app.schema.fields import Connection, column, derived, listing, to_one, vocabulary
from app.schema.inputs import Values
from app.schema.nodes import Node, node
from app.schema.scalars import EventSeq
from app.services.webhooks import message_id

vocabulary(WebhookStatus, "Where a webhook endpoint stands.")
vocabulary(WebhookDisabledReason, "Why a webhook endpoint is disabled.")
vocabulary(WebhookDeliveryStatus, "Where a delivery stands.")
vocabulary(WebhookReplayStatus, "Where a replay stands.")


@strawberry.input(description="Which deliveries are wanted.")
class WebhookDeliveryFilter(Values):
    status: list[WebhookDeliveryStatus] | None = column("In one of these states.", default=None)


@node(models.WebhookEndpoint, "A URL that is told of events by the Standard Webhooks specification.")
class WebhookEndpoint(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    status: WebhookStatus = column("Where it stands.")
    url: str = column("Where events are posted to.")
    description: str | None = column("What it is for.")
    event_types: list[EventType] = derived(
        lambda row: [EventType(word) for word in row.event_types], "Of what it is told; empty for everything."
    )
    ordered: bool = column("Whether an event waits until the one before is delivered or given up.")
    disabled_reason: WebhookDisabledReason | None = column("Why it is disabled, if it is.")
    disabled_at: datetime | None = column("Since when it is disabled, if it is.")
    told_until: EventSeq = derived(lambda row: row.sent_seq, "Events up to here are queued for it, or told.")
    failures: int = column("Attempts in a row that failed.")
    failing_since: datetime | None = column("Since when none succeeds; null if the last one did.")
    rests_until: datetime | None = column("Until when nothing is sent: it asked for that, or fails again and again.")
    old_secret_until: datetime | None = column(
        "Until when the key from before the last rotation signs besides.", name="rotationEndsAt"
    )
    created_at: datetime = column("When it was added.")
    deliveries: Connection[Annotated["WebhookDelivery", strawberry.lazy("app.schema.webhooks")]] = listing(
        relations.ENDPOINT_DELIVERIES,
        "What was sent to it or waits to be, the latest first; kept for some weeks.",
        filter=WebhookDeliveryFilter,
    )
    replays: Connection[Annotated["WebhookReplay", strawberry.lazy("app.schema.webhooks")]] = listing(
        relations.ENDPOINT_REPLAYS, "When past events were queued again, the latest first."
    )


@node(models.WebhookDelivery, "One event on its way to one endpoint.")
class WebhookDelivery(Node):
    message_id: str = derived(lambda row: message_id(row.id), "The `webhook-id`, the same however often it is sent.")
    type: str = column("The type of the event as the endpoint sees it, as `booking.confirmed`.")
    seq: EventSeq | None = derived(lambda row: row.seq or None, "The event's place in the log; null for a test.")
    status: WebhookDeliveryStatus = column("Where it stands.")
    body: str = column("What is sent, byte for byte.")
    attempt_count: int = derived(lambda row: row.attempts, "Attempts since it was queued last.")
    next_at: datetime | None = derived(
        lambda row: row.next_at if row.status is WebhookDeliveryStatus.PENDING else None,
        "When the next attempt is, if there is to be one.",
    )
    delivered_at: datetime | None = column("When the endpoint took it, if it did.")
    created_at: datetime = column("When it was queued first.")
    endpoint: WebhookEndpoint = to_one(relations.DELIVERY_ENDPOINT, "Whom it is for.")
    attempts: Connection[Annotated["WebhookAttempt", strawberry.lazy("app.schema.webhooks")]] = listing(
        relations.DELIVERY_ATTEMPTS, "Every attempt, the latest first."
    )


@strawberry.type(description="One try to deliver, and what came back.")
class WebhookAttempt:
    created_at: datetime = column("When the request was sent.")
    url: str = column("Where to.")
    request_headers: JSON = column("What was sent with the body, but for the signature.")
    response_status: int | None = column("The status that was answered; null if there was no answer.")
    response_body: str | None = column("The first 2 KB of the answer; null if there was none.")
    duration_ms: int = column("How long it took until the answer, in milliseconds.")
    error: str | None = column("Why there was no answer; for people.")


@node(models.WebhookReplay, "A stretch of the log that goes to an endpoint again.")
class WebhookReplay(Node):
    status: WebhookReplayStatus = column("Where it stands.")
    after: EventSeq = derived(lambda row: row.after_seq, "Events behind this place.")
    until: EventSeq = derived(lambda row: row.until_seq, "Events up to this place.")
    events: int = column("How many events the endpoint wants of these.")
    events_done: int = column("How many of them are queued.")
    created_at: datetime = column("When it was asked for.")
    finished_at: datetime | None = column("When it ended.")
    endpoint: WebhookEndpoint = to_one(relations.REPLAY_ENDPOINT, "Whom they go to.")


@strawberry.input(description="Which endpoints are wanted.")
class WebhookEndpointFilter(Values):
    status: list[WebhookStatus] | None = column("In one of these states.", default=None)


@strawberry.input(description="A URL to tell of events from now on.")
class CreateWebhookEndpointInput(Values):
    url: str = column("Where events are posted to: it begins with https:// and is reached from everywhere.")
    description: str | None = column("What it is for.", default=None)
    event_types: list[EventType] | None = column("Of what it is told; left out or empty: everything.", default=None)
    ordered: bool = column("Whether an event waits until the one before is delivered or given up.", default=False)


@strawberry.input(description="What to change of an endpoint; what is left out stays.")
class UpdateWebhookEndpointInput(Values):
    webhook_endpoint_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    url: strawberry.Maybe[str] = column("Where events are posted to.")
    description: strawberry.Maybe[str | None] = column("What it is for.")
    event_types: strawberry.Maybe[list[EventType]] = column("Of what it is told; empty: everything.")
    ordered: strawberry.Maybe[bool] = column("Whether an event waits until the one before is over.")


@strawberry.input(description="An endpoint that gets another signing key.")
class RotateWebhookSecretInput(Values):
    webhook_endpoint_id: strawberry.ID = column("Which.")


@strawberry.input(description="An endpoint to tell of events again.")
class EnableWebhookEndpointInput(Values):
    webhook_endpoint_id: strawberry.ID = column("Which.")
    skip_missed: bool = column("Leave out what happened while it was disabled.", default=False)


@strawberry.input(description="An endpoint to tell of nothing for a while.")
class DisableWebhookEndpointInput(Values):
    webhook_endpoint_id: strawberry.ID = column("Which.")


@strawberry.input(description="An endpoint to give up for good.")
class RemoveWebhookEndpointInput(Values):
    webhook_endpoint_id: strawberry.ID = column("Which.")


@strawberry.input(description="An endpoint to try.")
class SendTestWebhookInput(Values):
    webhook_endpoint_id: strawberry.ID = column("Which.")


@strawberry.input(description="A delivery to try again now.")
class RetryWebhookDeliveryInput(Values):
    webhook_delivery_id: strawberry.ID = column("Which.")


@strawberry.input(description="A stretch of the log to send again.")
class ReplayWebhooksInput(Values):
    webhook_endpoint_id: strawberry.ID = column("To which endpoint.")
    after: EventSeq | None = column("Events behind this place; left out: from the start of the log.", default=None)
    until: EventSeq | None = column("Events up to this place; left out: to the end of the log.", default=None)
