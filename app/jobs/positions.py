"""Room for the tracks of the days to come, and none any more for those of days long gone."""

from datetime import timedelta

from sqlalchemy import text

from app import clock
from app.jobs.desk import Desk
from app.services import positions

PATIENCE = text("SET LOCAL lock_timeout = '3s'")
"""Whoever reports a position waits meanwhile: rather try again later than make them wait for long."""


async def keep_tracks(desk: Desk) -> None:
    """Of the whole installation; once a day is enough, more often does no harm."""
    now = clock.now()
    ahead = timedelta(days=positions.AHEAD_DAYS)
    oldest = positions.oldest_day(now, desk.settings.track_days)
    async with desk.database.write() as session, session.begin():
        await session.execute(PATIENCE)
        await positions.keep_tracks(session, now.date(), (now + ahead).date(), oldest)
