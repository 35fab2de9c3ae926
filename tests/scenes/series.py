"""Scenes of standing bookings."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.models import Role
from app.schema.scalars import encode_id
from tests.client import Json
from tests.factories.houses import ZONE
from tests.scenes.stage import Stage, mutation, scene


@dataclass
class Standing:
    """The ids of a standing booking, and of its next time."""

    customer: str
    pet: str
    service: str
    series: str
    occurrence: str
    first: datetime


async def standing(stage: Stage, **values: object) -> Standing:
    """Every day at ten from tomorrow on, for five days; the first of them is booked."""
    house, customer = stage.house, stage.customer_id
    pet, service = await house.pet(customer), await house.service()
    first = datetime.combine(house.day, time(10))
    series = await house.insert(
        "series",
        **{
            "customer_id": customer,
            "subject_id": pet,
            "service_id": service,
            "rule": "FREQ=DAILY;COUNT=5",
            "time_zone": ZONE.key,
            "starts_at_local": first,
            **values,
        },
    )
    slot = await house.slot(service)
    booking = await house.booking(customer, pet, slot, series_id=series)
    occurrence = await house.insert(
        "occurrences",
        series_id=series,
        local_at=first,
        starts_at=house.at(time(10)),
        outcome="BOOKED",
        booking_id=booking,
    )
    return Standing(
        stage.customer_gid,
        encode_id("Pet", pet),
        encode_id("Service", service),
        encode_id("Series", series),
        encode_id("Occurrence", occurrence),
        first,
    )


@scene(unseen=[Role.DRIVER])
async def series(stage: Stage) -> Json:
    there = await standing(stage)
    return {"filter": {"customerId": there.customer, "subjectId": there.pet, "serviceId": there.service}}


@mutation
async def create_series(stage: Stage) -> Json:
    first = datetime.combine(stage.house.day, time(10))
    return {
        "subjectId": await stage.pet(),
        "serviceId": await stage.service(),
        "resourceId": await stage.resource(),
        "rule": "FREQ=WEEKLY;COUNT=3",
        "startsAt": first.isoformat(),
        "extras": [(first + timedelta(days=1)).isoformat()],
        "exceptions": [first.isoformat()],
    }


@mutation
async def update_series(stage: Stage) -> Json:
    there = await standing(stage)
    return {
        "seriesId": there.series,
        "version": 1,
        "scope": "THIS_AND_FOLLOWING",
        "from": (there.first + timedelta(days=1)).isoformat(),
        "resourceId": await stage.resource(),
    }


@mutation
async def cancel_series(stage: Stage) -> Json:
    return {"seriesId": (await standing(stage)).series, "version": 1, "scope": "ALL"}


@mutation
async def pause_series(stage: Stage) -> Json:
    return {"seriesId": (await standing(stage)).series, "version": 1, "from": stage.house.day.isoformat()}


@mutation
async def resume_series(stage: Stage) -> Json:
    there = await standing(stage, status="PAUSED", paused_from=stage.house.day)
    return {"seriesId": there.series, "version": 1}
