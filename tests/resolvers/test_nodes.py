"""What is no id; `tests/test_authorization.py` fetches a node of every type that has one."""

import pytest

from tests.factories.houses import House

NODE = "query Node($id: ID!) { node(id: $id) { __typename id } }"


@pytest.mark.parametrize("name", ["Subject", "Node", "Event", "Session", "Allocation", "", "pet"])
async def test_a_type_without_ids_has_no_nodes(house: House, name: str) -> None:
    pet = await house.pet(await house.customer())
    assert await house.client("OWNER").codes(NODE, {"id": house.gid(name, pet)}) == ["NOT_FOUND"]


@pytest.mark.parametrize("id", ["", "x", "UGV0", "UGV0Og", "UGV0Ong", "ÄÖ", "UGV0OgAA", "\x00"])
async def test_nonsense_is_a_mistake(house: House, id: str) -> None:
    assert await house.client("OWNER").codes(NODE, {"id": id}) == ["BAD_USER_INPUT"]
