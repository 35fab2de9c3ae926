"""Endpoints that fail in every way there is: what is tried again and when, what is given up, and who hears of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from app import clock
from app.jobs.desk import take_up
from app.services.webhooks import Parcel, Sender
from tests.client import Json
from tests.factories import webhooks as rows
from tests.mailbox import Mailbox
from tests.realm import Realm, own_api, realm
from tests.sink import Reply
from tests.steps import due, errors, events, key
from tests.webhooking import Hooks, hooks

TOLD: Json = {"eventTypes": ["BOOKING_CONFIRMED"]}


@pytest_asyncio.fixture(scope="module")
async def own(names: dict[str, str], worker_number: int) -> AsyncIterator[Realm]:
    async with realm(names, worker_number) as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def own_server(own: Realm) -> AsyncIterator[str]:
    async with own_api(own.settings) as api:
        yield api


@pytest_asyncio.fixture
async def hook(own: Realm, own_server: str) -> AsyncIterator[Hooks]:
    async with hooks(own, own_server, webhook_timeout_s=0.5) as found:
        yield found


async def test_it_is_tried_as_the_schedule_says_and_then_given_up(hook: Hooks) -> None:
    endpoint = await hook.endpoint(**TOLD)
    hook.sink.always["till"] = Reply(500)
    await hook.happen()
    waits = []
    for wait_s in (60, 3_600):
        await hook.work()
        (delivery,) = await hook.deliveries(endpoint)
        in_s = (delivery["next_at"] - clock.now()).total_seconds()
        waits.append(0.75 * wait_s < in_s < 1.25 * wait_s)
        await hook.hurry()
    assert waits == [True, True]
    assert await hook.statuses(endpoint) == [("FAILED", 3)]
    (first, *others) = hook.sink.received
    assert [(other.id, other.content) for other in others] == [(first.id, first.content)] * 2
    assert await hook.due() == ["NOTIFY_WEBHOOK_FAILING"]
    hook.sink.always.clear()
    (delivery,) = await hook.deliveries(endpoint)
    retried = "webhookDelivery { status attemptCount }"
    answer = await hook.act("retryWebhookDelivery", {"webhookDeliveryId": hook.gid(delivery)}, retried)
    assert answer["webhookDelivery"] == {"status": "PENDING", "attemptCount": 0}
    await hook.work()
    assert await hook.statuses(endpoint) == [("DELIVERED", 1)]
    assert hook.sink.received[-1].id == first.id
    found = await hook.now(endpoint)
    assert (found["failures"], found["failing_since"]) == (0, None)


WRONG = {
    "redirect": (Reply(302, {"location": "/elsewhere"}), (302, None)),
    "astray": (Reply(302, {"location": "mailto:nobody"}), (302, None)),
    "late": (Reply(stall_s=3), (None, "No answer within 0.5 s.")),
    "angry": (Reply(401, body=b"who?"), (401, None)),
    "odd": (Reply(299, body=b"\xff\xfe"), (299, None)),
    "endless": (Reply(200, body=b"x" * 3_000_000), (200, None)),
}


async def test_every_answer_is_understood(hook: Hooks) -> None:
    """All at once; none stands in another's way, and no redirect is followed."""
    endpoints = {name: await hook.endpoint(name, **TOLD) for name in WRONG}
    for name, (reply, _) in WRONG.items():
        hook.sink.always[name] = reply
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    endpoints["closed"] = await hook.endpoint("closed", url=f"http://127.0.0.1:{port}/", **TOLD)
    await hook.happen()
    await hook.work()
    outcomes = {}
    for name, endpoint in endpoints.items():
        (delivery,) = await hook.deliveries(endpoint)
        outcomes[name] = await hook.attempts(delivery["id"])
        assert delivery["status"] == ("DELIVERED" if name in ("odd", "endless") else "PENDING"), name
    expected = {name: [outcome] for name, (_, outcome) in WRONG.items()}
    assert outcomes == {**expected, "closed": [(None, "No answer: ConnectError.")]}
    assert (hook.sink.to("elsewhere"), hook.sink.unverified) == ([], 0)
    kept = "SELECT max(length(response_body)) FROM webhook_attempts WHERE organization_id = $1"
    assert await hook.house.value(kept) == 2_048


@pytest.mark.parametrize(("status", "everything"), [(503, True), (500, False)])
async def test_who_asks_for_time_gets_it(hook: Hooks, status: int, everything: bool) -> None:
    """Busy ones are told nothing else, either."""
    endpoint = await hook.endpoint(**TOLD)
    hook.sink.replies["till"] = [Reply(status, {"retry-after": "7200"})]
    await hook.happen()
    await hook.work()
    (delivery,) = await hook.deliveries(endpoint)
    found = await hook.now(endpoint)
    assert timedelta(minutes=119) < delivery["next_at"] - clock.now() <= timedelta(hours=2)
    assert (found["rests_until"] is not None) == everything
    await hook.happen()
    await hook.work()
    assert len(hook.sink.received) == (1 if everything else 2)
    hook.sink.replies["till"] = [Reply(status, {"retry-after": "99999999"})]
    await hook.hurry()
    await hook.hurry()
    assert not await hook.house.all(
        "SELECT FROM webhook_deliveries WHERE organization_id = $1 AND next_at > now() + interval '1 day'"
    )


async def test_who_is_gone_is_told_no_more(hook: Hooks, own: Realm) -> None:
    endpoint = await hook.endpoint(**TOLD)
    hook.sink.replies["till"] = [Reply(410)]
    await hook.happen()
    await hook.work()
    found = await hook.now(endpoint)
    assert (found["status"], found["disabled_reason"]) == ("DISABLED", "GONE")
    await hook.happen(3)
    await hook.hurry()
    assert len(hook.sink.received) == 1
    assert (await events(hook.house))[-4:-3] == ["WEBHOOK_ENDPOINT_DISABLED"]
    assert _told(hook, own.mailbox) == {"OWNER": [DISABLED], "ADMIN": [DISABLED]}
    await hook.act("enableWebhookEndpoint", {"webhookEndpointId": endpoint})
    await hook.work()
    assert [status for status, _ in await hook.statuses(endpoint)] == ["DELIVERED"] * 4


DISABLED = "The House: the webhook to 127.0.0.1 was disabled"
FAILING = "The House: the webhook to 127.0.0.1 fails"


def _told(hook: Hooks, mailbox: Mailbox) -> Json:
    found = {role: [mail["Subject"] for mail in mailbox.to(who.email)] for role, who in hook.house.people.items()}
    return {role: subjects for role, subjects in found.items() if subjects}


async def test_admins_hear_of_who_fails_for_long_and_in_the_end_it_is_disabled(hook: Hooks, own: Realm) -> None:
    endpoint = await hook.endpoint(**TOLD)
    hook.sink.always["till"] = Reply(500)
    await hook.happen()
    await hook.work()
    await _let_it_fail_since(hook, "30 minutes")
    assert _told(hook, own.mailbox) == {}
    await _let_it_fail_since(hook, "2 hours")
    once = {"OWNER": [FAILING], "ADMIN": [FAILING]}
    assert _told(hook, own.mailbox) == once
    await due(hook.house, "NOTIFY_WEBHOOK_FAILING", key(endpoint))
    await hook.work()
    assert _told(hook, own.mailbox) == once, "once for each time that it begins to fail"
    await _let_it_fail_since(hook, "5 days")
    await hook.hurry()
    found = await hook.now(endpoint)
    assert (found["status"], found["disabled_reason"]) == ("DISABLED", "FAILING")
    assert _told(hook, own.mailbox) == {role: [FAILING, DISABLED] for role in once}


async def _let_it_fail_since(hook: Hooks, age: str) -> None:
    for statement in (
        f"UPDATE webhook_endpoints SET failing_since = now() - interval '{age}' WHERE organization_id = $1",
        "UPDATE due_work SET run_at = now() WHERE organization_id = $1 AND kind = 'NOTIFY_WEBHOOK_FAILING'",
    ):
        await hook.house.pool.execute(statement, hook.house.id)
    await hook.work()


async def test_who_fails_again_and_again_is_left_alone_for_a_while(hook: Hooks) -> None:
    endpoint = await hook.endpoint(**TOLD)
    hook.sink.always["till"] = Reply(500)
    await hook.happen(30)
    await hook.work()
    found = await hook.now(endpoint)
    assert 8 < found["failures"] <= 12
    assert found["rests_until"] > clock.now()
    moved = {"webhookEndpointId": endpoint, "version": 1, "url": hook.sink.at("other")}
    hook.sink.secrets["other"] = hook.sink.secrets["till"]
    stale = await hook.house.client("ADMIN").act(
        "updateWebhookEndpoint", {**moved, "version": 7}, "... on VersionConflict { currentVersion }"
    )
    assert stale["currentVersion"] == 1
    await hook.act("updateWebhookEndpoint", moved)
    assert (await hook.now(endpoint))["rests_until"] is None
    await hook.hurry()
    assert len({received.id for received in hook.sink.to("other")}) == 30


async def test_slow_ones_leave_places_to_others(own: Realm, own_server: str) -> None:
    """Four places, all taken before it shows that their endpoints are slow; from then on, two are for others."""
    async with hooks(own, own_server, webhook_endpoints_at_once=4, webhook_timeout_s=30.0) as hook:
        for number in range(6):
            hook.sink.always[f"slow-{number}"] = Reply(stall_s=60)
            hook.sink.secrets[f"slow-{number}"] = [rows.SECRET]
            await rows.endpoint(hook.house, hook.sink.at(f"slow-{number}"))
        await hook.act("createWebhookEndpoint", {"url": hook.sink.at("none"), "eventTypes": ["STOP_SKIPPED"]})
        await hook.happen()
        while sum(hook.sink.at_once.values()) < 4:
            await take_up(hook.desk)
        endpoint = await hook.endpoint("quick", **TOLD)
        await hook.happen(20)
        async with asyncio.timeout(30):
            while [status for status, _ in await hook.statuses(endpoint)] != ["DELIVERED"] * 20:
                await take_up(hook.desk)
                await asyncio.sleep(0.05)
        stalled = {name for name, many in hook.sink.at_once.items() if many}
        # nobody answers them yet, so it was not their leaving that made room
        assert len(stalled) >= 4
        assert "quick" not in stalled
        assert hook.sink.most_at_once["quick"] <= hook.desk.settings.webhook_requests_at_once


async def test_nobody_looks_into_our_own_network(hook: Hooks) -> None:
    """Whatever a name leads to by the time it is asked; in the log stands no more than that."""
    settings = hook.desk.settings.model_copy(update={"partner_private": False})
    async with Sender(settings) as sender:
        for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "169.254.169.254"):
            answer = await sender.send(f"https://{host}:9/", [rows.SECRET], Parcel(key(ENDPOINT), "{}"))
            assert (answer.status, answer.error) == (None, "The address cannot be reached from outside."), host
        sealed = await sender.send("https://127.0.0.1/", [], Parcel(key(ENDPOINT), "{}"))
        assert sealed.error == "None of the server's keys opens the secret."


ENDPOINT = "V2ViaG9va0VuZHBvaW50OjAxOTM0YTViLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA"


async def test_what_is_old_is_thrown_away(hook: Hooks) -> None:
    endpoint = await hook.endpoint(**TOLD)
    await hook.happen(2)
    await hook.work()
    before = "UPDATE webhook_deliveries SET created_at = now() - interval '31 days', updated_at = $2 "
    old, young = (found["id"] for found in await hook.deliveries(endpoint))
    for id, at in ((old, clock.now() - timedelta(days=31)), (young, clock.now())):
        await hook.house.pool.execute(f"{before} WHERE organization_id = $1 AND id = $3", hook.house.id, at, id)
    await hook.house.pool.execute("DELETE FROM due_work WHERE organization_id = $1", hook.house.id)
    await due(hook.house, "TIDY_WEBHOOKS", hook.house.id)
    await hook.work()
    assert [found["id"] for found in await hook.deliveries(endpoint)] == [young]
    assert await hook.house.value("SELECT count(*) FROM webhook_attempts WHERE organization_id = $1") == 1
    (tidy,) = await hook.house.all("SELECT kind, run_at FROM due_work WHERE organization_id = $1")
    assert tidy["kind"] == "TIDY_WEBHOOKS"
    assert timedelta(hours=23) < tidy["run_at"] - clock.now() < timedelta(hours=25)


async def test_strangers_are_refused(hook: Hooks) -> None:
    """Staff see every row of the house, but not these."""
    endpoint = await hook.endpoint(**TOLD)
    staff = hook.house.client("STAFF")
    assert await errors(staff, "sendTestWebhook", {"webhookEndpointId": endpoint}) == [("FORBIDDEN", None)]
    assert await staff.codes("query Node($id: ID!) { node(id: $id) { id } }", {"id": endpoint}) == ["NOT_FOUND"]
