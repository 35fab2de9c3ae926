"""Scenes of figures."""

from tests.client import Json
from tests.scenes.stage import Stage, scene


async def _tomorrow(stage: Stage) -> Json:
    day = stage.house.day.isoformat()
    return {"from": day, "to": day, "serviceIds": [await stage.service()]}


@scene()
async def availability(stage: Stage) -> Json:
    return await _tomorrow(stage)


@scene()
async def booking_statistics(stage: Stage) -> Json:
    return await _tomorrow(stage)
