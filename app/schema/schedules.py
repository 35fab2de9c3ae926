"""Opening hours, and what departs from them."""

from datetime import date, time
from typing import Annotated

import strawberry

from app import models
from app.loaders import schedules as relations
from app.models.base import Vocabulary
from app.models.schedules import ScheduleExceptionKind
from app.schema.fields import Connection, column, listing, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.resources import Resource
from app.schema.scheduling import Service

vocabulary(ScheduleExceptionKind, "How a day departs from opening hours.")


@node(
    models.Schedule,
    "Recurring opening hours, in the organization's zone. Of a service: its slots. Of a service and a resource: slots "
    "rendered by that one. Of a resource alone: when it can be used.",
)
class Schedule(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    service: Service | None = to_one(relations.SCHEDULE_SERVICE, "What is rendered then, if it makes slots.")
    resource: Resource | None = to_one(relations.SCHEDULE_RESOURCE, "Who or what is there then, if that is fixed.")
    rule: str = column("On which days it opens: an RFC 5545 rule.")
    starts_on: date = column("The first day.")
    ends_on: date | None = column("The last day.")
    opens_at: time = column("When it opens on these days.")
    closes_at: time = column("When it closes; on the next day, if that is not later than it opens.")
    slot_every_s: int | None = column("How long after each other slots begin, in seconds; null: one slot an opening.")
    capacity: int = column("How many bookings each slot takes.")
    horizon_days: int = column("For how many days ahead slots are made.")
    planned_until: date | None = column("The last day for which slots were made; null: it makes none.")
    active: bool = column("Whether it is in force.")
    exceptions: Connection[Annotated["ScheduleException", strawberry.lazy("app.schema.schedules")]] = listing(
        relations.SCHEDULE_EXCEPTIONS,
        "Days on which it departs from its rule. Those of the whole organization are not among them.",
    )


@node(
    models.ScheduleException,
    "Days on which a schedule departs from its rule. An opening belongs to the day on which it begins.",
)
class ScheduleException(Node):
    kind: ScheduleExceptionKind = column("How they depart.")
    schedule: Schedule | None = to_one(
        relations.EXCEPTION_SCHEDULE, "Which schedule; null: all of the organization, apart from their extra openings."
    )
    starts_on: date = column("The first day.")
    ends_on: date = column("The last day.")
    opens_at: time | None = column(
        "From when on each day; null: the whole day is closed, or open at the hours of the schedule."
    )
    closes_at: time | None = column("Until when; on the next day, if that is not later than `opensAt`.")
    reason: str | None = column("Why.")


class ScheduleOrderField(Vocabulary):
    NAME = "NAME", "By name."


class ScheduleExceptionOrderField(Vocabulary):
    STARTS_ON = "STARTS_ON", "By their first days."


vocabulary(ScheduleOrderField, "What schedules can be ordered by.")
vocabulary(ScheduleExceptionOrderField, "What exceptions can be ordered by.")


@strawberry.input(description="An order of schedules.")
class ScheduleOrder:
    field: ScheduleOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="An order of exceptions.")
class ScheduleExceptionOrder:
    field: ScheduleExceptionOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which schedules are wanted; all conditions hold at once.")
class ScheduleFilter(Values):
    service_id: strawberry.ID | None = column("Of this service.", default=None)
    resource_id: strawberry.ID | None = column("Of this resource.", default=None)
    active: bool | None = column("In force, or not.", default=None)


@strawberry.input(description="Which exceptions are wanted; all conditions hold at once.")
class ScheduleExceptionFilter(Values):
    schedule_id: strawberry.ID | None = column("Of this schedule alone.", default=None)
    from_: date | None = column("Not over before this day.", name="from", default=None)
    to: date | None = column("Beginning before this day.", default=None)


@strawberry.input(description="Opening hours of a service, of a resource, or of a service with a resource.")
class CreateScheduleInput(Values):
    name: str = column("What it is called.")
    service_id: strawberry.ID | None = column("Which service gets slots.", default=None)
    resource_id: strawberry.ID | None = column(
        "Who or what renders it; without a service, which resource is open.", default=None
    )
    rule: str = column(
        "On which days it opens: an RFC 5545 rule such as `FREQ=WEEKLY;BYDAY=MO,TU`. With BYHOUR it opens at those "
        "hours, each time for as long as from `opensAt` to `closesAt`."
    )
    starts_on: date = column("The first day; intervals and counts of the rule begin with it.")
    ends_on: date | None = column("The last day.", default=None)
    opens_at: time = column("When it opens.")
    closes_at: time = column("When it closes; on the next day, if that is not later than it opens.")
    slot_every_s: int | None = column(
        "How long after each other slots begin, in seconds, each as long as the service takes; left out: one slot an "
        "opening, as long as that.",
        default=None,
    )
    capacity: int = column("How many bookings each slot takes.", default=1)
    horizon_days: int = column("For how many days ahead slots are made, 1 to 366.", default=90)


@strawberry.input(description="A schedule, changed; what is left out stays. Slots that were booked stay in any case.")
class UpdateScheduleInput(Values):
    schedule_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called.")
    rule: strawberry.Maybe[str] = column("On which days it opens: an RFC 5545 rule.")
    starts_on: strawberry.Maybe[date] = column("The first day.")
    ends_on: strawberry.Maybe[date | None] = column("The last day.")
    opens_at: strawberry.Maybe[time] = column("When it opens.")
    closes_at: strawberry.Maybe[time] = column("When it closes.")
    slot_every_s: strawberry.Maybe[int | None] = column("How long after each other slots begin, in seconds.")
    capacity: strawberry.Maybe[int] = column("How many bookings each slot takes; never less than it has.")
    horizon_days: strawberry.Maybe[int] = column("For how many days ahead slots are made.")
    active: strawberry.Maybe[bool] = column("Whether it is in force.")


@strawberry.input(description="Days on which a schedule departs from its rule.")
class CreateScheduleExceptionInput(Values):
    schedule_id: strawberry.ID | None = column(
        "Which schedule; left out: all of the organization are closed, apart from their extra openings.", default=None
    )
    kind: ScheduleExceptionKind = column("How they depart.")
    starts_on: date = column("The first day.")
    ends_on: date | None = column("The last day; left out: there is one.", default=None)
    opens_at: time | None = column(
        "From when on each day; left out: the whole day is closed, or open at the hours of the schedule.", default=None
    )
    closes_at: time | None = column("Until when; on the next day, if that is not later than `opensAt`.", default=None)
    reason: str | None = column("Why.", default=None)


@strawberry.input(description="An exception to take back.")
class RemoveScheduleExceptionInput(Values):
    exception_id: strawberry.ID = column("Which.")


@strawberry.input(description="How far ahead a schedule shall have slots.")
class GenerateSlotsInput(Values):
    schedule_id: strawberry.ID = column("Which schedule.")
    until: date = column("The last day, within a year.")
