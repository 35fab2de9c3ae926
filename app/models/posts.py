"""News of the organization, and who has read it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words


class PostStatus(Vocabulary):
    DRAFT = "DRAFT", "Only its writers see it."
    SCHEDULED = "SCHEDULED", "Appears at its time."
    PUBLISHED = "PUBLISHED", "Its readers see it."
    WITHDRAWN = "WITHDRAWN", "Was taken back."


class PostPriority(Vocabulary):
    NORMAL = "NORMAL", "To be read when there is time."
    IMPORTANT = "IMPORTANT", "Stands above the rest; its readers are told of it."
    URGENT = "URGENT", "Cannot wait, not even for quiet hours to end."


class Audience(Vocabulary):
    EVERYONE = "EVERYONE", "All who can sign in."
    HOUSE = "HOUSE", "Those who work in the house."
    DRIVERS = "DRIVERS", "Drivers."
    CUSTOMERS = "CUSTOMERS", "Customers."


P = PostStatus
POST_MACHINE = Machine(
    "post",
    {
        P.DRAFT: {P.SCHEDULED, P.PUBLISHED, P.WITHDRAWN},
        P.SCHEDULED: {P.DRAFT, P.SCHEDULED, P.PUBLISHED, P.WITHDRAWN},
        P.PUBLISHED: {P.WITHDRAWN},
        P.WITHDRAWN: set(),
    },
)


class Post(Tenant, Versioned, Base):
    """One piece of news."""

    __tablename__ = "posts"
    __table_args__ = (
        Index(None, "organization_id", "publish_at", "id"),
        Index(None, "organization_id", "status", "publish_at", "id"),
        CheckConstraint("expires_at > publish_at", name="expires"),
        CheckConstraint("status NOT IN ('SCHEDULED', 'PUBLISHED') OR publish_at IS NOT NULL", name="published"),
        one_of("status", PostStatus),
        one_of("priority", PostPriority),
        one_of("audience", Audience),
    )
    machine: ClassVar = POST_MACHINE

    status: Mapped[PostStatus] = mapped_column(words(PostStatus))
    title: Mapped[str]
    body: Mapped[str]
    category: Mapped[str | None]
    priority: Mapped[PostPriority] = mapped_column(words(PostPriority))
    audience: Mapped[Audience] = mapped_column(words(Audience))
    publish_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class PostRead(Tenant, Base):
    """Somebody has read a post."""

    __tablename__ = "post_reads"
    __table_args__ = (
        refers("post_id", "posts"),
        UniqueConstraint("organization_id", "post_id", "user_id"),
        Index(None, "organization_id", "user_id", "post_id"),
    )

    post_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    read_at: Mapped[datetime]
