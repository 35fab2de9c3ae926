"""GET: queries alone, only by whom a browser would have asked first, and nothing twice."""

from typing import Any

import httpx
import orjson
import pytest

from tests.client import Client
from tests.factories.houses import House
from tests.factories.keys import named, registered_for_all
from tests.steps import nothing_changes
from tests.test_http import ADD, GRAPHQL, JSON, STREAM, VIEWER, ask, body

NAME = {"query": "{ __typename }"}
ASKED = {"graphql-require-preflight": "1"}


async def read(client: Client, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
    encoded = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in parameters.items()
    }
    return await ask(client, "GET", params=encoded, headers=headers or {})


async def test_queries_are_read(house: House) -> None:
    query = "query A($id: ID!) { node(id: $id) { ... on Organization { name } } } query B { __typename }"
    variables = {"id": house.gid("Organization", house.id)}
    answer = await read(house.client("OWNER"), query=query, operationName="A", variables=variables, extensions={})
    assert (answer.status_code, body(answer)) == (200, {"data": {"node": {"name": "The House"}}})
    other = await read(house.client("OWNER"), {"accept": GRAPHQL}, query=query, operationName="B", variables="")
    assert (other.status_code, body(other)) == (200, {"data": {"__typename": "Query"}})
    head = await ask(house.client("OWNER"), "HEAD", params={"query": VIEWER})
    assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(VIEWER_ANSWER))


VIEWER_ANSWER = b'{"data":{"viewer":{"role":"OWNER"}}}'


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_whatever_else_is_a_post(house: House, accept: str) -> None:
    async with nothing_changes(house):
        change = await read(house.client("OWNER"), {"accept": accept}, query=ADD)
        both = f"query A {{ __typename }} {ADD.replace('mutation', 'mutation B')}"
        second = await read(house.client("OWNER"), {"accept": accept}, query=both, operationName="B")
    for answer in (change, second):
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await read(house.client("OWNER"), {"accept": accept}, query=STREAM)).status_code == 422


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("", 400),
        ("?query=", 400),
        ("?nothing=1", 400),
        ("?query=%7B", 200),
        ("?query=%7B+__typename+%7D&variables=%7B", 400),
        ("?query=%7B+__typename+%7D&variables=%5B%5D", 400),
        ("?query=%7B+__typename+%7D&query=%7B+__typename+%7D", 400),
        ("?query=%7B+__typename+%7D&operationName=null", 200),
        ("?query=%FF", 400),
        ("?query=%ED%A0%80", 400),
        ("?" + "&".join(f"a{number}=1" for number in range(60)), 400),
        ("?query=%7B+__typename+%7D" + "+" * 20_000, 414),
    ],
)
async def test_a_url_that_asks_nothing_is_refused(anonymous: Client, url: str, status: int) -> None:
    answer = await anonymous.http.get(f"http://{anonymous.api}/graphql{url}", headers=ASKED)
    assert (answer.status_code, body(answer)["errors"][0]["extensions"]["code"]) == (status, "BAD_USER_INPUT")


@pytest.mark.parametrize("headers", [{}, {"accept": GRAPHQL}, {"content-type": "text/plain"}, {"x-something": "1"}])
async def test_what_a_page_of_another_site_could_send_does_not_run(anonymous: Client, headers: dict[str, str]) -> None:
    answer = await read(anonymous, headers, **NAME)
    assert (answer.status_code, body(answer)["errors"][0]["extensions"]) == (403, {"code": "FORBIDDEN"})


@pytest.mark.parametrize(
    "headers",
    [ASKED, {"apollo-require-preflight": "1"}, {"x-apollo-operation-name": "A"}, {"content-type": JSON}],
)
async def test_what_browsers_ask_for_first_runs(anonymous: Client, headers: dict[str, str]) -> None:
    assert body(await read(anonymous, headers, **NAME)) == {"data": {"__typename": "Query"}}


async def test_what_a_client_has_is_not_sent_again(house: House) -> None:
    client = house.client("OWNER")
    first = await read(client, query=VIEWER)
    etag = first.headers["etag"]
    assert first.content == VIEWER_ANSWER
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept, Authorization, Accept-Encoding, Origin"
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await read(client, {"if-none-match": known}, query=VIEWER)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert "content-type" not in again.headers
    assert (await read(client, {"if-none-match": '"other"'}, query=VIEWER)).status_code == 200
    assert (await read(house.client("STAFF"), {"if-none-match": etag}, query=VIEWER)).headers["etag"] != etag


async def test_errors_are_kept_by_nobody(house: House) -> None:
    for query, status in (("{ nope }", 422), (f'{{ node(id: "{house.gid("Customer", house.id)}") {{ id }} }}', 294)):
        answer = await read(house.client("OWNER"), {"accept": GRAPHQL}, query=query)
        assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
        assert "etag" not in answer.headers
        assert answer.headers["vary"] == "Accept, Authorization, Accept-Encoding, Origin"


async def test_what_is_registered_needs_no_header_and_no_text(house: House) -> None:
    """Anybody's browser may be made to ask for it: it is known, it changes nothing, and it is asked by nobody."""
    text = "query Kinds { __typename }"
    await registered_for_all(house, text, ADD)
    anonymous = Client(house.api, None)
    answer = await read(anonymous, documentId=named(text))
    assert (answer.status_code, body(answer)) == (200, {"data": {"__typename": "Query"}})
    assert (await read(anonymous, {"if-none-match": answer.headers["etag"]}, documentId=named(text))).status_code == 304
    async with nothing_changes(house):
        change = await read(house.client("OWNER"), documentId=named(ADD))
        assert (change.status_code, change.headers["allow"]) == (405, "POST")
    with_text = await read(anonymous, documentId=named(text), query=text)
    assert with_text.status_code == 403
    for accept, status in ((JSON, 200), (GRAPHQL, 422)):
        unknown = await read(anonymous, {"accept": accept}, documentId=named("query Unknown { __typename }"))
        assert (unknown.status_code, unknown.headers["cache-control"]) == (status, "no-store")
