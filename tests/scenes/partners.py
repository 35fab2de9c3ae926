"""Scenes of partners and of what comes from their systems."""

import json
from uuid import UUID

from app.schema.scalars import decode_any_id, encode_id
from tests.client import Json
from tests.factories.care import protocol
from tests.factories.rows import insert
from tests.scenes.stage import Stage, mutation, scene

ROW = {"kind": "VACCINATION", "title": "Rabies", "performed_on": "2026-03-02"}


async def a_partner(stage: Stage, type: str = "VET") -> str:
    return encode_id("Partner", await stage.house.insert("partners", type=type, name=f"Dr Gela {stage.tag}"))


async def preferred(stage: Stage) -> Json:
    """What a pet may prefer."""
    return {
        "preferredVetId": await a_partner(stage),
        "preferredFoodBrandId": await a_partner(stage, "FOOD_BRAND"),
    }


async def a_directory_entry(stage: Stage) -> str:
    id = await insert(stage.house.pool, "partner_directory", type="VET", country="GE", name=f"Dr Eka {stage.tag}")
    return encode_id("DirectoryEntry", id)


async def a_connection(stage: Stage, status: str = "ACTIVE") -> str:
    id = await stage.house.insert(
        "partner_connections",
        partner_id=decode_any_id(await a_partner(stage))[1],
        status=status,
        endpoint="https://vet.invalid/api",
        kinds=["VACCINATIONS"],
        mode="REVIEW",
    )
    return encode_id("PartnerLink", id)


async def a_run(stage: Stage, status: str = "RUNNING") -> str:
    connection = decode_any_id(await a_connection(stage))[1]
    id = await stage.house.insert("sync_runs", connection_id=connection, status=status)
    await stage.house.insert("sync_issues", run_id=id, problem="MALFORMED", detail="No date.")
    return encode_id("SyncRun", id)


async def a_review_item(stage: Stage) -> str:
    return encode_id("ReviewItem", (await _waiting(stage))[0])


async def _waiting(stage: Stage) -> tuple[UUID, UUID, UUID]:
    """A row that somebody must look at, its connection, and its subject."""
    connection, pet = decode_any_id(await a_connection(stage))[1], await stage.house.pet(stage.customer_id)
    named = {"connection_id": connection, "subject_id": pet, "external_id": f"v-{stage.tag}"}
    id = await stage.house.insert("review_items", **named, status="PENDING", values=json.dumps(ROW))
    return id, connection, pet


async def _chipped(stage: Stage) -> str:
    """The chip number of a pet."""
    number = f"chip {stage.tag}"
    pet = await stage.house.pet(stage.customer_id)
    await stage.house.pool.execute("UPDATE pets SET chip_number = $2 WHERE id = $1", pet, number)
    return number


@scene()
async def partners(stage: Stage) -> Json:
    await a_partner(stage)
    return {"filter": {"type": ["VET"], "active": True, "search": "gela"}}


@scene()
async def partner_directory(stage: Stage) -> Json:
    await a_directory_entry(stage)
    return {"filter": {"type": ["VET"], "country": "GE", "search": "eka"}}


@scene()
async def partner_connections(stage: Stage) -> Json:
    connection = decode_any_id(await a_connection(stage))[1]
    partner = await stage.house.value(
        "SELECT partner_id FROM partner_connections WHERE organization_id = $1 AND id = $2", connection
    )
    return {"filter": {"partnerId": encode_id("Partner", partner), "status": ["ACTIVE"]}}


@scene()
async def sync_runs(stage: Stage) -> Json:
    run = decode_any_id(await a_run(stage))[1]
    connection = await stage.house.value(
        "SELECT connection_id FROM sync_runs WHERE organization_id = $1 AND id = $2", run
    )
    return {"filter": {"connectionId": encode_id("PartnerLink", connection), "status": ["RUNNING"]}}


@scene()
async def sync_run_updated(stage: Stage) -> Json:
    return {"id": await a_run(stage)}


@scene()
async def review_items(stage: Stage) -> Json:
    _, connection, pet = await _waiting(stage)
    ids = {"connectionId": encode_id("PartnerLink", connection), "subjectId": encode_id("Pet", pet)}
    return {"filter": {"status": ["PENDING"], **ids}}


@scene()
async def pet_by_chip(stage: Stage) -> Json:
    return {"chipNumber": await _chipped(stage)}


@mutation
async def record_care_by_chip(stage: Stage) -> Json:
    id = await protocol(stage.house)
    code = await stage.house.value("SELECT code FROM care_protocols WHERE organization_id = $1 AND id = $2", id)
    return {"chipNumber": await _chipped(stage), "protocolCode": code, "performedOn": "2026-03-02"}


@mutation
async def create_partner(stage: Stage) -> Json:
    return {"directoryEntryId": await a_directory_entry(stage)}


@mutation
async def update_partner(stage: Stage) -> Json:
    return {"partnerId": await a_partner(stage), "version": 1, "name": "Dr Gela"}


@mutation
async def connect_partner(stage: Stage) -> Json:
    asked = {"endpoint": "https://vet.invalid/api", "kinds": ["VACCINATIONS"], "mode": "REVIEW"}
    return {"partnerId": await a_partner(stage), **asked}


@mutation
async def update_partner_connection(stage: Stage) -> Json:
    return {"connectionId": await a_connection(stage), "version": 1, "mode": "AUTOMATIC"}


@mutation
async def pause_partner_connection(stage: Stage) -> Json:
    return {"connectionId": await a_connection(stage)}


@mutation
async def resume_partner_connection(stage: Stage) -> Json:
    return {"connectionId": await a_connection(stage, "PAUSED")}


@mutation
async def remove_partner_connection(stage: Stage) -> Json:
    return {"connectionId": await a_connection(stage)}


@mutation
async def request_sync(stage: Stage) -> Json:
    return {"connectionId": await a_connection(stage)}


@mutation
async def cancel_sync(stage: Stage) -> Json:
    return {"syncRunId": await a_run(stage)}


@mutation
async def accept_review_items(stage: Stage) -> Json:
    return {"reviewItemIds": [await a_review_item(stage)]}


@mutation
async def reject_review_item(stage: Stage) -> Json:
    return {"reviewItemId": await a_review_item(stage)}
