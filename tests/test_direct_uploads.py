"""Files that come alone, to a signed URL of ours."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from app import clock
from app.models import Document
from app.services.documents import links
from app.settings import Settings
from app.storage import Storage
from tests.client import Json
from tests.factories.documents import document as a_row
from tests.factories.documents import image
from tests.factories.houses import House
from tests.realm import own_api
from tests.steps import errors, events, key, nothing_changes, row
from tests.uploading import announce, finish, kept, put, refused, status


async def test_a_file_comes_by_a_url_of_its_own(house: House, api: str) -> None:
    content = image()
    document = await announce(house.client("DRIVER"), len(content), contentType="image/png")
    assert (document["status"], document["byteSize"], document["url"]) == ("AWAITED", len(content), None)
    target = document["upload"]
    assert (target["method"], target["headers"]) == (
        "PUT",
        [{"name": "content-type", "value": "application/octet-stream"}],
    )
    assert await kinds(house) == ["EXPIRE_UPLOAD"]
    answer = await put(api, document, content)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await status(house, document) == "RECEIVED"
    assert kept(house, key(document["id"])) == ["original"]
    assert await kinds(house) == ["EXPIRE_UPLOAD", "PROCESS_DOCUMENT"]
    # by a URL of ours it is done; to say so is right all the same, and twice
    for _ in range(2):
        finished = await finish(house.client("DRIVER"), document)
        assert (finished["document"]["status"], finished["document"]["upload"]) == ("RECEIVED", None)
    assert await events(house) == ["DOCUMENT_CREATED"]
    assert await kinds(house) == ["EXPIRE_UPLOAD", "PROCESS_DOCUMENT"]


async def kinds(house: House) -> list[str]:
    work = await house.all("SELECT kind FROM due_work WHERE organization_id = $1 ORDER BY kind")
    return [piece["kind"] for piece in work]


async def test_only_who_announced_it_is_told_where_it_goes(house: House) -> None:
    document = await announce(house.client("DRIVER"), 10)
    query = "query Upload($id: ID!) { node(id: $id) { ... on Document { upload { url } } } }"
    assert (await house.client("OWNER").run(query, {"id": document["id"]}))["node"] == {"upload": None}
    again = (await house.client("DRIVER").run(query, {"id": document["id"]}))["node"]
    assert again["upload"]["url"] == document["upload"]["url"]


async def test_a_url_is_good_for_one_file(house: House, api: str) -> None:
    document = await announce(house.client("STAFF"), 4)
    assert (await put(api, document, b"abcd")).status_code == 204
    assert refused(await put(api, document, b"efgh")) == (409, ["CONFLICT"])
    assert stored_bytes(house, document) == b"abcd"


def stored_bytes(house: House, document: Json) -> bytes:
    path = Storage.of(house.settings).path(f"{house.id}/{key(document['id'])}/original")
    assert path
    return path.read_bytes()


async def test_of_many_files_at_once_one_is_taken(house: House, api: str) -> None:
    document = await announce(house.client("STAFF"), 200_000)
    contents = [bytes([number]) * 200_000 for number in range(6)]
    answers = await asyncio.gather(*(put(api, document, content) for content in contents))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409, 409]
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 204)
    assert stored_bytes(house, document) == contents[winner]
    assert await kinds(house) == ["EXPIRE_UPLOAD", "PROCESS_DOCUMENT"]


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content[:3]
    yield content[3:]


async def test_a_file_is_as_long_as_was_said(house: House, api: str) -> None:
    document = await announce(house.client("STAFF"), 8)
    async with nothing_changes(house):
        assert refused(await put(api, document, b"too much of it")) == (413, ["BAD_USER_INPUT"])
        assert refused(await put(api, document, chunks(b"too much of it"))) == (413, ["BAD_USER_INPUT"])
        assert refused(await put(api, document, b"little")) == (400, ["BAD_USER_INPUT"])
        assert refused(await put(api, document, chunks(b"little"))) == (400, ["BAD_USER_INPUT"])
        assert refused(await put(api, document, b"")) == (400, ["BAD_USER_INPUT"])
    assert kept(house, key(document["id"])) == []
    assert (await put(api, document, chunks(b"as said."))).status_code == 204


async def test_a_large_file_comes_whole(house: House, api: str) -> None:
    content = hashlib.shake_128(b"noise").digest(3_000_000)
    document = await announce(house.client("STAFF"), len(content))
    assert (await put(api, document, content)).status_code == 204
    assert stored_bytes(house, document) == content


async def test_whoever_hangs_up_has_sent_nothing(house: House, api: str) -> None:
    document = await announce(house.client("STAFF"), 1_000_000)
    path = document["upload"]["url"].removeprefix("http://127.0.0.1:8000")
    _, writer = await asyncio.open_connection(*api.split(":"))
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".encode() + bytes(500_000))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await finish(house.client("STAFF"), document))["__typename"] == "UploadIncomplete"
    assert await status(house, document) == "AWAITED"


async def test_saying_that_it_was_sent_does_not_send_it(house: House) -> None:
    document = await announce(house.client("STAFF"), 10)
    async with nothing_changes(house):
        answer = await finish(house.client("STAFF"), document)
    assert answer == {
        "__typename": "UploadIncomplete",
        "expected": 10,
        "received": 0,
        "message": "0 of 10 bytes are there; put the whole file to its URL first.",
    }


async def test_a_type_that_is_not_kept_is_refused_before_it_comes(house: House) -> None:
    input = {"name": "a.svg", "byteSize": 10, "contentType": "image/svg+xml"}
    assert await errors(house.client("STAFF"), "requestUpload", input) == [("BAD_USER_INPUT", "contentType")]


async def token_of(house: House, document_id: UUID, settings: Settings, **other: Any) -> str:
    found = Document(organization_id=other.pop("organization_id", house.id), id=document_id)
    return links._write(settings, other.pop("aud", "upload"), found, clock.now() + timedelta(seconds=60), **other)


async def test_forged_foreign_and_expired_urls_lead_nowhere(
    house: House, stranger: House, api: str, settings: Settings
) -> None:
    id = await a_row(house, "AWAITED", byte_size=4)
    elsewhere = settings.model_copy(update={"token_secret": SecretStr("another secret, which is as long as that one")})
    good = await token_of(house, id, settings)
    tokens = [
        "nonsense",
        good[:-3] + "AAA",
        await token_of(house, id, elsewhere),
        await token_of(house, id, settings, organization_id=stranger.id),
        await token_of(house, id, settings, aud="file"),
        await token_of(house, stranger.id, settings),
        await token_of(house, id, settings, sub="nonsense"),
        str(house.client("OWNER").token),
        await token_of(house, id, settings, exp=clock.now() - timedelta(seconds=1)),
    ]
    bodies = set()
    async with nothing_changes(house):
        for token in tokens:
            answer = await put(api, {"upload": target(token)}, b"abcd")
            assert answer.status_code == 404, token
            bodies.add(answer.content)
    assert len(bodies) == 1
    assert (await put(api, {"upload": target(good)}, b"abcd")).status_code == 204


def target(token: str) -> Json:
    return {"url": f"http://127.0.0.1:8000/uploads/{token}", "method": "PUT", "headers": []}


async def test_a_url_lives_for_a_while(house: House) -> None:
    document = await announce(house.client("STAFF"), 10)
    past = clock.now() - timedelta(minutes=16)
    await house.pool.execute("UPDATE documents SET created_at = $2 WHERE id = $1", key(document["id"]), past)
    query = "query Upload($id: ID!) { node(id: $id) { ... on Document { upload { url } } } }"
    assert (await house.client("STAFF").run(query, {"id": document["id"]}))["node"] == {"upload": None}
    due = await house.value("SELECT run_at FROM due_work WHERE organization_id = $1")
    created = (await row(house, "documents", key(document["id"])))["updated_at"]
    assert timedelta(minutes=18) - timedelta(seconds=5) < due - created < timedelta(minutes=18, seconds=5)


async def test_browsers_may_send_files_from_the_sites_that_are_named(settings: Settings) -> None:
    async with (
        own_api(settings, cors_origins=("https://app.example",)) as api,
        httpx.AsyncClient(trust_env=False, verify=False) as http,
    ):
        for method, header in (("POST", "graphql-require-preflight"), ("PUT", "content-type")):
            answer = await http.options(
                f"http://{api}/graphql",
                headers={
                    "origin": "https://app.example",
                    "access-control-request-method": method,
                    "access-control-request-headers": header,
                },
            )
            assert answer.status_code == 200, answer.text
