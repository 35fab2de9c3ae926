"""Planning a day, and driving it."""

from app.access import Permission
from app.context import Info
from app.loaders import routes as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import DayTooLarge, InvalidTransition, NothingToPublish, PlanningRunActive
from app.schema.routes import (
    ArriveAtStopInput,
    CancelPlanningRunInput,
    CompleteStopInput,
    OptimizeRoutesInput,
    PlanningRun,
    PlanningRunFilter,
    PublishRoutesInput,
    Route,
    RouteFilter,
    RouteOrder,
    StartRouteInput,
    Stop,
)
from app.services import planning, routes
from app.uow import UnitOfWork

connection(
    "routes",
    relations.ROUTES,
    Route,
    "Routes that the viewer sees.",
    Permission.TRANSPORTS_READ,
    filter=RouteFilter,
    order_by=RouteOrder,
)
connection(
    "planning_runs",
    relations.PLANNING_RUNS,
    PlanningRun,
    "Planning runs, latest first.",
    Permission.ROUTES_PLAN,
    filter=PlanningRunFilter,
)


@mutation(
    "Have a day's transports planned onto its shifts, by a worker. Routes that drivers have seen stay as they are.",
    Permission.ROUTES_PLAN,
    answers={"planning_run": (PlanningRun, "The run; follow it with `planningRunUpdated`.")},
    refusals=(PlanningRunActive, DayTooLarge),
)
async def optimize_routes(info: Info, uow: UnitOfWork, input: OptimizeRoutesInput) -> Nodes:
    settings = info.context.server.settings
    run = await planning.optimize_routes(
        uow,
        input.date,
        input.time_limit_s,
        input.label,
        limit_max=settings.planning_time_limit_s_max,
        transports_max=settings.planning_transports_max,
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
    "Show a day's planned routes to their drivers.",
    Permission.ROUTES_PLAN,
    answers={"routes": (list[Route], "The routes that are public now; at most one a shift.")},
    refusals=(NothingToPublish, InvalidTransition),
)
async def publish_routes(info: Info, uow: UnitOfWork, input: PublishRoutesInput) -> Nodes:
    return {"routes": await routes.publish_routes(uow, **input.values())}


@mutation(
    "Set out on a route.",
    Permission.ROUTES_DRIVE,
    answers={"route": (Route, "The route, under way.")},
    refusals=(InvalidTransition,),
)
async def start_route(info: Info, uow: UnitOfWork, input: StartRouteInput) -> Nodes:
    return {"route": await routes.start_route(uow, **input.values())}


@mutation(
    "Reach a stop.",
    Permission.ROUTES_DRIVE,
    answers={"stop": (Stop, "The stop.")},
    refusals=(InvalidTransition,),
)
async def arrive_at_stop(info: Info, uow: UnitOfWork, input: ArriveAtStopInput) -> Nodes:
    return {"stop": await routes.arrive_at_stop(uow, **input.values())}


@mutation(
    "Deal with a stop. The last one completes the route.",
    Permission.ROUTES_DRIVE,
    answers={
        "stop": (Stop, "The stop, done."),
        "next_stop": (Stop | None, "The next one ahead; none if the route is complete."),
    },
    refusals=(InvalidTransition,),
)
async def complete_stop(info: Info, uow: UnitOfWork, input: CompleteStopInput) -> Nodes:
    stop, next_stop = await routes.complete_stop(uow, **input.values())
    return {"stop": stop, "next_stop": next_stop}
