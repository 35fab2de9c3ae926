"""Where drivers are: the track of each, the newest position, and what follows from it on the road.

Positions come by the thousand, late, twice and in any order. They never go to the event log; followers of the state are
woken (`Wakes.moved`). Whoever reports waits for nobody: a route that somebody else holds is followed next time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Row, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadUserInput
from app.models import Driver, Event, EventType, Route, RouteStatus, Stop, StopStatus, Transport
from app.models.base import Vocabulary
from app.services import etas, routes
from app.services.routing.matrix import great_circle_m
from app.services.routing.problem import Location
from app.services.values import CLOCK_SKEW
from app.settings import Settings
from app.uow import UnitOfWork

STANDING_MPS = 4.0
"""Whoever is faster than this (14 km/h) passes by. An assumption."""

TOGETHER = timedelta(seconds=5)
"""What was written so shortly after an event was written with it, or is known with the next one."""

AHEAD_DAYS = 3
"""Days for which there is room in advance, so that a worker may be away for some."""


class PositionFault(Vocabulary):
    """Why a position was not taken."""

    FUTURE = "FUTURE", "It lies in the future, even for a phone whose clock is fast."
    TOO_OLD = "TOO_OLD", "It is older than any track that is kept."
    COORDINATES = "COORDINATES", "There is no such point on the map."
    HEADING = "HEADING", "A heading is from 0 up to, but not including, 360 degrees."
    SPEED = "SPEED", "A speed is neither negative nor more than 150 metres per second."


SPEED_MPS_MAX = 150
"""Faster than any car: a phone that lost its satellites."""

FOLLOWED_AT_ONCE = 2
"""Routes whose ETAs one process moves at a time. Whoever comes then is followed next time, so that a fleet that reports
at once, after an outage say, is spread over seconds, and nobody's report waits for that of others."""

_turns = asyncio.Semaphore(FOLLOWED_AT_ONCE)

Sent = Mapping[str, Any]
"""A position as it was sent: latitude, longitude, recorded_at and, if known, heading and speed."""


@dataclass(frozen=True)
class RejectedPosition:
    """Which of those that were sent, and why."""

    index: int
    reason: PositionFault


@dataclass(frozen=True)
class Report:
    """Whose positions came, how many were taken, and what was not."""

    driver_id: UUID
    accepted: int
    rejected: list[RejectedPosition]


# What the report of a driver meets: days that have no room yet, the route under way, and its next stop.
MET = text(
    """
    SELECT ARRAY(SELECT day FROM unnest(cast(:days AS date[])) AS day
                 WHERE to_regclass('public.track_points_' || to_char(day, 'YYYYMMDD')) IS NULL) AS missing,
           r.id AS route_id, r.updated_at AS followed_at, s.id AS stop_id, s.latitude, s.longitude
    FROM (SELECT) AS here
    LEFT JOIN LATERAL (
        SELECT id, updated_at FROM routes
        WHERE organization_id = :org AND driver_id = :driver AND status = 'IN_PROGRESS' AND date >= :since
        -- the end of an earlier one may not have been told yet
        ORDER BY starts_at DESC LIMIT 1
    ) AS r ON true
    LEFT JOIN LATERAL (
        SELECT stops.id, status, suggested_at, latitude, longitude FROM stops
        JOIN places ON places.organization_id = stops.organization_id AND places.id = stops.place_id
        WHERE stops.organization_id = :org AND route_id = r.id AND status IN ('PLANNED', 'ARRIVED')
          -- a dropoff waits for its pickup, if that was skipped
          AND NOT EXISTS (SELECT FROM stops AS pickups
                          WHERE pickups.organization_id = :org AND pickups.route_id = r.id AND pickups.kind = 'PICKUP'
                            AND pickups.transport_id = stops.transport_id AND pickups.status = 'SKIPPED')
        ORDER BY sequence LIMIT 1
    ) AS s ON s.status = 'PLANNED' AND s.suggested_at IS NULL
    """
)
# Sorted, so that two reports of one driver that overlap take turns; the newest position comes after the whole track.
# Tracks have no foreign keys (see the model), so the driver is looked up.
TAKE = text(
    """
    WITH sent AS MATERIALIZED (
        SELECT organization_id, id AS driver_id, p.*
        FROM drivers, unnest(cast(:at AS timestamptz[]), cast(:latitude AS float8[]), cast(:longitude AS float8[]),
                             cast(:heading AS float8[]), cast(:speed AS float8[]))
                      AS p(recorded_at, latitude, longitude, heading_deg, speed_mps)
        WHERE organization_id = :org AND id = :driver
    ), track AS (
        INSERT INTO track_points (organization_id, driver_id, recorded_at, latitude, longitude, heading_deg, speed_mps)
        SELECT * FROM sent ORDER BY recorded_at
        ON CONFLICT DO NOTHING RETURNING recorded_at
    ), kept AS (
        SELECT count(*) FROM track
    )
    INSERT INTO positions (organization_id, driver_id, recorded_at, latitude, longitude, heading_deg, speed_mps,
                           created_at, updated_at)
    SELECT sent.*, cast(:now AS timestamptz), cast(:now AS timestamptz)
    FROM kept, sent ORDER BY recorded_at DESC LIMIT 1
    ON CONFLICT (organization_id, driver_id) DO UPDATE
    SET recorded_at = excluded.recorded_at, latitude = excluded.latitude, longitude = excluded.longitude,
        heading_deg = excluded.heading_deg, speed_mps = excluded.speed_mps, updated_at = excluded.updated_at
    WHERE positions.recorded_at < excluded.recorded_at
    RETURNING recorded_at, latitude, longitude, speed_mps
    """
)


async def report_positions(
    uow: UnitOfWork, settings: Settings, positions: Sequence[Sent], driver_id: UUID | None = None
) -> Report:
    """Keep what can be believed. Told twice, a position is taken twice and kept once."""
    if len(positions) > settings.positions_max:
        raise BadUserInput(f"At most {settings.positions_max} positions at once.", "positions")
    driver_id = await _whose(uow, driver_id)
    faults = [_fault(uow, settings, position) for position in positions]
    taken = [position for position, fault in zip(positions, faults, strict=True) if fault is None]
    if taken:
        await _keep(uow, settings, driver_id, taken)
    rejected = [RejectedPosition(index, fault) for index, fault in enumerate(faults) if fault is not None]
    return Report(driver_id, len(taken), rejected)


async def _whose(uow: UnitOfWork, driver_id: UUID | None) -> UUID:
    if driver_id is not None:
        return (await uow.get(Driver, driver_id)).id
    if uow.viewer.driver_id is None:
        raise BadUserInput("You are no driver here; say whose positions they are.", "driverId")
    return uow.viewer.driver_id


def _fault(uow: UnitOfWork, settings: Settings, position: Sent) -> PositionFault | None:
    """The first thing that is wrong with a position."""
    at: datetime = position["recorded_at"]
    heading, speed = position.get("heading"), position.get("speed")
    faults = {
        PositionFault.FUTURE: at > uow.now + CLOCK_SKEW,
        PositionFault.TOO_OLD: at.astimezone(uow.now.tzinfo).date() < oldest_day(uow.now, settings.track_days),
        PositionFault.COORDINATES: not (abs(position["latitude"]) <= 90 and abs(position["longitude"]) <= 180),
        PositionFault.HEADING: heading is not None and not 0 <= heading < 360,
        PositionFault.SPEED: speed is not None and not 0 <= speed <= SPEED_MPS_MAX,
    }
    return next((fault for fault, is_found in faults.items() if is_found), None)


async def _keep(uow: UnitOfWork, settings: Settings, driver_id: UUID, taken: Sequence[Sent]) -> None:
    days = {position["recorded_at"].astimezone(uow.now.tzinfo).date() for position in taken}
    whose = {"org": uow.viewer.organization_id, "driver": driver_id}
    # a day that is over everywhere: what is under way is of a later one
    since = (uow.now - timedelta(days=2)).date()
    met = (await uow.session.execute(MET, whose | {"days": sorted(days), "since": since})).one()
    for day in met.missing:
        # a track that is this old, or an installation whose workers are away; it goes away on its day like any other
        await keep_tracks(uow.session, day, day, date.min)
    points = {
        "at": [position["recorded_at"] for position in taken],
        **{name: [position.get(name) for position in taken] for name in ("latitude", "longitude", "heading", "speed")},
    }
    moved = (await uow.session.execute(TAKE, whose | points | {"now": uow.now})).first()
    if moved and met.route_id and moved.recorded_at >= uow.now - timedelta(seconds=settings.position_fresh_s):
        await _follow(uow, settings, met, moved)


async def _follow(uow: UnitOfWork, settings: Settings, met: Row[Any], moved: Row[Any]) -> None:
    """What follows for the route under way: an arrival, and from time to time other ETAs."""
    since = uow.now - timedelta(seconds=settings.eta_every_s)
    is_there = met.stop_id is not None and _is_at(settings, met, moved)
    if not is_there and (met.followed_at > since or _turns.locked()):
        return
    route = await _free(uow, met.route_id)
    if route is None:
        return
    is_time = route.updated_at <= since and not _turns.locked()
    if is_there:
        await _arrive(uow, settings, route, met.stop_id, min(moved.recorded_at, uow.now))
    if is_time:
        async with _turns:
            await _expect(uow, settings, route)


def _is_at(settings: Settings, met: Row[Any], moved: Row[Any]) -> bool:
    away_m = great_circle_m(Location(met.latitude, met.longitude), Location(moved.latitude, moved.longitude))
    return away_m <= settings.geofence_m and (moved.speed_mps is None or moved.speed_mps <= STANDING_MPS)


async def _free(uow: UnitOfWork, route_id: UUID) -> Route | None:
    """The route, locked; None if somebody else works on it just now, or it is over."""
    return await uow.first(
        select(Route)
        .where(
            Route.organization_id == uow.viewer.organization_id,
            Route.id == route_id,
            Route.status == RouteStatus.IN_PROGRESS,
        )
        .with_for_update(of=Route, skip_locked=True)
        .execution_options(populate_existing=True)
    )


async def _arrive(uow: UnitOfWork, settings: Settings, route: Route, stop_id: UUID, at: datetime) -> None:
    """Suggest it once, or do it: as the installation has it. Whoever held the route until now may have done it."""
    stop = await uow.first(
        select(Stop).where(
            Stop.organization_id == route.organization_id,
            Stop.id == stop_id,
            Stop.route_id == route.id,
            Stop.status == StopStatus.PLANNED,
            Stop.suggested_at.is_(None),
        )
    )
    if stop is None:
        return
    if settings.geofence_arrives:
        await routes.arrive_at_stop(uow, settings, stop.id, at)
        return
    stop.suggested_at = at
    await uow.flush()
    uow.emit(EventType.STOP_ARRIVAL_SUGGESTED, stop, route, await uow.fetch(Transport, stop.transport_id))


async def _expect(uow: UnitOfWork, settings: Settings, route: Route) -> None:
    """Other ETAs. The log, and so whoever follows the route, hears of them only if it heard nothing for a while."""
    await etas.follow(uow, settings, route)
    route.updated_at = uow.now  # whether anything was written or not: until the next time
    if await _is_untold(uow, settings, route):
        route.version += 1
        uow.emit(EventType.ROUTE_ETAS_CHANGED, route)
    await uow.flush()


async def _is_untold(uow: UnitOfWork, settings: Settings, route: Route) -> bool:
    """Whether ETAs were written since the log last told of the route, long ago."""
    if uow.said:
        return False
    org = route.organization_id
    told_at = await uow.first(
        select(Event.occurred_at)
        .where(Event.organization_id == org, Event.route_id == route.id)
        .order_by(Event.seq.desc())
        .limit(1)
    )
    written_at = await uow.first(
        select(func.max(Stop.updated_at)).where(
            Stop.organization_id == org, Stop.route_id == route.id, Stop.status == StopStatus.PLANNED
        )
    )
    if written_at is None:
        return False
    return told_at is None or told_at < min(written_at - TOGETHER, uow.now - timedelta(seconds=settings.eta_told_s))


def oldest_day(now: datetime, track_days: int) -> date:
    """Tracks before this day are not kept. Days are those of UTC."""
    return (now - timedelta(days=track_days)).date()


async def keep_tracks(session: AsyncSession, first: date, last: date, oldest: date) -> None:
    """Make room for the tracks of these days, and drop those up to, but not including, the oldest."""
    days = {"first": first, "last": last, "oldest": oldest}
    await session.execute(select(func.keep_tracks(*(bindparam(name, day, Date()) for name, day in days.items()))))
