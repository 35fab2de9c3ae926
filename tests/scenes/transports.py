"""Scenes of transports and routes."""

from app.models import Role
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def transports(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"customerId": stage.customer_gid, "driverId": stage.driver_gid}}


@mutation
async def create_transport(stage: Stage) -> Json:
    return {
        "customerId": stage.customer_gid,
        "subjectId": await stage.pet(),
        "pickupPlaceId": await stage.home(),
        "dropoffPlaceId": await stage.site(),
        "pickupWindow": {"from": stage.instant(9), "until": stage.instant(10)},
        "dropoffWindow": {"from": stage.instant(9), "until": stage.instant(11)},
    }


@mutation
async def cancel_transport(stage: Stage) -> Json:
    return {"transportId": await stage.transport()}


@scene()
async def transport_updated(stage: Stage) -> Json:
    there = await stage.journey()
    return {"id": there.transport, "after": await stage.news(there)}


@scene(unseen={Role.CUSTOMER})
async def routes(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"driverId": stage.driver_gid}}


@scene(unseen={Role.CUSTOMER})
async def route_updated(stage: Stage) -> Json:
    there = await stage.journey()
    return {"id": there.route, "after": await stage.news(there)}


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
async def publish_routes(stage: Stage) -> Json:
    await stage.journey("OPTIMIZED")
    return {"date": stage.house.day.isoformat()}


@mutation
async def start_route(stage: Stage) -> Json:
    return {"routeId": (await stage.journey()).route}


@mutation
async def arrive_at_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop}


@mutation
async def complete_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop}


@scene()
async def events(stage: Stage) -> Json:
    return {"after": await stage.news(await stage.journey())}
