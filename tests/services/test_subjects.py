"""Pets, patients and cars."""

from typing import Any

import pytest

from tests.client import Json
from tests.factories.houses import House
from tests.steps import errors, events, nothing_changes

KINDS: dict[str, Json] = {
    "pet": {"species": "CAT"},
    "patient": {"mobility": "STRETCHER"},
    "car": {"licensePlate": " aa-001-bb "},
}


async def _create(house: House, kind: str, role: str = "CUSTOMER", **values: Any) -> Json:
    selection = f"... on Create{kind.title()}Success {{ {kind} {{ id version name customer {{ id }} }} }}"
    input = {"name": "Bim", **KINDS[kind], **values}
    return await house.client(role).act(
        f"create{kind.title()}", input, f"{selection} ... on AlreadyExists {{ field message }}"
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_customers_bring_subjects_of_every_kind(house: House, kind: str) -> None:
    me = house.people["CUSTOMER"].viewer.customer_id
    assert me
    subject = (await _create(house, kind))[kind]
    assert (subject["version"], subject["name"], subject["customer"]) == (1, "Bim", {"id": house.gid("Customer", me)})
    log = await house.all("SELECT type, node_type, payload FROM events WHERE organization_id = $1")
    assert [tuple(event) for event in log] == [("SUBJECT_CREATED", kind.title(), f'{{"kind": "{kind.upper()}"}}')]


@pytest.mark.parametrize("kind", KINDS)
async def test_staff_say_whose_it_is(house: House, kind: str) -> None:
    theirs = house.gid("Customer", await house.customer())
    subject = (await _create(house, kind, "STAFF", customerId=theirs))[kind]
    assert subject["customer"] == {"id": theirs}
    async with nothing_changes(house):
        verb, input = f"create{kind.title()}", {"name": "Bim", **KINDS[kind]}
        assert await errors(house.client("STAFF"), verb, input) == [("BAD_USER_INPUT", "customerId")]
        foreign = input | {"customerId": theirs}
        assert await errors(house.client("CUSTOMER"), verb, foreign) == [("NOT_FOUND", None)]


UNIQUE = [
    ("pet", "chipNumber", "985112000000001", "A pet with this chip number exists."),
    ("car", "licensePlate", "AA-001-BB", "A car with this license plate exists."),
    ("pet", "externalId", "7", "A subject with this external id exists."),
]


@pytest.mark.parametrize(("kind", "field", "value", "message"), UNIQUE)
async def test_some_things_are_unique(
    house: House, stranger: House, kind: str, field: str, value: str, message: str
) -> None:
    refusal = {"__typename": "AlreadyExists", "field": field, "message": message}
    await _create(house, kind, **{field: value})
    assert (await _create(stranger, kind, **{field: value}))["__typename"] == f"Create{kind.title()}Success"
    other = (await _create(house, kind, **KINDS[kind] | ({"licensePlate": "B"} if kind == "car" else {})))[kind]
    async with nothing_changes(house):
        assert await _create(house, kind, **{field: value}) == refusal
        change = {f"{kind}Id": other["id"], "version": 1, field: value}
        selection = "... on AlreadyExists { field message }"
        assert await house.client("CUSTOMER").act(f"update{kind.title()}", change, selection) == refusal


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("pet", "name", ""),
        ("pet", "name", "B\x00m"),
        ("pet", "breed", "B\x00m"),
        ("pet", "chipNumber", "B\x00m"),
        ("pet", "notes", "x" * 5_001),
        ("patient", "notes", "B\x00m"),
        ("car", "licensePlate", "B\x00m"),
        ("car", "licensePlate", ""),
        ("car", "make", "B\x00m"),
        ("car", "vin", "B\x00m"),
    ],
)
async def test_what_people_type_is_checked(house: House, kind: str, field: str, value: str) -> None:
    input = {"name": "Bim", **KINDS[kind], field: value}
    async with nothing_changes(house):
        found = await errors(house.client("CUSTOMER"), f"create{kind.title()}", input)
    assert found == [("BAD_USER_INPUT", field)]


async def test_numbers_must_make_sense(house: House) -> None:
    async with nothing_changes(house):
        for kind, field, value in (("pet", "weightG", 0), ("car", "mileageKm", -1)):
            input = {"name": "Bim", **KINDS[kind], field: value}
            found = await errors(house.client("CUSTOMER"), f"create{kind.title()}", input)
            assert [code for code, _ in found] == ["BAD_USER_INPUT"]


async def test_a_pet_changes_from_the_version_that_was_seen(house: House) -> None:
    pet = (await _create(house, "pet", breed="Siamese", weightG=4_000))["pet"]
    change = {"petId": pet["id"], "version": 1, "weightG": 4_200, "species": "DOG"}
    answer = """... on UpdatePetSuccess { pet { version weightG species breed } }
      ... on VersionConflict { currentVersion message }"""
    changed = await house.client("CUSTOMER").act("updatePet", change, answer)
    assert changed["pet"] == {"version": 2, "weightG": 4_200, "species": "DOG", "breed": "Siamese"}
    async with nothing_changes(house):
        again = await house.client("CUSTOMER").act("updatePet", change, answer)
    assert (again["__typename"], again["currentVersion"]) == ("VersionConflict", 2)
    assert await events(house) == ["SUBJECT_CREATED", "SUBJECT_UPDATED"]


async def test_a_pet_is_not_a_car(house: House) -> None:
    pet = (await _create(house, "pet"))["pet"]
    change = {"carId": pet["id"], "version": 1, "name": "Red"}
    async with nothing_changes(house):
        assert await errors(house.client("CUSTOMER"), "updateCar", change) == [("NOT_FOUND", None)]
