"""Relations of directions, and places that sound like what somebody typed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.access import conditions
from app.loaders.base import ToOne
from app.models import Directions, Organization, Place, Stop
from app.uow import ReadUnit

ROUTE_DIRECTIONS = ToOne(Directions, "id", remote="route_id")
LEG_STOP = ToOne(Stop, "stop_id")

SIMILAR = 0.4
"""How much of what was typed must be found, from 0 to 1 (`word_similarity` of pg_trgm; its own default is 0.6)."""
PLACES_MAX = 10


async def similar_places(reads: ReadUnit, text: str, near: tuple[float, float] | None) -> Sequence[Place]:
    """Places that the viewer sees whose label or address is like the text: the most similar first, then the nearest."""
    similarity = func.word_similarity(text, Place.label + " " + Place.address)
    order: list[ColumnElement[Any]] = [similarity.desc()]
    if near is not None:
        # degrees east are shorter than degrees north; among places of one city it does not matter here
        order.append(func.power(Place.latitude - near[0], 2) + func.power(Place.longitude - near[1], 2))
    found = select(Place).where(*conditions(reads.viewer, Place), similarity >= SIMILAR)
    return await reads.scalars(found.order_by(*order, Place.id).limit(PLACES_MAX))


async def own_organization(reads: ReadUnit) -> Organization:
    return (await reads.scalars(select(Organization).where(Organization.id == reads.viewer.organization_id)))[0]
