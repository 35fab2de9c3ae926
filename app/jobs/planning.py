"""Planning: the search runs in a process of its own, outside any transaction."""

import asyncio
import logging
import time
from uuid import UUID

from app.access import Viewer
from app.errors import WaypostError
from app.jobs.desk import Desk, handles
from app.models import DueWork, PlanningRun, WorkKind
from app.services import planning, travel
from app.services.planning.day import Day
from app.services.routing.baseline import baseline
from app.services.routing.problem import Plan, Problem, Progress, Reason
from app.services.routing.process import SolverDied, solve_in_process

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""How often a run's progress is written, and looked whether it was called off."""
NO_ROOM = (Reason.NOT_ENOUGH_ROOM, Reason.NOT_ENOUGH_TIME)


class CalledOff(Exception):
    """The run was cancelled while the search went on."""


@handles(WorkKind.PLAN_ROUTES)
async def plan_routes(desk: Desk, work: DueWork) -> None:
    """Read the day, search, write the plan. Killed anywhere, the old plan stands and the next worker begins anew."""
    began = time.monotonic()
    async with desk.write(work) as uow:
        run = await planning.start(uow, work.ref_id)
        day = await planning.load(uow, run) if run else None
    if run is None or day is None:
        async with desk.finish(work):
            return
    await desk.wakes.changed(work.organization_id, run.id)
    try:
        async with desk.lease(work):
            viewer = Viewer.system(work.organization_id)
            times = await travel.complete(desk.database, viewer, desk.settings, day.departures, day.wanted)
            problem = await asyncio.to_thread(day.problem, times.matrix)
            # who hands out what is possible by hand has mostly the same to do as the plan
            by_hand = asyncio.create_task(asyncio.to_thread(baseline, problem))
            plan = await _Search(desk, work).plan(problem, run, day)
            problem, plan = await asyncio.to_thread(planning.kept, problem, plan, planning.promised(day), day.now_s)
            some_left = any(item.reason in NO_ROOM for item in plan.unassigned)
            driven_m = await (asyncio.to_thread(baseline, problem, plan.served) if some_left else by_hand)
            found = planning.Found(problem, plan, times.estimated, driven_m, int(time.monotonic() - began))
            async with desk.finish(work) as uow:
                await planning.store(uow, desk.settings, run.id, day, found)
    except CalledOff:
        async with desk.finish(work):
            pass
    except (SolverDied, WaypostError) as error:
        log.warning("planning run %s failed: %s", run.id, error)
        stored = f"The plan could not be stored: {error}" if isinstance(error, WaypostError) else None
        async with desk.finish(work) as uow:
            message = stored or "The search ended without a plan; try again."
            await planning.fail(uow, run.id, type(error).__name__, message)
    await desk.wakes.changed(work.organization_id, run.id)


class _Search:
    """A search whose progress is written down, and which ends when its run is called off."""

    def __init__(self, desk: Desk, work: DueWork) -> None:
        self.desk = desk
        self.work = work
        self.progress: Progress | None = None

    async def plan(self, problem: Problem, run: PlanningRun, day: Day) -> Plan:
        search = asyncio.create_task(solve_in_process(problem, run.time_limit_s, self._note, day.current))
        look = asyncio.create_task(self._look(run.id))
        try:
            await asyncio.wait({search, look}, return_when=asyncio.FIRST_COMPLETED)
            if look.done() and not search.done():
                look.result()
            return await search
        finally:
            search.cancel()
            look.cancel()
            await asyncio.gather(search, look, return_exceptions=True)

    async def _note(self, progress: Progress) -> None:
        self.progress = progress

    async def _look(self, run_id: UUID) -> None:
        """Raises `CalledOff`."""
        written: Progress | None = None
        while True:
            await asyncio.sleep(LOOK_S)
            news = self.progress if self.progress is not written else None
            async with self.desk.write(self.work) as uow:
                if not await planning.is_still_wanted(uow, run_id, news):
                    raise CalledOff
            if news is not None:
                written = news
                await self.desk.wakes.changed(self.work.organization_id, run_id)
