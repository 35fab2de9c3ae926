"""Recurrence rules, against an expansion that is written from the RFC's definitions alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import BadUserInput
from app.services.recurrence import Rule, instant

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "America/Santiago",
        "Africa/Casablanca",
        "Africa/Cairo",
        "Asia/Tbilisi",
        "Antarctica/Troll",
        "Australia/Lord_Howe",
        "Pacific/Auckland",
    )
]
DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIRST, END = date(2025, 1, 1), date(2028, 1, 1)
"""Three years of clock changes."""


# The oracle: no library of recurrences, and of zones only what clocks show at an instant.


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show at an instant."""
    return moment.astimezone(zone).replace(tzinfo=None)


def meant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks show a time; of one that they skip, the one before the gap counts on."""
    noon = local.replace(tzinfo=UTC)
    quarters = [noon + timedelta(minutes=15 * number) for number in range(-14 * 4, 14 * 4 + 1)]
    found = [moment for moment in quarters if shown(moment, zone) == local]
    if found:
        return min(found)
    minutes = (noon + timedelta(minutes=number) for number in range(-14 * 60, 14 * 60))
    last = max(moment for moment in minutes if shown(moment, zone) < local)
    return last + (local - shown(last, zone))


@dataclass
class Parts:
    """A rule, part by part."""

    start: datetime
    freq: str
    interval: int = 1
    wkst: str | None = None
    by_day: list[tuple[int, str]] = field(default_factory=list)
    by_month_day: list[int] = field(default_factory=list)
    by_month: list[int] = field(default_factory=list)
    count: int | None = None
    until: str | None = None

    @property
    def text(self) -> str:
        parts = {
            "FREQ": self.freq,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "WKST": self.wkst or "",
            "BYDAY": ",".join(f"{number or ''}{day}" for number, day in self.by_day),
            "BYMONTHDAY": ",".join(map(str, self.by_month_day)),
            "BYMONTH": ",".join(map(str, self.by_month)),
            "COUNT": str(self.count or ""),
            "UNTIL": self.until or "",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)

    def times(self, zone: ZoneInfo) -> Iterator[datetime]:
        """Look at each day, one after the other."""
        days = (self.start.date() + timedelta(days=number) for number in range((END - self.start.date()).days))
        wanted = (day for day in days if self._in_step(day) and self._matches(day))
        found = islice((datetime.combine(day, self.start.time()) for day in wanted), self.count)
        if self.until is None:
            return found
        reached = self._reached(self.until, zone)
        return takewhile(lambda local: not reached(local), found)

    def _reached(self, until: str, zone: ZoneInfo) -> Callable[[datetime], bool]:
        year, month, day = int(until[:4]), int(until[4:6]), int(until[6:8])
        if len(until) == 8:
            return lambda local: local.date() > date(year, month, day)
        last = datetime(year, month, day, int(until[9:11]), int(until[11:13]), int(until[13:15]))  # noqa: DTZ001
        if until.endswith("Z"):
            # looking for an instant takes long, and nowhere is a day's difference from UTC
            return lambda local: (
                local > last + DAY or (local > last - DAY and meant(local, zone) > last.replace(tzinfo=UTC))
            )
        return lambda local: local > last

    def _in_step(self, day: date) -> bool:
        start = self.start.date()
        if self.freq == "DAILY":
            passed = (day - start).days
        elif self.freq == "WEEKLY":
            passed = (self._week(day) - self._week(start)).days // 7
        elif self.freq == "MONTHLY":
            passed = (day.year - start.year) * 12 + day.month - start.month
        else:
            passed = day.year - start.year
        return passed % self.interval == 0

    def _week(self, day: date) -> date:
        """Its first day."""
        return day - timedelta(days=(day.weekday() - WEEKDAYS.index(self.wkst or "MO")) % 7)

    def _matches(self, day: date) -> bool:
        start = self.start.date()
        if self.by_month and day.month not in self.by_month:
            return False
        if self.by_month_day and not self._month_day(day):
            return False
        if self.by_day:
            return any(self._weekday(day, *wanted) for wanted in self.by_day)
        if self.by_month_day or self.freq == "DAILY":
            return True
        if self.freq == "WEEKLY":
            return day.weekday() == start.weekday()
        named = bool(self.by_month) or self.freq == "MONTHLY" or day.month == start.month
        return named and day.day == start.day

    def _month_day(self, day: date) -> bool:
        length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY).day
        return day.day in self.by_month_day or day.day - length - 1 in self.by_month_day

    def _weekday(self, day: date, number: int, name: str) -> bool:
        if day.weekday() != WEEKDAYS.index(name):
            return False
        if number == 0:
            return True
        if self.freq == "MONTHLY" or self.by_month:
            first, after = day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            first, after = day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
        return number in ((day - first).days // 7 + 1, -(((after - DAY) - day).days // 7) - 1)


@st.composite
def rules(draw: st.DrawFn) -> Parts:
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    # the hours at which clocks are changed, more than others
    begin = time(draw(st.sampled_from([0, 1, 2, 2, 3, 9, 23])), draw(st.sampled_from([0, 15, 30])))
    start = datetime.combine(FIRST + timedelta(days=draw(st.integers(0, 400))), begin)
    parts = Parts(start, freq, draw(st.integers(1, 4)), draw(st.sampled_from([None, *WEEKDAYS])))
    parts.by_month = draw(st.lists(st.integers(1, 12), max_size=3, unique=True))
    if freq != "WEEKLY":
        month_days = st.integers(-31, 31).filter(bool)
        parts.by_month_day = draw(st.lists(month_days, max_size=3, unique=True))
    numbers = [0] if freq in ("DAILY", "WEEKLY") or parts.by_month_day else [0, 0, 1, 2, 3, 4, 5, -1, -2, -5]
    days = st.tuples(st.sampled_from(numbers), st.sampled_from(WEEKDAYS))
    parts.by_day = draw(st.lists(days, max_size=3, unique=True))
    ending = draw(st.sampled_from(["never", "count", "day", "local", "utc"]))
    if ending == "count":
        parts.count = draw(st.integers(1, 60))
    elif ending != "never":
        last = start + timedelta(days=draw(st.integers(0, 900)), minutes=draw(st.integers(-600, 600)))
        form = {"day": "%Y%m%d", "local": "%Y%m%dT%H%M%S", "utc": "%Y%m%dT%H%M%SZ"}[ending]
        parts.until = last.strftime(form)
    return parts


def refused(text: str) -> str | None:
    try:
        Rule.parse(text)
    except BadUserInput as error:
        return error.message
    return None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=rules())
def test_a_rule_is_what_the_rfc_says_in_ten_zones(parts: Parts) -> None:
    agree(parts)


@pytest.mark.soak
@pytest.mark.timeout(900)
@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=rules())
def test_very_many_rules_are_what_the_rfc_says_in_ten_zones(parts: Parts) -> None:
    agree(parts)


def agree(parts: Parts) -> None:
    """The rule makes the times that the oracle finds."""
    end = datetime.combine(END, time())
    if not list(parts.times(ZONES[0])) and (refusal := refused(parts.text)):
        assert refusal == "No day fulfils this rule."
        return
    rule = Rule.parse(parts.text)
    for zone in ZONES:
        expected = list(parts.times(zone))
        assert list(rule.times(parts.start, end, zone)) == expected, parts.text
        since = parts.start + timedelta(days=200)
        assert list(rule.times(parts.start, end, zone, since)) == [local for local in expected if local >= since]


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.integers(0, (END - FIRST).days - 1),
    minute=st.integers(0, 24 * 4 - 1),
)
def test_a_time_on_the_wall_is_the_instant_that_the_rfc_means(zone: ZoneInfo, day: int, minute: int) -> None:
    local = datetime.combine(FIRST + timedelta(days=day), time(minute // 4, minute % 4 * 15))
    assert instant(local, zone) == meant(local, zone)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_every_quarter_of_an_hour_around_each_clock_change_is_meant_so(zone: ZoneInfo) -> None:
    hours = (datetime.combine(FIRST, time(), UTC) + timedelta(hours=number) for number in range(3 * 365 * 24))
    changes = [
        hour for hour in hours if (hour + timedelta(hours=1)).astimezone(zone).utcoffset() != _offset(hour, zone)
    ]
    for change in changes:
        around = shown(change, zone)
        for number in range(-16, 17):
            local = around + timedelta(minutes=15 * number)
            assert instant(local, zone) == meant(local, zone), local
    assert bool(changes) is (str(zone) != "Asia/Tbilisi")


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        (BERLIN, "2026-03-29T02:30", "2026-03-29T01:30"),  # skipped: 03:30 is shown
        (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30"),  # doubled: the first
        (NEW_YORK, "2026-03-08T02:30", "2026-03-08T07:30"),
        (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30"),
    ],
)
def test_skipped_and_doubled_times(zone: ZoneInfo, local: str, utc: str) -> None:
    assert instant(datetime.fromisoformat(local), zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK], ids=str)
def test_nine_is_nine_all_year(zone: ZoneInfo) -> None:
    times = Rule.parse("FREQ=DAILY").times(datetime(2026, 1, 1, 9), datetime(2027, 1, 1), zone)  # noqa: DTZ001
    moments = [instant(local, zone) for local in times]
    assert {shown(moment, zone).time() for moment in moments} == {time(9)}
    assert (len(moments), len({moment.time() for moment in moments})) == (365, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ",
        "DAILY",
        "FREQ=HOURLY",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=1001",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=x",
        "FREQ=DAILY;COUNT=1_0",
        "FREQ=DAILY;COUNT=+8",
        "FREQ=DAILY;INTERVAL=٣",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;BYSECOND=30",
        "FREQ=DAILY;X-OURS=1",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=DAILY;BYDAY=-1FR",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYWEEKNO=1",
        "FREQ=DAILY;BYYEARDAY=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;" + "BYMONTH=1" * 60,
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput) as refused:
        Rule.parse(text)
    assert refused.value.field == "rule"


def test_a_rule_is_kept_in_one_form() -> None:
    assert Rule.parse(" rrule:freq=weekly;byday=mo ").text == "FREQ=WEEKLY;BYDAY=MO"


def test_days_that_never_come_are_not_searched_for() -> None:
    """No seventh day from a Monday is a Tuesday, and the calendar has eight thousand years to find out."""
    rule, monday = Rule.parse("FREQ=DAILY;INTERVAL=7;BYDAY=TU"), datetime(2026, 11, 23, 9)  # noqa: DTZ001
    began = process_time()
    assert list(rule.times(monday, monday + timedelta(days=90), BERLIN)) == []
    assert process_time() - began < 0.1


def test_too_many_times_were_not_meant() -> None:
    rule = Rule.parse("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))))
    first = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(BadUserInput):
        list(rule.times(first, first + timedelta(days=3000), BERLIN))
    assert len(list(rule.times(first, first + timedelta(days=3000), BERLIN, first + timedelta(days=2900)))) == 2400
