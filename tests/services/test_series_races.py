"""Standing bookings that many touch at once."""

import asyncio
from datetime import time

from app.jobs.worker import Work
from tests.factories.houses import House
from tests.invariants import all_hold, capacity_adds_up
from tests.races.crowd import at_once, crowd
from tests.standing import BOOKED, DAILY, MISSED, SERIES, Standing
from tests.steps import events, key

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def test_the_job_and_a_person_book_nothing_twice(house: House, worker: Work) -> None:
    standing = await Standing.daily(house, capacity=1)
    await standing.act("pauseSeries", SERIES, **{"from": house.day.isoformat()})
    for _ in range(3):
        waiting = house.value("SELECT id FROM due_work WHERE organization_id = $1 AND kind = 'EXTEND_SERIES'")
        assert await waiting
        await asyncio.gather(
            standing.next_day(), *(standing.act("resumeSeries", f"{SERIES} {MISSED}") for _ in range(3))
        )
        await standing.next_day()
        assert (await standing.ask(BOOKED))["bookings"] == standing.times(0, 1, 2, 3, 4)
        await standing.act("pauseSeries", SERIES, **{"from": house.day.isoformat()})
    await all_hold(house)


async def test_a_request_that_comes_twice_makes_one_series(house: House) -> None:
    standing = await Standing.of(house, slots=3, capacity=1)
    call = (
        "mutation Act($input: CreateSeriesInput!) { createSeries(input: $input) "
        "{ ... on CreateSeriesSuccess { series { id } missed { localAt } } } }"
    )
    input = {"input": standing.wanted | {"rule": "FREQ=DAILY;COUNT=4"}}
    answers = await asyncio.gather(*(standing.client.run(call, input, idempotency_key="once") for _ in range(3)))
    assert answers == [answers[0]] * 3
    assert answers[0]["createSeries"]["missed"] == [{"localAt": standing.on(3).isoformat()}]
    assert await events(house) == ["SERIES_CREATED", *["BOOKING_CREATED"] * 3]


async def test_a_repeated_answer_leaves_out_what_is_gone(house: House) -> None:
    standing = await Standing.of(house, slots=3)
    wanted = standing.wanted | {"rule": "FREQ=DAILY;COUNT=4"}
    selection = "... on CreateSeriesSuccess { series { id } missed { localAt } }"
    made = await standing.client.act("createSeries", wanted, selection, idempotency_key="once")
    assert made["missed"] == [{"localAt": standing.on(3).isoformat()}]
    standing.id = key(made["series"]["id"])
    await standing.act("cancelSeries", "series { id }", scope="ALL")
    again = await standing.client.act("createSeries", wanted, selection, idempotency_key="once")
    assert (again["series"], again["missed"]) == (made["series"], [])


async def test_series_that_want_the_same_share_it(house: House) -> None:
    """Each place goes to one of them, and each of them hears what it did not get."""
    standing = await Standing.of(house, slots=5, capacity=2)
    pets = [house.gid("Pet", await house.pet(standing.customer_id)) for _ in range(5)]
    deadlocks = await house.pool.fetchval(DEADLOCKS)
    async with crowd(standing.client) as standing.client:
        answers = await at_once(standing.create(rule=DAILY, subjectId=pet) for pet in pets)
    missed = [one["outcome"] for answer in answers for one in answer["missed"]]
    assert missed == ["SLOT_FULL"] * 15
    assert sum(len(answer["series"]["bookings"]["edges"]) for answer in answers) == 10
    assert set((await capacity_adds_up(house)).values()) == {2}
    assert await house.pool.fetchval(DEADLOCKS) == deadlocks


async def test_changing_all_while_people_change_one(house: House) -> None:
    """Whoever comes first is right, and every place that is taken is a booking's."""
    standing = await Standing.daily(house, capacity=1)
    await standing.slots_at(time(15), 5, capacity=1)
    free = house.gid("Slot", await house.slot(standing.service, house.at(time(20))))
    found = [house.gid("Booking", booking["id"]) for booking in await standing.bookings()]
    moved = {"bookingId": found[0], "version": 1, "slotId": free}
    async with crowd(standing.client) as standing.client:
        await at_once(
            [
                standing.act("updateSeries", SERIES, scope="ALL", startsAt=standing.on(0, time(15)).isoformat()),
                standing.client.act("rescheduleBooking", moved, ""),
                *(standing.client.act("cancelBooking", {"bookingId": id}, "") for id in found[1:3]),
            ]
        )
    assert [booking["status"] for booking in await standing.bookings()] == [
        "PENDING",
        *["CANCELLED"] * 2,
        *["PENDING"] * 2,
    ]
    assert sum((await capacity_adds_up(house)).values()) == 3
    await all_hold(house)
