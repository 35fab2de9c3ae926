"""Documents in a bucket: everything by the S3 protocol, with a real server that checks signatures."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.settings import Settings
from app.storage import Storage, TooLarge
from tests.bucket import Bucket, open_bucket
from tests.client import Client, Json
from tests.factories.documents import CAMERA, HTML, PDF, photograph
from tests.factories.houses import House
from tests.realm import Realm, own_api, realm, working
from tests.steps import eventually, key, nothing_due
from tests.uploading import announce, fetch, finish, put, seen, upload


@dataclass(frozen=True)
class Place:
    """A house whose files lie in a bucket."""

    house: House
    bucket: Bucket
    settings: Settings

    @property
    def objects(self) -> list[str]:
        """What lies there of the house's, without its own id."""
        return [name.partition("/")[2] for name in self.bucket.objects if name.startswith(str(self.house.id))]

    async def examined(self, document: Json) -> Json:
        async def done() -> bool:
            return (await seen(self.house, document))["status"] in ("READY", "REJECTED")

        await eventually(done)
        return await seen(self.house, document)


@pytest_asyncio.fixture(scope="module")
async def bucket(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bucket]:
    async with open_bucket(tmp_path_factory.mktemp("bucket")) as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def branch(names: dict[str, str], worker_number: int, bucket: Bucket) -> AsyncIterator[tuple[Realm, str]]:
    """With a database of its own: the workers of other tests look for files in a folder."""
    async with realm(names, worker_number, **bucket.knobs) as found, own_api(found.settings) as api:
        yield found, api


@pytest_asyncio.fixture
async def place(branch: tuple[Realm, str], bucket: Bucket) -> Place:
    found, api = branch
    return Place(await found.house(api), bucket, found.settings)


async def test_a_file_goes_straight_to_the_bucket_and_comes_straight_from_it(place: Place) -> None:
    house, content = place.house, photograph()
    document = await announce(house.client("DRIVER"), len(content), "door.jpg")
    assert document["upload"]["url"].startswith(f"{place.bucket.endpoint}/documents/test/{house.id}/")
    id = key(document["id"])
    assert (await put("", document, content)).status_code == 200
    assert (await seen(house, document))["status"] == "AWAITED"
    assert (await finish(house.client("DRIVER"), document))["document"]["status"] == "RECEIVED"
    assert place.objects == [f"{id}/original"]
    async with working(place.settings):
        ready = await place.examined(document)
        assert (ready["status"], ready["contentType"], ready["name"]) == ("READY", "image/jpeg", "door.jpg")

        async def cleared() -> bool:
            return place.objects == [f"{id}/file", f"{id}/thumbnail"]

        await eventually(cleared)
    answer = await fetch("", ready["url"])
    assert (answer.status_code, len(answer.content)) == (200, ready["byteSize"])
    assert CAMERA.encode() not in answer.content
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"] == "inline; filename=\"door.jpg\"; filename*=UTF-8''door.jpg"
    assert headers["cache-control"] == "public, max-age=3600, immutable"
    small = await fetch("", ready["thumbnail"])
    assert (small.headers["content-type"], small.content[8:12]) == ("image/webp", b"WEBP")
    assert (await seen(house, document))["url"] == ready["url"]


async def test_a_file_that_comes_with_the_request_lies_there_too(place: Place) -> None:
    document = await upload(place.house.client("STAFF"), PDF, "a.pdf")
    assert place.objects == [f"{key(document['id'])}/original"]
    async with working(place.settings):
        ready = await place.examined(document)
        await eventually(lambda: nothing_due(place.house))
    assert (await fetch("", ready["url"])).content == PDF
    assert place.objects == [f"{key(document['id'])}/file"]


async def test_a_file_of_another_size_is_not_taken(place: Place) -> None:
    client = place.house.client("STAFF")
    document = await announce(client, 5)
    for content, received in ((None, 0), (b"four", 4), (b"sixsix", 6)):
        if content:
            assert (await put("", document, content)).status_code == 200
        answer = await finish(client, document)
        assert (answer["__typename"], answer["expected"], answer["received"]) == ("UploadIncomplete", 5, received)
    assert (await put("", document, b"right")).status_code == 200
    for _ in range(2):
        assert (await finish(client, document))["document"]["status"] == "RECEIVED"
    work = await place.house.all("SELECT kind FROM due_work WHERE organization_id = $1 ORDER BY kind")
    assert [piece["kind"] for piece in work] == ["EXPIRE_UPLOAD", "PROCESS_DOCUMENT"]


async def test_what_was_looked_at_cannot_be_exchanged(place: Place) -> None:
    """The URL is good for some minutes more; what comes by it then is nobody's file, and is cleared up."""
    client, house = place.house.client("CUSTOMER"), place.house
    document = await announce(client, len(PDF), "a.pdf")
    await put("", document, PDF)
    await finish(client, document)
    async with working(place.settings):
        ready = await place.examined(document)
        assert (await put("", document, HTML)).status_code == 200
        assert (await fetch("", ready["url"])).content == PDF
        assert (await finish(client, document))["document"]["status"] == "READY"
        await house.pool.execute("UPDATE due_work SET run_at = now() WHERE organization_id = $1", house.id)
        await eventually(lambda: nothing_due(house))
    assert place.objects == [f"{key(document['id'])}/file"]


async def test_more_than_was_said_is_not_even_read(place: Place) -> None:
    """Put there after it was said to be done."""
    client = place.house.client("STAFF")
    document = await announce(client, 4)
    await put("", document, b"four")
    await finish(client, document)
    await put("", document, bytes(200_000))
    async with working(place.settings.model_copy(update={"upload_bytes_max": 100_000})):
        rejected = await place.examined(document)
        await place.house.pool.execute("UPDATE due_work SET run_at = now() WHERE kind = 'EXPIRE_UPLOAD'")
        await eventually(lambda: nothing_due(place.house))
    assert (rejected["status"], rejected["rejectedReason"]) == ("REJECTED", "A file has at most 100000 bytes.")
    assert place.objects == []


async def test_what_was_put_there_and_never_finished_is_cleared_up(place: Place) -> None:
    document = await announce(place.house.client("STAFF"), 4)
    await put("", document, b"four")
    await place.house.pool.execute("UPDATE due_work SET run_at = now() WHERE organization_id = $1", place.house.id)
    async with working(place.settings):
        rejected = await place.examined(document)
        await eventually(lambda: nothing_due(place.house))
    assert rejected["rejectedReason"] == "The file never came."
    assert place.objects == []


async def test_urls_are_signed(place: Place) -> None:
    document = await announce(place.house.client("STAFF"), 4)
    url = document["upload"]["url"]
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        for forged in (url.partition("?")[0], url[:-8] + "00000000", url.replace("/original?", "/file?")):
            assert (await http.put(forged, content=b"four")).status_code in (400, 403)
        assert (await http.get(url)).status_code == 403
    assert place.objects == []


async def test_without_the_right_key_nothing_is_stored(place: Place, bucket: Bucket) -> None:
    wrong = place.settings.model_copy(update={"storage_secret": SecretStr("not the secret of this bucket")})
    async with own_api(wrong) as api:
        client = Client(api, place.house.client("STAFF").token)
        document = await announce(client, 4)
        assert (await put("", document, b"four")).status_code == 403
    assert urlsplit(document["upload"]["url"]).netloc == urlsplit(bucket.endpoint).netloc
    assert place.objects == []


async def test_objects_come_and_go(bucket: Bucket, settings: Settings, tmp_path: object) -> None:
    """The same in a folder and in a bucket."""
    folder = settings.model_copy(update={"storage_url": f"file://{tmp_path}/new/folder"})
    for storage in (Storage.of(folder), Storage.of(settings.model_copy(update=bucket.knobs))):
        await comes_and_goes(storage)


async def comes_and_goes(storage: Storage) -> None:
    content = bytes(range(256)) * 50_000
    assert await storage.size("a/b") is None
    with pytest.raises(FileNotFoundError):
        await storage.fetch("a/b", BytesIO(), 10)
    await storage.put("a/b", BytesIO(content))
    assert await storage.size("a/b") == len(content)
    found = BytesIO()
    await storage.fetch("a/b", found, len(content))
    assert found.getvalue() == content
    with pytest.raises(TooLarge):
        await storage.fetch("a/b", BytesIO(), len(content) - 1)
    await storage.put("a/b", BytesIO(b"other"))
    assert await storage.size("a/b") == 5
    await storage.delete("a/b", "a/c")
    await storage.delete("a/b")
    assert await storage.size("a/b") is None


@pytest.mark.parametrize("url", ["", "/tmp", "http://a/b", "s3:///x", "file://", "file://host/x", "file:///"])
def test_a_storage_is_a_folder_or_a_bucket(settings: Settings, url: str) -> None:
    with pytest.raises(ValueError, match="WAYPOST_STORAGE_URL"):
        Storage.of(settings.model_copy(update={"storage_url": url}))
