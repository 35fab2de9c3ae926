"""What there is to say about news."""

from app.models import Notification, Post, PostStatus
from app.services.messaging.rendering import Values
from app.services.messaging.speech import Speech
from app.uow import UnitOfWork


async def post(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if it was withdrawn, or is over."""
    row = await uow.fetch(Post, notification.about)
    over = row.expires_at is not None and row.expires_at <= uow.now
    if row.status is not PostStatus.PUBLISHED or over:
        return None
    return {"title": row.title, "text": row.body, "category": row.category}
