"""Scenes of care."""

from datetime import timedelta

from app.models import Role
from app.schema.scalars import decode_any_id, encode_id
from tests.client import Json
from tests.factories.care import due, protocol, record
from tests.scenes.documents import a_document
from tests.scenes.stage import Stage, mutation, scene


async def a_protocol(stage: Stage) -> str:
    return encode_id("CareProtocol", await protocol(stage.house))


async def a_record(stage: Stage) -> str:
    pet, day = await stage.house.pet(stage.customer_id), stage.house.day - timedelta(days=9)
    return encode_id("CareRecord", await record(stage.house, stage.customer_id, pet, day))


async def a_due(stage: Stage) -> str:
    pet, by = await stage.house.pet(stage.customer_id), await protocol(stage.house)
    return encode_id("CareDue", await due(stage.house, stage.customer_id, pet, by, stage.house.day))


async def a_partner(stage: Stage) -> str:
    return encode_id("Partner", await stage.house.insert("partners", type="VET", name="Dr Gela"))


@scene()
async def care_protocols(stage: Stage) -> Json:
    await protocol(stage.house)
    return {"filter": {"active": True, "subjectKind": "PET"}}


@scene(unseen={Role.DRIVER})
async def care_due(stage: Stage) -> Json:
    pet, by = await stage.house.pet(stage.customer_id), await protocol(stage.house)
    await due(stage.house, stage.customer_id, pet, by, stage.house.day)
    return {"filter": {"within": 30, "protocolId": encode_id("CareProtocol", by)}}


@mutation
async def create_care_protocol(stage: Stage) -> Json:
    named = {"code": f"RABIES-{stage.tag}", "name": "Rabies", "kind": "VACCINATION", "subjectKind": "PET"}
    return {**named, "intervalDays": 365, "required": True}


@mutation
async def update_care_protocol(stage: Stage) -> Json:
    return {"protocolId": await a_protocol(stage), "version": 1, "name": "Rabies"}


@mutation
async def record_care(stage: Stage) -> Json:
    pet, slot = await stage.house.pet(stage.customer_id), await stage.house.slot()
    booking = await stage.house.booking(stage.customer_id, pet, slot)
    return {
        "subjectId": encode_id("Pet", pet),
        "performedOn": (stage.house.day - timedelta(days=1)).isoformat(),
        "protocolId": await a_protocol(stage),
        "partnerId": await a_partner(stage),
        "bookingId": encode_id("Booking", booking),
        "documentIds": [await a_document(stage)],
    }


@mutation
async def update_care_record(stage: Stage) -> Json:
    named = {"recordId": await a_record(stage), "partnerId": await a_partner(stage)}
    return {**named, "version": 1, "title": "Rabies", "documentIds": [await a_document(stage)]}


@mutation
async def void_care_record(stage: Stage) -> Json:
    return {"recordId": await a_record(stage), "version": 1, "reason": "Of another dog."}


@mutation
async def set_service_care(stage: Stage) -> Json:
    return {"serviceId": await stage.service(), "version": 1, "protocolIds": [await a_protocol(stage)]}


@mutation
async def archive_subject(stage: Stage) -> Json:
    return {"subjectId": await stage.pet(), "version": 1}


@mutation
async def restore_subject(stage: Stage) -> Json:
    id = await stage.pet()
    await stage.house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", decode_any_id(id)[1])
    return {"subjectId": id, "version": 1}
