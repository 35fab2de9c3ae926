"""Relations of webhook endpoints, and of what was sent to them."""

from app.loaders.base import Listing, ToOne
from app.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookReplay

ENDPOINTS = Listing(
    WebhookEndpoint, "-created_at", filters={"status": lambda statuses: WebhookEndpoint.status.in_(statuses)}
)
ENDPOINT_DELIVERIES = Listing(
    WebhookDelivery,
    "-created_at",
    remote="endpoint_id",
    filters={"status": lambda statuses: WebhookDelivery.status.in_(statuses)},
)
ENDPOINT_REPLAYS = Listing(WebhookReplay, "-created_at", remote="endpoint_id")
DELIVERY_ENDPOINT = ToOne(WebhookEndpoint, "endpoint_id")
DELIVERY_ATTEMPTS = Listing(WebhookAttempt, "-created_at", remote="delivery_id")
REPLAY_ENDPOINT = ToOne(WebhookEndpoint, "endpoint_id")
