"""Tags on paper: what a camera reads off them."""

import asyncio
import time

import httpx
import pypdfium2
import pytest
import segno
import zxingcpp
from PIL import Image

from app.jobs.worker import Work
from app.services.tags.printing import Label, drawn, sheet, svg, url
from tests.factories.houses import House
from tests.services.test_tags import Here
from tests.steps import errors, eventually, nothing_changes
from tests.uploading import fetch

PRINTED = "... on PrintTagsPayload { document { id } }"
NAME = "ბიმი Шарик Å"


def pages(content: bytes) -> list[Image.Image]:
    return [page.render(scale=2).to_pil() for page in pypdfium2.PdfDocument(content)]


def read(image: Image.Image) -> list[str]:
    return sorted(code.text for code in zxingcpp.read_barcodes(image))


def test_every_code_of_a_sheet_can_be_read() -> None:
    labels = [Label(f"https://api.example/t/{number:03}", NAME, "x" * 80) for number in range(40)]
    found = [read(page) for page in pages(sheet(labels, columns=3))]
    assert [len(codes) for codes in found] == [9, 9, 9, 9, 4]
    assert [code for codes in found for code in codes] == [label.url for label in labels]


@pytest.mark.parametrize("columns", [1, 6])
def test_codes_of_any_size_can_be_read(columns: int) -> None:
    labels = [Label(f"https://api.example/t/{number}", NAME, "") for number in range(2)]
    found = [code for page in pages(sheet(labels, columns)) for code in read(page)]
    assert sorted(found) == [label.url for label in labels]


def test_the_letters_of_our_customers_are_printed() -> None:
    text = (
        pypdfium2.PdfDocument(sheet([Label("https://api.example/t/1", NAME, "")], 1))[0].get_textpage().get_text_range()
    )
    assert NAME in text


def test_an_image_says_the_same() -> None:
    image = svg("https://api.example/", "abc")
    modules = len(segno.make_qr("https://api.example/t/abc", error="q").matrix)
    side = 4 * (modules + 8)
    assert image.startswith(f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}"')


async def test_a_sheet_is_printed_and_fetched(house: House, api: str, worker: Work) -> None:
    visit = await Here.of(house)
    other = await visit.tagged("QR", "other")
    wanted = {"tagIds": [house.gid("Tag", other), house.gid("Tag", visit.tag)], "columns": 2}
    document = (await visit.staff.act("printTags", wanted, PRINTED))["document"]["id"]
    query = "query File($id: ID!) { node(id: $id) { ... on Document { name contentType url } } }"

    async def ready() -> bool:
        return bool((await visit.staff.run(query, {"id": document}))["node"]["url"])

    await eventually(ready)
    file = (await visit.staff.run(query, {"id": document}))["node"]
    assert (file["name"], file["contentType"]) == ("tags.pdf", "application/pdf")
    content = (await fetch(api, file["url"])).content
    (page,) = pages(content)
    public = house.settings.public_url
    assert read(page) == [f"{public}/t/04A2B3C4D5E680", f"{public}/t/other"]


async def test_what_cannot_be_printed(house: House, stranger: House) -> None:
    visit, theirs = await Here.of(house), await Here.of(stranger)
    await house.pool.execute("UPDATE tags SET status = 'RETIRED' WHERE id = $1", visit.tag)
    fine = house.gid("Tag", await visit.tagged("QR", "fine"))
    async with nothing_changes(house):
        for tag in (visit.tag, theirs.tag):
            wanted = {"tagIds": [fine, house.gid("Tag", tag)]}
            assert await errors(visit.staff, "printTags", wanted) == [("NOT_FOUND", None)]
        assert await errors(visit.staff, "printTags", {"tagIds": []}) == [("BAD_USER_INPUT", "tagIds")]
        assert await errors(visit.staff, "printTags", {"tagIds": [fine] * 201}) == [("BAD_USER_INPUT", "tagIds")]
        assert await errors(visit.staff, "printTags", {"tagIds": [fine], "columns": 7}) == [
            ("BAD_USER_INPUT", "columns")
        ]


async def test_a_stranger_learns_nothing(house: House, api: str) -> None:
    await Here.of(house)
    async with httpx.AsyncClient(base_url=f"http://{api}", trust_env=False) as http:
        known, unknown = await http.get("/t/04A2B3C4D5E680"), await http.get("/t/nobody")
    assert known.status_code == unknown.status_code == 200
    assert known.content == unknown.content


def test_a_long_label_is_cut() -> None:
    """In no time, for it may be of any length."""
    started = time.process_time()
    content = sheet([Label("https://api.example/t/1", "B" * 200, "C" * 5_000)] * 20, 1)
    assert time.process_time() - started < 5
    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert [line[0] + line[-1] for line in text.splitlines()] == ["B…", "C…"]


@pytest.mark.parametrize("uid", ["a/b", "a b?c#d%20", "ნინო", "https://way.post/t/abc"])
async def test_whatever_a_code_is_it_is_found_again(house: House, uid: str) -> None:
    """Printed, it is the end of a URL."""
    visit = await Here.of(house)
    tag = await visit.tagged("QR", uid)
    (printed,) = read(pages(sheet([Label(url("https://api.example", uid), NAME, "")], 1))[0])
    wanted, shown = {"tagUid": printed, "kind": "SIGHTING"}, "... on ScanTagSuccess { scan { tag { id } } }"
    answer = await visit.staff.act("scanTag", wanted, shown)
    assert answer["scan"]["tag"]["id"] == house.gid("Tag", tag)


async def test_an_end_that_no_code_can_have_is_unknown(house: House) -> None:
    visit = await Here.of(house)
    wanted = {"tagUid": "https://api.example/t/a%00%FF", "kind": "SIGHTING"}
    answer = await visit.staff.act("scanTag", wanted, "... on Problem { message }")
    assert answer["__typename"] == "TagUnknown"


async def test_others_are_answered_while_codes_are_drawn() -> None:
    drawing = asyncio.gather(*(drawn("https://api.example", f"code {number}") for number in range(60)))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(set(await drawing)) == 60
    assert turns > 10
