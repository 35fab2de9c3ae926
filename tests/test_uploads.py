"""Files over HTTP, on their way in: what is taken, and what is refused before it harms anybody."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from app.settings import Settings
from tests.client import Client, File, Json
from tests.factories.documents import image
from tests.factories.houses import House
from tests.realm import own_api
from tests.steps import errors, events, key, nothing_changes
from tests.uploading import DOCUMENT, announce, kept, put, refused, status, upload

UPLOAD = f"""mutation Upload($input: UploadDocumentInput!) {{ uploadDocument(input: $input) {{ {DOCUMENT} }} }}"""
TWO = """mutation Two($a: UploadDocumentInput!, $b: UploadDocumentInput!) {
  a: uploadDocument(input: $a) { document { id } } b: uploadDocument(input: $b) { document { id } } }"""
OPERATIONS = {"query": UPLOAD, "variables": {"input": {"file": None}}}
MAP = {"0": ["variables.input.file"]}
PREFLIGHT = {"graphql-require-preflight": "1"}


async def post(
    client: Client,
    operations: Any = OPERATIONS,
    places: Any = MAP,
    files: dict[str, tuple[str, bytes]] | None = None,
    headers: dict[str, str] = PREFLIGHT,
) -> httpx.Response:
    """A multipart request, however odd."""
    fields = {"operations": operations, "map": places}
    return await client.http.post(
        f"http://{client.api}/graphql",
        data={
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in fields.items()
            if value is not None
        },
        files={"0": ("photo.png", image())} if files is None else files,
        headers={**client.headers, **headers},
    )


# with a GraphQL request


async def test_a_file_comes_with_a_mutation(house: House) -> None:
    content = image()
    document = await upload(house.client("STAFF"), content, "photo.png")
    assert (document["status"], document["name"], document["byteSize"]) == ("RECEIVED", "photo.png", len(content))
    assert (document["url"], document["upload"], document["contentType"]) == (None, None, None)
    assert document["uploadedBy"] == {"fullName": "Staff"}
    assert kept(house, key(document["id"])) == ["original"]
    assert await events(house) == ["DOCUMENT_CREATED"]
    work = await house.all("SELECT kind, ref_id FROM due_work WHERE organization_id = $1")
    assert [tuple(piece) for piece in work] == [("PROCESS_DOCUMENT", key(document["id"]))]


@pytest.mark.parametrize("header", ["GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name"])
async def test_a_header_shows_that_no_other_site_has_sent_it(house: House, header: str) -> None:
    answer = await post(house.client("STAFF"), headers={header: "Upload"})
    assert orjson.loads(answer.content)["data"]["uploadDocument"]["document"]["status"] == "RECEIVED"


@pytest.mark.parametrize("headers", [{}, {"graphql-require-preflight": ""}, {"idempotency-key": "a"}])
async def test_without_it_nothing_is_read(house: House, headers: dict[str, str]) -> None:
    async with nothing_changes(house):
        assert refused(await post(house.client("STAFF"), headers=headers)) == (400, ["BAD_USER_INPUT"])


async def test_nobody_sends_files(anonymous: Client, api: str) -> None:
    assert refused(await post(anonymous)) == (401, ["UNAUTHENTICATED"])
    assert refused(await post(Client(api, "a.b.c"))) == (401, ["UNAUTHENTICATED"])


@pytest.mark.parametrize(
    ("operations", "places"),
    [
        (OPERATIONS, None),
        (None, MAP),
        (OPERATIONS, "{"),
        ("nonsense", MAP),
        ([OPERATIONS], {"0": ["0.variables.input.file"]}),
        (OPERATIONS, []),
        (OPERATIONS, {}),
        (OPERATIONS, {"1": ["variables.input.file"]}),
        (OPERATIONS, {"0": ["variables.input.file"], "1": ["variables.input.file"]}),
        (OPERATIONS, {"0": []}),
        (OPERATIONS, {"0": "variables.input.file"}),
        (OPERATIONS, {"0": [1]}),
        (OPERATIONS, {"0": [""]}),
        (OPERATIONS, {"0": ["variables"]}),
        (OPERATIONS, {"0": ["query"]}),
        (OPERATIONS, {"0": ["operationName"]}),
        (OPERATIONS, {"0": ["variables.input"]}),
        (OPERATIONS, {"0": ["variables.input.name"]}),
        (OPERATIONS, {"0": ["variables.input.file.0"]}),
        (OPERATIONS, {"0": ["variables.input.file", "variables.input.file"]}),
        ({**OPERATIONS, "variables": {"input": {"file": []}}}, {"0": ["variables.input.file.7"]}),
        ({**OPERATIONS, "variables": {"input": {"file": [None]}}}, {"0": ["variables.input.file.x"]}),
        ({**OPERATIONS, "variables": {"input": {"file": "x"}}}, MAP),
        ({**OPERATIONS, "variables": None}, MAP),
        ({"query": UPLOAD}, MAP),
    ],
)
async def test_a_map_that_leads_nowhere_is_refused(house: House, operations: Any, places: Any) -> None:
    async with nothing_changes(house):
        assert refused(await post(house.client("STAFF"), operations, places)) == (400, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{', "multipart/form-data; boundary=x"),
    ],
)
async def test_a_form_that_is_none_is_refused(house: House, content: bytes, content_type: str) -> None:
    client = house.client("STAFF")
    headers = {**client.headers, **PREFLIGHT, "content-type": content_type}
    answer = await client.http.post(f"http://{client.api}/graphql", content=content, headers=headers)
    assert refused(answer) == (400, ["BAD_USER_INPUT"])


@pytest.mark.parametrize("value", ["photo.png", {}, 1, ["a"], None])
async def test_only_files_are_files(house: House, value: Any) -> None:
    async with nothing_changes(house):
        assert await house.client("STAFF").codes(UPLOAD, {"input": {"file": value}}) == ["BAD_USER_INPUT"]
    written = 'mutation { uploadDocument(input: { file: "x" }) { document { id } } }'
    assert await house.client("STAFF").codes(written) == ["BAD_USER_INPUT"]


async def test_one_file_may_stand_at_several_places(house: House) -> None:
    operations = {"query": TWO, "variables": {"a": {"file": None}, "b": {"file": None}}}
    answer = await post(house.client("STAFF"), operations, {"0": ["variables.a.file", "variables.b.file"]})
    made = orjson.loads(answer.content)["data"]
    assert made["a"] != made["b"]
    stored = await house.all("SELECT byte_size FROM documents WHERE organization_id = $1")
    assert [one["byte_size"] for one in stored] == [len(image())] * 2
    for one in ("a", "b"):
        assert kept(house, key(made[one]["document"]["id"])) == ["original"]


async def test_the_same_file_twice_is_two_documents(house: House) -> None:
    first, second = [await upload(house.client("STAFF"), image()) for _ in range(2)]
    assert first["id"] != second["id"]


async def test_a_repetition_uploads_nothing_more(house: House) -> None:
    variables = {"input": {"file": File("photo.png", image())}}
    client = house.client("DRIVER")
    first, again = [await client.run(UPLOAD, variables, idempotency_key="one") for _ in range(2)]
    assert first == again
    assert await house.value("SELECT count(*) FROM documents WHERE organization_id = $1") == 1
    other = {"input": {"file": File("photo.png", image(size=(8, 8)))}}
    answer = await client.post(UPLOAD, other, {"idempotency-key": "one"})
    assert answer["errors"][0]["extensions"] == {"code": "CONFLICT"}


async def test_an_empty_file_is_refused(house: House) -> None:
    assert await errors_of(house, {"file": File("photo.png", b"")}) == [("BAD_USER_INPUT", "file")]


async def errors_of(house: House, input: Json) -> list[tuple[str, str | None]]:
    return await errors(house.client("STAFF"), "uploadDocument", input)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "file"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("a\x00b\r\nSet-Cookie: x", "abSet-Cookie: x"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("ფოტო.png", "ფოტო.png"),
        ("  a   b .png ", "a b .png"),
    ],
)
async def test_names_are_names_alone(house: House, given: str, name: str) -> None:
    document = await announce(house.client("STAFF"), 5, "x" if "\x00" in given else given)
    if "\x00" not in given:
        assert document["name"] == name
    answer = await post(house.client("STAFF"), files={"0": (given, image())})
    assert orjson.loads(answer.content)["data"]["uploadDocument"]["document"]["name"]
    stored = await house.all("SELECT id, status FROM documents WHERE organization_id = $1")
    assert [kept(house, one["id"]) for one in stored if one["status"] == "RECEIVED"] == [["original"]]


async def test_a_name_has_a_bound(house: House) -> None:
    assert await errors_of(house, {"file": File("a" * 201, image())}) == [("BAD_USER_INPUT", "name")]


# too much, too slow


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[str]:
    """An API that takes little and has no patience."""
    async with own_api(settings, upload_bytes_max=20_000, body_bytes_max=10_000, upload_receive_s_max=1) as api:
        yield api


async def test_a_file_has_a_bound(house: House, small: str) -> None:
    client = Client(small, house.client("STAFF").token)
    async with nothing_changes(house):
        assert refused(await post(client, files={"0": ("a.png", bytes(20_001))})) == (413, ["BAD_USER_INPUT"])
        assert refused(await post(client, files={"0": ("a.png", bytes(500_000))})) == (413, ["BAD_USER_INPUT"])
        files = {str(number): ("a.png", b"x") for number in range(11)}
        assert refused(await post(client, places={"0": ["variables.input.file"]}, files=files))[0] == 400
    assert orjson.loads((await post(client, files={"0": ("a.png", bytes(20_000))})).content)["data"]


async def test_a_document_among_files_has_the_bound_of_a_document(house: House, small: str) -> None:
    client = Client(small, house.client("STAFF").token)
    long = {**OPERATIONS, "query": UPLOAD + " " * 10_001}
    assert refused(await post(client, long)) == (400, ["BAD_USER_INPUT"])


async def raw(api: str, head: str, body: bytes = b"") -> bytes:
    """What a client hears that sends what it likes; it keeps the connection."""
    reader, writer = await asyncio.open_connection(*api.split(":"))
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    async with asyncio.timeout(20):
        status_line = await reader.readline()
    writer.close()
    return status_line


async def test_a_claim_of_ten_gigabytes_is_refused_at_once(house: House, small: str) -> None:
    document = await announce(Client(small, house.client("STAFF").token), 1_000)
    path = document["upload"]["url"].removeprefix("http://127.0.0.1:8000")
    head = f"PUT {path} HTTP/1.1\nHost: waypost\nContent-Length: 10000000000"
    assert await raw(small, head) == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    assert await errors(house.client("STAFF"), "requestUpload", {"name": "a", "byteSize": 25_000_001}) == [
        ("BAD_USER_INPUT", "byteSize")
    ]
    ten_gigabytes = {"input": {"name": "a", "byteSize": 10_000_000_000}}
    query = "mutation Ask($input: RequestUploadInput!) { requestUpload(input: $input) { document { id } } }"
    assert await house.client("STAFF").codes(query, ten_gigabytes) == ["BAD_USER_INPUT"]


async def test_an_upload_that_takes_too_long_is_given_up(house: House, small: str) -> None:
    client = Client(small, house.client("STAFF").token)
    document = await announce(client, 1_000)
    path = document["upload"]["url"].removeprefix("http://127.0.0.1:8000")
    slow = f"PUT {path} HTTP/1.1\nHost: waypost\nContent-Length: 1000"
    form = (
        f"POST /graphql HTTP/1.1\nHost: waypost\nAuthorization: Bearer {client.token}\nGraphQL-Require-Preflight: 1\n"
        "Content-Type: multipart/form-data; boundary=x\nContent-Length: 1000"
    )
    heard = await asyncio.gather(raw(small, slow, b"a" * 10), raw(small, form, b"--x\r\n"))
    assert set(heard) == {b"HTTP/1.1 408 Request Timeout\r\n"}
    assert await status(house, document) == "AWAITED"
    assert (await put(small, document, bytes(1_000))).status_code == 204
