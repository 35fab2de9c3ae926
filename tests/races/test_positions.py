"""Positions that come all at once, and while the driver works."""

import asyncio
import random

from app import clock
from app.demo.serving import serving
from app.main import create_app
from tests.driving import COMPLETE
from tests.factories.houses import House
from tests.races.crowd import at_once, crowd
from tests.realm import realm
from tests.roads import Road, at_km, report, seen
from tests.sizes import sizes


async def positions(house: House) -> list[float]:
    rows = await house.all("SELECT longitude FROM positions WHERE organization_id = $1")
    return [row["longitude"] for row in rows]


async def points(house: House) -> list[float]:
    rows = await house.all("SELECT longitude FROM track_points WHERE organization_id = $1 ORDER BY recorded_at")
    return [row["longitude"] for row in rows]


@sizes(small=20, full=300)
async def test_of_many_reports_at_once_the_newest_stays(house: House, size: int) -> None:
    """Overlapping batches of one phone that was told of a failure, over a connection each."""
    now = clock.now()
    sent = [seen(number / 10, 100 - number, now) for number in range(100)]
    batches = [random.sample(sent, 30) for _ in range(size - 1)] + [sent]
    random.shuffle(batches)
    async with crowd(house.client("DRIVER")) as driver:
        answers = await at_once(report(driver, *batch) for batch in batches)
    assert [answer["accepted"] for answer in answers] == [len(batch) for batch in batches]
    assert await points(house) == [at_km(number / 10)["longitude"] for number in range(100)]
    assert await positions(house) == [at_km(9.9)["longitude"]]


@sizes(small=4, full=20)
async def test_positions_and_stops_do_not_stand_in_each_others_way(
    names: dict[str, str], worker_number: int, size: int
) -> None:
    """The phone reports all the time, which arrives at stops and moves ETAs, while the driver deals with them."""
    knobs = {"geofence_arrives": True, "eta_every_s": 1, "eta_told_s": 0}
    async with realm(names, worker_number, **knobs) as own, serving(create_app(own.settings)) as api:
        house, now = await own.house(api), clock.now()
        road = await Road.of(house, *((2 * km + 1, 2 * km + 2) for km in range(size)))
        whose = house.gid("Driver", house.people["DRIVER"].viewer.driver_id or road.route)
        done = asyncio.Event()

        async def drive() -> None:
            for stop in road.stops:
                answer = await house.client("DRIVER").act("completeStop", {"stopId": house.gid("Stop", stop)}, COMPLETE)
                assert answer["__typename"] == "CompleteStopSuccess"
            done.set()

        async def tell(role: str, number: int) -> int:
            told = 0
            async with crowd(house.client(role)) as client:
                while not done.is_set():
                    told += 1
                    sent = seen(1 + random.randrange(2 * size), 300 - told - number / 10, now)
                    more = {} if role == "DRIVER" else {"driverId": whose}
                    assert (await report(client, sent, **more))["accepted"] == 1
            return told

        told = asyncio.gather(*(tell(role, number) for number, role in enumerate(("DRIVER", "DRIVER", "DISPATCHER"))))
        await drive()
        reported = sum(await told)
        assert len(await points(house)) == reported
        assert {stop["status"] for stop in await road.stops_now()} == {"DONE"}
        rides = await house.all("SELECT status FROM transports WHERE organization_id = $1")
        assert {ride["status"] for ride in rides} == {"DELIVERED"}
        (route,) = await house.all("SELECT status FROM routes WHERE organization_id = $1")
        assert route["status"] == "COMPLETED"
