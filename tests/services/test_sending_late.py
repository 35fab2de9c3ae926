"""What is found out between telling and sending, and what carriers may answer."""

from collections.abc import AsyncIterator
from datetime import time, timedelta
from typing import Any

import pytest
import pytest_asyncio

from app import clock
from app.services.messaging import sending
from app.services.messaging.channels import Gone
from tests.factories.houses import ZONE
from tests.factories.messaging import device
from tests.gateways import Failure
from tests.postroom import Postroom, postroom
from tests.realm import Realm, own_api, realm
from tests.steps import nothing_due


@pytest_asyncio.fixture(scope="module")
async def own(names: dict[str, str], worker_number: int) -> AsyncIterator[Realm]:
    async with realm(names, worker_number) as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def own_server(own: Realm) -> AsyncIterator[str]:
    async with own_api(own.settings) as api:
        yield api


@pytest_asyncio.fixture
async def post(own: Realm, own_server: str) -> AsyncIterator[Postroom]:
    async with postroom(own, own_server) as found:
        yield found


NASTY = "no\x00body \ud800 here"


@pytest.mark.parametrize(
    ("way", "answer", "outcome"),
    [
        ("SMS", Failure(400, {"error": {"code": NASTY}}), "REFUSED"),
        ("SMS", Failure(200, {"id": NASTY}), "ACCEPTED"),
        ("SMS", Failure(200, {"id": 7}), "ACCEPTED"),
        ("EXPO", Failure(200, {"data": {"status": "ok", "id": NASTY}}), "ACCEPTED"),
        ("EXPO", Failure(200, {"data": {"status": "ok", "id": 7}}), "ACCEPTED"),
        ("EXPO", Failure(200, {"data": {"status": "error", "message": NASTY, "details": {"error": "X"}}}), "REFUSED"),
        ("FCM", Failure(200, {"name": NASTY}), "ACCEPTED"),
        ("FCM", Failure(200, {"name": ["a"]}), "ACCEPTED"),
        ("FCM", Failure(400, {"error": {"message": NASTY, "details": [{"fieldViolations": 3}]}}), "REFUSED"),
        (
            "FCM",
            Failure(400, {"error": {"details": [{"errorCode": ["A"], "fieldViolations": [{"field": {}}]}]}}),
            "REFUSED",
        ),
    ],
)
async def test_whatever_a_carrier_says_is_taken_down_once(
    post: Postroom, way: str, answer: Failure, outcome: str
) -> None:
    id = await post.notify(way)
    post.providers.failing[way] = [answer]
    await post.work()
    assert await post.outcomes(id) == [outcome]


async def test_a_mail_is_not_at_fault_for_its_sender(post: Postroom) -> None:
    """Which addresses we may send from is for the operator to mend."""
    post.mailbox.sender_refused = "550 5.7.1 not from here"
    id = await post.notify("EMAIL")
    await post.work()
    assert (await post.status(id), await post.outcomes(id)) == ("QUEUED", ["RETRY"])
    post.mailbox.sender_refused = None
    await post.hurry()
    await post.work()
    assert (await post.status(id), await post.outcomes(id)) == ("SENT", ["RETRY", "ACCEPTED"])


async def _prefer(post: Postroom, **values: Any) -> None:
    await post.house.insert("contact_preferences", customer_id=post.customer, **values)


def _quiet_now(hours: int = 2) -> dict[str, time]:
    now = clock.now().astimezone(ZONE)
    return {
        "quiet_from": (now - timedelta(hours=hours)).time().replace(second=0, microsecond=0),
        "quiet_until": (now + timedelta(hours=hours)).time().replace(second=0, microsecond=0),
    }


async def test_what_is_late_waits_for_the_end_of_quiet_hours_too(post: Postroom) -> None:
    """No worker was there in the evening, or the carrier was down: nobody is woken for it."""
    wish = _quiet_now()
    await _prefer(post, **wish)
    waits, cannot = await post.notify("EMAIL"), await post.notify("SMS", kind="WAITLIST_OFFER")
    await post.work()
    ends = clock.now().astimezone(ZONE) + timedelta(hours=2)
    assert (await post.status(waits), await post.outcomes(waits)) == ("QUEUED", [])
    assert (await post.row(waits))["send_at"] == ends.replace(second=0, microsecond=0)
    assert await post.due() == [("SEND_NOTIFICATION", waits)]
    assert await post.status(cannot) == "SUPPRESSED: OUTDATED"
    await post.house.pool.execute("DELETE FROM contact_preferences")
    await post.hurry()
    await post.work()
    assert await post.status(waits) == "SENT"


async def test_what_was_switched_off_meanwhile_is_not_sent(post: Postroom) -> None:
    await _prefer(post, muted=["BOOKING_CONFIRMED:EMAIL"])
    mail, text = await post.notify("EMAIL"), await post.notify("SMS")
    await post.work()
    assert (await post.status(mail), await post.status(text)) == ("SUPPRESSED: UNWANTED", "SENT")


async def test_who_left_the_house_is_not_told_its_news(post: Postroom) -> None:
    staff = post.house.people["STAFF"].user_id
    phone = await device(post.house, staff)
    ids = [
        await post.notify("EMAIL", customer_id=None, user_id=staff),
        await post.notify("EXPO", customer_id=None, user_id=staff, device_id=phone),
    ]
    await post.house.pool.execute(
        "DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2", post.house.id, staff
    )
    await post.work()
    assert [await post.status(id) for id in ids] == ["SUPPRESSED: NO_ADDRESS"] * 2


async def test_what_expo_says_of_somebody_who_was_erased_meanwhile_is_not_taken_down(post: Postroom) -> None:
    id = await post.notify("EXPO")
    await post.work()
    await post.house.pool.execute(
        "UPDATE notifications SET address = NULL, body = NULL, subject = NULL, provider_reference = NULL WHERE id = $1",
        id,
    )
    work = await _taken(post)
    async with post.desk.finish(work) as uow:
        await sending.received(uow, id, Gone(f"{post.tokens['EXPO']} is gone"))
    assert await post.outcomes(id) == ["ACCEPTED"]
    assert await nothing_due(post.house)


async def _taken(post: Postroom) -> Any:
    await post.hurry()
    return await post.taken_up()
