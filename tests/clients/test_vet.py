"""A vet who asks about a pet by its chip, and says what was done for it; a member of the house until API keys come."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories.care import protocol, record
from tests.factories.houses import House
from tests.operations import Operation

CHIP = "985112000000001"


async def _chipped(house: House) -> tuple[UUID, UUID]:
    """Whose, and which."""
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    pet = await house.pet(customer)
    await house.pool.execute("UPDATE pets SET chip_number = $2 WHERE id = $1", pet, CHIP)
    return customer, pet


@pytest.mark.parametrize("rows", [2, 20])
async def test_partner_pet(operation: Operation, house: House, rows: int) -> None:
    customer, pet = await _chipped(house)
    vet = await house.insert("partners", type="VET", name="Dr Gela")
    for number in range(1, rows + 1):
        day = house.day - timedelta(days=number)
        shot = await record(house, customer, pet, day, partner_id=vet, batch_number=f"B-{number}")
        if number == 1:
            latest = house.gid("CareRecord", shot)
    found = (await operation.run(house.client("STAFF"), chipNumber=CHIP))["petByChip"]
    assert (found["id"], found["name"], found["species"]) == (house.gid("Pet", pet), "Bim", "DOG")
    edges = found["careRecords"]["edges"]
    assert len(edges) == rows
    assert edges[0]["node"] == {
        "id": latest,
        "title": "A shot",
        "performedOn": (house.day - timedelta(days=1)).isoformat(),
        "nextDueOn": None,
        "batchNumber": "B-1",
        "partner": {"id": house.gid("Partner", vet), "name": "Dr Gela"},
    }
    read = await house.all("SELECT node_id FROM events WHERE organization_id = $1 AND type = 'CARE_RECORD_READ'")
    assert [event["node_id"] for event in read] == [pet]


async def test_partner_record_vaccination(operation: Operation, house: House) -> None:
    _, pet = await _chipped(house)
    await protocol(house, code="RABIES", name="Rabies")
    asked = {"chipNumber": CHIP, "protocol": "RABIES", "performedOn": "2026-03-02", "batch": "B-17"}
    answer = (await operation.run(house.client("STAFF"), **asked))["recordCareByChip"]["careRecord"]
    assert answer["nextDueOn"] == "2027-03-02"
    stored = await house.all("SELECT subject_id, title, batch_number FROM care_records WHERE organization_id = $1")
    assert [tuple(found) for found in stored] == [(pet, "Rabies", "B-17")]
    codes = await house.client("STAFF").codes(
        'mutation { recordCareByChip(input: {chipNumber: "0", protocolCode: "RABIES", performedOn: "2026-03-02"})'
        " { careRecord { id } } }"
    )
    assert codes == ["NOT_FOUND"]
