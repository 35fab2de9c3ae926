"""Signing in by a provider of OpenID Connect: authorization code with PKCE, state and nonce.

Nothing is kept between start and end. The client keeps a verifier; the state is signed and names its hash, and both the
nonce and the code verifier follow from it and a secret of ours. So an answer that was stolen on its way, or pushed upon
somebody else, is worth nothing.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from app.errors import BadUserInput, NotFound, Unauthenticated
from app.models import EventType, User, UserIdentity
from app.services import values
from app.services.identity.front import Front
from app.services.identity.invitations import add_user, invited, join
from app.services.identity.passwords import CREDENTIALS
from app.services.identity.providers import Provider, Vouched
from app.services.identity.sessions import SET_USER, SignedIn, begin, membership, storable
from app.services.identity.tokens import Purpose, sign, unsign, useless
from app.settings import OidcProvider, Settings

IDENTITY = text("SELECT identity_user_id(:issuer, :subject)")
CODE_MAX = 4_000


@dataclass(frozen=True)
class Started:
    """Where the browser goes, what comes back with it, and what the client keeps to itself meanwhile."""

    url: str
    state: str
    verifier: str


def _provider(settings: Settings, name: str) -> Provider:
    for config in settings.oidc:
        if config.name == name:
            return Provider(config, settings.oidc_timeout_s)
    raise NotFound("provider")


def sign_in_options(settings: Settings) -> list[OidcProvider]:
    return settings.oidc


def _derived(settings: Settings, use: str, verifier: str) -> str:
    """Never seen by whoever does not know the verifier: neither the browser's history nor the provider's log."""
    key = settings.token_secret.get_secret_value().encode()
    return hmac.new(key, f"openid-connect {use} {verifier}".encode(), hashlib.sha256).hexdigest()


def _digest(verifier: str) -> str:
    return hashlib.sha256(verifier.encode(errors="replace")).hexdigest()


async def start_sign_in(front: Front, provider: str, redirect_uri: str) -> Started:
    await front.admit()
    settings = front.settings
    found = _provider(settings, provider)
    if redirect_uri not in settings.oidc_redirect_uris:
        raise BadUserInput("This server sends nobody back to there.", "redirectUri")
    verifier = secrets.token_urlsafe(32)
    claims = {"provider": provider, "redirect": redirect_uri, "kept": _digest(verifier)}
    state = sign(settings, Purpose.OIDC, claims)
    nonce, code_verifier = _derived(settings, "nonce", verifier), _derived(settings, "code", verifier)
    return Started(await found.address(redirect_uri, state, nonce, code_verifier), state, verifier)


async def finish_sign_in(
    front: Front, code: str, state: str, verifier: str, organization: str | None, invitation: str | None
) -> SignedIn:
    """A session for whom the provider vouches, if they are known here, or invited."""
    await front.admit()
    settings = front.settings
    claims = unsign(settings, Purpose.OIDC, state, "state")
    if not hmac.compare_digest(claims["kept"], _digest(verifier)):
        raise useless("verifier")
    if len(code) > CODE_MAX or storable(code) is None:
        raise useless("code")
    provider = _provider(settings, claims["provider"])
    nonce, code_verifier = _derived(settings, "nonce", verifier), _derived(settings, "code", verifier)
    vouched = await provider.vouched(claims["redirect"], code, nonce, code_verifier)
    user_id, linked = await _known(front, vouched)
    if invitation is not None:
        user_id, organization = await _join(front, vouched, user_id, invitation)
    if user_id is None:
        raise Unauthenticated("Nobody here has this address; ask for an invitation.")
    if not linked:
        await _link(front, vouched, user_id, organization)
    return await begin(front, user_id, organization)


async def _known(front: Front, vouched: Vouched) -> tuple[UUID | None, bool]:
    """The user, by what the provider calls them or else by an address that it has verified; and which it was."""
    async with front.database.write() as session, session.begin():
        named = {"issuer": vouched.issuer, "subject": vouched.subject}
        user_id = await session.scalar(IDENTITY, named)
        if user_id is not None or vouched.email is None:
            return user_id, user_id is not None
        found = (await session.execute(CREDENTIALS, {"email": vouched.email})).first()
    return (found.user_id if found else None), False


async def _join(front: Front, vouched: Vouched, user_id: UUID | None, invitation: str) -> tuple[UUID, str]:
    """Accept an invitation to the very address that the provider has verified."""
    async with invited(front, invitation, user_id) as (uow, open_invitation):
        if vouched.email != open_invitation.email:
            raise BadUserInput("This invitation is for another address.", "invitation")
        if user_id is None:
            name = values.name(vouched.full_name or open_invitation.email, "fullName")
            user_id = await add_user(uow, open_invitation.email, "", name)
        joined = await join(uow, open_invitation, user_id)
    return user_id, joined.organization


async def _link(front: Front, vouched: Vouched, user_id: UUID, organization: str | None) -> None:
    """From now on they are known by what the provider calls them, whatever becomes of the address."""
    async with front.database.write() as session, session.begin():
        await session.execute(SET_USER, {"user": str(user_id)})
        chosen = await membership(session, user_id, organization)
    async with front.acting(chosen, user_id) as uow:
        same = (UserIdentity.user_id == user_id, UserIdentity.issuer == vouched.issuer)
        if await uow.first(select(UserIdentity).where(*same)) is not None:
            # an address may be given to somebody else; a subject is not
            raise Unauthenticated("This account belongs to somebody else there; sign in with its password.")
        await uow.add(UserIdentity(user_id=user_id, issuer=vouched.issuer, subject=vouched.subject))
        uow.emit(EventType.IDENTITY_LINKED, await uow.get(User, user_id))
