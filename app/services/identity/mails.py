"""Mails about accounts: left in the transaction of their cause, sent by a worker, gone when they are sent.

They belong to nobody's preferences and heed no quiet hours. Their links are signed on the way out, so that none lies in
the database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.models import AccountMail, AccountMailKind, Invitation, InvitationStatus, User, WorkKind
from app.models.base import node_id
from app.services import values
from app.services.identity.sessions import password_hash
from app.services.identity.tokens import Purpose, fingerprint, sign
from app.services.identity.words import words
from app.services.messaging.channels import Accepted, Answer, Message, Resting, Retry
from app.services.messaging.rendering import render
from app.services.messaging.sending import backoff_s
from app.services.messaging.speech import Speech
from app.settings import Settings
from app.uow import UnitOfWork

PATHS = {
    AccountMailKind.PASSWORD_RESET: "reset-password",
    AccountMailKind.EMAIL_CONFIRMATION: "confirm-email",
    AccountMailKind.EMAIL_CHANGE: "confirm-email",
    AccountMailKind.INVITATION: "invitation",
}
"""Where a link leads, below `account_url`."""


async def leave(uow: UnitOfWork, kind: AccountMailKind, user: User, *, address: str | None = None) -> None:
    """A mail to a person, at the address they have unless another is named."""
    mail = await uow.add(AccountMail(kind=kind, address=address or user.email, user_id=user.id))
    await uow.later(WorkKind.SEND_ACCOUNT_MAIL, mail.id)


async def leave_invitation(uow: UnitOfWork, invitation: Invitation) -> None:
    mail = AccountMail(kind=AccountMailKind.INVITATION, address=invitation.email, invitation_id=invitation.id)
    await uow.add(mail)
    await uow.later(WorkKind.SEND_ACCOUNT_MAIL, mail.id)


async def _waiting(uow: UnitOfWork, mail_id: UUID) -> AccountMail | None:
    mine = AccountMail.organization_id == uow.viewer.organization_id
    return await uow.first(select(AccountMail).where(mine, AccountMail.id == mail_id))


async def prepare(uow: UnitOfWork, settings: Settings, mail_id: UUID) -> Message | None:
    """The mail in its final words; None if there is nothing to say any more."""
    mail = await _waiting(uow, mail_id)
    if mail is None:
        return None
    about = await _invited(uow, settings, mail) if mail.invitation_id else await _account(uow, settings, mail)
    if about is None:
        return None
    organization = await values.organization(uow)
    speech = Speech.of(organization)
    filled = {
        "person": about.person,
        "organization": organization.name,
        "inviter": about.inviter,
        "link": f"{settings.account_url.rstrip('/')}/{PATHS[mail.kind]}#token={about.token}" if about.token else None,
        "until": speech.moment(about.until) if about.until else None,
        "moment": speech.moment(mail.created_at),
    }
    subject, body = words(mail.kind, speech.language)
    return Message(
        id=mail.id,
        kind=mail.kind,
        to=mail.address,
        subject=render(subject, filled),
        body=render(body, filled),
        about=node_id("Organization", organization.id),
    )


@dataclass(frozen=True)
class _About:
    """Whom a mail speaks to, and the token of its link."""

    person: str | None
    token: str | None = None
    until: datetime | None = None
    inviter: str | None = None


async def _account(uow: UnitOfWork, settings: Settings, mail: AccountMail) -> _About | None:
    user = await uow.first(select(User).where(User.id == mail.user_id))
    if user is None:
        return None  # a member no more
    claims: dict[str, Any] = {"sub": str(user.id), "org": str(mail.organization_id)}
    proved = await password_hash(uow.session, user.id)
    if mail.kind is AccountMailKind.PASSWORD_RESET:
        purpose = Purpose.RESET
        claims["fp"] = fingerprint(settings, proved, user.email)
    elif mail.kind in PATHS:
        purpose, since = Purpose.EMAIL, user.email_confirmed_at
        claims |= {"was": user.email, "since": since.isoformat() if since else None, "email": mail.address}
        claims["fp"] = fingerprint(settings, proved)
    else:
        return _About(user.full_name)
    until = uow.now + purpose.life
    return _About(user.full_name, sign(settings, purpose, claims, until), until)


async def _invited(uow: UnitOfWork, settings: Settings, mail: AccountMail) -> _About | None:
    invitation = await uow.fetch(Invitation, mail.invitation_id) if mail.invitation_id else None
    if invitation is None or invitation.status is not InvitationStatus.PENDING:
        return None
    inviter = await uow.first(select(User).where(User.id == invitation.invited_by))
    return _About(
        None, invitation_token(settings, invitation), invitation.expires_at, inviter.full_name if inviter else None
    )


def invitation_token(settings: Settings, invitation: Invitation) -> str:
    """Sent again, an invitation lasts longer, and the link of before leads nowhere."""
    claims = {
        "sub": str(invitation.id),
        "org": str(invitation.organization_id),
        "fp": fingerprint(settings, invitation.id, invitation.expires_at),
    }
    return sign(settings, Purpose.INVITATION, claims, invitation.expires_at)


async def record(uow: UnitOfWork, settings: Settings, mail_id: UUID, answer: Answer | Resting | None) -> None:
    """What came of a mail: it is sent or never will be, and goes; or it is tried again, ever later."""
    mail = await _waiting(uow, mail_id)
    if mail is None:
        return
    mail.attempts += 1
    again = isinstance(answer, Retry | Resting) and mail.attempts < settings.notification_attempts_max
    if again:
        delay_s = backoff_s(mail.attempts, None if isinstance(answer, Accepted) else getattr(answer, "after_s", None))
        await uow.later(WorkKind.SEND_ACCOUNT_MAIL, mail.id, uow.now + timedelta(seconds=delay_s))
    else:
        await uow.session.delete(mail)
    await uow.flush()
