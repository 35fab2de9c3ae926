"""What operations cost, before they run and in truth, and what happens to who spends more than they have."""

from typing import Any

import httpx
import orjson
import pytest
from graphql import parse

from app.buckets import Verdict, network
from app.graphql import schema
from app.serving.admission import cost
from app.serving.admission.allowance import headers
from app.serving.admission.cost import Costs, Prices
from app.settings import Settings
from tests.client import Client
from tests.factories.houses import House
from tests.realm import own_api

Json = dict[str, Any]
BOOKINGS = "query ($n: Int = 20) { bookings(first: $n) { edges { node { id } } } }"
BULK: Json = {"i": {"items": [{}] * 8}}
BULK_NAMED = """mutation ($i: BulkCancelBookingInput!) { bulkCancelBooking(input: $i) { items { answer {
  ... on CancelBookingSuccess { booking { customer { name } } } } } } }"""
WITH_CUSTOMERS = "{ bookings(first: 7) { edges { node { id customer { name } } } } }"


@pytest.fixture(scope="module")
def prices() -> Prices:
    return Prices(schema._schema)


def points(prices: Prices, text: str, variables: Json | None = None) -> int:
    document = parse(text)
    return cost.of(prices, document, document.definitions[0], variables).points  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        # one for being looked at; a statement, five; a row, one
        ("{ viewer { role } }", {}, 1 + 5 + 1),
        ("{ __typename }", {}, 1),
        ("{ bookings(first: 7) { edges { node { id } } } }", {}, 1 + 5 + 7),
        ("{ bookings(last: 7) { edges { node { id } } } }", {}, 1 + 5 + 7),
        ("{ bookings { edges { node { id number status } } } }", {}, 1 + 5 + 50),
        ("{ bookings(first: 100000) { pageInfo { endCursor } } }", {}, 1 + 5 + 100),
        ("{ bookings(first: -1) { pageInfo { endCursor } } }", {}, 1 + 5),
        ("{ bookings(first: 7) { totalCount } }", {}, 1 + 5 + 7 + 5 + 10 + 1),
        # a relation: a statement for all rows, and a row for each
        (WITH_CUSTOMERS, {}, 1 + 5 + 7 + 5 + 7),
        ("{ bookings(first: 7) { edges { node { transports { id } } } } }", {}, 1 + 5 + 7 + 5 + 70),
        (
            "{ bookings(first: 7) { edges { node { customer { bookings(first: 3) { edges { node { id } } } } } } } }",
            {},
            1 + 5 + 7 + 5 + 7 + 5 + 21,
        ),
        # what is asked for twice is one thing; under another name it is another
        ("{ bookings(first: 7) { edges { node { id } } } ...A } fragment A on Query { bookings(first: 7) { edges { "
         "node { customer { id } } } } }", {}, 1 + 5 + 7 + 5 + 7),
        ("{ a: bookings(first: 7) { edges { cursor } } b: bookings(first: 8) { edges { cursor } } }", {}, 1 + 12 + 13),
        # pages by variables: as they are sent, as they default, and for a document that is registered, the most
        (BOOKINGS, {"n": 3}, 1 + 5 + 3),
        (BOOKINGS, {}, 1 + 5 + 20),
        (BOOKINGS, {"n": None}, 1 + 5 + 50),
        (BOOKINGS, {"n": "3"}, 1 + 5 + 50),
        (BOOKINGS, {"n": 100.0}, 1 + 5 + 100),
        (BOOKINGS, None, 1 + 5 + 100),
        # writes, and what they declare
        ("mutation ($i: CancelBookingInput!) { cancelBooking(input: $i) { __typename } }", {}, 1 + 10),
        ("mutation ($i: OptimizeRoutesInput!) { optimizeRoutes(input: $i) { __typename } }", {}, 1 + 500),
        ("mutation ($i: BulkCancelBookingInput!) { bulkCancelBooking(input: $i) { done } }", BULK, 81),
        ("mutation ($i: BulkCancelBookingInput!) { bulkCancelBooking(input: $i) { done } }", None, 1_001),
        ("mutation { bulkCancelBooking(input: { items: [{}, {}] }) { done } }", {}, 21),
        # what each of many writes answers is looked at for each
        (BULK_NAMED, BULK, 1 + 80 + 5 + 8),
        ("subscription { bookingUpdated { booking { id } } }", {}, 1 + 50 + 5 + 1),
        ("{ __schema { types { fields { name } } } }", {}, 1 + 200),
    ],
)  # fmt: skip
def test_the_price_of_a_document(prices: Prices, text: str, variables: Json | None, expected: int) -> None:
    assert points(prices, text, variables) == expected


def test_a_long_document_costs_its_tokens(prices: Prices) -> None:
    assert points(prices, "{ eventSeq " + "eventSeq " * 200 + "}") == points(prices, "{ eventSeq }") + 4


def test_prices_are_remembered_for_each_size_of_page(prices: Prices) -> None:
    document, costs = parse(BOOKINGS + " query Other { eventSeq }"), Costs()
    first, other = document.definitions
    asked = [
        costs.of(prices, document, first, variables, values).points  # type: ignore[arg-type]
        for variables, values in (({"n": 3}, 0), ({"n": 4, "x": 1}, 0), ({"n": 3}, 25), ({}, 0), ({"n": [[]]}, 0))
    ]
    assert asked == [9, 10, 11, 26, 7]
    assert costs.of(prices, document, other, {}).points == 7  # type: ignore[arg-type]
    assert len(costs.known) == 5


async def ask(house: House, text: str, role: str = "STAFF", **variables: Any) -> Json:
    client = house.client(role)
    body = {"query": text, "variables": variables, "extensions": {"cost": True}}
    return await posted(client, body)


async def posted(client: Client, body: Json) -> Json:
    answer = await client.http.post(f"http://{client.api}/graphql", json=body, headers=client.headers)
    found: Json = answer.json()
    return found


async def test_an_answer_tells_what_it_did_cost_if_asked(house: House, settings: Settings) -> None:
    for name in ("Ana", "Bo"):
        await house.pet(await house.customer(name=name))
    inner = "subjects(first: 3) { edges { node { id } } }"
    query = f"query ($n: Int) {{ customers(first: $n) {{ edges {{ node {{ name email {inner} }} }} }} }}"
    answer = await ask(house, query, n=20)
    found, told = answer["data"]["customers"]["edges"], answer["extensions"]["cost"]
    new = len(query) // 100
    # two statements; customers, and the pets of two of them
    assert told["requested"] == 1 + new + 5 + 20 + 5 + 60
    assert told["actual"] == 1 + new + 5 + len(found) + 5 + 2
    again = (await ask(house, query, n=20))["extensions"]["cost"]
    assert again["requested"] == told["requested"] - new
    assert (told["limit"], told["size"]) == (settings.cost_max, settings.points_max)
    assert told["restoreRate"] == settings.points_per_s
    assert 0 < told["remaining"] <= settings.points_max
    answer = await posted(house.client("STAFF"), {"query": "{ viewer { role } }"})
    assert "extensions" not in answer


async def test_what_costs_too_much_does_not_run(house: House) -> None:
    query = (
        "{ bookings(first: 100) { edges { node { customer { bookings(first: 100) { edges { node { id } } } } } } } }"
    )
    (error,) = (await ask(house, query))["errors"]
    assert error["extensions"] == {"code": "COST_LIMIT", "cost": 10_217, "limit": 10_000}


SLOW = 0.001
"""Nothing to speak of comes back while a test runs."""


def body(query: str) -> bytes:
    return orjson.dumps({"query": query, "extensions": {"cost": True}})


async def post(api: str, query: str, token: str | None = None) -> httpx.Response:
    given = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        return await http.post(
            f"http://{api}/graphql", content=body(query), headers={"content-type": "application/json", **given}
        )


async def test_who_spends_all_they_have_waits(house: House, stranger: House, settings: Settings) -> None:
    knobs = {"bucket_timeout_s": 20, "points_max": 60, "points_per_s": SLOW, "anonymous_points_max": 10**9}
    async with own_api(settings, **knobs) as api:
        token, other = house.client("STAFF").token, stranger.client("STAFF").token
        first = await post(api, WITH_CUSTOMERS, token)
        # nobody has a booking: one statement and no row, where more might have been needed
        assert first.json()["extensions"]["cost"] == {
            "requested": 25,
            "actual": 6,
            "limit": settings.cost_max,
            "remaining": 54,
            "size": 60,
            "restoreRate": SLOW,
        }
        assert first.headers["ratelimit-policy"] == '"points";q=60;w=60000'
        assert first.headers["ratelimit"] == '"points";r=54;t=1'
        assert "retry-after" not in first.headers
        # too dear for what is left, though not for anybody: how long that takes is told
        refused = await post(api, "{ bookings(first: 50) { edges { cursor } } }", token)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
        assert int(refused.headers["retry-after"]) == error["extensions"]["retryAfterS"] > 1_000
        assert refused.headers["ratelimit"].startswith('"points";r=54;t=')
        # refused, it took nothing but what it was to read it; nor does it concern the others
        assert (await post(api, "{ viewer { role } }", token)).status_code == 200
        assert (await post(api, WITH_CUSTOMERS, other)).status_code == 200
        assert (await post(api, "{ __typename }")).status_code == 200


async def test_documents_that_may_not_run_are_paid_for(house: House, settings: Settings) -> None:
    async with own_api(settings, bucket_timeout_s=20, points_max=50, points_per_s=SLOW) as api:
        token = house.client("DRIVER").token
        codes = [
            (await post(api, f"{{ viewer {{ nope{n} }} }}", token)).json()["errors"][0]["extensions"]["code"]
            for n in range(4)
        ]
        assert codes == ["BAD_USER_INPUT", "BAD_USER_INPUT", "RATE_LIMITED", "RATE_LIMITED"]
        # who has nothing left is not even looked at
        assert (await post(api, "{ viewer { role } }", token)).status_code == 429


async def test_what_is_too_dear_or_not_known_is_paid_for_too(house: House, settings: Settings) -> None:
    """Whoever cannot pay for an operation is charged with reading it, so that nobody has us read for nothing."""
    async with own_api(settings, bucket_timeout_s=20, points_max=90, points_per_s=SLOW) as api:
        staff, driver = house.client("STAFF"), house.client("DRIVER")
        dear = [f"{{ bookings(first: {size}) {{ edges {{ cursor }} }} }} #{'x' * 1_000}" for size in (90, 91, 92, 93)]
        answers = [await post(api, text, staff.token) for text in dear]
        assert [answer.status_code for answer in answers] == [429] * 4
        left = [answer.headers.get("ratelimit", "").partition(";t=")[0] for answer in answers]
        assert left == ['"points";r=60', '"points";r=30', '"points";r=0', ""]
        # a name of nothing costs a look
        unknown = {"documentId": "sha256:" + "0" * 64}
        left.clear()
        for _ in range(2):
            answer = await driver.http.post(f"http://{api}/graphql", json=unknown, headers=driver.headers)
            left.append(answer.headers["ratelimit"])
        # what is no request was read, too
        for content in (b"[]", b"["):
            answer = await driver.http.post(
                f"http://{api}/graphql", content=content, headers={"content-type": "application/json", **driver.headers}
            )
            assert answer.status_code == 400
            left.append(answer.headers["ratelimit"])
        assert left == [f'"points";r={points};t=1' for points in (85, 80, 60, 40)]


@pytest.mark.parametrize(
    ("address", "network_"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_address_stands_for_a_subscriber(address: str | None, network_: str) -> None:
    assert network(address) == network_


def test_who_is_refused_hears_when_to_come_back() -> None:
    assert headers(Verdict.of(False, 95, 10, 100, 2)) == {
        "RateLimit-Policy": '"points";q=100;w=50',
        "RateLimit": '"points";r=5;t=3',
        "Retry-After": "3",
    }
