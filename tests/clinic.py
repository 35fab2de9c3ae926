"""A partner's system as docs/partners.md asks for it, with all the trouble that such systems make."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.demo.serving import serving
from tests.client import Json

TOKEN = "a.token-of~the/clinic"
TROUBLE = ("stall", "500", "429", "bad json", "hang up")
"""What may be wrong with an answer, each once: asked again, the clinic answers."""


@dataclass
class Clinic:
    """What it knows, by list and chip number; `trouble` comes before answers, once at each address."""

    page_size: int = 50
    stall_s: float = 0.0
    slow_s: float = 0.0
    """How long every answer takes."""
    trouble: tuple[str, ...] = ()
    broken: str | None = None
    """What is wrong with every answer."""
    records: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """How often, by status."""
    at_once: int = 0
    most_at_once: int = 0
    tokens: set[str | None] = field(default_factory=set)
    url: str = ""
    _troubled: set[str] = field(default_factory=set)

    def knows(self, kind: str, chip: str, *rows: Any) -> None:
        self.records.setdefault((kind, chip), []).extend(rows)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/api/{kind}", self._answer)])

    async def _answer(self, request: Request) -> Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.tokens.add(request.headers.get("authorization"))
            await asyncio.sleep(self.slow_s)
            response = await self._troubled_answer(request)
            self.asked[str(response.status_code)] += 1
            return response
        finally:
            self.at_once -= 1

    async def _troubled_answer(self, request: Request) -> Response:
        address, wrong = str(request.url), self.broken
        if wrong is None and self.trouble and address not in self._troubled:
            self._troubled.add(address)
            wrong = self.trouble[len(self._troubled) % len(self.trouble)]
        return await self._wrong(wrong) if wrong else self._page(request)

    async def _wrong(self, wrong: str) -> Response:
        if wrong == "stall":
            await asyncio.sleep(self.stall_s)
            return Response(status_code=504)
        if wrong == "429":
            return Response(status_code=429, headers={"Retry-After": "0"})
        if wrong.startswith("wait "):
            return Response(status_code=429, headers={"Retry-After": wrong.removeprefix("wait ")})
        if wrong == "bad json":
            return Response('{"records": [', media_type="application/json")
        if wrong == "hang up":
            # a length that is not kept: the connection ends in the middle
            return Response("{", headers={"Content-Length": "1000", "Connection": "close"})
        if wrong == "elsewhere":
            return RedirectResponse("http://127.0.0.1:1/")
        if wrong.isdigit():
            return Response(status_code=int(wrong))
        return JSONResponse(self._too_much(wrong))

    def _too_much(self, wrong: str) -> Json:
        """`much`: each page alone is small enough."""
        wrong_pages: dict[str, Json] = {
            "huge": {"records": [], "more": "x" * 3_000_000},
            "many": {"records": [{}] * 10_001},
            "much": {"records": [], "next": str(self.asked.total()), "more": "x" * 1_500_000},
            "far": {"records": [], "next": "x" * 100_000},
            "endless": {"records": [], "next": "again"},
        }
        return wrong_pages[wrong]

    def _page(self, request: Request) -> Response:
        rows = self.records.get((request.path_params["kind"], request.query_params["chip"]), [])
        etag = f'"{hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]}"'
        start = int(request.query_params.get("cursor", 0))
        if start == 0 and request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        end = start + self.page_size
        page: Json = {"records": rows[start:end], "next": str(end) if end < len(rows) else None}
        # in ASCII, so that halves of characters can be sent too
        return Response(json.dumps(page), headers={"ETag": etag}, media_type="application/json")


@asynccontextmanager
async def clinic(**values: Any) -> AsyncIterator[Clinic]:
    found = Clinic(**values)
    async with serving(found.app()) as address:
        found.url = f"http://{address}/api"
        yield found


def shot(id: str, chip: str, **more: Any) -> Json:
    """A vaccination."""
    return {
        "id": id,
        "chip": chip,
        "protocol": "RABIES",
        "title": None,
        "performed_on": "2026-03-02",
        "batch": "B-17",
        "vet": "Dr Gela",
        "updated_at": "2026-03-02T10:00:00Z",
        **more,
    }
