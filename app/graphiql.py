"""GraphiQL: the page at /graphql where a person tries queries and subscriptions."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from app.settings import Settings

_PAGE = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
_CDN = "https://unpkg.com"


@dataclass(frozen=True)
class Package:
    """An npm package by `name@version`, the checksum of its tarball, and the files we use with theirs."""

    id: str
    integrity: str
    files: Mapping[str, str]

    @property
    def paths(self) -> Iterator[str]:
        """As a CDN lays the files out, and as they lie in our folder; a new version is never an old URL."""
        return (f"{self.id}/{path}" for path in self.files)


# The last versions that a plain page can use, without a bundler. GraphiQL brings its own graphql-ws.
PACKAGES = (
    Package(
        "react@18.3.1",
        "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
        {"umd/react.production.min.js": "sha256-2Unxw2h67a3O2shSYYZfKbF80nOZfn9rK/xTsvnUxN0="},
    ),
    Package(
        "react-dom@18.3.1",
        "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
        {"umd/react-dom.production.min.js": "sha256-NfT5dPSyvNRNpzljNH+JUuNB+DkJ5EmCJ9Tia5j2bw0="},
    ),
    Package(
        "graphiql@3.9.0",
        "sha512-rJYFlHdBbug9+YbFSwRVvgfPjCayC7wHecZkx/qB4XLuQPFQZw/yB9pmHFtOJV6RiNBBHro3u1GdocKa3YcGRA==",
        {
            "graphiql.min.css": "sha256-vd3VCqxb2w7dg+XIYrov7Z2ylk5MddRlWrYrCn1b1zA=",
            "graphiql.min.js": "sha256-ozCivh0jiUhoQKnQqDR2fZCDoj8QWHng3lTk/Og9NRM=",
        },
    ),
)


def page(settings: Settings) -> Response:
    """The page; its scripts come from our folder if there is one, else from the CDN."""
    nonce = secrets.token_urlsafe(16)
    # relative, so that it also holds behind a proxy that adds a prefix
    base = "graphiql" if settings.graphiql_assets else _CDN
    assets = "\n    ".join(_tag(f"{base}/{path}", checksum, nonce) for path, checksum in _files())
    return HTMLResponse(
        _PAGE.substitute(assets=assets, nonce=nonce),
        headers={
            "content-security-policy": _policy(nonce),
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        },
    )


def routes(settings: Settings) -> list[BaseRoute]:
    """The files of the page. Fails at once if the folder that should have them does not exist."""
    if not settings.graphiql or settings.graphiql_assets is None:
        return []
    return [Mount("/graphiql", StaticFiles(directory=settings.graphiql_assets))]


def _files() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        yield from zip(package.paths, package.files.values(), strict=True)


def _tag(url: str, checksum: str, nonce: str) -> str:
    verified = f'integrity="{checksum}" crossorigin="anonymous"'
    if url.endswith(".css"):
        return f'<link rel="stylesheet" href="{url}" {verified}>'
    return f'<script defer src="{url}" {verified} nonce="{nonce}"></script>'


def _policy(nonce: str) -> str:
    """Only our scripts run, and they talk to this server only."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'self' {_CDN} 'unsafe-inline'",  # GraphiQL's dialogs and editors write styles
            "font-src data:",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
