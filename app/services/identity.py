"""Signing in, staying signed in, signing out.

Before the tenant is known only narrow SECURITY DEFINER functions read; from then on row-level security shows a person
their own rows.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NoReturn
from uuid import UUID

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ScalarSelect, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.errors import BadUserInput, NotFound, SessionEnded, Unauthenticated
from app.models import Customer, Driver, Membership, Organization, Role, Session
from app.settings import Settings

ALGORITHM = "HS256"
SET_USER = text("SELECT set_config('app.current_user_id', cast(:user AS text), true)")
SET_ORGANIZATION = text("SELECT set_config('app.current_org_id', cast(:org AS text), true)")


@dataclass(frozen=True)
class SignedIn:
    """What a client keeps of a sign-in."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    viewer: Viewer


@lru_cache
def hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache
def _nobody() -> str:
    """Checked against when there is no such user, so that the answer takes as long."""
    return hasher().hash(secrets.token_hex(16))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def sign_in(
    database: Database, settings: Settings, email: str, password: str, organization: str | None = None
) -> SignedIn:
    """A new session. Raises `Unauthenticated` alike for a wrong email and a wrong password."""
    wanted = {"email": _storable(email.strip().lower())}
    async with database.write() as session, session.begin():
        found = (await session.execute(text("SELECT user_id, password_hash FROM credentials(:email)"), wanted)).first()
    # hashing takes long by design, and so neither the loop nor a connection waits for it
    matches = await asyncio.to_thread(_matches, found.password_hash if found else _nobody(), password)
    if found is None or not matches:
        raise Unauthenticated("Email or password is wrong.")
    async with database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(found.user_id)})
        chosen = await _membership(session, found.user_id, organization)
        return await _new_session(session, settings, found.user_id, chosen)


def _storable(value: str) -> str | None:
    """What is looked up in the database; a text with a NUL cannot be there."""
    return None if "\x00" in value else value


async def _membership(session: AsyncSession, user_id: UUID, slug: str | None) -> UUID:
    """The organization to act in: the named one, or the only one."""
    statement = (
        select(Organization.id)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user_id)
    )
    if slug:
        statement = statement.where(Organization.slug == _storable(slug))
    found = (await session.execute(statement)).scalars().all()
    if not found:
        raise (NotFound("organization") if slug else Unauthenticated("You belong to no organization."))
    if len(found) > 1:
        raise BadUserInput("You belong to several organizations; name one.", "organization")
    return found[0]


async def _new_session(session: AsyncSession, settings: Settings, user_id: UUID, organization_id: UUID) -> SignedIn:
    token = Session(family_id=uuid7(), user_id=user_id, organization_id=organization_id)
    return await _issue(session, settings, token)


async def _issue(session: AsyncSession, settings: Settings, row: Session) -> SignedIn:
    """Write a session's row, and the two tokens that go with it."""
    now, refresh_token = clock.now(), secrets.token_urlsafe(32)
    row.token_hash = _hash(refresh_token)
    row.expires_at = now + timedelta(seconds=settings.refresh_token_s)
    session.add(row)
    await session.flush()
    await session.execute(SET_ORGANIZATION, {"org": str(row.organization_id)})
    viewer = await _viewer(session, row, now + timedelta(seconds=settings.access_token_s))
    return SignedIn(
        write_token(settings, viewer), refresh_token, now + timedelta(seconds=settings.access_token_s), viewer
    )


async def _viewer(session: AsyncSession, row: Session, expires_at: datetime) -> Viewer:
    org, user = row.organization_id, row.user_id
    role, customer_id, driver_id = (
        await session.execute(
            select(
                select(Membership.role)
                .where(Membership.organization_id == org, Membership.user_id == user)
                .scalar_subquery(),
                select(Customer.id).where(Customer.organization_id == org, Customer.user_id == user).scalar_subquery(),
                select(Driver.id).where(Driver.organization_id == org, Driver.user_id == user).scalar_subquery(),
            )
        )
    ).one()
    if role is None:
        raise Unauthenticated("You do not belong to this organization any more.")
    return Viewer(org, user, Role(role), row.family_id, customer_id, driver_id, expires_at)


async def refresh(database: Database, settings: Settings, refresh_token: str) -> SignedIn:
    """The next pair of tokens. A token that was stolen, or looks like it, ends the whole family."""
    async with database.write() as session, session.begin():
        hashed = _hash(refresh_token)
        user_id = (await session.execute(select(func.session_user_id(hashed)))).scalar()
        if user_id is None:
            _refused()
        await session.execute(SET_USER, {"user": str(user_id)})
        spent = await _spend(session, settings, hashed)
        if isinstance(spent, Session):
            following = Session(
                family_id=spent.family_id,
                previous_id=spent.id,
                user_id=spent.user_id,
                organization_id=spent.organization_id,
            )
            return await _issue(session, settings, following)
    # only now: that the family has ended must be committed
    raise spent


async def _spend(session: AsyncSession, settings: Settings, hashed: bytes) -> Session | SessionEnded:
    """Use a token up; or end its family, if it must not be used."""
    rows = await _lock(session, select(Session.family_id).where(Session.token_hash == hashed).scalar_subquery())
    now = clock.now()
    row = next((row for row in rows if row.token_hash == hashed), None)
    # none: while we waited for the lock, another took its place
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        _refused()
    successors = [later for later in rows if later.previous_id == row.id]
    if row.used_at is None:
        row.used_at = now
        return row
    recent = now - row.used_at <= timedelta(seconds=settings.refresh_reuse_s)
    if recent and all(successor.used_at is None for successor in successors):
        # the answer was lost on the way: the successor that nobody received ends, and another takes its place
        for successor in successors:
            await session.delete(successor)
        await session.flush()
        return row
    for member in rows:
        member.revoked_at = now
    return SessionEnded(row.organization_id, row.family_id)


async def _lock(session: AsyncSession, family: UUID | ScalarSelect[UUID] | None) -> Sequence[Session]:
    """The tokens of a family, locked, and read only then: whoever waited sees what was added meanwhile."""
    tokens = select(Session).where(Session.family_id == family).order_by(Session.id)
    await session.execute(tokens.with_only_columns(Session.id).with_for_update())
    return (await session.execute(tokens)).scalars().all()


async def sign_out(database: Database, viewer: Viewer) -> None:
    """End the session with all its tokens."""
    async with database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(viewer.user_id)})
        for token in await _lock(session, viewer.session_family_id):
            token.revoked_at = token.revoked_at or clock.now()


async def switch_organization(database: Database, settings: Settings, viewer: Viewer, slug: str) -> SignedIn:
    """A session of the same person in another organization; the present one goes on."""
    if viewer.user_id is None:
        raise Unauthenticated()
    async with database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(viewer.user_id)})
        chosen = await _membership(session, viewer.user_id, slug)
        return await _new_session(session, settings, viewer.user_id, chosen)


def _refused() -> NoReturn:
    raise Unauthenticated("This refresh token is not good any more; sign in again.")


def _hash(token: str) -> bytes:
    """Refresh tokens are long and random: a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(token.encode()).digest()


def write_token(settings: Settings, viewer: Viewer) -> str:
    """An access token: it names the person, the organization and the hats, and each transaction checks them again."""
    claims = {
        "sub": str(viewer.user_id),
        "org": str(viewer.organization_id),
        "role": viewer.role.value if viewer.role else None,
        "sid": str(viewer.session_family_id),
        "cus": str(viewer.customer_id) if viewer.customer_id else None,
        "drv": str(viewer.driver_id) if viewer.driver_id else None,
        "exp": viewer.expires_at,
    }
    return jwt.encode(claims, settings.token_secret.get_secret_value(), ALGORITHM)


def read_token(settings: Settings, token: str) -> Viewer:
    """Who holds this token. Raises `Unauthenticated`; touches no database."""
    try:
        claims = jwt.decode(
            token,
            settings.token_secret.get_secret_value(),
            [ALGORITHM],
            options={"require": ["sub", "org", "role", "sid", "exp"], "verify_exp": False},
        )
        viewer = Viewer(
            UUID(claims["org"]),
            UUID(claims["sub"]),
            Role(claims["role"]),
            UUID(claims["sid"]),
            UUID(claims["cus"]) if claims.get("cus") else None,
            UUID(claims["drv"]) if claims.get("drv") else None,
            datetime.fromtimestamp(claims["exp"], clock.now().tzinfo),
        )
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise Unauthenticated("This access token is not valid.") from error
    if viewer.expires_at is None or viewer.expires_at <= clock.now():
        raise Unauthenticated("Your access token has expired; refresh it.")
    return viewer
