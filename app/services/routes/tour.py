"""A route with its stops and their transports, while something happens on it.

Whatever happens on a route locks its row first: a driver's phone, a dispatcher and a customer who cancels take turns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.errors import BadUserInput, InvalidTransition, NotFound
from app.models import (
    Driver,
    DriverStatus,
    EventType,
    Route,
    RouteStatus,
    Stop,
    StopKind,
    StopStatus,
    Transport,
    TransportStatus,
    WorkKind,
)
from app.services import etas, fleet, travel, values
from app.settings import Settings
from app.uow import UnitOfWork

AHEAD = (StopStatus.PLANNED, StopStatus.ARRIVED)
OPEN = (*AHEAD, StopStatus.SKIPPED)
"""What is still to be dealt with: a stop that was put off is, and keeps its route from being complete."""
VOID = (StopStatus.FAILED, StopStatus.CANCELLED)
DRIVEN = (RouteStatus.IN_PROGRESS, RouteStatus.COMPLETED)
EARLY = timedelta(days=1)
"""How late something may be told of a route that is driven before its day."""


@dataclass
class Tour:
    """`stops` are in their order."""

    uow: UnitOfWork
    route: Route
    stops: Sequence[Stop]
    rides: Mapping[UUID, Transport]

    @classmethod
    async def of(cls, uow: UnitOfWork, route: Route) -> "Tour":
        """The caller has locked the route, so what is read now stays as it is."""
        await uow.flush()
        rows = await uow.session.execute(
            select(Stop, Transport)
            .join(
                Transport,
                (Transport.organization_id == Stop.organization_id) & (Transport.id == Stop.transport_id),
            )
            .where(Stop.organization_id == route.organization_id, Stop.route_id == route.id)
            .order_by(Stop.sequence)
            .execution_options(populate_existing=True)
        )
        found = rows.all()
        return cls(uow, route, [stop for stop, _ in found], {ride.id: ride for _, ride in found})

    @classmethod
    async def at(cls, uow: UnitOfWork, stop_id: UUID) -> "tuple[Tour, Stop]":
        """The tour that a stop is on, once its driver may know of it."""
        seen = await uow.fetch(Stop, stop_id)
        try:
            # whose route it is, and not whose stop: a driver hears that a stop went to somebody else
            route = await uow.get(Route, seen.route_id, lock=True)
        except NotFound:
            raise NotFound("stop") from None
        tour = await cls.of(uow, route)
        stop = next((stop for stop in tour.stops if stop.id == stop_id), None)
        if stop is None:
            raise NotFound("stop")
        if route.status not in (RouteStatus.PUBLISHED, *DRIVEN):
            raise InvalidTransition("route", route.status, RouteStatus.IN_PROGRESS)
        return tour, stop

    # what there is

    def ride(self, stop: Stop) -> Transport:
        return self.rides[stop.transport_id]

    def other(self, stop: Stop, kind: StopKind) -> Stop | None:
        """The stop of the same transport that is of this kind, and holds."""
        for found in self.stops:
            if (found.transport_id, found.kind) == (stop.transport_id, kind) and found.status not in VOID:
                return found
        return None

    @property
    def next_stop(self) -> Stop | None:
        """Where the driver is, else the next in order; what was put off comes when there is nothing else."""
        waiting = [stop for stop in self.stops if stop.status in OPEN and not self._lacks_its_pickup(stop)]
        ranks = {StopStatus.ARRIVED: 0, StopStatus.PLANNED: 1, StopStatus.SKIPPED: 2}
        return min(waiting, key=lambda stop: (ranks[stop.status], stop.sequence), default=None)

    def _lacks_its_pickup(self, stop: Stop) -> bool:
        if stop.kind is not StopKind.DROPOFF:
            return False
        pickup = self.other(stop, StopKind.PICKUP)
        return pickup is not None and pickup.status is StopStatus.SKIPPED

    async def moment(self, at: datetime | None) -> datetime:
        """When something happened that is told now, or was told late: not before the route's day began."""
        if at is None:
            return self.uow.now
        zone = ZoneInfo((await values.organization(self.uow)).time_zone)
        dawn = datetime.combine(self.route.date, time.min, zone)
        if at < (dawn if dawn <= self.uow.now else self.uow.now - EARLY):
            raise BadUserInput("This lies before the route's day.", "at")
        return values.past(self.uow, at)

    # what becomes of it

    def expect(self, stop: Stop, status: StopStatus) -> None:
        """Raises `InvalidTransition` before anything is done that would have to be undone."""
        if status not in stop.machine.transitions.get(stop.status, ()):
            raise InvalidTransition(stop.machine.noun, stop.status, status)
        if self.route.status is RouteStatus.COMPLETED:
            raise InvalidTransition("route", self.route.status, RouteStatus.IN_PROGRESS)

    async def set_out(self) -> None:
        """The driver is on the route, and on the way to its first pickup; whoever tells of a stop has set out.

        An earlier route may still be open: what ended it may be told later.
        """
        if self.route.status in DRIVEN:
            return
        await self.uow.transition(self.route, RouteStatus.IN_PROGRESS)
        self.uow.emit(EventType.ROUTE_STARTED, self.route)
        driver = await self.uow.fetch(Driver, self.route.driver_id, lock=True)
        if driver.status is not DriverStatus.ON_ROUTE:
            await self._becomes(driver, DriverStatus.ON_ROUTE)
        await self.go_on()

    async def set_out_for(self, stop: Stop) -> None:
        """Whoever reaches a pickup was on the way there, even if nobody said so."""
        ride = self.ride(stop)
        if stop.kind is StopKind.PICKUP and ride.status is TransportStatus.ASSIGNED:
            await self.uow.transition(ride, TransportStatus.EN_ROUTE)
            self.uow.emit(EventType.TRANSPORT_EN_ROUTE, ride)
            await self.uow.later(WorkKind.NOTIFY_DRIVER_UNDER_WAY, ride.id)

    async def make(self, stop: Stop, at: datetime, **payload: object) -> None:
        """Deal with a stop, and with its transport."""
        ride = self.ride(stop)
        await self.uow.transition(stop, StopStatus.DONE, done_at=at)
        self.uow.emit(EventType.STOP_COMPLETED, stop, self.route, ride, payload=payload)
        await self.set_out_for(stop)
        status, told = MADE[stop.kind]
        await self.uow.transition(ride, status)
        self.uow.emit(told, ride)

    async def take_aboard(self, dropoff: Stop, left_at: datetime) -> None:
        """What leaves the vehicle came on board before, even if an offline phone has not said so yet."""
        pickup = self.other(dropoff, StopKind.PICKUP)
        if pickup is not None and pickup.status is not StopStatus.DONE:
            await self.make(pickup, self._before(dropoff, left_at), implied=True)

    def _before(self, dropoff: Stop, left_at: datetime) -> datetime:
        """When a pickup of which nothing is known was made: before its dropoff began."""
        return left_at - timedelta(seconds=self.ride(dropoff).dropoff_service_s)

    def implied_by(self, pickup: Stop) -> Stop | None:
        """The dropoff that said that this pickup was made, as long as nobody has said when."""
        for stop in self.stops:
            if (stop.transport_id, stop.kind) == (pickup.transport_id, StopKind.DROPOFF) and stop.done_at is not None:
                return stop if pickup.done_at == self._before(stop, stop.done_at) else None
        return None

    async def call_off(self, stop: Stop) -> None:
        await self.uow.transition(stop, StopStatus.CANCELLED)
        self.uow.emit(EventType.STOP_CANCELLED, stop, self.route, self.ride(stop))

    async def go_on(self) -> Stop | None:
        """The next stop, towards which the driver now is under way; when there is none, the route is complete."""
        following = self.next_stop
        if following is not None:
            await self.set_out_for(following)
        elif self.route.status is RouteStatus.IN_PROGRESS and not any(stop.status in OPEN for stop in self.stops):
            await self._complete()
        return following

    async def _complete(self) -> None:
        await self.uow.transition(self.route, RouteStatus.COMPLETED)
        self.uow.emit(EventType.ROUTE_COMPLETED, self.route)
        await self.free_driver()
        await fleet.drove(self.uow, self.route.vehicle_id, self.route.distance_m)

    async def free_driver(self) -> None:
        """Unless the driver has been taken off the road meanwhile, or is on another route, too."""
        driver = await self.uow.fetch(Driver, self.route.driver_id, lock=True)
        if driver.status is DriverStatus.ON_ROUTE and not await self._drives_another():
            await self._becomes(driver, DriverStatus.AVAILABLE)

    async def _drives_another(self) -> bool:
        """The driver is locked, so whoever sets out or comes to an end at the same time takes turns."""
        other = select(Route.id).where(
            Route.organization_id == self.route.organization_id,
            Route.driver_id == self.route.driver_id,
            Route.id != self.route.id,
            Route.status == RouteStatus.IN_PROGRESS,
        )
        return await self.uow.first(other.limit(1)) is not None

    async def _becomes(self, driver: Driver, status: DriverStatus) -> None:
        await self.uow.transition(driver, status)
        self.uow.emit(EventType.DRIVER_STATUS_CHANGED, driver, payload={"status": status})

    async def redirect(self) -> None:
        """Have the way described anew; one that no driver has seen is described when it is published."""
        if self.route.status in (RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS):
            await travel.directions.request(self.uow, self.route)

    async def follow(self, settings: Settings) -> None:
        """Expect what is ahead anew."""
        await etas.follow(self.uow, settings, self.route)

    async def touch(self) -> None:
        """The route has changed for whoever follows it."""
        self.route.version += 1
        await self.uow.flush()


MADE = {
    StopKind.PICKUP: (TransportStatus.PICKED_UP, EventType.TRANSPORT_PICKED_UP),
    StopKind.DROPOFF: (TransportStatus.DELIVERED, EventType.TRANSPORT_DELIVERED),
    StopKind.RETURN: (TransportStatus.RETURNED, EventType.TRANSPORT_RETURNED),
}
