"""Pages of a list: forwards, backwards, and while others write."""

import base64
from datetime import time, timedelta
from typing import Any

import orjson
import pytest

from app.context import Server
from tests.client import Client, Json
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import Visit

PAGE = "edges { cursor node { id name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
CUSTOMERS = f"""query List($first: Int, $after: String, $last: Int, $before: String, $order: CustomerOrder) {{
  customers(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {{ {PAGE} }} }}"""
NAMES = [f"Customer {letter}" for letter in "abcdefg"]


async def page(client: Client, **arguments: Any) -> Json:
    found: Json = (await client.run(CUSTOMERS, arguments))["customers"]
    return found


def names(found: Json) -> list[str]:
    return [edge["node"]["name"] for edge in found["edges"]]


async def seven(house: House) -> Client:
    """Seven customers, besides the one whom every house has and who sorts behind them."""
    for name in reversed(NAMES):
        await house.customer(name=name)
    return house.client("STAFF")


async def test_forwards(house: House) -> None:
    client = await seven(house)
    first = await page(client, first=3)
    assert (names(first), first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (
        NAMES[:3],
        True,
        False,
    )
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    assert first["pageInfo"]["endCursor"] == first["edges"][-1]["cursor"]
    second = await page(client, first=3, after=first["pageInfo"]["endCursor"])
    assert (names(second), second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (
        NAMES[3:6],
        True,
        True,
    )
    last = await page(client, first=3, after=second["pageInfo"]["endCursor"])
    assert (names(last), last["pageInfo"]["hasNextPage"]) == ([NAMES[6], "Nino Beridze"], False)


async def test_backwards(house: House) -> None:
    client = await seven(house)
    last = await page(client, last=3)
    assert names(last) == [*NAMES[5:], "Nino Beridze"]
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (False, True)
    before = await page(client, last=3, before=last["pageInfo"]["startCursor"])
    assert names(before) == NAMES[2:5]
    assert (before["pageInfo"]["hasNextPage"], before["pageInfo"]["hasPreviousPage"]) == (True, True)
    first = await page(client, last=3, before=before["pageInfo"]["startCursor"])
    assert (names(first), first["pageInfo"]["hasPreviousPage"]) == (NAMES[:2], False)


async def test_between(house: House) -> None:
    client = await seven(house)
    cursors = [edge["cursor"] for edge in (await page(client))["edges"]]
    assert names(await page(client, after=cursors[1], before=cursors[4])) == NAMES[2:4]
    assert names(await page(client, after=cursors[4], before=cursors[1])) == []


async def test_downwards(house: House) -> None:
    client = await seven(house)
    order = {"field": "NAME", "direction": "DESC"}
    first = await page(client, first=3, order=order)
    assert names(first) == ["Nino Beridze", *NAMES[:4:-1]]
    second = await page(client, first=3, after=first["pageInfo"]["endCursor"], order=order)
    assert names(second) == NAMES[4:1:-1]
    assert names(await page(client, last=2, order=order)) == [NAMES[1], NAMES[0]]


async def test_rows_that_sort_alike_are_neither_skipped_nor_repeated(house: House) -> None:
    for _ in range(5):
        await house.customer(name="Ana")
    client, after, seen = house.client("STAFF"), None, []
    for _ in range(5):
        found = await page(client, first=1, after=after)
        seen += [edge["node"]["id"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
    assert len(set(seen)) == 5


async def test_what_others_write_moves_nothing(house: House) -> None:
    client = await seven(house)
    first = await page(client, first=3)
    await house.customer(name="Customer aa")
    await house.customer(name="Customer dd")
    second = await page(client, first=3, after=first["pageInfo"]["endCursor"])
    assert names(second) == ["Customer d", "Customer dd", "Customer e"]


async def test_a_page_may_be_empty(house: House) -> None:
    client = await seven(house)
    found = await page(client, first=0)
    assert (found["edges"], found["pageInfo"]["hasNextPage"], found["pageInfo"]["endCursor"]) == ([], True, None)


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 101},
        {"last": 101},
        {"first": -1},
        {"last": -1},
        {"first": 2, "last": 2},
    ],
)
async def test_a_page_must_make_sense(house: House, arguments: Json) -> None:
    assert await house.client("STAFF").codes(CUSTOMERS, arguments) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "content",
    [
        [],
        None,
        {},
        "name",
        ["name", "a"],
        ["name", 1, "01900000-0000-7000-8000-000000000000"],
        ["name", "a", 2],
        ["name", "a", "no uuid"],
        ["name", "a\x00b", "01900000-0000-7000-8000-000000000000"],
        ["email", "a", "01900000-0000-7000-8000-000000000000"],
    ],
)
async def test_a_forged_cursor_is_a_mistake(house: House, content: Any) -> None:
    client, cursor = house.client("STAFF"), base64.urlsafe_b64encode(orjson.dumps(content)).decode()
    assert await client.codes(CUSTOMERS, {"after": cursor}) == ["BAD_USER_INPUT"]
    assert await client.codes(CUSTOMERS, {"before": cursor}) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("value", ["", "2026", "9999-12-31T23:59:59-14:00", 7, None, []])
async def test_a_forged_instant_is_a_mistake(house: House, value: Any) -> None:
    content = ["starts_at", value, "01900000-0000-7000-8000-000000000000"]
    cursor = base64.urlsafe_b64encode(orjson.dumps(content)).decode()
    query = "query List($after: String) { slots(after: $after) { edges { cursor } } }"
    assert await house.client("STAFF").codes(query, {"after": cursor}) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("seq", [2**63, 1.5, "1", None])
async def test_a_forged_number_is_a_mistake(house: House, seq: Any) -> None:
    booking = await (await Visit.of(house)).booking()
    cursor = base64.urlsafe_b64encode(orjson.dumps(["seq", seq, seq])).decode()
    query = """query History($id: ID!, $after: String) {
      node(id: $id) { ... on Booking { history(after: $after) { edges { cursor } } } } }"""
    variables = {"id": house.gid("Booking", booking), "after": cursor}
    assert await house.client("STAFF").codes(query, variables) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("cursor", ["nonsense", "", "x", "\x00", "ÄÖ"])
async def test_a_cursor_that_is_none_is_a_mistake(house: House, cursor: str) -> None:
    assert await house.client("STAFF").codes(CUSTOMERS, {"after": cursor}) == ["BAD_USER_INPUT"]


async def test_a_hundred_is_the_most(house: House) -> None:
    for _ in range(101):
        await house.customer()
    found = await page(house.client("STAFF"), first=100)
    assert (len(found["edges"]), found["pageInfo"]["hasNextPage"]) == (100, True)
    assert len((await page(house.client("STAFF")))["edges"]) == 50


async def test_a_cursor_belongs_to_its_order(house: House) -> None:
    client = await seven(house)
    cursor = (await page(client, first=1))["pageInfo"]["endCursor"]
    for order in ({"field": "CREATED_AT", "direction": "ASC"}, {"field": "NAME", "direction": "DESC"}):
        assert await client.codes(CUSTOMERS, {"after": cursor, "order": order}) == ["BAD_USER_INPUT"]
    assert names(await page(client, after=cursor, order={"field": "NAME", "direction": "ASC"}))[0] == NAMES[1]


async def test_a_cursor_belongs_to_its_list(house: House) -> None:
    client = await seven(house)
    cursor = (await page(client, first=1))["pageInfo"]["endCursor"]
    slots = "query List($after: String) { slots(after: $after) { edges { cursor } } }"
    assert await client.codes(slots, {"after": cursor}) == ["BAD_USER_INPUT"]


async def test_instants_make_cursors_too(house: House) -> None:
    service = await house.service()
    ids = [
        house.gid("Slot", await house.slot(service, house.at(time(8)) + timedelta(microseconds=number)))
        for number in range(4)
    ]
    query = "query List($after: String) { slots(first: 1, after: $after) { edges { cursor node { id } } } }"
    after, seen = None, []
    for _ in ids:
        (edge,) = (await house.client("STAFF").run(query, {"after": after}))["slots"]["edges"]
        after = edge["cursor"]
        seen.append(edge["node"]["id"])
    assert seen == ids


# within a parent

NESTED = """query Nested($after: String, $first: Int) { customers(first: 3) { edges { node { name
  subjects(first: $first, after: $after) { COUNT edges { cursor node { name } } pageInfo { hasNextPage } } } } } }"""


async def pets(house: House) -> Client:
    for name in NAMES[:3]:
        customer = await house.customer(name=name)
        for pet in "xyz":
            await house.pet(customer, name=pet)
    return house.client("STAFF")


async def test_each_parent_has_its_own_page(house: House) -> None:
    client = await pets(house)
    nodes = [
        edge["node"]["subjects"]
        for edge in (await client.run(NESTED.replace("COUNT", ""), {"first": 2}))["customers"]["edges"]
    ]
    assert [[edge["node"]["name"] for edge in node["edges"]] for node in nodes] == [["x", "y"]] * 3
    assert [node["pageInfo"]["hasNextPage"] for node in nodes] == [True] * 3
    after = {"first": 2, "after": nodes[0]["edges"][1]["cursor"]}
    first = (await client.run(NESTED.replace("COUNT", ""), after))["customers"]["edges"][0]["node"]["subjects"]
    assert [edge["node"]["name"] for edge in first["edges"]] == ["z"]


# counting


async def test_rows_are_counted_only_when_asked_for(house: House, server: Server) -> None:
    client = await seven(house)
    with counting(server) as plain:
        await client.run("{ customers(first: 2) { edges { node { id } } } }")
    with counting(server) as counted:
        found = await client.run("{ customers(first: 2) { totalCount edges { node { id } } } }")
    assert found["customers"]["totalCount"] == 8
    assert (len(plain.data), len(counted.data)) == (1, 2)
    assert not any("count(" in statement for statement in plain.data)


async def test_rows_of_many_parents_are_counted_at_once(house: House, server: Server) -> None:
    client = await pets(house)
    with counting(server) as plain:
        await client.run(NESTED.replace("COUNT", ""), {"first": 1})
    with counting(server) as counted:
        found = await client.run(NESTED.replace("COUNT", "totalCount"), {"first": 1})
    assert [edge["node"]["subjects"]["totalCount"] for edge in found["customers"]["edges"]] == [3, 3, 3]
    assert (len(plain.data), len(counted.data)) == (2, 3)


async def test_a_count_is_of_what_was_filtered(house: House) -> None:
    client = await seven(house)
    found = await client.run('{ customers(filter: { search: "nino" }, first: 0) { totalCount } }')
    assert found["customers"]["totalCount"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "{ customers(filter: { search: $text }) { totalCount } }",
        "{ subjects(filter: { search: $text }) { totalCount } }",
        "{ bookings(filter: { number: $text }) { totalCount } }",
    ],
)
async def test_a_text_to_look_for_holds_no_nul(house: House, query: str) -> None:
    answer = await house.client("STAFF").post(f"query List($text: String) {query}", {"text": "a\x00b"})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    found = await house.client("STAFF").run(f"query List($text: String) {query}", {"text": "%_'\\"})
    assert list(found.values()) == [{"totalCount": 0}]
