"""Taking up due work: claimed by a lease, so that one worker at a time does it and a dead one's is taken over."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.models import DueWork, WorkKind
from app.uow import UnitOfWork

BACKOFF_S = 5
BACKOFF_MAX_S = 3600


async def claim(session: AsyncSession, lease_s: int, *, limit: int = 1, id: UUID | None = None) -> list[DueWork]:
    """Lease what is due and nobody has; with `id`, only that piece."""
    now = clock.now()
    due = select(DueWork.id).where(
        DueWork.run_at <= now, DueWork.failed_at.is_(None), DueWork.lease_until.is_(None) | (DueWork.lease_until < now)
    )
    if id is not None:
        due = due.where(DueWork.id == id)
    # materialized, for a plan that ran the subquery again would claim more than `limit`
    chosen = due.order_by(DueWork.run_at, DueWork.id).limit(limit).with_for_update(skip_locked=True).cte()
    claimed = await session.execute(
        update(DueWork)
        .where(DueWork.id.in_(select(chosen.c.id)))
        .values(lease_until=now + timedelta(seconds=lease_s), attempts=DueWork.attempts + 1)
        .returning(DueWork)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return list(claimed.scalars())


async def waiting_s(session: AsyncSession) -> float:
    """How long the oldest piece of work that is due has waited for somebody to take it."""
    now = clock.now()
    free = DueWork.lease_until.is_(None) | (DueWork.lease_until < now)
    oldest = await session.scalar(select(func.min(DueWork.run_at)).where(DueWork.failed_at.is_(None), free))
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


async def leave_once(uow: UnitOfWork, kind: WorkKind, ref_id: UUID, run_at: datetime) -> None:
    """Leave a piece of work, unless one of its kind waits for the same row already."""
    waiting = select(DueWork.id).where(
        DueWork.organization_id == uow.viewer.organization_id,
        DueWork.kind == kind,
        DueWork.ref_id == ref_id,
        DueWork.failed_at.is_(None),
    )
    if await uow.first(waiting.limit(1)) is None:
        await uow.later(kind, ref_id, run_at)


async def withdraw(uow: UnitOfWork, ref_id: UUID, *kinds: WorkKind) -> None:
    """Let work of these kinds that waits for a row be left undone."""
    waiting = (DueWork.organization_id == uow.viewer.organization_id) & (DueWork.ref_id == ref_id)
    await uow.session.execute(
        delete(DueWork).where(waiting, DueWork.kind.in_(kinds)).execution_options(synchronize_session=False)
    )


async def extend(session: AsyncSession, work: DueWork, lease_s: int) -> bool:
    """Keep a piece of work that takes long; False if another worker has taken it over, or it was withdrawn."""
    kept = await session.execute(
        update(DueWork)
        .where(DueWork.id == work.id, DueWork.attempts == work.attempts)
        .values(lease_until=clock.now() + timedelta(seconds=lease_s))
        .returning(DueWork.id)
    )
    return kept.first() is not None


async def done(uow: UnitOfWork, work: DueWork) -> bool:
    """Strike the work off in the transaction of its effect; False if another worker has been faster."""
    struck = await uow.session.execute(
        delete(DueWork).where(DueWork.id == work.id, DueWork.attempts == work.attempts).returning(DueWork.id)
    )
    return struck.first() is not None


async def put_back(session: AsyncSession, work: DueWork, attempts_max: int) -> bool:
    """Try again later, ever later; after too many attempts set it aside. Says whether it was set aside."""
    aside = work.attempts >= attempts_max
    delay = timedelta(seconds=min(BACKOFF_S * 2 ** (work.attempts - 1), BACKOFF_MAX_S))
    await session.execute(
        update(DueWork)
        .where(DueWork.id == work.id, DueWork.attempts == work.attempts)
        .values(
            lease_until=None,
            run_at=DueWork.run_at if aside else clock.now() + delay,
            failed_at=clock.now() if aside else None,
        )
    )
    return aside
