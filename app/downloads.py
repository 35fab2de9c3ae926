"""Files over HTTP, where they lie in a folder: whoever has the URL of one reads it, without signing in.

A bucket hands out its files itself, by URLs that it has signed.
"""

import asyncio
import os
import stat
from pathlib import Path
from typing import cast

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from app import clock
from app.access import Viewer
from app.conditional import is_known
from app.context import Server
from app.errors import NotFound
from app.loaders.base import Loaders
from app.models import Document, DocumentStatus
from app.services import documents
from app.services.documents import Download
from app.storage import Storage
from app.uow import ReadUnit

PATH = "/files/{token}/{name}"
SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
}
"""Whatever is in a file, a browser runs nothing of it, and tells nobody its URL."""


async def download(request: Request) -> Response:
    """A file or a part of it. Expired, unknown and forged are told apart by nobody."""
    server = cast("Server", request.app.state.server)
    try:
        wanted = documents.read_file_token(server.settings, request.path_params["token"])
        document = await _ready(server, wanted)
        path, found = await asyncio.to_thread(_file, server, document, wanted)
    except NotFound:
        return PlainTextResponse("There is no such file.\n", 404, {"cache-control": "no-store"})
    etag = f'"{document.sha256}{"-small" if wanted.thumbnail else ""}"'
    headers = SAFE | {"etag": etag} | _described(document, wanted)
    if is_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, headers=headers, media_type=headers["content-type"], stat_result=found)


async def _ready(server: Server, wanted: Download) -> Document:
    """Read as the system, which sees one organization."""
    reads = ReadUnit(server.database, Viewer.system(wanted.organization_id))
    try:
        document: Document = await Loaders(reads).get(Document, wanted.document_id)
    finally:
        await reads.close()
    if document.status is not DocumentStatus.READY:
        raise NotFound("file")
    return document


def _file(server: Server, document: Document, wanted: Download) -> tuple[Path, os.stat_result]:
    path = Storage.of(server.settings).path(documents.key(document, "thumbnail" if wanted.thumbnail else "file"))
    try:
        if path is not None and stat.S_ISREG((found := path.stat()).st_mode):
            return path, found
    except OSError as error:
        raise NotFound("file") from error
    raise NotFound("file")


def _described(document: Document, wanted: Download) -> dict[str, str]:
    content_type = documents.THUMBNAIL_TYPE if wanted.thumbnail else str(document.content_type)
    fresh_s = int((wanted.expires_at - clock.now()).total_seconds())
    headers = documents.headers(documents.name(document, thumbnail=wanted.thumbnail), content_type, fresh_s)
    return {name.lower(): value for name, value in headers.items()}
