"""How a route is driven: asked for by a worker when the plan changed, served from what is kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest_asyncio
from googlemaps.convert import decode_polyline

from app import clock
from app.access import Viewer
from app.context import Server
from app.db import Database
from app.models import Role, Route
from app.services import travel
from app.services.routing.matrix import Departure, Offline, Point
from app.services.routing.problem import Location
from app.services.travel.offline import straight
from app.services.travel.words import Waypoint
from app.uow import Silence, unit_of_work
from tests.client import Client, Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.realm import Realm, own_api, realm, working
from tests.services.travel.google_maps import KEY, GoogleMaps, google_maps
from tests.statements import counting
from tests.steps import eventually, nothing_due

DIRECTIONS = """query Directions($id: ID!) { node(id: $id) { ... on Route { directions {
  provider estimated stale polyline fetchedAt
  legs { distance duration polyline stop { id sequence } steps { text distance duration polyline } } } } } }"""


@dataclass
class Town:
    """A realm whose worker asks Google Maps."""

    realm: Realm
    maps: GoogleMaps
    database: Database
    api: str


@pytest_asyncio.fixture(scope="module")
async def whole_town(names: dict[str, str], worker_number: int) -> AsyncIterator[Town]:
    async with google_maps() as maps:
        knobs: dict[str, Any] = {"travel_provider": "google", "google_maps_key": KEY, "google_maps_url": maps.url}
        knobs["travel_timeout_s"] = 0.5
        async with (
            realm(names, worker_number, **knobs) as found,
            own_api(found.settings) as api,
            working(found.settings),
        ):
            database = Database.connect(found.settings)
            yield Town(found, maps, database, api)
            await database.close()


@pytest_asyncio.fixture
async def town(whole_town: Town) -> AsyncIterator[Town]:
    maps = whole_town.maps
    maps.requests.clear()
    maps.islands.clear()
    yield whole_town
    maps.always, maps.held = None, None


@dataclass
class Trip:
    """A driver's route in the town."""

    town: Town
    house: House
    drive: Drive

    @classmethod
    async def of(cls, town: Town, rides: int = 2) -> "Trip":
        house = await town.realm.house(town.api)
        return cls(town, house, await Drive.of(house, rides))

    async def request(self) -> None:
        """As whoever lays a route anew does it."""
        async with unit_of_work(self.town.database, Viewer.system(self.house.id), Silence()) as uow:
            await travel.directions.request(uow, await uow.fetch(Route, self.drive.route, lock=True))

    async def told(self) -> Any:
        """What the driver reads once the worker has nothing more to do."""
        await eventually(lambda: nothing_due(self.house))
        return await self.read()

    async def read(self, role: str = "DRIVER") -> Any:
        return await read(self.house.client(role), self.drive.route)

    async def points(self) -> list[Point]:
        """From where the shift begins, by way of the stops, to where it ends."""
        depot = await self.house.all(
            "SELECT p.* FROM places p JOIN shifts s ON s.start_place_id = p.id WHERE s.organization_id = $1"
        )
        stops = await self.house.all(
            "SELECT p.* FROM stops s JOIN places p ON p.id = s.place_id WHERE s.organization_id = $1 ORDER BY sequence"
        )
        return [Point.of(Location(row["latitude"], row["longitude"])) for row in (*depot, *stops, *depot)]

    async def set_stop(self, number: int, **columns: Any) -> None:
        for column, value in columns.items():
            await self.house.pool.execute(
                f"UPDATE stops SET {column} = $2 WHERE id = $1", self.drive.stops[number], value
            )


async def read(client: Client, route: UUID) -> Any:
    return (await client.run(DIRECTIONS, {"id": House.gid("Route", route)}))["node"]["directions"]


def stops(found: Json) -> list[int | None]:
    return [leg["stop"] and leg["stop"]["sequence"] for leg in found["legs"]]


async def test_a_worker_asks_and_the_driver_reads(town: Town) -> None:
    trip = await Trip.of(town)
    assert await trip.read() is None
    await trip.request()
    found, points = await trip.told(), await trip.points()
    assert (found["provider"], found["estimated"], found["stale"]) == ("google", False, False)
    assert [(round(p["lat"] * 1e5), round(p["lng"] * 1e5)) for p in decode_polyline(found["polyline"])] == points
    assert stops(found) == [1, 2, 3, 4, None]
    ways = [(leg["duration"], leg["distance"]) for leg in found["legs"]]
    assert ways == [town.maps.way(a, b) for a, b in pairwise(points)]
    steps = found["legs"][0]["steps"]
    assert steps[0]["text"] == "Head north on Kostava St/E60"
    assert sum(step["distance"] for step in steps) == ways[0][1]
    assert len(town.maps.requests) == 1


async def test_publishing_a_day_has_its_routes_looked_up(town: Town) -> None:
    house = await town.realm.house(town.api)
    drive = await Drive.of(house, 1, status="OPTIMIZED")
    published = "... on PublishRoutesSuccess { routes { directions { provider } } }"
    answer = await house.client("DISPATCHER").act("publishRoutes", {"date": house.day.isoformat()}, published)
    assert answer["routes"] == [{"directions": None}]
    await eventually(lambda: nothing_due(house))
    assert (await read(house.client("DRIVER"), drive.route))["provider"] == "google"


async def test_what_is_done_makes_nothing_stale(town: Town) -> None:
    trip = await Trip.of(town)
    await trip.request()
    await trip.told()
    await trip.set_stop(0, status="DONE")
    await trip.set_stop(1, status="ARRIVED")
    assert (await trip.read())["stale"] is False
    await trip.request()
    assert stops(await trip.told()) == [1, 2, 3, 4, None]
    assert len(town.maps.requests) == 1, "the provider has told this way already"


async def test_another_plan_is_looked_up_anew(town: Town) -> None:
    trip = await Trip.of(town)
    await trip.request()
    await trip.told()
    await trip.set_stop(0, status="DONE")
    await trip.set_stop(2, sequence=9)
    assert (await trip.read())["stale"] is True
    await trip.request()
    found = await trip.told()
    assert (stops(found), found["stale"]) == ([2, 4, 9, None], False)
    first = await trip.house.value(
        "SELECT p.latitude FROM stops s JOIN places p ON p.id = s.place_id WHERE s.organization_id = $1 AND s.id = $2",
        trip.drive.stops[0],
    )
    begins = float(town.maps.requests[-1]["origin"].split(",")[0])
    assert round(begins * 1e5) == round(first * 1e5), "from where the driver was last"


async def test_another_place_is_another_way(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.request()
    await trip.told()
    await trip.set_stop(1, place_id=await trip.house.place())
    assert (await trip.read())["stale"] is True


async def test_a_stop_that_was_called_off_leaves_a_way_without_it(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.request()
    await trip.told()
    await trip.set_stop(1, status="CANCELLED")
    assert (await trip.read())["stale"] is True


async def test_an_open_route_ends_at_its_last_stop(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.house.pool.execute("UPDATE shifts SET end_place_id = NULL WHERE organization_id = $1", trip.house.id)
    await trip.request()
    assert stops(await trip.told()) == [1, 2]


async def test_a_route_that_is_over_is_not_looked_up(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.house.pool.execute("UPDATE routes SET status = 'COMPLETED' WHERE id = $1", trip.drive.route)
    await trip.request()
    assert await trip.told() is None
    assert town.maps.requests == []


async def test_a_route_that_changes_often_is_looked_up_once(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.house.insert(
        "due_work", kind="FETCH_DIRECTIONS", ref_id=trip.drive.route, run_at=clock.now() + timedelta(hours=1)
    )
    await trip.request()
    await trip.request()
    await trip.told()
    assert len(town.maps.requests) == 1, "what had been put off was done at once"


async def test_a_change_while_somebody_asks_is_seen(town: Town) -> None:
    trip = await Trip.of(town)
    town.maps.held = asyncio.Event()
    town.maps.reached.clear()
    await trip.request()
    await asyncio.wait_for(town.maps.reached.wait(), 20)
    await trip.set_stop(2, sequence=9)
    await trip.request()
    waiting = await trip.house.all("SELECT kind FROM due_work WHERE organization_id = $1")
    assert len(waiting) == 1, "somebody is at it: no second worker need be sent"
    town.maps.held.set()
    found = await trip.told()
    assert (stops(found), found["stale"]) == ([1, 2, 4, 9, None], False)
    assert 2 <= len(town.maps.requests) <= 3


# the provider is not there


async def is_straight(trip: Trip, found: Json) -> None:
    assert (found["provider"], found["estimated"], found["stale"]) == ("offline", True, False)
    points = await trip.points()
    assert [(round(p["lat"] * 1e5), round(p["lng"] * 1e5)) for p in decode_polyline(found["polyline"])] == points
    place = (await trip.house.all("SELECT * FROM places WHERE organization_id = $1 AND label = 'Home'"))[0]
    leg = found["legs"][0]
    leaves = Departure(points[0].location, 7, weekend=trip.house.day.weekday() >= 5)
    distance = Offline().leg(leaves, points[1])
    assert (leg["duration"], leg["distance"]) == distance
    assert [step["text"] for step in leg["steps"]] == [
        f"Drive {round(leg['distance'], -1)} m to Home, {place['address']}, about {round(leg['duration'] / 60)} min"
    ]


async def test_without_the_provider_the_way_is_straight_until_it_is_back(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    town.maps.always = "garbage"
    await trip.request()

    async def put_back() -> bool:
        query = "SELECT FROM due_work WHERE organization_id = $1 AND lease_until IS NULL AND attempts = 1"
        return bool(await trip.house.all(query))

    await eventually(put_back)
    await is_straight(trip, await trip.read())
    town.maps.always = None
    await trip.request()
    found = await trip.told()
    assert (found["provider"], found["estimated"]) == ("google", False)


async def test_where_no_road_leads_the_way_is_straight(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    town.maps.islands.add((await trip.points())[1])
    await trip.request()
    await is_straight(trip, await trip.told())
    assert len(town.maps.requests) == 1, "it would say the same again"


async def test_a_provider_that_is_down_takes_nothing_away(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.request()
    before = await trip.told()
    async with unit_of_work(town.database, Viewer.system(trip.house.id), Silence()) as uow:
        wanted = await travel.directions.tour(uow, trip.drive.route)
        assert wanted
        town.maps.always = "500"
        told_by, guidance, down = await travel.directions.ask(town.realm.settings, wanted)
        assert (told_by, str(down)[:15]) == ("offline", "does not answer")
        await travel.directions.keep(uow, town.realm.settings, wanted, told_by, guidance)
    assert await trip.read() == before


# who sees it


async def test_directions_are_the_drivers_and_the_houses(town: Town) -> None:
    trip = await Trip.of(town, rides=1)
    await trip.request()
    mine = await trip.told()
    assert mine is not None
    for role in ("OWNER", "DISPATCHER", "STAFF"):
        assert await trip.read(role) == mine
    other = await trip.house.person(Role.DRIVER)
    gid = {"id": House.gid("Route", trip.drive.route)}
    for client in (other.client, trip.house.client("CUSTOMER")):
        assert await client.codes(DIRECTIONS, gid) == ["NOT_FOUND"]
    await trip.house.pool.execute("UPDATE routes SET status = 'OPTIMIZED' WHERE id = $1", trip.drive.route)
    assert await trip.house.client("DRIVER").codes(DIRECTIONS, gid) == ["NOT_FOUND"]


BOARD = """{ routes { edges { node { id directions { stale estimated
  legs { distance stop { sequence } steps { text } } } } } } }"""


async def test_directions_of_many_routes_take_as_many_statements_as_of_two(house: House, server: Server) -> None:
    async def board(routes: int) -> int:
        for _ in range(routes):
            drive = await Drive.of(house, 1)
            step = {"text": "Go", "distance_m": 1, "duration_s": 1, "polyline": "??"}
            row = await house.all("SELECT * FROM stops WHERE organization_id = $1 AND route_id = $2", drive.route)
            legs = [
                {"stop_id": str(stop["id"]), "place_id": str(stop["place_id"]), **step, "steps": [step]}
                for stop in sorted(row, key=lambda stop: stop["sequence"])
            ]
            told = {"provider": "osrm", "polyline": "??", "fingerprint": "", "fetched_at": clock.now()}
            await house.insert("directions", route_id=drive.route, legs=json.dumps(legs), **told)
            await house.pool.execute(
                "UPDATE shifts SET starts_at = starts_at - interval '1 day', "
                "ends_at = ends_at - interval '1 day' WHERE organization_id = $1",
                house.id,
            )
        with counting(server) as statements:
            edges = (await house.client("DISPATCHER").run(BOARD))["routes"]["edges"]
        found = [edge["node"]["directions"] for edge in edges]
        assert all(one["legs"][1]["stop"] == {"sequence": 2} and not one["stale"] for one in found)
        return len(statements.data)

    assert await board(2) == await board(18) == 4


def test_straight_directions() -> None:
    points = [Point(4_170_000, 4_480_000), Point(4_170_100, 4_480_000), Point(4_180_000, 4_480_000)]
    waypoints = [Waypoint(point, f"Stop {number}") for number, point in enumerate(points)]
    found = straight(Offline(), waypoints, hour=12)
    assert [leg.steps[0].text for leg in found.legs] == [
        "Drive 140 m to Stop 1, about 1 min",
        "Drive 14.3 km to Stop 2, about 29 min",
    ]
    assert found.legs[0].duration_s == Offline().leg(Departure(points[0].location, 12), points[1])[0]
