"""Telling others' systems what happened: from the log to deliveries, and from there to each endpoint by itself.

Calls wait for others most of the time, so they hold no lane of the worker: each endpoint has an errand of its own. Slow
ones have half of the places, and leave the rest to those who answer at once.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from app import clock
from app.jobs.desk import AlreadyDone, Desk, handles
from app.models import DueWork, WorkKind
from app.services import due_work, webhooks
from app.services.webhooks import SLOW_MS, Answer, Round, Sender
from app.uow import UnitOfWork

PIECE_S = 60.0
"""Longest that an endpoint is told without a break: then its work may go to another worker."""
QUICK, SLOW = "webhooks", "slow webhooks"
FULL_S = (1.0, 3.0)
"""How much later it is looked for a place again."""


@handles(WorkKind.FEED_WEBHOOKS)
async def feed_webhooks(desk: Desk, work: DueWork) -> None:
    """Killed anywhere, the next worker goes on behind the cursors."""
    async with desk.write(work) as uow:
        await webhooks.hear(uow)
    async with desk.write(work) as uow:
        endpoints = await webhooks.behind(uow)
    for endpoint_id in endpoints:
        more = True
        while more:
            async with desk.write(work) as uow:
                more = await webhooks.feed(uow, endpoint_id)
                await _stay(desk, work, uow)
    async with desk.finish(work):
        pass


@handles(WorkKind.REPLAY_WEBHOOKS)
async def replay_webhooks(desk: Desk, work: DueWork) -> None:
    more = True
    while more:
        async with desk.write(work) as uow:
            more = await webhooks.replay_portion(uow, work.ref_id)
            await _stay(desk, work, uow)
    async with desk.finish(work):
        pass


@handles(WorkKind.TIDY_WEBHOOKS)
async def tidy_webhooks(desk: Desk, work: DueWork) -> None:
    more = True
    while more:
        async with desk.write(work) as uow:
            more = await webhooks.tidy(uow, desk.settings)
            await _stay(desk, work, uow)
    async with desk.finish(work) as uow:
        await webhooks.tidy_again(uow)


@handles(WorkKind.NOTIFY_WEBHOOK_FAILING)
async def warn_of_failing(desk: Desk, work: DueWork) -> None:
    """The work is struck off last: the endpoint is locked first, as by those who leave it."""
    async with desk.write(work) as uow:
        await webhooks.warn_of_failing(uow, desk.settings, work.ref_id)
        if not await due_work.done(uow, work):
            raise AlreadyDone


@handles(WorkKind.DELIVER_WEBHOOKS)
async def deliver_webhooks(desk: Desk, work: DueWork) -> None:
    """Send somebody out, if there is a place."""
    async with desk.write(work) as uow:
        slow = await webhooks.is_slow(uow, work.ref_id)
    if _has_place(desk, slow):
        desk.send_out(SLOW if slow else QUICK, work, partial(_tell, slow=slow))
        return
    async with desk.finish(work) as uow:
        await uow.later(work.kind, work.ref_id, clock.now() + timedelta(seconds=random.uniform(*FULL_S)))  # noqa: S311


def _has_place(desk: Desk, slow: bool) -> bool:
    """Those who turned out to be slow while they were told may be more than half: they take nothing from the others."""
    places = desk.settings.webhook_endpoints_at_once
    taken, half = desk.errands.under_way(SLOW), places // 2
    return taken < half if slow else desk.errands.under_way(QUICK) < places - min(taken, half)


async def _tell(desk: Desk, work: DueWork, *, slow: bool) -> None:
    """Round after round. One that proves slow gives its place back, and finds another among its like."""
    until = time.monotonic() + PIECE_S
    async with desk.lease(work), Sender(desk.settings) as sender:
        answers: Sequence[Answer] = ()
        while found := await _turn(desk, work, answers, slow=slow, over=time.monotonic() > until):
            with _counted_as_slow(desk):
                answers = await asyncio.gather(*(sender.send(found.url, found.secrets, each) for each in found.parcels))


@contextmanager
def _counted_as_slow(desk: Desk) -> Iterator[None]:
    """From the moment on when it is."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101
    timer = asyncio.get_running_loop().call_later(SLOW_MS / 1_000, desk.errands.tasks.update, {task: SLOW})
    try:
        yield
    finally:
        timer.cancel()


async def _turn(desk: Desk, work: DueWork, answers: Sequence[Answer], *, slow: bool, over: bool) -> Round | None:
    """Write down what was answered, and see what is next. With nothing next, the work ends, or is left for later."""
    async with desk.errands.writing, desk.write(work) as uow:
        endpoint = await webhooks.hold(uow, work.ref_id)
        if answers:
            await webhooks.record(uow, desk.settings, endpoint, answers)
        if not over and (slow or not endpoint.slow):
            found = await webhooks.next_round(uow, desk.settings, endpoint)
            if found is not None:
                await _stay(desk, work, uow)
                return found
        if not await due_work.done(uow, work):
            raise AlreadyDone
        await webhooks.schedule(uow, endpoint)
        return None


async def _stay(desk: Desk, work: DueWork, uow: UnitOfWork) -> None:
    """Nothing is written for a piece of work that somebody else has taken over."""
    if not await due_work.extend(uow.session, work, desk.settings.work_lease_s):
        raise AlreadyDone
