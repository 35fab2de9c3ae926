"""What was said to people, as the house and they themselves read it; and addresses that are dead, by hand."""

from typing import Any

import pytest

from app import clock
from app.context import Server
from tests.client import Json
from tests.factories.houses import House
from tests.factories.messaging import dead_address, device, notification
from tests.statements import counting
from tests.steps import errors, events, key, nothing_changes

LIST = """query List($filter: NotificationFilter) {
  notifications(filter: $filter) {
    edges { node {
      kind channel status address attemptCount customer { id } user { fullName } device { platform } about { id }
      attempts { edges { node { outcome detail notification { status } } } }
    } }
  }
}"""
MINE = """{ viewer { customer { notifications { totalCount edges { node {
  status body attempts { edges { node { outcome } } } } } } } } }"""


async def _messages(house: House, many: int, **values: Any) -> None:
    person = house.people["CUSTOMER"]
    customer = person.viewer.customer_id
    assert customer
    for _ in range(many):
        booking = await house.booking(customer, await house.pet(customer), await house.slot(), status="CONFIRMED")
        phone = await device(house, person.user_id, customer_id=customer)
        mail = await notification(house, booking, customer_id=customer, **values)
        push = await notification(house, booking, "PUSH", customer_id=customer, device_id=phone)
        for id in (mail, push):
            await house.insert("notification_attempts", notification_id=id, outcome="RETRY", detail="451 later")


@pytest.mark.parametrize("many", [1, 10])
async def test_a_list_of_messages_takes_as_many_statements_as_it_has_relations(
    house: House, server: Server, many: int
) -> None:
    await _messages(house, many)
    with counting(server) as statements:
        found = await house.client("STAFF").run(LIST)
    rows = [edge["node"] for edge in found["notifications"]["edges"]]
    assert len(rows) == 2 * many
    assert {row["channel"] for row in rows} == {"EMAIL", "PUSH"}
    assert all(row["attempts"]["edges"][0]["node"]["detail"] == "451 later" for row in rows)
    assert all(row["customer"] and row["about"] for row in rows)
    # messages, customers, phones, bookings, attempts and their messages
    assert len(statements.data) == 6, statements.report()


async def test_messages_are_found_by_what_they_are(house: House) -> None:
    await _messages(house, 1, status="SENT", sent_at=clock.now())
    staff = house.people["OWNER"]
    await notification(house, staff.user_id, kind="LICENCE_EXPIRING", user_id=staff.user_id, about_type="Driver")
    customer = house.gid("Customer", house.people["CUSTOMER"].viewer.customer_id or staff.user_id)

    async def found(filter: Json) -> list[tuple[str, str, str]]:
        edges = (await house.client("STAFF").run(LIST, {"filter": filter}))["notifications"]["edges"]
        return sorted((edge["node"]["kind"], edge["node"]["channel"], edge["node"]["status"]) for edge in edges)

    mail, push = ("BOOKING_CONFIRMED", "EMAIL", "SENT"), ("BOOKING_CONFIRMED", "PUSH", "QUEUED")
    licence = ("LICENCE_EXPIRING", "EMAIL", "QUEUED")
    assert await found({}) == [mail, push, licence]
    assert await found({"customerId": customer}) == [mail, push]
    assert await found({"kind": ["LICENCE_EXPIRING"]}) == [licence]
    assert await found({"channel": ["EMAIL"], "status": ["QUEUED", "FAILED"]}) == [licence]


async def test_people_read_what_was_said_to_them_and_nothing_else(house: House) -> None:
    await _messages(house, 2)
    other = await house.customer()
    booking = await house.booking(other, await house.pet(other), await house.slot())
    await notification(house, booking, customer_id=other)
    mine = (await house.client("CUSTOMER").run(MINE))["viewer"]["customer"]["notifications"]
    assert mine["totalCount"] == 4
    # what the providers said is the house's business
    assert all(edge["node"]["attempts"]["edges"] == [] for edge in mine["edges"])


DEAD = "deadAddress { id channel address reason }"


async def test_an_address_is_retired_and_revived_by_hand(house: House) -> None:
    owner = house.client("OWNER")
    wanted = {"channel": "EMAIL", "address": " Nino@Example.org ", "reason": "A mail came back: Nino@Example.org."}
    dead = (await owner.act("retireAddress", wanted, DEAD))["deadAddress"]
    assert (dead["channel"], dead["address"]) == ("EMAIL", "nino@example.org")
    assert (await owner.act("retireAddress", wanted, DEAD))["deadAddress"]["id"] == dead["id"]
    number = {"channel": "SMS", "address": "555 12 34 56", "reason": "Nobody has it."}
    assert (await owner.act("retireAddress", number, DEAD))["deadAddress"]["address"] == "+995555123456"
    assert await events(house) == ["ADDRESS_RETIRED"] * 2
    revived = {"deadAddressId": dead["id"]}
    assert (await owner.act("reviveAddress", revived, "revived"))["revived"] is True
    assert await errors(owner, "reviveAddress", revived) == [("NOT_FOUND", None)]
    assert await events(house) == ["ADDRESS_RETIRED", "ADDRESS_RETIRED", "ADDRESS_REVIVED"]
    assert await house.value("SELECT count(*) FROM dead_addresses WHERE organization_id = $1") == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": "PUSH"}, "channel"),
        ({"address": ""}, "address"),
        ({"address": "nobody"}, "email"),
        ({"channel": "SMS"}, "address"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
async def test_what_is_no_address_is_refused(house: House, changes: Json, field: str) -> None:
    wanted = {"channel": "EMAIL", "address": "nino@example.org", "reason": "A mail came back.", **changes}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "retireAddress", wanted) == [("BAD_USER_INPUT", field)]


async def test_dead_addresses_are_found(house: House) -> None:
    id = await dead_address(house, "nobody@example.org")
    await dead_address(house, "+995555123456", "SMS")
    query = "query Dead($filter: DeadAddressFilter) { deadAddresses(filter: $filter) { edges { node { id } } } }"
    for filter in ({"channel": ["EMAIL"]}, {"address": "NOBODY@example.org"}):
        edges = (await house.client("STAFF").run(query, {"filter": filter}))["deadAddresses"]["edges"]
        assert [key(edge["node"]["id"]) for edge in edges] == [id]
