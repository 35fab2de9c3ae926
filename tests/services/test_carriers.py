"""Carriers answer anything, and hang up in the middle: that is an answer too, and never an error of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.models import Channel, NotificationKind, PushProvider
from app.services.messaging.channels import Accepted, Gone, Message, Refused, Retry, Way, receipt, send
from app.settings import Settings
from tests.gateways import Providers

HTTP = (Way(Channel.SMS), Way(Channel.PUSH, PushProvider.EXPO), Way(Channel.PUSH, PushProvider.FCM))
ALL = (*HTTP, Way(Channel.EMAIL))
ANSWERS = (Accepted, Retry, Refused, Gone)
REQUIRED = {"database_url": SecretStr("postgresql://"), "redis_url": SecretStr("redis://")}
words = st.sampled_from(
    ["data", "error", "errors", "details", "status", "id", "code", "errorCode", "name", "access_token"]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["ok", "error", "UNREGISTERED"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def message(to: str = "x") -> Message:
    return Message(uuid4(), NotificationKind.BOOKING_CONFIRMED, to, "A title", "A text", "about")


def at(url: str) -> Settings:
    providers = Providers(url)
    given = {**REQUIRED, **providers.knobs, "smtp_url": url.replace("http", "smtp"), "message_timeout_s": 0.3}
    return Settings(token_secret=SecretStr("x" * 32), **given)


@asynccontextmanager
async def answering(content: bytes) -> AsyncIterator[str]:
    """A port where every connection is told the same and closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("way", ALL)
@pytest.mark.parametrize(
    "content", [b"", b"HTTP/1.1 200 OK\r\n", b"\x00\xff" * 50, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"]
)
async def test_a_carrier_that_hangs_up_is_asked_again(way: Way, content: bytes) -> None:
    async with answering(content) as url:
        found = await send(at(url), way, message("nino@example.org"))
    assert isinstance(found, Retry)
    assert found.outage


@pytest.mark.parametrize("way", ALL)
async def test_nobody_there(way: Way) -> None:
    found = await send(at("http://127.0.0.1:1"), way, message("nino@example.org"))
    assert isinstance(found, Retry)
    assert found.outage


@settings(max_examples=8, deadline=None)
@given(document=documents, status=st.sampled_from([200, 202, 400, 401, 404, 422, 429, 500, 503]))
async def test_whatever_a_carrier_answers_is_understood_as_something(document: object, status: int) -> None:
    from json import dumps

    body = dumps(document).encode()
    head = f"HTTP/1.1 {status} X\r\nretry-after: soon\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    async with answering(head.encode() + body) as url:
        known = at(url)
        for way in HTTP:
            assert isinstance(await send(known, way, message()), ANSWERS)
        assert await receipt(known, "id") is None or isinstance(await receipt(known, "id"), ANSWERS)


async def test_a_carrier_that_is_down_is_left_alone_for_a_while() -> None:
    known, way = at("http://127.0.0.1:2"), Way(Channel.SMS)
    answers = [await send(known, way, message()) for _ in range(8)]
    assert [type(answer).__name__ for answer in answers] == ["Retry"] * 5 + ["Resting"] * 3
    # the others go on
    assert isinstance(await send(known, Way(Channel.EMAIL), message("nino@example.org")), Retry)


@pytest.mark.parametrize("subject", ["two\nlines", "x\r\nBcc: all@example.org", "", None])
async def test_a_subject_is_one_line(subject: str | None) -> None:
    from app.services.messaging.channels.smtp import Smtp

    written = Smtp(at("http://127.0.0.1:1")).written(
        Message(uuid4(), NotificationKind.BOOKING_CONFIRMED, "nino@example.org", subject, "A text", "about")
    )
    assert written["Bcc"] is None
    assert "\n" not in str(written["Subject"])
