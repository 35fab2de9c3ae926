"""Reading a medical record is an event, written before the answer leaves; what cannot be written is not answered."""

from uuid import UUID

import pytest

from app.context import Server
from tests.factories.care import due, protocol, record, reported
from tests.factories.documents import document
from tests.factories.houses import House
from tests.services.test_care import reads, recorded, today
from tests.statements import counting
from tests.steps import Visit, latest

RECORDS = "query Of($id: ID!) { node(id: $id) { ... on Pet { careRecords { edges { node { title } } } } } }"
EDGES = "query Of($id: ID!) { node(id: $id) { ... on Pet { careRecords { edges { cursor } } } } }"
RECORD = "query Of($id: ID!) { node(id: $id) { ... on CareRecord { title } } }"
DOCUMENT = "query Of($id: ID!) { node(id: $id) { ... on Document { name } } }"
DOCUMENTS = "{ documents { edges { node { url } } } }"


async def a_record(house: House, visit: Visit, **values: object) -> UUID:
    return await record(house, visit.customer_id, visit.pet, today(), **values)


@pytest.mark.parametrize("role", ["STAFF", "CUSTOMER"])
async def test_every_way_to_a_record_is_written_down(house: House, role: str) -> None:
    visit, client = await Visit.of(house), house.client(role)
    id, file = await a_record(house, visit), await document(house, customer_id=visit.customer_id)
    await reported(house, id, file)
    pet = {"id": house.gid("Pet", visit.pet)}
    ways = [
        (RECORDS, pet),
        (EDGES, pet),
        (RECORD, {"id": house.gid("CareRecord", id)}),
        (DOCUMENT, {"id": house.gid("Document", file)}),
        (DOCUMENTS, {}),
    ]
    for number, (query, variables) in enumerate(ways, 1):
        await client.run(query, variables)
        assert await reads(house) == [visit.pet] * number, query
    (event, *_) = await house.all(
        "SELECT e.node_type, e.actor_user_id, e.customer_id, d.ip, d.user_agent FROM events e "
        "JOIN event_details d USING (organization_id, seq) WHERE organization_id = $1"
    )
    assert (event["node_type"], event["customer_id"]) == ("Pet", visit.customer_id)
    assert (event["actor_user_id"], event["ip"]) == (house.people[role].user_id, "127.0.0.1")
    assert event["user_agent"].startswith("python-httpx")


async def test_what_is_no_record_is_not_written_down(house: House, server: Server) -> None:
    visit, other = await Visit.of(house), await house.customer()
    await a_record(house, visit)
    await due(house, visit.customer_id, visit.pet, await protocol(house), today())
    plain = house.gid("Document", await document(house, customer_id=visit.customer_id))
    stranger = house.gid("Pet", await house.pet(other))
    staff, driver = house.client("STAFF"), house.client("DRIVER")
    await staff.run("{ careDue { edges { node { title } } } subjects { edges { node { name careDue { title } } } } }")
    await staff.run(DOCUMENT, {"id": plain})
    assert (await staff.run(RECORDS, {"id": stranger}))["node"]["careRecords"]["edges"] == []
    assert await driver.codes(RECORDS, {"id": house.gid("Pet", visit.pet)}) == ["NOT_FOUND"]
    assert await house.client("CUSTOMER").codes(RECORDS, {"id": stranger}) == ["NOT_FOUND"]
    with counting(server) as statements:
        await staff.run(RECORDS, {"id": stranger})
    assert (len(statements.setup), len(statements.data)) == (1, 2)
    assert await reads(house) == []


async def test_each_subject_is_written_down_once_for_an_answer(house: House) -> None:
    visit = await Visit.of(house)
    for _ in range(3):
        await a_record(house, visit)
    other = await house.pet(visit.customer_id)
    await record(house, visit.customer_id, other, today())
    one = "subjects { edges { node { careRecords { edges { node { %s } } } } } }"
    query = f"{{ a: {one % 'id'} b: {one % 'subject { name }'} }}"
    await house.client("STAFF").run(query)
    assert await reads(house) == sorted([visit.pet, other])


async def test_what_a_mutation_answers_is_read_too(house: House) -> None:
    visit = await Visit.of(house)
    await recorded(house, visit.pet, kind="ALLERGY", title="Chicken")
    assert await reads(house) == [visit.pet]
    silent = {"subjectId": house.gid("Pet", visit.pet), "performedOn": today().isoformat()}
    await house.client("STAFF").act("recordCare", silent | {"kind": "ALLERGY", "title": "Beef"}, "")
    assert await reads(house) == [visit.pet]


async def test_an_answer_that_cannot_be_accounted_for_does_not_leave(house: House) -> None:
    visit = await Visit.of(house)
    id = {"id": house.gid("CareRecord", await a_record(house, visit, title="Secret"))}
    await house.pool.execute("DELETE FROM event_heads WHERE organization_id = $1", house.id)
    staff = house.client("STAFF")
    hidden = {"message": "Something went wrong on our side.", "extensions": {"code": "INTERNAL"}}
    assert await staff.post(RECORD, id) == {"errors": [hidden]}
    async with staff.subscribe(RECORD, id) as stream:
        message = await stream.message()
    assert (message["type"], message["payload"]) == ("error", [hidden])
    await house.pool.execute("INSERT INTO event_heads (organization_id) VALUES ($1)", house.id)
    assert await staff.run(RECORD, id) == {"node": {"title": "Secret"}}
    assert await reads(house) == [visit.pet]


async def test_an_answer_shows_the_records_of_so_many_subjects(house: House) -> None:
    for count in (100, 100, 100, 100, 101):
        customer = await house.customer()
        await house.pool.execute(
            "WITH made AS (INSERT INTO subjects (organization_id, kind, customer_id, name) "
            "SELECT $1, 'PATIENT', $2, 'Patient ' || n FROM generate_series(1, $3) n RETURNING id), "
            "joined AS (INSERT INTO patients (organization_id, id, kind, mobility) "
            "SELECT $1, id, 'PATIENT', 'WALKING' FROM made) "
            "INSERT INTO care_records (organization_id, subject_id, customer_id, kind, title, performed_on) "
            "SELECT $1, id, $2, 'ALLERGY', 'Nuts', $4 FROM made",
            house.id,
            customer,
            count,
            today(),
        )
    records = "edges { node { careRecords(first: 1) { edges { node { title } } } } }"
    query = f"customers(first: 9) {{ edges {{ node {{ subjects(%s: 100) {{ {records} }} }} }} }}"
    staff = house.client("STAFF")
    await staff.run(f"{{ {query % 'first'} }}")
    assert len(await reads(house)) == 500
    refused = await staff.post(f"{{ a: {query % 'first'} b: {query % 'last'} }}")
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["BAD_USER_INPUT"]
    assert "data" not in refused
    assert len(await reads(house)) == 500


async def test_a_subscription_that_reads_comes_to_rest(house: House) -> None:
    """It hears of its own reading, and reads again; that is the same reading."""
    visit = await Visit.of(house)
    await a_record(house, visit)
    staff, seq = house.client("STAFF"), await latest(house.client("STAFF"))
    records = "... on Pet { careRecords { edges { node { title } } } }"
    follow = f"subscription F($after: EventSeq) {{ events(after: $after) {{ type node {{ {records} }} }} }}"
    async with staff.subscribe(follow, {"after": seq}) as stream:
        change = {"petId": house.gid("Pet", visit.pet), "version": 1, "name": "Murtaza"}
        await staff.act("updatePet", change, "")
        types = [(await stream.next())["events"]["type"] for _ in range(2)]
        assert types == ["SUBJECT_UPDATED", "CARE_RECORD_READ"]
        assert await stream.quiet(0.4)
    assert await reads(house) == [visit.pet]


async def test_whose_session_has_ended_reads_nothing(house: House) -> None:
    visit = await Visit.of(house)
    id = {"id": house.gid("CareRecord", await a_record(house, visit))}
    family = house.people["STAFF"].viewer.session_family_id
    await house.pool.execute("UPDATE sessions SET revoked_at = now() WHERE family_id = $1", family)
    assert await house.client("STAFF").codes(RECORD, id) == ["UNAUTHENTICATED"]
    assert await reads(house) == []
