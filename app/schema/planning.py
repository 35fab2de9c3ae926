"""Planning runs, and changes by hand."""

import datetime as dt
from datetime import datetime

import strawberry

from app import models
from app.loaders import planning as relations
from app.models.routes import PlanningStatus
from app.schema.fields import column, derived, to_many, to_one, vocabulary
from app.schema.inputs import Values
from app.schema.nodes import Node, node
from app.schema.transports import Transport
from app.schema.violations import UnassignedReason

vocabulary(PlanningStatus, "Where a planning run stands.")


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
    fewest_vehicles: bool = column("Whether fewer vehicles come before less time and distance.")
    balanced: bool = column("Whether work is shared among the vehicles in use.")
    elapsed: int | None = derived(lambda run: run.elapsed_s, "Seconds that it has taken so far; null until it begins.")
    assigned: int | None = derived(
        lambda run: run.assigned_count, "How many transports the best plan so far serves; null before the first one."
    )
    best_objective: float | None = column(
        "What the best plan so far costs, in units that compare plans of this run only; whole, and exact in a double."
    )
    estimated: bool = column("Whether travel times are a guess in part: who provides them could not be asked.")
    started_at: datetime | None = column("When a worker began.")
    finished_at: datetime | None = column("When it ended.")
    summary: PlanningSummary | None = derived(_summary, "What it achieved, once it has succeeded.")
    unassigned: list[Unassigned] = to_many(relations.RUN_UNASSIGNED, "What it left out; at most the run's transports.")
    error: PlanningError | None = derived(_error, "Why it failed, if it did.")


@strawberry.input(description="Which planning runs are wanted.")
class PlanningRunFilter(Values):
    date: dt.date | None = column("For this day.", default=None)


@strawberry.input(description="A day to plan.")
class OptimizeRoutesInput(Values):
    date: dt.date = column("The day of the organization's calendar.")
    time_limit_s: int = column("Seconds that the search may take; small days take less.", name="timeLimit", default=10)
    label: str | None = column("What to call the run.", default=None)
    fewest_vehicles: bool = column("Whether fewer vehicles come before less time and distance.", default=False)
    balanced: bool = column("Whether to share work among the vehicles in use.", default=False)


@strawberry.input(description="A planning run to call off.")
class CancelPlanningRunInput(Values):
    planning_run_id: strawberry.ID = column("Which.")


@strawberry.input(description="A transport to put at a certain place of a route.")
class MoveTransportInput(Values):
    transport_id: strawberry.ID = column("Which.")
    route_id: strawberry.ID = column("Onto which route; the one that it is on, to change the order there.")
    position: int = column(
        "The place of its pickup among the route's stops as they are afterwards, from 1; of its dropoff, if it is "
        "aboard. Nothing comes before what is done or under way."
    )
    dropoff_position: int | None = column(
        "The place of its dropoff; if it is left out, the best one behind the pickup.", default=None
    )
    force: bool = column(
        "Do it even if the route then breaks rules; planning leaves such a route alone.", default=False
    )
    reason: str | None = column("Why it is forced.", default=None)
    pin: bool = column("Keep it on this route, whatever later plans find.", default=True)
    preview: bool = column("Only tell what it would take; nothing changes.", default=False)


@strawberry.input(description="A transport that waits, to put where that costs least.")
class InsertTransportInput(Values):
    transport_id: strawberry.ID = column("Which.")
    route_id: strawberry.ID | None = column("On this route only; else on any of its day.", default=None)
    force: bool = column("On the given route even if it then breaks rules.", default=False)
    reason: str | None = column("Why it is forced.", default=None)
    pin: bool = column("Keep it on that route, whatever later plans find.", default=False)
    preview: bool = column("Only tell where, and what it would take; nothing changes.", default=False)


@strawberry.input(description="A transport to take off its route.")
class RemoveTransportInput(Values):
    transport_id: strawberry.ID = column("Which.")
    preview: bool = column("Only tell what it would save; nothing changes.", default=False)


@strawberry.input(description="Two routes whose drivers are to change places.")
class SwapDriversInput(Values):
    route_id: strawberry.ID = column("One.")
    with_route_id: strawberry.ID = column("The other.")
    force: bool = column("Do it even if a driver then lacks a skill.", default=False)
    reason: str | None = column("Why it is forced.", default=None)


@strawberry.input(description="A shift to lay a route for by hand.")
class CreateRouteInput(Values):
    shift_id: strawberry.ID = column("Which.")
