"""Persisted documents: manifests, who may run what, and what is remembered of people's clients."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis
from uuid_utils.compat import uuid7

from app import clock
from app.context import Server
from app.errors import BadUserInput
from app.services import registry
from app.serving.admission import registry as serving
from app.settings import Settings
from tests.client import Client, Json
from tests.factories.care import protocol
from tests.factories.houses import House
from tests.factories.keys import Program, key, named, over_socket, partner, registered
from tests.operations import FILES
from tests.realm import own_api
from tests.steps import errors, events, nothing_changes

PROTOCOLS = "query Protocols { careProtocols { edges { node { code } } } }"
CHIP = "985112000000001"
SERVICES = "query Services { services { edges { node { name } } } }"
DUE = "query Due { careDue { totalCount } }"
VET = next(file for file in FILES if file.name == "vet.graphql").read_text()
DONE = """
    ... on RegisterDocumentsSuccess { version added same withdrawn }
    ... on DocumentsRefused { message refused { documentId reason } }
"""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _apollo(*texts: tuple[str, str, str]) -> str:
    operations = [{"id": _hash(body), "name": name, "type": kind, "body": body} for body, name, kind in texts]
    return json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations})


async def _register(house: House, partner_id: Any, manifest: str, **input: Any) -> Json:
    asked = {"partnerId": house.gid("Partner", partner_id), "manifest": manifest, **input}
    return await house.client("ADMIN").act("registerDocuments", asked, DONE)


def test_manifests_of_all_kinds_are_read() -> None:
    by_hash = [registry.Listed(named(DUE), DUE, _hash(DUE))]
    assert registry.read(DUE) == by_hash
    assert registry.read(json.dumps({_hash(DUE): DUE})) == by_hash
    assert registry.read(json.dumps({_hash(DUE).upper(): DUE})) == by_hash
    assert registry.read(json.dumps({named(DUE): DUE})) == by_hash
    # Relay's compiler calls them by their MD5, unless told otherwise
    relays = hashlib.md5(DUE.encode()).hexdigest()
    assert registry.read(json.dumps({relays: DUE})) == [registry.Listed(relays, DUE, _hash(DUE))]
    assert registry.read(_apollo((DUE, "Due", "query"))) == [
        registry.Listed(named(DUE), DUE, _hash(DUE), "Due", "QUERY")
    ]
    for manifest in (
        "[]",
        "{}",
        "1",
        '"text"',
        json.dumps({_hash(DUE): PROTOCOLS}),
        json.dumps({"Due": 1}),
        json.dumps({"": DUE}),
        json.dumps({"y:Due": DUE}),
        json.dumps({"sha256:Due": DUE}),
        json.dumps({"Due\u0000": DUE}),
        json.dumps({"Due": "\ud800"}),
        '{"Due": "a", "Due": "b"}',
        json.dumps({_hash(DUE): DUE, named(DUE): DUE}),
        json.dumps({"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}),
        json.dumps({"format": "another", "version": 1, "operations": []}),
        json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "Due"}]}),
        json.dumps({str(number): DUE for number in range(1_001)}),
    ):
        with pytest.raises(BadUserInput):
            registry.read(manifest)
    # whatever is no JSON may be a document: that is seen when it is examined
    assert len(registry.read("[" * 100_000)) == 1


async def test_a_manifest_is_registered_version_by_version(house: House) -> None:
    one = await key(house)
    first = json.dumps({"Due": DUE, _hash(PROTOCOLS): PROTOCOLS})
    assert await _register(house, one.partner_id, first) == {
        "__typename": "RegisterDocumentsSuccess",
        "version": 1,
        "added": 2,
        "same": 0,
        "withdrawn": 0,
    }
    again = await _register(house, one.partner_id, first)
    assert (again["version"], again["added"], again["same"]) == (1, 0, 2)
    assert await events(house) == ["DOCUMENTS_REGISTERED"]
    second = await _register(house, one.partner_id, _apollo((DUE, "Due", "query"), (SERVICES, "Services", "query")))
    assert (second["version"], second["added"], second["same"], second["withdrawn"]) == (2, 2, 0, 0)
    # the documents of an older version can be run until they are withdrawn
    program = one.program
    assert await program.run(PROTOCOLS)
    for name in ("Due", _hash(DUE), named(DUE)):
        assert (await program.send({"documentId": name}))["data"] == {"careDue": {"totalCount": 0}}
    third = await _register(house, one.partner_id, SERVICES, only=True)
    assert (third["version"], third["added"], third["same"], third["withdrawn"]) == (3, 0, 1, 3)
    assert await program.codes(PROTOCOLS) == ["PERSISTED_DOCUMENT_NOT_FOUND"]
    assert await program.run(SERVICES)
    assert (await _register(house, one.partner_id, PROTOCOLS))["added"] == 1
    assert await program.run(PROTOCOLS)

    listed = await house.client("ADMIN").run(
        "query ($id: ID!) { node(id: $id) { ... on Partner { registeredDocuments(filter: {withdrawn: false}) { edges "
        "{ node { documentId body firstVersion lastVersion registeredBy { id } "
        "operations { kind name permissions cost } } } } } } }",
        {"id": house.gid("Partner", one.partner_id)},
    )
    shown = {edge["node"].pop("documentId"): edge["node"] for edge in listed["node"]["registeredDocuments"]["edges"]}
    admin = {"id": house.gid("User", house.people["ADMIN"].user_id)}
    costs = {name: document["operations"][0].pop("cost") for name, document in shown.items()}
    assert all(cost > 0 for cost in costs.values())
    assert shown[named(PROTOCOLS)] == {
        "body": PROTOCOLS,
        "firstVersion": 4,
        "lastVersion": 4,
        "registeredBy": admin,
        "operations": [{"kind": "QUERY", "name": "Protocols", "permissions": ["CATALOGUE_READ"]}],
    }
    assert shown.keys() == {named(PROTOCOLS), named(SERVICES)}


async def test_all_or_nothing_and_the_reasons_why(house: House) -> None:
    """A key must allow all that a document asks for; two keys that each allow half of it do not."""
    one = await key(house, scopes=["CATALOGUE_READ"])
    await key(house, one.partner_id, scopes=["CARE_READ"])
    await key(house, one.partner_id, scopes=["CARE_WRITE"], revoked_at=clock.now())
    both = "query Both { careDue { totalCount } services { totalCount } }"
    hidden = "query Hidden { ...A } fragment A on Query { ... { careDue { totalCount } } services { totalCount } }"
    record = VET.split("mutation")[1]
    async with nothing_changes(house):
        refused = await _register(
            house,
            one.partner_id,
            json.dumps(
                {
                    "good": PROTOCOLS,
                    "both": both,
                    "hidden": hidden,
                    "write": f"mutation{record}",
                    "people": "query Me { viewer { role } node(id: 1) { id } eventSeq }",
                    "public": 'mutation { signIn(input: {email: "", password: ""}) { accessToken } }',
                    "unknown": "{ nothing }",
                    "schema": "{ __schema { types { name } } }",
                    "syntax": "{",
                    "fragment": "fragment A on Query { eventSeq }",
                }
            ),
        )
    reasons = {refusal["documentId"]: refusal["reason"] for refusal in refused["refused"]}
    assert reasons.keys() == {
        "both",
        "hidden",
        "write",
        "people",
        "public",
        "unknown",
        "schema",
        "syntax",
        "fragment",
    }
    assert reasons["both"] == reasons["hidden"] == "No key of this partner's allows CARE_READ and CATALOGUE_READ."
    assert reasons["write"] == "No key of this partner's allows CARE_WRITE."
    assert reasons["people"] == "For people, and not for partners' programs: viewer, node, eventSeq."
    assert reasons["public"] == "For people, and not for partners' programs: signIn."
    wrong = await _register(house, one.partner_id, _apollo((PROTOCOLS, "Other", "query")))
    assert wrong["refused"][0]["reason"] == "The text is not the query `Other` alone."
    await _register(house, one.partner_id, json.dumps({"mine": PROTOCOLS}))
    other = await _register(house, one.partner_id, json.dumps({"mine": SERVICES}))
    assert other["refused"][0]["reason"].startswith("This name stands for another text")


async def test_documents_are_withdrawn_at_once(house: House, stranger: House) -> None:
    one, admin = await key(house), house.client("ADMIN")
    await registered(house, one.partner_id, PROTOCOLS, SERVICES)
    await registered(house, one.partner_id, DUE, first_version=2, last_version=2)
    partner_id = house.gid("Partner", one.partner_id)
    assert await one.program.run(PROTOCOLS)
    rows = await house.all("SELECT id, body FROM registered_documents WHERE organization_id = $1")
    ids = {found["body"]: house.gid("RegisteredDocument", found["id"]) for found in rows}
    asked = {"partnerId": partner_id, "registeredDocumentIds": [ids[PROTOCOLS]]}
    assert (await admin.act("withdrawDocuments", asked, "withdrawn"))["withdrawn"] == 1
    assert await one.program.codes(PROTOCOLS) == ["PERSISTED_DOCUMENT_NOT_FOUND"]
    assert (await admin.act("withdrawDocuments", asked, "withdrawn"))["withdrawn"] == 0
    through = {"partnerId": partner_id, "throughVersion": 1}
    assert (await admin.act("withdrawDocuments", through, "withdrawn"))["withdrawn"] == 1
    assert await one.program.codes(SERVICES) == ["PERSISTED_DOCUMENT_NOT_FOUND"]
    assert await one.program.run(DUE)
    other = {"partnerId": house.gid("Partner", await partner(house)), "registeredDocumentIds": [ids[DUE]]}
    assert await errors(admin, "withdrawDocuments", other) == [("BAD_USER_INPUT", "registeredDocumentIds")]
    assert await errors(stranger.client("ADMIN"), "withdrawDocuments", asked) == [("NOT_FOUND", None)]


async def test_a_program_runs_nothing_else_by_any_road(house: House, stranger: House) -> None:
    one, other = await key(house), await key(house)
    foreign = await key(stranger)
    await registered(house, one.partner_id, PROTOCOLS)
    await registered(house, other.partner_id, SERVICES)
    await registered(stranger, foreign.partner_id, DUE)
    program, required, unknown = one.program, ["PERSISTED_DOCUMENT_REQUIRED"], ["PERSISTED_DOCUMENT_NOT_FOUND"]
    by_hash = {"persistedQuery": {"version": 1, "sha256Hash": _hash(PROTOCOLS)}}
    assert (await program.send({"extensions": by_hash}))["data"]
    assert (await program.send({"query": PROTOCOLS, "extensions": by_hash}))["data"]
    cases: list[tuple[Json, list[str]]] = [
        ({"query": PROTOCOLS}, required),
        ({"query": "{ __typename }"}, required),
        ({"query": "{ __schema { types { name } } }"}, required),
        ({"documentId": named(SERVICES)}, unknown),
        ({"documentId": named(DUE)}, unknown),
        ({"documentId": "Protocols"}, unknown),
        ({"query": DUE, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": _hash(DUE)}}}, unknown),
        ({"query": DUE, "extensions": by_hash}, ["BAD_USER_INPUT"]),
        ({"query": DUE, "documentId": named(PROTOCOLS)}, ["BAD_USER_INPUT"]),
        (
            {
                "documentId": named(PROTOCOLS),
                "extensions": {"persistedQuery": {"version": 1, "sha256Hash": _hash(DUE)}},
            },
            ["BAD_USER_INPUT"],
        ),
        ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": _hash(PROTOCOLS)}}}, ["BAD_USER_INPUT"]),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "\u0000"}}}, ["BAD_USER_INPUT"]),
        ({"documentId": "\u0000"}, ["BAD_USER_INPUT"]),
        ({"documentId": ""}, ["BAD_USER_INPUT"]),
        ({"documentId": named(PROTOCOLS), "operationName": "Due"}, ["BAD_USER_INPUT"]),
    ]
    async with program.socket() as socket:
        for request, codes in cases:
            assert await program.refused(request) == codes, request
            message = await over_socket(socket, request)
            assert message["type"] == "error", request
            assert [error["extensions"]["code"] for error in message["payload"]] == codes, request
    form = {"operations": json.dumps({"query": PROTOCOLS}), "map": "{}"}
    headers = {**program.headers, "graphql-require-preflight": "1"}
    answer = await program.http.post(
        f"http://{house.api}/graphql", files={k: (None, v) for k, v in form.items()}, headers=headers
    )
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == required


async def test_the_manifest_runs_by_its_name_alone(house: House) -> None:
    """As it was registered by an admin: over POST and WebSocket, and what it reads by GET, too."""
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    bim = await house.pet(customer)
    await house.pool.execute("UPDATE pets SET chip_number = $2 WHERE id = $1", bim, CHIP)
    await protocol(house, code="RABIES", name="Rabies")
    vet = await key(house)
    assert (await _register(house, vet.partner_id, VET))["added"] == 1
    pet = {"documentId": named(VET), "operationName": "PartnerPet", "variables": {"chipNumber": CHIP}}
    given = {"chipNumber": CHIP, "protocol": "RABIES", "performedOn": "2026-03-02"}
    write = {"documentId": named(VET), "operationName": "PartnerRecordVaccination", "variables": given}
    assert (await vet.program.send(pet))["data"]["petByChip"]["name"] == "Bim"
    assert (await vet.program.send(write))["data"]["recordCareByChip"]["careRecord"]["nextDueOn"] == "2027-03-02"
    async with vet.program.socket() as socket:
        for request in (pet, write):
            message = await over_socket(socket, request)
            assert "errors" not in message["payload"], message
            assert (await socket.receive())["type"] == "complete"

    read = {"documentId": named(VET), "operationName": "PartnerPet", "variables": json.dumps({"chipNumber": CHIP})}
    answer = await vet.program.http.get(f"http://{house.api}/graphql", params=read, headers=vet.program.headers)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert len(answer.json()["data"]["petByChip"]["careRecords"]["edges"]) == 2
    assert await vet.program.refused({**pet, "operationName": None}) == ["BAD_USER_INPUT"]
    for text in (VET, "{ __typename }"):
        assert await vet.program.refused({"query": text, "operationName": "PartnerPet"}) == [
            "PERSISTED_DOCUMENT_REQUIRED"
        ]


async def test_a_query_is_read_by_get_and_kept_as_its_fields_say(house: House) -> None:
    one = await key(house)
    chip = "query Pet($chip: String!) { petByChip(chipNumber: $chip) { careRecords { edges { node { id } } } } }"
    await registered(house, one.partner_id, PROTOCOLS, DUE, VET)
    await registered(house, one.partner_id, chip)
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    pet = await house.pet(customer)
    await house.pool.execute("UPDATE pets SET chip_number = '7' WHERE id = $1", pet)

    async def get(text: str, **parameters: str) -> tuple[int, str | None]:
        asked: dict[str, str] = {"documentId": named(text), **parameters}
        answer = await one.program.http.get(f"http://{house.api}/graphql", params=asked, headers=one.program.headers)
        return answer.status_code, answer.headers.get("cache-control")

    assert await get(PROTOCOLS) == (200, "private, max-age=60")
    assert await get(DUE) == (200, "private, no-cache")
    assert await get(chip, variables='{"chip": "7"}') == (200, "private, no-store")
    record = {"chipNumber": "7", "protocol": "RABIES", "performedOn": "2026-03-02"}
    async with nothing_changes(house):
        status, _ = await get(VET, operationName="PartnerRecordVaccination", variables=json.dumps(record))
    assert status == 405


async def test_peoples_clients_send_a_text_once(house: House, server: Server, anonymous: Client) -> None:
    """Automatic persisted queries, as Apollo's and urql's clients speak: only valid texts, of people who signed in."""
    admin = house.client("ADMIN")
    text = f"query Mine{uuid7().hex} {{ services {{ totalCount }} }}"
    asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": _hash(text)}}}
    program = Program(house.api, admin.token)
    error = (await program.send(asked))["errors"][0]
    assert (error["message"], error["extensions"]["code"]) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
    stranger = Program(house.api, None)
    assert await stranger.refused({**asked, "query": text}) == ["UNAUTHENTICATED"]
    assert await program.refused(asked) == ["PERSISTED_QUERY_NOT_FOUND"]
    assert (await program.send({**asked, "query": text}))["data"]
    assert (await program.send(asked))["data"] == {"services": {"totalCount": 0}}
    assert (await program.send({"documentId": named(text)}))["data"]
    for named_so in (asked, {"documentId": named(text)}):
        assert await program.refused({**named_so, "query": f"{text} "}) == ["BAD_USER_INPUT"]
    invalid = "{ nothing }"
    wrong = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": _hash(invalid)}}}
    assert await program.refused({**wrong, "query": invalid}) == ["BAD_USER_INPUT"]
    assert await program.refused(wrong) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_no_more_automatic_documents_than_there_is_room_for(settings: Settings, server: Server) -> None:
    """The latest stay; whoever is put out is asked for the text again."""
    await server.redis.delete(serving.RECENT)
    kept = serving.Registry(settings.model_copy(update={"automatic_documents_max": 3}))
    names = [f"sha256:{uuid7().hex}" for _ in range(5)]
    for name in names:
        await kept._remember(server, name, "{ __typename }")
    found = [await kept._automatic(server, name) for name in names]
    assert found == [None, None, "{ __typename }", "{ __typename }", "{ __typename }"]
    # without Redis nothing is remembered, and clients send the text
    async with Redis.from_url("redis://127.0.0.1:1") as nobody:
        assert await kept._automatic(replace(server, redis=nobody), names[-1]) is None


async def test_people_are_locked_to_the_documents_of_their_clients(house: House, settings: Settings) -> None:
    """Those that `waypost documents register --client` has put there."""
    name = f"admin-{str(uuid7())[-12:]}"
    await house.pool.execute(
        "INSERT INTO client_documents (client, document_id, hash, body, operations, first_version, last_version) "
        "VALUES ($1, $2, $3, $4, '[]', 1, 1)",
        name,
        named(SERVICES),
        _hash(SERVICES),
        SERVICES,
    )
    async with own_api(settings, trusted_documents=True) as api:
        program = Program(api, house.client("ADMIN").token)
        assert await program.run(SERVICES)
        assert await program.refused({"query": SERVICES}) == ["PERSISTED_DOCUMENT_REQUIRED"]
        text = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": _hash(DUE)}}}
        for request in (text, {**text, "query": DUE}, {"documentId": named(DUE)}):
            assert await program.refused(request) == ["PERSISTED_DOCUMENT_NOT_FOUND"]
        assert await Program(api, None).refused({"query": "{ __typename }"}) == ["PERSISTED_DOCUMENT_REQUIRED"]
