"""Runs of asking a partner's system: asked for, repeated, called off."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.errors import PartnerNotAsked
from app.models import ConnectionStatus, EventType, PartnerLink, SyncRun, SyncStatus, WorkKind
from app.uow import UnitOfWork

LIVE = (SyncStatus.QUEUED, SyncStatus.RUNNING)


async def request_sync(uow: UnitOfWork, connection_id: UUID) -> SyncRun:
    """Have a partner's system asked now; while that is under way, asking again answers the run there is."""
    connection = await uow.get(PartnerLink, connection_id, lock=True)
    if connection.status is not ConnectionStatus.ACTIVE:
        raise PartnerNotAsked(f"This connection is {connection.status}.")
    if connection.closed_until is not None and connection.closed_until > uow.now:
        raise PartnerNotAsked("The partner's system failed again and again; it is left alone.", connection.closed_until)
    return await _run(uow, connection)


async def _run(uow: UnitOfWork, connection: PartnerLink) -> SyncRun:
    """The one that is under way, or a new one. The connection's lock makes it one."""
    live = await live_run(uow, connection.id)
    if live is not None:
        return live
    run = await uow.add(SyncRun(connection_id=connection.id, status=SyncStatus.QUEUED, requested_by=uow.viewer.user_id))
    uow.emit(EventType.SYNC_REQUESTED, run)
    await uow.later(WorkKind.RUN_SYNC, run.id)
    return run


async def live_run(uow: UnitOfWork, connection_id: UUID) -> SyncRun | None:
    statement = select(SyncRun).where(
        SyncRun.organization_id == uow.viewer.organization_id,
        SyncRun.connection_id == connection_id,
        SyncRun.status.in_(LIVE),
    )
    return await uow.first(statement)


async def start_sync(uow: UnitOfWork, connection_id: UUID) -> None:
    """As often as was agreed; a system that is left alone is asked as soon as its rest is over."""
    connection = await uow.get(PartnerLink, connection_id, lock=True)
    if connection.status is not ConnectionStatus.ACTIVE or connection.every_hours is None:
        return
    if connection.closed_until is not None and connection.closed_until > uow.now:
        await uow.later(WorkKind.START_SYNC, connection.id, connection.closed_until)
        return
    await _run(uow, connection)
    await uow.later(WorkKind.START_SYNC, connection.id, uow.now + timedelta(hours=connection.every_hours))


async def cancel_sync(uow: UnitOfWork, sync_run_id: UUID) -> SyncRun:
    """Call a run off; a worker that is at it finds out and stops. What it has written stays."""
    run = await uow.get(SyncRun, sync_run_id)
    await uow.transition(run, SyncStatus.CANCELLED, finished_at=uow.now)
    uow.emit(EventType.SYNC_CANCELLED, run)
    return run


async def call_off(uow: UnitOfWork, connection_id: UUID) -> None:
    """Nothing more comes of a connection as it was. Its lock is held."""
    run = await live_run(uow, connection_id)
    if run is not None:
        await cancel_sync(uow, run.id)
