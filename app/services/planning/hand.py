"""Some routes taken in hand: locked, timed as they are and as they would be, and written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.errors import InfeasibleRoute, InvalidTransition, RouteViolation
from app.models import Route, RouteStatus, Shift, Stop, StopStatus, Transport
from app.services import travel
from app.services.planning.costs import money
from app.services.planning.day import Day
from app.services.planning.fixed import call_of, uuid_of
from app.services.planning.laying import Laid, Layer
from app.services.planning.standing import SEEN, UNSEEN, Standing, of_routes
from app.services.routing import problem as routing
from app.services.routing.checker import Violation, route_violations
from app.services.routing.insertion import fits
from app.services.routing.matrix import Travel
from app.services.routing.schedule import driven
from app.settings import Settings
from app.uow import UnitOfWork

OVER = (StopStatus.DONE, StopStatus.FAILED)
PLANNED = (RouteStatus.OPTIMIZED, RouteStatus.PUBLISHED)
"""Routes that are called off when nothing is left on them; a draft is there to be filled."""


@dataclass(frozen=True)
class Change:
    """A route that was changed by hand, and what that takes: metres and seconds more than before, over all routes that
    it concerns; in minor units of money, if their shifts have a price."""

    route: Route
    added_m: int
    added_s: int
    added_cost: int | None


@dataclass(frozen=True)
class Forced:
    """Whether rules may be broken, and why."""

    reason: str | None = None


@dataclass(frozen=True)
class Timed:
    """A route in some order, and what is wrong with that."""

    planned: routing.PlannedRoute
    violations: Sequence[Violation] = ()

    @property
    def metres(self) -> int:
        return self.planned.distance_m if self.planned.stops else 0

    @property
    def seconds(self) -> int:
        return self.planned.duration_s if self.planned.stops else 0


class Hand:
    """Routes and transports in hand; whatever is done to them happens at once."""

    def __init__(self, uow: UnitOfWork, settings: Settings, day: Day, times: Travel) -> None:
        self.uow, self.settings, self.day = uow, settings, day
        self.standing: Standing = day.standing
        self.estimated = times.estimated
        self.problem = day.problem(times.matrix)
        self.vehicles = {uuid_of(vehicle.key): vehicle for vehicle in self.problem.vehicles}

    @classmethod
    async def on(
        cls,
        uow: UnitOfWork,
        settings: Settings,
        date: date,
        routes: Collection[UUID],
        rides: Collection[UUID] = (),
        *,
        free: Collection[UUID] = (),
    ) -> "Hand":
        standing = await of_routes(uow, date, routes, rides)
        return await cls.of(uow, settings, Day(standing, by_hand=True, free=frozenset(free)))

    @classmethod
    async def of(cls, uow: UnitOfWork, settings: Settings, day: Day) -> "Hand":
        return cls(uow, settings, day, await travel.known(uow, settings, day.departures, day.wanted))

    # what there is

    def route(self, route_id: UUID) -> Route:
        """A route that can still be changed."""
        route = next(found for found in self.standing.open_routes if found.id == route_id)
        if route.status not in (*UNSEEN, *SEEN):
            raise InvalidTransition("route", route.status, RouteStatus.IN_PROGRESS)
        return route

    def ride(self, transport_id: UUID) -> Transport:
        return self.standing.transports[transport_id]

    def calls(self, route: Route) -> list[routing.Call]:
        """What is ahead of a route, what is under way first."""
        return list(self.day.orders.get(route.shift_id, ()))

    def behind(self, route: Route) -> int:
        """How many stops of it are dealt with, so that nothing can be put before them."""
        return sum(stop.status in OVER for stop in self.standing.stops[route.id])

    # what would be

    def timed(self, route: Route, calls: Sequence[routing.Call]) -> Timed:
        vehicle = self.vehicles[route.shift_id]
        planned = fits(self.problem, vehicle, calls)
        if planned is not None:
            return Timed(planned)
        late = driven(self.problem, vehicle, calls)
        return Timed(late, route_violations(self.problem, late))

    def worse(self, route: Route, before: Timed, after: Timed) -> list[RouteViolation]:
        """What is wrong now that was not, or not as much."""
        known = {_where(found): found.excess for found in before.violations}
        return [
            self._violation(route, found) for found in after.violations if found.excess > known.get(_where(found), 0)
        ]

    def _violation(self, route: Route, found: Violation) -> RouteViolation:
        transport_id = None if found.request is None else uuid_of(found.request)
        at = self._stop(route, routing.Call(transport_id, found.stop)) if transport_id and found.stop else None
        return RouteViolation(found.kind.value, found.excess, at.id if at else None, transport_id)

    def _stop(self, route: Route, call: routing.Call) -> Stop | None:
        return next((stop for stop in self.standing.ahead(route) if call_of(stop) == call), None)

    # what is done

    async def change(
        self,
        route: Route,
        orders: dict[UUID, Sequence[routing.Call]],
        forced: Forced | None,
        *,
        others: dict[UUID, Sequence[routing.Call]] | None = None,
        preview: bool = False,
    ) -> Change:
        """Lay routes anew, by shift: `orders` may break no rule that they keep now, unless that is forced; `others` are
        left with less, and timed as well as can be. Raises `InfeasibleRoute`."""
        laid, added_m, added_s, costs = list[Laid](), 0, 0, list[int | None]()
        for shift_id, calls in (orders | (others or {})).items():
            one, shift = self.standing.routes[shift_id], self.standing.shifts[shift_id]
            before, after = self.timed(one, self.calls(one)), self.timed(one, calls)
            worse = self.worse(one, before, after) if shift_id in orders else []
            if worse and forced is None:
                raise InfeasibleRoute(worse)
            laid.append(self._laid(shift, one, before, after, forced.reason if forced and worse else None))
            metres, seconds = after.metres - before.metres, after.seconds - before.seconds
            added_m, added_s = added_m + metres, added_s + seconds
            costs.append(money(shift, metres, seconds))
        known = [cost for cost in costs if cost is not None]
        change = Change(route, added_m, added_s, sum(known) if known else None)
        if not preview:
            await self._write(laid)
        return change

    def _laid(self, shift: Shift, route: Route, before: Timed, after: Timed, reason: str | None) -> Laid:
        still = route.forced_reason if after.violations else None
        return Laid(shift, after.planned, after.metres - before.metres, self.estimated, reason or still)

    async def _write(self, laid: Sequence[Laid]) -> None:
        layer = Layer(self.uow, self.day)
        empty = [self.standing.routes[one.shift.id] for one in laid if not one.planned.stops]
        routes = await layer.lay([one for one in laid if one.planned.stops], empty)
        await layer.call_off([route for route in empty if route.status in PLANNED])
        await layer.follow(self.settings, [*routes, *empty])


def _where(found: Violation) -> tuple[str, routing.Key | None, routing.StopKind | None]:
    return found.kind.value, found.request, found.stop
