"""Stays over several nights: all of them or none."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.client import Json
from tests.factories.houses import ZONE, House
from tests.invariants import capacity_adds_up
from tests.steps import Visit, errors, events, key, nothing_changes, row

STAY = """... on BookStaySuccess { booking { id status nights startsAt endsAt price { amount } version } }
  ... on StayUnavailable { nights nextArrival message } ... on Problem { message }"""
MOVED = STAY.replace("BookStay", "RescheduleStay") + " ... on CancellationClosed { cancelBefore }"


class Kennel:
    """A service by the night, from three in the afternoon to eleven, and its nights."""

    def __init__(self, house: House, visit: Visit) -> None:
        self.house, self.visit = house, visit
        self.nights: list[UUID] = []

    @classmethod
    async def of(cls, house: House, capacities: list[int], **service: Any) -> "Kennel":
        visit = await Visit.of(house)
        visit.service = await house.service(kind="STAY", name="Kennel", **service)
        kennel = cls(house, visit)
        for number, capacity in enumerate(capacities):
            starts_at = house.at(time(15)) + timedelta(days=number)
            ends_at = starts_at + timedelta(hours=20)
            kennel.nights.append(await house.slot(visit.service, starts_at, capacity, ends_at=ends_at))
        return kennel

    def day(self, number: int) -> date:
        return self.house.day + timedelta(days=number)

    def stay(self, first: int, last: int) -> Json:
        """From the evening of one day to the morning of another."""
        return {"arrival": self.day(first).isoformat(), "departure": self.day(last).isoformat()}

    async def book(self, first: int, last: int, role: str = "CUSTOMER") -> Json:
        wanted = {
            "serviceId": self.house.gid("Service", self.visit.service),
            "subjectId": self.house.gid("Pet", self.visit.pet),
        }
        return await self.house.client(role).act("bookStay", wanted | self.stay(first, last), STAY)

    async def taken(self) -> list[int]:
        taken = await capacity_adds_up(self.house)
        return [taken[night] for night in self.nights]


async def test_a_stay_takes_each_of_its_nights(house: House) -> None:
    kennel = await Kennel.of(house, [1, 1, 1, 1, 1])
    booked = (await kennel.book(1, 4))["booking"]
    assert booked == {
        "id": booked["id"],
        "status": "PENDING",
        "nights": 3,
        "startsAt": (house.at(time(15)) + timedelta(days=1)).isoformat(),
        "endsAt": (house.at(time(11)) + timedelta(days=4)).isoformat(),
        "price": {"amount": 3 * 4500},
        "version": 1,
    }
    assert await kennel.taken() == [0, 1, 1, 1, 0]
    assert await events(house) == ["BOOKING_CREATED"]
    await house.client("STAFF").act("cancelBooking", {"bookingId": booked["id"]}, "")
    assert await kennel.taken() == [0, 0, 0, 0, 0]


async def test_a_stay_is_accepted_whole_or_not_at_all(house: House) -> None:
    kennel = await Kennel.of(house, [1, 0, 1, 1, 1])
    async with nothing_changes(house):
        assert await kennel.book(0, 3) == {
            "__typename": "StayUnavailable",
            "nights": [kennel.day(1).isoformat()],
            "nextArrival": kennel.day(2).isoformat(),
            "message": "Not every night of this stay is free.",
        }


async def test_a_night_that_is_not_offered_is_not_free(house: House) -> None:
    kennel = await Kennel.of(house, [1, 1])
    answer = await kennel.book(1, 4)
    assert (answer["nights"], answer["nextArrival"]) == ([kennel.day(2).isoformat(), kennel.day(3).isoformat()], None)


async def test_a_closed_night_is_not_free(house: House) -> None:
    kennel = await Kennel.of(house, [1, 1, 1])
    await house.pool.execute("UPDATE slots SET status = 'CLOSED' WHERE id = $1", kennel.nights[1])
    assert (await kennel.book(0, 2))["nights"] == [kennel.day(1).isoformat()]
    assert (await kennel.book(0, 1))["__typename"] == "BookStaySuccess"


async def test_a_night_begins_on_the_day_of_the_house(house: House) -> None:
    """Half past midnight is the day before in UTC."""
    kennel = await Kennel.of(house, [])
    starts_at = datetime.combine(kennel.day(1), time(0, 30), ZONE)
    kennel.nights.append(await house.slot(kennel.visit.service, starts_at, 1))
    assert (await kennel.book(0, 1))["__typename"] == "StayUnavailable"
    assert (await kennel.book(1, 2))["__typename"] == "BookStaySuccess"


@pytest.mark.parametrize(("first", "last"), [(1, 1), (2, 1), (0, 91)])
async def test_a_stay_has_nights(house: House, first: int, last: int) -> None:
    kennel = await Kennel.of(house, [1, 1, 1])
    visit = kennel.visit
    wanted = {"serviceId": house.gid("Service", visit.service), "subjectId": house.gid("Pet", visit.pet)}
    async with nothing_changes(house):
        input = wanted | kennel.stay(first, last)
        assert await errors(visit.customer.client, "bookStay", input) == [("BAD_USER_INPUT", "departure")]


async def test_appointments_are_not_booked_by_the_night(house: House) -> None:
    visit = await Visit.of(house)
    stay = {"arrival": house.day.isoformat(), "departure": (house.day + timedelta(days=1)).isoformat()}
    wanted = {"serviceId": house.gid("Service", visit.service), "subjectId": house.gid("Pet", visit.pet)} | stay
    async with nothing_changes(house):
        assert await errors(visit.customer.client, "bookStay", wanted) == [("BAD_USER_INPUT", "serviceId")]


async def test_a_stay_has_one_kennel_all_the_time(house: House) -> None:
    kennel = await Kennel.of(house, [2, 2, 2], buffer_after_s=3600)
    boxes = [await house.resource("KENNEL", name=f"Box {number}") for number in (1, 2)]
    await house.requirement(kennel.visit.service, pool_id=await house.pool_of(*boxes))
    assert (await kennel.book(0, 2))["__typename"] == "BookStaySuccess"
    assert (await kennel.book(1, 3))["__typename"] == "BookStaySuccess"
    uses = await house.all(
        "SELECT u.resource_id, a.during FROM allocations a "
        "JOIN resource_units u ON (u.organization_id, u.id) = (a.organization_id, a.unit_id) "
        "WHERE a.organization_id = $1 ORDER BY lower(a.during)"
    )
    assert {use["resource_id"] for use in uses} == set(boxes)
    assert uses[0]["during"].lower == house.at(time(15))
    assert uses[0]["during"].upper == house.at(time(12)) + timedelta(days=2)
    # a bed is free on the first and on the last night, but it is not the same
    await house.pool.execute("UPDATE slots SET capacity = 3 WHERE organization_id = $1 AND capacity = 2", house.id)
    assert (await kennel.book(0, 3))["__typename"] == "ResourceUnavailable"


async def test_a_stay_is_with_one_resource_all_the_time(house: House) -> None:
    """Both rooms are free for a night, and only one of them for two: it makes no difference which comes first."""
    for first in (0, 1):
        kennel = await Kennel.of(house, [])
        rooms = [await house.resource("ROOM") for _ in range(2)]
        for night, capacities in enumerate(((1, 1), (0, 1))):
            starts_at = house.at(time(15)) + timedelta(days=night)
            for room, capacity in zip(rooms[first:] + rooms[:first], capacities, strict=True):
                kennel.nights.append(await house.slot(kennel.visit.service, starts_at, capacity, resource_id=room))
        assert (await kennel.book(0, 2))["__typename"] == "BookStaySuccess"
        assert await kennel.taken() == [0, 1, 0, 1]


async def test_nights_of_different_resources_are_no_stay(house: House) -> None:
    """Each night is free in one of the rooms; only in the second are two in a row."""
    kennel = await Kennel.of(house, [])
    rooms = [await house.resource("ROOM") for _ in range(2)]
    for night, capacities in enumerate(((1, 0), (0, 1), (0, 1), (0, 0))):
        starts_at = house.at(time(15)) + timedelta(days=night)
        for room, capacity in zip(rooms, capacities, strict=True):
            await house.slot(kennel.visit.service, starts_at, capacity, resource_id=room)
    async with nothing_changes(house):
        answer = await kennel.book(0, 2)
    assert (answer["nights"], answer["nextArrival"]) == ([kennel.day(1).isoformat()], kennel.day(1).isoformat())
    async with nothing_changes(house):
        assert (await kennel.book(0, 3))["nextArrival"] is None
    assert (await kennel.book(1, 3))["__typename"] == "BookStaySuccess"


async def test_who_finds_a_night_full_takes_another_slot_of_it(house: House) -> None:
    kennel = await Kennel.of(house, [1])
    for _ in range(5):
        kennel.nights.append(await house.slot(kennel.visit.service, house.at(time(15)), 1))
    answers = await asyncio.gather(*(kennel.book(0, 1) for _ in range(6)))
    assert [answer["__typename"] for answer in answers] == ["BookStaySuccess"] * 6
    assert await kennel.taken() == [1] * 6


async def test_who_stays_waits_for_its_nights_no_more(house: House) -> None:
    kennel = await Kennel.of(house, [1, 1])
    await house.waitlist_entry(kennel.visit.customer_id, kennel.visit.pet, kennel.nights[1])
    await kennel.book(0, 2)
    assert await house.value("SELECT status FROM waitlist_entries WHERE organization_id = $1") == "ACCEPTED"


# moving


async def test_a_stay_grows_and_shrinks_into_its_own_nights(house: House) -> None:
    kennel = await Kennel.of(house, [1, 1, 1, 1])
    booked = (await kennel.book(0, 2))["booking"]
    number = (await row(house, "bookings", key(booked["id"])))["number"]
    client = house.client("CUSTOMER")
    for version, (first, last), taken in ((1, (0, 3), [1, 1, 1, 0]), (2, (1, 2), [0, 1, 0, 0])):
        input = {"bookingId": booked["id"], "version": version} | kennel.stay(first, last)
        moved = (await client.act("rescheduleStay", input, MOVED))["booking"]
        assert (moved["nights"], moved["version"]) == (last - first, version + 1)
        assert moved["price"]["amount"] == 4500 * (last - first)
        assert await kennel.taken() == taken
    assert (await row(house, "bookings", key(booked["id"])))["number"] == number
    assert await events(house) == ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_RESCHEDULED"]


async def test_a_stay_that_cannot_move_stays(house: House) -> None:
    kennel = await Kennel.of(house, [1, 1, 0])
    booked = (await kennel.book(0, 2))["booking"]
    async with nothing_changes(house):
        input = {"bookingId": booked["id"], "version": 1} | kennel.stay(1, 3)
        answer = await house.client("CUSTOMER").act("rescheduleStay", input, MOVED)
        assert (answer["__typename"], answer["nights"]) == ("StayUnavailable", [kennel.day(2).isoformat()])
