"""News of the organization."""

from app.access import Permission
from app.context import Info
from app.loaders import posts as relations
from app.resolvers.verbs import Nodes, connection, mutation, query
from app.schema.posts import (
    CreatePostInput,
    MarkPostsReadInput,
    Post,
    PostFilter,
    PublishPostInput,
    UpdatePostInput,
    WithdrawPostInput,
)
from app.schema.problems import InvalidTransition, VersionConflict
from app.services import posts
from app.uow import UnitOfWork

connection(
    "posts",
    relations.POSTS,
    Post,
    "News that the viewer may read, the latest first; those who write them see drafts too.",
    Permission.CONTACT,
    filter=PostFilter,
)

POST = {"post": (Post, "The news, as they are now.")}


@query("How many news the viewer has not read.", Permission.CONTACT)
async def unread_posts(info: Info) -> int:
    context = info.context
    return (await context.reads.scalars(relations.unread(context.viewer)))[0]


@mutation("Write news; they appear when they are published.", Permission.NEWS_WRITE, answers=POST)
async def create_post(info: Info, uow: UnitOfWork, input: CreatePostInput) -> Nodes:
    return {"post": await posts.create_post(uow, **input.values())}


@mutation("Change news.", Permission.NEWS_WRITE, answers=POST, refusals=(VersionConflict, InvalidTransition))
async def update_post(info: Info, uow: UnitOfWork, input: UpdatePostInput) -> Nodes:
    return {"post": await posts.update_post(uow, **input.values())}


@mutation(
    "Put news before their readers, now or later.", Permission.NEWS_WRITE, answers=POST, refusals=(InvalidTransition,)
)
async def publish_post(info: Info, uow: UnitOfWork, input: PublishPostInput) -> Nodes:
    return {"post": await posts.publish_post(uow, **input.values())}


@mutation("Take news back.", Permission.NEWS_WRITE, answers=POST, refusals=(InvalidTransition,))
async def withdraw_post(info: Info, uow: UnitOfWork, input: WithdrawPostInput) -> Nodes:
    return {"post": await posts.withdraw_post(uow, **input.values())}


@mutation("Say that one has read news.", Permission.CONTACT, answers={"posts": (list[Post], "The news.")})
async def mark_posts_read(info: Info, uow: UnitOfWork, input: MarkPostsReadInput) -> Nodes:
    return {"posts": await posts.mark_posts_read(uow, **input.values())}
