"""The providers of texts and pushes on a port of their own: they keep what they are sent, and fail when told to."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from starlette.responses import Response

from app.demo.gateways import Gateways, Sent
from app.demo.serving import serving
from tests.client import Json

SECRETS = ("sms_key", "fcm_credentials")


@dataclass(frozen=True)
class Failure:
    """An answer instead of what was asked for."""

    status: int
    content: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Providers:
    """`way` is SMS, EXPO, FCM, or TOKEN for where FCM's tokens come from."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    asked: list[tuple[str, Json]] = field(default_factory=list)
    failing: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    """What the next requests of a way are answered."""
    down: set[str] = field(default_factory=set)
    """Ways that answer 503 until they are taken out."""
    stalling: set[str] = field(default_factory=set)
    """Ways that do not answer at all."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gateways = Gateways(self.sent.append, interfere=self._interfere)
        self.gone = self.gateways.gone
        self.receipts = self.gateways.receipts

    @property
    def knobs(self) -> dict[str, Any]:
        """Settings by which messages come here."""
        found = self.gateways.knobs(self.url)
        return {name: SecretStr(value) if name in SECRETS else value for name, value in found.items()}

    def to(self, address: str, way: str | None = None) -> list[Sent]:
        return [sent for sent in self.sent if sent.to == address and way in (None, sent.way)]

    async def wait_for(self, address: str) -> Sent:
        async with asyncio.timeout(20):
            while not self.to(address):
                await asyncio.sleep(0.05)
        return self.to(address)[0]

    async def _interfere(self, way: str, content: Json) -> Response | None:
        self.asked.append((way, content))
        if way in self.stalling:
            await self.over.wait()
        if way in self.down:
            return Response("the provider is down", 503)
        if self.failing[way]:
            failure = self.failing[way].pop(0)
            # escaped, so that a failure may hold what no text can
            return Response(json.dumps(failure.content), failure.status, failure.headers, "application/json")
        return None


@asynccontextmanager
async def open_providers() -> AsyncIterator[Providers]:
    providers = Providers()
    async with serving(providers.gateways.app) as address:
        providers.url = f"http://{address}"
        try:
            yield providers
        finally:
            providers.over.set()
