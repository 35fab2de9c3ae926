"""Files on their way in over HTTP: with a GraphQL request, and alone to a signed URL.

What comes is written to disk beyond a megabyte, and is refused while it comes when it is too much or too slow.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from uuid import UUID

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException as FormRefused
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app import json_text
from app.access import Viewer
from app.context import Server
from app.errors import InvalidTransition, NotFound
from app.loaders.base import Loaders
from app.models import Document, DocumentStatus
from app.services import documents
from app.services.documents import Incoming
from app.settings import Settings
from app.storage import Storage
from app.uow import ReadUnit, unit_of_work

PATH = "/uploads/{token}"
MULTIPART = "multipart/form-data"
PREFLIGHT = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
"""A browser sends a form to any site unasked, but none of these: one of them shows that the site was asked first."""
FILES_MAX = 10
SPOOLED = 1024 * 1024


class Refused(Exception):
    """A request that goes no further, with a code as errors have it, and headers that say what would do."""

    def __init__(self, status_code: int, reason: str, code: str = "BAD_USER_INPUT", **headers: str) -> None:
        super().__init__(reason)
        self.status_code = status_code
        self.reason = reason
        self.code = code
        self.headers = headers

    @property
    def response(self) -> Response:
        return refusal(self.status_code, self.reason, self.code)


def refusal(status_code: int, reason: str, code: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"message": reason, "extensions": {"code": code}}]}, status_code, headers)


def is_multipart(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


def body_bytes_max(settings: Settings, headers: Headers) -> int:
    """The largest request: one with files may hold as much as the largest of them, and the document."""
    return settings.body_bytes_max + (settings.upload_bytes_max if is_multipart(headers) else 0)


# with a GraphQL request, https://github.com/jaydenseric/graphql-multipart-request-spec


def admit(headers: Headers) -> None:
    """Refuse files that a page on another site has sent, before any of them is read."""
    if not any(headers.get(name) for name in PREFLIGHT):
        raise Refused(400, f"A multipart request has the header {PREFLIGHT[0]}, or one of {', '.join(PREFLIGHT[1:])}.")


async def operation(request: Request, settings: Settings) -> dict[str, Any]:
    """The GraphQL request of a multipart one, each file in its place. Whoever calls closes the request."""
    form = await _form(request, settings)
    operations, places = _object(form, "operations"), _object(form, "map")
    files = {name: value for name, value in form.multi_items() if isinstance(value, UploadFile)}
    if files.keys() != places.keys():
        raise Refused(400, "`map` names every file of the request once, and no other.")
    for name, file in files.items():
        if (file.size or 0) > settings.upload_bytes_max:
            raise Refused(413, f"A file has at most {settings.upload_bytes_max} bytes.")
        incoming = Incoming(file.filename or name, file.file, file.size or 0)
        _place(operations, places[name], incoming)
    return operations


async def _form(request: Request, settings: Settings) -> FormData:
    try:
        async with _in_time(settings):
            return await request.form(max_files=FILES_MAX, max_fields=2, max_part_size=settings.body_bytes_max)
    except FormRefused as error:
        raise Refused(400, error.detail) from error


def _object(form: FormData, name: str) -> dict[str, Any]:
    given = form.get(name)
    try:
        found = json_text.read(given) if isinstance(given, str) else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, f"`{name}` is a field with a JSON object; it comes before the files.")
    return found


def _place(operations: dict[str, Any], paths: object, file: Incoming) -> None:
    """Put a file where `map` says: into variables, where the client has left null for it."""
    if not isinstance(paths, list) or not paths:
        raise Refused(400, "`map` has a list of paths for each file.")
    for path in paths:
        try:
            *way, last = path.split(".")
            holder: Any = operations
            for step in way:
                holder = holder[_key(holder, step)]
            place = _key(holder, last)
            fits = way[:1] == ["variables"] and holder[place] is None
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            fits = False
        if not fits:
            raise Refused(400, "A path of `map` leads to a null among the variables.")
        holder[place] = file


def _key(holder: object, step: str) -> str | int:
    return int(step) if isinstance(holder, list) else step


# alone, to a signed URL


async def upload(request: Request) -> Response:
    """Take the bytes of a document that was announced, once. Expired, unknown and forged are told apart by nobody."""
    server = cast("Server", request.app.state.server)
    storage = Storage.of(server.settings)
    try:
        organization_id, document_id = documents.read_upload_token(server.settings, request.path_params["token"])
        viewer = Viewer.system(organization_id)
        document = await _awaited(server, viewer, document_id)
        async with _body(request, server.settings, document.byte_size or 0) as file:
            incoming = Incoming(document.name, file, document.byte_size or 0)
            async with unit_of_work(server.database, viewer, server.wakes) as uow:
                await documents.receive_upload(uow, storage, document_id, incoming)
    except NotFound as error:
        return refusal(404, "There is no such upload.", error.code)
    except InvalidTransition as error:
        return refusal(409, error.message, error.code)
    except Refused as refused:
        return refused.response
    return Response(status_code=204)


async def _awaited(server: Server, viewer: Viewer, document_id: UUID) -> Document:
    """Looked at before the body is read."""
    reads = ReadUnit(server.database, viewer)
    try:
        document: Document = await Loaders(reads).get(Document, document_id)
    finally:
        await reads.close()
    if document.status is not DocumentStatus.AWAITED:
        raise InvalidTransition("document", document.status, DocumentStatus.RECEIVED)
    return document


@asynccontextmanager
async def _body(request: Request, settings: Settings, byte_size: int) -> AsyncIterator[IO[bytes]]:
    """The body, which has exactly so many bytes."""
    _announced(request.headers, byte_size)
    with SpooledTemporaryFile(SPOOLED) as file:
        read = 0
        async with _in_time(settings):
            async for chunk in request.stream():
                read += len(chunk)
                if read > byte_size:
                    raise Refused(413, f"{byte_size} bytes were announced; more came.")
                await asyncio.to_thread(file.write, chunk) if read > SPOOLED else file.write(chunk)
        if read < byte_size:
            raise Refused(400, f"{byte_size} bytes were announced; {read} came.")
        yield file


def _announced(headers: Mapping[str, str], byte_size: int) -> None:
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > byte_size:
        raise Refused(413, f"{byte_size} bytes were announced; more come.")


@asynccontextmanager
async def _in_time(settings: Settings) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(settings.upload_receive_s_max):
            yield
    except ClientDisconnect:
        raise Refused(400, "The request broke off.") from None
    except TimeoutError:
        raise Refused(408, f"A file has {settings.upload_receive_s_max} seconds to come.") from None
