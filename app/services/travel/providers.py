"""Which provider there is."""

from app.services.routing.matrix import Offline
from app.services.travel.google import Google
from app.services.travel.osrm import Osrm
from app.services.travel.words import Provider
from app.settings import Settings

PROVIDERS: dict[str, type[Google | Osrm]] = {"google": Google, "osrm": Osrm}


def provider(settings: Settings) -> Provider | None:
    """The one that the settings name; None: nobody is asked, and the estimate is all there is."""
    named = PROVIDERS.get(settings.travel_provider)
    return named(settings) if named else None


def estimate(settings: Settings) -> Offline:
    """What is said where no provider says anything."""
    return Offline(settings.travel_detour_factor, settings.travel_free_flow_kmh)


def band(settings: Settings, hour: int, *, weekend: bool = False) -> int:
    """Hours of one band are the same to the provider: a planner need list a place only once for each."""
    return PROVIDERS.get(settings.travel_provider, Offline).band(hour, weekend=weekend)
