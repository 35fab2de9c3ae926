"""Dates, times and distances as a person reads them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from app.models import Organization

LAST_RESORT = "en"


@dataclass(frozen=True)
class Speech:
    """A language, and the organization's calendar and clock."""

    locale: str
    zone: ZoneInfo

    @classmethod
    def of(cls, organization: Organization, locale: str | None = None) -> Self:
        """What no calendar is known for is read in English."""
        for wanted in (locale, organization.locale):
            if wanted and known(wanted):
                return cls(wanted, ZoneInfo(organization.time_zone))
        return cls(LAST_RESORT, ZoneInfo(organization.time_zone))

    @property
    def language(self) -> str:
        return self.locale.partition("_")[0]

    def moment(self, instant: datetime) -> str:
        return str(format_datetime(instant, "EEEE, d MMMM y, HH:mm", tzinfo=self.zone, locale=self.locale))

    def day(self, day: date) -> str:
        return str(format_date(day, "EEEE, d MMMM y", locale=self.locale))

    def short_day(self, day: date) -> str:
        """For a phone's screen, where the year goes without saying."""
        return str(format_date(day, "EEE, d MMM", locale=self.locale))

    def local_day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def hour(self, instant: datetime) -> str:
        return str(format_time(instant.astimezone(self.zone), "HH:mm", locale=self.locale))

    def end(self, begins: datetime, ends: datetime) -> str:
        """The time alone, unless it ends on another day."""
        same = self.local_day(begins) == self.local_day(ends)
        return self.hour(ends) if same else self.moment(ends)

    def km(self, metres: int) -> str:
        unit = "კმ" if self.language == "ka" else "km"
        return f"{format_decimal(metres // 1000, locale=self.locale)} {unit}"


def known(locale: str) -> bool:
    """Whether dates can be written in it."""
    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        return False
    return True
