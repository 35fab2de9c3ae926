"""Asking one partner's system: pages, conditional requests, patience with limits."""

import asyncio
import json
import random
import time
from dataclasses import dataclass
from typing import Any, Self

import httpx
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from app.models import SyncKind, SyncProblem
from app.services.outside import Private, retry_after_s, stay, transport
from app.services.partners.entries import Issue, Sheet, explained
from app.settings import Settings

ATTEMPTS = 4
BACKOFF_S = 0.2
BACKOFF_MAX_S = 5.0
PAGES_MAX = 100
ROWS_MAX = 10_000
"""Rows that a partner's system may have about one chip number."""
PULL_S = 40.0
"""Longest that all pages about one chip number may take, retries included."""
PASSING = {408, 425, 429, 500, 502, 503, 504}
PATHS = {SyncKind.VACCINATIONS: "vaccinations", SyncKind.REPORTS: "reports"}


class GivenUp(Exception):
    """Nothing will come of asking on. rest_s: how long the partner's system wants to be left alone."""

    def __init__(self, message: str, rest_s: float | None = None) -> None:
        super().__init__(message)
        self.rest_s = rest_s


class Failed(Exception):
    """No answer, or none that can be used. `passing`: it may be another one soon."""

    def __init__(self, problem: SyncProblem, detail: str, *, passing: bool = True, wait_s: float = 0) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.passing = passing
        self.wait_s = wait_s


@dataclass(frozen=True)
class Version:
    """What a list was like when it was seen last."""

    etag: str | None
    last_modified: str | None

    def headers(self) -> dict[str, str]:
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


NEVER = Version(None, None)


@dataclass(frozen=True)
class Pulled:
    """Rows about one chip number. `issue`: why there are no more of them; `unchanged`: all is as it was."""

    rows: list[Any]
    version: Version = NEVER
    issue: Issue | None = None
    unchanged: bool = False


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class Remote:
    """One partner's system, for one run."""

    def __init__(self, settings: Settings, endpoint: str, token: str | None) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._token = token
        self._not_before = 0.0

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=self._settings.partner_requests_at_once)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Waypost"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        self._http = httpx.AsyncClient(
            transport=transport(limits, private=self._settings.partner_private),
            headers=headers,
            timeout=self._settings.partner_timeout_s,
            follow_redirects=False,
            event_hooks={"response": [stay]},
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def pull(self, kind: SyncKind, chip: str, known: Version) -> Pulled:
        """All pages about a chip number. Raises `GivenUp`."""
        rows: list[Any] = []
        try:
            async with asyncio.timeout(PULL_S):
                return await self._pages(f"{self._endpoint}/{PATHS[kind]}", chip, known, rows)
        except Failed as failed:
            return Pulled(rows, issue=Issue(failed.problem, failed.detail))
        except TimeoutError:
            return Pulled(rows, issue=Issue(SyncProblem.UNREACHABLE, "The answers took too long."))

    async def _pages(self, url: str, chip: str, known: Version, rows: list[Any]) -> Pulled:
        parameters, asked, version = {"chip": chip}, known.headers(), NEVER
        seen: set[str] = set()
        size = 0
        for number in range(PAGES_MAX):
            answer, sheet = await self._insist(url, parameters, asked if number == 0 else {})
            if answer.status == 304:
                return Pulled([], known, unchanged=True)
            size += len(answer.body)
            if size > self._settings.partner_bytes_max or len(rows) + len(sheet.records) > ROWS_MAX:
                raise Failed(SyncProblem.UNREADABLE, "The pages are too large.")
            if number == 0:
                version = Version(_kept(answer.headers.get("etag")), _kept(answer.headers.get("last-modified")))
            rows += sheet.records
            if not sheet.next:
                return Pulled(rows, version)
            if sheet.next in seen:
                break
            seen.add(sheet.next)
            parameters = {"chip": chip, "cursor": sheet.next}
        raise Failed(SyncProblem.UNREADABLE, "The pages do not end.")

    async def _insist(self, url: str, parameters: dict[str, str], asked: dict[str, str]) -> tuple[_Answer, Sheet]:
        """Ask until there is an answer that can be used, ever later, and not before the partner's system wants it."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, Failed) and error.passing),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            reraise=True,
        ):
            with attempt:
                await asyncio.sleep(max(0.0, self._not_before - time.monotonic()))
                answer = await self._ask(url, parameters, asked)
                return answer, _sheet(answer)
        raise AssertionError("retrying ends with an answer or an error")

    async def _ask(self, url: str, parameters: dict[str, str], asked: dict[str, str]) -> _Answer:
        try:
            async with (
                asyncio.timeout(self._settings.partner_timeout_s),
                self._http.stream("GET", url, params=parameters, headers=asked) as response,
            ):
                if response.is_success:
                    return _Answer(response.status_code, response.headers, await self._body(response))
                if response.status_code == 304 and asked:
                    return _Answer(304, response.headers, b"")
        except Private as error:
            raise GivenUp(f"The partner's system cannot be asked: {error}.") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise Failed(SyncProblem.UNREACHABLE, f"No answer: {type(error).__name__}.") from None
        return self._refused(response)

    async def _body(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Failed(SyncProblem.UNREADABLE, "The page is compressed, which was not asked for.", passing=False)
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._settings.partner_bytes_max:
                raise Failed(SyncProblem.UNREADABLE, "The page is too large.", passing=False)
        return bytes(body)

    def _refused(self, response: httpx.Response) -> _Answer:
        status = response.status_code
        if status == 404:
            # nobody is known by this number there
            return _Answer(200, httpx.Headers(), b'{"records": []}')
        if status in (401, 403):
            raise GivenUp(f"The partner's system refuses the credentials ({status}).")
        wait_s = retry_after_s(response.headers.get("retry-after"))
        if wait_s > self._settings.partner_wait_s_max:
            raise GivenUp(f"The partner's system asks to be left alone ({status}).", wait_s)
        # whoever else is about to ask waits too
        self._not_before = max(self._not_before, time.monotonic() + wait_s)
        problem = SyncProblem.UNREADABLE if response.is_redirect else SyncProblem.UNREACHABLE
        raise Failed(problem, f"The answer is {status}.", passing=status in PASSING, wait_s=wait_s)


def _sheet(answer: _Answer) -> Sheet:
    if answer.status == 304:
        return Sheet(records=[])
    try:
        return Sheet.model_validate(json.loads(answer.body))
    except ValidationError as error:
        raise Failed(SyncProblem.UNREADABLE, f"The page is not as agreed: {explained(error)}") from None
    except (ValueError, RecursionError):
        raise Failed(SyncProblem.UNREADABLE, "The page is no JSON.") from None


def _wait(state: RetryCallState) -> float:
    """Ever later, at random so that not all come back at once; never before the partner's system wants it."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, Failed) else 0
    longest = min(BACKOFF_MAX_S, BACKOFF_S * 2**state.attempt_number)
    return asked + random.uniform(0, longest)  # noqa: S311 - nobody gains by guessing it


def _kept(header: str | None) -> str | None:
    """A header that can be sent again."""
    return header if header and len(header) <= 500 and header.isascii() and header.isprintable() else None
