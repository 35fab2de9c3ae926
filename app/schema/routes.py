"""Routes and their stops."""

import datetime as dt
from datetime import datetime
from typing import Annotated

import strawberry

from app import models
from app.loaders import routes as relations
from app.loaders.proofs import STOP_PROOFS
from app.loaders.travel import ROUTE_DIRECTIONS
from app.models.base import Vocabulary
from app.models.routes import RouteStatus, StopFailureReason, StopKind, StopStatus
from app.schema.customers import Place
from app.schema.fields import column, derived, to_many, to_one, vocabulary
from app.schema.fleet import Driver, Vehicle
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.proofs import Proof, ProofInput
from app.schema.transports import Transport
from app.schema.travel import Directions

vocabulary(RouteStatus, "Where a route stands.")
vocabulary(StopKind, "What happens at a stop.")
vocabulary(StopStatus, "Where a stop stands.")


@node(models.Stop, "The pickup, the dropoff or the return of one transport on a route.")
class Stop(Node):
    sequence: int = column("Its place on the route, from 1.")
    kind: StopKind = column("What happens there.")
    status: StopStatus = column("Where it stands.")
    planned_at: datetime = column("When the driver should arrive, as planned.")
    eta: datetime | None = column("When the driver is expected to arrive, as things are now.")
    arrived_at: datetime | None = column("When the driver arrived.")
    done_at: datetime | None = column("When it was dealt with, failed, or put off.")
    late: bool = derived(lambda stop: stop.late_since is not None, "Whether the driver is expected after the window.")
    suggested_at: datetime | None = column("When the driver came so near that they have probably arrived.")
    failure_reason: StopFailureReason | None = column("Why it could not be dealt with, if it failed.")
    notes: str | None = column("What was said when it was put off, failed, or was called off.")
    proofs: list[Proof] = to_many(STOP_PROOFS, "What the driver showed; at most twenty.")
    place: Place = to_one(relations.STOP_PLACE, "Where.")
    transport: Transport = to_one(relations.STOP_TRANSPORT, "Whose pickup, dropoff or return it is.")
    route: Annotated["Route", strawberry.lazy("app.schema.routes")] = to_one(relations.STOP_ROUTE, "On which route.")


@strawberry.type(description="A planned rest.")
class RouteBreak:
    from_: datetime = column("When it begins.", name="from")
    until: datetime = column("When the driver drives on.")


def _breaks(route: models.Route) -> list[RouteBreak]:
    return [
        RouteBreak(from_=datetime.fromisoformat(rest["from"]), until=datetime.fromisoformat(rest["until"]))
        for rest in route.breaks
    ]


@node(models.Route, "A driver's way through a shift.")
class Route(Node):
    version: int = column("Goes up with every change of the route or its stops.")
    date: dt.date = column("The day of the organization's calendar.")
    status: RouteStatus = column("Where it stands.")
    starts_at: datetime = column("When the driver should set out.")
    ends_at: datetime = column("When the driver should be back.")
    breaks: list[RouteBreak] = derived(_breaks, "When the driver rests, in order.")
    distance: int = derived(lambda route: route.distance_m, "Metres.")
    duration: int = derived(lambda route: route.duration_s, "Seconds from setting out to being back.")
    estimated: bool = column("Whether travel times are a guess in part: who provides them could not be asked.")
    forced_reason: str | None = column("Why a dispatcher left it in breach of a rule; planning leaves it alone then.")
    driver: Driver = to_one(relations.ROUTE_DRIVER, "Who drives.")
    vehicle: Vehicle = to_one(relations.ROUTE_VEHICLE, "In what.")
    stops: list[Stop] = to_many(relations.ROUTE_STOPS, "In their order; bounded by what fits into a shift.")
    directions: Directions | None = to_one(ROUTE_DIRECTIONS, "How to drive it; none until somebody was asked.")


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
    proof: ProofInput | None = column("What shows it; the transport says what a dropoff demands.", default=None)


@strawberry.input(description="A stop to put off.")
class SkipStopInput(Values):
    stop_id: strawberry.ID = column("Which.")
    notes: str | None = column("Why, in words.", default=None)
    at: datetime | None = column("When, if not now: a phone that was offline tells it later.", default=None)


@strawberry.input(description="A stop that could not be dealt with.")
class FailStopInput(Values):
    stop_id: strawberry.ID = column("Which.")
    reason: StopFailureReason = column("Why.")
    notes: str | None = column("Why, in words.", default=None)
    at: datetime | None = column("When, if not now: a phone that was offline tells it later.", default=None)


@strawberry.input(description="A route to call off.")
class CancelRouteInput(Values):
    route_id: strawberry.ID = column("Which.")
    reason: str | None = column("Why, in words; its stops show it.", default=None)
