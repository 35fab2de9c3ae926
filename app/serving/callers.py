"""Who calls: a person with an access token, or a partner's program with its key."""

import asyncio
import hashlib
import logging

from cachetools import TTLCache
from sqlalchemy.exc import SQLAlchemyError

from app.access import Viewer
from app.context import Context, Server
from app.errors import Unauthenticated
from app.services import keys
from app.services.identity import read_token, throttle

log = logging.getLogger(__name__)

BEARER = "bearer "
KNOWN, KNOWN_S = 10_000, 600

_noting: set[asyncio.Task[None]] = set()
_known: TTLCache[bytes, bool] = TTLCache(KNOWN, KNOWN_S)
"""Hashes of keys that were good lately: they are looked up all the same, but nobody counts how often."""


async def sign_in(context: Context, header: str | None) -> None:
    """Let a context speak for whoever an `Authorization` header names.

    A bad access token is no error yet: whoever has one may still sign in, or refresh it. A bad key is one at once.
    Raises `RateLimited` for who makes keys up.
    """
    try:
        viewer = await _caller(context, header)
    except Unauthenticated as error:
        if keys.is_api_key(_token(header)):
            raise
        context.turn_away(error)
        return
    if viewer:
        context.sign_in(viewer)


async def _caller(context: Context, header: str | None) -> Viewer | None:
    if not header:
        return None
    token = _token(header)
    if not token:
        raise Unauthenticated("Send `Bearer` and an access token.")
    if not keys.is_api_key(token):
        return read_token(context.server.settings, token)
    return await _program(context.server, token, context.origin.ip)


async def _program(server: Server, token: str, address: str | None) -> Viewer:
    """Whose key this is. Whoever makes keys up is held up before the database is asked. Raises `RateLimited`."""
    hashed = hashlib.sha256(token.encode(errors="replace")).digest()
    if hashed not in _known:
        await throttle.admit_key(server.buckets, server.settings, address=address)
    try:
        caller = await keys.who(server.database, token)
    except Unauthenticated:
        _known.pop(hashed, None)
        raise
    _known[hashed] = True
    if caller.unnoted:
        _note(server, caller.viewer)
    return caller.viewer


def _token(header: str | None) -> str:
    """What comes behind `Bearer`; nothing, if there is no such word."""
    return header[len(BEARER) :].strip() if header and header.lower().startswith(BEARER) else ""


def _note(server: Server, viewer: Viewer) -> None:
    """That a key is used is written down beside the request, which never waits for it."""
    task = asyncio.create_task(_written(server, viewer))
    _noting.add(task)
    task.add_done_callback(_noting.discard)


async def _written(server: Server, viewer: Viewer) -> None:
    try:
        await keys.note_use(server.database, viewer)
    except (SQLAlchemyError, OSError) as error:
        log.warning("could not write down that a key is used: %r", error)
