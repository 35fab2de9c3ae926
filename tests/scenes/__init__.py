"""How to ask for every root field in a valid way; `stage` has what the scenes are made of."""

from app.schema.scalars import encode_id
from tests.scenes import (
    analytics,
    bookings,
    calendars,
    customers,
    documents,
    fleet,
    identity,
    planning,
    positions,
    resources,
    schedules,
    scheduling,
    series,
    tracking,
    transports,
    travel,
    waitlist,
)
from tests.scenes.stage import SCENES, Scene, Stage, cursor

__all__ = ["SCENES", "Scene", "Stage", "cursor", "nodes"]

DOMAINS = (
    analytics,
    bookings,
    calendars,
    customers,
    documents,
    fleet,
    identity,
    planning,
    positions,
    resources,
    schedules,
    scheduling,
    series,
    tracking,
    transports,
    travel,
    waitlist,
)


async def nodes(stage: Stage) -> dict[str, str]:
    """One id of each type that has ids."""
    there = await stage.journey()
    standing = await series.standing(stage)
    membership = await stage.house.value(
        "SELECT id FROM memberships WHERE organization_id = $1 AND user_id = $2", stage.customer.user_id
    )
    return {
        "Organization": encode_id("Organization", stage.house.id),
        "User": encode_id("User", stage.customer.user_id),
        "Membership": encode_id("Membership", membership),
        "Customer": there.customer,
        "Place": there.home,
        "Pet": there.pet,
        "Patient": await stage.patient(),
        "Car": await stage.car(),
        "Schedule": await schedules.a_schedule(stage),
        "ScheduleException": (await schedules.an_exception(stage))[0],
        "Service": there.service,
        "Slot": there.slot,
        "Booking": there.booking,
        "BookingGroup": await stage.booking_group(),
        "BookingCharge": await stage.booking_charge(),
        "WaitlistEntry": await stage.waitlist_entry(),
        "Series": standing.series,
        "Occurrence": standing.occurrence,
        "CalendarFeed": await calendars.calendar_feed(stage),
        "Document": await documents.a_document(stage),
        "Driver": there.driver,
        "Team": await fleet.a_team(stage),
        "Absence": await fleet.an_absence(stage),
        "Vehicle": await stage.vehicle(),
        "VehicleType": await stage.vehicle_type(),
        "Shift": there.shift,
        "Transport": there.transport,
        "TrackingLink": await tracking.tracking_link(stage),
        "Route": there.route,
        "Stop": there.stop,
        "Resource": await stage.resource(),
        "ResourcePool": await stage.resource_pool(),
        "Requirement": await stage.requirement(),
        "PlanningRun": await stage.planning_run(),
    }
