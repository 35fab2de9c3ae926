"""What the organization says by itself."""

from app.access import Permission
from app.context import Info
from app.loaders import reminders as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import AlreadyExists, VersionConflict
from app.schema.reminders import (
    CreateReminderRuleInput,
    ReminderRule,
    ReminderRuleFilter,
    ReminderRuleOrder,
    RemoveReminderRuleInput,
    UpdateReminderRuleInput,
)
from app.services import reminders
from app.uow import UnitOfWork

connection(
    "reminder_rules",
    relations.REMINDER_RULES,
    ReminderRule,
    "What the organization says by itself; a new one says nothing before it is asked to.",
    Permission.MESSAGES_READ,
    filter=ReminderRuleFilter,
    order_by=ReminderRuleOrder,
)

RULE = {"reminder_rule": (ReminderRule, "The reminder, as it is now.")}


@mutation(
    "Let something be said, from its next time on.",
    Permission.MESSAGES_WRITE,
    answers=RULE,
    refusals=(AlreadyExists,),
)
async def create_reminder_rule(info: Info, uow: UnitOfWork, input: CreateReminderRuleInput) -> Nodes:
    return {"reminder_rule": await reminders.create_reminder_rule(uow, **input.values())}


@mutation(
    "Change what is said. What is due already goes on by what the reminder says now.",
    Permission.MESSAGES_WRITE,
    answers=RULE,
    refusals=(VersionConflict, AlreadyExists),
)
async def update_reminder_rule(info: Info, uow: UnitOfWork, input: UpdateReminderRuleInput) -> Nodes:
    return {"reminder_rule": await reminders.update_reminder_rule(uow, **input.values())}


@mutation(
    "Let it be said no more. What was said, or waits to be sent, stays.",
    Permission.MESSAGES_WRITE,
    answers={"reminder_rule": (ReminderRule, "The reminder, as it was.")},
)
async def remove_reminder_rule(info: Info, uow: UnitOfWork, input: RemoveReminderRuleInput) -> Nodes:
    return {"reminder_rule": await reminders.remove_reminder_rule(uow, **input.values())}
