"""What bookings do with resources: who gets which, when it is free, and when it comes back."""

from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

import pytest

from app.context import Server
from app.jobs.worker import Work
from tests.client import Json
from tests.factories.houses import House
from tests.garage import Garage
from tests.statements import counting
from tests.steps import due, eventually, key, nothing_changes, row

IN_USE = "What this service needs is in use at that time."
AVAILABLE = """query Day($available: Boolean) { slots(filter: {available: $available}) {
  edges { node { startsAt available } } } }"""


@pytest.fixture
async def garage(house: House) -> Garage:
    return await Garage.open(house)


NINE, TEN, ELEVEN, TWELVE = time(9), time(10), time(11), time(12)


# which


async def test_any_of_a_pool_will_do(garage: Garage) -> None:
    pool = await garage.house.pool_of(*await garage.bays("A", "B", "C"))
    slot = await garage.slot(await garage.service({"pool_id": pool}), TEN, ELEVEN)
    assert await garage.available(slot) == 3
    got = [await garage.book(slot) for _ in range(3)]
    assert sorted(got) == [["A"], ["B"], ["C"]]
    assert await garage.available(slot) == 0
    async with nothing_changes(garage.house):
        assert await garage.book(slot) == []


async def test_a_resource_with_room_for_two_is_used_by_two(garage: Garage) -> None:
    (room,) = await garage.bays("Room", kind="ROOM", capacity=2)
    slot = await garage.slot(await garage.service({"resource_id": room}), TEN, ELEVEN)
    assert [await garage.book(slot) for _ in range(3)] == [["Room"], ["Room"], []]


async def test_a_named_resource_is_the_only_one_that_will_do(garage: Garage) -> None:
    a, b = await garage.bays("A", "B")
    await garage.house.pool_of(a, b)
    slot = await garage.slot(await garage.service({"resource_id": b}), TEN, ELEVEN)
    assert [await garage.book(slot) for _ in range(2)] == [["B"], []]


async def test_a_slot_with_a_resource_takes_that_one_of_the_pool(garage: Garage) -> None:
    bays = await garage.bays("A", "B", "C")
    service = await garage.service({"pool_id": await garage.house.pool_of(*bays)})
    by_c = await garage.slot(service, TEN, ELEVEN, resource_id=bays[2])
    by_anyone = await garage.slot(service, TEN, ELEVEN)
    assert [await garage.available(slot) for slot in (by_c, by_anyone)] == [1, 3]
    assert [await garage.book(by_c) for _ in range(2)] == [["C"], []]
    assert sorted([await garage.book(by_anyone) for _ in range(3)]) == [[], ["A"], ["B"]]


async def test_a_slot_with_a_resource_needs_it_besides(garage: Garage) -> None:
    """Where the service needs something else, or nothing."""
    bay, lali = await garage.bays("Bay", "Lali")
    slot = await garage.slot(await garage.service({"resource_id": bay}), TEN, ELEVEN, resource_id=lali)
    assert await garage.book(slot) == ["Bay", "Lali"]
    plain = await garage.slot(await garage.service(), TWELVE, time(13), resource_id=lali)
    assert [await garage.available(plain), await garage.book(plain), await garage.book(plain)] == [1, ["Lali"], []]


async def test_two_needs_of_one_pool_take_two_units(garage: Garage) -> None:
    pool = await garage.house.pool_of(*await garage.bays("A", "B", "C"))
    slot = await garage.slot(await garage.service({"pool_id": pool}, {"pool_id": pool}), TEN, ELEVEN)
    assert await garage.available(slot) == 1
    assert len(set(await garage.book(slot))) == 2
    assert (await garage.available(slot), await garage.book(slot), await garage.in_use()) == (0, [], 2)


async def test_an_empty_pool_allows_nothing(garage: Garage) -> None:
    slot = await garage.slot(await garage.service({"pool_id": await garage.house.pool_of()}), TEN, ELEVEN)
    assert (await garage.available(slot), await garage.book(slot)) == (0, [])


async def test_a_need_with_a_choice_leaves_alone_what_another_has_no_choice_about(garage: Garage) -> None:
    a, b = await garage.bays("A", "B")
    service = await garage.service({"pool_id": await garage.house.pool_of(a, b)}, {"resource_id": a})
    assert await garage.book(await garage.slot(service, TEN, ELEVEN)) == ["A", "B"]


@pytest.mark.parametrize("busy", ["A", "B", "C"])
async def test_two_pools_that_share_a_resource_are_both_served(garage: Garage, busy: str) -> None:
    """Whichever of the three is in use, there is one way to serve both."""
    bays = dict(zip("ABC", await garage.bays("A", "B", "C"), strict=True))
    pools = [await garage.house.pool_of(bays["A"], bays[other]) for other in "BC"]
    other = await garage.service({"resource_id": bays[busy]})
    assert await garage.book(await garage.slot(other, TEN, ELEVEN)) == [busy]
    service = await garage.service(*({"pool_id": pool} for pool in pools))
    assert await garage.book(await garage.slot(service, TEN, ELEVEN)) == sorted({*"ABC"} - {busy})


async def test_a_need_leaves_what_another_has_no_choice_about_then(garage: Garage) -> None:
    """Two and one would do for the first need, but with three in use the second finds nothing but one."""
    one, two, three, four = await garage.bays("1", "2", "3", "4")
    other = await garage.service({"resource_id": three})
    assert await garage.book(await garage.slot(other, TEN, ELEVEN)) == ["3"]
    pools = [await garage.house.pool_of(one, bay) for bay in (two, three)] + [await garage.house.pool_of(two, four)]
    slot = await garage.slot(await garage.service(*({"pool_id": pool} for pool in pools)), TEN, ELEVEN)
    assert (await garage.available(slot), await garage.book(slot)) == (1, ["1", "2", "4"])
    assert (await garage.available(slot), await garage.book(slot)) == (0, [])


async def test_what_can_be_booked_is_what_is_offered(garage: Garage) -> None:
    """Whatever pools needs share: there is a way to serve them all just if the slot says so."""
    house, chance = garage.house, Random(7)
    bays = await garage.bays(*"ABCDEF")
    offered = []
    for number in range(25):
        day = house.at(TEN) + timedelta(days=number)
        busy = await garage.service(*({"resource_id": bay} for bay in chance.sample(bays, 2)))
        await garage.book(await house.slot(busy, day, 3))
        pools = [await house.pool_of(*chance.sample(bays, chance.randint(1, 3))) for _ in range(chance.randint(2, 4))]
        slot = await house.slot(await garage.service(*({"pool_id": pool} for pool in pools)), day, 3)
        offered.append(await garage.available(slot) > 0)
        assert bool(await garage.book(slot)) == offered[-1]
    assert 5 < sum(offered) < 20


async def test_ten_needs_are_told_as_quickly_as_one(garage: Garage) -> None:
    """Of ten needs there are a thousand sets; a page of slots, and the search for the next one, go through few."""
    house = garage.house
    pools = [await house.pool_of(*await garage.bays(*(f"{need}-{bay}" for bay in range(5)))) for need in range(9)]
    service = await garage.service(*({"pool_id": pool} for pool in (*pools, await house.pool_of())))
    slots = [await house.slot(service, house.at(TEN) + timedelta(hours=4 * number)) for number in range(100)]
    assert (await garage.ask(slots[0]))["nextAvailable"] is None
    shown = await house.client("CUSTOMER").run(AVAILABLE, {"available": False})
    assert [edge["node"]["available"] for edge in shown["slots"]["edges"]] == [0] * 50


async def test_who_is_not_active_is_not_given_out(garage: Garage) -> None:
    a, b = await garage.bays("A", "B")
    await garage.house.pool.execute("UPDATE resources SET active = false WHERE id = $1", a)
    pool = await garage.house.pool_of(a, b)
    slot = await garage.slot(await garage.service({"pool_id": pool}), TEN, ELEVEN)
    assert await garage.available(slot) == 1
    assert [await garage.book(slot) for _ in range(2)] == [["B"], []]


async def test_units_above_the_capacity_are_not_given_out(garage: Garage) -> None:
    (room,) = await garage.bays("Room", capacity=3)
    await garage.house.pool.execute("UPDATE resources SET capacity = 1 WHERE id = $1", room)
    slot = await garage.slot(await garage.service({"resource_id": room}), TEN, ELEVEN)
    assert [await garage.available(slot), await garage.book(slot), await garage.book(slot)] == [1, ["Room"], []]


# when


async def test_one_after_the_other_is_no_conflict(garage: Garage) -> None:
    (bay,) = await garage.bays("Bay")
    first, second = [await garage.service({"resource_id": bay}) for _ in range(2)]
    assert await garage.book(await garage.slot(first, TEN, ELEVEN)) == ["Bay"]
    assert await garage.book(await garage.slot(second, ELEVEN, TWELVE)) == ["Bay"]
    assert await garage.book(await garage.slot(second, NINE, TEN)) == ["Bay"]
    assert await garage.book(await garage.slot(second, time(10, 59), time(11, 1))) == []


@pytest.mark.parametrize(
    ("starts", "ends", "got"),
    [
        (time(9), time(9, 45), ["Bay"]),
        (time(9), time(9, 46), []),
        (time(11, 30), time(12), ["Bay"]),
        (time(11, 29), time(12), []),
    ],
)
async def test_buffers_keep_neighbours_out(garage: Garage, starts: time, ends: time, got: list[str]) -> None:
    (bay,) = await garage.bays("Bay")
    buffered = await garage.service({"resource_id": bay}, buffer_before_s=15 * 60, buffer_after_s=30 * 60)
    plain = await garage.service({"resource_id": bay})
    assert await garage.book(await garage.slot(buffered, TEN, ELEVEN)) == ["Bay"]
    slot = await garage.slot(plain, starts, ends)
    assert (await garage.available(slot), await garage.book(slot)) == (len(got), got)


@pytest.mark.parametrize(("starts", "got"), [(time(11, 15), ["Bay"]), (time(11, 14), [])])
async def test_a_buffer_needs_room_itself(garage: Garage, starts: time, got: list[str]) -> None:
    (bay,) = await garage.bays("Bay")
    assert await garage.book(await garage.slot(await garage.service({"resource_id": bay}), TEN, ELEVEN)) == ["Bay"]
    buffered = await garage.service({"resource_id": bay}, buffer_before_s=15 * 60)
    slot = await garage.slot(buffered, starts, TWELVE)
    assert (await garage.available(slot), await garage.book(slot)) == (len(got), got)


async def _hours(house: House, resource: UUID, *openings: tuple[time, time], active: bool = True) -> None:
    await house.schedule(resource_id=resource, active=active)
    for opens, closes in openings:
        await house.insert("openings", resource_id=resource, starts_at=house.at(opens), ends_at=house.at(closes))


@pytest.mark.parametrize(
    ("starts", "ends", "got"),
    [
        (NINE, TWELVE, ["Lali"]),
        (TEN, ELEVEN, ["Lali"]),
        (time(8, 59), TEN, []),
        (ELEVEN, time(12, 1), []),
        (ELEVEN, time(14), []),
        (time(13), time(14), ["Lali"]),
        (time(15), time(16), []),
    ],
)
async def test_a_resource_with_hours_of_its_own_is_used_within_them(
    garage: Garage, starts: time, ends: time, got: list[str]
) -> None:
    (lali,) = await garage.bays("Lali", kind="STAFF")
    await _hours(garage.house, lali, (NINE, TWELVE), (time(13), time(15)))
    slot = await garage.slot(await garage.service({"resource_id": lali}, buffer_after_s=3600), starts, ends)
    assert (await garage.available(slot), await garage.book(slot)) == (len(got), got)


async def test_hours_that_are_no_longer_kept_bind_nobody(garage: Garage) -> None:
    lali, nana = await garage.bays("Lali", "Nana", kind="STAFF")
    await _hours(garage.house, lali, active=False)
    await _hours(garage.house, nana)
    slots = [await garage.slot(await garage.service({"resource_id": one}), TEN, ELEVEN) for one in (lali, nana)]
    assert [await garage.book(slot) for slot in slots] == [["Lali"], []]


# what is shown


async def test_a_place_counts_only_with_what_it_needs(garage: Garage, server: Server) -> None:
    house, (bay,) = garage.house, await garage.bays("Bay")
    service, plain = await garage.service({"resource_id": bay}), await garage.service()
    slots = [await garage.slot(service, time(hour), time(hour + 1)) for hour in (9, 10, 11)]
    await garage.slot(plain, TEN, ELEVEN, capacity=2)
    assert await garage.book(slots[1]) == ["Bay"]

    async def day(**variables: bool) -> list[tuple[datetime, int]]:
        with counting(server) as statements:
            found = await house.client("CUSTOMER").run(AVAILABLE, variables)
        assert len(statements.data) == 2
        edges = [edge["node"] for edge in found["slots"]["edges"]]
        return [(datetime.fromisoformat(node["startsAt"]), node["available"]) for node in edges]

    free = [(house.at(NINE), 1), (house.at(TEN), 2), (house.at(ELEVEN), 1)]
    assert await day(available=True) == free
    assert await day(available=False) == [(house.at(TEN), 0)]
    assert sorted(await day()) == sorted([*free, (house.at(TEN), 0)])


async def test_a_refusal_names_the_next_that_can_be_booked(garage: Garage) -> None:
    house, (bay,) = garage.house, await garage.bays("Bay")
    service = await garage.service({"resource_id": bay})
    slots = [await garage.slot(service, time(hour), time(hour + 1)) for hour in (10, 11, 12)]
    long = await garage.slot(await garage.service({"resource_id": bay}), TEN, TWELVE)
    assert await garage.book(long) == ["Bay"]
    refusal = {"__typename": "ResourceUnavailable", "message": IN_USE}
    async with nothing_changes(house):
        assert await garage.ask(slots[0]) == refusal | {"nextAvailable": {"id": house.gid("Slot", slots[2])}}
    assert await garage.book(slots[2]) == ["Bay"]
    assert await garage.ask(slots[0]) == refusal | {"nextAvailable": None}


async def test_bookings_show_what_they_use(garage: Garage, server: Server) -> None:
    pool = await garage.house.pool_of(*await garage.bays("A", "B", capacity=4))
    slot = await garage.slot(await garage.service({"pool_id": pool}, {"pool_id": pool}), TEN, ELEVEN)
    query, seen = "{ bookings { edges { node { resources { name } } } } }", []
    for count in (1, 2, 3):
        await garage.book(slot)
        with counting(server) as statements:
            found = await garage.house.client("CUSTOMER").run(query)
        assert len(found["bookings"]["edges"]) == count
        seen.append((len(statements.setup), len(statements.data)))
    assert seen == [(1, 2)] * 3


# how it comes back


@pytest.mark.parametrize(("verb", "more"), [("cancelBooking", {}), ("declineBooking", {"reason": "Broken lift."})])
async def test_what_a_booking_used_comes_back_with_it(garage: Garage, verb: str, more: Json) -> None:
    (bay,) = await garage.bays("Bay")
    service = await garage.service({"resource_id": bay})
    slot, overlapping = await garage.slot(service, TEN, TWELVE), await garage.slot(service, ELEVEN, time(13))
    booking = (await garage.ask(slot))["booking"]["id"]
    assert (await garage.book(overlapping), await garage.in_use()) == ([], 1)
    await garage.house.client("OWNER").act(verb, {"bookingId": booking, **more}, "")
    assert (await garage.in_use(), await garage.available(overlapping)) == (0, 1)
    assert await garage.book(overlapping) == ["Bay"]


async def test_what_a_hold_kept_comes_back_when_it_runs_out(garage: Garage, worker: Work) -> None:
    (bay,) = await garage.bays("Bay")
    slot = await garage.slot(await garage.service({"resource_id": bay}), TEN, ELEVEN)
    held = "... on HoldSlotSuccess { booking { id resources { name } } }"
    hold = (await garage.house.client("CUSTOMER").act("holdSlot", garage.wanted(slot), held))["booking"]
    assert (hold["resources"], await garage.available(slot)) == ([{"name": "Bay"}], 0)
    await due(garage.house, "EXPIRE_HOLD", key(hold["id"]))

    async def expired() -> bool:
        return str((await row(garage.house, "bookings", key(hold["id"])))["status"]) == "EXPIRED"

    await eventually(expired)
    assert (await garage.in_use(), await garage.available(slot)) == (0, 1)


async def test_a_booking_moves_within_the_time_that_it_has(garage: Garage) -> None:
    (bay,) = await garage.bays("Bay")
    service = await garage.service({"resource_id": bay})
    slot, later = await garage.slot(service, TEN, TWELVE), await garage.slot(service, ELEVEN, time(13))
    booking = (await garage.ask(slot))["booking"]
    moved = await garage.house.client("OWNER").act(
        "rescheduleBooking",
        {"bookingId": booking["id"], "version": booking["version"], "slotId": garage.house.gid("Slot", later)},
        "... on RescheduleBookingSuccess { booking { startsAt resources { name } } }",
    )
    assert moved["booking"] == {"startsAt": garage.house.at(ELEVEN).isoformat(), "resources": [{"name": "Bay"}]}
    assert await garage.in_use() == 1


async def test_a_group_gets_what_it_needs_or_nothing(garage: Garage) -> None:
    pool = await garage.house.pool_of(*await garage.bays("A", "B"))
    slot = await garage.slot(await garage.service({"pool_id": pool}), TEN, ELEVEN)
    selection = "... on BookGroupSuccess { group { bookings { resources { name } } } }"
    async with nothing_changes(garage.house):
        three = {"bookings": [garage.wanted(slot)] * 3}
        answer = await garage.house.client("OWNER").act("bookGroup", three, selection)
        assert answer == {"__typename": "ResourceUnavailable"}
    two = {"bookings": [garage.wanted(slot)] * 2}
    group = (await garage.house.client("OWNER").act("bookGroup", two, selection))["group"]
    assert sorted(booking["resources"][0]["name"] for booking in group["bookings"]) == ["A", "B"]
