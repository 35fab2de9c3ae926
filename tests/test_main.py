"""The endpoint: what is no request of ours gets a coded answer, and a bad token harms only who needs a good one."""

from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from app.settings import Settings
from tests.client import Client
from tests.factories.houses import House
from tests.realm import own_api

VIEWER = "{ viewer { role } }"


async def post(api: str, content: bytes, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        return await http.post(
            f"http://{api}/graphql", content=content, headers={"content-type": "application/json", **headers}
        )


def codes(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in orjson.loads(answer.content)["errors"]]


@pytest.mark.parametrize(
    "body",
    [b'"x"', b"1", b"null", b"true", b"[]", b"\xff\xfe", b"{}", b'{"query": 1}', b"[" * 100_000, b"{", b""],
    ids=lambda body: repr(body[:12]),
)
async def test_what_is_no_request_is_refused(api: str, body: bytes) -> None:
    answer = await post(api, body)
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


async def test_a_body_has_a_bound(api: str) -> None:
    answer = await post(api, orjson.dumps({"query": VIEWER + " " * 1_000_001}))
    assert (answer.status_code, codes(answer)) == (413, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { role ",
        "{ nope }",
        "query A { viewer { role } } query A { viewer { role } }",
        "{ bookings(first: 1000000000000) { totalCount } }",
        '{ slots(filter: { from: "2026-01-01" }) { totalCount } }',
        '{ slots(filter: { from: "2026-01-01T00:00:00" }) { totalCount } }',
        'subscription { events(after: "nonsense") { seq } }',
        "{ " + " ".join(f"a{number}: viewer {{ role }}" for number in range(70)) + " }",
    ],
)
async def test_a_document_that_cannot_run_is_refused(house: House, query: str) -> None:
    assert set(await house.client("OWNER").codes(query)) == {"BAD_USER_INPUT"}


async def test_a_deep_document_is_refused_before_it_runs(house: House) -> None:
    deep = (
        "{ bookings { edges { node { "
        + "customer { bookings { edges { node { " * 8
        + "id"
        + " } } } }" * 8
        + " } } } }"
    )
    assert await house.client("OWNER").codes(deep) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic dXNlcg==", "Bearer a.b.c"])
async def test_a_bad_token_is_told_where_somebody_is_needed(api: str, header: str) -> None:
    answer = await post(api, orjson.dumps({"query": VIEWER}), authorization=header)
    assert (answer.status_code, codes(answer)) == (200, ["UNAUTHENTICATED"])


async def test_a_bad_token_does_not_keep_anyone_from_signing_in(api: str) -> None:
    query = 'mutation { signIn(input: { email: "nobody@example.org", password: "x" }) { accessToken } }'
    answer = orjson.loads((await post(api, orjson.dumps({"query": query}), authorization="Bearer old")).content)
    assert answer["errors"][0]["message"] == "Email or password is wrong."


async def test_health(api: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        answer = await http.get(f"http://{api}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_health_without_a_database(settings: Settings) -> None:
    nowhere = SecretStr("postgresql://server:secret@127.0.0.1:1/waypost")
    async with own_api(settings, database_url=nowhere) as api, httpx.AsyncClient(trust_env=False, verify=False) as http:
        answer = await http.get(f"http://{api}/health")
    assert (answer.status_code, codes(answer), b"127.0.0.1" in answer.content) == (503, ["UNAVAILABLE"], False)


async def test_unexpected_errors_show_nothing(house: House) -> None:
    """An instant that PostgreSQL cannot hold is nobody's case; the answer must still not speak of SQL."""
    answer: dict[str, Any] = await house.client("OWNER").post(
        '{ slots(filter: { from: "0001-01-01T00:00:00+14:00" }) { totalCount } }'
    )
    text = orjson.dumps(answer).decode().lower()
    assert not any(word in text for word in ("select", "sqlalchemy", "asyncpg", "traceback", "/app/"))


async def test_introspection_is_for_the_house_where_it_is_open(house: House, anonymous: Client) -> None:
    # the tests' API has it open; `tests/test_limits.py` builds one where it is not
    query = "{ __schema { queryType { name } } }"
    assert (await house.client("STAFF").run(query))["__schema"]["queryType"]["name"] == "Query"
    for other in (anonymous, house.client("CUSTOMER"), house.client("DRIVER")):
        assert set(await other.codes(query)) == {"BAD_USER_INPUT"}
