"""What happened to each noun, and who did what from where, as admins read it."""

from typing import Any

import pytest
from graphql import GraphQLObjectType

from app.context import Server
from app.schema.nodes import MODELS
from app.schema.scalars import encode_id
from app.services.audit.masking import HIDDEN_TEXT, MASKS, is_free, shown, versioned
from tests.asking import SCHEMA
from tests.client import Json
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import Visit, events

ENTRY = "type seq occurredAt ip userAgent node { id } actor { displayName } changes { field before after masked }"
LOG = f"""query Log($filter: AuditLogFilter, $first: Int, $after: String) {{
  auditLog(filter: $filter, first: $first, after: $after) {{
    totalCount pageInfo {{ endCursor hasNextPage }} edges {{ node {{ {ENTRY} }} }} }} }}"""
HISTORY = "query History($id: ID!) { node(id: $id) { history { totalCount edges { node { type } } } } }"
UPDATED = "... on UpdateCustomerSuccess { customer { id } }"


async def log(house: House, **filter: object) -> list[Json]:
    found = (await house.client("ADMIN").run(LOG, {"filter": filter}))["auditLog"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def changed(house: House, role: str = "STAFF", version: int = 1, **changes: object) -> str:
    """A customer whom somebody has changed."""
    customer = encode_id("Customer", house.people["CUSTOMER"].viewer.customer_id)  # type: ignore[arg-type]
    input = {"customerId": customer, "version": version, **changes}
    await house.client(role).act("updateCustomer", input, UPDATED)
    return customer


async def test_a_program_is_known_by_the_beginning_of_its_name(house: House) -> None:
    """However long it is: it is kept with everything that is done by it."""
    pet = {"input": {"petId": encode_id("Pet", (await Visit.of(house)).pet), "version": 1, "name": "Bim"}}
    verb = "mutation Rename($input: UpdatePetInput!) { updatePet(input: $input) { __typename } }"
    await house.client("STAFF").run(verb, pet, user_agent="x" * 20_000)
    (entry,) = await log(house)
    assert entry["userAgent"] == "x" * 500


# history


def test_every_node_has_a_history() -> None:
    for name in MODELS:
        type_ = SCHEMA.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        assert str(type_.fields["history"].type) == "EventConnection!", name


async def test_a_node_tells_what_happened_to_it(house: House) -> None:
    customer = await changed(house, name="Ana")
    await changed(house, version=2, notes="Rings twice")
    found = (await house.client("STAFF").run(HISTORY, {"id": customer}))["node"]["history"]
    assert found == {"totalCount": 2, "edges": [{"node": {"type": "CUSTOMER_UPDATED"}}] * 2}


async def test_people_see_of_a_history_what_concerns_them(house: House) -> None:
    visit = await Visit.of(house)
    service = house.gid("Service", visit.service)
    pet = house.gid("Pet", visit.pet)
    await house.client("ADMIN").act(
        "updateService",
        {"serviceId": service, "version": 1, "name": "Bath"},
        "... on UpdateServiceSuccess { service { id } }",
    )
    await house.client("STAFF").act(
        "updatePet", {"petId": pet, "version": 1, "name": "Bim"}, "... on UpdatePetSuccess { pet { id } }"
    )
    seen = {}
    for role in ("STAFF", "CUSTOMER"):
        for id in (service, pet):
            seen[role, id] = (await house.client(role).run(HISTORY, {"id": id}))["node"]["history"]["totalCount"]
    assert seen == {("STAFF", service): 1, ("STAFF", pet): 1, ("CUSTOMER", service): 0, ("CUSTOMER", pet): 1}


HISTORIES = (
    "{ services(first: 50) { edges { node { history(first: 2) { edges { node { type actor { displayName } } } } } } } }"
)


async def test_histories_cost_the_same_however_many(house: House, server: Server) -> None:
    counts = []
    for many in (2, 20):
        while await house.value("SELECT count(*) FROM services WHERE organization_id = $1") < many:
            made = await house.service()
            input = {"serviceId": house.gid("Service", made), "version": 1, "name": "Bath"}
            await house.client("ADMIN").act("updateService", input, "... on UpdateServiceSuccess { service { id } }")
        with counting(server) as statements:
            found = (await house.client("STAFF").run(HISTORIES))["services"]["edges"]
        assert [len(edge["node"]["history"]["edges"]) for edge in found] == [1] * many
        counts.append(len(statements.data))
    assert counts == [3, 3]


# the log


async def test_the_log_tells_who_did_what_from_where(house: House) -> None:
    customer = await changed(house, name="Ana Beridze", email="ana@example.org", notes="Door code 4711")
    (entry,) = await log(house, types=["CUSTOMER_UPDATED"])
    assert (entry["type"], entry["node"]["id"], entry["actor"]["displayName"]) == (
        "CUSTOMER_UPDATED",
        customer,
        "Staff",
    )
    assert entry["ip"] == "127.0.0.1"
    assert entry["userAgent"].startswith("python-httpx/")
    assert entry["changes"] == [
        {
            "field": "email",
            "before": "•••@example.org",
            "after": "•••@example.org",
            "masked": True,
        },
        {"field": "name", "before": "Nino Beridze", "after": "Ana Beridze", "masked": False},
        {"field": "notes", "before": None, "after": HIDDEN_TEXT, "masked": True},
    ]


async def test_the_log_is_filtered(house: House) -> None:
    customer = await changed(house, name="Ana")
    await changed(house, "ADMIN", 2, name="Eka")
    await house.client("STAFF").act(
        "createCustomer", {"name": "Lia"}, "... on CreateCustomerSuccess { customer { id } }"
    )
    assert await events(house) == ["CUSTOMER_UPDATED", "CUSTOMER_UPDATED", "CUSTOMER_CREATED"]
    everything = await log(house)
    assert [entry["type"] for entry in everything] == ["CUSTOMER_CREATED", "CUSTOMER_UPDATED", "CUSTOMER_UPDATED"]
    staff = encode_id("User", house.people["STAFF"].user_id)
    last, second, first = everything
    assert await log(house, types=["CUSTOMER_CREATED"]) == [last]
    assert await log(house, nodeId=customer) == await log(house, customerId=customer) == [second, first]
    assert await log(house, actorId=staff) == [last, first]
    assert await log(house, **{"from": second["occurredAt"]}) == [last, second]
    assert await log(house, until=second["occurredAt"]) == [first]
    assert await log(house, actorId=staff, nodeId=customer) == [first]


async def test_pages_of_the_log_follow_each_other(house: House) -> None:
    for version in range(1, 6):
        await changed(house, version=version, name=f"Number {version}")
    seen: list[str] = []
    after = None
    while True:
        page = (await house.client("OWNER").run(LOG, {"first": 2, "after": after}))["auditLog"]
        seen += [edge["node"]["seq"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 5


async def test_a_page_of_the_log_costs_the_same_however_long(house: House, server: Server) -> None:
    counts = []
    for many in (2, 20):
        done = await house.value("SELECT count(*) FROM events WHERE organization_id = $1")
        for version in range(done + 1, many + 1):
            await changed(house, version=version, name=f"Number {version}")
        with counting(server) as statements:
            found = await log(house)
        assert len(found) == many
        counts.append(len(statements.data))
    # the page, its count, the details, the nodes, the actors
    assert counts == [5, 5]


async def test_what_was_erased_is_not_told(house: House) -> None:
    await changed(house, name="Ana")
    blank = "UPDATE event_details SET changes = NULL, ip = NULL, user_agent = NULL WHERE organization_id = $1"
    await house.pool.execute(blank, house.id)
    (entry,) = await log(house)
    assert (entry["ip"], entry["userAgent"], entry["changes"]) == (None, None, None)


# masking

NOTED = {"reason", "requirement_ids", "protocol_ids", "resource_ids"}
"""What is none of a row's columns."""


@pytest.mark.parametrize("model", versioned(), ids=lambda model: model.__name__)
def test_every_text_that_people_edit_is_declared(model: type[Any]) -> None:
    columns = model.__mapper__.columns
    free = {column.key for column in columns if is_free(column.type)}
    assert free <= MASKS[model].keys(), "say in app/services/audit/masking.py what the log shows of them"
    assert MASKS[model].keys() - {column.key for column in columns} <= NOTED


@pytest.mark.parametrize(
    ("node_type", "field", "value", "told"),
    [
        ("Customer", "phone", "+995555123456", "•••3456"),
        ("Customer", "email", "a@b.ge", HIDDEN_TEXT),
        ("Customer", "email", "nino@example.org", "•••@example.org"),
        ("Pet", "chip_number", "981000000000017", "•••0017"),
        ("Pet", "chip_number", "1234567", HIDDEN_TEXT),
        ("Pet", "born_on", "2020-01-01", "2020-01-01"),
        ("Patient", "birth_date", "1950-01-01", HIDDEN_TEXT),
        ("CareRecord", "diagnosis", "Otitis", HIDDEN_TEXT),
        ("PartnerConnection", "credentials", "secret", HIDDEN_TEXT),
        ("Transport", "code", "481516", HIDDEN_TEXT),
        ("Transport", "contact_phone", None, None),
        ("Slot", "capacity", 4, 4),
        ("Slot", "unheard_of", "x", HIDDEN_TEXT),
        ("Unheard", "name", "x", HIDDEN_TEXT),
    ],
)
def test_sensitive_values_are_masked(node_type: str, field: str, value: object, told: object) -> None:
    (change,) = shown(node_type, {field: [value, value]})
    assert (change.before, change.after, change.masked) == (told, told, told != value)
