"""What happens leaves word of it, and those whom it concerns are told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.context import Server
from app.jobs.worker import Work
from tests.client import Json
from tests.factories.houses import House
from tests.mailbox import Mailbox
from tests.operations import OPERATIONS
from tests.statements import counting
from tests.steps import Visit, eventually

TOLD = "SELECT kind, channel, cause, recipient, status FROM notifications WHERE organization_id = $1 ORDER BY channel"


async def _told(house: House) -> list[tuple[str, str]]:
    return [(row["kind"], row["channel"]) for row in await house.all(TOLD)]


async def _nothing_waits(house: House) -> bool:
    """To be told, or to be sent."""
    waiting = "SELECT FROM due_work WHERE organization_id = $1 AND (kind LIKE 'NOTIFY%' OR kind = 'SEND_NOTIFICATION')"
    return not await house.all(waiting)


async def _act(visit: Visit, role: str, verb: str, booking: UUID, **more: Any) -> Json:
    input = {"bookingId": visit.house.gid("Booking", booking), **more}
    return await visit.house.client(role).act(verb, input, "")


@pytest.mark.parametrize(
    ("role", "verb", "status", "kind", "more"),
    [
        ("STAFF", "confirmBooking", "PENDING", "BOOKING_CONFIRMED", {}),
        ("STAFF", "declineBooking", "PENDING", "BOOKING_DECLINED", {"reason": "Full."}),
        ("STAFF", "cancelBooking", "CONFIRMED", "BOOKING_CANCELLED", {"reason": "Ill."}),
        ("STAFF", "cancelBooking", "HELD", None, {}),
        ("CUSTOMER", "cancelBooking", "CONFIRMED", None, {}),
    ],
)
async def test_what_the_house_decides_is_told(
    house: House,
    worker: Work,
    mailbox: Mailbox,
    role: str,
    verb: str,
    status: str,
    kind: str | None,
    more: Json,
) -> None:
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE customers SET phone = NULL WHERE id = $1", visit.customer_id)
    booking = await visit.booking(status, number="K7PM2X")
    answer = await _act(visit, role, verb, booking, **more)
    assert answer["__typename"] == f"{verb[0].upper()}{verb[1:]}Success"
    await eventually(lambda: _nothing_waits(house))
    assert await _told(house) == ([(kind, "EMAIL")] if kind else [])
    mails = mailbox.to(visit.customer.email)
    assert ["K7PM2X" in mail["Subject"] for mail in mails] == ([True] if kind else [])


async def test_a_driver_who_sets_out_is_announced(house: House, worker: Work) -> None:
    visit, driver = await Visit.of(house), house.people["DRIVER"]
    assert driver.viewer.driver_id
    ride = await house.transport(visit.customer_id, subject_id=visit.pet)
    route = await house.route(driver.viewer.driver_id, [ride, await house.transport(await house.customer())])
    await driver.client.run(OPERATIONS["StartRoute"], {"routeId": house.gid("Route", route)})
    await eventually(lambda: _nothing_waits(house))
    rows = await house.all(TOLD)
    assert [(row["kind"], row["channel"]) for row in rows] == [("DRIVER_UNDER_WAY", "SMS")]
    assert rows[0]["recipient"] == f"customer:{visit.customer_id}"


async def test_a_message_that_is_no_longer_true_is_not_sent(house: House, worker: Work, mailbox: Mailbox) -> None:
    """Confirmed by night, cancelled before the morning."""
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE customers SET phone = NULL WHERE id = $1", visit.customer_id)
    # quiet from an hour ago until in an hour, where the organization is
    now = await house.value("SELECT timezone(time_zone, now())::timestamp FROM organizations WHERE id = $1")
    hours = [(now + timedelta(hours=shift)).time() for shift in (-1, 1)]
    quiet = dict(zip(("quiet_from", "quiet_until"), hours, strict=True))
    await house.insert("contact_preferences", customer_id=visit.customer_id, **quiet)
    booking = await visit.booking()
    await _act(visit, "STAFF", "confirmBooking", booking)

    async def waits() -> bool:
        waiting = "SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'SEND_NOTIFICATION'"
        return [row["run_at"] > clock.now() for row in await house.all(waiting)] == [True]

    await eventually(waits)
    await _act(visit, "CUSTOMER", "cancelBooking", booking)
    await house.pool.execute("UPDATE due_work SET run_at = now() WHERE organization_id = $1", house.id)
    await eventually(lambda: _nothing_waits(house))
    found = await house.all("SELECT status, suppressed FROM notifications WHERE organization_id = $1")
    assert [tuple(row) for row in found] == [("SUPPRESSED", "OUTDATED")]
    assert mailbox.to(visit.customer.email) == []


@pytest.mark.parametrize("rows", [2, 20])
async def test_templates_are_listed_in_one_statement(house: House, server: Server, rows: int) -> None:
    kinds = ("BOOKING_CONFIRMED", "BOOKING_DECLINED", "CARE_DUE", "CARE_OVERDUE", "AFTER_VISIT")
    for number in range(rows):
        words = {"kind": kinds[number % 5], "channel": "SMS", "locale": ("en", "ka", "de", "fr")[number // 5]}
        await house.insert("message_templates", **words, body="Hello")
    with counting(server) as statements:
        found = await house.client("STAFF").run("{ messageTemplates { edges { node { id kind body } } } }")
    assert (len(found["messageTemplates"]["edges"]), len(statements.data)) == (rows, 1), statements.report()


async def test_a_preference_and_its_customer_are_a_statement_each(house: House, server: Server) -> None:
    customer = house.people["CUSTOMER"].viewer.customer_id
    await house.insert("contact_preferences", customer_id=customer, muted=["AFTER_VISIT:SMS"])
    with counting(server) as statements:
        found = await house.client("CUSTOMER").run("{ contactPreference { muted { kind channel } customer { name } } }")
    assert found["contactPreference"]["muted"] == [{"kind": "AFTER_VISIT", "channel": "SMS"}]
    assert len(statements.data) == 2, statements.report()
