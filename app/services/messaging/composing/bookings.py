"""What there is to say about a booking, a place that is held, and a ride that comes."""

from sqlalchemy import select

from app.models import (
    Booking,
    BookingStatus,
    Driver,
    Notification,
    NotificationKind,
    Place,
    Route,
    Service,
    Stop,
    StopKind,
    StopStatus,
    Subject,
    Transport,
    TransportStatus,
    Vehicle,
    WaitlistEntry,
    WaitlistStatus,
)
from app.services.messaging.rendering import Values
from app.services.messaging.speech import Speech
from app.uow import UnitOfWork

Kind = NotificationKind
TRUE_OF = {
    Kind.BOOKING_CONFIRMED: (BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN),
    Kind.BOOKING_DECLINED: (BookingStatus.DECLINED,),
    Kind.BOOKING_CANCELLED: (BookingStatus.CANCELLED,),
    Kind.BOOKING_TOMORROW: (BookingStatus.CONFIRMED,),
    Kind.AFTER_VISIT: (BookingStatus.COMPLETED,),
}


async def booking(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if it is in another state by now."""
    row = await uow.fetch(Booking, notification.about)
    if row.status not in TRUE_OF[notification.kind]:
        return None
    if notification.kind is Kind.BOOKING_TOMORROW and row.starts_at <= uow.now:
        return None
    return await facts(uow, speech, row)


async def facts(uow: UnitOfWork, speech: Speech, row: Booking) -> dict[str, str | None]:
    service = await uow.fetch(Service, row.service_id)
    subject = await uow.fetch(Subject, row.subject_id)
    return {
        "number": row.number,
        "service": service.name,
        "subject": subject.name,
        "starts": speech.moment(row.starts_at),
        "ends": speech.end(row.starts_at, row.ends_at),
        "date": speech.day(speech.local_day(row.starts_at)),
        "day": speech.short_day(speech.local_day(row.starts_at)),
        "time": speech.hour(row.starts_at),
        "reason": row.reason,
        "held_until": speech.moment(row.held_until) if row.held_until else None,
    }


async def waitlist_offer(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if there is nothing to offer any more."""
    entry = await uow.fetch(WaitlistEntry, notification.about)
    if entry.status is not WaitlistStatus.OFFERED or entry.booking_id is None:
        return None
    held = await uow.fetch(Booking, entry.booking_id)
    if held.status is not BookingStatus.HELD or held.held_until is None or held.held_until <= uow.now:
        return None
    return await facts(uow, speech, held)


async def driver_under_way(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None once the driver is there, or somebody else comes."""
    ride = await uow.fetch(Transport, notification.about)
    if ride.status is not TransportStatus.EN_ROUTE or ride.driver_id is None or ride.route_id is None:
        return None
    pickup = await uow.first(
        select(Stop).where(
            Stop.organization_id == ride.organization_id,
            Stop.route_id == ride.route_id,
            Stop.transport_id == ride.id,
            Stop.kind == StopKind.PICKUP,
            Stop.status == StopStatus.PLANNED,
        )
    )
    if pickup is None:
        return None
    driver = await uow.fetch(Driver, ride.driver_id)
    vehicle = await uow.fetch(Vehicle, (await uow.fetch(Route, ride.route_id)).vehicle_id)
    place = await uow.fetch(Place, pickup.place_id)
    subject = await uow.fetch(Subject, ride.subject_id) if ride.subject_id else None
    return {
        "driver": driver.display_name.split()[0],
        "vehicle": vehicle.license_plate,
        "place": place.address,
        "subject": subject.name if subject else None,
        "eta": speech.hour(pickup.eta) if pickup.eta else None,
    }
