"""What there is to say on some days: one statement for each kind, a batch at a time, in an order to go on in.

The days are local ones. What is archived, erased or called off is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, exists, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.models import (
    Booking,
    BookingStatus,
    CareDue,
    CareProtocol,
    Customer,
    NotificationKind,
    ReminderRule,
    Subject,
)
from app.services.messaging.telling import Telling
from app.services.reminders.times import DAY, midnight

K = NotificationKind
SUBJECTS = Subject.__table__
"""What all subjects have; the model would join what only some have."""
WARNING_DAYS = 30
"""How far ahead people hear of care that no protocol asks for, where the rule leaves it to the protocols."""
AHEAD_MAX = timedelta(days=365)
"""How far ahead a protocol may warn."""
VISIT_MAX = timedelta(days=366)
"""No visit is longer: what is over by a day began after another."""

Place = tuple[Any, ...]
"""Where a batch ended: the next one begins behind it."""


@dataclass(frozen=True)
class Run:
    """A rule at work: for the days from `first`, the first that is not done, to `last`. week_of: the day it was due."""

    first: date
    last: date
    week_of: date
    zone: ZoneInfo
    now: datetime

    def begin(self, day: date) -> datetime:
        return midnight(day, self.zone)


@dataclass(frozen=True)
class Due:
    """One thing to say, and where it stands. Its cause names it for good: found again and again, it is said once."""

    telling: Telling
    place: Place


def _behind(columns: Sequence[InstrumentedAttribute[Any]], place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    values = (bindparam(None, value, type_=column.type) for column, value in zip(columns, place, strict=True))
    return [tuple_(*columns) > tuple_(*values)]


def _of_the_living(about: type[CareDue] | type[Booking]) -> Select[Any]:
    """Rows about subjects that are still there, of customers that are."""
    return (
        select(about)
        .join(SUBJECTS, and_(SUBJECTS.c.organization_id == about.organization_id, SUBJECTS.c.id == about.subject_id))
        .join(Customer, and_(Customer.organization_id == about.organization_id, Customer.id == about.customer_id))
        .where(SUBJECTS.c.archived_at.is_(None), Customer.erased_at.is_(None))
    )


def care_due(rule: ReminderRule, run: Run, place: Place | None) -> Select[Any]:
    """Care that falls due so many days ahead; where the rule does not say how many, each protocol does."""
    statement = _of_the_living(CareDue).where(CareDue.organization_id == rule.organization_id)
    if rule.protocol_id is not None:
        statement = statement.where(CareDue.protocol_id == rule.protocol_id)
    if rule.days_before is not None:
        ahead = timedelta(days=rule.days_before)
        statement = statement.where(CareDue.due_on.between(run.first + ahead, run.last + ahead))
    else:
        of_protocol = and_(
            CareProtocol.organization_id == CareDue.organization_id, CareProtocol.id == CareDue.protocol_id
        )
        told_on = (CareDue.due_on - func.coalesce(CareProtocol.warning_days, WARNING_DAYS)).cast(Date)
        statement = statement.outerjoin(CareProtocol, of_protocol).where(
            CareDue.due_on.between(run.first, run.last + AHEAD_MAX), told_on.between(run.first, run.last)
        )
    order = (CareDue.due_on, CareDue.id)
    return statement.where(*_behind(order, place)).order_by(*order)


def care_overdue(rule: ReminderRule, run: Run, place: Place | None) -> Select[Any]:
    """Customers with anything that is overdue: they hear of all of it at once."""
    overdue = exists().where(
        CareDue.organization_id == Customer.organization_id,
        CareDue.customer_id == Customer.id,
        CareDue.due_on < run.last,
        SUBJECTS.c.organization_id == CareDue.organization_id,
        SUBJECTS.c.id == CareDue.subject_id,
        SUBJECTS.c.archived_at.is_(None),
    )
    return (
        select(Customer)
        .where(Customer.organization_id == rule.organization_id, Customer.erased_at.is_(None), overdue)
        .where(*_behind((Customer.id,), place))
        .order_by(Customer.id)
    )


def booking_tomorrow(rule: ReminderRule, run: Run, place: Place | None) -> Select[Any]:
    """Bookings that begin so many days ahead, and have not begun."""
    ahead = timedelta(days=rule.days_before or 0)
    order = (Booking.starts_at, Booking.id)
    return (
        _of_the_living(Booking)
        .where(
            Booking.organization_id == rule.organization_id,
            Booking.status == BookingStatus.CONFIRMED,
            Booking.starts_at >= max(run.begin(run.first + ahead), run.now),
            Booking.starts_at < run.begin(run.last + ahead + DAY),
            *_behind(order, place),
        )
        .order_by(*order)
    )


def after_visit(rule: ReminderRule, run: Run, place: Place | None) -> Select[Any]:
    """Visits that were over so many days ago."""
    ago = timedelta(days=rule.days_after or 0)
    # what ends on the day itself, but after the hour of the rule, is told of the next day
    from_, until = run.begin(run.first - (ago or DAY)), run.begin(run.last - ago + DAY)
    order = (Booking.starts_at, Booking.id)
    return (
        _of_the_living(Booking)
        .where(
            Booking.organization_id == rule.organization_id,
            Booking.status == BookingStatus.COMPLETED,
            Booking.starts_at >= from_ - VISIT_MAX,
            Booking.starts_at < until,
            Booking.ends_at >= from_,
            Booking.ends_at < until,
            *_behind(order, place),
        )
        .order_by(*order)
    )


# Causes name what the reminder is about by what does not change: a row of care that is due is written anew at times.


def _care(rule: ReminderRule, run: Run, due: CareDue) -> Due:
    about = f"{due.subject_id}:{due.protocol_id or due.record_id}:{due.due_on}"
    return Due(_telling(rule, about, due, due.customer_id), (due.due_on, due.id))


def _customer(rule: ReminderRule, run: Run, customer: Customer) -> Due:
    year, week, _ = run.week_of.isocalendar()
    return Due(_telling(rule, f"{customer.id}:{year}-W{week:02}", customer, customer.id), (customer.id,))


def _coming(rule: ReminderRule, run: Run, booking: Booking) -> Due:
    """One that was moved to another day is told of again."""
    day = booking.starts_at.astimezone(run.zone).date()
    return Due(_telling(rule, f"{booking.id}:{day}", booking, booking.customer_id), (booking.starts_at, booking.id))


def _over(rule: ReminderRule, run: Run, booking: Booking) -> Due:
    return Due(_telling(rule, f"{booking.id}", booking, booking.customer_id), (booking.starts_at, booking.id))


def _telling(rule: ReminderRule, cause: str, about: CareDue | Booking | Customer, customer_id: UUID) -> Telling:
    return Telling(f"{rule.kind}:{rule.id}:{cause}", about, customer_id)


@dataclass(frozen=True)
class Search:
    """How what is due is found, and how it is told apart."""

    statement: Callable[[ReminderRule, Run, Place | None], Select[Any]]
    due: Callable[[ReminderRule, Run, Any], Due]


SEARCHES = {
    K.CARE_DUE: Search(care_due, _care),
    K.CARE_OVERDUE: Search(care_overdue, _customer),
    K.BOOKING_TOMORROW: Search(booking_tomorrow, _coming),
    K.AFTER_VISIT: Search(after_visit, _over),
}
