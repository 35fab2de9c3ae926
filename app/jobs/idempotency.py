"""Idempotency keys that hold no more are thrown away, some thousand at a time."""

from datetime import timedelta

from app import clock, idempotency
from app.jobs.desk import Desk

BATCH = 1_000


async def forget_old(desk: Desk, batch: int = BATCH) -> None:
    """Of the whole installation."""
    before = clock.now() - timedelta(seconds=desk.settings.idempotency_s)
    found = batch
    while found == batch:
        async with desk.database.write() as session, session.begin():
            found = await idempotency.forget_old(session, before, batch)
