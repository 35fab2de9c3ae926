"""Scenes of bookings."""

from datetime import time

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene
from tests.steps import key


@scene()
async def bookings(stage: Stage) -> Json:
    there = await stage.journey()
    series = await stage.house.series(stage.customer_id, key(there.pet), key(there.service))
    await stage.house.pool.execute("UPDATE bookings SET series_id = $2 WHERE id = $1", key(there.booking), series)
    about = {"customerId": there.customer, "subjectId": there.pet, "serviceId": there.service, "slotId": there.slot}
    return {"filter": {**about, "seriesId": encode_id("Series", series)}}


@mutation
async def hold_slot(stage: Stage) -> Json:
    return {"slotId": await stage.slot(), "subjectId": await stage.pet()}


@mutation
async def book_slot(stage: Stage) -> Json:
    legs = {"pickup": {"placeId": await stage.home()}, "dropoff": {"placeId": await stage.home()}}
    return {"slotId": await stage.slot(), "subjectId": await stage.pet(), **legs}


@mutation
async def book_stay(stage: Stage) -> Json:
    service, nights = await stage.nights()
    stay = {"arrival": nights[0].isoformat(), "departure": nights[2].isoformat()}
    legs = {"pickup": {"placeId": await stage.home()}, "dropoff": {"placeId": await stage.home()}}
    return {"serviceId": encode_id("Service", service), "subjectId": await stage.pet(), **stay, **legs}


@mutation
async def book_group(stage: Stage) -> Json:
    return {"bookings": [{"slotId": await stage.slot(), "subjectId": await stage.pet()}]}


@mutation
async def reschedule_booking(stage: Stage) -> Json:
    service = await stage.house.service()
    slots = [await stage.house.slot(service, stage.house.at(time(hour))) for hour in (10, 14)]
    booking = await stage.house.booking(stage.customer_id, await stage.house.pet(stage.customer_id), slots[0])
    return {"bookingId": encode_id("Booking", booking), "version": 1, "slotId": encode_id("Slot", slots[1])}


@mutation
async def reschedule_stay(stage: Stage) -> Json:
    service, nights = await stage.nights()
    first = "SELECT id FROM slots WHERE organization_id = $1 AND service_id = $2 ORDER BY starts_at LIMIT 1"
    slot = await stage.house.value(first, service)
    booking = await stage.house.booking(stage.customer_id, await stage.house.pet(stage.customer_id), slot, nights=1)
    stay = {"arrival": nights[1].isoformat(), "departure": nights[3].isoformat()}
    return {"bookingId": encode_id("Booking", booking), "version": 1, **stay}


@mutation
async def confirm_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking()}


@mutation
async def decline_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking(), "reason": "We are full."}


@mutation
async def cancel_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking()}


@mutation
async def check_in_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking("CONFIRMED")}


@mutation
async def complete_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking("CHECKED_IN")}


@mutation
async def mark_booking_no_show(stage: Stage) -> Json:
    return {"bookingId": await stage.booking("CONFIRMED")}


@scene()
async def booking_updated(stage: Stage) -> Json:
    return {"after": await stage.news(await stage.journey())}
