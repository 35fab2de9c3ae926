"""Changing standing bookings."""

from datetime import time, timedelta

import pytest

from tests.client import Json
from tests.factories.houses import House
from tests.invariants import all_hold
from tests.standing import BOOKED, CHANGED, DAILY, MISSED, SERIES, Standing, shortly
from tests.steps import errors, events, key, nothing_changes, row

# all


async def test_all_that_is_to_come_moves_to_another_time_of_the_day(house: House) -> None:
    """The bookings keep their numbers, whoever was called off alone stays so, and exceptions are days."""
    standing = await Standing.of(house, slots=5)
    await standing.create(rule=DAILY, exceptions=[standing.on(3).isoformat()])
    await standing.cancel_one(1)
    before = await standing.numbers()
    await standing.slots_at(time(15), 5)
    later = standing.on(0, time(15))
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", startsAt=later.isoformat())
    assert answer["missed"] == []
    assert shortly(answer) == {
        "version": 2,
        "status": "ACTIVE",
        "bookings": standing.times(0, 2, 4, moment=time(15)),
        "kept": [],
    }
    assert await standing.numbers() == before
    assert (await events(house))[6:] == ["SERIES_UPDATED", *["BOOKING_RESCHEDULED"] * 3]
    assert (await standing.ask("exceptions startsAt")) == {
        "exceptions": [standing.on(3, time(15)).isoformat()],
        "startsAt": later.isoformat(),
    }
    local = await house.all("SELECT local_at FROM occurrences WHERE organization_id = $1 ORDER BY local_at")
    assert [one["local_at"] for one in local] == [standing.on(day, time(15)) for day in (0, 1, 2, 4)]


async def test_the_past_never_changes(house: House) -> None:
    standing = await Standing.daily(house)
    await house.pool.execute(
        "UPDATE series SET starts_at_local = starts_at_local - interval '2 days' WHERE id = $1", standing.id
    )
    past = (await standing.bookings())[0]["id"]
    await house.pool.execute(
        "UPDATE bookings SET starts_at = starts_at - interval '9 days', ends_at = ends_at - interval '9 days' "
        "WHERE id = $1",
        past,
    )
    await house.pool.execute(
        "UPDATE occurrences SET starts_at = starts_at - interval '9 days', local_at = local_at - interval '9 days' "
        "WHERE booking_id = $1",
        past,
    )
    await standing.act("cancelSeries", SERIES, scope="ALL")
    assert [booking["status"] for booking in await standing.bookings()] == ["PENDING", *["CANCELLED"] * 4]


async def test_bookings_that_are_left_over_are_called_off_and_missing_ones_made(house: House) -> None:
    standing = await Standing.daily(house)
    await standing.slots_at(time(10), 9)
    rule = "FREQ=DAILY;INTERVAL=2;COUNT=5"
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", rule=rule)
    assert (answer["series"]["bookings"], answer["missed"]) == (standing.times(0, 2, 4, 6, 8), [])
    # the same times stay, the others move on to what is missing
    assert (await events(house))[6:] == ["SERIES_UPDATED", *["BOOKING_RESCHEDULED"] * 2]
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", rule="FREQ=DAILY;INTERVAL=4;COUNT=2")
    assert answer["series"]["bookings"] == standing.times(0, 4)
    assert [booking["status"] for booking in await standing.bookings()].count("CANCELLED") == 3
    # what a series calls off itself can be booked again
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", rule=rule)
    assert answer["series"]["bookings"] == standing.times(0, 2, 4, 6, 8)
    await all_hold(house)


async def test_what_cannot_be_moved_stays(house: House) -> None:
    """One finds its new slot full, another none: nothing is booked for them besides."""
    standing = await Standing.daily(house)
    standing.slots = await standing.slots_at(time(15), 4)
    await standing.fill(1)
    later = standing.on(0, time(15))
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", startsAt=later.isoformat())
    stay = [house.at(time(10)) + timedelta(days=day) for day in (1, 4)]
    assert [booking["startsAt"] for booking in answer["kept"]] == [at.isoformat() for at in stay]
    assert answer["missed"] == []
    assert len(answer["series"]["bookings"]["edges"]) == 5
    assert await standing.outcomes() == ["BOOKED"] * 5
    await all_hold(house)


async def test_a_resource_in_use_keeps_a_booking_where_it_was(house: House) -> None:
    standing = await Standing.daily(house)
    await standing.slots_at(time(15), 5)
    resource = await standing.resource()
    await standing.use(resource, 2, time(15))
    later = standing.on(0, time(15))
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", startsAt=later.isoformat())
    assert [booking["startsAt"] for booking in answer["kept"]] == [(house.at(time(10)) + timedelta(days=2)).isoformat()]
    await all_hold(house)


async def test_all_can_go_to_another_resource(house: House) -> None:
    """Whoever was moved alone stays where they were."""
    standing = await Standing.daily(house)
    elsewhere = await house.slot(standing.service, house.at(time(16)))
    await standing.move_one(0, elsewhere)
    barber = await house.resource("STAFF")
    theirs = await standing.slots_at(time(10), 4, resource_id=barber)
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", resourceId=house.gid("Resource", barber))
    assert [booking["slot_id"] for booking in await standing.bookings()] == [elsewhere, *theirs[1:], standing.slots[4]]
    assert len(answer["kept"]) == 1
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", resourceId=None)
    assert ((await row(house, "series", standing.id))["resource_id"], answer["kept"]) == (None, [])


async def test_rides_go_with_their_bookings(house: House) -> None:
    standing = await Standing.daily(house)
    await standing.slots_at(time(15), 5)
    ride = await house.transport(
        standing.customer_id,
        kind="TO_SITE",
        booking_id=(await standing.bookings())[0]["id"],
        subject_id=standing.pet,
        pickup_from=house.at(time(8)),
        pickup_until=house.at(time(9)),
    )
    await standing.act("updateSeries", SERIES, scope="ALL", startsAt=standing.on(0, time(15)).isoformat())
    rides = await house.all("SELECT * FROM transports WHERE organization_id = $1 ORDER BY created_at")
    assert [(one["id"] == ride, one["status"], one["pickup_from"]) for one in rides] == [
        (True, "CANCELLED", house.at(time(8))),
        (False, "PENDING", house.at(time(13))),
    ]


async def test_notes_are_for_bookings_to_come(house: House) -> None:
    standing = await Standing.daily(house)
    await standing.act("updateSeries", SERIES, scope="ALL", notes="Shy.", extras=[])
    assert (await row(house, "series", standing.id))["notes"] == "Shy."
    assert {booking["notes"] for booking in await standing.bookings()} == {None}


async def test_customers_cannot_move_what_costs_a_fee(house: House) -> None:
    standing = await Standing.daily(house, free_cancellation_notice_s=(2 * 24 + 10) * 3600)
    await standing.slots_at(time(15), 5)
    later = standing.on(0, time(15))
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", startsAt=later.isoformat())
    stay = [house.at(time(10)) + timedelta(days=day) for day in (0, 1)]
    assert [booking["startsAt"] for booking in answer["kept"]] == [at.isoformat() for at in stay]
    standing.client = house.client("STAFF")
    answer = await standing.act("updateSeries", CHANGED, scope="ALL", startsAt=standing.on(0).isoformat())
    assert (answer["series"]["bookings"], answer["kept"]) == (standing.times(0, 1, 2, 3, 4), [])


# one and the following


async def test_from_one_time_on_another_series_goes_on(house: House) -> None:
    standing = await Standing.daily(house)
    before, old = await standing.numbers(), standing.id
    await standing.slots_at(time(15), 5)
    answer = await standing.act(
        "updateSeries",
        CHANGED,
        scope="THIS_AND_FOLLOWING",
        **{"from": standing.on(2).isoformat()},
        startsAt=standing.on(2, time(15)).isoformat(),
    )
    assert (await standing.ask(f"version status endsBefore {BOOKED}")) == {
        "version": 2,
        "status": "ACTIVE",
        "endsBefore": standing.on(2).isoformat(),
        "bookings": standing.times(0, 1),
    }
    standing.id = key(answer["series"]["id"])
    assert standing.id != old
    assert shortly(answer) == {
        "version": 1,
        "status": "ACTIVE",
        "bookings": standing.times(2, 3, 4, moment=time(15)),
        "kept": [],
    }
    assert (answer["series"]["rule"], answer["missed"]) == ("FREQ=DAILY;COUNT=3", [])
    assert await standing.numbers() == before[2:]
    assert (await events(house))[6:] == ["SERIES_UPDATED", "SERIES_CREATED", *["BOOKING_RESCHEDULED"] * 3]
    work = await house.all("SELECT ref_id FROM due_work WHERE organization_id = $1 ORDER BY ref_id")
    assert [item["ref_id"] for item in work] == sorted([old, standing.id])


async def test_a_rule_changes_from_one_time_on(house: House) -> None:
    standing = await Standing.daily(house)
    await standing.slots_at(time(10), 6)
    from_ = {"from": standing.on(3).isoformat()}
    rule = "FREQ=DAILY;INTERVAL=2;COUNT=3"
    answer = await standing.act("updateSeries", CHANGED, scope="THIS_AND_FOLLOWING", **from_, rule=rule)
    assert (answer["series"]["bookings"], answer["kept"]) == (standing.times(3, 5), [])
    assert answer["missed"] == [{"localAt": standing.on(7).isoformat(), "outcome": "NO_SLOT", "booking": None}]


async def test_from_the_first_time_on_is_all(house: House) -> None:
    standing = await Standing.daily(house)
    from_ = {"from": standing.on(0).isoformat()}
    answer = await standing.act("updateSeries", CHANGED, scope="THIS_AND_FOLLOWING", **from_, rule="FREQ=DAILY;COUNT=2")
    assert (key(answer["series"]["id"]), answer["series"]["bookings"]) == (standing.id, standing.times(0, 1))


async def test_exceptions_extras_and_a_pause_go_along(house: House) -> None:
    standing = await Standing.of(house, slots=9)
    extras = [standing.on(1, time(10)).isoformat(), standing.on(7).isoformat()]
    await standing.create(rule=DAILY, exceptions=[standing.on(day).isoformat() for day in (0, 4)], extras=extras)
    await standing.act("pauseSeries", SERIES, **{"from": standing.on(3).date().isoformat()}, until=None)
    old = standing.id
    answer = await standing.act(
        "updateSeries", CHANGED, scope="THIS_AND_FOLLOWING", **{"from": standing.on(3).isoformat()}, notes="Shy."
    )
    standing.id = key(answer["series"]["id"])
    assert standing.id != old
    assert await standing.ask("status pausedFrom exceptions extras") == {
        "status": "PAUSED",
        "pausedFrom": standing.on(3).date().isoformat(),
        "exceptions": [standing.on(4).isoformat()],
        "extras": [standing.on(7).isoformat()],
    }
    answer = await standing.act("resumeSeries", f"{SERIES} {MISSED}")
    assert (answer["series"]["bookings"], answer["missed"]) == (standing.times(3, 7), [])


async def test_an_extra_time_after_the_last_of_the_rule_goes_on_alone(house: House) -> None:
    standing = await Standing.of(house, slots=8)
    await standing.create(rule="FREQ=DAILY;COUNT=2", extras=[standing.on(7).isoformat()])
    await standing.slots_at(time(15), 8)
    answer = await standing.act(
        "updateSeries",
        CHANGED,
        scope="THIS_AND_FOLLOWING",
        **{"from": standing.on(7).isoformat()},
        startsAt=standing.on(7, time(15)).isoformat(),
        extras=[],
    )
    assert answer["series"]["bookings"] == standing.times(7, moment=time(15))


@pytest.mark.parametrize(("scope", "day"), [("THIS_AND_FOLLOWING", None), ("THIS_AND_FOLLOWING", 7), ("ALL", 1)])
async def test_from_is_one_of_its_times(house: House, scope: str, day: int | None) -> None:
    standing = await Standing.daily(house)
    change = {"seriesId": house.gid("Series", standing.id), "version": 1, "scope": scope}
    if day is not None:
        change["from"] = standing.on(day).isoformat()
    async with nothing_changes(house):
        for verb in ("updateSeries", "cancelSeries"):
            assert await errors(standing.client, verb, change) == [("BAD_USER_INPUT", "from")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=DAILY;BYHOUR=8,9,10"}, "rule"),
        ({"rule": "FREQ=DAILY;UNTIL=20200101"}, "rule"),
        ({"startsAt": "1970-01-01T09:00:00"}, "startsAt"),
        ({"notes": "x" * 5_001}, "notes"),
    ],
)
async def test_a_change_must_make_sense(house: House, change: Json, field: str) -> None:
    standing = await Standing.daily(house)
    input = {"seriesId": house.gid("Series", standing.id), "version": 1, "scope": "ALL", **change}
    async with nothing_changes(house):
        assert await errors(standing.client, "updateSeries", input) == [("BAD_USER_INPUT", field)]


VERBS: list[tuple[str, Json]] = [
    ("updateSeries", {"scope": "ALL", "notes": "x"}),
    ("cancelSeries", {"scope": "ALL"}),
    ("pauseSeries", {"from": "2030-01-01"}),
    ("resumeSeries", {}),
]


@pytest.mark.parametrize(("verb", "input"), VERBS, ids=[verb for verb, _ in VERBS])
async def test_it_changes_from_the_version_that_was_seen_while_it_goes_on(house: House, verb: str, input: Json) -> None:
    standing = await Standing.of(house, slots=1)
    await standing.create(rule="FREQ=DAILY;COUNT=1")
    async with nothing_changes(house):
        assert await standing.act(verb, SERIES, version=7, **input) == {
            "__typename": "VersionConflict",
            "currentVersion": 1,
        }
    await standing.act("cancelSeries", SERIES, scope="ALL")
    async with nothing_changes(house):
        assert await standing.act(verb, SERIES, **input) == {
            "__typename": "InvalidTransition",
            "currentStatus": "ENDED",
        }
