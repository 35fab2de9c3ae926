"""When reminders run: once a local day, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import ReminderRule
from app.services.reminders.times import first_day, instant_of, latest_day, midnight, next_day

ZONES = (
    *("Asia/Tbilisi", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe"),
    *("Pacific/Apia", "Asia/Kathmandu", "Africa/Cairo", "America/Santiago", "UTC"),
)
DAYS = st.dates(date(2011, 12, 1), date(2032, 12, 31))
TIMES = st.times().map(lambda found: found.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Asia/Tbilisi", date(2031, 3, 30), time(8), "2031-03-30T04:00"),
        # the clocks go from two to three: half past two is not shown, and three is the next that is
        ("Europe/Berlin", date(2031, 3, 30), time(2, 30), "2031-03-30T01:00"),
        ("Europe/Berlin", date(2031, 3, 30), time(8), "2031-03-30T06:00"),
        # they go from three to two: half past two is shown twice, and meant once
        ("Europe/Berlin", date(2031, 10, 26), time(2, 30), "2031-10-26T00:30"),
        ("Europe/Berlin", date(2031, 10, 27), time(2, 30), "2031-10-27T01:30"),
        # midnight is not shown
        ("Africa/Cairo", date(2031, 4, 25), time(0), "2031-04-24T22:00"),
        # nor is any time of this day
        ("Pacific/Apia", date(2011, 12, 30), time(8), "2011-12-30T10:00"),
    ],
)
def test_a_time_on_the_wall(zone: str, day: date, at: time, instant: str) -> None:
    assert instant_of(day, at, ZoneInfo(zone)) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@given(st.sampled_from(ZONES), DAYS, TIMES)
def test_it_is_the_first_instant_that_shows_the_time_or_a_later_one(zone_name: str, day: date, at: time) -> None:
    zone = ZoneInfo(zone_name)
    found, wanted = instant_of(day, at, zone), datetime.combine(day, at)
    assert found.astimezone(zone).replace(tzinfo=None) >= wanted
    # a minute before, it was earlier on the wall
    assert (found - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None) < wanted


@given(st.sampled_from(ZONES), DAYS, TIMES, st.integers(0, 24 * 60 - 1), st.none() | st.integers(0, 6))
def test_every_instant_lies_between_the_run_before_and_the_run_to_come(
    zone_name: str, day: date, at: time, minute: int, weekday: int | None
) -> None:
    zone, rule = ZoneInfo(zone_name), ReminderRule(weekday=weekday)
    now = datetime.combine(day, time.min, UTC) + timedelta(minutes=minute)
    first = first_day(rule, at, now, zone)
    assert instant_of(first, at, zone) > now
    assert weekday in (None, first.weekday())
    latest = latest_day(at, now, zone)
    assert instant_of(latest, at, zone) <= now
    # no run is between the two
    assert first == next_day(rule, latest + timedelta(days=1)) or zone_name == "Pacific/Apia"


def test_days_follow_each_other_without_a_gap() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    lengths = [midnight(day + timedelta(days=1), berlin) - midnight(day, berlin) for day in map(_day, range(366))]
    assert sorted(set(lengths)) == [timedelta(hours=23), timedelta(hours=24), timedelta(hours=25)]
    assert sum(lengths, timedelta()) == timedelta(days=366)


def _day(number: int) -> date:
    return date(2032, 1, 1) + timedelta(days=number)
