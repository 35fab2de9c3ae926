"""Making standing bookings, and how they go on by themselves."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app import clock
from app.context import Server
from app.db import Database
from app.jobs.worker import Work
from app.services import series
from app.uow import Silence, unit_of_work
from tests.client import Json
from tests.factories.houses import House
from tests.invariants import all_hold
from tests.standing import BOOKED, Standing
from tests.statements import counting
from tests.steps import errors, events, nothing_changes, row


async def test_it_is_booked_ahead_at_once(house: House) -> None:
    standing = await Standing.of(house, slots=3)
    answer = await standing.create(rule="FREQ=DAILY;COUNT=3", notes=" Shy. ")
    assert answer == {
        "__typename": "CreateSeriesSuccess",
        "series": {
            "version": 1,
            "status": "ACTIVE",
            "rule": "FREQ=DAILY;COUNT=3",
            "timeZone": "Asia/Tbilisi",
            "startsAt": standing.on(0).isoformat(),
            "bookedUntil": (house.day + timedelta(days=89)).isoformat(),
            "notes": "Shy.",
            "bookings": standing.times(0, 1, 2),
        },
        "missed": [],
    }
    assert await events(house) == ["SERIES_CREATED", *["BOOKING_CREATED"] * 3]
    found = await house.all("SELECT DISTINCT notes, series_id FROM bookings WHERE organization_id = $1")
    assert [tuple(booking) for booking in found] == [("Shy.", standing.id)]
    work = await house.all("SELECT kind, ref_id, run_at FROM due_work WHERE organization_id = $1")
    assert [tuple(item) for item in work] == [("EXTEND_SERIES", standing.id, house.at(time(0, 5)))]
    await all_hold(house)


async def test_who_confirms_a_booking_is_the_services_matter(house: House) -> None:
    standing = await Standing.of(house, slots=1, confirmation="AUTOMATIC")
    await standing.create(rule="FREQ=DAILY;COUNT=1")
    assert [booking["status"] for booking in await standing.bookings()] == ["CONFIRMED"]


async def test_what_cannot_be_booked_is_told(house: House) -> None:
    """Full, not offered, with a resource in use: the rest is booked."""
    standing = await Standing.of(house, slots=5)
    await standing.fill(1)
    await house.pool.execute("UPDATE slots SET status = 'CLOSED' WHERE id = $1", standing.slots[2])
    await standing.use(await standing.resource(), 3)
    answer = await standing.create(rule="FREQ=DAILY;COUNT=6")
    assert answer["series"]["bookings"] == standing.times(0, 4)
    assert [(one["localAt"], one["outcome"], one["booking"]) for one in answer["missed"]] == [
        (standing.on(1).isoformat(), "SLOT_FULL", None),
        (standing.on(2).isoformat(), "NO_SLOT", None),
        (standing.on(3).isoformat(), "NO_RESOURCE", None),
        (standing.on(5).isoformat(), "NO_SLOT", None),
    ]
    await all_hold(house)
    found = await standing.ask("occurrences(filter: {missed: true}) { totalCount } ")
    assert found["occurrences"]["totalCount"] == 4


async def test_exceptions_are_left_out_and_extras_come_besides(house: House) -> None:
    standing = await Standing.of(house, slots=7)
    answer = await standing.create(
        rule="FREQ=DAILY;COUNT=3",
        exceptions=[standing.on(1).isoformat(), standing.on(5).isoformat()],
        extras=[standing.on(5).isoformat(), standing.on(6).isoformat()],
    )
    assert (answer["series"]["bookings"], answer["missed"]) == (standing.times(0, 2, 6), [])
    lists = await standing.ask("exceptions extras")
    assert lists == {
        "exceptions": [standing.on(1).isoformat(), standing.on(5).isoformat()],
        "extras": [standing.on(5).isoformat(), standing.on(6).isoformat()],
    }


async def test_the_slot_with_most_places_is_taken(house: House) -> None:
    standing = await Standing.of(house, slots=1)
    wide = await house.slot(standing.service, house.at(time(10)), capacity=12)
    await house.slot(standing.service, house.at(time(10)), capacity=3)
    await standing.create(rule="FREQ=DAILY;COUNT=1")
    assert [booking["slot_id"] for booking in await standing.bookings()] == [wide]


async def test_a_resource_that_is_wanted_renders_all_of_it(house: House) -> None:
    standing = await Standing.of(house, slots=3)
    barber = await house.resource("STAFF")
    theirs = [
        await house.slot(standing.service, house.at(time(10)) + timedelta(days=n), 1, resource_id=barber)
        for n in (0, 2)
    ]
    answer = await standing.create(rule="FREQ=DAILY;COUNT=3", resourceId=house.gid("Resource", barber))
    assert [booking["slot_id"] for booking in await standing.bookings()] == theirs
    assert [one["outcome"] for one in answer["missed"]] == ["NO_SLOT"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=DAILY;BYHOUR=8,9,10"}, "rule"),
        ({"rule": "FREQ=DAILY;UNTIL=20200101"}, "rule"),
        ({"startsAt": "1970-01-01T09:00:00"}, "startsAt"),
        ({"notes": "x" * 5_001}, "notes"),
        ({"extras": [f"2030-01-01T{n // 60:02}:{n % 60:02}:00" for n in range(367)]}, "extras"),
        ({"exceptions": [f"2030-01-01T{n // 60:02}:{n % 60:02}:00" for n in range(367)]}, "exceptions"),
    ],
)
async def test_a_series_must_make_sense(house: House, change: Json, field: str) -> None:
    standing = await Standing.of(house, slots=1)
    async with nothing_changes(house):
        wanted = standing.wanted | {"rule": "FREQ=DAILY"} | change
        assert await errors(standing.client, "createSeries", wanted) == [("BAD_USER_INPUT", field)]


async def test_times_are_on_the_wall(house: House) -> None:
    standing = await Standing.of(house, slots=0)
    for wrong in ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00.5", "nine", "9999-01-01T09:00:00"):
        wanted = standing.wanted | {"rule": "FREQ=DAILY", "startsAt": wrong}
        assert await errors(standing.client, "createSeries", wanted) == [("BAD_USER_INPUT", None)]


async def test_nights_are_not_booked_again_and_again(house: House) -> None:
    standing = await Standing.of(house, slots=0, kind="STAY")
    wanted = standing.wanted | {"rule": "FREQ=DAILY"}
    assert await errors(standing.client, "createSeries", wanted) == [("BAD_USER_INPUT", "serviceId")]


async def test_a_service_that_is_not_offered_is_not_booked(house: House) -> None:
    standing = await Standing.of(house, slots=1, active=False)
    async with nothing_changes(house):
        assert (await standing.create())["__typename"] == "SlotClosed"


# policy


async def test_it_does_not_wait_until_its_service_opens(house: House) -> None:
    standing = await Standing.of(house, slots=3, opens_before_s=3600)
    assert (await standing.create(rule="FREQ=DAILY;COUNT=3"))["series"]["bookings"] == standing.times(0, 1, 2)


async def test_what_has_closed_for_booking_is_not_booked(house: House) -> None:
    standing = await Standing.of(house, slots=4, notice_s=(3 * 24 + 10) * 3600)
    answer = await standing.create(rule="FREQ=DAILY;COUNT=4")
    assert answer["series"]["bookings"] == standing.times(3)
    assert [one["outcome"] for one in answer["missed"]] == ["NOT_ALLOWED"] * 3
    other = await Standing.of(house, slots=1, notice_s=(3 * 24 + 10) * 3600, role="STAFF")
    assert (await other.create(rule="FREQ=DAILY;COUNT=1"))["series"]["bookings"] == other.times(0)


@pytest.mark.parametrize("role", ["CUSTOMER", "STAFF"])
async def test_a_customer_gets_no_more_places_than_one_may_have(house: House, role: str) -> None:
    """Whoever makes it: the job that books further ahead is nobody's hand."""
    standing = await Standing.of(house, slots=3, role=role, customer_places_max=1)
    await house.booking(standing.customer_id, standing.pet, standing.slots[1])
    answer = await standing.create(rule="FREQ=DAILY;COUNT=3")
    assert answer["series"]["bookings"] == standing.times(0, 2)
    assert [one["outcome"] for one in answer["missed"]] == ["NOT_ALLOWED"]


# the clocks


async def test_nine_stays_nine_when_the_clocks_change(house: House, database: Database) -> None:
    """A year ahead has both changes, whenever it begins."""
    berlin = ZoneInfo("Europe/Berlin")
    await house.pool.execute("UPDATE organizations SET time_zone = 'Europe/Berlin' WHERE id = $1", house.id)
    standing = await Standing.of(house, slots=0)
    first = datetime.combine(house.day + timedelta(days=1), time(9))
    mornings = [first + timedelta(weeks=week) for week in range(52)]
    for morning in mornings:
        await house.slot(standing.service, morning.replace(tzinfo=berlin).astimezone(UTC), capacity=1)
    async with unit_of_work(database, standing.customer.viewer, Silence()) as uow:
        made, missed = await series.create_series(
            uow, standing.pet, standing.service, "FREQ=WEEKLY;COUNT=52", first, horizon_days=366
        )
    assert missed == []
    found = await house.all("SELECT starts_at FROM bookings WHERE organization_id = $1 ORDER BY starts_at")
    times = [booking["starts_at"].astimezone(berlin) for booking in found]
    assert [at.replace(tzinfo=None) for at in times] == mornings
    assert {at.utcoffset() for at in times} == {timedelta(hours=1), timedelta(hours=2)}
    assert made.time_zone == "Europe/Berlin"


# from day to day


async def test_it_is_booked_further_as_time_goes_on(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=0)
    await standing.create(rule="FREQ=WEEKLY;COUNT=20")
    assert len(await standing.outcomes()) == 13
    await house.pool.execute(
        "DELETE FROM occurrences WHERE organization_id = $1 AND starts_at > $2",
        house.id,
        clock.now() + timedelta(days=80),
    )
    standing.slots = [await house.slot(standing.service, house.at(time(10)) + timedelta(weeks=12))]
    await standing.next_day()
    assert await events(house) == ["SERIES_CREATED", "BOOKING_CREATED", "SERIES_EXTENDED"]
    payload = await house.value("SELECT payload FROM events WHERE organization_id = $1 AND type = 'SERIES_EXTENDED'")
    assert payload == '{"booked": 1, "missed": 0}'
    assert [booking["slot_id"] for booking in await standing.bookings()] == standing.slots


async def test_nothing_new_is_not_told(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=2)
    await standing.create(rule="FREQ=DAILY;COUNT=3")
    before = await events(house)
    await standing.next_day()
    assert await events(house) == before
    work = await house.all("SELECT kind, run_at FROM due_work WHERE organization_id = $1")
    assert [tuple(item) for item in work] == [("EXTEND_SERIES", house.at(time(0, 5)))]


async def test_what_was_missed_is_tried_again(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=3)
    other = await standing.fill(1)
    await standing.create(rule="FREQ=DAILY;COUNT=3")
    await house.client("STAFF").act(
        "cancelBooking",
        {"bookingId": house.gid("Booking", other)},
        "... on CancelBookingSuccess { booking { status } }",
    )
    await standing.next_day()
    assert (await standing.ask(BOOKED))["bookings"] == standing.times(0, 1, 2)
    assert await standing.outcomes() == ["BOOKED"] * 3
    await all_hold(house)


async def test_a_time_that_was_called_off_alone_is_not_booked_again(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=3)
    await standing.create(rule="FREQ=DAILY;COUNT=3")
    await standing.cancel_one(1)
    await standing.next_day()
    assert (await standing.ask(BOOKED))["bookings"] == standing.times(0, 2)
    assert [booking["status"] for booking in await standing.bookings()] == ["PENDING", "CANCELLED", "PENDING"]
    assert {booking["series_id"] for booking in await standing.bookings()} == {standing.id}


async def test_a_time_that_was_moved_alone_is_not_booked_again(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=3)
    await standing.create(rule="FREQ=DAILY;COUNT=3")
    elsewhere = await house.slot(standing.service, house.at(time(16)))
    await standing.move_one(0, elsewhere)
    await standing.next_day()
    assert [booking["slot_id"] for booking in await standing.bookings()] == [elsewhere, *standing.slots[1:]]


async def test_it_ends_when_its_last_time_has_passed(house: House, worker: Work) -> None:
    standing = await Standing.of(house, slots=1)
    await standing.create(rule="FREQ=DAILY;COUNT=1")
    await house.pool.execute(
        "UPDATE series SET starts_at_local = starts_at_local - interval '9 days' WHERE id = $1", standing.id
    )
    await standing.next_day()
    assert (await row(house, "series", standing.id))["status"] == "ENDED"
    assert (await events(house))[-1] == "SERIES_ENDED"
    assert await house.all("SELECT FROM due_work WHERE organization_id = $1") == []


# who sees what


async def test_other_peoples_series_are_not_found(house: House) -> None:
    standing = await Standing.of(house, slots=1)
    await standing.create(rule="FREQ=DAILY;COUNT=1")
    another = await house.person(house.people["CUSTOMER"].viewer.role)  # type: ignore[arg-type]
    id, from_ = house.gid("Series", standing.id), house.day.isoformat()
    inputs: list[tuple[str, Json]] = [
        ("updateSeries", {"scope": "ALL", "notes": "x"}),
        ("cancelSeries", {"scope": "ALL"}),
        ("pauseSeries", {"from": from_}),
        ("resumeSeries", {}),
    ]
    async with nothing_changes(house):
        for verb, input in inputs:
            found = await errors(another.client, verb, {"seriesId": id, "version": 1, **input})
            assert found == [("NOT_FOUND", None)], verb
    assert await another.client.run("{ series { edges { node { id } } } }") == {"series": {"edges": []}}


LIST = """query List($first: Int) { series(first: $first) { edges { node { startsAt
  customer { name } subject { name } service { name } resource { name }
  bookings(first: 2) { edges { node { startsAt } } }
  occurrences(first: 2) { edges { node { localAt booking { number } } } }
} } } }"""


async def test_a_list_costs_the_same_however_long_it_is(house: House, server: Server) -> None:
    standing = await Standing.of(house, slots=3)
    for _ in range(3):
        await standing.create(rule="FREQ=DAILY;COUNT=3")
    counts: list[Any] = []
    for first in (1, 3):
        with counting(server) as statements:
            found = (await house.client("STAFF").run(LIST, {"first": first}))["series"]["edges"]
        assert len(found) == first
        counts.append((len(statements.setup), len(statements.data)))
    assert counts == [(1, 7), (1, 7)]


async def test_lists_are_filtered(house: House) -> None:
    standing = await Standing.of(house, slots=3)
    made: list[UUID] = []
    for _ in range(2):
        await standing.create(rule="FREQ=DAILY;COUNT=3")
        made.append(standing.id)
    await standing.act("cancelSeries", "series { status }", scope="ALL")
    ask = "query Ask($filter: SeriesFilter) { series(filter: $filter) { edges { node { id } } } }"
    for filter, ids in (
        ({"status": ["ENDED"]}, made[1:]),
        ({"status": ["ACTIVE"]}, made[:1]),
        ({"subjectId": house.gid("Pet", standing.pet)}, made[::-1]),
        ({"serviceId": house.gid("Service", await house.service())}, []),
    ):
        found = await house.client("STAFF").run(ask, {"filter": filter})
        assert [edge["node"]["id"] for edge in found["series"]["edges"]] == [house.gid("Series", id) for id in ids]
