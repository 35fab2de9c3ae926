"""Writing files that people asked for. Killed anywhere, the next worker writes the file anew, to the same place."""

import hashlib
import logging
import tempfile
import zipfile
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import IO, Any, cast

import orjson

from app.access import Viewer
from app.errors import InvalidTransition
from app.jobs.desk import Desk, handles
from app.models import DueWork, Export, ExportKind, ExportStatus, WorkKind
from app.services import audit, documents, exports, privacy
from app.services.audit import Entry
from app.services.exports import Lines, Unreadable, Written
from app.storage import Storage, TooLarge
from app.uow import ReadUnit

log = logging.getLogger(__name__)

BATCH = 1_000
"""Rows in memory."""
ATTEMPTS_MAX = 3
SPOOL = 1024 * 1024
"""Bytes of a document in memory, while it is put into an archive."""


class CalledOff(Exception):
    """The export was cancelled while it was written."""


@handles(WorkKind.WRITE_EXPORT)
async def write_export(desk: Desk, work: DueWork) -> None:
    async with desk.write(work) as uow:
        export = await exports.start(uow, work.ref_id)
    if export is None:
        await _clear_up(desk, work)
        return
    await desk.wakes.changed(work.organization_id, export.id)
    try:
        async with desk.lease(work):
            await _write(desk, work, export)
    except (CalledOff, InvalidTransition):
        await _clear_up(desk, work)
    except Unreadable as reason:
        await _give_up(desk, work, export, reason.message)
    except Exception:
        if work.attempts < ATTEMPTS_MAX:
            raise
        log.exception("export %s failed", export.id)
        await _give_up(desk, work, export, "The file could not be written; try again.")
    await desk.wakes.changed(work.organization_id, export.id)


async def _give_up(desk: Desk, work: DueWork, export: Export, reason: str) -> None:
    async with desk.finish(work) as uow:
        await exports.fail(uow, export.id, reason)
        # it may be whole, and lie where no document says
        await _throw_away(desk, export)


async def _write(desk: Desk, work: DueWork, export: Export) -> None:
    """Raises `CalledOff`, and `InvalidTransition` if that came in the last moment."""
    progress = _Progress(desk, work, export)
    with tempfile.TemporaryFile() as file:
        await WRITERS[export.kind](desk, export, file, progress)
        written = await to_thread(_measured, file, progress.done)
        await progress.look()
        document = exports.document_of(export)
        headers = documents.headers(document.name, str(document.content_type), desk.settings.download_url_s)
        await Storage.of(desk.settings).put(documents.key(document, "file"), file, headers)
    async with desk.finish(work) as uow:
        await exports.succeed(uow, export.id, written, desk.settings.export_keep_days)


def _measured(file: IO[bytes], rows: int) -> Written:
    size = file.tell()
    file.seek(0)
    digest = hashlib.file_digest(cast("Any", file), "sha256").hexdigest()
    return Written(size, digest, rows)


async def _clear_up(desk: Desk, work: DueWork) -> None:
    """What a lost worker left of an export that is not wanted any more."""
    async with desk.write(work) as uow:
        export = await uow.fetch(Export, work.ref_id)
    if export.status is not ExportStatus.SUCCEEDED:
        await _throw_away(desk, export)
    async with desk.finish(work):
        pass


async def _throw_away(desk: Desk, export: Export) -> None:
    await Storage.of(desk.settings).delete(documents.key(exports.document_of(export), "file"))


class _Progress:
    """How far an export is, for whoever follows it. Each look finds out if it is wanted still."""

    def __init__(self, desk: Desk, work: DueWork, export: Export) -> None:
        self.desk = desk
        self.work = work
        self.export = export
        self.done = 0

    async def requester(self) -> Viewer:
        """Raises `Unreadable` if whoever asked for it does not belong here any more."""
        async with self.desk.write(self.work) as uow:
            return await exports.requester(uow, self.export)

    async def begin(self, rows: int) -> None:
        async with self.desk.write(self.work) as uow:
            if not await exports.count(uow, self.export.id, rows):
                raise CalledOff

    async def add(self, rows: int) -> None:
        self.done += rows
        await self.look()

    async def look(self) -> None:
        async with self.desk.write(self.work) as uow:
            if not await exports.is_still_wanted(uow, self.export.id, self.done):
                raise CalledOff
        await self.desk.wakes.changed(self.work.organization_id, self.export.id)


@asynccontextmanager
async def _reading(desk: Desk, viewer: Viewer) -> AsyncIterator[ReadUnit]:
    reads = ReadUnit(desk.database, viewer)
    try:
        yield reads
    finally:
        await reads.close()


async def _write_log(desk: Desk, export: Export, file: IO[bytes], progress: _Progress) -> None:
    """The log is only ever added to: page after page, each in a snapshot of its own, is what one snapshot would be."""
    organization_id, wanted, lines = export.organization_id, exports.wanted(export), Lines(export.format)
    viewer = Viewer.system(organization_id)
    async with _reading(desk, viewer) as reads:
        total = (await reads.execute(audit.count(organization_id, wanted))).scalar_one()
    await progress.begin(int(total))
    file.write(lines.head())
    after = 0
    while True:
        async with _reading(desk, viewer) as reads:
            rows = (await reads.execute(audit.entries(organization_id, wanted, after, BATCH))).all()
        if not rows:
            return
        entries = [Entry(*row) for row in rows]
        await to_thread(_append, file, lines, entries)
        after = entries[-1].event.seq
        await progress.add(len(entries))


def _append(file: IO[bytes], lines: Lines, entries: Sequence[Entry]) -> None:
    file.write(lines.of(entries))


async def _write_connection(desk: Desk, export: Export, file: IO[bytes], progress: _Progress) -> None:
    """Page after page, each as whoever asked sees it by then: what they may see no more is not written."""
    request = export.request or {}
    after: str | None = None
    while True:
        page = await desk.lists.page(await progress.requester(), request, after)
        if after is None:
            await progress.begin(page.total or 0)
        await to_thread(_append_nodes, file, page.rows)
        await progress.add(len(page.rows))
        after = page.next
        if after is None:
            return


def _append_nodes(file: IO[bytes], rows: Iterable[object]) -> None:
    file.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))


async def _write_person(desk: Desk, export: Export, file: IO[bytes], progress: _Progress) -> None:
    """One snapshot of everything, then the bytes of the documents."""
    organization_id = export.organization_id
    async with _reading(desk, Viewer.system(organization_id)) as reads:
        person = await privacy.person_of(reads, export)
    # people see their own account and sessions, and so does who acts as them
    viewer = Viewer.system(organization_id, person.user_id)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        async with _reading(desk, viewer) as reads:
            for part in privacy.parts():
                await _file(archive, part.name, privacy.rows_of(reads, part, person), progress)
            await _file(archive, "events.json", privacy.events_of(reads, person), progress)
            for name, rows in (await privacy.accounts(reads, person)).items():
                await to_thread(archive.writestr, name, _json(rows))
            kept = await privacy.documents_of(reads, person)
        for document in kept:
            await _put(desk, archive, document)
            await progress.add(1)


async def _file(archive: zipfile.ZipFile, name: str, pages: AsyncIterator[Sequence[Any]], progress: _Progress) -> None:
    """A JSON list. Tables that have nothing have no file."""
    first = await anext(pages, None)
    if first is None:
        return
    with archive.open(name, "w", force_zip64=True) as member:
        await to_thread(member.write, b"[\n" + _listed(first))
        await progress.add(len(first))
        async for rows in pages:
            await to_thread(member.write, b",\n" + _listed(rows))
            await progress.add(len(rows))
        await to_thread(member.write, b"\n]\n")


def _listed(rows: Iterable[Any]) -> bytes:
    return b",\n".join(map(_json, rows))


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=str)


async def _put(desk: Desk, archive: zipfile.ZipFile, document: Any) -> None:
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as bytes_:
        try:
            await Storage.of(desk.settings).fetch(
                documents.key(document, "file"), cast("IO[bytes]", bytes_), document.byte_size or 0
            )
        except (FileNotFoundError, TooLarge):
            log.warning("document %s is not where it should be", document.id)
            return
        await to_thread(_copy, archive, f"documents/{document.id}-{document.name}", cast("IO[bytes]", bytes_))


def _copy(archive: zipfile.ZipFile, name: str, source: IO[bytes]) -> None:
    with archive.open(name, "w", force_zip64=True) as member:
        while chunk := source.read(SPOOL):
            member.write(chunk)


WRITERS: dict[ExportKind, Callable[[Desk, Export, IO[bytes], _Progress], Any]] = {
    ExportKind.AUDIT_LOG: _write_log,
    ExportKind.PERSON: _write_person,
    ExportKind.CONNECTION: _write_connection,
}
