"""Throwing documents away: who may, what stands in the way, and that nothing of the bytes is left."""

from uuid import UUID

import pytest

from app import clock
from app.jobs.worker import Work
from app.schema.scalars import encode_id
from tests.client import Client, Json
from tests.factories.documents import PDF, document, image
from tests.factories.houses import House
from tests.steps import Visit, due, errors, events, eventually, key, nothing_changes, nothing_due, row
from tests.uploading import announce, examined, fetch, kept, put, upload

REMOVED = """... on RemoveDocumentSuccess { document { id status url } } ... on DocumentInUse { message }
  ... on InvalidTransition { currentStatus }"""


async def remove(client: Client, id: UUID) -> Json:
    answer: Json = await client.act("removeDocument", {"documentId": encode_id("Document", id)}, REMOVED)
    return answer


async def test_nothing_of_a_document_is_left(house: House, api: str, worker: Work) -> None:
    sent = await examined(house, await upload(house.client("STAFF"), image()))
    id = key(sent["id"])
    assert kept(house, id) == ["file", "thumbnail"]
    found = (await remove(house.client("STAFF"), id))["document"]
    assert found == {"id": sent["id"], "status": "REMOVED", "url": None}
    assert (await fetch(api, sent["url"])).status_code == 404
    await eventually(lambda: nothing_due(house))
    assert kept(house, id) == []
    assert await events(house) == ["DOCUMENT_CREATED", "DOCUMENT_READY", "DOCUMENT_REMOVED"]
    async with nothing_changes(house):
        assert (await remove(house.client("STAFF"), id))["currentStatus"] == "REMOVED"


async def test_what_proves_something_stays(house: House) -> None:
    visit = await Visit.of(house)
    transport = await house.transport(visit.customer_id)
    await house.route(await house.driver(), [transport])
    stop = await house.value("SELECT id FROM stops WHERE organization_id = $1 LIMIT 1")
    photo = await document(house)
    shown = {"stop_id": stop, "transport_id": transport, "kind": "PHOTO", "given_at": clock.now()}
    await house.insert("proofs", document_id=photo, **shown)
    async with nothing_changes(house):
        assert (await remove(house.client("OWNER"), photo))["message"] == "This document is the proof of something."


async def test_what_belongs_to_a_care_record_stays(house: House) -> None:
    visit, report = await Visit.of(house), await document(house)
    whose = {"subject_id": visit.pet, "customer_id": visit.customer_id}
    record = await house.insert("care_records", kind="CHECK_UP", title="Teeth", performed_on=house.day, **whose)
    await house.insert("care_record_documents", record_id=record, document_id=report)
    async with nothing_changes(house):
        assert (await remove(house.client("OWNER"), report))["message"] == "This document belongs to a care record."
    await house.pool.execute(
        "UPDATE care_records SET voided_at = now(), void_reason = 'another pet' WHERE id = $1", record
    )
    assert (await remove(house.client("OWNER"), report))["document"]["status"] == "REMOVED"


@pytest.mark.parametrize("role", ["CUSTOMER", "DRIVER"])
async def test_people_remove_what_they_have_uploaded(house: House, role: str) -> None:
    person = house.people[role]
    whose = {"customer_id": person.viewer.customer_id} if role == "CUSTOMER" else {"driver_id": person.viewer.driver_id}
    theirs = await house.insert("documents", status="AWAITED", name="a.png", uploaded_by=person.user_id, **whose)
    others = await house.insert(
        "documents", status="AWAITED", name="b.png", uploaded_by=house.people["STAFF"].user_id, **whose
    )
    async with nothing_changes(house):
        input = {"documentId": encode_id("Document", others)}
        assert await errors(person.client, "removeDocument", input) == [("FORBIDDEN", None)]
    assert (await remove(person.client, theirs))["document"]["status"] == "REMOVED"


async def test_what_comes_after_it_was_removed_is_not_kept(house: House, api: str) -> None:
    """The URL of a direct upload lives on."""
    awaited = await announce(house.client("STAFF"), len(PDF), "a.pdf")
    await remove(house.client("STAFF"), key(awaited["id"]))
    assert (await put(api, awaited, PDF)).status_code == 409
    assert kept(house, key(awaited["id"])) == []


async def test_what_was_removed_while_it_was_looked_at_is_not_kept(house: House, worker: Work) -> None:
    """A worker kept it before it found out; another, or the same one again, clears up."""
    sent = await examined(house, await upload(house.client("STAFF"), image()))
    id = key(sent["id"])
    await house.pool.execute("UPDATE documents SET status = 'REMOVED' WHERE organization_id = $1", house.id)
    await due(house, "PROCESS_DOCUMENT", id)
    await eventually(lambda: nothing_due(house))
    assert kept(house, id) == []
    assert (await row(house, "documents", id))["status"] == "REMOVED"


async def test_bytes_are_thrown_away_once(house: House, worker: Work) -> None:
    """As when a worker was killed before it struck the work off."""
    sent = await examined(house, await upload(house.client("STAFF"), image()))
    id = key(sent["id"])
    await remove(house.client("STAFF"), id)
    await eventually(lambda: nothing_due(house))
    before = await events(house)
    await due(house, "ERASE_DOCUMENT", id)
    await eventually(lambda: nothing_due(house))
    assert await events(house) == before
