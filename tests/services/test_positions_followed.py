"""Where drivers were, and where they are: the track, and the fleet as it moves."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from app import clock
from app.context import Server
from app.settings import Settings
from tests.client import Client, Json
from tests.factories.houses import House
from tests.roads import Road, at_km, driver_of, kms, report, seen
from tests.statements import counting

TRACK = """query Track($id: ID!, $from: DateTime!, $to: DateTime!) { node(id: $id) { ... on Driver {
  track(from: $from, to: $to) { point { latitude longitude } heading speed recordedAt } } } }"""
FLEET = "subscription { driverPositions { driver { id displayName } point { longitude } heading speed recordedAt } }"


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
