"""The API in this process, for tests and simulations."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from app.serving.sockets.wire import Wire
from app.serving.web.wire import Protocol


def _listening() -> socket.socket:
    """With its protocol named: asyncio leaves TCP_NODELAY out otherwise, and each answer waits for 40 ms."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1024)
    return listening


@asynccontextmanager
async def serving(app: Starlette, http: type[Protocol] = Protocol) -> AsyncIterator[str]:
    """Answers its host and port."""
    with _listening() as listening:
        config = uvicorn.Config(
            app, log_level="warning", http=http, ws=Wire, lifespan="on", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
