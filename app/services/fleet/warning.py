"""Licences that run out and maintenance that falls due: said some days before, and again on the day itself.

Whoever changes a date, and whoever warns of one, locks the row that has it first and then the work that waits for it:
so nothing is said of a date that does not hold any more.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.models import Driver, EventType, Vehicle, WorkKind
from app.services import due_work, values
from app.uow import UnitOfWork

MORNING = time(8)
"""When people hear of it, by the organization's clock."""
SOON_M = 1_000_000
"""How far before maintenance is due people hear of it."""


@dataclass(frozen=True)
class Notice:
    """What is said, by which work, and by which mail."""

    event: EventType
    work: WorkKind
    mail: WorkKind


LICENCE = Notice(EventType.LICENCE_EXPIRING, WorkKind.WARN_OF_LICENCE, WorkKind.NOTIFY_LICENCE_EXPIRING)
MAINTENANCE = Notice(EventType.MAINTENANCE_DUE, WorkKind.WARN_OF_MAINTENANCE, WorkKind.NOTIFY_MAINTENANCE_DUE)


def maintenance_day(vehicle: Vehicle) -> date | None:
    """When a vehicle must go to the workshop; nobody needs to hear of one that is not in use."""
    return vehicle.maintenance_due_on if vehicle.active else None


async def watch_licence(uow: UnitOfWork, driver: Driver, warning_days: int) -> None:
    """A driver has a licence of another date: warn so many days before it runs out."""
    await _watch(uow, LICENCE, driver.id, driver.licence_expires_on, warning_days)


async def watch_maintenance(uow: UnitOfWork, vehicle: Vehicle, warning_days: int) -> None:
    """A vehicle has another date: warn so many days before."""
    await _watch(uow, MAINTENANCE, vehicle.id, maintenance_day(vehicle), warning_days)


async def warn_of_licence(uow: UnitOfWork, driver_id: UUID) -> None:
    driver = await uow.fetch(Driver, driver_id, lock=True)
    await _warn(uow, LICENCE, driver, driver.licence_expires_on)


async def warn_of_maintenance(uow: UnitOfWork, vehicle_id: UUID) -> None:
    vehicle = await uow.fetch(Vehicle, vehicle_id, lock=True)
    await _warn(uow, MAINTENANCE, vehicle, maintenance_day(vehicle))


async def _watch(uow: UnitOfWork, notice: Notice, id: UUID, due_on: date | None, warning_days: int) -> None:
    await due_work.withdraw(uow, id, notice.work, notice.mail)
    if due_on is not None:
        first = _morning(await _zone(uow), due_on - timedelta(days=warning_days))
        await uow.later(notice.work, id, max(first, uow.now))


async def _warn(uow: UnitOfWork, notice: Notice, row: Driver | Vehicle, due_on: date | None) -> None:
    """Say it; ahead of the day, it is said again on the day."""
    if due_on is None:
        return
    zone = await _zone(uow)
    days_left = (due_on - uow.now.astimezone(zone).date()).days
    uow.emit(notice.event, row, payload={"dueOn": due_on.isoformat(), "daysLeft": days_left})
    await uow.later(notice.mail, row.id)
    if days_left > 0:
        await uow.later(notice.work, row.id, _morning(zone, due_on))


async def _zone(uow: UnitOfWork) -> ZoneInfo:
    return ZoneInfo((await values.organization(uow)).time_zone)


def _morning(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


@dataclass(frozen=True)
class Reading:
    """What an odometer shows, and when it must be seen to."""

    odometer_m: int
    due_m: int | None

    @classmethod
    def of(cls, vehicle: Vehicle) -> "Reading":
        return cls(vehicle.odometer_m, vehicle.maintenance_due_odometer_m if vehicle.active else None)

    @property
    def stage(self) -> int:
        """0: far from it, 1: soon, 2: due."""
        left_m = SOON_M + 1 if self.due_m is None else self.due_m - self.odometer_m
        return (left_m <= SOON_M) + (left_m <= 0)


async def read_odometer(uow: UnitOfWork, vehicle: Vehicle, before: Reading | None = None) -> None:
    """Warn of maintenance that has come near, or is due, by the distance driven since `before`: of each once."""
    reading = Reading.of(vehicle)
    known = before.stage if before and before.due_m == reading.due_m else 0
    if reading.stage > known:
        payload = {"dueOdometer": reading.due_m, "odometer": reading.odometer_m}
        uow.emit(EventType.MAINTENANCE_DUE, vehicle, payload=payload)
        await uow.later(WorkKind.NOTIFY_MAINTENANCE_DUE, vehicle.id)
