"""The endpoint as others see it: the audit suite of the specification, and the clients that people use."""

from typing import Any

import orjson

from tests import nodejs
from tests.client import Json
from tests.factories.houses import House
from tests.factories.keys import named, registered_for_all

VIEWER = "query Viewer { viewer { role } }"
PARTIAL = 'query Partial($id: ID = "%s") { viewer { role } node(id: $id) { id } }'
INVALID = "query Invalid { viewer { nothing } }"
CHANGE = "mutation Change($input: CreateCustomerInput!) { createCustomer(input: $input) { __typename } }"
EVENTS = "subscription Events($after: EventSeq) { events(after: $after) { type } }"
OPTIONAL = {"423L"}
"""What the suite says a server may do and this one does not: the specification has 422 by now, not 400."""


async def given(house: House) -> Json:
    client = house.client("OWNER")
    return {
        "url": f"http://{house.api}/graphql",
        "socket": f"ws://{house.api}/graphql",
        "token": client.token,
        "viewer": VIEWER,
        "partial": PARTIAL % house.gid("Customer", house.id),
        "invalid": INVALID,
        "change": CHANGE,
        "changed": {"name": "Nino"},
        "events": EVENTS,
        "after": (await client.run("{ eventSeq }"))["eventSeq"],
    }


def seen(method: str, status: int, *, sent: bool = True, etag: bool = False) -> Json:
    type = "application/graphql-response+json; charset=utf-8"
    return {"method": method, "status": status, "type": type, "etag": etag, "sent": sent}


async def test_the_audit_suite(house: House) -> None:
    found = await nodejs.run("audit.mjs", await given(house))
    assert len(found) > 60
    assert {one["id"] for one in found if one["status"] != "ok"} == OPTIONAL, [
        one for one in found if one["status"] != "ok"
    ]


DATA: Json = {"viewer": {"role": "OWNER"}}
EVENT = {"events": {"type": "CUSTOMER_CREATED"}}


async def test_apollo_client(house: House) -> None:
    listed = "query Listed { viewer { role __typename } }"
    operation = {"id": named(listed).removeprefix("sha256:"), "name": "Listed", "type": "query", "body": listed}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    await registered_for_all(house, listed)
    found = await nodejs.run("apollo.mjs", {**await given(house), "manifest": manifest})
    data = {"viewer": {"role": "OWNER", "__typename": "Viewer"}}  # which its cache asks for
    assert found["viewer"] == {"data": data, "codes": [], "seen": [seen("POST", 200)]}
    assert found["partial"] == {"data": {**data, "node": None}, "codes": ["NOT_FOUND"], "seen": [seen("POST", 294)]}
    assert found["invalid"] == {"data": None, "codes": ["BAD_USER_INPUT"], "seen": [seen("POST", 422)]}
    missed = [seen("GET", 422, sent=False), seen("POST", 200)]
    assert found["sentOnce"] == {"data": data, "codes": [], "seen": missed}
    assert found["thenNamed"] == {"data": data, "codes": [], "seen": [seen("GET", 200, sent=False, etag=True)]}
    assert found["registered"] == {"data": data, "codes": [], "seen": [seen("GET", 200, sent=False, etag=True)]}
    assert found["event"]["events"]["type"] == "CUSTOMER_CREATED"


async def test_urql(house: House) -> None:
    found = await nodejs.run("urql.mjs", await given(house))
    assert found["viewer"] == {"data": DATA, "codes": [], "seen": [seen("POST", 200)]}
    assert found["partial"] == {"data": {**DATA, "node": None}, "codes": ["NOT_FOUND"], "seen": [seen("POST", 294)]}
    assert found["invalid"] == {"data": None, "codes": ["BAD_USER_INPUT"], "seen": [seen("POST", 422)]}
    missed = [seen("GET", 422, sent=False), seen("GET", 200, etag=True)]
    assert found["sentOnce"] == {"data": DATA, "codes": [], "seen": missed}
    assert found["thenNamed"] == {"data": DATA, "codes": [], "seen": [seen("GET", 200, sent=False, etag=True)]}
    assert found["read"] == {"data": DATA, "codes": [], "seen": [seen("GET", 200, etag=True)]}
    assert found["event"] == EVENT


async def test_graphql_ws(house: House) -> None:
    found = await nodejs.run("socket.mjs", await given(house))
    assert found["pong"] is True
    assert found["viewer"] == {"data": DATA}
    assert found["partial"] == {"data": {**DATA, "node": None}, "codes": ["NOT_FOUND"]}
    assert found["invalid"] == ["BAD_USER_INPUT"]
    assert found["change"] == {"data": {"createCustomer": {"__typename": "CreateCustomerSuccess"}}}
    assert found["event"] == {"data": EVENT}
    assert found["still"] is True
    assert found["turnedAway"] == 4403


def test_the_lock_names_public_places_only() -> None:
    packages: dict[str, Any] = orjson.loads(nodejs.LOCK.read_bytes())["packages"]
    assert len(packages) > 10
    for name, package in packages.items():
        if name:
            assert package["resolved"].startswith("https://registry.npmjs.org/"), name
            assert package["integrity"].startswith("sha512-"), name
