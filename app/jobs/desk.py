"""What a job has at hand, and how a piece of work is done once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.access import Viewer
from app.db import Database
from app.live import Wakes
from app.models import DueWork, WorkKind
from app.services import due_work
from app.settings import Settings
from app.uow import UnitOfWork, again, unit_of_work

log = logging.getLogger(__name__)


class AlreadyDone(Exception):
    """Another worker was faster; nothing of this one's work may stay."""


@dataclass(frozen=True)
class Desk:
    """One worker process."""

    settings: Settings
    database: Database
    wakes: Wakes

    @asynccontextmanager
    async def write(self, work: DueWork) -> AsyncIterator[UnitOfWork]:
        """A transaction of the system's in the work's organization."""
        viewer = Viewer.system(work.organization_id)
        async with unit_of_work(self.database, viewer, self.wakes) as uow:
            yield uow

    @asynccontextmanager
    async def finish(self, work: DueWork) -> AsyncIterator[UnitOfWork]:
        """The last transaction of a piece of work, which also strikes it off."""
        async with self.write(work) as uow:
            if not await due_work.done(uow, work):
                raise AlreadyDone
            yield uow

    @asynccontextmanager
    async def lease(self, work: DueWork) -> AsyncIterator[None]:
        """Keep a piece of work ours while what takes long goes on."""
        extending = asyncio.create_task(self._extend(work))
        try:
            yield
        finally:
            extending.cancel()

    async def _extend(self, work: DueWork) -> None:
        while True:
            await asyncio.sleep(self.settings.work_lease_s / 3)
            try:
                async with self.database.write() as session, session.begin():
                    await due_work.extend(session, work, self.settings.work_lease_s)
            except (SQLAlchemyError, OSError):
                log.exception("could not extend the lease of %s; trying again", work.id)


Handler = Callable[[Desk, DueWork], Awaitable[None]]
HANDLERS: dict[WorkKind, Handler] = {}


def handles(*kinds: WorkKind) -> Callable[[Handler], Handler]:
    """Register what does these kinds of work."""

    def bind(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(kinds, handler))
        return handler

    return bind


async def take_up(desk: Desk, *, limit: int = 1, id: UUID | None = None) -> int:
    """Claim what is due, and do it; answers how much was claimed."""
    async with desk.database.write() as session, session.begin():
        claimed = await due_work.claim(session, desk.settings.work_lease_s, limit=limit, id=id)
    for work in claimed:
        await _do(desk, work)
    return len(claimed)


async def _do(desk: Desk, work: DueWork) -> None:
    try:
        await again(partial(HANDLERS[work.kind], desk, work))
    except AlreadyDone:
        log.info("%s %s was done by another worker", work.kind, work.id)
    except Exception:
        # whatever went wrong, the next piece of work must not suffer from it
        log.exception("%s %s failed at attempt %d", work.kind, work.id, work.attempts)
        async with desk.database.write() as session, session.begin():
            await due_work.put_back(session, work, desk.settings.work_attempts_max)
