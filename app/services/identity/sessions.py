"""Sessions: begun, gone on with, looked at, ended.

Before the tenant is known only narrow SECURITY DEFINER functions read; from then on row-level security shows a person
their own rows.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.errors import BadUserInput, NotFound, SecondFactorMissing, SecondFactorRequired, SessionEnded, Unauthenticated
from app.events import Origin
from app.models import Customer, Driver, EventType, Membership, Organization, RolePolicy, SecondFactor, Session
from app.models.identity import Role
from app.services.identity.front import Front
from app.services.identity.tokens import Purpose, fingerprint, known, sign, write_token
from app.settings import Settings
from app.uow import ReadUnit, UnitOfWork

SET_USER = text("SELECT set_config('app.current_user_id', cast(:user AS text), true)")
SET_ORGANIZATION = text("SELECT set_config('app.current_org_id', cast(:org AS text), true)")
PASSWORD_HASH = text("SELECT c.password_hash FROM users u, credentials(u.email) c WHERE u.id = :user")
"""Of the current user, or of somebody of the current organization."""
END_SESSIONS = text("SELECT end_sessions(:user)")
LISTED_MAX = 100
TOLD_MAX = 400
"""Sign-ins that end together have an event each, up to here: a transaction has no more than 500."""


class Unsecured(Unauthenticated):
    """The role asks for a second factor. Who has just given a password may add one; a refresh token is no password."""

    def __init__(self) -> None:
        super().__init__("This organization asks for a second factor: sign in anew to add one.")


@dataclass(frozen=True)
class SignedIn:
    """What a client keeps of a sign-in."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    viewer: Viewer


@dataclass(frozen=True)
class Ended:
    """Sessions that are over: whoever follows something by them must hear of it."""

    organization_id: UUID
    family_id: UUID


@dataclass(frozen=True)
class OpenSession:
    """A sign-in that goes on."""

    id: UUID
    organization_id: UUID
    started_at: datetime
    last_used_at: datetime
    ip: str | None
    user_agent: str | None
    is_current: bool


async def password_hash(session: AsyncSession, user_id: UUID) -> str:
    """Empty where the person has no password."""
    return str((await session.execute(PASSWORD_HASH, {"user": user_id})).scalar_one())


async def begin(front: Front, user_id: UUID, organization: str | None) -> SignedIn:
    """A session for somebody who has proved who they are. Raises `SecondFactorRequired` if more is to be proved."""
    async with front.database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(user_id)})
        chosen, secured = await _place(session, user_id, organization)
        if secured:
            raise SecondFactorRequired(await _challenge(session, front.settings, user_id, chosen))
        try:
            return await new_session(session, front.settings, front.origin, user_id, chosen)
        except Unsecured as error:
            raise SecondFactorMissing(await _challenge(session, front.settings, user_id, chosen)) from error


async def has_second_factor(session: AsyncSession | ReadUnit, user_id: UUID) -> bool:
    return bool((await session.execute(select(_secured(user_id)))).scalar())


async def _challenge(session: AsyncSession, settings: Settings, user_id: UUID, organization_id: UUID) -> str:
    """Says that its holder has passed the first factor; another password voids it."""
    proved = fingerprint(settings, await password_hash(session, user_id))
    return sign(settings, Purpose.FACTOR, {"sub": str(user_id), "org": str(organization_id), "fp": proved})


def storable(value: str) -> str | None:
    """What is looked up in the database; a text with a NUL, or half a character, cannot be there."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return None if "\x00" in value else value


async def membership(session: AsyncSession, user_id: UUID, slug: str | None) -> UUID:
    """The organization to act in: the named one, or the only one."""
    return (await _place(session, user_id, slug))[0]


async def _place(session: AsyncSession, user_id: UUID, slug: str | None) -> tuple[UUID, bool]:
    """And whether the person signs in with a second factor."""
    statement = (
        select(Organization.id, _secured(user_id))
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user_id)
    )
    if slug:
        statement = statement.where(Organization.slug == storable(slug))
    found = (await session.execute(statement)).all()
    if not found:
        raise (NotFound("organization") if slug else Unauthenticated("You belong to no organization."))
    if len(found) > 1:
        raise BadUserInput("You belong to several organizations; name one.", "organization")
    return found[0][0], found[0][1]


def _secured(user_id: UUID) -> ColumnElement[bool]:
    return exists().where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None))


async def new_session(
    session: AsyncSession, settings: Settings, origin: Origin, user_id: UUID, organization_id: UUID
) -> SignedIn:
    """Begin a family of tokens."""
    token = Session(family_id=uuid7(), user_id=user_id, organization_id=organization_id, started_at=clock.now())
    return await _issue(session, settings, origin, token)


async def _issue(session: AsyncSession, settings: Settings, origin: Origin, row: Session) -> SignedIn:
    """Write a session's row, and the two tokens that go with it."""
    now, refresh_token = clock.now(), secrets.token_urlsafe(32)
    row.token_hash = _hash(refresh_token)
    row.expires_at = now + timedelta(seconds=settings.refresh_token_s)
    row.ip, row.user_agent = origin.ip, origin.user_agent
    session.add(row)
    await session.flush()
    await session.execute(SET_ORGANIZATION, {"org": str(row.organization_id)})
    viewer = await _viewer(session, row, now + timedelta(seconds=settings.access_token_s))
    return SignedIn(
        write_token(settings, viewer), refresh_token, now + timedelta(seconds=settings.access_token_s), viewer
    )


async def _viewer(session: AsyncSession, row: Session, expires_at: datetime) -> Viewer:
    """Who the session's person is there now, with all hats. Raises `Unsecured`."""
    viewer, unsecured = await _person(session, row.organization_id, row.user_id)
    if unsecured:
        raise Unsecured
    return replace(viewer, session_family_id=row.family_id, expires_at=expires_at)


async def member(session: AsyncSession, organization_id: UUID, user_id: UUID) -> Viewer:
    """Who a person is in an organization now, for what is done later in their name: no session of theirs is needed.

    Raises `Unauthenticated` if they do not belong to it any more.
    """
    return (await _person(session, organization_id, user_id))[0]


async def _person(session: AsyncSession, org: UUID, user: UUID) -> tuple[Viewer, bool]:
    """And whether a second factor is missing that their role asks for."""
    policy = and_(RolePolicy.organization_id == Membership.organization_id, RolePolicy.role == Membership.role)
    found = (
        await session.execute(
            select(
                Membership.role,
                select(Customer.id).where(Customer.organization_id == org, Customer.user_id == user).scalar_subquery(),
                select(Driver.id).where(Driver.organization_id == org, Driver.user_id == user).scalar_subquery(),
                RolePolicy.version,
                RolePolicy.permissions,
                and_(RolePolicy.second_factor_required, ~_secured(user)),
            )
            .outerjoin(RolePolicy, policy)
            .where(Membership.organization_id == org, Membership.user_id == user)
        )
    ).first()
    if found is None:
        raise Unauthenticated("You do not belong to this organization any more.")
    role, customer_id, driver_id, version, permissions, unsecured = found
    viewer = Viewer(org, user, Role(role), customer_id=customer_id, driver_id=driver_id)
    return replace(viewer, policy=version, granted=None if permissions is None else known(permissions)), bool(unsecured)


async def refresh(front: Front, refresh_token: str) -> SignedIn:
    """The next pair of tokens. A token that was stolen, or looks like it, ends the whole family."""
    await front.admit()
    async with front.database.write() as session, session.begin():
        hashed = _hash(refresh_token)
        user_id = (await session.execute(select(func.session_user_id(hashed)))).scalar()
        if user_id is None:
            _refused()
        await session.execute(SET_USER, {"user": str(user_id)})
        spent = await _spend(session, front.settings, hashed)
        if isinstance(spent, Session):
            following = Session(
                family_id=spent.family_id,
                previous_id=spent.id,
                user_id=spent.user_id,
                organization_id=spent.organization_id,
                started_at=spent.started_at,
            )
            return await _issue(session, front.settings, front.origin, following)
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


async def switch_organization(front: Front, viewer: Viewer, slug: str) -> SignedIn:
    """A session of the same person in another organization; the present one goes on."""
    if viewer.user_id is None:
        raise Unauthenticated()
    async with front.database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(viewer.user_id)})
        chosen = await membership(session, viewer.user_id, slug)
        return await new_session(session, front.settings, front.origin, viewer.user_id, chosen)


async def open_sessions(reads: ReadUnit, viewer: Viewer) -> list[OpenSession]:
    """The person's sign-ins that go on, in whatever organization, the last used first. Each has one unused token."""
    belongs = exists().where(
        Membership.organization_id == Session.organization_id, Membership.user_id == Session.user_id
    )
    live = and_(Session.used_at.is_(None), Session.revoked_at.is_(None), Session.expires_at > clock.now())
    found = await reads.scalars(
        select(Session)
        .where(Session.user_id == viewer.user_id, live, belongs)
        .order_by(Session.created_at.desc(), Session.id.desc())
        .limit(LISTED_MAX)
    )
    return [
        OpenSession(
            id=row.family_id,
            organization_id=row.organization_id,
            started_at=row.started_at,
            last_used_at=row.created_at,
            ip=row.ip,
            user_agent=row.user_agent,
            is_current=row.family_id == viewer.session_family_id,
        )
        for row in found
    ]


async def revoke_session(uow: UnitOfWork, family_id: UUID) -> Ended:
    """End one of the viewer's own sign-ins; once is enough."""
    wanted = select(Session).where(Session.user_id == uow.viewer.user_id, Session.family_id == family_id)
    found = await uow.first(wanted.limit(1))
    if found is None:
        raise NotFound("session")
    ended = await _revoke(uow, uow.viewer.user_id, Session.family_id == family_id)
    return ended[0] if ended else Ended(found.organization_id, family_id)


async def revoke_other_sessions(uow: UnitOfWork) -> list[Ended]:
    """End the viewer's sign-ins, but for the present one."""
    return await _revoke(uow, uow.viewer.user_id, Session.family_id != uow.viewer.session_family_id)


async def revoke_all_sessions(uow: UnitOfWork, user_id: UUID) -> list[Ended]:
    return await _revoke(uow, user_id)


async def _revoke(uow: UnitOfWork, user_id: UUID | None, *which: ColumnElement[bool]) -> list[Ended]:
    """End sign-ins of the current user, in whatever organization they are."""
    mine = (Session.user_id == user_id, Session.revoked_at.is_(None), *which)
    # whoever is being refreshed is waited for, so that the next statement sees the successor
    await uow.session.execute(select(Session.id).where(*mine).order_by(Session.id).with_for_update())
    rows = await uow.session.execute(
        update(Session)
        .where(*mine)
        .values(revoked_at=uow.now)
        .returning(Session.organization_id, Session.family_id, Session.used_at, Session.expires_at)
        .execution_options(synchronize_session=False)
    )
    ended = sorted({(row[0], row[1]) for row in rows if row.used_at is None and row.expires_at > uow.now})
    _tell(uow, [family for _, family in ended])
    return [Ended(*pair) for pair in ended]


async def end_sessions(uow: UnitOfWork, user_id: UUID) -> None:
    """End somebody's sign-ins in this organization."""
    rows = await uow.session.execute(END_SESSIONS, {"user": user_id})
    _tell(uow, sorted({row[0] for row in rows}))


def _tell(uow: UnitOfWork, families: Sequence[UUID]) -> None:
    # by the event, streams that came with the session find that it has ended
    for family in families[:TOLD_MAX]:
        uow.emit(EventType.SESSION_REVOKED, Session(id=family))


def _refused() -> NoReturn:
    raise Unauthenticated("This refresh token is not good any more; sign in again.")


def _hash(token: str) -> bytes:
    """Refresh tokens are long and random: a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
