"""Where drivers are: reported late, twice and in any order, and followed as it is now."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.context import Server
from app.db import Database
from app.demo.serving import serving
from app.jobs.desk import Desk
from app.jobs.positions import keep_tracks
from app.live import Wakes
from app.main import create_app
from app.models import Role
from app.settings import Settings
from tests.client import Client, Json
from tests.factories.houses import House
from tests.races.crowd import at_once
from tests.realm import Realm, realm
from tests.roads import REPORTED, Road, at_km, report, seen
from tests.statements import counting
from tests.steps import errors, events, eventually, nothing_changes

TRACK = """query Track($id: ID!, $from: DateTime!, $to: DateTime!) { node(id: $id) { ... on Driver {
  track(from: $from, to: $to) { point { latitude longitude } heading speed recordedAt } } } }"""
FLEET = "subscription { driverPositions { driver { id displayName } point { longitude } heading speed recordedAt } }"


def driver_of(house: House) -> UUID:
    driver = house.people["DRIVER"].viewer.driver_id
    assert driver
    return driver


async def tracks(house: House) -> list[Any]:
    return await house.all("SELECT * FROM track_points WHERE organization_id = $1 ORDER BY driver_id, recorded_at")


async def position(house: House) -> Any:
    (found,) = await house.all("SELECT * FROM positions WHERE organization_id = $1")
    return found


def kms(points: list[Any]) -> list[float]:
    return [round((point["longitude"] - at_km(0)["longitude"]) / 0.012, 3) for point in points]


# reporting


async def test_positions_come_in_any_order_and_twice(house: House) -> None:
    driver, now = house.client("DRIVER"), clock.now()
    first, second, third = (seen(km, 60 - km, now, heading=90, speed=12.5) for km in (1, 2, 3))
    assert await report(driver, third, first, third, second) == answered(4)
    assert kms(await tracks(house)) == [1, 2, 3]
    newest = await position(house)
    assert (kms([newest]), newest["recorded_at"]) == ([3], now - timedelta(seconds=57))
    assert (newest["driver_id"], newest["heading_deg"], newest["speed_mps"]) == (driver_of(house), 90, 12.5)
    assert await report(driver, first, second) == answered(2)
    assert await position(house) == newest
    assert kms(await tracks(house)) == [1, 2, 3]
    assert await events(house) == []


def answered(accepted: int, *rejected: tuple[int, str]) -> Json:
    wrong = [{"index": index, "reason": reason} for index, reason in rejected]
    return {"__typename": "ReportPositionsPayload", "accepted": accepted, "rejected": wrong}


async def test_what_cannot_be_believed_is_rejected_and_the_rest_taken(house: House, settings: Settings) -> None:
    now, days = clock.now(), settings.track_days * 24 * 3600
    sent = [
        seen(1, 10, now),
        seen(1, -301, now),
        seen(1, -290, now),
        seen(1, days + 24 * 3600, now),
        {**seen(1, 9, now), "point": {"latitude": 90.1, "longitude": 0}},
        {**seen(1, 8, now), "point": {"latitude": 0, "longitude": -180.1}},
        seen(1, 7, now, heading=360),
        seen(1, 6, now, heading=-1),
        seen(1, 5, now, speed=-0.1),
        seen(1, 4, now, speed=151),
        seen(1, days, now, heading=0, speed=0),
    ]
    reasons = ["FUTURE", "TOO_OLD", "COORDINATES", "COORDINATES", "HEADING", "HEADING", "SPEED", "SPEED"]
    wrong = zip((1, 3, 4, 5, 6, 7, 8, 9), reasons, strict=True)
    assert await report(house.client("DRIVER"), *sent) == answered(3, *wrong)
    assert len(await tracks(house)) == 3


async def test_nothing_but_rejects_changes_nothing(house: House) -> None:
    async with nothing_changes(house):
        assert await report(house.client("DRIVER"), seen(1, -3600)) == answered(0, (0, "FUTURE"))
        assert await report(house.client("DRIVER")) == answered(0)


async def test_an_offline_phone_fills_the_track_and_moves_nobody(house: House) -> None:
    driver, now = house.client("DRIVER"), clock.now()
    await report(driver, seen(9, 0, now))
    late = [seen(km, 3600 * 24 * 3 - km, now) for km in range(5)]
    assert await report(driver, *late) == answered(5)
    assert kms(await tracks(house)) == [0, 1, 2, 3, 4, 9]
    assert kms([await position(house)]) == [9]


async def test_a_repetition_answers_the_same(house: House) -> None:
    driver, sent = house.client("DRIVER"), [seen(1, 5), seen(1, -3600)]
    for _ in range(2):
        answer = await driver.act("reportPositions", {"positions": sent}, REPORTED, idempotency_key="batch 7")
        assert answer == answered(1, (1, "FUTURE"))


async def test_a_report_has_bounds(house: House, settings: Settings) -> None:
    driver, now = house.client("DRIVER"), clock.now()
    many = [seen(1, second, now) for second in range(settings.positions_max + 1)]
    assert await errors(driver, "reportPositions", {"positions": many}) == [("BAD_USER_INPUT", "positions")]
    assert await report(driver, *many[1:]) == answered(settings.positions_max)


async def test_the_house_reports_for_a_driver(house: House) -> None:
    dispatcher, driver = house.client("DISPATCHER"), await house.driver()
    assert await report(dispatcher, seen(2), driverId=house.gid("Driver", driver)) == answered(1)
    assert (await position(house))["driver_id"] == driver
    assert await errors(dispatcher, "reportPositions", {"positions": [seen(2)]}) == [("BAD_USER_INPUT", "driverId")]


async def test_another_organization_has_nothing_of_it(house: House, stranger: House) -> None:
    await report(house.client("DRIVER"), seen(1))
    theirs = {"positions": [seen(5)], "driverId": house.gid("Driver", driver_of(house))}
    async with nothing_changes(house):
        assert await errors(stranger.client("DISPATCHER"), "reportPositions", theirs) == [("NOT_FOUND", None)]
    assert await tracks(stranger) == []


@pytest.mark.parametrize("points", [1, 100])
async def test_a_report_takes_as_many_statements_however_many_there_are(
    house: House, server: Server, points: int
) -> None:
    driver, now = house.client("DRIVER"), clock.now()
    await report(driver, seen(1, 600))
    with counting(server) as statements:
        await report(driver, *(seen(1, second, now) for second in range(points)))
    assert (len(statements.setup), len(statements.data)) == (1, 2), statements.report()


# days


@pytest.fixture
def number(worker_number: int) -> int:
    return worker_number


async def partitions(own: Realm) -> set[str]:
    rows = await own.pool.fetch("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    return {row["relname"] for row in rows}


def named(day: datetime) -> str:
    return f"track_points_{day.astimezone(UTC):%Y%m%d}"


async def test_days_come_and_go(names: dict[str, str], number: int, server: Server) -> None:
    """The first report of a day makes room for it; the worker makes it ahead, and drops the old."""
    async with realm(names, number, track_days=5) as own, serving(create_app(own.settings)) as api:
        house, now = await own.house(api), clock.now()
        assert await partitions(own) == set()
        drivers = [await house.person(Role.DRIVER) for _ in range(8)]
        await at_once(report(driver.client, seen(1, 0, now), seen(2, 4 * 24 * 3600, now)) for driver in drivers)
        kept = {named(now), named(now - timedelta(days=4))}
        assert await partitions(own) == kept
        assert len(await tracks(house)) == 16
        database = Database.connect(own.settings)
        desk = Desk(own.settings, database, Wakes(server.wakes._redis))
        await keep_tracks(desk)
        ahead = {named(now + timedelta(days=days)) for days in range(4)}
        assert await partitions(own) == kept | ahead
        with clock.shifted(timedelta(days=2)):
            await keep_tracks(desk)
        await database.close()
        ahead |= {named(now + timedelta(days=days)) for days in (4, 5)}
        assert await partitions(own) == ahead
        assert [point["recorded_at"] for point in await tracks(house)] == [now] * 8


async def test_a_day_is_nobodys_to_read(house: House, server: Server) -> None:
    """Partitions are tables: row-level security binds on them, and the server has no right of its own there."""
    await report(house.client("DRIVER"), seen(1))
    day = named(clock.now())
    found = await house.pool.fetchrow(
        "SELECT relrowsecurity, relforcerowsecurity, has_table_privilege('waypost_server', oid, 'SELECT') "
        "FROM pg_class WHERE relname = $1",
        day,
    )
    assert tuple(found or ()) == (True, True, False)


# tracks


async def track(client: Client, house: House, driver: UUID, hours: float = 1) -> list[Json]:
    now = clock.now()
    span = {"from": (now - timedelta(hours=hours)).isoformat(), "to": now.isoformat()}
    points: list[Json] = (await client.run(TRACK, {"id": house.gid("Driver", driver), **span}))["node"]["track"]
    return points


async def test_a_track_is_for_the_driver_and_the_house(house: House) -> None:
    driver, now = driver_of(house), clock.now()
    await report(
        house.client("DRIVER"), seen(2, 100, now, heading=90.5, speed=10), seen(1, 200, now), seen(0, 4000, now)
    )
    points = await track(house.client("DISPATCHER"), house, driver)
    assert points == [
        {"point": at_km(1), "heading": None, "speed": None, "recordedAt": seen(1, 200, now)["recordedAt"]},
        {"point": at_km(2), "heading": 90.5, "speed": 10.0, "recordedAt": seen(2, 100, now)["recordedAt"]},
    ]
    assert await track(house.client("DRIVER"), house, driver) == points
    assert len(await track(house.client("STAFF"), house, driver, hours=2)) == 3
    customer = house.people["CUSTOMER"]
    await Road.of(house, (1, 2), customer=customer.viewer.customer_id)
    assert await track(customer.client, house, driver) == []


async def test_a_long_track_is_thinned_evenly(house: House) -> None:
    now, driver = clock.now(), driver_of(house)
    for batch in range(4):
        await report(
            house.client("DRIVER"), *(seen(n / 100, 2000 - n, now) for n in range(batch * 500, batch * 500 + 500))
        )
    points = await track(house.client("DISPATCHER"), house, driver)
    found = kms([point["point"] for point in points])
    assert (len(found), found[0], found[-1]) == (500, 0, 19.99)
    steps = {round(b - a, 2) for a, b in pairwise(found)}
    assert steps == {0.04, 0.05}


async def test_a_track_has_bounds(house: House) -> None:
    now, id = clock.now(), house.gid("Driver", driver_of(house))
    for hours in (0, -1, 49):
        span = {"from": now.isoformat(), "to": (now + timedelta(hours=hours)).isoformat()}
        assert await house.client("DISPATCHER").codes(TRACK, {"id": id, **span}) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("drivers", [2, 20])
async def test_tracks_of_many_are_one_statement(house: House, server: Server, drivers: int) -> None:
    now = clock.now()
    for _ in range(drivers - 1):
        await report(house.client("DISPATCHER"), seen(1, 5), driverId=house.gid("Driver", await house.driver()))
    span = {"from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}
    query = """query All($from: DateTime!, $to: DateTime!) {
      drivers(first: 50) { edges { node { track(from: $from, to: $to) { recordedAt } } } } }"""
    with counting(server) as statements:
        found = await house.client("DISPATCHER").run(query, span)
    lengths = [len(edge["node"]["track"]) for edge in found["drivers"]["edges"]]
    assert sorted(lengths) == [0] + [1] * (drivers - 1)
    assert len(statements.data) == 2, statements.report()


# following


async def test_the_fleet_is_shown_as_it_is_and_then_as_it_moves(house: House, stranger: House) -> None:
    other, now = await house.driver(display_name="Levan"), clock.now()
    await report(house.client("DISPATCHER"), seen(7, 50, now), driverId=house.gid("Driver", other))
    await report(house.client("DRIVER"), seen(1, 20, now, heading=90, speed=10))
    async with house.client("DISPATCHER").subscribe(FLEET) as stream:
        shown = [(await stream.next())["driverPositions"] for _ in range(2)]
        assert [frame["driver"]["displayName"] for frame in shown] == ["Levan", "Giorgi"]
        assert shown[1] == {
            "driver": {"id": house.gid("Driver", driver_of(house)), "displayName": "Giorgi"},
            "point": {"longitude": at_km(1)["longitude"]},
            "heading": 90.0,
            "speed": 10.0,
            "recordedAt": seen(1, 20, now)["recordedAt"],
        }
        await report(stranger.client("DRIVER"), seen(5))
        await report(house.client("DRIVER"), seen(0, 30, now))
        await report(house.client("DRIVER"), seen(2, 10, now))
        moved = (await stream.next())["driverPositions"]
        assert (moved["driver"]["displayName"], moved["recordedAt"]) == ("Giorgi", seen(2, 10, now)["recordedAt"])
        assert await stream.quiet(1.5)


async def test_positions_are_told_once_a_while(house: House, settings: Settings) -> None:
    """However often a phone reports: no more frames of one driver than seconds, and the last is the latest."""
    async with house.client("DISPATCHER").subscribe(FLEET) as stream:
        began, frames = clock.now(), list[Json]()
        now = began
        for step in range(60):
            await report(house.client("DRIVER"), seen(step, 60 - step, now))
        while not frames or frames[-1]["point"]["longitude"] != at_km(59)["longitude"]:
            frames.append((await stream.next())["driverPositions"])
        took_s = (clock.now() - began).total_seconds()
    assert len(frames) <= took_s / settings.position_pace_s + 1


async def test_a_wake_that_is_lost_costs_seconds(house: House) -> None:
    """PostgreSQL tells: whoever follows looks unasked, too."""
    async with house.client("DISPATCHER").subscribe(FLEET) as stream:
        driver, point = await house.driver(), at_km(4)
        await house.insert("positions", driver_id=driver, recorded_at=clock.now(), **point)
        moved = (await stream.next())["driverPositions"]
    assert (moved["driver"]["id"], moved["point"]["longitude"]) == (house.gid("Driver", driver), point["longitude"])


async def test_a_driver_follows_nobody_else(house: House) -> None:
    await report(house.client("DISPATCHER"), seen(7), driverId=house.gid("Driver", await house.driver()))
    await report(house.client("DRIVER"), seen(1))
    async with house.client("DRIVER").subscribe(FLEET) as stream:
        assert (await stream.next())["driverPositions"]["driver"]["id"] == house.gid("Driver", driver_of(house))
        assert await stream.quiet(1.5)


async def test_a_frame_costs_no_statement(house: House, server: Server) -> None:
    """One statement finds the whole fleet, drivers included."""
    now = clock.now()
    for number in range(20):
        driver = await house.driver(display_name=f"Driver {number}")
        await report(house.client("DISPATCHER"), seen(number, 20 - number, now), driverId=house.gid("Driver", driver))
    async with house.client("DISPATCHER").socket() as socket:
        with counting(server) as statements:
            stream = await socket.subscribe(FLEET)
            for _ in range(20):
                await stream.next()
    assert len(statements.data) == 1, statements.report()


# arriving

SUGGESTED = """subscription News($after: EventSeq) { events(after: $after, types: [STOP_ARRIVAL_SUGGESTED]) {
  node { ... on Stop { id status } } } }"""


async def test_an_arrival_is_suggested_once(house: House) -> None:
    road, driver, now = await Road.of(house, (5, 9)), house.client("DRIVER"), clock.now()
    await report(driver, seen(4.8, 40, now, speed=2))
    assert await suggested(road) == [None, None]
    await report(driver, seen(4.9, 30, now, speed=13))
    assert await suggested(road) == [None, None]
    at = now - timedelta(seconds=20)
    await report(driver, seen(4.9, 20, now, speed=1))
    await report(driver, seen(5, 10, now))
    assert await suggested(road) == [at, None]
    assert [type for type in await events(house) if type.startswith("STOP")] == ["STOP_ARRIVAL_SUGGESTED"]
    assert (await road.stops_now())[0]["status"] == "PLANNED"


async def suggested(road: Road) -> list[datetime | None]:
    return [stop["suggested_at"] for stop in await road.stops_now()]


async def test_nobody_arrives_by_an_old_position(house: House, settings: Settings) -> None:
    road, old = await Road.of(house, (5, 9)), settings.position_fresh_s + 10
    await report(house.client("DRIVER"), seen(5, old))
    assert await suggested(road) == [None, None]


async def test_a_fast_clock_suggests_no_arrival_to_come(house: House) -> None:
    road = await Road.of(house, (5, 9))
    await report(house.client("DRIVER"), seen(5, -200))
    (at, _) = await suggested(road)
    assert at is not None
    assert at <= clock.now()


async def test_nobody_arrives_where_the_pickup_was_put_off(house: House) -> None:
    """The next stop is that of the next ride."""
    road, now = await Road.of(house, (5, 9), (20, 21)), clock.now()
    await house.pool.execute("UPDATE stops SET status = 'SKIPPED' WHERE id = $1", road.stops[0])
    await report(house.client("DRIVER"), seen(9, 20, now))
    assert await suggested(road) == [None] * 4
    await report(house.client("DRIVER"), seen(20, 10, now))
    assert await suggested(road) == [None, None, now - timedelta(seconds=10), None]


async def test_a_route_that_is_not_driven_is_not_arrived_on(house: House) -> None:
    road = await Road.of(house, (5, 9), status="PUBLISHED")
    await report(house.client("DRIVER"), seen(5))
    assert await suggested(road) == [None, None]


async def test_an_installation_may_arrive_by_itself(names: dict[str, str], number: int) -> None:
    async with realm(names, number, geofence_arrives=True) as own, serving(create_app(own.settings)) as api:
        house, now = await own.house(api), clock.now()
        road = await Road.of(house, (5, 9))
        await report(house.client("DRIVER"), seen(5, 20, now))
        (pickup, dropoff) = await road.stops_now()
        assert (pickup["status"], pickup["arrived_at"]) == ("ARRIVED", now - timedelta(seconds=20))
        assert (dropoff["status"], await suggested(road)) == ("PLANNED", [None, None])
        await report(house.client("DRIVER"), seen(5, 10, now))
        assert (await events(house)).count("STOP_ARRIVED") == 1


async def test_a_report_waits_for_nobody(house: House) -> None:
    """A planner that holds the route is not waited for: the position is kept, what follows comes with the next one."""
    road, driver = await Road.of(house, (5, 9)), house.client("DRIVER")
    async with house.pool.acquire() as planner, planner.transaction():
        await planner.execute("SELECT FROM routes WHERE id = $1 FOR UPDATE", road.route)
        async with asyncio.timeout(5):
            assert await report(driver, seen(5, 10)) == answered(1)
    assert await suggested(road) == [None, None]
    await report(driver, seen(5))
    await eventually(lambda: is_suggested(road))


async def is_suggested(road: Road) -> bool:
    return (await suggested(road))[0] is not None
