"""Sinks for all that the demo sends: mails by SMTP, texts and pushes by HTTP. They send nothing on; a page shows it."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from app.demo import outbox
from app.demo.gateways import Gateways
from app.demo.process import listen
from app.demo.state import write_private


class _Sink:
    """aiosmtpd calls its method by that name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        outbox.keep(self._folder, envelope.original_content or b"", outbox.SUFFIXES["EMAIL"])
        return "250 Kept, not sent"


async def _serve(state_dir: Path) -> None:
    folder = state_dir / outbox.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    smtp_socket, http_socket = listen(), listen()
    sink, gateways = _Sink(folder), Gateways(partial(outbox.keep_sent, folder))
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True), sock=smtp_socket)

    def show(request: Request) -> Response:
        return HTMLResponse(outbox.page(state_dir, request.query_params.get("way")))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        """Nobody should find the addresses of a demo that is gone; this process also stops if that one was killed."""
        yield
        for name in ("mail.json", "demo.json"):
            (state_dir / name).unlink(missing_ok=True)

    http_port = http_socket.getsockname()[1]
    found = {
        "smtp_port": smtp_socket.getsockname()[1],
        "http_port": http_port,
        "settings": gateways.knobs(f"http://127.0.0.1:{http_port}"),
    }
    write_private(state_dir / "mail.json", json.dumps(found))
    app = Starlette(routes=[Route("/", show), Mount("/", gateways.app)], lifespan=lifespan)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    async with smtp:
        await uvicorn.Server(config).serve(sockets=[http_socket])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--dir",
        type=Path,
        required=True,
        help="messages go to DIR/mail, ports and settings to DIR/mail.json",
    )
    asyncio.run(_serve(parser.parse_args().dir))


if __name__ == "__main__":
    main()
