"""Stays, groups, moves and holds at once: each is done in full or not at all, and of every place there is one."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import time, timedelta
from functools import partial

import pytest

from app.context import Server
from tests.client import Json
from tests.factories.houses import House
from tests.invariants import capacity_adds_up
from tests.races.crowd import at_once
from tests.races.play import Play, kinds, playing
from tests.sizes import measured, sizes
from tests.steps import events, eventually, key, row, somebody_waits


@dataclass(frozen=True)
class Hotel:
    guests: int
    nights: int
    places: int
    rounds: int = 1


async def hotel(house: House, size: Hotel) -> tuple[str, list[str]]:
    """A service by the night and its nights, which have not been made in the order of time."""
    service, nights = await house.service(kind="STAY"), dict[int, str]()
    numbers = list(range(size.nights))
    for number in random.Random(size.nights).sample(numbers, size.nights):
        evening = house.at(time(15)) + timedelta(days=number)
        night = await house.slot(service, evening, size.places, ends_at=evening + timedelta(hours=20))
        nights[number] = house.gid("Slot", night)
    return house.gid("Service", service), [nights[number] for number in numbers]


def some_nights(dice: random.Random, size: Hotel) -> tuple[int, int]:
    first = dice.randrange(size.nights)
    return first, min(first + dice.randint(1, 4), size.nights)


@sizes(Hotel(guests=24, nights=6, places=4), Hotel(guests=150, nights=14, places=10, rounds=20))
async def test_a_stay_has_all_of_its_nights_or_none(
    house: House, server: Server, size: Hotel, capsys: pytest.CaptureFixture[str]
) -> None:
    """Long and short stays and single nights, in any order: who is refused misses a night that is full indeed."""
    heard: Counter[str] = Counter()
    async with playing(house, server) as play:
        with measured(capsys, f"{size.guests} guests at once") as figures:
            for seed in range(size.rounds):
                heard += await arrive(play, size, random.Random(seed))
            figures.update(heard)
    assert heard.keys() <= {"BookStaySuccess", "StayUnavailable", "BookSlotSuccess", "SlotFull"}
    assert heard["StayUnavailable"]
    assert heard["BookStaySuccess"]


async def arrive(play: Play, size: Hotel, dice: random.Random) -> Counter[str]:
    service, nights = await hotel(play.house, size)
    wanted: list[tuple[int, int]] = []
    calls = []
    for number, pet in enumerate(await play.pets(size.guests)):
        first, last = some_nights(dice, size) if number % 3 else (number % size.nights, number % size.nights + 1)
        wanted.append((first, last))
        calls.append(play.stay(service, pet, first, last) if number % 3 else play.book(nights[first], pet))
    answers = await at_once(calls)
    taken = await capacity_adds_up(play.house)
    full = [taken[key(night)] == size.places for night in nights]
    for (first, last), answer in zip(wanted, answers, strict=True):
        assert "booking" in answer or any(full[first:last]), answer
    booked = [nights for nights, answer in zip(wanted, answers, strict=True) if "booking" in answer]
    count = Counter(night for first, last in booked for night in range(first, last))
    assert [taken[key(night)] for night in nights] == [count[number] for number in range(size.nights)]
    return kinds(answers)


@sizes(Hotel(guests=12, nights=6, places=3, rounds=3), Hotel(guests=40, nights=10, places=6, rounds=20))
async def test_stays_come_move_and_go(
    house: House, server: Server, size: Hotel, capsys: pytest.CaptureFixture[str]
) -> None:
    """In both directions at once, with nights in common: nobody waits for somebody who waits for them."""
    heard: Counter[str] = Counter()
    async with playing(house, server) as play:
        service, _ = await hotel(house, size)

        async def guest(seed: int, pet: str) -> None:
            dice = random.Random(seed)
            for _ in range(size.rounds):
                answer = await play.stay(service, pet, *some_nights(dice, size))
                heard[answer["__typename"]] += 1
                if "booking" not in answer:
                    continue
                for _ in range(2):
                    booking = answer["booking"]
                    seen = {"bookingId": booking["id"], "version": booking["version"]}
                    moved = await play.ask("rescheduleStay", **seen, **play.nights(*some_nights(dice, size)))
                    heard[moved["__typename"]] += 1
                    answer = moved if "booking" in moved else answer
                if dice.random() < 0.7:
                    heard[(await play.cancel(booking["id"]))["__typename"]] += 1

        with measured(capsys, f"{size.guests} guests come and go") as figures:
            await at_once(guest(seed, pet) for seed, pet in enumerate(await play.pets(size.guests)))
            figures.update(heard)
    done = {"BookStaySuccess", "StayUnavailable", "RescheduleStaySuccess", "CancelBookingSuccess"}
    assert heard.keys() == done


async def test_two_stays_that_change_places_do_not_wait_for_each_other(house: House, server: Server) -> None:
    """Each has what the other wants: all nights are locked at once, not the old ones first."""
    async with playing(house, server) as play:
        service, nights = await hotel(house, Hotel(guests=2, nights=2, places=2))
        stays = [
            (await play.stay(service, pet, number, number + 1))["booking"]
            for number, pet in enumerate(await play.pets(2))
        ]
        async with house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM slots WHERE organization_id = $1 FOR UPDATE", house.id)
            moving = []
            for number, stay in enumerate(stays, 1):
                to = play.nights(1, 2) if number == 1 else play.nights(0, 1)
                moved = play.ask("rescheduleStay", bookingId=stay["id"], version=stay["version"], **to)
                moving.append(asyncio.create_task(moved))
                await eventually(partial(somebody_waits, house, number))
        assert kinds(await at_once(moving)) == {"RescheduleStaySuccess": 2}
        assert [await play.taken(night) for night in nights] == [1, 1]


# moving


@dataclass(frozen=True)
class Moves:
    movers: int
    places: int
    rounds: int


async def move(play: Play, booking: Json, slot: str) -> Json:
    return await play.ask("rescheduleBooking", bookingId=booking["id"], version=booking["version"], slotId=slot)


async def history(house: House, booking: str) -> list[str]:
    happened = "SELECT type FROM events WHERE organization_id = $1 AND node_id = $2 ORDER BY seq"
    return [event["type"] for event in await house.all(happened, key(booking))]


@sizes(Moves(movers=6, places=2, rounds=2), Moves(movers=40, places=5, rounds=20))
async def test_the_last_places_go_to_some_whether_they_move_or_come(house: House, server: Server, size: Moves) -> None:
    """A move that is refused leaves the booking as it was."""
    async with playing(house, server) as play:
        for _ in range(size.rounds):
            left, right = await play.slots(2, size.movers)
            await play.resize(right, size.places)
            pets = await play.pets(2 * size.movers)
            old = [(await play.book(left, pet))["booking"] for pet in pets[: size.movers]]
            moves = [move(play, booking, right) for booking in old]
            answers = await at_once([*moves, *(play.book(right, pet) for pet in pets[size.movers :])])
            heard = kinds(answers)
            assert heard["RescheduleBookingSuccess"] + heard["BookSlotSuccess"] == size.places
            assert heard["SlotFull"] == 2 * size.movers - size.places
            for booking, answer in zip(old, answers[: size.movers], strict=True):
                found = await row(house, "bookings", key(booking["id"]))
                moved = answer["__typename"] == "RescheduleBookingSuccess"
                assert (found["number"], found["version"]) == (booking["number"], 1 + moved)
                assert found["slot_id"] == key(right if moved else left)
                assert await history(house, booking["id"]) == ["BOOKING_CREATED", *["BOOKING_RESCHEDULED"] * moved]


@sizes(2, 20)
async def test_two_who_want_each_others_place_keep_their_own(house: House, server: Server, size: int) -> None:
    async with playing(house, server) as play:
        for _ in range(size):
            slots = await play.slots(2, 1)
            old = [(await play.book(slot, pet))["booking"] for slot, pet in zip(slots, await play.pets(2), strict=True)]
            answers = await at_once([move(play, old[0], slots[1]), move(play, old[1], slots[0])] * 3)
            assert kinds(answers) == {"SlotFull": 6}
            for booking, slot in zip(old, slots, strict=True):
                found = await row(house, "bookings", key(booking["id"]))
                assert (found["version"], found["slot_id"]) == (1, key(slot))


@sizes(Moves(movers=12, places=6, rounds=3), Moves(movers=40, places=18, rounds=25))
async def test_many_move_in_all_directions(
    house: House, server: Server, size: Moves, capsys: pytest.CaptureFixture[str]
) -> None:
    async with playing(house, server) as play:
        slots = await play.slots(3, size.places)

        async def mover(seed: int, pet: str) -> tuple[Json, Json, int]:
            dice, moved = random.Random(seed), 0
            first = now = (await play.book(slots[seed % 3], pet))["booking"]
            for _ in range(size.rounds):
                answer = await move(play, now, dice.choice(slots))
                assert answer["__typename"] in {"RescheduleBookingSuccess", "SlotFull"}
                if "booking" in answer:
                    now, moved = answer["booking"], moved + 1
            return first, now, moved

        with measured(capsys, f"{size.movers} move to and fro") as figures:
            stories = await at_once(mover(seed, pet) for seed, pet in enumerate(await play.pets(size.movers)))
            figures.update(moves=sum(moved for *_, moved in stories), looks=play.watch.looks)
        for first, last, moved in stories:
            assert (last["number"], last["version"]) == (first["number"], 1 + moved)
            assert await history(house, first["id"]) == ["BOOKING_CREATED", *["BOOKING_RESCHEDULED"] * moved]
        assert sum((await capacity_adds_up(house)).values()) == size.movers


@sizes(6, 40)
async def test_of_those_who_saw_one_booking_one_moves_it(house: House, server: Server, size: int) -> None:
    async with playing(house, server) as play:
        slots = await play.slots(size + 1, 1)
        (pet,) = await play.pets(1)
        booking = (await play.book(slots[0], pet))["booking"]
        answers = await at_once(move(play, booking, slot) for slot in slots[1:])
        assert kinds(answers) == {"RescheduleBookingSuccess": 1, "VersionConflict": size - 1}
        assert [await play.taken(slot) for slot in slots].count(1) == 1


# holds


@sizes(4, 40)
async def test_a_hold_is_booked_or_runs_out(house: House, server: Server, size: int) -> None:
    """Whoever books at the very moment has a place, their own or another: never two, and never none that they paid."""
    ends: Counter[str] = Counter()
    async with playing(house, server) as play:
        for number in range(size):
            (slot,) = await play.slots(1, 1 + number % 2)
            (pet,) = await play.pets(1)
            held = key((await play.book(slot, pet, "holdSlot"))["booking"]["id"])
            calls = [play.expire(held), play.book(slot, pet), play.expire(held)]
            answer = (await at_once(calls))[1]
            assert answer["__typename"] in {"BookSlotSuccess", "SlotFull"}
            booked = answer["__typename"] == "BookSlotSuccess"
            assert await play.taken(slot) == booked
            end = (await row(house, "bookings", held))["status"]
            assert end == ("PENDING" if booked and key(answer["booking"]["id"]) == held else "EXPIRED")
            ends[end] += 1
    assert (await events(house)).count("BOOKING_EXPIRED") == ends["EXPIRED"]


# groups


async def group(play: Play, places: list[tuple[str, str]]) -> Json:
    return await play.ask("bookGroup", bookings=[{"slotId": slot, "subjectId": pet} for slot, pet in places])


@sizes(12, 80)
async def test_a_group_has_all_of_its_places_or_none(
    house: House, server: Server, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of ten places three groups of three have nine, and the last is nobody's."""
    async with playing(house, server) as play:
        (slot,) = await play.slots(1, 10)
        families = [await play.pets(3, await house.customer()) for _ in range(size)]
        with measured(capsys, f"{size} groups at once"):
            answers = await at_once(group(play, [(slot, pet) for pet in family]) for family in families)
        assert kinds(answers) == {"BookGroupSuccess": 3, "SlotFull": size - 3}
        assert await play.taken(slot) == 9
        made = "SELECT group_id, count(*) FROM bookings WHERE organization_id = $1 GROUP BY 1"
        groups = {key(answer["group"]["id"]): 3 for answer in answers if "group" in answer}
        assert {found[0]: found[1] for found in await house.all(made)} == groups


@sizes(Hotel(guests=12, nights=4, places=4), Hotel(guests=60, nights=6, places=10, rounds=20))
async def test_groups_over_several_slots(house: House, server: Server, size: Hotel) -> None:
    """Each names its slots in another order, and single people come between."""
    async with playing(house, server) as play:
        for seed in range(size.rounds):
            dice, slots = random.Random(seed), await play.slots(size.nights, size.places)
            families = [await play.pets(3, await house.customer()) for _ in range(size.guests)]
            wanted = [[(dice.choice(slots), pet) for pet in family] for family in families]
            singles = await play.pets(size.guests)
            answers = await at_once(
                [
                    *(group(play, places) for places in wanted),
                    *(play.book(dice.choice(slots), pet) for pet in singles),
                ]
            )
            heard = kinds(answers)
            assert heard.keys() <= {"BookGroupSuccess", "BookSlotSuccess", "SlotFull"}
            taken = sum([await play.taken(slot) for slot in slots])
            assert taken == 3 * heard["BookGroupSuccess"] + heard["BookSlotSuccess"]


async def test_a_move_to_where_one_is_changes_nothing_for_others(house: House, server: Server) -> None:
    """A full slot stays full while its own bookings are moved onto it: nobody takes the place in between."""
    async with playing(house, server) as play:
        slot, ids = await play.full_slot(3)
        bookings: list[Json] = [{"id": id, "version": 1} for id in ids]
        newcomers = [play.book(slot, pet) for pet in await play.pets(6)]
        answers = await at_once([*newcomers[:3], *(move(play, booking, slot) for booking in bookings), *newcomers[3:]])
        assert kinds(answers) == {"SlotFull": 6, "RescheduleBookingSuccess": 3}
