"""A plan that is written while the day goes on, and people who change the same routes by hand at once."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from app import clock
from app.access import Viewer
from app.context import Server
from app.db import Database
from app.models import DueWork
from app.services import planning, travel
from app.services.routing.process import solve_in_process
from app.uow import Silence, again, unit_of_work
from tests.client import Client, Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.invariants import log_is_whole, nobody_collides, rides_agree, routes_agree
from tests.planners import all_day, routes
from tests.races.crowd import at_once, crowd
from tests.sizes import sizes
from tests.steps import events, nothing_changes, row

Meanwhile = Callable[[], Awaitable[object]]


async def plan_while(house: House, database: Database, meanwhile: Meanwhile) -> Json:
    """A run whose search takes as long as something else does; answers its row."""
    viewer = Viewer.system(house.id)
    async with unit_of_work(database, viewer, Silence()) as uow:
        run = await planning.optimize_routes(uow, house.day, 1, None, limit_max=60, transports_max=400)
        # no worker is to take it up besides
        await uow.flush()
        await uow.session.execute(delete(DueWork).where(DueWork.ref_id == run.id))
    async with unit_of_work(database, viewer, Silence()) as uow:
        assert await planning.start(uow, run.id)
        day = await planning.load(uow, run)
    times = await travel.complete(database, viewer, house.settings, day.departures, day.wanted)
    problem = day.problem(times.matrix)
    plan = await solve_in_process(problem, 1, current=day.current)
    await meanwhile()
    found = planning.Found(problem, plan, times.estimated, plan.distance_m, 1)

    async def store() -> None:
        async with unit_of_work(database, viewer, Silence()) as uow:
            await planning.store(uow, house.settings, run.id, day, found)

    await again(store)
    return dict(await row(house, "planning_runs", run.id))


async def agreed(house: House) -> None:
    await log_is_whole(house)
    await rides_agree(house)
    await routes_agree(house)


async def a_day(house: House, rides: int, **values: Any) -> Drive:
    """The driver's published route, and what is on it."""
    return await Drive.of(house, rides, **all_day(house) | values)


async def on_route(house: House, route: UUID) -> list[tuple[UUID, str]]:
    """What is ahead."""
    rows = await house.all(
        "SELECT transport_id, kind FROM stops WHERE organization_id = $1 AND route_id = $2 "
        "AND status IN ('PLANNED', 'ARRIVED', 'SKIPPED') ORDER BY sequence",
        route,
    )
    return [(stop["transport_id"], stop["kind"]) for stop in rows]


# what happens during a search


async def test_a_stop_is_done_during_the_search(house: House, database: Database) -> None:
    day = await a_day(house, 3)
    await day.start()
    new = await house.transport(await house.customer(), **all_day(house))

    async def drive() -> None:
        await day.complete(0)
        await day.complete(1)

    run = await plan_while(house, database, drive)
    assert (run["status"], run["unassigned_count"]) == ("SUCCEEDED", 0)
    assert (await row(house, "transports", day.rides[0]))["status"] == "DELIVERED"
    assert (await row(house, "transports", new))["status"] == "ASSIGNED"
    await agreed(house)


@pytest.mark.parametrize("age_s", [0, 3600])
async def test_a_driver_drives_on_during_the_search(house: House, database: Database, age_s: int) -> None:
    """The search began where the phone was; by now it is elsewhere, or has not been heard of for long."""
    day = await a_day(house, 2)
    await day.start()
    await day.complete(0)
    new = await house.transport(await house.customer(), **all_day(house))
    driver = house.people["DRIVER"].viewer.driver_id
    where = {"latitude": 41.7, "longitude": 44.9, "recorded_at": clock.now()}
    await house.insert("positions", driver_id=driver, **where)

    async def drive_on() -> None:
        seen_at = clock.now() - timedelta(seconds=age_s)
        await house.pool.execute(
            "UPDATE positions SET latitude = 41.71, recorded_at = $2 WHERE driver_id = $1", driver, seen_at
        )

    run = await plan_while(house, database, drive_on)
    assert (run["status"], run["assigned_count"], run["unassigned_count"]) == ("SUCCEEDED", 3, 0)
    assert (await row(house, "transports", new))["route_id"] == day.route
    await agreed(house)


async def test_who_sets_out_during_the_search_keeps_what_the_plan_leaves_out(house: House, database: Database) -> None:
    """The customer was told that somebody comes; that the stop was put off does not change it."""
    day = await a_day(house, 1)
    await house.pool.execute("UPDATE transports SET demand = '{\"STRETCHERS\": 1}' WHERE id = $1", day.rides[0])

    async def set_out() -> None:
        await day.start()
        await day.skip(0)

    run = await plan_while(house, database, set_out)
    assert (run["status"], run["unassigned_count"]) == ("SUCCEEDED", 0)
    assert (await row(house, "transports", day.rides[0]))["status"] == "EN_ROUTE"
    assert await on_route(house, day.route) == [(day.rides[0], "PICKUP"), (day.rides[0], "DROPOFF")]
    await agreed(house)


async def test_a_ride_is_cancelled_during_the_search(house: House, database: Database) -> None:
    day = await a_day(house, 3)
    cancel = {"transportId": house.gid("Transport", day.rides[1])}
    run = await plan_while(
        house, database, lambda: house.client("DISPATCHER").act("cancelTransport", cancel, "__typename")
    )
    assert (run["status"], run["assigned_count"]) == ("SUCCEEDED", 2)
    assert {ride for ride, _ in await on_route(house, day.route)} == {day.rides[0], day.rides[2]}
    await agreed(house)


async def test_a_route_changed_by_hand_during_the_search_stays(house: House, database: Database) -> None:
    day = await a_day(house, 2)
    new = await house.transport(await house.customer(), **all_day(house))
    move = {"transportId": house.gid("Transport", day.rides[1]), "routeId": house.gid("Route", day.route)}

    async def by_hand() -> None:
        answer = await house.client("DISPATCHER").act("moveTransport", move | {"position": 1}, "")
        assert answer["__typename"] == "MoveTransportSuccess"

    run = await plan_while(house, database, by_hand)
    assert (run["status"], run["unassigned_count"]) == ("SUCCEEDED", 1)
    assert (await on_route(house, day.route))[0] == (day.rides[1], "PICKUP")
    assert (await row(house, "transports", new))["status"] == "PENDING"
    await agreed(house)


async def from_afar(house: House) -> UUID:
    """A transport between places that no search has asked about."""
    ends = {
        f"{end}_place_id": await house.place(latitude=41.75, longitude=longitude)
        for end, longitude in (("pickup", 44.9), ("dropoff", 44.91))
    }
    return await house.transport(await house.customer(), **all_day(house), **ends)


async def put(house: House, day: Drive, ride: UUID, position: int) -> None:
    move = {"transportId": house.gid("Transport", ride), "routeId": house.gid("Route", day.route)}
    answer = await house.client("DISPATCHER").act("moveTransport", move | {"position": position, "pin": False}, "")
    assert answer["__typename"] == "MoveTransportSuccess"


async def test_what_comes_onto_a_route_from_new_places_during_the_search_stays(
    house: House, database: Database
) -> None:
    day, new = await a_day(house, 2), list[UUID]()

    async def by_hand() -> None:
        new.append(await from_afar(house))
        await put(house, day, new[0], 3)

    run = await plan_while(house, database, by_hand)
    assert (run["status"], run["unassigned_count"]) == ("SUCCEEDED", 0)
    assert (await on_route(house, day.route))[2] == (new[0], "PICKUP")
    assert (await row(house, "transports", new[0]))["status"] == "ASSIGNED"
    await agreed(house)


async def test_a_driver_heads_for_a_new_place_during_the_search(house: House, database: Database) -> None:
    day, new = await a_day(house, 2), list[UUID]()
    await day.start()

    async def by_hand() -> None:
        new.append(await from_afar(house))
        await day.complete(0)
        await put(house, day, new[0], 3)
        await day.complete(1)

    run = await plan_while(house, database, by_hand)
    assert (run["status"], run["unassigned_count"]) == ("SUCCEEDED", 0)
    assert (await on_route(house, day.route))[0] == (new[0], "PICKUP")
    assert (await row(house, "transports", new[0]))["status"] == "EN_ROUTE"
    await agreed(house)


async def test_a_run_called_off_at_the_end_of_the_search_writes_nothing(house: House, database: Database) -> None:
    await a_day(house, 2)

    async def call_off() -> None:
        (run,) = await house.all("SELECT id FROM planning_runs WHERE organization_id = $1")
        cancel = {"planningRunId": house.gid("PlanningRun", run["id"])}
        await house.client("DISPATCHER").act("cancelPlanningRun", cancel, "")

    before = await routes(house)
    with pytest.raises(Exception, match="CANCELLED"):
        await plan_while(house, database, call_off)
    assert await routes(house) == before


async def test_a_shift_changed_during_the_search_takes_nothing(house: House, database: Database) -> None:
    ride = await house.transport(await house.customer(), **all_day(house))
    shift = await house.shift()
    change = {"shiftId": house.gid("Shift", shift), "version": 1, "endsAt": house.at(time(12)).isoformat()}

    async def shorten() -> None:
        answer = await house.client("DISPATCHER").act("updateShift", change, "")
        assert answer["__typename"] == "UpdateShiftSuccess"

    run = await plan_while(house, database, shorten)
    assert (run["route_count"], run["unassigned_count"]) == (0, 1)
    assert (await row(house, "transports", ride))["status"] == "PENDING"
    await agreed(house)


# at once


async def test_two_dispatchers_move_the_same_transport(house: House, server: Server) -> None:
    """Both are answered; it is on one route in the end, and its stops are there."""
    customer = await house.customer()
    targets = [await house.route(await house.driver(), [await house.transport(customer)]) for _ in range(2)]
    ride = await house.transport(customer, **all_day(house))
    where = [
        {"transportId": house.gid("Transport", ride), "routeId": house.gid("Route", route), "position": 1}
        for route in targets
    ]
    with nobody_collides(server.database):
        async with crowd(house.client("DISPATCHER")) as dispatchers:
            answers = await at_once(dispatchers.act("moveTransport", input, "") for input in where * 3)
    assert {answer["__typename"] for answer in answers} == {"MoveTransportSuccess"}
    await agreed(house)
    assert (await row(house, "transports", ride))["route_id"] in targets


async def test_the_same_transport_is_inserted_once(house: House, server: Server) -> None:
    customer = await house.customer()
    for _ in range(3):
        await house.route(await house.driver(), [await house.transport(customer)], "OPTIMIZED")
    ride = await house.transport(customer, **all_day(house))
    with nobody_collides(server.database):
        async with crowd(house.client("DISPATCHER")) as dispatchers:
            input = {"transportId": house.gid("Transport", ride)}
            answers = await at_once(dispatchers.act("insertTransport", input, "") for _ in range(6))
    assert Counter(answer["__typename"] for answer in answers) == {
        "InsertTransportSuccess": 1,
        "InvalidTransition": 5,
    }
    await agreed(house)


async def test_two_swaps_at_once_leave_everybody_with_one_shift(house: House, server: Server) -> None:
    customer = await house.customer()
    drivers = [await house.driver() for _ in range(3)]
    made = [await house.route(driver, [await house.transport(customer)], "OPTIMIZED") for driver in drivers]
    pairs = [(made[a], made[b]) for a, b in ((0, 1), (1, 2), (2, 0), (1, 0))]
    async with crowd(house.client("DISPATCHER")) as dispatchers:
        answers = await at_once(
            dispatchers.act("swapDrivers", {"routeId": house.gid("Route", a), "withRouteId": house.gid("Route", b)}, "")
            for a, b in pairs
        )
    assert {answer["__typename"] for answer in answers} == {"SwapDriversSuccess"}
    shifts = await house.all("SELECT driver_id FROM shifts WHERE organization_id = $1")
    assert sorted(shift["driver_id"] for shift in shifts) == sorted(drivers)
    for route in await routes(house):
        assert (await row(house, "shifts", route["shift_id"]))["driver_id"] == route["driver_id"]
    await agreed(house)


VERBS = {"moveTransport": 8, "insertTransport": 8, "removeTransport": 4, "cancelTransport": 1}
"""What dispatchers do, and how often."""


class Throng:
    """Dispatchers and a driver, who do whatever they like to the same routes."""

    def __init__(self, house: House, day: Drive, other: UUID, rides: list[UUID]) -> None:
        self.house, self.day, self.other, self.rides = house, day, other, rides
        self.heard: Counter[str] = Counter()

    async def dispatch(self, client: Client, dice: random.Random) -> None:
        ride = self.house.gid("Transport", dice.choice(self.rides))
        route = self.house.gid("Route", dice.choice([self.day.route, self.other]))
        verb = dice.choices(list(VERBS), list(VERBS.values()))[0]
        input: Json = {"transportId": ride}
        if verb == "moveTransport":
            input |= {"routeId": route, "position": dice.randint(1, 8), "force": True, "reason": "Why not"}
        name = f"{verb[0].upper()}{verb[1:]}Input"
        answer = await client.post(
            f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ __typename }} }}", {"input": input}
        )
        codes = [(error["extensions"]["code"], error["message"]) for error in answer.get("errors") or []]
        assert {code for code, _ in codes} <= {"BAD_USER_INPUT"}, codes
        self.heard[codes[0][0] if codes else answer["data"][verb]["__typename"]] += 1

    async def drive(self) -> None:
        """Whatever is next, until there is nothing more."""
        while ahead := await self.house.all(
            "SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 AND status = 'PLANNED' "
            "ORDER BY sequence LIMIT 1",
            self.day.route,
        ):
            self.day.stops = [ahead[0]["id"]]
            answer = await self.day.complete(0)
            self.heard[f"driver: {answer['__typename']}"] += 1


@sizes(40, 400)
async def test_a_driver_and_dispatchers_at_the_same_routes(house: House, server: Server, size: int) -> None:
    customer = await house.customer()
    day = await Drive.of(house, 4, customer=customer, **all_day(house))
    rides = [await house.transport(customer, **all_day(house)) for _ in range(6)]
    other = await house.route(await house.driver(), rides[:2], "PUBLISHED")
    throng = Throng(house, day, other, [*rides, *day.rides[1:]])
    await day.start()
    async with crowd(house.client("DISPATCHER")) as dispatchers:
        await at_once([throng.drive(), *(throng.dispatch(dispatchers, random.Random(seed)) for seed in range(size))])
    assert throng.heard["driver: CompleteStopSuccess"] >= 2
    await agreed(house)


async def test_nothing_is_told_of_a_change_that_failed(house: House) -> None:
    day = await a_day(house, 1)
    heavy = await house.transport(await house.customer(), **all_day(house), demand={"STRETCHERS": 1})
    before = await events(house)
    where = {"transportId": house.gid("Transport", heavy), "routeId": house.gid("Route", day.route), "position": 1}
    async with nothing_changes(house):
        answer = await house.client("DISPATCHER").act("moveTransport", where, "")
    assert (answer["__typename"], await events(house)) == ("InfeasibleRoute", before)
