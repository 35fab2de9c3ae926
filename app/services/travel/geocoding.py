"""Where an address is, as a provider knows it."""

import asyncio

from app.errors import BadUserInput, Unavailable
from app.services import values
from app.services.travel.google import Google
from app.services.travel.words import Geocoded, ProviderDown
from app.settings import Settings


def knows_addresses(settings: Settings) -> bool:
    """Whether there is a provider to ask; OSRM knows roads alone."""
    return settings.travel_provider == Google.name


def sought(
    text: str, latitude: float | None = None, longitude: float | None = None
) -> tuple[str, tuple[float, float] | None]:
    """What to look for, checked; and the point near which to look, if one is given."""
    if latitude is None or longitude is None:
        return values.name(text, "text"), None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise BadUserInput("This is no point on the map.", "near")
    return values.name(text, "text"), (latitude, longitude)


async def geocode(
    settings: Settings, text: str, near: tuple[float, float] | None, country: str, language: str
) -> list[Geocoded]:
    """Best first; what is near a point is preferred. Raises `Unavailable` if the provider does not answer."""
    try:
        async with asyncio.timeout(settings.travel_timeout_s), Google(settings) as google:
            return await google.geocode(text, near, country, language)
    except (ProviderDown, TimeoutError) as error:
        raise Unavailable("Addresses cannot be looked up just now; try again later.") from error
