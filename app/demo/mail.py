"""A mail sink: takes every mail over SMTP, sends none, and shows them on a page of its own."""

import argparse
import asyncio
import html
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.demo.process import listen
from app.demo.state import write_private

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Waypost demo: inbox ({count})</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }}
article {{ border-top: 1px solid #ccc; padding: 1rem 0; }}
h2 {{ font-size: 1.1rem; margin: 0; }}
small {{ color: #666; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }}
</style></head><body><h1>Inbox</h1>{mails}</body></html>"""
_MAIL = """<article><h2>{subject}</h2><small>{sender} to {to}, {sent_at}</small><pre>{body}</pre></article>"""


@dataclass(frozen=True)
class Mail:
    """One mail, decoded."""

    sender: str
    to: str
    subject: str
    body: str
    sent_at: datetime | None


def inbox(state_dir: Path) -> list[Mail]:
    """The mails that the sink has taken, the newest first."""
    return [_read(path) for path in sorted((state_dir / "mail").glob("*.eml"), reverse=True)]


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
    return Mail(
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        body=str(body.get_content()).replace("\r\n", "\n") if body else "",
        sent_at=getattr(message["Date"], "datetime", None),
    )


class _Sink:
    """Keeps each mail as a file whose name sorts by arrival; aiosmtpd calls its method by that name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        unfinished = self._folder / "unfinished"
        unfinished.write_bytes(content)
        unfinished.replace(self._folder / f"{time.time_ns():020}.eml")
        return "250 Kept, not sent"


def _page(mails: list[Mail]) -> str:
    shown = [
        _MAIL.format(
            sender=html.escape(mail.sender),
            to=html.escape(mail.to),
            subject=html.escape(mail.subject),
            body=html.escape(mail.body),
            sent_at=f"{mail.sent_at:%Y-%m-%d %H:%M}" if mail.sent_at else "undated",
        )
        for mail in mails
    ]
    return _PAGE.format(count=len(mails), mails="".join(shown) or "<p>No mail yet.</p>")


async def _serve(state_dir: Path) -> None:
    folder = state_dir / "mail"
    folder.mkdir(mode=0o700, exist_ok=True)
    smtp_socket, http_socket = listen(), listen()
    sink = _Sink(folder)
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True), sock=smtp_socket)

    def show(request: Request) -> Response:
        return HTMLResponse(_page(inbox(state_dir)))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        """Nobody should find the addresses of a demo that is gone; this process also stops if that one was killed."""
        yield
        for name in ("mail.json", "demo.json"):
            (state_dir / name).unlink(missing_ok=True)

    ports = {
        "smtp_port": smtp_socket.getsockname()[1],
        "http_port": http_socket.getsockname()[1],
    }
    write_private(state_dir / "mail.json", json.dumps(ports))
    page = uvicorn.Config(Starlette(routes=[Route("/", show)], lifespan=lifespan), log_level="warning")
    async with smtp:
        await uvicorn.Server(page).serve(sockets=[http_socket])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--dir",
        type=Path,
        required=True,
        help="mails go to DIR/mail, the two ports to DIR/mail.json",
    )
    asyncio.run(_serve(parser.parse_args().dir))


if __name__ == "__main__":
    main()
