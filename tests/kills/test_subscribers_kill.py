"""Sockets, API processes and Redis killed under subscribers: each hears every event, once and in order."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from app.access import Viewer
from app.db import Database
from app.live import Wakes
from app.models import Customer, EventType, Role
from app.uow import unit_of_work
from tests.client import Client
from tests.factories.houses import House
from tests.following import EVENTS, cursor, cursors
from tests.kills.child import Child, api_process, serves
from tests.races.crowd import at_once
from tests.realm import OwnValkey, Realm, own_valkey, realm
from tests.sizes import measured, sizes


@dataclass(frozen=True)
class Storm:
    subscribers: int
    processes: int
    events: int
    breaks: int
    """How often each subscriber's connection breaks, about."""


@dataclass
class Subscriber:
    """Comes back with its last place, to whichever process is next, whatever breaks."""

    client: Client
    apis: list[str]
    dice: random.Random
    chance: float
    heard: list[str] = field(default_factory=list)
    broken: int = 0

    async def follow(self, count: int) -> None:
        while len(self.heard) < count:
            try:
                await self._listen(count)
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError):
                self.broken += 1
                await asyncio.sleep(self.dice.random() / 20)

    async def _listen(self, count: int) -> None:
        client = Client(self.dice.choice(self.apis), self.client.token, self.client.http)
        after = self.heard[-1] if self.heard else cursor(0)
        async with client.subscribe(EVENTS, {"after": after}) as stream:
            while len(self.heard) < count:
                message = await stream.message()
                if message["type"] != "next":
                    # the process lost its database or its Redis for a moment
                    self.broken += 1
                    return
                self.heard.append(message["payload"]["data"]["events"]["seq"])
                if self.dice.random() < self.chance:
                    stream.socket.connection.transport.abort()


@asynccontextmanager
async def processes(own: Realm, directory: Path, count: int) -> AsyncIterator[tuple[list[Child], list[str]]]:
    with ExitStack() as stack:
        found = []
        for number in range(count):
            (directory / str(number)).mkdir()
            found.append(stack.enter_context(api_process(own.settings, directory / str(number))))
        await at_once(serves(api) for _, api in found)
        yield [child for child, _ in found], [api for _, api in found]


async def write(own: Realm, house: House, count: int) -> None:
    """Events, one transaction each now and then, else a few together."""
    database, dice, left = Database.connect(own.settings), random.Random(1), count
    customer = await house.customer()
    async with Redis.from_url(own.settings.redis_url.get_secret_value()) as redis:
        while left:
            few = min(left, dice.randint(1, 5))
            async with unit_of_work(database, Viewer.system(house.id), Wakes(redis)) as uow:
                for _ in range(few):
                    uow.emit(EventType.CUSTOMER_UPDATED, await uow.get(Customer, customer))
            left -= few
            await asyncio.sleep(0.005)
    await database.close()


async def break_things(valkey: OwnValkey, victim: Child, apis: list[str], heard: list[str], count: int) -> None:
    """Redis in the first half, one process of the API in the second; nobody is sent to it any more."""
    while len(heard) < count // 3:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(valkey.kill)
    while len(heard) < count // 2:
        await asyncio.sleep(0.01)
    valkey.start()
    victim.kill()
    del apis[0]


@sizes(Storm(6, 2, 300, 3), Storm(30, 4, 5_000, 20))
async def test_whatever_dies_each_subscriber_hears_every_event_once_and_in_order(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_valkey(tmp_path / "valkey") as valkey:
        knobs = {"redis_url": valkey.url, "live_poll_s": 0.5, "sockets_per_address_max": 100}
        async with (
            realm(names, worker_number, **knobs) as own,
            processes(own, tmp_path, size.processes) as (children, apis),
        ):
            house = await own.house(apis[0])
            people = [await house.person(Role.STAFF) for _ in range(size.subscribers)]
            chance = size.breaks / size.events
            subscribers = [
                Subscriber(person.client, apis, random.Random(number), chance) for number, person in enumerate(people)
            ]
            with measured(capsys, f"{size.subscribers} subscribers, {size.events} events") as figures:
                await at_once(
                    [
                        write(own, house, size.events),
                        break_things(valkey, children[0], apis, subscribers[0].heard, size.events),
                        *(subscriber.follow(size.events) for subscriber in subscribers),
                    ]
                )
                figures.update(broken=sum(subscriber.broken for subscriber in subscribers))
            expected = cursors(1, size.events)
            assert [subscriber.heard == expected for subscriber in subscribers] == [True] * size.subscribers
