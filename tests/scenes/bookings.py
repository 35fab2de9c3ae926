"""Scenes of bookings."""

from tests.client import Json
from tests.scenes.stage import Stage, mutation, scene


@scene()
async def bookings(stage: Stage) -> Json:
    there = await stage.journey()
    about = {"customerId": there.customer, "subjectId": there.pet, "serviceId": there.service, "slotId": there.slot}
    return {"filter": about}


@mutation
async def hold_slot(stage: Stage) -> Json:
    return {"slotId": await stage.slot(), "subjectId": await stage.pet()}


@mutation
async def book_slot(stage: Stage) -> Json:
    legs = {"pickup": {"placeId": await stage.home()}, "dropoff": {"placeId": await stage.home()}}
    return {"slotId": await stage.slot(), "subjectId": await stage.pet(), **legs}


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
