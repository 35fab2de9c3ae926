"""Phones that can be sent messages: whose they are, and how they come and go."""

import asyncio
from typing import Any

import pytest

from tests.client import Client, Json
from tests.factories.houses import House
from tests.factories.messaging import device
from tests.steps import errors, events, key, row

DEVICE = "device { id platform provider retiredAt customer { id } }"
TOKEN = "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]"


async def register(client: Client, token: str = TOKEN, platform: str = "IOS") -> Json:
    found: Json = (await client.act("registerDevice", {"token": token, "platform": platform}, DEVICE))["device"]
    return found


async def _row(house: House, id: str) -> Any:
    return await row(house, "device_tokens", key(id))


@pytest.mark.parametrize(
    ("token", "service"),
    [(TOKEN, "EXPO"), ("ExpoPushToken[a-b_c]", "EXPO"), ("dQw4:APA91b-_" + "x" * 150, "FCM"), ("x" * 1000, "FCM")],
)
async def test_the_token_says_who_pushes(house: House, token: str, service: str) -> None:
    assert (await register(house.client("CUSTOMER"), token))["provider"] == service


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "ü",
        "a b",
        "a\nb",
        "<script>",
        "x" * 1001,
        TOKEN + "\n",
        "ExponentPushToken[]",
        "ExponentPushToken[a b]",
    ],
)
async def test_what_is_no_token_is_refused(house: House, token: str) -> None:
    wanted = {"token": token, "platform": "IOS"}
    assert await errors(house.client("CUSTOMER"), "registerDevice", wanted) == [("BAD_USER_INPUT", "token")]


async def test_a_phone_that_says_it_again_is_the_same(house: House) -> None:
    client = house.client("CUSTOMER")
    first = await register(client)
    before = (await _row(house, first["id"]))["last_seen_at"]
    assert await register(client, platform="ANDROID") == first | {"platform": "ANDROID"}
    assert (await _row(house, first["id"]))["last_seen_at"] > before
    # only news are news
    assert await events(house) == ["DEVICE_REGISTERED"]


async def test_a_phone_belongs_to_whoever_registered_it_last(house: House) -> None:
    customer, driver = house.people["CUSTOMER"], house.people["DRIVER"]
    first = await register(customer.client)
    assert first["customer"] == {"id": house.gid("Customer", customer.viewer.customer_id or customer.user_id)}
    second = await register(driver.client)
    assert second == first | {"customer": None}
    found = await _row(house, first["id"])
    assert (found["user_id"], found["customer_id"]) == (driver.user_id, None)
    assert await events(house) == ["DEVICE_REGISTERED"] * 2
    gone = {"deviceId": first["id"]}
    assert await errors(customer.client, "unregisterDevice", gone) == [("NOT_FOUND", None)]
    assert (await _row(house, first["id"]))["retired_at"] is None


async def test_the_same_phone_in_two_organizations(house: House, stranger: House) -> None:
    here, there = await register(house.client("CUSTOMER")), await register(stranger.client("CUSTOMER"))
    assert here["id"] != there["id"]
    wanted = {"deviceId": there["id"]}
    assert await errors(house.client("OWNER"), "unregisterDevice", wanted) == [("NOT_FOUND", None)]


async def test_unregistered_and_back_again(house: House) -> None:
    client = house.client("DRIVER")
    id = (await register(client))["id"]
    for _ in range(2):
        gone = (await client.act("unregisterDevice", {"deviceId": id}, DEVICE))["device"]
        assert gone["retiredAt"] is not None
    assert await events(house) == ["DEVICE_REGISTERED", "DEVICE_RETIRED"]
    assert (await register(client))["retiredAt"] is None
    assert await events(house) == ["DEVICE_REGISTERED", "DEVICE_RETIRED", "DEVICE_REGISTERED"]


async def test_the_house_does_not_unregister_peoples_phones(house: House) -> None:
    id = (await register(house.client("CUSTOMER")))["id"]
    assert await errors(house.client("OWNER"), "unregisterDevice", {"deviceId": id}) == [("NOT_FOUND", None)]


async def test_a_person_has_so_many_phones(house: House) -> None:
    person = house.people["CUSTOMER"]
    known = [await device(house, person.user_id, customer_id=person.viewer.customer_id) for _ in range(20)]
    newest = await register(person.client)
    live = await house.all("SELECT id FROM device_tokens WHERE organization_id = $1 AND retired_at IS NULL")
    assert {row["id"] for row in live} == {*known[1:], key(newest["id"])}


async def test_a_phone_that_two_register_at_once_is_one(house: House) -> None:
    clients = [house.client(role) for role in ("CUSTOMER", "DRIVER", "OWNER")]
    found = await asyncio.gather(*(register(clients[number % 3]) for number in range(24)))
    assert len({device["id"] for device in found}) == 1
    (kept,) = await house.all("SELECT user_id, retired_at FROM device_tokens WHERE organization_id = $1")
    assert kept["user_id"] in {house.people[role].user_id for role in ("CUSTOMER", "DRIVER", "OWNER")}
    assert kept["retired_at"] is None
