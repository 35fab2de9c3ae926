"""Subscriptions: whatever happens to sockets, Redis and the follower, each event arrives once and in order."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.access import Viewer
from app.context import Server
from app.demo.serving import serving
from app.main import create_app
from app.models import EventType, Role, Transport
from app.settings import Settings
from app.uow import unit_of_work
from tests.client import Client, Stream
from tests.factories.houses import House, Person
from tests.following import (
    BOOKINGS,
    EVENTS,
    HEAD,
    Author,
    by_stream,
    code_of,
    cursor,
    cursors,
    delay,
    lets_go,
    unused,
)
from tests.races.crowd import at_once, crowd
from tests.realm import own_valkey
from tests.sizes import measured, sizes
from tests.steps import Visit, eventually

CONFIRMED = "... on ConfirmBookingSuccess { booking { status } }"


# coming back


@dataclass(frozen=True)
class Breaks:
    events: int
    kills: int


async def keep_following(client: Client, query: str, after: str, size: Breaks) -> list[str]:
    """What a client gets whose connection dies again and again, and who comes back each time with its last number."""
    got: list[str] = []
    kills = [size.events * (number + 1) // (size.kills + 1) for number in range(size.kills)]
    while len(got) < size.events:
        async with client.subscribe(query, {"after": got[-1] if got else after}) as stream:
            while len(got) < size.events:
                (update,) = (await stream.next()).values()
                got.append(update["seq"])
                if kills and len(got) >= kills[0]:
                    kills.pop(0)
                    stream.socket.connection.transport.abort()
                    break
    assert kills == []
    return got


@sizes(Breaks(events=80, kills=5), Breaks(events=1_000, kills=10))
@pytest.mark.parametrize(("query", "role"), [(EVENTS, "STAFF"), (BOOKINGS, "STAFF"), (BOOKINGS, "CUSTOMER")])
async def test_who_comes_back_misses_nothing(
    server: Server, house: House, query: str, role: str, size: Breaks, capsys: pytest.CaptureFixture[str]
) -> None:
    author = await Author.of(server, house)
    after = (await house.client(role).run(HEAD))["eventSeq"]

    async def write() -> None:
        for _ in range(size.events):
            await author.write()

    with measured(capsys, f"{size.kills} kills during {size.events} events") as figures:
        got, _ = await asyncio.gather(keep_following(house.client(role), query, after, size), write())
        figures.update(received=len(got), distinct=len(set(got)))
    assert got == cursors(1, size.events)
    await lets_go(server, house)


@sizes(5, 50)
async def test_a_follower_that_is_too_slow_goes_back_to_the_log(settings: Settings, house: House, size: int) -> None:
    """Bursts of thirty do not fit into a queue of three."""
    app = create_app(settings.model_copy(update={"live_queue_max": 3}))
    async with serving(app) as api:
        author = await Author.of(app.state.server, house)
        staff = Client(api, house.client("STAFF").token)
        async with staff.subscribe(EVENTS, {"after": cursor(0)}) as everything, staff.subscribe(BOOKINGS) as news:
            await ready(author, news)
            for _ in range(size):
                await author.write(30)
            last = 1 + 30 * size
            assert [(await everything.next())["events"]["seq"] for _ in range(last)] == cursors(1, last)
            assert [(await news.next())["bookingUpdated"]["seq"] for _ in range(last - 1)] == cursors(2, last)
            assert await everything.quiet()


async def ready(author: Author, stream: Stream) -> None:
    """A stream without `after` begins when the server says so: with its first event."""
    while True:
        await author.write()
        try:
            await stream.next(0.5)
        except TimeoutError:
            continue
        return


async def test_two_streams_of_one_socket_have_places_of_their_own(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    await author.write(6)
    async with house.client("STAFF").socket() as socket:
        early = await socket.subscribe(EVENTS, {"after": cursor(0)})
        late = await socket.subscribe(BOOKINGS, {"after": cursor(4)})
        got = await by_stream(socket, 6 + 2)
        assert got == {early.id: cursors(1, 6), late.id: cursors(5, 6)}
        await socket.send({"id": early.id, "type": "complete"})
        await author.write()
        assert (await late.next())["bookingUpdated"]["seq"] == cursor(7)
        assert await early.quiet()
    await lets_go(server, house)


@sizes(20, 200)
async def test_a_query_and_then_a_subscription_miss_nothing(house: House, size: int) -> None:
    """While others book: what a snapshot does not show comes after it, and what it shows does not come again."""
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE slots SET capacity = $2 WHERE organization_id = $1", house.id, size)
    snapshot = "{ eventSeq bookings(first: 100) { totalCount } }"
    looks: list[tuple[int, str]] = []

    async def look() -> None:
        while not looks or looks[-1][0] < size:
            seen = await staff.run(snapshot)
            looks.append((seen["bookings"]["totalCount"], seen["eventSeq"]))

    async with crowd(house.client("STAFF")) as staff:
        booking = (staff.act("bookSlot", visit.wanted, "") for _ in range(size))
        await asyncio.gather(look(), at_once(booking))
    assert len(set(looks)) > 2
    for shown, seq in sorted(set(looks))[:: max(1, len(looks) // 5)]:
        async with house.client("STAFF").subscribe(BOOKINGS, {"after": seq}) as stream:
            rest = [(await stream.next())["bookingUpdated"]["seq"] for _ in range(size - shown)]
            assert rest == cursors(shown + 1, size)


# Redis is silent


async def soon_prompt(author: Author, stream: Stream) -> None:
    """Events come by wakes again: three in a row sooner than a poll could bring them."""
    prompt = 0
    async with asyncio.timeout(20):
        while prompt < 3:
            prompt = prompt + 1 if await delay(author, stream) < 1 else 0


@pytest.mark.parametrize("silence", ["killed", "frozen"])
async def test_a_silent_redis_costs_time_only(settings: Settings, house: House, tmp_path: Path, silence: str) -> None:
    with own_valkey(tmp_path / "valkey") as valkey:
        app = create_app(settings.model_copy(update={"redis_url": valkey.url, "live_poll_s": 2}))
        async with serving(app) as api:
            author = await Author.of(app.state.server, house)
            staff = Client(api, house.client("STAFF").token)
            async with staff.subscribe(EVENTS, {"after": cursor(0)}) as stream:
                await soon_prompt(author, stream)
                (valkey.kill if silence == "killed" else valkey.freeze)()
                started = time.monotonic()
                booking = {"bookingId": house.gid("Booking", author.booking)}
                assert (await staff.act("confirmBooking", booking, CONFIRMED))["booking"]["status"] == "CONFIRMED"
                assert (await stream.next())["events"]["type"] == "BOOKING_CONFIRMED"
                assert time.monotonic() - started < 15  # a busy machine is late
                (valkey.start if silence == "killed" else valkey.thaw)()
                await soon_prompt(author, stream)


async def test_events_that_nobody_announced_arrive_by_the_poll(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    async with house.client("STAFF").subscribe(EVENTS, {"after": cursor(0)}) as stream:
        for seq in (1, 2):
            await author.silently()
            assert (await stream.next())["events"]["seq"] == cursor(seq)


async def test_nonsense_in_the_channel_deafens_nobody(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    async with house.client("STAFF").subscribe(EVENTS, {"after": cursor(0)}) as stream:
        await delay(author, stream)
        for channel, news in (("nobody", "1"), (str(house.id), "nonsense"), (str(house.id), b"\xff")):
            await server.wakes._redis.publish(f"waypost:wake:{channel}", news)
            await soon_prompt(author, stream)


# places that are not available


@pytest.mark.parametrize("role", ["STAFF", "CUSTOMER"])
async def test_a_place_ahead_of_the_log_or_behind_its_retention_has_expired(
    server: Server, house: House, role: str
) -> None:
    author = await Author.of(server, house)
    await author.write(6)
    await house.pool.execute("UPDATE event_heads SET erased_through = 4 WHERE organization_id = $1", house.id)
    async with house.client(role).socket() as socket:
        for seq in (3, 7):
            refused = await (await socket.subscribe(BOOKINGS, {"after": cursor(seq)})).message()
            assert refused["type"] == "error"
            assert [error["extensions"] for error in refused["payload"]] == [{"code": "CURSOR_EXPIRED"}]
        stream = await socket.subscribe(BOOKINGS, {"after": cursor(4)})
        assert [(await stream.next())["bookingUpdated"]["seq"] for _ in range(2)] == cursors(5, 6)


async def test_another_organizations_things_cannot_be_followed(server: Server, house: House, stranger: House) -> None:
    customer = await stranger.customer()
    ride = await stranger.transport(customer)
    driver = stranger.people["DRIVER"].viewer.driver_id
    assert driver
    route = await stranger.route(driver, [ride])
    run = await stranger.insert("planning_runs", date=stranger.day, status="RUNNING", progress=1, time_limit_s=1)
    async with house.client("DISPATCHER").socket() as socket:
        for field, type_name, id in (
            ("routeUpdated", "Route", route),
            ("transportUpdated", "Transport", ride),
            ("planningRunUpdated", "PlanningRun", run),
        ):
            query = f"subscription Theirs($id: ID!) {{ {field}(id: $id) {{ __typename }} }}"
            assert await code_of(await socket.subscribe(query, {"id": house.gid(type_name, id)})) == "NOT_FOUND"
    await eventually(lambda: unused(server))


# whose events


async def test_customers_follow_what_is_theirs(server: Server, house: House) -> None:
    mine, theirs = house.people["CUSTOMER"], await house.person(Role.CUSTOMER)
    visit = await Visit.of(house)
    assert theirs.viewer.customer_id
    pet = await house.pet(theirs.viewer.customer_id)
    other = visit.wanted | {"subjectId": house.gid("Pet", pet)}
    async with (
        mine.client.subscribe(BOOKINGS, {"after": cursor(0)}) as my_news,
        theirs.client.subscribe(BOOKINGS, {"after": cursor(0)}) as their_news,
        mine.client.socket() as socket,
    ):
        staff = house.client("STAFF")
        for wanted in (visit.wanted, other, visit.wanted):
            assert (await staff.act("bookSlot", wanted, ""))["__typename"] == "BookSlotSuccess"
        assert [(await my_news.next())["bookingUpdated"]["seq"] for _ in range(2)] == [cursor(1), cursor(3)]
        assert (await their_news.next())["bookingUpdated"]["seq"] == cursor(2)
        assert await my_news.quiet()
        assert await their_news.quiet()
        assert await code_of(await socket.subscribe(EVENTS)) == "FORBIDDEN"
    async with mine.client.subscribe(BOOKINGS, {"after": cursor(1)}) as again:
        assert (await again.next())["bookingUpdated"]["seq"] == cursor(3)
        assert await again.quiet()


async def test_drivers_follow_what_is_theirs_until_it_is_anothers(server: Server, house: House) -> None:
    """Both drivers hear of a change of hands; afterwards only the new one does. The log tells the same later."""
    visit = await Visit.of(house)
    booking = await visit.booking()
    ride = await house.transport(visit.customer_id, booking_id=booking)
    first, second = house.people["DRIVER"], await house.person(Role.DRIVER)

    async def hand_to(driver: Person, former: Person | None = None) -> None:
        async with unit_of_work(server.database, Viewer.system(house.id), server.wakes) as uow:
            transport = await uow.get(Transport, ride)
            uow.emit(
                EventType.TRANSPORT_ASSIGNED,
                transport,
                driver_id=driver.viewer.driver_id,
                former_driver_id=former.viewer.driver_id if former else None,
            )

    expected = {first.user_id: [1, 2], second.user_id: [2, 3, 4]}
    async with (
        first.client.subscribe(BOOKINGS, {"after": cursor(0)}) as live_first,
        second.client.subscribe(BOOKINGS, {"after": cursor(0)}) as live_second,
    ):
        await hand_to(first)
        await hand_to(second, first)
        await hand_to(second)
        await hand_to(second)
        for person, stream in ((first, live_first), (second, live_second)):
            seqs = [cursor(seq) for seq in expected[person.user_id]]
            assert [(await stream.next())["bookingUpdated"]["seq"] for _ in seqs] == seqs
            assert await stream.quiet()
            async with person.client.subscribe(BOOKINGS, {"after": cursor(0)}) as replayed:
                assert [(await replayed.next())["bookingUpdated"]["seq"] for _ in seqs] == seqs
                assert await replayed.quiet()


# state


RUN = "subscription Run($id: ID!) { planningRunUpdated(id: $id) { status progress } }"


async def test_a_planning_run_is_shown_as_it_is_and_then_as_it_becomes(server: Server, house: House) -> None:
    run = await house.insert("planning_runs", date=house.day, status="RUNNING", progress=40, time_limit_s=10)

    async def becomes(status: str, progress: int) -> None:
        await house.pool.execute(
            "UPDATE planning_runs SET status = $3, progress = $4 WHERE organization_id = $1 AND id = $2",
            house.id,
            run,
            status,
            progress,
        )

    async with house.client("DISPATCHER").subscribe(RUN, {"id": house.gid("PlanningRun", run)}) as stream:
        assert (await stream.next())["planningRunUpdated"] == {"status": "RUNNING", "progress": 40}
        await server.wakes.changed(house.id, run)
        assert await stream.quiet()  # it is as it was
        await becomes("RUNNING", 70)
        await server.wakes.changed(house.id, run)
        assert (await stream.next())["planningRunUpdated"] == {"status": "RUNNING", "progress": 70}
        await becomes("SUCCEEDED", 100)  # nobody says so: the poll finds out
        assert (await stream.next())["planningRunUpdated"] == {"status": "SUCCEEDED", "progress": 100}
        assert (await stream.message())["type"] == "complete"
    await lets_go(server, house)
