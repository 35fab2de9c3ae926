"""The log as a file, written by a worker."""

import asyncio
import csv
import io
import json
import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from app import clock
from app.context import Server
from app.db import Database
from app.jobs.desk import Desk
from app.jobs.exports import write_export
from app.jobs.worker import Work
from app.live import Wakes
from app.models import DueWork, ExportFormat
from app.schema.scalars import encode_id
from app.services.exports.lines import HEADINGS, Lines
from app.settings import Settings
from tests.client import Json
from tests.factories.documents import document
from tests.factories.houses import House
from tests.services.test_audit import changed
from tests.services.test_privacy import EXPORT, done
from tests.sizes import measured, sizes
from tests.statements import counting
from tests.steps import due, errors, events, eventually, key, nothing_due, row
from tests.uploading import fetch, kept

CANCELLED = f"... on CancelExportSuccess {{ {EXPORT} }} ... on InvalidTransition {{ currentStatus }}"
FOLLOW = "subscription Follow($id: ID!) { exportUpdated(id: $id) { status rows rowsDone document { name } } }"


async def ask(house: House, format: str = "CSV", role: str = "ADMIN", **filter: object) -> Json:
    export: Json = (await house.client(role).act("exportAuditLog", {"format": format, **filter}, EXPORT))["export"]
    return export


async def a_row(house: House, status: str = "QUEUED", **values: object) -> UUID:
    """An export that no worker knows of."""
    asked = {"kind": "AUDIT_LOG", "format": "CSV", "status": status, "requested_by": house.people["ADMIN"].user_id}
    return await house.insert("exports", **{"filter": json.dumps({"through": 0}), **asked, **values})


async def content(house: House, export: Json) -> bytes:
    found = await done(house.client("ADMIN"), export)
    assert (found["status"], found["error"]) == ("SUCCEEDED", None)
    return (await fetch(house.api, found["document"]["url"])).content


def table(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


async def many_events(house: House, many: int) -> None:
    """Of one customer; each with a change."""
    customer_id = house.people["CUSTOMER"].viewer.customer_id
    await house.pool.execute(
        "WITH head AS (UPDATE event_heads SET seq = $3 WHERE organization_id = $1), told AS ("
        "INSERT INTO events (organization_id, seq, type, occurred_at, node_type, node_id, customer_id, payload) "
        "SELECT $1, n, 'CUSTOMER_UPDATED', now(), 'Customer', $2, $2, '{}' FROM generate_series(1, $3::int) n) "
        "INSERT INTO event_details (organization_id, seq, ip, user_agent, changes) "
        "SELECT $1, n, '10.0.0.1', repeat('x', 100), jsonb_build_object('name', jsonb_build_array(n, n + 1)) "
        "FROM generate_series(1, $3::int) n",
        house.id,
        customer_id,
        many,
    )


async def test_the_log_is_written_as_csv(house: House, worker: Work) -> None:
    customer = await changed(house, name="=1+1", notes="Door code 4711", phone="+995599000111")
    found = table(await content(house, await ask(house)))
    assert [entry["type"] for entry in found] == ["CUSTOMER_UPDATED"]
    (entry,) = found
    assert (entry["seq"], entry["node_id"], entry["actor"]) == ("1", str(key(customer)), "Staff")
    assert json.loads(entry["changes"]) == [
        {"field": "name", "before": "Nino Beridze", "after": "=1+1"},
        {"field": "notes", "before": None, "after": "•••"},
        {"field": "phone", "before": "•••3456", "after": "•••0111"},
    ]


async def test_the_log_is_written_as_lines_of_json(house: House, worker: Work) -> None:
    await changed(house, name="Ana")
    await changed(house, version=2, name="Eka")
    text = await content(house, await ask(house, "JSONL"))
    found = [orjson.loads(line) for line in text.splitlines()]
    assert [list(entry) for entry in found] == [list(HEADINGS)] * 2
    assert [entry["changes"][0]["after"] for entry in found] == ["Ana", "Eka"]


async def test_only_what_is_wanted_is_written(house: House, worker: Work) -> None:
    customer = await changed(house, name="Ana")
    await changed(house, "ADMIN", 2, name="Eka")
    staff = encode_id("User", house.people["STAFF"].user_id)
    assert len(table(await content(house, await ask(house, actorId=staff)))) == 1
    assert len(table(await content(house, await ask(house, customerId=customer, types=["CUSTOMER_UPDATED"])))) == 2
    assert table(await content(house, await ask(house, types=["CUSTOMER_CREATED"]))) == []
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    assert table(await content(house, await ask(house, **{"from": soon}))) == []


def test_no_cell_is_taken_for_a_formula() -> None:
    lines = Lines(ExportFormat.CSV)
    assert lines.head().decode() == ",".join(HEADINGS) + "\r\n"


@pytest.mark.parametrize("agent", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
async def test_who_calls_himself_a_formula_is_quoted(house: House, worker: Work, agent: str) -> None:
    await changed(house, name="Ana")
    await house.pool.execute("UPDATE event_details SET user_agent = $2 WHERE organization_id = $1", house.id, agent)
    (entry,) = table(await content(house, await ask(house)))
    assert entry["user_agent"] == f"'{agent}"


@pytest.mark.parametrize(
    ("agent", "written"),
    [
        ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
        ("a;@b;+c;-d;\uff1de", "a;'@b;'+c;'-d;'\uff1de"),
        ("Mozilla/5.0 (X11; Linux) a;b", "Mozilla/5.0 (X11; Linux) a;b"),
    ],
)
async def test_no_formula_hides_behind_a_semicolon(house: House, worker: Work, agent: str, written: str) -> None:
    """Where numbers have a decimal comma, as in Georgia, a spreadsheet takes it for the end of a cell."""
    await changed(house, name="Ana")
    await house.pool.execute("UPDATE event_details SET user_agent = $2 WHERE organization_id = $1", house.id, agent)
    (entry,) = table(await content(house, await ask(house)))
    assert entry["user_agent"] == written


async def test_nothing_is_left_of_a_file_that_could_not_be_handed_over(house: House, worker: Work) -> None:
    """It was whole, but its document stands in the way of itself."""
    id = await a_row(house)
    await document(house, id=id)
    await due(house, "WRITE_EXPORT", id, attempts=2)
    found = await done(house.client("ADMIN"), {"id": encode_id("Export", id)})
    assert (found["status"], found["document"]) == ("FAILED", None)
    assert kept(house, id) == []


async def test_what_makes_no_sense_is_refused(house: House) -> None:
    admin, now = house.client("ADMIN"), clock.now().isoformat()
    assert await errors(admin, "exportAuditLog", {"format": "ZIP"}) == [("BAD_USER_INPUT", "format")]
    backwards = {"format": "CSV", "from": now, "until": now}
    assert await errors(admin, "exportAuditLog", backwards) == [("BAD_USER_INPUT", "until")]
    for _ in range(5):
        await a_row(house)
    assert await errors(admin, "exportAuditLog", {"format": "CSV"}) == [("CONFLICT", None)]


async def test_an_export_is_called_off(house: House) -> None:
    export = encode_id("Export", await a_row(house))
    cancelled = await house.client("ADMIN").act("cancelExport", {"exportId": export}, CANCELLED)
    assert cancelled["export"]["status"] == "CANCELLED"
    again = await house.client("ADMIN").act("cancelExport", {"exportId": export}, CANCELLED)
    assert again["currentStatus"] == "CANCELLED"
    assert await events(house) == ["EXPORT_CANCELLED"]


async def test_progress_is_followed(house: House, worker: Work) -> None:
    await many_events(house, 2_500)
    export = await ask(house)
    async with house.client("ADMIN").socket() as socket:
        stream = await socket.subscribe(FOLLOW, {"id": export["id"]})
        async with asyncio.timeout(20):
            while (state := (await stream.next())["exportUpdated"])["status"] != "SUCCEEDED":
                assert state["rows"] in (None, 2_500)
    assert (state["rows"], state["rowsDone"]) == (2_500, 2_500)
    assert state["document"]["name"].endswith(".csv")


async def test_what_a_lost_worker_left_is_written_anew(house: House, worker: Work) -> None:
    """As when it was killed in the middle of it: the export runs, and nobody writes it."""
    await many_events(house, 1_500)
    id = await a_row(house, "RUNNING", filter=json.dumps({"through": 1_500}), rows=1_500, rows_done=1_000)
    await due(house, "WRITE_EXPORT", id, attempts=1)
    found = table(await content(house, {"id": encode_id("Export", id)}))
    assert [int(entry["seq"]) for entry in found] == list(range(1, 1_501))


async def test_what_a_lost_worker_left_of_something_unwanted_is_gone(house: House, worker: Work, api: str) -> None:
    await changed(house, name="Ana")
    export = await ask(house)
    await content(house, export)
    id = key(export["id"])
    await house.pool.execute(
        "UPDATE exports SET status = 'CANCELLED', document_id = NULL WHERE organization_id = $1", house.id
    )
    await house.pool.execute("DELETE FROM due_work WHERE organization_id = $1", house.id)
    assert kept(house, id) == ["file"]
    await due(house, "WRITE_EXPORT", id)
    await eventually(lambda: nothing_due(house))
    assert kept(house, id) == []


async def test_files_are_thrown_away_after_some_days(house: House, worker: Work) -> None:
    export = await ask(house)
    await content(house, export)
    id = key(export["id"])
    (work,) = await house.all("SELECT * FROM due_work WHERE organization_id = $1")
    assert work["kind"] == "ERASE_DOCUMENT"
    assert timedelta(days=6) < work["run_at"] - clock.now() < timedelta(days=7)
    await house.pool.execute("UPDATE due_work SET run_at = now() WHERE organization_id = $1", house.id)
    await eventually(lambda: nothing_due(house))
    assert kept(house, id) == []
    assert (await row(house, "documents", id))["status"] == "REMOVED"


async def test_staff_does_not_get_the_log_by_another_way(house: House, worker: Work) -> None:
    export = await ask(house)
    await content(house, export)
    document = encode_id("Document", key(export["id"]))
    for role in ("STAFF", "DISPATCHER"):
        assert await house.client(role).codes("query D($id: ID!) { node(id: $id) { id } }", {"id": document}) == [
            "NOT_FOUND"
        ]
        assert await errors(house.client(role), "removeDocument", {"documentId": document}) == [("NOT_FOUND", None)]


LISTED = """{ exports(first: 50) { edges { node {
  status customer { name } requestedBy { fullName } document { name } history { edges { node { type } } } } } } }"""


async def test_a_list_of_exports_costs_the_same_however_long(house: House, server: Server) -> None:
    customer_id, counts = house.people["CUSTOMER"].viewer.customer_id, []
    for many in (2, 20):
        while await house.value("SELECT count(*) FROM exports WHERE organization_id = $1") < many:
            about = {"kind": "PERSON", "format": "ZIP", "customer_id": customer_id}
            await a_row(house, "SUCCEEDED", document_id=await document(house), **about)
        with counting(server) as statements:
            found = (await house.client("ADMIN").run(LISTED))["exports"]["edges"]
        assert [edge["node"]["document"]["name"] for edge in found] == ["photo.png"] * many
        counts.append(len(statements.data))
    # the exports, their customers, requesters, documents, histories
    assert counts == [5, 5]


@sizes(3_000, 100_000)
async def test_long_logs_need_little_memory(
    house: House, settings: Settings, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await many_events(house, size)
    id = await a_row(house, format="JSONL", filter=json.dumps({"through": size}))
    # taken already, by us
    lease = clock.now() + timedelta(hours=1)
    await due(house, "WRITE_EXPORT", id, attempts=1, lease_until=lease)
    database = Database.connect(settings)
    async with database.write() as session:
        (work,) = (await session.execute(select(DueWork).where(DueWork.ref_id == id))).scalars()
    tracemalloc.start()
    with measured(capsys, f"an export of {size} entries") as figures:
        await write_export(Desk(settings, database, Quiet()), work)
        peak = tracemalloc.get_traced_memory()[1]
        figures["peak MB"] = round(peak / 1e6, 1)
    tracemalloc.stop()
    await database.close()
    found = await row(house, "exports", id)
    assert (found["status"], found["rows_done"]) == ("SUCCEEDED", size)
    assert peak < 60_000_000


class Quiet(Wakes):
    """Nobody follows."""

    def __init__(self) -> None:
        pass

    async def committed(self, organization_id: UUID, seq: int | None, work: Any) -> None:
        return None

    async def changed(self, organization_id: UUID, node_id: UUID) -> None:
        return None
