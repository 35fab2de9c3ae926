"""What the cache lacks is asked for, once; and whatever goes wrong there, a matrix comes."""

import asyncio
import json
import os
import random
import socket
import sys
from dataclasses import astuple
from datetime import datetime, timedelta
from statistics import mean

import pytest
from pydantic import SecretStr

from app.access import Viewer
from app.db import Database
from app.services.routing.matrix import Departure, Offline, Point, great_circle_m
from app.services.routing.problem import Location
from app.services.travel import cache
from app.services.travel.words import Way
from app.settings import Settings
from app.uow import Silence, unit_of_work
from tests.conftest import ROOT
from tests.factories.houses import ZONE, House
from tests.services.travel.asking import MORNING, NOON, by_google, by_road, complete, kept, known, legs, places
from tests.services.travel.google_maps import KEY, GoogleMaps
from tests.steps import eventually


async def test_every_way_is_asked_for_once(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url), places(27)
    expected = by_road(maps, wanted)
    assert await complete(database, house, google, wanted) == expected
    assert set(maps.asked.values()) == {1}
    assert (maps.elements, await kept(house)) == (27 * 26, 27 * 26)
    matrix = expected.matrix.duration_s
    assert any(matrix[a][b] != matrix[b][a] for a in range(27) for b in range(a)), "there and back are two ways"

    asked = len(maps.requests)
    assert await complete(database, house, google, wanted[::-1]) == by_road(maps, wanted[::-1])
    assert await known(database, house, google, wanted) == expected
    assert len(maps.requests) == asked


async def test_only_what_is_new_is_asked_for(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url), places(13)
    await complete(database, house, google, wanted[:12])
    assert maps.elements == 12 * 11
    assert await complete(database, house, google, wanted) == by_road(maps, wanted)
    assert (maps.elements, set(maps.asked.values())) == (13 * 12, {1})


async def test_a_place_is_one_at_every_visit(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    """Rounded to a metre; and from a place to itself nobody drives."""
    first, second = places(2)
    door = Departure(Location(first.location.latitude + 2e-6, first.location.longitude), 13)
    wanted = [first, second, door, first]
    assert await complete(database, house, by_google(settings, maps.url), wanted) == by_road(maps, wanted)
    assert maps.elements == 2


async def test_each_band_of_hours_has_its_own_times(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, (a, b) = by_google(settings, maps.url), places(2)
    at = [(7, False), (9, False), (10, False), (14, False), (17, False), (22, False), (3, True), (12, True)]
    wanted = [Departure(where.location, *moment) for where in (a, b) for moment in at]
    now = datetime.now(ZONE)
    await complete(database, house, google, wanted)
    assert maps.elements == 2 * len({"morning", "day", "evening", "night", "weekend"})
    asked = [datetime.fromtimestamp(int(request["departure_time"]), ZONE) for request in maps.requests]
    assert all(now < moment < now + timedelta(days=8) for moment in asked)
    weekdays = {moment.hour: moment.weekday() for moment in asked if moment.hour != 13}
    assert weekdays.keys() == {8, 17, 22}
    assert max(weekdays[8], weekdays[17]) < 4
    assert sorted(moment.weekday() == 5 for moment in asked if moment.hour == 13) == [False, False, True, True]


async def test_what_nobody_drives_is_not_asked_for(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, departures = by_google(settings, maps.url), places(6)
    wanted = [[b == a + 1 for b in range(6)] for a in range(6)]
    found = await complete(database, house, google, departures, wanted)
    assert maps.asked.keys() == {(departures[a].point, departures[a + 1].point) for a in range(5)}
    road, guess = by_road(maps, departures).matrix, (await Offline().matrix(departures)).matrix
    assert not found.estimated
    for a in range(6):
        for b in range(6):
            source = road if b == a + 1 else guess
            assert found.matrix.duration_s[a][b] == source.duration_s[a][b]


async def test_old_answers_are_asked_for_again(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url, travel_age_days=10), places(4)
    await complete(database, house, google, wanted)
    await house.pool.execute(
        "UPDATE travel_times SET fetched_at = now() - interval '11 days', duration_s = 1 "
        "WHERE organization_id = $1 AND origin_lat_e5 = $2",
        house.id,
        wanted[0].point.lat_e5,
    )
    assert (await known(database, house, google, wanted)).estimated
    assert await complete(database, house, google, wanted) == by_road(maps, wanted)
    assert maps.elements == 12 + 3
    await house.pool.execute(
        "UPDATE travel_times SET fetched_at = now() - interval '11 days' WHERE organization_id = $1", house.id
    )
    await complete(database, house, google, wanted[:2])
    assert await kept(house) == 2, "what nobody uses any more is deleted"


async def test_organizations_do_not_share(
    house: House, stranger: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url), places(3)
    await complete(database, house, google, wanted)
    assert (await known(database, stranger, google, wanted)).estimated
    await complete(database, stranger, google, wanted)
    assert set(maps.asked.values()) == {2}
    assert (await kept(house), await kept(stranger)) == (6, 6)


# the provider is not there


async def estimated(database: Database, house: House, settings: Settings, wanted: list[Departure]) -> None:
    """The plan still comes, and says what it rests on; a guess is never kept."""
    found = await complete(database, house, settings, wanted)
    assert (found.estimated, found.matrix) == (True, (await Offline().matrix(wanted)).matrix)
    assert await kept(house) == 0


async def test_nobody_is_there(
    house: House, database: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    await estimated(database, house, by_google(settings, url), places(4))
    assert caplog.messages == ["estimating travel times: google does not answer: ConnectionError"]
    assert KEY not in caplog.text, "the library's errors quote the URL"


@pytest.mark.parametrize(
    "trouble", ["500", "502", "404", "429", "stall", "garbage", "nothing", "OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT"]
)
async def test_whatever_goes_wrong_a_matrix_comes(
    house: House, database: Database, settings: Settings, maps: GoogleMaps, trouble: str
) -> None:
    maps.always = trouble
    await estimated(database, house, by_google(settings, maps.url, travel_patience_s=3), places(4))


@pytest.mark.parametrize("trouble", ["500", "502", "429", "stall", "OVER_QUERY_LIMIT", "UNKNOWN_ERROR"])
async def test_what_passes_is_asked_again(
    house: House, database: Database, settings: Settings, maps: GoogleMaps, trouble: str
) -> None:
    google, wanted = by_google(settings, maps.url, travel_timeout_s=2), places(4)
    maps.troubles.append(trouble)
    assert await complete(database, house, google, wanted) == by_road(maps, wanted)


async def test_a_bad_key_is_no_way_in(house: House, database: Database, settings: Settings, maps: GoogleMaps) -> None:
    google = by_google(settings, maps.url)
    bad = google.model_copy(update={"google_maps_key": SecretStr("AIzaSomebodyElse")})
    await estimated(database, house, bad, places(3))
    assert len(maps.requests) == 3, "nobody asks again who was refused"


async def test_what_was_told_before_the_end_is_kept(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url), places(40)
    maps.elements_left = 700
    found = await complete(database, house, google, wanted)
    told = maps.elements
    assert found.estimated
    assert 0 < told <= 700
    assert await kept(house) == told
    maps.elements_left = None
    assert await complete(database, house, google, wanted) == by_road(maps, wanted)
    assert (maps.elements, set(maps.asked.values())) == (40 * 39, {1})


async def test_an_organization_has_an_allowance_for_a_day(
    house: House, stranger: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url, travel_elements_per_day=400), places(40)
    assert (await complete(database, house, google, wanted)).estimated
    spent = maps.elements
    assert 300 < spent <= 400
    ways = [(a.point, b.point) for a in wanted for b in wanted if a is not b]
    lengths = {way: great_circle_m(way[0].location, way[1].location) for way in ways}
    assert mean(lengths[way] for way in maps.asked) < 0.75 * mean(lengths.values()), "short ways are driven most"
    await complete(database, house, google, wanted)
    assert maps.elements <= 400
    assert not (await complete(database, stranger, google, wanted[:5])).estimated

    await house.pool.execute(
        "UPDATE travel_times SET fetched_at = now() - interval '25 hours' WHERE organization_id = $1", house.id
    )
    await complete(database, house, google, wanted)
    assert await kept(house) > 600


async def test_where_there_is_no_road_the_way_is_guessed(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url), places(4)
    maps.islands.add(wanted[2].point)
    found = (await complete(database, house, google, wanted)).matrix
    guess = (await Offline().matrix(wanted)).matrix
    for a in range(4):
        for b in range(4):
            if a != b:
                way = maps.way(wanted[a].point, wanted[b].point)
                assert found.duration_s[a][b] == (way[0] if way else guess.duration_s[a][b])
    assert await kept(house) == 12
    asked = maps.elements
    again = await complete(database, house, google, wanted)
    assert (again.matrix, again.estimated, maps.elements) == (found, True, asked)


async def test_a_slow_provider_is_not_waited_for_for_ever(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    maps.always = "stall"
    slow = by_google(settings, maps.url, travel_timeout_s=5, travel_patience_s=0.5)
    async with asyncio.timeout(5):
        await estimated(database, house, slow, places(4))


# several at once


async def test_two_plans_that_begin_at_once_ask_once(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    google, wanted = by_google(settings, maps.url), places(15)
    found = await asyncio.gather(*(complete(database, house, google, wanted[:count]) for count in (15, 10, 15)))
    assert found == [by_road(maps, wanted[:count]) for count in (15, 10, 15)]
    assert set(maps.asked.values()) == {1}


FILL = """
import asyncio, json, sys
from uuid import UUID
from app.access import Viewer
from app.db import Database
from app.services import travel
from app.services.routing.matrix import Departure, Location
from app.settings import settings

async def fill():
    departures = [Departure(Location(*where), 12) for where in json.load(sys.stdin)]
    database = Database.connect(settings())
    found = await travel.complete(database, Viewer.system(UUID(sys.argv[1])), settings(), departures)
    await database.close()
    return found.estimated

assert not asyncio.run(fill())
"""


async def test_another_process_that_asks_the_same_does_not_collide(
    house: House, database: Database, settings: Settings, maps: GoogleMaps
) -> None:
    wanted, maps.held = places(25), asyncio.Event()
    named = {
        "WAYPOST_DATABASE_URL": settings.database_url.get_secret_value(),
        "WAYPOST_REDIS_URL": settings.redis_url.get_secret_value(),
        "WAYPOST_TOKEN_SECRET": settings.token_secret.get_secret_value(),
        "WAYPOST_TRAVEL_PROVIDER": "google",
        "WAYPOST_TRAVEL_TIMEOUT_S": "30",
        "WAYPOST_GOOGLE_MAPS_KEY": KEY,
        "WAYPOST_GOOGLE_MAPS_URL": maps.url,
    }
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FILL, str(house.id), env=os.environ | named, cwd=ROOT, stdin=asyncio.subprocess.PIPE
    )
    telling = asyncio.create_task(other.communicate(json.dumps([astuple(d.location) for d in wanted]).encode()))
    google = by_google(settings, maps.url, travel_timeout_s=30)
    await asyncio.wait_for(maps.reached.wait(), 60)
    filling = asyncio.create_task(complete(database, house, google, wanted))

    async def both_ask() -> bool:
        return len(maps.requests) == 8

    await eventually(both_ask)
    maps.held.set()
    assert await filling == by_road(maps, wanted)
    await telling
    assert (other.returncode, await kept(house)) == (0, 25 * 24)


async def test_keeping_the_same_at_once_locks_nobody_up(house: House, database: Database) -> None:
    ways = [(cache.Key(0, Point(number, 0), Point(0, number)), Way(number, number)) for number in range(400)]

    async def keep(seed: int) -> None:
        mine = random.Random(seed).sample(ways, len(ways))
        async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
            await cache.keep(uow, "google", mine)

    await asyncio.gather(*(keep(seed) for seed in range(8)))
    assert await kept(house) == 400


# without asking


async def test_legs_take_what_is_known(house: House, database: Database, settings: Settings, maps: GoogleMaps) -> None:
    google, (a, b, c) = by_google(settings, maps.url), places(3)
    await complete(database, house, google, [a, b])
    there, back = maps.way(a.point, b.point), maps.way(b.point, a.point)
    assert there
    assert back
    found = await legs(database, house, google, [a, b, b, a])
    assert (found.durations_s, found.distances_m) == ((there[0], 0, back[0]), (there[1], 0, back[1]))
    assert not found.estimated

    found = await legs(database, house, google, [a, b, c])
    guess = Offline().leg(b, c.point)
    assert (found.durations_s, found.distances_m) == ((there[0], guess[0]), (there[1], guess[1]))
    assert found.estimated
    assert (await legs(database, house, google, [Departure(a.location, MORNING), b])).estimated
    assert maps.elements == 2

    for few in ([], [a]):
        found = await legs(database, house, google, few)
        assert (found.durations_s, found.distances_m, found.estimated) == ((), (), False)


async def test_offline_is_what_it_is(house: House, database: Database, settings: Settings) -> None:
    """Its estimate is all that was asked for, and it asks no database."""
    wanted = [*places(3), *places(3, hour=MORNING)]
    expected = await Offline().matrix(wanted)
    assert not expected.estimated
    assert await complete(database, house, settings, wanted) == expected
    assert await known(database, house, settings, wanted) == expected
    found = await legs(database, house, settings, wanted)
    assert found.durations_s == tuple(expected.matrix.duration_s[n][n + 1] for n in range(5))
    assert not found.estimated
    assert wanted[0].hour == NOON


async def test_nothing_to_ask_for(house: House, database: Database, settings: Settings, maps: GoogleMaps) -> None:
    found = await complete(database, house, by_google(settings, maps.url), [])
    assert (found.matrix.duration_s, found.estimated, maps.requests) == ((), False, [])
