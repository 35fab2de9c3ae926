"""What holds of quiet hours and of Waypost's own words, whatever the day and the language."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models import Channel, NotificationKind
from app.services.messaging.composing import fill
from app.services.messaging.examples import examples
from app.services.messaging.quiet import is_quiet, loud
from app.services.messaging.speech import Speech
from app.services.messaging.words import WORDS, own_words

ZONES = (
    *("Asia/Tbilisi", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Africa/Casablanca", "America/St_Johns", "Pacific/Auckland", "Asia/Tehran", "America/Santiago"),
)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
GAP = timedelta(hours=1)
"""Clocks are put forward by no more in these zones."""
MAY_LACK = {"reason", "held_until", "place", "eta", "vehicle", "due_km", "expired", "category"}

quarters = st.integers(0, 95).map(lambda number: time(number // 4, number % 4 * 15))


@settings(max_examples=400, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    minute=st.integers(0, 366 * 24 * 60),
    hours=st.tuples(quarters, quarters).filter(lambda hours: hours[0] != hours[1]),
)
def test_quiet_hours_end_when_they_should(zone: ZoneInfo, minute: int, hours: tuple[time, time]) -> None:
    at = YEAR + timedelta(minutes=minute)
    found = loud(at, zone, *hours)
    assert found >= at
    assert not is_quiet(found.astimezone(zone).time(), *hours)
    # nothing is put off for longer than it is quiet, but for an hour that the clocks skip
    while at < found - GAP:
        assert is_quiet(at.astimezone(zone).time(), *hours)
        at += timedelta(minutes=15)


@pytest.mark.parametrize("zone", ZONES)
def test_a_night_is_over_at_seven_on_every_day_of_a_year(zone: str) -> None:
    for day in range(365):
        at = YEAR + timedelta(days=day)
        for hour in range(0, 24, 3):
            moment = at + timedelta(hours=hour)
            local = moment.astimezone(ZoneInfo(zone))
            found = loud(moment, ZoneInfo(zone), time(22), time(7)).astimezone(ZoneInfo(zone))
            if 7 <= local.hour < 22:
                assert found == local
            else:
                nights = 1 if local.hour >= 22 else 0
                assert (found.date() - local.date(), found.time()) == (timedelta(days=nights), time(7))


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("kind", NotificationKind)
def test_every_message_has_words(kind: NotificationKind, channel: Channel, language: str) -> None:
    """With all that there may be, and with nothing but what must be there."""
    values = examples(kind, Speech(language, ZoneInfo("Asia/Tbilisi")), "The House")
    lacking = {name: None if name in MAY_LACK else value for name, value in values.items()}
    for known in (values, lacking):
        text = fill(own_words(kind, channel, language), channel, known)
        assert text.body
        assert (text.subject is None) == (channel is Channel.SMS)
        assert "{" not in text.body + (text.subject or "")


def test_the_languages_differ() -> None:
    """Nobody forgot to translate; what the house wrote itself stays as it is."""
    for kind in set(NotificationKind) - {NotificationKind.POST_PUBLISHED}:
        for channel in Channel:
            assert own_words(kind, channel, "ka").body != own_words(kind, channel, "en").body
    assert own_words(NotificationKind.CARE_DUE, Channel.SMS, "fi") == own_words(
        NotificationKind.CARE_DUE, Channel.SMS, "en"
    )
