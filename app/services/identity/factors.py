"""The second factor: codes by time (TOTP, RFC 6238), and recovery codes for whoever lost the phone."""

import hashlib
import hmac
import io
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass
from uuid import UUID

import pyotp
import segno
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.errors import BadUserInput, Conflict, Unauthenticated
from app.models import AccountMailKind, EventType, SecondFactor, User
from app.services import values
from app.services.identity import mails
from app.services.identity.front import Front, actor
from app.services.identity.sessions import SignedIn, new_session, password_hash
from app.services.identity.tokens import Purpose, agrees, unsign, useless
from app.services.vault import Vault
from app.settings import Settings
from app.uow import UnitOfWork

STEP_S = 30
DRIFT = (0, -1, 1)
"""Steps by which a phone's clock may be off; the likeliest first."""
CODE = re.compile(r"\d{6}", re.ASCII)
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 bits: nobody guesses one, and so a plain hash of it tells nothing."""


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator is given; shown once."""

    secret: str
    uri: str
    qr_svg: str


@dataclass(frozen=True)
class Challenge:
    """Who has passed the first factor, and where they want to go."""

    user_id: UUID
    organization_id: UUID


async def read_challenge(front: Front, challenge: str) -> Challenge:
    """Raises `BadUserInput` for one that is not good any more: the password has changed since."""
    claims = unsign(front.settings, Purpose.FACTOR, challenge, "challenge")
    found = Challenge(UUID(claims["sub"]), UUID(claims["org"]))
    async with front.acting(found.organization_id, found.user_id) as uow:
        if not agrees(front.settings, claims["fp"], await password_hash(uow.session, found.user_id)):
            raise useless("challenge")
    return found


async def _own(session: AsyncSession, user_id: UUID) -> SecondFactor | None:
    """Locked, so that of two codes at once one comes after the other."""
    mine = select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update()
    return (await session.execute(mine.execution_options(populate_existing=True))).scalars().first()


async def enrol(uow: UnitOfWork, settings: Settings) -> Enrolment:
    """A secret for an authenticator. Nothing is asked of anybody until a code of it was given."""
    user_id, vault, secret = actor(uow), Vault(settings), pyotp.random_base32()
    factor, sealed = await _own(uow.session, user_id), vault.seal(secret)
    if factor is None:
        await uow.add(SecondFactor(user_id=user_id, secret=sealed))
    elif factor.confirmed_at is None:
        factor.secret = sealed
    else:
        raise Conflict("There is a second factor; remove it first.")
    user, organization = await uow.get(User, user_id), await values.organization(uow)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=organization.name)
    return Enrolment(secret, uri, _drawn(uri))


def _drawn(uri: str) -> str:
    drawing = io.BytesIO()
    segno.make(uri, micro=False).save(drawing, kind="svg", xmldecl=False, scale=4)
    return drawing.getvalue().decode()


async def confirm(uow: UnitOfWork, settings: Settings, code: str) -> list[str]:
    """From now on signing in asks for a code. Answers the recovery codes; nobody sees them again."""
    user_id = actor(uow)
    factor = await _own(uow.session, user_id)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict("There is no second factor that waits to be confirmed.")
    step = _step(settings, factor, code)
    if step is None:
        raise _wrong()
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    factor.confirmed_at, factor.last_step = uow.now, step
    factor.recovery_hashes = [_hash(code) for code in codes]
    await _say(uow, user_id, EventType.SECOND_FACTOR_ADDED, AccountMailKind.SECOND_FACTOR_ADDED)
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


async def remove(uow: UnitOfWork, settings: Settings, code: str) -> None:
    """The caller counts the tries."""
    user_id = actor(uow)
    factor = await _own(uow.session, user_id)
    if factor is None or factor.confirmed_at is None:
        raise Conflict("There is no second factor.")
    if not await _spend(uow, settings, factor, code):
        raise _wrong()
    await uow.session.delete(factor)
    await _say(uow, user_id, EventType.SECOND_FACTOR_REMOVED, AccountMailKind.SECOND_FACTOR_REMOVED)


async def complete_sign_in(front: Front, challenge: str, code: str) -> SignedIn:
    """The second step of signing in. Each code is good once, however many come with it at the same time."""
    await front.admit()
    passed = await read_challenge(front, challenge)
    await front.admit(str(passed.user_id))
    await front.admit_code(str(passed.user_id))
    async with front.acting(passed.organization_id, passed.user_id) as uow:
        factor = await _own(uow.session, passed.user_id)
        if factor is None or factor.confirmed_at is None:
            raise useless("challenge")
        if not await _spend(uow, front.settings, factor, code):
            raise Unauthenticated("This code is not good.")
        return await new_session(uow.session, front.settings, front.origin, passed.user_id, passed.organization_id)


async def _spend(uow: UnitOfWork, settings: Settings, factor: SecondFactor, code: str) -> bool:
    """Use a code up, of either kind."""
    step = _step(settings, factor, code)
    if step is not None:
        factor.last_step = step
        await uow.flush()
        return True
    spent = _hash(code)
    if spent not in factor.recovery_hashes:
        return False
    await uow.session.execute(
        update(SecondFactor)
        .where(SecondFactor.id == factor.id)
        .values(recovery_hashes=func.array_remove(SecondFactor.recovery_hashes, spent))
    )
    await _say(uow, factor.user_id, EventType.RECOVERY_CODE_USED, AccountMailKind.RECOVERY_CODE_USED)
    return True


def _step(settings: Settings, factor: SecondFactor, code: str) -> int | None:
    """The step whose code this is; none that was used, nor one before it."""
    given = "".join(code.split())
    if not CODE.fullmatch(given):
        return None
    totp, now = pyotp.TOTP(Vault(settings).open(factor.secret)), int(clock.now().timestamp()) // STEP_S
    for drift in DRIFT:
        step = now + drift
        fresh = factor.last_step is None or step > factor.last_step
        if hmac.compare_digest(totp.at(step * STEP_S), given) and fresh:
            return step
    return None


def _hash(code: str) -> bytes:
    plain = re.sub(r"[^A-Z2-7]", "", code.upper())
    return hashlib.sha256(plain.encode()).digest()


def _wrong() -> BadUserInput:
    return BadUserInput("This code is not good.", "code")


async def _say(uow: UnitOfWork, user_id: UUID, what: EventType, told: AccountMailKind) -> None:
    user = await uow.get(User, user_id)
    uow.emit(what, user)
    await mails.leave(uow, told, user)
