"""Whatever has an id can be fetched by it."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app.schema.nodes import MODELS
from tests.factories.houses import House

NODE = "query Node($id: ID!) { node(id: $id) { __typename id } }"


async def one_of_each(house: House) -> dict[str, UUID]:
    """A row of every type that has an id."""
    customer, driver = await house.customer(), await house.driver()
    pet, ride = await house.pet(customer), await house.transport(customer)
    route = await house.route(driver, [ride])
    service = await house.service()
    slot = await house.slot(service)
    vehicle = await house.vehicle()

    async def first(table: str) -> UUID:
        id: UUID = await house.value(f"SELECT id FROM {table} WHERE organization_id = $1 LIMIT 1")
        return id

    return {
        "Booking": await house.booking(customer, pet, slot),
        "Car": await house.car(customer),
        "Customer": customer,
        "Driver": driver,
        "Membership": await first("memberships"),
        "Organization": house.id,
        "Patient": await house.patient(customer),
        "Pet": pet,
        "Place": await first("places"),
        "PlanningRun": await house.insert("planning_runs", date=house.day, status="QUEUED", progress=0, time_limit_s=1),
        "Route": route,
        "Service": service,
        "Shift": await first("shifts"),
        "Slot": slot,
        "Stop": await first("stops"),
        "Transport": ride,
        "User": house.people["STAFF"].user_id,
        "Vehicle": vehicle,
        "VehicleType": await first("vehicle_types"),
    }


async def test_every_type_is_fetched_by_its_id(house: House) -> None:
    nodes = await one_of_each(house)
    assert set(nodes) == set(MODELS)
    for name, id in nodes.items():
        found = await house.client("OWNER").run(NODE, {"id": house.gid(name, id)})
        assert found["node"] == {"__typename": name, "id": house.gid(name, id)}


async def test_nothing_is_fetched_by_another_types_id(house: House) -> None:
    nodes = await one_of_each(house)
    for name, id in nodes.items():
        other = "Car" if name == "Pet" else "Pet"
        assert await house.client("OWNER").codes(NODE, {"id": house.gid(other, id)}) == ["NOT_FOUND"]
        assert await house.client("OWNER").codes(NODE, {"id": house.gid(name, uuid7())}) == ["NOT_FOUND"]


@pytest.mark.parametrize("name", ["Subject", "Node", "Event", "Session", "Allocation", "", "pet"])
async def test_a_type_without_ids_has_no_nodes(house: House, name: str) -> None:
    pet = await house.pet(await house.customer())
    assert await house.client("OWNER").codes(NODE, {"id": house.gid(name, pet)}) == ["NOT_FOUND"]


@pytest.mark.parametrize("id", ["", "x", "UGV0", "UGV0Og", "UGV0Ong", "ÄÖ", "UGV0OgAA", "\x00"])
async def test_nonsense_is_a_mistake(house: House, id: str) -> None:
    assert await house.client("OWNER").codes(NODE, {"id": id}) == ["BAD_USER_INPUT"]
