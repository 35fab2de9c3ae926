"""Scenes of planning runs, and of changing a plan by hand."""

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def planning_runs(stage: Stage) -> Json:
    await stage.planning_run()
    return {}


@scene()
async def planning_run_updated(stage: Stage) -> Json:
    return {"id": await stage.planning_run()}


@mutation
async def optimize_routes(stage: Stage) -> Json:
    return {"date": stage.free_day.isoformat(), "timeLimit": 1}


@mutation
async def cancel_planning_run(stage: Stage) -> Json:
    return {"planningRunId": await stage.planning_run()}


@mutation
async def move_transport(stage: Stage) -> Json:
    there = await stage.journey("OPTIMIZED")
    return {"transportId": await stage.transport(), "routeId": there.route, "position": 1}


@mutation
async def insert_transport(stage: Stage) -> Json:
    there = await stage.journey("OPTIMIZED")
    return {"transportId": await stage.transport(), "routeId": there.route}


@mutation
async def remove_transport(stage: Stage) -> Json:
    return {"transportId": (await stage.journey("OPTIMIZED")).transport}


@mutation
async def swap_drivers(stage: Stage) -> Json:
    ride = await stage.house.transport(stage.customer_id)
    other = await stage.house.route(await stage.house.driver(), [ride], status="OPTIMIZED")
    return {"routeId": (await stage.journey("OPTIMIZED")).route, "withRouteId": encode_id("Route", other)}


@mutation
async def create_route(stage: Stage) -> Json:
    return {"shiftId": await stage.shift()}
