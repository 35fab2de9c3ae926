"""Signing in to the admin app."""

from uuid import UUID

import pytest

from tests.client import Client
from tests.factories.houses import House
from tests.factories.rows import insert
from tests.operations import OPERATIONS, Operation
from tests.steps import PASSWORD, set_password


async def test_sign_in(operation: Operation, house: House, anonymous: Client) -> None:
    person = house.people["STAFF"]
    await set_password(house, person)
    answer = (await operation.run(anonymous, email=person.email.upper(), password=PASSWORD))["signIn"]
    assert answer["viewer"] == {
        "user": {"id": house.gid("User", person.user_id), "email": person.email, "fullName": "Staff"},
        "organization": {
            "id": house.gid("Organization", house.id),
            "name": "The House",
            "timeZone": "Asia/Tbilisi",
            "currency": "GEL",
        },
        "role": "STAFF",
    }
    me = await Client(house.api, answer["accessToken"]).run("{ viewer { user { id } } }")
    assert me["viewer"]["user"]["id"] == answer["viewer"]["user"]["id"]


async def test_refresh_session(operation: Operation, house: House, anonymous: Client) -> None:
    person = house.people["STAFF"]
    await set_password(house, person)
    signed_in = (await anonymous.run(OPERATIONS["SignIn"], {"email": person.email, "password": PASSWORD}))["signIn"]
    answer = (await operation.run(anonymous, refreshToken=signed_in["refreshToken"]))["refreshSession"]
    assert answer["refreshToken"] != signed_in["refreshToken"]
    assert answer["expiresAt"] > signed_in["expiresAt"]


async def _firm(house: House, number: int) -> UUID:
    """Another organization."""
    values = {"name": f"Firm {number}", "time_zone": "Asia/Tbilisi", "currency": "GEL", "country": "GE"}
    return await insert(house.pool, "organizations", slug=f"{house.slug}-{number}", **values)


@pytest.mark.parametrize("rows", [2, 20])
async def test_viewer(operation: Operation, house: House, rows: int) -> None:
    person = house.people["CUSTOMER"]
    for number in range(rows - 1):
        organization_id = await _firm(house, number)
        await house.pool.execute(
            "INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'CUSTOMER')",
            organization_id,
            person.user_id,
        )
    viewer = (await operation.run(person.client))["viewer"]
    here = {"id": house.gid("Organization", house.id), "name": "The House", "slug": house.slug}
    assert viewer["organization"] == here | {"timeZone": "Asia/Tbilisi", "currency": "GEL"}
    assert (viewer["role"], len(viewer["user"]["memberships"])) == ("CUSTOMER", rows)
    assert viewer["user"]["memberships"][0] == {"organization": here, "role": "CUSTOMER"}
    assert viewer["permissions"] == [
        "CATALOGUE_READ",
        "BOOKINGS_READ",
        "BOOKINGS_MAKE",
        "CUSTOMERS_READ",
        "SUBJECTS_WRITE",
        "TRANSPORTS_READ",
        "CALENDARS",
        "TRACKING",
        "DOCUMENTS",
        "CARE_READ",
        "PARTNERS_READ",
        "CONTACT",
    ]
