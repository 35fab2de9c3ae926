"""Where drivers are: reported late, twice and in any order, and what follows on the road."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

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
from app.services.positions import FOLLOWED_AT_ONCE
from app.settings import Settings
from tests.client import Json
from tests.factories.houses import House
from tests.races.crowd import at_once
from tests.realm import Realm, realm
from tests.roads import REPORTED, Road, driver_of, kms, report, seen
from tests.statements import counting
from tests.steps import errors, events, eventually, nothing_changes, somebody_waits


async def tracks(house: House) -> list[Any]:
    return await house.all("SELECT * FROM track_points WHERE organization_id = $1 ORDER BY driver_id, recorded_at")


async def position(house: House) -> Any:
    (found,) = await house.all("SELECT * FROM positions WHERE organization_id = $1")
    return found


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


async def test_the_end_of_an_earlier_route_was_not_told(house: House) -> None:
    """The driver is on the later one."""
    earlier, now = await Road.of(house, (5, 9)), clock.now()
    for table in ("routes", "shifts"):
        whose = "(SELECT shift_id FROM routes WHERE id = $1)" if table == "shifts" else "$1"
        await house.pool.execute(
            f"UPDATE {table} SET starts_at = starts_at - interval '1 day', ends_at = ends_at - interval '1 day' "
            f"WHERE id = {whose}",
            earlier.route,
        )
    later = await Road.of(house, (5, 9))
    await report(house.client("DRIVER"), seen(5, 10, now))
    assert await suggested(earlier) == [None, None]
    assert await suggested(later) == [now - timedelta(seconds=10), None]


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


async def test_a_report_does_not_wait_for_a_whole_fleet_to_be_followed(house: House) -> None:
    """While as many routes as may be are being followed, another is not: until the next report."""
    dispatcher, drivers = house.client("DISPATCHER"), [await house.driver() for _ in range(FOLLOWED_AT_ONCE + 1)]
    roads = [await Road.of(house, (5, 9), driver=driver) for driver in drivers]
    before = [await road.etas() for road in roads]
    # the first one of a day makes room for it, and is waited for
    await report(house.client("DRIVER"), seen(1))

    async def tell(number: int) -> Json:
        return await report(dispatcher, seen(1), driverId=house.gid("Driver", drivers[number]))

    async with house.pool.acquire() as other, other.transaction():
        held = [stop for road in roads[:-1] for stop in road.stops]
        await other.execute("SELECT FROM stops WHERE id = ANY($1) FOR UPDATE", held)
        followed = [asyncio.create_task(tell(number)) for number in range(FOLLOWED_AT_ONCE)]
        await eventually(lambda: somebody_waits(house, FOLLOWED_AT_ONCE))
        assert await tell(FOLLOWED_AT_ONCE) == answered(1)
        assert await roads[-1].etas() == before[-1]
    assert await asyncio.gather(*followed) == [answered(1)] * FOLLOWED_AT_ONCE
    await tell(FOLLOWED_AT_ONCE)
    assert all(etas != old for etas, old in zip([await road.etas() for road in roads], before, strict=True))
