"""What is signed: access tokens, and the links and challenges of one purpose each."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import jwt

from app import clock
from app.access import Permission, Viewer
from app.errors import BadUserInput, Unauthenticated
from app.models import Role
from app.settings import Settings

ALGORITHM = "HS256"


class Purpose(Enum):
    """What a token is good for, and for nothing else; and for how long."""

    RESET = ("password-reset", timedelta(hours=1))
    EMAIL = ("email", timedelta(days=1))
    FACTOR = ("second-factor", timedelta(minutes=10))
    INVITATION = ("invitation", timedelta(days=7))
    OIDC = ("openid-connect", timedelta(minutes=10))

    def __init__(self, audience: str, life: timedelta) -> None:
        self.audience = audience
        self.life = life


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
    if viewer.policy is not None:
        claims["pol"] = viewer.policy
    if viewer.granted is not None:
        claims["per"] = sorted(viewer.granted)
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
            policy=claims.get("pol"),
            granted=known(claims["per"]) if "per" in claims else None,
        )
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise Unauthenticated("This access token is not valid.") from error
    if viewer.expires_at is None or viewer.expires_at <= clock.now():
        raise Unauthenticated("Your access token has expired; refresh it.")
    return viewer


def known(names: list[str]) -> frozenset[Permission]:
    """Permissions by their names; those that another release knew are left out."""
    return frozenset(Permission(name) for name in names if name in Permission.__members__)


def sign(settings: Settings, purpose: Purpose, claims: Mapping[str, Any], until: datetime | None = None) -> str:
    """A token of one purpose. What it says can be read by whoever holds it."""
    expires_at = until or clock.now() + purpose.life
    signed = {**claims, "aud": purpose.audience, "exp": expires_at}
    return jwt.encode(signed, settings.token_secret.get_secret_value(), ALGORITHM)


def unsign(settings: Settings, purpose: Purpose, token: str, field: str) -> dict[str, Any]:
    """What a token of this purpose says. Raises `BadUserInput` alike for whatever is wrong with it."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            settings.token_secret.get_secret_value(),
            [ALGORITHM],
            audience=purpose.audience,
            options={"require": ["exp", "aud"], "verify_exp": False},
        )
        expired = claims["exp"] <= clock.now().timestamp()
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise useless(field) from error
    if expired:
        raise useless(field)
    return claims


def useless(field: str) -> BadUserInput:
    """Forged, expired, used, or overtaken by events: nobody needs to know which."""
    return BadUserInput("This is not good, or not good any more; ask for another.", field)


def fingerprint(settings: Settings, *values: object) -> str:
    """Of what a token changes: once it is changed, the token is good for nothing. Tells nothing of the values."""
    key = settings.token_secret.get_secret_value().encode()
    return hmac.new(key, repr(values).encode(), hashlib.sha256).hexdigest()[:32]


def agrees(settings: Settings, given: object, *values: object) -> bool:
    """Whether a fingerprint is of these values."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), fingerprint(settings, *values).encode())
