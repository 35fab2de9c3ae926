"""Resources, pools of them, and what services need."""

from datetime import time, timedelta
from typing import Any

import pytest

from app import clock
from app.context import Server
from tests.client import Json
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import Visit, errors, events, key, nothing_changes, row

RESOURCE = "resource { id version kind name capacity active place { label } user { email } pools { name } }"
POOL = "pool { id version name resources { name } }"
NEEDS = "service { version requirements { position pool { name } resource { name } } }"
TAKEN = "... on AlreadyExists { field message }"
STALE = "... on VersionConflict { currentVersion }"
IN_USE = "... on ResourceInUse { until message }"


async def _act(house: House, verb: str, input: Json, selection: str, *refusals: str) -> Json:
    success = f"... on {verb[0].upper()}{verb[1:]}Success {{ {selection} }}"
    return await house.client("OWNER").act(verb, input, " ".join([success, *refusals]))


async def _units(house: House, resource: str) -> list[int]:
    rows = await house.all(
        "SELECT number FROM resource_units WHERE organization_id = $1 AND resource_id = $2 ORDER BY number",
        key(resource),
    )
    return [row["number"] for row in rows]


# resources


async def test_a_resource_is_added_with_its_units(house: House) -> None:
    staff = house.people["STAFF"]
    input = {
        "kind": "STAFF",
        "name": "  Lali   G. ",
        "capacity": 3,
        "placeId": house.gid("Place", await house.place(label="Salon")),
        "userId": house.gid("User", staff.user_id),
    }
    added = (await _act(house, "createResource", input, RESOURCE, TAKEN))["resource"]
    id = added.pop("id")
    assert added == {
        "version": 1,
        "kind": "STAFF",
        "name": "Lali G.",
        "capacity": 3,
        "active": True,
        "place": {"label": "Salon"},
        "user": {"email": staff.email},
        "pools": [],
    }
    assert await _units(house, id) == [1, 2, 3]
    assert await events(house) == ["RESOURCE_CREATED"]


async def test_a_resource_has_one_unit_unless_more_are_asked_for(house: House) -> None:
    added = (await _act(house, "createResource", {"kind": "BAY", "name": "Bay 1"}, RESOURCE, TAKEN))["resource"]
    assert (added["capacity"], await _units(house, added["id"])) == (1, [1])


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("name", "x" * 201), ("capacity", 0), ("capacity", 1001)])
async def test_a_resource_must_make_sense(house: House, field: str, value: Any) -> None:
    input = {"kind": "BAY", "name": "Bay 1", field: value}
    change = {"resourceId": house.gid("Resource", await house.resource()), "version": 1, field: value}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createResource", input) == [("BAD_USER_INPUT", field)]
        assert await errors(house.client("OWNER"), "updateResource", change) == [("BAD_USER_INPUT", field)]


async def test_only_a_person_is_a_member_of_the_house(house: House, stranger: House) -> None:
    staff, foreign = (house.gid("User", each.people["STAFF"].user_id) for each in (house, stranger))
    bay = {"resourceId": house.gid("Resource", await house.resource()), "version": 1, "userId": staff}
    async with nothing_changes(house):
        bad = {"kind": "BAY", "name": "Bay 1", "userId": staff}
        assert await errors(house.client("OWNER"), "createResource", bad) == [("BAD_USER_INPUT", "userId")]
        assert await errors(house.client("OWNER"), "updateResource", bay) == [("BAD_USER_INPUT", "userId")]
        unknown = {"kind": "STAFF", "name": "Lali", "userId": foreign}
        assert await errors(house.client("OWNER"), "createResource", unknown) == [("NOT_FOUND", None)]


async def test_a_resource_stands_at_a_place_of_the_house(house: House) -> None:
    home = house.gid("Place", await house.place(await house.customer()))
    async with nothing_changes(house):
        input = {"kind": "BAY", "name": "Bay 1", "placeId": home}
        assert await errors(house.client("OWNER"), "createResource", input) == [("BAD_USER_INPUT", "placeId")]


async def test_names_and_members_are_unique(house: House) -> None:
    user = house.people["STAFF"].user_id
    await house.resource("STAFF", name="Lali", user_id=user)
    other = house.gid("Resource", await house.resource("STAFF"))
    name = {"__typename": "AlreadyExists", "field": "name", "message": "A resource of this name exists."}
    member = {"__typename": "AlreadyExists", "field": "userId", "message": "This user is a resource already."}
    async with nothing_changes(house):
        for field, value, refusal in (("name", "Lali", name), ("userId", house.gid("User", user), member)):
            new = {"kind": "STAFF", "name": "Nana", field: value}
            assert await _act(house, "createResource", new, RESOURCE, TAKEN) == refusal
            change = {"resourceId": other, "version": 1, field: value}
            assert await _act(house, "updateResource", change, RESOURCE, TAKEN) == refusal


async def test_a_resource_changes_from_the_version_that_was_seen(house: House) -> None:
    user, place = house.people["STAFF"].user_id, await house.place()
    id = house.gid("Resource", await house.resource("STAFF", name="Lali", user_id=user, place_id=place))
    change = {"resourceId": id, "version": 1, "name": "Nana", "userId": None, "placeId": None, "active": False}
    changed = (await _act(house, "updateResource", change, RESOURCE, STALE))["resource"]
    assert changed == {
        "id": id,
        "version": 2,
        "kind": "STAFF",
        "name": "Nana",
        "capacity": 1,
        "active": False,
        "place": None,
        "user": None,
        "pools": [],
    }
    async with nothing_changes(house):
        stale = {"__typename": "VersionConflict", "currentVersion": 2}
        assert await _act(house, "updateResource", change, RESOURCE, STALE) == stale
    assert await events(house) == ["RESOURCE_UPDATED"]


async def test_units_come_and_stay_with_the_capacity(house: House) -> None:
    id = house.gid("Resource", await house.resource(capacity=2))
    for version, (capacity, units) in enumerate([(4, 4), (1, 4), (3, 4), (6, 6)], 1):
        change = {"resourceId": id, "version": version, "capacity": capacity}
        assert (await _act(house, "updateResource", change, RESOURCE))["resource"]["capacity"] == capacity
        assert await _units(house, id) == list(range(1, units + 1))


async def _use(house: House, resource: str, number: int, visit: Visit, ends_at: Any) -> None:
    unit = await house.value(
        "SELECT id FROM resource_units WHERE organization_id = $1 AND resource_id = $2 AND number = $3",
        key(resource),
        number,
    )
    await house.pool.execute(
        "INSERT INTO allocations (organization_id, booking_id, unit_id, during) VALUES ($1, $2, $3, tstzrange($4, $5))",
        house.id,
        await visit.booking(),
        unit,
        ends_at - timedelta(hours=1),
        ends_at,
    )


async def test_a_resource_does_not_shrink_below_what_is_booked(house: House) -> None:
    visit, id = await Visit.of(house), house.gid("Resource", await house.resource(capacity=3))
    await _use(house, id, 2, visit, house.at(time(15)))
    await _use(house, id, 2, visit, house.at(time(18)))
    await _use(house, id, 3, visit, clock.now() - timedelta(minutes=1))
    shrink = {"resourceId": id, "version": 1, "capacity": 1}
    async with nothing_changes(house):
        assert await _act(house, "updateResource", shrink, RESOURCE, IN_USE) == {
            "__typename": "ResourceInUse",
            "until": house.at(time(18)).isoformat(),
            "message": "More of this resource is booked than would be left.",
        }
    changed = await _act(house, "updateResource", shrink | {"capacity": 2}, RESOURCE, IN_USE)
    assert changed["resource"]["capacity"] == 2


# pools


async def test_a_pool_is_added_and_changed(house: House) -> None:
    bays = [house.gid("Resource", await house.resource(name=f"Bay {number}")) for number in (1, 2, 3)]
    input = {"name": " Bays ", "resourceIds": [bays[1], bays[0], bays[1]]}
    pool = (await _act(house, "createResourcePool", input, POOL, TAKEN))["pool"]
    id = pool.pop("id")
    assert pool == {"version": 1, "name": "Bays", "resources": [{"name": "Bay 1"}, {"name": "Bay 2"}]}
    change = {"poolId": id, "version": 1, "resourceIds": [bays[2], bays[1]]}
    changed = (await _act(house, "updateResourcePool", change, POOL, TAKEN, STALE))["pool"]
    assert changed == {"id": id, "version": 2, "name": "Bays", "resources": [{"name": "Bay 2"}, {"name": "Bay 3"}]}
    renamed = {"poolId": id, "version": 2, "name": "Lifts"}
    changed = (await _act(house, "updateResourcePool", renamed, POOL, TAKEN, STALE))["pool"]
    assert (changed["name"], len(changed["resources"])) == ("Lifts", 2)
    empty = {"poolId": id, "version": 3, "resourceIds": []}
    assert (await _act(house, "updateResourcePool", empty, POOL, TAKEN, STALE))["pool"]["resources"] == []
    async with nothing_changes(house):
        stale = {"__typename": "VersionConflict", "currentVersion": 4}
        assert await _act(house, "updateResourcePool", empty, POOL, TAKEN, STALE) == stale
        taken = {"__typename": "AlreadyExists", "field": "name", "message": "A pool of this name exists."}
        assert await _act(house, "createResourcePool", input | {"name": "Lifts"}, POOL, TAKEN) == taken
    assert await events(house) == ["RESOURCE_POOL_CREATED", *["RESOURCE_POOL_UPDATED"] * 3]


async def test_a_pool_must_make_sense(house: House) -> None:
    bay = await house.resource()
    for _ in range(50):
        await house.pool_of(bay)
    crowded, many = [house.gid("Resource", bay)], [house.gid("Resource", await house.place()) for _ in range(201)]
    async with nothing_changes(house):
        for change, field in (
            ({"name": " "}, "name"),
            ({"resourceIds": crowded}, "resourceIds"),
            ({"resourceIds": many}, "resourceIds"),
        ):
            input = {"name": "Bays", "resourceIds": [], **change}
            assert await errors(house.client("OWNER"), "createResourcePool", input) == [("BAD_USER_INPUT", field)]


# what services need


async def test_a_service_needs_what_it_is_told(house: House) -> None:
    bay = await house.resource(name="Bay 1")
    pool, service = await house.pool_of(bay), house.gid("Service", await house.service())
    name = await house.value("SELECT name FROM resource_pools WHERE organization_id = $1 AND id = $2", pool)
    wanted = [{"poolId": house.gid("ResourcePool", pool)}, {"resourceId": house.gid("Resource", bay)}]
    input = {"serviceId": service, "version": 1, "requirements": wanted}
    changed = (await _act(house, "setServiceRequirements", input, NEEDS))["service"]
    assert changed == {
        "version": 2,
        "requirements": [
            {"position": 1, "pool": {"name": name}, "resource": None},
            {"position": 2, "pool": None, "resource": {"name": "Bay 1"}},
        ],
    }
    async with nothing_changes(house):
        stale = {"__typename": "VersionConflict", "currentVersion": 2}
        assert await _act(house, "setServiceRequirements", input, NEEDS, STALE) == stale
    swapped = {**input, "version": 2, "requirements": wanted[::-1]}
    changed = (await _act(house, "setServiceRequirements", swapped, NEEDS))["service"]
    assert [need["resource"] for need in changed["requirements"]] == [{"name": "Bay 1"}, None]
    none = {**input, "version": 3, "requirements": []}
    assert (await _act(house, "setServiceRequirements", none, NEEDS))["service"] == {"version": 4, "requirements": []}
    assert await events(house) == ["SERVICE_UPDATED"] * 3


async def test_a_service_needs_at_most_ten_resources_each_one_thing(house: House) -> None:
    bay, pool = house.gid("Resource", await house.resource()), house.gid("ResourcePool", await house.pool_of())
    input = {"serviceId": house.gid("Service", await house.service()), "version": 1}
    async with nothing_changes(house):
        for requirements, field in (
            ([{"resourceId": bay}] * 11, "requirements"),
            ([{"resourceId": bay, "poolId": pool}], None),
            ([{}], None),
            ([{"resourceId": None}], None),
        ):
            found = await errors(
                house.client("OWNER"), "setServiceRequirements", input | {"requirements": requirements}
            )
            assert found == [("BAD_USER_INPUT", field)]


# slots with a resource


async def test_a_slot_has_a_resource(house: House) -> None:
    lali, nana = [house.gid("Resource", await house.resource("STAFF", name=name)) for name in ("Lali", "Nana")]
    service, slot = await house.service(), "slot { id version resource { name } }"
    input = {"serviceId": house.gid("Service", service), "startsAt": house.at(time(9)).isoformat(), "capacity": 1}
    added = (await house.client("OWNER").act("createSlot", input | {"resourceId": lali}, slot))["slot"]
    assert added["resource"] == {"name": "Lali"}
    change = {"slotId": added["id"], "version": 1, "resourceId": nana}
    assert (await _act(house, "updateSlot", change, slot))["slot"]["resource"] == {"name": "Nana"}
    found = await house.client("CUSTOMER").run(
        "query By($id: ID!) { slots(filter: {resourceId: $id}) { totalCount edges { node { id } } } }", {"id": nana}
    )
    assert found["slots"] == {"totalCount": 1, "edges": [{"node": {"id": added["id"]}}]}
    change = {"slotId": added["id"], "version": 2, "resourceId": None}
    assert (await _act(house, "updateSlot", change, slot))["slot"]["resource"] is None


async def test_a_slot_with_bookings_keeps_its_resource(house: House) -> None:
    visit = await Visit.of(house)
    await visit.booking()
    slot = house.gid("Slot", visit.slot)
    change = {"slotId": slot, "version": 1, "resourceId": house.gid("Resource", await house.resource())}
    async with nothing_changes(house):
        assert await _act(house, "updateSlot", change, "slot { id }", "... on SlotInUse { taken }") == {
            "__typename": "SlotInUse",
            "taken": 1,
        }
    same = change | {"resourceId": None, "capacity": 20}
    assert (await _act(house, "updateSlot", same, "slot { capacity }"))["slot"] == {"capacity": 20}
    assert (await row(house, "slots", visit.slot))["resource_id"] is None


# lists

LIST = """query List($filter: ResourceFilter, $order: ResourceOrder) {
  resources(filter: $filter, orderBy: $order) { totalCount edges { node {
    name place { label } user { email } pools { name resources { name } } } } } }"""


async def _names(house: House, role: str = "STAFF", **variables: Any) -> list[str]:
    found = await house.client(role).run(LIST, variables)
    names = [edge["node"]["name"] for edge in found["resources"]["edges"]]
    assert found["resources"]["totalCount"] == len(names)
    return names


async def test_resources_are_listed(house: House) -> None:
    for kind, name, active in (("BAY", "C", True), ("ROOM", "A", True), ("BAY", "B", False)):
        await house.resource(kind, name=name, active=active)
    a, c = [
        await house.value("SELECT id FROM resources WHERE organization_id = $1 AND name = $2", name) for name in "AC"
    ]
    pool, empty = await house.pool_of(c, a), await house.pool_of()
    assert await _names(house) == ["A", "B", "C"]
    assert await _names(house, order={"field": "NAME", "direction": "DESC"}) == ["C", "B", "A"]
    assert await _names(house, filter={"kind": ["BAY", "KENNEL"]}) == ["B", "C"]
    assert await _names(house, filter={"active": False}) == ["B"]
    assert await _names(house, filter={"poolId": house.gid("ResourcePool", pool)}) == ["A", "C"]
    assert await _names(house, filter={"poolId": house.gid("ResourcePool", empty)}) == []
    assert await _names(house, "CUSTOMER", filter={"active": True}) == ["A", "C"]


async def test_who_is_behind_a_resource_is_not_for_customers(house: House) -> None:
    staff = house.people["STAFF"]
    await house.resource("STAFF", user_id=staff.user_id)
    for role, user in (("STAFF", {"email": staff.email}), ("CUSTOMER", None), ("DRIVER", None)):
        found = await house.client(role).run(LIST)
        assert found["resources"]["edges"][0]["node"]["user"] == user


async def test_a_list_costs_the_same_however_long_it_is(house: House, server: Server) -> None:
    place, seen = await house.place(), []
    for _ in range(3):
        for _ in range(4):
            user = await house.person(house.people["STAFF"].viewer.role)  # type: ignore[arg-type]
            await house.pool_of(await house.resource("STAFF", user_id=user.user_id, place_id=place))
        with counting(server) as statements:
            await _names(house)
        seen.append((len(statements.setup), len(statements.data)))
    # the page, its count, places, users, pools and their resources
    assert seen == [(1, 6)] * 3


async def test_pools_are_listed_with_what_services_need(house: House, server: Server) -> None:
    query = """{ resourcePools(orderBy: {field: NAME, direction: DESC}) { edges { node { name resources { name } } } }
      services { edges { node { requirements { position pool { name } resource { name } } } } } }"""
    seen = []
    for _ in range(2):
        for _ in range(3):
            bay, service = await house.resource(), await house.service()
            await house.requirement(service, pool_id=await house.pool_of(bay))
            await house.requirement(service, 2, resource_id=bay)
        with counting(server) as statements:
            found = await house.client("CUSTOMER").run(query)
        seen.append((len(statements.setup), len(statements.data)))
    pools = [edge["node"] for edge in found["resourcePools"]["edges"]]
    assert [pool["name"] for pool in pools] == sorted((pool["name"] for pool in pools), reverse=True)
    needs = [edge["node"]["requirements"] for edge in found["services"]["edges"]]
    assert sorted(need[0]["pool"]["name"] for need in needs) == sorted(pool["name"] for pool in pools)
    assert sorted(need[1]["resource"]["name"] for need in needs) == sorted(
        pool["resources"][0]["name"] for pool in pools
    )
    assert seen == [(1, 6)] * 2
