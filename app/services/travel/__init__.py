"""How long ways take, how to drive them, and where addresses are: from whoever knows, kept in a cache, else estimated.

The provider is a setting. `complete` is for workers: it asks for what the cache lacks. `known` and `legs` are for
everybody: they take what the cache has, and never wait for a network.
"""

from app.services.travel import directions
from app.services.travel.filling import complete
from app.services.travel.geocoding import geocode, knows_addresses, sought
from app.services.travel.known import known, legs
from app.services.travel.providers import band, provider
from app.services.travel.words import Accuracy, Geocoded

__all__ = [
    "Accuracy",
    "Geocoded",
    "band",
    "complete",
    "directions",
    "geocode",
    "known",
    "knows_addresses",
    "legs",
    "provider",
    "sought",
]
