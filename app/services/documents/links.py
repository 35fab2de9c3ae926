"""Signed URLs: by which a file comes in, and by which it is handed out. Whoever has one needs nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import jwt

from app import clock
from app.errors import NotFound
from app.models import Document, DocumentStatus
from app.services.documents.names import THUMBNAIL_TYPE, disposition, key, typed
from app.services.identity import ALGORITHM
from app.settings import Settings
from app.storage import Storage

UPLOAD = "upload"
FILE = "file"
"""What tokens say they are for: none is ever taken for another, nor for an access token."""


@dataclass(frozen=True)
class Target:
    """Where the bytes of an awaited document go, and until when."""

    url: str
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class Download:
    """What a link leads to."""

    organization_id: UUID
    document_id: UUID
    thumbnail: bool
    expires_at: datetime


async def target(settings: Settings, storage: Storage, document: Document) -> Target | None:
    """Nowhere, once the bytes are there or the time is up."""
    expires_at = document.created_at + timedelta(seconds=settings.upload_url_s)
    if document.status is not DocumentStatus.AWAITED or expires_at <= clock.now():
        return None
    if storage.signs:
        url = await storage.url("PUT", key(document, "original"), expires_at)
    else:
        url = f"{_base(settings)}/uploads/{_write(settings, UPLOAD, document, expires_at)}"
    return Target(url, "PUT", {"content-type": "application/octet-stream"}, expires_at)


async def url(settings: Settings, storage: Storage, document: Document, *, thumbnail: bool) -> str | None:
    """Where the file is read for a while; the same for whoever asks within an hour or so, which lets caches work."""
    if document.status is not DocumentStatus.READY or (thumbnail and not document.has_thumbnail):
        return None
    until = _until(settings)
    if storage.signs:
        return await storage.url("GET", key(document, "thumbnail" if thumbnail else "file"), until)
    token = _write(settings, FILE, document, until, small=thumbnail)
    return f"{_base(settings)}/files/{token}/{quote(name(document, thumbnail=thumbnail), safe='')}"


def _until(settings: Settings) -> datetime:
    """The end of the period after this one."""
    period = settings.download_url_s
    return datetime.fromtimestamp((int(clock.now().timestamp()) // period + 2) * period, UTC)


def name(document: Document, *, thumbnail: bool) -> str:
    return typed(document.name, THUMBNAIL_TYPE) if thumbnail else document.name


def headers(name: str, content_type: str, fresh_s: int) -> dict[str, str]:
    """What goes out with the bytes. They never change, and the URL is the permission: any cache may keep them."""
    return {
        "Content-Type": content_type,
        "Content-Disposition": disposition(name, content_type),
        "Cache-Control": f"public, max-age={fresh_s}, immutable",
    }


def read_upload_token(settings: Settings, token: str) -> tuple[UUID, UUID]:
    """The organization and the document. Raises `NotFound`, whatever is wrong; touches no database."""
    claims = _read(settings, UPLOAD, token)
    return claims["org"], claims["sub"]


def read_file_token(settings: Settings, token: str) -> Download:
    """Raises `NotFound`, whatever is wrong; touches no database."""
    claims = _read(settings, FILE, token)
    return Download(claims["org"], claims["sub"], claims.get("small") is True, claims["exp"])


def _base(settings: Settings) -> str:
    return settings.public_url.rstrip("/")


def _write(settings: Settings, audience: str, document: Document, expires_at: datetime, **more: object) -> str:
    claims = {"aud": audience, "org": str(document.organization_id), "sub": str(document.id), "exp": expires_at}
    return jwt.encode(claims | more, settings.token_secret.get_secret_value(), ALGORITHM)


def _read(settings: Settings, audience: str, token: str) -> dict[str, Any]:
    try:
        claims = jwt.decode(
            token,
            settings.token_secret.get_secret_value(),
            [ALGORITHM],
            audience=audience,
            options={"require": ["aud", "org", "sub", "exp"], "verify_exp": False},
        )
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        ids = {"org": UUID(claims["org"]), "sub": UUID(claims["sub"])}
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise NotFound("file") from error
    if expires_at <= clock.now():
        raise NotFound("file")
    return {**claims, **ids, "exp": expires_at}
