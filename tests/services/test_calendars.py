"""Making calendars, revoking them, and who may."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.context import Server
from app.models import Role
from app.services.identity import read_token, write_token
from tests.client import Client, Json
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import errors, events, key, nothing_changes, row

FEED = "feed { id name url revokedAt customer { id } driver { id } resource { id } }"
FEEDS = """query Feeds($filter: CalendarFeedFilter) { calendarFeeds(filter: $filter) { totalCount edges { node {
  id name url customer { name } driver { displayName } resource { name } } } } }"""


async def make(client: Client, **input: Any) -> Json:
    feed: Json = (await client.act("createCalendarFeed", {"name": "Phone", **input}, FEED))["feed"]
    return feed


async def listed(client: Client, **filter: Any) -> list[str]:
    found = await client.run(FEEDS, {"filter": filter})
    assert found["calendarFeeds"]["totalCount"] == len(found["calendarFeeds"]["edges"])
    return [edge["node"]["name"] for edge in found["calendarFeeds"]["edges"]]


def owner(house: House, role: str) -> tuple[str, UUID]:
    viewer = house.people[role].viewer
    found = ("customer_id", viewer.customer_id) if role == "CUSTOMER" else ("driver_id", viewer.driver_id)
    assert found[1]
    return found[0], found[1]


@pytest.mark.parametrize("role", ["CUSTOMER", "DRIVER"])
async def test_people_make_a_calendar_of_their_own(house: House, role: str) -> None:
    column, id = owner(house, role)
    other = "driver" if role == "CUSTOMER" else "customer"
    feed = await make(house.client(role), name="  My   phone ")
    assert (feed["name"], feed["revokedAt"]) == ("My phone", None)
    assert feed[role.lower()] == {"id": house.gid(role.title(), id)}
    assert (feed[other], feed["resource"]) == (None, None)
    assert feed["url"].startswith("http://127.0.0.1:8000/calendars/")
    assert feed["url"].endswith(".ics")
    stored = await row(house, "calendar_feeds", key(feed["id"]))
    assert (stored[column], stored["revoked_at"]) == (id, None)
    assert await events(house) == ["CALENDAR_FEED_CREATED"]


async def test_staff_who_render_services_make_a_calendar_of_their_own(house: House) -> None:
    mechanic = await house.resource("STAFF", user_id=house.people["STAFF"].user_id)
    feed = await make(house.client("STAFF"))
    assert (feed["resource"], feed["customer"]) == ({"id": house.gid("Resource", mechanic)}, None)


async def test_who_has_no_calendar_of_their_own_says_whose(house: House) -> None:
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "createCalendarFeed", {"name": "x"}) == [("BAD_USER_INPUT", "owner")]


async def test_who_has_several_calendars_of_their_own_says_which(house: House) -> None:
    person = await house.person(Role.CUSTOMER)
    driver = await house.driver(user_id=person.user_id)
    both = await _with_hats(house, person.client, driver_id=driver)
    async with nothing_changes(house):
        assert await errors(both, "createCalendarFeed", {"name": "x"}) == [("BAD_USER_INPUT", "owner")]
    feed = await make(both, owner={"driverId": house.gid("Driver", driver)})
    assert feed["driver"] == {"id": house.gid("Driver", driver)}


async def _with_hats(house: House, client: Client, **hats: UUID) -> Client:
    """The same person after signing in again."""
    assert client.token
    viewer = replace(read_token(house.settings, client.token), **hats)  # type: ignore[arg-type]
    return Client(house.api, write_token(house.settings, viewer))


@pytest.mark.parametrize("role", ["OWNER", "ADMIN", "DISPATCHER", "STAFF"])
async def test_people_of_the_house_make_a_calendar_for_anyone(house: House, role: str) -> None:
    bay = house.gid("Resource", await house.resource())
    customer, driver = house.gid("Customer", await house.customer()), house.gid("Driver", await house.driver())
    assert (await make(house.client(role), owner={"resourceId": bay}))["resource"] == {"id": bay}
    assert (await make(house.client(role), owner={"customerId": customer}))["customer"] == {"id": customer}
    assert (await make(house.client(role), owner={"driverId": driver}))["driver"] == {"id": driver}


async def test_customers_and_drivers_make_no_calendar_for_others(house: House) -> None:
    """Not even for whom they see: the driver who comes, the bay that their car is in."""
    customer, driver = owner(house, "CUSTOMER")[1], owner(house, "DRIVER")[1]
    await house.route(driver, [await house.transport(customer)])
    bay = {"resourceId": house.gid("Resource", await house.resource())}
    neighbour = {"customerId": house.gid("Customer", await house.customer())}
    wanted = [
        ("CUSTOMER", {"driverId": house.gid("Driver", driver)}, "FORBIDDEN"),
        ("CUSTOMER", bay, "FORBIDDEN"),
        ("CUSTOMER", neighbour, "NOT_FOUND"),
        ("DRIVER", {"customerId": house.gid("Customer", customer)}, "FORBIDDEN"),
        ("DRIVER", bay, "FORBIDDEN"),
        ("DRIVER", neighbour, "NOT_FOUND"),
    ]
    async with nothing_changes(house):
        for role, whose, code in wanted:
            found = await errors(house.client(role), "createCalendarFeed", {"name": "x", "owner": whose})
            assert found == [(code, None)], (role, whose)


async def test_resources_of_another_organization_are_not_there(house: House, stranger: House) -> None:
    foreign = {"resourceId": house.gid("Resource", await stranger.resource())}
    async with nothing_changes(house), nothing_changes(stranger):
        assert await errors(house.client("OWNER"), "createCalendarFeed", {"name": "x", "owner": foreign}) == [
            ("NOT_FOUND", None)
        ]
        assert await house.client("OWNER").codes(FEEDS, {"filter": {"owner": foreign}}) == ["NOT_FOUND"]


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\x00b"])
async def test_a_calendar_has_a_name(house: House, name: str) -> None:
    async with nothing_changes(house):
        assert await errors(house.client("CUSTOMER"), "createCalendarFeed", {"name": name}) == [
            ("BAD_USER_INPUT", "name")
        ]


async def test_a_calendar_is_one_owners(house: House) -> None:
    two = {
        "customerId": house.gid("Customer", await house.customer()),
        "driverId": house.gid("Driver", await house.driver()),
    }
    async with nothing_changes(house):
        for owners in ({}, two):
            found = await errors(house.client("OWNER"), "createCalendarFeed", {"name": "x", "owner": owners})
            assert found == [("BAD_USER_INPUT", None)]


async def test_a_revoked_calendar_has_no_url(house: House) -> None:
    client = house.client("CUSTOMER")
    made = await make(client)
    revoked = (await client.act("revokeCalendarFeed", {"feedId": made["id"]}, FEED))["feed"]
    assert revoked["url"] is None
    assert revoked["revokedAt"] is not None
    async with nothing_changes(house):
        again = (await client.act("revokeCalendarFeed", {"feedId": made["id"]}, FEED))["feed"]
    assert again == revoked
    assert await events(house) == ["CALENDAR_FEED_CREATED", "CALENDAR_FEED_REVOKED"]


async def test_a_url_stays_what_it_is(house: House) -> None:
    made = await make(house.client("CUSTOMER"))
    found = await house.client("OWNER").run(FEEDS, {"filter": {"revoked": False}})
    assert [edge["node"]["url"] for edge in found["calendarFeeds"]["edges"]] == [made["url"]]


async def test_the_log_does_not_know_the_token(house: House) -> None:
    client = house.client("CUSTOMER")
    made = await make(client)
    await client.act("revokeCalendarFeed", {"feedId": made["id"]}, FEED)
    token = made["url"].rsplit("/", 1)[1].removesuffix(".ics")
    logged = [
        *await house.all("SELECT * FROM events WHERE organization_id = $1"),
        *await house.all("SELECT * FROM event_details WHERE organization_id = $1"),
    ]
    assert logged
    assert [entry for entry in logged if any(part in repr(entry) for part in token.split("."))] == []


async def test_everyone_sees_their_own_calendars_and_the_house_sees_all(house: House) -> None:
    bay = house.gid("Resource", await house.resource())
    mine = await make(house.client("CUSTOMER"), name="Customer")
    await make(house.client("DRIVER"), name="Driver")
    await make(house.client("STAFF"), name="Bay", owner={"resourceId": bay})
    await house.client("CUSTOMER").act("revokeCalendarFeed", {"feedId": mine["id"]}, "feed { id }")
    assert await listed(house.client("CUSTOMER")) == ["Customer"]
    assert await listed(house.client("DRIVER")) == ["Driver"]
    for role in ("OWNER", "ADMIN", "DISPATCHER", "STAFF"):
        assert await listed(house.client(role)) == ["Bay", "Driver", "Customer"]
    staff = house.client("STAFF")
    assert await listed(staff, revoked=True) == ["Customer"]
    assert await listed(staff, revoked=False) == ["Bay", "Driver"]
    assert await listed(staff, owner={"resourceId": bay}) == ["Bay"]
    assert await listed(staff, owner={"driverId": house.gid("Driver", owner(house, "DRIVER")[1])}) == ["Driver"]
    assert await listed(staff, owner={"customerId": mine["customer"]["id"]}, revoked=True) == ["Customer"]
    assert await listed(staff, owner={"customerId": mine["customer"]["id"]}, revoked=False) == []


async def test_a_page_of_calendars_takes_as_many_statements_as_one(house: House, server: Server) -> None:
    for expected in (1, 10):
        while len(await house.all("SELECT FROM calendar_feeds WHERE organization_id = $1")) < 3 * expected:
            await house.insert("calendar_feeds", name="A", customer_id=await house.customer())
            await house.insert("calendar_feeds", name="B", driver_id=await house.driver())
            await house.insert("calendar_feeds", name="C", resource_id=await house.resource())
        with counting(server) as statements:
            assert len(await listed(house.client("STAFF"))) == 3 * expected
        assert len(statements.data) == 5, statements.report()
