"""Telling an endpoint what happens: what is sent, in which order, again, and what can be seen of it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.demo.serving import serving
from app.errors import BadUserInput
from app.main import create_app
from app.models import EventType
from app.schema.scalars import encode_id
from app.services.outside import address
from app.services.webhooks import messages
from app.services.webhooks.delivering import wait_s
from tests.factories import webhooks as rows
from tests.factories.houses import House
from tests.realm import Realm, realm
from tests.scenes import cursor
from tests.sink import Reply
from tests.statements import counting
from tests.steps import errors, events, key
from tests.webhooking import Hooks, hooks

SEEN = """query Seen($filter: WebhookDeliveryFilter) { webhookEndpoints(first: 20) { edges { node { toldUntil eventTypes
    deliveries(first: 5, filter: $filter) { totalCount edges { node { messageId type seq status body attemptCount
      nextAt attempts(first: 3) { edges { node { url requestHeaders responseStatus responseBody durationMs error } } }
    } } } replays(first: 3) { edges { node { status events eventsDone after until } } } } } } }"""
KNOBS = {"webhook_endpoints_max": 3, "webhook_replay_max": 5}


@pytest_asyncio.fixture(scope="module")
async def own(names: dict[str, str], worker_number: int) -> AsyncIterator[Realm]:
    async with realm(names, worker_number, **KNOBS) as found:
        yield found


@pytest.fixture(scope="module")
def own_app(own: Realm) -> Starlette:
    return create_app(own.settings)


@pytest_asyncio.fixture(scope="module")
async def own_server(own_app: Starlette) -> AsyncIterator[str]:
    async with serving(own_app) as api:
        yield api


@pytest_asyncio.fixture
async def hook(own: Realm, own_server: str) -> AsyncIterator[Hooks]:
    async with hooks(own, own_server) as found:
        yield found


async def test_an_event_is_told_as_the_specification_has_it(hook: Hooks) -> None:
    house = hook.house
    endpoint = await hook.endpoint()
    team = await house.client("ADMIN").act("createTeam", {"name": "Blue"}, "... on CreateTeamSuccess { team { id } }")
    await hook.work()
    (received,) = hook.sink.to("till")
    assert received.signers == (0,)
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"] == "Waypost-Webhooks/1"
    (event,) = await house.all("SELECT * FROM events WHERE organization_id = $1 AND type = 'TEAM_CREATED'")
    assert received.body == {
        "type": "team.created",
        "timestamp": event["occurred_at"].isoformat(),
        "data": {
            "seq": cursor(event["seq"]),
            "organization": {"id": encode_id("Organization", house.id), "slug": house.slug},
            "node": {"type": "Team", "id": team["team"]["id"]},
            "concerning": {},
            "payload": json.loads(event["payload"]),
        },
    }
    (delivery,) = await hook.deliveries(endpoint)
    assert received.id == f"msg_{delivery['id'].hex}"
    assert (delivery["status"], delivery["attempts"], delivery["body"]) == ("DELIVERED", 1, received.content)
    assert (await hook.due(), hook.sink.unverified) == ([], 0)


async def test_an_endpoint_hears_of_what_it_asked_for_and_first_of_itself(hook: Hooks) -> None:
    created = await hook.act("createWebhookEndpoint", {"url": hook.sink.at("all")}, "webhookEndpoint { id } secret")
    hook.sink.secrets["all"] = [created["secret"]]
    await hook.endpoint("some", eventTypes=["BOOKING_CANCELLED", "BOOKING_DECLINED"])
    await hook.happen(2)
    await hook.happen(1, EventType.BOOKING_DECLINED)
    await hook.work()
    # as they come: several at once
    assert Counter(received.type for received in hook.sink.to("all")) == {
        "webhook.endpoint.created": 2,
        "booking.confirmed": 2,
        "booking.declined": 1,
    }
    assert [received.type for received in hook.sink.to("some")] == ["booking.declined"]
    ids = [received.id for received in hook.sink.received]
    assert len(set(ids)) == len(ids), "an id is of one event and one endpoint"


async def test_who_tells_nobody_leaves_no_work(hook: Hooks, stranger_of: House) -> None:
    await hook.happen()
    assert await hook.due() == []
    endpoint = await hook.endpoint()
    await hook.happen(5)
    assert await hook.due() == ["FEED_WEBHOOKS"], "once until somebody has begun with it"
    await hook.work()
    assert len(hook.seqs()) == 5
    await hook.act("disableWebhookEndpoint", {"webhookEndpointId": endpoint})
    await hook.work()
    await hook.happen(3)
    await hook.work()
    assert (len(hook.seqs()), await hook.due()) == (5, [])
    heads = "SELECT listening, woken FROM event_heads WHERE organization_id = $1"
    assert [tuple(head) for head in await hook.house.all(heads)] == [(False, False)]
    assert [tuple(head) for head in await stranger_of.all(heads)] == [(False, False)]


@pytest_asyncio.fixture
async def stranger_of(own: Realm, own_server: str) -> House:
    return await own.house(own_server)


@pytest.mark.parametrize("skip", [False, True])
async def test_what_happened_while_disabled_is_told_or_skipped(hook: Hooks, skip: bool) -> None:
    endpoint = await hook.endpoint()
    named = {"webhookEndpointId": endpoint}
    await hook.act("disableWebhookEndpoint", named)
    again = await hook.house.client("ADMIN").act(
        "disableWebhookEndpoint", named, "... on InvalidTransition { currentStatus }"
    )
    assert again["currentStatus"] == "DISABLED"
    await hook.happen(3)
    enabled = await hook.act("enableWebhookEndpoint", {**named, "skipMissed": skip})
    assert enabled["webhookEndpoint"]["status"] == "ACTIVE"
    await hook.work()
    told = Counter(received.type for received in hook.sink.received)
    assert told["booking.confirmed"] == (0 if skip else 3)
    assert told["webhook.endpoint.enabled"] == 1
    for verb in ("sendTestWebhook", "replayWebhooks"):
        await hook.act("disableWebhookEndpoint", named) if verb == "sendTestWebhook" else None
        assert await errors(hook.house.client("ADMIN"), verb, named) == [("BAD_USER_INPUT", "webhookEndpointId")]


async def test_two_secrets_sign_until_the_old_one_runs_out(hook: Hooks) -> None:
    endpoint = await hook.endpoint(eventTypes=["BOOKING_CONFIRMED"])
    (old,) = hook.sink.secrets["till"]
    answer = await hook.act("rotateWebhookSecret", {"webhookEndpointId": endpoint}, f"{ENDPOINT_ROTATION} secret")
    assert answer["webhookEndpoint"]["version"] == 2
    hook.sink.secrets["till"] = [answer["secret"], old]
    await hook.happen()
    await hook.work()
    await hook.house.pool.execute(
        "UPDATE webhook_endpoints SET old_secret_until = now() WHERE organization_id = $1", hook.house.id
    )
    await hook.happen()
    await hook.work()
    first, second = hook.sink.received
    assert (first.signers, second.signers) == ((0, 1), (0,))
    assert [len(received.headers["webhook-signature"].split()) for received in (first, second)] == [2, 1]
    kept = await hook.now(endpoint)
    assert answer["secret"].encode() not in kept["secret"]
    logged = await hook.house.all("SELECT payload::text FROM events WHERE organization_id = $1")
    details = await hook.house.all("SELECT changes::text FROM event_details WHERE organization_id = $1")
    assert "whsec_" not in str(logged) + str(details)


ENDPOINT_ROTATION = "webhookEndpoint { version rotationEndsAt }"


async def test_in_order_each_waits_for_the_one_before(hook: Hooks) -> None:
    await hook.endpoint("tidy", ordered=True)
    hook.sink.replies["tidy"] = [Reply(), Reply(500), Reply(500)]
    await hook.happen(5)
    await hook.work()
    assert len(hook.seqs("tidy")) == 2
    await hook.hurry()
    assert len(hook.seqs("tidy")) == 3
    await hook.hurry()
    seqs = hook.seqs("tidy")
    assert seqs == [seqs[0], seqs[1], seqs[1], seqs[1], *seqs[4:]]
    assert list(dict.fromkeys(seqs)) == [cursor(seq) for seq in range(2, 7)]
    assert hook.sink.most_at_once == {"tidy": 1}


async def test_what_was_given_up_lets_the_next_pass(hook: Hooks) -> None:
    endpoint = await hook.endpoint(ordered=True)
    hook.sink.replies["till"] = [Reply(500)] * 3
    await hook.happen(2)
    await hook.work()
    await hook.hurry()
    await hook.hurry()
    assert await hook.statuses(endpoint) == [("FAILED", 3), ("DELIVERED", 1)]


async def test_a_stretch_of_the_log_goes_out_again(hook: Hooks) -> None:
    endpoint = await hook.endpoint()
    await hook.happen(6)
    await hook.work()
    first = {received.body["data"]["seq"]: received.id for received in hook.sink.received}
    await hook.house.pool.execute(
        "DELETE FROM webhook_deliveries WHERE organization_id = $1 AND seq = 3", hook.house.id
    )
    hook.sink.received.clear()
    wanted = {"webhookEndpointId": endpoint, "after": cursor(2), "until": cursor(5)}
    replay = "webhookReplay { status events eventsDone }"
    assert (await hook.act("replayWebhooks", wanted, replay))["webhookReplay"] == {
        "status": "RUNNING",
        "events": 3,
        "eventsDone": 0,
    }
    assert await errors(hook.house.client("ADMIN"), "replayWebhooks", wanted) == [("CONFLICT", None)]
    await hook.work()
    again = {received.body["data"]["seq"]: received.id for received in hook.sink.received}
    told = {cursor(seq) for seq in (3, 4, 5)}
    # and of the replay itself
    assert again.keys() == told | {cursor(8)}
    assert {seq: again[seq] for seq in told} == {seq: first[seq] for seq in told}
    seen = await hook.house.client("ADMIN").run(SEEN)
    (edge,) = seen["webhookEndpoints"]["edges"]
    assert [replay["node"] for replay in edge["node"]["replays"]["edges"]] == [
        {"status": "SUCCEEDED", "events": 3, "eventsDone": 3, "after": cursor(2), "until": cursor(5)}
    ]
    for wrong, code in (
        ({"after": cursor(99)}, ("CURSOR_EXPIRED", None)),
        ({"after": cursor(3), "until": cursor(3)}, ("BAD_USER_INPUT", "until")),
    ):
        given = {"webhookEndpointId": endpoint, **wrong}
        assert await errors(hook.house.client("ADMIN"), "replayWebhooks", given) == [code]


async def test_a_replay_is_bounded_and_ends_with_its_endpoint(hook: Hooks) -> None:
    endpoint = await hook.endpoint(eventTypes=["BOOKING_CONFIRMED"])
    await hook.happen(6)
    await hook.work()
    named = {"webhookEndpointId": endpoint}
    admin = hook.house.client("ADMIN")
    assert await errors(admin, "replayWebhooks", named) == [("BAD_USER_INPUT", "until")]
    named["after"] = cursor(3)
    await hook.act("replayWebhooks", named, "webhookReplay { id }")
    await hook.act("disableWebhookEndpoint", {"webhookEndpointId": endpoint})
    await hook.work()
    (replay,) = await hook.house.all("SELECT status, events FROM webhook_replays WHERE organization_id = $1")
    assert tuple(replay) == ("CANCELLED", 4)


async def test_a_test_goes_out_once_ahead_of_others(hook: Hooks) -> None:
    endpoint = await hook.endpoint(eventTypes=["BOOKING_CONFIRMED"], ordered=True)
    hook.sink.replies["till"] = [Reply(500), Reply(500)]
    await hook.happen()
    await hook.work()
    sent = await hook.act("sendTestWebhook", {"webhookEndpointId": endpoint}, "webhookDelivery { id seq type status }")
    assert {**sent["webhookDelivery"], "id": ""} == {
        "id": "",
        "seq": None,
        "type": "waypost.test",
        "status": "PENDING",
    }
    await hook.work()
    assert [received.type for received in hook.sink.received] == ["booking.confirmed", "waypost.test"]
    assert await hook.statuses(endpoint) == [("FAILED", 1), ("PENDING", 1)]
    retried = {"webhookDeliveryId": sent["webhookDelivery"]["id"]}
    await hook.act("retryWebhookDelivery", retried, "webhookDelivery { id }")
    await hook.work()
    assert await hook.statuses(endpoint) == [("DELIVERED", 1), ("PENDING", 1)]
    assert (await events(hook.house))[-2:] == ["WEBHOOK_TESTED", "WEBHOOK_DELIVERY_RETRIED"]


async def test_what_was_removed_is_told_nothing_and_knows_no_secret(hook: Hooks) -> None:
    endpoint = await hook.endpoint(eventTypes=["BOOKING_CONFIRMED"])
    hook.sink.replies["till"] = [Reply(500)]
    await hook.happen()
    await hook.work()
    removed = await hook.act("removeWebhookEndpoint", {"webhookEndpointId": endpoint})
    assert removed["webhookEndpoint"]["status"] == "REMOVED"
    await hook.hurry()
    assert await hook.statuses(endpoint) == [("CANCELLED", 1)]
    found = await hook.now(endpoint)
    assert (found["secret"], found["old_secret"]) == (None, None)
    client, (delivery,) = hook.house.client("ADMIN"), await hook.deliveries(endpoint)
    gone = [("BAD_USER_INPUT", "webhookEndpointId")]
    for verb in ("sendTestWebhook", "enableWebhookEndpoint", "rotateWebhookSecret", "removeWebhookEndpoint"):
        assert await errors(client, verb, {"webhookEndpointId": endpoint}) == gone
    assert await errors(client, "retryWebhookDelivery", {"webhookDeliveryId": hook.gid(delivery)}) == gone


async def test_all_can_be_seen_at_the_same_price(hook: Hooks, own_app: Starlette) -> None:
    endpoint = await hook.endpoint(eventTypes=["BOOKING_CONFIRMED"])
    hook.sink.replies["till"] = [Reply(500, body=b"no\x00" + b"x" * 5_000), Reply(200, body="schön".encode())]
    await hook.happen()
    await hook.work()
    await hook.hurry()
    seen = await hook.house.client("ADMIN").run(SEEN, {"filter": {"status": ["DELIVERED"]}})
    (edge,) = seen["webhookEndpoints"]["edges"]
    (delivery,) = [found["node"] for found in edge["node"]["deliveries"]["edges"]]
    assert (delivery["attemptCount"], delivery["nextAt"], edge["node"]["toldUntil"]) == (2, None, cursor(2))
    second, first = [attempt["node"] for attempt in delivery["attempts"]["edges"]]
    assert (first["responseStatus"], first["responseBody"]) == (500, "no\ufffd" + "x" * 2_045)
    assert (second["responseStatus"], second["responseBody"], second["error"]) == (200, "schön", None)
    headers = first["requestHeaders"]
    assert headers.keys() == {"content-type", "user-agent", "accept-encoding", "webhook-id", "webhook-timestamp"}
    none = await hook.house.client("ADMIN").run(SEEN, {"filter": {"status": ["FAILED"]}})
    assert none["webhookEndpoints"]["edges"][0]["node"]["deliveries"]["totalCount"] == 0
    counts = []
    for many in (2, 10):
        for number in range(many):
            await rows.attempt(hook.house, await rows.delivery(hook.house, key(endpoint), 1_000 * many + number))
            await rows.replay(hook.house, await rows.endpoint(hook.house))
        with counting(own_app.state.server) as statements:
            await hook.house.client("ADMIN").run(SEEN)
        counts.append((len(statements.setup), len(statements.data)))
    assert counts == [(1, 5), (1, 5)]


WRONG = (
    "http://hooks.example.org/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://user:password@hooks.example.org/",
    "https://hooks.example.org/#part",
    "ftp://hooks.example.org/",
    "https://hooks example.org/",
    "https://",
    "nonsense",
    "https://" + "x" * 500 + ".org/",
)


@pytest.mark.parametrize("url", WRONG)
def test_addresses_are_checked(url: str) -> None:
    with pytest.raises(BadUserInput) as refused:
        address(url, "url", private=False)
    assert refused.value.field == "url"


async def test_there_is_room_for_some(hook: Hooks) -> None:
    """However many are added at once. An address may end as it wants, with a query, too."""
    admin, good = hook.house.client("ADMIN"), {"url": "https://hooks.example.org/in/?key=1"}
    made = await asyncio.gather(*(errors(admin, "createWebhookEndpoint", good) for _ in range(5)))
    assert Counter(map(tuple, made)) == {(): 3, (("CONFLICT", None),): 2}
    stored = await hook.house.all("SELECT url FROM webhook_endpoints WHERE organization_id = $1")
    assert [found["url"] for found in stored] == [good["url"]] * 3
    assert await errors(admin, "createWebhookEndpoint", {"url": "nonsense"}) == [("BAD_USER_INPUT", "url")]


def test_rules() -> None:
    assert {messages.type_of(type.value) for type in EventType} >= {"booking.no.show", "person.erased"}
    assert len({messages.type_of(type.value) for type in EventType}) == len(EventType)
    assert address(" https://a.example/?x=1 ", "url", private=False) == "https://a.example/?x=1"
    for scheduled_s, asked_s, least, most in ((300, 0, 240, 360), (5, 600, 600, 600), (86_400, 10**9, 86_400, 86_400)):
        assert all(least <= wait_s(scheduled_s, asked_s) <= most for _ in range(50))
