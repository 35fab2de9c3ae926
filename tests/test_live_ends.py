"""Streams end with their session, their token, their client, and leave nothing behind."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy.exc import DBAPIError
from websockets.exceptions import ConnectionClosed

from app.context import Server
from tests.factories.houses import House
from tests.following import (
    BOOKINGS,
    EVENTS,
    Author,
    by_stream,
    code_of,
    cursor,
    delay,
    expiring,
    lets_go,
    unused,
)
from tests.races.crowd import at_once
from tests.sizes import sizes
from tests.steps import eventually

# sessions that end


async def test_signing_out_ends_the_streams(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    staff = house.people["STAFF"]
    async with staff.client.socket() as socket:
        streams = [await socket.subscribe(query, {"after": cursor(0)}) for query in (EVENTS, BOOKINGS)]
        await author.write()
        assert await by_stream(socket, 2) == {stream.id: [cursor(1)] for stream in streams}
        await staff.client.run("mutation { signOut { signedOut } }")
        ended = [await socket.receive() for _ in streams]
        assert sorted(message["id"] for message in ended) == [stream.id for stream in streams]
        assert {(message["type"], message["payload"][0]["extensions"]["code"]) for message in ended} == {
            ("error", "UNAUTHENTICATED")
        }
        assert await code_of(await socket.subscribe(EVENTS)) == "UNAUTHENTICATED"
    await lets_go(server, house)


async def test_a_word_about_the_session_ends_its_streams_at_once(server: Server, house: House) -> None:
    """Without waiting for the next event; streams of other sessions go on."""
    await Author.of(server, house)
    staff, other = house.people["STAFF"], house.people["ADMIN"]
    assert staff.viewer.session_family_id
    async with staff.client.subscribe(EVENTS) as ends, other.client.subscribe(EVENTS) as goes_on:
        await eventually(lambda: followers(server, house, 2))
        await server.wakes.changed(house.id, staff.viewer.session_family_id)
        assert await ends.quiet()
        await house.pool.execute(
            "UPDATE sessions SET revoked_at = now() WHERE family_id = $1", staff.viewer.session_family_id
        )
        await server.wakes.changed(house.id, staff.viewer.session_family_id)
        assert await code_of(ends) == "UNAUTHENTICATED"
        assert await goes_on.quiet()


async def followers(server: Server, house: House, count: int) -> bool:
    feed = server.hub._feeds.get(house.id)
    return feed is not None and len(feed.followers) == count


@pytest.mark.parametrize("busy", [False, True])
async def test_a_stream_lives_no_longer_than_its_token(server: Server, house: House, busy: bool) -> None:
    author = await Author.of(server, house)
    started = time.monotonic()
    staff = expiring(house, "STAFF", 2)
    async with staff.socket() as socket:
        await socket.subscribe(EVENTS, {"after": cursor(0)})
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                if busy:
                    await author.write(5)
                assert (await socket.receive())["type"] == "next"
        assert closed.value.rcvd
        # clients come back after this code, with a fresh token
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Access token expired")
        assert 1 <= time.monotonic() - started < 15  # a busy machine is late
    await lets_go(server, house)


async def test_a_stream_that_breaks_says_so_and_nothing_else(
    server: Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went wrong is for us to know; the socket and its other streams live on."""
    author = await Author.of(server, house)
    async with house.client("STAFF").socket() as socket:
        stream = await socket.subscribe(EVENTS, {"after": cursor(0)})
        await delay(author, stream)
        with monkeypatch.context() as broken:
            broken.setattr("app.uow.ReadUnit.open", _fail)
            await author.write()
            ended = await stream.message()
        assert ended["type"] == "error"
        assert ended["payload"] == [
            {"message": "Something went wrong on our side.", "extensions": {"code": "INTERNAL"}}
        ]
        again = await socket.subscribe(EVENTS, {"after": cursor(1)})
        assert (await again.next())["events"]["seq"] == cursor(2)
    await lets_go(server, house)


async def _fail(_: object) -> None:
    raise RuntimeError("SELECT secrets")


async def test_streams_outlive_the_servers_connections(server: Server, house: House) -> None:
    """PostgreSQL hangs up on everybody; whoever asks again goes on where they were."""
    author = await Author.of(server, house)
    got: list[str] = []
    async with house.client("STAFF").socket() as socket:
        stream = await socket.subscribe(EVENTS, {"after": cursor(0)})
        await delay(author, stream)
        await house.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = 'waypost_server' AND datname = current_database()"
        )
        await insist(author.write)
        while len(got) < 1:
            message = await stream.message()
            if message["type"] == "next":
                got.append(message["payload"]["data"]["events"]["seq"])
            else:
                assert message["payload"][0]["extensions"] == {"code": "INTERNAL"}
                stream = await socket.subscribe(EVENTS, {"after": cursor(1)})
        assert got == [cursor(2)]


async def insist(act: Callable[[], Awaitable[None]]) -> None:
    """A pool notices only in use that its connections are dead."""
    for _ in range(20):
        with suppress(DBAPIError):
            await act()
            return


async def test_a_client_that_does_not_read_holds_no_connection(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    async with house.client("STAFF").subscribe(EVENTS, {"after": cursor(0)}) as stream:
        await delay(author, stream)
        stream.socket.connection.transport.pause_reading()
        dice = random.Random(1)
        for _ in range(40):
            await author.write(10, {"much": dice.randbytes(30_000).hex()})  # sockets compress
        # for an instant the hub itself may be looking at the log; what a stream holds, it holds
        await eventually(lambda: rests(server))
        stream.socket.connection.transport.abort()
    await lets_go(server, house)


async def rests(server: Server) -> bool:
    """Whether nobody has a connection, and nobody takes one."""
    for _ in range(10):
        if not await unused(server):
            return False
        await asyncio.sleep(0.05)
    return True


HEAVY = """subscription All($after: EventSeq) { bookingUpdated(after: $after) { type booking { status
  customer { name } subject { name } service { name place { label } } slot { available } } } }"""
LIST = "{ bookings(first: 10) { edges { node { customer { name } subject { name } service { name } } } } }"


@sizes(60, 600)
async def test_a_client_that_leaves_at_any_moment_leaves_nothing_behind(
    server: Server, house: House, size: int
) -> None:
    author = await Author.of(server, house)
    await author.write(30)
    dice = random.Random(1)

    async def visit() -> None:
        async with house.client("STAFF").socket() as socket:
            stream = await socket.subscribe(HEAVY, {"after": cursor(0)})
            await socket.subscribe(LIST)
            await asyncio.sleep(dice.random() * 0.1)
            if dice.random() < 0.5:
                await socket.send({"id": stream.id, "type": "complete"})
            else:
                socket.connection.transport.abort()

    for _ in range(size // 10):
        await at_once(visit() for _ in range(10))
    await lets_go(server, house)
