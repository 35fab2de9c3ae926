"""GraphQL over HTTP to the letter: what comes in, which status and type goes out, and that nothing comes unasked."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.demo.serving import serving
from app.serving.web import fallbacks
from app.serving.web.wire import Protocol
from app.settings import Settings
from tests.client import Client
from tests.factories.houses import House
from tests.realm import own_api
from tests.steps import nothing_changes

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
NAME = '{"query":"{ __typename }"}'
VIEWER = "{ viewer { role } }"
ADD = 'mutation { createCustomer(input: { name: "Nino" }) { __typename } }'
STREAM = "subscription { events { seq } }"


async def ask(client: Client, method: str = "POST", content: str | bytes | None = None, **more: Any) -> httpx.Response:
    """What comes back for what is sent just so; `anonymous` adds nothing to it."""
    headers = {"content-type": JSON} if method == "POST" else {}
    given = {**headers, **client.headers, **more.pop("headers", {})}
    sent = {name: value for name, value in given.items() if value is not None}
    url = f"http://{client.api}/graphql"
    answer = await client.http.request(method, url, content=content, headers=sent, **more)
    if method != "HEAD" and answer.status_code not in (204, 304):
        assert answer.headers["content-type"].removesuffix("; charset=utf-8") in (GRAPHQL, JSON)
        assert all(error["extensions"]["code"] for error in body(answer).get("errors", []))
    return answer


def body(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return found


def type_of(answer: httpx.Response) -> str:
    return answer.headers["content-type"].removesuffix("; charset=utf-8")


# what goes out


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (GRAPHQL.upper(), GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.9, {JSON}", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f'{GRAPHQL}; charset="UTF-8"', GRAPHQL),
        (f"{GRAPHQL};charset=utf-16, {JSON}", JSON),
        (f"{GRAPHQL};q=0, {JSON};q=0.1", JSON),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{JSON}, text/plain, */*", JSON),
        ("text/html, */*;q=0.1", JSON),
        (f"nonsense, ;;, {GRAPHQL};q=nonsense", GRAPHQL),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed", GRAPHQL),
        ("text/html", None),
        (f"{JSON};charset=utf-16", None),
        (f"{JSON};q=0", None),
        ("*/*;q=0", None),
        ("nonsense", None),
        ("text/html," * 4_000, None),
    ],
)
async def test_the_client_says_what_it_takes(anonymous: Client, accept: str | None, wanted: str | None) -> None:
    anonymous.http.headers.pop("accept")
    answer = await ask(anonymous, content=NAME, headers={"accept": accept})
    assert (answer.status_code, type_of(answer)) == ((200, wanted) if wanted else (406, JSON))


UNUSED = "query Q($id: ID!) { __typename }"
USED = "query Q($id: ID!) { node(id: $id) { id } }"


@pytest.mark.parametrize(
    ("content", "legacy", "modern"),
    [
        ({"query": VIEWER}, 200, 200),
        ({"query": "{"}, 200, 400),
        ({"query": ""}, 200, 422),
        ({"query": "{ nope }"}, 200, 422),
        ({"query": "query A { __typename } query B { __typename }"}, 200, 422),
        ({"query": "query A { __typename }", "operationName": "B"}, 200, 422),
        ({"query": "query A { __typename } query A { __typename }", "operationName": "A"}, 200, 422),
        ({"query": "fragment A on Query { __typename }"}, 200, 422),
        ({"query": UNUSED, "variables": {"id": "1"}}, 200, 422),
        ({"query": UNUSED, "variables": {"id": None}}, 200, 400),
        ({"query": USED, "variables": {"id": None}}, 200, 400),
        ({"query": USED, "variables": {}}, 200, 400),
        ({"query": STREAM}, 422, 422),
        ({}, 400, 422),
        ({"query": None}, 400, 422),
        ({"query": 1}, 400, 422),
        ({"query": VIEWER, "variables": [7]}, 400, 422),
        ({"query": VIEWER, "variables": "{}"}, 400, 422),
        ({"query": VIEWER, "operationName": 1}, 400, 422),
        ({"query": VIEWER, "extensions": []}, 400, 422),
        ([{"query": VIEWER}], 400, 422),
        ("text", 400, 422),
    ],
)
async def test_a_status_for_whatever_is_wrong(house: House, content: Any, legacy: int, modern: int) -> None:
    client = house.client("OWNER")
    for type, status in ((JSON, legacy), (GRAPHQL, modern)):
        answer = await ask(client, content=orjson.dumps(content), headers={"accept": type})
        assert (answer.status_code, type_of(answer)) == (status, type)
        assert ("data" in body(answer)) is (content == {"query": VIEWER})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"query": "{ __typename }"} x',
        b'{"query": "{ __typename }"}{"query": "{ __typename }"}',
        b'\xef\xbb\xbf{"query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
        b'{"query": "{ __typename }", "variables": {"a": %s}}' % (b"9" * 6_000),
        b'{"query": "{ __typename }", "variables": {"a": [18446744073709551616]}}',
        b'{"query": "{ __typename }", "variables": {"a": -9223372036854775809}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": %s}' % (b'{"a":' * 2_000 + b"1" + b"}" * 2_000),
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:40]),
)
async def test_what_is_no_json_is_refused(anonymous: Client, content: bytes) -> None:
    for type in (JSON, GRAPHQL):
        answer = await ask(anonymous, content=content, headers={"accept": type})
        assert (answer.status_code, type_of(answer), "data" in body(answer)) == (400, type, False)


async def test_whole_numbers_have_64_bits(anonymous: Client) -> None:
    numbers = ((1 << 64) - 1, -(1 << 63), "9" * 100)
    content = orjson.dumps({"query": "{ __typename }", "variables": {"a": numbers}})
    assert body(await ask(anonymous, content=content)) == {"data": {"__typename": "Query"}}


async def test_of_a_name_that_comes_twice_the_last_counts(anonymous: Client) -> None:
    answer = await ask(anonymous, content='{"query": "{ viewer { role } }", "query": "{ a: __typename }"}')
    assert body(answer) == {"data": {"a": "Query"}}


async def test_errors_come_first_and_fields_say_which_failed(house: House) -> None:
    query = f'{{ viewer {{ role }} node(id: "{house.gid("Customer", house.id)}") {{ id }} }}'
    for type, status in ((JSON, 200), (GRAPHQL, 294)):
        answer = await ask(house.client("OWNER"), content=orjson.dumps({"query": query}), headers={"accept": type})
        assert (answer.status_code, list(body(answer))) == (status, ["errors", "data"])
        assert body(answer)["data"] == {"viewer": {"role": "OWNER"}, "node": None}
        nobody = await ask(Client(house.api, None), content=orjson.dumps({"query": VIEWER}), headers={"accept": type})
        assert (nobody.status_code, list(body(nobody)), body(nobody)["data"]) == (status, ["errors", "data"], None)


@pytest.mark.parametrize("parameters", [{"also": 1}, {"variables": None, "extensions": None, "operationName": None}])
async def test_what_is_not_ours_is_left_alone(anonymous: Client, parameters: Any) -> None:
    content = orjson.dumps({"query": "{ __typename }", **parameters})
    answer = await ask(anonymous, content=content, headers={"accept": GRAPHQL})
    assert (answer.status_code, body(answer)) == (200, {"data": {"__typename": "Query"}})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# what comes in


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "nonsense",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        f"{GRAPHQL}",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "text/plain; application/json",
        "application/jsonp",
    ],
)
async def test_a_form_of_another_site_is_never_taken(house: House, content_type: str | None) -> None:
    async with nothing_changes(house):
        content = orjson.dumps({"query": ADD})
        answer = await ask(house.client("OWNER"), content=content, headers={"content-type": content_type})
        assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; Charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_is_taken(anonymous: Client, content_type: str) -> None:
    answer = await ask(anonymous, content=NAME, headers={"content-type": content_type})
    assert body(answer) == {"data": {"__typename": "Query"}}


async def test_a_compressed_body_is_not_unpacked(anonymous: Client) -> None:
    answer = await ask(anonymous, content=gzip.compress(NAME.encode()), headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    plain = await ask(anonymous, content=NAME, headers={"content-encoding": "identity"})
    assert plain.status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "QUERY", "TRACE"])
async def test_other_methods_are_refused(anonymous: Client, method: str) -> None:
    answer = await ask(anonymous, method, NAME)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


async def test_a_client_may_ask_what_methods_there_are(anonymous: Client) -> None:
    answer = await ask(anonymous, "OPTIONS")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[str]:
    """An API that takes little and has no patience, for pages of one origin."""
    async with own_api(
        settings, body_bytes_max=10_000, body_receive_s_max=0.2, cors_origins=("https://admin.example",)
    ) as api:
        yield api


async def told(api: str, head: str, content: bytes = b"") -> tuple[bytes, dict[str, Any]]:
    """What a client hears that sends what it likes, and then waits."""
    reader, writer = await asyncio.open_connection(*api.split(":"))
    writer.write(f"POST /graphql HTTP/1.1\nHost: waypost\n{head}\n\n".replace("\n", "\r\n").encode() + content)
    async with asyncio.timeout(20):
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer)
        assert length
        content = await reader.readexactly(int(length[1]))
    writer.close()
    return answer.split()[1], orjson.loads(content)


async def test_a_body_has_a_bound_and_a_time(small: str) -> None:
    for head, content, status in (
        ("Content-Type: application/json\nContent-Length: 10000000000", b"", b"413"),
        (f"Content-Type: application/json\nContent-Length: {'9' * 19}", b"", b"413"),
        ("Content-Type: application/json\nContent-Length: 10001\nExpect: 100-continue", b"", b"413"),
        ("Content-Type: application/json\nTransfer-Encoding: chunked", b"4E20\r\n" + b"a" * 20_000, b"413"),
        ("Content-Type: application/json\nContent-Length: 100", b"{", b"408"),
        ("Content-Type: application/json\nTransfer-Encoding: chunked", b"1\r\n{\r\n", b"408"),
    ):
        heard = await told(small, head, content)
        assert (heard[0], heard[1]["errors"][0]["extensions"]) == (status, {"code": "BAD_USER_INPUT"}), head


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /graphql HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /graphql HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000, 431),
        (b"GET /graphql?" + b"a" * 200_000, 431),
        (b"POST /graphql HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\n{}", 415),
        (b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n", 400),
        (b"GET /graphql HTTP/1.1\r\n" + b"X: a\r\n" * 40_000 + b"\r\n", 431),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_what_is_no_http_is_told_so_too(api: str, sent: bytes, status: int) -> None:
    reader, writer = await asyncio.open_connection(*api.split(":"))
    writer.write(sent)
    async with asyncio.timeout(20):
        answer = await reader.readuntil(b"}]}")
    assert (answer.split()[1], b'"code":"BAD_USER_INPUT"' in answer) == (str(status).encode(), True)
    writer.close()


class Impatient(Protocol):
    head_s_max = 0.1


@pytest.mark.parametrize(
    "sent", [b"", b"GET /graphql HTT", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /graphql HTTP/1.1\r\nX: "]
)
async def test_whoever_says_little_is_not_waited_for(sent: bytes) -> None:
    async with serving(Starlette(), Impatient) as api:
        reader, writer = await asyncio.open_connection(*api.split(":"))
        writer.write(sent)
        async with asyncio.timeout(20):
            *_, last = (await reader.read()).split(b"HTTP/1.1 ")
        assert last[:3] == b"408"
        writer.close()


async def test_a_client_that_hangs_up_harms_nobody(small: str) -> None:
    _, writer = await asyncio.open_connection(*small.split(":"))
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
    await writer.drain()
    writer.close()
    assert (await ask(Client(small, None), content=NAME)).status_code == 200


async def test_who_asks_too_much_is_told_when_to_come_back(settings: Settings) -> None:
    points = {"anonymous_points_max": 20, "anonymous_points_per_s": 0.01}
    async with own_api(settings, **points) as api:
        client = Client(api, None)
        first = await ask(client, content=NAME)
        assert first.headers["ratelimit-policy"] == '"points";q=20;w=2000'
        assert first.headers["ratelimit"].startswith('"points";r=')
        for type in (JSON, GRAPHQL):
            answers = [await ask(client, content=NAME, headers={"accept": type}) for _ in range(20)]
            assert (answers[-1].status_code, type_of(answers[-1])) == (429, type)
            assert body(answers[-1])["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
            assert int(answers[-1].headers["retry-after"]) > 0


# elsewhere


async def test_every_path_answers_in_json(small: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=f"http://{small}") as http:
        for method, path, status, code in (
            ("GET", "/nowhere", 404, "NOT_FOUND"),
            ("POST", "/graphql/nothing", 404, "NOT_FOUND"),
            ("POST", "/health", 405, "BAD_USER_INPUT"),
            ("GET", "/uploads/nonsense", 405, "BAD_USER_INPUT"),
            ("PUT", "/uploads/nonsense", 404, "NOT_FOUND"),
        ):
            answer = await http.request(method, path)
            assert (answer.status_code, body(answer)["errors"][0]["extensions"]) == (status, {"code": code}), path
            assert "allow" in answer.headers or status != 405


async def test_what_breaks_shows_nothing() -> None:
    async def broken(_: Request) -> Response:
        raise RuntimeError("a secret")

    app = Starlette(routes=[Route("/", broken)], exception_handlers=fallbacks.HANDLERS)
    async with serving(app) as api, httpx.AsyncClient(trust_env=False, verify=False) as http:
        answer = await http.get(f"http://{api}/")
    error = {"message": "Something went wrong on our side.", "extensions": {"code": "INTERNAL"}}
    assert (answer.status_code, body(answer)) == (500, {"errors": [error]})


async def test_pages_of_an_origin_may_ask(small: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=f"http://{small}") as http:
        asked = {
            "origin": "https://admin.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization, content-type, graphql-require-preflight, idempotency-key",
        }
        allowed = await http.options("/graphql", headers=asked)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://admin.example")
        assert {"GET", "POST"} <= set(allowed.headers["access-control-allow-methods"].split(", "))
        refused = await http.options("/graphql", headers={**asked, "origin": "https://evil.example"})
        assert (refused.status_code, body(refused)["errors"][0]["extensions"]) == (400, {"code": "BAD_USER_INPUT"})
        assert "access-control-allow-origin" not in refused.headers
        headers = {"origin": "https://admin.example", "content-type": JSON}
        answer = await http.post("/graphql", content=NAME, headers=headers)
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert exposed == {"etag", "retry-after", "ratelimit", "ratelimit-policy"}
