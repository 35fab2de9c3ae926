"""Addresses that people sign in with: proved, and changed, by links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.errors import BadUserInput, Conflict
from app.models import AccountMailKind, EventType, User
from app.services import values
from app.services.identity import mails
from app.services.identity.front import Front, actor
from app.services.identity.passwords import CREDENTIALS
from app.services.identity.sessions import password_hash
from app.services.identity.tokens import Purpose, agrees, unsign, useless
from app.uow import UnitOfWork

SET_EMAIL = text("SELECT set_email(:was, :since, :becomes)")


async def request_confirmation(uow: UnitOfWork) -> User:
    user = await uow.get(User, actor(uow))
    if user.email_confirmed_at is not None:
        raise Conflict("This address is confirmed already.")
    await mails.leave(uow, AccountMailKind.EMAIL_CONFIRMATION, user)
    return user


async def request_change(uow: UnitOfWork, email: str) -> None:
    """Send a link to a new address. That it is somebody else's already is nobody's business: nothing is said of it."""
    user, wanted = await uow.get(User, actor(uow)), values.email(email)
    if wanted is None or wanted == user.email:
        raise BadUserInput("Name another address than the one there is.", "email")
    if (await uow.session.execute(CREDENTIALS, {"email": wanted})).first() is None:
        await mails.leave(uow, AccountMailKind.EMAIL_CHANGE, user, address=wanted)


async def confirm(front: Front, token: str) -> None:
    """Take a link's word for an address: it is the person's, or shall be. Once, and while nothing else has changed."""
    await front.admit()
    claims = unsign(front.settings, Purpose.EMAIL, token, "token")
    user_id, was, becomes = UUID(claims["sub"]), claims["was"], claims["email"]
    since = datetime.fromisoformat(claims["since"]) if claims["since"] else None
    async with front.acting(UUID(claims["org"]), user_id) as uow:
        # whoever took the account back by another password need not fear the links of before
        proved = agrees(front.settings, claims.get("fp"), await password_hash(uow.session, user_id))
        if not proved or not await _swap(uow, was, since, becomes):
            raise useless("token")
        user = await uow.get(User, user_id)
        if was == becomes:
            uow.emit(EventType.EMAIL_CONFIRMED, user)
        else:
            uow.emit(EventType.EMAIL_CHANGED, user)
            await mails.leave(uow, AccountMailKind.EMAIL_CHANGED, user, address=was)


async def _swap(uow: UnitOfWork, was: str, since: datetime | None, becomes: str) -> bool:
    try:
        done = await uow.session.execute(SET_EMAIL, {"was": was, "since": since, "becomes": becomes})
    except IntegrityError as error:
        raise BadUserInput("Somebody else signs in with this address.", "token") from error
    return bool(done.scalar())
