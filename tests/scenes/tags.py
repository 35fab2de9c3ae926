"""Scenes of tags."""

from datetime import timedelta

import asyncpg
from uuid_utils.compat import uuid7

from app import clock
from app.schema.scalars import decode_any_id, encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


async def a_tag(stage: Stage, pet: str | None = None) -> tuple[str, str, str]:
    """On a pet that the driver brings; answers the ids of both, and what the tag says."""
    pet = pet or (await stage.journey()).pet
    uid = str(uuid7())
    of = {"subject_id": decode_any_id(pet)[1], "customer_id": stage.customer_id}
    id = await stage.house.insert("tags", kind="QR", status="ACTIVE", uid=uid, **of)
    return encode_id("Tag", id), pet, uid


async def a_scan(stage: Stage, pet: str | None = None) -> tuple[str, str, str]:
    """Of such a tag, by the driver."""
    tag, pet, _ = await a_tag(stage, pet)
    now = clock.now()
    id = await stage.house.insert(
        "tag_scans",
        tag_id=decode_any_id(tag)[1],
        kind="SIGHTING",
        scanned_at=now,
        counted=asyncpg.Range(now, now + timedelta(minutes=1)),
        subject_id=decode_any_id(pet)[1],
        customer_id=stage.customer_id,
        driver_id=stage.driver_id,
    )
    return encode_id("TagScan", id), tag, pet


@scene()
async def tags(stage: Stage) -> Json:
    _, pet, _ = await a_tag(stage)
    return {"filter": {"subjectId": pet}}


@scene()
async def tag_scans(stage: Stage) -> Json:
    _, tag, pet = await a_scan(stage)
    return {"filter": {"subjectId": pet, "tagId": tag}}


@mutation
async def register_tag(stage: Stage) -> Json:
    return {"subjectId": await stage.pet(), "kind": "QR"}


@mutation
async def replace_tag(stage: Stage) -> Json:
    return {"tagId": (await a_tag(stage))[0]}


@mutation
async def retire_tag(stage: Stage) -> Json:
    return {"tagId": (await a_tag(stage))[0]}


@mutation
async def scan_tag(stage: Stage) -> Json:
    _, _, uid = await a_tag(stage)
    return {"tagUid": uid, "kind": "CHECK_IN", "placeId": await stage.site()}


@mutation
async def print_tags(stage: Stage) -> Json:
    return {"tagIds": [(await a_tag(stage))[0]]}
