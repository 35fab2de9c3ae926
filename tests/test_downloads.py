"""Files over HTTP, on their way out: by signed URLs, fit for caches, harmless in browsers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from app import clock
from app.jobs.worker import Work
from app.models import Document, DocumentStatus
from app.services.documents import links
from app.settings import Settings
from app.storage import Storage
from tests.client import Client, Json
from tests.factories.documents import PDF, image, photograph
from tests.factories.documents import document as a_row
from tests.factories.houses import House
from tests.realm import own_api
from tests.steps import eventually, key
from tests.uploading import examined, fetch, seen, upload

SANDBOX = "default-src 'none'; sandbox"


async def ready(house: House, content: bytes | None = None, name: str = "photo.png") -> Json:
    """A document that can be downloaded."""
    found = await examined(house, await upload(house.client("CUSTOMER"), content or image(), name))
    assert found["status"] == "READY", found
    return found


async def test_a_file_is_read_by_its_url(house: House, api: str, worker: Work) -> None:
    document = await ready(house)
    answer = await fetch(api, document["url"])
    assert (answer.status_code, len(answer.content)) == (200, document["byteSize"])
    headers = answer.headers
    assert (headers["content-type"], headers["etag"]) == ("image/png", f'"{document["sha256"]}"')
    assert headers["content-disposition"] == "inline; filename=\"photo.png\"; filename*=UTF-8''photo.png"
    assert (headers["x-content-type-options"], headers["content-security-policy"]) == ("nosniff", SANDBOX)
    assert "set-cookie" not in headers
    visibility, fresh, immutable = headers["cache-control"].split(", ")
    assert (visibility, immutable) == ("public", "immutable")
    assert 3_600 <= int(fresh.removeprefix("max-age=")) <= 7_200


async def test_a_thumbnail_is_a_small_webp(house: House, api: str, worker: Work) -> None:
    document = await ready(house, photograph(), "at the door.jpg")
    answer = await fetch(api, document["thumbnail"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.content[8:12] == b"WEBP"
    assert answer.headers["etag"] == f'"{document["sha256"]}-small"'
    assert 'filename="at the door.webp"' in answer.headers["content-disposition"]


async def test_what_is_no_image_is_saved_and_has_no_thumbnail(house: House, api: str, worker: Work) -> None:
    document = await ready(house, PDF, "ანგარიში.pdf")
    assert (document["thumbnail"], document["width"]) == (None, None)
    answer = await fetch(api, document["url"])
    assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
    utf8 = "%E1%83%90%E1%83%9C%E1%83%92%E1%83%90%E1%83%A0%E1%83%98%E1%83%A8%E1%83%98.pdf"
    assert answer.headers["content-disposition"] == (f"attachment; filename=\"________.pdf\"; filename*=UTF-8''{utf8}")


async def test_parts_of_a_file_are_read(house: House, api: str, worker: Work) -> None:
    url = (await ready(house, PDF, "a.pdf"))["url"]
    part = await fetch(api, url, range="bytes=0-3")
    assert (part.status_code, part.content) == (206, PDF[:4])
    assert part.headers["content-range"] == f"bytes 0-3/{len(PDF)}"
    rest = await fetch(api, url, range="bytes=-5", if_range=part.headers["etag"])
    assert (rest.status_code, rest.content) == (206, PDF[-5:])
    assert (await fetch(api, url, range="bytes=0-3", if_range='"other"')).status_code == 200
    beyond = await fetch(api, url, range="bytes=100000-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(PDF)}")


async def test_what_the_client_has_is_not_sent_again(house: House, api: str, worker: Work) -> None:
    document = await ready(house)
    etag = f'"{document["sha256"]}"'
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await fetch(api, document["url"], if_none_match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert (await fetch(api, document["url"], if_none_match='"other"')).status_code == 200


async def test_the_same_url_is_handed_out_for_a_while(house: House, worker: Work, settings: Settings) -> None:
    document = await ready(house)
    assert (await seen(house, document))["url"] == document["url"]
    assert (await seen(house, document, "CUSTOMER"))["url"] == document["url"]
    found = Document(organization_id=house.id, id=key(document["id"]), **ROW)
    storage = Storage.of(settings)
    now, later = [await links.url(settings, storage, found, thumbnail=False) for _ in range(2)]
    with clock.shifted(timedelta(hours=1)):
        renewed = await links.url(settings, storage, found, thumbnail=False)
    assert now == later != renewed


ROW: dict[str, Any] = {"status": DocumentStatus.READY, "name": "photo.png", "content_type": "image/png"}


async def test_until_it_is_ready_there_is_no_url(house: House) -> None:
    for status in ("AWAITED", "RECEIVED", "REJECTED"):
        id = house.gid("Document", await a_row(house, status))
        found = await seen(house, {"id": id})
        assert (found["url"], found["thumbnail"]) == (None, None)


def token(settings: Settings, organization: UUID, id: UUID, **other: Any) -> str:
    found = Document(organization_id=organization, id=id)
    return links._write(settings, other.pop("aud", "file"), found, clock.now() + timedelta(seconds=60), **other)


async def test_forged_foreign_and_expired_urls_lead_nowhere(
    house: House, stranger: House, api: str, settings: Settings, worker: Work
) -> None:
    document = await ready(house, photograph(), "a.jpg")
    id = key(document["id"])
    elsewhere = settings.model_copy(update={"token_secret": SecretStr("another secret, which is as long as that one")})
    past = clock.now() - timedelta(seconds=1)
    pdf = key((await ready(house, PDF, "a.pdf"))["id"])
    tokens = [
        "nonsense",
        token(settings, house.id, id)[:-4] + "AAAA",
        token(elsewhere, house.id, id),
        token(settings, stranger.id, id),
        token(settings, house.id, stranger.id),
        token(settings, house.id, id, aud="upload"),
        token(settings, house.id, id, exp=past),
        token(settings, house.id, await a_row(house, "RECEIVED")),
        token(settings, house.id, await a_row(house, "READY")),
        token(settings, house.id, pdf, small=True),
        str(house.client("OWNER").token),
    ]
    answers = [await fetch(api, f"http://{api}/files/{forged}/a.jpg") for forged in tokens]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"There is no such file.\n")}
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert (await fetch(api, f"http://{api}/files/{token(settings, house.id, id)}/a.jpg")).status_code == 200
    # the name is for people: it opens nothing else
    dots = await fetch(api, f"http://{api}/files/{token(settings, house.id, id)}/..%2f..%2fetc%2fpasswd")
    assert (dots.status_code, b"root:" in dots.content) == (404, False)


async def test_a_link_expires(house: House, settings: Settings, worker: Work) -> None:
    """Shortest of all: it lives for one to two seconds."""
    document = await ready(house)
    async with own_api(settings, download_url_s=1) as api:
        client = Client(api, house.client("OWNER").token)
        query = "query Url($id: ID!) { node(id: $id) { ... on Document { url } } }"
        url = (await client.run(query, {"id": document["id"]}))["node"]["url"]
        assert (await fetch(api, url)).status_code == 200

        async def expired() -> bool:
            return (await fetch(api, url)).status_code == 404

        await eventually(expired)
