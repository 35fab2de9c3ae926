"""Care: protocols, records, what is due, and who has read it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.context import Server
from app.jobs.desk import Desk, take_up
from app.settings import Settings
from tests.client import Json
from tests.factories.care import due, protocol, record, reported
from tests.factories.documents import document
from tests.factories.houses import ZONE, House
from tests.statements import counting
from tests.steps import Visit, errors, events, eventually, key, nothing_changes, nothing_due, row

RECORD = "careRecord { id version kind title performedOn nextDueOn voidedAt }"


def days(house: House, number: int) -> str:
    """So many days from today, where the organization is."""
    return (today() + timedelta(days=number)).isoformat()


def today() -> date:
    return clock.now().astimezone(ZONE).date()


async def recorded(house: House, subject: UUID, **input: Any) -> Json:
    """By staff; yesterday, unless another day is given."""
    given = {"subjectId": house.gid("Pet", subject), "performedOn": days(house, -1), **input}
    made: Json = (await house.client("STAFF").act("recordCare", given, RECORD))["careRecord"]
    return made


async def dues(house: House, subject: UUID) -> list[tuple[str, str]]:
    rows = await house.all(
        "SELECT title, due_on FROM care_dues WHERE organization_id = $1 AND subject_id = $2 ORDER BY due_on, title",
        subject,
    )
    return [(found["title"], found["due_on"].isoformat()) for found in rows]


async def reads(house: House) -> list[UUID]:
    """Whose records were read, in order."""
    found = await house.all(
        "SELECT node_id FROM events WHERE organization_id = $1 AND type = 'CARE_RECORD_READ' ORDER BY seq"
    )
    return [event["node_id"] for event in found]


# protocols


async def test_protocols_are_made_and_changed(house: House) -> None:
    admin = house.client("ADMIN")
    named = {"code": " rabies ", "name": "Rabies", "kind": "VACCINATION", "subjectKind": "PET", "species": "DOG"}
    selection = (
        "... on CreateCareProtocolSuccess { careProtocol { id version code species intervalDays required active } } "
        "... on AlreadyExists { field message }"
    )
    made = (await admin.act("createCareProtocol", {**named, "intervalDays": 365}, selection))["careProtocol"]
    id = made.pop("id")
    assert made == {
        "version": 1,
        "code": "RABIES",
        "species": "DOG",
        "intervalDays": 365,
        "required": False,
        "active": True,
    }
    again = await admin.act("createCareProtocol", named, selection)
    assert again == {
        "__typename": "AlreadyExists",
        "field": "code",
        "message": "A protocol with this code exists.",
    }
    change = {"protocolId": id, "version": 1, "name": "Rabies (dogs)", "required": True}
    changed = "careProtocol { version name }"
    selection = f"... on UpdateCareProtocolSuccess {{ {changed} }} ... on VersionConflict {{ currentVersion }}"
    answer = await admin.act("updateCareProtocol", change, selection)
    assert answer["careProtocol"] == {"version": 2, "name": "Rabies (dogs)"}
    assert (await admin.act("updateCareProtocol", change, selection))["currentVersion"] == 2
    assert await events(house) == ["CARE_PROTOCOL_CREATED", "CARE_PROTOCOL_UPDATED"]
    (work,) = await house.all("SELECT kind, ref_id FROM due_work WHERE organization_id = $1")
    assert tuple(work) == ("REFRESH_CARE", key(id))


WRONG: list[tuple[Json, str]] = [
    ({"code": "böse"}, "code"),
    ({"code": "A" * 41}, "code"),
    ({"name": " "}, "name"),
    ({"subjectKind": "CAR", "species": "DOG"}, "species"),
    ({"intervalDays": 0}, "intervalDays"),
    ({"intervalDays": 36526}, "intervalDays"),
    ({"firstDueDays": -1}, "firstDueDays"),
    ({"warningDays": 366}, "warningDays"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
async def test_what_makes_no_protocol(house: House, wrong: Json, field: str) -> None:
    named = {"code": "R", "name": "Rabies", "kind": "VACCINATION", "subjectKind": "PET"}
    async with nothing_changes(house):
        assert await errors(house.client("ADMIN"), "createCareProtocol", named | wrong) == [("BAD_USER_INPUT", field)]


async def test_customers_see_the_protocols_that_count(house: House) -> None:
    await protocol(house, name="New")
    await protocol(house, name="Old", active=False)
    query = "{ careProtocols { edges { node { name } } } }"
    for role, names in (("CUSTOMER", ["New"]), ("STAFF", ["New", "Old"])):
        found = (await house.client(role).run(query))["careProtocols"]["edges"]
        assert [edge["node"]["name"] for edge in found] == names


async def test_what_is_due_follows_a_protocol(house: House, settings: Settings, server: Server) -> None:
    """In the worker, some subjects at a time."""
    visit = await Visit.of(house)
    pets = [await house.pet(visit.customer_id) for _ in range(3)]
    await house.pool.execute("UPDATE pets SET born_on = '2026-01-05' WHERE id = $1", pets[0])
    named = {"code": "R", "name": "Rabies", "kind": "VACCINATION", "subjectKind": "PET", "firstDueDays": 90}
    selection = "... on CreateCareProtocolSuccess { careProtocol { id } }"
    made = await house.client("ADMIN").act("createCareProtocol", {**named, "required": True}, selection)
    desk = Desk(settings, server.database, server.wakes)
    await at_work(house, desk)
    assert await dues(house, pets[0]) == [("Rabies", "2026-04-05")]
    assert await dues(house, pets[1]) == [("Rabies", days(house, 90))]
    change = {"protocolId": made["careProtocol"]["id"], "version": 1, "species": "CAT"}
    await house.client("ADMIN").act("updateCareProtocol", change, "")
    await at_work(house, desk)
    assert [await dues(house, pet) for pet in pets] == [[], [], []]


async def at_work(house: House, desk: Desk) -> None:
    """What a worker finds of this house."""
    for work in await house.all("SELECT id FROM due_work WHERE organization_id = $1"):
        await take_up(desk, id=work["id"])
    assert await nothing_due(house)


# records


async def test_a_record_by_a_protocol(house: House) -> None:
    visit = await Visit.of(house)
    by = await protocol(house, code="RABIES", name="Rabies")
    made = await recorded(house, visit.pet, protocolCode="rabies", batchNumber="B-7")
    id = made.pop("id")
    assert made == {
        "version": 1,
        "kind": "VACCINATION",
        "title": "Rabies",
        "performedOn": days(house, -1),
        "nextDueOn": days(house, 364),
        "voidedAt": None,
    }
    kept = await row(house, "care_records", key(id))
    assert (kept["protocol_id"], kept["customer_id"], kept["batch_number"]) == (by, visit.customer_id, "B-7")
    assert kept["recorded_by"] == house.people["STAFF"].user_id
    assert await dues(house, visit.pet) == [("Rabies", days(house, 364))]
    assert await events(house) == ["CARE_RECORDED", "CARE_RECORD_READ"]
    payload = await house.value("SELECT payload FROM events WHERE organization_id = $1 AND seq = 1")
    assert payload == f'{{"kind": "VACCINATION", "subject_id": "{visit.pet}"}}'


async def test_what_is_due_goes_by_the_newest_record_that_stands(house: House) -> None:
    visit = await Visit.of(house)
    by = house.gid("CareProtocol", await protocol(house, name="Rabies"))
    new = await recorded(house, visit.pet, protocolId=by)
    await recorded(house, visit.pet, protocolId=by, performedOn=days(house, -700))
    assert await dues(house, visit.pet) == [("Rabies", days(house, 364))]
    void = {"recordId": new["id"], "version": 1, "reason": "Of another dog."}
    voided = await house.client("STAFF").act(
        "voidCareRecord", void, "... on VoidCareRecordSuccess { careRecord { voidedAt voidReason version } }"
    )
    assert voided["careRecord"]["voidReason"] == "Of another dog."
    assert await dues(house, visit.pet) == [("Rabies", days(house, -335))]
    assert await errors(house.client("STAFF"), "voidCareRecord", void | {"version": 2}) == [
        ("BAD_USER_INPUT", "recordId")
    ]
    seen = "query Of($id: ID!) { node(id: $id) { ... on Pet { careRecords { edges { node { voidedAt } } } } } }"
    for role, count in (("STAFF", 2), ("CUSTOMER", 1)):
        found = await house.client(role).run(seen, {"id": house.gid("Pet", visit.pet)})
        assert len(found["node"]["careRecords"]["edges"]) == count


async def test_by_hand(house: House) -> None:
    """The newest of the same kind and title counts; who says that nothing is due again has nothing due."""
    visit = await Visit.of(house)
    by_hand = {"kind": "CHECK_UP", "title": "Look at the wound"}
    await recorded(house, visit.pet, **by_hand, performedOn=days(house, -9), nextDueOn=days(house, -2))
    await recorded(house, visit.pet, kind="SURGERY", title="Claw", nextDueOn=days(house, 3))
    assert await dues(house, visit.pet) == [("Look at the wound", days(house, -2)), ("Claw", days(house, 3))]
    await recorded(house, visit.pet, **by_hand)
    assert await dues(house, visit.pet) == [("Claw", days(house, 3))]
    by = house.gid("CareProtocol", await protocol(house))
    await recorded(house, visit.pet, protocolId=by, nextDueOn=None)
    assert await dues(house, visit.pet) == [("Claw", days(house, 3))]


async def test_a_record_is_described_anew(house: House) -> None:
    visit = await Visit.of(house)
    by = house.gid("CareProtocol", await protocol(house, name="Rabies"))
    id = (await recorded(house, visit.pet, protocolId=by))["id"]
    selection = f"... on UpdateCareRecordSuccess {{ {RECORD} }} ... on VersionConflict {{ currentVersion }}"
    staff = house.client("STAFF")
    change = {"recordId": id, "version": 1, "performedOn": days(house, -2), "diagnosis": "Healthy."}
    changed = (await staff.act("updateCareRecord", change, selection))["careRecord"]
    assert (changed["version"], changed["nextDueOn"]) == (2, days(house, 363))
    assert (await staff.act("updateCareRecord", change, selection))["currentVersion"] == 2
    by_hand = {"recordId": id, "version": 2, "nextDueOn": days(house, 30)}
    await staff.act("updateCareRecord", by_hand, selection)
    later = {"recordId": id, "version": 3, "performedOn": days(house, -1)}
    assert (await staff.act("updateCareRecord", later, selection))["careRecord"]["nextDueOn"] == days(house, 30)
    assert await dues(house, visit.pet) == [("Rabies", days(house, 30))]


async def test_what_makes_no_record(house: House, stranger: House) -> None:
    visit, staff = await Visit.of(house), house.client("STAFF")
    other = await house.pet(visit.customer_id)
    cats, cars = await protocol(house, species="CAT"), await protocol(house, subject_kind="CAR", code="OIL")
    awaited, others = await document(house, "AWAITED"), await document(house, customer_id=await house.customer())
    foreign = house.gid("CareProtocol", await protocol(stranger))
    booking = house.gid("Booking", await house.booking(visit.customer_id, other, visit.slot))
    right = {"subjectId": house.gid("Pet", visit.pet), "performedOn": days(house, 0)}
    shot = right | {"kind": "VACCINATION", "title": "A shot"}
    mine = house.gid("CareProtocol", await protocol(house))
    wrong: list[tuple[Json, str, str | None]] = [
        (right, "BAD_USER_INPUT", "kind"),
        (right | {"kind": "ALLERGY"}, "BAD_USER_INPUT", "title"),
        (shot | {"performedOn": days(house, 1)}, "BAD_USER_INPUT", "performedOn"),
        (shot | {"nextDueOn": days(house, 0)}, "BAD_USER_INPUT", "nextDueOn"),
        (right | {"protocolId": house.gid("CareProtocol", cats)}, "BAD_USER_INPUT", "protocolId"),
        (right | {"protocolId": house.gid("CareProtocol", cars)}, "BAD_USER_INPUT", "protocolId"),
        (right | {"protocolCode": "OIL"}, "BAD_USER_INPUT", "protocolCode"),
        (right | {"protocolCode": "NONE"}, "BAD_USER_INPUT", "protocolCode"),
        (right | {"protocolId": mine, "protocolCode": "OIL"}, "BAD_USER_INPUT", "protocolCode"),
        (right | {"protocolId": mine, "kind": "ALLERGY"}, "BAD_USER_INPUT", "kind"),
        (right | {"protocolId": foreign}, "NOT_FOUND", None),
        (shot | {"bookingId": booking}, "BAD_USER_INPUT", "bookingId"),
        (shot | {"documentIds": [house.gid("Document", awaited)]}, "BAD_USER_INPUT", "documentIds"),
        (shot | {"documentIds": [house.gid("Document", others)]}, "BAD_USER_INPUT", "documentIds"),
        (shot | {"notes": "x" * 5001}, "BAD_USER_INPUT", "notes"),
    ]
    async with nothing_changes(house):
        for input, code, field in wrong:
            assert await errors(staff, "recordCare", input) == [(code, field)], input
        assert await errors(house.client("CUSTOMER"), "recordCare", shot) == [("FORBIDDEN", None)]


async def test_documents_of_a_record_become_the_customers(house: House) -> None:
    visit = await Visit.of(house)
    report = await document(house, name="report.png")
    gid = house.gid("Document", report)
    made = await recorded(house, visit.pet, kind="CHECK_UP", title="Blood", documentIds=[gid, gid])
    assert (await row(house, "documents", report))["customer_id"] == visit.customer_id
    seen = "query Of($id: ID!) { node(id: $id) { ... on CareRecord { documents { id } recordedBy { id } } } }"
    found = await visit.customer.client.run(seen, {"id": made["id"]})
    assert found["node"] == {"documents": [{"id": gid}], "recordedBy": None}
    none = {"recordId": made["id"], "version": 1, "documentIds": []}
    await house.client("STAFF").act("updateCareRecord", none, "")
    assert not await house.all("SELECT FROM care_record_documents WHERE organization_id = $1")


# what is due


DUE = "{ careDue(filter: %s) { edges { node { title dueOn overdue subject { name } protocol { name } } } } }"


@pytest.mark.parametrize("rows", [2, 20])
async def test_what_is_due_in_the_house(house: House, server: Server, rows: int) -> None:
    customer, by = await house.customer(), await protocol(house, name="Rabies")
    for number in range(rows):
        pet = await house.pet(customer, name=f"Pet {number:02}")
        await due(house, customer, pet, by, today() + timedelta(days=number - 1), title=f"Due {number:02}")
    with counting(server) as statements:
        found = (await house.client("STAFF").run(DUE % "{within: 3650}"))["careDue"]["edges"]
    assert (len(statements.setup), len(statements.data)) == (1, 4), statements.report()
    assert [edge["node"]["overdue"] for edge in found] == [True] + [False] * (rows - 1)
    assert found[0]["node"]["subject"] == {"name": "Pet 00"}
    for filter, count in (("{overdue: true}", 1), ("{overdue: false}", rows - 1), ("{within: 0}", 2)):
        assert len((await house.client("STAFF").run(DUE % filter))["careDue"]["edges"]) == count
    assert (await house.client("CUSTOMER").run(DUE % "{}"))["careDue"]["edges"] == []


@pytest.mark.parametrize("rows", [2, 20])
async def test_what_services_ask_for_takes_one_statement(house: House, server: Server, rows: int) -> None:
    by = await protocol(house, name="Rabies")
    for _ in range(rows):
        await house.insert("care_requirements", service_id=await house.service(), protocol_id=by)
    with counting(server) as statements:
        found = await house.client("CUSTOMER").run("{ services { edges { node { requiredCare { name } } } } }")
    assert [edge["node"]["requiredCare"] for edge in found["services"]["edges"]] == [[{"name": "Rabies"}]] * rows
    assert len(statements.data) == 2, statements.report()


@pytest.mark.parametrize("rows", [2, 20])
async def test_records_of_many_take_as_many_statements_as_of_two(house: House, server: Server, rows: int) -> None:
    customer, by = await house.customer(), await protocol(house)
    for number in range(rows):
        pet = await house.pet(customer)
        of = await record(house, customer, pet, today() - timedelta(days=number), protocol_id=by)
        await reported(house, of, await document(house, customer_id=customer))
    query = """{ subjects { edges { node { careDue { title } careRecords(first: 5, kinds: [VACCINATION]) {
        totalCount edges { node { title protocol { name } documents { name } recordedBy { id } } } } } } } }"""
    with counting(server) as statements:
        found = (await house.client("STAFF").run(query))["subjects"]["edges"]
    # and who has read it: the subjects, and the events
    assert (len(statements.setup), len(statements.data)) == (2, 8), statements.report()
    assert [edge["node"]["careRecords"]["totalCount"] for edge in found] == [1] * rows
    assert len(await reads(house)) == rows


async def test_care_of_days_that_nobody_counts_is_refused(house: House) -> None:
    pet = house.gid("Pet", await house.pet(house.people["CUSTOMER"].viewer.customer_id))  # type: ignore[arg-type]
    for days_ahead in (-1, 3661):
        query = f'{{ node(id: "{pet}") {{ ... on Pet {{ careDue(within: {days_ahead}) {{ title }} }} }} }}'
        assert await house.client("STAFF").codes(query) == ["BAD_USER_INPUT"]
    assert await house.client("STAFF").codes(DUE % "{within: 999999999}") == ["BAD_USER_INPUT"]


# archived subjects


async def test_an_archived_subject_has_nothing_due_and_is_not_booked_for(house: House) -> None:
    visit = await Visit.of(house)
    by = house.gid("CareProtocol", await protocol(house, name="Rabies"))
    await recorded(house, visit.pet, protocolId=by)
    client, id = visit.customer.client, house.gid("Pet", visit.pet)
    selection = "... on %sSubjectSuccess { subject { id version archivedAt } } ... on VersionConflict { message }"
    gone = await client.act("archiveSubject", {"subjectId": id, "version": 1}, selection % "Archive")
    assert gone["subject"]["version"] == 2
    assert gone["subject"]["archivedAt"] is not None
    assert await dues(house, visit.pet) == []
    for verb in ("bookSlot", "holdSlot", "joinWaitlist"):
        assert await errors(client, verb, visit.wanted) == [("BAD_USER_INPUT", "subjectId")], verb
    nodes = "edges { node { id } }"
    listed = f"{{ here: subjects {{ {nodes} }} gone: subjects(filter: {{archived: true}}) {{ {nodes} }} }}"
    assert await client.run(listed) == {"here": {"edges": []}, "gone": {"edges": [{"node": {"id": id}}]}}
    back = await client.act("restoreSubject", {"subjectId": id, "version": 2}, selection % "Restore")
    assert (back["subject"]["version"], back["subject"]["archivedAt"]) == (3, None)
    assert await dues(house, visit.pet) == [("Rabies", days(house, 364))]
    again = await client.act("restoreSubject", {"subjectId": id, "version": 3}, selection % "Restore")
    assert again["subject"]["version"] == 3
    assert (await events(house))[2:] == ["SUBJECT_ARCHIVED", "SUBJECT_RESTORED"]


async def test_what_a_subject_is_decides_what_it_needs(house: House) -> None:
    await protocol(house, name="Leukosis", species="CAT", required=True)
    client = house.client("CUSTOMER")
    selection = "... on CreatePetSuccess { pet { id version } }"
    born = {"name": "Kisa", "species": "CAT", "bornOn": days(house, -10)}
    pet = (await client.act("createPet", born, selection))["pet"]
    assert await dues(house, key(pet["id"])) == [("Leukosis", days(house, -10))]
    changes: list[tuple[Json, list[tuple[str, str]]]] = [
        ({"bornOn": days(house, -5)}, [("Leukosis", days(house, -5))]),
        ({"bornOn": None}, [("Leukosis", days(house, 0))]),
        ({"species": "DOG"}, []),
    ]
    for seen, (change, expected) in enumerate(changes, 1):
        await client.act("updatePet", {"petId": pet["id"], "version": seen, **change}, "")
        assert await dues(house, key(pet["id"])) == expected


@pytest.mark.usefixtures("worker")
async def test_a_worker_follows_protocols(house: House) -> None:
    visit = await Visit.of(house)
    named = {"code": "R", "name": "Rabies", "kind": "VACCINATION", "subjectKind": "PET", "required": True}
    await house.client("ADMIN").act("createCareProtocol", named, "")

    async def followed() -> bool:
        return await dues(house, visit.pet) == [("Rabies", days(house, 0))] and await nothing_due(house)

    await eventually(followed)


async def test_nothing_is_written_about_somebody_who_was_erased(house: House) -> None:
    visit, staff = await Visit.of(house), house.client("STAFF")
    id = await record(house, visit.customer_id, visit.pet, date(2026, 1, 1))
    await house.pool.execute("UPDATE customers SET erased_at = now() WHERE id = $1", visit.customer_id)
    seen = {"recordId": house.gid("CareRecord", id), "version": 1}
    async with nothing_changes(house):
        for verb, more in (("updateCareRecord", {"diagnosis": "Otitis"}), ("voidCareRecord", {"reason": "Of Nino's"})):
            assert await errors(staff, verb, seen | more) == [("BAD_USER_INPUT", "customerId")]


async def test_a_file_of_what_is_known_about_others_is_no_report(house: House) -> None:
    """An export of the log is about nobody; it does not become a customer's by being attached."""
    visit = await Visit.of(house)
    file = await document(house)
    await house.insert("exports", kind="AUDIT_LOG", format="CSV", status="SUCCEEDED", document_id=file)
    wanted = {
        "subjectId": house.gid("Pet", visit.pet),
        "kind": "CHECK_UP",
        "title": "Teeth",
        "performedOn": clock.now().date().isoformat(),
        "documentIds": [house.gid("Document", file)],
    }
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "recordCare", wanted) == [("NOT_FOUND", None)]
