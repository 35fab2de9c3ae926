"""What carriers behind HTTP have in common."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ssl import SSLContext
from typing import Any

import httpx

from app import clock
from app.services.messaging.channels.base import Retry, brief

TOO_EARLY, TOO_MANY = 425, 429
NOT_NOW = (408, TOO_EARLY, TOO_MANY)
DENIED = (401, 403)
"""The key is wrong. That is for the operator to mend, and no fault of the message's."""


@lru_cache
def _trust() -> SSLContext:
    """Reading the certificates takes longer than most requests."""
    return httpx.create_ssl_context()


async def post(
    url: str, timeout_s: float, *, headers: Mapping[str, str] | None = None, **content: Any
) -> httpx.Response | Retry:
    """The carrier's answer, or why there is none."""
    try:
        async with httpx.AsyncClient(timeout=timeout_s, verify=_trust()) as http:
            return await http.post(url, headers=headers, **content)
    except httpx.HTTPError as error:
        return Retry(brief(repr(error)), outage=True)


def unwell(answer: httpx.Response, *, denied: tuple[int, ...] = DENIED) -> Retry | None:
    """What a status says about the carrier rather than about the message."""
    status = answer.status_code
    if status < 500 and status not in (*NOT_NOW, *denied):
        return None
    # too many of these messages is not too many of all: only the one that hears it waits
    return Retry(brief(f"{status} {answer.text}"), retry_after_s(answer), outage=status >= 500 or status in denied)


def retry_after_s(answer: httpx.Response) -> float | None:
    """RFC 9110, 10.2.3: seconds or a date; what cannot be read says nothing."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal() and value.isascii():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - clock.now()).total_seconds())


def document(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; what is none is an empty one."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def part(found: object, *path: str) -> Any:
    """What lies at a path of an answer that may have any shape."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def items(found: object) -> list[dict[str, Any]]:
    """The objects of a list that may have any shape."""
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
