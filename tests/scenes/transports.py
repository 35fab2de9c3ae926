"""Scenes of transports and routes."""

from app.models import Role
from app.schema.scalars import encode_id
from tests.client import Json
from tests.factories.documents import document
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def transports(stage: Stage) -> Json:
    there = await stage.journey()
    return {"filter": {"customerId": there.customer, "driverId": there.driver, "routeId": there.route}}


async def _linked(stage: Stage) -> Json:
    """Of a pet that was brought and must be brought back, by the driver on a route of theirs."""
    pet = await stage.house.pet(stage.customer_id)
    there = await stage.house.transport(stage.customer_id, subject_id=pet)
    route = await stage.house.route(stage.driver_id, [])
    return {
        "subjectId": encode_id("Pet", pet),
        "pickupPlaceId": await stage.home(),
        "dropoffPlaceId": await stage.site(),
        "outboundId": encode_id("Transport", there),
        "pin": {"driverId": stage.driver_gid, "routeId": encode_id("Route", route)},
    }


@mutation
async def create_transport(stage: Stage) -> Json:
    return {
        "customerId": stage.customer_gid,
        "pickupWindow": {"from": stage.instant(9), "until": stage.instant(10)},
        "dropoffWindow": {"from": stage.instant(9), "until": stage.instant(11)},
        **await _linked(stage),
    }


@mutation
async def update_transport(stage: Stage) -> Json:
    return {"transportId": await stage.transport(), "version": 1, **await _linked(stage)}


@mutation
async def cancel_transport(stage: Stage) -> Json:
    return {"transportId": await stage.transport()}


@scene()
async def transport_updated(stage: Stage) -> Json:
    there = await stage.journey()
    return {"id": there.transport, "after": await stage.news(there)}


@scene(unseen={Role.CUSTOMER})
async def routes(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"driverId": stage.driver_gid}}


@scene(unseen={Role.CUSTOMER})
async def route_updated(stage: Stage) -> Json:
    there = await stage.journey()
    return {"id": there.route, "after": await stage.news(there)}


@mutation
async def publish_routes(stage: Stage) -> Json:
    await stage.journey("OPTIMIZED")
    return {"date": stage.house.day.isoformat()}


@mutation
async def start_route(stage: Stage) -> Json:
    return {"routeId": (await stage.journey()).route}


@mutation
async def arrive_at_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop}


@mutation
async def complete_stop(stage: Stage) -> Json:
    stop = (await stage.journey("IN_PROGRESS")).stop
    return {"stopId": stop, "proof": await proof(stage)}


async def proof(stage: Stage) -> Json:
    """A signature and a photograph that the driver has uploaded."""
    signature, photo = [
        encode_id("Document", await document(stage.house, "RECEIVED", driver_id=stage.driver_id)) for _ in range(2)
    ]
    return {"signatureDocumentId": signature, "photoDocumentIds": [photo]}


@mutation
async def skip_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop}


@mutation
async def fail_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop, "reason": "NOBODY_THERE"}


@mutation
async def cancel_route(stage: Stage) -> Json:
    return {"routeId": (await stage.journey()).route}


@scene()
async def events(stage: Stage) -> Json:
    return {"after": await stage.news(await stage.journey())}
