"""Routes, their stops, and planning runs."""

import datetime as dt
from datetime import datetime
from typing import Annotated

import strawberry

from app import models
from app.loaders import routes as relations
from app.models.base import Vocabulary
from app.models.routes import PlanningStatus, RouteStatus, StopKind, StopStatus
from app.models.transports import UnassignedReason
from app.schema.customers import Place
from app.schema.fields import column, derived, to_many, to_one, vocabulary
from app.schema.fleet import Driver, Vehicle
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.transports import Transport

vocabulary(PlanningStatus, "Where a planning run stands.")
vocabulary(RouteStatus, "Where a route stands.")
vocabulary(StopKind, "What happens at a stop.")
vocabulary(StopStatus, "Where a stop stands.")


@node(models.Stop, "The pickup or the dropoff of one transport on a route.")
class Stop(Node):
    sequence: int = column("Its place on the route, from 1.")
    kind: StopKind = column("What happens there.")
    status: StopStatus = column("Where it stands.")
    planned_at: datetime = column("When the driver should arrive, as planned.")
    eta: datetime | None = column("When the driver is expected to arrive, as things are now.")
    arrived_at: datetime | None = column("When the driver arrived.")
    done_at: datetime | None = column("When it was dealt with.")
    place: Place = to_one(relations.STOP_PLACE, "Where.")
    transport: Transport = to_one(relations.STOP_TRANSPORT, "Whose pickup or dropoff it is.")
    route: Annotated["Route", strawberry.lazy("app.schema.routes")] = to_one(relations.STOP_ROUTE, "On which route.")


@node(models.Route, "A driver's way through a shift.")
class Route(Node):
    version: int = column("Goes up with every change of the route or its stops.")
    date: dt.date = column("The day of the organization's calendar.")
    status: RouteStatus = column("Where it stands.")
    starts_at: datetime = column("When the driver should set out.")
    ends_at: datetime = column("When the driver should be back.")
    distance: int = derived(lambda route: route.distance_m, "Metres.")
    duration: int = derived(lambda route: route.duration_s, "Seconds from setting out to being back.")
    driver: Driver = to_one(relations.ROUTE_DRIVER, "Who drives.")
    vehicle: Vehicle = to_one(relations.ROUTE_VEHICLE, "In what.")
    stops: list[Stop] = to_many(relations.ROUTE_STOPS, "In their order; bounded by what fits into a shift.")


@strawberry.type(description="What a planning run achieved.")
class PlanningSummary:
    routes: int = derived(lambda run: run.route_count, "How many routes it laid.")
    distance: int = derived(lambda run: run.distance_m, "Metres of all routes together.")
    duration: int = derived(lambda run: run.duration_s, "Seconds of all routes together.")
    assigned: int = derived(lambda run: run.assigned_count, "How many transports are on a route.")
    unassigned: int = derived(lambda run: run.unassigned_count, "How many were left out.")
    baseline_distance: int = derived(
        lambda run: run.baseline_distance_m, "Metres if each transport went to whoever is nearest to free, in order."
    )


@strawberry.type(description="A transport that was left out, and why.")
class Unassigned:
    reason: UnassignedReason = column("Found by checking.")
    transport: Transport = to_one(relations.UNASSIGNED_TRANSPORT, "Which.")


@strawberry.type(description="Why a planning run ended without a plan.")
class PlanningError:
    code: str = column("For programs.")
    message: str = column("For people.")


def _summary(run: models.PlanningRun) -> models.PlanningRun | None:
    return run if run.status is PlanningStatus.SUCCEEDED else None


def _error(run: models.PlanningRun) -> PlanningError | None:
    return PlanningError(code=run.error_code, message=run.error_message or "") if run.error_code else None


@node(models.PlanningRun, "One search for a day's routes, done by a worker.")
class PlanningRun(Node):
    date: dt.date = column("The day of the organization's calendar.")
    status: PlanningStatus = column("Where it stands.")
    progress: int = column("Percent.")
    label: str | None = column("What whoever asked for it called it.")
    time_limit: int = derived(lambda run: run.time_limit_s, "Seconds that the search may take.")
    started_at: datetime | None = column("When a worker began.")
    finished_at: datetime | None = column("When it ended.")
    summary: PlanningSummary | None = derived(_summary, "What it achieved, once it has succeeded.")
    unassigned: list[Unassigned] = to_many(relations.RUN_UNASSIGNED, "What it left out; at most the run's transports.")
    error: PlanningError | None = derived(_error, "Why it failed, if it did.")


class RouteOrderField(Vocabulary):
    STARTS_AT = "STARTS_AT", "By when they set out."


vocabulary(RouteOrderField, "What routes can be ordered by.")


@strawberry.input(description="An order of routes.")
class RouteOrder:
    field: RouteOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which routes are wanted; all conditions hold at once.")
class RouteFilter(Values):
    date: dt.date | None = column("Of this day.", default=None)
    status: list[RouteStatus] | None = column("In one of these states.", default=None)
    driver_id: strawberry.ID | None = column("Of this driver.", default=None)


@strawberry.input(description="Which planning runs are wanted.")
class PlanningRunFilter(Values):
    date: dt.date | None = column("For this day.", default=None)


@strawberry.input(description="A day to plan.")
class OptimizeRoutesInput(Values):
    date: dt.date = column("The day of the organization's calendar.")
    time_limit_s: int = column("Seconds that the search may take; small days take less.", name="timeLimit", default=10)
    label: str | None = column("What to call the run.", default=None)


@strawberry.input(description="A planning run to call off.")
class CancelPlanningRunInput(Values):
    planning_run_id: strawberry.ID = column("Which.")


@strawberry.input(description="A day whose routes the drivers shall see.")
class PublishRoutesInput(Values):
    date: dt.date = column("The day of the organization's calendar.")


@strawberry.input(description="A route to set out on.")
class StartRouteInput(Values):
    route_id: strawberry.ID = column("Which.")


@strawberry.input(description="A stop that was reached.")
class ArriveAtStopInput(Values):
    stop_id: strawberry.ID = column("Which.")
    at: datetime | None = column("When, if not now: a phone that was offline tells it later.", default=None)


@strawberry.input(description="A stop that was dealt with.")
class CompleteStopInput(Values):
    stop_id: strawberry.ID = column("Which.")
    at: datetime | None = column("When, if not now: a phone that was offline tells it later.", default=None)
