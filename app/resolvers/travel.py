"""Looking for addresses."""

from typing import Annotated, Any

import strawberry

from app.access import Permission
from app.context import Info
from app.loaders import travel as relations
from app.models import Organization
from app.resolvers.verbs import query
from app.schema.travel import GeocodedPlace, GeocodeInput
from app.services import travel
from app.uow import ReadUnit

Wanted = Annotated[GeocodeInput, strawberry.argument(description="What to look for.")]


@query(
    "Where an address is, best first. Without a provider that knows addresses: places that the viewer sees and that "
    "are called something like it.",
    Permission.SUBJECTS_WRITE,
    answers=list[GeocodedPlace],
    cost=50,
)
async def geocode(info: Info, input: Wanted) -> Any:
    settings = info.context.server.settings
    text, near = travel.sought(**input.values())
    if not travel.knows_addresses(settings):
        places = await relations.similar_places(info.context.reads, text, near)
        return [travel.Geocoded(p.address, p.latitude, p.longitude, travel.Accuracy.EXACT) for p in places]
    organization = await _organization(info)
    return await travel.geocode(settings, text, near, organization.country, organization.locale)


async def _organization(info: Info) -> Organization:
    """Read in a snapshot that ends at once: none is held while a network is waited for."""
    reads = ReadUnit(info.context.server.database, info.context.viewer)
    try:
        return await relations.own_organization(reads)
    finally:
        await reads.close()
