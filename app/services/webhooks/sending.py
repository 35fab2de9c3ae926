"""One request to an endpoint: no redirect is followed, no private address asked, and little of the answer read."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

import httpx

from app import clock
from app.services import outside
from app.services.webhooks import messages
from app.settings import Settings

GONE = 410
AGENT = "Waypost-Webhooks/1"
BODY_MAX = 2_048
"""Bytes that are kept of an answer."""
BODY_S = 2.0
"""Whoever answers 2xx has it; this much longer it is waited for what else they say."""


@dataclass(frozen=True)
class Parcel:
    """One delivery, and its body."""

    delivery_id: UUID
    body: str


@dataclass(frozen=True)
class Answer:
    """`error`: why there is no answer. headers: what was sent, but for the signature."""

    parcel: Parcel
    url: str
    at: datetime
    headers: Mapping[str, str]
    duration_ms: int = 0
    status: int | None = None
    body: str | None = None
    error: str | None = None
    retry_after_s: float = 0

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """For one endpoint, for a while: what it says comes in by connections that are kept open."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=self._settings.webhook_requests_at_once)
        self._http = httpx.AsyncClient(
            transport=outside.transport(limits, private=self._settings.partner_private),
            timeout=self._settings.webhook_timeout_s,
            follow_redirects=False,
            event_hooks={"response": [outside.stay]},
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, url: str, secrets: Sequence[str], parcel: Parcel) -> Answer:
        """Never raises for what is outside."""
        at = clock.now()
        message = messages.message_id(parcel.delivery_id)
        headers = {
            "content-type": "application/json",
            "user-agent": AGENT,
            "accept-encoding": "identity",
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        if not secrets:
            return Answer(parcel, url, at, headers, error="None of the server's keys opens the secret.")
        signed = messages.signature(secrets, message, int(at.timestamp()), parcel.body)
        began = time.monotonic()
        found = await self._asked(url, {**headers, "webhook-signature": signed}, parcel)
        took_ms = int((time.monotonic() - began) * 1000)
        return Answer(parcel, url, at, headers, took_ms, found.status, found.body, found.error, found.retry_after_s)

    async def _asked(self, url: str, headers: Mapping[str, str], parcel: Parcel) -> "_Found":
        request = self._http.build_request("POST", url, content=parcel.body.encode(), headers=headers)
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_s) as limit:
                response = await self._http.send(request, stream=True)
            left_s = (limit.when() or 0) - asyncio.get_running_loop().time()
        except outside.Private:
            return _Found(error="The address cannot be reached from outside.")
        except TimeoutError:
            return _Found(error=f"No answer within {self._settings.webhook_timeout_s:g} s.")
        except httpx.HTTPError as error:
            return _Found(error=f"No answer: {type(error).__name__}.")
        retry_after_s = outside.retry_after_s(response.headers.get("retry-after"))
        body = await _beginning(response, min(max(left_s, 0), BODY_S))
        return _Found(response.status_code, body, retry_after_s=retry_after_s)


@dataclass(frozen=True)
class _Found:
    status: int | None = None
    body: str | None = None
    error: str | None = None
    retry_after_s: float = 0


async def _beginning(response: httpx.Response, timeout_s: float) -> str:
    """Of the body, as far as it comes; what is no text is shown as well as can be. The status is there already and
    decides: a body that never ends, or ends badly, does not."""
    read = bytearray()
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(timeout_s), aclosing(response):
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= BODY_MAX:
                    break
    return bytes(read[:BODY_MAX]).decode(errors="replace").replace("\x00", "\ufffd")
