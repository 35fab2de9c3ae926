"""Scenes of documents."""

from app.schema.scalars import encode_id
from tests.client import File, Json
from tests.factories.documents import document, image
from tests.scenes.stage import Stage, mutation, scene


async def a_document(stage: Stage, status: str = "READY") -> str:
    """About the customer, from the driver."""
    whose = {"customer_id": stage.customer_id, "driver_id": stage.driver_id}
    return encode_id("Document", await document(stage.house, status, **whose))


async def _known(stage: Stage) -> str:
    """The customer, whom the driver brings."""
    return (await stage.journey()).customer


@scene()
async def documents(stage: Stage) -> Json:
    await a_document(stage)
    return {"filter": {"status": ["READY"], "customerId": await _known(stage), "driverId": stage.driver_gid}}


@mutation
async def upload_document(stage: Stage) -> Json:
    return {"file": File("photo.png", image()), "name": "Photo", "customerId": await _known(stage)}


@mutation
async def request_upload(stage: Stage) -> Json:
    return {"name": "photo.png", "byteSize": 1_000, "contentType": "image/png", "customerId": await _known(stage)}


@mutation
async def finish_upload(stage: Stage) -> Json:
    return {"documentId": await a_document(stage, "RECEIVED")}


@mutation
async def remove_document(stage: Stage) -> Json:
    id = await document(
        stage.house,
        uploaded_by=stage.actor.user_id,
        customer_id=stage.customer_id,
        driver_id=stage.driver_id,
    )
    return {"documentId": encode_id("Document", id)}
