"""Statistics: what came of the bookings of a period."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from app.context import Server
from tests.client import Json
from tests.factories.houses import ZONE, House
from tests.statements import counting
from tests.steps import Visit

STATISTICS = """query Statistics($from: Date!, $to: Date!, $serviceIds: [ID!]) {
  bookingStatistics(from: $from, to: $to, serviceIds: $serviceIds) {
    total byStatus { status count }
    byService { service { id name } count revenue { amount currency } }
    byDay { date count revenue { amount currency } }
    occupancy noShowRate revenue { amount currency } fees { amount currency } } }"""


def lari(amount: int) -> Json:
    return {"amount": amount, "currency": "GEL"}


async def statistics(house: House, first: date, last: date, *services: UUID) -> Json:
    variables: Json = {"from": first.isoformat(), "to": last.isoformat()}
    if services:
        variables["serviceIds"] = [house.gid("Service", service) for service in services]
    found: Json = (await house.client("STAFF").run(STATISTICS, variables))["bookingStatistics"]
    return found


async def charge(house: House, booking: UUID, customer: UUID, amount: int, kind: str = "NO_SHOW") -> None:
    await house.insert(
        "booking_charges", booking_id=booking, customer_id=customer, kind=kind, amount_minor=amount, currency="GEL"
    )


async def test_bookings_are_added_up(house: House, stranger: House) -> None:
    bath, walk = await Visit.of(house, name="Bath"), await Visit.of(house, name="Walk")
    for status in ("PENDING", "CONFIRMED", "CHECKED_IN", "COMPLETED", "COMPLETED", "EXPIRED"):
        await bath.booking(status, price_minor=1000)
    await bath.booking("HELD", price_minor=1000)
    missed = await walk.booking("NO_SHOW", price_minor=2000)
    await charge(house, missed, walk.customer_id, 500)
    called_off = await walk.booking("CANCELLED", price_minor=2000)
    await charge(house, called_off, walk.customer_id, 250, "CANCELLATION")
    await (await Visit.of(stranger)).booking("COMPLETED")
    assert await statistics(house, house.day, house.day + timedelta(days=1)) == {
        "total": 9,
        "byStatus": [
            {"status": "HELD", "count": 1},
            {"status": "PENDING", "count": 1},
            {"status": "CONFIRMED", "count": 1},
            {"status": "CHECKED_IN", "count": 1},
            {"status": "COMPLETED", "count": 2},
            {"status": "CANCELLED", "count": 1},
            {"status": "NO_SHOW", "count": 1},
            {"status": "EXPIRED", "count": 1},
        ],
        "byService": [
            {"service": {"id": house.gid("Service", bath.service), "name": "Bath"}, "count": 7, "revenue": lari(4000)},
            {"service": {"id": house.gid("Service", walk.service), "name": "Walk"}, "count": 2, "revenue": lari(0)},
        ],
        "byDay": [
            {"date": house.day.isoformat(), "count": 9, "revenue": lari(4000)},
            {"date": (house.day + timedelta(days=1)).isoformat(), "count": 0, "revenue": lari(0)},
        ],
        # four of twenty places: those of the two that are completed are not allocated here
        "occupancy": 0.2,
        "noShowRate": 0.25,
        "revenue": lari(4000),
        "fees": lari(750),
    }


async def test_nothing_adds_up_to_nothing(house: House, stranger: House) -> None:
    await (await Visit.of(stranger)).booking("COMPLETED")
    assert await statistics(house, house.day, house.day) == {
        "total": 0,
        "byStatus": [],
        "byService": [],
        "byDay": [{"date": house.day.isoformat(), "count": 0, "revenue": lari(0)}],
        "occupancy": None,
        "noShowRate": None,
        "revenue": lari(0),
        "fees": lari(0),
    }


async def test_a_booking_counts_on_its_local_day(house: House) -> None:
    """At half past eleven in the evening in Tbilisi, it is half past seven in Greenwich; at three, the day before."""
    visit = await Visit.of(house)
    for day, moment in ((0, time(23, 30)), (1, time(0)), (1, time(3)), (2, time(0))):
        at = datetime.combine(house.day + timedelta(days=day), moment, ZONE)
        visit.slot = await house.slot(visit.service, at, capacity=1)
        charged = await visit.booking("NO_SHOW")
        await charge(house, charged, visit.customer_id, 10)
        await visit.booking("CONFIRMED")
    found = await statistics(house, house.day, house.day + timedelta(days=1))
    assert [(day["count"], day["revenue"]["amount"]) for day in found["byDay"]] == [(2, 4500), (4, 9000)]
    assert (found["total"], found["fees"], found["noShowRate"]) == (6, lari(30), 1.0)
    # the slot that belongs to the visit takes ten
    assert found["occupancy"] == 3 / 13


async def test_free_places_that_cannot_be_booked_are_no_places(house: House) -> None:
    visit = await Visit.of(house)
    await visit.booking("CONFIRMED")
    await house.pool.execute("UPDATE slots SET status = 'CLOSED' WHERE id = $1", visit.slot)
    assert (await statistics(house, house.day, house.day))["occupancy"] == 1.0
    await house.slot(visit.service, house.at(time(12)), capacity=3)
    await house.slot(visit.service, house.at(time(14)), capacity=3, status="WITHDRAWN")
    assert (await statistics(house, house.day, house.day))["occupancy"] == 0.25


async def test_money_is_that_of_the_organization(house: House) -> None:
    visit = await Visit.of(house)
    await visit.booking("COMPLETED", currency="EUR")
    await visit.booking("COMPLETED", price_minor=300)
    found = await statistics(house, house.day, house.day)
    assert (found["total"], found["revenue"], found["byService"][0]["revenue"]) == (2, lari(300), lari(300))


async def test_services_are_chosen(house: House) -> None:
    bath, walk = await Visit.of(house, name="Bath"), await Visit.of(house, name="Walk")
    for visit, amount in ((bath, 100), (walk, 200)):
        await charge(house, await visit.booking("NO_SHOW"), visit.customer_id, amount)
        await visit.booking("CONFIRMED")
    found = await statistics(house, house.day, house.day, walk.service)
    assert (found["total"], found["fees"], found["occupancy"]) == (2, lari(200), 0.1)
    assert [of["service"]["name"] for of in found["byService"]] == ["Walk"]


@pytest.mark.parametrize("rows", [2, 20])
async def test_four_statements_add_up_any_number(house: House, server: Server, rows: int) -> None:
    """Of bookings, of slots, of fees, and of the services' names."""
    for number in range(rows):
        visit = await Visit.of(house, name=f"Service {number:02}")
        await visit.booking("CONFIRMED")
    with counting(server) as statements:
        found = await statistics(house, house.day, house.day + timedelta(days=365))
    assert (len(statements.setup), len(statements.data)) == (1, 4), statements.report()
    assert (found["total"], len(found["byService"]), len(found["byDay"])) == (rows, rows, 366)


@pytest.mark.parametrize(("first", "last"), [("2026-02-02", "2026-02-01"), ("2026-01-01", "2027-01-02")])
async def test_a_period_must_make_sense(house: House, first: str, last: str) -> None:
    answer = await house.client("STAFF").post(STATISTICS, {"from": first, "to": last})
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_USER_INPUT", "field": "to"}]


async def test_a_period_may_be_a_year(house: House) -> None:
    assert (await statistics(house, date(2024, 1, 1), date(2024, 12, 31)))["total"] == 0
