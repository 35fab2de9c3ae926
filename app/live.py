"""Live updates: Redis wakes, PostgreSQL tells.

A commit publishes nothing but "organization X has news". The hub of each API process then reads the log once for all
followers of X. A follower first gets what the log holds behind its cursor, then what comes; where it cannot keep up, it
goes back to the log. So every event arrives once and in order, whatever Redis, the network or the follower does.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import events
from app.access import Viewer
from app.db import Database
from app.events import EventFilter
from app.models import DueWork, Event, EventHead, EventType
from app.uow import ReadUnit

log = logging.getLogger(__name__)

CHANNEL = "waypost:wake:"
BATCH = 500
RETRY_S = 1.0
WAKE_S = 2.0
"""Longest that a change which is committed already waits for Redis before it is answered."""

DEMOTING = frozenset(
    {
        EventType.SESSION_REVOKED,
        EventType.MEMBER_ROLE_CHANGED,
        EventType.MEMBER_REMOVED,
        EventType.ROLE_PERMISSIONS_CHANGED,
        EventType.SECOND_FACTOR_REQUIRED,
        EventType.DRIVER_UPDATED,
    }
)
"""Events after which somebody may see less than before."""

Alarm = Callable[[DueWork], Awaitable[None]]


class Wakes:
    """Tells the other processes that something was committed. Losing a wake costs time, never data."""

    def __init__(self, redis: Redis, alarm: Alarm | None = None, *, pace_s: float = 1) -> None:
        self._redis = redis
        self._alarm = alarm
        self._pace_s = pace_s
        self._moved: dict[UUID, set[UUID]] = {}
        self._telling: set[asyncio.Task[None]] = set()

    async def committed(self, organization_id: UUID, seq: int | None, work: Sequence[DueWork]) -> None:
        async with _at_best():
            if seq is not None:
                await self._publish(organization_id, str(seq))
            if self._alarm:
                for item in work:
                    await self._alarm(item)

    async def changed(self, organization_id: UUID, node_id: UUID) -> None:
        """The state of a node changed without an event (progress, positions), or a session has ended."""
        await self._publish_at_best(organization_id, str(node_id))

    def moved(self, organization_id: UUID, driver_id: UUID) -> None:
        """A driver is about to be somewhere else. Told with all others of the organization after one pace: positions
        come by the thousand, and those of now are committed by then.
        """
        if organization_id not in self._moved:
            asyncio.get_running_loop().call_later(self._pace_s, self._tell, organization_id)
        self._moved.setdefault(organization_id, set()).add(driver_id)

    def _tell(self, organization_id: UUID) -> None:
        # whoever follows the whole fleet watches the organization itself
        news = ",".join(map(str, (organization_id, *self._moved.pop(organization_id))))
        telling = asyncio.create_task(self._publish_at_best(organization_id, news))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _publish_at_best(self, organization_id: UUID, news: str) -> None:
        async with _at_best():
            await self._publish(organization_id, news)

    async def _publish(self, organization_id: UUID, news: str) -> None:
        await self._redis.publish(f"{CHANNEL}{organization_id}", news)


@contextlib.asynccontextmanager
async def _at_best() -> AsyncIterator[None]:
    """Redis may be gone, or hang: what is done is done, and nobody waits for it."""
    try:
        async with asyncio.timeout(WAKE_S):
            yield
    except (RedisError, OSError) as error:
        log.warning("could not wake others: %r", error)


@dataclass(eq=False)
class _Follower:
    """One subscription's queue. `joined` is the number from which on the queue is complete.

    None in the queue: whether the viewer's session still stands must be looked up.
    """

    viewer: Viewer
    wanted: EventFilter
    queue: "asyncio.Queue[Event | None]"
    joined: int
    overflowed: bool = False

    def offer(self, event: Event) -> None:
        if self.wanted.matches(event):
            self._put(event)

    def doubt(self) -> None:
        self._put(None)

    def _put(self, item: Event | None) -> None:
        if self.overflowed:
            return
        try:
            self.queue.put_nowait(item)
        except asyncio.QueueFull:
            self.overflowed = True

    def rejoin(self, tail: int) -> None:
        """Start the queue afresh behind `tail`; what came before must be read from the log."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.joined, self.overflowed = tail, False


@dataclass(eq=False)
class _Feed:
    """One organization's news in this process: the log's tail, handed to every follower."""

    viewer: Viewer
    tail: int
    demoted_at: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    followers: set[_Follower] = field(default_factory=set)
    watchers: dict[UUID, set[asyncio.Event]] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None

    @property
    def idle(self) -> bool:
        return not self.followers and not self.watchers

    def distribute(self, found: Sequence[Event]) -> None:
        for event in found:
            if event.type in DEMOTING:
                self.demoted_at = event.seq
            for follower in self.followers:
                follower.offer(event)
            self.wake(event.node_id, event.transport_id, event.route_id)
            self.doubt({event.node_id})
            self.tail = event.seq

    def doubt(self, ended: Collection[UUID]) -> None:
        """Whoever came with one of these sessions or keys is looked up again."""
        for follower in self.followers:
            if follower.viewer.session_family_id in ended or follower.viewer.api_key_id in ended:
                follower.doubt()

    @contextlib.contextmanager
    def watching(self, *node_ids: UUID) -> Iterator[asyncio.Event]:
        """Set whenever something about one of these ids is heard."""
        heard = asyncio.Event()
        for node_id in node_ids:
            self.watchers.setdefault(node_id, set()).add(heard)
        try:
            yield heard
        finally:
            for node_id in node_ids:
                self.watchers[node_id].discard(heard)
                if not self.watchers[node_id]:
                    del self.watchers[node_id]

    def wake(self, *node_ids: UUID | None) -> None:
        """Whoever watches one of these nodes looks at it again."""
        for node_id in node_ids:
            for watcher in self.watchers.get(node_id, ()) if node_id else ():
                watcher.set()


class Hub:
    """Every live subscription of one API process."""

    def __init__(self, database: Database, redis: Redis, *, poll_s: float, queue_max: int) -> None:
        self._database = database
        self._redis = redis
        self._poll_s = poll_s
        self._queue_max = queue_max
        self._feeds: dict[UUID, _Feed] = {}
        self._opening = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._listener = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        tasks = [task for task in (self._listener, *(feed.task for feed in self._feeds.values())) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def follow(self, viewer: Viewer, wanted: EventFilter, cursor: int | None) -> AsyncGenerator[Event]:
        """Events behind the cursor, in order, once each; without a cursor, those from now on.

        Raises `CursorExpired` at once, before anything is followed.
        """
        return self.tail(viewer, wanted, await self.place(viewer, cursor))

    async def place(self, viewer: Viewer, cursor: int | None) -> int:
        """Where to begin. Raises `CursorExpired`, and `Unauthenticated` if the viewer's session has ended."""
        head = await self._head(viewer)
        if cursor is None:
            return head.seq
        events.check_cursor(cursor, head)
        return cursor

    async def tail(self, viewer: Viewer, wanted: EventFilter, position: int) -> AsyncGenerator[Event]:
        """What the log holds behind a place, and then what comes."""
        async with self._feed(viewer.organization_id) as feed:
            follower = _Follower(viewer, wanted, asyncio.Queue(self._queue_max), feed.tail)
            feed.followers.add(follower)
            try:
                while True:
                    async for event in self.replay(viewer, wanted, position, follower.joined):
                        position = event.seq
                        yield event
                    while not follower.overflowed:
                        news = await follower.queue.get()
                        if news is None:
                            await self._head(viewer)  # as with every reading, the session is checked first
                        elif news.seq > position:
                            position = news.seq
                            yield news
                    follower.rejoin(feed.tail)
            finally:
                feed.followers.discard(follower)

    async def watch(self, viewer: Viewer, *node_ids: UUID, pace_s: float = 0) -> AsyncGenerator[None]:
        """Yields at once and then whenever the state of one of the nodes may have changed, each `pace_s` at most."""
        async with self._feed(viewer.organization_id) as feed:
            with feed.watching(*node_ids) as changed:
                while True:
                    changed.clear()
                    yield
                    # what happens meanwhile is not lost: it is seen when the pace is over
                    await asyncio.sleep(pace_s)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._poll_s):
                            await changed.wait()

    @contextlib.asynccontextmanager
    async def doubts(self, viewer: Viewer) -> AsyncIterator[asyncio.Event]:
        """Set whenever it must be looked up whether the viewer's session, or key, still stands."""
        async with self._feed(viewer.organization_id) as feed:
            ids = (viewer.session_family_id, viewer.api_key_id)
            with feed.watching(*(id for id in ids if id is not None)) as heard:
                yield heard

    def demoted_at(self, organization_id: UUID) -> int:
        """The last event that was read here after which somebody may see less than before."""
        feed = self._feeds.get(organization_id)
        return feed.demoted_at if feed else 0

    async def check(self, viewer: Viewer) -> None:
        """Raises `Unauthenticated` if the viewer's session, or key, has ended."""
        await self._head(viewer)

    async def replay(self, viewer: Viewer, wanted: EventFilter, position: int, until: int) -> AsyncIterator[Event]:
        """What the log holds after `position`, up to and including `until`."""
        while position < until:
            async with self._reading(viewer) as reads:
                batch = await reads.scalars(events.after(viewer, position, wanted, BATCH))
            for event in batch:
                if event.seq > until:
                    return
                position = event.seq
                yield event
            if len(batch) < BATCH:
                return

    async def _head(self, viewer: Viewer) -> EventHead:
        async with self._reading(viewer) as reads:
            return (await reads.scalars(events.head(viewer.organization_id)))[0]

    @contextlib.asynccontextmanager
    async def _reading(self, viewer: Viewer) -> AsyncIterator[ReadUnit]:
        reads = ReadUnit(self._database, viewer)
        try:
            yield reads
        finally:
            await reads.close()

    @contextlib.asynccontextmanager
    async def _feed(self, organization_id: UUID) -> AsyncIterator[_Feed]:
        async with self._opening:
            feed = self._feeds.get(organization_id)
            if feed is None:
                system = Viewer.system(organization_id)
                feed = _Feed(system, tail=(await self._head(system)).seq)
                feed.task = asyncio.create_task(self._pump(feed))
                self._feeds[organization_id] = feed
        try:
            yield feed
        finally:
            if feed.idle and self._feeds.get(organization_id) is feed:
                del self._feeds[organization_id]
                if feed.task:
                    feed.task.cancel()

    async def _pump(self, feed: _Feed) -> None:
        """Read the log when woken, and now and then unasked: Redis may be silent."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await feed.news.wait()
            feed.news.clear()
            try:
                await self._drain(feed)
            except Exception:
                # whatever it is, without this task its followers would wait for ever
                log.exception("could not read the event log")
                await asyncio.sleep(RETRY_S)
                feed.news.set()

    async def _drain(self, feed: _Feed) -> None:
        async with self._reading(feed.viewer) as reads:
            while batch := await reads.scalars(events.after(feed.viewer, feed.tail, EventFilter(), BATCH)):
                feed.distribute(batch)
                if len(batch) < BATCH:
                    return

    async def _listen(self) -> None:
        """Hear wakes; on a lost connection, come back and let every feed look for itself."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.psubscribe(f"{CHANNEL}*")
                    for feed in self._feeds.values():
                        feed.news.set()
                    async for message in pubsub.listen():
                        if message["type"] == "pmessage":
                            self._heard(message["channel"], message["data"])
            except Exception as error:
                # whatever it is, without this task every feed would have to wait for its poll
                log.warning("not hearing wakes: %r", error)
                await asyncio.sleep(RETRY_S)

    def _heard(self, channel: bytes, news: bytes) -> None:
        """A number: events were committed. Ids: the state of nodes has changed, or a session has ended."""
        try:
            feed = self._feeds.get(UUID(channel.decode().removeprefix(CHANNEL)))
            changed = [] if news.isdigit() else [UUID(id) for id in news.decode().split(",")]
        except ValueError:
            log.warning("nonsense in the channel: %r", news)
            return
        if feed is None:
            return
        if not changed:
            feed.news.set()
            return
        feed.wake(*changed)
        feed.doubt(changed)
