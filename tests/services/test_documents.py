"""What becomes of a file: what is kept of it, who sees it, and what it may prove."""

import io
from dataclasses import replace
from uuid import UUID

import pytest
from PIL import Image

from app import clock
from app.access import Viewer
from app.context import Server
from app.errors import BadUserInput, NotFound
from app.jobs.worker import Work
from app.models import Role
from app.services import documents
from app.services.identity import write_token
from app.storage import Storage
from app.uow import Silence, unit_of_work
from tests.client import Client, File, Json
from tests.factories.documents import CAMERA, HTML, PDF, SVG, bomb, image, photograph, talkative_png
from tests.factories.documents import document as a_row
from tests.factories.houses import House, Person
from tests.scenes.stage import Stage
from tests.statements import counting
from tests.steps import due, errors, events, eventually, key, nothing_due, row
from tests.uploading import announce, examined, fetch, kept, put, seen, upload

UNKNOWN = "This type of file is not kept; application/pdf, image/gif, image/jpeg, image/png, image/webp are."
BROKEN = "This image is broken."


def opened(content: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(content))
    found.load()
    return found


# images


async def test_nothing_of_a_photograph_is_kept_but_its_pixels(house: House, api: str, worker: Work) -> None:
    taken = photograph((640, 480))
    assert CAMERA.encode() in taken
    assert opened(taken).getexif().get_ifd(0x8825)
    document = await examined(house, await upload(house.client("DRIVER"), taken, "door.jpg"))
    content = (await fetch(api, document["url"])).content
    assert CAMERA.encode() not in content
    shown = opened(content)
    assert (shown.format, shown.size, dict(shown.getexif()), shown.info.keys() & {"exif", "comment", "xmp"}) == (
        "JPEG",
        (480, 640),
        {},
        set(),
    )
    assert (document["contentType"], document["width"], document["height"]) == ("image/jpeg", 480, 640)
    assert kept(house, key(document["id"])) == ["file", "thumbnail"]
    small = opened((await fetch(api, document["thumbnail"])).content)
    assert (small.format, small.size, dict(small.getexif())) == ("WEBP", (240, 320), {})
    assert await events(house) == ["DOCUMENT_CREATED", "DOCUMENT_READY"]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
async def test_every_kind_of_image_is_written_anew(house: House, api: str, worker: Work, format: str) -> None:
    document = await examined(house, await upload(house.client("STAFF"), image(format), "a.bin"))
    assert (document["status"], document["contentType"]) == ("READY", f"image/{format.lower()}")
    assert document["name"] == f"a.{format.lower()}"
    shown = opened((await fetch(api, document["url"])).content).convert("RGB")
    assert (shown.format or format, shown.size) == (format, (40, 20))
    left, right = shown.getpixel((5, 5)), shown.getpixel((35, 5))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200 > 50 > left[2]
    assert right[2] > 200 > 50 > right[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
async def test_every_kind_of_pixel_is_read(house: House, worker: Work, mode: str) -> None:
    document = await examined(house, await upload(house.client("STAFF"), image(mode=mode)))
    assert (document["status"], document["rejectedReason"]) == ("READY", None)


async def test_texts_in_a_png_and_comments_in_a_gif_are_gone(house: House, api: str, worker: Work) -> None:
    for content in (talkative_png(), image("GIF", comment=CAMERA.encode()), image("JPEG", comment=CAMERA.encode())):
        assert CAMERA.encode() in content
        document = await examined(house, await upload(house.client("STAFF"), content))
        assert CAMERA.encode() not in (await fetch(api, document["url"])).content


async def test_what_hangs_on_an_image_is_gone(house: House, api: str, worker: Work) -> None:
    """A file that is an image to one program and something else to another."""
    document = await examined(house, await upload(house.client("STAFF"), image() + HTML, "photo.html"))
    assert document["name"] == "photo.png"
    assert HTML not in (await fetch(api, document["url"])).content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SVG, UNKNOWN),
        (HTML, UNKNOWN),
        (b"GIF89a" + HTML, BROKEN),
        (b"MZ" + bytes(100), UNKNOWN),
        (b"x", UNKNOWN),
        (image()[:60], BROKEN),
        (b"\xff\xd8\xff\xe0" + bytes(2000), BROKEN),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(100), BROKEN),
        (bomb(30_000, 30_000), "An image has at most 50000000 pixels."),
        (bomb(7_500, 7_500), "An image has at most 50000000 pixels."),
        (bomb(7_000, 7_000), BROKEN),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else "",
)
async def test_what_is_no_image_is_not_kept(house: House, worker: Work, content: bytes, reason: str) -> None:
    document = await examined(house, await upload(house.client("STAFF"), content, "photo.png"))
    assert (document["status"], document["rejectedReason"], document["url"]) == ("REJECTED", reason, None)
    assert kept(house, key(document["id"])) == []
    assert await events(house) == ["DOCUMENT_CREATED", "DOCUMENT_REJECTED"]


async def test_a_pdf_passes_as_it_is(house: House, api: str, worker: Work) -> None:
    document = await examined(house, await upload(house.client("CUSTOMER"), PDF, "report"))
    assert (document["name"], document["byteSize"]) == ("report.pdf", len(PDF))
    assert (await fetch(api, document["url"])).content == PDF
    assert kept(house, key(document["id"])) == ["file"]


async def test_a_direct_upload_is_looked_at_too(house: House, api: str, worker: Work) -> None:
    content = photograph()
    document = await announce(house.client("DRIVER"), len(content), "a.jpg")
    assert (await put(api, document, content)).status_code == 204
    await eventually(lambda: only_left(house, "EXPIRE_UPLOAD"))
    assert (await seen(house, document))["status"] == "READY"
    # the URL lives on; what came by it was cleared up, and nothing else comes by it
    assert (await put(api, document, content)).status_code == 409
    assert kept(house, key(document["id"])) == ["file", "thumbnail"]


async def only_left(house: House, kind: str) -> bool:
    work = await house.all("SELECT kind FROM due_work WHERE organization_id = $1")
    return [piece["kind"] for piece in work] == [kind]


# once, whatever happens


async def test_work_that_was_done_changes_nothing(house: House, api: str, worker: Work) -> None:
    """As when a worker was killed between saying what the file is and striking the work off."""
    document = await examined(house, await upload(house.client("STAFF"), image()))
    before = await events(house)
    leave(house, document, b"what the killed worker left")
    await due(house, "PROCESS_DOCUMENT", key(document["id"]))
    await eventually(lambda: nothing_due(house))
    assert await events(house) == before
    assert kept(house, key(document["id"])) == ["file", "thumbnail"]
    assert (await fetch(api, document["url"])).status_code == 200


def leave(house: House, document: Json, content: bytes) -> None:
    """Let something lie where what comes lies."""
    path = Storage.of(house.settings).path(f"{house.id}/{key(document['id'])}/original")
    assert path
    path.write_bytes(content)


async def test_what_never_came_is_given_up(house: House, api: str, worker: Work) -> None:
    document = await announce(house.client("STAFF"), 4)
    await house.pool.execute("UPDATE due_work SET run_at = now() WHERE ref_id = $1", key(document["id"]))
    found = await examined(house, document)
    assert (found["status"], found["rejectedReason"]) == ("REJECTED", "The file never came.")
    assert (await put(api, document, b"late")).status_code == 409
    assert kept(house, key(document["id"])) == []
    finish = "mutation F($input: FinishUploadInput!) { finishUpload(input: $input) { ... on Problem { message } } }"
    answer = await house.client("STAFF").run(finish, {"input": {"documentId": document["id"]}})
    assert answer["finishUpload"]["message"] == "A document that is REJECTED cannot become RECEIVED."


async def test_what_came_is_not_given_up(house: House, worker: Work) -> None:
    for status in ("RECEIVED", "READY", "REJECTED"):
        id = await a_row(house, status)
        await due(house, "EXPIRE_UPLOAD", id)
        await eventually(lambda: nothing_due(house))
        assert (await row(house, "documents", id))["status"] == status
    assert await events(house) == []


# who


async def test_people_see_what_is_theirs(house: House) -> None:
    """A customer what is about them, a driver what they uploaded, the house everything."""
    stage = await Stage.set_up(house, Role.OWNER)
    journey = await stage.journey()
    ours = {
        "about": await upload(stage.actor.client, PDF, "a.pdf", customerId=journey.customer),
        "driver": await upload(stage.driver.client, PDF, "b.pdf"),
        "both": await upload(stage.driver.client, PDF, "c.pdf", customerId=journey.customer),
        "customer": await upload(stage.customer.client, PDF, "d.pdf"),
        "house": await upload(stage.actor.client, PDF, "e.pdf"),
    }
    expected = {
        "CUSTOMER": ["customer", "both", "about"],
        "DRIVER": ["both", "driver"],
        "OWNER": ["house", "customer", "both", "driver", "about"],
    }
    people: dict[str, Person] = {"CUSTOMER": stage.customer, "DRIVER": stage.driver, "OWNER": stage.actor}
    query = "{ documents { totalCount edges { node { id } } } }"
    for role, names in expected.items():
        found = (await people[role].client.run(query))["documents"]
        assert [edge["node"]["id"] for edge in found["edges"]] == [ours[name]["id"] for name in names], role
        assert found["totalCount"] == len(names)
    other = await house.person(Role.CUSTOMER)
    assert (await other.client.run(query))["documents"]["totalCount"] == 0


async def test_drivers_upload_about_customers_whom_they_know(house: House) -> None:
    unknown = house.gid("Customer", await house.customer())
    input = {"file": File("a.pdf", PDF), "customerId": unknown}
    assert await errors(house.client("DRIVER"), "uploadDocument", input) == [("NOT_FOUND", None)]
    assert await errors(house.client("CUSTOMER"), "uploadDocument", input) == [("NOT_FOUND", None)]


async def test_who_is_neither_customer_nor_driver_uploads_nothing(house: House) -> None:
    somebody = await house.person(Role.CUSTOMER)
    await house.pool.execute("UPDATE customers SET user_id = NULL WHERE user_id = $1", somebody.user_id)
    viewer = replace(somebody.viewer, customer_id=None)
    client = Client(house.api, write_token(house.settings, viewer))
    assert await errors(client, "requestUpload", {"name": "a", "byteSize": 1}) == [("FORBIDDEN", None)]


async def test_a_list_takes_as_many_statements_for_two_as_for_twenty(house: House, server: Server) -> None:
    query = """{ documents(first: 20) { edges { node { id url thumbnail: url(thumbnail: true) upload { url }
      customer { name } driver { displayName } uploadedBy { fullName } } } } }"""
    found = []
    for more in (2, 18):
        for _ in range(more):
            person = await house.person(Role.CUSTOMER)
            await a_row(
                house,
                has_thumbnail=True,
                driver_id=await house.driver(),
                customer_id=person.viewer.customer_id,
                uploaded_by=person.user_id,
            )
        with counting(server) as statements:
            answer = await house.client("OWNER").run(query)
        found.append((len(answer["documents"]["edges"]), len(statements.setup), len(statements.data)))
    # the last one looks whether they belong to medical records, which would be written down
    assert found == [(2, 2, 5), (20, 2, 5)]


# proofs


async def attach(server: Server, viewer: Viewer, id: UUID) -> None:
    async with unit_of_work(server.database, viewer, Silence()) as uow:
        assert (await documents.attach(uow, id)).id == id


async def test_a_document_can_prove_something_once_it_came(house: House, server: Server) -> None:
    viewer = house.people["DRIVER"].viewer
    for status in ("RECEIVED", "READY"):
        await attach(server, viewer, await a_row(house, status, driver_id=viewer.driver_id))
    for status in ("AWAITED", "REJECTED"):
        with pytest.raises(BadUserInput):
            await attach(server, viewer, await a_row(house, status, driver_id=viewer.driver_id))
    with pytest.raises(NotFound):
        await attach(server, viewer, await a_row(house, driver_id=await house.driver()))


async def test_a_document_proves_one_thing(house: House, server: Server) -> None:
    driver = house.people["DRIVER"].viewer
    assert driver.driver_id
    ride = await house.transport(await house.customer())
    await house.route(driver.driver_id, [ride])
    stop = await house.value("SELECT id FROM stops WHERE organization_id = $1 LIMIT 1")
    id = await a_row(house, driver_id=driver.driver_id)
    proof = {"stop_id": stop, "transport_id": ride, "kind": "PHOTO", "document_id": id, "given_at": clock.now()}
    await house.insert("proofs", **proof)
    with pytest.raises(BadUserInput, match="the proof of something else"):
        await attach(server, driver, id)
