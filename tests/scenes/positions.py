"""Scenes of positions."""

from app import clock
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@mutation
async def report_positions(stage: Stage) -> Json:
    position = {"point": {"latitude": 41.7, "longitude": 44.8}, "recordedAt": clock.now().isoformat()}
    return {"driverId": stage.driver_gid, "positions": [position]}


@scene()
async def driver_positions(stage: Stage) -> Json:
    await stage.house.insert(
        "positions", driver_id=stage.driver_id, latitude=41.7, longitude=44.8, recorded_at=clock.now()
    )
    return {}
