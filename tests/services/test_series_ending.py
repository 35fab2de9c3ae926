"""Ending and pausing standing bookings."""

from datetime import time, timedelta
from typing import Any

import pytest

from app import clock
from app.jobs.worker import Work
from tests.factories.houses import House
from tests.invariants import all_hold
from tests.standing import BOOKED, CALLED_OFF, DAILY, MISSED, SERIES, Standing, shortly
from tests.steps import errors, events, eventually, nothing_changes

PAST = (clock.now() - timedelta(days=3)).date()


# ending


async def test_it_ends_now(house: House) -> None:
    standing = await Standing.daily(house)
    answer = await standing.act("cancelSeries", CALLED_OFF, scope="ALL", reason=" Moving. ")
    assert (answer["series"]["status"], answer["series"]["bookings"], answer["kept"]) == ("ENDED", {"edges": []}, [])
    assert [(booking["status"], booking["reason"]) for booking in answer["cancelled"]] == [("CANCELLED", "Moving.")] * 5
    assert (await events(house))[6:] == [*["BOOKING_CANCELLED"] * 5, "SERIES_ENDED"]
    await all_hold(house)


async def test_it_ends_with_one_of_its_times(house: House, worker: Work) -> None:
    standing = await Standing.daily(house)
    from_ = {"from": standing.on(2).isoformat()}
    answer = await standing.act("cancelSeries", CALLED_OFF, scope="THIS_AND_FOLLOWING", **from_)
    assert shortly(answer) == {"version": 2, "status": "ACTIVE", "bookings": standing.times(0, 1), "kept": []}
    assert len(answer["cancelled"]) == 3
    await standing.next_day()
    assert (await standing.ask(BOOKED))["bookings"] == standing.times(0, 1)
    from_ = {"from": standing.on(0).isoformat()}
    answer = await standing.act("cancelSeries", CALLED_OFF, scope="THIS_AND_FOLLOWING", **from_)
    assert (answer["series"]["status"], len(answer["cancelled"])) == ("ENDED", 2)


async def test_what_was_missed_is_not_tried_after_the_end(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=5)
    await standing.fill(3)
    await standing.create(rule=DAILY)
    await standing.act("cancelSeries", SERIES, scope="THIS_AND_FOLLOWING", **{"from": standing.on(2).isoformat()})
    assert (await standing.ask("occurrences(filter: {missed: true}) { totalCount }"))["occurrences"]["totalCount"] == 0


async def test_customers_keep_what_is_too_late_and_pay_what_is_late(house: House) -> None:
    """Of five days, one cannot be called off any more, two cost a fee and two do not."""
    standing = await Standing.daily(
        house,
        confirmation="AUTOMATIC",
        cancellation_notice_s=(24 + 10) * 3600,
        free_cancellation_notice_s=(3 * 24 + 10) * 3600,
        cancellation_fee_minor=1000,
    )
    answer = await standing.act("cancelSeries", CALLED_OFF, scope="ALL")
    assert [booking["startsAt"] for booking in answer["kept"]] == [house.at(time(10)).isoformat()]
    assert (answer["series"]["status"], len(answer["cancelled"])) == ("ENDED", 4)
    charges = await house.all("SELECT amount_minor FROM booking_charges WHERE organization_id = $1")
    assert [charge["amount_minor"] for charge in charges] == [1000, 1000]
    # it is a booking like any other
    assert [booking["status"] for booking in await standing.bookings()] == ["CONFIRMED", *["CANCELLED"] * 4]


@pytest.mark.soak
async def test_a_long_series_ends_however_many_wait_for_its_places(house: House, worker: Work) -> None:
    """Twice a day for three months, each with a fee: the first lines are served at once, the others by jobs."""
    late: dict[str, Any] = {"free_cancellation_notice_s": 366 * 24 * 3600, "cancellation_fee_minor": 100}
    standing = await Standing.of(house, slots=90, capacity=1, confirmation="AUTOMATIC", **late)
    await standing.slots_at(time(15), 90, capacity=1)
    await standing.create(rule="FREQ=DAILY;BYHOUR=10,15")
    other = await house.customer()
    pet = await house.pet(other)
    for booking in await standing.bookings():
        await house.waitlist_entry(other, pet, booking["slot_id"])
    ended = await standing.act("cancelSeries", "series { status } cancelled { status }", scope="ALL")
    assert (ended["series"], len(ended["cancelled"])) == ({"status": "ENDED"}, 180)
    offered = "SELECT count(*) FROM waitlist_entries WHERE organization_id = $1 AND status = 'OFFERED'"

    async def all_served() -> bool:
        return bool(await house.value(offered) == 180)

    await eventually(all_served)


# pausing


async def test_a_pause_calls_off_and_is_made_up_for(house: House) -> None:
    """Whoever was called off alone stays so."""
    standing = await Standing.daily(house)
    await standing.cancel_one(1)
    days = {"from": standing.on(1).date().isoformat(), "until": standing.on(3).date().isoformat()}
    answer = await standing.act("pauseSeries", CALLED_OFF, **days)
    assert shortly(answer) == {"version": 2, "status": "PAUSED", "bookings": standing.times(0, 4), "kept": []}
    assert [booking["startsAt"] for booking in answer["cancelled"]] == [
        edge["node"]["startsAt"] for edge in standing.times(2, 3)["edges"]
    ]
    answer = await standing.act("resumeSeries", f"{SERIES} {MISSED}")
    assert (answer["series"]["status"], answer["series"]["bookings"]) == ("ACTIVE", standing.times(0, 2, 3, 4))
    assert (await events(house))[7:] == [
        "SERIES_PAUSED",
        *["BOOKING_CANCELLED"] * 2,
        "SERIES_RESUMED",
        *["BOOKING_CREATED"] * 2,
    ]
    await all_hold(house)


async def test_nothing_is_booked_during_a_pause(house: House, worker: Work) -> None:
    standing = await Standing.daily(house)
    days = {"from": standing.on(1).date().isoformat(), "until": standing.on(3).date().isoformat()}
    await standing.act("pauseSeries", SERIES, **days)
    before = await events(house)
    await standing.next_day()
    assert (await events(house), (await standing.ask("status"))["status"]) == (before, "PAUSED")


async def test_what_takes_its_place_cannot_be_had_again(house: House) -> None:
    standing = await Standing.daily(house)
    days = {"from": standing.on(1).date().isoformat(), "until": standing.on(1).date().isoformat()}
    await standing.act("pauseSeries", SERIES, **days)
    await standing.fill(1)
    answer = await standing.act("resumeSeries", f"{SERIES} {MISSED}")
    assert [(one["localAt"], one["outcome"]) for one in answer["missed"]] == [(standing.on(1).isoformat(), "SLOT_FULL")]


async def test_a_booking_that_was_moved_into_a_pause_is_called_off_and_one_out_of_it_is_not(
    house: House, worker: Work
) -> None:
    standing = await Standing.daily(house)
    await standing.move_one(0, await house.slot(standing.service, house.at(time(16)) + timedelta(days=2)))
    await standing.move_one(2, await house.slot(standing.service, house.at(time(16)) + timedelta(days=6)))
    days = {"from": standing.on(2).date().isoformat(), "until": standing.on(3).date().isoformat()}
    await standing.act("pauseSeries", SERIES, **days)
    await standing.next_day()
    assert [booking["status"] for booking in await standing.bookings()] == [
        "CANCELLED",
        "PENDING",
        "PENDING",
        "CANCELLED",
        "PENDING",
    ]


async def test_a_pause_ends_by_itself(house: House, worker: Work) -> None:
    standing = await Standing.daily(house)
    days = {"from": standing.on(1).date().isoformat(), "until": standing.on(3).date().isoformat()}
    await standing.act("pauseSeries", SERIES, **days)
    await house.pool.execute("UPDATE series SET paused_from = $2, paused_until = $2 WHERE id = $1", standing.id, PAST)
    await standing.next_day()
    assert (await standing.ask(f"status pausedFrom {BOOKED}")) == {
        "status": "ACTIVE",
        "pausedFrom": None,
        "bookings": standing.times(0, 1, 2, 3, 4),
    }
    assert (await events(house))[-4:] == ["SERIES_RESUMED", *["BOOKING_CREATED"] * 3, "SERIES_EXTENDED"][-4:]


async def test_a_pause_ends_after_it_begins_and_not_in_the_past(house: House) -> None:
    standing = await Standing.daily(house)
    named = {"seriesId": house.gid("Series", standing.id), "version": 1}
    backwards = {"from": standing.on(3).date().isoformat(), "until": standing.on(2).date().isoformat()}
    over = {"from": PAST.isoformat(), "until": PAST.isoformat()}
    async with nothing_changes(house):
        for days in (backwards, over):
            assert await errors(standing.client, "pauseSeries", named | days) == [("BAD_USER_INPUT", "until")]


async def test_customers_keep_what_is_too_late_for_a_pause(house: House) -> None:
    standing = await Standing.daily(house, cancellation_notice_s=(24 + 10) * 3600)
    answer = await standing.act("pauseSeries", CALLED_OFF, **{"from": house.day.isoformat()})
    assert [booking["startsAt"] for booking in answer["kept"]] == [house.at(time(10)).isoformat()]
    assert len(answer["cancelled"]) == 4
    answer = await standing.act("resumeSeries", f"{SERIES} {MISSED}")
    assert answer["series"]["bookings"] == standing.times(0, 1, 2, 3, 4)
