"""Links by which anybody may follow one transport: who makes and revokes them, and the token that one is."""

from datetime import datetime, timedelta
from uuid import UUID

import jwt

from app import clock
from app.errors import Forbidden, NotFound
from app.models import EventType, TrackingLink, Transport
from app.services import values
from app.services.identity import ALGORITHM
from app.settings import Settings
from app.uow import UnitOfWork

AUDIENCE = "tracking"
"""What a token says it is for, so that it is never taken for another."""

AFTERWARDS = timedelta(hours=6)
"""How long after the dropoff's window a link holds, unless somebody says for how long."""

HOURS_MAX = 14 * 24


async def create_tracking_link(uow: UnitOfWork, transport_id: UUID, hours: int | None = None) -> TrackingLink:
    """A link to a transport of the viewer's own; people of the house make one to any."""
    transport = await uow.get(Transport, transport_id)
    viewer = uow.viewer
    # to drive a transport is not yet to show it to others
    if not viewer.sees_everything and transport.customer_id != viewer.customer_id:
        raise Forbidden("You can share your own transports only.")
    if hours is None:
        expires_at = max(transport.dropoff_until, uow.now) + AFTERWARDS
    else:
        expires_at = uow.now + timedelta(hours=values.between(hours, 1, HOURS_MAX, "hours"))
    # a token tells whole seconds
    expires_at = expires_at.replace(microsecond=0)
    link = await uow.add(TrackingLink(transport_id=transport.id, expires_at=expires_at, created_by=viewer.user_id))
    uow.emit(EventType.TRACKING_LINK_CREATED, link, transport)
    return link


async def revoke_tracking_link(uow: UnitOfWork, tracking_link_id: UUID) -> TrackingLink:
    """Let the link lead nowhere from now on; once is enough."""
    link = await uow.get(TrackingLink, tracking_link_id, lock=True)
    if link.revoked_at is None:
        link.revoked_at = uow.now
        uow.emit(EventType.TRACKING_LINK_REVOKED, link, await uow.fetch(Transport, link.transport_id))
    return link


def url(settings: Settings, link: TrackingLink) -> str | None:
    """Where the transport is followed; nowhere, once the link is revoked or has run out."""
    if link.revoked_at is not None or link.expires_at <= clock.now():
        return None
    return f"{settings.public_url.rstrip('/')}/track/{write_token(settings, link)}"


def write_token(settings: Settings, link: TrackingLink) -> str:
    claims = {"aud": AUDIENCE, "org": str(link.organization_id), "sub": str(link.id), "exp": link.expires_at}
    return jwt.encode(claims, settings.token_secret.get_secret_value(), ALGORITHM)


def read_token(settings: Settings, token: str) -> tuple[UUID, UUID]:
    """The organization and the link. Raises `NotFound`, whatever is wrong; touches no database."""
    try:
        claims = jwt.decode(
            token,
            settings.token_secret.get_secret_value(),
            [ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["aud", "org", "sub", "exp"], "verify_exp": False},
        )
        organization_id, link_id = UUID(claims["org"]), UUID(claims["sub"])
        expires_at = datetime.fromtimestamp(claims["exp"], clock.now().tzinfo)
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise NotFound("tracking link") from error
    if expires_at <= clock.now():
        raise NotFound("tracking link")
    return organization_id, link_id
