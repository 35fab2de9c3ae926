"""Workers killed with SIGKILL while they tell of events: each arrives, in order where that was asked for, and what
arrives twice is the same."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from app.access import Viewer
from app.db import Database
from app.models import Booking, EventType
from app.uow import Silence, unit_of_work
from tests.factories.houses import House
from tests.kills.child import Child, worker_process
from tests.realm import Realm, own_api, realm
from tests.scenes import cursor
from tests.sink import Reply, Sink, open_sink
from tests.sizes import measured, sizes

NAMES = ("ordered", "several", "moody")
"""One at a time, several at once, and one that refuses."""


@dataclass(frozen=True)
class Storm:
    events: int
    kills: int
    refusals: int
    """How many requests of the moody endpoint fail; each is tried again after five seconds."""


@sizes(Storm(events=60, kills=1, refusals=0), Storm(events=1_500, kills=20, refusals=150))
async def test_killed_workers_miss_nothing(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    knobs = {"work_lease_s": 3, "work_attempts_max": 100}
    async with realm(names, worker_number, **knobs) as own, own_api(own.settings) as api, open_sink() as sink:
        house = await own.house(api)
        for name in NAMES:
            await _begin_to_tell(house, sink, name)
        # never so many in a row that it is left alone for minutes
        sink.replies["moody"] = [Reply(500), Reply()] * size.refusals
        last = await house.value("SELECT seq FROM event_heads WHERE organization_id = $1") + size.events
        with measured(capsys, f"{size.events} events, {size.kills} workers killed") as figures:
            with worker_process(own.settings, tmp_path) as worker:
                happening = asyncio.create_task(_happen(own, house, size.events))
                await _disturb(worker, sink, size.kills)
                await happening
                await _all_told(house, worker)
            figures.update(_agree(sink, last, size))


async def _begin_to_tell(house: House, sink: Sink, name: str) -> None:
    given = {"url": sink.at(name), "ordered": name == "ordered"}
    answer = await house.client("ADMIN").act("createWebhookEndpoint", given, "webhookEndpoint { id } secret")
    sink.secrets[name] = [answer["secret"]]


async def _happen(own: Realm, house: House, many: int) -> None:
    """Without a ring: a worker finds out by itself."""
    database = Database.connect(own.settings)
    for number in range(many):
        async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
            uow.emit(EventType.BOOKING_CONFIRMED, Booking(id=uuid7()))
        if number % 10 == 0:
            await asyncio.sleep(0.02)
    await database.close()


async def _disturb(worker: Child, sink: Sink, kills: int) -> None:
    """In the middle of it: something arrived since the last one."""
    dice = random.Random(1)
    for _ in range(kills):
        before = len(sink.received)
        async with asyncio.timeout(60):
            while len(sink.received) == before:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5 * dice.random())
        worker.kill()
        worker.start()


async def _all_told(house: House, worker: Child) -> None:
    left = "SELECT count(*) FROM due_work WHERE organization_id = $1 AND kind IN ('FEED_WEBHOOKS', 'DELIVER_WEBHOOKS')"
    async with asyncio.timeout(300):
        while await house.value(left):
            if not worker.lives:
                worker.start()
            await asyncio.sleep(0.05)


def _agree(sink: Sink, last: int, size: Storm) -> dict[str, object]:
    """Nothing is missing; each id is of one event. What was in the mail when a worker died arrives again, no more."""
    assert sink.unverified == 0
    twice = 0
    for name in NAMES:
        received = sink.to(name)
        seqs = [found.body["data"]["seq"] for found in received]
        own = len(NAMES) - NAMES.index(name)
        assert set(seqs) == {cursor(seq) for seq in range(last - size.events - own + 1, last + 1)}, name
        assert len({(found.id, found.content) for found in received}) == len(set(seqs)), name
        twice += len(seqs) - len(set(seqs)) - (size.refusals if name == "moody" else 0)
        assert max(Counter(seqs).values()) <= 1 + size.kills + size.refusals
    told = [found.body["data"]["seq"] for found in sink.to("ordered")]
    in_order = [cursor(seq) for seq in range(last - size.events - len(NAMES) + 1, last + 1)]
    assert list(dict.fromkeys(told)) == in_order
    assert twice <= size.kills * (1 + 4 + 4)
    return {"arrived twice": twice}
