"""Reminders: what an organization says by itself, as rules.

`rules` are what people edit, `times` says when one runs, `due` finds what there is to say, `running` says it. A rule is
locked first, then the work that waits for it.
"""

from app.services.reminders.rules import (
    Weekday,
    create_reminder_rule,
    remove_reminder_rule,
    update_reminder_rule,
)
from app.services.reminders.running import begin, end, lock, tell_some

__all__ = [
    "Weekday",
    "begin",
    "create_reminder_rule",
    "end",
    "lock",
    "remove_reminder_rule",
    "tell_some",
    "update_reminder_rule",
]
