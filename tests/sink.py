"""Somebody who is told of events: each request is verified by the reference library of Standard Webhooks, and kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.demo.serving import serving
from tests.client import Json


@dataclass(frozen=True)
class Reply:
    """An answer. stall_s: how long it takes to come."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stall_s: float = 0


@dataclass(frozen=True)
class Received:
    """`signers`: which of the secrets, by their places, signed it."""

    name: str
    headers: Mapping[str, str]
    content: str
    signers: tuple[int, ...]

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> Json:
        found: Json = json.loads(self.content)
        return found

    @property
    def type(self) -> str:
        type: str = self.body["type"]
        return type


@dataclass
class Sink:
    """Endpoints by the last part of their path, each with the secrets that it knows."""

    url: str = ""
    secrets: dict[str, list[str]] = field(default_factory=dict)
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    """What the next requests are answered; then what `always` says."""
    always: dict[str, Reply] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    unverified: int = 0
    at_once: dict[str, int] = field(default_factory=dict)
    most_at_once: dict[str, int] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, name: str) -> str:
        return f"{self.url}/{name}"

    def to(self, name: str) -> list[Received]:
        return [received for received in self.received if received.name == name]

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{name}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        name, content = request.path_params["name"], (await request.body()).decode()
        signers = tuple(
            place for place, secret in enumerate(self.secrets.get(name, [])) if _is_signed(secret, content, request)
        )
        if request.method != "POST" or not signers:
            self.unverified += 1
            return Response(status_code=401)
        self.received.append(Received(name, dict(request.headers), content, signers))
        self.at_once[name] = self.at_once.get(name, 0) + 1
        self.most_at_once[name] = max(self.most_at_once.get(name, 0), self.at_once[name])
        try:
            return await self._replied(name)
        finally:
            self.at_once[name] -= 1

    async def _replied(self, name: str) -> Response:
        waiting = self.replies.get(name)
        reply = waiting.pop(0) if waiting else self.always.get(name, Reply())
        if reply.stall_s:
            try:
                async with asyncio.timeout(reply.stall_s):
                    await self.over.wait()
            except TimeoutError:
                pass
        return Response(reply.body, reply.status, dict(reply.headers))


def _is_signed(secret: str, content: str, request: Request) -> bool:
    try:
        Webhook(secret).verify(content, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    sink = Sink()
    async with serving(sink.app()) as address:
        sink.url = f"http://{address}"
        try:
            yield sink
        finally:
            sink.over.set()
