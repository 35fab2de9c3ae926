"""A vet's program that asks about a pet by its chip, and says what was done for it: with a key, by registered names."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories.care import protocol, record
from tests.factories.houses import House
from tests.factories.keys import Key, key, registered
from tests.operations import OPERATIONS, Operation

CHIP = "985112000000001"
SCOPES = ("CATALOGUE_READ", "CARE_READ", "CARE_WRITE", "PARTNERS_READ")


async def _chipped(house: House) -> tuple[UUID, UUID]:
    """Whose, and which."""
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    pet = await house.pet(customer)
    await house.pool.execute("UPDATE pets SET chip_number = $2 WHERE id = $1", pet, CHIP)
    return customer, pet


async def _vet(house: House, *texts: str) -> Key:
    """A practice whose program may run these."""
    vet = await key(house, scopes=SCOPES)
    await registered(house, vet.partner_id, *texts)
    return vet


@pytest.mark.parametrize("rows", [2, 20])
async def test_partner_pet(operation: Operation, house: House, rows: int) -> None:
    customer, pet = await _chipped(house)
    vet = await _vet(house, OPERATIONS["PartnerPet"])
    for number in range(1, rows + 1):
        day = house.day - timedelta(days=number)
        shot = await record(house, customer, pet, day, partner_id=vet.partner_id, batch_number=f"B-{number}")
        if number == 1:
            latest = house.gid("CareRecord", shot)
    found = (await operation.run(vet.program, chipNumber=CHIP))["petByChip"]
    assert (found["id"], found["name"], found["species"]) == (house.gid("Pet", pet), "Bim", "DOG")
    edges = found["careRecords"]["edges"]
    assert len(edges) == rows
    assert edges[0]["node"] == {
        "id": latest,
        "title": "A shot",
        "performedOn": (house.day - timedelta(days=1)).isoformat(),
        "nextDueOn": None,
        "batchNumber": "B-1",
        "partner": {"id": house.gid("Partner", vet.partner_id), "name": "Dr Gela"},
    }
    read = await house.all(
        "SELECT node_id, actor_partner_id, actor_api_key_id FROM events "
        "WHERE organization_id = $1 AND type = 'CARE_RECORD_READ'"
    )
    assert [tuple(event) for event in read] == [(pet, vet.partner_id, vet.id)]


async def test_partner_record_vaccination(operation: Operation, house: House) -> None:
    _, pet = await _chipped(house)
    await protocol(house, code="RABIES", name="Rabies")
    vet = await _vet(house, OPERATIONS["PartnerRecordVaccination"])
    asked = {"chipNumber": CHIP, "protocol": "RABIES", "performedOn": "2026-03-02", "batch": "B-17"}
    answer = (await operation.run(vet.program, **asked))["recordCareByChip"]["careRecord"]
    assert answer["nextDueOn"] == "2027-03-02"
    stored = await house.all(
        "SELECT subject_id, title, batch_number, partner_id, recorded_by FROM care_records WHERE organization_id = $1"
    )
    assert [tuple(found) for found in stored] == [(pet, "Rabies", "B-17", vet.partner_id, None)]
    codes = await vet.program.codes(OPERATIONS["PartnerRecordVaccination"], asked | {"chipNumber": "0"})
    assert codes == ["NOT_FOUND"]
