"""Erasing, looked at from where data hides: the log of changes, former addresses, and what is done afterwards."""

import asyncio
from datetime import timedelta

from app import clock
from app.access import Viewer
from app.db import Database
from app.jobs.worker import Work
from app.models import Channel, Notification
from app.schema.scalars import encode_id
from app.services.messaging import addresses
from app.uow import Silence, unit_of_work
from tests.client import Json
from tests.factories import care
from tests.factories.documents import document
from tests.factories.houses import House
from tests.factories.messaging import dead_address, notification
from tests.factories.traces import MARK, PHONE, leave_traces
from tests.services.test_privacy import erase, exported, rows, told
from tests.steps import Visit, errors, eventually, everything, key, nothing_changes, nothing_due, row, somebody_waits
from tests.uploading import kept


async def _left(house: House) -> dict[str, list[str]]:
    found = {name: [line for line in lines if told(line)] for name, lines in (await everything(house)).items()}
    return {name: lines for name, lines in found.items() if lines}


async def test_no_change_in_the_log_tells_of_somebody_who_was_erased(house: House) -> None:
    """By every verb that edits what is somebody's."""
    visit = await Visit.of(house)
    client, customer = house.client("OWNER"), encode_id("Customer", visit.customer_id)
    record = await care.record(house, visit.customer_id, visit.pet, house.day)
    transport = await house.transport(visit.customer_id)
    series = await house.series(visit.customer_id, visit.pet, visit.service)
    booking = await visit.booking()
    asked: dict[str, Json] = {
        "updateCustomer": {"customerId": customer, "version": 1, "name": MARK, "phone": PHONE},
        "updatePlace": {"placeId": encode_id("Place", visit.home), "version": 1, "label": MARK, "address": MARK},
        "updatePet": {"petId": encode_id("Pet", visit.pet), "version": 1, "name": MARK, "chipNumber": MARK},
        "updateTransport": {
            "transportId": encode_id("Transport", transport),
            "version": 1,
            "notes": MARK,
            "contactName": MARK,
            "contactPhone": PHONE,
        },
        "updateCareRecord": {"recordId": encode_id("CareRecord", record), "version": 1, "diagnosis": MARK},
        "voidCareRecord": {"recordId": encode_id("CareRecord", record), "version": 2, "reason": MARK},
        "updateContactPreference": {"customerId": customer, "version": 0, "locale": "ka"},
        "updateSeries": {"seriesId": encode_id("Series", series), "version": 1, "scope": "ALL", "notes": MARK},
        "registerTag": {"subjectId": encode_id("Pet", visit.pet), "kind": "NFC", "uid": "04A1B2C3", "label": MARK},
        "cancelBooking": {"bookingId": encode_id("Booking", booking), "reason": MARK},
        "createCalendarFeed": {"owner": {"customerId": customer}, "name": MARK},
    }
    for verb, input in asked.items():
        assert await errors(client, verb, input) == [], verb
    assert await _left(house)
    for table, status in {"transports": "CANCELLED", "series": "ENDED"}.items():
        await house.pool.execute(f"UPDATE {table} SET status = $2 WHERE organization_id = $1", house.id, status)
    assert "customer" in await erase(house, visit.customer_id)
    assert await _left(house) == {}


async def test_nothing_is_written_about_somebody_who_was_erased(house: House, worker: Work) -> None:
    traces = await leave_traces(house)
    record = await care.record(house, traces.customer_id, traces.pet, house.day)
    retired = await house.value("SELECT id FROM tags WHERE organization_id = $1")
    series = await house.value("SELECT id FROM series WHERE organization_id = $1")
    loose = await document(house, name=f"{MARK}.png")
    await erase(house, traces.customer_id)
    await eventually(lambda: nothing_due(house))
    client, customer = house.client("OWNER"), encode_id("Customer", traces.customer_id)
    record_id, pet = encode_id("CareRecord", record), encode_id("Pet", traces.pet)
    version = (await row(house, "care_records", record))["version"]
    transport = encode_id("Transport", traces.transport)
    asked: dict[str, Json] = {
        "updateCareRecord": {
            "recordId": record_id,
            "version": version,
            "diagnosis": MARK,
            "documentIds": [encode_id("Document", loose)],
        },
        "voidCareRecord": {"recordId": record_id, "version": version, "reason": MARK},
        "recordCare": {"subjectId": pet, "kind": "TREATMENT", "title": MARK, "performedOn": "2026-01-02"},
        "updateTransport": {"transportId": transport, "version": 9, "notes": MARK},
        "updateContactPreference": {"customerId": customer, "version": 0, "locale": "ka"},
        "registerTag": {"subjectId": pet, "kind": "NFC", "uid": "04A1B2C4", "label": MARK},
        "replaceTag": {"tagId": encode_id("Tag", retired), "uid": "04A1B2C5", "label": MARK},
        "updateSeries": {"seriesId": encode_id("Series", series), "version": 2, "scope": "ALL", "notes": MARK},
        "cancelBooking": {"bookingId": encode_id("Booking", traces.booking), "reason": MARK},
        "restoreSubject": {"subjectId": pet, "version": 2},
    }
    async with nothing_changes(house):
        for verb, input in asked.items():
            # what is over answers that it is
            codes = {code for code, _ in await errors(client, verb, input)}
            assert codes == (set() if verb in ("updateSeries", "cancelBooking") else {"BAD_USER_INPUT"}), verb


async def test_former_addresses_that_are_dead_are_erased(house: House) -> None:
    """A message that went there knows whose they were."""
    visit = await Visit.of(house)
    booking = await visit.booking("CANCELLED")
    sent: Json = {"status": "FAILED", "customer_id": visit.customer_id, "address": "Former@Example.org"}
    await notification(house, booking, **sent)
    await dead_address(house, "former@example.org")
    await dead_address(house, "other@example.org")
    await erase(house, visit.customer_id)
    left = await house.all("SELECT address FROM dead_addresses WHERE organization_id = $1")
    assert [found["address"] for found in left] == ["other@example.org"]


async def test_what_a_carrier_says_while_somebody_is_erased_is_erased_too(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    booking, former = await visit.booking("CANCELLED"), "former@example.org"
    id = await notification(house, booking, status="FAILED", customer_id=visit.customer_id, address=former)
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        message = await uow.fetch(Notification, id, lock=True)
        await addresses.retire(uow, Channel.EMAIL, former, "Nobody lives there.", message)
        erasing = asyncio.create_task(erase(house, visit.customer_id))
        await eventually(lambda: somebody_waits(house))
    assert "customer" in await erasing
    assert await house.value("SELECT count(*) FROM dead_addresses WHERE organization_id = $1") == 0


async def test_an_archive_holds_no_phones_token(house: House, worker: Work) -> None:
    traces = await leave_traces(house)
    token = "ExponentPushToken[secret]"
    await house.pool.execute("UPDATE device_tokens SET token = $2 WHERE organization_id = $1", house.id, token)
    await house.pool.execute(
        "UPDATE notifications SET address = $2 WHERE organization_id = $1 AND channel = 'PUSH'", house.id, token
    )
    archive = await exported(house, traces.person.client, traces.customer_id)
    assert {found["channel"] for found in rows(archive, "notifications.json")} == {"EMAIL", "PUSH"}
    assert all(b"secret" not in archive.read(name) for name in archive.namelist())


async def test_sheets_of_tags_with_names_on_them_are_not_kept_for_ever(house: House, worker: Work) -> None:
    visit = await Visit.of(house)
    tag = {"kind": "QR", "status": "ACTIVE", "uid": "A1", "subject_id": visit.pet, "customer_id": visit.customer_id}
    wanted = {"tagIds": [encode_id("Tag", await house.insert("tags", **tag))]}
    sheet = (await house.client("STAFF").act("printTags", wanted, "document { id }"))["document"]

    async def ready() -> bool:
        return bool((await row(house, "documents", key(sheet["id"])))["status"] == "READY")

    await eventually(ready)
    (work,) = await house.all("SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'ERASE_DOCUMENT'")
    assert timedelta(days=6) < work["run_at"] - clock.now() < timedelta(days=7)
    await house.pool.execute("UPDATE due_work SET run_at = now() WHERE organization_id = $1", house.id)
    await eventually(lambda: nothing_due(house))
    assert kept(house, key(sheet["id"])) == []
