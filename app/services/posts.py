"""News: written, put before their readers at their time, taken back, and read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.access import conditions
from app.errors import BadUserInput, InvalidTransition, NotFound
from app.models import EventType, Post, PostPriority, PostRead, PostStatus, WorkKind
from app.models.base import among
from app.services import due_work, values
from app.uow import UnitOfWork

TOLD = (PostPriority.IMPORTANT, PostPriority.URGENT)
"""Its readers hear of it without looking."""
READ_MAX = 100

CHECKS: dict[str, values.Check] = {
    "title": lambda value: values.name(value, "title"),
    "body": lambda value: _body(value),
    "category": lambda value: values.text(value, "category"),
}


def _body(value: str) -> str:
    text = values.text(value, "body")
    if text is None:
        raise BadUserInput("News say something.", "body")
    return text


async def create_post(uow: UnitOfWork, expires_at: datetime | None = None, **given: Any) -> Post:
    """Write a draft; it appears when it is published."""
    _check_end(uow.now, expires_at)
    post = Post(
        status=PostStatus.DRAFT,
        written_by=uow.viewer.user_id,
        expires_at=expires_at,
        **values.checked(given, CHECKS),
    )
    await uow.add(post)
    uow.emit(EventType.POST_CREATED, post)
    return post


async def update_post(uow: UnitOfWork, post_id: UUID, version: int, **changes: Any) -> Post:
    post = await uow.get(Post, post_id, lock=True)
    if post.status is PostStatus.WITHDRAWN:
        raise InvalidTransition("post", post.status.value, post.status.value)
    if "expires_at" in changes:
        _check_end(post.publish_at or uow.now, changes["expires_at"])
    await uow.change(post, version, values.checked(changes, CHECKS))
    uow.emit(EventType.POST_UPDATED, post)
    return post


async def publish_post(uow: UnitOfWork, post_id: UUID, publish_at: datetime | None = None) -> Post:
    """Put news before their readers: now, or when their time comes; until then the time can be moved."""
    post = await uow.get(Post, post_id, lock=True)
    at = max(publish_at or uow.now, uow.now)
    _check_end(at, post.expires_at)
    await due_work.withdraw(uow, post.id, WorkKind.PUBLISH_POST)
    if at == uow.now:
        await _publish(uow, post, at)
    else:
        await uow.transition(post, PostStatus.SCHEDULED, publish_at=at)
        uow.emit(EventType.POST_UPDATED, post, payload={"status": post.status})
        await uow.later(WorkKind.PUBLISH_POST, post.id, at)
    return post


async def publish_due(uow: UnitOfWork, post_id: UUID) -> None:
    """Its time has come, unless somebody has thought better of it."""
    post = await uow.fetch(Post, post_id, lock=True)
    if post.status is PostStatus.SCHEDULED and post.publish_at is not None and post.publish_at <= uow.now:
        await _publish(uow, post, post.publish_at)


async def withdraw_post(uow: UnitOfWork, post_id: UUID) -> Post:
    post = await uow.get(Post, post_id, lock=True)
    await uow.transition(post, PostStatus.WITHDRAWN)
    uow.emit(EventType.POST_WITHDRAWN, post)
    await due_work.withdraw(uow, post.id, WorkKind.PUBLISH_POST)
    return post


async def mark_posts_read(uow: UnitOfWork, post_ids: Sequence[UUID]) -> list[Post]:
    """The viewer has read them. Once is enough; no event, for nothing about the news has changed."""
    if not 1 <= len(post_ids) <= READ_MAX:
        raise BadUserInput(f"1 to {READ_MAX} at once.", "postIds")
    found = await uow.scalars(
        select(Post).where(among(Post.id, post_ids), *conditions(uow.viewer, Post)).order_by(Post.id)
    )
    if len(found) != len(set(post_ids)):
        raise NotFound("post")
    user, organization = uow.viewer.user_id, uow.viewer.organization_id
    rows = [
        {"organization_id": organization, "post_id": post.id, "user_id": user, "read_at": uow.now} for post in found
    ]
    await uow.session.execute(insert(PostRead).values(rows).on_conflict_do_nothing())
    return list(found)


async def _publish(uow: UnitOfWork, post: Post, at: datetime) -> None:
    """However late a worker is, the news are of the time that was agreed: they may have run out since."""
    await uow.transition(post, PostStatus.PUBLISHED, publish_at=at)
    uow.emit(EventType.POST_PUBLISHED, post)
    if post.priority in TOLD:
        await uow.later(WorkKind.NOTIFY_POST_PUBLISHED, post.id)


def _check_end(starts_at: datetime, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= starts_at:
        raise BadUserInput("News that have run out are read by nobody.", "expiresAt")
