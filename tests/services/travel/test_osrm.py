"""OSRM over HTTP: what it is asked, what it may answer, and what becomes of it when it does not.

Its fractions of seconds are rounded up, as the server of the tests takes them off.
"""

from typing import Any

import pytest
from googlemaps.convert import decode_polyline

from app.db import Database
from app.services.routing.matrix import Offline
from app.services.travel.osrm import Osrm, instruction
from app.services.travel.words import ProviderDown, Waypoint
from app.settings import Settings
from tests.factories.houses import House
from tests.services.travel.asking import MORNING, by_osrm, by_road, complete, kept, known, places
from tests.services.travel.osrm_server import OsrmServer


async def test_every_way_is_asked_for_once(
    house: House, database: Database, settings: Settings, osrm: OsrmServer
) -> None:
    settings, wanted = by_osrm(settings, osrm.url), places(120)
    assert await complete(database, house, settings, wanted) == by_road(osrm, wanted)
    assert (osrm.elements, set(osrm.asked.values())) == (120 * 119, {1})
    asked = len(osrm.requests)
    assert await complete(database, house, settings, places(120, hour=MORNING)) == by_road(osrm, wanted)
    assert len(osrm.requests) == asked, "it knows no traffic: all hours are one"
    assert await kept(house) == 120 * 119


@pytest.mark.parametrize("trouble", ["500", "503", "404", "429", "stall", "garbage", "nothing", "TooBig"])
async def test_whatever_goes_wrong_a_matrix_comes(
    house: House, database: Database, settings: Settings, osrm: OsrmServer, trouble: str
) -> None:
    osrm.always = trouble
    wanted = places(5)
    found = await complete(database, house, by_osrm(settings, osrm.url), wanted)
    assert (found.estimated, found.matrix) == (True, (await Offline().matrix(wanted)).matrix)
    assert await kept(house) == 0


@pytest.mark.parametrize("trouble", ["500", "429", "stall"])
async def test_what_passes_is_asked_again(
    house: House, database: Database, settings: Settings, osrm: OsrmServer, trouble: str
) -> None:
    osrm.troubles.append(trouble)
    wanted = places(5)
    assert await complete(database, house, by_osrm(settings, osrm.url), wanted) == by_road(osrm, wanted)


@pytest.mark.parametrize("trouble", ["NoTable", "NoSegment", None])
async def test_where_there_is_no_road_the_way_is_guessed(
    house: House, database: Database, settings: Settings, osrm: OsrmServer, trouble: str | None
) -> None:
    osrm.always, wanted = trouble, places(3)
    osrm.islands.add(wanted[0].point)
    found = await complete(database, house, by_osrm(settings, osrm.url), wanted)
    guess = (await Offline().matrix(wanted)).matrix
    assert found.estimated
    assert found.matrix.duration_s[0] == guess.duration_s[0]
    way = osrm.way(wanted[1].point, wanted[2].point)
    assert way
    assert found.matrix.duration_s[1][2] == (guess.duration_s[1][2] if trouble else way[0])
    assert await kept(house) == (0 if trouble else 6)


async def test_providers_do_not_share(house: House, database: Database, settings: Settings, osrm: OsrmServer) -> None:
    named, wanted = by_osrm(settings, osrm.url), places(3)
    await complete(database, house, named, wanted)
    google = named.model_copy(update={"travel_provider": "google"})
    assert (await known(database, house, google, wanted)).estimated


def _waypoints(count: int) -> list[Waypoint]:
    return [Waypoint(departure.point, f"Stop {number}") for number, departure in enumerate(places(count))]


@pytest.mark.parametrize(("count", "requests"), [(2, 1), (100, 1), (101, 2), (250, 3)])
async def test_directions_of_a_long_route_are_put_together(
    settings: Settings, osrm: OsrmServer, count: int, requests: int
) -> None:
    waypoints = _waypoints(count)
    async with Osrm(by_osrm(settings, osrm.url)) as provider:
        found = await provider.directions(waypoints, "en")
    assert found
    assert (len(osrm.requests), len(found.legs)) == (requests, count - 1)
    line = [(round(p["lat"] * 1e5), round(p["lng"] * 1e5)) for p in decode_polyline(found.polyline)]
    assert line == [waypoint.point for waypoint in waypoints]
    way = osrm.way(waypoints[0].point, waypoints[1].point)
    assert way
    leg = found.legs[0]
    assert (leg.duration_s, leg.distance_m) == way
    assert [step.text for step in leg.steps] == ["Set out on Kostava Street", "Arrive; it is on the left"]


async def test_no_way_leads_there(settings: Settings, osrm: OsrmServer) -> None:
    waypoints = _waypoints(3)
    osrm.islands.add(waypoints[1].point)
    async with Osrm(by_osrm(settings, osrm.url)) as provider:
        assert await provider.directions(waypoints, "en") is None


@pytest.mark.parametrize("trouble", ["500", "stall", "garbage", "nothing", "TooBig"])
async def test_directions_do_not_come(settings: Settings, osrm: OsrmServer, trouble: str) -> None:
    osrm.always = trouble
    async with Osrm(by_osrm(settings, osrm.url)) as provider:
        with pytest.raises(ProviderDown):
            await provider.directions(_waypoints(3), "en")


@pytest.mark.parametrize(
    ("maneuver", "road", "text"),
    [
        ({"type": "depart", "modifier": "right"}, "Kostava Street", "Set out on Kostava Street"),
        ({"type": "depart"}, "", "Set out"),
        ({"type": "turn", "modifier": "slight left"}, "E60", "Turn slight left onto E60"),
        ({"type": "end of road", "modifier": "right"}, "", "Turn right"),
        ({"type": "continue", "modifier": "straight"}, "E60", "Continue straight onto E60"),
        ({"type": "new name", "modifier": "straight"}, "E60", "Continue straight onto E60"),
        ({"type": "something new"}, "", "Continue"),
        ({"type": "turn", "modifier": "uturn"}, "E60", "Make a U-turn onto E60"),
        ({"type": "fork", "modifier": "left"}, "E60", "Keep left onto E60"),
        ({"type": "on ramp", "modifier": "right"}, "E60", "Take the ramp right onto E60"),
        ({"type": "roundabout", "modifier": "right", "exit": 3}, "E60", "At the roundabout take exit 3 onto E60"),
        ({"type": "rotary", "exit": 1}, "", "At the roundabout take exit 1"),
        ({"type": "arrive", "modifier": "right"}, "", "Arrive; it is on the right"),
        ({"type": "arrive", "modifier": "straight"}, "", "Arrive"),
    ],
)
def test_instructions(maneuver: dict[str, Any], road: str, text: str) -> None:
    assert instruction({"maneuver": maneuver, "name": road}) == text


def test_a_road_without_a_name_has_a_number() -> None:
    assert instruction({"maneuver": {"type": "turn", "modifier": "left"}, "name": "", "ref": "E60"}) == (
        "Turn left onto E60"
    )
