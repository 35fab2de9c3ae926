"""Passwords: hashed, checked, changed, and set anew by who forgot."""

import asyncio
import secrets
from functools import lru_cache, partial
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, text
from zxcvbn import zxcvbn

from app.errors import BadUserInput, Conflict, Unauthenticated
from app.models import AccountMailKind, EventType, Membership, Organization, User
from app.services.identity import mails
from app.services.identity.front import Front, actor
from app.services.identity.sessions import (
    PASSWORD_HASH,
    SET_USER,
    Ended,
    SignedIn,
    begin,
    password_hash,
    revoke_all_sessions,
    revoke_other_sessions,
    storable,
)
from app.services.identity.tokens import Purpose, agrees, unsign, useless
from app.uow import ReadUnit, UnitOfWork

PASSWORD_MIN, PASSWORD_MAX = 12, 128
STRENGTH_MIN = 2
"""Of zxcvbn's 0 to 4: it takes more than a million guesses."""
LOOKED_AT = 72
"""Characters that its strength is judged by; what zxcvbn does takes ever longer with longer ones."""
ANSWERED_AFTER_S = 0.3
"""Asking for a link takes so long, whether or not there is such an account."""
CREDENTIALS = text("SELECT user_id, password_hash FROM credentials(:email)")
SET_PASSWORD = text("SELECT set_password(:was, :becomes)")


@lru_cache
def hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache
def _nobody() -> str:
    """Checked against when there is no such user, so that the answer takes as long."""
    return hasher().hash(secrets.token_hex(16))


def _matches(hashed: str, password: str) -> bool:
    try:
        return hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


async def matches(hashed: str, password: str) -> bool:
    """Hashing takes long by design, and so neither the loop nor a connection waits for it."""
    return await asyncio.to_thread(_matches, hashed or _nobody(), password) and bool(hashed)


async def hashed(password: str, field: str, *known: str) -> str:
    """The hash of a password that somebody has chosen. Raises `BadUserInput` for one that is easily guessed.

    known: what whoever guesses tries first, such as the person's name.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise BadUserInput(f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.", field)
    if storable(password) is None:
        raise BadUserInput("A password is text.", field)
    judged = await asyncio.to_thread(partial(zxcvbn, password[:LOOKED_AT], user_inputs=list(known)))
    if judged["score"] < STRENGTH_MIN:
        hint = judged["feedback"]["warning"]
        raise BadUserInput(f"This password is easily guessed. {hint}".strip(), field)
    return await asyncio.to_thread(hasher().hash, password)


async def sign_in(front: Front, email: str, password: str, organization: str | None = None) -> SignedIn:
    """A new session. Raises `Unauthenticated` alike for a wrong email and a wrong password."""
    folded = email.strip().lower()
    await front.admit(folded)
    async with front.database.write() as session, session.begin():
        found = (await session.execute(CREDENTIALS, {"email": storable(folded)})).first()
    if not await matches(found.password_hash if found else "", password) or found is None:
        raise Unauthenticated("Email or password is wrong.")
    if hasher().check_needs_rehash(found.password_hash):
        await _renew(front, found.user_id, found.password_hash, password)
    return await begin(front, found.user_id, organization)


async def _renew(front: Front, user_id: UUID, was: str, password: str) -> None:
    """Hash the same password by the parameters of today."""
    becomes = await asyncio.to_thread(hasher().hash, password)
    async with front.database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(user_id)})
        await session.execute(SET_PASSWORD, {"was": was, "becomes": becomes})


async def request_reset(front: Front, email: str, organization: str | None = None) -> None:
    """Send a link, if there is such an account. Neither the answer nor the time it takes says whether there is."""
    folded = email.strip().lower()
    await front.admit_mail(folded)
    await asyncio.gather(_send_link(front, folded, organization), asyncio.sleep(ANSWERED_AFTER_S))


async def _send_link(front: Front, email: str, organization: str | None) -> None:
    async with front.database.write() as session, session.begin():
        found = (await session.execute(CREDENTIALS, {"email": storable(email)})).first()
        if found is None:
            return
        await session.execute(SET_USER, {"user": str(found.user_id)})
        belongs = (
            select(Membership.organization_id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Membership.user_id == found.user_id)
            .order_by((Organization.slug == storable(organization or "")).desc(), Membership.created_at)
        )
        chosen = (await session.execute(belongs.limit(1))).scalar()
    if chosen is not None:
        async with front.acting(chosen, found.user_id) as uow:
            await mails.leave(uow, AccountMailKind.PASSWORD_RESET, await uow.get(User, found.user_id))


async def reset_password(front: Front, token: str, password: str) -> list[Ended]:
    """Set another password by a link, which is then good for nothing; all sign-ins of the person end."""
    await front.admit()
    claims = unsign(front.settings, Purpose.RESET, token, "token")
    organization_id, user_id = UUID(claims["org"]), UUID(claims["sub"])
    async with front.acting(organization_id, user_id) as uow:
        was = await password_hash(uow.session, user_id)
        user = await uow.get(User, user_id)
    if not agrees(front.settings, claims["fp"], was, user.email):
        raise useless("token")
    becomes = await hashed(password, "password", user.email, user.full_name)
    async with front.acting(organization_id, user_id) as uow:
        if not await _swap(uow, was, becomes):
            raise useless("token")
        ended = await revoke_all_sessions(uow, user_id)
        await _say(uow, user)
    return ended


async def own_hash(reads: ReadUnit) -> str:
    """The viewer's; checks on the way that their session still stands."""
    return str((await reads.execute(PASSWORD_HASH, {"user": reads.viewer.user_id})).scalar_one())


async def prove(front: Front, user_id: UUID | None, was: str, password: str, field: str) -> None:
    """Whether the person who is signed in knows the password; a stolen phone does not."""
    await front.admit(str(user_id))
    if not await matches(was, password):
        raise BadUserInput("This is not your password.", field)


async def change_password(uow: UnitOfWork, was: str, becomes: str) -> list[Ended]:
    """`becomes`: the hash of a new password, of somebody who has proved to know the old one. All other sign-ins end."""
    if not await _swap(uow, was, becomes):
        raise Conflict("The password was changed meanwhile.")
    ended = await revoke_other_sessions(uow)
    await _say(uow, await uow.get(User, actor(uow)))
    return ended


async def _swap(uow: UnitOfWork, was: str, becomes: str) -> bool:
    """Of two who change it at once, one wins."""
    return bool((await uow.session.execute(SET_PASSWORD, {"was": was, "becomes": becomes})).scalar())


async def _say(uow: UnitOfWork, user: User) -> None:
    uow.emit(EventType.PASSWORD_CHANGED, user)
    await mails.leave(uow, AccountMailKind.PASSWORD_CHANGED, user)
