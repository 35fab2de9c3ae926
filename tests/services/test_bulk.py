"""Many writes at once: each for itself, in order, and known by its place if it is repeated."""

import asyncio
from typing import Any

from graphql import get_named_type

from app.context import Server
from app.resolvers.bulk import ITEMS_MAX
from app.resolvers.verbs import VERBS
from tests.asking import SCHEMA, field_of
from tests.client import Client, Json
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import Visit, errors, events, nothing_changes

ERROR = "error { code message field }"
PET = "... on CreatePetSuccess { pet { id name customer { name } } } ... on AlreadyExists { field }"
PETS = f"done items {{ index answer {{ __typename {PET} }} {ERROR} }}"
TAG = "... on RegisterTagSuccess { tag { uid } } ... on AlreadyExists { field }"
TAGS = f"done items {{ index answer {{ __typename {TAG} }} {ERROR} }}"
CONFIRMED = "... on ConfirmBookingSuccess { booking { id status } } ... on InvalidTransition { currentStatus }"
BOOKINGS = f"done items {{ index answer {{ __typename {CONFIRMED} }} {ERROR} }}"


async def many(client: Client, verb: str, items: list[Json], selection: str, **headers: str) -> Json:
    return await client.act(verb, {"items": items}, selection, **headers)


def pet(visit: Visit, name: str, **more: Any) -> Json:
    return {"name": name, "species": "DOG", "customerId": visit.house.gid("Customer", visit.customer_id), **more}


async def test_each_is_done_or_not_for_itself(house: House) -> None:
    """One succeeds, one is refused by a rule, one names what is not there: the others stand, in their order."""
    visit = await Visit.of(house)
    standing, over = await visit.booking(), await visit.booking("CANCELLED")
    ids = [house.gid("Booking", standing), house.gid("Booking", over), house.gid("Booking", visit.pet)]
    items = [{"bookingId": id} for id in [*ids, "nonsense"]]
    answer = await many(house.client("STAFF"), "bulkConfirmBooking", items, BOOKINGS)
    done, refused, absent, nonsense = answer["items"]
    assert answer["done"] == 1
    assert [item["index"] for item in answer["items"]] == [0, 1, 2, 3]
    assert done["answer"]["booking"] == {"id": ids[0], "status": "CONFIRMED"}
    assert refused["answer"] == {"__typename": "InvalidTransition", "currentStatus": "CANCELLED"}
    assert done["error"] is refused["error"] is None
    assert absent["answer"] is nonsense["answer"] is None
    assert absent["error"] == {"code": "NOT_FOUND", "message": "There is no such booking.", "field": None}
    assert nonsense["error"]["code"] == "BAD_USER_INPUT"
    assert await events(house) == ["BOOKING_CONFIRMED"]


async def test_twins_among_the_items_are_told_apart_by_the_rules(house: House) -> None:
    """The second sees what the first did."""
    visit = await Visit.of(house)
    tag = {"kind": "NFC", "uid": "04A1B2C3D4E5F6", "subjectId": house.gid("Pet", visit.pet)}
    answer = await many(house.client("STAFF"), "bulkRegisterTag", [tag, tag], TAGS)
    assert [item["answer"]["__typename"] for item in answer["items"]] == ["RegisterTagSuccess", "AlreadyExists"]
    assert answer["items"][1]["answer"]["field"] == "uid"


async def test_a_bad_input_names_its_field(house: House) -> None:
    visit = await Visit.of(house)
    items = [pet(visit, "Rex"), pet(visit, " "), pet(visit, "x" * 201)]
    answer = await many(house.client("STAFF"), "bulkCreatePet", items, PETS)
    assert [item["error"] and (item["error"]["code"], item["error"]["field"]) for item in answer["items"]] == [
        None,
        ("BAD_USER_INPUT", "name"),
        ("BAD_USER_INPUT", "name"),
    ]


async def test_a_repetition_does_what_is_left(house: House) -> None:
    """Each item is known by its place: what was done is answered again, what failed is tried again."""
    visit = await Visit.of(house)
    staff, chip = house.client("STAFF"), "985112000000001"
    items = [pet(visit, "Rex"), pet(visit, "Bim", chipNumber=chip)]
    await house.pool.execute("UPDATE pets SET chip_number = $2 WHERE organization_id = $1", house.id, chip)
    first = await many(staff, "bulkCreatePet", items, PETS, idempotency_key="a")
    await house.pool.execute("UPDATE pets SET chip_number = NULL WHERE organization_id = $1", house.id)
    again = await many(staff, "bulkCreatePet", items, PETS, idempotency_key="a")
    assert (first["done"], again["done"]) == (1, 2)
    assert again["items"][0] == first["items"][0]
    async with nothing_changes(house):
        assert await many(staff, "bulkCreatePet", items, PETS, idempotency_key="a") == again
        turned = await many(staff, "bulkCreatePet", items[::-1], PETS, idempotency_key="a")
    assert [item["error"]["code"] for item in turned["items"]] == ["CONFLICT", "CONFLICT"]


async def test_duplicates_at_once_do_each_item_once(house: House) -> None:
    visit = await Visit.of(house)
    items = [pet(visit, f"Pup {number}") for number in range(5)]
    client = house.client("STAFF")
    answers = await asyncio.gather(*(many(client, "bulkCreatePet", items, PETS, idempotency_key="a") for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    pups = "SELECT count(*) FROM subjects WHERE organization_id = $1 AND name LIKE 'Pup %'"
    assert await house.value(pups) == 5


async def test_there_is_a_limit(house: House) -> None:
    visit = await Visit.of(house)
    async with nothing_changes(house):
        for items in ([], [pet(visit, "Rex")] * (ITEMS_MAX + 1)):
            assert await errors(house.client("STAFF"), "bulkCreatePet", {"items": items}) == [
                ("BAD_USER_INPUT", "items")
            ]


async def test_what_is_read_of_many_is_read_at_once(house: House, server: Server) -> None:
    """Writes are one after the other; what the answer shows of them is loaded together."""
    visit, reads = await Visit.of(house), []
    for count in (2, 20):
        items = [pet(visit, f"Pup {number}") for number in range(count)]
        with counting(server) as statements:
            answer = await many(house.client("STAFF"), "bulkCreatePet", items, PETS)
        assert answer["items"][count - 1]["answer"]["pet"]["customer"] == {"name": "Nino Beridze"}
        reads.append(sum("FROM customers" in text and "ANY" in text for text in statements.data))
    assert reads == [1, 1]


def test_whatever_is_offered_many_times_answers_as_once() -> None:
    bulky = [verb for verb in VERBS if verb.field.python_name.startswith("bulk_") and "items" in _input(verb)]
    assert len(bulky) == 10
    assert SCHEMA.mutation_type
    for verb in bulky:
        name = verb.field.python_name.removeprefix("bulk_")
        (one,) = [other for other in VERBS if other.field.python_name == name]
        item = get_named_type(get_named_type(field_of(verb).type).fields["items"].type)  # type: ignore[attr-defined]
        assert item.fields["answer"].type == get_named_type(field_of(one).type)  # type: ignore[attr-defined]
        assert verb.permission == one.permission


def _input(verb: Any) -> Any:
    return get_named_type(field_of(verb).args["input"].type).fields  # type: ignore[attr-defined]
