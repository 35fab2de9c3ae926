"""Looking at files that were uploaded, and giving up those that never came."""

import asyncio
import contextlib
import logging

from app.errors import InvalidTransition
from app.jobs.desk import Desk, handles
from app.models import Document, DocumentStatus, DueWork, WorkKind
from app.services import documents
from app.services.documents import Desktop, Examined, ExaminerDied, Unfit
from app.services.documents.names import Part
from app.storage import Storage, TooLarge

log = logging.getLogger(__name__)

EXAMINERS = asyncio.Semaphore(2)
"""An image may take a gigabyte while it is read."""
PARTS: tuple[Part, ...] = ("original", "file", "thumbnail")
DEATHS_MAX = 3
"""A process may be killed for no fault of the file's; not again and again."""


@handles(WorkKind.PROCESS_DOCUMENT)
async def process_document(desk: Desk, work: DueWork) -> None:
    """Say what the file is, then clear up what came, then strike the work off: killed anywhere, the next worker goes on
    from there."""
    storage = Storage.of(desk.settings)
    async with EXAMINERS:
        document, unseen = await _document(desk, work)
        if unseen:
            # whoever was faster has said the same
            with contextlib.suppress(InvalidTransition):
                await _look(desk, work, storage, document)
    await storage.delete(documents.key(document, "original"))
    if (await _document(desk, work))[0].status is DocumentStatus.REMOVED:
        # it was thrown away while we looked at it, perhaps before we kept something of it
        await _erase(storage, document)
    async with desk.finish(work):
        pass


async def _document(desk: Desk, work: DueWork) -> tuple[Document, bool]:
    async with desk.write(work) as uow:
        return await documents.unseen(uow, work.ref_id)


async def _look(desk: Desk, work: DueWork, storage: Storage, document: Document) -> None:
    with documents.desktop() as files:
        try:
            found = await _examined(desk, work, storage, document, files)
        except Unfit as unfit:
            async with desk.write(work) as uow:
                await documents.reject(uow, document.id, str(unfit))
            return
        except FileNotFoundError:
            if (await _document(desk, work))[1]:
                raise
            return  # another worker has looked at it meanwhile, and cleared up
        await _keep(desk, storage, document, files, found)
    async with desk.write(work) as uow:
        await documents.accept(uow, document.id, found)


async def _examined(desk: Desk, work: DueWork, storage: Storage, document: Document, files: Desktop) -> Examined:
    """Raises `Unfit`."""
    try:
        await storage.fetch(documents.key(document, "original"), files.source, desk.settings.upload_bytes_max)
        return await documents.examine(desk.settings, files)
    except TooLarge:
        raise Unfit(f"A file has at most {desk.settings.upload_bytes_max} bytes.") from None
    except ExaminerDied as death:
        if work.attempts < DEATHS_MAX:
            raise
        log.warning("document %s cannot be read: %s", document.id, death)
        raise Unfit("This file cannot be read.") from None


async def _keep(desk: Desk, storage: Storage, document: Document, files: Desktop, found: Examined) -> None:
    """Under the keys that are handed out; twice is as good as once."""
    fresh_s = desk.settings.download_url_s
    if found.is_image:
        name = documents.name(document, thumbnail=True)
        small = documents.headers(name, documents.THUMBNAIL_TYPE, fresh_s)
        await storage.put(documents.key(document, "thumbnail"), files.thumbnail, small)
    name = documents.typed(document.name, found.content_type)
    await storage.put(documents.key(document, "file"), files.kept, documents.headers(name, found.content_type, fresh_s))


@handles(WorkKind.EXPIRE_UPLOAD)
async def expire_upload(desk: Desk, work: DueWork) -> None:
    """Give the upload up, then clear up what may have come, then strike the work off."""
    async with desk.write(work) as uow:
        document = await documents.expire_upload(uow, work.ref_id)
    if document is not None:
        await Storage.of(desk.settings).delete(documents.key(document, "original"))
    async with desk.finish(work):
        pass


@handles(WorkKind.ERASE_DOCUMENT)
async def erase_document(desk: Desk, work: DueWork) -> None:
    """Say that it is gone, if nobody has yet, then throw its bytes away, then strike the work off."""
    async with desk.write(work) as uow:
        document = await documents.removed(uow, work.ref_id)
    await _erase(Storage.of(desk.settings), document)
    async with desk.finish(work):
        pass


async def _erase(storage: Storage, document: Document) -> None:
    await storage.delete(*(documents.key(document, part) for part in PARTS))
