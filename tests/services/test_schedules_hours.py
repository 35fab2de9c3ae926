"""What opening hours come to, without a database."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from app.errors import BadUserInput
from app.models import Schedule, ScheduleException, ScheduleExceptionKind
from app.services.schedules import hours
from app.services.schedules.hours import Calendar, Days, Span

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
ID = uuid7()
CLOSED, EXTRA = ScheduleExceptionKind.CLOSED, ScheduleExceptionKind.EXTRA


def schedule(**values: Any) -> Schedule:
    """Every day from nine to twelve, an hour a slot."""
    usual = {"rule": "FREQ=DAILY", "starts_on": date(2026, 1, 1), "opens_at": time(9), "closes_at": time(12)}
    return Schedule(id=ID, **{**usual, "slot_every_s": 3600, **values})


def closed(first: date, last: date | None = None, **values: Any) -> ScheduleException:
    return ScheduleException(**{"schedule_id": ID, "kind": CLOSED, **values}, starts_on=first, ends_on=last or first)


def begins(
    made: Schedule, first: date, last: date, *exceptions: ScheduleException, zone: ZoneInfo = BERLIN
) -> list[str]:
    """When slots begin, on the wall."""
    found = hours.slots(made, HOUR, Calendar(zone, first, exceptions), Days(first, last))
    return [span.starts_at.astimezone(zone).strftime("%d %H:%M") for span in found]


def opened(made: Schedule, first: date, last: date, *exceptions: ScheduleException) -> list[str]:
    found = hours.openings(made, Calendar(BERLIN, first, exceptions), Days(first, last))
    return [" - ".join(at.astimezone(BERLIN).strftime("%d %H:%M") for at in span) for span in found]


JUNE = date(2026, 6, 10)


def test_slots_step_from_opening_and_end_by_closing() -> None:
    assert begins(schedule(), JUNE, JUNE) == ["10 09:00", "10 10:00", "10 11:00"]
    assert begins(schedule(slot_every_s=2700), JUNE, JUNE) == ["10 09:00", "10 09:45", "10 10:30"]
    assert begins(schedule(closes_at=time(9, 59)), JUNE, JUNE) == []


def test_without_a_step_an_opening_is_one_slot() -> None:
    night = schedule(opens_at=time(15), closes_at=time(11), slot_every_s=None)
    (slot,) = hours.slots(night, HOUR, Calendar(BERLIN, JUNE, ()), Days(JUNE, JUNE))
    assert slot == (datetime(2026, 6, 10, 13, tzinfo=UTC), datetime(2026, 6, 11, 9, tzinfo=UTC))


def test_the_first_and_the_last_day_are_included() -> None:
    made = schedule(starts_on=date(2026, 6, 10), ends_on=date(2026, 6, 11), slot_every_s=None)
    assert begins(made, date(2026, 6, 1), date(2026, 6, 30)) == ["10 09:00", "11 09:00"]


def test_hours_after_midnight_belong_to_the_day_before() -> None:
    late = schedule(opens_at=time(22), closes_at=time(1))
    assert begins(late, JUNE, JUNE) == ["10 22:00", "10 23:00", "11 00:00"]
    assert begins(late, JUNE, date(2026, 6, 11), closed(JUNE)) == ["11 22:00", "11 23:00", "12 00:00"]


def test_the_same_hours_are_a_whole_day() -> None:
    assert len(begins(schedule(opens_at=time(0), closes_at=time(0)), JUNE, JUNE)) == 24


def test_a_rule_with_hours_of_its_own_opens_at_those() -> None:
    made = schedule(rule="FREQ=DAILY;BYHOUR=8,14", opens_at=time(9, 30), closes_at=time(11, 30), starts_on=JUNE)
    assert begins(made, JUNE, JUNE) == ["10 08:30", "10 09:30", "10 14:30", "10 15:30"]
    assert begins(schedule(rule="FREQ=DAILY;BYMINUTE=0,30", slot_every_s=None, closes_at=time(10)), JUNE, JUNE) == [
        "10 09:00",
        "10 09:30",
    ]


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [(BERLIN, date(2026, 3, 29), date(2026, 10, 25)), (NEW_YORK, date(2026, 3, 8), date(2026, 11, 1))],
    ids=str,
)
def test_nine_is_nine_across_both_clock_changes(zone: ZoneInfo, spring: date, autumn: date) -> None:
    for change in (spring, autumn):
        days = Days(change - 2 * hours.DAY, change + 2 * hours.DAY)
        found = hours.slots(schedule(slot_every_s=None), HOUR, Calendar(zone, change, ()), days)
        assert [span.starts_at.astimezone(zone).time() for span in found] == [time(9)] * 5
        assert len({span.starts_at.time() for span in found}) == 2


def test_a_skipped_hour_has_no_slots_of_its_own() -> None:
    """The clocks go from two to three: what would begin in between begins an hour later, once."""
    night = schedule(opens_at=time(1), closes_at=time(5), slot_every_s=1800)
    assert begins(night, date(2026, 3, 29), date(2026, 3, 29)) == [
        "29 01:00",
        "29 01:30",
        "29 03:00",
        "29 03:30",
        "29 04:00",
    ]
    half_past = schedule(opens_at=time(2, 30), closes_at=time(4))
    assert begins(half_past, date(2026, 3, 29), date(2026, 3, 29)) == []
    assert begins(half_past, date(2026, 3, 30), date(2026, 3, 30)) == ["30 02:30"]


def test_a_doubled_hour_has_slots_once() -> None:
    """The clocks go from three back to two: slots begin at the first of the two, and the opening is an hour longer."""
    night = schedule(opens_at=time(1), closes_at=time(5), slot_every_s=1800)
    found = hours.slots(night, HOUR, Calendar(BERLIN, JUNE, ()), Days(date(2026, 10, 25), date(2026, 10, 25)))
    assert [span.starts_at.strftime("%d %H:%M") for span in found] == [
        "24 23:00",
        "24 23:30",
        "25 00:00",
        "25 00:30",
        "25 02:00",
        "25 02:30",
        "25 03:00",
    ]
    one = schedule(opens_at=time(1, 30), closes_at=time(2, 30), slot_every_s=None)
    change = date(2026, 11, 1)
    (span,) = hours.slots(one, HOUR, Calendar(NEW_YORK, change, ()), Days(change, change))
    assert (span.starts_at.hour, span.ends_at - span.starts_at) == (5, 2 * HOUR)


def test_a_closed_day_opens_nothing() -> None:
    week = (date(2026, 6, 8), date(2026, 6, 12))
    made = schedule(slot_every_s=None)
    assert begins(made, *week, closed(JUNE)) == ["08 09:00", "09 09:00", "11 09:00", "12 09:00"]
    assert begins(made, *week, closed(date(2026, 6, 9), date(2026, 6, 30))) == ["08 09:00"]
    assert begins(made, *week, closed(JUNE, schedule_id=None)) == ["08 09:00", "09 09:00", "11 09:00", "12 09:00"]
    assert len(begins(made, *week, closed(JUNE, schedule_id=uuid7()))) == 5


def test_closed_hours_close_what_they_meet() -> None:
    lunch = closed(JUNE, opens_at=time(10, 30), closes_at=time(10, 45))
    assert begins(schedule(), JUNE, JUNE, lunch) == ["10 09:00", "10 11:00"]
    assert opened(schedule(), JUNE, JUNE, lunch) == ["10 09:00 - 10 10:30", "10 10:45 - 10 12:00"]
    # what ends when it closes is not closed
    assert begins(schedule(), JUNE, JUNE, closed(JUNE, opens_at=time(10), closes_at=time(11))) == [
        "10 09:00",
        "10 11:00",
    ]


def test_closed_hours_reach_into_the_next_day() -> None:
    night = closed(date(2026, 6, 9), opens_at=time(22), closes_at=time(10))
    assert begins(schedule(), JUNE, JUNE, night) == ["10 10:00", "10 11:00"]
    assert opened(schedule(), JUNE, JUNE, night) == ["10 10:00 - 10 12:00"]


def test_extra_days_open_besides() -> None:
    weekdays = schedule(rule="FREQ=WEEKLY;BYDAY=WE", slot_every_s=None)
    sunday = date(2026, 6, 14)
    assert begins(weekdays, JUNE, sunday, closed(sunday, kind=EXTRA)) == ["10 09:00", "14 09:00"]
    evening = closed(JUNE, kind=EXTRA, opens_at=time(18), closes_at=time(19))
    assert opened(weekdays, JUNE, sunday, evening) == ["10 09:00 - 10 12:00", "10 18:00 - 10 19:00"]


def test_what_is_more_particular_counts_more() -> None:
    holiday, extra, own = closed(JUNE, schedule_id=None), closed(JUNE, kind=EXTRA), closed(JUNE)
    made = schedule(slot_every_s=None)
    assert begins(made, JUNE, JUNE, holiday) == []
    assert begins(made, JUNE, JUNE, holiday, extra) == ["10 09:00"]
    assert begins(made, JUNE, JUNE, holiday, extra, own) == []


def test_openings_that_touch_or_overlap_are_one() -> None:
    always = schedule(opens_at=time(0), closes_at=time(0))
    assert opened(always, JUNE, date(2026, 6, 12)) == ["10 00:00 - 13 00:00"]
    more = closed(JUNE, kind=EXTRA, opens_at=time(11), closes_at=time(15))
    assert opened(schedule(), JUNE, JUNE, more) == ["10 09:00 - 10 15:00"]


def test_too_many_slots_were_not_meant() -> None:
    always = schedule(opens_at=time(0), closes_at=time(0), slot_every_s=60)
    with pytest.raises(BadUserInput) as refused:
        hours.slots(always, timedelta(minutes=1), Calendar(BERLIN, JUNE, ()), Days(JUNE, JUNE + 40 * hours.DAY))
    assert (refused.value.message, refused.value.field) == ("A schedule makes at most 50000 slots.", "slotEveryS")


MOMENTS = st.integers(0, 100).map(lambda number: datetime(2026, 1, 1, tzinfo=UTC) + number * HOUR)
SPANS = st.tuples(MOMENTS, MOMENTS).map(lambda ends: Span(*ends))


@settings(max_examples=200, deadline=None)
@given(spans=st.lists(SPANS, max_size=12))
def test_merged_spans_hold_the_same_hours(spans: list[Span]) -> None:
    def held(found: list[Span]) -> set[datetime]:
        return {
            span.starts_at + number * HOUR
            for span in found
            for number in range(max(0, (span.ends_at - span.starts_at) // HOUR))
        }

    found = hours.merged(spans)
    assert held(found) == held(spans)
    assert all(before.ends_at < after.starts_at for before, after in pairwise(found))
    assert all(span.starts_at < span.ends_at for span in found)
