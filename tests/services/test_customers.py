"""Customers and their places."""

from typing import Any

import pytest

from app.services.customers import PLACES_MAX
from tests.client import Json
from tests.factories.houses import House
from tests.steps import errors, events, nothing_changes

CUSTOMER = "customer { id version name email phone notes externalId }"
ANSWER = f"""... on UpdateCustomerSuccess {{ {CUSTOMER} }} ... on VersionConflict {{ currentVersion }}
  ... on AlreadyExists {{ field message }}"""
PLACE = "place { id version label address point { latitude longitude } accessNotes customer { id } }"
POINT = {"latitude": 41.7, "longitude": 44.8}


async def _create(house: House, **values: Any) -> Json:
    selection = f"... on CreateCustomerSuccess {{ {CUSTOMER} }} ... on AlreadyExists {{ field message }}"
    return await house.client("STAFF").act("createCustomer", {"name": "Nino", **values}, selection)


async def test_a_customer_is_added(house: House) -> None:
    customer = (await _create(house, email=" Nino@Example.ORG ", notes=" ", externalId="7"))["customer"]
    assert customer.pop("id")
    assert customer == {
        "version": 1,
        "name": "Nino",
        "email": "nino@example.org",
        "phone": None,
        "notes": None,
        "externalId": "7",
    }
    assert await events(house) == ["CUSTOMER_CREATED"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("555 12 34 56", "+995555123456"),
        ("(032) 2 12 34 56", "+995322123456"),
        ("+995 555 12 34 56", "+995555123456"),
        (" +49 30 901820", "+4930901820"),
        ("", None),
    ],
)
async def test_a_phone_is_kept_as_e164(house: House, typed: str, kept: str | None) -> None:
    assert (await _create(house, phone=typed))["customer"]["phone"] == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "call me"),
        ("phone", "+99555"),
        ("phone", "12"),
        ("email", "nino"),
        ("email", "nino@"),
        ("email", "a@b@c.org"),
        ("name", ""),
        ("name", "\t \n"),
        ("name", "N\x00no"),
        ("email", "nino\x00@example.org"),
        ("phone", "555\x00123456"),
        ("notes", "a\x00b"),
        ("externalId", "a\x00b"),
        ("notes", "x" * 5_001),
    ],
)
async def test_what_people_type_is_checked(house: House, field: str, value: str) -> None:
    id = house.gid("Customer", await house.customer())
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "createCustomer", {"name": "Nino", field: value}) == [
            ("BAD_USER_INPUT", field)
        ]
        changed = {"customerId": id, "version": 1, field: value}
        assert await errors(house.client("STAFF"), "updateCustomer", changed) == [("BAD_USER_INPUT", field)]


async def test_what_is_left_out_stays_and_null_empties(house: House) -> None:
    created = (await _create(house, email="nino@example.org", phone="555123456", notes="Calls late."))["customer"]
    change = {"customerId": created["id"], "version": 1, "email": None}
    changed = (await house.client("STAFF").act("updateCustomer", change, ANSWER))["customer"]
    assert changed == created | {"version": 2, "email": None}
    async with nothing_changes(house):
        again = await house.client("STAFF").act("updateCustomer", change, ANSWER)
    assert again == {"__typename": "VersionConflict", "currentVersion": 2}


async def test_a_name_cannot_be_emptied(house: House) -> None:
    id = house.gid("Customer", await house.customer())
    found = await errors(house.client("STAFF"), "updateCustomer", {"customerId": id, "version": 1, "name": None})
    assert [code for code, _ in found] == ["BAD_USER_INPUT"]


async def test_an_external_id_is_unique(house: House, stranger: House) -> None:
    assert (await _create(house, externalId="7"))["customer"]["externalId"] == "7"
    assert (await _create(stranger, externalId="7"))["customer"]["externalId"] == "7"
    refusal = {
        "__typename": "AlreadyExists",
        "field": "externalId",
        "message": "A customer with this external id exists.",
    }
    other = {"customerId": house.gid("Customer", await house.customer()), "version": 1, "externalId": "7"}
    async with nothing_changes(house):
        assert await _create(house, externalId="7") == refusal
        assert await house.client("STAFF").act("updateCustomer", other, ANSWER) == refusal


# places


async def test_a_customer_adds_a_place_of_their_own(house: House) -> None:
    customer = house.people["CUSTOMER"]
    assert customer.viewer.customer_id
    mine = house.gid("Customer", customer.viewer.customer_id)
    input = {"label": "Home", "address": "12 Chavchavadze Ave", "point": POINT, "accessNotes": "Code 7."}
    place = (await customer.client.act("createPlace", input, PLACE))["place"]
    assert place.pop("id")
    assert place == {"version": 1, **input, "customer": {"id": mine}}
    foreign = input | {"customerId": house.gid("Customer", await house.customer())}
    assert await errors(customer.client, "createPlace", foreign) == [("NOT_FOUND", None)]


async def test_staff_add_places_of_the_house_and_of_customers(house: House) -> None:
    input = {"label": "Depot", "address": "1 Kakheti Hwy", "point": POINT}
    assert (await house.client("STAFF").act("createPlace", input, PLACE))["place"]["customer"] is None
    customer = house.gid("Customer", await house.customer())
    place = (await house.client("STAFF").act("createPlace", input | {"customerId": customer}, PLACE))["place"]
    assert place["customer"] == {"id": customer}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": ""}, "label"),
        ({"address": "a\x00b"}, "address"),
        ({"accessNotes": "a\x00b"}, "accessNotes"),
        ({"point": {"latitude": 90.1, "longitude": 0}}, None),
        ({"point": {"latitude": 0, "longitude": -180.1}}, None),
    ],
)
async def test_a_place_must_be_on_earth(house: House, change: Json, field: str | None) -> None:
    input = {"label": "Depot", "address": "1 Kakheti Hwy", "point": POINT}
    changed = {"placeId": house.gid("Place", await house.place()), "version": 1, **change}
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "createPlace", input | change) == [("BAD_USER_INPUT", field)]
        assert await errors(house.client("STAFF"), "updatePlace", changed) == [("BAD_USER_INPUT", field)]


async def test_places_of_a_customer_are_bounded(house: House) -> None:
    customer = await house.customer()
    for _ in range(PLACES_MAX - 1):
        await house.place(customer)
    input = {"label": "Home", "address": "1 St", "point": POINT, "customerId": house.gid("Customer", customer)}
    assert (await house.client("STAFF").act("createPlace", input, PLACE))["place"]["label"] == "Home"
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "createPlace", input) == [("BAD_USER_INPUT", "customerId")]


async def test_customers_see_the_houses_places_but_do_not_change_them(house: House) -> None:
    site = {"placeId": house.gid("Place", await house.place()), "version": 1, "label": "Mine"}
    async with nothing_changes(house):
        assert await errors(house.client("CUSTOMER"), "updatePlace", site) == [("FORBIDDEN", None)]
    answer = f"... on UpdatePlaceSuccess {{ {PLACE} }} ... on VersionConflict {{ currentVersion }}"
    assert (await house.client("STAFF").act("updatePlace", site, answer))["place"]["label"] == "Mine"
    again = await house.client("STAFF").act("updatePlace", site, answer)
    assert again == {"__typename": "VersionConflict", "currentVersion": 2}
    moved = site | {"version": 2, "point": {"latitude": 41.5, "longitude": 44.5}}
    place = (await house.client("STAFF").act("updatePlace", moved, answer))["place"]
    assert (place["point"], place["version"]) == ({"latitude": 41.5, "longitude": 44.5}, 3)
