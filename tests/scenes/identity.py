"""Scenes of identity."""

import hashlib
from datetime import time
from uuid import UUID

import pyotp
from uuid_utils.compat import uuid7

from app import clock
from app.access import ROLE_PERMISSIONS
from app.models import Invitation, Role
from app.schema.scalars import encode_id
from app.services.identity.mails import invitation_token
from app.services.identity.tokens import Purpose, fingerprint, sign
from app.services.vault import Vault
from tests.client import Json
from tests.factories.rows import insert
from tests.provider import REDIRECT, RUNNING
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


# accounts


async def _with_password(stage: Stage) -> None:
    await stage.house.pool.execute(
        "UPDATE users SET password_hash = $2 WHERE id = $1", stage.actor.user_id, QUICK.hash(PASSWORD)
    )


async def _password_hash(stage: Stage) -> str:
    found = await stage.house.pool.fetchval("SELECT password_hash FROM users WHERE id = $1", stage.actor.user_id)
    return str(found)


async def _challenge(stage: Stage) -> str:
    """Of somebody who has passed the first factor."""
    settings = stage.house.settings
    claims = {
        "sub": str(stage.actor.user_id),
        "org": str(stage.house.id),
        "fp": fingerprint(settings, await _password_hash(stage)),
    }
    return sign(settings, Purpose.FACTOR, claims)


async def _factor(stage: Stage, *, confirmed: bool) -> str:
    """A second factor, and the code of now."""
    secret = pyotp.random_base32()
    await insert(
        stage.house.pool,
        "second_factors",
        user_id=stage.actor.user_id,
        secret=Vault(stage.house.settings).seal(secret),
        confirmed_at=clock.now() if confirmed else None,
    )
    return pyotp.TOTP(secret).now()


@mutation
async def request_password_reset(stage: Stage) -> Json:
    return {"email": stage.actor.email}


@mutation
async def reset_password(stage: Stage) -> Json:
    settings = stage.house.settings
    claims = {
        "sub": str(stage.actor.user_id),
        "org": str(stage.house.id),
        "fp": fingerprint(settings, await _password_hash(stage), stage.actor.email),
    }
    return {"token": sign(settings, Purpose.RESET, claims), "password": f"another {stage.tag}"}


@mutation
async def change_password(stage: Stage) -> Json:
    await _with_password(stage)
    return {"currentPassword": PASSWORD, "newPassword": f"another {stage.tag}"}


@scene()
async def request_email_confirmation(stage: Stage) -> Json:
    return {}


@mutation
async def confirm_email(stage: Stage) -> Json:
    settings, email = stage.house.settings, stage.actor.email
    claims = {"sub": str(stage.actor.user_id), "org": str(stage.house.id), "since": None, "was": email, "email": email}
    proved = fingerprint(settings, await _password_hash(stage))
    return {"token": sign(settings, Purpose.EMAIL, {**claims, "fp": proved})}


@mutation
async def change_email(stage: Stage) -> Json:
    await _with_password(stage)
    return {"email": f"new-{stage.tag}@example.org", "password": PASSWORD}


@mutation
async def revoke_session(stage: Stage) -> Json:
    family = uuid7()
    await insert(
        stage.house.pool,
        "sessions",
        family_id=family,
        user_id=stage.actor.user_id,
        organization_id=stage.house.id,
        token_hash=family.bytes,
        expires_at=stage.house.at(time(23)),
    )
    return {"sessionId": encode_id("Session", family)}


@scene()
async def revoke_other_sessions(stage: Stage) -> Json:
    return {}


@mutation
async def enrol_second_factor(stage: Stage) -> Json:
    return {"challenge": await _challenge(stage)}


@mutation
async def confirm_second_factor(stage: Stage) -> Json:
    return {"challenge": await _challenge(stage), "code": await _factor(stage, confirmed=False)}


@mutation
async def complete_sign_in(stage: Stage) -> Json:
    return {"challenge": await _challenge(stage), "code": await _factor(stage, confirmed=True)}


@mutation
async def remove_second_factor(stage: Stage) -> Json:
    await _with_password(stage)
    return {"password": PASSWORD, "code": await _factor(stage, confirmed=True)}


@scene()
async def sign_in_options(stage: Stage) -> Json:
    return {}


@mutation
async def start_oidc_sign_in(stage: Stage) -> Json:
    return {"provider": RUNNING[0].name, "redirectUri": REDIRECT}


@mutation
async def finish_oidc_sign_in(stage: Stage) -> Json:
    wanted = {"provider": RUNNING[0].name, "redirectUri": REDIRECT}
    started = await stage.actor.client.act("startOidcSignIn", wanted, "url state verifier")
    code = RUNNING[0].consent(started["url"], stage.actor.email)
    kept = {"state": started["state"], "verifier": started["verifier"]}
    return {"code": code, **kept, "organization": stage.house.slug}


# members


async def _invitation(stage: Stage) -> UUID:
    return await stage.house.insert(
        "invitations",
        email=f"guest-{uuid7()}@example.org",
        role="STAFF",
        status="PENDING",
        expires_at=stage.house.at(time(23)),
        invited_by=stage.actor.user_id,
    )


async def an_invitation(stage: Stage) -> str:
    return encode_id("Invitation", await _invitation(stage))


async def _invitation_token(stage: Stage) -> str:
    row = await stage.house.pool.fetchrow("SELECT * FROM invitations WHERE id = $1", await _invitation(stage))
    return invitation_token(stage.house.settings, Invitation(**dict(row or {})))


async def _membership(stage: Stage) -> str:
    """Of somebody on whom nothing else depends."""
    person = await stage.house.person(Role.STAFF)
    found = "SELECT id FROM memberships WHERE organization_id = $1 AND user_id = $2"
    return encode_id("Membership", await stage.house.value(found, person.user_id))


@scene()
async def members(stage: Stage) -> Json:
    return {}


@scene()
async def invitations(stage: Stage) -> Json:
    await _invitation(stage)
    return {}


@scene()
async def roles(stage: Stage) -> Json:
    return {}


@scene()
async def invitation(stage: Stage) -> Json:
    return {"token": await _invitation_token(stage)}


@mutation
async def invite_member(stage: Stage) -> Json:
    return {"email": f"friend-{stage.tag}@example.org", "role": "STAFF"}


@mutation
async def resend_invitation(stage: Stage) -> Json:
    return {"invitationId": await an_invitation(stage)}


@mutation
async def revoke_invitation(stage: Stage) -> Json:
    return {"invitationId": await an_invitation(stage)}


@mutation
async def accept_invitation(stage: Stage) -> Json:
    return {
        "token": await _invitation_token(stage),
        "fullName": "Gela Lomidze",
        "password": f"wholly new {stage.tag}",
    }


@mutation
async def change_member_role(stage: Stage) -> Json:
    return {"membershipId": await _membership(stage), "version": 1, "role": "DISPATCHER"}


@mutation
async def remove_member(stage: Stage) -> Json:
    return {"membershipId": await _membership(stage)}


@scene()
async def leave_organization(stage: Stage) -> Json:
    return {}


@mutation
async def update_role_permissions(stage: Stage) -> Json:
    return {"role": "DRIVER", "version": 0, "permissions": sorted(ROLE_PERMISSIONS[Role.DRIVER])}


@mutation
async def require_second_factor(stage: Stage) -> Json:
    return {"required": False}
