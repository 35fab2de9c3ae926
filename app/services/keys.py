"""Keys of partners' programs: made, rotated, revoked, and looked at when one comes in."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update

from app import clock
from app.access import PARTNER_MAY, Permission, Viewer
from app.db import Database
from app.errors import BadUserInput, Unauthenticated
from app.models import ApiKey, EventType, Partner
from app.services import values
from app.uow import KEY_ENDED, UnitOfWork

TOKEN = re.compile(r"wpk_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
LIVE_MAX = 20
"""Keys of one partner that are good at the same time."""
OVERLAP_S = 24 * 3600
OVERLAP_S_MAX = 30 * 24 * 3600
USED_EVERY = timedelta(minutes=1)
"""How often it is written down, at most, that a key was used."""

FIND = text("SELECT * FROM api_key(:prefix)")
SET_ORGANIZATION = text("SELECT set_config('app.current_org_id', cast(:org AS text), true)")


@dataclass(frozen=True)
class Made:
    """A key, and the token that is shown once and never kept."""

    key: ApiKey
    token: str


@dataclass(frozen=True)
class Caller:
    """Who holds a key. `unnoted`: it has not been written down lately that it is used."""

    viewer: Viewer
    unnoted: bool


# making and ending


async def create_api_key(
    uow: UnitOfWork, partner_id: UUID, name: str, scopes: Collection[Permission], expires_at: datetime | None = None
) -> Made:
    """A key by which a partner's program acts in this organization."""
    partner = await uow.get(Partner, partner_id, lock=True)
    if not partner.active:
        raise BadUserInput("This partner is not active.", "partnerId")
    await _check_room(uow, partner)
    made = await _make(uow, partner.id, values.name(name, "name"), _scopes(scopes), _ahead(uow, expires_at))
    uow.emit(EventType.API_KEY_CREATED, made.key, payload={"partner_id": partner.id})
    return made


async def update_api_key(uow: UnitOfWork, api_key_id: UUID, version: int, **changes: Any) -> ApiKey:
    """Rename a key, or let it allow other things; what its program has open ends with the scopes that it had."""
    key = await _live(uow, api_key_id)
    checks: dict[str, values.Check] = {"name": lambda value: values.name(value, "name"), "scopes": _scopes}
    await uow.change(key, version, values.checked(changes, checks))
    uow.emit(EventType.API_KEY_UPDATED, key, payload={"partner_id": key.partner_id})
    return key


async def rotate_api_key(uow: UnitOfWork, api_key_id: UUID, version: int, overlap_s: int = OVERLAP_S) -> Made:
    """A successor that allows the same; the old key ends after a while, in which both are good."""
    key = await _live(uow, api_key_id)
    ends_at = uow.now + timedelta(seconds=values.between(overlap_s, 0, OVERLAP_S_MAX, "overlapS"))
    await _check_room(uow, await uow.fetch(Partner, key.partner_id, lock=True))
    before = key.expires_at
    await uow.change(key, version, {"expires_at": min(ends_at, before) if before else ends_at})
    made = await _make(uow, key.partner_id, key.name, list(key.scopes), _prolonged(uow, key, before), key.id)
    uow.emit(EventType.API_KEY_CREATED, made.key, payload={"partner_id": key.partner_id})
    uow.emit(EventType.API_KEY_ROTATED, key, payload={"partner_id": key.partner_id, "successor_id": made.key.id})
    return made


async def revoke_api_key(uow: UnitOfWork, api_key_id: UUID) -> ApiKey:
    """Let it be good for nothing from now on; once is enough."""
    key = await uow.get(ApiKey, api_key_id, lock=True)
    if key.revoked_at is None:
        key.revoked_at = uow.now
        uow.emit(EventType.API_KEY_REVOKED, key, payload={"partner_id": key.partner_id})
    return key


async def _live(uow: UnitOfWork, api_key_id: UUID) -> ApiKey:
    key = await uow.get(ApiKey, api_key_id, lock=True)
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= uow.now):
        raise BadUserInput("This key has ended; make another.", "apiKeyId")
    return key


async def _check_room(uow: UnitOfWork, partner: Partner) -> None:
    """The partner is locked, so that two who ask at once do not both find room."""
    statement = select(func.count()).select_from(ApiKey).where(*living(uow.viewer.organization_id, partner.id, uow.now))
    if ((await uow.first(statement)) or 0) >= LIVE_MAX:
        raise BadUserInput(f"A partner has at most {LIVE_MAX} keys at a time; revoke one.", "partnerId")


async def _make(
    uow: UnitOfWork,
    partner_id: UUID,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    previous_id: UUID | None = None,
) -> Made:
    prefix, secret = "".join(secrets.choice(ALPHABET) for _ in range(12)), secrets.token_urlsafe(32)
    key = await uow.add(
        ApiKey(
            organization_id=uow.viewer.organization_id,
            partner_id=partner_id,
            previous_id=previous_id,
            name=name,
            prefix=prefix,
            secret_hash=_hash(secret),
            scopes=scopes,
            created_by=uow.viewer.user_id,
            expires_at=expires_at,
        )
    )
    return Made(key, f"wpk_{prefix}_{secret}")


def _scopes(scopes: Collection[Permission]) -> list[str]:
    if not scopes or not PARTNER_MAY.issuperset(scopes):
        allowed = ", ".join(sorted(scope.value for scope in PARTNER_MAY))
        raise BadUserInput(f"A key allows one or more of {allowed}.", "scopes")
    return sorted({scope.value for scope in scopes})


def _ahead(uow: UnitOfWork, expires_at: datetime | None) -> datetime | None:
    if expires_at is not None and expires_at <= uow.now:
        raise BadUserInput("This instant is over.", "expiresAt")
    return expires_at


def _prolonged(uow: UnitOfWork, key: ApiKey, expires_at: datetime | None) -> datetime | None:
    """The successor of a key that was to end lives as long as that was to."""
    return None if expires_at is None else uow.now + (expires_at - key.created_at)


def living(organization_id: UUID, partner_id: UUID, now: datetime) -> tuple[Any, ...]:
    """The keys of a partner that are good at an instant."""
    return (
        ApiKey.organization_id == organization_id,
        ApiKey.partner_id == partner_id,
        ApiKey.revoked_at.is_(None),
        ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now),
    )


# coming in


def is_api_key(token: str) -> bool:
    """Whether this is to be a key, and not an access token."""
    return token.startswith("wpk_")


async def who(database: Database, token: str) -> Caller:
    """Who holds this key. Raises `Unauthenticated` alike for every key that is not good."""
    found = TOKEN.fullmatch(token)
    if found is None:
        raise Unauthenticated(KEY_ENDED)
    prefix, secret = found.groups()
    async with database.write() as session, session.begin():
        row = (await session.execute(FIND, {"prefix": prefix})).first()
    now = clock.now()
    # a stranger's secret is hashed and compared as a known one's is
    matches = hmac.compare_digest(row.secret_hash if row else _hash(""), _hash(secret))
    if row is None or not matches or (row.expires_at is not None and row.expires_at <= now):
        raise Unauthenticated(KEY_ENDED)
    viewer = Viewer(
        row.organization_id,
        expires_at=row.expires_at,
        partner_id=row.partner_id,
        api_key_id=row.id,
        scopes=frozenset(map(Permission, row.scopes)),
    )
    return Caller(viewer, row.last_used_at is None or now - row.last_used_at >= USED_EVERY)


async def note_use(database: Database, viewer: Viewer) -> None:
    """Write down that a key is used, once a minute at most."""
    now = clock.now()
    stale = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at <= bindparam("before", now - USED_EVERY))
    async with database.write() as session, session.begin():
        await session.execute(SET_ORGANIZATION, {"org": str(viewer.organization_id)})
        await session.execute(
            update(ApiKey)
            .where(ApiKey.id == viewer.api_key_id, stale)
            # it is not the row that was edited
            .values(last_used_at=now, updated_at=ApiKey.updated_at)
            .execution_options(synchronize_session=False)
        )


def _hash(secret: str) -> bytes:
    """Secrets are long and random: a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(secret.encode()).digest()
