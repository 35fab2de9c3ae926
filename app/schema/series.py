"""Standing bookings."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from app import models
from app.loaders import series as relations
from app.models.base import Vocabulary
from app.models.series import OccurrenceOutcome, SeriesStatus
from app.schema.bookings import Booking, BookingFilter, BookingOrder
from app.schema.customers import Customer
from app.schema.fields import Connection, column, derived, listing, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.resources import Resource
from app.schema.scalars import LocalDateTime
from app.schema.scheduling import Service
from app.schema.subjects import Subject
from app.services.series import SeriesScope

vocabulary(SeriesStatus, "Whether a standing booking goes on.")
vocabulary(OccurrenceOutcome, "What came of one time of a standing booking.")
vocabulary(SeriesScope, "Which times of a standing booking are meant.")


@strawberry.input(description="Which times of a standing booking are wanted.")
class OccurrenceFilter(Values):
    missed: bool | None = column("That could not be booked, or that were.", default=None)


@node(models.Series, "A standing booking: one subject, one service, again and again, booked ahead as time goes on.")
class Series(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    status: SeriesStatus = column("Whether it goes on.")
    customer: Customer = to_one(relations.SERIES_CUSTOMER, "Who booked.")
    subject: Subject = to_one(relations.SERIES_SUBJECT, "Whom or what it is for.")
    service: Service = to_one(relations.SERIES_SERVICE, "What is booked.")
    resource: Resource | None = to_one(
        relations.SERIES_RESOURCE, "Who or what must render it; null: whoever has most places left."
    )
    rule: str = column("When: an RFC 5545 rule, counted from `startsAt` on.")
    time_zone: str = column("The IANA zone of its times: nine o'clock stays nine o'clock when the clocks change.")
    starts_at: LocalDateTime = derived(lambda series: series.starts_at_local, "The first time that its rule can make.")
    ends_before: LocalDateTime | None = derived(
        lambda series: series.ends_before_local, "All its times are before this one, if it was ended."
    )
    exceptions: list[LocalDateTime] = derived(
        lambda series: series.except_local, "Times of the rule that are left out."
    )
    extras: list[LocalDateTime] = derived(lambda series: series.extra_local, "Times besides those of the rule.")
    paused_from: date | None = column("The first day on which nothing is booked, if it is paused.")
    paused_until: date | None = column("The last one; null: until it is resumed. After it, it goes on by itself.")
    booked_until: date | None = column("The last day that is booked already.")
    notes: str | None = column("What the customer wants to say; each booking gets it when it is made.")
    created_at: datetime = column("When it was made.")
    bookings: Connection[Booking] = listing(
        relations.SERIES_BOOKINGS,
        "What was booked, also what was called off.",
        filter=BookingFilter,
        order_by=BookingOrder,
    )
    occurrences: Connection[Annotated["Occurrence", strawberry.lazy("app.schema.series")]] = listing(
        relations.SERIES_OCCURRENCES, "Its times, as far as they were dealt with.", filter=OccurrenceFilter
    )


@node(models.Occurrence, "One time of a standing booking, and what came of it.")
class Occurrence(Node):
    local_at: LocalDateTime = column("The time on the wall.")
    starts_at: datetime = column("The instant.")
    outcome: OccurrenceOutcome = column("What came of it. What is to come and was missed is tried again every day.")
    series: Series = to_one(relations.OCCURRENCE_SERIES, "The standing booking.")
    booking: Booking | None = to_one(
        relations.OCCURRENCE_BOOKING, "Its booking, which may have been moved or called off since."
    )


class SeriesOrderField(Vocabulary):
    CREATED_AT = "CREATED_AT", "By when they were made."


vocabulary(SeriesOrderField, "What standing bookings can be ordered by.")


@strawberry.input(description="An order of standing bookings.")
class SeriesOrder:
    field: SeriesOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which standing bookings are wanted; all conditions hold at once.")
class SeriesFilter(Values):
    customer_id: strawberry.ID | None = column("Of this customer.", default=None)
    subject_id: strawberry.ID | None = column("For this subject.", default=None)
    service_id: strawberry.ID | None = column("Of this service.", default=None)
    status: list[SeriesStatus] | None = column("In one of these states.", default=None)


@strawberry.input(description="A standing booking to make. Its times are on the wall where the organization is.")
class CreateSeriesInput(Values):
    subject_id: strawberry.ID = column("For whom or what.")
    service_id: strawberry.ID = column("A service that is booked by the slot.")
    rule: str = column("When: an RFC 5545 rule such as `FREQ=WEEKLY;BYDAY=MO`.")
    starts_at: LocalDateTime = column("The first time; the rule counts from it, and takes the time of day from it.")
    resource_id: strawberry.ID | None = column("Only slots that are rendered by this one.", default=None)
    notes: str | None = column("What staff should know.", default=None)
    exceptions: list[LocalDateTime] | None = column("Times of the rule to leave out.", default=None)
    extras: list[LocalDateTime] | None = column("Times besides those of the rule.", default=None)


@strawberry.input(description="What to change of a standing booking; what is left out stays, and so does the past.")
class UpdateSeriesInput(Values):
    series_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    scope: SeriesScope = column("Which times. For one alone, move or cancel its booking.")
    from_: LocalDateTime | None = column(
        "The first time that changes, with THIS_AND_FOLLOWING; one that is to come.", name="from", default=None
    )
    rule: strawberry.Maybe[str] = column("When: an RFC 5545 rule.")
    starts_at: strawberry.Maybe[LocalDateTime] = column("From when on the rule counts, which is also its time of day.")
    resource_id: strawberry.Maybe[strawberry.ID | None] = column("Only slots that are rendered by this one; null: any.")
    notes: strawberry.Maybe[str | None] = column("What staff should know; for bookings that are made from now on.")
    exceptions: strawberry.Maybe[list[LocalDateTime]] = column("Times of the rule to leave out; all of them.")
    extras: strawberry.Maybe[list[LocalDateTime]] = column("Times besides those of the rule; all of them.")


@strawberry.input(description="A standing booking to end.")
class CancelSeriesInput(Values):
    series_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    scope: SeriesScope = column("Which times. For one alone, cancel its booking.")
    from_: LocalDateTime | None = column(
        "The first time that is called off, with THIS_AND_FOLLOWING; one that is to come.", name="from", default=None
    )
    reason: str | None = column("Why.", default=None)


@strawberry.input(description="A standing booking that shall rest.")
class PauseSeriesInput(Values):
    series_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    from_: date = column("The first day on which nothing is booked.", name="from")
    until: date | None = column("The last one; left out, until it is resumed.", default=None)


@strawberry.input(description="A standing booking that shall go on at once.")
class ResumeSeriesInput(Values):
    series_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
