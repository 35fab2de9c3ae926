"""Uploading as clients do, and what becomes of it."""

from typing import Any
from uuid import UUID

import httpx
import orjson

from app.storage import Storage
from tests.client import Client, File, Json
from tests.factories.houses import House
from tests.steps import eventually, key, nothing_due, row

DOCUMENT = """document { id status name contentType byteSize sha256 width height rejectedReason receivedAt
  url thumbnail: url(thumbnail: true) customer { id } driver { id } uploadedBy { fullName }
  upload { url method headers { name value } expiresAt } }"""
FINISH = f"""... on FinishUploadSuccess {{ {DOCUMENT} }} ... on UploadIncomplete {{ expected received message }}
  ... on InvalidTransition {{ currentStatus }}"""
NODE = f"query Document($id: ID!) {{ node(id: $id) {{ ... on Document {{ {DOCUMENT.removeprefix('document {')} }} }}"


async def upload(client: Client, content: bytes, name: str = "photo.png", **more: Any) -> Json:
    document: Json = (await client.act("uploadDocument", {"file": File(name, content), **more}, DOCUMENT))["document"]
    return document


async def announce(client: Client, byte_size: int, name: str = "photo.png", **more: Any) -> Json:
    """Ask for a direct upload."""
    input = {"name": name, "byteSize": byte_size, **more}
    document: Json = (await client.act("requestUpload", input, DOCUMENT))["document"]
    return document


async def put(api: str, document: Json, content: Any, **headers: str) -> httpx.Response:
    """Send the bytes to where the document says."""
    target = document["upload"]
    given = {header["name"]: header["value"] for header in target["headers"]}
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        url = local(api, target["url"])
        return await http.request(target["method"], url, content=content, headers={**given, **headers})


def local(api: str, url: str) -> str:
    """A URL of ours, where the tests' API listens; one of a bucket as it is."""
    return url.replace("http://127.0.0.1:8000/", f"http://{api}/")


async def finish(client: Client, document: Json) -> Json:
    return await client.act("finishUpload", {"documentId": document["id"]}, FINISH)


async def examined(house: House, document: Json, role: str = "OWNER") -> Json:
    """The document, once the worker is done with it."""
    await eventually(lambda: nothing_due(house))
    return await seen(house, document, role)


async def seen(house: House, document: Json, role: str = "OWNER") -> Json:
    found: Json = (await house.client(role).run(NODE, {"id": document["id"]}))["node"]
    return found


async def fetch(api: str, url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await http.get(local(api, url), headers=named)


def refused(answer: httpx.Response) -> tuple[int, list[str]]:
    """What a request that goes no further is answered."""
    return answer.status_code, [error["extensions"]["code"] for error in orjson.loads(answer.content)["errors"]]


def kept(house: House, document: UUID) -> list[str]:
    """What lies in the folder of a document."""
    folder = Storage.of(house.settings).path(f"{house.id}/{document}")
    return sorted(path.name for path in folder.iterdir()) if folder and folder.exists() else []


async def status(house: House, document: Json) -> str:
    found: str = (await row(house, "documents", key(document["id"])))["status"]
    return found
