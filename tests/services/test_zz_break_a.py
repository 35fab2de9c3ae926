"""Scratch."""
from datetime import date, timedelta, datetime, UTC, time
import asyncio
import pytest
from app import clock
from app.jobs.worker import Work
from app.settings import Settings
from app.services.partners.addresses import is_public
from app.services.partners.remote import Remote, _seconds, NEVER
from app.models import SyncKind
from tests.factories.houses import House, ZONE
from tests.factories.care import protocol, record, required
from tests.steps import due, errors, events, eventually, key, row, Visit, nothing_due
from tests.clinic import clinic, shot
from tests.syncing import Practice
from tests.services.test_tags import Here, SCANNED, today, REPLACED
from tests.services.test_posts import write, publish
from tests.services.test_care_required import Kennel


async def test_a_post_late(house: House, worker: Work) -> None:
    id = await write(house, priority="URGENT", expiresAt=(clock.now() + timedelta(hours=2)).isoformat())
    await publish(house, id, publishAt=(clock.now() + timedelta(hours=1)).isoformat())
    await house.pool.execute("UPDATE posts SET publish_at = now() - interval '3 hours', expires_at = now() - interval '2 hours' WHERE id = $1", key(id))
    await house.pool.execute("UPDATE due_work SET run_at = now() - interval '3 hours' WHERE organization_id = $1", house.id)
    await asyncio.sleep(6)
    print("POST", dict(await row(house, "posts", key(id))))
    print("WORK", [dict(r) for r in await house.all("SELECT * FROM due_work WHERE organization_id = $1")])


async def test_b_body(house: House) -> None:
    text = "Dear all,\n\n" + "word " * 100
    print("BODY", await errors(house.client("STAFF"), "createPost", {"title": "T", "body": text}))
    id = await write(house, body="one\n\ntwo")
    print("BODY", (await row(house, "posts", key(id)))["body"].__repr__())


async def test_c_surrogates(house: House) -> None:
    c = house.client("STAFF")
    for q in ('{ petByChip(chipNumber: "\\ud800") { id } }', '{ petByChip(chipNumber: "\\u0000") { id } }',
              '{ tags(filter: {uid: "\\ud800"}) { edges { node { id } } } }', '{ tags(filter: {uid: "\\u0000"}) { edges { node { id } } } }',
              '{ partners(filter: {search: "\\u0000"}) { edges { node { id } } } }',
              '{ partners(filter: {search: "%_\\\\"}) { edges { node { id } } } }',
              '{ careDue(filter: {within: 99999}) { edges { node { id } } } }',
              '{ posts(filter: {category: "\\u0000"}) { edges { node { id } } } }'):
        print("SUR", q, (await c.post(q)).get("errors"))


async def test_d_late_checkout(house: House) -> None:
    visit = await Here.of(house)
    booking = await visit.booking("CONFIRMED")
    await visit.scan("CHECK_IN")
    late = (clock.now() - timedelta(hours=20)).isoformat()
    print("LATE", await visit.scan("CHECK_OUT", at=late))


async def test_e_ambiguous(house: House) -> None:
    visit = await Here.of(house)
    other = await house.pet(visit.customer_id, name="Other")
    mine, visit.pet = visit.pet, other
    await visit.tagged("QR", "https://x/t/04A2B3C4D5E680")
    await visit.tagged("QR", "04-a2-b3-c4-d5-e6-80")
    for uid in ("https://x/t/04A2B3C4D5E680", "04-a2-b3-c4-d5-e6-80", "04A2B3C4D5E680"):
        a = await visit.staff.act("scanTag", {"tagUid": uid, "kind": "SIGHTING"}, SCANNED)
        print("AMB", uid, a["subject"]["name"])


async def test_f_archived_erased(house: House) -> None:
    visit = await Here.of(house)
    await house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", visit.pet)
    print("REPL archived", await visit.staff.act("replaceTag", {"tagId": house.gid("Tag", visit.tag), "kind": "QR"}, REPLACED))
    rec = await record(house, visit.customer_id, visit.pet, date(2026, 1, 1))
    erased = await house.client("OWNER").post("mutation E($i: ErasePersonInput!) { erasePerson(input: $i) { __typename } }", {"i": {"customerId": house.gid("Customer", visit.customer_id), "reason": "x"}})
    print("ERASE", erased)
    pet = house.gid("Pet", visit.pet)
    print("REC", await errors(visit.staff, "recordCare", {"subjectId": pet, "kind": "CHECK_UP", "title": "Secret", "performedOn": "2026-01-01"}))
    r = await row(house, "care_records", rec)
    print("UPD", await errors(visit.staff, "updateCareRecord", {"recordId": house.gid("CareRecord", rec), "version": r["version"], "diagnosis": "Cancer of Nino"}))
    print("UPD2", (await row(house, "care_records", rec))["diagnosis"])
    print("VOID", await errors(visit.staff, "voidCareRecord", {"recordId": house.gid("CareRecord", rec), "version": r["version"] + 1, "reason": "Nino Beridze said"}))
    print("TAG", await errors(visit.staff, "registerTag", {"subjectId": pet, "kind": "QR"}))


async def test_g_born(house: House) -> None:
    visit = await Visit.of(house)
    c = house.client("ADMIN")
    print("G", await errors(c, "createCareProtocol", {"code": "X", "name": "X", "kind": "VACCINATION", "subjectKind": "PET", "required": True, "firstDueDays": 36525}))
    print("G", await errors(c, "createPet", {"customerId": house.gid("Customer", visit.customer_id), "name": "Bim", "species": "DOG", "bornOn": "9999-12-31"}))
    print("G", await errors(c, "createPet", {"customerId": house.gid("Customer", visit.customer_id), "name": "Old", "species": "DOG", "bornOn": "0001-01-01"}))
    print("G", [dict(r) for r in await house.all("SELECT due_on::text FROM care_dues WHERE organization_id = $1")])
    for q in ("{ careDue { edges { node { dueOn overdue title subject { name } } } } }", "{ careDue(filter: {within: 3660}) { edges { node { dueOn overdue } } } }"):
        print("G", await c.post(q))


async def test_h_null_due(house: House) -> None:
    visit = await Kennel.of(house)
    await visit.vaccinate(None)
    print("H", await visit.ask("bookSlot"))


async def test_i_new_protocol(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip, protocol="COUGH"))
        print("I", await practice.report())
        print("I", [(r["title"], r["protocol_id"]) for r in await practice.records()])
        print("I", await errors(house.client("ADMIN"), "createCareProtocol", {"code": "COUGH", "name": "Cough", "kind": "VACCINATION", "subjectKind": "PET", "intervalDays": 365}))
        print("I", await practice.report())
        print("I", [(r["title"], r["protocol_id"]) for r in await practice.records()])


async def test_j_remote(settings: Settings) -> None:
    for a in ("::127.0.0.1", "::7f00:1", "fec0::1", "64:ff9b:1::a00:1", "5f00::1", "3fff::1", "2001:db8::1", "100::1", "2002:7f00:1::", "192.0.0.8", "192.88.99.1", "255.255.255.255", "0.0.0.0", "::", "::ffff:0:127.0.0.1", "2606:4700::1111", "8.8.8.8", "fe80::1%eth0", "4000::1", "ff02::1"):
        print("J", a, is_public(a))
    for host in ("a" * 64 + ".example", "xn--a.example", "ex ample", "0x7f.1", "2130706433", "127.1", "localhost", "[::1]", "127.0.0.1.nip.io", "..", "."):
        try:
            from app.services.partners.addresses import endpoint
            url = endpoint(f"https://{host}", private=False)
            async with Remote(settings.model_copy(update={"partner_private": False}), url, None) as remote:
                print("J", host, await remote.pull(SyncKind.REPORTS, "1", NEVER))
        except BaseException as e:
            print("J", host, type(e), e)
    for h in ("Mon, 01 Jan 2030 00:00:00 +99999999999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2030 00:00:00 -0000", "-1", "1e9", "9" * 30, "Mon, 01 Jan 9999 00:00:00 -2359"):
        try:
            print("J", h, _seconds(h))
        except BaseException as e:
            print("J!", h, type(e), e)


async def test_k_leak(house: House) -> None:
    visit = await Here.of(house)
    driver = house.people["DRIVER"]
    ride = await house.transport(visit.customer_id, subject_id=visit.pet, pickup_place_id=visit.home)
    await house.route(driver.viewer.driver_id, [ride], "COMPLETED")
    booking = await visit.booking("CONFIRMED")
    print("K staff", await visit.scan("CHECK_IN"))
    print("K driver", await visit.scan("CHECK_IN", client=driver.client))
    q = "... on ScanTagSuccess { booking { id notes priceMinor } }"
