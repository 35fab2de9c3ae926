"""Saying who is told of events, and looking at what was told."""

from app.access import Permission
from app.context import Info
from app.loaders import webhooks as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import InvalidTransition, VersionConflict
from app.schema.webhooks import (
    CreateWebhookEndpointInput,
    DisableWebhookEndpointInput,
    EnableWebhookEndpointInput,
    RemoveWebhookEndpointInput,
    ReplayWebhooksInput,
    RetryWebhookDeliveryInput,
    RotateWebhookSecretInput,
    SendTestWebhookInput,
    UpdateWebhookEndpointInput,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointFilter,
    WebhookReplay,
)
from app.services import webhooks
from app.uow import UnitOfWork

connection(
    "webhook_endpoints",
    relations.ENDPOINTS,
    WebhookEndpoint,
    "URLs that are told of events, the newest first.",
    Permission.WEBHOOKS,
    filter=WebhookEndpointFilter,
)

ENDPOINT = {"webhook_endpoint": (WebhookEndpoint, "The endpoint, as it is now.")}
WITH_SECRET = {
    **ENDPOINT,
    "secret": (str, "The key that signs, beginning with `whsec_`; shown here and never again."),
}
DELIVERY = {"webhook_delivery": (WebhookDelivery, "The delivery; look at it again to see what came of it.")}


@mutation("Tell a URL of events from now on.", Permission.WEBHOOKS, answers=WITH_SECRET)
async def create_webhook_endpoint(info: Info, uow: UnitOfWork, input: CreateWebhookEndpointInput) -> Nodes:
    settings = info.context.server.settings
    endpoint, secret = await webhooks.create_webhook_endpoint(uow, settings, **input.values())
    return {"webhook_endpoint": endpoint, "secret": secret}


@mutation(
    "Change where an endpoint is, of what it is told, and in which order.",
    Permission.WEBHOOKS,
    answers=ENDPOINT,
    refusals=(VersionConflict,),
)
async def update_webhook_endpoint(info: Info, uow: UnitOfWork, input: UpdateWebhookEndpointInput) -> Nodes:
    settings = info.context.server.settings
    return {"webhook_endpoint": await webhooks.update_webhook_endpoint(uow, settings, **input.values())}


@mutation(
    "Sign with another key. The one before signs besides for a day, so that the endpoint can be given the new one.",
    Permission.WEBHOOKS,
    answers=WITH_SECRET,
)
async def rotate_webhook_secret(info: Info, uow: UnitOfWork, input: RotateWebhookSecretInput) -> Nodes:
    settings = info.context.server.settings
    endpoint, secret = await webhooks.rotate_webhook_secret(uow, settings, **input.values())
    return {"webhook_endpoint": endpoint, "secret": secret}


@mutation(
    "Tell an endpoint of events again. It goes on where it stopped.",
    Permission.WEBHOOKS,
    answers=ENDPOINT,
    refusals=(InvalidTransition,),
)
async def enable_webhook_endpoint(info: Info, uow: UnitOfWork, input: EnableWebhookEndpointInput) -> Nodes:
    return {"webhook_endpoint": await webhooks.enable_webhook_endpoint(uow, **input.values())}


@mutation(
    "Tell an endpoint of nothing until it is enabled; what waits for it stays.",
    Permission.WEBHOOKS,
    answers=ENDPOINT,
    refusals=(InvalidTransition,),
)
async def disable_webhook_endpoint(info: Info, uow: UnitOfWork, input: DisableWebhookEndpointInput) -> Nodes:
    return {"webhook_endpoint": await webhooks.disable_webhook_endpoint(uow, **input.values())}


@mutation(
    "Give an endpoint up for good, its keys with it; what waits for it is cancelled.",
    Permission.WEBHOOKS,
    answers=ENDPOINT,
)
async def remove_webhook_endpoint(info: Info, uow: UnitOfWork, input: RemoveWebhookEndpointInput) -> Nodes:
    return {"webhook_endpoint": await webhooks.remove_webhook_endpoint(uow, **input.values())}


@mutation("Send an endpoint a `waypost.test`, once.", Permission.WEBHOOKS, answers=DELIVERY)
async def send_test_webhook(info: Info, uow: UnitOfWork, input: SendTestWebhookInput) -> Nodes:
    return {"webhook_delivery": await webhooks.send_test_webhook(uow, **input.values())}


@mutation(
    "Try a delivery again now, whatever became of it, under the same `webhook-id`.",
    Permission.WEBHOOKS,
    answers=DELIVERY,
)
async def retry_webhook_delivery(info: Info, uow: UnitOfWork, input: RetryWebhookDeliveryInput) -> Nodes:
    return {"webhook_delivery": await webhooks.retry_webhook_delivery(uow, **input.values())}


@mutation(
    "Send past events to an endpoint again, each under the same `webhook-id` as before.",
    Permission.WEBHOOKS,
    answers={"webhook_replay": (WebhookReplay, "The replay; look at it again to see how far it is.")},
)
async def replay_webhooks(info: Info, uow: UnitOfWork, input: ReplayWebhooksInput) -> Nodes:
    settings = info.context.server.settings
    return {"webhook_replay": await webhooks.replay_webhooks(uow, settings, **input.values())}
