"""Relations of news, and what the viewer has read of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text

from app import clock
from app.access import Viewer, conditions
from app.loaders.base import Computed, Listing, ToOne
from app.models import Audience, Post, PostRead, PostStatus, Role, User
from app.models.base import among
from app.models.policies import CURRENT_USER
from app.uow import ReadUnit


async def _read_at(reads: ReadUnit, posts: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """When the viewer read each; what they have not read is left out."""
    rows = await reads.execute(
        select(PostRead.post_id, PostRead.read_at).where(
            PostRead.organization_id == reads.viewer.organization_id,
            PostRead.user_id == reads.viewer.user_id,
            among(PostRead.post_id, posts),
        )
    )
    return {row[0]: row[1] for row in rows}


def _read_by_viewer() -> ColumnElement[bool]:
    mine = and_(PostRead.post_id == Post.id, PostRead.organization_id == Post.organization_id)
    return exists().where(mine, PostRead.user_id == text(CURRENT_USER))


def unread(viewer: Viewer) -> Select[int]:
    """How many news are out that are meant for the viewer, and that they have not read."""
    meant = {
        Audience.EVERYONE,
        {Role.CUSTOMER: Audience.CUSTOMERS, Role.DRIVER: Audience.DRIVERS}.get(
            viewer.role or Role.OWNER, Audience.HOUSE
        ),
    }
    return select(func.count()).where(
        Post.status == PostStatus.PUBLISHED,
        Post.audience.in_(meant),
        or_(Post.expires_at.is_(None), Post.expires_at > clock.now()),
        ~_read_by_viewer(),
        *conditions(viewer, Post),
    )


POSTS = Listing(
    Post,
    "-created_at",
    filters={
        "status": lambda statuses: Post.status.in_(statuses),
        "category": lambda category: Post.category == category,
        "priority": lambda priorities: Post.priority.in_(priorities),
        "unread": lambda wanted: ~_read_by_viewer() if wanted else _read_by_viewer(),
    },
)
POST_READ_AT = Computed(_read_at)
POST_WRITER = ToOne(User, "written_by")
