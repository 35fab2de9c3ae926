"""Calendars over HTTP: whoever has the URL of one reads it, without signing in."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.access import Viewer
from app.conditional import is_known
from app.context import Server
from app.errors import NotFound
from app.loaders import calendars as relations
from app.models import CalendarFeed
from app.services import calendars
from app.services.calendars import Entry
from app.uow import ReadUnit

PATH = "/calendars/{token}.ics"
FRESH_S = 300


async def calendar(request: Request) -> Response:
    """A calendar as iCalendar. Revoked, unknown and forged are told apart by nobody."""
    server = cast("Server", request.app.state.server)
    try:
        content = await _content(server, *calendars.read_token(server.settings, request.path_params["token"]))
    except NotFound:
        return PlainTextResponse("There is no such calendar.\n", 404, {"cache-control": "no-store"})
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": f"private, max-age={FRESH_S}"}
    if is_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers | {"content-type": "text/calendar; charset=utf-8"})


async def _content(server: Server, organization_id: UUID, feed_id: UUID) -> bytes:
    """Read as the system, which sees one organization, and of that only what is the feed's owner's."""
    reads = ReadUnit(server.database, Viewer.system(organization_id))
    try:
        found = await relations.standing_feed(reads, feed_id)
        if found is None:
            raise NotFound("calendar")
        feed, organization = found
        entries = await _entries(reads, feed)
    finally:
        await reads.close()
    # a long calendar takes a while: neither the loop nor a connection waits for it
    return await asyncio.to_thread(calendars.written, feed, organization, entries)


async def _entries(reads: ReadUnit, feed: CalendarFeed) -> Sequence[Entry]:
    if feed.driver_id is None:
        return [calendars.of_booking(*row) for row in await relations.bookings(reads, feed)]
    shifts = await relations.shifts(reads, feed.driver_id)
    stops = await relations.stops(reads, feed.driver_id, relations.ENTRIES_MAX - len(shifts))
    return [*(calendars.of_shift(*row) for row in shifts), *(calendars.of_stop(*row) for row in stops)]
