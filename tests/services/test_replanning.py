"""Planning again while the day goes on: around what is done and under way."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app import clock
from app.jobs.worker import Work
from tests.driving import Drive
from tests.factories.houses import ZONE, House
from tests.planners import all_day, planned, routes, sequence
from tests.steps import events, latest, row


async def published(house: House, rides: int = 2, **values: Any) -> tuple[Drive, UUID]:
    """The driver's day, planned and published; answers it, and the customer."""
    customer = await house.customer()
    made = [await house.transport(customer, **all_day(house) | values) for _ in range(rides)]
    await house.shift(house.people["DRIVER"].viewer.driver_id)
    await planned(house)
    await house.client("DISPATCHER").act("publishRoutes", {"date": house.day.isoformat()}, "")
    (route,) = await routes(house)
    return Drive(house, route["id"], made, await stops_of(house, route["id"])), customer


async def stops_of(house: House, route: UUID) -> list[UUID]:
    rows = await house.all("SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route)
    return [stop["id"] for stop in rows]


async def standing(house: House, route: UUID) -> list[tuple[UUID, str, str]]:
    """Stops with their kind and state, in order."""
    rows = await house.all("SELECT * FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route)
    assert [stop["sequence"] for stop in rows] == list(range(1, len(rows) + 1))
    return [(stop["transport_id"], stop["kind"], stop["status"]) for stop in rows]


# what drivers have seen


async def test_what_is_new_comes_onto_a_published_route(house: House, worker: Work) -> None:
    day, customer = await published(house)
    before = await row(house, "routes", day.route)
    new = await house.transport(customer, **all_day(house))
    assert (await planned(house))["summary"] == {"routes": 1, "assigned": 3, "unassigned": 0}
    after = await row(house, "routes", day.route)
    assert (after["status"], after["version"]) == ("PUBLISHED", before["version"] + 1)
    assert {ride for ride, _ in await sequence(house, day.route)} == {*day.rides, new}
    assert set(day.stops) <= set(await stops_of(house, day.route))
    log = await events(house)
    assert log[log.index("ROUTE_PUBLISHED") :].count("ROUTE_CHANGED") == 1
    assert log[-5:-1] == ["PLANNING_STARTED", "TRANSPORT_ASSIGNED", "TRANSPORT_SCHEDULED", "ROUTE_CHANGED"]


async def test_drivers_hear_of_their_routes_before_they_know_one(house: House, worker: Work) -> None:
    """A phone that follows all that concerns its driver needs no id: the first news is that a route is published."""
    customer = await house.customer()
    await house.transport(customer, **all_day(house))
    await house.shift(house.people["DRIVER"].viewer.driver_id)
    await planned(house)
    following = """subscription Follow($after: EventSeq) {
      routeUpdated(after: $after) { type route { status stops { kind } } } }"""
    driver = house.client("DRIVER")
    async with driver.subscribe(following, {"after": await latest(driver)}) as phone:
        await house.client("DISPATCHER").act("publishRoutes", {"date": house.day.isoformat()}, "")
        news = (await phone.next())["routeUpdated"]
        assert news == {
            "type": "ROUTE_PUBLISHED",
            "route": {"status": "PUBLISHED", "stops": [{"kind": "PICKUP"}, {"kind": "DROPOFF"}]},
        }
        await house.transport(customer, **all_day(house))
        await planned(house)
        heard = [(await phone.next())["routeUpdated"] for _ in range(4)]
    assert [update["type"] for update in heard] == [
        "TRANSPORT_SCHEDULED",
        "TRANSPORT_ASSIGNED",
        "TRANSPORT_SCHEDULED",
        "ROUTE_CHANGED",
    ]
    assert len(heard[-1]["route"]["stops"]) == 4


async def test_planning_again_without_news_tells_drivers_nothing(house: House, worker: Work) -> None:
    day, _ = await published(house)
    before, stops = await row(house, "routes", day.route), await standing(house, day.route)
    await planned(house)
    assert await row(house, "routes", day.route) == before
    assert await standing(house, day.route) == stops
    assert (await events(house))[-2:] == ["PLANNING_STARTED", "PLANNING_SUCCEEDED"]


async def test_a_cancelled_ride_leaves_its_stops_behind(house: House, worker: Work) -> None:
    day, _ = await published(house)
    cancel = {"transportId": house.gid("Transport", day.rides[0])}
    await house.client("DISPATCHER").act("cancelTransport", cancel, "")
    assert (await planned(house))["summary"] == {"routes": 1, "assigned": 1, "unassigned": 0}
    left = [(ride, status) for ride, _, status in await standing(house, day.route)]
    assert sorted(left) == sorted([(day.rides[0], "CANCELLED")] * 2 + [(day.rides[1], "PLANNED")] * 2)


async def test_an_ill_drivers_rides_go_to_another(house: House, worker: Work) -> None:
    day, _ = await published(house)
    driver = house.people["DRIVER"].viewer.driver_id
    at = {"starts_at": house.at(time(0)), "ends_at": house.at(time(23))}
    await house.insert("absences", driver_id=driver, **at)
    other = await house.driver()
    await house.shift(other)
    assert (await planned(house))["summary"] == {"routes": 1, "assigned": 2, "unassigned": 0}
    assert [found["status"] for found in await routes(house)] == ["CANCELLED", "OPTIMIZED"]
    assert {status for _, _, status in await standing(house, day.route)} == {"CANCELLED"}
    for ride in day.rides:
        assert (await row(house, "transports", ride))["driver_id"] == other
    moved = await house.all(
        "SELECT former_driver_id FROM events WHERE organization_id = $1 AND type = 'TRANSPORT_ASSIGNED' "
        "AND former_driver_id IS NOT NULL"
    )
    assert [event["former_driver_id"] for event in moved] == [driver, driver]


# under way


async def test_what_is_done_and_under_way_stays(house: House, worker: Work) -> None:
    """One is aboard, the driver is on the way to the next stop; a new one is worked in behind."""
    day, customer = await published(house, 3)
    await day.start()
    await day.arrive(0)
    await day.complete(0)
    before = await standing(house, day.route)
    ids = await stops_of(house, day.route)
    new = await house.transport(customer, **all_day(house))
    assert (await planned(house))["summary"]["unassigned"] == 0
    after = await standing(house, day.route)
    assert after[:2] == before[:2]
    assert (await stops_of(house, day.route))[:2] == ids[:2]
    assert sorted(kind for ride, kind, _ in after if ride == new) == ["DROPOFF", "PICKUP"]
    assert (await row(house, "transports", before[0][0]))["status"] == "PICKED_UP"
    assert (await row(house, "routes", day.route))["status"] == "IN_PROGRESS"


async def test_a_driver_at_a_stop_stays_there(house: House, worker: Work) -> None:
    day, customer = await published(house, 2)
    await day.start()
    await day.arrive(0)
    planned_at = (await row(house, "stops", day.stops[0]))["planned_at"]
    await house.transport(customer, **all_day(house))
    await planned(house)
    stop = await row(house, "stops", day.stops[0])
    assert (stop["sequence"], stop["status"], stop["planned_at"]) == (1, "ARRIVED", planned_at)
    assert len(await stops_of(house, day.route)) == 6
    await day.complete(0)


async def test_a_load_that_could_not_be_delivered_is_brought_back(house: House, worker: Work) -> None:
    """Its return is aboard like any other load: it stays with the driver, under the same id."""
    day, customer = await published(house, 1)
    await day.start()
    await day.complete(0)
    await day.fail(1)
    (number,) = await day.returns()
    new = await house.transport(customer, **all_day(house))
    await planned(house)
    found = await standing(house, day.route)
    assert [(kind, status) for ride, kind, status in found if ride == day.rides[0]] == [
        ("PICKUP", "DONE"),
        ("DROPOFF", "FAILED"),
        ("RETURN", "PLANNED"),
    ]
    assert {ride for ride, _, status in found if status == "PLANNED"} == {day.rides[0], new}
    await day.complete(number)
    assert (await row(house, "transports", day.rides[0]))["status"] == "RETURNED"


async def test_what_was_put_off_is_on_the_way_again(house: House, worker: Work) -> None:
    day, _ = await published(house, 2)
    await day.start()
    await day.skip(0)
    await planned(house)
    stop = await row(house, "stops", day.stops[0])
    assert (stop["status"], stop["done_at"]) == ("PLANNED", None)


async def test_what_was_promised_is_worked_in_late(house: House, worker: Work) -> None:
    """Its window has closed; who was told that somebody comes is served as little late as can be."""
    day, _ = await published(house, 1, pickup_from=house.at(time(8)), pickup_until=house.at(time(8, 30)))
    ride = day.rides[0]
    await house.pool.execute(
        "UPDATE shifts SET starts_at = $2 WHERE organization_id = $1", house.id, house.at(time(8, 31))
    )
    assert (await planned(house))["summary"]["assigned"] == 1
    found = await row(house, "transports", ride)
    assert (found["status"], found["route_id"]) == ("ASSIGNED", day.route)
    pickup = (await row(house, "stops", day.stops[0]))["planned_at"]
    assert house.at(time(8, 30)) < pickup < house.at(time(8, 30)) + timedelta(minutes=30)


# at noon


class Noon:
    """The driver's route of today, since three hours under way: one ride is done."""

    def __init__(self, house: House, now: datetime) -> None:
        self.house, self.now = house, now
        self.dawn = max(now - timedelta(hours=3), datetime.combine(now.astimezone(ZONE).date(), time(), ZONE))

    @property
    def day(self) -> date:
        return self.now.astimezone(ZONE).date()

    async def ride(self, customer: UUID, until: datetime | None = None, **values: Any) -> UUID:
        times = {
            "pickup_from": self.dawn,
            "pickup_until": until or self.now + timedelta(hours=3),
            "dropoff_from": self.dawn,
            "dropoff_until": (until or self.now + timedelta(hours=3)) + timedelta(hours=1),
        }
        return await self.house.transport(customer, **times | values)

    async def route(self, rides: list[UUID]) -> UUID:
        driver = self.house.people["DRIVER"].viewer.driver_id
        assert driver
        route = await self.house.route(driver, rides, "IN_PROGRESS")
        pool = self.house.pool
        await pool.execute(
            "UPDATE shifts SET starts_at = $2, ends_at = $3 WHERE driver_id = $1",
            driver,
            self.dawn,
            self.now + timedelta(hours=6),
        )
        await pool.execute("UPDATE routes SET date = $2, starts_at = $3 WHERE id = $1", route, self.day, self.dawn)
        await pool.execute("UPDATE drivers SET status = 'ON_ROUTE' WHERE id = $1", driver)
        await pool.execute(
            "UPDATE stops SET status = 'DONE', arrived_at = $2, done_at = $2 WHERE transport_id = $1",
            rides[0],
            self.now - timedelta(minutes=2),
        )
        await pool.execute("UPDATE transports SET status = 'DELIVERED' WHERE id = $1", rides[0])
        await pool.execute("UPDATE transports SET status = 'EN_ROUTE' WHERE id = $1", rides[1])
        return route


async def test_at_noon_what_is_new_and_late_is_worked_in(house: House, worker: Work) -> None:
    """The driver is on the way to one that is late already, and another that was promised is late, too."""
    noon, customer = Noon(house, clock.now()), await house.customer()
    past = noon.now - timedelta(minutes=10)
    done, late, promised = [await noon.ride(customer, max(past, noon.dawn + timedelta(seconds=1))) for _ in range(3)]
    route = await noon.route([done, late, promised])
    new = await noon.ride(customer)
    missed = await noon.ride(customer, max(past, noon.dawn + timedelta(seconds=1)))
    run = await planned(house, noon.day)
    assert run["unassigned"] == [{"transport": {"id": house.gid("Transport", missed)}, "reason": "WINDOW_UNREACHABLE"}]
    found = await standing(house, route)
    assert found[:2] == [(done, "PICKUP", "DONE"), (done, "DROPOFF", "DONE")]
    assert found[2] == (late, "PICKUP", "PLANNED")
    assert {ride for ride, *_ in found} == {done, late, promised, new}
    ahead = await house.all(
        "SELECT planned_at FROM stops WHERE organization_id = $1 AND status = 'PLANNED' ORDER BY sequence"
    )
    times = [stop["planned_at"] for stop in ahead]
    assert times == sorted(times)
    assert noon.now - timedelta(minutes=1) < times[0] < noon.now + timedelta(hours=1)
    laid = await row(house, "routes", route)
    assert (laid["starts_at"], laid["status"]) == (noon.dawn, "IN_PROGRESS")


async def test_at_noon_a_driver_is_where_the_phone_is(house: House, worker: Work) -> None:
    """Half an hour away: the next stop is planned no sooner."""
    noon, customer = Noon(house, clock.now()), await house.customer()
    route = await noon.route([await noon.ride(customer) for _ in range(2)])
    driver = (await row(house, "routes", route))["driver_id"]
    await house.insert("positions", driver_id=driver, latitude=41.50, longitude=44.80, recorded_at=clock.now())
    await planned(house, noon.day)
    first = await house.value("SELECT min(planned_at) FROM stops WHERE organization_id = $1 AND status = 'PLANNED'")
    assert noon.now + timedelta(minutes=30) < first < noon.now + timedelta(hours=2)
    assert (await events(house))[-3:] == ["PLANNING_STARTED", "ROUTE_CHANGED", "PLANNING_SUCCEEDED"]


async def test_at_noon_others_take_over_from_a_driver_who_is_far_away(house: House, worker: Work) -> None:
    """All but the one that the driver is on the way to."""
    noon, customer = Noon(house, clock.now()), await house.customer()
    rides = [await noon.ride(customer) for _ in range(4)]
    route = await noon.route(rides)
    driver = (await row(house, "routes", route))["driver_id"]
    await house.insert("positions", driver_id=driver, latitude=41.0, longitude=44.0, recorded_at=clock.now())
    await house.shift(await house.driver(), starts_at=noon.dawn, ends_at=noon.now + timedelta(hours=6))
    assert (await planned(house, noon.day))["summary"] == {"routes": 2, "assigned": 3, "unassigned": 0}
    ahead = [ride for ride, _, status in await standing(house, route) if status == "PLANNED"]
    assert ahead == [rides[1]] * 2


async def test_a_rest_that_was_taken_is_not_planned_again(house: House, worker: Work) -> None:
    noon, customer = Noon(house, clock.now()), await house.customer()
    route = await noon.route([await noon.ride(customer) for _ in range(2)])
    begun = noon.now - timedelta(minutes=30)
    taken = {"from": begun.isoformat(), "until": (begun + timedelta(minutes=20)).isoformat()}
    ahead = noon.now + timedelta(hours=1)
    rests = [
        {
            "from": (at - timedelta(minutes=5)).isoformat(),
            "until": (at + timedelta(hours=1)).isoformat(),
            "duration_s": 1200,
        }
        for at in (begun, ahead)
    ]
    await house.pool.execute("UPDATE shifts SET breaks = $2 WHERE organization_id = $1", house.id, json.dumps(rests))
    await house.pool.execute("UPDATE routes SET breaks = $2 WHERE id = $1", route, json.dumps([taken]))
    await noon.ride(customer, pickup_from=noon.now + timedelta(hours=2))
    await planned(house, noon.day)
    kept = json.loads((await row(house, "routes", route))["breaks"])
    assert kept[0] == taken
    assert len(kept) == 2
    assert ahead - timedelta(minutes=5) <= datetime.fromisoformat(kept[1]["from"]) <= ahead + timedelta(hours=1)


async def test_a_forced_route_is_left_alone(house: House, worker: Work) -> None:
    day, customer = await published(house, 1)
    await house.pool.execute("UPDATE routes SET forced_reason = 'So be it' WHERE id = $1", day.route)
    before = await standing(house, day.route)
    new = await house.transport(customer, **all_day(house))
    run = await planned(house)
    assert run["unassigned"] == [{"transport": {"id": house.gid("Transport", new)}, "reason": "NO_VEHICLE"}]
    assert await standing(house, day.route) == before
