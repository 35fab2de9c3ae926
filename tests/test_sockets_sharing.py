"""One execution for all who follow the same: nobody notices, but for the server."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app import clock
from app.access import Viewer
from app.context import Server
from app.events import EventFilter
from app.models import Booking, EventType, Membership, Post, Role
from app.serving.fanout import KEPT_BYTES_MAX, Group, Kept
from app.uow import unit_of_work
from tests.client import Client, Json, Stream
from tests.factories.houses import House
from tests.following import EVENTS, Author, code_of, cursor, cursors, delay, lets_go
from tests.races.crowd import at_once
from tests.sizes import sizes
from tests.statements import counting

NEWS = """subscription News($after: EventSeq) {
  events(after: $after) { seq node { id ... on Post { title readAt } ... on Booking { status customer { name } } } }
}"""


async def follow_all(stack: AsyncExitStack, house: House, count: int, query: str, after: int = 0) -> list[Stream]:
    """So many members of the house, each with a socket of their own, and with a variable that means nothing."""
    people = [await house.person(Role.STAFF) for _ in range(count)]
    asked = [(person.client, {"after": cursor(after), "noise": str(person.user_id)}) for person in people]
    return [await stack.enter_async_context(client.subscribe(query, variables)) for client, variables in asked]


async def seqs(stream: Stream, count: int) -> list[str]:
    return [(await stream.next())["events"]["seq"] for _ in range(count)]


async def test_many_cost_what_few_cost(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    counts = []
    async with AsyncExitStack() as stack:
        for more, written in ((2, 0), (18, 5)):
            streams = await follow_all(stack, house, more, NEWS, written)
            await author.write()
            await at_once(stream.next() for stream in streams)
            await together(server, house, author, streams)
            with counting(server, house.id) as statements:
                await author.write()
                await at_once(stream.next() for stream in streams)
            counts.append(len([one for one in statements.data if "FROM bookings" in one]))
    # the author's own look at the booking, and the group's
    assert counts == [2, 2]
    await lets_go(server, house)


async def together(server: Server, house: House, author: Author, streams: list[Stream]) -> None:
    """Whoever replays for themselves is done with it."""
    for _ in range(3):
        await author.write()
        await at_once(stream.next() for stream in streams)


async def test_what_is_ones_own_stays_ones_own(server: Server, house: House) -> None:
    """Whether somebody has read a post is seen by them alone; what comes before and after is shared."""
    author = await Author.of(server, house)
    reader, other = await house.person(Role.STAFF), await house.person(Role.STAFF)
    post = await house.insert(
        "posts",
        title="Closed",
        body="Monday",
        audience="HOUSE",
        priority="NORMAL",
        status="PUBLISHED",
        publish_at=clock.now(),
    )
    read_at = clock.now() - timedelta(days=1)
    await house.insert("post_reads", post_id=post, user_id=reader.user_id, read_at=read_at)
    async with (
        reader.client.subscribe(NEWS, {"after": cursor(0)}) as one,
        other.client.subscribe(NEWS, {"after": cursor(0)}) as two,
    ):
        await author.write()
        await at_once([one.next(), two.next()])
        async with unit_of_work(server.database, Viewer.system(house.id), server.wakes) as uow:
            uow.emit(EventType.POST_PUBLISHED, await uow.get(Post, post))
        await author.write()
        mine, theirs = await one.next(), await two.next()
        assert mine["events"]["node"]["title"] == theirs["events"]["node"]["title"] == "Closed"
        assert mine["events"]["node"]["readAt"] is not None
        assert theirs["events"]["node"]["readAt"] is None
        assert mine["events"]["seq"] == theirs["events"]["seq"] == cursor(2)
        assert [(await one.next())["events"]["seq"], (await two.next())["events"]["seq"]] == cursors(3, 3) * 2


async def test_roles_do_not_share(server: Server, house: House) -> None:
    """What differs in what it may see is another group; each hears of the same events."""
    author = await Author.of(server, house)
    roles = ["STAFF", "DISPATCHER", "ADMIN"]
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(house.client(role).subscribe(EVENTS, {"after": cursor(0)}))
            for role in roles
        ]
        await author.write(20)
        assert await at_once(seqs(stream, 20) for stream in streams) == [cursors(1, 20)] * 3


async def test_a_member_whose_session_ends_leaves_alone(server: Server, house: House) -> None:
    """Even if nobody says so: before something is sent, it is known whose sessions still stand."""
    author = await Author.of(server, house)
    leaves, stays = await house.person(Role.STAFF), await house.person(Role.STAFF)
    async with (
        leaves.client.subscribe(EVENTS, {"after": cursor(0)}) as ends,
        stays.client.subscribe(EVENTS, {"after": cursor(0)}) as goes_on,
    ):
        for stream in (ends, goes_on):
            await delay(author, stream)
        await house.pool.execute(
            "UPDATE sessions SET revoked_at = now() WHERE family_id = $1", leaves.viewer.session_family_id
        )
        written = 2
        message: Json = {"type": "next"}
        while message["type"] == "next":
            await author.write()
            written += 1
            message = await ends.message()
            await asyncio.sleep(0.1)
        assert (message["type"], message["payload"][0]["extensions"]) == ("error", {"code": "UNAUTHENTICATED"})
        assert await seqs(goes_on, written - 1) == cursors(2, written)


async def test_who_is_demoted_hears_nothing_of_what_comes_after(server: Server, house: House) -> None:
    """However short a time ago it was known that they may."""
    author = await Author.of(server, house)
    falls, stays = await house.person(Role.STAFF), await house.person(Role.STAFF)
    async with (
        falls.client.subscribe(EVENTS, {"after": cursor(0)}) as ends,
        stays.client.subscribe(EVENTS, {"after": cursor(0)}) as goes_on,
    ):
        await together(server, house, author, [ends, goes_on])
        async with unit_of_work(server.database, Viewer.system(house.id), server.wakes) as uow:
            membership = await uow.first(select(Membership).where(Membership.user_id == falls.user_id))
            assert membership
            await uow.change(membership, 1, {"role": Role.CUSTOMER})
            uow.emit(EventType.MEMBER_ROLE_CHANGED, membership)
            uow.emit(EventType.BOOKING_CHECKED_IN, await uow.get(Booking, author.booking))
        assert (await ends.message())["payload"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert await seqs(goes_on, 2) == cursors(4, 5)


@sizes(40, 400)
async def test_who_comes_and_goes_and_sleeps_misses_nothing(server: Server, house: House, size: int) -> None:
    """Members join in the middle of things, stop reading for a while, and come back; events are of any size."""
    author = await Author.of(server, house)
    dice = random.Random(1)
    people = [await house.person(Role.STAFF) for _ in range(6)]

    async def write() -> None:
        for _ in range(size // 4):
            await author.write(4, {"much": dice.randbytes(dice.choice([10, 100_000])).hex()})

    async def hear(client: Client, number: int) -> list[str]:
        got: list[str] = []
        chance = random.Random(number)
        while len(got) < size:
            async with client.subscribe(EVENTS, {"after": got[-1] if got else cursor(0)}) as stream:
                while len(got) < size:
                    got += await seqs(stream, 1)
                    if chance.random() < 0.1:
                        stream.socket.connection.transport.pause_reading()
                        await asyncio.sleep(chance.random() / 10)
                        stream.socket.connection.transport.resume_reading()
                    elif chance.random() < 0.1:
                        break
        return got

    heard = await at_once([write(), *(hear(person.client, number) for number, person in enumerate(people))])
    assert heard[1:] == [cursors(1, size)] * len(people)
    await lets_go(server, house)


def test_what_all_groups_keep_is_bounded(server: Server) -> None:
    """However many there are; whoever is too slow for it goes back to the log."""
    kept = Kept(KEPT_BYTES_MAX - 12)
    one, other = [
        Group(None, server, None, Viewer.system(UUID(int=1)), EventFilter(), kept)  # type: ignore[arg-type]
        for _ in range(2)
    ]
    one._keep(1, b"x" * 5)
    other._keep(1, b"x" * 5)
    assert (one.floor, other.floor) == (0, 0)
    other._keep(2, b"x" * 5)
    assert (one.floor, other.floor, other.position) == (0, 1, 2)
    one.end()
    other._pass_over(3)
    assert kept.bytes == KEPT_BYTES_MAX - 12


async def test_a_shared_stream_that_breaks_tells_everybody(
    server: Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = await Author.of(server, house)
    async with AsyncExitStack() as stack:
        streams = await follow_all(stack, house, 3, EVENTS)
        await author.write()
        assert await at_once(seqs(stream, 1) for stream in streams) == [cursors(1, 1)] * 3
        with monkeypatch.context() as broken:
            broken.setattr("app.uow.ReadUnit.open", _fail)
            await author.write()
            assert await at_once(code_of(stream) for stream in streams) == ["INTERNAL"] * 3
    await lets_go(server, house)


async def _fail(_: object) -> None:
    raise RuntimeError("SELECT secrets")
