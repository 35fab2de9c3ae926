"""Changing a plan by hand: each route is timed at once, and what would break something is told."""

import json
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.jobs.worker import Work
from tests.client import Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.planners import all_day, planned, routes, sequence
from tests.steps import errors, events, key, nothing_changes, row

PRICE = "addedDistance addedDuration addedCost"
BROKEN = """... on InfeasibleRoute { message violations { kind excess stop { id } transport { id } } }
  ... on InvalidTransition { currentStatus }"""
MOVED = f"... on MoveTransportSuccess {{ route {{ id version }} {PRICE} }} {BROKEN}"
INSERTED = f"... on InsertTransportSuccess {{ route {{ id }} {PRICE} }} ... on NoPlaceFound {{ reason }} {BROKEN}"
REMOVED = f"""... on RemoveTransportSuccess {{ transport {{ status }} route {{ id status }} {PRICE} }}
  ... on InvalidTransition {{ currentStatus }}"""
SWAPPED = f"... on SwapDriversSuccess {{ routes {{ id driver {{ id }} }} }} ... on AlreadyExists {{ field }} {BROKEN}"


class Board:
    """A dispatcher, and a customer whose transports may be done at any time of the day."""

    def __init__(self, house: House, customer: UUID) -> None:
        self.house, self.customer = house, customer
        self.dispatcher = house.client("DISPATCHER")

    @classmethod
    async def of(cls, house: House) -> "Board":
        return cls(house, await house.customer())

    async def ride(self, **values: Any) -> UUID:
        return await self.house.transport(self.customer, **all_day(self.house) | values)

    async def route(self, rides: int = 0, driver: UUID | None = None, status: str = "OPTIMIZED", **shift: Any) -> UUID:
        """A route with pickup and dropoff of each ride in turn."""
        made = [await self.ride() for _ in range(rides)]
        route = await self.house.route(driver or await self.house.driver(), made, status)
        for name, value in shift.items():
            await self.house.pool.execute(
                f"UPDATE shifts SET {name} = $2 WHERE id = (SELECT shift_id FROM routes WHERE id = $1)", route, value
            )
        return route

    async def move(self, ride: UUID, route: UUID, position: int, **more: Any) -> Json:
        where = {"transportId": self.house.gid("Transport", ride), "routeId": self.house.gid("Route", route)}
        return await self.dispatcher.act("moveTransport", where | {"position": position} | more, MOVED)

    async def insert(self, ride: UUID, **more: Any) -> Json:
        return await self.dispatcher.act(
            "insertTransport", {"transportId": self.house.gid("Transport", ride), **more}, INSERTED
        )

    async def remove(self, ride: UUID, **more: Any) -> Json:
        return await self.dispatcher.act(
            "removeTransport", {"transportId": self.house.gid("Transport", ride), **more}, REMOVED
        )

    async def swap(self, one: UUID, other: UUID, **more: Any) -> Json:
        both = {"routeId": self.house.gid("Route", one), "withRouteId": self.house.gid("Route", other)}
        return await self.dispatcher.act("swapDrivers", both | more, SWAPPED)


# moving


async def test_a_transport_that_waits_is_put_onto_a_route(house: House) -> None:
    board = await Board.of(house)
    route = await board.route(1)
    (first,) = {ride for ride, _ in await sequence(house, route)}
    ride = await board.ride()
    answer = await board.move(ride, route, 1)
    assert answer["__typename"] == "MoveTransportSuccess"
    assert answer["route"] == {"id": house.gid("Route", route), "version": 2}
    found = await sequence(house, route)
    assert found[0] == (ride, "PICKUP")
    assert {one for one, _ in found} == {first, ride}
    moved = await row(house, "transports", ride)
    assert (moved["status"], moved["route_id"], moved["pinned_route_id"]) == ("ASSIGNED", route, route)
    times = await house.all("SELECT planned_at, eta FROM stops WHERE organization_id = $1 ORDER BY sequence")
    assert sorted(times) == times
    assert [stop["eta"] for stop in times] == [stop["planned_at"] for stop in times]
    assert await events(house) == ["TRANSPORT_ASSIGNED", "ROUTE_CHANGED"]


async def test_the_order_of_a_route_is_changed(house: House) -> None:
    board = await Board.of(house)
    route = await board.route(2)
    one, other = dict.fromkeys(ride for ride, _ in await sequence(house, route))
    ids = await house.all("SELECT id FROM stops WHERE organization_id = $1 ORDER BY id")
    await board.move(other, route, 1, dropoffPosition=4)
    kinds = [(other, "PICKUP"), (one, "PICKUP"), (one, "DROPOFF"), (other, "DROPOFF")]
    assert await sequence(house, route) == kinds
    assert await house.all("SELECT id FROM stops WHERE organization_id = $1 ORDER BY id") == ids
    assert await events(house) == ["ROUTE_CHANGED"]


async def test_a_transport_goes_from_one_route_to_another(house: House) -> None:
    board = await Board.of(house)
    one, other = await board.route(2, status="PUBLISHED"), await board.route(1, status="PUBLISHED")
    ride = (await sequence(house, one))[0][0]
    former = (await row(house, "routes", one))["driver_id"]
    answer = await board.move(ride, other, 3)
    assert answer["__typename"] == "MoveTransportSuccess"
    assert (await sequence(house, other))[2:] == [(ride, "PICKUP"), (ride, "DROPOFF")]
    left = await house.all("SELECT * FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", one)
    assert [(stop["transport_id"] == ride, stop["status"]) for stop in left] == [
        (False, "PLANNED"),
        (False, "PLANNED"),
        (True, "CANCELLED"),
        (True, "CANCELLED"),
    ]
    told = await house.all("SELECT * FROM events WHERE organization_id = $1 ORDER BY seq")
    assert [event["type"] for event in told] == ["TRANSPORT_ASSIGNED", "ROUTE_CHANGED", "ROUTE_CHANGED"]
    assert told[0]["former_driver_id"] == former


async def test_a_route_that_a_transport_leaves_for_another_day_keeps_its_day(house: House) -> None:
    board = await Board.of(house)
    one, other = await board.route(2), await board.route(1)
    await house.pool.execute("UPDATE routes SET date = date + 1 WHERE id = $1", other)
    ride = (await sequence(house, one))[0][0]
    assert (await board.move(ride, other, 1))["__typename"] == "MoveTransportSuccess"
    days = [(await row(house, "routes", id))["date"] for id in (one, other)]
    assert days == [house.day, house.day + timedelta(days=1)]


async def test_a_stop_that_went_to_another_driver_is_hidden_from_the_former(house: House) -> None:
    """A stop always has a place and a transport, which the former driver may not see any more."""
    board = await Board.of(house)
    day = await Drive.of(house, 2, customer=board.customer, **all_day(house))
    other = await board.route(1, status="PUBLISHED")
    await board.move(day.rides[0], other, 1)
    seen = "query Of($id: ID!) { node(id: $id) { ... on Route { stops { place { id } transport { id } } } } }"
    route, moved = house.gid("Route", day.route), {"id": house.gid("Stop", day.stops[0])}
    stays = [house.gid("Transport", day.rides[1])] * 2
    for role, hidden in (("DRIVER", []), ("DISPATCHER", [house.gid("Transport", day.rides[0])] * 2)):
        stops = (await house.client(role).run(seen, {"id": route}))["node"]["stops"]
        assert [stop["transport"]["id"] for stop in stops] == stays + hidden
    assert await house.client("DRIVER").codes("query Of($id: ID!) { node(id: $id) { id } }", moved) == ["NOT_FOUND"]


async def test_the_last_transport_leaves_a_route_with_nothing_to_do(house: House) -> None:
    board = await Board.of(house)
    one, other = await board.route(1), await board.route(1)
    await board.move((await sequence(house, one))[0][0], other, 1)
    assert [(await row(house, "routes", id))["status"] for id in (one, other)] == ["CANCELLED", "OPTIMIZED"]


async def test_a_change_is_priced(house: House) -> None:
    """Ten lari an hour and half a lari a kilometre."""
    board = await Board.of(house)
    route = await board.route(1, cost_per_hour_minor=1000, cost_per_km_minor=50)
    answer = await board.move(await board.ride(), route, 3)
    metres, seconds = answer["addedDistance"], answer["addedDuration"]
    assert metres > 0 < seconds
    assert answer["addedCost"] == round(1000 * seconds / 3600 + 50 * metres / 1000)


async def test_a_preview_changes_nothing(house: House) -> None:
    board = await Board.of(house)
    route, ride = await board.route(1), await board.ride()
    async with nothing_changes(house):
        seen = await board.move(ride, route, 1, preview=True)
    assert seen["__typename"] == "MoveTransportSuccess"
    done = await board.move(ride, route, 1)
    assert seen["addedDistance"] == done["addedDistance"]


# what it would break


async def test_a_window_that_would_be_missed_is_named(house: House) -> None:
    board = await Board.of(house)
    route = await board.route(1)
    (first,) = {ride for ride, _ in await sequence(house, route)}
    pickup = (await house.all("SELECT id FROM stops WHERE organization_id = $1 ORDER BY sequence"))[0]["id"]
    times = {"pickup_from": house.at(time(9)), "pickup_until": house.at(time(9, 30))}
    await house.pool.execute(
        "UPDATE transports SET pickup_from = $2, pickup_until = $3 WHERE id = $1", first, *times.values()
    )
    late = await board.ride(pickup_from=house.at(time(12)))
    async with nothing_changes(house):
        answer = await board.move(late, route, 1, dropoffPosition=2)
    assert answer["__typename"] == "InfeasibleRoute"
    (violation,) = answer["violations"]
    assert violation["excess"] > 2.5 * 3600
    del violation["excess"]
    assert violation == {
        "kind": "WINDOW",
        "stop": {"id": house.gid("Stop", pickup)},
        "transport": {"id": house.gid("Transport", first)},
    }


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("CAPACITY", {"demand": {"STRETCHERS": 1}}),
        ("FEATURES", {"required_equipment": ["LIFT"]}),
        ("FEATURES", {"required_skills": ["FIRST_AID"]}),
        ("RIDE_TIME", {"ride_s_max": 1}),
    ],
)
async def test_every_rule_is_looked_at(house: House, kind: str, values: dict[str, Any]) -> None:
    board = await Board.of(house)
    route, ride = await board.route(1), await board.ride(**values)
    answer = await board.move(ride, route, 1)
    assert (answer["__typename"], [found["kind"] for found in answer["violations"]]) == ("InfeasibleRoute", [kind])
    assert answer["violations"][0]["transport"] == {"id": house.gid("Transport", ride)}


async def test_a_change_is_forced_with_a_reason(house: House) -> None:
    board = await Board.of(house)
    route, ride = await board.route(1), await board.ride(required_skills=["FIRST_AID"])
    input = {
        "transportId": house.gid("Transport", ride),
        "routeId": house.gid("Route", route),
        "position": 1,
        "force": True,
    }
    async with nothing_changes(house):
        assert await errors(board.dispatcher, "moveTransport", input) == [("BAD_USER_INPUT", "reason")]
    answer = await board.move(ride, route, 1, force=True, reason=" She has done it before. ")
    assert answer["__typename"] == "MoveTransportSuccess"
    assert (await row(house, "routes", route))["forced_reason"] == "She has done it before."
    told = await house.all("SELECT type, payload FROM events WHERE organization_id = $1 ORDER BY seq")
    assert (told[-1]["type"], json.loads(told[-1]["payload"])) == ("ROUTE_CHANGED", {"forced": True})
    # what is wrong already does not stand in the way of anything else
    assert (await board.move(await board.ride(), route, 5))["__typename"] == "MoveTransportSuccess"
    await board.remove(ride)
    assert (await row(house, "routes", route))["forced_reason"] is None


async def test_a_pin_elsewhere_counts_unless_it_is_replaced(house: House) -> None:
    board = await Board.of(house)
    route, other = await board.route(1), await board.route(1)
    ride = await board.ride(pinned_route_id=other)
    answer = await board.move(ride, route, 1, pin=False)
    assert [found["kind"] for found in answer["violations"]] == ["NOT_ALLOWED"]
    assert (await board.move(ride, route, 1))["__typename"] == "MoveTransportSuccess"
    assert (await row(house, "transports", ride))["pinned_route_id"] == route


@pytest.mark.parametrize("position", [0, -1, 4])
async def test_a_place_must_be_one_of_the_route(house: House, position: int) -> None:
    board = await Board.of(house)
    route, ride = await board.route(1), await board.ride()
    input = {"transportId": house.gid("Transport", ride), "routeId": house.gid("Route", route), "position": position}
    async with nothing_changes(house):
        assert await errors(board.dispatcher, "moveTransport", input) == [("BAD_USER_INPUT", "position")]


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
async def test_a_route_that_is_over_does_not_change(house: House, status: str) -> None:
    board = await Board.of(house)
    route = await board.route(0, status=status)
    answer = await board.move(await board.ride(), route, 1)
    assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


@pytest.mark.parametrize("status", ["DELIVERED", "CANCELLED", "FAILED"])
async def test_a_transport_that_is_over_does_not_move(house: House, status: str) -> None:
    board = await Board.of(house)
    route = await board.route(1)
    ride = (await sequence(house, route))[0][0]
    await house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", ride, status)
    await house.pool.execute("DELETE FROM stops WHERE transport_id = $1", ride)
    answer = await board.move(ride, await board.route(1), 1)
    assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


# under way


async def test_a_route_under_way_changes_behind_what_is_done(house: House) -> None:
    """Two are done with their pickup; the driver is on the way to the third stop."""
    board = await Board.of(house)
    day = await Drive.of(house, 2, customer=board.customer, pickups_first=True, **all_day(house))
    await day.start()
    await day.complete(0)
    ride = await board.ride()
    input = {"transportId": house.gid("Transport", ride), "routeId": house.gid("Route", day.route), "position": 2}
    assert await errors(board.dispatcher, "moveTransport", input) == [("BAD_USER_INPUT", "position")]
    answer = await board.move(ride, day.route, 3)
    assert answer["__typename"] == "MoveTransportSuccess"
    first, second = day.rides
    assert (await sequence(house, day.route))[:3] == [(first, "PICKUP"), (second, "PICKUP"), (ride, "PICKUP")]
    # what is aboard is brought later
    await board.move(first, day.route, 6)
    assert (await sequence(house, day.route))[-1] == (first, "DROPOFF")
    other = await board.route(1)
    assert await board.move(first, other, 1) == {"__typename": "InvalidTransition", "currentStatus": "PICKED_UP"}


async def test_the_dropoff_of_what_is_on_the_way_moves_alone(house: House) -> None:
    board = await Board.of(house)
    day = await Drive.of(house, 2, customer=board.customer, **all_day(house))
    await day.start()
    one, other = day.rides
    await board.move(one, day.route, 4)
    assert await sequence(house, day.route) == [
        (one, "PICKUP"),
        (other, "PICKUP"),
        (other, "DROPOFF"),
        (one, "DROPOFF"),
    ]


# inserting


async def test_the_best_place_of_the_day_is_found(house: House) -> None:
    """The route that passes by is cheaper than the one that does not."""
    board = await Board.of(house)
    here, there = await house.place(latitude=41.70, longitude=44.80), await house.place(latitude=41.71, longitude=44.81)
    far, away = await house.place(latitude=41.80, longitude=44.70), await house.place(latitude=41.82, longitude=44.70)
    depot = await house.place(latitude=41.70, longitude=44.80)
    passing, other = await board.route(1), await board.route(1)
    for route, (start, end) in ((passing, (here, there)), (other, (far, away))):
        ride = (await sequence(house, route))[0][0]
        await house.pool.execute(
            "UPDATE transports SET pickup_place_id = $2, dropoff_place_id = $3 WHERE id = $1", ride, start, end
        )
        await house.pool.execute(
            "UPDATE shifts SET start_place_id = $2, end_place_id = $2 "
            "WHERE id = (SELECT shift_id FROM routes WHERE id = $1)",
            route,
            depot,
        )
    ride = await board.ride(pickup_place_id=here, dropoff_place_id=there)
    async with nothing_changes(house):
        seen = await board.insert(ride, preview=True)
    answer = await board.insert(ride)
    assert answer["route"]["id"] == house.gid("Route", passing)
    assert answer == seen
    assert answer["addedDistance"] < 100
    found = await row(house, "transports", ride)
    assert (found["route_id"], found["pinned_route_id"]) == (passing, None)
    assert (await board.insert(ride))["currentStatus"] == "ASSIGNED"


async def test_a_named_route_takes_it_though_another_is_nearer(house: House) -> None:
    board = await Board.of(house)
    route, _ = await board.route(1), await board.route(1)
    answer = await board.insert(await board.ride(), routeId=house.gid("Route", route), pin=True)
    assert answer["route"]["id"] == house.gid("Route", route)


@pytest.mark.parametrize("status", ["DELIVERED", "CANCELLED"])
async def test_only_what_waits_is_inserted(house: House, status: str) -> None:
    """Even on a day that has no open route."""
    board = await Board.of(house)
    route = await board.route(1, status="COMPLETED")
    ride = (await sequence(house, route))[0][0]
    await house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", ride, status)
    async with nothing_changes(house):
        assert await board.insert(ride) == {"__typename": "InvalidTransition", "currentStatus": status}


async def test_why_there_is_no_place(house: House) -> None:
    board = await Board.of(house)
    ride = await board.ride()
    assert await board.insert(ride) == {"__typename": "NoPlaceFound", "reason": "NO_VEHICLE"}
    route = await board.route(1)
    heavy = await board.ride(demand={"STRETCHERS": 1})
    assert await board.insert(heavy) == {"__typename": "NoPlaceFound", "reason": "CAPACITY"}
    answer = await board.insert(heavy, routeId=house.gid("Route", route))
    assert [found["kind"] for found in answer["violations"]] == ["CAPACITY"]
    forced = await board.insert(heavy, routeId=house.gid("Route", route), force=True, reason="It folds.")
    assert forced["__typename"] == "InsertTransportSuccess"


# removing


async def test_a_transport_is_taken_off(house: House) -> None:
    board = await Board.of(house)
    route = await board.route(2, status="PUBLISHED")
    ride = (await sequence(house, route))[0][0]
    driver = (await row(house, "routes", route))["driver_id"]
    answer = await board.remove(ride)
    assert answer["transport"] == {"status": "PENDING"}
    assert answer["addedDistance"] <= 0
    found = await row(house, "transports", ride)
    assert (found["route_id"], found["driver_id"]) == (None, None)
    told = await house.all("SELECT type, driver_id FROM events WHERE organization_id = $1 ORDER BY seq")
    assert sorted((event["type"], event["driver_id"]) for event in told) == [
        ("ROUTE_CHANGED", driver),
        ("TRANSPORT_UNASSIGNED", driver),
    ]
    assert await board.remove(ride) == {"__typename": "InvalidTransition", "currentStatus": "PENDING"}


async def test_what_a_driver_has_set_out_for_is_not_taken_off(house: House) -> None:
    board = await Board.of(house)
    day = await Drive.of(house, 2, customer=board.customer)
    await day.start()
    assert (await board.remove(day.rides[0]))["currentStatus"] == "EN_ROUTE"
    assert (await board.remove(day.rides[1]))["transport"] == {"status": "PENDING"}


# drivers


async def test_two_drivers_change_places(house: House) -> None:
    board = await Board.of(house)
    one, other = await board.route(1, status="PUBLISHED"), await board.route(2)
    before = {id: await row(house, "routes", id) for id in (one, other)}
    answer = await board.swap(one, other)
    assert answer["__typename"] == "SwapDriversSuccess"
    for id, from_ in ((one, other), (other, one)):
        route = await row(house, "routes", id)
        assert (route["driver_id"], route["vehicle_id"]) == (before[from_]["driver_id"], before[id]["vehicle_id"])
        shift = await row(house, "shifts", route["shift_id"])
        assert (shift["driver_id"], shift["starts_at"]) == (route["driver_id"], house.at(time(7)))
    rides = await house.all("SELECT driver_id, route_id FROM transports WHERE organization_id = $1")
    assert all(ride["driver_id"] == before[other if ride["route_id"] == one else one]["driver_id"] for ride in rides)
    told = await events(house)
    assert sorted(told) == ["ROUTE_DRIVER_CHANGED"] * 2 + ["SHIFT_UPDATED"] * 2 + ["TRANSPORT_ASSIGNED"] * 3


async def test_drivers_do_not_change_places_without_the_skills(house: House) -> None:
    board = await Board.of(house)
    able = await house.driver(skills=["FIRST_AID"])
    one, other = await board.route(1, driver=able), await board.route(1)
    await house.pool.execute("UPDATE transports SET required_skills = '{FIRST_AID}' WHERE route_id = $1", one)
    async with nothing_changes(house):
        answer = await board.swap(one, other)
    assert [found["kind"] for found in answer["violations"]] == ["FEATURES"]
    assert (await board.swap(one, other, force=True, reason="Both went"))["__typename"] == "SwapDriversSuccess"
    assert (await row(house, "routes", one))["forced_reason"] == "Both went"
    assert (await row(house, "routes", other))["forced_reason"] is None


async def test_a_driver_with_another_shift_cannot_take_over(house: House) -> None:
    board = await Board.of(house)
    driver = await house.driver()
    one, other = await board.route(1, driver=driver, ends_at=house.at(time(12))), await board.route(1)
    await house.shift(driver, starts_at=house.at(time(13)))
    async with nothing_changes(house):
        assert await board.swap(one, other) == {"__typename": "AlreadyExists", "field": "driverId"}


async def test_who_is_away_cannot_take_over(house: House) -> None:
    board = await Board.of(house)
    driver = await house.driver(licence_expires_on=house.day - timedelta(days=1))
    one, other = await board.route(1, driver=driver), await board.route(1)
    input = {"routeId": house.gid("Route", one), "withRouteId": house.gid("Route", other)}
    async with nothing_changes(house):
        assert await errors(board.dispatcher, "swapDrivers", input) == [("BAD_USER_INPUT", "withRouteId")]


async def test_drivers_do_not_change_places_from_day_to_day(house: House) -> None:
    board = await Board.of(house)
    one, other = await board.route(1), await board.route(1)
    await house.pool.execute("UPDATE routes SET date = date + 1 WHERE id = $1", other)
    input = {"routeId": house.gid("Route", one), "withRouteId": house.gid("Route", other)}
    async with nothing_changes(house):
        assert await errors(board.dispatcher, "swapDrivers", input) == [("BAD_USER_INPUT", "withRouteId")]


async def test_drivers_do_not_change_places_under_way(house: House) -> None:
    board = await Board.of(house)
    one, other = await board.route(1, status="IN_PROGRESS"), await board.route(1)
    async with nothing_changes(house):
        assert await board.swap(one, other) == {"__typename": "InvalidTransition", "currentStatus": "IN_PROGRESS"}


# by hand from the beginning


async def test_a_route_is_laid_by_hand_and_kept_by_the_planner(house: House, worker: Work) -> None:
    board = await Board.of(house)
    shift = await house.shift()
    created = "... on CreateRouteSuccess { route { id status } } ... on AlreadyExists { field }"
    input = {"shiftId": house.gid("Shift", shift)}
    made = (await board.dispatcher.act("createRoute", input, created))["route"]
    assert made["status"] == "DRAFT"
    again = await board.dispatcher.act("createRoute", input, created)
    assert again == {"__typename": "AlreadyExists", "field": "shiftId"}
    route, ride = key(made["id"]), await board.ride()
    await board.move(ride, route, 1)
    await house.shift()
    await board.ride()
    await planned(house)
    assert (await row(house, "transports", ride))["route_id"] == route
    assert (await routes(house))[0]["status"] == "OPTIMIZED"
