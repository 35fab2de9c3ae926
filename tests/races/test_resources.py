"""Many who need the same few people and bays at once: nobody gets what another has, and nobody goes without need."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

import asyncpg
import pytest

from tests.client import Client, Json
from tests.conftest import Urls
from tests.factories.houses import House
from tests.garage import Garage
from tests.invariants import all_hold, log_is_whole
from tests.races.crowd import at_once, crowd
from tests.sizes import measured, sizes
from tests.steps import eventually, somebody_waits

BOOKED = "... on BookSlotSuccess { booking { id } }"
OVERLAPS = """
    SELECT count(*) FROM allocations a JOIN allocations b
    ON a.organization_id = b.organization_id AND a.unit_id = b.unit_id AND a.id < b.id AND a.during && b.during
    WHERE a.organization_id = $1
"""
BOOKED_TIMES = """
    SELECT a.starts_at, a.ends_at FROM allocations a
    JOIN resource_units u ON (u.organization_id, u.id) = (a.organization_id, a.unit_id)
    WHERE a.organization_id = $1 AND u.resource_id = $2
"""


@dataclass(frozen=True)
class Rush:
    callers: int
    units: int = 1
    rounds: int = 1


async def book(client: Client, garage: Garage, slot: UUID) -> Json:
    return await client.act("bookSlot", garage.wanted(slot), BOOKED)


def kinds(answers: list[Json]) -> Counter[str]:
    return Counter(answer["__typename"] for answer in answers)


async def times(garage: Garage, services: list[UUID], count: int, dice: random.Random) -> list[UUID]:
    """Slots of these services that overlap one another in all ways between nine and three o'clock."""
    slots = []
    for number in range(count):
        starts_at = garage.house.at(time(9)) + timedelta(minutes=dice.randrange(0, 300, 5))
        ends_at = starts_at + timedelta(minutes=dice.randrange(15, 90, 5))
        slots.append(await garage.house.slot(services[number % len(services)], starts_at, 1, ends_at=ends_at))
    return slots


async def same_time(garage: Garage, services: list[UUID], hour: int, count: int) -> list[UUID]:
    """Slots of these services that all have the hour's second half in common."""
    return [
        await garage.slot(services[number % len(services)], time(hour, number % 30), time(hour + 1, number % 20))
        for number in range(count)
    ]


@sizes(Rush(callers=50, rounds=2), Rush(callers=50, rounds=20))
async def test_one_bay_is_used_by_one_at_a_time(house: House, size: Rush, capsys: pytest.CaptureFixture[str]) -> None:
    garage, heard = await Garage.open(house), Counter[str]()
    with measured(capsys, f"{size.callers} at once for one bay, {size.rounds} times") as figures:
        for number in range(size.rounds):
            (bay,) = await garage.bays(f"Bay {number}")
            services = [await garage.service({"resource_id": bay}, buffer_after_s=600 * n) for n in range(3)]
            slots = await times(garage, services, size.callers, random.Random(number))
            async with crowd(house.client("STAFF")) as clients:
                answers = await at_once(book(clients, garage, slot) for slot in slots)
            assert set(kinds(answers)) == {"BookSlotSuccess", "ResourceUnavailable"}
            await _refused_for_a_reason(house, bay, slots, answers)
            heard += kinds(answers)
        figures.update(heard)
    assert await house.value(OVERLAPS) == 0
    assert await garage.in_use() == heard["BookSlotSuccess"]
    await all_hold(house)


async def _refused_for_a_reason(house: House, bay: UUID, slots: list[UUID], answers: list[Json]) -> None:
    """Each slot that was refused, with its service's buffer, overlaps a use of the bay."""
    used = await house.all(BOOKED_TIMES, bay)
    for slot, answer in zip(slots, answers, strict=True):
        if answer["__typename"] == "ResourceUnavailable":
            wanted = (
                await house.all(
                    "SELECT l.starts_at, l.ends_at + make_interval(secs => s.buffer_after_s) AS until FROM slots l "
                    "JOIN services s ON (s.organization_id, s.id) = (l.organization_id, l.service_id) "
                    "WHERE l.organization_id = $1 AND l.id = $2",
                    slot,
                )
            )[0]
            assert any(one["starts_at"] < wanted["until"] and wanted["starts_at"] < one["ends_at"] for one in used)


@sizes(Rush(callers=50, units=7, rounds=2), Rush(callers=50, units=7, rounds=20))
async def test_a_pool_serves_as_many_as_it_has_units(
    house: House, size: Rush, capsys: pytest.CaptureFixture[str]
) -> None:
    """While others come and go on the same units at another time."""
    garage = await Garage.open(house)

    async def come_and_go(slot: UUID) -> None:
        for _ in range(2):
            answer = await book(clients, garage, slot)
            assert answer["__typename"] == "BookSlotSuccess"
            cancelled = await clients.act("cancelBooking", {"bookingId": answer["booking"]["id"]}, "")
            assert cancelled["__typename"] == "CancelBookingSuccess"

    with measured(capsys, f"{size.callers} at once for {size.units} units, {size.rounds} times"):
        for number in range(size.rounds):
            bays = await garage.bays(*(f"Bay {number} {unit}" for unit in range(size.units - 2)))
            pool = await house.pool_of(*bays, await house.resource(capacity=2))
            services = [await garage.service({"pool_id": pool}) for _ in range(3)]
            slots = await same_time(garage, services, 10, size.callers)
            passing = await same_time(garage, services, 14, size.units)
            async with crowd(house.client("STAFF")) as clients:
                guests = asyncio.create_task(at_once(map(come_and_go, passing)))
                answers = await at_once(book(clients, garage, slot) for slot in slots)
                await guests
            assert kinds(answers) == {
                "BookSlotSuccess": size.units,
                "ResourceUnavailable": size.callers - size.units,
            }
    assert (await house.value(OVERLAPS), await garage.in_use()) == (0, size.units * size.rounds)
    await all_hold(house)


@sizes(Rush(callers=50, units=5, rounds=2), Rush(callers=50, units=5, rounds=20))
async def test_two_services_need_two_pools_in_opposite_order(house: House, size: Rush) -> None:
    garage = await Garage.open(house)
    for number in range(size.rounds):
        pools = [
            await house.pool_of(*await garage.bays(*(f"{kind} {number} {unit}" for unit in range(size.units))))
            for kind in ("Bay", "Person")
        ]
        needs = [{"pool_id": pool} for pool in pools]
        services = [await garage.service(*needs), await garage.service(*reversed(needs))]
        slots = await same_time(garage, services, 10, size.callers)
        async with crowd(house.client("STAFF")) as clients:
            answers = await at_once(book(clients, garage, slot) for slot in slots)
        assert kinds(answers) == {"BookSlotSuccess": size.units, "ResourceUnavailable": size.callers - size.units}
    assert (await house.value(OVERLAPS), await garage.in_use()) == (0, 2 * size.units * size.rounds)
    await all_hold(house)


@sizes(Rush(callers=20, rounds=1), Rush(callers=50, rounds=20))
async def test_groups_that_stand_in_each_others_way_are_told_the_truth(house: House, size: Rush) -> None:
    """Each wants two bays at once, half of them the other way round: nobody waits in a circle for long."""
    garage = await Garage.open(house)

    async def come(slots: list[UUID]) -> Json:
        return await clients.act("bookGroup", {"bookings": [garage.wanted(slot) for slot in slots]}, "")

    for number in range(size.rounds):
        services = [
            await garage.service({"resource_id": bay}) for bay in await garage.bays(f"A {number}", f"B {number}")
        ]
        pairs = [[(await same_time(garage, [service], 10, 1))[0] for service in services] for _ in range(size.callers)]
        async with crowd(house.client("STAFF")) as clients:
            answers = await at_once(come(pair[:: -1 if turn % 2 else 1]) for turn, pair in enumerate(pairs))
        assert kinds(answers) == {"BookGroupSuccess": 1, "ResourceUnavailable": size.callers - 1}
    assert (await house.value(OVERLAPS), await garage.in_use()) == (0, 2 * size.rounds)
    await all_hold(house)


@sizes(Rush(callers=30, units=6, rounds=3), Rush(callers=50, units=6, rounds=20))
async def test_a_resource_does_not_shrink_under_those_who_book_it(house: House, size: Rush) -> None:
    """Whoever is first: either the units are in use, or nobody gets them any more."""
    garage = await Garage.open(house)
    for number in range(size.rounds):
        (room,) = await garage.bays(f"Room {number}", capacity=size.units)
        slots = await same_time(garage, [await garage.service({"resource_id": room})], 10, size.callers)
        shrink = {"resourceId": house.gid("Resource", room), "version": 1, "capacity": 1}
        async with crowd(house.client("OWNER")) as clients:
            calls = [book(clients, garage, slot) for slot in slots]
            calls.insert(number % size.units, clients.act("updateResource", shrink, ""))
            answers = kinds(await at_once(calls))
        booked = len(await house.all(BOOKED_TIMES, room))
        allowed = 1 if answers["UpdateResourceSuccess"] else size.units
        assert answers["UpdateResourceSuccess"] + answers["ResourceInUse"] == 1
        assert (booked, answers["BookSlotSuccess"], answers["ResourceUnavailable"]) == (
            allowed,
            allowed,
            size.callers - allowed,
        )
    await all_hold(house)


async def test_whoever_ends_a_deadlock_tries_again(house: House) -> None:
    """A booking takes A, waits for B, and then for C, which is with somebody who waits for A."""
    garage = await Garage.open(house)
    bays = await garage.bays("A", "B", "C")
    slot = await garage.slot(await garage.service(*({"resource_id": bay} for bay in bays)), time(10), time(11))
    customer_id = house.people["CUSTOMER"].viewer.customer_id
    assert customer_id
    other = await house.booking(customer_id, garage.pet, await house.slot())

    async def use(connection: asyncpg.pool.PoolConnectionProxy, bay: UUID) -> None:
        await connection.execute(
            "INSERT INTO allocations (organization_id, booking_id, unit_id, during) "
            "SELECT organization_id, $3, id, tstzrange($4, $5) FROM resource_units "
            "WHERE organization_id = $1 AND resource_id = $2",
            *(house.id, bay, other, house.at(time(10)), house.at(time(11))),
        )

    async with house.pool.acquire() as gate, house.pool.acquire() as rival:
        opening, giving_up = gate.transaction(), rival.transaction()
        await opening.start()
        await giving_up.start()
        await rival.execute("SET LOCAL deadlock_timeout = '1min'")
        await use(gate, bays[1])
        await use(rival, bays[2])
        booking = asyncio.create_task(garage.book(slot))
        await eventually(lambda: somebody_waits(house))
        waiting = asyncio.create_task(use(rival, bays[0]))
        await eventually(lambda: somebody_waits(house, 2))
        await opening.rollback()
        # only when the server gives way does this end
        await waiting
        await giving_up.rollback()
        assert await booking == ["A", "B", "C"]
    assert await garage.in_use() == 3
    await log_is_whole(house)


async def test_the_database_itself_refuses_two_uses_of_one_unit(house: House, urls: Urls) -> None:
    """With all the rights of the server, and without its rules."""
    garage = await Garage.open(house)
    (bay,) = await garage.bays("Bay")
    slot = await garage.slot(await garage.service({"resource_id": bay}), time(10), time(11))
    assert await garage.book(slot) == ["Bay"]
    server = await asyncpg.connect(urls.server)

    async def use(starts: time, ends: time) -> None:
        async with server.transaction():
            await server.execute("SELECT set_config('app.current_org_id', $1, true)", str(house.id))
            await server.execute(
                "INSERT INTO allocations (organization_id, booking_id, unit_id, during) "
                "SELECT organization_id, booking_id, unit_id, tstzrange($1, $2) FROM allocations "
                "WHERE unit_id IS NOT NULL LIMIT 1",
                house.at(starts),
                house.at(ends),
            )

    try:
        for starts, ends in (
            (time(10), time(11)),
            (time(9), time(10, 1)),
            (time(10, 59), time(12)),
            (time(9), time(12)),
        ):
            with pytest.raises(asyncpg.ExclusionViolationError) as refused:
                await use(starts, ends)
            assert refused.value.constraint_name == "ex_allocations_unit"
        await use(time(11), time(12))
    finally:
        await server.close()
    assert (await garage.in_use(), await house.value(OVERLAPS)) == (2, 0)
