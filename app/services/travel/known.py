"""Travel times without asking anybody: from the cache, else estimated."""

from collections.abc import Sequence
from itertools import pairwise

from app.services.routing.matrix import Departure, Legs, Travel
from app.services.travel import cache
from app.services.travel.grid import NO_ROAD, Grid, Wanted
from app.services.travel.providers import PROVIDERS, estimate
from app.services.travel.words import Way
from app.settings import Settings
from app.uow import UnitOfWork


async def known(
    uow: UnitOfWork, settings: Settings, departures: Sequence[Departure], wanted: Wanted | None = None
) -> Travel:
    """From each departure to the place of each. `wanted[a][b]`: where anybody may drive (everywhere, if not said)."""
    asked = PROVIDERS.get(settings.travel_provider)
    if asked is None:
        return await estimate(settings).matrix(departures)
    grid = Grid(departures, asked, wanted)
    since = cache.fresh_since(settings, uow.now)
    grid.learn(await cache.grid(uow, asked.name, grid.origins, grid.targets, since, NO_ROAD))
    return grid.travel(estimate(settings))


async def legs(uow: UnitOfWork, settings: Settings, departures: Sequence[Departure]) -> Legs:
    """From each departure to the place of the next; the hour of the last one does not matter."""
    asked, guess = PROVIDERS.get(settings.travel_provider), estimate(settings)
    pairs = [(origin, target.point) for origin, target in pairwise(departures)]
    kept: dict[int, Way] = {}
    if asked is not None and pairs:
        keys = [cache.Key(asked.band(o.hour, weekend=o.weekend), o.point, target) for o, target in pairs]
        kept = await cache.ways(uow, asked.name, keys, cache.fresh_since(settings, uow.now))
    moves = [origin.point != target for origin, target in pairs]
    ways = [kept.get(number) or guess.leg(*pair) for number, pair in enumerate(pairs)]
    unknown = any(moves[number] and number not in kept for number in range(len(pairs)))
    return Legs(
        durations_s=tuple(duration_s for duration_s, _ in ways),
        distances_m=tuple(distance_m for _, distance_m in ways),
        estimated=asked is not None and unknown,
    )
