"""Whole lists as files: what their clients would read page by page, read by a worker as they would see it by then."""

import asyncio
import json
import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from app import clock
from app.db import Database
from app.jobs.desk import Desk
from app.jobs.exports import write_export
from app.jobs.worker import Work
from app.models import DueWork
from app.schema.scalars import encode_id
from app.serving.reader import Reader
from app.settings import Settings
from tests.client import Client, Json
from tests.factories.houses import House
from tests.services.test_exports import CANCELLED, FOLLOW, Quiet, a_row, content
from tests.services.test_privacy import EXPORT, done
from tests.sizes import measured, sizes
from tests.steps import due, errors, events, key, nothing_changes, row

GUESTS = """query Guests($search: String) {
  customers(filter: {search: $search}, orderBy: {field: NAME, direction: ASC}) { edges { node { ...Guest } } } }
fragment Guest on Customer { id name places { label } }"""


async def ask(client: Client, query: str, **variables: Any) -> Json:
    input = {"query": query, "variables": variables} if variables else {"query": query}
    export: Json = (await client.act("bulkExport", input, EXPORT))["export"]
    return export


async def guests(house: House, many: int) -> None:
    await house.pool.execute(
        "INSERT INTO customers (organization_id, name) SELECT $1, 'Guest ' || lpad(n::text, 6, '0') "
        "FROM generate_series(1, $2::int) n",
        house.id,
        many,
    )


async def queued(house: House, query: str = GUESTS, role: str = "STAFF", **values: Any) -> UUID:
    """An export that no worker knows of."""
    request = json.dumps({"query": query, "variables": {"search": "Guest"}})
    asked = {"kind": "CONNECTION", "format": "JSONL", "connection": "customers", "request": request, "rows_done": 0}
    return await a_row(house, requested_by=house.people[role].user_id, **{**asked, **values})


async def test_a_list_is_written_whole(house: House, worker: Work) -> None:
    """Three pages, with what belongs to each row, in the order that was asked for; and then it forgets the question."""
    await guests(house, 250)
    client = house.client("STAFF")
    export = await ask(client, GUESTS, search="Guest")
    assert (export["kind"], export["format"]) == ("CONNECTION", "JSONL")
    text = await content(house, export)
    found = [orjson.loads(line) for line in text.splitlines()]
    assert [guest["name"] for guest in found] == [f"Guest {number:06}" for number in range(1, 251)]
    assert list(found[0]) == ["id", "name", "places"]
    assert found[0]["places"] == []
    ended = await row(house, "exports", key(export["id"]))
    assert (ended["connection"], ended["rows"], ended["rows_done"], ended["request"]) == ("customers", 250, 250, None)
    document = (await done(client, export))["document"]
    assert (document["name"][:10], document["contentType"]) == ("customers-", "application/jsonl")
    assert await events(house) == ["EXPORT_REQUESTED", "DOCUMENT_READY", "EXPORT_SUCCEEDED"]


async def test_an_empty_list_is_an_empty_file(house: House, worker: Work) -> None:
    assert await content(house, await ask(house.client("STAFF"), GUESTS, search="Nobody")) == b""


async def test_reading_records_is_written_down(house: House, worker: Work) -> None:
    """As when they are read on a screen: an export is no way around it."""
    pet = await house.pet(await house.customer())
    protocol = {"code": "RABIES", "name": "Rabies", "kind": "VACCINATION", "subject_kind": "PET", "species": "DOG"}
    care = {"subject_id": pet, "customer_id": await house.value(OWNER, pet), "kind": "VACCINATION"}
    await house.insert("care_protocols", **protocol)
    await house.insert("care_records", **care, title="Rabies", performed_on=house.day)
    export = await ask(
        house.client("STAFF"), "{ subjects { edges { node { id careRecords { edges { node { title } } } } } } }"
    )
    await content(house, export)
    assert "CARE_RECORD_READ" in await events(house)


OWNER = "SELECT customer_id FROM subjects WHERE organization_id = $1 AND id = $2"

PLAIN = "{ customers { edges { node { id } } } }"
BAD = (
    "mutation A($input: SignOutInput!) { signOut { done } }",
    "mutation { signOut }",
    "subscription { eventPosted { seq } }",
    "{ viewer { user { id } } }",
    "{ __typename }",
    "{ __schema { types { name } } }",
    "{ customers { totalCount } }",
    "{ customers { edges { cursor } } }",
    "{ customers { edges { cursor node { id } } } }",
    "{ customers { edges { n: node { id } } } }",
    "{ customers { e: edges { node { id } } } }",
    "{ customers { ...C } } fragment C on CustomerConnection { edges { node { id } } }",
    "{ ... on Query { customers { edges { node { id } } } } }",
    "{ customers @skip(if: false) { edges { node { id } } } }",
    "{ customers { edges { node { id } } } places { edges { node { id } } } }",
    "{ customers(first: 5) { edges { node { id } } } }",
    "{ customers(after: null) { edges { node { id } } } }",
    "query A { customers { edges { node { id } } } } query B { customers { edges { node { id } } } }",
    "query ($exportAfter: String) { customers(filter: {search: $exportAfter}) { edges { node { id } } } }",
    "{ customers { edges { node { nothing } } } }",
    "{ customers",
    "",
    "\x00",
    "{ customers { edges { node { id " + "name " * 3000 + "} } } }",
)


async def test_only_one_list_is_exported(house: House) -> None:
    async with nothing_changes(house):
        for query in BAD:
            found = await errors(house.client("ADMIN"), "bulkExport", {"query": query})
            assert found == [("BAD_USER_INPUT", "query")], query
        wrong: tuple[Any, ...] = (["a"], "a", 7, {"search": "\x00"})
        for variables in wrong:
            found = await errors(house.client("ADMIN"), "bulkExport", {"query": GUESTS, "variables": variables})
            assert found == [("BAD_USER_INPUT", "variables")], variables
        for number in ("9" * 30, "1e999"):
            write = (
                f'mutation {{ bulkExport(input: {{query: "{PLAIN}", variables: {{n: {number}}}}}) {{ __typename }} }}'
            )
            for headers in ({}, {"idempotency-key": "once"}):
                (error,) = (await house.client("ADMIN").post(write, headers=headers))["errors"]
                assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "variables"}, number
        long = {"query": GUESTS, "variables": {"search": "x" * 60_000}}
        assert await errors(house.client("ADMIN"), "bulkExport", long) == [("BAD_USER_INPUT", "query")]


async def test_what_one_may_not_read_is_not_exported(house: House) -> None:
    log = {"query": "{ auditLog { edges { node { event { seq } } } } }"}
    (error,) = await errors(house.client("STAFF"), "bulkExport", log)
    assert error in (("FORBIDDEN", None), ("BAD_USER_INPUT", "query"))
    exports = {"query": "{ auditLog { edges { node { __typename } } } }"}
    assert await errors(house.client("STAFF"), "bulkExport", exports) == [("FORBIDDEN", None)]


async def test_the_role_counts_that_one_has_by_then(house: House, worker: Work) -> None:
    """A customer by now sees themselves; somebody who left sees nothing."""
    await guests(house, 3)
    staff = house.people["STAFF"].user_id
    change = "UPDATE memberships SET role = 'DRIVER' WHERE organization_id = $1 AND user_id = $2"
    await house.pool.execute(change, house.id, staff)
    id = await queued(house)
    await due(house, "WRITE_EXPORT", id)
    assert await content(house, {"id": encode_id("Export", id)}) == b""
    await house.pool.execute("DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2", house.id, staff)
    left = await queued(house)
    await due(house, "WRITE_EXPORT", left)
    ended = await done(house.client("ADMIN"), {"id": encode_id("Export", left)})
    assert (ended["status"], ended["error"]) == ("FAILED", "You do not belong to this organization any more.")
    await house.pool.execute(
        "INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'CUSTOMER')", house.id, staff
    )
    refused = await queued(house, "{ auditLog { edges { node { __typename } } } }", connection="auditLog")
    await due(house, "WRITE_EXPORT", refused)
    ended = await done(house.client("ADMIN"), {"id": encode_id("Export", refused)})
    assert (ended["status"], ended["error"]) == ("FAILED", "Your role does not allow this.")
    assert (await row(house, "exports", refused))["request"] is None


async def test_what_the_schema_knows_no_more_fails_at_once(house: House, worker: Work) -> None:
    id = await queued(house, "{ customers { edges { node { shoeSize } } } }")
    await due(house, "WRITE_EXPORT", id)
    ended = await done(house.client("ADMIN"), {"id": encode_id("Export", id)})
    assert ended["status"] == "FAILED"
    assert "shoeSize" in ended["error"]


async def test_a_list_is_followed_and_called_off(house: House, worker: Work) -> None:
    await guests(house, 150)
    client = house.client("STAFF")
    async with client.socket() as socket:
        export = await ask(client, GUESTS, search="Guest")
        stream = await socket.subscribe(FOLLOW, {"id": export["id"]})
        async with asyncio.timeout(20):
            while (state := (await stream.next())["exportUpdated"])["status"] != "SUCCEEDED":
                assert state["rows"] in (None, 150)
    assert (state["rows"], state["rowsDone"]) == (150, 150)
    waiting = encode_id("Export", await queued(house))
    cancelled = await client.act("cancelExport", {"exportId": waiting}, CANCELLED)
    assert cancelled["export"]["status"] == "CANCELLED"
    assert (await row(house, "exports", key(waiting)))["request"] is None


async def test_files_are_for_those_who_asked_and_for_admins(house: House, worker: Work) -> None:
    export = await ask(house.client("STAFF"), GUESTS, search="Guest")
    await content(house, export)
    node = "query N($id: ID!) { node(id: $id) { id } }"
    for role, codes in {"STAFF": [], "ADMIN": [], "DISPATCHER": ["NOT_FOUND"], "CUSTOMER": ["NOT_FOUND"]}.items():
        assert await house.client(role).codes(node, {"id": export["id"]}) == codes, role
        document = encode_id("Document", key(export["id"]))
        assert await house.client(role).codes(node, {"id": document}) == codes, role


async def test_what_a_lost_worker_left_is_written_anew(house: House, worker: Work) -> None:
    await guests(house, 120)
    id = await queued(house, status="RUNNING", rows=120, rows_done=100)
    await due(house, "WRITE_EXPORT", id, attempts=1)
    text = await content(house, {"id": encode_id("Export", id)})
    assert len(text.splitlines()) == 120


@sizes(1_000, 50_000)
async def test_long_lists_need_little_memory(
    house: House, settings: Settings, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await guests(house, size)
    id = await queued(house)
    # taken already, by us
    lease = clock.now() + timedelta(hours=1)
    await due(house, "WRITE_EXPORT", id, attempts=1, lease_until=lease)
    database = Database.connect(settings)
    async with database.write() as session:
        (work,) = (await session.execute(select(DueWork).where(DueWork.ref_id == id))).scalars()
    quiet = Quiet()
    desk = Desk(settings, database, quiet, Reader(settings, database, None, quiet))  # type: ignore[arg-type]
    tracemalloc.start()
    with measured(capsys, f"an export of {size} rows") as figures:
        await write_export(desk, work)
        peak = tracemalloc.get_traced_memory()[1]
        figures["peak MB"] = round(peak / 1e6, 1)
    tracemalloc.stop()
    await database.close()
    found = await row(house, "exports", id)
    assert (found["status"], found["rows_done"]) == ("SUCCEEDED", size)
    assert peak < 60_000_000
