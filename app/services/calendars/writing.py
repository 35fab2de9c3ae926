"""Writing a calendar as iCalendar, RFC 5545. Nothing in it depends on when it is written: equal rows, equal text."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast

from icalendar import Calendar, Event

from app.models import CalendarFeed, Organization
from app.services.calendars.entries import Entry

PRODUCT = "-//Waypost//Calendars//EN"
REFRESH_EVERY = timedelta(hours=1)


def written(feed: CalendarFeed, organization: Organization, entries: Iterable[Entry]) -> bytes:
    """The whole file, entries in the order of time."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("UID", _uid(feed, organization))
    calendar.add("NAME", feed.name)
    calendar.add("X-WR-CALNAME", feed.name)
    calendar.add("REFRESH-INTERVAL", REFRESH_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", REFRESH_EVERY)
    for entry in sorted(entries, key=lambda entry: (entry.starts_at, entry.id)):
        calendar.add_component(_event(entry, organization))
    return cast("bytes", calendar.to_ical())


def _uid(row: CalendarFeed | Entry, organization: Organization) -> str:
    return f"{row.id}@{organization.slug}.waypost"


def _event(entry: Entry, organization: Organization) -> Event:
    event = Event()
    event.add("UID", _uid(entry, organization))
    # without a METHOD it tells when the entry last changed
    event.add("DTSTAMP", _instant(entry.changed_at))
    event.add("LAST-MODIFIED", _instant(entry.changed_at))
    event.add("SEQUENCE", entry.version)
    event.add("STATUS", entry.status)
    event.add("DTSTART", _instant(entry.starts_at))
    if entry.ends_at > entry.starts_at:
        event.add("DTEND", _instant(entry.ends_at))
    event.add("SUMMARY", _one_line(entry.summary))
    event.add("LOCATION", _one_line(entry.place.address))
    event.add("GEO", (entry.place.latitude, entry.place.longitude))
    event.add("DESCRIPTION", _text("\n".join(entry.lines)))
    return event


def _instant(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(microsecond=0)


def _text(value: str) -> str:
    """Text as RFC 5545 has it: without control characters, each line break the one that can be written."""
    lines = ("".join(c for c in line if unicodedata.category(c) != "Cc" or c == "\t") for line in value.splitlines())
    return "\n".join(lines)


def _one_line(value: str) -> str:
    return " ".join(_text(value).split())
