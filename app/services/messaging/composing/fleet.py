"""What there is to say about what runs out in the fleet."""

from app.models import Driver, Notification, Vehicle
from app.services.messaging.rendering import Values
from app.services.messaging.speech import Speech
from app.uow import UnitOfWork


async def licence(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if it has no last day any more."""
    driver = await uow.fetch(Driver, notification.about)
    last_day = driver.licence_expires_on
    if last_day is None:
        return None
    expired = last_day < speech.local_day(uow.now)
    return {"driver": driver.display_name, "date": speech.day(last_day), "expired": "yes" if expired else None}


async def maintenance(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """By a day, by a distance, or by both; None if by neither any more."""
    vehicle = await uow.fetch(Vehicle, notification.about)
    due_on, due_m = vehicle.maintenance_due_on, vehicle.maintenance_due_odometer_m
    if due_on is None and due_m is None:
        return None
    return {
        "vehicle": vehicle.license_plate,
        "date": speech.day(due_on) if due_on else None,
        "due_km": speech.km(due_m) if due_m is not None else None,
        "driven_km": speech.km(vehicle.odometer_m),
    }
