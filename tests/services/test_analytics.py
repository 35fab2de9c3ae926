"""Availability: the places of each day."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.context import Server
from tests.client import Json
from tests.factories.houses import ZONE, House
from tests.statements import counting
from tests.steps import Visit

AVAILABILITY = """query Availability($from: Date!, $to: Date!, $serviceIds: [ID!]) {
  availability(from: $from, to: $to, serviceIds: $serviceIds) { date slots capacity available } }"""
OF_SERVICES = """query Availability($from: Date!, $to: Date!, $serviceIds: [ID!]) {
  availability(from: $from, to: $to, serviceIds: $serviceIds) { date slots ...More } }
fragment More on DayAvailability { services { service { id name } slots capacity available } }"""


def days(house: House, first: int, last: int) -> Json:
    """From so many days after tomorrow until so many days after it."""
    return {
        "from": (house.day + timedelta(days=first)).isoformat(),
        "to": (house.day + timedelta(days=last)).isoformat(),
    }


def local(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, ZONE)


async def available(house: House, first: int = 0, last: int = 0, **more: Any) -> list[Json]:
    found: list[Json] = (await house.client("CUSTOMER").run(AVAILABILITY, days(house, first, last) | more))[
        "availability"
    ]
    return found


def of(day: date, slots: int, capacity: int, available: int) -> Json:
    return {"date": day.isoformat(), "slots": slots, "capacity": capacity, "available": available}


async def test_places_are_added_up_by_day(house: House, stranger: House) -> None:
    visit = await Visit.of(house)
    await visit.booking("CONFIRMED")
    await visit.booking("CANCELLED")
    await house.slot(visit.service, house.at(time(15)), capacity=4)
    await house.slot(await house.service(), house.at(time(15)) + timedelta(days=2), capacity=3)
    await stranger.slot()
    assert await available(house, 0, 2) == [
        of(house.day, 2, 14, 13),
        of(house.day + timedelta(days=1), 0, 0, 0),
        of(house.day + timedelta(days=2), 1, 3, 3),
    ]


async def test_a_day_is_one_of_the_organization(house: House) -> None:
    """In Tbilisi, where it is four hours later than in Greenwich."""
    service, next_day = await house.service(), house.day + timedelta(days=1)
    for number, moment in enumerate((time(0), time(3, 59), time(23, 30)), 1):
        await house.slot(service, local(house.day, moment), capacity=10**number)
    await house.slot(service, local(next_day, time(0)), capacity=5)
    assert await available(house, 0, 1) == [of(house.day, 3, 1110, 1110), of(next_day, 1, 5, 5)]


async def test_days_begin_when_the_clocks_say_so(house: House) -> None:
    """In Berlin, the last Sunday of October has 25 hours; in Beirut, the last one of March begins at one."""
    service = await house.service()
    year = house.day.year + 1
    for zone, month in (("Europe/Berlin", 10), ("Asia/Beirut", 3)):
        await house.pool.execute("UPDATE organizations SET time_zone = $2 WHERE id = $1", house.id, zone)
        sunday = max(day for day in (date(year, month, number) for number in range(1, 32)) if day.weekday() == 6)
        begins = await house.pool.fetchval("SELECT timezone($1, $2::timestamp)", zone, datetime.combine(sunday, time()))
        hours = 25 if month == 10 else 23
        for instant in (begins - timedelta(minutes=1), begins, begins + timedelta(hours=hours, minutes=-1)):
            await house.slot(service, instant, capacity=1)
        await house.slot(service, begins + timedelta(hours=hours), capacity=1)
        found = await house.client("CUSTOMER").run(
            AVAILABILITY,
            {"from": (sunday - timedelta(days=1)).isoformat(), "to": (sunday + timedelta(days=1)).isoformat()},
        )
        assert [day["slots"] for day in found["availability"]] == [1, 2, 1], zone


async def test_only_what_can_still_be_booked_counts(house: House) -> None:
    service = await house.service()
    now = await house.value("SELECT now() WHERE $1::uuid IS NOT NULL")
    await house.slot(service, house.at(time(9)), capacity=7)
    await house.slot(service, house.at(time(9)), status="CLOSED")
    await house.slot(service, house.at(time(9)), status="WITHDRAWN")
    await house.slot(await house.service(active=False), house.at(time(9)))
    await house.slot(service, now - timedelta(minutes=1))
    assert await available(house) == [of(house.day, 1, 7, 7)]
    assert [day["slots"] for day in await available(house, -3, -1)] == [0, 0, 0]


async def test_services_are_chosen(house: House) -> None:
    bath, walk = await house.service(name="Bath"), await house.service(name="Walk")
    await house.slot(bath, house.at(time(9)), capacity=2)
    await house.slot(walk, house.at(time(9)), capacity=3)
    assert await available(house, serviceIds=[house.gid("Service", bath)]) == [of(house.day, 1, 2, 2)]
    both = [house.gid("Service", id) for id in (bath, walk, bath)]
    assert await available(house, serviceIds=both) == [of(house.day, 2, 5, 5)]
    assert await available(house, serviceIds=[]) == [of(house.day, 0, 0, 0)]


@pytest.mark.parametrize("rows", [2, 20])
async def test_the_figures_of_services_are_one_statement(house: House, server: Server, rows: int) -> None:
    """And their names another."""
    services = [await house.service(name=f"Service {number:02}") for number in range(rows)]
    for number, service in enumerate(services, 1):
        await house.slot(service, house.at(time(9)), capacity=number)
        await house.slot(service, house.at(time(9)) + timedelta(days=1), capacity=number)
    await _take(house, services[0])
    with counting(server) as statements:
        found = (await house.client("STAFF").run(OF_SERVICES, days(house, 0, 1)))["availability"]
    assert (len(statements.setup), len(statements.data)) == (1, 2), statements.report()
    assert [day["slots"] for day in found] == [rows, rows]
    named = sorted(found[0]["services"], key=lambda each: str(each["service"]["name"]))
    first = {"service": {"id": house.gid("Service", services[0]), "name": "Service 00"}}
    assert named[0] == first | {"slots": 1, "capacity": 1, "available": 0}
    assert [(each["service"]["name"], each["capacity"]) for each in named] == [
        (f"Service {number:02}", number + 1) for number in range(rows)
    ]
    with counting(server) as statements:
        assert [day["slots"] for day in await available(house, 0, 91)] == [rows, rows, *[0] * 90]
    assert (len(statements.setup), len(statements.data)) == (1, 1), statements.report()


async def _take(house: House, service: UUID) -> None:
    """Book the first slot of a service."""
    visit = Visit(house)
    slot = await house.value(
        "SELECT id FROM slots WHERE organization_id = $1 AND service_id = $2 ORDER BY starts_at LIMIT 1", service
    )
    await house.booking(visit.customer_id, await house.pet(visit.customer_id), slot)


async def test_there_is_a_limit_to_what_is_listed(house: House) -> None:
    """10,000 figures of one service on one day: 109 services on 92 days have some more."""
    services = [await house.service(name=f"Service {number}") for number in range(109)]
    await house.pool.execute(
        "INSERT INTO slots (organization_id, service_id, starts_at, ends_at, capacity) "
        "SELECT $1, service, at, at + interval '1 hour', 1 FROM unnest($2::uuid[]) AS service, "
        "generate_series($3::timestamptz, $3::timestamptz + interval '91 days', interval '1 day') AS at",
        house.id,
        services,
        house.at(time(10)),
    )
    answer = await house.client("STAFF").post(OF_SERVICES, days(house, 0, 91))
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_USER_INPUT", "field": "serviceIds"}]
    fewer = {"serviceIds": [house.gid("Service", service) for service in services[:3]]}
    found = await house.client("STAFF").run(OF_SERVICES, days(house, 0, 91) | fewer)
    assert [len(day["services"]) for day in found["availability"]] == [3] * 92


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-02-02", "2026-02-01", "to"),
        ("2026-01-01", "2026-04-03", "to"),
    ],
)
async def test_a_period_must_make_sense(house: House, first: str, last: str, field: str) -> None:
    answer = await house.client("STAFF").post(AVAILABILITY, {"from": first, "to": last})
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_USER_INPUT", "field": field}]


async def test_a_period_may_be_three_months(house: House) -> None:
    found = await house.client("STAFF").run(AVAILABILITY, {"from": "2026-07-01", "to": "2026-09-30"})
    dates = [day["date"] for day in found["availability"]]
    assert (dates[0], dates[-1], len(dates)) == ("2026-07-01", "2026-09-30", 92)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "yesterday"])
async def test_a_day_is_one_of_the_calendar(house: House, day: str) -> None:
    """The first and the last that there are would be infinity to PostgreSQL."""
    assert set(await house.client("STAFF").codes(AVAILABILITY, {"from": day, "to": day})) == {"BAD_USER_INPUT"}
