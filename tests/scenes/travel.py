"""Scenes of addresses."""

from tests.client import Json
from tests.scenes.stage import Stage, scene


@scene()
async def geocode(stage: Stage) -> Json:
    await stage.home()
    return {"input": {"text": "Rustaveli Avenue 8", "near": {"latitude": 41.7, "longitude": 44.8}}}
