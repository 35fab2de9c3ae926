"""News of the organization."""

from datetime import datetime

import strawberry

from app import models
from app.loaders import posts as relations
from app.models.posts import Audience, PostPriority, PostStatus
from app.schema.fields import column, computed, to_one, vocabulary
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node

vocabulary(PostStatus, "Whether news can be read.")
vocabulary(PostPriority, "How much news matter.")
vocabulary(Audience, "Whom news are for.")


@node(models.Post, "One piece of news.")
class Post(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    status: PostStatus = column("Whether it can be read.")
    title: str = column("What it is about.")
    body: str = column("What it says, in plain text.")
    category: str | None = column("What it belongs to.")
    priority: PostPriority = column("How much it matters.")
    audience: Audience = column("Whom it is for.")
    publish_at: datetime | None = column("When it appears, or appeared.")
    expires_at: datetime | None = column("When it stops being news.")
    created_at: datetime = column("When it was written.")
    read_at: datetime | None = computed(relations.POST_READ_AT, "When the viewer read it; null if they have not.")
    written_by: User | None = to_one(relations.POST_WRITER, "Who wrote it, if the viewer may know.")


@strawberry.input(description="Which news are wanted; all conditions hold at once.")
class PostFilter(Values):
    status: list[PostStatus] | None = column("In one of these states; readers see what is published.", default=None)
    category: str | None = column("Of exactly this category.", default=None)
    priority: list[PostPriority] | None = column("Of one of these priorities.", default=None)
    unread: bool | None = column("What the viewer has not read, or has.", default=None)


@strawberry.input(description="News to write.")
class CreatePostInput(Values):
    title: str = column("What it is about.")
    body: str = column("What it says, in plain text.")
    audience: Audience = column("Whom it is for.", default=Audience.EVERYONE)
    priority: PostPriority = column("How much it matters.", default=PostPriority.NORMAL)
    category: str | None = column("What it belongs to.", default=None)
    expires_at: datetime | None = column("When it stops being news.", default=None)


@strawberry.input(description="What to change of news; what is left out stays.")
class UpdatePostInput(Values):
    post_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    title: strawberry.Maybe[str] = column("What it is about.")
    body: strawberry.Maybe[str] = column("What it says.")
    audience: strawberry.Maybe[Audience] = column("Whom it is for.")
    priority: strawberry.Maybe[PostPriority] = column("How much it matters.")
    category: strawberry.Maybe[str | None] = column("What it belongs to.")
    expires_at: strawberry.Maybe[datetime | None] = column("When it stops being news.")


@strawberry.input(description="News to put before their readers.")
class PublishPostInput(Values):
    post_id: strawberry.ID = column("Which.")
    publish_at: datetime | None = column("When, if not now.", default=None)


@strawberry.input(description="News to take back.")
class WithdrawPostInput(Values):
    post_id: strawberry.ID = column("Which.")


@strawberry.input(description="News that the viewer has read.")
class MarkPostsReadInput(Values):
    post_ids: list[strawberry.ID] = column("Which; 100 at most.")
