"""Who calls."""

from app.access import Viewer
from app.errors import Unauthenticated
from app.services.identity import read_token
from app.settings import Settings

BEARER = "bearer "


def bearer(settings: Settings, header: str | None) -> Viewer | None:
    """Who holds the access token of an `Authorization` header. Raises `Unauthenticated`; touches no database."""
    if not header:
        return None
    if not header.lower().startswith(BEARER):
        raise Unauthenticated("Send `Bearer` and an access token.")
    return read_token(settings, header[len(BEARER) :].strip())
