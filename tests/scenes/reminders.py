"""Scenes of reminders."""

from datetime import time

from app.schema.scalars import encode_id
from tests.client import Json
from tests.factories import reminders
from tests.scenes.stage import Stage, mutation, scene


async def a_protocol(stage: Stage) -> str:
    return encode_id("CareProtocol", await reminders.protocol(stage.house))


async def a_rule(stage: Stage) -> str:
    """One of a protocol of its own, so that there can be any number."""
    protocol = await reminders.protocol(stage.house)
    id = await reminders.rule(stage.house, "CARE_DUE", stage.house.day, time(8), protocol_id=protocol)
    return encode_id("ReminderRule", id)


@scene()
async def reminder_rules(stage: Stage) -> Json:
    await a_rule(stage)
    return {"filter": {"kind": ["CARE_DUE"], "active": True}}


@mutation
async def create_reminder_rule(stage: Stage) -> Json:
    about = {"daysBefore": 7, "at": "08:00", "protocolId": await a_protocol(stage)}
    return {"kind": "CARE_DUE", "channels": ["EMAIL", "PUSH"], **about}


@mutation
async def update_reminder_rule(stage: Stage) -> Json:
    rule, protocol = await a_rule(stage), await a_protocol(stage)
    return {"reminderRuleId": rule, "version": 1, "daysBefore": 10, "at": "09:30", "protocolId": protocol}


@mutation
async def remove_reminder_rule(stage: Stage) -> Json:
    return {"reminderRuleId": await a_rule(stage)}
