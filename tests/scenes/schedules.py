"""Scenes of schedules."""

from uuid import UUID

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


async def a_schedule(stage: Stage, **values: UUID) -> str:
    return encode_id("Schedule", await stage.house.schedule(**values))


async def an_exception(stage: Stage) -> tuple[str, str]:
    """And its schedule."""
    schedule, day = await stage.house.schedule(), stage.house.day
    id = await stage.house.insert(
        "schedule_exceptions", schedule_id=schedule, kind="CLOSED", starts_on=day, ends_on=day
    )
    return encode_id("ScheduleException", id), encode_id("Schedule", schedule)


@scene()
async def schedules(stage: Stage) -> Json:
    service, resource = await stage.house.service(), await stage.house.resource()
    await a_schedule(stage, service_id=service, resource_id=resource)
    return {"filter": {"serviceId": encode_id("Service", service), "resourceId": encode_id("Resource", resource)}}


@scene()
async def schedule_exceptions(stage: Stage) -> Json:
    _, schedule = await an_exception(stage)
    return {"filter": {"scheduleId": schedule}}


@mutation
async def create_schedule(stage: Stage) -> Json:
    return {
        "name": "Every day",
        "serviceId": await stage.service(),
        "resourceId": encode_id("Resource", await stage.house.resource()),
        "rule": "FREQ=DAILY",
        "startsOn": stage.house.day.isoformat(),
        "opensAt": "09:00",
        "closesAt": "13:00",
        "horizonDays": 7,
    }


@mutation
async def update_schedule(stage: Stage) -> Json:
    return {"scheduleId": await a_schedule(stage), "version": 1, "horizonDays": 7}


@mutation
async def create_schedule_exception(stage: Stage) -> Json:
    return {"scheduleId": await a_schedule(stage), "kind": "CLOSED", "startsOn": stage.house.day.isoformat()}


@mutation
async def remove_schedule_exception(stage: Stage) -> Json:
    exception, _ = await an_exception(stage)
    return {"exceptionId": exception}


@mutation
async def generate_slots(stage: Stage) -> Json:
    return {"scheduleId": await a_schedule(stage), "until": stage.house.day.isoformat()}
