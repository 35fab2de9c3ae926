"""Planning runs: asked for, taken up by a worker, followed, called off."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.errors import DayTooLarge, PlanningRunActive
from app.models import EventType, PlanningRun, PlanningStatus, Transport, TransportStatus, WorkKind
from app.services import values
from app.services.planning.day import Day
from app.services.planning.standing import SEEN, of_day, on_open_routes, waiting
from app.services.routing.problem import Goals, Progress
from app.uow import UnitOfWork

SEARCHED = 95
"""Percent of a run when the search is over; the rest is writing the plan."""


async def optimize_routes(
    uow: UnitOfWork,
    date: date,
    time_limit_s: int,
    label: str | None = None,
    *,
    limit_max: int,
    transports_max: int,
    fewest_vehicles: bool = False,
    balanced: bool = False,
) -> PlanningRun:
    """Ask a worker for a plan of a day; one at a time for each day."""
    values.between(time_limit_s, 1, limit_max, "timeLimit")
    count = await uow.first(
        select(func.count()).select_from(Transport).where(or_(waiting(uow, date), on_open_routes(uow, date)))
    )
    if (count or 0) > transports_max:
        raise DayTooLarge(count or 0, transports_max)
    created = await uow.session.execute(
        insert(PlanningRun)
        .values(
            organization_id=uow.viewer.organization_id,
            date=date,
            status=PlanningStatus.QUEUED,
            progress=0,
            time_limit_s=time_limit_s,
            label=values.text(label, "label"),
            fewest_vehicles=fewest_vehicles,
            balanced=balanced,
            requested_by=uow.viewer.user_id,
            created_at=uow.now,
            updated_at=uow.now,
        )
        .on_conflict_do_nothing(
            index_elements=["organization_id", "date"], index_where=text("status IN ('QUEUED', 'RUNNING')")
        )
        .returning(PlanningRun)
    )
    run = created.scalars().first()
    if run is None:
        raise PlanningRunActive(await _active(uow, date))
    uow.emit(EventType.PLANNING_REQUESTED, run)
    await uow.later(WorkKind.PLAN_ROUTES, run.id)
    return run


async def _active(uow: UnitOfWork, date: date) -> UUID:
    """The run that stood in the way, even if it has ended since: the day's latest."""
    runs = select(PlanningRun.id).where(
        PlanningRun.organization_id == uow.viewer.organization_id, PlanningRun.date == date
    )
    return (await uow.scalars(runs.order_by(PlanningRun.created_at.desc()).limit(1)))[0]


async def cancel_planning_run(uow: UnitOfWork, planning_run_id: UUID) -> PlanningRun:
    """Call a run off; a worker that is at it finds out and stops."""
    run = await uow.get(PlanningRun, planning_run_id)
    await uow.transition(run, PlanningStatus.CANCELLED, finished_at=uow.now)
    uow.emit(EventType.PLANNING_CANCELLED, run)
    return run


async def start(uow: UnitOfWork, planning_run_id: UUID) -> PlanningRun | None:
    """Take a run up; one that a killed worker left behind is taken up again. None if there is nothing left to do."""
    run = await uow.get(PlanningRun, planning_run_id, lock=True)
    if run.status is PlanningStatus.RUNNING:
        return run
    if run.status is not PlanningStatus.QUEUED:
        return None
    await uow.transition(run, PlanningStatus.RUNNING, started_at=uow.now)
    uow.emit(EventType.PLANNING_STARTED, run)
    return run


async def load(uow: UnitOfWork, run: PlanningRun) -> Day:
    """Read what a run has to plan."""
    return Day(await of_day(uow, run.date), Goals(run.fewest_vehicles, int(run.balanced)))


def promised(day: Day) -> Collection[UUID]:
    """Transports whose customers have been told when the driver comes."""
    seen = {route.id for route in day.standing.open_routes if route.status in SEEN}
    return [
        ride.id
        for ride in day.standing.transports.values()
        if ride.status is TransportStatus.ASSIGNED and ride.route_id in seen
    ]


async def is_still_wanted(uow: UnitOfWork, planning_run_id: UUID, progress: Progress | None) -> bool:
    """Whether the run has not been called off; if it has not, how far the search is is written down."""
    found: dict[str, object] = {"updated_at": uow.now}
    if progress is not None:
        share = progress.elapsed_s / max(progress.time_limit_s, 0.001)
        found |= {
            "progress": min(SEARCHED, int(SEARCHED * share)),
            "elapsed_s": int(progress.elapsed_s),
            "best_objective": progress.best_objective,
            "assigned_count": progress.assigned,
        }
    still = await uow.session.execute(
        update(PlanningRun)
        .where(
            PlanningRun.organization_id == uow.viewer.organization_id,
            PlanningRun.id == planning_run_id,
            PlanningRun.status == PlanningStatus.RUNNING,
        )
        .values(found)
        .returning(PlanningRun.id)
        .execution_options(synchronize_session=False)
    )
    return still.first() is not None


async def fail(uow: UnitOfWork, planning_run_id: UUID, code: str, message: str) -> None:
    run = await uow.get(PlanningRun, planning_run_id, lock=True)
    if run.status in (PlanningStatus.QUEUED, PlanningStatus.RUNNING):
        await uow.transition(run, PlanningStatus.FAILED, finished_at=uow.now, error_code=code, error_message=message)
        uow.emit(EventType.PLANNING_FAILED, run, payload={"code": code})
