"""When a driver or a vehicle is away, and so not planned."""

from datetime import datetime, timedelta
from uuid import UUID

from app.errors import BadUserInput
from app.models import Absence, Driver, EventType, Vehicle
from app.services import values
from app.uow import UnitOfWork

ABSENCE_MAX = timedelta(days=366)


async def create_absence(
    uow: UnitOfWork,
    starts_at: datetime,
    ends_at: datetime,
    driver_id: UUID | None = None,
    vehicle_id: UUID | None = None,
    reason: str | None = None,
) -> Absence:
    """Of one of the two. What is planned for that time stays until it is planned anew."""
    if driver_id is not None:
        await uow.get(Driver, driver_id)
    if vehicle_id is not None:
        await uow.get(Vehicle, vehicle_id)
    if not starts_at < ends_at <= starts_at + ABSENCE_MAX:
        raise BadUserInput(f"An absence ends after it begins, within {ABSENCE_MAX.days} days.", "endsAt")
    absence = await uow.add(
        Absence(
            driver_id=driver_id,
            vehicle_id=vehicle_id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=values.text(reason, "reason"),
        )
    )
    uow.emit(EventType.ABSENCE_CREATED, absence)
    return absence


async def remove_absence(uow: UnitOfWork, absence_id: UUID) -> tuple[Driver | None, Vehicle | None]:
    """Answers who will be there after all."""
    absence = await uow.get(Absence, absence_id, lock=True)
    driver = await uow.fetch(Driver, absence.driver_id) if absence.driver_id else None
    vehicle = await uow.fetch(Vehicle, absence.vehicle_id) if absence.vehicle_id else None
    await uow.session.delete(absence)
    await uow.flush()
    uow.emit(EventType.ABSENCE_REMOVED, absence)
    return driver, vehicle
