"""Tracking links over HTTP: a page that needs nothing but itself, for whoever has the URL.

It is complete without JavaScript, and loads itself anew now and then. With it, only what has changed is exchanged.
"""

import math
import secrets
from collections.abc import Iterator
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import cast
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.context import Server
from app.errors import NotFound
from app.loaders.tracking import Sight, Spot, Tracking, tracked
from app.models import TransportStatus
from app.services import tracking as links
from app.services.routing.matrix import great_circle_m
from app.services.routing.problem import Location

PATH = "/track/{token}"

_PAGE = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))

T = TransportStatus
TITLES = {
    T.PENDING: "Not planned yet",
    T.ASSIGNED: "Planned",
    T.EN_ROUTE: "On the way to you",
    T.PICKED_UP: "On the way to the destination",
    T.DELIVERED: "Arrived",
    T.FAILED: "Could not be carried out",
    T.RETURNED: "Brought back",
    T.CANCELLED: "Called off",
}
NOTHING = '<h1>There is nothing to be followed here</h1>\n<p data-over="">The link is wrong, or it has run out.</p>'

WIDTH, HEIGHT, MARGIN = 320, 180, 40
"""Of the picture, in its own units."""


async def page(request: Request) -> Response:
    """One transport as it is now. Revoked, unknown and forged links are told apart by nobody."""
    server = cast("Server", request.app.state.server)
    try:
        found = await tracked(server.database, *links.read_token(server.settings, request.path_params["token"]))
    except NotFound:
        found = None
    if found is None:
        return _answer("Nothing to be followed", NOTHING, 404)
    return _answer(TITLES[found.status], "\n".join(_lines(found)), 200)


def _answer(title: str, main: str, status: int) -> Response:
    nonce = secrets.token_urlsafe(16)
    return HTMLResponse(
        _PAGE.substitute(title=escape(title), main=main, nonce=nonce),
        status,
        {
            "content-security-policy": _policy(nonce),
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex",
        },
    )


def _policy(nonce: str) -> str:
    """Nothing comes from elsewhere, and nothing goes there."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'nonce-{nonce}'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _lines(now: Tracking) -> Iterator[str]:
    zone = ZoneInfo(now.time_zone)
    yield f"<h1>{TITLES[now.status]}</h1>"
    if now.is_over:
        yield '<p data-over="">There is nothing more to come.</p>'
        return
    yield "<dl>"
    for term, value in _facts(now, zone):
        yield f"<dt>{term}</dt><dd>{value}</dd>"
    yield "</dl>"
    if now.position:
        yield _picture(now.destination, now.position)


def _facts(now: Tracking, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    if now.eta:
        yield "Expected", _time(now.eta, zone)
    yield "Agreed", f"{_time(now.window_from, zone)} to {_time(now.window_until, zone)}"
    if now.stops_before is not None:
        yield "Stops before", str(now.stops_before)
    if now.driver_name:
        yield "Driver", escape(now.driver_name)
    if now.position:
        yield "Seen", _time(now.position.recorded_at, zone)
        yield "Away", _distance(_away_m(now.destination, now.position))


def _time(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f'<time datetime="{instant.isoformat()}">{local:%d %b, %H:%M}</time>'


def _away_m(destination: Spot, position: Sight) -> float:
    return great_circle_m(
        Location(position.latitude, position.longitude), Location(destination.latitude, destination.longitude)
    )


def _distance(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 950 else f"{round(metres, -1):.0f} m"


def _picture(destination: Spot, position: Sight) -> str:
    """Both on a plain around their middle, north up; a degree of longitude is shorter away from the equator."""
    shrunk = math.cos(math.radians(destination.latitude))
    east = (position.longitude - destination.longitude) * shrunk
    north = position.latitude - destination.latitude
    scale = min((WIDTH - 2 * MARGIN) / max(abs(east), 1e-9), (HEIGHT - 2 * MARGIN) / max(abs(north), 1e-9))
    # so near, they are drawn as if they were 100 m apart
    scale = min(scale, WIDTH / 0.001)
    x, y = east * scale / 2, -north * scale / 2
    car, goal = (WIDTH / 2 + x, HEIGHT / 2 + y), (WIDTH / 2 - x, HEIGHT / 2 - y)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="The driver and the destination">'
        f'<line class="way" x1="{car[0]:.1f}" y1="{car[1]:.1f}" x2="{goal[0]:.1f}" y2="{goal[1]:.1f}"/>'
        f'<circle class="goal" cx="{goal[0]:.1f}" cy="{goal[1]:.1f}" r="8"/>'
        f'<text x="{goal[0]:.1f}" y="{goal[1] + 26:.1f}">destination</text>'
        f'<circle class="car" cx="{car[0]:.1f}" cy="{car[1]:.1f}" r="9"/>'
        f'<text x="{car[0]:.1f}" y="{car[1] - 16:.1f}">driver</text></svg>'
    )
