"""How to drive a route, turn by turn: a worker asks when the plan has changed, and what it hears is kept.

Whoever lays a route anew calls `request` with the route locked: so a worker that is at it either sees the new stops
before it is done, or is followed by another.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.models import Directions, DueWork, Place, Route, RouteStatus, Shift, Stop, StopStatus, WorkKind
from app.models.base import among
from app.services import values
from app.services.routing.matrix import Point
from app.services.routing.problem import Location
from app.services.travel import offline
from app.services.travel.providers import estimate, provider
from app.services.travel.words import Guidance, ProviderDown, Waypoint
from app.settings import Settings
from app.uow import UnitOfWork

TO_VISIT = (StopStatus.PLANNED, StopStatus.ARRIVED)
OVER = (RouteStatus.COMPLETED, RouteStatus.CANCELLED)


async def request(uow: UnitOfWork, *routes: Route) -> None:
    """Have a worker ask how these routes are driven now; once for a route, however often it changes."""
    ids = {route.id for route in routes}
    work = (
        select(DueWork.id)
        .where(
            DueWork.organization_id == uow.viewer.organization_id,
            DueWork.kind == WorkKind.FETCH_DIRECTIONS,
            among(DueWork.ref_id, ids),
            DueWork.failed_at.is_(None),
        )
        # what is being struck off right now does not see what changes here: it is not counted
        .with_for_update(skip_locked=True)
    )
    waiting = await uow.session.execute(
        update(DueWork)
        .where(DueWork.id.in_(work))
        # it may have been put off because the provider was down
        .values(run_at=func.least(DueWork.run_at, uow.now))
        .returning(DueWork.ref_id)
        .execution_options(synchronize_session=False)
    )
    for id in sorted(ids - set(waiting.scalars())):
        await uow.later(WorkKind.FETCH_DIRECTIONS, id)


@dataclass(frozen=True)
class Tour:
    """Where a route leads: from where the driver is, by way of the stops ahead, to where the shift ends."""

    route_id: UUID
    stops: tuple[Stop, ...]
    waypoints: tuple[Waypoint, ...]
    hour: int
    weekend: bool
    language: str

    @property
    def fingerprint(self) -> str:
        visits = ";".join(map(" ".join, _visits(self.stops)))
        return hashlib.sha256(visits.encode()).hexdigest()


async def tour(uow: UnitOfWork, route_id: UUID) -> Tour | None:
    """The route is locked; None: there is nothing to drive on it."""
    route = await uow.fetch(Route, route_id, lock=True)
    shift = await uow.fetch(Shift, route.shift_id)
    all_stops = await uow.scalars(
        select(Stop)
        .where(Stop.organization_id == route.organization_id, Stop.route_id == route.id)
        .order_by(Stop.sequence)
        .execution_options(populate_existing=True)
    )
    stops = tuple(stop for stop in all_stops if stop.status in TO_VISIT)
    if route.status in OVER or not stops:
        return None
    done = [stop for stop in all_stops if stop.status is StopStatus.DONE]
    begins = done[-1].place_id if done else shift.start_place_id
    ends = [shift.end_place_id] if shift.end_place_id else []
    organization = await values.organization(uow)
    local = max(uow.now, route.starts_at).astimezone(ZoneInfo(organization.time_zone))
    waypoints = await _waypoints(uow, [begins, *(stop.place_id for stop in stops), *ends])
    return Tour(route.id, stops, waypoints, local.hour, local.weekday() >= 5, organization.locale)


async def _waypoints(uow: UnitOfWork, ids: Sequence[UUID]) -> tuple[Waypoint, ...]:
    rows = await uow.scalars(
        select(Place).where(Place.organization_id == uow.viewer.organization_id, among(Place.id, set(ids)))
    )
    places = {place.id: place for place in rows}
    return tuple(
        Waypoint(Point.of(Location(place.latitude, place.longitude)), f"{place.label}, {place.address}")
        for place in map(places.__getitem__, ids)
    )


async def ask(settings: Settings, wanted: Tour) -> tuple[str, Guidance, ProviderDown | None]:
    """Who told, what they told, and why it was not the provider, if it is down: then one goes straight."""
    asked, down = provider(settings), None
    try:
        if asked is not None:
            async with asyncio.timeout(settings.travel_patience_s), asked:
                guidance = await asked.directions(wanted.waypoints, wanted.language)
            if guidance is not None:
                return asked.name, guidance, None
    except ProviderDown as error:
        down = error
    except TimeoutError:
        down = ProviderDown("is too slow")
    straight = offline.straight(estimate(settings), wanted.waypoints, wanted.hour, weekend=wanted.weekend)
    return offline.NAME, straight, down


async def keep(uow: UnitOfWork, settings: Settings, wanted: Tour, told_by: str, guidance: Guidance) -> None:
    """Keep what was told; what the provider told stays if it is down and the stops are still the same."""
    await uow.fetch(Route, wanted.route_id, lock=True)
    if told_by == offline.NAME and await told(uow, settings, wanted):
        return
    row = {
        "fingerprint": wanted.fingerprint,
        "provider": told_by,
        "polyline": guidance.polyline,
        "legs": _legs(wanted, guidance),
        "fetched_at": uow.now,
        "updated_at": uow.now,
    }
    await uow.session.execute(
        insert(Directions)
        .values(organization_id=uow.viewer.organization_id, route_id=wanted.route_id, **row)
        .on_conflict_do_update(index_elements=["organization_id", "route_id"], set_=row)
    )


async def told(uow: UnitOfWork, settings: Settings, wanted: Tour) -> bool:
    """Whether the provider itself has told this way already."""
    organization_id = uow.viewer.organization_id
    kept = await uow.first(
        select(Directions).where(Directions.organization_id == organization_id, Directions.route_id == wanted.route_id)
    )
    return kept is not None and kept.provider == settings.travel_provider and lead_through(kept, wanted.stops)


async def go_on(uow: UnitOfWork, wanted: Tour) -> None:
    """The route may have changed while somebody was asked: then ask again."""
    now = await tour(uow, wanted.route_id)
    if now is not None and not _lead_through(_visits(wanted.stops), now.stops):
        await uow.later(WorkKind.FETCH_DIRECTIONS, wanted.route_id)


def _legs(wanted: Tour, guidance: Guidance) -> list[dict[str, Any]]:
    """One for each stop, and one to where the shift ends, if it ends anywhere."""
    visits = [*_visits(wanted.stops), (None, None)]
    return [
        {"stop_id": stop_id, "place_id": place_id, **asdict(leg)}
        for (stop_id, place_id), leg in zip(visits, guidance.legs, strict=False)
    ]


def lead_through(kept: Directions, stops: Sequence[Stop]) -> bool:
    """Whether directions still lead through a route's stops: what is ahead is how they end."""
    return _lead_through([(leg["stop_id"], leg["place_id"]) for leg in kept.legs if leg["stop_id"]], stops)


def is_by_road(kept: Directions) -> bool:
    return kept.provider != offline.NAME


def _lead_through(visits: Sequence[tuple[str, str]], stops: Sequence[Stop]) -> bool:
    ahead = _visits(stop for stop in stops if stop.status in TO_VISIT)
    return len(ahead) <= len(visits) and list(visits[len(visits) - len(ahead) :]) == ahead


def _visits(stops: Iterable[Stop]) -> list[tuple[str, str]]:
    return [(str(stop.id), str(stop.place_id)) for stop in stops]
