"""Calendars that people subscribe to from their own calendar program: who has one, and what is written in it."""

from app.services.calendars.entries import Entry, of_booking, of_shift, of_stop
from app.services.calendars.feeds import (
    create_calendar_feed,
    read_token,
    revoke_calendar_feed,
    url,
    write_token,
)
from app.services.calendars.writing import written

__all__ = [
    "Entry",
    "create_calendar_feed",
    "of_booking",
    "of_shift",
    "of_stop",
    "read_token",
    "revoke_calendar_feed",
    "url",
    "write_token",
    "written",
]
