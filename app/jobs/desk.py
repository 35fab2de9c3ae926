"""What a job has at hand, and how a piece of work is done once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.access import Viewer
from app.db import Database
from app.live import Wakes
from app.models import DueWork, WorkKind
from app.services import due_work
from app.services.exports import ListPage
from app.settings import Settings
from app.uow import UnitOfWork, again, unit_of_work

log = logging.getLogger(__name__)


class AlreadyDone(Exception):
    """Another worker was faster; nothing of this one's work may stay."""


class Lists(Protocol):
    """Reads the lists of the API, as clients see them: jobs know neither schema nor resolvers, so they are given it."""

    async def page(self, viewer: Viewer, request: Mapping[str, Any], after: str | None) -> ListPage:
        """Some rows behind a cursor. Raises `Unreadable` if they cannot be read, or not any more."""
        ...


class NoLists:
    """Of a process that was given none."""

    async def page(self, viewer: Viewer, request: Mapping[str, Any], after: str | None) -> ListPage:
        raise RuntimeError("this worker cannot read lists")


@dataclass(frozen=True)
class Errands:
    """What a worker does besides its lanes: work that waits for others most of the time. Whoever sends it bounds it."""

    tasks: dict["asyncio.Task[None]", str] = field(default_factory=dict)
    """Each with its sort."""
    writing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    """So that they leave connections to the lanes."""

    def under_way(self, sort: str) -> int:
        return sum(found == sort for found in self.tasks.values())

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@dataclass(frozen=True)
class Desk:
    """One worker process."""

    settings: Settings
    database: Database
    wakes: Wakes
    lists: Lists = NoLists()  # noqa: RUF009  # it has no state

    errands: Errands = field(default_factory=Errands)

    def send_out(self, sort: str, work: DueWork, errand: "Handler") -> None:
        """Go on with a piece of work while its lane is free for others."""
        task = asyncio.create_task(_do(self, work, errand))
        self.errands.tasks[task] = sort
        task.add_done_callback(self.errands.tasks.pop)

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
        await _do(desk, work, HANDLERS[work.kind])
    return len(claimed)


async def _do(desk: Desk, work: DueWork, handler: Handler) -> None:
    try:
        await again(partial(handler, desk, work))
    except AlreadyDone:
        log.info("%s %s was done by another worker", work.kind, work.id)
    except Exception:
        # whatever went wrong, the next piece of work must not suffer from it
        log.exception("%s %s failed at attempt %d", work.kind, work.id, work.attempts)
        async with desk.database.write() as session, session.begin():
            await due_work.put_back(session, work, desk.settings.work_attempts_max)
