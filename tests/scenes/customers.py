"""Scenes of customers and subjects."""

from tests.client import Json
from tests.scenes.partners import preferred
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def customers(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"search": "Beridze"}}


@scene()
async def places(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"customerId": stage.customer_gid}}


@scene()
async def subjects(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"customerId": stage.customer_gid}}


@mutation
async def create_customer(stage: Stage) -> Json:
    return {"name": "Ketevan Gelashvili"}


@mutation
async def update_customer(stage: Stage) -> Json:
    return {"customerId": stage.customer_gid, "version": 1, "name": "Ketevan Gelashvili"}


@mutation
async def create_place(stage: Stage) -> Json:
    point = {"latitude": 41.7, "longitude": 44.8}
    return {"label": "Home", "address": "Rustaveli Avenue 8", "point": point, "customerId": stage.customer_gid}


@mutation
async def update_place(stage: Stage) -> Json:
    return {"placeId": await stage.home(), "version": 1, "label": "Work"}


@mutation
async def create_pet(stage: Stage) -> Json:
    return {"name": "Kurzhaar", "species": "DOG", "customerId": stage.customer_gid, **await preferred(stage)}


@mutation
async def update_pet(stage: Stage) -> Json:
    return {"petId": await stage.pet(), "version": 1, "name": "Murtaza", **await preferred(stage)}


@mutation
async def create_patient(stage: Stage) -> Json:
    return {"name": "Zurab", "mobility": "WALKING", "customerId": stage.customer_gid}


@mutation
async def update_patient(stage: Stage) -> Json:
    return {"patientId": await stage.patient(), "version": 1, "name": "Zurab"}


@mutation
async def create_car(stage: Stage) -> Json:
    return {"name": "The blue one", "licensePlate": f"NEW-{stage.tag}", "customerId": stage.customer_gid}


@mutation
async def update_car(stage: Stage) -> Json:
    return {"carId": await stage.car(), "version": 1, "name": "The green one"}
