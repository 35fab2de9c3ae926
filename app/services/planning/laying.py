"""Writing routes as they are to be driven from now on: few statements, however many stops.

A stop keeps its id while its transport stays on the route. Of a route that its driver has seen nothing is deleted: what
leaves it is called off.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text

from app.models import (
    EventType,
    PlanningRun,
    Route,
    RouteStatus,
    Shift,
    Stop,
    StopKind,
    StopStatus,
    Transport,
    TransportStatus,
    UnassignedReason,
)
from app.models.base import among
from app.services import etas
from app.services.planning.day import Day
from app.services.planning.fixed import call_of, uuid_of
from app.services.planning.standing import AHEAD, SEEN, UNSEEN
from app.services.routes.tour import Tour
from app.services.routing import problem as routing
from app.services.travel import directions
from app.settings import Settings
from app.uow import UnitOfWork

SAME = timedelta(minutes=1)
"""Drivers are not told of a stop that moved by less."""

# one that was put off has the time at which it was; on the way again, it has none
MOVE = text(
    """
    UPDATE stops SET sequence = new.sequence, planned_at = new.planned_at, eta = new.eta, status = new.status,
        done_at = CASE WHEN new.status <> 'PLANNED' THEN stops.done_at END, updated_at = :now
    FROM unnest(cast(:ids AS uuid[]), cast(:sequences AS int[]), cast(:planned_ats AS timestamptz[]),
                cast(:etas AS timestamptz[]), cast(:statuses AS text[])) AS new(id, sequence, planned_at, eta, status)
    WHERE stops.organization_id = :org AND stops.id = new.id
    """
)


@dataclass(frozen=True)
class Laid:
    """One shift's stops ahead, in their order, and how many metres more or less that is than before."""

    shift: Shift
    planned: routing.PlannedRoute
    added_m: int = 0
    estimated: bool = False
    forced_reason: str | None = None


@dataclass
class _Stops:
    """What is to happen to rows of stops."""

    deleted: list[UUID] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    added: list[Stop] = field(default_factory=list)


class Layer:
    """Lays routes of a day whose rows are locked."""

    def __init__(self, uow: UnitOfWork, day: Day, run: PlanningRun | None = None) -> None:
        self.uow, self.day, self.run = uow, day, run
        self.standing = day.standing
        self.assigned: set[UUID] = set()
        self._stops = _Stops()

    async def lay(self, laid: Sequence[Laid], empty: Collection[Route] = ()) -> list[Route]:
        """Write these routes, and take everything off those that are to be empty. Answers the former."""
        routes = [await self._lay(one) for one in laid]
        for route in empty:
            self._plan_stops(route, ())
        await self._write_stops()
        for route, changed in routes:
            self._tell(route, changed)
        return [route for route, _ in routes]

    async def _lay(self, one: Laid) -> tuple[Route, bool]:
        """What a driver has seen is written only if that is news."""
        standing = self.standing.routes.get(one.shift.id)
        changed = standing is None or self._is_news(standing, one)
        route = standing
        if route is None or changed or route.status in UNSEEN:
            route = await self._route(one)
            self._plan_stops(route, one.planned.stops)
        for stop in one.planned.stops:
            self._assign(self.standing.transports[uuid_of(stop.request)], route)
        return route, changed

    # routes

    async def _route(self, one: Laid) -> Route:
        route = self.standing.routes.get(one.shift.id)
        if route is None:
            return await self.uow.add(Route(**self._frame(one), **self._times(one, None), status=RouteStatus.OPTIMIZED))
        values = self._times(one, route) | {"estimated": one.estimated, "forced_reason": one.forced_reason}
        if route.status in UNSEEN:
            values |= self._frame(one)
            if self.run is not None:
                values["status"] = RouteStatus.OPTIMIZED
        for name, value in (values | {"version": route.version + 1}).items():
            setattr(route, name, value)
        return route

    def _frame(self, one: Laid) -> dict[str, Any]:
        crew = {"driver_id": one.shift.driver_id, "vehicle_id": one.shift.vehicle_id, "shift_id": one.shift.id}
        # by hand, routes of two days may be in hand at once, and each keeps its own
        run = {"planning_run_id": self.run.id, "date": self.standing.date} if self.run is not None else {}
        return {"estimated": one.estimated} | crew | run

    def _times(self, one: Laid, route: Route | None) -> dict[str, Any]:
        """A route under way has set out long ago, and has driven a part of its distance."""
        planned = one.planned
        starts_at, ends_at = self.day.instant(planned.start_s), self.day.instant(planned.end_s)
        distance_m = planned.distance_m
        if route is not None and route.status is RouteStatus.IN_PROGRESS:
            starts_at, distance_m = min(route.starts_at, ends_at), max(0, route.distance_m + one.added_m)
        rests = [
            {"from": self.day.instant(rest.start_s).isoformat(), "until": self.day.instant(rest.end_s).isoformat()}
            for rest in planned.breaks
        ]
        return {
            "starts_at": starts_at,
            "ends_at": ends_at,
            "distance_m": distance_m,
            "duration_s": int((ends_at - starts_at).total_seconds()),
            "breaks": [*self._rested(route), *rests],
        }

    def _rested(self, route: Route | None) -> list[dict[str, Any]]:
        """Rests of a route under way that have begun."""
        if route is None or route.status is not RouteStatus.IN_PROGRESS:
            return []
        return [rest for rest in route.breaks if datetime.fromisoformat(rest["from"]) <= self.standing.now]

    def _tell(self, route: Route, changed: bool) -> None:
        if route.status in UNSEEN and self.run is not None:
            self.uow.emit(EventType.ROUTE_OPTIMIZED, route)
        elif changed:
            payload = {"forced": True} if route.forced_reason else None
            self.uow.emit(EventType.ROUTE_CHANGED, route, payload=payload)

    async def follow(self, settings: Settings, routes: Collection[Route]) -> None:
        """Routes under way go on with what is next now, and are expected anew."""
        for route in routes:
            if route.status is RouteStatus.IN_PROGRESS:
                await (await Tour.of(self.uow, route)).go_on()
                await etas.follow(self.uow, settings, route)
        if seen := [route for route in routes if route.status in SEEN]:
            await directions.request(self.uow, *seen)

    async def call_off(self, routes: Collection[Route]) -> None:
        """Routes with nothing to do."""
        for route in routes:
            await self.uow.transition(route, RouteStatus.CANCELLED)
            self.uow.emit(EventType.ROUTE_CANCELLED, route)

    # transports

    def _assign(self, ride: Transport, route: Route) -> None:
        """What is aboard, or on its way to it, is where it was."""
        if ride.id in self.assigned or ride.status not in (TransportStatus.PENDING, TransportStatus.ASSIGNED):
            self.assigned.add(ride.id)
            return
        self.assigned.add(ride.id)
        if (ride.status, ride.route_id, ride.driver_id) == (TransportStatus.ASSIGNED, route.id, route.driver_id):
            return
        former = ride.driver_id if ride.driver_id != route.driver_id else None
        was_seen = any(seen.id == ride.route_id for seen in self.standing.open_routes if seen.status in SEEN)
        ride.status, ride.unassigned_reason = TransportStatus.ASSIGNED, None
        ride.route_id, ride.driver_id = route.id, route.driver_id
        ride.version += 1
        self.uow.emit(EventType.TRANSPORT_ASSIGNED, ride, former_driver_id=former)
        if route.status in SEEN and not was_seen:
            self.uow.emit(EventType.TRANSPORT_SCHEDULED, ride)

    def release(self, ride: Transport, reason: UnassignedReason | None) -> None:
        """It waits: for the reason that was found, or for the next run."""
        if ride.status is TransportStatus.ASSIGNED:
            self.uow.emit(EventType.TRANSPORT_UNASSIGNED, ride)
            ride.status, ride.driver_id, ride.route_id = TransportStatus.PENDING, None, None
            ride.version += 1
        if ride.unassigned_reason is not reason:
            ride.unassigned_reason = reason

    # stops

    def _is_news(self, route: Route, one: Laid) -> bool:
        ahead = self.standing.ahead(route)
        if [call_of(stop) for stop in ahead] != [stop.call for stop in one.planned.stops]:
            return True
        pairs = zip(ahead, one.planned.stops, strict=True)
        moved = any(abs(self.day.instant(stop.start_s) - row.planned_at) > SAME for row, stop in pairs)
        return moved or one.forced_reason != route.forced_reason

    def _plan_stops(self, route: Route, planned: Sequence[routing.PlannedStop]) -> None:
        """Note what is to become of a route's stops: first what is dealt with, last what was called off."""
        rows = self.standing.stops.get(route.id, ())
        ahead = {call_of(stop): stop for stop in rows if stop.status in AHEAD}
        calls = {stop.call for stop in planned}
        gone = [stop for call, stop in ahead.items() if call not in calls]
        others = [stop for stop in rows if stop.status not in AHEAD]
        if route.status in UNSEEN:
            self._stops.deleted += [stop.id for stop in (*gone, *others)]
            others, gone = [], []
        first = [stop for stop in others if stop.status is not StopStatus.CANCELLED]
        last = [stop for stop in (*others, *gone) if stop not in first]
        for number, stop in enumerate(first, 1):
            self._renumber(stop, number, stop.status)
        for number, visit in enumerate(planned, len(first) + 1):
            row = ahead.get(visit.call)
            if row is None:
                self._stops.added.append(self._stop(route, number, visit))
            else:
                self._stops.moved.append(self._again(row, number, visit))
        for number, stop in enumerate(last, len(first) + len(planned) + 1):
            self._renumber(stop, number, StopStatus.CANCELLED)

    def _renumber(self, stop: Stop, sequence: int, status: StopStatus) -> None:
        if (stop.sequence, stop.status) != (sequence, status):
            self._stops.moved.append(
                {"id": stop.id, "sequence": sequence, "planned_at": stop.planned_at, "eta": stop.eta, "status": status}
            )

    def _again(self, row: Stop, sequence: int, stop: routing.PlannedStop) -> dict[str, Any]:
        """One that was put off is on the way again; one where the driver is stays as it is."""
        here = row.status is StopStatus.ARRIVED
        planned_at = self.day.instant(stop.start_s)
        return {
            "id": row.id,
            "sequence": sequence,
            "planned_at": row.planned_at if here else planned_at,
            "eta": row.eta if here else planned_at,
            "status": row.status if here else StopStatus.PLANNED,
        }

    def _stop(self, route: Route, sequence: int, stop: routing.PlannedStop) -> Stop:
        ride = self.standing.transports[uuid_of(stop.request)]
        pickup = stop.kind is routing.StopKind.PICKUP
        planned_at = self.day.instant(stop.start_s)
        return Stop(
            route_id=route.id,
            transport_id=ride.id,
            place_id=ride.pickup_place_id if pickup else ride.dropoff_place_id,
            sequence=sequence,
            kind=StopKind.PICKUP if pickup else StopKind.DROPOFF,
            planned_at=planned_at,
            eta=planned_at,
        )

    async def _write_stops(self) -> None:
        """Room is made first: what leaves one route may come to another."""
        stops, mine = self._stops, Stop.organization_id == self.uow.viewer.organization_id
        quietly = {"synchronize_session": False}
        if stops.deleted:
            await self.uow.session.execute(
                delete(Stop).where(mine, among(Stop.id, stops.deleted)), execution_options=quietly
            )
        if stops.moved:
            await self._move(stops.moved)
        await self.uow.add_all(stops.added)
        self._stops = _Stops()

    async def _move(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """In one statement, at whose end the sequence of each route is checked."""
        await self.uow.session.execute(
            MOVE,
            {
                "org": self.uow.viewer.organization_id,
                "now": self.uow.now,
                **{f"{name}s": [row[name] for row in rows] for name in ("id", "sequence", "planned_at", "eta")},
                "statuses": [row["status"].value for row in rows],
            },
        )
