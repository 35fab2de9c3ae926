"""Bookings that are made together."""

from datetime import time

from app.models import Role
from tests.client import Json
from tests.factories.houses import House
from tests.invariants import capacity_adds_up
from tests.steps import Visit, errors, events, nothing_changes

GROUP = """... on BookGroupSuccess { group { id bookings { status notes subject { name } slot { id } group { id } } } }
  ... on SlotFull { slot { id } message } ... on ResourceUnavailable { message } ... on Problem { message }"""


async def wanted(house: House, visit: Visit, *slots: str) -> Json:
    """A place in each of the slots, each for a pet of its own."""
    pets = [await house.pet(visit.customer_id, name=f"Pet {number}") for number in range(len(slots))]
    named = zip(slots, pets, strict=True)
    return {"bookings": [{"slotId": slot, "subjectId": house.gid("Pet", pet)} for slot, pet in named]}


async def test_a_group_is_booked_together(house: House) -> None:
    visit = await Visit.of(house)
    early, late = visit.wanted["slotId"], house.gid("Slot", await house.slot(visit.service, house.at(time(15))))
    input = await wanted(house, visit, early, early, late)
    input["bookings"][0]["notes"] = " Shy. "
    group = (await visit.customer.client.act("bookGroup", input, GROUP))["group"]
    assert [(booking["subject"]["name"], booking["slot"]["id"]) for booking in group["bookings"]] == [
        ("Pet 0", early),
        ("Pet 1", early),
        ("Pet 2", late),
    ]
    assert [booking["notes"] for booking in group["bookings"]] == ["Shy.", None, None]
    assert {(booking["status"], booking["group"]["id"]) for booking in group["bookings"]} == {("PENDING", group["id"])}
    assert await events(house) == ["BOOKING_GROUP_CREATED", *["BOOKING_CREATED"] * 3]
    assert sorted((await capacity_adds_up(house)).values()) == [1, 2]


async def test_all_or_none(house: House) -> None:
    visit = await Visit.of(house)
    full = house.gid("Slot", await house.slot(visit.service, capacity=1))
    input = await wanted(house, visit, visit.wanted["slotId"], full, full)
    async with nothing_changes(house):
        answer = await visit.customer.client.act("bookGroup", input, GROUP)
        assert answer == {"__typename": "SlotFull", "slot": {"id": full}, "message": "This slot is full."}


async def test_all_or_none_of_the_resources(house: House) -> None:
    visit = await Visit.of(house)
    await house.requirement(visit.service, resource_id=await house.resource("ROOM", capacity=2))
    three = await wanted(house, visit, *[visit.wanted["slotId"]] * 3)
    async with nothing_changes(house):
        answer = await visit.customer.client.act("bookGroup", three, GROUP)
        assert answer["__typename"] == "ResourceUnavailable"
    two = {"bookings": three["bookings"][:2]}
    assert (await visit.customer.client.act("bookGroup", two, GROUP))["__typename"] == "BookGroupSuccess"


async def test_a_group_belongs_to_one_customer(house: House) -> None:
    visit, other = await Visit.of(house), await house.customer()
    input = await wanted(house, visit, visit.wanted["slotId"])
    foreign = {"slotId": visit.wanted["slotId"], "subjectId": house.gid("Pet", await house.pet(other))}
    both = {"bookings": [*input["bookings"], foreign]}
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "bookGroup", both) == [("BAD_USER_INPUT", "bookings")]
        assert await errors(visit.customer.client, "bookGroup", both) == [("NOT_FOUND", None)]
    assert (await house.client("STAFF").act("bookGroup", {"bookings": [foreign]}, GROUP))["group"]


async def test_groups_of_others_are_not_seen(house: House) -> None:
    visit = await Visit.of(house)
    group = (await visit.customer.client.act("bookGroup", await wanted(house, visit, visit.wanted["slotId"]), GROUP))[
        "group"
    ]
    node = "query Node($id: ID!) { node(id: $id) { id } }"
    stranger = (await house.person(Role.CUSTOMER)).client
    assert await stranger.codes(node, {"id": group["id"]}) == ["NOT_FOUND"]
    assert await visit.customer.client.codes(node, {"id": group["id"]}) == []
