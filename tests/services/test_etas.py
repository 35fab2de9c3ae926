"""When the driver is expected: from where they are, by travel, service, windows and rests; and who hears of it when."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.access import Viewer
from app.context import Server
from app.models import Route
from app.services import etas
from app.settings import Settings
from app.uow import unit_of_work
from tests.client import Json
from tests.driving import COMPLETE
from tests.factories.houses import House
from tests.roads import Road, report, seen, way
from tests.statements import counting
from tests.steps import events, latest

SERVICE = timedelta(minutes=3)
UPDATES = """subscription Updates($id: ID!, $after: EventSeq) { routeUpdated(id: $id, after: $after) {
  type route { version stops { eta } } } }"""


async def follow(server: Server, road: Road) -> bool:
    """As a service does that has changed the route."""
    async with unit_of_work(server.database, Viewer.system(road.house.id), server.wakes) as uow:
        route = await uow.fetch(Route, road.route, lock=True)
        return await etas.follow(uow, server.settings, route)


async def moves(road: Road, km: float, at: datetime) -> None:
    """The driver reports a position after a while in which nobody looked at the route."""
    await road.earlier(60)
    await report(road.house.client("DRIVER"), seen(km, now=at))


def near(found: datetime, wanted: datetime, within_s: float = 2) -> bool:
    return abs(found - wanted) <= timedelta(seconds=within_s)


# where the driver is


async def test_a_driver_under_way_is_expected_from_the_position(house: House) -> None:
    road, now = await Road.of(house, (10, 14), (20, 21)), clock.now()
    await moves(road, 4, now)
    first = now + way(4, 10, now)
    second = first + SERVICE + way(10, 14, first)
    third = second + SERVICE + way(14, 20, second)
    fourth = third + SERVICE + way(20, 21, third)
    assert await road.etas() == [first, second, third, fourth]


async def test_who_has_just_been_somewhere_is_expected_from_there(house: House, server: Server) -> None:
    """What was done last says more than a position before it."""
    road, now = await Road.of(house, (10, 14)), clock.now()
    await report(house.client("DRIVER"), seen(3, 120, now))
    done = now - timedelta(seconds=60)
    await house.pool.execute(
        "UPDATE stops SET status = 'DONE', arrived_at = $2, done_at = $2 WHERE id = $1", road.stops[0], done
    )
    assert await follow(server, road)
    assert (await road.etas())[1] == done + way(10, 14, done)


async def test_an_old_position_says_nothing(house: House, server: Server, settings: Settings) -> None:
    road, now = await Road.of(house, (10, 14)), clock.now()
    await report(house.client("DRIVER"), seen(9, settings.position_fresh_s + 5, now))
    assert await follow(server, road)
    assert near((await road.etas())[0], clock.now() + way(0, 10, now))


async def test_before_setting_out_the_day_begins_as_planned(house: House, server: Server) -> None:
    road, starts_at = await Road.of(house, (10, 14), status="PUBLISHED"), clock.now() + timedelta(minutes=90)
    await report(house.client("DRIVER"), seen(9))
    await house.pool.execute("UPDATE routes SET starts_at = $2 WHERE id = $1", road.route, starts_at)
    assert await follow(server, road)
    assert (await road.etas())[0] == starts_at + way(0, 10, starts_at)


async def test_who_stands_at_a_stop_leaves_when_it_is_done(house: House, server: Server) -> None:
    road, now = await Road.of(house, (10, 14)), clock.now()
    await report(house.client("DRIVER"), seen(10, 5, now))
    arrived = now - timedelta(seconds=90)
    await house.pool.execute(
        "UPDATE stops SET status = 'ARRIVED', arrived_at = $2 WHERE id = $1", road.stops[0], arrived
    )
    assert await follow(server, road)
    assert (await road.etas())[1] == arrived + SERVICE + way(10, 14, arrived + SERVICE)
    long_ago = now - timedelta(minutes=40)
    await house.pool.execute("UPDATE stops SET arrived_at = $2 WHERE id = $1", road.stops[0], long_ago)
    assert await follow(server, road)
    assert near((await road.etas())[1], clock.now() + way(10, 14, now))


async def test_who_should_be_there_is_expected_now(house: House, server: Server) -> None:
    """Nothing was heard since the last stop, and by now the driver should have arrived at the next."""
    road, done = await Road.of(house, (10, 10.5)), clock.now() - timedelta(minutes=50)
    await house.pool.execute("UPDATE stops SET status = 'DONE', done_at = $2 WHERE id = $1", road.stops[0], done)
    assert await follow(server, road)
    assert near((await road.etas())[1], clock.now())


async def test_what_was_put_off_is_not_waited_for(house: House) -> None:
    """The dropoff of a skipped pickup is no stop ahead; who is on board comes next."""
    road, now = await Road.of(house, (10, 14), (20, 21)), clock.now()
    before = await road.etas()
    await house.pool.execute("UPDATE stops SET status = 'SKIPPED' WHERE id = $1", road.stops[0])
    await moves(road, 4, now)
    found = await road.etas()
    assert found[:2] == before[:2]
    assert found[2] == now + way(4, 20, now)


# what lies between


async def test_whoever_is_early_waits_for_the_window(house: House) -> None:
    road, now = await Road.of(house, (10, 14), window=(2, 4)), clock.now()
    (ride,) = await house.all("SELECT * FROM transports WHERE organization_id = $1")
    await moves(road, 4, now)
    first, second = await road.etas()
    assert first == ride["pickup_from"]
    assert second == first + SERVICE + way(10, 14, first)


async def test_of_several_windows_the_next_one_counts(house: House) -> None:
    road, now = await Road.of(house, (10, 14), window=(-1, 3)), clock.now()
    opens = now + timedelta(hours=2)
    await house.pool.execute(
        "UPDATE transports SET pickup_windows = tstzmultirange("
        "tstzrange(pickup_from, $2, '[]'), tstzrange($3, pickup_until, '[]')) WHERE id = $1",
        road.rides[0],
        now + timedelta(minutes=1),
        opens,
    )
    await moves(road, 4, now)
    assert (await road.etas())[0] == opens
    assert await lateness(road) == [False, False]


async def test_a_rest_is_taken_before_the_way_on_which_it_would_fall(house: House) -> None:
    road, now = await Road.of(house, (10, 14), (20, 21)), clock.now()
    first = now + way(4, 10, now)
    begins = first + SERVICE + timedelta(seconds=30)
    await rest(road, begins, minutes=20)
    await moves(road, 4, now)
    second = begins + timedelta(minutes=20) + way(10, 14, first)
    assert (await road.etas())[:2] == [first, second]


async def test_a_rest_that_has_begun_ends_as_planned_and_one_that_is_over_is_over(house: House) -> None:
    road, now = await Road.of(house, (10, 14)), clock.now()
    await rest(road, now - timedelta(minutes=40), minutes=30)
    await moves(road, 4, now)
    assert (await road.etas())[0] == now + way(4, 10, now)
    ends = await rest(road, now - timedelta(minutes=10), minutes=30)
    await moves(road, 4.001, now + timedelta(milliseconds=1))
    assert (await road.etas())[0] == ends + way(4.001, 10, now)


async def rest(road: Road, begins: datetime, minutes: int) -> datetime:
    """Plan one rest; answers its end."""
    ends = begins + timedelta(minutes=minutes)
    planned = json.dumps([{"from": begins.isoformat(), "until": ends.isoformat()}])
    await road.house.pool.execute("UPDATE routes SET breaks = $2 WHERE id = $1", road.route, planned)
    return ends


# what is written


async def test_a_few_seconds_are_not_written(house: House, server: Server) -> None:
    road, now = await Road.of(house, (10, 14)), clock.now()
    await moves(road, 4, now)
    before = await road.stops_now()
    await moves(road, 4.2, now + timedelta(milliseconds=1))
    assert await road.stops_now() == before
    await moves(road, 6, now + timedelta(milliseconds=2))
    assert near((await road.etas())[0], now + way(6, 10, now))


async def test_positions_are_followed_once_a_while(house: House, settings: Settings) -> None:
    road, now = await Road.of(house, (10, 14)), clock.now()
    await moves(road, 2, now)
    before = await road.etas()
    await report(house.client("DRIVER"), seen(8, now=now + timedelta(milliseconds=1)))
    assert await road.etas() == before
    await road.earlier(settings.eta_every_s)
    await report(house.client("DRIVER"), seen(8, now=now + timedelta(milliseconds=2)))
    assert (await road.etas())[0] < before[0]


async def test_a_completion_is_followed_at_once(house: House) -> None:
    road, now = await Road.of(house, (10, 14)), clock.now()
    await moves(road, 9.9, now)
    stop = {"stopId": house.gid("Stop", road.stops[0])}
    answer = await house.client("DRIVER").act("completeStop", stop, COMPLETE)
    expected = clock.now() + way(10, 14, now)
    assert near(datetime.fromisoformat(answer["nextStop"]["eta"]), expected)
    assert near((await road.etas())[1], expected)


@pytest.mark.parametrize("rides", [1, 15])
async def test_a_route_is_followed_by_as_many_statements_however_long_it_is(
    house: House, server: Server, rides: int
) -> None:
    road = await Road.of(house, *((2 * km, 2 * km + 1) for km in range(1, rides + 1)))
    with counting(server, house.id) as statements:
        assert await follow(server, road)
    assert len(statements.data) == 4, statements.report()


# who hears of it


async def test_the_log_hears_of_other_etas_once_a_while(house: House, settings: Settings) -> None:
    """Whoever follows the route is not told of every minute; what was not told is told when it is time."""
    road, now = await Road.of(house, (10, 14)), clock.now()
    dispatcher, route = house.client("DISPATCHER"), house.gid("Route", road.route)
    version, after = await road.version(), await latest(dispatcher)
    for step in range(3):
        await moves(road, 2 + 2 * step, now + timedelta(milliseconds=step))
    assert await events(house) == ["ROUTE_ETAS_CHANGED"]
    assert await road.version() == version + 1
    await house.pool.execute(
        "UPDATE events SET occurred_at = occurred_at - make_interval(secs => $2) WHERE organization_id = $1",
        house.id,
        settings.eta_told_s,
    )
    # it stands still, so nothing new is written
    await moves(road, 6.001, now + timedelta(milliseconds=5))
    assert await events(house) == ["ROUTE_ETAS_CHANGED"] * 2
    await moves(road, 6.002, now + timedelta(milliseconds=6))
    assert await events(house) == ["ROUTE_ETAS_CHANGED"] * 2
    async with dispatcher.subscribe(UPDATES, {"id": route, "after": after}) as stream:
        update = (await stream.next())["routeUpdated"]
    assert [datetime.fromisoformat(stop["eta"]) for stop in update["route"]["stops"]] == await road.etas()


async def lateness(road: Road) -> list[bool]:
    return [stop["late_since"] is not None for stop in await road.stops_now()]


async def told(house: House) -> list[Json]:
    rows = await house.all(
        "SELECT payload FROM events WHERE organization_id = $1 AND type = 'TRANSPORT_LATE' ORDER BY seq"
    )
    return [json.loads(found["payload"]) for found in rows]


async def test_who_is_late_for_a_window_is_told_once(house: House) -> None:
    road, now = await Road.of(house, (10, 12), window=(-1, 0.5)), clock.now()
    until = now + timedelta(hours=0.5)
    await moves(road, 8, now)
    assert (await lateness(road), await told(house)) == ([False, False], [])
    await moves(road, -30, now + timedelta(milliseconds=1))
    etas = await road.etas()
    assert await lateness(road) == [True, True]
    minutes = [int((eta - until).total_seconds() // 60) for eta in etas]
    assert await told(house) == [
        {"stopId": str(stop), "stopKind": kind, "minutes": late}
        for stop, kind, late in zip(road.stops, ("PICKUP", "DROPOFF"), minutes, strict=True)
    ]
    since = (await road.stops_now())[0]["late_since"]
    await moves(road, -20, now + timedelta(milliseconds=2))
    assert (await road.stops_now())[0]["late_since"] == since
    await moves(road, 8, now + timedelta(milliseconds=3))
    assert await lateness(road) == [False, False]
    await moves(road, -30, now + timedelta(milliseconds=4))
    assert await lateness(road) == [True, True]
    assert len(await told(house)) == 2


async def test_late_is_behind_the_last_window(house: House) -> None:
    """By a minute at least."""
    road, now = await Road.of(house, (10, 12)), clock.now()
    arrival = now + way(4, 10, now)
    for number, (until, is_late) in enumerate(((59, False), (61, True))):
        await house.pool.execute(
            "UPDATE transports SET pickup_until = $2 WHERE id = $1", road.rides[0], arrival - timedelta(seconds=until)
        )
        await moves(road, 4, now + timedelta(milliseconds=number))
        assert (await lateness(road))[0] is is_late


async def test_customers_hear_that_their_driver_is_late(house: House) -> None:
    customer = house.people["CUSTOMER"]
    road = await Road.of(house, (10, 12), window=(-1, 0.1), customer=customer.viewer.customer_id)
    query = """subscription Mine($id: ID!, $after: EventSeq) { transportUpdated(id: $id, after: $after) {
      type transport { eta } } }"""
    after = await latest(customer.client)
    await moves(road, -30, clock.now())
    ride = house.gid("Transport", road.rides[0])
    async with customer.client.subscribe(query, {"id": ride, "after": after}) as stream:
        update = (await stream.next())["transportUpdated"]
    assert update["type"] == "TRANSPORT_LATE"
    assert datetime.fromisoformat(update["transport"]["eta"]) == (await road.etas())[0]


async def test_what_goes_back_is_never_late(house: House, server: Server) -> None:
    road, done = await Road.of(house, (10, 12), window=(-2, -1.5)), clock.now()
    await house.pool.execute("UPDATE stops SET status = 'DONE', done_at = $2 WHERE id = $1", road.stops[0], done)
    await house.pool.execute("UPDATE stops SET kind = 'RETURN' WHERE id = $1", road.stops[1])
    await house.pool.execute("UPDATE transports SET status = 'FAILED' WHERE id = $1", road.rides[0])
    assert await follow(server, road)
    assert (await road.etas())[1] == done + way(10, 12, done)
    assert (await lateness(road), await told(house)) == ([False, False], [])


async def test_a_route_that_is_over_is_not_followed(house: House, server: Server) -> None:
    road = await Road.of(house, (10, 12))
    await house.pool.execute("UPDATE stops SET status = 'DONE', done_at = now() WHERE route_id = $1", road.route)
    before: list[Any] = list(await road.stops_now())
    assert not await follow(server, road)
    assert await road.stops_now() == before
