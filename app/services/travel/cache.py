"""What providers said, in PostgreSQL: read and written many at a time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Result, TextClause, text

from app.services.routing.matrix import Point
from app.services.travel.words import Way
from app.settings import Settings
from app.uow import UnitOfWork

ORIGINS_AT_ONCE = 100
"""Origins of one statement, so that it stays short whatever the day's size."""
FORGOTTEN_AT_ONCE = 10_000


class Key(NamedTuple):
    """A way as the cache knows it."""

    band: int
    origin: Point
    target: Point

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.band, *self.origin, *self.target)


def fresh_since(settings: Settings, now: datetime) -> datetime:
    return now - timedelta(days=settings.travel_age_days)


# Arrays are unnested side by side: one text, and so one plan, however many ways are wanted. Each origin (or way) is
# looked up by the key (OFFSET and LIMIT keep it so): without statistics PostgreSQL would read all that there is.
GRID = text(
    """
    SELECT o.n - 1, array_agg(t.n - 1), array_agg(coalesce(w.duration_s, :no_road)),
           array_agg(coalesce(w.distance_m, :no_road))
    FROM unnest(cast(:bands AS int[]), cast(:lats AS int[]), cast(:lngs AS int[]))
         WITH ORDINALITY AS o(band, lat, lng, n)
    CROSS JOIN LATERAL (
        SELECT target_lat_e5, target_lng_e5, duration_s, distance_m FROM travel_times
        WHERE organization_id = :organization_id AND provider = :provider AND band = o.band
          AND origin_lat_e5 = o.lat AND origin_lng_e5 = o.lng AND fetched_at > :since
        OFFSET 0) w
    JOIN unnest(cast(:target_lats AS int[]), cast(:target_lngs AS int[])) WITH ORDINALITY AS t(lat, lng, n)
         ON w.target_lat_e5 = t.lat AND w.target_lng_e5 = t.lng
    GROUP BY o.n
    """
)
WAYS = text(
    """
    SELECT k.n - 1, w.duration_s, w.distance_m
    FROM unnest(cast(:bands AS int[]), cast(:lats AS int[]), cast(:lngs AS int[]),
                cast(:target_lats AS int[]), cast(:target_lngs AS int[]))
         WITH ORDINALITY AS k(band, lat, lng, target_lat, target_lng, n)
    CROSS JOIN LATERAL (
        SELECT duration_s, distance_m FROM travel_times
        WHERE organization_id = :organization_id AND provider = :provider AND band = k.band
          AND origin_lat_e5 = k.lat AND origin_lng_e5 = k.lng
          AND target_lat_e5 = k.target_lat AND target_lng_e5 = k.target_lng AND fetched_at > :since
          AND duration_s IS NOT NULL
        LIMIT 1) w
    """
)
KEEP = text(
    """
    INSERT INTO travel_times (organization_id, provider, band, origin_lat_e5, origin_lng_e5,
                              target_lat_e5, target_lng_e5, duration_s, distance_m, fetched_at)
    SELECT cast(:organization_id AS uuid), cast(:provider AS text), k.*, cast(:now AS timestamptz)
    FROM unnest(cast(:bands AS int[]), cast(:lats AS int[]), cast(:lngs AS int[]),
                cast(:target_lats AS int[]), cast(:target_lngs AS int[]),
                cast(:durations AS int[]), cast(:distances AS int[])) AS k
    ON CONFLICT (organization_id, provider, band, origin_lat_e5, origin_lng_e5, target_lat_e5, target_lng_e5)
    DO UPDATE SET duration_s = excluded.duration_s, distance_m = excluded.distance_m, fetched_at = excluded.fetched_at
    """
)
# whoever is being written anew is left alone
FORGET = text(
    """
    DELETE FROM travel_times WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM travel_times WHERE organization_id = :organization_id AND fetched_at <= :since
        LIMIT :most FOR UPDATE SKIP LOCKED))
    """
)
SPENT = text(
    "SELECT count(*) FROM travel_times "
    "WHERE organization_id = :organization_id AND provider = :provider AND fetched_at > :since"
)
PARAMETERS = ("bands", "lats", "lngs", "target_lats", "target_lngs")


async def _run(uow: UnitOfWork, statement: TextClause, **parameters: Any) -> Result[*tuple[Any, ...]]:
    return await uow.session.execute(statement, {"organization_id": uow.viewer.organization_id, **parameters})


async def grid(
    uow: UnitOfWork,
    provider: str,
    origins: Sequence[tuple[int, Point]],
    targets: Sequence[Point],
    since: datetime,
    no_road: int,
) -> Iterator[tuple[int, list[int], list[int], list[int]]]:
    """What is kept of the ways from each origin (with its band) to each target: for each origin that has any, its
    number, the targets' numbers, and the seconds and metres to each; `no_road` is both where there is no way."""
    found: list[Any] = []
    for first in range(0, len(origins), ORIGINS_AT_ONCE):
        some = origins[first : first + ORIGINS_AT_ONCE]
        rows = await _run(
            uow,
            GRID,
            provider=provider,
            since=since,
            no_road=no_road,
            bands=[band for band, _ in some],
            lats=[point.lat_e5 for _, point in some],
            lngs=[point.lng_e5 for _, point in some],
            target_lats=[point.lat_e5 for point in targets],
            target_lngs=[point.lng_e5 for point in targets],
        )
        found += [(first + row[0], *row[1:]) for row in rows]
    return iter(found)


async def ways(uow: UnitOfWork, provider: str, keys: Sequence[Key], since: datetime) -> dict[int, Way]:
    """What is kept of these ways, by their number in the list; without those that do not exist."""
    columns = dict(zip(PARAMETERS, _columns((key.numbers for key in keys), 5), strict=True))
    rows = await _run(uow, WAYS, provider=provider, since=since, **columns)
    return {row[0]: Way(row[1], row[2]) for row in rows}


async def keep(uow: UnitOfWork, provider: str, found: Iterable[tuple[Key, Way | None]]) -> None:
    """None: there is no way. In the order of their keys, so that two who keep the same wait for each other and do not
    lock each other up."""
    ordered = sorted(found, key=lambda kept: kept[0].numbers)
    rows = [(*key.numbers, *(way or (None, None))) for key, way in ordered]
    names = (*PARAMETERS, "durations", "distances")
    await _run(uow, KEEP, provider=provider, now=uow.now, **dict(zip(names, _columns(rows, 7), strict=True)))


async def forget(uow: UnitOfWork, since: datetime) -> None:
    """Delete what is too old to be used, whoever said it."""
    await _run(uow, FORGET, since=since, most=FORGOTTEN_AT_ONCE)


async def spent(uow: UnitOfWork, provider: str) -> int:
    """How many ways the organization has asked the provider for within a day."""
    rows = await _run(uow, SPENT, provider=provider, since=uow.now - timedelta(days=1))
    return int(rows.scalar_one())


def _columns(rows: Iterable[Sequence[int | None]], width: int) -> list[list[int | None]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
