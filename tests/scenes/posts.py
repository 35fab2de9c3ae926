"""Scenes of news."""

from app import clock
from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


async def a_post(stage: Stage, status: str = "PUBLISHED") -> str:
    id = await stage.house.insert(
        "posts",
        status=status,
        title="We are open",
        body="Come in.",
        priority="NORMAL",
        audience="EVERYONE",
        publish_at=clock.now(),
    )
    return encode_id("Post", id)


@scene()
async def posts(stage: Stage) -> Json:
    await a_post(stage)
    return {"filter": {"unread": True}}


@scene()
async def unread_posts(stage: Stage) -> Json:
    await a_post(stage)
    return {}


@mutation
async def create_post(stage: Stage) -> Json:
    return {"title": "We are open", "body": "Come in."}


@mutation
async def update_post(stage: Stage) -> Json:
    return {"postId": await a_post(stage), "version": 1, "title": "We are closed"}


@mutation
async def publish_post(stage: Stage) -> Json:
    return {"postId": await a_post(stage, "DRAFT")}


@mutation
async def withdraw_post(stage: Stage) -> Json:
    return {"postId": await a_post(stage)}


@mutation
async def mark_posts_read(stage: Stage) -> Json:
    return {"postIds": [await a_post(stage)]}
