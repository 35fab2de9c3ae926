"""Showing routes, and driving them."""

from app.access import Permission
from app.context import Info
from app.loaders import routes as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import InvalidTransition, NothingToPublish, ProofRequired, StillAboard, WrongCode
from app.schema.routes import (
    ArriveAtStopInput,
    CancelRouteInput,
    CompleteStopInput,
    FailStopInput,
    PublishRoutesInput,
    Route,
    RouteFilter,
    RouteOrder,
    SkipStopInput,
    StartRouteInput,
    Stop,
)
from app.schema.transports import Transport
from app.services import routes
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


@mutation(
    "Show a day's routes to their drivers: those that were planned, and those put together by hand.",
    Permission.ROUTES_PLAN,
    answers={"routes": (list[Route], "The routes that are public now; at most one a shift.")},
    refusals=(NothingToPublish, InvalidTransition),
)
async def publish_routes(info: Info, uow: UnitOfWork, input: PublishRoutesInput) -> Nodes:
    return {"routes": await routes.publish_routes(uow, **input.values())}


@mutation(
    "Call a route off. What its driver has not come for waits for the next plan; what the driver was on the way to has "
    "failed.",
    Permission.ROUTES_PLAN,
    answers={"route": (Route, "The route, called off.")},
    refusals=(InvalidTransition, StillAboard),
)
async def cancel_route(info: Info, uow: UnitOfWork, input: CancelRouteInput) -> Nodes:
    return {"route": await routes.cancel_route(uow, **input.values())}


@mutation(
    "Set out on a route. Told again, or after one of its stops was, it changes nothing.",
    Permission.ROUTES_DRIVE,
    answers={"route": (Route, "The route, under way.")},
    refusals=(InvalidTransition,),
)
async def start_route(info: Info, uow: UnitOfWork, input: StartRouteInput) -> Nodes:
    return {"route": await routes.start_route(uow, info.context.server.settings, **input.values())}


@mutation(
    "Reach a stop. Told again it changes nothing; told after the stop was dealt with, it only fills in the time.",
    Permission.ROUTES_DRIVE,
    answers={"stop": (Stop, "The stop.")},
    refusals=(InvalidTransition,),
)
async def arrive_at_stop(info: Info, uow: UnitOfWork, input: ArriveAtStopInput) -> Nodes:
    return {"stop": await routes.arrive_at_stop(uow, info.context.server.settings, **input.values())}


NEXT_STOP = (Stop | None, "Where to go next; none if the route is complete. What was put off comes last.")


@mutation(
    "Deal with a stop. The last one completes the route; a dropoff says that its pickup was made. Told again, it only "
    "adds proofs.",
    Permission.ROUTES_DRIVE,
    answers={"stop": (Stop, "The stop, done."), "next_stop": NEXT_STOP},
    refusals=(InvalidTransition, ProofRequired, WrongCode),
)
async def complete_stop(info: Info, uow: UnitOfWork, input: CompleteStopInput) -> Nodes:
    stop, next_stop = await routes.complete_stop(uow, info.context.server.settings, **input.values())
    return {"stop": stop, "next_stop": next_stop}


@mutation(
    "Put a stop off: the route goes on, and waits at its end until the stop is done or has failed. Told after that, it "
    "changes nothing.",
    Permission.ROUTES_DRIVE,
    answers={"stop": (Stop, "The stop."), "next_stop": NEXT_STOP},
    refusals=(InvalidTransition,),
)
async def skip_stop(info: Info, uow: UnitOfWork, input: SkipStopInput) -> Nodes:
    stop, next_stop = await routes.skip_stop(uow, info.context.server.settings, **input.values())
    return {"stop": stop, "next_stop": next_stop}


@mutation(
    "Give a stop up. Without its pickup a transport has no dropoff; what cannot be dropped off goes back to where it "
    "was picked up, by a stop that is added to the route.",
    Permission.ROUTES_DRIVE,
    answers={
        "stop": (Stop, "The stop, failed."),
        "transport": (Transport, "Its transport, failed."),
        "next_stop": NEXT_STOP,
    },
    refusals=(InvalidTransition,),
)
async def fail_stop(info: Info, uow: UnitOfWork, input: FailStopInput) -> Nodes:
    stop, transport, next_stop = await routes.fail_stop(uow, info.context.server.settings, **input.values())
    return {"stop": stop, "transport": transport, "next_stop": next_stop}
