"""Rules as people edit them.

Some follow the calendar and have a time of day. The others are about something that happens, and say only by which ways
it is told, and whether at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.errors import BadUserInput
from app.models import CareProtocol, Channel, EventType, NotificationKind, ReminderRule, WorkKind
from app.models.base import Vocabulary
from app.services import due_work, values
from app.services.reminders import times
from app.uow import UnitOfWork

K = NotificationKind
DAYS_MAX = 365


class Weekday(Vocabulary):
    MONDAY = "MONDAY", "Monday."
    TUESDAY = "TUESDAY", "Tuesday."
    WEDNESDAY = "WEDNESDAY", "Wednesday."
    THURSDAY = "THURSDAY", "Thursday."
    FRIDAY = "FRIDAY", "Friday."
    SATURDAY = "SATURDAY", "Saturday."
    SUNDAY = "SUNDAY", "Sunday."

    @property
    def number(self) -> int:
        """From 0, as Python counts them."""
        return list(Weekday).index(self)


@dataclass(frozen=True)
class Shape:
    """Which fields a rule of a kind has: those that it needs, and those that it may leave out."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    days_min: int = 0


SHAPES = {
    K.CARE_DUE: Shape(needs=("at",), takes=("days_before", "protocol_id")),
    K.CARE_OVERDUE: Shape(needs=("at", "weekday")),
    K.BOOKING_TOMORROW: Shape(needs=("at", "days_before"), days_min=1),
    K.AFTER_VISIT: Shape(needs=("at", "days_after")),
}
"""Kinds that follow the calendar; any other has none of the fields."""
FIELDS = {
    "at": "at",
    "weekday": "weekday",
    "days_before": "daysBefore",
    "days_after": "daysAfter",
    "protocol_id": "protocolId",
}


async def create_reminder_rule(
    uow: UnitOfWork, kind: NotificationKind, channels: Sequence[Channel], **given: Any
) -> ReminderRule:
    wanted = await _checked(uow, {"channels": channels, **given})
    _check_shape(kind, wanted)
    rule = await uow.add(ReminderRule(kind=kind, **{"active": True, **wanted}))
    uow.emit(EventType.REMINDER_RULE_CREATED, rule)
    await _begin(uow, rule)
    return rule


async def update_reminder_rule(uow: UnitOfWork, reminder_rule_id: UUID, version: int, **given: Any) -> ReminderRule:
    """A run that is under way stops, and goes on by what the rule says now."""
    rule = await uow.get(ReminderRule, reminder_rule_id, lock=True)
    changes = await _checked(uow, given)
    _check_shape(rule.kind, {name: getattr(rule, name) for name in FIELDS} | changes)
    was_active, weekday = rule.active, rule.weekday
    await uow.change(rule, version, changes)
    uow.emit(EventType.REMINDER_RULE_UPDATED, rule)
    if not was_active or not rule.active or rule.weekday != weekday:
        await _begin(uow, rule)
    else:
        await times.leave_run(uow, rule, await times.zone_of(uow))
    return rule


async def remove_reminder_rule(uow: UnitOfWork, reminder_rule_id: UUID) -> ReminderRule:
    """What it has said already stays; what it has not is not said."""
    rule = await uow.get(ReminderRule, reminder_rule_id, lock=True)
    await due_work.withdraw(uow, rule.id, WorkKind.RUN_REMINDER)
    await uow.session.delete(rule)
    await uow.flush()
    uow.emit(EventType.REMINDER_RULE_REMOVED, rule)
    return rule


async def _begin(uow: UnitOfWork, rule: ReminderRule) -> None:
    """A rule that follows the calendar runs from its next time on; what lies behind it is not said any more."""
    zone = await times.zone_of(uow)
    at = rule.at if rule.active else None
    rule.run_on = None if at is None else times.first_day(rule, at, uow.now, zone)
    await uow.flush()
    await times.leave_run(uow, rule, zone)


async def _checked(uow: UnitOfWork, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    if "channels" in found:
        found["channels"] = _channels(found["channels"])
    if found.get("weekday") is not None:
        found["weekday"] = found["weekday"].number
    if found.get("protocol_id") is not None:
        await uow.get(CareProtocol, found["protocol_id"])
    return found


def _channels(wanted: Sequence[Channel]) -> list[str]:
    """Each once, in order."""
    if not wanted:
        raise BadUserInput("A reminder needs a way to be told by; to tell nothing, make it inactive.", "channels")
    return [channel.value for channel in Channel if channel in wanted]


def _check_shape(kind: NotificationKind, wanted: Mapping[str, Any]) -> None:
    """Whether the fields are those of the kind."""
    shape = SHAPES.get(kind, Shape())
    for name, field in FIELDS.items():
        value = wanted.get(name)
        if value is None and name in shape.needs:
            raise BadUserInput(f"A reminder {kind.value} needs `{field}`.", field)
        if value is not None and name not in shape.needs + shape.takes:
            raise BadUserInput(f"A reminder {kind.value} has no `{field}`.", field)
        if value is not None and name in ("days_before", "days_after"):
            values.between(value, shape.days_min, DAYS_MAX, field)
