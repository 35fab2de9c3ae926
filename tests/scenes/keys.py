"""Scenes of partners' keys, and of the documents that their programs may run."""

from app.schema.scalars import decode_any_id, encode_id
from tests.client import Json
from tests.factories.keys import key, named, registered
from tests.scenes.partners import a_partner
from tests.scenes.stage import Stage, mutation


async def a_key(stage: Stage) -> str:
    return encode_id("ApiKey", (await key(stage.house, decode_any_id(await a_partner(stage))[1])).id)


async def a_registered_document(stage: Stage) -> tuple[str, str]:
    """With its partner."""
    partner = await a_partner(stage)
    text = "query Vaccines { careProtocols { edges { node { code } } } }"
    await registered(stage.house, decode_any_id(partner)[1], text)
    id = await stage.house.value(
        "SELECT id FROM registered_documents WHERE organization_id = $1 AND partner_id = $2 AND document_id = $3",
        decode_any_id(partner)[1],
        named(text),
    )
    return encode_id("RegisteredDocument", id), partner


@mutation
async def create_api_key(stage: Stage) -> Json:
    return {"partnerId": await a_partner(stage), "name": "Practice", "scopes": ["CARE_READ"]}


@mutation
async def update_api_key(stage: Stage) -> Json:
    return {"apiKeyId": await a_key(stage), "version": 1, "name": "Practice"}


@mutation
async def rotate_api_key(stage: Stage) -> Json:
    return {"apiKeyId": await a_key(stage), "version": 1}


@mutation
async def revoke_api_key(stage: Stage) -> Json:
    return {"apiKeyId": await a_key(stage)}


@mutation
async def register_documents(stage: Stage) -> Json:
    partner = await a_partner(stage)
    await key(stage.house, decode_any_id(partner)[1])
    return {"partnerId": partner, "manifest": "query Vaccines { careProtocols { edges { node { name } } } }"}


@mutation
async def withdraw_documents(stage: Stage) -> Json:
    document, partner = await a_registered_document(stage)
    return {"partnerId": partner, "registeredDocumentIds": [document]}
