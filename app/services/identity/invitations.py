"""Invitations: sent, sent again, taken back, looked at, accepted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Viewer
from app.errors import BadUserInput, Forbidden, InvalidTransition, NotFound, Unauthenticated
from app.models import EventType, Invitation, InvitationStatus, Membership, Role, User
from app.services import values
from app.services.identity import mails
from app.services.identity.front import Front, actor
from app.services.identity.passwords import CREDENTIALS, hashed, matches
from app.services.identity.sessions import SET_USER
from app.services.identity.tokens import Purpose, agrees, unsign, useless
from app.uow import ENDED, UnitOfWork

ADD_USER = text("SELECT add_user(:email, :hash, :name)")
RUNNERS = frozenset({Role.OWNER, Role.ADMIN})
TOLD_MAX = 90
"""Invitations that are taken back together have an event each, up to here: with those of sign-ins, 500 at most."""


@dataclass(frozen=True)
class Preview:
    """What whoever holds the link of an invitation may know."""

    organization_name: str
    email: str
    role: Role
    expires_at: datetime
    invited_by: str | None
    has_account: bool


@dataclass(frozen=True)
class Joined:
    """Where somebody has become a member, and as what."""

    organization: str
    email: str
    role: Role


def check_rank(viewer: Viewer, *roles: Role) -> None:
    """Nobody makes or unmakes who stands above them: owners are for owners, admins for those two."""
    if Role.OWNER in roles and viewer.role is not Role.OWNER:
        raise Forbidden("Only an owner decides on owners.")
    if Role.ADMIN in roles and viewer.role not in RUNNERS:
        raise Forbidden("Only owners and admins decide on admins.")


async def invite_member(uow: UnitOfWork, email: str, role: Role) -> Invitation:
    """Send somebody a link by which they become a member. One invitation an address at a time."""
    check_rank(uow.viewer, role)
    address = values.email(email)
    if address is None:
        raise BadUserInput("Name an address.", "email")
    member = select(Membership.id).join(User, User.id == Membership.user_id)
    here = Membership.organization_id == uow.viewer.organization_id
    # whoever is being removed is gone by now, or their invitation is found and taken back
    mine = select(Membership.role).where(here, Membership.user_id == actor(uow)).with_for_update(read=True)
    if await uow.first(mine) is not uow.viewer.role:
        raise Unauthenticated(ENDED)
    if await uow.first(member.where(here, User.email == address)) is not None:
        raise BadUserInput("This person is a member already.", "email")
    await _expire(uow, address)
    invitation = await uow.add(
        Invitation(
            email=address,
            role=role,
            status=InvitationStatus.PENDING,
            expires_at=uow.now + Purpose.INVITATION.life,
            invited_by=actor(uow),
        )
    )
    uow.emit(EventType.MEMBER_INVITED, invitation, payload={"role": role})
    await mails.leave_invitation(uow, invitation)
    return invitation


async def _expire(uow: UnitOfWork, email: str) -> None:
    """An invitation that nobody accepted in time makes room for the next."""
    late = select(Invitation).where(
        Invitation.organization_id == uow.viewer.organization_id,
        Invitation.email == email,
        Invitation.status == InvitationStatus.PENDING,
        Invitation.expires_at <= uow.now,
    )
    for invitation in await uow.scalars(late):
        await uow.transition(invitation, InvitationStatus.EXPIRED)


async def resend_invitation(uow: UnitOfWork, invitation_id: UUID) -> Invitation:
    """Another link, good for as long as a first one; the one of before leads nowhere."""
    invitation = await uow.get(Invitation, invitation_id, lock=True)
    check_rank(uow.viewer, invitation.role)
    if invitation.status is not InvitationStatus.PENDING:
        raise InvalidTransition("invitation", invitation.status, InvitationStatus.PENDING)
    invitation.expires_at = uow.now + Purpose.INVITATION.life
    uow.emit(EventType.INVITATION_RESENT, invitation)
    await mails.leave_invitation(uow, invitation)
    await uow.flush()
    return invitation


async def revoke_invitation(uow: UnitOfWork, invitation_id: UUID) -> Invitation:
    invitation = await uow.get(Invitation, invitation_id)
    check_rank(uow.viewer, invitation.role)
    await uow.transition(invitation, InvitationStatus.REVOKED)
    uow.emit(EventType.INVITATION_REVOKED, invitation)
    return invitation


async def withdraw(uow: UnitOfWork, user_id: UUID, role: Role | None) -> None:
    """Take back what somebody has sent who could not send it as what they are now. None: a member no more."""
    if role is Role.OWNER:
        return
    beyond = [Role.OWNER] if role is Role.ADMIN else list(Role)
    rows = await uow.session.execute(
        update(Invitation)
        .where(
            Invitation.organization_id == uow.viewer.organization_id,
            Invitation.invited_by == user_id,
            Invitation.status == InvitationStatus.PENDING,
            Invitation.role.in_(beyond),
        )
        .values(status=InvitationStatus.REVOKED, updated_at=uow.now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    for id in sorted(rows.scalars())[:TOLD_MAX]:
        uow.emit(EventType.INVITATION_REVOKED, Invitation(id=id))


@asynccontextmanager
async def _opened(
    front: Front, token: str, user_id: UUID | None = None
) -> AsyncIterator[tuple[UnitOfWork, Invitation]]:
    """The invitation of a link, locked. Raises `BadUserInput` for one that is not good any more."""
    claims = unsign(front.settings, Purpose.INVITATION, token, "token")
    async with front.acting(UUID(claims["org"]), user_id) as uow:
        try:
            invitation = await uow.fetch(Invitation, UUID(claims["sub"]), lock=True)
        except NotFound as error:
            raise useless("token") from error
        stands = invitation.status is InvitationStatus.PENDING and invitation.expires_at > uow.now
        if not stands or not agrees(front.settings, claims["fp"], invitation.id, invitation.expires_at):
            raise useless("token")
        yield uow, invitation


async def look_at_invitation(front: Front, token: str) -> Preview:
    await front.admit()
    async with _opened(front, token) as (uow, invitation):
        organization = await values.organization(uow)
        inviter = await uow.first(select(User).where(User.id == invitation.invited_by))
        account = (await uow.session.execute(CREDENTIALS, {"email": invitation.email})).first()
        return Preview(
            organization_name=organization.name,
            email=invitation.email,
            role=invitation.role,
            expires_at=invitation.expires_at,
            invited_by=inviter.full_name if inviter else None,
            has_account=account is not None,
        )


async def accept_invitation(
    front: Front, token: str, viewer_id: UUID | None, full_name: str | None = None, password: str | None = None
) -> Joined:
    """Become a member: who is new by setting a name and a password, who has an account by proving that it is theirs."""
    await front.admit()
    async with _opened(front, token) as (uow, invitation):
        email = invitation.email
        account = (await uow.session.execute(CREDENTIALS, {"email": email})).first()
    if account is None:
        name = values.name(full_name, "fullName")
        becomes = await hashed(password or "", "password", email, name)
        async with _opened(front, token) as (uow, invitation):
            user_id = await add_user(uow, email, becomes, name)
            return await join(uow, invitation, user_id)
    await _prove(front, account.user_id, account.password_hash, email, viewer_id, password)
    async with _opened(front, token, account.user_id) as (uow, invitation):
        return await join(uow, invitation, account.user_id)


async def _prove(
    front: Front, user_id: UUID, password_hash: str, email: str, viewer_id: UUID | None, password: str | None
) -> None:
    if viewer_id == user_id:
        return
    if password is None:
        raise Unauthenticated("There is an account with this address: sign in, or give its password.")
    await front.admit(email)
    if not await matches(password_hash, password):
        raise Unauthenticated("This is not the password of the account with this address.")


async def add_user(uow: UnitOfWork, email: str, password_hash: str, full_name: str) -> UUID:
    """An account with a proved address. An empty hash is no password."""
    made = await uow.session.scalar(ADD_USER, {"email": email, "hash": password_hash, "name": full_name})
    if made is None:
        raise BadUserInput("There is an account with this address by now: sign in.", "token")
    return UUID(str(made))


async def join(uow: UnitOfWork, invitation: Invitation, user_id: UUID) -> Joined:
    """The invitation's lock is held: of two who accept it at once, one wins."""
    organization = await values.organization(uow)
    await _act_as(uow.session, user_id)
    await uow.transition(invitation, InvitationStatus.ACCEPTED, accepted_by=user_id)
    membership = await uow.add(Membership(user_id=user_id, role=invitation.role))
    uow.emit(EventType.MEMBER_JOINED, membership, invitation, payload={"role": invitation.role})
    return Joined(organization.slug, invitation.email, invitation.role)


async def _act_as(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(SET_USER, {"user": str(user_id)})


@asynccontextmanager
async def invited(
    front: Front, token: str, user_id: UUID | None = None
) -> AsyncIterator[tuple[UnitOfWork, Invitation]]:
    """For whoever proves by other means than a password that the address is theirs."""
    async with _opened(front, token, user_id) as found:
        yield found
