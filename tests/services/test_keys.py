"""Keys of partners' programs: made, used, rotated, revoked; and what a program sees."""

import asyncio
from datetime import timedelta
from ipaddress import IPv4Address
from uuid import UUID

import httpx
import pytest

from app import clock
from app.access import Permission, Viewer
from app.context import Server
from app.errors import Unauthenticated
from app.services import keys
from app.settings import Settings
from app.uow import ReadUnit
from tests.client import Json
from tests.factories.care import due, protocol, record
from tests.factories.houses import House
from tests.factories.keys import Program, key, named, over_socket, partner, registered
from tests.realm import own_api
from tests.statements import counting
from tests.steps import errors, events, eventually, nothing_changes, row

PROTOCOLS = "query Protocols { careProtocols { edges { node { code } } } }"
ENDED = "This API key is not good, or not good any more."
MADE = "token apiKey { id version name prefix scopes expiresAt lastUsedAt revokedAt previous { id } partner { name } }"


async def _make(house: House, partner_id: UUID, scopes: list[str], **input: object) -> Json:
    asked = {"partnerId": house.gid("Partner", partner_id), "name": " Practice ", "scopes": scopes, **input}
    return await house.client("ADMIN").act("createApiKey", asked, MADE)


async def test_a_key_is_made_used_and_shown_without_its_secret(house: House) -> None:
    vet = await partner(house)
    made = await _make(house, vet, ["CATALOGUE_READ", "CARE_READ", "CARE_READ"])
    token, shown = made["token"], made["apiKey"]
    assert keys.TOKEN.fullmatch(token)
    assert token.startswith(f"wpk_{shown['prefix']}_")
    assert (shown["name"], shown["scopes"], shown["version"]) == ("Practice", ["CARE_READ", "CATALOGUE_READ"], 1)
    assert (shown["expiresAt"], shown["lastUsedAt"], shown["revokedAt"], shown["previous"]) == (None,) * 4
    assert await events(house) == ["API_KEY_CREATED"]
    secret = token.rsplit("_", 1)[-1] if "_" not in token[17:] else token[17:]
    told = await house.all(
        "SELECT payload::text || coalesce(d.changes::text, '') AS text FROM events e "
        "LEFT JOIN event_details d USING (organization_id, seq) WHERE organization_id = $1"
    )
    assert all(secret not in entry["text"] for entry in told)

    await registered(house, vet, PROTOCOLS)
    assert await Program(house.api, token).run(PROTOCOLS) == {"careProtocols": {"edges": []}}

    async def noted() -> bool:
        listed = await house.client("ADMIN").run(
            "query ($id: ID!) { node(id: $id) { ... on Partner { displayName apiKeys(filter: {live: true}) "
            "{ totalCount edges { node { id lastUsedAt createdBy { id } } } } } } }",
            {"id": house.gid("Partner", vet)},
        )
        (edge,) = listed["node"]["apiKeys"]["edges"]
        assert edge["node"]["createdBy"] == {"id": house.gid("User", house.people["ADMIN"].user_id)}
        return edge["node"]["lastUsedAt"] is not None

    await eventually(noted)


async def test_only_those_who_make_keys_see_them(house: House) -> None:
    one = await key(house)
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert await house.client("STAFF").codes(query, {"id": house.gid("ApiKey", one.id)}) == ["NOT_FOUND"]
    listed = "query ($id: ID!) { node(id: $id) { ... on Partner { apiKeys { totalCount edges { node { id } } } } } }"
    found = await house.client("STAFF").run(listed, {"id": house.gid("Partner", one.partner_id)})
    assert found["node"]["apiKeys"] == {"totalCount": 0, "edges": []}


async def test_what_is_asked_for_a_key_is_checked(house: House, stranger: House) -> None:
    vet, admin = await partner(house), house.client("ADMIN")
    asked = {"partnerId": house.gid("Partner", vet), "name": "Practice", "scopes": ["CARE_READ"]}
    over = (clock.now() - timedelta(seconds=1)).isoformat()
    idle = house.gid("Partner", await partner(house, active=False))
    foreign = house.gid("Partner", await partner(stranger))
    async with nothing_changes(house):
        for changed, found in (
            ({"scopes": []}, ("BAD_USER_INPUT", "scopes")),
            ({"scopes": ["CARE_READ", "AUDIT_READ"]}, ("BAD_USER_INPUT", "scopes")),
            ({"name": " "}, ("BAD_USER_INPUT", "name")),
            ({"expiresAt": over}, ("BAD_USER_INPUT", "expiresAt")),
            ({"partnerId": idle}, ("BAD_USER_INPUT", "partnerId")),
            ({"partnerId": foreign}, ("NOT_FOUND", None)),
        ):
            assert await errors(admin, "createApiKey", asked | changed) == [found]
    for _ in range(keys.LIVE_MAX):
        await key(house, vet)
    assert await errors(admin, "createApiKey", asked) == [("BAD_USER_INPUT", "partnerId")]


async def test_keys_that_are_not_good_are_told_apart_by_nobody(house: House) -> None:
    good = await key(house)
    await registered(house, good.partner_id, PROTOCOLS)
    prefix, over = good.token[4:16], clock.now() - timedelta(seconds=1)
    bad = [
        f"wpk_{prefix}_{'A' * 43}",
        f"wpk_{'a' * 12}_{good.token[17:]}",
        f"wpk_{prefix}",
        "wpk_",
        f"{good.token}x",
        "wpk_\u0000",
        (await key(house, good.partner_id, expires_at=over)).token,
        (await key(house, good.partner_id, revoked_at=over)).token,
        (await key(house, await partner(house, active=False))).token,
    ]
    for token in bad:
        program = Program(house.api, None)
        headers = {"authorization": f"Bearer {token}"} if token.isprintable() else {"authorization": "Bearer wpk_%00"}
        answer = await program.send({"documentId": named(PROTOCOLS)}, headers)
        assert answer["errors"][0]["message"] == ENDED, token
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    # a bad access token may still sign in; a bad key may do nothing, not even what anybody may
    answer = await Program(house.api, bad[0]).send({"query": "{ __typename }"})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await good.program.run(PROTOCOLS)


async def test_who_makes_keys_up_is_held_up(house: House, settings: Settings) -> None:
    """Before the database is asked; programs whose key was good go on, from the same address too."""
    good, other = await key(house), await key(house)
    await registered(house, good.partner_id, PROTOCOLS)
    here = str(IPv4Address(0x7F000000 + house.id.int % (1 << 24)))  # one of the addresses of this machine
    transport = httpx.AsyncHTTPTransport(local_address=here)
    async with own_api(settings, tries_of_address_max=3) as api, httpx.AsyncClient(transport=transport) as http:

        async def code(token: str) -> str | None:
            found = await http.post(
                f"http://{api}/graphql",
                json={"documentId": named(PROTOCOLS)},
                headers={"authorization": f"Bearer {token}"},
            )
            errors = found.json().get("errors")
            assert (found.status_code == 429) is ("retry-after" in found.headers)
            return str(errors[0]["extensions"]["code"]) if errors else None

        assert await code(good.token) is None
        bogus = [f"wpk_{'a' * 12}_{number:043d}" for number in range(3)]
        assert [await code(token) for token in bogus] == ["UNAUTHENTICATED"] * 2 + ["RATE_LIMITED"]
        assert [await code(token) for token in (other.token, good.token)] == ["RATE_LIMITED", None]
        await house.pool.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1", good.id)
        assert [await code(good.token) for _ in range(2)] == ["UNAUTHENTICATED", "RATE_LIMITED"]


async def test_rotation_overlaps(house: House) -> None:
    until = clock.now() + timedelta(days=300)
    old = await key(house, expires_at=until)
    await registered(house, old.partner_id, PROTOCOLS)
    asked = {"apiKeyId": house.gid("ApiKey", old.id), "version": 1}
    done = "... on RotateApiKeySuccess { " + MADE + " } ... on VersionConflict { currentVersion }"
    admin = house.client("ADMIN")
    made = await admin.act("rotateApiKey", asked, done)
    assert made["apiKey"]["previous"] == {"id": asked["apiKeyId"]}
    assert made["apiKey"]["scopes"] == ["CARE_READ", "CARE_WRITE", "CATALOGUE_READ", "PARTNERS_READ"]
    assert await events(house) == ["API_KEY_CREATED", "API_KEY_ROTATED"]
    for program in (old.program, Program(house.api, made["token"])):
        assert await program.run(PROTOCOLS)
    ends_at = (await row(house, "api_keys", old.id))["expires_at"]
    assert timedelta(hours=23) < ends_at - clock.now() <= timedelta(days=1)
    assert (await admin.act("rotateApiKey", asked, done))["__typename"] == "VersionConflict"
    assert await errors(admin, "rotateApiKey", asked | {"version": 2, "overlapS": 31 * 24 * 3600}) == [
        ("BAD_USER_INPUT", "overlapS")
    ]
    await admin.act("rotateApiKey", asked | {"version": 2, "overlapS": 0}, done)
    assert await old.program.codes(PROTOCOLS) == ["UNAUTHENTICATED"]
    assert await errors(admin, "rotateApiKey", asked | {"version": 3}) == [("BAD_USER_INPUT", "apiKeyId")]


async def test_what_a_key_had_open_ends_with_it(house: House, server: Server) -> None:
    """In each transaction, whoever came by it is looked up again; and where a stream waits, as soon as it is known."""
    one = await key(house, scopes=["CATALOGUE_READ", "CARE_READ"])
    await registered(house, one.partner_id, PROTOCOLS)
    viewer = (await keys.who(server.database, one.token)).viewer
    admin, changed = house.client("ADMIN"), {"apiKeyId": house.gid("ApiKey", one.id), "version": 1}

    async def stands() -> bool:
        reads = ReadUnit(server.database, viewer)
        try:
            await reads.open()
        except Unauthenticated as error:
            return error.message != ENDED
        finally:
            await reads.close()
        return True

    assert await stands()
    async with one.program.socket() as socket:
        request = {"documentId": named(PROTOCOLS)}
        assert (await over_socket(socket, request))["type"] == "next"
        await socket.receive()
        await admin.act("updateApiKey", changed | {"name": "Other"}, "__typename")
        assert await stands()
        await admin.act("updateApiKey", changed | {"version": 2, "scopes": ["CATALOGUE_READ"]}, "__typename")
        assert not await stands()
        assert (await over_socket(socket, request))["type"] == "error"
    # the same key comes in again, with what it allows now
    assert await one.program.run(PROTOCOLS)
    viewer = (await keys.who(server.database, one.token)).viewer
    assert viewer.permissions == {Permission.CATALOGUE_READ}
    for _ in range(2):
        await admin.act("revokeApiKey", {"apiKeyId": changed["apiKeyId"]}, "apiKey { revokedAt }")
    assert not await stands()
    assert await one.program.codes(PROTOCOLS) == ["UNAUTHENTICATED"]
    assert await events(house) == ["API_KEY_UPDATED", "API_KEY_UPDATED", "API_KEY_REVOKED"]
    assert await errors(admin, "updateApiKey", changed) == [("BAD_USER_INPUT", "apiKeyId")]


SEEN = """
    query Seen {
      partners { edges { node { id notes } } }
      careDue { edges { node { subject { id } } } }
      services { edges { node { id } } }
    }
"""
PERSON = "query Owner($chip: String!) { petByChip(chipNumber: $chip) { customer { name } } }"
RECORDS = "query Records($chip: String!) { petByChip(chipNumber: $chip) { careRecords { edges { node { id } } } } }"
RECORD = """
    mutation Record($subject: ID!, $partner: ID) {
      recordCare(input: {subjectId: $subject, kind: CHECK_UP, title: "Seen", performedOn: "2026-03-02",
                         partnerId: $partner}) { careRecord { id version partner { id } recordedBy { id } } }
    }
"""
VOID = """
    mutation Void($id: ID!) {
      voidCareRecord(input: {recordId: $id, version: 1, reason: "Another's"}) { __typename }
    }
"""


async def _chipped(house: House, chip: str, **values: object) -> UUID:
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    pet = await house.pet(customer)
    await house.pool.execute("UPDATE pets SET chip_number = $2 WHERE id = $1", pet, chip)
    for column, value in values.items():
        await house.pool.execute(f"UPDATE subjects SET {column} = $2 WHERE id = $1", pet, value)
    return pet


async def test_a_program_sees_what_its_work_needs(house: House) -> None:
    """Pets that still come, what is known and due of them, partners, and what can be booked; no people."""
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    one, idle = await key(house), await partner(house, active=False)
    program = one.program
    pet = await _chipped(house, "1")
    await _chipped(house, "2", archived_at=clock.now())
    patient, rabies = await house.patient(customer), await protocol(house)
    await due(house, customer, pet, rabies, house.day)
    await due(house, customer, patient, rabies, house.day)
    stands = await record(house, customer, pet, house.day)
    await record(house, customer, pet, house.day, voided_at=clock.now(), void_reason="Wrong")
    service = await house.service()
    await registered(house, one.partner_id, SEEN, PERSON, RECORDS)

    seen = await program.run(SEEN)
    shown = [edge["node"] for edge in seen["partners"]["edges"]]
    assert shown == [{"id": house.gid("Partner", one.partner_id), "notes": None}]
    assert [edge["node"]["subject"]["id"] for edge in seen["careDue"]["edges"]] == [house.gid("Pet", pet)]
    assert [edge["node"]["id"] for edge in seen["services"]["edges"]] == [house.gid("Service", service)]
    assert idle
    found = await program.run(RECORDS, {"chip": "1"})
    assert [edge["node"]["id"] for edge in found["petByChip"]["careRecords"]["edges"]] == [
        house.gid("CareRecord", stands)
    ]
    assert await program.codes(RECORDS, {"chip": "2"}) == ["NOT_FOUND"]
    assert await program.codes(PERSON, {"chip": "1"}) != []


async def test_what_a_program_records_is_its_partners(house: House) -> None:
    one, other = await key(house), await partner(house, name="Dr Eka")
    pet = await _chipped(house, "1")
    await registered(house, one.partner_id, RECORD, VOID)
    asked = {"subject": house.gid("Pet", pet)}
    again = {"idempotency_key": "one"}
    made = (await one.program.run(RECORD, asked, **again))["recordCare"]["careRecord"]
    assert (await one.program.run(RECORD, asked, **again))["recordCare"]["careRecord"] == made
    assert (made["partner"], made["recordedBy"]) == ({"id": house.gid("Partner", one.partner_id)}, None)
    assert await one.program.codes(RECORD, asked | {"partner": house.gid("Partner", other)}) == ["BAD_USER_INPUT"]
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    theirs = await record(house, customer, pet, house.day, partner_id=other)
    assert await one.program.codes(VOID, {"id": house.gid("CareRecord", theirs)}) == ["FORBIDDEN"]
    assert (await one.program.run(VOID, {"id": made["id"]}))["voidCareRecord"]["__typename"] == "VoidCareRecordSuccess"

    log = "{ auditLog { edges { node { type actor { __typename displayName } apiKey { id } } } } }"
    told = (await house.client("ADMIN").run(log))["auditLog"]["edges"]
    by = {"actor": {"__typename": "Partner", "displayName": "Dr Gela"}, "apiKey": {"id": house.gid("ApiKey", one.id)}}
    assert {"type": "CARE_RECORDED", **by} in [entry["node"] for entry in told]


@pytest.mark.parametrize("scope", ["CATALOGUE_READ", "CARE_READ"])
async def test_a_key_allows_what_it_names(house: House, scope: str) -> None:
    """Registered or not: and nothing that is for people, not even who they are."""
    one = await key(house, scopes=[scope])
    viewer, node = "query Me { viewer { role } }", "query Any($id: ID!) { node(id: $id) { id } }"
    await registered(house, one.partner_id, PROTOCOLS, RECORD, viewer, node)
    allowed = [] if scope == "CATALOGUE_READ" else ["FORBIDDEN"]
    assert await one.program.codes(PROTOCOLS) == allowed
    assert await one.program.codes(RECORD, {"subject": house.gid("Pet", one.id)}) == ["FORBIDDEN"]
    assert await one.program.codes(viewer) == ["FORBIDDEN"]
    assert await one.program.codes(node, {"id": house.gid("Partner", one.partner_id)}) == ["FORBIDDEN"]


async def test_nobody_is_the_system_by_leaving_out_the_role(house: House) -> None:
    nobody = Viewer(house.id)
    assert not nobody.sees_everything
    assert nobody.permissions == frozenset()
    assert Viewer.system(house.id).sees_everything


async def test_of_two_who_rotate_a_key_at_once_one_makes_a_successor(house: House) -> None:
    one = await key(house)
    asked = {"apiKeyId": house.gid("ApiKey", one.id), "version": 1}
    rotate = (house.client("ADMIN").act("rotateApiKey", asked, "__typename") for _ in range(4))
    found = sorted(answer["__typename"] for answer in await asyncio.gather(*rotate))
    assert found == ["RotateApiKeySuccess", *["VersionConflict"] * 3]
    assert await house.value("SELECT count(*) FROM api_keys WHERE organization_id = $1") == 2


LISTS = """
    { partners(first: 10) { edges { node {
        apiKeys(first: 5) { totalCount edges { node { partner { name } previous { name } createdBy { fullName } } } }
        registeredDocuments(first: 5) { totalCount edges { node { partner { name } registeredBy { fullName } } } }
    } } } }
"""


async def test_lists_take_as_many_statements_however_long_they_are(house: House, server: Server) -> None:
    counts, admin = [], house.people["ADMIN"].user_id
    for many in (2, 5):
        for _ in range(many):
            old = await key(house, created_by=admin)
            await key(house, old.partner_id, previous_id=old.id, created_by=admin)
            await registered(house, old.partner_id, PROTOCOLS, SEEN, registered_by=admin)
        with counting(server) as statements:
            found = (await house.client("ADMIN").run(LISTS))["partners"]["edges"]
        assert [edge["node"]["apiKeys"]["totalCount"] for edge in found] == [2] * len(found)
        counts.append(len(statements.data))
    assert counts[0] == counts[1] <= 10, statements.report()
