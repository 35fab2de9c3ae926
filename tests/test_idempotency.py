"""A mutation that is repeated with its key answers again and does nothing again."""

import asyncio
from datetime import time
from typing import Any

import pytest

from app.errors import BadUserInput
from app.idempotency import Repetition
from tests.client import Client, Json
from tests.factories.houses import House
from tests.steps import Visit, events, nothing_changes

BOOKED = "... on BookSlotSuccess { booking { id status } } ... on SlotFull { message }"
BOOK = f"mutation Book($input: BookSlotInput!) {{ bookSlot(input: $input) {{ __typename {BOOKED} }} }}"


async def book(client: Client, visit: Visit, key: str, **more: Any) -> Json:
    return await client.act("bookSlot", visit.wanted | more, BOOKED, idempotency_key=key)


async def bookings(house: House) -> int:
    count: int = await house.value("SELECT count(*) FROM bookings WHERE organization_id = $1")
    return count


async def test_the_same_key_books_once(house: House) -> None:
    visit = await Visit.of(house)
    first = await book(visit.customer.client, visit, "a")
    async with nothing_changes(house):
        again = await book(visit.customer.client, visit, "a")
    assert (again, await bookings(house), await visit.taken()) == (first, 1, 1)
    assert await events(house) == ["BOOKING_CREATED"]


async def test_another_key_and_no_key_book_again(house: House) -> None:
    visit = await Visit.of(house)
    await book(visit.customer.client, visit, "a")
    await book(visit.customer.client, visit, "b")
    await visit.customer.client.act("bookSlot", visit.wanted, BOOKED)
    await visit.customer.client.act("bookSlot", visit.wanted, BOOKED)
    assert (await bookings(house), await visit.taken()) == (4, 4)


async def test_ten_at_once_have_one_effect_and_one_answer(house: House) -> None:
    visit = await Visit.of(house)
    answers = await asyncio.gather(*(book(visit.customer.client, visit, "a") for _ in range(10)))
    assert {answer["booking"]["id"] for answer in answers} == {answers[0]["booking"]["id"]}
    assert (await bookings(house), await visit.taken()) == (1, 1)
    assert await events(house) == ["BOOKING_CREATED"]


async def test_another_request_with_the_same_key_conflicts(house: House) -> None:
    visit = await Visit.of(house)
    await book(visit.customer.client, visit, "a")
    async with nothing_changes(house):
        answer = await visit.customer.client.post(
            BOOK, {"input": visit.wanted | {"notes": "Shy."}}, {"idempotency-key": "a"}
        )
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["CONFLICT"]
    assert answer["errors"][0]["message"] == "This idempotency key was used for another request."


async def test_another_verb_with_the_same_key_is_another_place(house: House) -> None:
    """A key stands for one field of one document: a document may do several things under one key."""
    visit = await Visit.of(house)
    document = """mutation Two($input: BookSlotInput!) {
      one: bookSlot(input: $input) { ... on BookSlotSuccess { booking { id } } }
      two: bookSlot(input: $input) { ... on BookSlotSuccess { booking { id } } } }"""
    first = await visit.customer.client.run(document, {"input": visit.wanted}, idempotency_key="a")
    again = await visit.customer.client.run(document, {"input": visit.wanted}, idempotency_key="a")
    assert (again, first["one"] != first["two"], await bookings(house)) == (first, True, 2)


async def test_keys_are_the_callers_own(house: House, stranger: House) -> None:
    visit, other = await Visit.of(house), await Visit.of(stranger)
    mine = await book(visit.customer.client, visit, "a")
    by_staff = await book(house.client("STAFF"), visit, "a")
    elsewhere = await book(other.customer.client, other, "a")
    assert len({answer["booking"]["id"] for answer in (mine, by_staff, elsewhere)}) == 3


async def test_a_repetition_shows_how_things_are_by_then(house: House) -> None:
    visit = await Visit.of(house)
    first = await book(visit.customer.client, visit, "a")
    await house.client("STAFF").act("confirmBooking", {"bookingId": first["booking"]["id"]}, "")
    again = await book(visit.customer.client, visit, "a")
    assert again["booking"] == {"id": first["booking"]["id"], "status": "CONFIRMED"}


async def test_a_repetition_may_ask_for_more(house: House) -> None:
    visit = await Visit.of(house)
    await book(visit.customer.client, visit, "a")
    selection = "... on BookSlotSuccess { booking { subject { name } } }"
    again = await visit.customer.client.act("bookSlot", visit.wanted, selection, idempotency_key="a")
    assert again["booking"] == {"subject": {"name": "Bim"}}


async def test_what_was_refused_can_be_tried_again(house: House) -> None:
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE slots SET capacity = 0 WHERE id = $1", visit.slot)
    assert (await book(visit.customer.client, visit, "a"))["__typename"] == "SlotFull"
    await house.pool.execute("UPDATE slots SET capacity = 1 WHERE id = $1", visit.slot)
    assert (await book(visit.customer.client, visit, "a"))["__typename"] == "BookSlotSuccess"
    assert (await book(visit.customer.client, visit, "a"))["__typename"] == "BookSlotSuccess"


async def test_what_failed_can_be_tried_again(house: House) -> None:
    visit = await Visit.of(house)
    bad = {"input": visit.wanted | {"notes": "x" * 5_001}}
    for _ in range(2):
        answer = await visit.customer.client.post(BOOK, bad, {"idempotency-key": "a"})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert (await book(visit.customer.client, visit, "a"))["__typename"] == "BookSlotSuccess"


async def test_every_kind_of_answer_is_recalled(house: House) -> None:
    """A list of nodes, none at all, several fields, and a payload that is no union."""
    driver, customer = house.people["DRIVER"].viewer.driver_id, await house.customer()
    assert driver
    await house.route(driver, [await house.transport(customer)], "OPTIMIZED")
    publish = ("publishRoutes", {"date": house.day.isoformat()}, "... on PublishRoutesSuccess { routes { id } }")
    first = await house.client("DISPATCHER").act(*publish, idempotency_key="p")
    assert await house.client("DISPATCHER").act(*publish, idempotency_key="p") == first
    start = {"routeId": first["routes"][0]["id"]}
    await house.client("DRIVER").act("startRoute", start, "")
    stops = await house.all("SELECT id FROM stops WHERE organization_id = $1 ORDER BY sequence")
    for stop in stops:
        act = (
            "completeStop",
            {"stopId": house.gid("Stop", stop["id"])},
            "... on CompleteStopSuccess { stop { id status } nextStop { id } }",
        )
        done = await house.client("DRIVER").act(*act, idempotency_key=str(stop["id"]))
        assert await house.client("DRIVER").act(*act, idempotency_key=str(stop["id"])) == done
    assert done["nextStop"] is None
    slot = {
        "serviceId": house.gid("Service", await house.service()),
        "startsAt": house.at(time(12)).isoformat(),
        "capacity": 1,
    }
    made = await house.client("OWNER").act("createSlot", slot, "slot { id }", idempotency_key="s")
    assert await house.client("OWNER").act("createSlot", slot, "slot { id }", idempotency_key="s") == made


async def test_a_key_in_the_extensions_is_as_good_as_a_header(house: House) -> None:
    visit = await Visit.of(house)
    body = {"query": BOOK, "variables": {"input": visit.wanted}, "extensions": {"idempotencyKey": "a"}}
    client = visit.customer.client
    answers = [
        (await client.http.post(f"http://{client.api}/graphql", json=body, headers=client.headers)).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert (await book(client, visit, "a"))["booking"] == answers[0]["data"]["bookSlot"]["booking"]
    assert await bookings(house) == 1


@pytest.mark.parametrize("key", ["", "k" * 201, "a\x00b"])
def test_a_key_is_kept_as_it_is(key: str) -> None:
    with pytest.raises(BadUserInput):
        Repetition.of(key, "bookSlot", "book_slot", {})


async def test_a_key_is_not_endless(house: House) -> None:
    """Two long keys that begin alike are two keys, or no keys at all; never one."""
    visit = await Visit.of(house)
    headers = {"idempotency-key": "k" * 201}
    async with nothing_changes(house):
        answer = await visit.customer.client.post(BOOK, {"input": visit.wanted}, headers)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_a_key_in_the_extensions_counts_over_a_socket(house: House) -> None:
    visit = await Visit.of(house)
    payload = {"query": BOOK, "variables": {"input": visit.wanted}, "extensions": {"idempotencyKey": "a"}}
    answers = []
    async with visit.customer.client.socket() as socket:
        for id in ("1", "2"):
            await socket.send({"id": id, "type": "subscribe", "payload": payload})
            answers.append((await socket.receive())["payload"])
            assert (await socket.receive())["type"] == "complete"
    assert answers[0] == answers[1]
    assert await bookings(house) == 1
