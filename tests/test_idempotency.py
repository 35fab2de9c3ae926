"""A mutation that is repeated with its key answers again and does nothing again."""

import asyncio
from datetime import time
from typing import Any

import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette

from app.db import Database
from app.errors import BadUserInput, Conflict
from app.idempotency import Outcome, Repetition
from app.jobs import idempotency as forgetting
from app.jobs.desk import Desk
from app.live import Wakes
from app.settings import Settings
from app.uow import Silence, unit_of_work
from tests.client import Client, Json
from tests.factories.houses import House
from tests.realm import own_api
from tests.steps import PASSWORD, Visit, events, nothing_changes, set_password

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


@pytest.mark.parametrize("key", ["", "k" * 201, "a\x00b", "a\ud800", 7, ["a"], {}, True])
def test_a_key_is_kept_as_it_is(key: object) -> None:
    with pytest.raises(BadUserInput):
        Repetition.of(key, "bookSlot", "book_slot", {}, 60)


async def test_a_key_holds_for_a_day(house: House) -> None:
    """Then it is free: also for another request, and once among those who are late together."""
    visit = await Visit.of(house)
    first = await book(visit.customer.client, visit, "a")
    await older(house, 24 * 3600 - 60)
    assert await book(visit.customer.client, visit, "a") == first
    await older(house, 120)
    late = await asyncio.gather(*(book(visit.customer.client, visit, "a", notes="Shy.") for _ in range(5)))
    assert len({answer["booking"]["id"] for answer in [first, *late]}) == 2
    assert await bookings(house) == 2
    again = await visit.customer.client.codes(BOOK, {"input": visit.wanted})
    assert again == []


async def older(house: House, seconds: int) -> None:
    await house.pool.execute(
        "UPDATE idempotency_keys SET created_at = created_at - make_interval(secs => $2) WHERE organization_id = $1",
        house.id,
        seconds,
    )


async def test_keys_that_hold_no_more_are_thrown_away(
    house: House, stranger: House, settings: Settings, database: Database
) -> None:
    """Of all organizations, some at a time; those that hold stay."""
    for place in (house, stranger):
        await place.pool.execute(
            "INSERT INTO idempotency_keys (organization_id, caller_id, key, path, request_hash, created_at) "
            "SELECT $1, $2, n::text, 'bookSlot', '', now() - n * interval '1 hour' FROM generate_series(20, 29) n",
            place.id,
            place.people["STAFF"].user_id,
        )
    await forgetting.forget_old(Desk(settings, database, Wakes(Redis())), batch=3)
    for place in (house, stranger):
        left = await place.all("SELECT key FROM idempotency_keys WHERE organization_id = $1 ORDER BY key")
        assert [row["key"] for row in left] == ["20", "21", "22", "23"]


async def test_duplicates_over_several_processes_have_one_effect_and_one_answer(house: House, app: Starlette) -> None:
    """Each API process has connections, caches and a loop of callers of its own: the database alone decides."""
    visit = await Visit.of(house)
    mine = visit.customer.client
    settings = app.state.server.settings.model_copy(update={"database_pool_size": 4})
    async with own_api(settings) as first, own_api(settings) as second:
        there = [Client(api, mine.token, mine.http) for api in (house.api, first, second)]
        answers = await asyncio.gather(*(book(client, visit, "a") for _ in range(4) for client in there))
    assert {answer["booking"]["id"] for answer in answers} == {answers[0]["booking"]["id"]}
    assert (await bookings(house), await visit.taken()) == (1, 1)
    assert await events(house) == ["BOOKING_CREATED"]


async def test_signing_in_knows_no_keys(house: House, anonymous: Client) -> None:
    """Tokens are kept nowhere, so none is answered again: each time is a new session, which does no harm."""
    await set_password(house, house.people["STAFF"])
    email = await house.value(
        "SELECT email FROM users JOIN memberships ON users.id = user_id WHERE organization_id = $1 AND user_id = $2",
        house.people["STAFF"].user_id,
    )
    given = {"email": email, "password": PASSWORD, "organization": house.slug}
    answers = [await anonymous.act("signIn", given, "refreshToken", idempotency_key="a") for _ in range(2)]
    assert answers[0]["refreshToken"] != answers[1]["refreshToken"]
    assert await house.all("SELECT FROM idempotency_keys WHERE organization_id = $1") == []


async def test_a_secret_is_neither_kept_nor_shown_again(house: House, settings: Settings, database: Database) -> None:
    viewer = house.people["ADMIN"].viewer
    repetition = Repetition.of("a", "createKey", "create_key", {}, 60)
    async with unit_of_work(database, viewer, Silence()) as uow:
        assert await repetition.begin(uow) is None
        await repetition.end(uow, Outcome("CreateKeyPayload", {"key": None, "secret": "very secret"}))
    with pytest.raises(Conflict, match="secret is shown only once"):
        async with unit_of_work(database, viewer, Silence()) as uow:
            await repetition.begin(uow)
    (kept,) = await house.all("SELECT outcome FROM idempotency_keys WHERE organization_id = $1")
    assert "very secret" not in str(kept["outcome"])


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
