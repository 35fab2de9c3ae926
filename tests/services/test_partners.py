"""Partners, the directory, preferences, connections, and what somebody must look at."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from app.context import Server
from app.errors import BadUserInput, Unavailable
from app.jobs.worker import Work
from app.models import SyncKind
from app.services.outside import endpoint, is_public
from app.services.partners.remote import NEVER, GivenUp, Remote
from app.services.vault import Sealed, Vault
from app.settings import Settings
from tests.client import Json
from tests.clinic import clinic, shot
from tests.factories.houses import House
from tests.factories.rows import insert
from tests.races.crowd import at_once
from tests.statements import counting
from tests.steps import errors, events, key, nothing_changes, row
from tests.syncing import Practice, connected

MADE = "... on CreatePartnerSuccess { partner { id version type name clinic phone } } ... on AlreadyExists { field }"
CHANGED = "... on UpdatePetSuccess { pet { preferredVet { name } preferredFoodBrand { name } } }"


async def _create(house: House, **input: Any) -> Json:
    return await house.client("STAFF").act("createPartner", input, MADE)


async def test_a_partner_is_made_by_hand(house: House) -> None:
    made = (await _create(house, type="VET", name=" Dr  Gela ", clinic="Zoo", phone="555 12 34 56"))["partner"]
    assert made == {
        "id": made["id"],
        "version": 1,
        "type": "VET",
        "name": "Dr Gela",
        "clinic": "Zoo",
        "phone": "+995555123456",
    }
    assert await events(house) == ["PARTNER_CREATED"]


async def test_a_partner_comes_from_the_directory_once(house: House) -> None:
    entry = await insert(house.pool, "partner_directory", type="VET", country="GE", name="Dr Eka", clinic="Vake")
    id = house.gid("DirectoryEntry", entry)
    made = (await _create(house, directoryEntryId=id, name="Eka"))["partner"]
    assert (made["type"], made["name"], made["clinic"]) == ("VET", "Eka", "Vake")
    assert (await _create(house, directoryEntryId=id))["field"] == "directoryEntryId"


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"name": "Bones"}, "type"),
        ({"type": "SHOP"}, "name"),
        ({"type": "SHOP", "name": "Bones", "clinic": "Zoo"}, "clinic"),
        ({"type": "SHOP", "name": "Bones", "phone": "12"}, "phone"),
        ({"type": "SHOP", "name": "Bones", "website": "javascript:alert(1)"}, "website"),
        ({"type": "SHOP", "name": "Bones", "email": "nobody"}, "email"),
    ],
)
async def test_what_a_partner_cannot_be(house: House, input: Json, field: str) -> None:
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "createPartner", input) == [("BAD_USER_INPUT", field)]


async def test_customers_see_partners_that_can_be_chosen(house: House) -> None:
    for name, active in (("Dr Gela", True), ("Dr Eka", False)):
        await house.insert("partners", type="VET", name=name, active=active, notes="Dear")
    query = "query P($filter: PartnerFilter) { partners(filter: $filter) { edges { node { name notes } } } }"
    for role, seen in (("CUSTOMER", [("Dr Gela", None)]), ("STAFF", [("Dr Eka", "Dear"), ("Dr Gela", "Dear")])):
        found = await house.client(role).run(query, {"filter": {"search": "dr"}})
        assert [tuple(edge["node"].values()) for edge in found["partners"]["edges"]] == seen


async def test_a_pet_prefers_what_it_can(house: House) -> None:
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    vet, brand = [await house.insert("partners", type=type, name=type) for type in ("VET", "FOOD_BRAND")]
    pet = {"petId": house.gid("Pet", await house.pet(customer)), "version": 1}
    ids = {"preferredVetId": house.gid("Partner", vet), "preferredFoodBrandId": house.gid("Partner", brand)}
    async with nothing_changes(house):
        wrong = {"preferredVetId": ids["preferredFoodBrandId"]}
        found = await errors(house.client("CUSTOMER"), "updatePet", pet | wrong)
        assert found == [("BAD_USER_INPUT", "preferredVetId")]
    changed = (await house.client("CUSTOMER").act("updatePet", pet | ids, CHANGED))["pet"]
    assert changed == {"preferredVet": {"name": "VET"}, "preferredFoodBrand": {"name": "FOOD_BRAND"}}


# connections


@pytest.mark.parametrize(
    "url",
    [
        "http://vet.example",
        "https://",
        "https://me:secret@vet.example",
        "https://vet.example/?a=1",
        "https://vet.example/#a",
        "https://vet.example:99999",
        "https://127.0.0.1/api",
        "https://10.0.0.1",
        "https://169.254.169.254/latest",
        "https://[::1]",
        "https://[::ffff:10.0.0.1]",
        "https://vet.exa mple",
        "https://..",
        "https://xn--a.example",
        "https://" + "x" * 64 + ".example",
        "file:///etc/passwd",
        "https://vet.example/" + "x" * 500,
    ],
)
def test_an_endpoint_is_public_and_encrypted(url: str) -> None:
    with pytest.raises(BadUserInput):
        endpoint(url, private=False)


def test_an_endpoint_is_kept_without_its_last_slash() -> None:
    assert endpoint(" https://vet.example/api/ ", private=False) == "https://vet.example/api"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4001:80b::200e", True),
        ("127.0.0.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("::127.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),
        ("fec0::1", False),
    ],
)
def test_private_addresses_are_told_apart(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_name_that_leads_inside_is_not_asked(settings: Settings) -> None:
    outside = settings.model_copy(update={"partner_private": False})
    async with Remote(outside, "https://localhost:1", "secret") as remote:
        with pytest.raises(GivenUp, match="the address cannot be reached from outside"):
            await remote.pull(SyncKind.REPORTS, "1", NEVER)


def test_keys_are_exchanged_one_after_the_other(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    vaults = {
        keys: Vault(settings.model_copy(update={"credentials_keys": SecretStr(keys) if keys else None}))
        for keys in (old, f"{new},{old}", new, "")
    }
    sealed = vaults[old].seal("secret")
    assert vaults[f"{new},{old}"].open(sealed) == "secret"
    renewed = vaults[f"{new},{old}"].renewed(sealed)
    assert renewed is not None
    assert vaults[f"{new},{old}"].renewed(renewed) is None
    assert vaults[new].open(renewed) == "secret"
    for keys in (new, ""):
        with pytest.raises(Sealed):
            vaults[keys].open(sealed)
    with pytest.raises(Unavailable):
        vaults[""].seal("secret")


async def test_credentials_are_seen_by_nobody(house: House) -> None:
    partner = await house.insert("partners", type="VET", name="Dr Gela")
    id = await connected(house, partner, "http://127.0.0.1:1", credentials="very.secret.token")
    connection = await row(house, "partner_connections", id)
    assert Vault(house.settings).open(connection["credentials"]) == "very.secret.token"
    changed = {"connectionId": house.gid("PartnerLink", id), "version": 1, "credentials": "other.secret.token"}
    shown = "... on UpdatePartnerConnectionSuccess { connection { hasCredentials } }"
    answer = await house.client("ADMIN").act("updatePartnerConnection", changed, shown)
    assert answer["connection"] == {"hasCredentials": True}
    log = await house.all(
        "SELECT e.payload, d.changes FROM events e LEFT JOIN event_details d USING (organization_id, seq) "
        "WHERE organization_id = $1"
    )
    assert "secret" not in repr(log)
    await house.client("ADMIN").act(
        "removePartnerConnection",
        {"connectionId": house.gid("PartnerLink", id)},
        "... on RemovePartnerConnectionSuccess { connection { hasCredentials status } }",
    )
    assert (await row(house, "partner_connections", id))["credentials"] is None


async def test_credentials_go_to_whom_they_were_given_for(house: House) -> None:
    """Who names the endpoint could read them there."""
    partner = await house.insert("partners", type="VET", name="Dr Gela")
    id = await connected(house, partner, "http://vet.invalid:8080/api")
    admin, shown = house.client("ADMIN"), "... on UpdatePartnerConnectionSuccess { connection { endpoint version } }"
    wanted = {"connectionId": house.gid("PartnerLink", id), "version": 1}
    async with nothing_changes(house):
        for url in ("http://other.invalid:8080/api", "http://vet.invalid:8081/api", "https://vet.invalid:8080/api"):
            found = await errors(admin, "updatePartnerConnection", {**wanted, "endpoint": url})
            assert found == [("BAD_USER_INPUT", "credentials")]
    moved: list[Json] = [
        {"endpoint": "http://vet.invalid:8080/v2"},
        {"endpoint": "http://other.invalid/api", "credentials": "a.new.token"},
        {"endpoint": "http://third.invalid/api", "credentials": None},
        {"endpoint": "http://fourth.invalid/api"},
    ]
    for version, change in enumerate(moved, 1):
        answer = await admin.act("updatePartnerConnection", {**wanted, "version": version, **change}, shown)
        assert answer["connection"] == {"endpoint": change["endpoint"], "version": version + 1}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"credentials": "two words"}, "credentials"),
        ({"credentials": "header\r\nX: y"}, "credentials"),
        ({"kinds": []}, "kinds"),
        ({"everyHours": 0}, "everyHours"),
        ({"everyHours": 721}, "everyHours"),
        ({"protocolCodes": [{"theirs": "x", "ours": "UNKNOWN"}]}, "protocolCodes"),
        ({"endpoint": "ftp://vet.example"}, "endpoint"),
    ],
)
async def test_how_a_system_cannot_be_asked(house: House, wrong: Json, field: str) -> None:
    partner = house.gid("Partner", await house.insert("partners", type="VET", name="Dr Gela"))
    input = {"partnerId": partner, "endpoint": "https://vet.example", "kinds": ["REPORTS"], "mode": "REVIEW"}
    async with nothing_changes(house):
        found = await errors(house.client("ADMIN"), "connectPartner", input | wrong)
        assert found == [("BAD_USER_INPUT", field)]


async def test_asked_twice_there_is_one_run(house: House) -> None:
    partner = await house.insert("partners", type="VET", name="Dr Gela")
    id = house.gid("PartnerLink", await connected(house, partner, "http://127.0.0.1:1"))
    ask = "... on RequestSyncSuccess { syncRun { id } } ... on PartnerNotAsked { message }"
    asked = [house.client("ADMIN").act("requestSync", {"connectionId": id}, ask) for _ in range(8)]
    runs = {answer["syncRun"]["id"] for answer in await at_once(asked)}
    assert len(runs) == 1
    await house.client("ADMIN").act("pausePartnerConnection", {"connectionId": id}, "")
    assert (await row(house, "sync_runs", key(runs.pop())))["status"] == "CANCELLED"
    answer = await house.client("ADMIN").act("requestSync", {"connectionId": id}, ask)
    assert answer["message"] == "This connection is PAUSED."


# what somebody must look at

ITEMS = "{ reviewItems { edges { node { id status title performedOn deleted record { id } } } } }"
DECIDED = "... on {0}Success {{ {1} {{ status record {{ title }} }} }} ... on InvalidTransition {{ currentStatus }}"


async def _items(house: House) -> list[Json]:
    return [edge["node"] for edge in (await house.client("STAFF").run(ITEMS))["reviewItems"]["edges"]]


async def _accept(house: House, *ids: str) -> Json:
    selection = DECIDED.format("AcceptReviewItems", "reviewItems")
    return await house.client("STAFF").act("acceptReviewItems", {"reviewItemIds": list(ids)}, selection)


async def _reject(house: House, id: str) -> Json:
    selection = DECIDED.format("RejectReviewItem", "reviewItem")
    return await house.client("STAFF").act("rejectReviewItem", {"reviewItemId": id}, selection)


async def test_what_is_looked_at_becomes_a_record_when_it_is_accepted(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, mode="REVIEW")
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip), shot("v2", chip, performed_on="2025-03-02"))
        assert await practice.report() == ("SUCCEEDED", 0, 0, 0, 0, 2)
        first, second = await _items(house)
        assert (first["status"], first["title"], first["record"]) == ("PENDING", "Rabies", None)
        assert (await practice.records(), await _accept(house, first["id"])) == (
            [],
            {
                "__typename": "AcceptReviewItemsSuccess",
                "reviewItems": [{"status": "ACCEPTED", "record": {"title": "Rabies"}}],
            },
        )
        assert (await _accept(house, first["id"]))["currentStatus"] == "ACCEPTED"
        assert (await _reject(house, second["id"]))["reviewItem"]["status"] == "REJECTED"
        # what was decided stays decided
        vet.knows("vaccinations", chip, shot("v3", chip))
        assert await practice.report() == ("SUCCEEDED", 0, 0, 2, 0, 1)
        # until the partner says something else
        rows = [shot("v1", chip, title="Rabies, at last"), {"id": "v2", "chip": chip, "deleted": True}]
        vet.records["vaccinations", chip] = [*rows, {"id": "v3", "chip": chip, "deleted": True}]
        assert await practice.report() == ("SUCCEEDED", 0, 1, 1, 0, 1)
        items = {item["id"]: (item["status"], item["title"], item["deleted"]) for item in await _items(house)}
        assert set(items.values()) == {
            ("PENDING", "Rabies, at last", False),
            ("REJECTED", "Rabies", False),
            ("REJECTED", None, True),
        }
        assert (await _accept(house, first["id"]))["reviewItems"][0]["record"]["title"] == "Rabies, at last"
        assert len(await practice.records()) == 1


async def test_all_or_none_are_accepted(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, mode="REVIEW")
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip), shot("v2", chip))
        await practice.run()
        first, second = await _items(house)
        await _reject(house, second["id"])
        async with nothing_changes(house):
            answer = await _accept(house, first["id"], second["id"])
            assert answer["currentStatus"] == "REJECTED"
            ids = [first["id"]] * 101
            found = await errors(house.client("STAFF"), "acceptReviewItems", {"reviewItemIds": ids})
            assert found == [("BAD_USER_INPUT", "reviewItemIds")]


QUERIES = (
    "{ partners { edges { node { name directoryEntry { name } } } } }",
    "{ partnerConnections { edges { node { hasCredentials partner { name } runs(first: 5) { edges { node {"
    " issues(first: 5) { edges { node { problem subject { name } } } } } } } } } } }",
    "{ syncRuns { edges { node { status connection { id } requestedBy { id } } } } }",
    "{ reviewItems { edges { node { title subject { name } connection { id } record { id } decidedBy { id } } } } }",
    "{ subjects { edges { node { ... on Pet { preferredVet { name } preferredFoodBrand { name } } } } } }",
)


@pytest.mark.parametrize("query", QUERIES)
async def test_lists_take_as_many_statements_however_long_they_are(house: House, server: Server, query: str) -> None:
    counts = []
    for many in (2, 10):
        for number in range(many):
            await _some(house, f"{many}-{number}")
        await house.client("ADMIN").run(query)
        with counting(server) as statements:
            await house.client("ADMIN").run(query)
        counts.append(len([text for text in statements.data if text.startswith("SELECT")]))
    assert counts[0] == counts[1]


async def _some(house: House, tag: str) -> None:
    """One of each."""
    customer, user = house.people["CUSTOMER"].viewer.customer_id, house.people["ADMIN"].user_id
    assert customer
    entry = await insert(house.pool, "partner_directory", type="VET", country="GE", name=tag)
    vet = await house.insert("partners", type="VET", name=tag, directory_entry_id=entry)
    brand = await house.insert("partners", type="FOOD_BRAND", name=tag)
    pet = await house.pet(customer)
    await house.pool.execute(
        "UPDATE pets SET preferred_vet_id = $2, preferred_food_brand_id = $3 WHERE id = $1", pet, vet, brand
    )
    asked = {"status": "ACTIVE", "endpoint": "https://vet.example", "kinds": ["REPORTS"], "mode": "REVIEW"}
    connection = await house.insert("partner_connections", partner_id=vet, **asked)
    run = await house.insert("sync_runs", connection_id=connection, status="FAILED", requested_by=user)
    await house.insert("sync_issues", run_id=run, subject_id=pet, problem="MALFORMED", detail="No date.")
    named = {"connection_id": connection, "subject_id": pet, "external_id": tag, "decided_by": user}
    await house.insert("review_items", **named, status="REJECTED", values=json.dumps({"title": tag}))
