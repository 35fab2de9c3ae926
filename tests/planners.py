"""Having a day planned by the worker."""

import asyncio
from datetime import date, time
from functools import cache
from typing import Any
from uuid import UUID

from app.services.routing.process import warm_up
from tests.client import Json
from tests.factories.houses import House
from tests.steps import eventually, key, nothing_due, row

RUN = """query Run($id: ID!) { node(id: $id) { ... on PlanningRun { status progress date error { code }
  elapsed assigned bestObjective estimated fewestVehicles balanced
  summary { routes assigned unassigned } unassigned { transport { id } reason } } } }"""
ASKED = """... on OptimizeRoutesSuccess { planningRun { id status label timeLimit } }
  ... on PlanningRunActive { planningRun { id status } message } ... on DayTooLarge { limit message }"""


@cache
def _warm() -> asyncio.Task[None]:
    return asyncio.create_task(warm_up())


async def ask(house: House, day: date | None = None, **more: Any) -> Json:
    await _warm()  # as in a worker that has been there for a while: a search that loads everything takes seconds
    input = {"date": (day or house.day).isoformat(), "timeLimit": 1, **more}
    return await house.client("DISPATCHER").act("optimizeRoutes", input, ASKED)


async def planned(house: House, day: date | None = None, **more: Any) -> Json:
    """Have a day planned; answers the run."""
    id = (await ask(house, day, **more))["planningRun"]["id"]
    await eventually(lambda: nothing_due(house))
    run: Json = (await house.client("DISPATCHER").run(RUN, {"id": id}))["node"]
    assert (run["status"], run["error"]) == ("SUCCEEDED", None)
    return run


def all_day(house: House) -> dict[str, Any]:
    """Windows of a transport that may be done at any time of its day."""
    return {
        "pickup_from": house.at(time(7)),
        "pickup_until": house.at(time(19)),
        "dropoff_from": house.at(time(7)),
        "dropoff_until": house.at(time(20)),
    }


async def routes(house: House) -> list[Any]:
    return await house.all("SELECT * FROM routes WHERE organization_id = $1 ORDER BY id")


async def sequence(house: House, route: UUID) -> list[tuple[UUID, str]]:
    stops = await house.all(
        "SELECT transport_id, kind FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route
    )
    return [(stop["transport_id"], stop["kind"]) for stop in stops]


async def has_status(house: House, run: str, status: str) -> bool:
    found = await row(house, "planning_runs", key(run))
    return bool(found["status"] == status)
