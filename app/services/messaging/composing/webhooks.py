"""What there is to say about endpoints that should be told of events."""

from urllib.parse import urlsplit

from app.models import Notification, WebhookDisabledReason, WebhookEndpoint, WebhookStatus
from app.services.messaging.rendering import Values
from app.services.messaging.speech import Speech
from app.uow import UnitOfWork


async def failing(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if it works again, or nobody tells it anything."""
    endpoint = await uow.fetch(WebhookEndpoint, notification.about)
    if endpoint.status is not WebhookStatus.ACTIVE or endpoint.failing_since is None:
        return None
    return {"endpoint": _named(endpoint), "since": speech.moment(endpoint.failing_since), "gone": None}


async def disabled(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if it is enabled again, or was removed."""
    endpoint = await uow.fetch(WebhookEndpoint, notification.about)
    if endpoint.status is not WebhookStatus.DISABLED or endpoint.disabled_at is None:
        return None
    since = speech.moment(endpoint.failing_since or endpoint.disabled_at)
    gone = "yes" if endpoint.disabled_reason is WebhookDisabledReason.GONE else None
    return {"endpoint": _named(endpoint), "since": since, "gone": gone}


def _named(endpoint: WebhookEndpoint) -> str:
    """The host alone: a URL may hold a key."""
    return urlsplit(endpoint.url).hostname or endpoint.url
