"""Who waits for a place of a full slot."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders import waitlist as relations
from app.models.base import Vocabulary
from app.models.waitlist import WaitlistStatus
from app.schema.fields import column, computed, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.bookings import Booking
    from app.schema.customers import Customer
    from app.schema.scheduling import Slot
    from app.schema.subjects import Subject

vocabulary(WaitlistStatus, "Where somebody who waits stands.")


@node(models.WaitlistEntry, "A subject in line for a place of a slot.")
class WaitlistEntry(Node):
    status: WaitlistStatus = column("Where it stands.")
    position: int | None = computed(
        relations.WAITLIST_POSITION, "Its place in line, from 1; null when it does not wait any more."
    )
    created_at: datetime = column("When it joined.")
    slot: Annotated["Slot", strawberry.lazy("app.schema.scheduling")] = to_one(
        relations.WAITLIST_SLOT, "The slot it waits for."
    )
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] = to_one(
        relations.WAITLIST_CUSTOMER, "Whose it is."
    )
    subject: Annotated["Subject", strawberry.lazy("app.schema.subjects")] = to_one(
        relations.WAITLIST_SUBJECT, "Whom or what it is for."
    )
    booking: Annotated["Booking", strawberry.lazy("app.schema.bookings")] | None = to_one(
        relations.WAITLIST_BOOKING, "The place that is, or was, held for it; booking the slot accepts the offer."
    )


class WaitlistOrderField(Vocabulary):
    CREATED_AT = "CREATED_AT", "By when they joined."


vocabulary(WaitlistOrderField, "What waitlist entries can be ordered by.")


@strawberry.input(description="An order of waitlist entries.")
class WaitlistOrder:
    field: WaitlistOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which waitlist entries are wanted; all conditions hold at once.")
class WaitlistFilter(Values):
    slot_id: strawberry.ID | None = column("For this slot.", default=None)
    customer_id: strawberry.ID | None = column("Of this customer.", default=None)
    subject_id: strawberry.ID | None = column("For this subject.", default=None)
    status: list[WaitlistStatus] | None = column("In one of these states.", default=None)


@strawberry.input(description="A full slot to wait for.")
class JoinWaitlistInput(Values):
    slot_id: strawberry.ID = column("Which slot.")
    subject_id: strawberry.ID = column("For whom or what.")


@strawberry.input(description="A line to leave.")
class LeaveWaitlistInput(Values):
    entry_id: strawberry.ID = column("Which entry.")
