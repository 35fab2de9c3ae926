"""Where drivers are, and where they were."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.access import conditions
from app.loaders.base import Computed, ToOne
from app.models import Driver, Position, TrackPoint
from app.models.base import among
from app.uow import ReadUnit

POSITION_DRIVER = ToOne(Driver, "driver_id")

POINTS_MAX = 500
"""Most points of one track: more than a screen can show."""


async def fleet(reads: ReadUnit) -> Sequence[Row[Position, Driver]]:
    """Each driver that the viewer sees, and where they are; whoever moved last comes last."""
    found = await reads.execute(
        select(Position, Driver)
        .join(Driver, and_(Driver.organization_id == Position.organization_id, Driver.id == Position.driver_id))
        .where(*conditions(reads.viewer, Position), *conditions(reads.viewer, Driver))
        .order_by(Position.recorded_at, Position.id)
    )
    return found.all()


@lru_cache(maxsize=1_000)
def track(from_: datetime, to: datetime) -> Computed:
    """Where drivers were within a span; equal spans are one value, so that drivers of one level share a statement."""
    return Computed(partial(_tracks, from_, to))


async def _tracks(
    from_: datetime, to: datetime, reads: ReadUnit, driver_ids: Sequence[UUID]
) -> Mapping[UUID, list[Any]]:
    """Of a long track, evenly many points, the first and the last among them."""
    number = func.row_number().over(partition_by=TrackPoint.driver_id, order_by=TrackPoint.recorded_at)
    total = func.count().over(partition_by=TrackPoint.driver_id)
    counted = (
        select(TrackPoint, number.label("number"), total.label("total"))
        .where(
            *conditions(reads.viewer, TrackPoint),
            among(TrackPoint.driver_id, driver_ids),
            TrackPoint.recorded_at >= from_,
            TrackPoint.recorded_at < to,
        )
        .subquery()
    )
    point, columns = aliased(TrackPoint, counted), counted.c
    # the track cut into so many parts of one length: the first point of each
    part = (columns.number - 1) * (POINTS_MAX - 1) // func.greatest(columns.total - 1, 1)
    part_before = (columns.number - 2) * (POINTS_MAX - 1) // func.greatest(columns.total - 1, 1)
    statement = (
        select(point)
        .where(or_(columns.total <= POINTS_MAX, columns.number == 1, part > part_before))
        .order_by(columns.driver_id, columns.recorded_at)
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in await reads.scalars(statement):
        found[row.driver_id].append(row)
    return {id: found[id] for id in driver_ids}
