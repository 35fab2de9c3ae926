"""Handing messages over: what arrives, what is tried again, what is given up, and what is not sent at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from app import clock
from app.jobs.desk import take_up
from app.schema.scalars import encode_id
from app.services.messaging import channels, sending
from tests.gateways import Failure
from tests.postroom import WAYS, Postroom, postroom
from tests.realm import Realm, own_api, realm
from tests.steps import events, nothing_due, row

every_way = pytest.mark.parametrize("way", WAYS)


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


@every_way
async def test_a_message_arrives(post: Postroom, way: str) -> None:
    id = await post.notify(way)
    assert await post.work() == 1
    assert post.arrived(way) == [str(id)]
    found = await post.row(id)
    assert (found["status"], found["attempts"], found["address"]) == ("SENT", 1, post.address(way))
    assert found["sent_at"] is not None
    assert found["body"]
    assert await post.outcomes(id) == ["ACCEPTED"]
    # whoever is sent a push may have thrown the app away, which Expo says later
    assert await post.due() == ([("CHECK_RECEIPT", id)] if way == "EXPO" else [])


async def test_a_mail_says_what_it_is(post: Postroom) -> None:
    id = await post.notify("EMAIL")
    await post.work()
    (mail,) = post.mailbox.to(post.email)
    found = await post.row(id)
    assert mail["Message-ID"] == f"<{id}@waypost.invalid>"
    assert (mail["From"], mail["Auto-Submitted"]) == ("Waypost <no-reply@waypost.invalid>", "auto-generated")
    assert mail["Date"] is not None
    assert (mail["Subject"], mail.get_content().replace("\r\n", "\n")) == (found["subject"], found["body"])


async def test_what_is_pushed_can_be_opened(post: Postroom) -> None:
    ids = {way: str(await post.notify(way)) for way in ("EXPO", "FCM")}
    await post.work()
    asked = dict(post.providers.asked)
    about = encode_id("Booking", post.booking)
    data = {"kind": "BOOKING_CONFIRMED", "about": about}
    assert asked["EXPO"]["data"] == data | {"notification": ids["EXPO"]}
    message = asked["FCM"]["message"]
    assert message["data"] == data | {"notification": ids["FCM"]}
    assert message["android"] == {"notification": {"tag": ids["FCM"]}}
    assert message["apns"] == {"headers": {"apns-collapse-id": ids["FCM"]}}


@every_way
async def test_an_outage_is_waited_for(post: Postroom, way: str) -> None:
    id = await post.notify(way)
    _fail(post, way, 3)
    for least in (5, 10, 20):
        began = clock.now()
        assert await post.work() == 1
        assert await post.due() == [("SEND_NOTIFICATION", id)]
        assert await post.waits(began, least * 0.75, least * 1.25)
        await post.hurry()
    await post.work()
    assert await post.outcomes(id) == ["RETRY", "RETRY", "RETRY", "ACCEPTED"]
    assert (post.arrived(way), await post.status(id)) == ([str(id)], "SENT")


def _fail(post: Postroom, way: str, times: int) -> None:
    if way == "EMAIL":
        post.mailbox.refuse_next = times
    post.providers.failing[way] = [Failure(503)] * times


@pytest.mark.parametrize("way", ["SMS", "EXPO", "FCM"])
async def test_a_carrier_says_when_to_come_again(post: Postroom, way: str) -> None:
    await post.notify(way)
    post.providers.failing[way] = [Failure(429, headers={"retry-after": "600"})]
    began = clock.now()
    await post.work()
    assert await post.waits(began, 600, 750)


@pytest.mark.parametrize(
    ("attempts", "after_s", "least", "most"),
    [
        (1, None, 3.75, 6.25),
        (4, None, 30, 50),
        (11, None, 2700, 4500),
        (500, None, 2700, 4500),
        (1, 60, 60, 75),
        (1, 1e9, 24 * 3600, 30 * 3600),
        (1, 0, 3.75, 6.25),
    ],
)
def test_waiting_grows_and_ends(attempts: int, after_s: float | None, least: float, most: float) -> None:
    assert all(least <= sending.backoff_s(attempts, after_s) <= most for _ in range(50))


RESEND = "... on ResendNotificationSuccess { notification { id status attemptCount } } ... on Problem { message }"


@every_way
async def test_what_nobody_takes_is_given_up_and_can_be_sent_again(own: Realm, own_server: str, way: str) -> None:
    async with postroom(own, own_server, notification_attempts_max=3) as post:
        id = await post.notify(way)
        _fail(post, way, 3)
        for _ in range(3):
            await post.work()
            await post.hurry()
        assert (await post.status(id), await post.outcomes(id)) == ("FAILED", ["RETRY"] * 3)
        assert await nothing_due(post.house)
        assert await events(post.house) == ["NOTIFICATION_FAILED"]
        owner, wanted = post.house.client("OWNER"), {"notificationId": encode_id("Notification", id)}
        again = await owner.act("resendNotification", wanted, RESEND)
        assert again["notification"] == {"id": wanted["notificationId"], "status": "QUEUED", "attemptCount": 0}
        twice = await owner.act("resendNotification", wanted, RESEND)
        assert twice["__typename"] == "InvalidTransition"
        await post.work()
        assert (await post.status(id), post.arrived(way)) == ("SENT", [str(id)])
        assert await events(post.house) == ["NOTIFICATION_FAILED", "NOTIFICATION_RESENT"]


@pytest.mark.parametrize(
    ("way", "failure"),
    [
        ("SMS", Failure(400, {"error": {"code": "TEXT_TOO_LONG"}})),
        ("EXPO", Failure(200, {"data": {"status": "error", "details": {"error": "MessageTooBig"}}})),
        ("EXPO", Failure(400, {"errors": [{"code": "VALIDATION_ERROR"}]})),
        ("FCM", Failure(400, {"error": {"status": "INVALID_ARGUMENT", "message": "Request contains …"}})),
    ],
)
async def test_a_refusal_is_for_good(post: Postroom, way: str, failure: Failure) -> None:
    id = await post.notify(way)
    post.providers.failing[way] = [failure]
    await post.work()
    assert (await post.status(id), await post.outcomes(id)) == ("FAILED", ["REFUSED"])
    assert await events(post.house) == ["NOTIFICATION_FAILED"]


@pytest.mark.parametrize("words", ["550 spam", "550 5.7.1 not from you", "552 5.2.2 full", "554 5.7.1 policy"])
async def test_a_mail_that_is_refused_says_nothing_about_the_address(post: Postroom, words: str) -> None:
    post.mailbox.refused[post.email] = words
    id = await post.notify("EMAIL")
    await post.work()
    assert (await post.status(id), await post.outcomes(id)) == ("FAILED", ["REFUSED"])
    assert await events(post.house) == ["NOTIFICATION_FAILED"]


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503])
async def test_what_is_wrong_with_the_carrier_is_no_fault_of_the_message(post: Postroom, status: int) -> None:
    ids = {way: await post.notify(way) for way in ("SMS", "EXPO", "FCM")}
    for way in ids:
        post.providers.failing[way] = [Failure(status)]
    await post.work()
    assert [await post.outcomes(id) for id in ids.values()] == [["RETRY"]] * 3


@every_way
async def test_where_nobody_is_nothing_more_is_sent(post: Postroom, way: str) -> None:
    post.mailbox.refused[post.email] = "550 5.1.1 no such user here"
    post.providers.gone.add(post.address(way))
    first = await post.notify(way)
    await post.work()
    assert (await post.status(first), await post.outcomes(first)) == ("FAILED", ["DEAD_ADDRESS"])
    asked, retired = len(post.providers.asked), "DEVICE_RETIRED" if way in post.phones else "ADDRESS_RETIRED"
    assert await events(post.house) == [retired, "NOTIFICATION_FAILED"]
    second = await post.notify(way)
    await post.work()
    assert (await post.status(second), await post.outcomes(second)) == ("SUPPRESSED: DEAD_ADDRESS", [])
    assert (post.arrived(way), len(post.providers.asked)) == ([], asked)
    details = await post.house.all("SELECT detail FROM notification_attempts WHERE organization_id = $1")
    assert all(post.address(way) not in row["detail"] for row in details)


@pytest.mark.parametrize(
    ("way", "column", "good"), [("EMAIL", "email", "Other@example.org"), ("SMS", "phone", "+995555654321")]
)
async def test_another_address_lives(post: Postroom, way: str, column: str, good: str) -> None:
    post.mailbox.refused[post.email] = "550 5.1.1 no such user here"
    post.providers.gone.add(post.address(way))
    await post.notify(way)
    await post.work()
    await _set(post, "customers", post.customer, **{column: good})
    id = await post.notify(way)
    await post.work()
    assert (await post.status(id), (await post.row(id))["address"]) == ("SENT", good)


async def _set(post: Postroom, table: str, id: UUID, **values: Any) -> None:
    for name, value in values.items():
        await post.house.pool.execute(
            f"UPDATE {table} SET {name} = $3 WHERE organization_id = $1 AND id = $2", post.house.id, id, value
        )


async def test_what_must_not_be_sent_is_not(post: Postroom) -> None:
    other = await post.house.customer(email=None, phone=None)
    nobody = [await post.notify(way, customer_id=other) for way in ("EMAIL", "SMS")]
    sold = await post.notify("EXPO")
    await _set(post, "device_tokens", post.phones["EXPO"], customer_id=other)
    await post.work()
    # the phone is somebody else's meanwhile
    assert [await post.status(id) for id in (*nobody, sold)] == ["SUPPRESSED: NO_ADDRESS"] * 3
    untrue = await post.notify("EMAIL")
    await _set(post, "bookings", post.booking, status="CANCELLED")
    await post.work()
    assert await post.status(untrue) == "SUPPRESSED: OUTDATED"
    erased = await post.notify("EMAIL")
    await post.house.pool.execute(
        "UPDATE customers SET erased_at = now() WHERE organization_id = $1 AND id = $2", post.house.id, post.customer
    )
    await post.work()
    assert await post.status(erased) == "SUPPRESSED: ERASED"
    assert (post.providers.asked, post.mailbox.mails) == ([], [])
    assert await events(post.house) == []
    assert await nothing_due(post.house)


async def test_a_way_that_nobody_set_up_is_off(own: Realm, own_server: str) -> None:
    off = {"smtp_url": None, "sms_url": None, "expo_url": None, "fcm_credentials": None}
    async with postroom(own, own_server, **off) as post:
        ids = [await post.notify(way) for way in WAYS]
        await post.work()
        assert [await post.status(id) for id in ids] == ["SUPPRESSED: CHANNEL_OFF"] * 4
        assert await events(post.house) == []


@every_way
async def test_whoever_dies_after_the_carrier_took_it_sends_the_same_again(post: Postroom, way: str) -> None:
    id = await post.notify(way)
    work = await post.taken_up()
    async with post.desk.write(work) as uow:
        parcel = await sending.prepare(uow, post.desk.settings, id)
    assert isinstance(parcel, sending.Parcel)
    await channels.send(post.desk.settings, parcel.way, parcel.message)
    await post.house.pool.execute("UPDATE due_work SET lease_until = now() WHERE id = $1", work.id)
    await post.work()
    # a gateway of texts knows the key, and sends it once
    assert post.arrived(way) == [str(id)] * (1 if way == "SMS" else 2)
    assert (await post.status(id), await post.outcomes(id)) == ("SENT", ["ACCEPTED"])


async def test_a_crowd_of_workers_sends_each_message_once(post: Postroom) -> None:
    ids = [str(await post.notify(way)) for way in WAYS for _ in range(3)]
    await asyncio.gather(*(post.work() for _ in range(5)))
    assert sorted(id for way in WAYS for id in post.arrived(way)) == sorted(ids)


async def test_a_carrier_that_hangs_holds_up_nobody_else(own: Realm, own_server: str) -> None:
    async with postroom(own, own_server, message_timeout_s=0.3) as post:
        post.providers.stalling.add("SMS")
        texts = [await post.notify("SMS") for _ in range(15)]
        mails = [str(await post.notify("EMAIL")) for _ in range(4)]
        async with asyncio.timeout(40):
            await asyncio.gather(*(post.work() for _ in range(4)))
        assert sorted(post.arrived("EMAIL")) == sorted(mails)
        # after five it is left alone; those that were on their way then are not called back
        assert 5 <= len(post.providers.asked) <= 8
        assert {await post.status(id) for id in texts} == {"QUEUED"}
        assert len(await post.due()) == 15
        tried = [outcome for id in texts for outcome in await post.outcomes(id)]
        assert tried == ["RETRY"] * len(post.providers.asked)


async def test_expo_says_later_that_a_phone_is_gone(post: Postroom) -> None:
    id = await post.notify("EXPO")
    await post.work()
    ticket = (await post.row(id))["provider_reference"]
    post.providers.receipts[ticket] = {"status": "error", "details": {"error": "DeviceNotRegistered"}}
    await post.hurry()
    await post.work()
    assert (await post.status(id), await post.outcomes(id)) == ("FAILED", ["ACCEPTED", "DEAD_ADDRESS"])
    assert (await row(post.house, "device_tokens", post.phones["EXPO"]))["retired_at"] is not None
    assert await events(post.house) == ["DEVICE_RETIRED", "NOTIFICATION_FAILED"]
    assert await nothing_due(post.house)


async def test_a_phone_that_came_back_meanwhile_stays(post: Postroom) -> None:
    id = await post.notify("EXPO")
    await post.work()
    ticket = (await post.row(id))["provider_reference"]
    post.providers.receipts[ticket] = {"status": "error", "details": {"error": "DeviceNotRegistered"}}
    await post.house.pool.execute("UPDATE device_tokens SET last_seen_at = now() + interval '1 s'")
    await post.hurry()
    await post.work()
    assert (await row(post.house, "device_tokens", post.phones["EXPO"]))["retired_at"] is None


async def test_a_receipt_that_is_not_there_yet_is_asked_for_again_for_a_day(post: Postroom) -> None:
    id = await post.notify("EXPO")
    await post.work()
    await _set(post, "notifications", id, provider_reference="unknown")
    await post.hurry()
    assert await post.work() == 1
    assert await post.due() == [("CHECK_RECEIPT", id)]
    await post.house.pool.execute("UPDATE notifications SET sent_at = now() - interval '25 h' WHERE id = $1", id)
    await post.hurry()
    await post.work()
    assert (await post.status(id), await post.due()) == ("SENT", [])


async def test_a_good_receipt_ends_it(post: Postroom) -> None:
    id = await post.notify("EXPO")
    await post.work()
    await post.hurry()
    await post.work()
    assert (await post.status(id), await post.outcomes(id), await post.due()) == ("SENT", ["ACCEPTED"], [])


async def test_firebase_is_asked_for_a_token_once_and_again_when_it_is_no_good(post: Postroom) -> None:
    for _ in range(3):
        await post.notify("FCM")
    await post.work()
    assert [way for way, _ in post.providers.asked] == ["TOKEN", "FCM", "FCM", "FCM"]
    post.providers.gateways.forget_tokens()
    id = await post.notify("FCM")
    await post.work()
    await post.hurry()
    await post.work()
    assert (await post.status(id), await post.outcomes(id)) == ("SENT", ["RETRY", "ACCEPTED"])
    assert len(post.arrived("FCM")) == 4


async def test_a_row_that_is_gone_is_nobodys_work(post: Postroom) -> None:
    id = await post.notify("SMS")
    await post.house.pool.execute("DELETE FROM notifications WHERE id = $1", id)
    assert await take_up(post.desk) == 1
    assert await nothing_due(post.house)


async def test_a_message_that_was_withdrawn_on_its_way_stays_withdrawn(post: Postroom) -> None:
    """Erasing a person does not wait for a carrier."""
    id = await post.notify("SMS")
    work = await post.taken_up()
    async with post.desk.write(work) as uow:
        parcel = await sending.prepare(uow, post.desk.settings, id)
    assert isinstance(parcel, sending.Parcel)
    await post.house.pool.execute(
        "UPDATE notifications SET status = 'SUPPRESSED', suppressed = 'ERASED' WHERE id = $1", id
    )
    answer = await channels.send(post.desk.settings, parcel.way, parcel.message)
    async with post.desk.finish(work) as uow:
        await sending.record(uow, post.desk.settings, id, answer)
    assert (await post.status(id), await post.outcomes(id), await post.due()) == ("SUPPRESSED: ERASED", [], [])
