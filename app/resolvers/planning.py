"""Planning a day, and changing the plan by hand."""

from typing import Any

from app.access import Permission
from app.context import Info
from app.loaders import planning as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.planning import (
    CancelPlanningRunInput,
    CreateRouteInput,
    InsertTransportInput,
    MoveTransportInput,
    OptimizeRoutesInput,
    PlanningRun,
    PlanningRunFilter,
    RemoveTransportInput,
    SwapDriversInput,
)
from app.schema.problems import (
    AlreadyExists,
    DayTooLarge,
    InfeasibleRoute,
    InvalidTransition,
    NoPlaceFound,
    PlanningRunActive,
)
from app.schema.routes import Route
from app.schema.scalars import MinorUnits
from app.schema.transports import Transport
from app.services import planning
from app.services.planning.hand import Change
from app.uow import UnitOfWork

PRICE: dict[str, tuple[Any, str]] = {
    "added_distance": (int, "Metres more than before, over all routes that it concerns."),
    "added_duration": (int, "Seconds more than before."),
    "added_cost": (MinorUnits | None, "Money more than before, if the shifts have a price."),
}


def _price(change: Change) -> Nodes:
    return {
        "added_distance": change.added_m,
        "added_duration": change.added_s,
        "added_cost": change.added_cost,
    }


connection(
    "planning_runs",
    relations.PLANNING_RUNS,
    PlanningRun,
    "Planning runs, latest first.",
    Permission.ROUTES_PLAN,
    filter=PlanningRunFilter,
)


@mutation(
    "Have a day planned by a worker: all of it that is neither done nor under way. So on the day itself what is new, "
    "called off or late is worked in; what is pinned, and every route that was forced, stays as it is.",
    Permission.ROUTES_PLAN,
    answers={"planning_run": (PlanningRun, "The run; follow it with `planningRunUpdated`.")},
    refusals=(PlanningRunActive, DayTooLarge),
    cost=500,
)
async def optimize_routes(info: Info, uow: UnitOfWork, input: OptimizeRoutesInput) -> Nodes:
    settings = info.context.server.settings
    run = await planning.optimize_routes(
        uow,
        limit_max=settings.planning_time_limit_s_max,
        transports_max=settings.planning_transports_max,
        **input.values(),
    )
    return {"planning_run": run}


@mutation(
    "Call a planning run off; the old plan stands.",
    Permission.ROUTES_PLAN,
    answers={"planning_run": (PlanningRun, "The run, cancelled.")},
    refusals=(InvalidTransition,),
)
async def cancel_planning_run(info: Info, uow: UnitOfWork, input: CancelPlanningRunInput) -> Nodes:
    return {"planning_run": await planning.cancel_planning_run(uow, **input.values())}


@mutation(
    "Put a transport at a certain place of a route, and time the route at once.",
    Permission.ROUTES_PLAN,
    answers={"route": (Route, "The route with it."), **PRICE},
    refusals=(InfeasibleRoute, InvalidTransition),
    cost=50,
)
async def move_transport(info: Info, uow: UnitOfWork, input: MoveTransportInput) -> Nodes:
    change = await planning.move_transport(uow, info.context.server.settings, **input.values())
    return {"route": change.route, **_price(change)}


@mutation(
    "Put a transport that waits where that costs least, on one route or on any of its day.",
    Permission.ROUTES_PLAN,
    answers={"route": (Route, "The route with it."), **PRICE},
    refusals=(NoPlaceFound, InfeasibleRoute, InvalidTransition),
    cost=50,
)
async def insert_transport(info: Info, uow: UnitOfWork, input: InsertTransportInput) -> Nodes:
    change = await planning.insert_transport(uow, info.context.server.settings, **input.values())
    return {"route": change.route, **_price(change)}


@mutation(
    "Take a transport off its route, before anybody has set out for it; it waits to be planned again.",
    Permission.ROUTES_PLAN,
    answers={"transport": (Transport, "It."), "route": (Route, "The route without it."), **PRICE},
    refusals=(InvalidTransition,),
)
async def remove_transport(info: Info, uow: UnitOfWork, input: RemoveTransportInput) -> Nodes:
    transport, change = await planning.remove_transport(uow, info.context.server.settings, **input.values())
    return {"transport": transport, "route": change.route, **_price(change)}


@mutation(
    "Let two drivers take over each other's shift, vehicle and route, before either has set out.",
    Permission.ROUTES_PLAN,
    answers={"routes": (list[Route], "Both.")},
    refusals=(InfeasibleRoute, InvalidTransition, AlreadyExists),
)
async def swap_drivers(info: Info, uow: UnitOfWork, input: SwapDriversInput) -> Nodes:
    return {"routes": await planning.swap_drivers(uow, info.context.server.settings, **input.values())}


@mutation(
    "Lay an empty route for a shift that has none, to be filled by hand.",
    Permission.ROUTES_PLAN,
    answers={"route": (Route, "The draft.")},
    refusals=(AlreadyExists,),
)
async def create_route(info: Info, uow: UnitOfWork, input: CreateRouteInput) -> Nodes:
    return {"route": await planning.create_route(uow, **input.values())}
