"""What the organization says by itself."""

from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders import reminders as relations
from app.models.base import Vocabulary
from app.models.messaging import Channel, NotificationKind
from app.schema.fields import column, computed, derived, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.services.reminders import Weekday

if TYPE_CHECKING:
    from app.schema.care import CareProtocol

vocabulary(Weekday, "A day of the week.")


@node(models.ReminderRule, "What the organization says by itself: of what, when and by which ways.")
class ReminderRule(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    kind: NotificationKind = column("What is said.")
    channels: list[Channel] = derived(
        lambda rule: [Channel(channel) for channel in rule.channels], "By which ways; each reaches whoever has it."
    )
    days_before: int | None = column(
        "How many days ahead it is said. Null, of care: as many as each protocol warns ahead."
    )
    days_after: int | None = column("How many days after a visit it is said.")
    at: time | None = column("When in the day, where the organization is; null: as soon as it happens.")
    weekday: Weekday | None = derived(
        lambda rule: None if rule.weekday is None else list(Weekday)[rule.weekday], "The day of its week."
    )
    protocol: Annotated["CareProtocol", strawberry.lazy("app.schema.care")] | None = to_one(
        relations.RULE_PROTOCOL, "The only care that it is about; null: any."
    )
    active: bool = column("Whether anything is said.")
    created_at: datetime = column("When it was added.")
    next_run_at: datetime | None = computed(
        relations.RULE_NEXT_RUN, "When it runs next; null: it does not follow the calendar, or is not active."
    )


class ReminderRuleOrderField(Vocabulary):
    CREATED_AT = "CREATED_AT", "By when they were added."


vocabulary(ReminderRuleOrderField, "What reminders can be ordered by.")


@strawberry.input(description="An order of reminders.")
class ReminderRuleOrder:
    field: ReminderRuleOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which reminders are wanted; all conditions hold at once.")
class ReminderRuleFilter(Values):
    kind: list[NotificationKind] | None = column("Of one of these kinds.", default=None)
    active: bool | None = column("That say something, or that do not.", default=None)


@strawberry.input(
    description="A reminder to add. `CARE_DUE` needs `at`, `CARE_OVERDUE` also `weekday`, `BOOKING_TOMORROW` also "
    "`daysBefore`, `AFTER_VISIT` also `daysAfter`. Any other kind is said when it happens, and has none of them."
)
class CreateReminderRuleInput(Values):
    kind: NotificationKind = column("What is said.")
    channels: list[Channel] = column("By which ways.")
    at: time | None = column("When in the day, where the organization is.", default=None)
    days_before: int | None = column(
        "How many days ahead, up to 365; of a booking at least 1. Left out, of care: as many as each protocol warns.",
        default=None,
    )
    days_after: int | None = column("How many days after a visit, up to 365; 0 is the same day.", default=None)
    weekday: Weekday | None = column("The day of its week.", default=None)
    protocol_id: strawberry.ID | None = column("The only care that it is about.", default=None)
    active: bool = column("Whether anything is said.", default=True)


@strawberry.input(description="What to change of a reminder; what is left out stays. Its kind stays as it is.")
class UpdateReminderRuleInput(Values):
    reminder_rule_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    channels: strawberry.Maybe[list[Channel]] = column("By which ways.")
    at: strawberry.Maybe[time] = column("When in the day, where the organization is.")
    days_before: strawberry.Maybe[int | None] = column(
        "How many days ahead; null, of care: as many as each protocol warns."
    )
    days_after: strawberry.Maybe[int] = column("How many days after a visit.")
    weekday: strawberry.Maybe[Weekday] = column("The day of its week.")
    protocol_id: strawberry.Maybe[strawberry.ID | None] = column("The only care that it is about; null: any.")
    active: strawberry.Maybe[bool] = column("Whether anything is said. What was left out meanwhile is not made up for.")


@strawberry.input(description="A reminder to take back.")
class RemoveReminderRuleInput(Values):
    reminder_rule_id: strawberry.ID = column("Which.")
