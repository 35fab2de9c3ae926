"""The line for a full slot, while everybody pushes: whoever waits longest has the next place, and nobody has two."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from app.context import Server
from app.jobs.worker import Work
from app.services.bookings import offers
from tests.factories.houses import House
from tests.invariants import Watch, all_hold, lines_agree
from tests.races.crowd import at_once, crowd
from tests.races.play import Play, kinds, playing
from tests.sizes import measured, sizes
from tests.steps import events, eventually, key, somebody_waits


@dataclass(frozen=True)
class Line:
    places: int
    waiting: int
    leaving: int
    newcomers: int
    rounds: int = 1


@sizes(Line(5, 6, 3, 12), Line(10, 15, 8, 60, rounds=20))
async def test_whoever_waits_longest_has_the_place(
    house: House, server: Server, size: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    """However many try to book at the very moment, and however many places come free at once."""
    async with playing(house, server) as play:
        with measured(capsys, f"{size.newcomers} against a line of {size.waiting}") as figures:
            for _ in range(size.rounds):
                await push_in(play, size)
            figures.update(rounds=size.rounds, looks=play.watch.looks)


async def push_in(play: Play, size: Line) -> None:
    slot, bookings = await play.full_slot(size.places)
    line = await play.line(slot, size.waiting)
    newcomers = [play.book(slot, pet) for pet in await play.pets(size.newcomers)]
    leaving = [play.cancel(booking) for booking in bookings[: size.leaving]]
    half = size.newcomers // 2
    answers = await at_once([*newcomers[:half], *leaving, *newcomers[half:]])
    assert kinds(answers) == {"SlotFull": size.newcomers, "CancelBookingSuccess": size.leaving}
    assert await play.statuses(line) == ["OFFERED"] * size.leaving + ["WAITING"] * (size.waiting - size.leaving)
    assert await play.taken(slot) == size.places


@sizes(2, 20)
async def test_of_a_place_that_comes_free_nobody_is_left_waiting(house: House, server: Server, size: int) -> None:
    """Whoever joins at the very moment either hears of the place or has it held."""
    async with playing(house, server) as play:
        for _ in range(size):
            slot, (booking,) = await play.full_slot(1)
            pets = await play.pets(4)
            *joined, cancelled = await at_once([*(play.join(slot, pet) for pet in pets), play.cancel(booking)])
            assert cancelled["__typename"] == "CancelBookingSuccess"
            came = kinds(joined)
            assert came.keys() <= {"JoinWaitlistSuccess", "SlotAvailable"}
            waiting = came["JoinWaitlistSuccess"]
            entries = [answer["entry"]["id"] for answer in joined if "entry" in answer]
            assert sorted(await play.statuses(entries)) == ["OFFERED"] * min(waiting, 1) + ["WAITING"] * max(
                waiting - 1, 0
            )


@sizes(6, 40)
async def test_the_line_has_one_order_for_all_who_come_at_once(house: House, server: Server, size: int) -> None:
    async with playing(house, server) as play:
        slot, _ = await play.full_slot(1)
        pets = await play.pets(size)
        answers = await at_once(play.join(slot, pet) for pet in [*pets, *pets])
        assert kinds(answers) == {"JoinWaitlistSuccess": size, "AlreadyExists": size}
        positions = [answer["entry"]["position"] for answer in answers if "entry" in answer]
        assert sorted(positions) == list(range(1, size + 1))


@sizes(2, 12)
async def test_a_line_is_as_long_as_it_may_be(house: House, server: Server, size: int) -> None:
    async with playing(house, server) as play:
        slot, _ = await play.full_slot(1, waitlist_max=size)
        answers = await at_once(play.join(slot, pet) for pet in await play.pets(3 * size))
        assert kinds(answers) == {"JoinWaitlistSuccess": size, "WaitlistClosed": 2 * size}


@sizes(2, 40)
async def test_whoever_leaves_as_the_place_comes_does_not_keep_it(house: House, server: Server, size: int) -> None:
    """The offer finds the first in line, or the second: it never stays with somebody who is gone."""
    async with playing(house, server) as play:
        for _ in range(size):
            slot, (booking,) = await play.full_slot(1)
            first, second, third = await play.line(slot, 3)
            left, cancelled = await at_once([play.leave(first), play.cancel(booking)])
            assert (left["__typename"], left["entry"]["status"]) == ("LeaveWaitlistSuccess", "LEFT")
            assert cancelled["__typename"] == "CancelBookingSuccess"
            assert await play.statuses([first, second, third]) == ["LEFT", "OFFERED", "WAITING"]


@sizes(2, 40)
async def test_an_offer_has_one_end(house: House, server: Server, size: int) -> None:
    """Accepted, left or run out at the same instant: one of them, and the place is that of one."""
    ends: Counter[str] = Counter()
    async with playing(house, server) as play:
        for _ in range(size):
            slot, (booking,) = await play.full_slot(1)
            line = await play.line(slot, 2)
            await play.cancel(booking)
            held, pet = await play.held_for(line[0])
            *_, answer, left = await at_once(
                [play.expire(held), play.expire(held), play.book(slot, pet), play.leave(line[0])]
            )
            first, second = await play.statuses(line)
            ends[first] += 1
            assert second == ("WAITING" if first == "ACCEPTED" else "OFFERED")
            assert answer["__typename"] == ("BookSlotSuccess" if first == "ACCEPTED" else "SlotFull")
            assert left["__typename"] == ("LeaveWaitlistSuccess" if first == "LEFT" else "InvalidTransition")
            assert await play.taken(slot) == 1
    assert ends.keys() <= {"ACCEPTED", "EXPIRED", "LEFT"}


@sizes(2, 40)
async def test_an_offer_that_runs_out_leaves_its_subject_one_place(house: House, server: Server, size: int) -> None:
    """Whoever books as their offer runs out has a place, though there is another: not two, and nobody stands still."""
    async with playing(house, server) as play:
        for _ in range(size):
            slot, (booking, _) = await play.full_slot(2)
            (entry,) = await play.line(slot, 1)
            await play.cancel(booking)
            await play.resize(slot, 3)
            held, pet = await play.held_for(entry)
            *_, answer = await at_once([play.expire(held), play.expire(held), play.book(slot, pet)])
            assert answer["__typename"] in {"BookSlotSuccess", "SlotFull"}
            assert await play.taken(slot) == 2


async def test_who_leaves_after_the_offer_was_made_gives_it_back(house: House, server: Server) -> None:
    """Whoever leaves sees themselves waiting, while an offer is made that nobody else can see yet."""
    async with playing(house, server) as play:
        slot, (booking,) = await play.full_slot(1)
        line = await play.line(slot, 2)
        async with house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM event_heads WHERE organization_id = $1 FOR UPDATE", house.id)
            cancelling = asyncio.create_task(play.cancel(booking))
            await eventually(lambda: somebody_waits(house))
            leaving = asyncio.create_task(play.leave(line[0]))
            await eventually(lambda: somebody_waits(house, 2))
        await cancelling
        assert (await leaving)["entry"]["status"] == "LEFT"
        assert await play.statuses(line) == ["LEFT", "OFFERED"]
        assert await play.taken(slot) == 1


async def test_who_books_as_their_offer_runs_out_and_the_worker_do_not_wait_for_each_other(
    house: House, server: Server
) -> None:
    """The one has the slot and wants the entry; the other must not have the entry and want the slot."""
    async with playing(house, server) as play:
        slot, (booking, _) = await play.full_slot(2)
        (entry,) = await play.line(slot, 1)
        await play.cancel(booking)
        await play.resize(slot, 3)
        held, pet = await play.held_for(entry)
        late = "UPDATE bookings SET held_until = now() WHERE organization_id = $1 AND id = $2"
        await house.pool.execute(late, house.id, held)
        async with house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM slots WHERE organization_id = $1 FOR UPDATE", house.id)
            booking_it = asyncio.create_task(play.book(slot, pet))
            await eventually(lambda: somebody_waits(house))
            expiring = asyncio.create_task(play.expire(held))
            await eventually(lambda: somebody_waits(house, 2))
        assert (await booking_it)["__typename"] == "BookSlotSuccess"
        await expiring
        assert await play.statuses([entry]) == ["ACCEPTED"]
        assert await play.taken(slot) == 2


@sizes(Line(1, 5, 1, 4), Line(1, 30, 1, 10, rounds=5))
async def test_an_offer_goes_along_the_whole_line(house: House, server: Server, size: Line) -> None:
    """Each has it once, in order, whatever the others try; whoever comes after the last may book."""
    async with playing(house, server) as play:
        for _ in range(size.rounds):
            slot, (booking,) = await play.full_slot(1)
            line = await play.line(slot, size.waiting)
            newcomers = await play.pets(size.newcomers)
            await play.cancel(booking)
            for number, entry in enumerate(line):
                statuses = ["EXPIRED"] * number + ["OFFERED"] + ["WAITING"] * (size.waiting - number - 1)
                assert await play.statuses(line) == statuses
                held, _ = await play.held_for(entry)
                expiring = [play.expire(held) for _ in range(3)]
                answers = await at_once([*expiring, *(play.book(slot, pet) for pet in newcomers)])
                if number < size.waiting - 1:
                    assert kinds(answers[3:]) == {"SlotFull": size.newcomers}
            booked = kinds(answers[3:])["BookSlotSuccess"]
            assert await play.taken(slot) == booked <= 1
            assert await play.statuses(line) == ["EXPIRED"] * size.waiting
    offers = (await events(house)).count("WAITLIST_OFFERED")
    assert offers == size.waiting * size.rounds


@sizes(Line(2, 8, 2, 6), Line(5, 40, 5, 30, rounds=20))
async def test_more_places_are_those_of_the_line(house: House, server: Server, size: Line) -> None:
    """A slot grows while others cancel, join and try to book."""
    more = size.waiting // 2
    async with playing(house, server) as play:
        for _ in range(size.rounds):
            slot, bookings = await play.full_slot(size.places, waitlist_max=100)
            line = await play.line(slot, size.waiting)
            joining, newcomers = await play.pets(size.newcomers), await play.pets(size.newcomers)
            answers = await at_once(
                [
                    *(play.join(slot, pet) for pet in joining),
                    *(play.book(slot, pet) for pet in newcomers),
                    play.resize(slot, size.places + more),
                    *(play.cancel(booking) for booking in bookings),
                ]
            )
            assert kinds(answers) == {
                "JoinWaitlistSuccess": size.newcomers,
                "SlotFull": size.newcomers,
                "UpdateSlotSuccess": 1,
                "CancelBookingSuccess": size.places,
            }
            served = more + size.places
            assert await play.statuses(line) == ["OFFERED"] * served + ["WAITING"] * (size.waiting - served)


@sizes(2, 20)
async def test_the_place_of_whoever_moves_away_is_passed_on(house: House, server: Server, size: int) -> None:
    async with playing(house, server) as play:
        for _ in range(size):
            left, right = await play.slots(2, 3)
            booked = [(await play.book(left, pet))["booking"] for pet in await play.pets(3)]
            line, newcomers = await play.line(left, 4), await play.pets(6)
            moves = [
                play.ask("rescheduleBooking", bookingId=one["id"], version=one["version"], slotId=right)
                for one in booked
            ]
            answers = await at_once([*(play.book(left, pet) for pet in newcomers), *moves])
            assert kinds(answers) == {"SlotFull": 6, "RescheduleBookingSuccess": 3}
            assert await play.statuses(line) == ["OFFERED"] * 3 + ["WAITING"]


@sizes(Line(2, 4, 2, 10, rounds=3), Line(3, 10, 2, 40, rounds=25))
async def test_the_line_is_lively(house: House, server: Server, size: Line, capsys: pytest.CaptureFixture[str]) -> None:
    """Everybody books if they can, waits if they cannot, takes what is held for them, and gives it back."""
    async with playing(house, server) as play:
        slot, _ = await play.full_slot(size.places)
        pets = await play.pets(size.newcomers)
        heard: Counter[str] = Counter()

        async def come(number: int, pet: str) -> None:
            for turn in range(size.rounds):
                answer = await play.book(slot, pet)
                heard[answer["__typename"]] += 1
                if "booking" in answer:
                    if (number + turn) % 4:
                        heard[(await play.cancel(answer["booking"]["id"]))["__typename"]] += 1
                    continue
                joined = await play.join(slot, pet)
                heard[joined["__typename"]] += 1
                if "entry" in joined and (number + turn) % 3 == 0:
                    heard[(await play.leave(joined["entry"]["id"]))["__typename"]] += 1

        with measured(capsys, f"{size.newcomers} in and out of a line") as figures:
            await at_once(come(number, pet) for number, pet in enumerate(pets))
            figures.update(heard)
        assert heard.keys() <= {
            "BookSlotSuccess",
            "SlotFull",
            "CancelBookingSuccess",
            "JoinWaitlistSuccess",
            "SlotAvailable",
            "AlreadyExists",
            "LeaveWaitlistSuccess",
            "InvalidTransition",
        }
        assert await lines_agree(house)


async def test_a_long_line_is_served_bit_by_bit(
    house: House, server: Server, worker: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction has so many events and no more: a worker goes on where it ends."""
    monkeypatch.setattr(offers, "OFFERS_MAX", 2)
    async with crowd(house.client("OWNER")) as client:
        play = Play(house, server, client, Watch())
        slot, _ = await play.full_slot(1)
        line = await play.line(slot, 5)
        assert (await play.resize(slot, 6))["__typename"] == "UpdateSlotSuccess"

        async def all_have_it() -> bool:
            return await play.statuses(line) == ["OFFERED"] * 5

        await eventually(all_have_it)
    await all_hold(house)


async def test_a_booking_of_what_is_not_offered_any_more_can_be_called_off(house: House, server: Server) -> None:
    """Its place is nobody's, though somebody waits for it."""
    async with playing(house, server) as play:
        slot, (booking, other) = await play.full_slot(2)
        await play.cancel(other)
        (pet,) = await play.pets(1)
        held = key((await play.book(slot, pet, "holdSlot"))["booking"]["id"])
        line = await play.line(slot, 1)
        await house.pool.execute("UPDATE services SET active = false WHERE organization_id = $1", house.id)
        assert (await play.cancel(booking))["__typename"] == "CancelBookingSuccess"
        await play.expire(held)
        assert await play.statuses(line) == ["WAITING"]
        assert await play.taken(slot) == 0


@sizes(3, 40)
async def test_whoever_waits_for_a_bay_has_it_when_it_comes_free(
    house: House, server: Server, worker: Work, size: int
) -> None:
    """The bay is given back by a booking of another slot, at the very moment when somebody begins to wait for it."""
    # nobody watches: a job makes such offers, so there are instants with a place and somebody who waits for it
    async with crowd(house.client("OWNER")) as client:
        play = Play(house, server, client, Watch())
        for _ in range(size):
            bay, slots = await house.resource(), [(await play.slots(1, 1))[0] for _ in range(2)]
            for slot in slots:
                service = "SELECT service_id FROM slots WHERE organization_id = $1 AND id = $2"
                await house.requirement(await house.value(service, key(slot)), resource_id=bay)
            first, second = await play.pets(2)
            booking = (await play.book(slots[0], first))["booking"]["id"]
            joined, cancelled = await at_once([play.join(slots[1], second), play.cancel(booking)])
            assert cancelled["__typename"] == "CancelBookingSuccess"
            if joined["__typename"] == "SlotAvailable":
                continue
            entry = joined["entry"]["id"]
            await eventually(lambda entry=entry: offered(play, entry))  # type: ignore[misc]
    await all_hold(house)


async def offered(play: Play, entry: str) -> bool:
    return await play.statuses([entry]) == ["OFFERED"]
