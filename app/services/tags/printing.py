"""Tags on paper: a code that every camera reads, and sheets of them to cut out."""

from asyncio import get_running_loop
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID

import segno
from sqlalchemy import and_, select

from app.access import conditions
from app.errors import BadUserInput, NotFound
from app.models import Document, Subject, Tag, TagStatus, WorkKind
from app.models.base import among
from app.services import documents, values
from app.storage import Storage
from app.uow import UnitOfWork

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = Path(__file__).parent / "font" / "DejaVuSans-subset.ttf"
"""Latin, Greek, Cyrillic and Georgian letters."""
TAGS_MAX = 200
COLUMNS_MAX = 6
KEPT = timedelta(days=7)
"""How long a sheet can be downloaded; it can be made again."""

DRAWING = ThreadPoolExecutor(1, "drawing")
"""Milliseconds for a code, seconds for many: others are answered meanwhile. More threads would take turns with them."""

PAGE_W, PAGE_H, MARGIN = 210, 297, 12
"""A4, in millimetres."""
QUIET = 4
"""Modules that must stay white around a code (ISO/IEC 18004)."""


def url(public_url: str, uid: str) -> str:
    """What a printed code says: a page that tells strangers nothing, and ends with the uid."""
    return f"{public_url.rstrip('/')}/t/{quote(uid, safe='')}"


async def drawn(public_url: str, uid: str) -> str:
    return await get_running_loop().run_in_executor(DRAWING, svg, public_url, uid)


def svg(public_url: str, uid: str) -> str:
    image = BytesIO()
    _code(public_url, uid).save(image, kind="svg", xmldecl=False, scale=4, border=QUIET)
    return image.getvalue().decode().strip()


def _code(public_url: str, uid: str) -> segno.QRCode:
    # tags are scratched and wet: a quarter of the code may be unreadable
    return segno.make_qr(url(public_url, uid), error="q")


async def print_tags(
    uow: UnitOfWork, storage: Storage, public_url: str, tag_ids: Sequence[UUID], columns: int = 3
) -> Document:
    """A sheet with the tags in the order asked for, to cut out."""
    if not 1 <= len(tag_ids) <= TAGS_MAX:
        raise BadUserInput(f"A sheet has 1 to {TAGS_MAX} tags.", "tagIds")
    values.between(columns, 1, COLUMNS_MAX, "columns")
    labels = [Label(url(public_url, tag.uid), name, tag.label or tag.uid) for tag, name in await _wanted(uow, tag_ids)]
    content = await get_running_loop().run_in_executor(DRAWING, sheet, labels, columns)
    file = documents.Incoming("tags.pdf", BytesIO(content), len(content))
    document = await documents.upload_document(uow, storage, file)
    # it names subjects of many customers, and erasing one of them does not look for it
    await uow.later(WorkKind.ERASE_DOCUMENT, document.id, uow.now + KEPT)
    return document


async def _wanted(uow: UnitOfWork, tag_ids: Sequence[UUID]) -> list[tuple[Tag, str]]:
    statement = (
        select(Tag, Subject.name)
        .join(Subject, and_(Subject.organization_id == Tag.organization_id, Subject.id == Tag.subject_id))
        .where(among(Tag.id, tag_ids), Tag.status == TagStatus.ACTIVE, *conditions(uow.viewer, Tag))
    )
    found = {row[0].id: (row[0], row[1]) for row in await uow.session.execute(statement)}
    if missing := set(tag_ids) - set(found):
        raise NotFound(f"tag in use among those wanted ({len(missing)} of {len(tag_ids)})")
    return [found[id] for id in tag_ids]


@dataclass(frozen=True)
class Label:
    """One tag on a sheet."""

    url: str
    name: str
    text: str


def sheet(labels: Iterable[Label], columns: int) -> bytes:
    """A PDF of A4 pages; each label is as wide as its column, and lines show where to cut."""
    from fpdf import FPDF  # only here: it takes longer to load than most of the server

    width = (PAGE_W - 2 * MARGIN) / columns
    height = width * 1.2  # below the code, two lines of text
    rows = int((PAGE_H - 2 * MARGIN) // height)
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_font("sans", fname=FONT)
    for number, label in enumerate(labels):
        row, column = divmod(number % (rows * columns), columns)
        if row == column == 0:
            pdf.add_page()
        _draw(pdf, label, MARGIN + column * width, MARGIN + row * height, width, height)
    return bytes(pdf.output())


def _draw(pdf: "FPDF", label: Label, x: float, y: float, width: float, height: float) -> None:
    pdf.set_draw_color(200)
    pdf.set_line_width(0.1)
    pdf.rect(x, y, width, height)
    _draw_code(pdf, label.url, x, y, width)
    size = width * 0.22
    for text, share, top in ((label.name, 1.0, 0.98), (label.text, 0.7, 1.08)):
        pdf.set_font("sans", size=size * share)
        pdf.set_xy(x, y + width * top)
        pdf.cell(width, width * 0.1, _fitting(pdf, text, width * 0.94), align="C")


def _draw_code(pdf: "FPDF", url: str, x: float, y: float, width: float) -> None:
    """The dark modules as rectangles, a run of them as one: sharp at any size."""
    matrix = segno.make_qr(url, error="q").matrix
    module = width / (len(matrix) + 2 * QUIET)
    pdf.set_fill_color(0)
    for row, line in enumerate(matrix):
        start = 0
        for end in range(1, len(line) + 1):
            if end == len(line) or line[end] != line[start]:
                if line[start]:
                    at = (x + (QUIET + start) * module, y + (QUIET + row) * module)
                    pdf.rect(*at, (end - start) * module, module, style="F")
                start = end


def _fitting(pdf: "FPDF", text: str, width: float) -> str:
    """As much of a text as there is room for."""
    if pdf.get_string_width(text) <= width:
        return text
    end = bisect_left(range(len(text)), True, key=lambda end: pdf.get_string_width(text[: end + 1] + "…") > width)
    return text[:end].rstrip() + "…"
