"""Messages by all ways while the worker is killed and Valkey forgets: each arrives, and never as two."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import clock
from tests.factories.houses import House
from tests.factories.messaging import device, notification
from tests.gateways import Failure, Providers, open_providers
from tests.kills.child import Child, worker_process
from tests.mailbox import Mailbox
from tests.realm import OwnValkey, Realm, own_api, own_valkey, realm
from tests.sizes import measured, sizes

WAYS = ("EMAIL", "SMS", "EXPO", "FCM")


@dataclass(frozen=True)
class Storm:
    houses: int
    messages: int
    """Of each house, by each way."""
    kills: int
    valkey_kills: int


@sizes(Storm(houses=2, messages=15, kills=1, valkey_kills=1), Storm(houses=10, messages=100, kills=20, valkey_kills=2))
async def test_a_killed_worker_sends_every_message_and_none_as_two(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_valkey(tmp_path / "valkey") as valkey:
        async with open_providers() as providers:
            knobs = {"work_lease_s": 3, "work_attempts_max": 100, "redis_url": valkey.url, **providers.knobs}
            async with realm(names, worker_number, **knobs) as own, own_api(own.settings) as api:
                houses = [await own.house(api) for _ in range(size.houses)]
                for way in ("SMS", "EXPO", "FCM"):
                    providers.failing[way] = [Failure(503), Failure(429, headers={"retry-after": "1"})]
                with measured(capsys, f"{size.kills} kills of the worker") as figures:
                    expected: dict[str, list[str]] = {way: [] for way in WAYS}
                    with worker_process(own.settings, tmp_path) as worker:
                        await asyncio.gather(
                            _disturb(size, worker, valkey), *(_say(house, size.messages, expected) for house in houses)
                        )
                        await eventually_sent(own, worker)
                    figures.update(_agree(expected, own.mailbox, providers))
                assert await _statuses(own) == {"SENT": size.houses * size.messages * len(WAYS)}
                repeated = await own.pool.fetchval(
                    "SELECT count(*) FROM notification_attempts WHERE outcome = 'ACCEPTED'"
                )
                assert repeated == size.houses * size.messages * len(WAYS)


async def _say(house: House, many: int, expected: dict[str, list[str]]) -> None:
    """One after the other, so that there is always something on its way."""
    customer, user = house.people["CUSTOMER"].viewer.customer_id, house.people["CUSTOMER"].user_id
    assert customer
    booking = await house.booking(customer, await house.pet(customer), await house.slot(), status="CONFIRMED")
    phones = {
        way: await device(house, user, customer_id=customer, provider=way, token=f"{token}{customer.hex}{end}")
        for way, token, end in (("EXPO", "ExponentPushToken[", "]"), ("FCM", "fcm:", ""))
    }
    for number in range(many):
        for way in WAYS:
            device_id = {"device_id": phones[way]} if way in phones else {}
            id = await notification(house, booking, "PUSH" if device_id else way, customer_id=customer, **device_id)
            expected[way].append(str(id))
            await house.insert("due_work", kind="SEND_NOTIFICATION", ref_id=id, run_at=clock.now())
        if number % 5 == 0:
            await asyncio.sleep(0.1)


async def _disturb(size: Storm, worker: Child, valkey: OwnValkey) -> None:
    dice = random.Random(1)
    forgets = dice.sample(range(size.kills), size.valkey_kills)
    for number in range(size.kills):
        await asyncio.sleep(1.5 + 1.5 * dice.random())
        if number in forgets:
            valkey.kill()
            valkey.start()
        if worker.lives:
            worker.kill()
        worker.start()


async def eventually_sent(own: Realm, worker: Child) -> None:
    """Until nothing is left to hand over; receipts are asked for later."""
    async with asyncio.timeout(300):
        while await own.pool.fetchval("SELECT count(*) FROM due_work WHERE kind = 'SEND_NOTIFICATION'"):
            if not worker.lives:
                worker.start()
            await asyncio.sleep(0.1)


def _agree(expected: dict[str, list[str]], mailbox: Mailbox, providers: Providers) -> dict[str, int]:
    """Each message is at the sink, and whatever is there twice is the same; answers how often that was so."""
    arrived = {
        "EMAIL": Counter(str(mail["Message-ID"])[1:].partition("@")[0] for mail in mailbox.mails),
        **{way: Counter(sent.id for sent in providers.sent if sent.way == way) for way in WAYS[1:]},
    }
    for way, ids in expected.items():
        assert arrived[way].keys() == set(ids), way
    # the gateway of texts knows what it has had
    assert set(arrived["SMS"].values()) == {1}
    return {f"{way} twice": sum(count - 1 for count in counts.values()) for way, counts in arrived.items()}


async def _statuses(own: Realm) -> dict[str, int]:
    rows = await own.pool.fetch("SELECT status, count(*) AS many FROM notifications GROUP BY 1")
    return {row["status"]: row["many"] for row in rows}
