"""A driver, a second phone, a dispatcher and a customer at the same route at once: somebody is first, and what they all
did adds up."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.context import Server
from tests.client import Client, Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.invariants import all_hold, nobody_collides, rides_agree
from tests.races.crowd import at_once, crowd
from tests.races.play import kinds
from tests.sizes import sizes
from tests.steps import events, eventually, row, somebody_waits

TOLD_ONCE = ("STOP_ARRIVED", "STOP_COMPLETED", "TRANSPORT_PICKED_UP", "TRANSPORT_DELIVERED")


@dataclass(frozen=True)
class Road:
    """A driver's phones, and the dispatcher's desk; each request goes over a connection of its own."""

    house: House
    phone: Client
    desk: Client

    async def tell(self, verb: str, stop: UUID, **more: Any) -> Json:
        input = {"stopId": self.house.gid("Stop", stop)} | more
        return await self.phone.act(verb, input, "... on Problem { message }")

    async def start(self, route: UUID) -> Json:
        return await self.phone.act("startRoute", {"routeId": self.house.gid("Route", route)}, "")

    async def call_off(self, route: UUID) -> Json:
        return await self.desk.act("cancelRoute", {"routeId": self.house.gid("Route", route)}, "")

    async def cancel(self, ride: UUID) -> Json:
        return await self.desk.act("cancelTransport", {"transportId": self.house.gid("Transport", ride)}, "")

    async def drive(self, rides: int, driver: UUID | None = None, **values: Any) -> Drive:
        """A route of a driver who, if not said, has no other."""
        driver = driver or await self.house.driver(user_id=None)
        customer = await self.house.customer()
        route = await self.house.route(driver, [await self.house.transport(customer) for _ in range(rides)], **values)
        stops = await self.house.all(
            "SELECT id, transport_id FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route
        )
        return Drive(self.house, route, [stop["transport_id"] for stop in stops[::2]], [stop["id"] for stop in stops])


@asynccontextmanager
async def road(house: House, server: Server) -> AsyncIterator[Road]:
    """Whatever happens in the block, nobody stands in another's way, and in the end everything adds up."""
    # a dispatcher may speak for any driver, as the phones do here
    async with crowd(house.client("DISPATCHER")) as phone, crowd(house.client("OWNER")) as desk:
        with nobody_collides(server.database):
            yield Road(house, phone, desk)
    await all_hold(house)


async def _shuffled(calls: Sequence[Awaitable[Json]], dice: random.Random) -> list[Json]:
    return await at_once(dice.sample(calls, len(calls)))


@sizes(3, 60)
async def test_a_pickup_is_made_or_called_off(house: House, server: Server, size: int) -> None:
    dice = random.Random(size)
    async with road(house, server) as there:
        for _ in range(size):
            drive = await there.drive(1)
            await there.start(drive.route)
            answers = await _shuffled([there.tell("completeStop", drive.stops[0]), there.cancel(drive.rides[0])], dice)
            assert Counter({"InvalidTransition": 1}) <= kinds(answers)
            assert len(kinds(answers)) == 2
            ride = (await rides_agree(house))[drive.rides[0]]
            made = any(answer["__typename"] == "CompleteStopSuccess" for answer in answers)
            assert ride == ("PICKED_UP" if made else "CANCELLED")


@sizes(3, 60)
async def test_a_pickup_is_made_or_moved_to_another_route(house: House, server: Server, size: int) -> None:
    dice = random.Random(size)
    async with road(house, server) as there:
        for _ in range(size):
            drive, other = await there.drive(2), await there.drive(1)
            move = {
                "transportId": house.gid("Transport", drive.rides[1]),
                "routeId": house.gid("Route", other.route),
                "position": 1,
                "force": True,
                "reason": "The other is nearer.",
            }
            calls = [
                there.tell("completeStop", drive.stops[2]),
                there.desk.act("moveTransport", move, "... on InvalidTransition { currentStatus }"),
            ]
            answers = await _shuffled(calls, dice)
            assert kinds(answers)["InvalidTransition"] == 1
            made = kinds(answers)["CompleteStopSuccess"] == 1
            assert (await rides_agree(house))[drive.rides[1]] == ("PICKED_UP" if made else "ASSIGNED")


@sizes(6, 60)
async def test_one_route_ends_while_the_driver_sets_out_on_the_next(house: House, server: Server, size: int) -> None:
    dice = random.Random(size)
    async with road(house, server) as there:
        for _ in range(size):
            driver = await house.driver(user_id=None)
            hours = ((time(7), time(13)), (time(13), time(20)))
            shifts = [await house.shift(driver, starts_at=house.at(a), ends_at=house.at(b)) for a, b in hours]
            first, second = [await there.drive(1, driver, shift_id=shift) for shift in shifts]
            await there.tell("completeStop", first.stops[0])
            await _shuffled([there.tell("completeStop", first.stops[1]), there.start(second.route)], dice)
            assert (await row(house, "routes", first.route))["status"] == "COMPLETED"
            assert (await row(house, "drivers", driver))["status"] == "ON_ROUTE"
            await there.tell("completeStop", second.stops[1])
            assert (await row(house, "drivers", driver))["status"] == "AVAILABLE"


@sizes(3, 60)
async def test_a_route_is_driven_or_called_off(house: House, server: Server, size: int) -> None:
    dice = random.Random(size)
    async with road(house, server) as there:
        for _ in range(size):
            drive = await there.drive(2)
            answers = await _shuffled(
                [
                    there.start(drive.route),
                    there.tell("arriveAtStop", drive.stops[0]),
                    there.tell("completeStop", drive.stops[0]),
                    there.call_off(drive.route),
                ],
                dice,
            )
            found = await rides_agree(house)
            called_off = any(answer["__typename"] == "CancelRouteSuccess" for answer in answers)
            assert (found[drive.rides[0]] == "PICKED_UP") is not called_off
            assert kinds(answers).keys() <= {
                "StartRouteSuccess",
                "ArriveAtStopSuccess",
                "CompleteStopSuccess",
                "CancelRouteSuccess",
                "InvalidTransition",
                "StillAboard",
            }


@sizes(2, 20)
async def test_two_phones_tell_the_whole_day_at_once(house: House, server: Server, size: int) -> None:
    """Every word twice, all of them at the same time: each counts once."""
    dice = random.Random(size)
    async with road(house, server) as there:
        for _ in range(size):
            drive, begins = await there.drive(3), clock.now() - timedelta(hours=2)
            seq = await house.value("SELECT seq FROM event_heads WHERE organization_id = $1")
            words = [
                (verb, stop, (begins + timedelta(minutes=10 * number + late)).isoformat())
                for number, stop in enumerate(drive.stops)
                for late, verb in ((0, "arriveAtStop"), (5, "completeStop"))
            ]
            calls: list[Awaitable[Json]] = [there.tell(verb, stop, at=at) for verb, stop, at in words * 2]
            calls += [there.start(drive.route), there.start(drive.route)]
            answers = await _shuffled(calls, dice)
            assert kinds(answers).keys() == {"ArriveAtStopSuccess", "CompleteStopSuccess", "StartRouteSuccess"}
            found = await rides_agree(house)
            assert {found[ride] for ride in drive.rides} == {"DELIVERED"}
            told = Counter(await events(house, seq))
            # what a dropoff said of its pickup may be said once more, with its time
            assert {name: told[name] for name in TOLD_ONCE if name != "STOP_COMPLETED"} == {
                "STOP_ARRIVED": 6,
                "TRANSPORT_PICKED_UP": 3,
                "TRANSPORT_DELIVERED": 3,
            }
            assert 6 <= told["STOP_COMPLETED"] <= 9
            assert (told["ROUTE_STARTED"], told["ROUTE_COMPLETED"]) == (1, 1)
            times = await house.all(
                "SELECT arrived_at, done_at FROM stops WHERE route_id = $2 AND organization_id = $1 ORDER BY sequence",
                drive.route,
            )
            assert [tuple(stop) for stop in times] == [
                (begins + timedelta(minutes=10 * number), begins + timedelta(minutes=10 * number + 5))
                for number in range(6)
            ]


@sizes(3, 60)
async def test_the_last_stop_completes_the_route_once(house: House, server: Server, size: int) -> None:
    dice = random.Random(size)
    async with road(house, server) as there:
        for _ in range(size):
            drive = await there.drive(2)
            await there.tell("completeStop", drive.stops[0])
            calls = [
                there.tell("completeStop", drive.stops[1]),
                there.cancel(drive.rides[1]),
                there.tell("failStop", drive.stops[2], reason="NOBODY_THERE"),
            ]
            answers = await _shuffled(calls, dice)
            assert kinds(answers)["CompleteStopSuccess"] == 1
            completed = await house.value(
                "SELECT count(*) FROM events WHERE organization_id = $1 AND type = 'ROUTE_COMPLETED' AND route_id = $2",
                drive.route,
            )
            assert completed == 1


@sizes(2, 30)
async def test_a_document_proves_one_stop(house: House, server: Server, size: int) -> None:
    async with road(house, server) as there:
        for _ in range(size):
            one, other = await there.drive(1), await there.drive(1)
            photo = {"photoDocumentIds": [await one.document()]}
            answers = await asyncio.gather(
                *(there.tell("completeStop", drive.stops[0], proof=photo) for drive in (one, other)),
                return_exceptions=True,
            )
            assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "dict"]
            assert len(await house.all("SELECT FROM proofs WHERE organization_id = $1")) >= 1


@pytest.mark.parametrize("verb", ["completeStop", "failStop", "skipStop", "arriveAtStop"])
async def test_whoever_waited_looks_again(house: House, server: Server, verb: str) -> None:
    """A word that waits for the dispatcher who just calls the ride off hears that."""
    more = {"reason": "OTHER"} if verb == "failStop" else {}
    async with road(house, server) as there:
        drive = await there.drive(2)
        await there.start(drive.route)
        connection = await house.pool.acquire()
        try:
            async with connection.transaction():
                await connection.execute("SELECT FROM routes WHERE id = $1 FOR UPDATE", drive.route)
                cancelling = asyncio.create_task(there.cancel(drive.rides[1]))
                await eventually(lambda: somebody_waits(house))
                telling = asyncio.create_task(there.tell(verb, drive.stops[2], **more))
                await eventually(lambda: somebody_waits(house, 2))
        finally:
            await house.pool.release(connection)
        assert (await cancelling)["__typename"] == "CancelTransportSuccess"
        assert (await telling)["__typename"] == "InvalidTransition"
