"""What runs out in the fleet, said in time."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.jobs.desk import AlreadyDone, Desk, handles
from app.models import DueWork, WorkKind
from app.services import due_work, fleet
from app.uow import UnitOfWork

Warn = Callable[[UnitOfWork, UUID], Awaitable[None]]


@handles(WorkKind.WARN_OF_LICENCE)
async def warn_of_licence(desk: Desk, work: DueWork) -> None:
    await _warn(desk, work, fleet.warn_of_licence)


@handles(WorkKind.WARN_OF_MAINTENANCE)
async def warn_of_maintenance(desk: Desk, work: DueWork) -> None:
    await _warn(desk, work, fleet.warn_of_maintenance)


async def _warn(desk: Desk, work: DueWork, warn: Warn) -> None:
    """The work is struck off last: as who changes the date does, the row is locked first and then its work."""
    async with desk.write(work) as uow:
        await warn(uow, work.ref_id)
        if not await due_work.done(uow, work):
            raise AlreadyDone
