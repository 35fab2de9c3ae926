"""Planning: the search runs in a process of its own, outside any transaction."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from app.errors import WaypostError
from app.jobs.desk import Desk, handles
from app.models import DueWork, PlanningRun, PlanningStatus, WorkKind
from app.services import due_work, planning
from app.services.routing.baseline import baseline
from app.services.routing.matrix import GreatCircle
from app.services.routing.problem import Progress
from app.services.routing.process import SolverDied, solve_in_process

log = logging.getLogger(__name__)

SEARCHED = 95
"""Percent of a run when the search is over; the rest is writing the plan."""


class CalledOff(Exception):
    """The run was cancelled while the search went on."""


@handles(WorkKind.PLAN_ROUTES)
async def plan_routes(desk: Desk, work: DueWork) -> None:
    """Read the day, search, write the plan. Killed anywhere, the old plan stands and the next worker begins anew."""
    async with desk.write(work) as uow:
        run = await planning.start(uow, work.ref_id)
        day = await planning.load(uow, run, GreatCircle()) if run else None
    if run is None or day is None:
        async with desk.finish(work):
            return
    await desk.wakes.changed(work.organization_id, run.id)
    try:
        async with _lease(desk, work):
            plan = await solve_in_process(day.problem, run.time_limit_s, _reporter(desk, work))
            driven_m = await asyncio.to_thread(baseline, day.problem, plan.served)
        async with desk.finish(work) as uow:
            await planning.store(uow, run.id, day, plan, driven_m)
    except CalledOff:
        async with desk.finish(work):
            pass
    except (SolverDied, WaypostError) as error:
        log.warning("planning run %s failed: %s", run.id, error)
        async with desk.finish(work) as uow:
            await planning.fail(uow, run.id, type(error).__name__, "The search ended without a plan; try again.")
    await desk.wakes.changed(work.organization_id, run.id)


def _reporter(desk: Desk, work: DueWork) -> Callable[[Progress], Awaitable[None]]:
    """Writes how far the search is; finds out when the run was called off."""

    async def report(progress: Progress) -> None:
        percent = min(SEARCHED, int(SEARCHED * progress.elapsed_s / max(progress.time_limit_s, 0.001)))
        async with desk.write(work) as uow:
            still = await uow.session.execute(
                update(PlanningRun)
                .where(PlanningRun.id == work.ref_id, PlanningRun.status == PlanningStatus.RUNNING)
                .values(progress=percent)
                .returning(PlanningRun.id)
                .execution_options(synchronize_session=False)
            )
            if still.first() is None:
                raise CalledOff
        await desk.wakes.changed(work.organization_id, work.ref_id)

    return report


@contextlib.asynccontextmanager
async def _lease(desk: Desk, work: DueWork) -> AsyncIterator[None]:
    """Keep the work ours while the search goes on."""

    async def extend() -> None:
        while True:
            await asyncio.sleep(desk.settings.work_lease_s / 3)
            try:
                async with desk.database.write() as session, session.begin():
                    await due_work.extend(session, work, desk.settings.work_lease_s)
            except (SQLAlchemyError, OSError):
                log.exception("could not extend the lease of %s; trying again", work.id)

    task = asyncio.create_task(extend())
    try:
        yield
    finally:
        task.cancel()
