"""Settings that name a provider's server, places to ask it for, and asking."""

import random
from typing import Any

from pydantic import SecretStr

from app.access import Viewer
from app.db import Database
from app.services import travel
from app.services.routing.matrix import Departure, Legs, Travel
from app.services.routing.problem import Location, Matrix
from app.settings import Settings
from app.uow import Silence, unit_of_work
from tests.factories.houses import House
from tests.services.travel.google_maps import KEY
from tests.services.travel.roads import Roads

MORNING, NOON = 8, 12


def by_google(settings: Settings, url: str, **knobs: Any) -> Settings:
    named = {"travel_provider": "google", "google_maps_url": url, "google_maps_key": SecretStr(KEY)}
    return settings.model_copy(update={**named, "travel_timeout_s": 0.5, "google_maps_queries_per_s": 1000, **knobs})


def by_osrm(settings: Settings, url: str, **knobs: Any) -> Settings:
    return settings.model_copy(update={"travel_provider": "osrm", "osrm_url": url, "travel_timeout_s": 0.5, **knobs})


def places(count: int, seed: int = 1, hour: int = NOON) -> list[Departure]:
    """In and around Tbilisi."""
    chance = random.Random(seed)
    return [
        Departure(Location(41.7 + chance.uniform(-0.1, 0.1), 44.8 + chance.uniform(-0.1, 0.1)), hour)
        for _ in range(count)
    ]


async def complete(
    database: Database, house: House, settings: Settings, departures: list[Departure], wanted: Any = None
) -> Travel:
    return await travel.complete(database, Viewer.system(house.id), settings, departures, wanted)


async def known(database: Database, house: House, settings: Settings, departures: list[Departure]) -> Travel:
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        return await travel.known(uow, settings, departures)


async def legs(database: Database, house: House, settings: Settings, departures: list[Departure]) -> Legs:
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        return await travel.legs(uow, settings, departures)


def by_road(roads: Roads, departures: list[Departure]) -> Travel:
    """What the roads' server would say."""
    ways = [[(0, 0) if a.point == b.point else roads.way(a.point, b.point) for b in departures] for a in departures]
    assert all(way is not None for row in ways for way in row)
    seconds, metres = (tuple(tuple(way[part] for way in row if way) for row in ways) for part in (0, 1))
    return Travel(Matrix(seconds, metres), estimated=False)


async def kept(house: House) -> int:
    count: int = await house.value("SELECT count(*) FROM travel_times WHERE organization_id = $1")
    return count
