"""Scenes of identity."""

import hashlib
from datetime import time

from uuid_utils.compat import uuid7

from tests.client import Json
from tests.factories.rows import insert
from tests.scenes.stage import PASSWORD, QUICK, Stage, mutation, scene


@scene()
async def viewer(stage: Stage) -> Json:
    return {}


@mutation
async def sign_in(stage: Stage) -> Json:
    await stage.house.pool.execute(
        "UPDATE users SET password_hash = $2 WHERE id = $1", stage.actor.user_id, QUICK.hash(PASSWORD)
    )
    return {"email": stage.actor.email, "password": PASSWORD, "organization": stage.house.slug}


@mutation
async def refresh_session(stage: Stage) -> Json:
    token = f"refresh {stage.tag}"
    await insert(
        stage.house.pool,
        "sessions",
        family_id=uuid7(),
        user_id=stage.actor.user_id,
        organization_id=stage.house.id,
        token_hash=hashlib.sha256(token.encode()).digest(),
        expires_at=stage.house.at(time(23)),
    )
    return {"refreshToken": token}


@scene()
async def sign_out(stage: Stage) -> Json:
    return {}


@mutation
async def switch_organization(stage: Stage) -> Json:
    slug, pool = f"branch-{stage.tag}", stage.house.pool
    branch = await insert(
        pool, "organizations", name="Branch", slug=slug, time_zone="Asia/Tbilisi", currency="GEL", country="GE"
    )
    await insert(pool, "memberships", organization_id=branch, user_id=stage.actor.user_id, role="STAFF")
    return {"organization": slug}


@scene()
async def event_seq(stage: Stage) -> Json:
    return {}


@scene()
async def node(stage: Stage) -> Json:
    return {"id": (await stage.journey()).booking}
