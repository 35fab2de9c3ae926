"""Everything about a person: handed out as an archive, and erased without a trace but for the books and the log."""

import asyncio
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table

from app.jobs.worker import Work
from app.models.base import Base
from app.schema.scalars import encode_id
from app.services.privacy.holdings import BY_TABLE, ELSEWHERE, HOLDINGS, is_telling
from tests.client import Client, Json
from tests.factories.documents import image
from tests.factories.houses import House
from tests.factories.traces import EMAIL, MARK, PHONE, POINT, leave_traces
from tests.invariants import log_is_whole
from tests.sizes import sizes
from tests.steps import Visit, errors, events, eventually, everything, key, nothing_changes, row
from tests.uploading import examined, fetch, kept, upload

ERASED = """... on ErasePersonSuccess { customer { id name email phone notes erasedAt } }
  ... on PersonActive { message bookings transports series waiting }"""
EXPORT = "export { id kind format status rows rowsDone error document { id name contentType byteSize url } }"
WATCHED = f"query Export($id: ID!) {{ node(id: $id) {{ ... on Export {{ {EXPORT.removeprefix('export {')} }} }}"
LEADING = {
    "customer_id",
    "subject_id",
    "booking_id",
    "transport_id",
    "record_id",
    "tag_id",
    "series_id",
    "notification_id",
    "user_id",
}


async def erase(house: House, customer_id: UUID, role: str = "ADMIN") -> Json:
    input = {"customerId": encode_id("Customer", customer_id), "reason": "They asked for it"}
    answer: Json = await house.client(role).act("erasePerson", input, ERASED)
    return answer


async def done(client: Client, export: Json) -> Json:
    """The export, once a worker is done with it."""
    found: Json = {}

    async def over() -> bool:
        found.update((await client.run(WATCHED, {"id": export["id"]}))["node"])
        return found["status"] in ("SUCCEEDED", "FAILED", "CANCELLED")

    await eventually(over)
    return found


async def exported(house: House, client: Client, customer_id: UUID) -> zipfile.ZipFile:
    input = {"customerId": encode_id("Customer", customer_id)}
    asked = (await client.act("exportPerson", input, EXPORT))["export"]
    export = await done(client, asked)
    assert export["status"] == "SUCCEEDED"
    return zipfile.ZipFile(io.BytesIO((await fetch(house.api, export["document"]["url"])).content))


def rows(archive: zipfile.ZipFile, name: str) -> list[Json]:
    found: list[Json] = json.loads(archive.read(name))
    return found


# the declaration


def tables() -> list[Table]:
    return sorted(Base.metadata.tables.values(), key=lambda table: table.name)


def test_every_table_that_leads_to_a_person_is_declared() -> None:
    leading = {table.name for table in tables() if LEADING & set(table.c.keys())}
    assert leading - BY_TABLE.keys() - ELSEWHERE.keys() == set(), "add them to app/services/privacy/holdings.py"
    assert ELSEWHERE.keys() - leading - {"users", "event_details"} == set()


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.table)
def test_every_column_that_may_tell_something_is_declared(holding: Any) -> None:
    table = holding.rows
    telling = {column.name for column in table.c if is_telling(column.type)}
    declared = holding.erased.keys() | holding.kept
    assert declared <= set(table.c.keys())
    assert not holding.erased.keys() & holding.kept
    if not holding.removed:
        assert telling <= declared, f"{holding.table}: say what erasing does to {telling - declared}"


def test_what_leads_to_other_rows_is_erased_after_them() -> None:
    names = [holding.table for holding in HOLDINGS]
    for holding in HOLDINGS:
        for way in holding.ways:
            to = BY_TABLE.get(way.table)
            if to and (to.removed or {way.remote, *(other.column for other in to.ways)} & to.erased.keys()):
                assert names.index(to.table) >= names.index(holding.table), (holding.table, way.table)


# erasing


async def test_nothing_tells_of_somebody_who_was_erased(house: House, worker: Work) -> None:
    traces = await leave_traces(house)
    client = house.client("STAFF")
    customer = encode_id("Customer", traces.customer_id)
    changed = {"customerId": customer, "version": 1, "notes": f"{MARK} again"}
    await client.act("updateCustomer", changed, "... on UpdateCustomerSuccess { customer { id } }")
    before = await house.value("SELECT count(*) FROM events WHERE organization_id = $1")
    found = (await erase(house, traces.customer_id))["customer"]
    assert (found["name"], found["email"], found["phone"], found["notes"]) == ("Erased", None, None, None)
    assert found["erasedAt"]
    left = {name: [line for line in lines if told(line)] for name, lines in (await everything(house)).items()}
    assert {name: lines for name, lines in left.items() if lines} == {}
    account = await house.pool.fetchrow("SELECT * FROM users WHERE id = $1", traces.person.user_id)
    assert account
    assert (account["full_name"], account["password_hash"]) == ("Erased", "")
    assert account["email"] == f"erased-{traces.person.user_id}@erased.invalid"
    assert await house.pool.fetchval("SELECT count(*) FROM sessions WHERE user_id = $1", traces.person.user_id) == 0
    # the books and the log
    assert (await events(house, before))[:1] == ["PERSON_ERASED"]
    await log_is_whole(house)
    booking = await row(house, "bookings", traces.booking)
    assert (booking["status"], booking["price_minor"], booking["notes"]) == ("CANCELLED", 4500, None)
    assert await house.value("SELECT amount_minor FROM booking_charges WHERE organization_id = $1") == 500


def told(line: str) -> bool:
    # as the columns show them: a few digits alone stand in many a random id
    texts = (MARK, EMAIL, PHONE, *map(str, POINT), '"weight_g":4321', '"481516"', "STRETCHER")
    return any(text in line for text in texts)


async def test_files_of_somebody_who_was_erased_are_gone(house: House, api: str, worker: Work) -> None:
    visit = await Visit.of(house)
    sent = await examined(house, await upload(house.client("CUSTOMER"), image()))
    url = sent["url"]
    assert (await fetch(api, url)).status_code == 200
    await erase(house, visit.customer_id)
    await eventually(lambda: nothing_kept(house, key(sent["id"])))
    assert (await fetch(api, url)).status_code == 404
    left = await row(house, "documents", key(sent["id"]))
    assert (left["status"], left["name"], left["sha256"]) == ("REMOVED", "Erased", None)


async def nothing_kept(house: House, id: UUID) -> bool:
    return kept(house, id) == []


@pytest.mark.parametrize("status", ["HELD", "PENDING", "CONFIRMED", "CHECKED_IN"])
async def test_who_has_bookings_to_come_is_not_erased(house: House, status: str) -> None:
    visit = await Visit.of(house)
    await visit.booking(status)
    async with nothing_changes(house):
        refused = await erase(house, visit.customer_id)
    assert (refused["bookings"], refused["transports"], refused["series"], refused["waiting"]) == (1, 0, 0, 0)


async def test_who_has_rides_standing_bookings_or_waits_is_not_erased(house: House) -> None:
    visit = await Visit.of(house)
    await house.transport(visit.customer_id)
    driven = await house.transport(visit.customer_id)
    await house.route(await house.driver(), [driven], status="IN_PROGRESS")
    await house.pool.execute("UPDATE transports SET status = 'DELIVERED' WHERE id = $1", driven)
    await house.series(visit.customer_id, visit.pet, visit.service)
    await house.waitlist_entry(visit.customer_id, visit.pet, visit.slot)
    async with nothing_changes(house):
        refused = await erase(house, visit.customer_id)
    assert (refused["bookings"], refused["transports"], refused["series"], refused["waiting"]) == (0, 2, 1, 1)


async def test_once_is_enough(house: House) -> None:
    visit = await Visit.of(house)
    first = await erase(house, visit.customer_id)
    async with nothing_changes(house):
        assert await erase(house, visit.customer_id) == first
    assert (await events(house)).count("PERSON_ERASED") == 1


async def test_nothing_is_done_for_somebody_who_was_erased(house: House) -> None:
    visit = await Visit.of(house)
    await erase(house, visit.customer_id)
    client, customer = house.client("OWNER"), encode_id("Customer", visit.customer_id)
    point = {"latitude": 41.7, "longitude": 44.8}
    refused = [("BAD_USER_INPUT", "customerId")]
    async with nothing_changes(house):
        asked: dict[str, Json] = {
            "updateCustomer": {"customerId": customer, "version": 2, "name": "Nino"},
            "createPet": {"customerId": customer, "name": "Bim", "species": "DOG"},
            "updatePet": {"petId": encode_id("Pet", visit.pet), "version": 2, "name": "Bim"},
            "createPlace": {"customerId": customer, "label": "Home", "address": "A 1", "point": point},
            "updatePlace": {"placeId": encode_id("Place", visit.home), "version": 2, "label": "Home"},
            "exportPerson": {"customerId": customer},
            "requestUpload": {"customerId": customer, "name": "a.png", "byteSize": 10},
            "createCalendarFeed": {"owner": {"customerId": customer}, "name": "Mine"},
        }
        for verb, input in asked.items():
            assert await errors(client, verb, input) == refused, verb
        assert (await errors(client, "bookSlot", visit.wanted)) != []


async def test_who_works_here_too_keeps_the_account(house: House) -> None:
    staff = house.people["STAFF"]
    customer_id = await house.customer(user_id=staff.user_id, email=staff.email)
    await erase(house, customer_id)
    assert (await row(house, "customers", customer_id))["user_id"] is None
    assert (await staff.client.run("{ viewer { user { fullName } } }"))["viewer"]["user"] == {"fullName": "Staff"}


async def test_who_is_known_elsewhere_keeps_the_account(house: House, stranger: House) -> None:
    person = house.people["CUSTOMER"]
    await stranger.insert("memberships", user_id=person.user_id, role="CUSTOMER")
    assert person.viewer.customer_id
    await erase(house, person.viewer.customer_id)
    account = await house.pool.fetchrow("SELECT * FROM users WHERE id = $1", person.user_id)
    assert account
    assert (account["email"], account["full_name"]) == (person.email, "Customer")
    # but not here
    assert await person.client.codes("{ viewer { user { id } } }") == ["UNAUTHENTICATED"]


async def test_who_books_while_being_erased_is_refused_or_waited_for(house: House) -> None:
    """Whichever comes first, nobody who was erased has a booking."""
    visit = await Visit.of(house)
    booked, erased = await asyncio.gather(
        house.client("STAFF").post(
            "mutation B($i: BookSlotInput!) { bookSlot(input: $i) { __typename } }", {"i": visit.wanted}
        ),
        erase(house, visit.customer_id),
    )
    made = (booked.get("data") or {}).get("bookSlot", {}).get("__typename") == "BookSlotSuccess"
    assert made == ("bookings" in erased), (booked, erased)
    assert (await row(house, "customers", visit.customer_id))["erased_at"] is None or not made


@sizes(700, 5_000)
async def test_much_is_erased_at_once(house: House, size: int) -> None:
    visit = await Visit.of(house)
    await house.pool.execute(
        "INSERT INTO documents (organization_id, id, status, name, customer_id, content_type, sha256) "
        "SELECT $1, uuidv7(), 'READY', 'a.png', $2, 'image/png', 'x' FROM generate_series(1, $3)",
        house.id,
        visit.customer_id,
        size,
    )
    await house.pool.execute(
        "WITH head AS (UPDATE event_heads SET seq = $3 WHERE organization_id = $1), told AS ("
        "INSERT INTO events (organization_id, seq, type, occurred_at, node_type, node_id, customer_id, payload) "
        "SELECT $1, n, 'CUSTOMER_UPDATED', now(), 'Customer', $2, $2, '{}' FROM generate_series(1, $3::int) n) "
        "INSERT INTO event_details (organization_id, seq, changes) "
        "SELECT $1, n, '{\"name\": [1, 2]}' FROM generate_series(1, $3::int) n",
        house.id,
        visit.customer_id,
        size,
    )
    assert (await erase(house, visit.customer_id))["customer"]["name"] == "Erased"
    removed = "SELECT count(*) FROM documents WHERE organization_id = $1 AND status = 'REMOVED'"
    assert await house.value(removed) == size
    told = "SELECT count(*) FROM event_details WHERE organization_id = $1 AND changes IS NOT NULL"
    assert await house.value(told) == 1
    await house.pool.execute("DELETE FROM due_work WHERE organization_id = $1", house.id)
    await log_is_whole(house)


# handing out


async def test_people_get_everything_about_themselves(house: House, worker: Work) -> None:
    traces, other = await leave_traces(house), await Visit.of(house)
    picture = await examined(house, await upload(traces.person.client, image(), "me.png"))
    archive = await exported(house, traces.person.client, traces.customer_id)
    content = b"".join(archive.read(name) for name in archive.namelist())
    assert str(other.customer_id).encode() not in content
    for secret in (b"password", b"token_hash", b'"token"', b"request_hash"):
        assert secret not in content, secret
    names = set(archive.namelist())
    file = f"documents/{key(picture['id'])}-me.png"
    wanted = {holding.table for holding in HOLDINGS if not holding.internal} - {"exports"}
    assert {f"{table}.json" for table in wanted} | {"users.json", "sessions.json", "events.json", file} <= names
    assert rows(archive, "customers.json")[0]["email"] == EMAIL
    assert [found["chip_number"] for found in rows(archive, "pets.json")] == [MARK]
    assert {found["id"] for found in rows(archive, "documents.json")} == {
        str(id) for id in (traces.document, traces.proof, key(picture["id"]))
    }
    assert rows(archive, "users.json")[0]["full_name"] == MARK
    assert "EXPORT_REQUESTED" in {found["type"] for found in rows(archive, "events.json")}
    assert archive.read(file)[:4] == b"\x89PNG"


async def test_an_archive_is_for_the_person_and_for_admins(house: House, worker: Work) -> None:
    person = house.people["CUSTOMER"]
    assert person.viewer.customer_id
    await exported(house, house.client("ADMIN"), person.viewer.customer_id)
    listed = "{ exports { edges { node { document { id url } } } } documents { edges { node { id } } } }"
    for role, many in {"ADMIN": 1, "OWNER": 1, "CUSTOMER": 1, "STAFF": 0, "DISPATCHER": 0, "DRIVER": 0}.items():
        seen = await house.client(role).run(listed)
        assert (len(seen["exports"]["edges"]), len(seen["documents"]["edges"])) == (many, many), role


async def test_nobody_else_asks_for_an_archive(house: House, stranger: House) -> None:
    person = house.people["CUSTOMER"]
    input = {"customerId": encode_id("Customer", person.viewer.customer_id)}  # type: ignore[arg-type]
    other = await house.person(person.viewer.role)  # type: ignore[arg-type]
    for client in (house.client("STAFF"), house.client("DRIVER"), other.client, stranger.client("OWNER")):
        assert await errors(client, "exportPerson", input) == [("NOT_FOUND", None)]
